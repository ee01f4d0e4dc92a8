"""Boschloo's unconditional exact test of two proportions.

Own code: SciPy's knows the doubled rule only, and its search for the worst nuisance probability can stop short of it.
"""

from collections.abc import Callable
from math import ceil, pi, sqrt

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import gammaln

from lentap.stats.arguments import Floats, choice, counts

_EQUAL = 1 + 1e-7  # R's margin within which two tables count as equally extreme


def boschloo_exact(events1: int, n1: int, events0: int, n0: int, *, rule: str = "doubled") -> float:
    """Two-sided p-value of Boschloo's (1970) test: the rate at which Fisher's p-value is at most the one seen.

    That rate depends on the proportion both groups share and is the largest there is. ``doubled``: twice the smaller of
    the one-sided p-values, as SciPy and R's exact2x2. ``least-likely``: tables are ordered by Fisher's two-sided
    p-value, as in StatXact, so that the result is never above ``fisher_exact``.

    Raises
    ------
    StatisticsError
        Counts are not whole numbers with 0 <= events <= n and n >= 1, or ``rule`` is not in ``BOSCHLOO_RULES``.
    """
    choice("rule", rule, BOSCHLOO_RULES)
    (events1, n1), (events0, n0) = counts(events1, n1, "1"), counts(events0, n0, "0")
    if rule == "doubled":
        return min(1.0, 2 * min(_unconditional(events1, n1, events0, n0, one) for one in (_no_fewer, _no_more)))
    return _unconditional(events1, n1, events0, n0, _no_likelier)


BOSCHLOO_RULES = ("doubled", "least-likely")


def _unconditional(events1: int, n1: int, events0: int, n0: int, p_values: Callable[[Floats], Floats]) -> float:
    """Return the largest rate, over the common proportion, of tables with a p-value no larger than that seen."""
    ways1, ways0, ways = (_log_choose(n) for n in (n1, n0, n1 + n0))

    def given(events: int) -> tuple[int, Floats]:
        """Return the least events of group 1 with that many in all, and the probability of it and each larger one."""
        least = max(0, events - n0)
        group1 = np.arange(least, min(n1, events) + 1)
        return least, np.asarray(np.exp(ways1[group1] + ways0[events - group1] - ways[events]))

    least, likely = given(events1 + events0)
    bound = p_values(likely)[events1 - least] * _EQUAL
    extreme = np.empty(n1 + n0 + 1)
    for events in range(n1 + n0 + 1):
        _, likely = given(events)
        extreme[events] = likely[p_values(likely) <= bound].sum()
    return min(1.0, _largest(extreme, ways))


def _largest(extreme: Floats, ways: Floats) -> float:
    """Return the largest mean of ``extreme`` over a binomial number of events, whatever its probability.

    On the scale of arcsin(sqrt(p)) the mean is smooth over 1 / (2 sqrt(n)): a grid ten times finer meets every peak.
    """
    n = extreme.size - 1
    events = np.arange(n + 1)

    def mean(angle: float) -> float:
        log_p, log_q = 2 * np.log(np.sin(angle)), 2 * np.log(np.cos(angle))
        return float(extreme @ np.exp(ways + events * log_p + (n - events) * log_q))

    angles = np.linspace(0, pi / 2, ceil(10 * pi * sqrt(n)) + 20)
    found = np.array([extreme[0], *map(mean, angles[1:-1]), extreme[-1]])
    best = float(found.max())
    for peak in np.flatnonzero(found > 0.99 * best):
        if 0 < peak < angles.size - 1 and found[peak] >= max(found[peak - 1], found[peak + 1]):
            around = (angles[peak - 1], angles[peak + 1])
            refined = minimize_scalar(
                lambda angle: -mean(angle), bounds=around, method="bounded", options={"xatol": 1e-9}
            )
            best = max(best, -float(refined.fun))
    return best


def _no_fewer(likely: Floats) -> Floats:
    return np.cumsum(likely[::-1])[::-1]


def _no_more(likely: Floats) -> Floats:
    return np.cumsum(likely)


def _no_likelier(likely: Floats) -> Floats:
    ordered = np.sort(likely)
    return np.asarray(np.cumsum(ordered)[np.searchsorted(ordered, likely * _EQUAL, side="right") - 1])


def _log_choose(n: int) -> Floats:
    """Log binomial coefficients of n over 0, 1, ..., n."""
    k = np.arange(n + 1)
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
