"""Restricted mean survival time: the mean time to the event, of the time up to a horizon.

Own code, because the variance that lifelines returns is that of a subject's restricted time, not of the estimated mean.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lentap.stats.arguments import Bools, Floats, Integers, real, refuse
from lentap.stats.covariates import design_matrix, refuse_collinear
from lentap.stats.estimate import Estimate
from lentap.stats.kaplan_meier import KaplanMeier, kaplan_meier
from lentap.stats.propensity import checked_weights
from lentap.stats.risk_sets import follow_up, two_arms
from lentap.stats.wald import WaldEstimate, wald_estimate, wald_ratio

_UNKNOWN = "no event before the horizon"


@dataclass(frozen=True)
class RestrictedMean(Estimate):
    """Mean survival time up to ``horizon``, in the unit of time, with its ``standard_error``."""

    standard_error: float
    horizon: float

    @property
    def lost(self) -> Estimate:
        """Mean time lost to the event before the horizon."""
        value, low, high = self.horizon - self.value, self.horizon - self.high, self.horizon - self.low
        return Estimate(value, low, high, self.level, self.method.replace("survival", "lost"))


@dataclass(frozen=True)
class RestrictedMeans:
    """Restricted means of two arms; treated minus control, treated over control, and the ratio of the times lost."""

    treated: RestrictedMean
    control: RestrictedMean
    difference: WaldEstimate
    ratio: WaldEstimate
    lost_ratio: WaldEstimate


def restricted_mean(
    time: ArrayLike, event: ArrayLike, *, horizon: float, weights: ArrayLike | None = None, level: float = 0.95
) -> RestrictedMean:
    """Mean survival time up to a horizon: the area under the Kaplan-Meier curve, with the variance of Irwin (1949).

    As R's survfit and survRM2 have it: Greenwood's terms, each with the square of the area after it. With weights it is
    the infinitesimal jackknife (R's residuals of a weighted survfit, type "auc"), which without them is the same.

    Parameters
    ----------
    time, event, weights
        As in ``kaplan_meier``; weights are taken as known.
    horizon
        Time, above 0, up to which survival counts.

    Returns
    -------
    RestrictedMean
        Limits are not-a-number where nobody had the event before the horizon: the variance is not 0 then but unknown.

    Raises
    ------
    StatisticsError
        As ``kaplan_meier``; a horizon of 0 or less, or beyond the last follow-up unless all had the event by then.
    """
    curve = kaplan_meier(time, event, weights=weights, level=level)
    legal = float(curve.time[-1]) if curve.survival[-1] > 0 else np.inf
    if not 0 < real(horizon) <= legal or not np.isfinite(horizon):
        refuse("horizon", horizon, "a finite number above 0" if np.isinf(legal) else f"above 0, at most {legal:g}")
    value, error = _area(curve, horizon)
    method = f"restricted mean survival to {horizon:g}, Wald"
    if weights is not None:
        error, method = _robust_error(curve, horizon, time, event, weights), f"weighted {method}, robust variance"
    found = wald_estimate(value, error, method, level=level, unknown=_UNKNOWN)
    return RestrictedMean(value, found.low, found.high, level, found.method, error, float(horizon))


def longest_horizon(time: ArrayLike, event: ArrayLike, treated: ArrayLike) -> float:
    """Largest horizon to which two arms can be compared: that of survRM2.

    The shortest of the last follow-ups of those arms whose last follow-up is censored; where neither's is, as both
    curves come down to 0, the later of the two.

    Parameters
    ----------
    time, event, treated
        As in ``compare_restricted_means``.

    Raises
    ------
    StatisticsError
        As ``compare_restricted_means``.
    """
    times, events = follow_up(time, event)
    arm = two_arms(treated, times.size)
    last = [float(times[one].max()) for one in (arm, ~arm)]
    open_ended = [end for one, end in zip((arm, ~arm), last, strict=True) if not events[one & (times == end)].all()]
    return min(open_ended, default=max(last))


def compare_restricted_means(
    time: ArrayLike,
    event: ArrayLike,
    treated: ArrayLike,
    *,
    horizon: float,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> RestrictedMeans:
    """Compare the restricted mean survival of two arms: difference, ratio, and ratio of the mean times lost.

    Royston and Parmar (2013), Uno et al. (2014), as survRM2 computes them: the intervals of the ratios are symmetric
    on the log scale. There is no interval where an arm has no event before the horizon (survRM2 takes its mean for
    known).

    Parameters
    ----------
    time, event, level
        As in ``kaplan_meier``.
    weights
        As in ``restricted_mean``.
    treated
        True or 1 for the experimental arm, false or 0 for the control.
    horizon
        Time, above 0 and up to ``longest_horizon``; it should be fixed before the data are seen.

    Raises
    ------
    StatisticsError
        As ``kaplan_meier``; an empty arm, or a horizon that is not legal, naming the largest one that is.
    """
    times, events = follow_up(time, event)
    arm = two_arms(treated, times.size)
    _legal_horizon(times, events, arm, horizon)
    weight = None if weights is None else checked_weights(weights, times.size)
    mean1, mean0 = (
        restricted_mean(
            times[one], events[one], horizon=horizon, weights=None if weight is None else weight[one], level=level
        )
        for one in (arm, ~arm)
    )
    error1, error0 = (mean.standard_error or np.nan for mean in (mean1, mean0))  # 0 without an event: unknown
    words = f"{'' if weights is None else 'weighted '}restricted mean survival to {horizon:g}"
    difference = wald_estimate(
        mean1.value - mean0.value,
        float(np.hypot(error1, error0)),
        f"difference of {words}",
        level=level,
        unknown=_UNKNOWN,
    )
    ratio, lost_ratio = (
        wald_ratio(one, error1, other, error0, f"ratio of {what}, log scale", level=level, unknown=_UNKNOWN)
        for one, other, what in (
            (mean1.value, mean0.value, words),
            (mean1.lost.value, mean0.lost.value, f"mean time lost by {horizon:g}"),
        )
    )
    return RestrictedMeans(mean1, mean0, difference, ratio, lost_ratio)


def adjusted_restricted_mean_difference(
    time: ArrayLike,
    event: ArrayLike,
    treated: ArrayLike,
    covariates: pd.DataFrame,
    *,
    horizon: float,
    level: float = 0.95,
) -> WaldEstimate:
    """Difference of restricted means, treated minus control, adjusted for covariates known before treatment.

    A linear regression of the restricted time on treatment and covariates, each subject whose time is known weighted by
    the inverse of its arm's Kaplan-Meier probability of not being censored before; the variance knows that these were
    estimated (Tian, Zhao and Wei 2014; the analysis of covariance of survRM2).

    Parameters
    ----------
    time, event, treated, horizon, level
        As in ``compare_restricted_means``.
    covariates
        One row a subject, no missing values; columns that are not numeric are categories.

    Raises
    ------
    StatisticsError
        As ``compare_restricted_means``; covariates with missing values, a single value, or collinear among themselves
        or with the treatment, also among subjects whose restricted time is known.
    """
    times, events = follow_up(time, event)
    arm = two_arms(treated, times.size)
    _legal_horizon(times, events, arm, horizon)
    design = design_matrix(covariates, times.size)
    names = ("intercept", "treated", *design.names[1:])
    matrix = np.insert(design.matrix, 1, arm, axis=1)
    refuse_collinear(matrix, names)
    reached, known = np.minimum(times, horizon), events | (times >= horizon)
    weight = np.zeros(times.size)
    for one in (arm, ~arm):
        uncensored = kaplan_meier(reached[one], ~known[one]).at(reached[one])
        weight[one] = np.divide(1.0, uncensored, out=np.zeros(uncensored.size), where=known[one])
    root = np.sqrt(weight)[:, None]
    if np.linalg.matrix_rank(matrix * root) < matrix.shape[1]:
        refuse("covariates", "collinear among subjects whose time to the horizon is known", "fewer or other columns")
    coefficients = np.linalg.lstsq(matrix * root, reached * root[:, 0], rcond=None)[0]
    score = matrix * (weight * (reached - matrix @ coefficients))[:, None]
    influence = np.vstack([_influence(score[one], reached[one], known[one]) for one in (arm, ~arm)])
    moves = influence @ np.linalg.inv(matrix.T @ matrix)[:, 1]  # of the coefficient of treatment, by each subject
    error = float(np.linalg.norm(moves))
    return wald_estimate(
        float(coefficients[1]),
        error if error > 1e-9 * horizon else 0.0,
        f"difference of restricted mean survival to {horizon:g}, regression weighted for censoring",
        level=level,
        unknown="treatment and covariates leave no variation of the time to the horizon",
    )


def _legal_horizon(time: Floats, event: Bools, arm: Bools, horizon: float) -> None:
    longest = longest_horizon(time, event, arm)
    if not 0 < real(horizon) <= longest:
        refuse("horizon", horizon, f"above 0, at most {longest:g}, to which both arms are followed")


def _area(curve: KaplanMeier, horizon: float) -> tuple[float, float]:
    """Area under the curve up to the horizon, and its standard error where subjects count alike."""
    after = _area_after(curve, horizon)
    n, staying = curve.at_risk.astype(float), (curve.at_risk - curve.events).astype(float)
    greenwood = np.divide(curve.events, n * staying, out=np.zeros(n.size), where=staying > 0)
    return float(after[0]), float(np.sqrt((after**2 * greenwood).sum()))


def _area_after(curve: KaplanMeier, horizon: float) -> Floats:
    """Area under the curve from each of its times to the horizon."""
    return _from_the_end(curve.survival * np.diff(np.minimum(curve.time, horizon), append=horizon))


def _robust_error(curve: KaplanMeier, horizon: float, time: ArrayLike, event: ArrayLike, weights: ArrayLike) -> float:
    """Root of the summed squares of what each subject, with its weight, moves the area by."""
    times, events = follow_up(time, event)
    weight = checked_weights(weights, times.size)
    counted = weight > 0
    times, events, weight = times[counted], events[counted], weight[counted]
    position = np.searchsorted(curve.time, times)
    died = np.bincount(position[events], weight[events], curve.time.size)
    at_risk = _from_the_end(np.bincount(position, weight, curve.time.size).astype(float))
    staying = np.where(curve.survival > 0, at_risk - died, np.inf)  # at survival 0 no area is left to move
    after = _area_after(curve, horizon)
    drift = np.cumsum(after * died / np.maximum(at_risk, 1e-300) / staying)
    moved = weight * (drift[position] - np.where(events, (after / staying)[position], 0.0))
    return float(np.linalg.norm(moved))


def _influence(score: Floats, time: Floats, known: Bools) -> Floats:
    """Each subject's score, corrected for the weights being estimated from those censored."""
    times, position, here = np.unique(time, return_inverse=True, return_counts=True)
    at_risk = _from_the_end(here.astype(float))
    by_time = np.zeros((times.size, score.shape[1]))
    np.add.at(by_time, position, score)
    mean = _from_the_end(by_time) / at_risk[:, None]
    censored: Integers = np.bincount(position[~known], minlength=times.size)
    drift = np.cumsum(mean * (censored / at_risk)[:, None], axis=0)
    return np.asarray(score + np.where(known[:, None], 0.0, mean[position]) - drift[position], dtype=float)


def _from_the_end(values: Floats) -> Floats:
    return np.asarray(np.cumsum(values[::-1], axis=0)[::-1])
