"""Estimates with a standard error: their Wald interval and test, on the scale where the error is normal."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from lentap.stats.arguments import choice, normal_quantile
from lentap.stats.estimate import Estimate

SCALES = ("plain", "log", "logit")


@dataclass(frozen=True)
class WaldEstimate(Estimate):
    """An estimate, its standard ``error`` on the ``scale`` of its interval, and the two-sided ``p_value`` of its null.

    Limits and p-value are not-a-number where the error is 0, infinite or unknown; ``method`` then says why.
    """

    error: float
    scale: str
    p_value: float


def wald_estimate(
    value: float,
    error: float,
    method: str,
    *,
    level: float = 0.95,
    scale: str = "plain",
    null: float | None = None,
    unknown: str = "",
) -> WaldEstimate:
    """Wald interval and test of one number.

    Parameters
    ----------
    value
        The estimate itself, not transformed.
    error
        Its standard error on ``scale``.
    method
        How value and error were obtained.
    scale
        One of ``SCALES``: where the interval is symmetric.
    null
        Value the test is against; by default no effect on the scale (0, ratio 1, proportion one half).
    unknown
        Why there is no interval, where the error is 0, infinite or not-a-number.

    Raises
    ------
    StatisticsError
        An illegal level or an unknown scale.
    """
    choice("scale", scale, SCALES)
    z = normal_quantile(level)
    if not (np.isfinite(value) and np.isfinite(error) and error > 0):
        note = f"; interval not estimable{': ' if unknown else ''}{unknown}"
        return WaldEstimate(value, np.nan, np.nan, level, method + note, float("nan"), scale, float("nan"))
    centre = _to(value, scale)
    low, high = (_back(limit, scale) for limit in (centre - z * error, centre + z * error))
    target = 0.0 if null is None else _to(null, scale)
    p_value = float(2 * norm.sf(abs((centre - target) / error)))
    return WaldEstimate(value, low, high, level, method, float(error), scale, p_value)


def wald_ratio(
    value1: float,
    error1: float,
    value0: float,
    error0: float,
    method: str,
    *,
    level: float = 0.95,
    unknown: str = "",
) -> WaldEstimate:
    """Ratio of two independent estimates, from their standard errors: interval and test on the log scale.

    Not-a-number where the denominator is 0; without an interval where either estimate is.

    Parameters
    ----------
    value1, value0
        Estimates of 0 or more; ``value0`` is the denominator.
    error1, error0
        Their standard errors, not of their logarithms.
    method, level, unknown
        As in ``wald_estimate``.
    """
    value = value1 / value0 if value0 > 0 else float("nan")
    error = float(np.hypot(error1 / value1, error0 / value0)) if min(value1, value0) > 0 else float("nan")
    return wald_estimate(value, error, method, level=level, scale="log", unknown=unknown)


def _to(value: float, scale: str) -> float:
    match scale:
        case "log":
            return float(np.log(value))
        case "logit":
            return float(np.log(value / (1 - value)))
        case _:
            return value


def _back(value: float, scale: str) -> float:
    match scale:
        case "log":
            return float(np.exp(value))
        case "logit":
            return float(1 / (1 + np.exp(-value)))
        case _:
            return value
