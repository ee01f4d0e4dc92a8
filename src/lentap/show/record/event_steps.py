"""Which steps of a curve of adverse events may be told where counts of few patients are hidden."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lentap.show.small_cells import is_small, joined_steps


@dataclass(frozen=True, eq=False)
class Steps:
    """Positions of a curve to draw, and whether its value at the ``landmark`` may be told: the drawn one has it."""

    kept: np.ndarray
    landmark: bool


def steps_of(time: ArrayLike, at_risk: ArrayLike, landmark: float, smallest: int, *counts: ArrayLike) -> Steps | None:
    """Join steps as ``joined_steps`` does, one to end at the landmark if it can; None where the whole curve is of few.

    Parameters
    ----------
    time, at_risk
        Of each step of the curve.
    counts
        Patients with the event by each time, and perhaps events.
    """
    times, left = np.asarray(time, dtype=float), np.asarray(at_risk, dtype=float)
    rising = [np.asarray(one, dtype=float) for one in counts]
    if smallest <= 1:
        return Steps(np.arange(times.size), True)
    if is_small(rising[0][-1], smallest):
        return None
    at = int(np.searchsorted(times, landmark, side="right")) - 1
    watched = times[-1] >= landmark and left[at] >= smallest
    kept = joined_steps(left, smallest, *rising, through=at if watched else None)
    drawn = kept[kept <= at][-1]
    return Steps(kept, bool(watched and all(one[drawn] == one[at] for one in rising)))


def few_severe(total: int, first: pd.DataFrame, arm: str, smallest: int, told: tuple[str, ...]) -> bool:
    """Whether severe events of an arm are of few patients, or differ by few from rows of the table of rates.

    Parameters
    ----------
    total
        Patients with such an event.
    first
        Rates of first events, with ``term``, ``arm`` and ``subjects``.
    told
        Rows of that table which hold these events, or are held by them.
    """
    rows = first[(first["arm"].astype(str) == arm) & first["term"].isin(told)] if len(first) else first
    beside = rows["subjects"] if len(rows) else ()
    return is_small(total, smallest) or any(is_small(abs(count - total), smallest) for count in beside)
