"""Depth of response, time to it and how long it lasts, by arm."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from lentap.adam.rules import DAYS
from lentap.results import Result, record
from lentap.show.record.response import Response
from lentap.show.small_cells import is_small
from lentap.sources import Source
from lentap.stats.arguments import Floats
from lentap.stats.biomarker import shift_between
from lentap.stats.cumulative_incidence import CumulativeIncidence, cumulative_incidence
from lentap.stats.kaplan_meier import KaplanMeier, kaplan_meier
from lentap.stats.response import OBJECTIVE_RESPONSE, credited_responses
from lentap.stats.response_times import depth_of_response, duration_of_response, time_to_response

UNIT = "months"
RESPONSE, FAILURE, FOLLOWED = "response", "progression or death", "followed"
ENDS = ("progression", "death", "resection", FOLLOWED)
MOST_PAIRS = 4_000_000  # of patients on two arms, whose differences the shift is the median of


@dataclass(frozen=True, eq=False)
class Depth:
    """Best change of the sum of diameters as one reader measured it.

    ``patients`` holds USUBJID, arm, depth (per cent of baseline, not-a-number where not measured), best (overall
    response) and baseline (sum, mm). ``medians`` and ``quartiles`` by arm, in per cent; ``shifts`` from control by
    experimental arm, in points, none where an arm is empty or there are more pairs than ``MOST_PAIRS``.
    """

    reader: str
    criterion: str
    patients: pd.DataFrame
    medians: Mapping[str, Result]
    quartiles: Mapping[str, tuple[float, float]]
    shifts: Mapping[str, Result]


@dataclass(frozen=True, eq=False)
class Times:
    """Courses of all patients by one criterion and reading, and what follows from them by arm.

    ``courses`` has a row a patient: USUBJID, arm, best, and the study days response (the first), progression, death,
    resection, last (assessment) and end; how says what ended it: one of ``ENDS``, or "never assessed". ``incidence`` is
    that of a response, with progression and death as its competitors; ``duration`` the curve of responders, ``until``
    median and quartiles of their time to response, ``ends`` how their responses ended. Times are in ``UNIT``. An arm
    without responders is missing from these, and one with few where fewer than ``smallest`` are hidden. ``gap`` says
    why there is nothing at all.
    """

    criterion: str
    reading: str
    courses: pd.DataFrame
    incidence: Mapping[str, CumulativeIncidence] = field(default_factory=dict)
    duration: Mapping[str, KaplanMeier] = field(default_factory=dict)
    until: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    medians: Mapping[str, Result] = field(default_factory=dict)
    ongoing: Mapping[str, Result] = field(default_factory=dict)
    ends: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    gap: str = ""
    smallest: int = 0


def record_depth(
    name: str, found: Response, criterion: str, *, level: float, source: Source, **labels: Any
) -> Depth | None:
    """Depth of response as the first reader measured it, with the shift from control; None where nobody measured."""
    readers = found.readers(criterion)
    if not readers:
        return None
    reader, members = readers[0], found.assessments.patients
    visits = found.visits(criterion, reader)
    depth = depth_of_response(visits, members["USUBJID"])
    first = visits.drop_duplicates("USUBJID").set_index("USUBJID")
    patients = members[["USUBJID", "arm"]].assign(
        depth=depth.to_numpy(),
        best=found.best[criterion, reader].to_numpy(),
        baseline=members["USUBJID"].map(first["baseline"].round(1)).to_numpy(),
    )
    measured = patients.dropna(subset=["depth"])
    about: dict[str, Any] = {"source": source, "criterion": criterion, "reading": reader, **labels}
    medians, quartiles, shifts = {}, {}, {}
    by_arm = {arm: measured.loc[measured["arm"] == arm, "depth"].to_numpy(float) for arm in found.assessments.arms}
    control = by_arm.get(found.assessments.control, np.empty(0))
    for arm, values in by_arm.items():
        count = {arm: f"{values.size}/{int((members['arm'] == arm).sum())}"}
        if is_small(values.size, found.smallest):
            continue
        middle = float(np.median(values)) if values.size else np.nan
        medians[arm] = record(f"{name}.depth", middle, scale="number", unit="%", counts=count, arm=arm, **about)
        quartiles[arm] = tuple(np.quantile(values, [0.25, 0.75]).tolist()) if values.size else (np.nan, np.nan)
        if arm != found.assessments.control and 0 < values.size * control.size <= MOST_PAIRS:
            shift = shift_between(values, control, level=level)
            shifts[arm] = record(
                f"{name}.depth_shift", shift, scale="number", unit="points", p_value=shift.p_value, null=0.0,
                direction=f"below: deeper with {arm}", arm=arm, control=found.assessments.control, **about,
            )  # fmt: skip
    return Depth(reader, criterion, patients, medians, quartiles, shifts)


def record_times(
    name: str,
    found: Response,
    criterion: str,
    ongoing: float,
    *,
    level: float,
    interval: str,
    source: Source,
    **labels: Any,
) -> Times:
    """Time to response and its duration, by what was recorded or else by the first reader.

    Parameters
    ----------
    ongoing
        Months from a response at which the share still in response is recorded.
    """
    reading = found.main(criterion)
    if not reading:
        return Times(criterion, "", pd.DataFrame(), gap=f"there is no response by {criterion}", smallest=found.smallest)
    visits, members = found.visits(criterion, reading), found.assessments.patients
    if visits["ADY"].isna().any():
        gap = "the assessments have no days (ADY or ADT)"
        return Times(criterion, reading, pd.DataFrame(), gap=gap, smallest=found.smallest)
    courses = _courses(found, criterion, reading, visits)
    deaths = courses.set_index("USUBJID")["death"]
    rule = found.rule.confirmed
    waits = time_to_response(visits, members["USUBJID"], deaths, confirmation=rule).assign(
        arm=members["arm"].to_numpy()
    )
    lasting = duration_of_response(visits, deaths, confirmation=rule).merge(courses, on="USUBJID")
    about: dict[str, Any] = {"source": source, "criterion": criterion, "reading": reading, **labels}
    incidence, duration, until, medians, still, ends = {}, {}, {}, {}, {}, {}
    for arm in found.assessments.arms:
        own, responded = waits[waits["arm"] == arm], lasting[lasting["arm"] == arm]
        if (own["cause"] > 0).any():
            causes = pd.Index([FOLLOWED, RESPONSE, FAILURE])
            cause = pd.Categorical.from_codes(own["cause"].tolist(), categories=causes)
            incidence[arm] = cumulative_incidence(_months(own["time"]), cause, censored=FOLLOWED, level=level)
        if responded.empty or is_small(len(responded), found.smallest):
            continue
        curve = kaplan_meier(_months(responded["time"]), responded["event"], level=level, interval=interval)
        if is_small(int(curve.events.sum()), found.smallest):
            continue
        duration[arm] = curve
        until[arm] = tuple(np.quantile(_months(responded["start"]), [0.5, 0.25, 0.75]).tolist())
        counts = {arm: f"{int(curve.events.sum())}/{curve.n}"}
        medians[arm] = record(
            f"{name}.duration", curve.median, scale="time", unit=UNIT, counts=counts, arm=arm, **about
        )
        still[arm] = record(
            f"{name}.still_in_response", curve.estimate_at(ongoing), scale="proportion", counts=counts, arm=arm,
            time=f"{ongoing:g} {UNIT}", **about,
        )  # fmt: skip
        ends[arm] = {how: int((responded["how"] == how).sum()) for how in ENDS}
    return Times(criterion, reading, courses, incidence, duration, until, medians, still, ends, smallest=found.smallest)


def _courses(found: Response, criterion: str, reading: str, visits: pd.DataFrame) -> pd.DataFrame:
    """A row a patient: what happened to the disease on which study day."""
    until = credited_responses(visits, confirmation=found.rule.confirmed)
    by = until["USUBJID"]
    seen = {
        "response": until["ADY"].where(until["credited"].isin(OBJECTIVE_RESPONSE)).groupby(by).min(),
        "progression": until["ADY"].where(until["credited"] == "PD").groupby(by).min(),
        "last": until["ADY"].groupby(by).max(),
    }
    courses = found.assessments.patients.set_index("USUBJID").join(pd.DataFrame(seen)).reset_index()
    # a death dated before an assessment is a slip of the tables, which their check names
    courses["death"] = courses["death"].where(courses["death"].isna(), courses[["death", "last"]].max(axis=1))
    how = [courses[name].notna() for name in ("progression", "death", "resection", "last")]
    courses["how"] = np.select(how, ["progression", "death", "resection", FOLLOWED], "never assessed")
    end = courses["progression"].fillna(courses["death"]).fillna(courses["resection"]).fillna(courses["last"])
    return courses.assign(end=end.fillna(0.0), best=found.best[criterion, reading].astype(str).to_numpy())


def _months(days: pd.Series) -> Floats:
    return np.asarray(days, dtype=float) / DAYS[UNIT]
