"""Landmark analysis: subjects alive at a landmark, compared from there on by what had happened until then."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lentap.stats.arguments import real, refuse
from lentap.stats.kaplan_meier import KaplanMeier, kaplan_meier
from lentap.stats.log_rank import LogRank, log_rank
from lentap.stats.risk_sets import follow_up
from lentap.stats.status_change import STATES, change_times
from lentap.stats.survival import HazardRatio, cox_hazard_ratio


@dataclass(frozen=True, eq=False)
class LandmarkAnalysis:
    """Comparison from ``landmark`` on: curves count time from there, by status "unchanged" and "changed" at it.

    ``excluded_events`` had the event and ``excluded_censored`` were lost up to and including the landmark.
    ``changed_later`` of the unchanged changed afterwards, which this analysis leaves out of account.
    """

    landmark: float
    curves: dict[str, KaplanMeier]
    log_rank: LogRank
    hazard_ratio: HazardRatio
    n: dict[str, int]
    excluded_events: int
    excluded_censored: int
    changed_later: int


def landmark_analysis(
    time: ArrayLike,
    event: ArrayLike,
    change: ArrayLike,
    landmark: float,
    *,
    level: float = 0.95,
    interval: str = "log",
) -> LandmarkAnalysis:
    """Compare subjects event-free at a landmark by whether they had changed by then (Anderson, Cain and Gelber 1983).

    Parameters
    ----------
    time, event
        As in ``kaplan_meier``.
    change
        As in ``split_follow_up``: a change at the landmark counts, one after it does not.
    landmark
        Time, 0 or more. Who is followed beyond it is in the analysis.
    level, interval
        As in ``kaplan_meier``.

    Raises
    ------
    StatisticsError
        As ``kaplan_meier``; a change that is negative or infinite; a landmark at which nobody, or everybody, who is
        followed beyond it has changed.
    """
    times, died = follow_up(time, event)
    when = change_times(change, times.size)
    if not 0 <= real(landmark) < np.inf:
        refuse("landmark", landmark, "a finite number of 0 or more")
    kept = times > landmark
    changed = when[kept] <= landmark
    if changed.all() or not changed.any():
        found = (
            f"{landmark:g}, when {'all' if changed.size and changed.all() else 'none'} of {changed.size} had changed"
        )
        refuse("landmark", found, "a time beyond which both changed and unchanged subjects are followed")
    since, events = times[kept] - landmark, died[kept]
    curves = {
        name: kaplan_meier(since[changed == state], events[changed == state], level=level, interval=interval)
        for state, name in enumerate(STATES)
    }
    return LandmarkAnalysis(
        float(landmark),
        curves,
        log_rank(since, events, np.array(STATES)[changed.astype(int)]),
        cox_hazard_ratio(since, events, changed, level=level),
        {name: curve.n for name, curve in curves.items()},
        int((died & ~kept).sum()),
        int((~died & ~kept).sum()),
        int((when[kept] <= times[kept])[~changed].sum()),
    )
