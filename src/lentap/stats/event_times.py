"""Times of adverse events: until the first one, until it has resolved, and their mean number over time."""

from typing import Unpack

import pandas as pd

from lentap.stats.adverse_event_records import TERMS, Which, arm_sizes, counted_events
from lentap.stats.arguments import choice, columns, numeric, refuse
from lentap.stats.exposure import exposure_days, onset_days
from lentap.stats.recurrent import MeanCumulativeCount, mean_cumulative_count

RESOLVED = ("RECOVERED/RESOLVED", "RECOVERED/RESOLVED WITH SEQUELAE")


def time_to_first_event(
    events: pd.DataFrame,
    subjects: pd.DataFrame,
    *,
    term: str | None = None,
    by: str = "AEDECOD",
    **which: Unpack[Which],
) -> pd.DataFrame:
    """Days from the first dose to each subject's first adverse event, for a survival curve or competing risks.

    Parameters
    ----------
    events
        As in ``incidence``, with ASTDY, the study day of onset (day 1 is that of the first dose).
    subjects
        One row a subject: USUBJID, ``arm``, ``exposure`` (days observed from the first dose on, both ends included) and
        optionally ``died``, true where observation ended with death.
    term, by
        The event, a value of the column ``by`` (one of ``TERMS``); None for any adverse event.
    which
        Events that count: ``minimum_grade``, ``related_only``, ``serious_only``, ``treatment_emergent`` of
        ``incidence``. Those before day 1 or after the exposure do not.

    Returns
    -------
    pandas.DataFrame
        A row a subject, in the order of ``subjects``: USUBJID, arm, time (days, 1 or more), event (bool) and cause, as
        cmprsk counts it: 1 the event, 2 death before it, 0 neither. For a curve that takes death for censoring use
        ``event``; where death is a competing risk use ``cause``.

    Raises
    ------
    StatisticsError
        As ``exposure_adjusted_incidence``; a term that does not occur, or a ``died`` other than true or false.
    """
    days = exposure_days(subjects)
    found = _observed(events, subjects, days, term, by, which)
    first = subjects["USUBJID"].map(found.groupby("USUBJID")["ASTDY"].min()).astype(float)
    event = first.notna()
    cause = event.astype(int).mask(~event & _died(subjects), 2)
    time = first.fillna(subjects["USUBJID"].map(days))
    table = subjects[["USUBJID", "arm"]].assign(time=time, event=event, cause=cause)
    return table.reset_index(drop=True)


def time_to_resolution(
    events: pd.DataFrame,
    subjects: pd.DataFrame,
    *,
    term: str | None = None,
    by: str = "AEDECOD",
    **which: Unpack[Which],
) -> pd.DataFrame:
    """Days each adverse event lasted: a row an event, not a subject, so events of one subject are not independent.

    Parameters
    ----------
    events
        As in ``time_to_first_event``, with AENDY, the study day an event ended. It has resolved where AEOUT is one of
        ``RESOLVED`` or, in a table without AEOUT, where it has ended; other events are censored at AENDY, or at the end
        of the subject's exposure.
    subjects, term, by, which
        As in ``time_to_first_event``.

    Returns
    -------
    pandas.DataFrame
        USUBJID, arm, onset (study day), time (days, both ends counted) and event (true where it resolved).

    Raises
    ------
    StatisticsError
        As ``time_to_first_event``; an event that ends before it begins, or that resolved on an unknown day.
    """
    days = exposure_days(subjects)
    columns("events", events, "AENDY")
    found = _observed(events, subjects, days, term, by, which)
    ended = numeric("AENDY", found["AENDY"])
    resolved = has_resolved(found["AEOUT"]) if "AEOUT" in found.columns else ended.notna()
    unknown = int((resolved & ended.isna()).sum())
    if unknown:
        refuse("AENDY", f"missing in {unknown} of the events that resolved", "a study day in every one")
    last = ended.fillna(found["USUBJID"].map(days))
    if (last < found["ASTDY"]).any():
        refuse("AENDY", last[last < found["ASTDY"]].iloc[0], "the day of onset (ASTDY) or later")
    table = found[["USUBJID", "arm"]].assign(onset=found["ASTDY"], time=last - found["ASTDY"] + 1, event=resolved)
    return table.reset_index(drop=True)


def has_resolved(outcome: pd.Series) -> pd.Series:
    """Whether each outcome is one of ``RESOLVED``, whatever its letters' case."""
    return outcome.astype("string").fillna("").str.strip().str.upper().isin(RESOLVED)


def mean_event_counts(
    events: pd.DataFrame,
    subjects: pd.DataFrame,
    *,
    term: str | None = None,
    by: str = "AEDECOD",
    level: float = 0.95,
    interval: str = "log",
    **which: Unpack[Which],
) -> dict[str, MeanCumulativeCount]:
    """Mean number of adverse events a subject has had by each day, by arm; with ``died``, death ends the counting.

    Parameters
    ----------
    events, subjects, term, by, which
        As in ``time_to_first_event``.
    level, interval
        As in ``mean_cumulative_count``.

    Raises
    ------
    StatisticsError
        As ``time_to_first_event`` and ``mean_cumulative_count``.
    """
    days = exposure_days(subjects)
    found = _observed(events, subjects, days, term, by, which)
    died = _died(subjects) if "died" in subjects.columns else None
    curves = {}
    for arm in arm_sizes(subjects).index:
        members, of_arm = subjects["arm"] == arm, found[found["arm"] == arm]
        names = subjects.loc[members, "USUBJID"]
        curves[str(arm)] = mean_cumulative_count(
            names,
            names.map(days),
            of_arm["USUBJID"],
            of_arm["ASTDY"],
            died=None if died is None else died[members],
            level=level,
            interval=interval,
        )
    return curves


def _observed(
    events: pd.DataFrame, subjects: pd.DataFrame, days: pd.Series, term: str | None, by: str, which: Which
) -> pd.DataFrame:
    """Events of the term that count and lie within the exposure of their subject."""
    columns("events", events, choice("by", by, TERMS))
    if term is not None and not (events[by] == term).any():
        refuse("term", term, f"a value that {by} has in the events")
    counted = counted_events(events, subjects, **which)
    counted = onset_days(counted if term is None else counted[counted[by] == term])
    return counted[counted["ASTDY"].between(1, counted["USUBJID"].map(days))]


def _died(subjects: pd.DataFrame) -> pd.Series:
    """Whether observation ended with death; nobody died where the table does not say."""
    if "died" not in subjects.columns:
        return pd.Series(False, index=subjects.index)
    if not subjects["died"].isin([True, False]).all():
        refuse("died", subjects.loc[~subjects["died"].isin([True, False]), "died"].iloc[0], "true or false")
    return subjects["died"].astype(bool)
