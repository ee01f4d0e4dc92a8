"""Beta-binomial posteriors: of one rate, and of the difference of two with the probability that one is the higher."""

from dataclasses import dataclass
from math import isfinite

import numpy as np
from scipy.optimize import brentq
from scipy.special import betainc, betaincc, betaincinv, ndtr
from scipy.stats import beta

from lentap.stats.arguments import choice, counts, normal_quantile, real, refuse
from lentap.stats.estimate import Estimate

PRIORS = {"jeffreys": (0.5, 0.5), "uniform": (1.0, 1.0)}

Prior = str | tuple[float, float]

_PROBABILITIES = ndtr(np.arange(-8.0, 8.5, 0.5))  # ends of the intervals of integration: fine where tails are thin
_NEGLIGIBLE = 1e-30  # SciPy's quantiles of far smaller probabilities are not-a-number
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)


@dataclass(frozen=True)
class RatePosterior(Estimate):
    """Posterior Beta(``a``, ``b``) of a rate: its mean as ``value``, and an equal-tailed credible interval."""

    a: float
    b: float

    def above(self, rate: float) -> float:
        """Posterior probability that the rate exceeds ``rate``, a number from 0 to 1."""
        if not 0 <= real(rate) <= 1:
            refuse("rate", rate, "a number from 0 to 1")
        return float(betaincc(self.a, self.b, rate))


@dataclass(frozen=True)
class DifferencePosterior(Estimate):
    """Posterior of rate 1 minus rate 0: mean as ``value``, equal-tailed credible interval, and what it is made of.

    ``superiority`` is the posterior probability that rate 1 is the higher one.
    """

    rate1: RatePosterior
    rate0: RatePosterior
    superiority: float

    def above(self, margin: float) -> float:
        """Posterior probability that the difference exceeds ``margin``, a number from -1 to 1."""
        if not -1 <= real(margin) <= 1:
            refuse("margin", margin, "a number from -1 to 1")
        return exceeds(self.rate1, self.rate0, margin)


def posterior_rate(events: int, n: int, *, prior: Prior = "jeffreys", level: float = 0.95) -> RatePosterior:
    """Posterior of a rate after ``events`` among ``n``.

    Parameters
    ----------
    prior
        A name of ``PRIORS`` ("jeffreys" is Beta(1/2, 1/2), "uniform" Beta(1, 1)), or the two parameters of a beta
        distribution, both above 0: they weigh like so many events and non-events.
    level
        Posterior probability of the interval, half of the rest on either side. With Jeffreys' prior and no events its
        lower limit is above 0, unlike that of ``proportion``.

    Raises
    ------
    StatisticsError
        Counts are not whole numbers with 0 <= events <= n and n >= 1; a prior that is none of the above.
    """
    normal_quantile(level)
    return _posterior(counts(events, n), _prior("prior", prior), level)


def posterior_difference(
    events1: int,
    n1: int,
    events0: int,
    n0: int,
    *,
    prior1: Prior = "jeffreys",
    prior0: Prior = "jeffreys",
    level: float = 0.95,
) -> DifferencePosterior:
    """Posterior of the difference of two independent rates, group 1 minus group 0, by quadrature, not simulation.

    Parameters
    ----------
    prior1, prior0
        Priors of the two rates, as in ``posterior_rate``.
    level
        Posterior probability of the interval, half of the rest on either side.

    Raises
    ------
    StatisticsError
        As ``posterior_rate``.
    """
    normal_quantile(level)
    rate1 = _posterior(counts(events1, n1, "1"), _prior("prior1", prior1), level)
    rate0 = _posterior(counts(events0, n0, "0"), _prior("prior0", prior0), level)
    low, high = (_quantile(rate1, rate0, above) for above in ((1 + level) / 2, (1 - level) / 2))
    method = rate1.method if rate1.method == rate0.method else f"{rate1.method}; the other group: {rate0.method}"
    superiority = exceeds(rate1, rate0, 0.0)
    return DifferencePosterior(rate1.value - rate0.value, low, high, level, method, rate1, rate0, superiority)


def _posterior(seen: tuple[int, int], prior: tuple[float, float, str], level: float) -> RatePosterior:
    (events, n), (a, b, name) = seen, prior
    a, b, tail = a + events, b + n - events, (1 - level) / 2
    low, high = float(beta.ppf(tail, a, b)), float(beta.isf(tail, a, b))
    return RatePosterior(a / (a + b), low, high, level, f"posterior mean, {name} prior", a, b)


def _prior(argument: str, prior: Prior) -> tuple[float, float, str]:
    """Return the parameters of a prior and its name."""
    if isinstance(prior, str):
        return *PRIORS[choice(argument, prior, PRIORS)], prior
    try:
        a, b = (float(parameter) for parameter in prior)
    except (TypeError, ValueError):
        refuse(argument, prior, f"one of {', '.join(PRIORS)}, or two numbers above 0")
    if not (a > 0 and b > 0 and isfinite(a + b)):
        refuse(argument, prior, "two finite numbers above 0")
    return a, b, f"Beta({a:g}, {b:g})"


def exceeds(rate1: RatePosterior, rate0: RatePosterior, margin: float) -> float:
    """Posterior probability of rate 1 above rate 0 + margin, a number from -1 to 1.

    By Gauss and Legendre's rule over the probability scale of rate 0. On that scale the integrand has no poles; where
    rate 1 rises or falls, its quantiles are ends of intervals too.
    """
    low, high = betainc(rate0.a, rate0.b, np.clip([-margin, 1 - margin], 0.0, 1.0))
    low = low if low > _NEGLIGIBLE else 0.0
    turns = betaincinv(rate1.a, rate1.b, _PROBABILITIES) - margin
    ends = np.concatenate([_PROBABILITIES, betainc(rate0.a, rate0.b, np.clip(turns, 0.0, 1.0))])
    ends = np.unique(np.clip(np.append(ends[ends > _NEGLIGIBLE], (low, high)), low, high))
    half, middle = np.diff(ends)[:, None] / 2, (ends[1:] + ends[:-1])[:, None] / 2
    rate = betaincinv(rate0.a, rate0.b, middle + half * _NODES)
    beyond = betaincc(rate1.a, rate1.b, np.clip(rate + margin, 0.0, 1.0))
    return float(low + (half[:, 0] * (beyond @ _WEIGHTS)).sum())


def _quantile(rate1: RatePosterior, rate0: RatePosterior, above: float) -> float:
    """Return the difference that is exceeded with probability ``above``."""
    return float(brentq(lambda margin: exceeds(rate1, rate0, margin) - above, -1.0, 1.0, xtol=1e-13))
