"""Patients needed to see whether a prediction holds in others: a precision that is wanted of each measure."""

from math import ceil

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import expit

from lentap.stats.arguments import normal_quantile, numbers, real, refuse


def area_validation_size(area: float, prevalence: float, *, half_width: float = 0.05, level: float = 0.95) -> int:
    """Patients for an interval of the area under the ROC curve of this half width (Riley and others 2021, criterion 4).

    The standard error is that of Hanley and McNeil (1982) as Newcombe (2006) averages it.

    Parameters
    ----------
    area
        Expected in the new patients, strictly between 0 and 1.
    prevalence
        Share with the outcome, strictly between 0 and 1.
    half_width
        Above 0, below one half.

    Raises
    ------
    StatisticsError
        An argument out of range.
    """
    _share("area", area)
    _share("prevalence", prevalence)
    wanted = _error(half_width, level)

    def excess(n: float) -> float:
        average = n / 2 - 1
        inflation = 1 + average * (1 - area) / (2 - area) + average * area / (1 + area)
        return float(np.sqrt(area * (1 - area) * inflation / (n * n * prevalence * (1 - prevalence))) - wanted)

    fewest, most = 4.0, 1e12
    return ceil(fewest if excess(fewest) <= 0 else brentq(excess, fewest, most, xtol=1e-6))


def large_validation_size(prevalence: float, *, half_width: float = 0.1, level: float = 0.95) -> int:
    """Patients for an interval of observed over expected events this wide (Riley and others 2021, criterion 1).

    The half width is of the logarithm of the ratio, expected to be 1.

    Raises
    ------
    StatisticsError
        An argument out of range.
    """
    _share("prevalence", prevalence)
    return ceil((1 - prevalence) / (prevalence * _error(half_width, level) ** 2))


def slope_validation_size(log_odds: ArrayLike, *, half_width: float = 0.1, level: float = 0.95) -> int:
    """Patients for an interval of the calibration slope of this half width (Riley and others 2021, criterion 3).

    Parameters
    ----------
    log_odds
        Predicted, of subjects like those to come; the predictions are taken to be right.

    Raises
    ------
    StatisticsError
        Log odds that are missing, infinite or all the same, or an argument out of range.
    """
    predicted = numbers("log_odds", log_odds)
    if np.ptp(predicted) == 0:
        refuse("log_odds", "the same of all subjects", "numbers that vary")
    weight = expit(predicted) * (1 - expit(predicted))
    constant, both, squared = (float(np.mean(weight * predicted**power)) for power in (0, 1, 2))
    return ceil(constant / (_error(half_width, level) ** 2 * (constant * squared - both**2)))


def _error(half_width: float, level: float) -> float:
    if not 0 < real(half_width) < np.inf:
        refuse("half_width", half_width, "a finite number above 0")
    return half_width / normal_quantile(level)


def _share(argument: str, value: float) -> None:
    if not 0 < real(value) < 1:
        refuse(argument, value, "a number strictly between 0 and 1")
