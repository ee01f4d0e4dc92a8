"""Size and power of a trial whose information is its number of events, and when those events come."""

from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import exprel, gammainc
from scipy.stats import norm

from lentap.stats.arguments import Floats, floats, real, refuse
from lentap.stats.hazards import PiecewiseHazard
from lentap.stats.sample_size import SampleSize, checked_power, on_side, one_sided_level, positive


@dataclass(frozen=True)
class SurvivalSampleSize(SampleSize):
    """Patients, not rounded, the ``events`` they are to yield, and each arm's probability of an event by the cut."""

    events: float
    event_probability1: float
    event_probability0: float


def required_events(
    hazard_ratio: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    ratio: float = 1.0,
) -> float:
    """Events, not rounded, with which the log-rank test detects ``hazard_ratio`` (Schoenfeld 1981).

    Parameters
    ----------
    hazard_ratio
        Treated over control, above 0 and not 1.
    power
        Probability of rejecting in the right direction, above ``alpha``.
    alpha, alternative
        Level, and its sides: "less" is a hazard ratio below 1, "greater" above 1.
    ratio
        Treated patients per control patient.

    Raises
    ------
    StatisticsError
        A number outside what is said above, or a hazard ratio on the side that the alternative excludes.
    """
    z = norm.isf(one_sided_level(alpha, alternative)) + norm.isf(1 - checked_power(power, alpha))
    positive("hazard_ratio", hazard_ratio)
    if not on_side(log(hazard_ratio), alternative):
        refuse("hazard_ratio", hazard_ratio, f"a number other than 1, on the side of the alternative ({alternative})")
    return float(z**2 * (1 + positive("ratio", ratio)) ** 2 / (ratio * log(hazard_ratio) ** 2))


def log_rank_power(
    hazard_ratio: ArrayLike,
    events: ArrayLike,
    *,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    ratio: float = 1.0,
) -> Floats:
    """Power of the log-rank test at ``hazard_ratio`` with ``events``, which broadcast (Schoenfeld 1981).

    "two-sided" counts rejections in either direction. Otherwise as ``required_events``.

    Raises
    ------
    StatisticsError
        A hazard ratio, number of events or ratio that is not above 0, an illegal level or an unknown alternative.
    """
    critical = norm.isf(one_sided_level(alpha, alternative))
    ratios, counted = _positive("hazard_ratio", hazard_ratio), _positive("events", events)
    drift = np.log(ratios) * np.sqrt(counted * positive("ratio", ratio)) / (1 + ratio)
    match alternative:
        case "greater":
            power = norm.cdf(drift - critical)
        case "less":
            power = norm.cdf(-drift - critical)
        case _:
            power = norm.cdf(drift - critical) + norm.cdf(-drift - critical)
    return np.asarray(power, dtype=float)


def detectable_hazard_ratio(
    events: float, *, power: float = 0.8, alpha: float = 0.05, alternative: str = "two-sided", ratio: float = 1.0
) -> float:
    """Hazard ratio nearest to 1 that the log-rank test detects with ``events``: above 1 for "greater", else below.

    Raises
    ------
    StatisticsError
        As ``required_events``; ``events`` is not above 0.
    """
    z = norm.isf(one_sided_level(alpha, alternative)) + norm.isf(1 - checked_power(power, alpha))
    distance = float(z) * (1 + positive("ratio", ratio)) / sqrt(ratio * positive("events", events))
    return exp(distance if alternative == "greater" else -distance)


def event_probability(hazard: PiecewiseHazard, *, accrual: float, follow_up: float, dropout: float = 0.0) -> float:
    """Probability that a patient has the event before the cut of the data (Lachin and Foulkes 1986).

    Parameters
    ----------
    hazard
        Of the event.
    accrual
        Time over which patients enter, uniformly; 0 or more.
    follow_up
        Time from the last entry to the cut, 0 or more; not 0 together with ``accrual``.
    dropout
        Constant hazard of leaving the trial, 0 or more.

    Raises
    ------
    StatisticsError
        A number is outside what is said above.
    """
    for name, number in (("accrual", accrual), ("follow_up", follow_up), ("dropout", dropout)):
        if not 0 <= real(number) < np.inf:
            refuse(name, number, "a finite number of 0 or more")
    cut = accrual + follow_up
    positive("accrual + follow_up", cut)
    start = np.unique([time for time in (*hazard.starts, follow_up) if time < cut])
    rate = np.asarray(hazard.rates, dtype=float)[np.searchsorted(hazard.starts, start, side="right") - 1]
    width = np.diff(start, append=cut)
    # Between two starts: rate * exp(-leaving * t) times the share still followed at t, which falls linearly in accrual.
    leaving = rate + dropout
    staying = np.exp(-hazard.cumulative(start) - dropout * start)
    followed = np.minimum(1, (cut - start) / accrual) if accrual else np.ones(start.size)
    falling = np.where(start >= follow_up, 1 / accrual if accrual else 0, 0)
    level = width * exprel(-leaving * width)
    slope = np.divide(gammainc(2, leaving * width), leaving**2, out=np.zeros(start.size), where=leaving > 0)
    return float((rate * staying * (followed * level - falling * slope)).sum())


def survival_sample_size(
    hazard_ratio: float,
    hazard0: PiecewiseHazard,
    *,
    accrual: float,
    follow_up: float,
    dropout: float = 0.0,
    power: float = 0.8,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    ratio: float = 1.0,
) -> SurvivalSampleSize:
    """Patients who yield, by the cut of the data, the events that Schoenfeld's (1981) formula asks for.

    ``hazard0`` is the control's, that of the treated is ``hazard_ratio`` times it. Otherwise as ``required_events``
    and ``event_probability``.

    Raises
    ------
    StatisticsError
        As those two.
    """
    events = required_events(hazard_ratio, power=power, alpha=alpha, alternative=alternative, ratio=ratio)
    treated, control = (
        event_probability(hazard, accrual=accrual, follow_up=follow_up, dropout=dropout)
        for hazard in (hazard0.times(hazard_ratio), hazard0)
    )
    n0 = events / (ratio * treated + control)
    return SurvivalSampleSize(ratio * n0, n0, "Schoenfeld, uniform accrual", events, treated, control)


def _positive(argument: str, values: ArrayLike) -> Floats:
    array = floats(argument, values, "finite numbers above 0")
    if not ((array > 0) & (array < np.inf)).all():
        refuse(argument, array[~((array > 0) & (array < np.inf))].flat[0].item(), "finite numbers above 0")
    return array
