"""E-values: how strong unmeasured confounding would have to be to explain an effect away."""

from dataclasses import dataclass
from math import exp, inf, isnan, log, nan, sqrt

import numpy as np

from lentap.stats.arguments import choice, real, refuse
from lentap.stats.estimate import Estimate
from lentap.stats.proportions import risk_ratio

MEASURES = ("risk-ratio", "odds-ratio", "hazard-ratio")


@dataclass(frozen=True)
class EValue:
    """E-value of an estimate and of its limit nearer the null, both 1 or more.

    A confounder needs risk ratios of at least ``value`` with both treatment and outcome to move the estimate to
    ``null``, and of at least ``limit`` to move the interval there: 1 where it holds the null already. ``risk_ratio``
    is the estimate as a risk ratio, with its limits.
    """

    value: float
    limit: float
    risk_ratio: Estimate
    null: float
    method: str


def e_value(estimate: Estimate, *, measure: str = "risk-ratio", rare: bool | None = None, null: float = 1.0) -> EValue:
    """E-value of a ratio (VanderWeele and Ding 2017).

    Of an outcome that is not rare (more than 15% at the end of follow-up) an odds ratio becomes its square root, a
    hazard ratio (1 - 0.5^sqrt(HR)) / (1 - 0.5^sqrt(1/HR)); of a rare outcome both are taken for risk ratios.

    Parameters
    ----------
    estimate
        Ratio above 0 with its interval; limits may be not-a-number.
    measure
        One of ``MEASURES``.
    rare
        Whether the outcome is rare; to be said for odds and hazard ratios.
    null
        Ratio, on the scale of ``measure``, that the confounder has to move the estimate to.

    Raises
    ------
    StatisticsError
        A ratio or null that is not above 0, limits that do not contain the estimate, an unknown measure, or an odds or
        hazard ratio without ``rare``.
    """
    choice("measure", measure, MEASURES)
    if measure != "risk-ratio" and rare is None:
        refuse("rare", rare, f"true or false with a measure of {measure}")
    if not real(null) > 0 or null == inf:
        refuse("null", null, "a finite ratio above 0")
    if estimate.value < 0 or estimate.low > estimate.value or estimate.high < estimate.value:
        refuse("estimate", (estimate.value, estimate.low, estimate.high), "a ratio of 0 or more, inside its limits")
    value, low, high = (_risk_ratio(ratio, measure, rare) for ratio in (estimate.value, estimate.low, estimate.high))
    target = _risk_ratio(null, measure, rare)
    kind = "" if measure == "risk-ratio" else f" of a {'rare' if rare else 'common'} outcome"
    name = f"{measure.replace('-', ' ')}{kind}"
    converted = Estimate(value, low, high, estimate.level, f"{name}; {estimate.method}")
    towards = low if value > target else high
    reached = low <= target <= high
    limit = 1.0 if reached else _threshold(towards / target)
    return EValue(_threshold(value / target), limit, converted, null, f"E-value, {name}")


def e_value_of_risks(
    events1: int, n1: int, events0: int, n0: int, *, level: float = 0.95, method: str = "miettinen-nurminen"
) -> EValue:
    """E-value of two risks, and so of their difference: that of their ratio.

    With no true effect ratio and difference vanish together, so one bound serves both. R's EValue takes the limit from
    an interval of the difference instead, which gives a slightly different ``limit``.

    Raises
    ------
    StatisticsError
        As ``proportions.risk_ratio``.
    """
    return e_value(risk_ratio(events1, n1, events0, n0, level=level, method=method))


def _risk_ratio(ratio: float, measure: str, rare: bool | None) -> float:
    if measure == "risk-ratio" or rare or isnan(ratio):
        return ratio
    if measure == "odds-ratio":
        return sqrt(ratio)
    if ratio in (0, inf):
        return ratio
    return float(np.expm1(-log(2) * sqrt(ratio)) / np.expm1(-log(2) * sqrt(1 / ratio)))


def _threshold(ratio: float) -> float:
    """Return the E-value of a risk ratio on either side of 1."""
    if isnan(ratio):
        return nan
    away = inf if ratio == 0 else exp(abs(log(ratio)))
    return away + sqrt(away * (away - 1)) if away < inf else inf
