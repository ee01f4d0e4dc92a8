"""Receiver operating characteristic: the curve of a marker, the area under it, and two markers compared."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.stats import rankdata

from lentap.stats.arguments import Bools, Floats, Integers, choice, indicator, normal_quantile, numbers, refuse
from lentap.stats.wald import WaldEstimate, wald_estimate

DIRECTIONS = ("higher", "lower")
AREA_METHODS = {"delong": "DeLong", "delong-logit": "DeLong, logit scale", "newcombe": "Newcombe score interval"}


@dataclass(frozen=True, eq=False)
class RocCurve:
    """Sensitivity and specificity at each cut-point, from no subject positive to all.

    A subject is positive whose marker is ``threshold`` or more (or less, where ``direction`` is "lower"); the first
    threshold is beyond every marker. ``true_positives`` of ``diseased`` and ``false_positives`` of ``healthy``.
    """

    threshold: Floats
    true_positives: Integers
    false_positives: Integers
    diseased: int
    healthy: int
    direction: str

    @property
    def sensitivity(self) -> Floats:
        return np.asarray(self.true_positives / self.diseased, dtype=float)

    @property
    def specificity(self) -> Floats:
        return np.asarray(1 - self.false_positives / self.healthy, dtype=float)


@dataclass(frozen=True)
class AreaComparison:
    """Areas of two markers of the same subjects, and their ``difference`` (first minus second) with DeLong's test."""

    first: WaldEstimate
    second: WaldEstimate
    difference: WaldEstimate


def roc_curve(marker: ArrayLike, disease: ArrayLike, *, direction: str = "higher") -> RocCurve:
    """ROC curve of a marker, tied values taken together.

    Parameters
    ----------
    marker
        One number a subject.
    disease
        True or 1 for the diseased, false or 0 for the healthy.
    direction
        Whether "higher" or "lower" markers speak for disease; never chosen by the data, as R's pROC does by default.

    Raises
    ------
    StatisticsError
        A missing or infinite marker, disease other than 0 and 1, nobody diseased or nobody healthy, or an unknown
        direction.
    """
    values, ill = marker_of(marker, disease, direction)
    threshold, position = np.unique(-values, return_inverse=True)
    positives = (np.bincount(position[rows], minlength=threshold.size) for rows in (ill, ~ill))
    true, false = (np.append(0, np.cumsum(count)) for count in positives)
    sign = 1.0 if direction == "higher" else -1.0
    return RocCurve(sign * np.append(np.inf, -threshold), true, false, int(ill.sum()), int((~ill).sum()), direction)


def area_under_curve(
    marker: ArrayLike,
    disease: ArrayLike,
    *,
    direction: str = "higher",
    level: float = 0.95,
    method: str = "delong",
) -> WaldEstimate:
    """Area under the ROC curve: how often a diseased subject's marker speaks more for disease than a healthy one's.

    "delong" is the variance of DeLong, DeLong and Clarke-Pearson (1988) with limits cut at 0 and 1, "delong-logit" the
    same on the logit scale, "newcombe" method 5 of Newcombe (2006), a score interval. Where DeLong's variance is 0 or
    not defined (areas of 0 and 1, one subject in a group) a Wald interval would have no width: Newcombe's is given
    instead, and ``method`` says so. ``p_value`` is DeLong's, against one half.

    Parameters
    ----------
    marker, disease, direction
        As in ``roc_curve``.
    method
        One of ``AREA_METHODS``.

    Raises
    ------
    StatisticsError
        As ``roc_curve``; an unknown method.
    """
    choice("method", method, AREA_METHODS)
    normal_quantile(level)
    values, ill = marker_of(marker, disease, direction)
    of_ill, of_healthy = _placements(values, ill)
    area = float(of_ill.mean())
    variance = _variance(of_ill[:, None], of_healthy[:, None])[0, 0]
    return _area_estimate(area, variance, of_ill.size, of_healthy.size, method, level)


def compare_areas(
    first: ArrayLike, second: ArrayLike, disease: ArrayLike, *, direction: str = "higher", level: float = 0.95
) -> AreaComparison:
    """Difference of the areas of two markers measured in the same subjects (DeLong and others 1988).

    Parameters
    ----------
    first, second
        Two markers of each subject; one that counts the other way is to be given with its sign changed.
    disease, direction
        As in ``roc_curve``.

    Returns
    -------
    AreaComparison
        Interval and p-value of the difference are not-a-number where its variance is 0.

    Raises
    ------
    StatisticsError
        As ``roc_curve``; markers of different length.
    """
    placements = []
    for marker in (first, second):
        values, ill = marker_of(marker, disease, direction)
        placements.append(_placements(values, ill))
    of_ill, of_healthy = (np.column_stack(columns) for columns in zip(*placements, strict=True))
    covariance = _variance(of_ill, of_healthy)
    areas = of_ill.mean(axis=0).tolist()
    sizes = len(of_ill), len(of_healthy)
    one, two = (
        _area_estimate(area, covariance[place, place], *sizes, "delong", level) for place, area in enumerate(areas)
    )
    variance = max(0.0, covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    error = float(np.sqrt(variance)) if variance > 1e-14 else 0.0
    unknown = "its variance is 0 or not defined"
    return AreaComparison(
        one, two, wald_estimate(areas[0] - areas[1], error, "DeLong, paired", level=level, unknown=unknown)
    )


def marker_of(marker: ArrayLike, disease: ArrayLike, direction: str) -> tuple[Floats, Bools]:
    """Return a marker whose higher values speak for disease, and who is diseased; neither group empty."""
    choice("direction", direction, DIRECTIONS)
    values = numbers("marker", marker)
    ill = indicator("disease", disease, values.size)
    if ill.all() or not ill.any():
        refuse("disease", f"{bool(ill[0])} in every row", "true in some rows and false in others")
    return (values if direction == "higher" else -values), ill


def _placements(values: Floats, ill: Bools) -> tuple[Floats, Floats]:
    """Share of the other group on the healthy side of each diseased, and on the diseased side of each healthy subject.

    By ranks, half for ties (Sun and Xu 2014), instead of all pairs.
    """
    ranks = rankdata(values)
    m, n = int(ill.sum()), int((~ill).sum())
    return (ranks[ill] - rankdata(values[ill])) / n, 1 - (ranks[~ill] - rankdata(values[~ill])) / m


def _variance(of_ill: Floats, of_healthy: Floats) -> Floats:
    """DeLong's covariance matrix of areas; not-a-number where a group is of one subject."""
    if min(len(of_ill), len(of_healthy)) < 2:
        return np.full((of_ill.shape[1], of_ill.shape[1]), np.nan)
    return np.atleast_2d(np.cov(of_ill, rowvar=False)) / len(of_ill) + np.atleast_2d(
        np.cov(of_healthy, rowvar=False)
    ) / len(of_healthy)


def _area_estimate(area: float, variance: float, m: int, n: int, method: str, level: float) -> WaldEstimate:
    error = float(np.sqrt(variance))
    words = f"area under the ROC curve, {AREA_METHODS[method]}"
    scale = "logit" if method == "delong-logit" else "plain"
    slope = area * (1 - area) if scale == "logit" else 1.0
    usable = error > 1e-9 and slope > 0
    wald = wald_estimate(area, error / slope if usable else 0.0, words, level=level, scale=scale, null=0.5)
    if not usable:
        words = f"area under the ROC curve, {AREA_METHODS['newcombe']}"
        words += "" if method == "newcombe" else ", as DeLong's variance is not estimable"
    elif method != "newcombe":
        return replace(wald, low=max(wald.low, 0.0), high=min(wald.high, 1.0))
    low, high = _newcombe(area, m, n, normal_quantile(level))
    return replace(wald, low=low, high=high, method=words)


def _newcombe(area: float, m: int, n: int, z: float) -> tuple[float, float]:
    """Limits at which the area lies z standard errors away, the error of Hanley and McNeil (1982) at the limit."""
    average = (m + n) / 2 - 1

    def variance(limit: float) -> float:
        inflation = 1 + average * (1 - limit) / (2 - limit) + average * limit / (1 + limit)
        return z * z * inflation / (m * n)

    def beyond(limit: float) -> float:
        return (area - limit) ** 2 - limit * (1 - limit) * variance(limit)

    if area in (0, 1):  # the limit at the area itself is a root as well: it is divided out
        far = float(brentq(lambda limit: 1 - limit - limit * variance(limit), 0.0, 1.0, xtol=1e-14))
        return (far, 1.0) if area == 1 else (0.0, 1 - far)
    return (
        float(brentq(beyond, 0.0, area, xtol=1e-14)),
        float(brentq(beyond, area, 1.0, xtol=1e-14)),
    )
