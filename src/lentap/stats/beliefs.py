"""What is believed of an effect before a trial: a sceptic's and an enthusiast's priors, and the evidence after them."""

from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from scipy.stats import norm

from lentap.stats.arguments import Floats, normal_quantile, real, refuse


@dataclass(frozen=True)
class Belief:
    """An effect on a scale without bounds, such as a log hazard ratio, is normal; an infinite ``sd`` says nothing."""

    mean: float
    sd: float

    def after(self, effect: float, error: float) -> "Belief":
        """Belief once an estimate with its standard error was seen; an infinite ``error`` changes nothing."""
        if not real(error) > 0:
            refuse("error", error, "a number above 0, infinite for no evidence")
        precision = self.sd**-2 + error**-2
        if precision == 0:
            return self
        return Belief((self.mean * self.sd**-2 + effect * error**-2) / precision, precision**-0.5)

    def below(self, effect: float) -> float:
        """Probability that the effect is less than ``effect``."""
        return float(norm.cdf(effect, self.mean, self.sd)) if self.sd < inf else 0.5

    def ppf(self, q: Floats, /) -> Floats:
        """Quantiles."""
        return np.asarray(norm.ppf(q, self.mean, self.sd))

    def isf(self, q: Floats, /) -> Floats:
        """Quantiles counted from above."""
        return np.asarray(norm.isf(q, self.mean, self.sd))


def starting_beliefs(target: float, *, doubt: float = 0.05) -> dict[str, Belief]:
    """Where a sceptic, somebody neutral and an enthusiast start (Spiegelhalter, Freedman and Parmar 1994).

    The sceptic expects nothing and gives the target or more the probability ``doubt``; the enthusiast expects the
    target and gives no effect or harm that probability; the neutral one has no opinion.

    Parameters
    ----------
    target
        Effect hoped for, where 0 is none: not 0.
    doubt
        Strictly between 0 and 0.5.

    Raises
    ------
    StatisticsError
        A number outside what is said above.
    """
    if not 0 < abs(real(target)) < inf:
        refuse("target", target, "a finite number other than 0")
    if not 0 < real(doubt) < 0.5:
        refuse("doubt", doubt, "a number strictly between 0 and 0.5, such as 0.05")
    sd = abs(target) / float(norm.isf(doubt))
    return {"sceptical": Belief(0.0, sd), "neutral": Belief(0.0, inf), "enthusiastic": Belief(target, sd)}


def error_of_interval(low: float, high: float, *, level: float = 0.95, believed: float = 1.0) -> float:
    """Standard error that a symmetric normal interval implies, with its information discounted.

    Parameters
    ----------
    low, high
        Limits on a scale without bounds, ``low`` below ``high``.
    believed
        Share of the information that counts, from 0 (the error is infinite) to 1: the exponent of a power prior
        (Ibrahim and Chen 2000).

    Raises
    ------
    StatisticsError
        A number outside what is said above.
    """
    if not -inf < real(low) < real(high) < inf:
        refuse("low, high", f"{low}, {high}", "two finite numbers, the first one less")
    if not 0 <= real(believed) <= 1:
        refuse("believed", believed, "a number from 0 to 1")
    return (high - low) / (2 * normal_quantile(level)) / sqrt(believed) if believed else inf
