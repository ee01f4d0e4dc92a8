"""Balance of two arms before and after weighting: standardised differences and ratios of variances."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lentap.stats.arguments import Bools, Floats, choice, indicator, refuse
from lentap.stats.baseline import distance_of_proportions, is_continuous
from lentap.stats.propensity import checked_weights

SPREADS = ("weighted", "unweighted")


def balance(
    covariates: pd.DataFrame, treated: ArrayLike, weights: ArrayLike, *, spread: str = "weighted"
) -> pd.DataFrame:
    """Standardised differences of each covariate between the arms, before and after weighting.

    As in ``baseline.standardised_difference``: means over the root of the mean of both variances for a continuous
    column, the distance of Yang and Dalton (2012) over all levels for any other, never negative.

    Parameters
    ----------
    covariates
        One row a subject, no missing values.
    treated
        True or 1 for the experimental arm, false or 0 for the control.
    weights
        0 or more, one a subject.
    spread
        Variances that weighted differences are divided by: "weighted" ones (Austin and Stuart 2015), or those before
        weighting, so that only means can move the number (the default of R's cobalt).

    Returns
    -------
    pandas.DataFrame
        A row a covariate, level and sample: variable, kind ("continuous" or "categorical"), level ("" if continuous),
        sample ("unweighted" or "weighted"), treated and control (means, or proportions of the level), smd (treated
        minus control) and variance_ratio (treated over control, not-a-number if categorical).

    Raises
    ------
    StatisticsError
        Missing values, values other than 0 and 1 for the arm, an arm that is empty or has no positive weight, illegal
        weights, or an unknown spread.
    """
    choice("spread", spread, SPREADS)
    arm = indicator("treated", treated, len(covariates))
    found = checked_weights(weights, arm.size)
    for one_arm in (arm, ~arm):
        if not found[one_arm].any():
            refuse("weights", "0 in every row of an arm, or none there", "a positive weight in each arm")
    rows: list[dict[str, object]] = []
    for name in covariates.columns:
        column = covariates[name]
        if column.isna().any():
            refuse("covariates", f"missing values of {name}", "a value in every row")
        rows_of = _continuous if is_continuous(column) else _categorical
        rows += [{"variable": str(name), **row} for row in rows_of(column, arm, found, spread == "unweighted")]
    return pd.DataFrame(
        rows,
        columns=["variable", "kind", "level", "sample", "treated", "control", "smd", "variance_ratio"],
    )


def _continuous(column: pd.Series, arm: Bools, weights: Floats, keep_spread: bool) -> Iterator[dict[str, object]]:
    values = column.to_numpy(dtype=float)
    before = [_moments(values[one], np.ones(int(one.sum()))) for one in (arm, ~arm)]
    after = [_moments(values[one], weights[one]) for one in (arm, ~arm)]
    for sample, (first, second) in (("unweighted", before), ("weighted", after)):
        variances = [variance for _, variance in (before if keep_spread else (first, second))]
        difference, scale = first[0] - second[0], float(np.sqrt(np.mean(variances)))
        with np.errstate(divide="ignore", invalid="ignore"):
            yield {
                "kind": "continuous",
                "level": "",
                "sample": sample,
                "treated": first[0],
                "control": second[0],
                "smd": 0.0 if difference == scale == 0 else float(np.divide(difference, scale)),
                "variance_ratio": float(np.divide(first[1], second[1])),
            }


def _categorical(column: pd.Series, arm: Bools, weights: Floats, keep_spread: bool) -> Iterator[dict[str, object]]:
    categories = pd.Categorical(column).remove_unused_categories()
    indicators = np.equal.outer(np.arange(len(categories.categories)), categories.codes).astype(float)
    before = [indicators[:, one].mean(axis=1) for one in (arm, ~arm)]
    after = [indicators[:, one] @ weights[one] / weights[one].sum() for one in (arm, ~arm)]
    for sample, (first, second) in (("unweighted", before), ("weighted", after)):
        spread = before if keep_spread else (first, second)
        distance = distance_of_proportions(first[1:], second[1:], spread=(spread[0][1:], spread[1][1:]))
        for place, level in enumerate(categories.categories):
            yield {
                "kind": "categorical",
                "level": f"{level:g}" if isinstance(level, float) else str(level),
                "sample": sample,
                "treated": float(first[place]),
                "control": float(second[place]),
                "smd": distance,
                "variance_ratio": float("nan"),
            }


def _moments(values: Floats, weights: Floats) -> tuple[float, float]:
    """Return weighted mean and variance; the variance unbiased for equal weights, as R's cov.wt has it."""
    counted = values[weights > 0]
    if counted.size > 1 and np.ptp(counted) == 0:  # exactly, so that rounding makes no difference of two constants
        return float(counted[0]), 0.0
    share = weights / weights.sum()
    mean = float(share @ values)
    free = 1 - float(share @ share)
    variance = float(share @ (values - mean) ** 2) / free if free > 1e-12 else float("nan")
    return mean, variance
