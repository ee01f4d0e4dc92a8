"""How often an analysis is right: many simulated trials against the truth they were drawn from."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import hypot, log, sqrt
from typing import Literal

import numpy as np
from scipy.integrate import simpson
from scipy.stats import norm

from lentap.stats.arguments import Bools, Floats, normal_quantile, real, refuse
from lentap.stats.estimate import Estimate
from lentap.stats.hazards import PiecewiseHazard, exponential
from lentap.stats.proportions import proportion
from lentap.stats.replicates import TrialAnalyses, analyse_trials
from lentap.stats.sample_size import positive
from lentap.stats.trial_draws import draw_trials

TRUTH = 100_000  # patients an arm of the trial whose analysis counts as the truth
Measure = Literal["log hazard ratio", "survival difference", "restricted mean difference"]
MEASURES: tuple[Measure, ...] = ("log hazard ratio", "survival difference", "restricted mean difference")


@dataclass(frozen=True)
class Trial:
    """What a trial is drawn with: times in one unit, rates per that unit.

    ``prognosis`` and ``allocation`` are those of ``draw_trials``; ``delay`` is the time after which the hazard ratio
    holds, before it there is no effect.
    """

    patients: int
    control_median: float
    hazard_ratio: float
    accrual: float
    follow_up: float
    delay: float = 0.0
    dropout: float = 0.0
    prognosis: float = 0.0
    allocation: float = 0.0

    @property
    def hazards(self) -> tuple[PiecewiseHazard, PiecewiseHazard]:
        """Of the treated and of the control."""
        control = exponential(self.control_median)
        (rate,) = control.rates
        if not 0 < real(self.hazard_ratio) < np.inf:
            refuse("hazard_ratio", self.hazard_ratio, "a finite number above 0")
        if self.delay <= 0:
            return control.times(self.hazard_ratio), control
        return PiecewiseHazard((rate, rate * self.hazard_ratio), (0.0, self.delay)), control


@dataclass(frozen=True)
class OperatingCharacteristics:
    """Shares and means over simulated trials, each with an interval for the error of simulating so many and no more.

    ``rejected`` by the log-rank test, two-sided; ``favours`` rejected with fewer events among the treated than
    expected; by measure: the ``truth``, the ``bias`` (mean estimate minus truth), the ``coverage`` of Wald's interval.
    """

    trials: int
    events: float
    rejected: Estimate
    favours: Estimate
    truth: dict[Measure, float]
    bias: dict[Measure, Estimate]
    coverage: dict[Measure, Estimate]


def operating_characteristics(
    trial: Trial,
    *,
    trials: int,
    seed: int,
    landmark: float,
    horizon: float,
    alpha: float = 0.05,
    level: float = 0.95,
) -> OperatingCharacteristics:
    """Simulate trials, analyse each as a real one is analysed, and compare with the truth.

    The truth is 0 without an effect, and computed from the hazards where they give it. With a prognostic factor, and
    for the hazard ratio under a delayed effect, it is what the same analysis gives in one trial of ``TRUTH`` patients a
    group, allocated at random: exact to about 0.006 on the log hazard ratio, which the interval of the bias allows for.
    Bias thus includes what non-random allocation does.

    Parameters
    ----------
    landmark, horizon
        Time of the survival difference, and to which mean survival is restricted.
    alpha
        Two-sided level of the log-rank test.
    level
        Of the intervals whose coverage is counted.

    Raises
    ------
    StatisticsError
        A number outside what ``draw_trials`` and ``analyse_trials`` allow, fewer than 2 trials, a negative seed.
    """
    if trials < 2:
        refuse("trials", trials, "2 or more")
    if seed < 0:
        refuse("seed", seed, "0 or more")
    z = normal_quantile(level)
    found = _analysed(trial, trials, np.random.default_rng([seed, 0]), landmark, horizon)
    true, uncertain = _truth(trial, seed, landmark, horizon)
    bias: dict[Measure, Estimate] = {}
    coverage: dict[Measure, Estimate] = {}
    for measure, value, error in _measures(found):
        known = np.isfinite(value) & np.isfinite(error)
        off = value[known] - true[measure]
        bias[measure] = _mean(off, uncertain[measure])
        coverage[measure] = _share(np.abs(off) <= z * error[known])
    beyond = np.abs(found.z) > norm.isf(alpha / 2)
    events, favours = float(found.events.sum(axis=1).mean()), _share(beyond & (found.z < 0))
    return OperatingCharacteristics(trials, events, _share(beyond), favours, true, bias, coverage)


def _truth(
    trial: Trial, seed: int, landmark: float, horizon: float
) -> tuple[dict[Measure, float], dict[Measure, float]]:
    """The truth by measure, and its standard error: 0 where it is computed."""
    treated, control = trial.hazards
    if trial.hazard_ratio == 1:
        return dict.fromkeys(MEASURES, 0.0), dict.fromkeys(MEASURES, 0.0)
    fair = replace(trial, patients=2 * TRUTH, allocation=0.0)
    exact: dict[Measure, float] = {}
    if not trial.prognosis:
        grid = np.linspace(0, horizon, 4001)
        exact["survival difference"] = float(treated.survival(landmark) - control.survival(landmark))
        exact["restricted mean difference"] = float(simpson(treated.survival(grid) - control.survival(grid), x=grid))
        if trial.delay <= 0:
            return {"log hazard ratio": log(trial.hazard_ratio), **exact}, dict.fromkeys(MEASURES, 0.0)
    found = _analysed(fair, 1, np.random.default_rng([seed, 1]), landmark, horizon)
    simulated = {measure: (float(value[0]), float(error[0])) for measure, value, error in _measures(found)}
    return (
        {measure: exact.get(measure, value) for measure, (value, _) in simulated.items()},
        {measure: 0.0 if measure in exact else error for measure, (_, error) in simulated.items()},
    )


def _analysed(
    trial: Trial, trials: int, generator: np.random.Generator, landmark: float, horizon: float
) -> TrialAnalyses:
    treated, control = trial.hazards
    drawn = draw_trials(
        generator,
        trials,
        n1=trial.patients - trial.patients // 2,
        n0=trial.patients // 2,
        hazard1=treated,
        hazard0=control,
        accrual=trial.accrual,
        follow_up=trial.follow_up,
        dropout=trial.dropout,
        prognosis=trial.prognosis,
        allocation=trial.allocation,
    )
    return analyse_trials(drawn.time, drawn.event, drawn.treated, landmark=landmark, horizon=horizon)


def _measures(found: TrialAnalyses) -> Iterator[tuple[Measure, Floats, Floats]]:
    """Each effect measure with its estimates and standard errors, a value a trial."""
    yield "log hazard ratio", found.log_hazard_ratio, found.log_hazard_ratio_error
    yield "survival difference", found.survival_difference, np.sqrt(found.survival_variance.sum(axis=1))
    variance = found.restricted_mean_difference_variance
    yield "restricted mean difference", found.restricted_mean_difference, np.sqrt(variance)


def _share(true: Bools) -> Estimate:
    return proportion(int(true.sum()), true.size) if true.size else _unknown()


def _mean(values: Floats, apart: float) -> Estimate:
    """Mean with an interval that also holds the standard error ``apart`` of what was taken off the values."""
    if values.size < 2:
        return _unknown()
    mean, error = float(values.mean()), hypot(float(values.std(ddof=1)) / sqrt(values.size), apart)
    return Estimate(mean, mean - normal_quantile(0.95) * error, mean + normal_quantile(0.95) * error, 0.95, "mean")


def _unknown() -> Estimate:
    nan = float("nan")
    return Estimate(nan, nan, nan, 0.95, "no trial gives an estimate")


def yearly_hazard(share: float, units_a_year: float) -> float:
    """Constant hazard per unit of time under which a share (0 to below 1) leaves within a year."""
    if not 0 <= real(share) < 1:
        refuse("share", share, "a number from 0 to below 1")
    return -log(1 - share) / positive("units_a_year", units_a_year)
