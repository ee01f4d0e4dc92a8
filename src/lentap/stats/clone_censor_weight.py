"""A target trial of when to act, emulated from those who acted and those who did not: clone, censor, weight."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lentap.errors import StatisticsError
from lentap.stats.arguments import Bools, Floats, real, refuse
from lentap.stats.covariates import design_matrix
from lentap.stats.cox_risk_sets import cox_risk_sets
from lentap.stats.estimate import Estimate
from lentap.stats.resampling import bootstrap_counts, percentile_limits
from lentap.stats.ridge import ridge_cox, ridge_probability
from lentap.stats.status_change import split_follow_up

BLOCK = 4_000_000  # weights held at once: event times come in blocks, so that memory stays bounded
MOST_TIMES = 200  # in a block: the fewer, the fewer weights are computed of subjects who have left


@dataclass(frozen=True, eq=False)
class StrategyCurve:
    """Survival under one strategy: ``survival`` from each of ``time`` on, which begins with 0.

    Of its ``clones``, one a subject, ``events`` had the event while they followed the strategy; ``censored`` left it.
    ``largest_weight`` is that of a subject relative to the mean weight of those who followed to the end of the grace
    period ("within") or, at the last event before the horizon, of those at risk ("never").
    """

    time: Floats
    survival: Floats
    clones: int
    events: int
    censored: int
    largest_weight: float

    def at(self, times: ArrayLike) -> Floats:
        """Survival at some times."""
        return np.asarray(self.survival[np.searchsorted(self.time, np.asarray(times, float), side="right") - 1])


@dataclass(frozen=True, eq=False)
class EmulatedTrial:
    """Strategies "change within the grace period, if still followed" and "never change", compared at a horizon.

    ``difference`` is survival at the horizon, ``mean_difference`` restricted mean survival until it, both within less
    never, with bootstrap percentile limits; ``replicates`` of them gave an answer.
    """

    within: StrategyCurve
    never: StrategyCurve
    difference: Estimate
    mean_difference: Estimate
    grace: float
    horizon: float
    replicates: int


def clone_censor_weight(
    time: ArrayLike,
    event: ArrayLike,
    change: ArrayLike,
    *,
    grace: float,
    horizon: float,
    covariates: pd.DataFrame | None = None,
    penalty: float = 1.0,
    replicates: int = 200,
    seed: int = 1,
    level: float = 0.95,
) -> EmulatedTrial:
    """Emulate a trial of changing within a grace period against never changing (Hernán and Robins 2016).

    Each subject enters both strategies as a clone, which is censored once it no longer follows its strategy (Maringe et
    al. 2020; Gaber et al. 2024). "Within": who has not changed at the end of the grace period is censored then; those
    who have stand for all still followed, weighted by the inverse of their probability of having changed, by logistic
    regression. "Never": who changes is censored then; who has not is weighted at each event time by the inverse of the
    probability of having been left unchanged until just before it, by a Cox model of the change (Breslow's method).
    Curves are weighted Kaplan-Meier curves. Subjects are resampled, not clones, and models fitted anew in each sample.

    Parameters
    ----------
    time, event, change
        As in ``split_follow_up``; an event on the day of the change is one after it.
    grace
        Length of the grace period, above 0: a change at its very end is in time.
    horizon
        Time up to which strategies are compared, above ``grace`` and up to ``longest_comparison``.
    covariates
        As in ``cox``, known at the start. Without any, clones are censored and not weighted, as if those who changed
        were a random sample.
    penalty
        Of the models' coefficients, above 0, as in ``ridge``: few changes and many covariates leave no finite estimate
        in some samples, and where patients are many it weighs nothing.
    replicates, seed, level
        As in ``bootstrap_counts``.

    Raises
    ------
    StatisticsError
        As ``split_follow_up``; an illegal grace period or horizon; nobody changed in time is followed beyond the grace
        period; covariates or a penalty that are not legal.
    """
    clones = _Clones.of(time, event, change, grace)
    longest = clones.longest
    if not grace < real(horizon) <= longest:
        refuse(
            "horizon", horizon, f"above the grace period ({grace:g}), at most {longest:g}, to which both are followed"
        )
    if not 0 < real(penalty) < np.inf:
        refuse("penalty", penalty, "a finite number above 0")
    matrix = None if covariates is None else design_matrix(covariates, clones.n).matrix[:, 1:]
    within, never = clones.curves(np.ones(clones.n), matrix, penalty, horizon)
    samples = []
    for block in bootstrap_counts(clones.n, replicates, seed, level=level):
        for counts in block:
            try:
                samples.append(_compared(*clones.curves(counts, matrix, penalty, horizon), horizon))
            except StatisticsError:  # nobody of a sample follows a strategy
                samples.append((np.nan, np.nan))
    low, high = percentile_limits(np.array(samples), level)
    words = "clones censored" + ("" if covariates is None else " and weighted") + ", bootstrap percentiles"
    found = _compared(within, never, horizon)
    difference, mean_difference = (
        Estimate(found[one], float(low[one]), float(high[one]), level, words) for one in (0, 1)
    )
    known = int(np.isfinite(np.array(samples)).all(axis=1).sum())
    return EmulatedTrial(within, never, difference, mean_difference, float(grace), float(horizon), known)


def longest_comparison(time: ArrayLike, event: ArrayLike, change: ArrayLike, *, grace: float) -> float:
    """Time to which clones of both strategies are followed.

    Raises
    ------
    StatisticsError
        As ``clone_censor_weight``.
    """
    return _Clones.of(time, event, change, grace).longest


@dataclass(frozen=True, eq=False)
class _Clones:
    """Follow-up of each subject, whether it changed ``in_time``, and its end as one that ``left_never`` by changing."""

    time: Floats
    event: Bools
    in_time: Bools
    unchanged_until: Floats
    unchanged_event: Bools
    left_never: Bools
    grace: float

    @classmethod
    def of(cls, time: ArrayLike, event: ArrayLike, change: ArrayLike, grace: float) -> "_Clones":
        if not 0 < real(grace) < np.inf:
            refuse("grace", grace, "a finite number above 0")
        rows = split_follow_up(time, event, change).rows
        last = rows.groupby("subject").last()
        first = rows[~rows["changed"]].set_index("subject").reindex(last.index)
        begun = rows[rows["changed"]].set_index("subject")["entry"].reindex(last.index).to_numpy()
        end, died = last["time"].to_numpy(float), last["event"].to_numpy(bool)
        size = np.asarray(time, dtype=float).size
        if len(last) < size:
            refuse("time", "0 in some subjects", "times above 0 (leave out who has no follow-up)")
        clones = cls(
            end, died, begun <= grace, first["time"].fillna(0.0).to_numpy(), first["event"].eq(True).to_numpy(bool),
            np.isfinite(begun), float(grace),
        )  # fmt: skip
        if not (clones.in_time & (end > grace)).any():
            refuse("grace", grace, "a time by which some have changed who are followed beyond it")
        if not (clones.unchanged_until > grace).any():
            refuse("grace", grace, "a time beyond which some are followed who have not changed")
        return clones

    @property
    def n(self) -> int:
        return self.time.size

    @property
    def longest(self) -> float:
        return float(min(self.time[self.in_time].max(), self.unchanged_until.max()))

    def curves(
        self, counts: Floats, matrix: Floats | None, penalty: float, horizon: float
    ) -> tuple[StrategyCurve, StrategyCurve]:
        """Curves of both strategies, each subject counted as often as ``counts`` says."""
        return self._within(counts, matrix, penalty, horizon), self._never(counts, matrix, penalty, horizon)

    def _within(self, counts: Floats, matrix: Floats | None, penalty: float, horizon: float) -> StrategyCurve:
        beyond = (self.time > self.grace) & (counts > 0)
        share = np.ones(self.n)
        if matrix is not None and not self.in_time[beyond].all():
            share[beyond] = ridge_probability(matrix[beyond], self.in_time[beyond], counts[beyond], penalty)
        kept = beyond & self.in_time
        if not kept.any():
            refuse("grace", self.grace, "a time by which some have changed who are followed beyond it")
        weight = counts / share
        end = np.where(self.in_time, self.time, np.minimum(self.time, self.grace))
        died = self.event & (end == self.time)
        early, late = died & (end <= self.grace), died & (end > self.grace)
        parts = [_hazards(end, early, counts, horizon), _hazards(end, late, weight * self.in_time, horizon)]
        time, hazard = (np.concatenate([part[place] for part in parts]) for place in (0, 1))
        largest = float(weight[kept].max() / np.average(weight[kept], weights=counts[kept]))
        left = beyond & ~self.in_time
        return _curve(time, hazard, counts, died & (end <= horizon), left, largest)

    def _never(self, counts: Floats, matrix: Floats | None, penalty: float, horizon: float) -> StrategyCurve:
        used = (self.unchanged_until > 0) & (counts > 0)
        end, often = self.unchanged_until[used], counts[used]
        died, left = self.unchanged_event[used], self.left_never[used]
        times, hazard = _hazards(end, died, often, horizon)
        largest = 1.0
        if matrix is not None and left.any() and times.size:
            sets = cox_risk_sets(end, left, None, np.zeros(end.size, dtype=np.intp), often, "breslow")
            model = ridge_cox(sets, matrix[used], penalty)
            ratio = model.risk / often
            before = np.cumsum(model.hazard)[np.searchsorted(sets.time[1:], times)]
            hazard = _weighted_hazards(end, died, often, ratio, times, before)
            last = end >= times[-1]
            relative = np.exp(before[-1] * (ratio[last] - ratio[last].max()))
            largest = float(1 / np.average(relative, weights=often[last]))
        left_by = self.left_never & (self.unchanged_until <= horizon)
        had = self.unchanged_event & (self.unchanged_until <= horizon)
        return _curve(times, hazard, counts, had, left_by, largest)


def _weighted_hazards(
    end: Floats, died: Bools, often: Floats, ratio: Floats, times: Floats, cumulative: Floats
) -> Floats:
    """Share of those at risk who have the event at each time, weighted by exp(cumulative hazard x ratio)."""
    order = np.argsort(end)
    end, died, often, ratio = end[order], died[order], often[order], ratio[order]
    first = np.searchsorted(end, times)
    top = np.maximum.accumulate(ratio[::-1])[::-1][first]  # weights count relative to the largest of those at risk
    own = np.flatnonzero(died & (end <= times[-1]))
    place = np.searchsorted(times, end[own])
    events = np.bincount(place, often[own] * np.exp(cumulative[place] * (ratio[own] - top[place])), times.size)
    at_risk = np.empty(times.size)
    size = min(max(BLOCK // end.size, 1), MOST_TIMES)
    for begin in range(0, times.size, size):
        part = slice(begin, begin + size)
        since, until = first[part][0], first[part][-1]  # of those sorted by end, who leaves within the block
        distance = np.minimum(ratio[since:] - top[part, None], 0.0)
        weight = np.exp(cumulative[part, None] * distance) * often[since:]
        still = np.arange(since, until) >= first[part, None]
        at_risk[part] = weight[:, until - since :].sum(axis=1) + (weight[:, : until - since] * still).sum(axis=1)
    return events / at_risk


def _hazards(end: Floats, died: Bools, weight: Floats, horizon: float) -> tuple[Floats, Floats]:
    """Distinct times of events up to the horizon, and the weighted share of those at risk who have one."""
    counted = died & (end <= horizon) & (weight > 0)
    times, place = np.unique(end[counted], return_inverse=True)
    events = np.bincount(place, weight[counted], times.size)
    order = np.argsort(end)
    behind = np.append(np.cumsum(weight[order][::-1])[::-1], 0.0)
    return times, events / behind[np.searchsorted(end[order], times)]


def _curve(times: Floats, hazard: Floats, counts: Floats, died: Bools, left: Bools, largest: float) -> StrategyCurve:
    survival = np.concatenate([[1.0], np.cumprod(1 - np.minimum(hazard, 1.0))])
    events, censored = (int(counts[part].sum()) for part in (died, left))
    return StrategyCurve(np.concatenate([[0.0], times]), survival, int(counts.sum()), events, censored, largest)


def _compared(within: StrategyCurve, never: StrategyCurve, horizon: float) -> tuple[float, float]:
    """Differences of survival at the horizon and of the area until it, within less never."""
    areas = [
        float(curve.survival @ np.diff(np.minimum(curve.time, horizon), append=horizon)) for curve in (within, never)
    ]
    return float((within.at(horizon) - never.at(horizon)).item()), areas[0] - areas[1]
