"""A change on the way, such as a resection: hazard ratios of changed over not changed, counted wrongly and rightly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from lentap.adam import Trial
from lentap.adam.rules import DAYS
from lentap.errors import StatisticsError
from lentap.results import Result, record
from lentap.show.format import duration
from lentap.show.record.reasons import plain_reason
from lentap.sources import Source
from lentap.stats.arguments import Bools, Floats
from lentap.stats.immortal_time import ImmortalTimeBias, immortal_time_bias
from lentap.stats.kaplan_meier import KaplanMeier, kaplan_meier
from lentap.stats.landmark import LandmarkAnalysis, landmark_analysis
from lentap.stats.status_change import SplitFollowUp, both_states, split_follow_up
from lentap.stats.survival import HazardRatio
from lentap.stats.timing import SimonMakuch, mantel_byar, simon_makuch, time_varying_hazard_ratio

NAIVE, VARYING = "ever against never", "time-varying"


@dataclass(frozen=True, eq=False)
class Course:
    """Follow-up of some patients in whom something changes on the way.

    ``time`` and ``change`` (not-a-number where there is none) are in ``unit``; ``event`` says whether the follow-up
    ended with one. ``label`` names the endpoint, ``act`` the change ("resection"), ``done`` who had it ("resected"),
    ``since`` what time counts from. ``adjustments`` are tables of covariates at the start, a row a patient, by what a
    ratio is adjusted for, ``labels`` the words for their columns, where these are none.
    """

    time: Floats
    event: Bools
    change: Floats
    label: str
    unit: str
    act: str
    done: str
    since: str
    adjustments: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def ever(self) -> Bools:
        """Who is seen to change while followed."""
        return np.asarray(self.change <= self.time)

    @property
    def gap(self) -> str:
        """Why changed and not changed cannot be compared; empty where they can."""
        if not self.event.any():
            return f"no event is seen in these {self.time.size} patients"
        if not self.ever.any():
            return f"no {self.act} is seen while these {self.time.size} patients are followed"
        if self.ever.all():
            return f"each of these {self.time.size} patients is {self.done} in the end, so nobody is left"
        try:
            both_states(self.split)
        except StatisticsError as error:
            return plain_reason(error)
        return ""

    @property
    def data(self) -> dict[str, Any]:
        """What the estimators take."""
        return {"time": self.time, "event": self.event, "change": self.change}

    @property
    def split(self) -> SplitFollowUp:
        return split_follow_up(**self.data)


def resection_course(trial: Trial, times: pd.DataFrame, endpoint: str, population: str) -> Course:
    """Follow-up for an endpoint with the resection on the way, to be adjusted for arm, and for arm and baseline.

    Parameters
    ----------
    times
        As ``Trial.time_to_resection`` returns them, for the arms shown.
    """
    about = trial.design.endpoints[endpoint]
    subjects = times[["USUBJID"]].merge(trial.subjects(population), on="USUBJID")
    baseline = [column for column in trial.design.baseline if column in subjects]
    arm = pd.DataFrame({"arm": subjects["arm"].astype(str)})
    adjustments = {"arm": arm} | ({"arm and baseline": arm.join(subjects[baseline])} if baseline else {})
    time, event, change = (times[name].to_numpy() for name in ("time", "event", "resection"))
    return Course(
        time, event, change, about.label, about.unit, "resection", "resected", about.origin, adjustments,
        trial.design.baseline,
    )  # fmt: skip


def heart_course(patients: pd.DataFrame) -> Course:
    """Follow-up of the Stanford heart transplant programme with the transplantation on the way."""
    time, event, change = (patients[name].to_numpy() for name in ("time", "event", "change"))
    factors = {"age, year, surgery": patients[["age", "year", "surgery"]]}
    return Course(time, event, change, "Survival", "days", "transplantation", "transplanted", "acceptance", factors)


@dataclass(frozen=True, eq=False)
class Landmark:
    """A landmark analysis with its recorded hazard ratio or, where there is none, why not."""

    time: float
    why: str = ""
    analysis: LandmarkAnalysis | None = None
    ratio: Result | None = None


@dataclass(frozen=True, eq=False)
class Timing:
    """What was found of a course; nothing beyond ``course`` where it has a gap.

    ``ratios`` holds hazard ratios by analysis: naive, time-varying, and adjusted ones. ``naive`` are curves of never
    and ever changed from the start; ``curves`` those of Simon and Makuch.
    """

    course: Course
    ratios: Mapping[str, Result] = field(default_factory=dict)
    bias: Result | None = None
    share: Result | None = None
    test: Result | None = None
    landmarks: Sequence[Landmark] = ()
    naive: Mapping[str, KaplanMeier] = field(default_factory=dict)
    curves: SimonMakuch | None = None


def in_unit(months: float, unit: str) -> float:
    """A number of months in another unit of time."""
    return months * DAYS["months"] / DAYS[unit]


def landmark_times(chosen: float, spacing: float, number: int, unit: str) -> list[float]:
    """A number of landmarks, evenly spaced, and the chosen one; given in months, returned in another unit."""
    months = {*(spacing * i for i in range(1, number + 1)), chosen}
    return [in_unit(one, unit) for one in sorted(months)]


def record_timing(
    name: str,
    course: Course,
    landmarks: Sequence[float],
    *,
    level: float,
    interval: str,
    source: Source,
    **labels: Any,
) -> Timing:
    """Compare changed with not changed in every way, and record the numbers; ``landmarks`` are in the course's unit."""
    if course.gap:
        return Timing(course)
    found = immortal_time_bias(**course.data, level=level)
    test = mantel_byar(**course.data)
    about: dict[str, Any] = {"source": source, **labels}
    settings: dict[str, Any] = {"level": level, "interval": interval}
    ever = course.ever
    return Timing(
        course,
        _ratios(name, course, found, level, about),
        record(
            f"{name}.immortal_time_bias", found.bias, scale="ratio", p_value=found.bias.p_value, null=1.0,
            direction="above: the naive hazard ratio is the larger one", **about,
        ),
        record(
            f"{name}.immortal_share", found.share, scale="proportion", method="share of follow-up before the change",
            counts={"patients": str(int(ever.sum()))}, **about,
        ),
        record(
            f"{name}.mantel_byar", test.statistic, scale="number", p_value=test.p_value,
            method="Mantel-Byar, chi-squared with 1 degree of freedom", **about,
        ),
        [_landmark(name, course, time, settings, about) for time in landmarks],
        {
            label: kaplan_meier(course.time[group], course.event[group], **settings)
            for label, group in ((f"Never {course.done}", ~ever), (f"Ever {course.done}", ever))
        },
        simon_makuch(**course.data, **settings),
    )  # fmt: skip


def _ratios(
    name: str, course: Course, found: ImmortalTimeBias, level: float, about: Mapping[str, Any]
) -> dict[str, Result]:
    ratios = {NAIVE: found.naive, VARYING: found.time_varying}
    ratios |= {f"adjusted for {what}": _adjusted(course, table, level) for what, table in course.adjustments.items()}
    return {
        analysis: record(
            f"{name}.hazard_ratio", ratio, scale="ratio", p_value=ratio.p_value, null=1.0,
            counts={"events": f"{ratio.events}/{ratio.n}"}, direction=_direction(course), analysis=analysis, **about,
        )
        for analysis, ratio in ratios.items()
    }  # fmt: skip


def _adjusted(course: Course, covariates: pd.DataFrame, level: float) -> HazardRatio:
    """Adjusted ratio among patients with a value of every covariate; not-a-number where the model has no answer."""
    known = covariates.notna().all(axis=1).to_numpy()
    data = {name: values[known] for name, values in course.data.items()}
    try:
        return time_varying_hazard_ratio(**data, covariates=covariates[known], level=level)
    except StatisticsError as error:
        events, n = int(course.event[known].sum()), int(known.sum())
        return HazardRatio(
            np.nan, np.nan, np.nan, level, f"not estimable: {plain_reason(error, course.labels)}", np.nan, events, n
        )


def _landmark(
    name: str, course: Course, time: float, settings: Mapping[str, Any], about: Mapping[str, Any]
) -> Landmark:
    kept = course.time > time
    changed = course.change[kept] <= time
    if not changed.any() or changed.all():
        who = "nobody" if not changed.any() else "everybody"
        return Landmark(time, f"{who} still followed was {course.done} by then" if kept.any() else "nobody is followed")
    found = landmark_analysis(**course.data, landmark=time, **settings)
    ratio = record(
        f"{name}.landmark", found.hazard_ratio, scale="ratio", p_value=found.hazard_ratio.p_value, null=1.0,
        counts={state: f"{int(curve.events.sum())}/{curve.n}" for state, curve in found.curves.items()},
        direction=_direction(course), landmark=duration(time, course.unit), **about,
    )  # fmt: skip
    return Landmark(time, "", found, ratio)


def _direction(course: Course) -> str:
    return f"above: events at a faster rate when {course.done}"
