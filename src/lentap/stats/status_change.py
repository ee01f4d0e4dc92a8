"""Follow-up in which a status changes once, such as a resection: split into what came before the change and after."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lentap.stats.arguments import Floats, Integers, choice, floats, refuse
from lentap.stats.risk_sets import follow_up

AT_THE_END = ("changed", "unchanged")
STATES = ("unchanged", "changed")


@dataclass(frozen=True, eq=False)
class SplitFollowUp:
    """Follow-up of ``n`` subjects in rows: one before the change of status, one after it.

    ``rows`` has the columns subject (its position, from 0), entry, time, event and changed; a row is at risk after its
    entry up to and including its time. ``changed`` subjects changed while under observation, ``at_the_end`` of them at
    the very time their follow-up ended. ``too_late`` were recorded as changing after that: they count as unchanged.
    """

    rows: pd.DataFrame
    n: int
    changed: int
    at_the_end: int
    too_late: int


def split_follow_up(
    time: ArrayLike, event: ArrayLike, change: ArrayLike, *, at_the_end: str = "changed"
) -> SplitFollowUp:
    """Split each subject's follow-up where its status changes, so that nobody counts as changed before having changed.

    Parameters
    ----------
    time, event
        As in ``kaplan_meier``. Subjects without follow-up (time 0) have no row.
    change
        Time of each subject's change, 0 or more in the unit of ``time``; not-a-number where it never changed. At 0 the
        subject was changed from the start. After ``time`` the change was not seen: the subject counts as unchanged.
    at_the_end
        One of ``AT_THE_END``: how those count who change at the time their follow-up ends. "changed" puts the change
        halfway between that time and the last other time before it, so that a death on the day of the operation is one
        after it, as in the Stanford heart transplant data (Crowley and Hu 1977); "unchanged" takes it for one before.

    Raises
    ------
    StatisticsError
        As ``kaplan_meier``; an event at time 0, when nobody has been at risk; a change that is negative or infinite.
    """
    choice("at_the_end", at_the_end, AT_THE_END)
    times, died = follow_up(time, event)
    when = change_times(change, times.size)
    if (died & (times == 0)).any():
        refuse("time", "0 with an event", "times above 0 for events (half a unit for those on the first day)")
    too_late = when > times
    tied = (when == times) & (times > 0)
    seen = (when < times) | (tied & (at_the_end == "changed"))
    moved = np.where(seen, when, np.inf)
    moved[tied & seen] = _just_before(times[tied & seen], np.concatenate([times, when[~np.isnan(when)], [0.0]]))
    before = np.flatnonzero((moved > 0) & (times > 0))
    after = np.flatnonzero(moved < times)
    rows = pd.DataFrame(
        {
            "subject": np.concatenate([before, after]),
            "entry": np.concatenate([np.zeros(before.size), moved[after]]),
            "time": np.concatenate([np.minimum(times, moved)[before], times[after]]),
            "event": np.concatenate([(died & ~seen)[before], died[after]]),
            "changed": np.repeat([False, True], [before.size, after.size]),
        }
    ).sort_values(["subject", "entry"], ignore_index=True)
    return SplitFollowUp(rows, times.size, int(seen.sum()), int((tied & seen).sum()), int(too_late.sum()))


def change_times(change: ArrayLike, n: int) -> Floats:
    """Return times of change, 0 or more or not-a-number, of ``n`` subjects."""
    legal = "finite times of 0 or more, not-a-number where the status never changed"
    when = floats("change", change, legal)
    if when.shape != (n,):
        refuse("change", f"array of shape {when.shape}", f"as long as the other arguments ({n})")
    illegal = (when < 0) | np.isinf(when)
    if illegal.any():
        refuse("change", when[illegal][0].item(), legal)
    return when


def both_states(split: SplitFollowUp) -> SplitFollowUp:
    """Return the same follow-up; refuse one in which a status does not occur."""
    changed = split.rows["changed"]
    if not changed.any() or changed.all():
        found = "a change seen in nobody" if not changed.any() else "0 in every subject"
        refuse("change", found, "times at which some change while they and others are followed")
    return split


def changing_risk_table(split: SplitFollowUp) -> tuple[Floats, Floats]:
    """Count events and subjects at risk by distinct event time (rows) and status (columns, unchanged first)."""
    died = split.rows["event"].to_numpy()
    times = np.unique(split.rows["time"].to_numpy()[died])
    tables = [status_counts(split.rows, changed, times) for changed in (False, True)]
    deaths, at_risk = (np.column_stack(counts).astype(float) for counts in zip(*tables, strict=True))
    return deaths, at_risk


def status_counts(rows: pd.DataFrame, changed: bool, times: Floats) -> tuple[Integers, Integers]:
    """Events at each of ``times``, ascending, and subjects at risk just before, of those with one status."""
    own = rows[rows["changed"] == changed]
    entry, end, died = (own[name].to_numpy() for name in ("entry", "time", "event"))
    ended = np.sort(end[died])
    events = np.searchsorted(ended, times, side="right") - np.searchsorted(ended, times)
    at_risk = np.searchsorted(np.sort(entry), times) - np.searchsorted(np.sort(end), times)
    return events, at_risk


def _just_before(times: Floats, others: Floats) -> Floats:
    """Middle between each of ``times`` and the last of ``others`` before it: it changes the order of nothing."""
    known = np.unique(others)
    before = known[np.searchsorted(known, times) - 1]
    middle = (before + times) / 2
    return np.where(middle < times, middle, before)  # neighbouring floats have no middle
