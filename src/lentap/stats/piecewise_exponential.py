"""Hazards constant in pieces of follow-up, fitted: events over person-time in each piece."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lentap.stats.arguments import Floats, Integers, numbers, refuse
from lentap.stats.hazards import PiecewiseHazard
from lentap.stats.rates import rate
from lentap.stats.risk_sets import follow_up


@dataclass(frozen=True, eq=False)
class PiecewiseFit:
    """A row a piece, from its start: events, person-time, and the hazard per unit of time with its exact limits.

    The hazard and its limits are not-a-number in a piece that nobody reached.
    """

    starts: Floats
    events: Integers
    person_time: Floats
    rates: Floats
    low: Floats
    high: Floats
    log_likelihood: float
    n: int
    level: float
    method: str

    @property
    def hazard(self) -> PiecewiseHazard:
        """The fitted hazard, to compute survival with; the last piece that somebody reached goes on for ever.

        Raises
        ------
        StatisticsError
            No events: there is no hazard above 0.
        """
        reached = self.person_time > 0
        return PiecewiseHazard(self.rates[reached].tolist(), self.starts[reached].tolist())


def piecewise_exponential(
    time: ArrayLike, event: ArrayLike, *, starts: Sequence[float] = (0.0,), level: float = 0.95
) -> PiecewiseFit:
    """Fit a hazard that is constant within pieces of follow-up: by default one piece, the exponential distribution.

    Parameters
    ----------
    time, event
        As in ``kaplan_meier``. An event at the time at which a piece ends belongs to that piece, as in R's survSplit.
    starts
        Times at which pieces start, rising, the first of them 0.
    level
        Coverage of the exact (Garwood 1936) interval of each hazard.

    Raises
    ------
    StatisticsError
        As ``kaplan_meier``; nobody was followed at all, or starts that do not begin at 0 and rise.
    """
    times, events = follow_up(time, event)
    begins = numbers("starts", starts)
    if begins[0] != 0 or (np.diff(begins) <= 0).any():
        refuse("starts", begins.tolist(), "rising times, the first of them 0")
    if not times.any():
        refuse("time", "0 in every row", "some follow-up")
    ends = np.append(begins[1:], np.inf)
    person_time = np.clip(times[:, None] - begins, 0, ends - begins).sum(axis=0)
    piece = np.maximum(np.searchsorted(begins, times[events]) - 1, 0)
    died = np.bincount(piece, minlength=begins.size)
    hazards, low, high = np.full((3, begins.size), np.nan)
    for i in np.flatnonzero(person_time > 0):
        found = rate(int(died[i]), float(person_time[i]), level=level)
        hazards[i], low[i], high[i] = found.value, found.low, found.high
    some = died > 0
    log_likelihood = float((died[some] * np.log(hazards[some])).sum() - died.sum())
    method = f"{'piecewise ' if begins.size > 1 else ''}exponential, exact Poisson interval"
    return PiecewiseFit(begins, died, person_time, hazards, low, high, log_likelihood, times.size, level, method)
