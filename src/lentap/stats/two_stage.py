"""Simon's two-stage designs of a single-arm trial: found by exhaustive search."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import inf

import numpy as np
from scipy.stats import binom

from lentap.stats.arguments import Floats, real, refuse
from lentap.stats.sample_size import checked_power

_MOST_PATIENTS = 500  # no phase II trial is larger, and the search would take minutes


@dataclass(frozen=True)
class TwoStageDesign:
    """Stop after ``n1`` patients with ``r1`` responses or fewer; of all ``n``, ``r`` responses or fewer are too few.

    ``p0`` is the response rate of no interest, ``p1`` the one hoped for.
    """

    r1: int
    n1: int
    r: int
    n: int
    p0: float
    p1: float

    def early_stop(self, p: float) -> float:
        """Probability of stopping after the first stage where the response rate is ``p``."""
        return float(binom.cdf(self.r1, self.n1, _rate("p", p)))

    def expected_n(self, p: float) -> float:
        """Expected number of patients where the response rate is ``p``."""
        return self.n1 + (1 - self.early_stop(p)) * (self.n - self.n1)

    def rejects(self, p: float) -> float:
        """Probability of more than ``r`` responses after both stages where the response rate is ``p``."""
        passed = np.arange(self.r1 + 1, self.n1 + 1)
        second = binom.sf(self.r - passed, self.n - self.n1, _rate("p", p))
        return float((binom.pmf(passed, self.n1, p) * second).sum())

    @cached_property
    def alpha(self) -> float:
        """Type I error at ``p0``."""
        return self.rejects(self.p0)

    @cached_property
    def power(self) -> float:
        """Power at ``p1``."""
        return self.rejects(self.p1)

    @cached_property
    def expected_n0(self) -> float:
        """Expected number of patients at ``p0``: EN in Simon's tables."""
        return self.expected_n(self.p0)

    @cached_property
    def early_stop0(self) -> float:
        """Probability of stopping early at ``p0``: PET in Simon's tables."""
        return self.early_stop(self.p0)


@dataclass(frozen=True)
class TwoStageDesigns:
    """The designs worth choosing from.

    ``minimax`` has the fewest patients and ``optimal`` the fewest to be expected at p0 (Simon 1989). ``admissible``
    holds both and those between them, by rising n, which minimise w * n + (1 - w) * EN for some weight w (Jung, Lee,
    Kim and George 2004): each for the weights in its row of ``weights``, from below to above.
    """

    minimax: TwoStageDesign
    optimal: TwoStageDesign
    admissible: tuple[TwoStageDesign, ...]
    weights: tuple[tuple[float, float], ...]


def two_stage_designs(p0: float, p1: float, *, alpha: float = 0.05, power: float = 0.8) -> TwoStageDesigns:
    """Find Simon's optimal and minimax designs and the admissible ones between them.

    Parameters
    ----------
    p0, p1
        Response rates, 0 < p0 < p1 < 1: of no interest, and hoped for.
    alpha
        Largest probability of going on where the rate is ``p0``.
    power
        Smallest probability of going on where the rate is ``p1``, above ``alpha``.

    Raises
    ------
    StatisticsError
        A number outside what is said above, or rates so near that more than 500 patients would be needed.
    """
    _rate("p0", p0)
    if not real(p0) < real(p1) < 1:
        refuse("p1", p1, f"a number strictly between p0 ({p0}) and 1")
    if not 0 < real(alpha) < 1:
        refuse("alpha", alpha, "a number strictly between 0 and 1, such as 0.05")
    checked_power(power, alpha)
    better = _frontier(p0, p1, alpha, 1 - power)
    if not better:
        refuse("p1", p1, f"a rate further from p0 ({p0}): more than {_MOST_PATIENTS} patients would be needed")
    hull, limits = _hull(better)
    return TwoStageDesigns(better[0], better[-1], tuple(hull), tuple(limits))


def _frontier(p0: float, p1: float, alpha: float, beta: float) -> list[TwoStageDesign]:
    """Return the designs that no other beats in both n and expected n at p0, by rising n: minimax first, optimal last.

    A first stage that may lose no more than ``beta`` at p1 bounds its early stops at p0, and so the expected n from
    below; that bound rises with n, so the search ends when it exceeds the best design found.
    """
    best = inf
    found: list[TwoStageDesign] = []
    n1s = np.arange(1, _MOST_PATIENTS)
    reached = binom.ppf(beta, n1s, p1)
    most_r1 = np.asarray(reached - (binom.cdf(reached, n1s, p1) > beta), dtype=int)
    stops = np.where(most_r1 >= 0, binom.cdf(most_r1, n1s, p0), 0)
    for n in range(2, _MOST_PATIENTS + 1):
        least = n1s[: n - 1] + (1 - stops[: n - 1]) * (n - n1s[: n - 1])
        if least.min() >= best:
            break
        if _most_power(p0, p1, alpha, n) < 1 - beta:
            continue
        for place in np.flatnonzero((least < best) & (most_r1[: n - 1] >= 0)):
            design = _best(p0, p1, alpha, beta, int(n1s[place]), n, int(most_r1[place]))
            if design is not None and design.expected_n0 < best:
                best = design.expected_n0
                found = [one for one in found if one.n < n] + [design]
    return found


def _most_power(p0: float, p1: float, alpha: float, n: int) -> float:
    """Power of the best test on n patients, which randomises at its last count (Neyman and Pearson 1933)."""
    r = binom.isf(alpha, n, p0)
    randomised = (alpha - binom.sf(r, n, p0)) / binom.pmf(r, n, p0)
    return float(binom.sf(r, n, p1) + randomised * binom.pmf(r, n, p1))


def _best(p0: float, p1: float, alpha: float, beta: float, n1: int, n: int, most_r1: int) -> TwoStageDesign | None:
    """Return the design with the largest r1, thus the fewest patients expected, for these stages."""
    go0, go1 = _rejections(p0, n1, n), _rejections(p1, n1, n)
    r = np.argmax(go0[: most_r1 + 1] <= alpha, axis=1)  # the fewest responses that keep alpha have the most power
    enough = np.flatnonzero(np.take_along_axis(go1[: most_r1 + 1], r[:, None], axis=1)[:, 0] >= 1 - beta)
    return TwoStageDesign(int(enough[-1]), n1, int(r[enough[-1]]), n, p0, p1) if enough.size else None


def _rejections(p: float, n1: int, n: int) -> Floats:
    """Probability of going on to more than r responses (columns, 0 to n) after more than r1 in stage one (rows)."""
    first, second = np.ogrid[: n1 + 1, : n + 1]
    above = binom.sf(np.arange(-n1 - 1, n + 1), n - n1, p)
    joint = binom.pmf(first, n1, p) * above[second - first + n1 + 1]
    return np.asarray(joint[::-1].cumsum(axis=0)[::-1] - joint, dtype=float)


def _hull(designs: list[TwoStageDesign]) -> tuple[list[TwoStageDesign], list[tuple[float, float]]]:
    """Return the designs on the lower convex hull of (n, expected n), and each one's range of weights w."""
    hull: list[TwoStageDesign] = []
    for design in designs:
        while len(hull) > 1 and _indifferent(hull[-1], design) >= _indifferent(hull[-2], hull[-1]):
            hull.pop()
        hull.append(design)
    edges = [1.0, *(_indifferent(one, other) for one, other in pairwise(hull)), 0.0]
    return hull, [(low, high) for high, low in pairwise(edges)]


def _indifferent(smaller: TwoStageDesign, larger: TwoStageDesign) -> float:
    """Weight of n at which two designs cost the same."""
    saved = smaller.expected_n0 - larger.expected_n0
    return saved / (saved + larger.n - smaller.n)


def _rate(argument: str, p: float) -> float:
    if not 0 < real(p) < 1:
        refuse(argument, p, "a number strictly between 0 and 1")
    return p
