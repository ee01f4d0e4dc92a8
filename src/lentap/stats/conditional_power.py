"""Chances of a trial: given its data so far, or averaged over what is believed before it starts."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from lentap.stats.arguments import Floats, real, refuse

_STEPS = [0.4 / 2**i for i in range(6)]  # of the trapezoid rule, in standard normal units
_AGREE = 1e-11
_REACH = 8.5


class Prior(Protocol):
    """A continuous distribution, such as ``scipy.stats.norm(mean, sd)`` or ``scipy.stats.beta(a, b)``."""

    def ppf(self, q: Floats, /) -> Floats: ...

    def isf(self, q: Floats, /) -> Floats: ...


def conditional_power(z: float, fraction: float, *, critical: float = 1.96, drift: float | None = None) -> float:
    """Probability that the final z exceeds ``critical``, given ``z`` at ``fraction`` of the information.

    Parameters
    ----------
    z
        Statistic at the interim look, positive where the treated do better.
    fraction
        Information then over the final information, strictly between 0 and 1.
    critical
        Bound of the final z.
    drift
        Mean of the final z that is assumed for the rest of the trial; without it the trend so far, z over the root of
        ``fraction`` (Lan and Wittes 1988).

    Raises
    ------
    StatisticsError
        A number that is not finite, or a fraction that is not strictly between 0 and 1.
    """
    _interim(z, fraction, critical)
    ahead = z / np.sqrt(fraction) if drift is None else _finite("drift", drift)
    return float(norm.sf((critical - z * np.sqrt(fraction) - ahead * (1 - fraction)) / np.sqrt(1 - fraction)))


def predictive_power(
    z: float, fraction: float, *, critical: float = 1.96, prior_mean: float = 0.0, prior_sd: float = np.inf
) -> float:
    """Conditional power averaged over what the data and a prior say of the drift (Spiegelhalter and others 1986).

    Parameters
    ----------
    z, fraction, critical
        As in ``conditional_power``.
    prior_mean, prior_sd
        Normal prior of the drift, the mean of the final z; with an infinite ``prior_sd`` it is flat.

    Raises
    ------
    StatisticsError
        As ``conditional_power``; ``prior_sd`` is not above 0.
    """
    _interim(z, fraction, critical)
    if not real(prior_sd) > 0:
        refuse("prior_sd", prior_sd, "a number above 0, infinite for a flat prior")
    precision = prior_sd**-2
    variance = 1 / (precision + fraction)
    mean = (precision * _finite("prior_mean", prior_mean) + z * np.sqrt(fraction)) * variance
    rest = 1 - fraction
    spread = np.sqrt(rest + rest**2 * variance)
    return float(norm.sf((critical - z * np.sqrt(fraction) - mean * rest) / spread))


def assurance(power: Callable[..., ArrayLike], *priors: Prior) -> float:
    """Power expected under prior distributions of what it depends on (O'Hagan, Stevens and Campbell 2005).

    Parameters
    ----------
    power
        Function of one array for each prior, which broadcast together, such as ``proportions_power`` with numbers of
        patients filled in. Use a one-sided alternative, or a significant harm counts as success.
    priors
        One or more independent distributions.

    Raises
    ------
    StatisticsError
        No prior, or a power that is not between 0 and 1.
    """
    if not priors:
        refuse("priors", "none", "one distribution or more, such as scipy.stats.norm(0.3, 0.1)")
    found = np.nan
    for step in _STEPS:  # halved until nothing changes
        before, found = found, _expected(power, priors, step)
        if abs(found - before) < _AGREE:
            break
    return found


def _expected(power: Callable[..., ArrayLike], priors: Sequence[Prior], step: float) -> float:
    z = np.arange(-_REACH, _REACH + step / 2, step)
    weight = norm.pdf(z) * step
    values = [np.where(z < 0, prior.ppf(norm.cdf(z)), prior.isf(norm.sf(z))) for prior in priors]
    grid = np.broadcast_to(np.asarray(power(*np.ix_(*values)), dtype=float), (z.size,) * len(priors))
    if not (possible := (grid >= 0) & (grid <= 1 + 1e-9)).all():
        refuse("power", grid[~possible][0].item(), "a function with values from 0 to 1")
    for _ in priors:
        grid = grid @ weight
    return float(grid)


def _interim(z: float, fraction: float, critical: float) -> None:
    _finite("z", z)
    _finite("critical", critical)
    if not 0 < real(fraction) < 1:
        refuse("fraction", fraction, "a number strictly between 0 and 1")


def _finite(argument: str, value: float) -> float:
    if not np.isfinite(real(value)):
        refuse(argument, value, "a finite number")
    return value
