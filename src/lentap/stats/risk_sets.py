"""Follow-up of groups of subjects, checked, and counted as the events and subjects at risk at each event time."""

import numpy as np
from numpy.typing import ArrayLike

from lentap.stats.arguments import Bools, Floats, Integers, indicator, labels, numbers, refuse


def follow_up(time: ArrayLike, event: ArrayLike) -> tuple[Floats, Bools]:
    """Return times of 0 or more and events as bools, of the same length."""
    times = numbers("time", time, "one or more finite numbers of 0 or more")
    if (times < 0).any():
        refuse("time", times[times < 0][0].item(), "one or more finite numbers of 0 or more")
    return times, indicator("event", event, times.size)


def groups(argument: str, group: object, n: int) -> tuple[list[str], Integers]:
    """Return the labels of two groups or more and each subject's position among them."""
    names, code = labels(argument, group, n)
    if len(names) < 2:
        refuse(argument, names, "two groups or more with a subject in each")
    return names, code


def risk_table(time: Floats, event: Bools, code: Integers, k: int) -> tuple[Floats, Floats]:
    """Count events and subjects at risk by distinct event time (rows) and group (columns)."""
    times, position = np.unique(time, return_inverse=True)
    cell, shape = position * k + code, (times.size, k)
    deaths = np.bincount(cell[event], minlength=times.size * k).reshape(shape).astype(float)
    left = np.bincount(cell, minlength=times.size * k).reshape(shape)
    at_risk = left[::-1].cumsum(axis=0)[::-1].astype(float)
    rows = deaths.sum(axis=1) > 0
    return deaths[rows], at_risk[rows]
