"""Survival without covariates: the calls its references name.

``data`` is the name of one of ``DATA`` or a table of ``time``, ``event`` and ``group``; ``only`` leaves one group.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lentap.stats.estimate import Estimate
from lentap.stats.kaplan_meier import KaplanMeier, kaplan_meier, potential_follow_up
from lentap.stats.landmark_rates import LandmarkRates, compare_landmark_rates
from lentap.stats.log_rank import MaxCombo, log_rank, max_combo
from lentap.stats.piecewise_exponential import PiecewiseFit, piecewise_exponential
from lentap.stats.restricted_mean import (
    RestrictedMean,
    RestrictedMeans,
    adjusted_restricted_mean_difference,
    compare_restricted_means,
    longest_horizon,
    restricted_mean,
)
from lentap.stats.survival import HazardRatio, cox_hazard_ratios
from lentap.stats.wald import WaldEstimate
from lentap.stats.weibull import Weibull, WeibullComparison, compare_weibull, weibull
from lentap.validation import datasets

Data = str | Mapping[str, Sequence[Any]]

DATA: Mapping[str, Callable[[], pd.DataFrame]] = {
    "lung": lambda: datasets.lung().assign(group=datasets.lung()["sex"].astype(str)),
    "gbsg2": lambda: datasets.gbsg2().assign(event=datasets.gbsg2()["cens"], group=datasets.gbsg2()["horTh"]),
    "gehan": datasets.gehan,
}


def _rows(data: Data, only: str | None = None) -> pd.DataFrame:
    table = DATA[data]() if isinstance(data, str) else pd.DataFrame(data)
    return table if only is None else table[table["group"] == only]


def _curve(data: Data, only: str | None, weights: str | None = None, **options: Any) -> KaplanMeier:
    rows = _rows(data, only)
    if weights is not None:
        options["weights"] = rows[weights]
    return kaplan_meier(rows["time"], rows["event"], **options)


def _rates(data: Data, times: Sequence[float], only: str | None = None, **options: Any) -> pd.DataFrame:
    return _curve(data, only, **options).rates(np.atleast_1d(times))


def _quantiles(
    data: Data, probabilities: Sequence[float], only: str | None = None, **options: Any
) -> dict[str, list[float]]:
    return _columns(_curve(data, only, **options), probabilities)


def _follow_up(data: Data, probabilities: Sequence[float], only: str | None = None, **options: Any) -> dict[str, Any]:
    rows = _rows(data, only)
    return _columns(potential_follow_up(rows["time"], rows["event"], **options), probabilities)


def _columns(curve: KaplanMeier, probabilities: Sequence[float]) -> dict[str, list[float]]:
    quantiles: list[Estimate] = [curve.quantile(p) for p in probabilities]
    return {part: [getattr(one, part) for one in quantiles] for part in ("value", "low", "high")}


def _summary(data: Data, only: str | None = None) -> dict[str, Any]:
    curve = _curve(data, only)
    return {"n": curve.n, "events": int(curve.events.sum()), "median": curve.median}


def _log_rank(data: Data, strata: str | None = None, **options: Any) -> dict[str, Any]:
    rows = _rows(data)
    stratum = None if strata is None else rows[strata]
    test = log_rank(rows["time"], rows["event"], rows["group"], strata=stratum, **options)
    by_group = {part: list(getattr(test, part).values()) for part in ("observed", "expected", "excess")}
    return {"statistic": test.statistic, "df": test.df, "p_value": test.p_value, **by_group}


def _max_combo(data: Data, treated: str, weights: Sequence[Sequence[float]], **options: Any) -> dict[str, Any]:
    rows = _rows(data)
    pairs = [(rho, gamma) for rho, gamma in weights]
    test: MaxCombo = max_combo(rows["time"], rows["event"], rows["group"] == treated, weights=pairs, **options)
    return {"statistic": test.statistic, "p_value": test.p_value, "z": list(test.z.values())}


def _two_arms(compare: Callable[..., Any]) -> Callable[..., Any]:
    """Call that compares the group ``treated`` with the others."""

    def call(data: Data, treated: str, weights: str | None = None, **options: Any) -> Any:
        rows = _rows(data)
        options |= {} if weights is None else {"weights": rows[weights]}
        return compare(rows["time"], rows["event"], rows["group"] == treated, **options)

    return call


def _restricted_mean(
    data: Data, horizon: float, only: str | None = None, weights: str | None = None, **options: Any
) -> RestrictedMean:
    rows = _rows(data, only)
    options |= {} if weights is None else {"weights": rows[weights]}
    return restricted_mean(rows["time"], rows["event"], horizon=horizon, **options)


def _adjusted(data: Data, treated: str, covariates: list[str], horizon: float) -> WaldEstimate:
    rows = _rows(data)
    arm = rows["group"] == treated
    return adjusted_restricted_mean_difference(rows["time"], rows["event"], arm, rows[covariates], horizon=horizon)


def _piecewise(data: Data, starts: Sequence[float] = (0.0,), only: str | None = None, **options: Any) -> PiecewiseFit:
    rows = _rows(data, only)
    return piecewise_exponential(rows["time"], rows["event"], starts=starts, **options)


def _weibull(data: Data, only: str | None = None, **options: Any) -> Weibull:
    rows = _rows(data, only)
    return weibull(rows["time"], rows["event"], **options)


def _hazard_ratios(data: Data, reference: str) -> dict[str, HazardRatio]:
    rows = _rows(data)
    return cox_hazard_ratios(rows["time"], rows["event"], rows["group"], reference)


_landmark_rates: Callable[..., LandmarkRates] = _two_arms(compare_landmark_rates)
_restricted_means: Callable[..., RestrictedMeans] = _two_arms(compare_restricted_means)
_weibull_arms: Callable[..., WeibullComparison] = _two_arms(compare_weibull)


def _longest_horizon(data: Data, treated: str) -> dict[str, float]:
    return {"horizon": _two_arms(longest_horizon)(data, treated)}


CALLS: Mapping[str, Callable[..., Any]] = {
    "rates": _rates,
    "quantiles": _quantiles,
    "follow_up": _follow_up,
    "summary": _summary,
    "log_rank": _log_rank,
    "max_combo": _max_combo,
    "landmark_rates": _landmark_rates,
    "restricted_mean": _restricted_mean,
    "restricted_means": _restricted_means,
    "adjusted_restricted_mean_difference": _adjusted,
    "longest_horizon": _longest_horizon,
    "piecewise_exponential": _piecewise,
    "weibull": _weibull,
    "compare_weibull": _weibull_arms,
    "hazard_ratios": _hazard_ratios,
}
