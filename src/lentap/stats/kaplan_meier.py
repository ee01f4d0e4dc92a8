"""Kaplan-Meier curves: survival and its interval at every time, quantiles, counts, and length of follow-up.

Own code, because lifelines' medians at a flat 0.5 differ from R's, its intervals are log-log only, and it is slower.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lentap.stats.arguments import Bools, Floats, Integers, choice, floats, normal_quantile, numbers, real, refuse
from lentap.stats.estimate import Estimate
from lentap.stats.risk_sets import follow_up

CURVE_INTERVALS = ("log", "log-log", "plain", "arcsine")
CURVE_VARIANCES = ("greenwood", "robust")

_FLAT = float(np.sqrt(np.finfo(float).eps))  # R's tolerance for a curve that lies on a level


@dataclass(frozen=True, eq=False)
class KaplanMeier:
    """A Kaplan-Meier curve: one row per distinct time, starting at time 0.

    ``survival``, its ``standard_error`` and its limits ``low`` and ``high`` hold from that time on, ``at_risk`` counts
    the subjects under observation just before it, ``events`` and ``censored`` those who had the event or left at it
    (subjects, also where the curve is weighted). Limits and standard error are not-a-number once the curve has
    reached 0.
    """

    time: Floats
    survival: Floats
    standard_error: Floats
    low: Floats
    high: Floats
    at_risk: Integers
    events: Integers
    censored: Integers
    n: int
    level: float
    interval: str
    method: str

    def at(self, times: ArrayLike) -> Floats:
        """Survival at ``times``: not-a-number beyond the last follow-up, unless the curve has reached 0."""
        return self._step(self.survival, times)

    def estimate_at(self, time: float) -> Estimate:
        """Survival at one time with its interval; without one where nobody has had the event yet."""
        value, low, high = (float(self._step(curve, [time])[0]) for curve in (self.survival, self.low, self.high))
        if value == 1:
            return Estimate(value, np.nan, np.nan, self.level, f"{self.method}; not estimable: no event yet")
        return Estimate(value, low, high, self.level, self.method)

    def rates(self, times: ArrayLike) -> pd.DataFrame:
        """Survival at each of ``times`` in a row: time, survival, standard_error, low, high, at_risk, events, censored.

        ``at_risk`` counts subjects just before that time, ``events`` and ``censored`` up to and including it.
        """
        steps = {name: self._step(getattr(self, name), times) for name in ("survival", "standard_error", "low", "high")}
        counts = {"at_risk": self.at_risk_at, "events": self.events_by, "censored": self.censored_by}
        return pd.DataFrame({"time": times, **steps, **{name: count(times) for name, count in counts.items()}})

    def at_risk_at(self, times: ArrayLike) -> Integers:
        """Subjects under observation just before each of ``times``, as R counts them."""
        return np.append(self.at_risk, 0)[np.searchsorted(self.time, floats("times", times, "numbers"))]

    def events_by(self, times: ArrayLike) -> Integers:
        """Subjects with the event up to and including each of ``times``."""
        return self._total(self.events, times)

    def censored_by(self, times: ArrayLike) -> Integers:
        """Subjects censored up to and including each of ``times``."""
        return self._total(self.censored, times)

    def quantile(self, p: float) -> Estimate:
        """Time by which a proportion ``p`` has had the event, its limits read off the limits of the curve.

        Brookmeyer and Crowley (1982); a curve that is flat at 1 - p gives the middle of the flat, as in R's survfit.
        A limit of the curve that turns up again counts from its first crossing (R may take a later one). Not-a-number
        where the curve, or a limit, does not come down to 1 - p.
        """
        if not 0 < real(p) < 1:
            refuse("p", p, "a number strictly between 0 and 1")
        value, low, high = (self._crossing(curve, 1 - p) for curve in (self.survival, self.low, self.high))
        return Estimate(value, low, high, self.level, self.method)

    @cached_property
    def median(self) -> Estimate:
        """Median time to the event; not-a-number where the curve stays above one half."""
        return self.quantile(0.5)

    def _step(self, curve: Floats, times: ArrayLike) -> Floats:
        times = floats("times", times, "times of 0 or later")
        if not (times >= 0).all():
            refuse("times", times[~(times >= 0)][0].item(), "times of 0 or later")
        values = curve[np.searchsorted(self.time, times, side="right") - 1]
        known = (times <= self.time[-1]) | (self.survival[-1] == 0)
        return np.where(known, values, np.nan)

    def _total(self, count: Integers, times: ArrayLike) -> Integers:
        position = np.searchsorted(self.time, floats("times", times, "numbers"), side="right")
        return np.insert(np.cumsum(count), 0, 0)[position]

    def _crossing(self, curve: Floats, level: float) -> float:
        reached, below = np.flatnonzero(curve <= level + _FLAT), np.flatnonzero(curve < level - _FLAT)
        if not reached.size:
            return float("nan")
        return float(self.time[reached[0]] + self.time[below[0] if below.size else -1]) / 2


def kaplan_meier(
    time: ArrayLike,
    event: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    variance: str | None = None,
    level: float = 0.95,
    interval: str = "log",
) -> KaplanMeier:
    """Kaplan-Meier curve of ``n`` subjects.

    Parameters
    ----------
    time
        Follow-up of each subject, 0 or more, in any unit.
    event
        True or 1 where the follow-up ended with the event, false or 0 where it was censored.
    weights
        Weight of each subject, such as the inverse of its propensity; subjects of weight 0 are left out.
    variance
        One of ``CURVE_VARIANCES``. ``greenwood`` (1926) takes weights for numbers of like subjects; ``robust``, the
        default with weights, is the infinitesimal jackknife, the same whatever the sum of the weights. Both as R's
        survfit with robust=FALSE and TRUE; without weights they are one. Weights are taken as known.
    level
        Coverage of the pointwise interval.
    interval
        Scale of the interval, one of ``CURVE_INTERVALS``; "log" is the default of R's survfit, "log-log" of SAS and
        lifelines.

    Raises
    ------
    StatisticsError
        No subjects, a negative, missing or infinite time, an event other than 0 or 1, weights that are negative or
        all 0, or an unknown interval or variance.
    """
    choice("interval", interval, CURVE_INTERVALS)
    z = normal_quantile(level)
    time, event = follow_up(time, event)
    if weights is None:
        choice("variance", "greenwood" if variance is None else variance, CURVE_VARIANCES)
        times, at_risk, events, censored = _counts(time, event)
        survival, log_variance = product_limit(at_risk, events)
        method = f"Kaplan-Meier, {interval} interval"
    else:
        variance = choice("variance", "robust" if variance is None else variance, CURVE_VARIANCES)
        time, event, weight = _weighted(time, event, weights)
        times, at_risk, events, censored = _counts(time, event)
        survival, log_variance = _weighted_product_limit(times, time, event, weight, variance)
        method = f"weighted Kaplan-Meier, {variance} variance, {interval} interval"
    log_error = np.sqrt(log_variance)
    low, high = curve_limits(survival, log_error, z, interval)
    with np.errstate(invalid="ignore"):
        error = survival * log_error
    return KaplanMeier(times, survival, error, low, high, at_risk, events, censored, time.size, level, interval, method)


def potential_follow_up(
    time: ArrayLike, event: ArrayLike, *, level: float = 0.95, interval: str = "log"
) -> KaplanMeier:
    """Curve of the time subjects were, or would have been, followed; its median is the median follow-up.

    Kaplan-Meier with event and censoring exchanged (Schemper and Smith 1996), so ``events`` counts the censored. Those
    who have the event when others are censored are at risk with them, as in R's survfit and SAS.

    Parameters
    ----------
    time, event, level, interval
        As in ``kaplan_meier``.

    Raises
    ------
    StatisticsError
        As ``kaplan_meier``.
    """
    time, event = follow_up(time, event)
    curve = kaplan_meier(time, ~event, level=level, interval=interval)
    return replace(curve, method=f"reverse {curve.method}")


def _counts(time: Floats, event: Bools) -> tuple[Floats, Integers, Integers, Integers]:
    """Return the distinct times from 0 on, with subjects at risk, events and censored; sorting is all the work."""
    ordered = np.sort(time)
    first = np.flatnonzero(np.diff(ordered, prepend=-1.0))
    times, at_risk = ordered[first], (time.size - first).astype(np.intp)
    if times[0] > 0:
        times, at_risk = np.insert(times, 0, 0.0), np.insert(at_risk, 0, time.size)
    events = np.diff(np.searchsorted(np.sort(time[event]), times, side="right"), prepend=0).astype(np.intp)
    return times, at_risk, events, -np.diff(at_risk, append=0) - events


def product_limit(at_risk: Integers | Floats, events: Integers | Floats) -> tuple[Floats, Floats]:
    """Return survival and Greenwood's variance of its logarithm, infinite once survival is 0."""
    survival: Floats = np.cumprod(1 - events / np.maximum(at_risk, 1e-300), dtype=float)
    with np.errstate(divide="ignore"):
        steps = np.where(events > 0, events / (at_risk * (at_risk - events).astype(float)), 0.0)
    return survival, np.cumsum(steps)


def _weighted(time: Floats, event: Bools, weights: ArrayLike) -> tuple[Floats, Bools, Floats]:
    legal = "0 or numbers from 1e-100 to 1e100, one at least above 0"
    weight = numbers("weights", weights, legal)
    if weight.size != time.size:
        refuse("weights", f"array of {weight.size}", f"as long as the other arguments ({time.size})")
    counted = weight > 0
    if (weight < 0).any() or not counted.any() or weight[counted].min() < 1e-100:
        refuse("weights", (weight if weight.min() < 0 or not counted.any() else weight[counted]).min().item(), legal)
    return time[counted], event[counted], weight[counted]


def _weighted_product_limit(
    times: Floats, time: Floats, event: Bools, weight: Floats, variance: str
) -> tuple[Floats, Floats]:
    position = np.searchsorted(times, time)
    events = np.bincount(position[event], weight[event], times.size)
    left = np.bincount(position, weight, times.size)
    at_risk = np.cumsum(left[::-1])[::-1]  # from the end, so that the last risk set equals its events exactly
    survival, greenwood = product_limit(at_risk, events)
    if variance == "greenwood":
        return survival, greenwood
    # A subject moves log survival by weight * (greenwood(t) - event / (at risk - events)), frozen when it leaves.
    finite = survival > 0
    total = np.where(finite, greenwood, 0.0)
    staying = np.where(finite, at_risk - events, 1.0)
    frozen = weight * (total[position] - event / staying[position])
    gone = np.cumsum(np.bincount(position, frozen**2, times.size))
    squares = np.bincount(position, weight**2, times.size)
    still = np.cumsum(squares[::-1])[::-1] - squares
    return survival, np.where(finite, gone + total**2 * still, np.inf)


def curve_limits(survival: Floats, error: Floats, z: float, interval: str) -> tuple[Floats, Floats]:
    """Pointwise limits; ``error`` is that of log survival. [1, 1] before the first event, not-a-number at 0."""
    inner = (survival > 0) & (survival < 1)
    s, margin = survival[inner], z * error[inner]
    match interval:
        case "log":
            limits = s * np.exp(-margin), s * np.exp(margin)
        case "log-log":
            limits = s ** np.exp(-margin / np.log(s)), s ** np.exp(margin / np.log(s))
        case "plain":
            limits = s - s * margin, s + s * margin
        case _:
            angle, half = np.arcsin(np.sqrt(s)), margin * np.sqrt(s / (1 - s)) / 2
            limits = np.sin(np.maximum(angle - half, 0)) ** 2, np.sin(np.minimum(angle + half, np.pi / 2)) ** 2
    low, high = (np.where(survival == 1, 1.0, np.nan) for _ in limits)
    low[inner], high[inner] = np.clip(limits, 0.0, 1.0)
    return low, high
