"""Size and power of a trial that compares two proportions."""

from dataclasses import dataclass
from math import ceil, nan, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.stats import norm

from lentap.stats.arguments import Floats, choice, counts, floats, real, refuse
from lentap.stats.exact_power import EXACT_TESTS, exact_power

NORMAL_TESTS = ("pooled", "unpooled")
POWER_METHODS = (*NORMAL_TESTS, *EXACT_TESTS)
ALTERNATIVES = ("two-sided", "greater", "less")


@dataclass(frozen=True)
class SampleSize:
    """Patients per arm as the formula gives them, not rounded; ``patients`` are both arms', each rounded up."""

    n1: float
    n0: float
    method: str

    @property
    def patients(self) -> int:
        return ceil(self.n1) + ceil(self.n0)


def proportions_power(
    p1: ArrayLike,
    p0: ArrayLike,
    n1: int,
    n0: int,
    *,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    method: str = "pooled",
) -> Floats:
    """Power of a test of ``p1`` against ``p0`` with ``n1`` and ``n0`` patients; type I error where they are equal.

    Parameters
    ----------
    p1, p0
        Proportions from 0 to 1 of the treated and the control, numbers or arrays that broadcast.
    alpha
        Level of the test, all of it on one side unless ``alternative`` is "two-sided".
    alternative
        "two-sided" counts rejections in either direction; "greater" is p1 > p0, "less" p1 < p0.
    method
        "pooled" or "unpooled" variance of a normal approximation under the null hypothesis; "fisher" (exact test) or
        "miettinen-nurminen" (score test, 1985): exact, all pairs of binomial counts enumerated.

    Returns
    -------
    Floats
        Of the shape ``p1`` and ``p0`` broadcast to.

    Raises
    ------
    StatisticsError
        A proportion outside 0 to 1, a number of patients that is not whole and positive, an illegal level, or an
        unknown alternative or method.
    """
    choice("method", method, POWER_METHODS)
    one_sided_level(alpha, alternative)
    p1, p0 = _proportions("p1", p1), _proportions("p0", p0)
    (_, n1), (_, n0) = counts(0, n1, "1"), counts(0, n0, "0")
    if method in EXACT_TESTS:
        return exact_power(p1, p0, n1, n0, alpha, alternative, method)
    return _normal_power(p1, p0, n1, n0, alpha, alternative, method)


def proportions_sample_size(
    p1: float,
    p0: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    ratio: float = 1.0,
    method: str = "pooled",
) -> SampleSize:
    """Patients needed to show that ``p1`` differs from ``p0``: normal approximation (Fleiss, Tytun and Ury 1980).

    Parameters
    ----------
    p1, p0
        Proportions of the treated and the control, strictly between 0 and 1.
    power
        Probability of rejecting in the right direction, above ``alpha``.
    alpha, alternative
        As in ``proportions_power``.
    ratio
        Treated patients per control patient.
    method
        "pooled" or "unpooled" variance under the null hypothesis.

    Raises
    ------
    StatisticsError
        Equal proportions or such as the alternative excludes; a number outside what is said above; an unknown method.
    """
    choice("method", method, NORMAL_TESTS)
    z = norm.isf(one_sided_level(alpha, alternative)) + norm.isf(1 - checked_power(power, alpha))
    for name, p in (("p1", p1), ("p0", p0)):
        if not 0 < real(p) < 1:
            refuse(name, p, "a number strictly between 0 and 1")
    if not on_side(p1 - p0, alternative):
        refuse("p1", p1, f"a number other than p0 ({p0}), on the side of the alternative ({alternative})")
    positive("ratio", ratio)
    common = (ratio * p1 + p0) / (1 + ratio)
    alternative_sd = sqrt(p1 * (1 - p1) / ratio + p0 * (1 - p0))
    null_sd = sqrt(common * (1 - common) * (1 + 1 / ratio)) if method == "pooled" else alternative_sd
    z_alpha = norm.isf(one_sided_level(alpha, alternative))
    n0 = (z_alpha * null_sd + (z - z_alpha) * alternative_sd) ** 2 / (p1 - p0) ** 2
    return SampleSize(float(ratio * n0), float(n0), f"normal approximation, {method} variance")


def detectable_difference(
    p0: float,
    n1: int,
    n0: int,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    alternative: str = "greater",
    method: str = "pooled",
) -> float:
    """Smallest difference p1 - p0 that the trial detects with ``power``; not-a-number where even 1 or 0 is too near.

    ``alternative`` "greater" looks for p1 above ``p0``, "less" below it; ``alpha`` is that of one side (0.025 for a
    two-sided test at 0.05). Otherwise as ``proportions_power``.

    Raises
    ------
    StatisticsError
        As ``proportions_power``; ``p0`` is not strictly between 0 and 1; ``power`` is not above ``alpha``.
    """
    choice("alternative", alternative, ALTERNATIVES[1:])
    checked_power(power, alpha)
    if not 0 < real(p0) < 1:
        refuse("p0", p0, "a number strictly between 0 and 1")

    def short(p1: float) -> float:
        found = proportions_power(p1, p0, n1, n0, alpha=alpha, alternative=alternative, method=method)
        return float(found) - power

    furthest = 1.0 if alternative == "greater" else 0.0
    if short(furthest) < 0:
        return nan
    return float(brentq(short, p0, furthest, xtol=1e-12)) - p0


def one_sided_level(alpha: float, alternative: str) -> float:
    """Return the level on each side that is tested."""
    choice("alternative", alternative, ALTERNATIVES)
    if not 0 < real(alpha) < 0.5:
        refuse("alpha", alpha, "a number strictly between 0 and 0.5, such as 0.05")
    return alpha / 2 if alternative == "two-sided" else alpha


def checked_power(power: float, alpha: float) -> float:
    """Return ``power`` if it is one a design can aim at."""
    if not real(alpha) < real(power) < 1:
        refuse("power", power, f"a number strictly between alpha ({alpha}) and 1, such as 0.8")
    return power


def on_side(effect: float, alternative: str) -> bool:
    """Whether an effect is one that the alternative holds."""
    return {"two-sided": effect != 0, "greater": effect > 0, "less": effect < 0}[alternative]


def positive(argument: str, value: float) -> float:
    """Return ``value`` if it is a finite number above 0."""
    if not 0 < real(value) < np.inf:
        refuse(argument, value, "a finite number above 0")
    return value


def _proportions(argument: str, values: ArrayLike) -> Floats:
    array = floats(argument, values, "numbers from 0 to 1")
    if not ((array >= 0) & (array <= 1)).all():
        refuse(argument, array[~((array >= 0) & (array <= 1))].flat[0].item(), "numbers from 0 to 1")
    return array


def _normal_power(p1: Floats, p0: Floats, n1: int, n0: int, alpha: float, alternative: str, method: str) -> Floats:
    common = (n1 * p1 + n0 * p0) / (n1 + n0)
    spread = np.sqrt(p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0)
    null = np.sqrt(common * (1 - common) * (1 / n1 + 1 / n0)) if method == "pooled" else spread
    critical = norm.isf(one_sided_level(alpha, alternative)) * null

    def above(difference: Floats) -> Floats:
        excess = difference - critical
        certain = np.where(excess > 0, np.inf, -np.inf)  # both proportions 0 or 1: the outcome is not random
        return np.asarray(norm.cdf(np.divide(excess, spread, out=certain, where=spread > 0)), dtype=float)

    match alternative:
        case "greater":
            return above(p1 - p0)
        case "less":
            return above(p0 - p1)
        case _:
            return above(p1 - p0) + above(p0 - p1)
