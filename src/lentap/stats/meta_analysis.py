"""Random-effects meta-analysis of few studies: mean, Hartung and Knapp's interval, and what a new study may find."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t

from lentap.stats.arguments import choice
from lentap.stats.estimate import Estimate
from lentap.stats.pooling import POOLING_METHODS, pool_effects
from lentap.stats.subgroups import Interaction, effects_and_errors

MEAN_INTERVALS = {
    "hartung-knapp": "Hartung-Knapp",
    "modified-hartung-knapp": "Hartung-Knapp, error no smaller than Wald's",
}


@dataclass(frozen=True, eq=False)
class MetaAnalysis:
    """Mean effect of ``studies`` studies with its standard ``error``, and the interval for the effect of a new one.

    ``tau_squared`` is the variance of effects between studies. The limits of ``prediction`` are not-a-number where
    there are fewer than three studies.
    """

    mean: Estimate
    error: float
    prediction: Estimate
    tau_squared: float
    heterogeneity: Interaction
    studies: int


def meta_analysis(
    effects: ArrayLike,
    errors: ArrayLike,
    *,
    method: str = "reml",
    interval: str = "hartung-knapp",
    level: float = 0.95,
) -> MetaAnalysis:
    """Pool effects of studies by random effects, with intervals that count how few studies there are.

    The mean's variance is that of Hartung and Knapp (2001), its interval Student's with one degree of freedom less than
    studies. A study's effect is predicted with the variance between studies added and one degree less again (Higgins,
    Thompson and Spiegelhalter 2009; with Hartung and Knapp's variance, Partlett and Riley 2017).

    Parameters
    ----------
    effects, errors
        Effects of two studies or more on a scale where they are about normal (logits, logs of ratios), and their
        standard errors.
    method
        How the variance between studies is estimated, one of ``POOLING_METHODS``.
    interval
        One of ``MEAN_INTERVALS``. Where effects agree by more than chance, Hartung and Knapp's error comes out too
        small; the modified one is then Wald's (Röver, Knapp and Friede 2015).

    Raises
    ------
    StatisticsError
        As ``pool_effects``; an unknown interval.
    """
    choice("interval", interval, MEAN_INTERVALS)
    effect, error = effects_and_errors(effects, errors)
    pooled = pool_effects(effect, error, method=method, level=level)
    mean, tau_squared, degrees = pooled.mean.value, pooled.tau_squared, effect.size - 1
    weight = 1 / (error**2 + tau_squared)
    scatter = float(weight @ (effect - mean) ** 2) / degrees
    if interval == "modified-hartung-knapp":
        scatter = max(1.0, scatter)
    own = float(np.sqrt(scatter / weight.sum()))
    words = f"{POOLING_METHODS[method]}, {MEAN_INTERVALS[interval]}"
    return MetaAnalysis(
        _interval(mean, own, degrees, level, words),
        own,
        _interval(mean, float(np.hypot(own, np.sqrt(tau_squared))), degrees - 1, level, f"{words}, new study"),
        tau_squared,
        pooled.heterogeneity,
        effect.size,
    )


def _interval(mean: float, error: float, degrees: int, level: float, method: str) -> Estimate:
    reach = error * float(t.isf((1 - level) / 2, degrees)) if degrees else np.nan
    return Estimate(mean, mean - reach, mean + reach, level, method)
