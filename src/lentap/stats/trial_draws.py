"""Many two-arm trials with a time to an event, drawn at once."""

from dataclasses import dataclass

import numpy as np

from lentap.stats.arguments import Bools, Floats, real, refuse
from lentap.stats.hazards import PiecewiseHazard

_PATIENTS_AT_ONCE = 2**18  # what is drawn at once stays in tens of megabytes


@dataclass(frozen=True, eq=False)
class Trials:
    """Drawn trials, each array of shape (trials, patients).

    ``time`` from entry to the event or the end of follow-up, ``event`` whether it ended with the event, ``treated``
    the arm, ``prognosis`` the factor with mean 0 and standard deviation 1 that an analysis does not see.
    """

    time: Floats
    event: Bools
    treated: Bools
    prognosis: Floats


def draw_trials(
    generator: np.random.Generator,
    trials: int,
    *,
    n1: int,
    n0: int,
    hazard1: PiecewiseHazard,
    hazard0: PiecewiseHazard,
    accrual: float,
    follow_up: float,
    dropout: float = 0.0,
    prognosis: float = 0.0,
    allocation: float = 0.0,
) -> Trials:
    """Draw ``trials`` trials of ``n1`` treated and ``n0`` control patients.

    A generator in the same state gives the same patients (entry, luck, prognosis) under all other assumptions, so
    that two assumptions can be compared trial by trial.

    Parameters
    ----------
    generator
        Source of randomness, seeded by the caller.
    hazard1, hazard0
        Hazard of the event among treated and control patients of average prognosis.
    accrual
        Time over which patients enter, uniformly; 0 or more.
    follow_up
        Time from the last entry to the cut of the data, above 0: it is the shortest follow-up without dropout.
    dropout
        Constant hazard of leaving the trial, the same in both arms.
    prognosis
        Log hazard ratio of one standard deviation of a normal prognostic factor. The arms' marginal hazards are not
        proportional where it is not 0.
    allocation
        Log odds ratio of being treated for one standard deviation of that factor: 0 is random allocation. The treated
        are the ``n1`` highest of ``allocation`` times the factor plus a logistic draw.

    Raises
    ------
    StatisticsError
        A number is outside what is said above, or not finite.
    """
    for name, count in (("trials", trials), ("n1", n1), ("n0", n0)):
        if not real(count).is_integer() or count < 1:
            refuse(name, count, "a whole number of at least 1")
    for name, number in (("accrual", accrual), ("dropout", dropout), ("follow_up", follow_up)):
        if not 0 <= real(number) < np.inf or (name == "follow_up" and number == 0):
            refuse(name, number, f"a finite number {'above 0' if name == 'follow_up' else 'of 0 or more'}")
    for name, number in (("prognosis", prognosis), ("allocation", allocation)):
        if not np.isfinite(real(number)):
            refuse(name, number, "a finite number")
    shape = int(trials), int(n1 + n0)
    drawn = Trials(np.empty(shape), np.empty(shape, bool), np.empty(shape, bool), np.empty(shape))
    rows = max(1, _PATIENTS_AT_ONCE // shape[1])
    for start in range(0, shape[0], rows):
        block = slice(start, start + rows)
        size = drawn.time[block].shape
        factor = generator.standard_normal(size)
        rank = allocation * factor + generator.logistic(size=size)
        treated = drawn.treated[block]
        treated[...] = False
        np.put_along_axis(treated, np.argpartition(rank, n0 - 1, axis=1)[:, int(n0) :], values=True, axis=1)
        resisted = generator.standard_exponential(size) * np.exp(-prognosis * factor)
        to_event = hazard0.time_at(resisted)
        to_event[treated] = hazard1.time_at(resisted[treated])
        to_cut = follow_up + accrual * generator.random(size)
        stayed = generator.standard_exponential(size)
        followed = np.minimum(to_cut, stayed / dropout) if dropout else to_cut
        drawn.time[block] = np.minimum(to_event, followed)
        drawn.event[block] = to_event <= followed
        drawn.prognosis[block] = factor
    return drawn
