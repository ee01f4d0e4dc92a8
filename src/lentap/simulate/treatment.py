"""What is done to patients: TACE sessions, how long treatment lasts, operations, blood samples."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lentap.simulate.assumptions import Assumptions
from lentap.simulate.course import MONTH, NEVER, Course
from lentap.simulate.patients import Days, Flags

EARLY_DEATH_DAYS = 30  # a death this soon after resection is a complication of grade V


@dataclass(frozen=True)
class Treatment:
    """Day of each TACE session (``NEVER``: none) and of the last treatment, who stopped for toxicity, why drugs end."""

    sessions: Days
    end: Days
    toxic: Flags
    stopped: NDArray[np.str_]


def treat(assumptions: Assumptions, experimental: bool, course: Course, rng: np.random.Generator) -> Treatment:
    """Draw the treatment of one arm: TACE on demand, in the experimental arm drugs as well."""
    t, n = assumptions.treatment, len(course.start)
    shape = (n, t.tace_most_sessions)
    jitter = rng.integers(-t.tace_jitter_days, t.tace_jitter_days + 1, size=shape)
    gaps = np.maximum(t.tace_interval_days + jitter, 1)
    gaps[:, 0] = 0
    days = course.start[:, None] + np.cumsum(gaps, axis=1)
    wanted = rng.random(shape) < t.tace_repeat_percent / 100
    wanted[:, 0] = course.treated
    until = np.minimum.reduce([course.progression, course.resection, course.complete, course.last])
    until = np.maximum(until, course.start + 1)
    given = np.logical_and.accumulate(wanted, axis=1) & (days < until[:, None])
    last_session = np.max(np.where(given, days, course.start[:, None]), axis=1)
    toxic = (rng.random(n) < t.stopped_for_toxicity_percent / 100) & course.treated & experimental
    stop = course.start + rng.integers(t.toxicity_earliest_days, t.toxicity_latest_days + 1, size=n)
    limits = [
        course.start + round(t.longest_months * MONTH),
        course.progression + t.stop_after_progression_days,
        course.resection + round(t.after_resection_months * MONTH),
        course.last,
    ]
    planned = np.minimum.reduce(limits)
    toxic &= (stop < planned) & (stop >= last_session)
    end = np.maximum(np.where(toxic, stop, planned), last_session) if experimental else last_session
    ending = np.where(course.death < NEVER, "DEATH", np.where(course.left, "LOST TO FOLLOW-UP", ""))
    reached = [toxic, planned == course.last, planned == limits[1]]
    stopped = np.select(reached, ["ADVERSE EVENT", ending, "PROGRESSIVE DISEASE"], "COMPLETED")
    return Treatment(np.where(given, days, NEVER), end, toxic, stopped)


def procedures(
    assumptions: Assumptions, course: Course, treatment: Treatment, rng: np.random.Generator
) -> pd.DataFrame:
    """List TACE sessions and resections, a row each, with ``patient`` and ``day``."""
    r = assumptions.resection
    patient, session = np.nonzero(treatment.sessions < NEVER)
    tace = pd.DataFrame({"patient": patient, "day": treatment.sessions[patient, session], "PRCAT": "TACE"})
    who = np.flatnonzero(course.resected)
    draw, kind, sort = rng.random((3, len(who))) * 100
    severe, mild = r.severe_complication_percent, r.mild_complication_percent
    grade = np.select(
        [draw < severe / 2, draw < severe * 0.8, draw < severe * 0.95, draw < severe, draw < severe + mild],
        ["IIIa", "IIIb", "IVa", "IVb", "I"],
        "none",
    )
    grade = np.where((grade == "I") & (sort < 50), "II", grade)
    fatal = course.death[who] - course.resection[who] <= EARLY_DEATH_DAYS
    resection = pd.DataFrame(
        {
            "patient": who,
            "day": course.resection[who],
            "PRCAT": "RESECTION",
            "PRTRT": np.select([kind < 55, kind < 80], ["Hemihepatectomy", "Segmentectomy"], "Extended hepatectomy"),
            "MARGIN": course.margin[who],
            "PATHRESP": course.pathology[who],
            "CLAVIEN": np.where(fatal, "V", grade),
        }
    )
    return pd.concat([tace.assign(PRTRT="Transarterial chemoembolisation"), resection], ignore_index=True)


def samples(assumptions: Assumptions, experimental: bool, course: Course, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the marker at each visit before progression, resection and last contact, a row a planned sample."""
    m, n = assumptions.marker, len(course.start)
    shape = (n, len(m.weeks))
    expansion = m.expansion_log.of(experimental) + m.expansion_per_reactivity.of(experimental) * course.reactivity
    level = np.log(m.baseline_median_percent) + m.baseline_log_sd * rng.standard_normal(n)
    noise = m.noise_log_sd * rng.standard_normal(shape)
    value = np.exp(level[:, None] + expansion[:, None] * np.array(m.course)[None, :] + noise)
    jitter = rng.integers(-2, 3, size=shape) * (np.array(m.weeks) > 0)
    days = course.start[:, None] + 7 * np.array(m.weeks) + jitter
    until = np.minimum.reduce([course.progression + 1, course.resection, course.last])
    planned = (np.array(m.weeks) == 0) | (course.treated[:, None] & (days < until[:, None]))
    missing = rng.random(shape) < m.missing_percent / 100
    reason = rng.choice(["Sample not collected", "Sample haemolysed", "Too few CD8+ events"], shape)
    patient, visit = np.nonzero(planned)
    gone = missing[patient, visit]
    return pd.DataFrame(
        {
            "patient": patient,
            "day": days[patient, visit],
            "AVISITN": np.array(m.weeks)[visit],
            "AVAL": np.where(gone, np.nan, np.minimum(value[patient, visit], 95).round(1)),
            "REASND": np.where(gone, reason[patient, visit], ""),
        }
    )
