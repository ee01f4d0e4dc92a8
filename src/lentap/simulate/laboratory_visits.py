"""When blood and urine are examined: before treatment, every few weeks, after TACE, in adverse events."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lentap.simulate.assumptions import Assumptions
from lentap.simulate.course import NEVER, Course
from lentap.simulate.events import EMERGENT_DAYS
from lentap.simulate.measured import PANELS, TESTS
from lentap.simulate.patients import Days, Flags
from lentap.simulate.treatment import Treatment

BASELINE, SCHEDULED, AFTER_TACE, UNSCHEDULED = range(4)  # of two visits on a day the first counts


@dataclass(frozen=True)
class LabVisits:
    """Visits by patient and day, an element a visit.

    ``kind`` is one of ``BASELINE`` to ``UNSCHEDULED``, ``week`` -1 where none was scheduled; ``tests`` has a bit a test
    of ``TESTS``; ``alone`` is false where two visits fell on one day.
    """

    patient: Days
    day: Days
    kind: Days
    week: Days
    tests: Days
    missed: Flags
    alone: Flags


def lab_visits(
    assumptions: Assumptions, course: Course, treatment: Treatment, events: pd.DataFrame, rng: np.random.Generator
) -> LabVisits:
    """Draw the visits of one arm.

    Parameters
    ----------
    events
        What adverse events show, a row an event and test: ``patient``, ``code``, ``first`` and ``last`` day, ``ended``.
    """
    a = assumptions.laboratory
    alive = np.where(course.death < NEVER, course.last - 1, course.last)
    parts = [
        _baseline(a.earliest_baseline_days, course, rng),
        _scheduled(assumptions, course, treatment, alive, rng),
        _after_sessions(a.after_tace_days, treatment),
        _in_events(events),
    ]
    found = pd.concat(parts, ignore_index=True)
    found = found[found["day"] <= alive[found["patient"]]].sort_values(["patient", "day", "kind"], ignore_index=True)
    begins = np.flatnonzero(~found.duplicated(["patient", "day"]).to_numpy())
    alone = np.diff(np.r_[begins, len(found)]) == 1
    tests = np.bitwise_or.reduceat(found["tests"].to_numpy(), begins)
    patient, day, kind, week = (found[name].to_numpy()[begins] for name in ("patient", "day", "kind", "week"))
    missed = (rng.random(len(begins)) < a.missed_percent / 100) & (kind == SCHEDULED) & alone
    return LabVisits(patient, day, kind, week, tests, missed, alone)


def _bits(*panels: str) -> int:
    return sum(1 << TESTS.index(code) for panel in panels for code in PANELS[panel])


def _baseline(earliest: int, course: Course, rng: np.random.Generator) -> pd.DataFrame:
    reference = np.where(course.treated, course.start, 0)  # enrolment, where there is no treatment
    before = reference - rng.integers(1, earliest + 1, size=len(reference))
    everyone = np.arange(len(before))
    return pd.DataFrame({"patient": everyone, "day": before, "kind": BASELINE, "week": 0, "tests": _bits(*PANELS)})


def _scheduled(
    a: Assumptions, course: Course, treatment: Treatment, alive: Days, rng: np.random.Generator
) -> pd.DataFrame:
    """List visits until progression, and at least as long as adverse events are looked for."""
    lab, weeks = a.laboratory, np.array(a.laboratory.weeks)
    jitter = rng.integers(-lab.visit_jitter_days, lab.visit_jitter_days + 1, size=(len(alive), len(weeks)))
    days = course.start[:, None] + 7 * weeks + jitter
    until = np.minimum(alive, np.maximum(treatment.end + EMERGENT_DAYS, course.progression))
    patient, number = np.nonzero(course.treated[:, None] & (days <= until[:, None]))
    tests = np.where(weeks % lab.seldom_weeks == 0, _bits(*PANELS), _bits("liver", "blood"))
    day, week = days[patient, number], weeks[number]
    return pd.DataFrame({"patient": patient, "day": day, "kind": SCHEDULED, "week": week, "tests": tests[number]})


def _after_sessions(after: list[int], treatment: Treatment) -> pd.DataFrame:
    patient, session = np.nonzero(treatment.sessions < NEVER)
    days = np.add.outer(treatment.sessions[patient, session], np.array(after)).ravel()
    patient = np.repeat(patient, len(after))
    return pd.DataFrame({"patient": patient, "day": days, "kind": AFTER_TACE, "week": -1, "tests": _bits("liver")})


def _in_events(events: pd.DataFrame) -> pd.DataFrame:
    """List a visit at the beginning of each event and one at its end."""
    panel = {code: _bits(name) for name, codes in PANELS.items() for code in codes}
    tests = events["code"].map(panel).astype(np.int64)
    days = pd.concat([events["first"], events.loc[events["ended"], "last"]])
    rows = pd.DataFrame({"day": days, "kind": UNSCHEDULED, "week": -1})
    return rows.assign(patient=events["patient"].reindex(days.index), tests=tests.reindex(days.index))
