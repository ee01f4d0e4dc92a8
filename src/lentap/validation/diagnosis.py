"""Diagnosis: the calls its references name."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lentap.stats.agreement import cohen_kappa, gwet_ac1, percent_agreement
from lentap.stats.arguments import Bools, Floats
from lentap.stats.calibration import calibration
from lentap.stats.cut_points import cut_point, resampled_optimism, without_optimism
from lentap.stats.decision_curve import decision_curve
from lentap.stats.diagnostic_accuracy import diagnostic_accuracy
from lentap.stats.measurement_agreement import LimitsOfAgreement, intraclass_correlation, limits_of_agreement
from lentap.stats.resampling import percentile_limits
from lentap.stats.roc import area_under_curve, compare_areas, roc_curve
from lentap.stats.smoothing import lowess
from lentap.stats.wald import WaldEstimate
from lentap.validation.adjustment import formula_draws
from lentap.validation.datasets import gbsg2, lung

Numbers = Sequence[float]


def _lung(marker: str) -> tuple[Floats, Bools]:
    """Lung cancer: a marker, and death within a year, of those who have both."""
    data = lung().dropna(subset=[marker])
    return data[marker].to_numpy(dtype=float), ((data["time"] <= 365) & (data["event"] == 1)).to_numpy()


def _lung_area(marker: str, **options: Any) -> WaldEstimate:
    return area_under_curve(*_lung(marker), **options)


def _lung_curve(marker: str, direction: str) -> dict[str, Any]:
    curve = roc_curve(*_lung(marker), direction=direction)
    return {"threshold": curve.threshold[1:], "sensitivity": curve.sensitivity, "specificity": curve.specificity}


def _lung_cut_point(marker: str, **options: Any) -> Any:
    return cut_point(*_lung(marker), **options)


def _rating_area(healthy: Sequence[int], diseased: Sequence[int]) -> WaldEstimate:
    """Area of a rating: numbers of healthy and of diseased subjects in each of its classes, in order."""
    classes = np.arange(len(healthy))
    marker = np.concatenate([np.repeat(classes, healthy), np.repeat(classes, diseased)])
    return area_under_curve(marker, np.repeat([0, 1], [sum(healthy), sum(diseased)]))


def _optimism(marker: str, replicates: int, direction: str, rule: str, level: float) -> dict[str, Any]:
    values, ill = _lung(marker)
    sign = 1 if direction == "higher" else -1
    counts = formula_draws(replicates, ill.size)
    optimism, places = resampled_optimism(sign * values, ill, counts, rule=rule)
    thresholds = roc_curve(values, ill, direction=direction).threshold[places]
    apparent = cut_point(values, ill, rule=rule, direction=direction, replicates=0)
    found = without_optimism(apparent, optimism, thresholds, level)
    return {"sensitivity": optimism[:, 0], "specificity": optimism[:, 1], "thresholds": thresholds} | {
        name: getattr(found, name)
        for name in (
            "corrected_sensitivity",
            "corrected_specificity",
            "corrected_youden",
            "threshold_low",
            "threshold_high",
        )
    }


def breast_cancer_predictions() -> tuple[Floats, Bools]:
    """GBSG 2: a formula's risks of an event within three years, and who had it."""
    data = gbsg2()
    log_odds = -1.6 + 0.12 * data["pnodes"] + 0.01 * (data["tsize"] - 25) - 0.5 * (data["horTh"] == "yes")
    event = (data["time"] <= 1095) & (data["cens"] == 1)
    return (1 / (1 + np.exp(-log_odds))).to_numpy(), event.to_numpy()


def _calibration(groups: int = 10) -> dict[str, Any]:
    found = calibration(*breast_cancer_predictions(), groups=groups)
    names = ("predicted", "n", "events", "observed", "low", "high")
    return {name: getattr(found, name) for name in found.__dataclass_fields__} | {
        "curve": found.curve["observed"][::100],
        "groups": {name: found.groups[name] for name in names},
    }


def _decision_curve(thresholds: Numbers) -> dict[str, Any]:
    table = decision_curve(*breast_cancer_predictions(), thresholds)
    return {
        str(strategy).replace(" ", "_"): {name: rows[name] for name in ("net_benefit", "standardised", "avoided")}
        for strategy, rows in table.groupby("strategy", observed=True)
    }


def _decision_replicates(thresholds: Numbers, replicates: int, level: float) -> dict[str, Any]:
    """Percentile limits of net benefits, each resample analysed on its own."""
    p, event = breast_cancer_predictions()
    samples = []
    for counts in formula_draws(replicates, event.size):
        rows = np.repeat(np.arange(event.size), counts.astype(int))
        table = decision_curve(p[rows], event[rows], thresholds)
        samples.append(table.loc[table["strategy"] == "model", "net_benefit"].to_numpy())
    low, high = percentile_limits(np.vstack(samples), level)
    return {"low": low, "high": high}


def _limits_of_agreement(first: Numbers, second: Numbers, **options: Any) -> LimitsOfAgreement:
    return limits_of_agreement(first, second, **options)


def _lowess(x: Numbers, y: Numbers) -> dict[str, Any]:
    return {"smooth": lowess(np.asarray(x, dtype=float), np.asarray(y, dtype=float))}


def _kappa(table: Sequence[Numbers], **options: Any) -> WaldEstimate:
    return cohen_kappa(pd.DataFrame(table), **options)


CALLS: Mapping[str, Callable[..., Any]] = {
    "roc_curve": _lung_curve,
    "area_under_curve": area_under_curve,
    "area_in_lung_cancer": _lung_area,
    "area_of_rating": _rating_area,
    "compare_areas": compare_areas,
    "cut_point": _lung_cut_point,
    "optimism": _optimism,
    "diagnostic_accuracy": diagnostic_accuracy,
    "calibration": _calibration,
    "lowess": _lowess,
    "decision_curve": _decision_curve,
    "decision_replicates": _decision_replicates,
    "cohen_kappa": _kappa,
    "gwet_ac1": gwet_ac1,
    "percent_agreement": percent_agreement,
    "intraclass_correlation": intraclass_correlation,
    "limits_of_agreement": _limits_of_agreement,
}
