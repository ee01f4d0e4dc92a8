"""Counts of two groups in strata, checked: what every stratified comparison starts from."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from lentap.stats.arguments import Bools, Floats, numbers, refuse


@dataclass(frozen=True, eq=False)
class Strata:
    """Events and patients of group 1 and group 0, an element a stratum; each stratum has patients of both groups."""

    events1: Floats
    n1: Floats
    events0: Floats
    n0: Floats

    @cached_property
    def n(self) -> Floats:
        """Patients of both groups."""
        return self.n1 + self.n0

    @cached_property
    def events(self) -> Floats:
        """Events of both groups."""
        return self.events1 + self.events0

    @cached_property
    def p1(self) -> Floats:
        """Proportions of group 1."""
        return self.events1 / self.n1

    @cached_property
    def p0(self) -> Floats:
        """Proportions of group 0."""
        return self.events0 / self.n0

    @cached_property
    def expected1(self) -> Floats:
        """Events expected in group 1 if the groups are alike."""
        return self.n1 * self.events / self.n

    @cached_property
    def variance(self) -> Floats:
        """Hypergeometric variance of the events of group 1."""
        return self.expected1 * self.n0 * (self.n - self.events) / (self.n * (self.n - 1))

    @cached_property
    def mixed(self) -> Bools:
        """Whether some, and not all, had the event: other strata say nothing about an odds ratio."""
        return (self.events > 0) & (self.events < self.n)

    def where(self, kept: Bools) -> "Strata":
        """Return the strata that are ``kept``."""
        return Strata(self.events1[kept], self.n1[kept], self.events0[kept], self.n0[kept])


def strata(events1: ArrayLike, n1: ArrayLike, events0: ArrayLike, n0: ArrayLike) -> Strata:
    """Return the counts of each stratum, those without patients in one of the groups left out.

    Parameters
    ----------
    events1, n1, events0, n0
        Events and patients of group 1 and group 0, one whole number a stratum: 0 <= events <= n, patients 0 or more.

    Raises
    ------
    StatisticsError
        Counts that are not such, arrays of different lengths, or no stratum with patients of both groups.
    """
    arrays = {
        name: numbers(name, values, "one or more whole numbers of 0 or more")
        for name, values in (("events1", events1), ("n1", n1), ("events0", events0), ("n0", n0))
    }
    for name, values in arrays.items():
        if values.size != arrays["events1"].size:
            refuse(name, f"array of {values.size}", f"as long as events1 ({arrays['events1'].size})")
        illegal = (values < 0) | (values != np.floor(values))
        if illegal.any():
            refuse(name, values[illegal][0].item(), "one or more whole numbers of 0 or more")
    for events, patients in (("events1", "n1"), ("events0", "n0")):
        beyond = arrays[events] > arrays[patients]
        if beyond.any():
            legal = f"a whole number from 0 to {patients} ({arrays[patients][beyond][0]:g}) in each stratum"
            refuse(events, arrays[events][beyond][0].item(), legal)
    both = (arrays["n1"] > 0) & (arrays["n0"] > 0)
    if not both.any():
        refuse("n1", "0 in every stratum where n0 is not", "at least one stratum with patients of both groups")
    return Strata(**arrays).where(both)
