"""Difference of proportions over strata, each weighted as Mantel and Haenszel do."""

from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from lentap.stats.arguments import Floats, choice, normal_quantile
from lentap.stats.estimate import Estimate
from lentap.stats.proportion_limits import wilson_at
from lentap.stats.score_limits import limits, variance_under_difference
from lentap.stats.strata import Strata, strata

_LABELS = {
    "miettinen-nurminen": "stratified Miettinen-Nurminen score",
    "newcombe": "stratified Newcombe hybrid score",
    "sato": "Mantel-Haenszel, Sato's variance",
    "greenland-robins": "Mantel-Haenszel, Greenland-Robins variance",
}
STRATIFIED_DIFFERENCE_METHODS = tuple(_LABELS)


def stratified_risk_difference(
    events1: ArrayLike,
    n1: ArrayLike,
    events0: ArrayLike,
    n0: ArrayLike,
    *,
    level: float = 0.95,
    method: str = "miettinen-nurminen",
) -> Estimate:
    """Difference of proportions, group 1 minus group 0, averaged over strata with Mantel-Haenszel weights n1 n0 / n.

    ``miettinen-nurminen`` inverts the score test that combines the strata with these weights (Miettinen and Nurminen
    1985; their own weights are iterated); it excludes 0 where the Cochran-Mantel-Haenszel test rejects. ``newcombe``
    is the interval of Yan and Su (2010) from Wilson limits of each stratum. ``sato`` (1989) and ``greenland-robins``
    (1985) are symmetric, the first also right for many small strata, the second for few large ones; neither has a width
    where its variance is 0. Limits beyond -1 and 1 are cut there.

    Parameters
    ----------
    events1, n1, events0, n0
        Events and patients of group 1 and group 0, one whole number a stratum; a stratum without patients in one of
        the groups has no weight and is left out.

    Raises
    ------
    StatisticsError
        Counts that are not whole numbers with 0 <= events <= n, arrays of different lengths, no stratum with patients
        of both groups, or ``method`` is not in ``STRATIFIED_DIFFERENCE_METHODS``.
    """
    choice("method", method, STRATIFIED_DIFFERENCE_METHODS)
    z = normal_quantile(level)
    data = strata(events1, n1, events0, n0)
    weight = data.n1 * data.n0 / data.n
    weight = weight / weight.sum()
    value = float(weight @ (data.p1 - data.p0))
    match method:
        case "miettinen-nurminen":
            low, high = _score(data, weight, value, z)
        case "newcombe":
            low, high = _yan_su(data, weight, value, z)
        case "sato":
            low, high = _symmetric(value, z, _sato(data, value))
        case _:
            spread = data.p1 * (1 - data.p1) / data.n1 + data.p0 * (1 - data.p0) / data.n0
            low, high = _symmetric(value, z, float(weight**2 @ spread))
    no_width = "; of no width, for lack of variance in empty and full cells" if low == high else ""
    return Estimate(value, low, high, level, _LABELS[method] + no_width)


def _score(data: Strata, weight: Floats, value: float, z: float) -> tuple[float, float]:
    tables = [tuple(map(int, table)) for table in zip(data.events1, data.n1, data.events0, data.n0, strict=True)]

    def accepted(difference: float) -> bool:
        variances = [
            variance_under_difference(events1, n1, events0, n0, difference) for events1, n1, events0, n0 in tables
        ]
        return (value - difference) ** 2 < z * z * float(weight**2 @ variances)

    return limits(accepted, value, -1.0, 1.0)


def _yan_su(data: Strata, weight: Floats, value: float, z: float) -> tuple[float, float]:
    low1, high1 = _stratified_wilson(data.events1, data.n1, weight, z)
    low0, high0 = _stratified_wilson(data.events0, data.n0, weight, z)
    share1, share0 = float(weight**2 @ (1 / data.n1)), float(weight**2 @ (1 / data.n0))
    below = z * sqrt(share1 * low1 * (1 - low1) + share0 * high0 * (1 - high0))
    above = z * sqrt(share1 * high1 * (1 - high1) + share0 * low0 * (1 - low0))
    return max(value - below, -1.0), min(value + above, 1.0)


def _stratified_wilson(events: Floats, n: Floats, weight: Floats, z: float) -> tuple[float, float]:
    """Weighted mean of the strata's Wilson limits, at a quantile so reduced that the mean has the level."""
    p = events / n
    error = np.sqrt(p * (1 - p) / n)
    if not error.any():  # the limit for a proportion that is alike in all strata and comes near to 0 or 1
        error = 1 / np.sqrt(n)
    reduced = z * float(np.sqrt(weight**2 @ error**2) / (weight @ error))
    each = np.array([wilson_at(*stratum, reduced) for stratum in zip(events, n, strict=True)])
    low, high = np.clip(weight @ each, 0.0, 1.0)
    return float(low), float(high)


def _sato(data: Strata, value: float) -> float:
    n1, n0, n = data.n1, data.n0, data.n
    slope = (n1**2 * data.events0 - n0**2 * data.events1 + n1 * n0 * (n0 - n1) / 2) / n**2
    constant = (data.events1 * (n0 - data.events0) + data.events0 * (n1 - data.events1)) / (2 * n)
    return max(0.0, float((value * slope + constant).sum() / (n1 * n0 / n).sum() ** 2))


def _symmetric(value: float, z: float, variance: float) -> tuple[float, float]:
    margin = z * sqrt(variance)
    return max(value - margin, -1.0), min(value + margin, 1.0)
