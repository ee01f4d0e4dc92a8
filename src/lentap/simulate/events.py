"""Adverse events: what, when, how severe, and whether a treatment caused it."""

import numpy as np
import pandas as pd

from lentap.simulate.assumptions import Assumptions, Term
from lentap.simulate.course import NEVER, Course
from lentap.simulate.patients import Days, Flags

EMERGENT_DAYS = 30  # after the last treatment
BEFORE = ("Abdominal pain", "Nausea", "Pyrexia")
FATAL = ("Hepatic failure", "Gastrointestinal haemorrhage")
SEVERITY = {1: "MILD", 2: "MODERATE", 3: "SEVERE", 4: "SEVERE", 5: "SEVERE"}


def adverse_events(
    assumptions: Assumptions, experimental: bool, course: Course, end: Days, toxic: Flags, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw the adverse events of one arm, a row an event.

    Parameters
    ----------
    end
        Day of the last treatment.
    toxic
        Who stopped treatment because of an adverse event.

    Returns
    -------
    ``patient`` (position in the arm), ``onset`` and ``end`` (days since enrolment, ``NEVER`` where it goes on), term,
    class, grade, relation, seriousness, outcome, action.
    """
    terms = assumptions.adverse_events.terms
    parts = [_of_term(assumptions, experimental, name, term, course, end, rng) for name, term in terms.items()]
    parts += [_before_treatment(assumptions, course, rng), _fatal(assumptions, course, end, rng)]
    events = pd.concat(parts, ignore_index=True)
    events["AESOC"] = events["AEDECOD"].map({name: term.soc for name, term in terms.items()})
    events["AESEV"] = events["AETOXGR"].map(SEVERITY)
    events = events.sort_values(["patient", "onset", "AEDECOD"], kind="stable", ignore_index=True)
    events["AEACN"] = _action(assumptions, experimental, events, end, toxic, rng)
    return events


def _of_term(
    a: Assumptions, experimental: bool, name: str, term: Term, course: Course, end: Days, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw the events of one term: a first episode in some patients, a second one in some of these."""
    rates = a.adverse_events.rates
    incidence = term.experimental if experimental else term.control
    n = len(end)
    closes = np.minimum(end + EMERGENT_DAYS, course.last - (course.death < NEVER))
    who = np.flatnonzero(course.treated & (closes > course.start) & (rng.random(n) < incidence / 100))
    onset = _onset(term, course.start[who], closes[who], rng)
    first = _episodes(a, term, who, onset, course, rng)
    again = (rng.random(len(who)) < rates.second_episode_percent / 100) & (first["end"].to_numpy() < closes[who] - 1)
    later = first.loc[again]
    onset = _onset(term, later["end"].to_numpy() + 1, closes[later["patient"]], rng)
    events = pd.concat([first, _episodes(a, term, later["patient"].to_numpy(), onset, course, rng)])
    return events.assign(AEDECOD=name)


def _onset(term: Term, opens: Days, closes: Days, rng: np.random.Generator) -> Days:
    """Draw days of onset between two limits; what would come later falls anywhere between them."""
    wait = rng.exponential(term.onset_days / np.log(2), len(opens))
    wait = np.where(wait < closes - opens, wait, rng.random(len(opens)) * (closes - opens))
    return opens + wait.astype(np.int64)


def _episodes(
    a: Assumptions, term: Term, who: Days, onset: Days, course: Course, rng: np.random.Generator
) -> pd.DataFrame:
    rates, n = a.adverse_events.rates, len(who)

    def chance(percent: float) -> Flags:
        return rng.random(n) < percent / 100

    severe, fourth, first, serious = map(
        chance, (term.severe, rates.grade_4_percent, rates.grade_1_percent, rates.serious_percent)
    )
    end = onset + np.ceil(rng.exponential(term.length_days / np.log(2), n)).astype(np.int64)
    going_on = chance(rates.unresolved_percent) | (end > course.last[who] - (course.death[who] < NEVER))
    related = ~chance(rates.unrelated_percent) if term.agent != "disease" else np.zeros(n, dtype=bool)
    return pd.DataFrame(
        {
            "patient": who,
            "onset": onset,
            "end": np.where(going_on, NEVER, end),
            "AETOXGR": np.select([severe & fourth, severe, first], [4, 3, 1], 2),
            "AEREL": np.where(related, "RELATED", "NOT RELATED"),
            "AESER": np.where(severe & serious, "Y", "N"),
            "TRTEMFL": "Y",
            "AEOUT": np.where(going_on, "NOT RECOVERED/NOT RESOLVED", "RECOVERED/RESOLVED"),
            "drug": term.agent in ("lenvatinib", "pd1"),
        }
    )


def _before_treatment(a: Assumptions, course: Course, rng: np.random.Generator) -> pd.DataFrame:
    """Draw mild events between enrolment and the first treatment."""
    chosen = rng.random(len(course.start)) < a.adverse_events.rates.before_treatment_percent / 100
    who = np.flatnonzero(course.treated & (course.start > 0) & chosen)
    onset = rng.integers(course.start[who])
    return pd.DataFrame(
        {
            "patient": who,
            "onset": onset,
            "end": np.minimum(onset + rng.integers(1, 5, size=len(who)), course.last[who]),
            "AEDECOD": rng.choice(BEFORE, len(who)),
            "AETOXGR": rng.integers(1, 3, size=len(who)),
            "AEREL": "NOT RELATED",
            "AESER": "N",
            "TRTEMFL": "N",
            "AEOUT": "RECOVERED/RESOLVED",
            "drug": False,
        }
    )


def _fatal(a: Assumptions, course: Course, end: Days, rng: np.random.Generator) -> pd.DataFrame:
    """Draw fatal events among those who died under treatment or shortly after it."""
    rates = a.adverse_events.rates
    dying = course.treated & (course.death <= end + EMERGENT_DAYS)
    who = np.flatnonzero(dying & (rng.random(len(end)) < rates.fatal_percent / 100))
    return pd.DataFrame(
        {
            "patient": who,
            "onset": np.maximum(course.death[who] - rng.integers(1, 11, size=len(who)), course.start[who]),
            "end": course.death[who],
            "AEDECOD": rng.choice(FATAL, len(who)),
            "AETOXGR": 5,
            "AEREL": np.where(rng.random(len(who)) < rates.fatal_related_percent / 100, "RELATED", "NOT RELATED"),
            "AESER": "Y",
            "TRTEMFL": "Y",
            "AEOUT": "FATAL",
            "drug": False,
        }
    )


def _action(
    a: Assumptions, experimental: bool, events: pd.DataFrame, end: Days, toxic: Flags, rng: np.random.Generator
) -> pd.Series:
    """Draw what was done with the drugs; who stopped for toxicity did so for the last event before that day."""
    rates = a.adverse_events.rates
    draw = rng.random(len(events)) * 100
    severe_drug = experimental & events["drug"] & (events["AEREL"] == "RELATED") & events["AETOXGR"].isin([3, 4])
    reduced = severe_drug & (draw < rates.reduced_percent)
    interrupted = severe_drug & (draw < rates.reduced_percent + rates.interrupted_percent)
    names = ["DOSE REDUCED", "DRUG INTERRUPTED"]
    action = pd.Series(np.select([reduced, interrupted], names, "DOSE NOT CHANGED"), index=events.index)
    patient = events["patient"].to_numpy()
    before = toxic[patient] & (events["onset"] <= end[patient]) & (events["TRTEMFL"] == "Y")
    action[events.loc[before].groupby("patient").tail(1).index] = "DRUG WITHDRAWN"
    action[events["AETOXGR"] == 5] = "NOT APPLICABLE"
    return action
