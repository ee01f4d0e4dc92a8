"""Agreement of repeated measurements: intraclass correlation of raters, limits of agreement of two methods."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from lentap.stats.arguments import choice, floats, normal_quantile, numbers, real, refuse
from lentap.stats.estimate import Estimate

KINDS = {"agreement": "ICC(2,1)", "consistency": "ICC(3,1)"}
LIMIT_METHODS = ("approximate", "exact")


@dataclass(frozen=True)
class LimitsOfAgreement:
    """Differences of two methods: their mean (``bias``), and the limits most of them lie between, each an estimate."""

    bias: Estimate
    lower: Estimate
    upper: Estimate
    sd: float
    n: int
    share: float


def intraclass_correlation(ratings: ArrayLike, *, kind: str = "agreement", level: float = 0.95) -> Estimate:
    """Intraclass correlation of single measurements, each rater measuring each subject.

    "agreement" is ICC(2,1) of Shrout and Fleiss (1979), raters a sample whose differences count as error; "consistency"
    ICC(3,1), these raters, whose constant differences do not count. Intervals of McGraw and Wong (1996).

    Parameters
    ----------
    ratings
        Array (subjects, raters), two or more of each, no missing values.
    kind
        One of ``KINDS``.

    Returns
    -------
    Estimate
        Not-a-number where all ratings are equal; limits are not-a-number where the raters agree without error, or where
        McGraw and Wong's would not hold the estimate (few subjects, a correlation below 0).

    Raises
    ------
    StatisticsError
        Ratings that are missing or infinite, fewer than two subjects or raters, or an unknown kind.
    """
    choice("kind", kind, KINDS)
    normal_quantile(level)
    x = floats("ratings", ratings, "an array of finite numbers, a row a subject")
    if x.ndim != 2 or min(x.shape) < 2:
        refuse("ratings", f"array of shape {x.shape}", "two subjects (rows) and two raters (columns) or more")
    numbers("ratings", x.ravel())
    n, k = x.shape
    rows, columns = x.mean(axis=1), x.mean(axis=0)
    between = k * rows.var(ddof=1)
    raters = n * columns.var(ddof=1)
    residual = ((x - rows[:, None] - columns + x.mean()) ** 2).sum() / ((n - 1) * (k - 1))
    method = f"{KINDS[kind]}, {kind} of single measurements"
    if np.ptp(x) == 0:
        return Estimate(np.nan, np.nan, np.nan, level, f"{method}; not estimable: all ratings are equal")
    if residual <= 1e-24 * x.var():
        residual = 0.0
    of_raters = k * (raters - residual) / n if kind == "agreement" else 0.0
    value = float((between - residual) / (between + (k - 1) * residual + of_raters))
    if residual == 0:
        return Estimate(value, np.nan, np.nan, level, f"{method}; interval not estimable: no residual variation")
    tail = (1 + level) / 2
    if kind == "consistency":
        low, high = _consistency_limits(between / residual, n, k, tail)
    else:
        low, high = _agreement_limits(value, between, raters, residual, n, k, tail)
    if not low < value < high:  # Satterthwaite's approximation fails below 0, where two or three subjects can lead
        return Estimate(value, np.nan, np.nan, level, f"{method}; interval not estimable: too few subjects")
    return Estimate(value, low, high, level, method)


def limits_of_agreement(
    first: ArrayLike, second: ArrayLike, *, share: float = 0.95, level: float = 0.95, method: str = "approximate"
) -> LimitsOfAgreement:
    """Limits of agreement of two methods (Bland and Altman 1986), differences first minus second.

    Parameters
    ----------
    first, second
        One measurement a subject by either method.
    share
        Of differences the limits are to hold, if they are normal.
    level
        Of the intervals of bias (Student's t) and of either limit.
    method
        "approximate": Bland and Altman (1999), s sqrt(1/n + z^2 / (2 (n - 1))) times t; "exact": from the noncentral t
        distribution (Carkeet 2015), wider outside than inside.

    Raises
    ------
    StatisticsError
        Fewer than two pairs, missing or infinite values, arrays of different length, equal differences in all pairs, or
        an unknown method.
    """
    choice("method", method, LIMIT_METHODS)
    normal_quantile(level)
    if not 0 < real(share) < 1:
        refuse("share", share, "a number strictly between 0 and 1, such as 0.95")
    x, y = numbers("first", first), numbers("second", second)
    if x.size != y.size:
        refuse("second", f"array of {y.size}", f"as long as first ({x.size})")
    difference = x - y
    n = x.size
    sd = float(difference.std(ddof=1)) if n > 1 else 0.0
    if not sd > 1e-12 * float(np.abs(difference).max()):
        refuse("second", "the same distance from first in every row", "two pairs or more with different differences")
    mean, z = float(difference.mean()), float(stats.norm.isf((1 - share) / 2))
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    student = stats.t.ppf(tails, n - 1)
    if method == "exact":
        reach = stats.nct.ppf(tails, n - 1, z * np.sqrt(n)) / np.sqrt(n)
    else:
        reach = z + student * np.sqrt(1 / n + z**2 / (2 * (n - 1)))
    margin = float(student[1]) * sd / float(np.sqrt(n))
    words = f"limits of agreement, {method} interval"
    inner, outer = (sd * reach).tolist()
    return LimitsOfAgreement(
        Estimate(mean, mean - margin, mean + margin, level, "mean difference, Student's t"),
        Estimate(mean - z * sd, mean - outer, mean - inner, level, words),
        Estimate(mean + z * sd, mean + inner, mean + outer, level, words),
        sd,
        n,
        share,
    )


def _consistency_limits(ratio: float, n: int, k: int, tail: float) -> tuple[float, float]:
    free = (n - 1) * (k - 1)
    low, high = ratio / stats.f.ppf(tail, n - 1, free), ratio * stats.f.ppf(tail, free, n - 1)
    return float((low - 1) / (low + k - 1)), float((high - 1) / (high + k - 1))


def _agreement_limits(
    value: float, between: float, raters: float, residual: float, n: int, k: int, tail: float
) -> tuple[float, float]:
    """Limits by Satterthwaite's degrees of freedom for what raters and residual vary together."""
    parts = k * value * raters, (n * (1 - value) + k * value * (n - 1)) * residual
    free = sum(parts) ** 2 / (parts[0] ** 2 / (k - 1) + parts[1] ** 2 / ((n - 1) * (k - 1)))
    rest = k * raters + (k * n - k - n) * residual
    first, second = stats.f.ppf(tail, n - 1, free), stats.f.ppf(tail, free, n - 1)
    # The first is infinite where hardly any degrees of freedom are left, so it is divided by.
    low = n * (between / first - residual) / (rest + n * between / first)
    high = n * (second * between - residual) / (rest + n * second * between)
    return float(low), float(high)
