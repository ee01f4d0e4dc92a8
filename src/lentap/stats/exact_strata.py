"""Exact inference on the odds ratio common to 2x2 tables, conditional on the margins of each; one table is Fisher's."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf, nan

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import gammaln, logsumexp

from lentap.stats.arguments import Floats, normal_quantile
from lentap.stats.estimate import Estimate
from lentap.stats.strata import Strata, strata

_EQUAL = 1e-7  # R's margin within which two outcomes count as equally likely


@dataclass(frozen=True)
class ExactOddsRatio(Estimate):
    """Conditional maximum likelihood odds ratio, its exact interval, and the two-sided exact ``p_value`` of ratio 1."""

    p_value: float


def exact_odds_ratio(
    events1: ArrayLike, n1: ArrayLike, events0: ArrayLike, n0: ArrayLike, *, level: float = 0.95
) -> ExactOddsRatio:
    """Odds ratio common to all strata, group 1 over group 0, with exact interval and test, as R's mantelhaen.test.

    The events of group 1 are summed over strata; given the margins of every table, their distribution depends on the
    odds ratio alone (Gart 1970; Mehta, Patel and Gray 1985). Each limit leaves (1 - level) / 2 in its tail; the p-value
    adds up all sums no more likely than the one seen, so that the two may disagree at the edge.

    Parameters
    ----------
    events1, n1, events0, n0
        Events and patients of group 1 and group 0, one whole number a stratum; a stratum without patients in one of
        the groups is left out. With one stratum this is fisher.test of R.

    Returns
    -------
    ExactOddsRatio
        0 or infinite where the sum is the least or most possible, with an unbounded limit on that side; where no other
        sum is possible the ratio is not-a-number and the p-value 1.

    Raises
    ------
    StatisticsError
        Counts that are not whole numbers with 0 <= events <= n, arrays of different lengths, or no stratum with
        patients of both groups.
    """
    normal_quantile(level)
    data = strata(events1, n1, events0, n0)
    least, log_weight = _distribution(data)
    total = float(data.events1.sum() - least)
    sums, tail = np.arange(log_weight.size, dtype=float), (1 - level) / 2
    likely = log_weight <= log_weight[int(total)] + np.log1p(_EQUAL)
    p_value = min(1.0, exp(logsumexp(log_weight[likely]) - logsumexp(log_weight)))
    method = "conditional maximum likelihood, exact interval"
    if log_weight.size == 1:
        return ExactOddsRatio(nan, 0.0, inf, level, f"{method}; not estimable: no stratum is mixed", 1.0)

    def tilted(log_ratio: float) -> Floats:
        scaled = log_weight + sums * log_ratio
        return np.asarray(np.exp(scaled - logsumexp(scaled)))

    first, last = total == 0, total == sums[-1]
    value = 0.0 if first else inf if last else _ratio(lambda log_ratio: float(tilted(log_ratio) @ sums) - total)
    low = 0.0 if first else _ratio(lambda log_ratio: float(tilted(log_ratio)[sums >= total].sum()) - tail)
    high = inf if last else _ratio(lambda log_ratio: tail - float(tilted(log_ratio)[sums <= total].sum()))
    return ExactOddsRatio(value, low, high, level, method, p_value)


def _distribution(data: Strata) -> tuple[int, Floats]:
    """Least sum of group 1's events that the margins allow, and the log weight of it and each larger one."""
    least, log_weight = 0, np.zeros(1)
    for n1, n0, events in zip(data.n1, data.n0, data.events, strict=True):
        lowest = int(max(0, events - n0))
        counts = np.arange(lowest, min(n1, events) + 1, dtype=float)
        least += lowest
        log_weight = _convolved(log_weight, _log_choose(n1, counts) + _log_choose(n0, events - counts))
    return least, log_weight


def _log_choose(n: float, k: Floats) -> Floats:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def _convolved(one: Floats, other: Floats) -> Floats:
    """Return logs of the convolution of two sequences given by their logs: far tails would underflow otherwise."""
    shorter, longer = sorted((one, other), key=len)
    result = np.full(one.size + other.size - 1, -inf)
    for shift, weight in enumerate(shorter):
        reached = slice(shift, shift + longer.size)
        result[reached] = np.logaddexp(result[reached], longer + weight)
    return result


def _ratio(rising: Callable[[float], float]) -> float:
    """Return the ratio at whose log a rising function is 0."""
    reach = 1.0
    while rising(-reach) > 0 or rising(reach) < 0:
        reach *= 2
    return exp(float(brentq(rising, -reach, reach, xtol=1e-14, rtol=1e-14, maxiter=500)))
