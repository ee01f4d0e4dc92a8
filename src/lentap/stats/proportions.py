"""Proportions of two groups and what separates them: difference, ratio and odds ratio with score intervals."""

from collections.abc import Callable
from math import acos, cos, exp, inf, isfinite, isnan, log, nan, pi, sqrt

import numpy as np
from scipy import stats

from lentap.stats.arguments import choice, counts, normal_quantile
from lentap.stats.estimate import Estimate

PROPORTION_METHODS = ("wilson", "clopper-pearson")
DIFFERENCE_METHODS = ("newcombe", "miettinen-nurminen")
RATIO_METHODS = ("miettinen-nurminen", "koopman")

_LABELS = {
    "wilson": "Wilson score",
    "clopper-pearson": "Clopper-Pearson exact",
    "newcombe": "Newcombe hybrid score",
    "miettinen-nurminen": "Miettinen-Nurminen score",
    "koopman": "Koopman score",
}


def proportion(events: int, n: int, *, level: float = 0.95, method: str = "wilson") -> Estimate:
    """Proportion of ``events`` among ``n`` with Wilson's (1927) or Clopper and Pearson's (1934) interval.

    Raises
    ------
    StatisticsError
        Counts are not whole numbers with 0 <= events <= n and n >= 1, or ``method`` is not in ``PROPORTION_METHODS``.
    """
    choice("method", method, PROPORTION_METHODS)
    z = normal_quantile(level)
    events, n = counts(events, n)
    low, high = _wilson(events, n, z) if method == "wilson" else _clopper_pearson(events, n, level)
    return Estimate(events / n, low, high, level, _LABELS[method])


def risk_difference(
    events1: int, n1: int, events0: int, n0: int, *, level: float = 0.95, method: str = "newcombe"
) -> Estimate:
    """Difference of proportions, group 1 minus group 0, between -1 and 1.

    ``newcombe`` is method 10 of Newcombe (1998), ``miettinen-nurminen`` the score interval of Miettinen and Nurminen
    (1985) with their factor N/(N - 1). Both are defined for empty and full cells.

    Raises
    ------
    StatisticsError
        Counts are not whole numbers with 0 <= events <= n and n >= 1, or ``method`` is not in ``DIFFERENCE_METHODS``.
    """
    choice("method", method, DIFFERENCE_METHODS)
    z = normal_quantile(level)
    (events1, n1), (events0, n0) = counts(events1, n1, "1"), counts(events0, n0, "0")
    p1, p0 = events1 / n1, events0 / n0
    if method == "newcombe":
        (low1, high1), (low0, high0) = _wilson(events1, n1, z), _wilson(events0, n0, z)
        low = p1 - p0 - sqrt((p1 - low1) ** 2 + (high0 - p0) ** 2)
        high = p1 - p0 + sqrt((high1 - p1) ** 2 + (p0 - low0) ** 2)
        return Estimate(p1 - p0, low, high, level, _LABELS[method])
    bound = z * z * _correction(n1 + n0)

    def accepted(difference: float) -> bool:
        q1, q0 = _restricted_to_difference(events1, n1, events0, n0, difference)
        return (p1 - p0 - difference) ** 2 < bound * (q1 * (1 - q1) / n1 + q0 * (1 - q0) / n0)

    low, high = _limits(accepted, p1 - p0, -1.0, 1.0)
    return Estimate(p1 - p0, low, high, level, _LABELS[method])


def risk_ratio(
    events1: int, n1: int, events0: int, n0: int, *, level: float = 0.95, method: str = "miettinen-nurminen"
) -> Estimate:
    """Ratio of proportions, group 1 over group 0: 0 or infinite with one empty cell, not-a-number with two.

    ``miettinen-nurminen`` is the score interval of Miettinen and Nurminen (1985); ``koopman`` (1984) is the same
    without their factor N/(N - 1). Where a group has no events, the limit on that side is 0 or infinite.

    Raises
    ------
    StatisticsError
        Counts are not whole numbers with 0 <= events <= n and n >= 1, or ``method`` is not in ``RATIO_METHODS``.
    """
    choice("method", method, RATIO_METHODS)
    z = normal_quantile(level)
    (events1, n1), (events0, n0) = counts(events1, n1, "1"), counts(events0, n0, "0")
    p1, p0 = events1 / n1, events0 / n0
    bound = z * z * (_correction(n1 + n0) if method == "miettinen-nurminen" else 1.0)

    def accepted(log_ratio: float) -> bool:
        ratio = exp(log_ratio)
        q0 = _smaller_root((n1 + n0) * ratio, ratio * (n1 + events0) + n0 + events1, events1 + events0)
        q1 = min(1.0, ratio * q0)
        return (p1 - ratio * p0) ** 2 < bound * (q1 * (1 - q1) / n1 + ratio**2 * q0 * (1 - q0) / n0)

    return _ratio(events1 * n0, events0 * n1, accepted, level, _LABELS[method])


def odds_ratio(events1: int, n1: int, events0: int, n0: int, *, level: float = 0.95) -> Estimate:
    """Odds ratio, group 1 over group 0, with the score interval of Miettinen and Nurminen (1985).

    0 or infinite with one empty or full cell, not-a-number where both groups are empty or both full; the limit on
    that side is then 0 or infinite.

    Raises
    ------
    StatisticsError
        Counts are not whole numbers with 0 <= events <= n and n >= 1.
    """
    z = normal_quantile(level)
    (events1, n1), (events0, n0) = counts(events1, n1, "1"), counts(events0, n0, "0")
    bound = z * z * _correction(n1 + n0)

    def accepted(log_ratio: float) -> bool:
        expected1, variance1, variance0 = _restricted_to_odds_ratio(n1, n0, events1 + events0, exp(log_ratio))
        return (events1 - expected1) ** 2 * (variance1 + variance0) < bound * variance1 * variance0

    for_one, against = events1 * (n0 - events0), events0 * (n1 - events1)
    return _ratio(for_one, against, accepted, level, _LABELS["miettinen-nurminen"])


def fisher_exact(events1: int, n1: int, events0: int, n0: int) -> float:
    """Two-sided p-value of Fisher's exact test: all tables no more likely than the one seen.

    Raises
    ------
    StatisticsError
        Counts are not whole numbers with 0 <= events <= n and n >= 1.
    """
    (events1, n1), (events0, n0) = counts(events1, n1, "1"), counts(events0, n0, "0")
    return float(stats.fisher_exact(np.array([[events1, n1 - events1], [events0, n0 - events0]])).pvalue)


def _wilson(events: int, n: int, z: float) -> tuple[float, float]:
    """Wilson (1927) limits, exactly 0 and 1 for empty and full cells."""
    centre = (events + z * z / 2) / (n + z * z)
    margin = z / (n + z * z) * sqrt(events * (n - events) / n + z * z / 4)
    return (0.0 if events == 0 else centre - margin), (1.0 if events == n else centre + margin)


def _clopper_pearson(events: int, n: int, level: float) -> tuple[float, float]:
    tail = (1 - level) / 2
    low = 0.0 if events == 0 else float(stats.beta.ppf(tail, events, n - events + 1))
    high = 1.0 if events == n else float(stats.beta.isf(tail, events + 1, n - events))
    return low, high


def _correction(n: int) -> float:
    """Miettinen and Nurminen's factor for the variance, which a binomial score lacks."""
    return n / (n - 1)


def _restricted_to_difference(events1: int, n1: int, events0: int, n0: int, difference: float) -> tuple[float, float]:
    """Maximum likelihood under p1 - p0 = difference: the cubic of Miettinen and Nurminen (1985), appendix I."""
    n, events = n1 + n0, events1 + events0
    quadratic = (n1 + 2 * n0) * difference - n - events
    linear = (n0 * difference - n - 2 * events0) * difference + events
    constant = events0 * difference * (1 - difference)
    shift = quadratic / (3 * n)
    q = shift**3 - quadratic * linear / (6 * n * n) + constant / (2 * n)
    p = sqrt(max(0.0, shift**2 - linear / (3 * n)))
    p = -p if q < 0 else p
    angle = (pi + acos(max(-1.0, min(1.0, q / p**3)))) / 3 if p**3 else pi / 2
    p0 = min(max(2 * p * cos(angle) - shift, 0.0, -difference), 1.0, 1 - difference)
    return min(max(p0 + difference, 0.0), 1.0), p0


def _restricted_to_odds_ratio(n1: int, n0: int, events: int, ratio: float) -> tuple[float, float, float]:
    """Maximum likelihood under a fixed odds ratio: events expected in group 1, and the variance in each group.

    Solved for the smallest of the four cells, by exchanging groups or outcomes, so that none is lost to rounding.
    """
    if ratio > 1:
        expected0, variance0, variance1 = _restricted_to_odds_ratio(n0, n1, events, 1 / ratio)
        return events - expected0, variance1, variance0
    if events > n0:
        spared0, variance0, variance1 = _restricted_to_odds_ratio(n0, n1, n1 + n0 - events, ratio)
        return events - n0 + spared0, variance1, variance0
    linear = n0 - events + ratio * (n1 + events)
    constant = ratio * n1 * events
    expected1 = 2 * constant / (linear + sqrt(linear**2 + 4 * (1 - ratio) * constant))
    variance0 = (events - expected1) * (n0 - events + expected1) / n0
    return expected1, expected1 * (n1 - expected1) / n1, variance0


def _smaller_root(a: float, b: float, c: float) -> float:
    """Smaller root of a x^2 - b x + c = 0 for non-negative a, b, c, without cancellation."""
    return 2 * c / (b + sqrt(max(0.0, b * b - 4 * a * c)))


def _ratio(above: int, below: int, accepted: Callable[[float], bool], level: float, method: str) -> Estimate:
    """Estimate above/below, the limits found on the log scale; an empty side leaves its limit at 0 or infinite."""
    value = nan if above == below == 0 else inf if below == 0 else above / below
    centre = log(value) if value and isfinite(value) else (-_FAR if below else _FAR)
    low, high = (0.0, inf) if isnan(value) else _limits(accepted, centre, -_FAR, _FAR)
    return Estimate(value, exp(low) if above else 0.0, exp(high) if below else inf, level, method)


_FAR = 60.0  # |log ratio| no finite limit reaches


def _limits(accepted: Callable[[float], bool], estimate: float, least: float, most: float) -> tuple[float, float]:
    """Limits of the accepted interval around ``estimate``, each by bisection to the last digit."""
    return _edge(accepted, estimate, least), _edge(accepted, estimate, most)


def _edge(accepted: Callable[[float], bool], inside: float, outside: float) -> float:
    if inside == outside:
        return outside
    for _ in range(100):
        middle = (inside + outside) / 2
        if middle in (inside, outside):
            break
        inside, outside = (middle, outside) if accepted(middle) else (inside, middle)
    return inside
