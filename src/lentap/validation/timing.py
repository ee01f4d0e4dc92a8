"""Timing: the calls its references name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from lentap.stats.clone_censor_weight import clone_censor_weight
from lentap.stats.immortal_time import immortal_time_bias
from lentap.stats.kaplan_meier import KaplanMeier
from lentap.stats.landmark import landmark_analysis
from lentap.stats.log_rank import LogRank
from lentap.stats.status_change import split_follow_up
from lentap.stats.survival import HazardRatio
from lentap.stats.timing import mantel_byar, simon_makuch, time_varying_hazard_ratio
from lentap.validation import datasets

Data = Mapping[str, Sequence[float | None]]


def _columns(data: Data | None) -> dict[str, Any]:
    """Time, event and change of some subjects or, where there are none, of the Stanford heart transplants."""
    if data is not None:
        return {name: np.array(values, dtype=float) for name, values in data.items()}
    patients = datasets.heart_patients()
    return {name: patients[name].to_numpy() for name in ("time", "event", "change")}


def split(data: Data | None = None, **options: Any) -> dict[str, Any]:
    """Rows of the split follow-up, in the order of subjects."""
    found = split_follow_up(**_columns(data), **options)
    rows = found.rows
    return {str(name): values.astype(float) for name, values in rows.items()} | {
        "n": found.n,
        "moved": found.changed,
        "at_the_end": found.at_the_end,
        "too_late": found.too_late,
    }


def two_groups(data: Data | None = None, **options: Any) -> LogRank:
    """Mantel-Byar test."""
    return mantel_byar(**_columns(data), **options)


def time_varying(data: Data | None = None, covariates: Sequence[str] | None = None, **options: Any) -> HazardRatio:
    """Hazard ratio of a time-varying status, adjusted for covariates of the heart data."""
    columns = None
    if covariates:
        columns = datasets.heart_patients()[list(covariates)]
    return time_varying_hazard_ratio(**_columns(data), covariates=columns, **options)


def _curve(curve: KaplanMeier, times: Sequence[float]) -> dict[str, Any]:
    rates = curve.rates(times)
    return {str(name): values for name, values in rates.items()} | {"median": asdict(curve.median), "n": curve.n}


def curves(times: Sequence[float], data: Data | None = None, **options: Any) -> dict[str, Any]:
    """Simon-Makuch curves at some times, with their medians."""
    found = simon_makuch(**_columns(data), **options)
    return {
        "unchanged": _curve(found.unchanged, times),
        "changed": _curve(found.changed, times),
        "excluded": found.excluded,
    }


def landmark(times: Sequence[float], landmark: float, data: Data | None = None, **options: Any) -> dict[str, Any]:
    """Landmark analysis, its curves at some times."""
    found = landmark_analysis(**_columns(data), landmark=landmark, **options)
    return {name: _curve(curve, times) for name, curve in found.curves.items()} | {
        "log_rank": found.log_rank,
        "hazard_ratio": found.hazard_ratio,
        "excluded_events": found.excluded_events,
        "excluded_censored": found.excluded_censored,
        "changed_later": found.changed_later,
    }


def immortal_time(data: Data | None = None, **options: Any) -> Any:
    """Naive and time-varying hazard ratio, and their ratio."""
    return immortal_time_bias(**_columns(data), **options)


def emulated(
    times: Sequence[float], covariates: Sequence[str] = (), data: Data | None = None, **options: Any
) -> dict[str, Any]:
    """Curves of both strategies at some times, their differences, and how many clones left them."""
    columns = datasets.heart_patients()[list(covariates)] if covariates else None
    found = clone_censor_weight(**_columns(data), covariates=columns, replicates=40, **options)
    return {
        "within": found.within.at(times),
        "never": found.never.at(times),
        "difference": found.difference.value,
        "mean_difference": found.mean_difference.value,
        "left_within": found.within.censored,
        "left_never": found.never.censored,
    }


CALLS: Mapping[str, Callable[..., Any]] = {
    "split_follow_up": split,
    "mantel_byar": two_groups,
    "time_varying_hazard_ratio": time_varying,
    "simon_makuch": curves,
    "landmark_analysis": landmark,
    "immortal_time_bias": immortal_time,
    "clone_censor_weight": emulated,
}
