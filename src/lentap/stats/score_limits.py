"""What score intervals of two proportions share: restricted maximum likelihood, and the search for their limits."""

from collections.abc import Callable
from math import acos, cos, pi, sqrt


def correction(n: int) -> float:
    """Miettinen and Nurminen's factor for the variance, which a binomial score lacks."""
    return n / (n - 1)


def restricted_to_difference(events1: int, n1: int, events0: int, n0: int, difference: float) -> tuple[float, float]:
    """Maximum likelihood under p1 - p0 = difference: the cubic of Miettinen and Nurminen (1985), appendix I.

    Solved for the rarer outcome, and the root improved by Newton's method, as small proportions are lost to rounding.
    """
    n, events = n1 + n0, events1 + events0
    if 2 * events > n:
        p1, p0 = restricted_to_difference(n1 - events1, n1, n0 - events0, n0, -difference)
        return 1 - p1, 1 - p0
    quadratic = (n1 + 2 * n0) * difference - n - events
    linear = (n0 * difference - n - 2 * events0) * difference + events
    constant = events0 * difference * (1 - difference)
    shift = quadratic / (3 * n)
    q = shift**3 - quadratic * linear / (6 * n * n) + constant / (2 * n)
    p = sqrt(max(0.0, shift**2 - linear / (3 * n)))
    p = -p if q < 0 else p
    angle = (pi + acos(max(-1.0, min(1.0, q / p**3)))) / 3 if p**3 else pi / 2
    least, most = max(0.0, -difference), min(1.0, 1 - difference)
    p0 = min(max(2 * p * cos(angle) - shift, least), most)
    excess = ((n * p0 + quadratic) * p0 + linear) * p0 + constant
    for _ in range(4):
        slope = (3 * n * p0 + 2 * quadratic) * p0 + linear
        better = min(max(p0 - excess / slope, least), most) if slope else p0
        left = ((n * better + quadratic) * better + linear) * better + constant
        if abs(left) >= abs(excess):
            break
        p0, excess = better, left
    return min(max(p0 + difference, 0.0), 1.0), p0


def variance_under_difference(events1: int, n1: int, events0: int, n0: int, difference: float) -> float:
    """Variance of the difference of two proportions if it is ``difference``, with the factor N/(N - 1)."""
    p1, p0 = restricted_to_difference(events1, n1, events0, n0, difference)
    return (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0) * correction(n1 + n0)


def restricted_to_odds_ratio(n1: int, n0: int, events: int, ratio: float) -> tuple[float, float, float]:
    """Maximum likelihood under a fixed odds ratio: events expected in group 1, and the variance in each group.

    Solved for the smallest of the four cells, by exchanging groups or outcomes, so that none is lost to rounding.
    """
    if ratio > 1:
        expected0, variance0, variance1 = restricted_to_odds_ratio(n0, n1, events, 1 / ratio)
        return events - expected0, variance1, variance0
    if events > n0:
        spared0, variance0, variance1 = restricted_to_odds_ratio(n0, n1, n1 + n0 - events, ratio)
        return events - n0 + spared0, variance1, variance0
    linear = n0 - events + ratio * (n1 + events)
    constant = ratio * n1 * events
    expected1 = 2 * constant / (linear + sqrt(linear**2 + 4 * (1 - ratio) * constant))
    variance0 = (events - expected1) * (n0 - events + expected1) / n0
    return expected1, expected1 * (n1 - expected1) / n1, variance0


def smaller_root(a: float, b: float, c: float) -> float:
    """Smaller root of a x^2 - b x + c = 0 for non-negative a, b, c, without cancellation."""
    return 2 * c / (b + sqrt(max(0.0, b * b - 4 * a * c)))


def limits(accepted: Callable[[float], bool], estimate: float, least: float, most: float) -> tuple[float, float]:
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
