"""Effects pooled by random effects, and each shrunken towards the mean by how much all vary (empirical Bayes)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from lentap.errors import ConvergenceError
from lentap.stats.arguments import Floats, choice, normal_quantile, refuse
from lentap.stats.subgroups import Interaction, effects_and_errors, interaction
from lentap.stats.wald import WaldEstimate, wald_estimate

POOLING_METHODS = {
    "reml": "random effects, restricted maximum likelihood",
    "dersimonian-laird": "random effects, DerSimonian-Laird",
    "common": "common effect",
}
MOST_STEPS = 100


@dataclass(frozen=True, eq=False)
class PooledEffects:
    """Mean effect, the variance ``tau_squared`` of effects around it, and each effect shrunken towards it.

    ``shrunken`` has a row an effect: label, effect, error as given, and shrunken, shrunken_error, low, high, weight
    (how much of the effect's own deviation is kept, from 0 to 1).
    """

    mean: WaldEstimate
    tau_squared: float
    heterogeneity: Interaction
    shrunken: pd.DataFrame


def pool_effects(
    effects: ArrayLike,
    errors: ArrayLike,
    *,
    names: list[str] | None = None,
    method: str = "reml",
    level: float = 0.95,
) -> PooledEffects:
    """Pool effects of subgroups or trials, and shrink each towards the mean.

    Effects are taken as normal around a mean with variance tau squared, estimated by restricted maximum likelihood, by
    DerSimonian and Laird's (1986) moments, or 0 ("common"). Shrunken effects are the best linear unbiased predictions
    (Raudenbush and Bryk 1985); their errors count the mean as estimated, tau squared as known.

    Parameters
    ----------
    effects, errors
        As in ``subgroups.interaction``.
    names
        Labels of the effects, by default their positions.
    method
        One of ``POOLING_METHODS``.

    Raises
    ------
    StatisticsError
        As ``subgroups.interaction``; an unknown method, or another number of names. ConvergenceError where restricted
        maximum likelihood does not come to an end.
    """
    choice("method", method, POOLING_METHODS)
    z = normal_quantile(level)
    effect, error = effects_and_errors(effects, errors)
    if names is not None and len(names) != effect.size:
        refuse("names", f"{len(names)} names", f"as many as effects ({effect.size})")
    heterogeneity = interaction(effect, error)
    variance = error**2
    tau_squared = 0.0
    if method != "common":
        tau_squared = _moments(variance, heterogeneity.statistic)
    if method == "reml":
        tau_squared = _restricted_likelihood(effect, variance, tau_squared)
    weight = 1 / (variance + tau_squared)
    mean, mean_variance = float(weight @ effect / weight.sum()), float(1 / weight.sum())
    kept = tau_squared / (tau_squared + variance)
    shrunken = mean + kept * (effect - mean)
    shrunken_error = np.sqrt(kept * variance + (1 - kept) ** 2 * mean_variance)
    return PooledEffects(
        wald_estimate(mean, float(np.sqrt(mean_variance)), POOLING_METHODS[method], level=level),
        tau_squared,
        heterogeneity,
        pd.DataFrame(
            {
                "label": names if names is not None else [str(place) for place in range(effect.size)],
                "effect": effect,
                "error": error,
                "shrunken": shrunken,
                "shrunken_error": shrunken_error,
                "low": shrunken - z * shrunken_error,
                "high": shrunken + z * shrunken_error,
                "weight": kept,
            }
        ),
    )


def _moments(variance: Floats, q: float) -> float:
    weight = 1 / variance
    scale = weight.sum() - (weight**2).sum() / weight.sum()
    return max(0.0, float((q - (variance.size - 1)) / scale))


def _restricted_likelihood(effect: Floats, variance: Floats, start: float) -> float:
    """Root of the score near the moment estimate: Fisher's step, doubled until it passes the root, then bisection.

    Fisher scoring alone, as in R's metafor, cycles or takes thousands of steps where errors are very unequal.
    """

    def score_and_information(tau_squared: float) -> tuple[float, float]:
        weight = 1 / (variance + tau_squared)
        projection = np.diag(weight) - np.outer(weight, weight) / weight.sum()
        residual = projection @ effect
        return float(residual @ residual - np.trace(projection)), float((projection**2).sum())

    def score(tau_squared: float) -> float:
        return score_and_information(tau_squared)[0]

    slope, information = score_and_information(start)
    tau_squared, step = start, slope / information
    for _ in range(MOST_STEPS):
        moved = max(0.0, tau_squared + step)
        if slope * score(moved) <= 0:
            return float(brentq(score, tau_squared, moved, xtol=1e-14 * float(variance.min()), rtol=1e-14))
        if moved == 0:
            return 0.0
        tau_squared, step = moved, 2 * step
    msg = f"Random effects by restricted maximum likelihood: no root of the score in {MOST_STEPS} steps"
    raise ConvergenceError(msg)
