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


def two_arms(treated: ArrayLike, n: int) -> Bools:
    """Return which of ``n`` subjects are treated; refuse an empty arm."""
    arm = indicator("treated", treated, n)
    if arm.all() or not arm.any():
        refuse("treated", f"{bool(arm[0])} in every row", "true for one arm and false for the other")
    return arm


def risk_table(time: Floats, event: Bools, code: Integers, k: int) -> tuple[Floats, Floats]:
    """Count events and subjects at risk by distinct event time (rows) and group (columns).

    Sorting each group and looking the event times up is several times faster than positions among all times.
    """
    times = np.unique(time[event])
    deaths, at_risk = np.empty((times.size, k)), np.empty((times.size, k))
    for group in range(k):
        members = code == group
        followed, died = np.sort(time[members]), np.sort(time[members & event])
        at_risk[:, group] = followed.size - np.searchsorted(followed, times)
        deaths[:, group] = np.diff(np.searchsorted(died, times, side="right"), prepend=0)
    return deaths, at_risk
