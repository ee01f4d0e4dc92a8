"""Confidence limits of one proportion: each function takes events, patients and level, and returns both limits."""

from math import sqrt

from scipy.optimize import brentq
from scipy.special import betainc
from scipy.stats import beta

from lentap.stats.arguments import normal_quantile

Limits = tuple[float, float]

_TINY = 1e-300  # no absolute error is allowed beside the relative one: limits may be small


def wilson(events: int, n: int, level: float) -> Limits:
    """Wilson (1927): the score interval, exactly 0 and 1 for empty and full cells."""
    return wilson_at(events, n, normal_quantile(level))


def wilson_at(events: float, n: float, z: float) -> Limits:
    """Wilson's limits at a normal quantile."""
    centre = (events + z * z / 2) / (n + z * z)
    margin = z / (n + z * z) * sqrt(events * (n - events) / n + z * z / 4)
    return (0.0 if events == 0 else centre - margin), (1.0 if events == n else centre + margin)


def wilson_continuity(events: int, n: int, level: float) -> Limits:
    """Wilson's interval with continuity correction: method 4 of Newcombe (1998)."""
    z, p = normal_quantile(level), events / n
    centre, scale = 2 * events + z * z, 2 * (n + z * z)
    low = (centre - 1 - z * sqrt(z * z - 2 - 1 / n + 4 * p * (n - events + 1))) / scale if events else 0.0
    high = (centre + 1 + z * sqrt(z * z + 2 - 1 / n + 4 * p * (n - events - 1))) / scale if events < n else 1.0
    return max(low, 0.0), min(high, 1.0)


def clopper_pearson(events: int, n: int, level: float) -> Limits:
    """Clopper and Pearson (1934): exact, each tail at most (1 - level) / 2."""
    tail = (1 - level) / 2
    low = 0.0 if events == 0 else float(beta.ppf(tail, events, n - events + 1))
    high = 1.0 if events == n else float(beta.isf(tail, events + 1, n - events))
    return low, high


def jeffreys(events: int, n: int, level: float) -> Limits:
    """Equal-tailed interval under Jeffreys' prior, with 0 for no and 1 for all events (Brown, Cai, DasGupta 2001)."""
    tail = (1 - level) / 2
    low = 0.0 if events == 0 else float(beta.ppf(tail, events + 0.5, n - events + 0.5))
    high = 1.0 if events == n else float(beta.isf(tail, events + 0.5, n - events + 0.5))
    return low, high


def mid_p(events: int, n: int, level: float) -> Limits:
    """Clopper and Pearson's tails with half the probability of what was seen: method 6 of Newcombe (1998)."""
    return _mid_p_low(events, n, level), 1 - _mid_p_low(n - events, n, level)


def blaker(events: int, n: int, level: float) -> Limits:
    """Blaker (2000): exact and within Clopper and Pearson's; of a set that has gaps, the least and largest rate."""
    return _blaker_low(events, n, level), 1 - _blaker_low(n - events, n, level)


def wald(events: int, n: int, level: float) -> Limits:
    """Estimate plus and minus its standard error: too short, and of no width for empty and full cells."""
    p = events / n
    margin = normal_quantile(level) * sqrt(p * (1 - p) / n)
    return max(p - margin, 0.0), min(p + margin, 1.0)


def _mid_p_low(events: int, n: int, level: float) -> float:
    if events == 0:
        return 0.0
    return float(
        brentq(
            lambda p: _at_least(events, n, p) + _at_least(events + 1, n, p) - (1 - level),
            0.0,
            1.0,
            xtol=_TINY,
            maxiter=500,
        )
    )


def _blaker_low(events: int, n: int, level: float) -> float:
    """Return the least rate p at which P(X >= events), plus the largest other tail no likelier, exceeds 1 - level.

    That tail, P(X <= k), grows by a jump where the rate passes the point at which P(X <= k + 1) = P(X >= events).
    Between jumps the sum falls and then rises, so that it reaches 1 - level at a jump, or once on the way to the next.
    """
    if events == 0:
        return 0.0
    alpha = 1 - level
    start = float(beta.ppf(alpha / 2, events, n - events + 1))
    k = _last_no_likelier(events, n, start)
    while k < events - 1:
        if _at_least(events, n, start) + _at_most(k, n, start) >= alpha:
            return start
        jump = _crossing(events, k + 1, n, start)
        if _at_least(events, n, jump) + _at_most(k, n, jump) >= alpha:
            return _reached(events, k, n, alpha, start, jump)
        start, k = jump, k + 1
    return start


def _last_no_likelier(events: int, n: int, p: float) -> int:
    """Return the largest k below ``events`` with P(X <= k) <= P(X >= events), -1 if there is none: by bisection."""
    tail, below, above = _at_least(events, n, p), -1, events
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (middle, above) if _at_most(middle, n, p) <= tail else (below, middle)
    return below


def _crossing(events: int, k: int, n: int, start: float) -> float:
    """Return the rate from ``start`` on at which P(X <= k) has fallen to P(X >= events)."""
    return float(brentq(lambda p: _at_most(k, n, p) - _at_least(events, n, p), start, 1.0, xtol=_TINY, maxiter=500))


def _reached(events: int, k: int, n: int, alpha: float, start: float, jump: float) -> float:
    """Return the rate between two jumps at which the sum of both tails reaches alpha."""
    return float(
        brentq(lambda p: _at_least(events, n, p) + _at_most(k, n, p) - alpha, start, jump, xtol=_TINY, maxiter=500)
    )


def _at_least(events: int, n: int, p: float) -> float:
    return 0.0 if events > n else float(betainc(events, n - events + 1, p))


def _at_most(events: int, n: int, p: float) -> float:
    return 0.0 if events < 0 else float(betainc(n - events, events + 1, 1 - p))
