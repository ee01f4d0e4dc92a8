"""Pairs weighted by the inverse probability that censoring let them be compared (Cui, Huang, Dong, Uozumi, Tian 2025).

One subject is seen to beat another by an outcome if the other had the event, and the one was followed for the threshold
longer. Ties up to then are differences of two such comparisons: at least so much as the threshold less, less more than
the threshold more. So every weight depends on the times of the one who lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from lentap.stats.arguments import Bools, Floats, Integers
from lentap.stats.kaplan_meier import product_limit
from lentap.stats.pair_counts import Outcome, PairSums, blocks, count_pairs, exceeds

LEAST_UNCENSORED = 0.1  # the curve of censoring is not followed below, so that no weight exceeds 10 for each subject


def weighted_pairs(
    outcomes: Sequence[Outcome], treated: Integers, control: Integers, *, censored_first: bool = False
) -> PairSums:
    """Weighted sums of pairs won and lost, as ``count_pairs`` has them of pairs seen; ``outcomes`` counts pairs seen.

    Events come before what is censored at the same time, unless ``censored_first``. A subject's sums also hold how it
    moves the total through the curve of censoring of its arm: over all subjects of an arm that comes to 0.
    """
    curves = [_censoring(outcomes, arm, censored_first) for arm in (treated, control)]
    won, lost_by = _wins(outcomes, treated, control, *curves)
    lost, won_by = _wins(outcomes, control, treated, *curves[::-1])
    seen = count_pairs(outcomes, treated, control)
    return PairSums(np.column_stack([won, won_by]), np.column_stack([lost_by, lost]), seen.outcomes)


@dataclass(frozen=True, eq=False)
class _Censoring:
    """Kaplan-Meier curve of staying uncensored in an arm, with what each subject adds to it.

    ``followed`` is the largest of a subject's times, ``lost`` whether an outcome of it is censored; the curve falls at
    ``times`` to ``curve``, when ``number`` of those ``at_risk`` are lost.
    """

    followed: Floats
    lost: Bools
    times: Floats
    number: Integers
    at_risk: Integers
    curve: Floats
    censored_first: bool

    def after(self, times: Floats) -> Floats:
        """Probability of being uncensored beyond each of ``times``."""
        return np.insert(self.curve, 0, 1.0)[np.searchsorted(self.times, times, side="right")]

    def until(self, times: Floats) -> Floats:
        """Probability of being uncensored when an event at each of ``times`` is to be seen."""
        if self.censored_first:
            return self.after(times)
        return np.insert(self.curve, 0, 1.0)[np.searchsorted(self.times, times)]

    def influences(self, total: Floats) -> Floats:
        """How each subject moves a sum of which ``total`` is weighted with the curve from each of its times on."""
        staying = self.at_risk - self.number
        drift = np.insert(np.cumsum(total * self.number / (self.at_risk * staying)), 0, 0.0)
        until = np.searchsorted(self.times, self.followed, side="right")
        if not self.censored_first:
            until = np.where(self.lost, until, np.searchsorted(self.times, self.followed))
        found: Floats = -drift[until]
        counted = self.lost & (self.followed <= self.times.max(initial=-1.0))
        found[counted] += (total / staying)[np.searchsorted(self.times, self.followed[counted])]
        return found


def _censoring(outcomes: Sequence[Outcome], arm: Integers, censored_first: bool) -> _Censoring:
    followed = np.max([outcome.value[arm] for outcome in outcomes], axis=0)
    lost = ~np.all([outcome.exact[arm] for outcome in outcomes], axis=0)
    times, number = np.unique(followed[lost], return_counts=True)
    at_risk = arm.size - np.searchsorted(np.sort(followed), times)
    if not censored_first:
        complete = np.sort(followed[~lost])
        at_risk -= np.searchsorted(complete, times, side="right") - np.searchsorted(complete, times)
    curve, _ = product_limit(at_risk, number)
    kept = curve >= LEAST_UNCENSORED
    return _Censoring(followed, lost, times[kept], number[kept], at_risk[kept], curve[kept], censored_first)


@dataclass(frozen=True, eq=False)
class _Term:
    """Wins by the outcome ``level``, those before it tied: one product of comparisons, added or subtracted.

    ``strict`` says of each outcome before which comparison it is. To be seen, the one must be followed beyond ``reach``
    and the other until ``until``.
    """

    level: int
    strict: tuple[bool, ...]
    reach: Floats
    until: Floats

    @property
    def sign(self) -> int:
        return -1 if sum(self.strict) % 2 else 1


def _terms(outcomes: Sequence[Outcome], other: Integers) -> list[_Term]:
    terms = []
    for level, outcome in enumerate(outcomes):
        until = np.max([before.value[other] for before in outcomes[: level + 1]], axis=0)
        for strict in product((False, True), repeat=level):
            reach = outcome.value[other] + outcome.threshold
            for before, more in zip(outcomes, strict, strict=False):
                reach = np.maximum(reach, before.value[other] + (before.threshold if more else -before.threshold))
            terms.append(_Term(level, strict, reach, until))
    return terms


def _wins(
    outcomes: Sequence[Outcome], one: Integers, other: Integers, of_one: _Censoring, of_other: _Censoring
) -> tuple[Floats, Floats]:
    """Weighted wins of each of ``one``, and over each of ``other``."""
    terms = _terms(outcomes, other)
    weights = [term.sign / (of_one.after(term.reach) * of_other.until(term.until)) for term in terms]
    won, beaten = np.zeros(one.size), np.zeros((len(terms), other.size))
    for rows in blocks(one, other):
        more = [exceeds(outcome, one[rows], other, outcome.threshold) for outcome in outcomes]
        no_less = [exceeds(outcome, one[rows], other, -outcome.threshold, equal=True) for outcome in outcomes]
        for place, term in enumerate(terms):
            seen = more[term.level].copy()
            for before, strict in enumerate(term.strict):
                seen &= more[before] if strict else no_less[before]
            won[rows] += seen @ weights[place]
            beaten[place] += seen.sum(axis=0)
    beaten *= weights
    through_one, through_other = np.zeros(of_one.times.size), np.zeros(of_other.times.size)
    for term, total in zip(terms, beaten, strict=True):
        through_one += _sum_from(of_one.times, term.reach, total, "left")
        through_other += _sum_from(of_other.times, term.until, total, "left" if of_other.censored_first else "right")
    return won + of_one.influences(through_one), beaten.sum(axis=0) + of_other.influences(through_other)


def _sum_from(times: Floats, reach: Floats, values: Floats, side: str) -> Floats:
    """Sum ``values`` whose ``reach`` is at each of ``times`` or later ("left"), or later ("right")."""
    order = np.argsort(reach)
    below = np.insert(np.cumsum(values[order]), 0, 0.0)
    found: Floats = below[-1] - below[np.searchsorted(reach[order], times, side=side)]  # type: ignore[call-overload]
    return found
