"""Many two-arm trials analysed at once: log-rank test, Cox hazard ratio, Kaplan-Meier at a landmark, restricted mean.

The answers are those of the functions for one trial; here a trial costs microseconds, so that designs can be simulated.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from lentap.errors import ConvergenceError
from lentap.stats.arguments import Bools, Floats, Integers, real, refuse

_PATIENTS_AT_ONCE = 2**18  # intermediate arrays stay in tens of megabytes
_MOST_STEPS = 100
_FAR = 60.0  # |log hazard ratio| no finite estimate reaches


@dataclass(frozen=True, eq=False)
class TrialAnalyses:
    """Analyses of many trials: arrays of length trials, or (trials, 2) with the control arm first, then the treated.

    ``z`` is the signed root of the log-rank statistic, positive where the treated had more events than expected.
    ``log_hazard_ratio`` (treated over control, Cox model, Efron's method for ties) and its standard error
    ``log_hazard_ratio_error`` are not-a-number where no finite estimate exists; ``survival`` at the landmark and the
    ``restricted_mean`` to the horizon where an arm was not followed that long.
    """

    events: Integers
    z: Floats
    log_hazard_ratio: Floats
    log_hazard_ratio_error: Floats
    survival: Floats
    survival_variance: Floats
    restricted_mean: Floats
    restricted_mean_variance: Floats

    @property
    def log_rank_p(self) -> Floats:
        """Two-sided p-values of the log-rank test."""
        return np.asarray(2 * norm.sf(np.abs(self.z)), dtype=float)

    @property
    def hazard_ratio(self) -> Floats:
        return np.asarray(np.exp(self.log_hazard_ratio), dtype=float)

    @property
    def survival_difference(self) -> Floats:
        """Treated minus control."""
        return self.survival[:, 1] - self.survival[:, 0]

    @property
    def restricted_mean_difference(self) -> Floats:
        """Treated minus control."""
        return self.restricted_mean[:, 1] - self.restricted_mean[:, 0]

    @property
    def restricted_mean_difference_variance(self) -> Floats:
        return np.asarray(self.restricted_mean_variance.sum(axis=1), dtype=float)


def analyse_trials(
    time: ArrayLike, event: ArrayLike, treated: ArrayLike, *, landmark: float, horizon: float
) -> TrialAnalyses:
    """Analyse each row of (trials, patients) as one trial.

    Parameters
    ----------
    time
        Follow-up of each patient, 0 or more, in any unit.
    event
        True or 1 where the follow-up ended with the event.
    treated
        True or 1 for the experimental arm.
    landmark
        Time, 0 or later, at which Kaplan-Meier survival is read, with Greenwood's variance.
    horizon
        Time, above 0, to which mean survival time is restricted, with the variance of Irwin (1949).

    Raises
    ------
    StatisticsError
        Arrays of different shapes or without a row; a time that is negative, missing or infinite; an event or arm
        other than 0 or 1; a trial with an empty arm; an illegal landmark or horizon.
    """
    times, died, arm = _trials(time, event, treated)
    if not 0 <= real(landmark) < np.inf:
        refuse("landmark", landmark, "a finite number of 0 or more")
    if not 0 < real(horizon) < np.inf:
        refuse("horizon", horizon, "a finite number above 0")
    rows = max(1, _PATIENTS_AT_ONCE // times.shape[1])
    parts = [
        _analyse(times[start : start + rows], died[start : start + rows], arm[start : start + rows], landmark, horizon)
        for start in range(0, len(times), rows)
    ]
    return TrialAnalyses(
        **{part.name: np.concatenate([getattr(one, part.name) for one in parts]) for part in fields(TrialAnalyses)}
    )


def _trials(time: ArrayLike, event: ArrayLike, treated: ArrayLike) -> tuple[Floats, Bools, Bools]:
    times = np.ascontiguousarray(time, dtype=float)
    if times.ndim != 2 or not times.size:
        refuse("time", f"array of shape {times.shape}", "an array of shape (trials, patients)")
    if not ((times >= 0) & (times < np.inf)).all():
        refuse("time", times[~((times >= 0) & (times < np.inf))][0].item(), "finite numbers of 0 or more")
    flags = []
    for name, values in (("event", event), ("treated", treated)):
        array = np.asarray(values)
        if array.shape != times.shape:
            refuse(name, f"array of shape {array.shape}", f"of the shape of time, {times.shape}")
        if array.dtype != bool and not ((array == 0) | (array == 1)).all():
            refuse(name, array[(array != 0) & (array != 1)][0].item(), "0 or 1 (false or true)")
        flags.append(array.astype(bool))
    died, arm = flags
    size = arm.sum(axis=1)
    if (alone := np.flatnonzero((size == 0) | (size == times.shape[1]))).size:
        refuse("treated", f"{bool(size[alone[0]])} in all of trial {alone[0]}", "both arms in every trial")
    return times, died, arm


def _analyse(time: Floats, event: Bools, treated: Bools, landmark: float, horizon: float) -> TrialAnalyses:
    # Sorted by time, events before censorings. Floats of 0 or more order like their bits, and the sign's bit is free.
    key = ((time + 0.0).view(np.uint64) << np.uint64(1)) | ~event
    order = np.argsort(key, axis=1)
    time, event = np.take_along_axis(time, order, axis=1), np.take_along_axis(event, order, axis=1)
    treated = np.take_along_axis(treated, order, axis=1)
    ahead: Integers = np.cumsum(treated, axis=1) - treated
    at_risk1 = treated.sum(axis=1, keepdims=True) - ahead
    at_risk0 = time.shape[1] - np.arange(time.shape[1]) - at_risk1
    z, beta, error = _comparison(time, event, treated, at_risk1, at_risk0)
    curves = [
        _curve(time, event & arm, arm, at_risk, landmark, horizon)
        for arm, at_risk in ((~treated, at_risk0), (treated, at_risk1))
    ]
    died = np.column_stack([(event & ~treated).sum(axis=1), (event & treated).sum(axis=1)])
    return TrialAnalyses(died, z, beta, error, *(np.column_stack(pair) for pair in zip(*curves, strict=True)))


def _comparison(
    time: Floats, event: Bools, treated: Bools, at_risk1: Integers, at_risk0: Integers
) -> tuple[Floats, Floats, Floats]:
    """Log-rank z, log hazard ratio and its standard error, from the risk table flat over (trial, distinct time)."""
    trials, patients = time.shape
    death = np.flatnonzero(event)
    trial, when, arm = death // patients, time.ravel()[death], treated.ravel()[death]
    fresh = np.append(True, (when[1:] != when[:-1]) | (trial[1:] != trial[:-1]))[: death.size]
    first = np.flatnonzero(fresh)
    tied = np.diff(np.append(first, death.size))
    tied1 = np.add.reduceat(arm, first, dtype=float)
    table = trial[first]
    n1, n0 = at_risk1.ravel()[death[first]].astype(float), at_risk0.ravel()[death[first]].astype(float)
    n = n1 + n0

    def total(values: Floats, of: Integers = table) -> Floats:
        return np.bincount(of, values, trials).astype(float, copy=False)  # of no death at all: integers

    excess = total(tied1 - tied * n1 / n)
    variance = total(tied * (n - tied) / np.maximum(n - 1, 1) * n1 * n0 / n**2)
    tested = variance > 0
    z = np.divide(excess, np.sqrt(variance), out=np.full(trials, np.nan), where=tested)
    start = np.divide(excess, variance, out=np.zeros(trials), where=tested)  # Peto's estimate

    finite = (total(tied1 * (n0 > 0)) > 0) & (total((tied - tied1) * (n1 > 0)) > 0)
    share = (np.arange(death.size) - np.repeat(first, tied)) / np.repeat(tied, tied)  # of the tied, already gone: Efron
    risk1 = np.repeat(n1, tied) - share * np.repeat(tied1, tied)
    risk0 = np.repeat(n0, tied) - share * np.repeat(tied - tied1, tied)
    used = finite[trial]
    beta, error = np.full((2, trials), np.nan)
    row = (np.cumsum(finite) - 1)[trial[used]]
    beta[finite], error[finite] = _newton(row, risk1[used], risk0[used], total(tied1)[finite], start[finite])
    return z, beta, error


def _newton(row: Integers, risk1: Floats, risk0: Floats, observed: Floats, start: Floats) -> tuple[Floats, Floats]:
    """Maximise every trial's partial likelihood; where a step would leave the bracket of its score, halve that."""
    beta, error = np.clip(start, -3, 3), np.full(start.size, np.nan)
    low, high = np.full(start.size, -_FAR), np.full(start.size, _FAR)
    moving = np.ones(start.size, dtype=bool)  # a trial that has arrived stays: its neighbours do not change its answer
    for _ in range(_MOST_STEPS):
        weighted = risk1 * np.exp(beta)[row]
        share = weighted / (weighted + risk0)
        score = observed - np.bincount(row, share, beta.size)
        information = np.bincount(row, share * (1 - share), beta.size)
        low, high = np.where(score > 0, beta, low), np.where(score < 0, beta, high)
        following = beta + score / information
        following = np.where((following > low) & (following < high) | (score == 0), following, (low + high) / 2)
        step = np.abs(following - beta)
        beta, error = np.where(moving, following, beta), np.where(moving, 1 / np.sqrt(information), error)
        moving &= step >= 1e-10
        if not moving.any():
            return beta, error
    msg = f"Cox model: no convergence in {_MOST_STEPS} steps in {int(moving.sum())} of {moving.size} trials"
    raise ConvergenceError(msg)


def _curve(
    time: Floats, died: Bools, arm: Bools, at_risk: Integers, landmark: float, horizon: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Survival at the landmark and restricted mean of one arm, each with its variance.

    Tied deaths taken one after the other give the same curve and, as 1/(n - 1) - 1/n telescopes, the same variances.
    """
    factor, greenwood = np.ones(time.shape), np.zeros(time.shape)
    n = at_risk[died].astype(float)
    factor[died] = (n - 1) / n
    greenwood[died] = 1 / (n * np.maximum(n - 1, 1))  # of the last at risk: what follows it is 0
    survival = np.cumprod(factor, axis=1)
    last, end = np.where(arm, time, 0).max(axis=1), survival[:, -1]

    before = time <= landmark
    at_landmark = np.where(before, factor, 1).prod(axis=1)
    variance = at_landmark**2 * np.where(before, greenwood, 0).sum(axis=1)
    seen = (last >= landmark) | (end == 0)
    value = np.where(seen, at_landmark, np.nan)

    reached = np.minimum(time, horizon)
    area = survival * np.diff(reached, axis=1, append=horizon)
    left = np.cumsum(area[:, ::-1], axis=1)[:, ::-1]
    mean = np.where((last >= horizon) | (end == 0), reached[:, 0] + left[:, 0], np.nan)
    spread = (left**2 * greenwood).sum(axis=1)
    return value, np.where(value > 0, variance, np.nan), mean, np.where(np.isnan(mean), np.nan, spread)
