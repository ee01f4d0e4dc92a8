"""What a Cox model says of a subject: cumulative hazard and adjusted survival, with intervals."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lentap.stats.arguments import Floats, choice, floats, normal_quantile, refuse
from lentap.stats.cox import CoxModel
from lentap.stats.cox_likelihood import HIGHEST
from lentap.stats.estimate import Estimate

ADJUSTED_INTERVALS = ("log", "log-log", "plain")


@dataclass(frozen=True, eq=False)
class AdjustedSurvival:
    """Survival of a subject with given covariates by a Cox model: a row a time, 0 first, then each event time.

    ``cumulative_hazard`` with its standard ``error``, ``survival``, ``low`` and ``high`` hold from that time on, up to
    ``followed``, the last time under observation.
    """

    time: Floats
    cumulative_hazard: Floats
    error: Floats
    survival: Floats
    low: Floats
    high: Floats
    followed: float
    level: float
    method: str

    def at(self, times: ArrayLike) -> Floats:
        """Survival at ``times``: not-a-number beyond the last follow-up."""
        return self._step(self.survival, times)

    def estimate_at(self, time: float) -> Estimate:
        """Survival at one time with its interval."""
        value, low, high = (float(self._step(curve, [time])[0]) for curve in (self.survival, self.low, self.high))
        return Estimate(value, low, high, self.level, self.method)

    def _step(self, curve: Floats, times: ArrayLike) -> Floats:
        wanted = floats("times", times, "times of 0 or later")
        if not (wanted >= 0).all():
            refuse("times", wanted[~(wanted >= 0)][0].item(), "times of 0 or later")
        values = curve[np.searchsorted(self.time, wanted, side="right") - 1]
        return np.where(wanted <= self.followed, values, np.nan)


def baseline_hazard(model: CoxModel) -> pd.DataFrame:
    """Cumulative baseline hazard, where all covariates are 0, as R's basehaz(centered = FALSE).

    Returns
    -------
    pandas.DataFrame
        A row an event time: stratum, time, cumulative_hazard. By Efron's or by Breslow's method, as the model's ties.

    Raises
    ------
    StatisticsError
        Covariates of 0 are so far from those of the model that the hazard there is beyond floating point.
    """
    sets = model.fitted.sets
    stratum = np.repeat(np.arange(sets.bounds.size - 1), np.diff(sets.bounds))
    shift = -(model.mean @ model.coefficients)[stratum]
    with np.errstate(over="ignore", invalid="ignore"):
        cumulative = sets.until(model.fitted.hazard) * np.exp(shift)
    seen = ~np.isnan(sets.time)
    if not (np.isfinite(cumulative) & (cumulative > 0))[seen].all():
        refuse(
            "model", "with covariates far from 0", "covariates near 0, or adjusted_survival at covariates near theirs"
        )
    names = np.array(model.strata or ("",))
    table = {"stratum": names[stratum[seen]], "time": sets.time[seen], "cumulative_hazard": cumulative[seen]}
    return pd.DataFrame(table)


def adjusted_survival(
    model: CoxModel,
    covariates: Mapping[str, object],
    *,
    stratum: str | None = None,
    level: float = 0.95,
    interval: str = "log",
) -> AdjustedSurvival:
    """Survival of a subject with these covariates, which do not change, as R's survfit of a coxph.

    The variance has that of the baseline (Tsiatis 1981) and that of the coefficients, robust where the model's is.

    Parameters
    ----------
    covariates
        Value of each covariate of the model by name, categories by their label.
    stratum
        Whose baseline hazard; needed where the model has strata.
    level
        Coverage of the pointwise interval.
    interval
        Its scale, one of ``ADJUSTED_INTERVALS``; "log" is the default of R.

    Raises
    ------
    StatisticsError
        A covariate is absent, not a number or an unknown category; an unknown stratum, level or interval.
    """
    z = normal_quantile(level)
    choice("interval", interval, ADJUSTED_INTERVALS)
    if (stratum is None) != (not model.strata):
        refuse(
            "stratum", stratum, f"one of {', '.join(model.strata)}" if model.strata else "none, as the model has none"
        )
    place = model.strata.index(choice("stratum", stratum, model.strata)) if stratum is not None else 0
    fitted, sets = model.fitted, model.fitted.sets
    slots = slice(int(sets.bounds[place]), int(sets.bounds[place + 1]))
    row = (model.design.encode(covariates) - model.mean[place]) / model.spread
    predictor = float((row * model.spread) @ model.coefficients)
    if predictor > HIGHEST:
        refuse(
            "covariates",
            f"{dict(covariates)}, a hazard ratio with the mean above exp({HIGHEST:g})",
            "values near the model's",
        )
    ratio = np.exp(predictor)
    hazard = sets.until(fitted.hazard)[slots]
    moved = (row * hazard[:, None] - sets.until(fitted.hazard_mean)[slots]) * model.spread
    variance = sets.until(fitted.variance)[slots] + np.einsum("ij,jk,ik->i", moved, model.covariance, moved)
    cumulative, error = hazard * ratio, np.sqrt(variance) * ratio
    low, high = _limits(cumulative, error, z, interval)
    return AdjustedSurvival(
        np.nan_to_num(sets.time[slots], nan=0.0),
        cumulative,
        error,
        np.exp(-cumulative),
        low,
        high,
        float(model.time[sets.stratum == place].max()),
        level,
        f"Cox model, {model.ties.capitalize()} estimate, {interval} interval",
    )


def _limits(hazard: Floats, error: Floats, z: float, interval: str) -> tuple[Floats, Floats]:
    match interval:
        case "log":
            low, high = np.exp(-hazard - z * error), np.exp(np.minimum(z * error - hazard, 0))
        case "log-log":
            with np.errstate(over="ignore"):
                factor = np.exp(np.divide(z * error, hazard, out=np.zeros_like(hazard), where=hazard > 0))
            low, high = np.exp(-hazard * factor), np.exp(-hazard / factor)
        case _:
            margin = z * error * np.exp(-hazard)
            low, high = np.exp(-hazard) - margin, np.exp(-hazard) + margin
    return np.maximum(low, 0.0), np.minimum(high, 1.0)
