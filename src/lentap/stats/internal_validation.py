"""How well a logistic model predicts, corrected for having been fitted to the subjects it is judged by."""

from dataclasses import astuple, dataclass

import numpy as np
from scipy.special import logit
from scipy.stats import chi2

from lentap.stats.arguments import Bools, Floats, refuse
from lentap.stats.covariates import Design
from lentap.stats.logistic import LogisticModel, logistic_coefficients
from lentap.stats.resampling import bootstrap_counts
from lentap.stats.ridge import ridge_probability


@dataclass(frozen=True)
class Performance:
    """Area under the ROC curve, mean squared error (Brier), and slope of the outcome on the log odds predicted."""

    area: float
    brier: float
    slope: float


@dataclass(frozen=True)
class InternalValidation:
    """Performance as it appears and corrected; ``failed`` of ``replicates`` drew one outcome only and do not count.

    The slope corrected is the shrinkage that predictions would still need in new subjects: below 1 they are too far
    apart. Where all replicates failed the corrected numbers are not-a-number.
    """

    apparent: Performance
    corrected: Performance
    replicates: int
    failed: int


@dataclass(frozen=True)
class LikelihoodRatio:
    """Test of the columns that one model has beyond another: ``df`` of them."""

    statistic: float
    df: int
    p_value: float


def internal_validation(
    design: Design, outcome: Bools, *, penalty: float = 1.0, replicates: int = 200, seed: int = 1
) -> InternalValidation:
    """Optimism of a logistic model by the bootstrap (Efron 1983; Harrell, Lee and Mark 1996).

    The model is fitted anew in each sample of subjects; its performance there less that in the subjects themselves is
    the optimism, whose mean is taken off the performance as it appears.

    Parameters
    ----------
    design
        Of the model; its intercept is free.
    outcome
        Bool, (n).
    penalty
        Of coefficients, as in ``ridge_probability``, so that small samples have an answer too.
    replicates, seed
        As in ``bootstrap_counts``.

    Raises
    ------
    StatisticsError
        As ``ridge_probability`` and ``bootstrap_counts``; the outcome is the same in every row.
    """
    _refuse_constant(outcome)
    matrix, ones = design.matrix[:, 1:], np.ones(outcome.size)
    apparent = _performance(ridge_probability(matrix, outcome, ones, penalty), outcome, ones)
    blocks = bootstrap_counts(outcome.size, replicates, seed)
    optimism = np.vstack([resampled_optimism(matrix, outcome, counts, penalty=penalty) for counts in blocks])
    known = optimism[~np.isnan(optimism[:, 0])]
    mean = known.mean(axis=0) if len(known) else np.full(3, np.nan)
    corrected = Performance(*(np.array(astuple(apparent)) - mean).tolist())
    return InternalValidation(apparent, corrected, replicates, replicates - len(known))


def resampled_optimism(matrix: Floats, outcome: Bools, counts: Floats, *, penalty: float) -> Floats:
    """Area, Brier score and slope in each replicate less those in the subjects themselves, (replicates, 3).

    Parameters
    ----------
    matrix, penalty
        As in ``ridge_probability``.
    outcome
        Bool, (n).
    counts
        How often each subject counts in each replicate, (replicates, n); not-a-number where one outcome alone does.
    """
    found = np.full((len(counts), 3), np.nan)
    for place, weight in enumerate(counts):
        if 0 < weight[outcome].sum() < weight.sum():
            predicted = ridge_probability(matrix, outcome, weight, penalty)
            there, here = (_performance(predicted, outcome, by) for by in (weight, np.ones(outcome.size)))
            found[place] = np.subtract(astuple(there), astuple(here))
    return found


def cross_validated(design: Design, outcome: Bools, *, penalty: float = 1.0, folds: int = 10, seed: int = 1) -> Floats:
    """Probability of each subject by a logistic model fitted without its fold, (n).

    Folds are drawn within either outcome, so that both occur in each as often as possible.

    Parameters
    ----------
    design, outcome, penalty
        As in ``internal_validation``.
    folds
        Two or more; no more than there are subjects are used.

    Raises
    ------
    StatisticsError
        Fewer than two folds, or fewer than two subjects with either outcome.
    """
    if folds < 2:
        refuse("folds", folds, "two or more")
    if min(outcome.sum(), (~outcome).sum()) < 2:
        refuse("outcome", f"true in {int(outcome.sum())} of {outcome.size} rows", "true and false in two rows or more")
    generator = np.random.default_rng(seed)
    order = np.concatenate([generator.permutation(np.flatnonzero(group)) for group in (outcome, ~outcome)])
    fold = np.empty(outcome.size, dtype=np.intp)
    fold[order] = np.arange(outcome.size) % folds
    predicted = np.empty(outcome.size)
    for one in np.unique(fold):
        left_out = fold == one
        rows = ridge_probability(design.matrix[:, 1:], outcome, (~left_out).astype(float), penalty)
        predicted[left_out] = rows[left_out]
    return predicted


def likelihood_ratio(larger: LogisticModel, smaller: LogisticModel, outcome: Bools) -> LikelihoodRatio:
    """Likelihood ratio test of a model against one with some of its columns, of the same subjects."""
    statistic = max(2 * (log_likelihood(larger, outcome) - log_likelihood(smaller, outcome)), 0.0)
    df = larger.design.matrix.shape[1] - smaller.design.matrix.shape[1]
    if df < 1:
        refuse("larger", f"a model of {larger.design.matrix.shape[1]} columns", "one with more columns than smaller")
    return LikelihoodRatio(statistic, df, float(chi2.sf(statistic, df)))


def log_likelihood(model: LogisticModel, outcome: Bools) -> float:
    """Log likelihood of a fitted model."""
    return float(np.log(np.where(outcome, model.fitted, 1 - model.fitted)).sum())


def _performance(predicted: Floats, outcome: Bools, weight: Floats) -> Performance:
    log_odds = logit(np.clip(predicted, 1e-12, 1 - 1e-12))
    brier = np.average((predicted - outcome) ** 2, weights=weight)
    line = np.column_stack([np.ones(log_odds.size), log_odds])
    slope = logistic_coefficients(line, outcome, weight[None])[0][0, 1] if np.ptp(log_odds) > 0 else np.nan
    return Performance(_weighted_area(log_odds, outcome, weight), float(brier), float(slope))


def _refuse_constant(outcome: Bools) -> None:
    if outcome.all() or not outcome.any():
        refuse("outcome", f"{bool(outcome[0])} in every row", "true in some rows and false in others")


def _weighted_area(score: Floats, outcome: Bools, weight: Floats) -> float:
    """How often the outcome has the greater score, half for ties, each subject counted as often as ``weight`` says."""
    place = np.unique(score.round(10), return_inverse=True)[1]  # the last digits of equal scores differ
    with_it, without = (np.bincount(place, weight * group, place.max() + 1) for group in (outcome, ~outcome))
    below = np.cumsum(without) - without / 2
    return float(with_it @ below / (with_it.sum() * without.sum()))
