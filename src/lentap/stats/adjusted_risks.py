"""Risks of two arms after weighting or standardisation: difference, ratio and odds ratio from influence functions."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from lentap.stats.arguments import Bools, Floats, indicator, numbers, refuse
from lentap.stats.propensity import PropensityWeights, checked_weights
from lentap.stats.risk_sets import two_arms
from lentap.stats.wald import WaldEstimate, wald_estimate


@dataclass(frozen=True)
class AdjustedRisks:
    """Adjusted risk of the treated (``risk1``) and of the controls (``risk0``), and what separates them.

    Differences have Wald intervals, ratios Wald intervals on the log scale, risks on the logit scale. The p-values of
    the two risks are against one half. ``influence`` is how much each subject moves the two risks, (n, 2), treated
    first; None where the variance did not come from it.
    """

    risk1: WaldEstimate
    risk0: WaldEstimate
    difference: WaldEstimate
    ratio: WaldEstimate
    odds_ratio: WaldEstimate
    n: tuple[int, int]
    events: tuple[int, int]
    influence: Floats | None = field(default=None, repr=False, compare=False)


def weighted_risks(outcome: ArrayLike, treated: ArrayLike, weights: ArrayLike, *, level: float = 0.95) -> AdjustedRisks:
    """Weighted risk of each arm, and their comparison with the robust (sandwich, HC0) variance.

    The weights are taken as known, as after R's lm(..., weights) with sandwich; for inverse probability weights that
    makes intervals a little wide on average (Lunceford and Davidian 2004): ``propensity_weighted_risks`` does not.

    Parameters
    ----------
    outcome, treated
        True or 1, false or 0, of each subject.
    weights
        0 or more, one a subject.

    Returns
    -------
    AdjustedRisks
        Intervals are not-a-number where an arm had the outcome in nobody or everybody.

    Raises
    ------
    StatisticsError
        Values other than 0 and 1, arrays of different length, an arm that is empty or has no positive weight, or
        illegal weights.
    """
    arm, event = arms(treated, outcome)
    found = checked_weights(weights, arm.size)
    risks, influence = _weighted_means(arm, event, found)
    return adjusted_risks(risks, influence, event, arm, "weighted risks, sandwich variance", level=level)


def propensity_weighted_risks(outcome: ArrayLike, weights: PropensityWeights, *, level: float = 0.95) -> AdjustedRisks:
    """Weighted risk of each arm by propensity weights, with the variance that knows the scores were estimated.

    The influence of each subject on the regression of treatment is carried through the weights (stacked estimating
    equations; Lunceford and Davidian 2004, Li, Morgan and Zaslavsky 2018); truncated weights are taken as known.

    Parameters
    ----------
    outcome
        True or 1, false or 0, in the order of the subjects of the propensity model.

    Raises
    ------
    StatisticsError
        As ``weighted_risks``.
    """
    model = weights.model
    arm, event = arms(model.treated, outcome)
    risks, influence = _weighted_means(arm, event, weights.weights)
    of_scores = model.regression.influence(arm)
    gradient = model.regression.design.matrix * (weights.slope * model.score * (1 - model.score))[:, None]
    for place, one_arm in enumerate((arm, ~arm)):
        residual = np.where(one_arm, event - risks[place], 0.0)
        moved = residual @ gradient / (weights.weights * one_arm).sum()
        influence[:, place] += of_scores @ moved
    method = f"{weights.method}; variance with estimated scores"
    return adjusted_risks(risks, influence, event, arm, method, level=level)


def adjusted_risks(
    risks: Floats, influence: Floats, event: Bools, arm: Bools, method: str, *, level: float
) -> AdjustedRisks:
    """Compare two risks from the influence of each subject on them, (n, 2), treated first."""
    found = compared_risks(risks, influence.T @ influence, event, arm, method, level=level)
    return replace(found, influence=influence)


def compared_risks(
    risks: Floats, covariance: Floats, event: Bools, arm: Bools, method: str, *, level: float
) -> AdjustedRisks:
    """Compare two risks from their covariance matrix, treated first, by the delta method."""
    first, second = risks.tolist()
    events = (int(event[arm].sum()), int(event[~arm].sum()))
    sizes = (int(arm.sum()), int((~arm).sum()))
    degenerate = not all(1e-12 < risk < 1 - 1e-12 for risk in (first, second))
    unknown = "an arm had the outcome in nobody or everybody" if degenerate else ""
    if degenerate:
        covariance = np.full((2, 2), np.nan)

    def error(gradient: list[float]) -> float:
        return float(np.sqrt(np.array(gradient) @ covariance @ np.array(gradient)))

    def estimate(value: float, gradient: list[float], scale: str) -> WaldEstimate:
        return wald_estimate(value, error(gradient), method, level=level, scale=scale, unknown=unknown)

    with np.errstate(divide="ignore", invalid="ignore"):
        odds1, odds0 = (np.divide(p, 1 - p) for p in (first, second))
        ratio, odds_ratio = float(np.divide(first, second)), float(np.divide(odds1, odds0))
        logit1, logit0 = (float(np.divide(1, p * (1 - p))) for p in (first, second))
        return AdjustedRisks(
            estimate(first, [logit1, 0], "logit"),
            estimate(second, [0, logit0], "logit"),
            estimate(first - second, [1, -1], "plain"),
            estimate(ratio, [float(np.divide(1, first)), -float(np.divide(1, second))], "log"),
            estimate(odds_ratio, [logit1, -logit0], "log"),
            sizes,
            events,
        )


def arms(treated: ArrayLike, outcome: ArrayLike) -> tuple[Bools, Bools]:
    """Return arm and outcome of each subject, neither arm empty."""
    arm = two_arms(treated, numbers("treated", treated).size)
    return arm, indicator("outcome", outcome, arm.size)


def _weighted_means(arm: Bools, event: Bools, weights: Floats) -> tuple[Floats, Floats]:
    """Return the weighted risk of each arm and the influence of each subject on it, (n, 2)."""
    risks, influence = np.empty(2), np.zeros((arm.size, 2))
    for place, one_arm in enumerate((arm, ~arm)):
        own = np.where(one_arm, weights, 0.0)
        if not own.any():
            refuse("weights", "0 in every row of an arm", "a positive weight in each arm")
        own /= own.max()
        risks[place] = (own * event).sum() / own.sum()
        influence[:, place] = own * (event - risks[place]) / own.sum()
    return risks, influence
