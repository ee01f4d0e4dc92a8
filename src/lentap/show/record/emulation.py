"""A target trial of operating early against never, emulated from the loaded patients, beside other ways of counting."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lentap.errors import StatisticsError
from lentap.results import Result, record
from lentap.show.format import duration
from lentap.show.record.reasons import plain_reason
from lentap.show.record.timing import Course
from lentap.sources import Source
from lentap.stats.arguments import normal_quantile
from lentap.stats.clone_censor_weight import EmulatedTrial, clone_censor_weight, longest_comparison
from lentap.stats.estimate import Estimate
from lentap.stats.kaplan_meier import KaplanMeier, kaplan_meier
from lentap.stats.restricted_mean import longest_horizon, restricted_mean
from lentap.stats.timing import simon_makuch

SUBJECTS_DRAWN = 800_000  # in all bootstrap samples: large trials need fewer samples, and each takes as long


@dataclass(frozen=True, eq=False)
class Counted:
    """One way to count: survival of both at the horizon, and differences recorded, or ``why`` there are none."""

    how: str
    why: str = ""
    changed: float = np.nan
    unchanged: float = np.nan
    difference: Result | None = None
    mean_difference: Result | None = None
    trial: EmulatedTrial | None = None


@dataclass(frozen=True, eq=False)
class Emulation:
    """Ways to count by ``horizon``, the last of them weighted for most; nothing beyond ``why`` where there are none."""

    course: Course
    grace: float
    horizon: float
    why: str = ""
    ways: Sequence[Counted] = ()
    replicates: int = 0

    @property
    def weighted(self) -> Counted | None:
        """The cloned comparison that is weighted for most, of those that could be made."""
        return next((one for one in reversed(self.ways) if one.trial), None)


def record_emulation(
    name: str,
    course: Course,
    *,
    grace: float,
    horizon: float,
    replicates: int,
    seed: int,
    level: float,
    source: Source,
    **labels: Any,
) -> Emulation:
    """Compare the strategies "changed within the grace period, if still followed" and "never changed".

    Beside them stand ever against never changed, and Simon and Makuch's curves, at the same horizon.

    Parameters
    ----------
    grace, horizon
        In the course's unit. A horizon beyond the follow-up of a strategy is brought back to its end.
    replicates
        Bootstrap samples; fewer where there are very many patients.
    """
    if course.gap:
        return Emulation(course, grace, horizon, course.gap)
    kept = course.time > 0
    data = {part: values[kept] for part, values in course.data.items()}
    try:
        horizon = min(horizon, longest_comparison(**data, grace=grace))
    except StatisticsError as error:
        return Emulation(course, grace, horizon, plain_reason(error))
    if horizon <= grace:
        why = f"a strategy is followed to {duration(horizon, course.unit)}, which is not beyond the grace period"
        return Emulation(course, grace, horizon, why)
    about: dict[str, Any] = {
        "source": source, "horizon": duration(horizon, course.unit), "grace": duration(grace, course.unit), **labels
    }  # fmt: skip
    drawn = min(replicates, max(SUBJECTS_DRAWN // int(kept.sum()), 40))
    ways = [_naive(name, course, horizon, level, about), _changing(course, horizon)]
    for what, table in {"": None, **course.adjustments}.items():
        known = kept if table is None else kept & table.notna().all(axis=1).to_numpy()
        how = f"cloned, weighted for {what}" if what else "cloned, not weighted"
        try:
            found = clone_censor_weight(
                **{part: values[known] for part, values in course.data.items()}, grace=grace, horizon=horizon,
                covariates=None if table is None else table[known].reset_index(drop=True), replicates=drawn, seed=seed,
                level=level,
            )  # fmt: skip
        except StatisticsError as error:
            ways.append(Counted(how, plain_reason(error, course.labels)))
            continue
        about_it = about | {"counts": {"patients": str(found.within.clones)}}
        ways.append(_recorded(name, how, course, found.within.at(horizon), found.never.at(horizon),
                              found.difference, found.mean_difference, about_it, found))  # fmt: skip
    return Emulation(course, grace, horizon, ways=ways, replicates=drawn)


def _naive(name: str, course: Course, horizon: float, level: float, about: dict[str, Any]) -> Counted:
    """Ever against never changed from the start, by Kaplan-Meier curves."""
    how = "ever against never"
    groups = [course.ever, ~course.ever]
    if horizon > longest_horizon(course.time, course.event, course.ever):
        return Counted(how, "one of the two is not followed to the horizon")
    curves = [kaplan_meier(course.time[group], course.event[group], level=level) for group in groups]
    means = [restricted_mean(course.time[group], course.event[group], horizon=horizon, level=level) for group in groups]
    (changed, error), (unchanged, other) = (_at(curve, horizon) for curve in curves)
    difference = _difference(changed, unchanged, math.hypot(error, other), level)
    spread = math.hypot(means[0].standard_error, means[1].standard_error)
    mean_difference = _difference(means[0].value, means[1].value, spread, level)
    return _recorded(name, how, course, changed, unchanged, difference, mean_difference, about, None)


def _changing(course: Course, horizon: float) -> Counted:
    """Simon and Makuch's curves at the horizon; they describe no group, so nothing is recorded of them."""
    curves = simon_makuch(**course.data)
    values = [_at(curve, horizon)[0] for curve in (curves.changed, curves.unchanged)]
    return Counted("Simon-Makuch curves", changed=values[0], unchanged=values[1])


def _at(curve: KaplanMeier, time: float) -> tuple[float, float]:
    place = int(np.searchsorted(curve.time, time, side="right")) - 1
    return float(curve.survival[place]), float(curve.standard_error[place])


def _difference(one: float, other: float, error: float, level: float) -> Estimate:
    reach = normal_quantile(level) * error
    value = one - other
    return Estimate(value, value - reach, value + reach, level, "Kaplan-Meier curves, Wald")


def _recorded(
    name: str, how: str, course: Course, changed: Any, unchanged: Any, difference: Estimate, mean_difference: Estimate,
    about: dict[str, Any], trial: EmulatedTrial | None,
) -> Counted:  # fmt: skip
    direction = f"above: event later or in fewer when {course.done}"
    about = {"null": 0.0, "direction": direction, "counting": how, **about}
    return Counted(
        how, "", float(changed), float(unchanged),
        record(f"{name}.survival_difference", difference, scale="difference", **about),
        record(f"{name}.mean_difference", mean_difference, scale="time", unit=course.unit, **about),
        trial,
    )  # fmt: skip
