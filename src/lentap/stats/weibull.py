"""Weibull distributions fitted by maximum likelihood: one sample, and two arms of one shape."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lentap.errors import ConvergenceError
from lentap.stats.arguments import Bools, Floats, Integers, normal_quantile, refuse
from lentap.stats.estimate import Estimate
from lentap.stats.risk_sets import follow_up, two_arms
from lentap.stats.wald import WaldEstimate, wald_estimate

_MOST_STEPS = 100
_UNKNOWN = "an arm without events, or all events at the end of their arm's follow-up"


@dataclass(frozen=True)
class Weibull:
    """Survival exp(-(t / scale)**shape); the ``p_value`` of ``shape`` is that of a constant hazard, shape 1."""

    shape: WaldEstimate
    scale: Estimate
    median: Estimate
    log_likelihood: float
    events: int
    n: int

    def survival(self, times: ArrayLike) -> Floats:
        """Fitted survival at ``times``, 0 or later."""
        return np.exp(-((np.asarray(times, dtype=float) / self.scale.value) ** self.shape.value))


@dataclass(frozen=True)
class WeibullComparison:
    """Treated over control: hazard ratio, and ratio of times to the event (accelerated failure time), of one fit.

    ``shape`` is common to the arms, ``scale`` that of the control.
    """

    hazard_ratio: WaldEstimate
    time_ratio: WaldEstimate
    shape: WaldEstimate
    scale: Estimate
    log_likelihood: float
    events: int
    n: int


@dataclass(frozen=True)
class _Fit:
    """Shape first, then the coefficients of the log cumulative hazard at ``centre`` of log time."""

    parameters: Floats
    covariance: Floats
    centre: float
    log_likelihood: float

    def log_error(self, gradient: Floats) -> float:
        return float(np.sqrt(gradient @ self.covariance @ gradient))


def weibull(time: ArrayLike, event: ArrayLike, *, level: float = 0.95) -> Weibull:
    """Fit a Weibull distribution; intervals are Wald's on the log scale, as from R's survreg.

    Parameters
    ----------
    time
        Follow-up of each subject, above 0, in any unit.
    event
        As in ``kaplan_meier``.

    Returns
    -------
    Weibull
        Not-a-number where there is no maximum: no events, or all of them at the longest follow-up.

    Raises
    ------
    StatisticsError
        As ``kaplan_meier``; a time of 0; no convergence.
    """
    times, events = _positive(time, event)
    fit = _fit(times, events, np.zeros(times.size, dtype=np.intp))
    shape, base = fit.parameters
    shift = float(np.log(np.log(2)))
    return Weibull(
        _shape(fit, level),
        _scale(fit, level),
        _log_estimate(
            fit.centre + (shift - base) / shape,
            fit.log_error(np.array([(base - shift) / shape**2, -1 / shape])),
            "Weibull median, log scale",
            level,
        ),
        fit.log_likelihood,
        int(events.sum()),
        times.size,
    )


def compare_weibull(time: ArrayLike, event: ArrayLike, treated: ArrayLike, *, level: float = 0.95) -> WeibullComparison:
    """Fit Weibull distributions of one shape to two arms: proportional hazards and accelerated times at once.

    The coefficient of R's survreg is the log of the time ratio; the hazard ratio is its power of minus the shape.

    Parameters
    ----------
    time, event, level
        As in ``weibull``.
    treated
        True or 1 for the experimental arm, false or 0 for the control.

    Returns
    -------
    WeibullComparison
        Not-a-number where there is no maximum: an arm without events, or all events at the end of their arm's
        follow-up.

    Raises
    ------
    StatisticsError
        As ``weibull``; an empty arm.
    """
    times, events = _positive(time, event)
    arm = two_arms(treated, times.size)
    fit = _fit(times, events, arm.astype(np.intp))
    shape, _, effect = fit.parameters
    hazard_ratio, time_ratio = (
        wald_estimate(
            float(np.exp(log_ratio)),
            fit.log_error(np.array(gradient)),
            f"Weibull {name} ratio, log scale",
            level=level,
            scale="log",
            unknown=_UNKNOWN,
        )
        for log_ratio, gradient, name in (
            (effect, [0.0, 0.0, 1.0], "hazard"),
            (-effect / shape, [effect / shape**2, 0.0, -1 / shape], "time"),
        )
    )
    return WeibullComparison(
        hazard_ratio,
        time_ratio,
        _shape(fit, level),
        _scale(fit, level),
        fit.log_likelihood,
        int(events.sum()),
        times.size,
    )


def _positive(time: ArrayLike, event: ArrayLike) -> tuple[Floats, Bools]:
    times, events = follow_up(time, event)
    if not times.all():
        refuse("time", 0.0, "finite numbers above 0 for a Weibull distribution")
    return times, events


def _fit(time: Floats, event: Bools, arm: Integers) -> _Fit:
    """Maximise the likelihood in shape and log cumulative hazards, where it is concave: Newton's method, halved."""
    arms = int(arm.max()) + 1
    log_time = np.log(time)
    centre = float(log_time.mean())
    design = np.column_stack([log_time - centre, np.ones(time.size), arm == 1])[:, : arms + 1]
    parameters = np.zeros(arms + 1)
    if not _has_maximum(log_time, event, arm, arms):
        nothing = np.full(arms + 1, np.nan)
        return _Fit(nothing, np.full((arms + 1, arms + 1), np.nan), centre, float("nan"))
    parameters[:2] = 1.0, np.log(event.sum() / np.exp(design[:, 0]).sum())
    jacobian = float(log_time[event].sum())
    found = _log_likelihood(design, event, parameters)
    for _ in range(_MOST_STEPS):
        hazard = np.exp(design @ parameters)
        gradient = design.T @ (event - hazard)
        gradient[0] += event.sum() / parameters[0]
        information = (design * hazard[:, None]).T @ design
        information[0, 0] += event.sum() / parameters[0] ** 2
        step = np.linalg.solve(information, gradient)
        if np.abs(step / np.maximum(np.abs(parameters), 1)).max() < 1e-10:
            return _Fit(parameters, np.linalg.inv(information), centre, found - jacobian)
        following = _log_likelihood(design, event, parameters + step)
        while not following >= found - 1e-12 * abs(found):
            step /= 2
            following = _log_likelihood(design, event, parameters + step)
        parameters, found = parameters + step, following
    msg = f"Weibull fit: no convergence in {_MOST_STEPS} steps, shape and log hazards {parameters.tolist()}"
    raise ConvergenceError(msg)


def _has_maximum(log_time: Floats, event: Bools, arm: Integers, arms: int) -> bool:
    """Whether each arm has an event, and some event comes before the end of its arm's follow-up."""
    members = [arm == one for one in range(arms)]
    early = any((event & one & (log_time < log_time[one].max())).any() for one in members)
    return early and all((event & one).any() for one in members)


def _log_likelihood(design: Floats, event: Bools, parameters: Floats) -> float:
    if parameters[0] <= 0:
        return -np.inf
    with np.errstate(over="ignore"):
        linear = design @ parameters
        return float(event.sum() * np.log(parameters[0]) + linear[event].sum() - np.exp(linear).sum())


def _shape(fit: _Fit, level: float) -> WaldEstimate:
    shape = float(fit.parameters[0])
    error = float(np.sqrt(fit.covariance[0, 0])) / shape
    return wald_estimate(shape, error, "Weibull shape, log scale", level=level, scale="log", unknown=_UNKNOWN)


def _scale(fit: _Fit, level: float) -> Estimate:
    shape, base = fit.parameters[:2]
    gradient = np.zeros(fit.parameters.size)
    gradient[:2] = base / shape**2, -1 / shape
    return _log_estimate(fit.centre - base / shape, fit.log_error(gradient), "Weibull scale, log scale", level)


def _log_estimate(log_value: float, error: float, method: str, level: float) -> Estimate:
    z = normal_quantile(level)
    value, low, high = np.exp([log_value, log_value - z * error, log_value + z * error]).tolist()
    note = "" if np.isfinite(value) else f"; not estimable: {_UNKNOWN}"
    return Estimate(value, low, high, level, method + note)
