"""Survival of two arms at one time, a landmark fixed in advance: rates, what separates them, and tests of equality."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2

from lentap.stats.arguments import choice, real, refuse
from lentap.stats.estimate import Estimate
from lentap.stats.kaplan_meier import kaplan_meier
from lentap.stats.propensity import checked_weights
from lentap.stats.risk_sets import follow_up, two_arms
from lentap.stats.wald import WaldEstimate, wald_estimate, wald_ratio

LANDMARK_TESTS = ("log-log", "plain", "log", "arcsine", "logit")

_UNKNOWN = "an arm is not followed to the landmark, all of it had the event, or none of it by then"


@dataclass(frozen=True)
class LandmarkRates:
    """Survival at ``landmark`` in either arm, treated minus control and treated over control, and a test.

    ``statistic`` is chi-squared with one degree of freedom, of the rates on the scale named ``test``.
    """

    landmark: float
    treated: Estimate
    control: Estimate
    difference: WaldEstimate
    ratio: WaldEstimate
    statistic: float
    p_value: float
    test: str


def compare_landmark_rates(
    time: ArrayLike,
    event: ArrayLike,
    treated: ArrayLike,
    *,
    landmark: float,
    weights: ArrayLike | None = None,
    level: float = 0.95,
    interval: str = "log",
    test: str = "log-log",
) -> LandmarkRates:
    """Compare the Kaplan-Meier survival of two arms at a time fixed in advance, with Greenwood's variance.

    Parameters
    ----------
    time, event, weights, level, interval
        As in ``kaplan_meier``, so that the variance of weighted curves is robust; ``interval`` is that of either rate.
    treated
        True or 1 for the experimental arm, false or 0 for the control.
    landmark
        Time, 0 or later, at which survival is compared.
    test
        Scale on which the rates are tested, one of ``LANDMARK_TESTS``: Klein, Logan, Harhoff and Andersen (2007) found
        "log-log" nearest to its level in small samples, and "plain", the test of the difference, above it.

    Returns
    -------
    LandmarkRates
        Difference (symmetric interval) and ratio (interval symmetric on the log scale). What the data do not allow is
        not-a-number: beyond the follow-up of an arm, no event in it yet, or a scale that a rate of 0 or
        1 is not on.

    Raises
    ------
    StatisticsError
        As ``kaplan_meier``; an empty arm, a negative landmark or an unknown test.
    """
    choice("test", test, LANDMARK_TESTS)
    if not 0 <= real(landmark) < np.inf:
        refuse("landmark", landmark, "a finite number of 0 or more")
    time, event = follow_up(time, event)
    arm = two_arms(treated, time.size)
    weight = None if weights is None else checked_weights(weights, time.size)
    curves = [
        kaplan_meier(
            time[one], event[one], weights=None if weight is None else weight[one], level=level, interval=interval
        )
        for one in (arm, ~arm)
    ]
    rate1, rate0 = (curve.estimate_at(landmark) for curve in curves)
    errors = (float(curve.rates([landmark])["standard_error"].iloc[0]) for curve in curves)
    error1, error0 = (error or np.nan for error in errors)  # 0 before the first event, where it is unknown
    difference = wald_estimate(
        rate1.value - rate0.value,
        float(np.hypot(error1, error0)),
        "difference of Kaplan-Meier rates",
        level=level,
        unknown=_UNKNOWN,
    )
    ratio = wald_ratio(
        rate1.value,
        error1,
        rate0.value,
        error0,
        "ratio of Kaplan-Meier rates, log scale",
        level=level,
        unknown=_UNKNOWN,
    )
    (value1, variance1), (value0, variance0) = (
        _on_scale(rate.value, error, test) for rate, error in ((rate1, error1), (rate0, error0))
    )
    variance = variance1 + variance0
    statistic = (value1 - value0) ** 2 / variance if variance > 0 else float("nan")
    p_value = float(chi2.sf(statistic, 1))
    return LandmarkRates(float(landmark), rate1, rate0, difference, ratio, statistic, p_value, test)


def _on_scale(survival: float, error: float, test: str) -> tuple[float, float]:
    """Return a rate and its variance on the scale of the test; not-a-number where it has no place there."""
    s = np.float64(survival)
    with np.errstate(divide="ignore", invalid="ignore"):
        value, slope = {
            "plain": (s, 1.0),
            "log": (np.log(s), 1 / s),
            "log-log": (np.log(-np.log(s)), 1 / (s * np.log(s))),
            "arcsine": (np.arcsin(np.sqrt(s)), 0.5 / np.sqrt(s * (1 - s))),
            "logit": (np.log(s / (1 - s)), 1 / (s * (1 - s))),
        }[test]
        return float(value), float((slope * error) ** 2)
