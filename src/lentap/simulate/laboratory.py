"""What is found in blood and urine: values that explain Child-Pugh classes and agree with the adverse events."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from lentap.simulate.assumptions import Assumptions
from lentap.simulate.course import NEVER, Course
from lentap.simulate.grades import Scale, scale
from lentap.simulate.laboratory_visits import BASELINE, SCHEDULED, LabVisits, lab_visits
from lentap.simulate.measured import TESTS, Analyte, Laboratory
from lentap.simulate.patients import Days, Reals, between
from lentap.simulate.treatment import Treatment

FATAL_GRADE = 5
UNGRADED = ("TSH", "UPROT")  # no grade at all outside adverse events; the others stay within grade 1
# What an event of a term shows in which test: its grade plus so much, at most the gravest a value can show.
SHOWN: dict[str, dict[str, tuple[int, int]]] = {
    "Alanine aminotransferase increased": {"ALT": (0, 4)},
    "Aspartate aminotransferase increased": {"AST": (0, 4)},
    "Blood bilirubin increased": {"BILI": (0, 4)},
    "Hypoalbuminaemia": {"ALB": (0, 3)},
    "Platelet count decreased": {"PLT": (0, 4)},
    "Hypothyroidism": {"TSH": (0, 3)},
    "Proteinuria": {"UPROT": (0, 3)},
    "Immune-mediated hepatitis": {"ALT": (0, 4), "AST": (0, 4), "BILI": (-1, 4)},
    "Hepatic failure": {"BILI": (0, 3), "INR": (0, 3)},
}
VISITS = ("Baseline", "Week", "After TACE", "Unscheduled")
MISSED = ("Visit missed: patient did not attend", "Visit missed: travel restricted", "Visit missed: no report received")
MISSING = ("Sample haemolysed", "Not requested", "Too little material")


def laboratory(
    assumptions: Assumptions,
    patients: pd.DataFrame,
    course: Course,
    treatment: Treatment,
    events: pd.DataFrame,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Draw the laboratory values of one arm, a row a test and visit, by patient, test and day.

    Under an event of ``SHOWN`` a value has the event's grade on its first day and is back by its last; everything else
    stays within grade 1, as if no graver value had gone unreported.

    Returns
    -------
    ``patient``, ``day`` (``NEVER`` where the visit was missed), test, visit, value, limits of normal, and why the value
    is missing.
    """
    a = assumptions.laboratory
    shown = _shown(assumptions, course, events)
    visits = lab_visits(assumptions, course, treatment, shown, rng)
    baselines = _baselines(assumptions, patients, rng)
    even = patients["SITEID"].astype(int).to_numpy() % 2 == 0
    strength = np.exp(a.after_tace_log_sd * rng.standard_normal(treatment.sessions.shape))
    parts = []
    for bit, code in enumerate(TESTS):
        test, visit = a.tests[code], np.flatnonzero(visits.tests >> bit & 1)
        patient, day, kind = visits.patient[visit], visits.day[visit], visits.kind[visit]
        low, high = (np.where(even, limits[1], limits[0]) for limits in (test.low, test.high))
        graded = scale(code, baselines[:, bit], low, high, a.tsh_by_grade)
        usual = _usual(a, test, baselines[:, bit], patient, day, treatment, strength, rng)
        usual = graded.of(patient).at_most(usual, 0 if code in UNGRADED else 1, 10.0**-test.decimals)
        value = _under_events(usual, graded, shown[shown["code"] == code], patient, day, rng)
        value = np.where(kind == BASELINE, baselines[patient, bit], value).round(test.decimals)
        lost = (rng.random(len(visit)) < a.missing_percent / 100) & visits.alone[visit] & (kind == SCHEDULED)
        reason = np.where(lost, rng.integers(1, len(MISSING) + 1, size=len(visit)), 0)
        columns = {"visit": visit, "test": bit, "AVAL": value, "ANRLO": low[patient], "ANRHI": high[patient]}
        parts.append(pd.DataFrame(columns | {"reason": reason}))
    return _rows(pd.concat(parts, ignore_index=True), visits, a, rng)


def _shown(a: Assumptions, course: Course, events: pd.DataFrame) -> pd.DataFrame:
    """List what events show in which test: a row an event and test, with grade, first and last day."""
    parts = []
    for term, tests in SHOWN.items():
        of = events.loc[events["AEDECOD"] == term, ["patient", "onset", "end", "AETOXGR"]]
        for code, (shift, most) in tests.items():
            grade = np.minimum(of["AETOXGR"].to_numpy(dtype=np.int64) + shift, most)
            parts.append(of.assign(code=code, grade=grade)[grade > 0])
    shown: pd.DataFrame = pd.concat(parts, ignore_index=True)
    shown["ended"] = (shown["end"] < NEVER) & (shown["AETOXGR"] < FATAL_GRADE)
    shown["first"] = np.maximum(shown["onset"], course.start[shown["patient"]] + 1)
    shown["last"] = shown["end"].where(shown["ended"], shown["first"] + a.laboratory.unresolved_days)
    return shown


def _baselines(a: Assumptions, patients: pd.DataFrame, rng: np.random.Generator) -> Reals:
    """Values before treatment, a column a test; with no ascites or encephalopathy they explain the Child-Pugh score."""
    lab, n = a.laboratory, len(patients)
    scores = rng.standard_normal((n, len(TESTS)))
    alt, ast, correlation = TESTS.index("ALT"), TESTS.index("AST"), lab.aminotransferase_correlation
    scores[:, ast] = correlation * scores[:, alt] + np.sqrt(1 - correlation**2) * scores[:, ast]
    infected, child_pugh = (patients["HBVFL"] == "Y").to_numpy(), patients["CHILDPGH"].to_numpy()
    by_albumin = rng.random(n) < lab.albumin_points_percent / 100
    two_points = {
        "ALB": ((child_pugh == "B7") | ((child_pugh == "A6") & by_albumin), lab.albumin_two_points),
        "BILI": ((child_pugh == "B7") | ((child_pugh == "A6") & ~by_albumin), lab.bilirubin_two_points),
    }
    values = np.empty_like(scores)
    for bit, code in enumerate(TESTS):
        test = lab.tests[code]
        centre = np.log(test.median) + np.log(lab.hbv_aminotransferase_ratio) * infected * (bit in (alt, ast))
        least, most = (ndtr((np.log(limit) - centre) / test.log_sd) for limit in (test.least, test.most))
        values[:, bit] = np.exp(centre + test.log_sd * ndtri(least + (most - least) * ndtr(scores[:, bit])))
        if code in two_points:
            chosen, span = two_points[code]
            values[:, bit] = np.where(chosen, between(span, n, rng), values[:, bit])
        values[:, bit] = values[:, bit].round(test.decimals)
    return values


def _usual(
    a: Laboratory,
    test: Analyte,
    baseline: Reals,
    patient: Days,
    day: Days,
    treatment: Treatment,
    strength: Reals,
    rng: np.random.Generator,
) -> Reals:
    """Values without an adverse event: the patient's own level, what TACE sessions did to it, and noise."""
    sessions = treatment.sessions[patient]
    number = (sessions < day[:, None]).sum(axis=1)
    latest = np.maximum(number - 1, 0)
    since = np.where(number > 0, day - sessions[np.arange(len(day)), latest], NEVER)
    left = np.exp2((1 - since) / a.after_tace_half_life_days) * strength[patient, latest]
    logs = np.log(test.after_tace_ratio) * left + np.log(test.session_ratio) * number
    return np.asarray(baseline[patient] * np.exp(logs + test.noise_log_sd * rng.standard_normal(len(day))))


def _under_events(
    usual: Reals, graded: Scale, events: pd.DataFrame, patient: Days, day: Days, rng: np.random.Generator
) -> Reals:
    """Values under events too: a peak of the event's grade on its first day, the usual value on its last."""
    share = rng.random(len(events))
    peak = graded.of(events["patient"].to_numpy()).within(events["grade"].to_numpy(), share)
    measured = pd.DataFrame({"patient": patient, "day": day, "place": np.arange(len(day))})
    pairs = measured.merge(events[["patient", "first", "last"]].assign(peak=peak), on="patient")
    pairs = pairs[(pairs["day"] >= pairs["first"]) & (pairs["day"] <= pairs["last"])]
    place = pairs["place"].to_numpy()
    gone: pd.Series[float] = (pairs["day"] - pairs["first"]) / np.maximum(pairs["last"] - pairs["first"], 1)
    found = usual.copy()
    graded.graver.at(found, place, (pairs["peak"] ** (1 - gone) * usual[place] ** gone).to_numpy())
    return found


def _rows(values: pd.DataFrame, visits: LabVisits, a: Laboratory, rng: np.random.Generator) -> pd.DataFrame:
    """Give values their visits and words, which rows share."""
    excuse = 1 + len(MISSING) + rng.integers(len(MISSED), size=len(visits.day))
    visit, test = values["visit"].to_numpy(), values["test"].to_numpy()
    order = np.lexsort((visits.day[visit], test, visits.patient[visit]))
    visit, test, values = visit[order], test[order], values.iloc[order]
    kind, week, missed = visits.kind[visit], visits.week[visit], visits.missed[visit]
    reason = np.where(missed, excuse[visit], values["reason"])
    weeks = [f"Week {number}" for number in range(max(a.weeks) + 1)]
    tests = [a.tests[code] for code in TESTS]
    return pd.DataFrame(
        {
            "patient": visits.patient[visit],
            "day": np.where(missed, NEVER, visits.day[visit]),
            "PARAMCD": _words(TESTS, test),
            "PARAM": _words([one.name for one in tests], test),
            "AVISITN": pd.arrays.IntegerArray(week, week < 0),
            "AVISIT": _words([*VISITS, *weeks], np.where(kind == SCHEDULED, len(VISITS) + week, kind)),
            "AVAL": np.where(reason > 0, np.nan, values["AVAL"]),
            "AVALU": _words([one.unit for one in tests], test),
            "ANRLO": values["ANRLO"].to_numpy(),
            "ANRHI": values["ANRHI"].to_numpy(),
            "ABLFL": _words(["", "Y"], (kind == BASELINE).astype(np.int64)),
            "REASND": _words(["", *MISSING, *MISSED], reason),
        }
    )


def _words(words: Sequence[str], place: Days) -> pd.Categorical:
    """Words by their place in a list, which may hold one twice, each stored once."""
    known = list(dict.fromkeys(words))
    codes: Any = np.array([known.index(word) for word in words])[place]
    return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(known))
