"""Patients made of curves: how well they agree with them, and the hazard ratio with its two kinds of error."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lentap.errors import DataError, StatisticsError
from lentap.results import Result, record
from lentap.show.record.digitised import Curves, digitised_curves
from lentap.stats.arguments import normal_quantile
from lentap.stats.estimate import Estimate
from lentap.stats.reconstruction import Reconstruction, individual_data, reconstruct
from lentap.stats.reconstruction_uncertainty import ReconstructedHazardRatio, reconstructed_hazard_ratio
from lentap.stats.survival import HazardRatio, KaplanMeier, cox_hazard_ratio, kaplan_meier

NAME = "efficacy.reconstruction"


@dataclass(frozen=True)
class Reconstructed:
    """Reconstructions by arm, the control last, with what was recorded of them.

    ``ratios`` and ``original`` (of the data behind the curves, where these are known) are by experimental arm;
    ``made`` and ``true`` hold the Kaplan-Meier curves of either.
    """

    curves: Curves
    arms: Mapping[str, Reconstruction]
    made: Mapping[str, KaplanMeier]
    true: Mapping[str, KaplanMeier]
    ratios: Mapping[str, ReconstructedHazardRatio]
    original: Mapping[str, HazardRatio]
    hazard_ratios: Mapping[str, Result]
    results: tuple[Result, ...]

    @property
    def patients(self) -> pd.DataFrame:
        """One row a patient: time, event and group, the arm."""
        return individual_data(self.arms)


def record_reconstruction(curves: Curves, *, level: float, draws: int, seed: int) -> Reconstructed:
    """Reconstruct every arm, and record its fit, its median and the hazard ratios against control.

    Raises
    ------
    DataError
        What is printed beside an arm's curve is at odds with it.
    """
    arms = {arm: _reconstruct(arm, curves) for arm in curves.arms}
    made = {arm: kaplan_meier(one.time, one.event, level=level) for arm, one in arms.items()}
    true = {arm: kaplan_meier(*curves.truth[arm], level=level) for arm in arms if arm in curves.truth}
    control = curves.control
    ratios = {
        arm: reconstructed_hazard_ratio(arms[arm], arms[control], level=level, draws=draws, seed=seed)
        for arm in curves.experimental
    }
    original = {arm: _original(curves, arm, level) for arm in ratios if arm in curves.truth}
    about: dict[str, Any] = {"source": curves.source, "endpoint": curves.endpoint}
    counts = {arm: {arm: f"{one.fit.events}/{one.curve.n}"} for arm, one in arms.items()}
    results = [found for arm in arms for found in _record_arm(arm, arms[arm], made[arm], curves, counts[arm], about)]
    recorded = {}
    for arm, ratio in ratios.items():
        pair: dict[str, Any] = {**about, "arm": arm, "control": control, "counts": counts[arm] | counts[control]}
        side: dict[str, Any] = {"scale": "ratio", "null": 1.0, "direction": f"above: events at a faster rate on {arm}"}
        recorded[arm] = record(f"{NAME}.hazard_ratio", ratio, p_value=ratio.p_value, **side, **pair)
        alone = of_sampling(ratio)
        results += [
            recorded[arm],
            record(f"{NAME}.hazard_ratio_sampling_alone", alone, **side, **pair),
            record(f"{NAME}.sampling_error", ratio.sampling_error, scale="number", **pair),
            record(f"{NAME}.reconstruction_error", ratio.reconstruction_error, scale="number", **pair),
        ]
        if arm in original:
            truth = {key: value for key, value in pair.items() if key != "counts"}
            results.append(record(f"{NAME}.original_hazard_ratio", original[arm], **side, **truth))
    for arm, curve in true.items():
        events = int(curve.events.sum())
        results.append(record(f"{NAME}.original_events", events, scale="count", arm=arm, **about))
        results.append(
            record(f"{NAME}.original_median", curve.median, scale="time", unit=curves.unit, arm=arm, **about)
        )
    return Reconstructed(curves, arms, made, true, ratios, original, recorded, tuple(results))


def of_sampling(ratio: ReconstructedHazardRatio) -> Estimate:
    """The hazard ratio with the interval it had, were the reconstructed data the original ones."""
    return _with_error(ratio, ratio.sampling_error, "Cox model, Efron ties, Wald")


def of_reconstruction(ratio: ReconstructedHazardRatio) -> Estimate:
    """The hazard ratio with the interval that other reconstructions of the same curves span."""
    return _with_error(ratio, ratio.reconstruction_error, "draws of other data sets that agree with the readings")


def _with_error(ratio: ReconstructedHazardRatio, error: float, method: str) -> Estimate:
    margin = normal_quantile(ratio.level) * error
    low, high = (ratio.value * float(np.exp(sign * margin)) for sign in (-1, 1))
    return Estimate(ratio.value, low, high, ratio.level, method)


def _reconstruct(arm: str, curves: Curves) -> Reconstruction:
    try:
        return reconstruct(curves.arms[arm])
    except StatisticsError as error:
        msg = f"{curves.files[arm]}, arm {arm!r}: {error}"
        raise DataError(msg) from error


def _original(curves: Curves, arm: str, level: float) -> HazardRatio:
    (time1, event1), (time0, event0) = curves.truth[arm], curves.truth[curves.control]
    treated = np.repeat([True, False], [time1.size, time0.size])
    return cox_hazard_ratio(np.append(time1, time0), np.append(event1, event0), treated, level=level)


def _record_arm(
    arm: str, one: Reconstruction, made: KaplanMeier, curves: Curves, counts: dict[str, str], about: dict[str, Any]
) -> list[Result]:
    about = {**about, "arm": arm, "counts": counts}
    points: dict[str, Any] = {"scale": "number", "unit": "percentage points"}
    off = int(one.fit.at_risk["difference"].abs().max())
    found = [
        record(f"{NAME}.events", one.fit.events, scale="count", **about),
        record(f"{NAME}.median", made.median, scale="time", unit=curves.unit, **about),
        record(f"{NAME}.rmse", 100 * one.fit.rmse, **points, **about),
        record(f"{NAME}.largest_error", 100 * one.fit.largest_error, **points, **about),
        record(f"{NAME}.at_risk_discrepancy", off, scale="count", **about),
    ]
    if one.fit.events_published is not None:
        found.append(
            record(f"{NAME}.events_discrepancy", one.fit.events - one.fit.events_published, scale="count", **about)
        )
    return found


def reconstruction_results(*, confidence: float, draws: int, seed: int, **given: Any) -> list[Result]:
    """What the chapter records for these parameters, without a kernel: a sweep calls it for each point of a grid."""
    given.pop("output", None)
    curves = digitised_curves(seed=seed, **given)
    return list(record_reconstruction(curves, level=confidence, draws=draws, seed=seed).results)
