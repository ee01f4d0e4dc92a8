"""What was given of each treatment in each arm, and what interrupted it: computed and recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from lentap.adam import Trial
from lentap.results import Result, record
from lentap.show.small_cells import is_small, parts_hidden
from lentap.sources import Source
from lentap.stats.dose_changes import HELD, REDUCED, dose_changes, dose_rows, session_gaps
from lentap.stats.dosing import ADVERSE_EVENT, doses_by_subject
from lentap.stats.kaplan_meier import KaplanMeier, kaplan_meier
from lentap.stats.proportions import proportion

PAGE = "safety.exposure"
TACE = "TACE"
GRAVE = 3
ONGOING = "ONGOING"


@dataclass(frozen=True, eq=False)
class Exposure:
    """Doses of the patients shown.

    ``rows`` are those of ADEX, ``courses`` a row a patient and treatment, ``sessions`` TACE sessions (USUBJID, arm,
    day), None where no table lists them. ``gap`` says why no dose can be shown. ``has_reasons``: why a dose was changed
    is known (EXADJ); ``has_status``: who is ongoing in the study is known (EOSSTT). Counts of fewer than ``smallest``
    patients are hidden.
    """

    subjects: pd.DataFrame
    rows: pd.DataFrame
    courses: pd.DataFrame
    sessions: pd.DataFrame | None
    gap: str = ""
    has_reasons: bool = True
    has_status: bool = True
    smallest: int = 0

    @property
    def arms(self) -> list[str]:
        return [str(arm) for arm in self.subjects["arm"].cat.categories if (self.subjects["arm"] == arm).any()]

    @property
    def treatments(self) -> list[tuple[str, str]]:
        """Arm and treatment, in the order of the arms."""
        pairs = self.courses[["arm", "treatment"]].drop_duplicates().sort_values(["arm", "treatment"])
        return [(str(arm), treatment) for arm, treatment in pairs.itertuples(index=False, name=None)]

    @property
    def lasting(self) -> list[tuple[str, str]]:
        """Those that are given over a time, and not in single sessions."""
        single = set(self.rows.loc[(self.rows["kind"] == TACE) | (self.rows["frequency"] == "ONCE"), "treatment"])
        return [(arm, treatment) for arm, treatment in self.treatments if treatment not in single]

    def course(self, arm: str, treatment: str) -> pd.DataFrame:
        return self.courses[(self.courses["arm"] == arm) & (self.courses["treatment"] == treatment)]

    def size(self, arm: str) -> int:
        return int((self.subjects["arm"] == arm).sum())


def exposure_of(trial: Trial, subjects: pd.DataFrame, smallest: int = 0) -> Exposure:
    """Take the doses of some subjects, as ``Trial.subjects`` returns them, and their TACE sessions."""
    rows = dose_rows(trial.adex, subjects)
    courses = dose_changes(rows)
    relative = doses_by_subject(trial.adex, subjects)[["USUBJID", "treatment", "relative_dose"]]
    courses = courses.merge(relative, on=["USUBJID", "treatment"], how="left")
    gap = "" if len(courses) else "table adex holds no dose above 0 of these patients"
    sessions = _sessions(trial, subjects, rows)
    return Exposure(subjects, rows, courses, sessions, gap, "EXADJ" in trial.adex, "EOSSTT" in subjects, smallest)


def _sessions(trial: Trial, subjects: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame | None:
    """TACE sessions as procedures or, where no procedure is one, as doses."""
    if "adpr" in trial.tables and (trial.adpr["PRCAT"] == TACE).any():
        done = trial.adpr[trial.adpr["PRCAT"] == TACE].rename(columns={"ASTDY": "day"})[["USUBJID", "day"]]
    elif (rows["kind"] == TACE).any():
        done = rows.loc[(rows["kind"] == TACE) & (rows["dose"] > 0), ["USUBJID", "first"]].set_axis(
            ["USUBJID", "day"], axis=1
        )
    else:
        return None
    return done.merge(subjects[["USUBJID", "arm"]], on="USUBJID")


@dataclass(frozen=True, eq=False)
class Given:
    """What was recorded of one treatment in one arm; None where it could not be computed, or is hidden.

    ``curve`` is time on treatment, ``ended`` and ``ongoing`` numbers of patients.
    """

    arm: str
    treatment: str
    unit: str
    treated: Result
    cumulative: Result | None
    per_week: Result | None
    relative: Result | None
    held: Result | None
    held_for_event: Result | None
    reduced: Result | None
    curve: KaplanMeier | None = None
    median: Result | None = None
    quartiles: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def record_exposure(exposure: Exposure, *, level: float, source: Source, **labels: Any) -> list[Given]:
    """Record, for each arm and treatment, who had it, how much, for how long, and how often it was held or lowered.

    A treatment of few patients is left out where small cells are hidden.
    """
    about = {"source": source, "level": level, **labels}
    return [
        _given(exposure, arm, treatment, **about)
        for arm, treatment in exposure.treatments
        if not is_small(len(exposure.course(arm, treatment)), exposure.smallest)
    ]


def _given(exposure: Exposure, arm: str, treatment: str, *, level: float, source: Source, **labels: Any) -> Given:
    course = exposure.course(arm, treatment)
    unit = str(course["unit"].iloc[0])
    about: dict[str, Any] = {"source": source, "arm": arm, "treatment": treatment, **labels}
    quartiles = {}

    def middle(column: str, scale: Any, words: str) -> Result | None:
        known = course[column].dropna()
        if is_small(len(known), exposure.smallest):
            return None
        quartiles[column] = (
            (float(known.quantile(0.25)), float(known.quantile(0.75))) if len(known) else (np.nan, np.nan)
        )
        return record(
            f"{PAGE}.{column}", float(known.median()) if len(known) else np.nan, scale=scale, unit=words,
            method="median", counts={arm: f"{len(known)}/{len(course)}"}, **about,
        )  # fmt: skip

    def share(name: str, events: int, of: int, *, hidden: bool = False) -> Result | None:
        if hidden or is_small(events, exposure.smallest):
            return None
        counts = {arm: f"{events}/{of}"}
        return record(f"{PAGE}.{name}", proportion(events, of, level=level), scale="proportion", counts=counts, **about)

    rows = exposure.rows
    why = reasons(exposure)
    of_held = why[(why["arm"] == arm) & (why["treatment"] == treatment) & (why["state"] == HELD) & why["hidden"]]
    for_event = rows.loc[
        (rows["treatment"] == treatment) & (rows["state"] == HELD) & (rows["reason"].str.upper() == ADVERSE_EVENT),
        "USUBJID",
    ]
    curve = _time_on(exposure, course, level) if (arm, treatment) in exposure.lasting else None
    median = None
    if curve and not is_small(int(curve.events.sum()), exposure.smallest):
        counts = {arm: f"{int(curve.events.sum())}/{curve.n}"}
        median = record(f"{PAGE}.time_on_treatment", curve.median, scale="time", unit="months", counts=counts, **about)
    treated = share("treated", len(course), exposure.size(arm))
    assert treated, "treatments of few patients are not recorded"
    return Given(
        arm, treatment, unit, treated,
        middle("cumulative", "number", unit),
        middle("per_week", "number", f"{unit} a week") if curve else None,
        middle("relative_dose", "proportion", ""),
        share("held", int((course["holds"] > 0).sum()), len(course)),
        share(
            "held_for_event", int(course["USUBJID"].isin(for_event).sum()), len(course),
            hidden=bool((of_held["reason"].str.upper() == ADVERSE_EVENT).any()),
        )
        if exposure.has_reasons
        else None,
        share("reduced", int((course["reductions"] > 0).sum()), len(course)),
        curve, median, quartiles,
    )  # fmt: skip


def _time_on(exposure: Exposure, course: pd.DataFrame, level: float) -> KaplanMeier:
    """Time from the first dose to the last; whoever is still in the study and has no reason for an end is censored."""
    state = exposure.subjects.get("EOSSTT", pd.Series("", exposure.subjects.index))
    ongoing = course["USUBJID"].isin(exposure.subjects.loc[state == ONGOING, "USUBJID"]) & (course["ended"] == "")
    return kaplan_meier(course["months"], ~ongoing, level=level)


def record_sessions(exposure: Exposure, *, source: Source, **labels: Any) -> dict[str, tuple[Result, pd.Series]]:
    """Record the median number of TACE sessions of each arm, and return it with the sessions of each patient."""
    found = {}
    sessions = exposure.sessions
    if sessions is None or sessions.empty:
        return {}
    for arm in exposure.arms:
        members = exposure.subjects.loc[exposure.subjects["arm"] == arm, "USUBJID"]
        counts = sessions["USUBJID"].value_counts().reindex(members, fill_value=0)
        median = record(
            f"{PAGE}.sessions", float(counts.median()), scale="number", method="median", source=source, arm=arm,
            counts={"sessions": str(int(counts.sum())), "patients": str(len(counts))}, **labels,
        )  # fmt: skip
        found[arm] = (median, counts)
    return found


def gaps_between(exposure: Exposure, arm: str) -> pd.Series:
    """Days between the TACE sessions of the patients of an arm."""
    sessions = exposure.sessions
    if sessions is None:
        return pd.Series(dtype=float)
    return session_gaps(sessions[sessions["arm"] == arm])


def reasons(exposure: Exposure, states: Sequence[str] = (HELD, REDUCED)) -> pd.DataFrame:
    """Patients and rows with a changed dose, and the days of these rows, by arm, treatment, state and reason.

    ``hidden`` are those of few patients, and one more of the same state, which would tell of them.
    """
    changed = exposure.rows[exposure.rows["state"].isin(states)]
    by = changed.groupby(["arm", "treatment", "state", "reason"], observed=True)
    table = by.agg(patients=("USUBJID", "nunique"), rows=("days", "size"), days=("days", "sum")).reset_index()
    return with_hidden(table, ["arm", "treatment", "state"], exposure.smallest)


def endings(exposure: Exposure) -> pd.DataFrame:
    """Patients by arm, treatment and reason why it ended; ``hidden`` as in ``reasons``."""
    ended = exposure.courses[exposure.courses["ended"] != ""]
    counts = ended.groupby(["arm", "treatment", "ended"], observed=True).size().reset_index(name="patients")
    return with_hidden(counts, ["arm", "treatment"], exposure.smallest)


def with_hidden(table: pd.DataFrame, by: list[str], smallest: int) -> pd.DataFrame:
    """The table with a column ``hidden``, for the parts that ``by`` has in common."""
    hidden = pd.Series(False, index=table.index)
    for _, counts in table.groupby(by, observed=True)["patients"]:
        hidden[counts.index] = parts_hidden(counts, smallest)
    return table.assign(hidden=hidden)
