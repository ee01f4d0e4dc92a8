"""How operations went: complications by grade, death soon after them, blood loss and stay, and toxicity on the way."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from lentap.adam import Trial
from lentap.results import Result, record
from lentap.show.format import records, within
from lentap.show.record.adverse_events import Counts
from lentap.show.record.comparison import arms_compared
from lentap.show.record.event_times import emergent_events, with_days
from lentap.show.small_cells import CONTRASTED, is_small, small_terms, terms_without
from lentap.stats.adverse_event_records import GRADES, grade
from lentap.stats.adverse_events import compare_incidence
from lentap.stats.estimate import Estimate
from lentap.stats.event_times import has_resolved
from lentap.stats.proportions import proportion

NAME = "safety.surgery"
CLAVIEN = ("none", "I", "II", "IIIa", "IIIb", "IVa", "IVb", "V")
MAJOR = CLAVIEN.index("IIIa")
MEASURES = {"BLDLOSS": "Blood loss (mL)", "HOSPDAYS": "Stay after the operation (days)", "DELAY": "Delay (days)"}
TOXICITY = "TOXICITY"
UNKNOWN = "unknown"
OPERATED, ANY_COMPLICATION, MAJOR_COMPLICATION = "Operated", "Any complication", "Major complication (IIIa or above)"
SEVERE = "Severe adverse event"


@dataclass(frozen=True, eq=False)
class Operations:
    """The first resection of each patient; nothing beyond ``gap`` where there is none.

    ``operated`` are patients operated on and in all, by arm. ``outcomes`` count patients with each outcome among those
    in whom it is known; ``clavien`` are patients by grade (rows) and arm; ``measures`` hold what was measured, by label
    and arm. ``absent`` says what the tables do not tell, ``notes`` who could not be counted.
    """

    gap: str = ""
    level: float = 0.95
    smallest: int = 0
    days: int = 90
    operated: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    outcomes: Counts | None = None
    clavien: pd.DataFrame | None = None
    measures: Mapping[str, Mapping[str, pd.Series]] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    results: Mapping[tuple[str, str], Result] = field(default_factory=dict)


def record_operations(
    trial: Trial,
    *,
    population: str,
    experimental: str,
    days: int,
    window: int,
    smallest: int,
    level: float,
    method: str,
) -> Operations:
    """Count the outcomes of first resections by arm, and record them.

    Parameters
    ----------
    days
        After the operation, in which a death counts.
    window
        Days before the operation in which severe adverse events count.
    method
        Of the interval of a risk difference.
    """
    arms, control = arms_compared(trial.design, experimental), trial.design.control.name
    members = trial.subjects(population)
    members = members[members["arm"].isin(arms)].reset_index(drop=True)
    first = trial.resections.sort_values("ASTDY", kind="stable").drop_duplicates("USUBJID")
    rows = members[["USUBJID", "arm"]].merge(first, on="USUBJID")
    sizes = members["arm"].astype(str).value_counts()
    operated = {arm: (int((rows["arm"].astype(str) == arm).sum()), int(sizes.get(arm, 0))) for arm in arms}
    if rows.empty:
        return Operations(gap="nobody was resected in this population", operated=operated)
    notes: list[str] = []
    known = dict(_outcomes(trial, rows, days, window, notes))
    counts = _counts(known, rows["arm"].astype(str), arms, control, level, method, smallest)
    absent = [
        f"{within(label).partition(' (')[0]} ({column})"
        for column, label in MEASURES.items()
        if column not in rows or rows[column].isna().all()
    ]
    absent += [words for column, words in _TOLD_BY.items() if column not in rows or rows[column].isna().all()]
    if not any(outcome.startswith(SEVERE) for outcome in known):
        absent.append("severe adverse events before the operation (grade and day of onset in adae)")
    return Operations(
        "", level, smallest, days, operated, counts, _clavien(rows, arms),
        {
            label: {arm: rows.loc[rows["arm"].astype(str) == arm, column].dropna().astype(float) for arm in arms}
            for column, label in MEASURES.items()
            if column in rows and rows[column].notna().any()
        },
        tuple(absent), tuple(notes), _recorded(counts, level, population, trial),
    )  # fmt: skip


_TOLD_BY = {"CLAVIEN": "complications (CLAVIEN)", "DELAYRS": "why an operation was delayed (DELAYRS)"}


def _outcomes(
    trial: Trial, rows: pd.DataFrame, days: int, window: int, notes: list[str]
) -> Iterator[tuple[str, "pd.Series[Any]"]]:
    """Whether each operation had each outcome that the tables can tell; not-a-number where it is not known."""
    if "CLAVIEN" in rows and rows["CLAVIEN"].notna().any():
        place = rows["CLAVIEN"].map({name: float(i) for i, name in enumerate(CLAVIEN)})
        unknown = int(place.isna().sum())
        if unknown:
            notes.append(f"Operations without a complication grade, left out of those rows: {unknown}.")
        yield ANY_COMPLICATION, (place > 0).astype(float).where(place.notna())
        yield MAJOR_COMPLICATION, (place >= MAJOR).astype(float).where(place.notna())
    died = _died(trial, rows, days)
    if died.notna().any():
        if died.isna().any():
            notes.append(f"Patients not followed for {days} days after their operation: {int(died.isna().sum())}.")
        yield f"Death within {days} days", died
    if "DELAYRS" in rows and rows["DELAYRS"].notna().any():
        yield "Delayed because of toxicity", rows["DELAYRS"].astype(str).str.upper().eq(TOXICITY).astype(float)
    severe = _severe_before(trial, rows, window)
    if severe is not None:
        yield severe[0], severe[1].astype(float)


def _died(trial: Trial, rows: pd.DataFrame, days: int) -> "pd.Series[Any]":
    """Whether each patient died so soon after the operation; not-a-number where follow-up ended before."""
    adsl = trial.adsl.drop_duplicates("USUBJID").set_index("USUBJID")
    dates = {
        name: pd.to_datetime(rows["USUBJID"].map(adsl[name])) if name in adsl else pd.Series(pd.NaT, index=rows.index)
        for name in ("TRTSDT", "DTHDT", "LSTALVDT")
    }
    by_day = dates["TRTSDT"] + pd.to_timedelta(rows["ASTDY"] - 1, unit="D")
    operation = pd.to_datetime(rows["ASTDT"]).fillna(by_day) if "ASTDT" in rows else by_day
    death, last = ((dates[name] - operation).dt.days for name in ("DTHDT", "LSTALVDT"))
    soon = death.between(0, days)
    return soon.astype(float).where(soon | (death > days) | (last >= days))


def _severe_before(trial: Trial, rows: pd.DataFrame, window: int) -> "tuple[str, pd.Series[bool]] | None":
    """Whether a severe event began, or still went on, in the days before each operation; None where it is not told."""
    events = emergent_events(trial.frames.get("adae", _NO_EVENTS))
    scale = next((one for one in GRADES if one in events and events[one].notna().any()), "")
    adsl = trial.adsl.drop_duplicates("USUBJID").set_index("USUBJID")
    start = adsl["TRTSDT"] if "TRTSDT" in adsl else pd.Series(pd.NaT, index=adsl.index)
    events = with_days(events, start)
    if not scale or events["ASTDY"].isna().all():
        return None
    severe = events[grade(events, scale) >= 3]
    onset, end = severe["ASTDY"], severe["AENDY"]
    unresolved = ~has_resolved(severe["AEOUT"]) if "AEOUT" in severe else True
    day = severe["USUBJID"].map(rows.set_index("USUBJID")["ASTDY"])
    within_days, words = onset >= day - window, "that began in"
    if events["AENDY"].notna().any():  # else nothing tells which events went on
        within_days, words = within_days | (end >= day - window) | (end.isna() & unresolved), "in"
    before = severe[(onset < day) & within_days]
    return f"{SEVERE} {words} the {window} days before", rows["USUBJID"].isin(before["USUBJID"])


_NO_EVENTS = pd.DataFrame({"USUBJID": pd.Series(dtype=object)})


def _counts(
    known: Mapping[str, "pd.Series[Any]"], arm: pd.Series, arms: list[str], control: str, level: float, method: str,
    smallest: int,
) -> Counts | None:  # fmt: skip
    """Patients with each outcome among those in whom it is known, in the form of ``incidence``, arms with any such."""
    parts = [
        {"term": outcome, "arm": one, "subjects": int(of.sum()), "n": int(of.notna().sum()), "events": int(of.sum())}
        for outcome, had in known.items()
        for one in arms
        if (of := had[(arm == one).to_numpy()]).notna().any()
    ]
    table = pd.DataFrame(parts, columns=["term", "arm", "subjects", "n", "events"])
    with_control = set(table.loc[table["arm"] == control, "term"])
    if table.empty:
        return None
    comparable = table[table["term"].isin(with_control)]
    if comparable.empty:
        nothing = ["term", "arm", "n", "n_control", *CONTRASTED]
        contrasts = pd.DataFrame(columns=nothing, dtype=float).astype({"term": object, "arm": object})
    else:
        contrasts = compare_incidence(comparable, control, level=level, method=method)
    return Counts(*terms_without(_small(table, arm.value_counts(), smallest), table, contrasts, control))


def _small(table: pd.DataFrame, operated: "pd.Series[int]", smallest: int) -> set[tuple[str, str]]:
    """Outcomes and arms of few patients, among few, or that leave few: of the operated, or without a complication."""
    everybody = table[table["term"] == ANY_COMPLICATION].assign(term=OPERATED, subjects=table["n"])
    small = small_terms(pd.concat([everybody, table]), smallest, (OPERATED, ANY_COMPLICATION, MAJOR_COMPLICATION))
    return small | {
        (row["term"], row["arm"])
        for row in records(table)
        if is_small(row["n"], smallest) or is_small(operated.get(row["arm"], 0) - row["n"], smallest)
    }


def _clavien(rows: pd.DataFrame, arms: list[str]) -> pd.DataFrame | None:
    """Patients by complication grade and arm; None where no grade is known."""
    if "CLAVIEN" not in rows or rows["CLAVIEN"].isna().all():
        return None
    grades = rows["CLAVIEN"].where(rows["CLAVIEN"].isin(CLAVIEN), UNKNOWN)
    table = pd.crosstab(grades, rows["arm"].astype(str))
    return table.reindex(index=[*CLAVIEN, UNKNOWN], columns=arms, fill_value=0)


def _recorded(counts: Counts | None, level: float, population: str, trial: Trial) -> dict[tuple[str, str], Result]:
    """Record shares and differences that are not hidden; the differences by outcome and arm."""
    if counts is None:
        return {}
    about: dict[str, Any] = {"source": trial.source, "population": population}
    for row in records(counts.patients.dropna(subset=["subjects"])):
        arm = str(row["arm"])
        share = proportion(int(row["subjects"]), row["n"], level=level)
        written = {arm: f"{row['subjects']:.0f}/{row['n']}"}
        record(f"{NAME}.outcome", share, scale="proportion", counts=written, outcome=row["term"], arm=arm, **about)
    found = {}
    control = trial.design.control.name
    for row in records(counts.contrasts.dropna(subset=["risk_difference"])):
        arm = str(row["arm"])
        found[row["term"], arm] = record(
            f"{NAME}.outcome_difference",
            Estimate(row["risk_difference"], row["low"], row["high"], level, "risk difference"),
            scale="difference", p_value=row["p_value"], null=0.0, direction=f"above: more with {arm}",
            outcome=row["term"], arm=arm, control=control, **about,
        )  # fmt: skip
    return found


def quartiles(values: "pd.Series[Any]") -> tuple[float, float, float]:
    """Median, first and third quartile."""
    middle, low, high = np.quantile(values.to_numpy(float), [0.5, 0.25, 0.75]).tolist()
    return middle, low, high
