"""Proportions of two groups and what separates them: difference, ratio and odds ratio with score intervals."""

from collections.abc import Callable
from math import exp, inf, isfinite, isnan, log, nan, sqrt

import numpy as np
from scipy import stats

from lentap.stats.arguments import choice, counts, normal_quantile
from lentap.stats.estimate import Estimate
from lentap.stats.proportion_limits import (
    blaker,
    clopper_pearson,
    jeffreys,
    mid_p,
    wald,
    wilson,
    wilson_continuity,
)
from lentap.stats.score_limits import (
    correction,
    limits,
    restricted_to_odds_ratio,
    smaller_root,
    variance_under_difference,
)

_PROPORTION = {
    "wilson": wilson,
    "wilson-continuity": wilson_continuity,
    "clopper-pearson": clopper_pearson,
    "jeffreys": jeffreys,
    "mid-p": mid_p,
    "blaker": blaker,
    "wald": wald,
}
PROPORTION_METHODS = tuple(_PROPORTION)
DIFFERENCE_METHODS = ("newcombe", "miettinen-nurminen", "agresti-caffo", "wald")
RATIO_METHODS = ("miettinen-nurminen", "koopman")

_LABELS = {
    "wilson": "Wilson score",
    "wilson-continuity": "Wilson score with continuity correction",
    "clopper-pearson": "Clopper-Pearson exact",
    "jeffreys": "Jeffreys",
    "mid-p": "mid-P exact",
    "blaker": "Blaker exact",
    "wald": "Wald",
    "newcombe": "Newcombe hybrid score",
    "miettinen-nurminen": "Miettinen-Nurminen score",
    "agresti-caffo": "Agresti-Caffo",
    "koopman": "Koopman score",
}
_NO_WIDTH = "; of no width, for lack of variance in empty and full cells"


def proportion(events: int, n: int, *, level: float = 0.95, method: str = "wilson") -> Estimate:
    """Proportion of ``events`` among ``n`` with one of the intervals of ``PROPORTION_METHODS``.

    ``wilson`` (1927) is the score interval, ``wilson-continuity`` the same with a continuity correction (Newcombe 1998,
    method 4), ``clopper-pearson`` (1934) exact and conservative, ``blaker`` (2000) exact and never wider, ``mid-p``
    exact tails with half the probability of what was seen (Newcombe 1998, method 6), ``jeffreys`` equal-tailed under a
    Beta(1/2, 1/2) prior with 0 for no and 1 for all events (Brown, Cai and DasGupta 2001). ``wald`` is there because
    readers meet it, not to be used: it covers less than it says, and has no width for empty and full cells.

    Raises
    ------
    StatisticsError
        Counts are not whole numbers with 0 <= events <= n and n >= 1, or ``method`` is not in ``PROPORTION_METHODS``.
    """
    choice("method", method, PROPORTION_METHODS)
    normal_quantile(level)
    events, n = counts(events, n)
    low, high = _PROPORTION[method](events, n, level)
    return Estimate(events / n, low, high, level, _LABELS[method] + (_NO_WIDTH if low == high else ""))


def risk_difference(
    events1: int, n1: int, events0: int, n0: int, *, level: float = 0.95, method: str = "newcombe"
) -> Estimate:
    """Difference of proportions, group 1 minus group 0, between -1 and 1.

    ``newcombe`` is method 10 of Newcombe (1998), ``miettinen-nurminen`` the score interval of Miettinen and Nurminen
    (1985) with their factor N/(N - 1), ``agresti-caffo`` (2000) adds an event and a patient without it to each group
    (it is centred on the difference after that: below 95% and with a handful of patients it may not hold the one
    seen). ``wald`` is there because readers meet it, not to be used: it has no width where both groups are empty or
    full. Limits beyond -1 and 1 are cut there.

    Raises
    ------
    StatisticsError
        Counts are not whole numbers with 0 <= events <= n and n >= 1, or ``method`` is not in ``DIFFERENCE_METHODS``.
    """
    choice("method", method, DIFFERENCE_METHODS)
    z = normal_quantile(level)
    (events1, n1), (events0, n0) = counts(events1, n1, "1"), counts(events0, n0, "0")
    p1, p0 = events1 / n1, events0 / n0
    match method:
        case "newcombe":
            (low1, high1), (low0, high0) = wilson(events1, n1, level), wilson(events0, n0, level)
            low = p1 - p0 - sqrt((p1 - low1) ** 2 + (high0 - p0) ** 2)
            high = p1 - p0 + sqrt((high1 - p1) ** 2 + (p0 - low0) ** 2)
        case "miettinen-nurminen":
            low, high = _score_difference(events1, n1, events0, n0, z)
        case "agresti-caffo":
            low, high = _around((events1 + 1) / (n1 + 2), n1 + 2, (events0 + 1) / (n0 + 2), n0 + 2, z)
        case _:
            low, high = _around(p1, n1, p0, n0, z)
    return Estimate(p1 - p0, low, high, level, _LABELS[method] + (_NO_WIDTH if low == high else ""))


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
    bound = z * z * (correction(n1 + n0) if method == "miettinen-nurminen" else 1.0)

    def accepted(log_ratio: float) -> bool:
        ratio = exp(log_ratio)
        q0 = smaller_root((n1 + n0) * ratio, ratio * (n1 + events0) + n0 + events1, events1 + events0)
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
    bound = z * z * correction(n1 + n0)

    def accepted(log_ratio: float) -> bool:
        expected1, variance1, variance0 = restricted_to_odds_ratio(n1, n0, events1 + events0, exp(log_ratio))
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


def _score_difference(events1: int, n1: int, events0: int, n0: int, z: float) -> tuple[float, float]:
    """Differences that Miettinen and Nurminen's score test does not reject."""
    seen = events1 / n1 - events0 / n0

    def accepted(difference: float) -> bool:
        return (seen - difference) ** 2 < z * z * variance_under_difference(events1, n1, events0, n0, difference)

    return limits(accepted, seen, -1.0, 1.0)


def _around(p1: float, n1: int, p0: float, n0: int, z: float) -> tuple[float, float]:
    """Difference plus and minus its standard error, within -1 and 1."""
    margin = z * sqrt(p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0)
    return max(p1 - p0 - margin, -1.0), min(p1 - p0 + margin, 1.0)


def _ratio(above: int, below: int, accepted: Callable[[float], bool], level: float, method: str) -> Estimate:
    """Estimate above/below, the limits found on the log scale; an empty side leaves its limit at 0 or infinite."""
    value = nan if above == below == 0 else inf if below == 0 else above / below
    centre = log(value) if value and isfinite(value) else (-_FAR if below else _FAR)
    low, high = (0.0, inf) if isnan(value) else limits(accepted, centre, -_FAR, _FAR)
    return Estimate(value, exp(low) if above else 0.0, exp(high) if below else inf, level, method)


_FAR = 60.0  # |log ratio| no finite limit reaches
