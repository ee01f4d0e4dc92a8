"""Rates of events per person-time, and what separates those of two groups: difference and ratio."""

from math import exp, inf, isfinite, nan, sqrt

from scipy import optimize, stats

from lentap.stats.arguments import choice, normal_quantile, real, refuse
from lentap.stats.estimate import Estimate
from lentap.stats.proportions import proportion

RATE_METHODS = ("garwood", "byar", "score")
RATE_DIFFERENCE_METHODS = ("miettinen-nurminen", "wald")
RATE_RATIO_METHODS = ("miettinen-nurminen", "exact", "wald-log")

_LABELS = {
    "garwood": "Garwood exact Poisson",
    "byar": "Byar's approximation",
    "score": "Poisson score",
    "miettinen-nurminen": "Miettinen-Nurminen score",
    "wald": "Wald",
    "exact": "exact, conditional on all events",
    "wald-log": "Wald on the log scale",
}


def rate(events: int, person_time: float, *, level: float = 0.95, method: str = "garwood") -> Estimate:
    """Events per unit of person-time, taken as Poisson.

    ``garwood`` (1936) is exact, from quantiles of chi-squared, as R's poisson.test; ``byar`` Byar's approximation with
    events + 1/2, near the mid-P limits (Rothman 2002); ``score`` inverts Rao's score test, as Wilson's interval does.

    Parameters
    ----------
    events
        Number of events, 0 or more.
    person_time
        Time at risk of all persons together, above 0, in any unit; the rate is per that unit.

    Raises
    ------
    StatisticsError
        Events that are no whole number of 0 or more, a time of 0 or less, or ``method`` is not in ``RATE_METHODS``.
    """
    choice("method", method, RATE_METHODS)
    z = normal_quantile(level)
    events, person_time = _observed(events, person_time)
    if method == "garwood":
        tail = (1 - level) / 2
        low = float(stats.chi2.ppf(tail, 2 * events)) / 2 if events else 0.0
        high = float(stats.chi2.isf(tail, 2 * events + 2)) / 2
    elif method == "byar":
        low, high = (max(0.0, _byar(events + 0.5, side)) for side in (-z, z))
    else:
        centre, margin = events + z * z / 2, z * sqrt(events + z * z / 4)
        low, high = centre - margin if events else 0.0, centre + margin
    return Estimate(events / person_time, low / person_time, high / person_time, level, _LABELS[method])


def rate_difference(
    events1: int, time1: float, events0: int, time0: float, *, level: float = 0.95, method: str = "miettinen-nurminen"
) -> Estimate:
    """Difference of Poisson rates, group 1 minus group 0, per unit of person-time.

    ``miettinen-nurminen`` (1985) inverts the score test with the rates that are most likely under each difference, and
    is defined for groups without events; Liu et al. (2006) found its coverage best. ``wald`` is not estimable where
    neither group had an event.

    Raises
    ------
    StatisticsError
        As ``rate``; ``method`` is not in ``RATE_DIFFERENCE_METHODS``.
    """
    choice("method", method, RATE_DIFFERENCE_METHODS)
    z = normal_quantile(level)
    (events1, time1), (events0, time0) = _observed(events1, time1, "1"), _observed(events0, time0, "0")
    difference = events1 / time1 - events0 / time0
    if method == "wald":
        error = sqrt(events1 / time1**2 + events0 / time0**2)
        if not error:
            return Estimate(difference, nan, nan, level, f"{_LABELS[method]}; not estimable: no events")
        return Estimate(difference, difference - z * error, difference + z * error, level, _LABELS[method])

    def excess(trial: float) -> float:
        rate0 = _restricted(events1, time1, events0, time0, trial)
        variance = max(rate0 + trial, 0.0) / time1 + rate0 / time0
        return (difference - trial) ** 2 - z * z * variance

    if not events1 + events0:
        return Estimate(0.0, -z * z / time0, z * z / time1, level, _LABELS[method])
    # No limit lies further out: there the variance is at most (rate1 + step)/time1 + rate0/time0 < (step/z)^2.
    step = (z * z + z * sqrt(events1 + events0)) / min(time1, time0)
    low, high = (
        float(optimize.brentq(excess, difference, difference + side, xtol=step * 1e-14, rtol=1e-14))
        for side in (-step, step)
    )
    return Estimate(difference, low, high, level, _LABELS[method])


def rate_ratio(
    events1: int, time1: float, events0: int, time0: float, *, level: float = 0.95, method: str = "miettinen-nurminen"
) -> Estimate:
    """Ratio of Poisson rates, group 1 over group 0: 0 or infinite if one had no event, not-a-number if neither had.

    ``miettinen-nurminen`` (1985) is the score interval, in the closed form of Graham, Mengersen and Morton (2003);
    ``exact`` the interval of Clopper and Pearson for group 1's share of all events, as R's poisson.test; ``wald-log``
    the one of most textbooks, without bounds where a group had no event.

    Raises
    ------
    StatisticsError
        As ``rate``; ``method`` is not in ``RATE_RATIO_METHODS``.
    """
    choice("method", method, RATE_RATIO_METHODS)
    z = normal_quantile(level)
    (events1, time1), (events0, time0) = _observed(events1, time1, "1"), _observed(events0, time0, "0")
    total = events1 + events0
    if not total:
        return Estimate(nan, 0.0, inf, level, f"{_LABELS[method]}; not estimable: no events")
    odds = events1 / events0 if events0 else inf
    if method == "exact":
        share = proportion(events1, total, level=level, method="clopper-pearson")
        low, high = share.low / (1 - share.low), inf if share.high == 1 else share.high / (1 - share.high)
    elif method == "wald-log":
        margin = z * sqrt(1 / events1 + 1 / events0) if events1 and events0 else inf
        low, high = (odds * exp(-margin), odds * exp(margin)) if isfinite(margin) else (0.0, inf)
    else:
        linear = 2 * events1 * events0 + z * z * total
        root = linear + z * sqrt(total * (4 * events1 * events0 + z * z * total))
        low, high = 2 * events1**2 / root, root / (2 * events0**2) if events0 else inf
    scale = time0 / time1
    return Estimate(odds * scale, low * scale, high * scale, level, _LABELS[method])


def rate_test(events1: int, time1: float, events0: int, time0: float) -> float:
    """Two-sided exact p-value of equal rates: splits of all events no more likely than the one seen, as poisson.test.

    1 where neither group had an event.

    Raises
    ------
    StatisticsError
        As ``rate``.
    """
    (events1, time1), (events0, time0) = _observed(events1, time1, "1"), _observed(events0, time0, "0")
    if not events1 + events0:
        return 1.0
    return float(stats.binomtest(events1, events1 + events0, time1 / (time1 + time0)).pvalue)


def _observed(events: int, person_time: float, suffix: str = "") -> tuple[int, float]:
    """Return the events and the person-time, checked."""
    if not real(events).is_integer() or events < 0:
        refuse(f"events{suffix}", events, "a whole number of 0 or more")
    if not (isfinite(real(person_time)) and person_time > 0):
        refuse(f"time{suffix}" if suffix else "person_time", person_time, "a finite number above 0")
    return int(events), float(person_time)


def _byar(events: float, z: float) -> float:
    return float(events * (1 - 1 / (9 * events) + z / (3 * sqrt(events))) ** 3)


def _restricted(events1: int, time1: float, events0: int, time0: float, difference: float) -> float:
    """Most likely rate of group 0 where group 1's is higher by ``difference``: the positive root of a quadratic."""
    time = time1 + time0
    linear, constant = time * difference - events1 - events0, events0 * difference
    root = sqrt(max(0.0, linear**2 + 4 * time * constant))
    # Of two ways to write the root the one that does not cancel.
    rate0 = (root - linear) / (2 * time) if linear <= 0 else 2 * constant / (root + linear)
    return max(rate0, 0.0, -difference)
