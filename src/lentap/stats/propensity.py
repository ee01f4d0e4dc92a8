"""Propensity scores and the weights made of them: whose effect the weighted comparison is about, and at what price."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lentap.stats.arguments import Bools, Floats, choice, numbers, real, refuse
from lentap.stats.covariates import design_matrix
from lentap.stats.logistic import LogisticModel, logistic_regression
from lentap.stats.risk_sets import two_arms

ESTIMANDS = {
    "ate": "effect in all",
    "att": "effect in the treated",
    "overlap": "effect in the overlap population",
    "matching": "effect in those who would be matched",
}


@dataclass(frozen=True, eq=False)
class PropensityModel:
    """Logistic regression of treatment on covariates: ``score`` is each subject's probability of being ``treated``."""

    treated: Bools
    score: Floats
    regression: LogisticModel


@dataclass(frozen=True, eq=False)
class PropensityWeights:
    """Weights, one a subject, and what they cost.

    ``effective_n`` (treated, control) are Kish's effective sample sizes, ``truncated`` how many weights were set to a
    limit of ``limits``, ``slope`` the derivative of each weight by its score, for variances that know the scores are
    estimated.
    """

    weights: Floats
    slope: Floats
    model: PropensityModel
    estimand: str
    effective_n: tuple[float, float]
    truncated: int
    limits: tuple[float, float]
    method: str


def propensity_model(covariates: pd.DataFrame, treated: ArrayLike) -> PropensityModel:
    """Probability of treatment given covariates, by logistic regression (Rosenbaum and Rubin 1983).

    Parameters
    ----------
    covariates
        One row a subject, no missing values; columns that are not numeric become one indicator a category but the
        first.
    treated
        True or 1 for the experimental arm, false or 0 for the control.

    Raises
    ------
    StatisticsError
        An arm is empty; a covariate has missing or infinite values, does not vary or is collinear with others;
        covariates separate the arms, completely or in part: the message names them.
    """
    arm = two_arms(treated, numbers("treated", treated).size)
    regression = logistic_regression(design_matrix(covariates, arm.size), arm, argument="treated")
    return PropensityModel(arm, regression.fitted, regression)


def propensity_weights(
    model: PropensityModel, *, estimand: str = "ate", stabilised: bool = False, truncate: float | None = None
) -> PropensityWeights:
    """Balancing weights h(e)/e of the treated and h(e)/(1 - e) of the controls with score e.

    h is 1 for the effect in all (inverse probability of treatment), e for the effect in the treated, e (1 - e) for
    overlap weights (Li, Morgan and Zaslavsky 2018) and the smaller of e and 1 - e for matching weights (Li and Greene
    2013).

    Parameters
    ----------
    estimand
        One of ``ESTIMANDS``.
    stabilised
        Multiply with the arm's share of all subjects, so that weights are near 1 (Robins 2000); for "ate" only.
    truncate
        Share of weights, below 0.5, at either end that are set to the quantile there (Cole and Hernan 2008); for "att"
        of the controls' weights. By default none.

    Raises
    ------
    StatisticsError
        An unknown estimand, a share outside 0 to 0.5, or stabilised weights of another estimand than "ate".
    """
    choice("estimand", estimand, ESTIMANDS)
    if stabilised and estimand != "ate":
        refuse("stabilised", stabilised, 'false, unless estimand is "ate"')
    if truncate is not None and not 0 < real(truncate) < 0.5:
        refuse("truncate", truncate, "a number strictly between 0 and 0.5, such as 0.01, or none")
    arm, e = model.treated, model.score
    tilt, tilt_slope = _tilt(e, estimand)
    own = np.where(arm, e, 1 - e)
    weights = tilt / own
    slope = tilt_slope / own - np.where(arm, 1, -1) * tilt / own**2
    if stabilised:
        share = np.where(arm, arm.mean(), 1 - arm.mean())
        weights, slope = weights * share, slope * share
    cut, limits = np.zeros(arm.size, dtype=bool), (0.0, np.inf)
    if truncate is not None:
        varying = ~arm if estimand == "att" else np.ones(arm.size, dtype=bool)
        low, high = np.quantile(weights[varying], [truncate, 1 - truncate]).tolist()
        cut, limits = varying & ((weights < low) | (weights > high)), (low, high)
        weights = np.where(varying, np.clip(weights, low, high), weights)
        slope = np.where(cut, 0.0, slope)
    name = "inverse probability of treatment" if estimand == "ate" else f"{estimand} weights"
    method = f"{name}, {'stabilised, ' if stabilised else ''}{ESTIMANDS[estimand]}"
    if truncate is not None:
        method += f"; {int(cut.sum())} of {arm.size} weights truncated to {limits[0]:.3g} to {limits[1]:.3g}"
    sizes = (effective_sample_size(weights[arm]), effective_sample_size(weights[~arm]))
    return PropensityWeights(weights, slope, model, estimand, sizes, int(cut.sum()), limits, method)


def effective_sample_size(weights: ArrayLike) -> float:
    """Kish's (1965) effective sample size: (sum of weights) squared over the sum of their squares.

    Raises
    ------
    StatisticsError
        A weight is negative, missing or infinite, or none is positive.
    """
    found = checked_weights(weights)
    found = found / found.max()
    return float(found.sum() ** 2 / (found**2).sum())


def checked_weights(weights: ArrayLike, n: int | None = None) -> Floats:
    """Return ``n`` weights of 0 or more, at least one of them positive."""
    legal = "finite numbers of 0 or more, at least one of them positive"
    found = numbers("weights", weights, legal)
    if n is not None and found.size != n:
        refuse("weights", f"array of {found.size}", f"as long as the other arguments ({n})")
    if (found < 0).any():
        refuse("weights", found[found < 0][0].item(), legal)
    if not found.any():
        refuse("weights", "0 in every row", legal)
    return found


def _tilt(e: Floats, estimand: str) -> tuple[Floats, Floats]:
    """Return h(e), which says how much a subject with score e counts in the target population, and its derivative."""
    match estimand:
        case "ate":
            return np.ones_like(e), np.zeros_like(e)
        case "att":
            return e, np.ones_like(e)
        case "overlap":
            return e * (1 - e), 1 - 2 * e
        case _:
            return np.minimum(e, 1 - e), np.where(e < 0.5, 1.0, -1.0)
