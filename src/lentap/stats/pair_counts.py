"""Who wins in pairs of subjects of two arms, outcome after outcome: sums a subject, without all pairs at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lentap.stats.arguments import Bools, Floats, Integers

_PAIRS_AT_ONCE = 1 << 21


@dataclass(frozen=True, eq=False)
class Outcome:
    """One outcome of every subject: ``value``, known to be that where ``exact``, else to be greater.

    Of two subjects the one with the greater value wins, or the one with the smaller where ``lower_wins``, if they are
    more than ``threshold`` apart for certain. ``timed`` says that values are times that may be censored.
    """

    value: Floats
    exact: Bools
    threshold: float
    lower_wins: bool
    timed: bool


@dataclass(frozen=True, eq=False)
class PairSums:
    """Pairs won (column 0) and lost (column 1) by the treated: of each treated subject, each control, each outcome."""

    treated: Floats
    control: Floats
    outcomes: Integers

    @property
    def pairs(self) -> int:
        """Number of pairs."""
        return len(self.treated) * len(self.control)


def exceeds(outcome: Outcome, one: Integers, other: Integers, margin: float, *, equal: bool = False) -> Bools:
    """Whether each of ``one`` (rows) is known to be above each of ``other`` (columns) and a margin, or ``equal``."""
    limit = np.where(outcome.exact[other], outcome.value[other] + margin, np.inf)
    return np.asarray(outcome.value[one, None] >= limit if equal else outcome.value[one, None] > limit)


def blocks(one: Integers, other: Integers) -> Iterator[slice]:
    """Yield pieces of ``one`` that make so many pairs with all of ``other`` as memory should hold."""
    size = max(1, _PAIRS_AT_ONCE // other.size)
    for start in range(0, one.size, size):
        yield slice(start, start + size)


def count_pairs(outcomes: Sequence[Outcome], treated: Integers, control: Integers) -> PairSums:
    """Compare all of ``treated`` with all of ``control``, positions of subjects, until an outcome decides."""
    of_treated, of_control = np.zeros((treated.size, 2)), np.zeros((control.size, 2))
    of_outcome = np.zeros((len(outcomes), 2), dtype=np.intp)
    for rows in blocks(treated, control):
        undecided = np.ones((treated[rows].size, control.size), dtype=bool)
        for place, outcome in enumerate(outcomes):
            won = exceeds(outcome, treated[rows], control, outcome.threshold)
            lost = exceeds(outcome, control, treated[rows], outcome.threshold).T
            if outcome.lower_wins:
                won, lost = lost, won
            for column, decided in enumerate((won & undecided, lost & undecided)):
                of_treated[rows, column] += decided.sum(axis=1)
                of_control[:, column] += decided.sum(axis=0)
                of_outcome[place, column] += np.count_nonzero(decided)
            undecided &= ~(won | lost)
    return PairSums(of_treated, of_control, of_outcome)
