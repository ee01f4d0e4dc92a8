"""Standardised risks (g-computation): everyone's risk under either treatment, averaged, from a logistic regression."""

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit

from lentap.stats.adjusted_risks import AdjustedRisks, adjusted_risks, arms, compared_risks
from lentap.stats.arguments import Bools, Floats, choice
from lentap.stats.covariates import Design, design_matrix, refuse_collinear
from lentap.stats.logistic import logistic_coefficients, logistic_regression
from lentap.stats.resampling import bootstrap_counts, percentile_limits

VARIANCES = {
    "influence": "robust variance with covariates as a sample",
    "ge": "delta-method variance with covariates as given",
    "bootstrap": "bootstrap percentile interval",
}


def standardised_risks(
    outcome: ArrayLike,
    treated: ArrayLike,
    covariates: pd.DataFrame,
    *,
    interactions: bool = False,
    variance: str = "influence",
    level: float = 0.95,
    replicates: int = 2000,
    seed: int = 1,
) -> AdjustedRisks:
    """Marginal risks, had all subjects been treated and had none, and what separates them.

    A logistic regression of the outcome on treatment and covariates predicts each subject's risk under either
    treatment; the averages are compared, as the FDA's guidance on covariate adjustment (2023) describes. In a
    randomised trial that needs no correct model.

    Parameters
    ----------
    outcome, treated
        True or 1, false or 0, of each subject.
    covariates
        Known before treatment, one row a subject, no missing values; columns that are not numeric are categories.
    interactions
        Give each covariate a coefficient in either arm.
    variance
    XX        "ge": the delta method of Ge and others (2011) with the model's covariance, covariates taken as given;
        "bootstrap": standard errors, and percentile limits, of ``replicates`` resamples of the subjects.
    replicates, seed
        Of the bootstrap.

    Raises
    ------
    StatisticsError
        Values other than 0 and 1, an empty arm, the same outcome in all subjects; covariates as in
        ``propensity_model``, or ones that separate the outcome (an arm in which nobody or everybody had it does), named
        in the message; an unknown variance; too few replicates for the level.
    """
    choice("variance", variance, VARIANCES)
    arm, event = arms(treated, outcome)
    design, versions = treatment_design(covariates, arm, interactions=interactions)
    model = logistic_regression(design, event)
    predicted = np.column_stack([expit(version @ model.coefficients) for version in versions])
    risks = predicted.mean(axis=0)
    method = f"standardised risks of a logistic model, {VARIANCES[variance]}"
    gradient = np.vstack(
        [(version * (p * (1 - p))[:, None]).mean(axis=0) for version, p in zip(versions, predicted.T, strict=True)]
    )
    if variance == "ge":
        return compared_risks(risks, gradient @ model.covariance @ gradient.T, event, arm, method, level=level)
    influence = model.influence(event) @ gradient.T + (predicted - risks) / arm.size
    found = adjusted_risks(risks, influence, event, arm, method, level=level)
    if variance == "influence":
        return found
    blocks = bootstrap_counts(arm.size, replicates, seed, level=level)
    samples = np.vstack([resampled_risks(design.matrix, versions, event, counts) for counts in blocks])
    return bootstrapped_risks(found, samples, event, arm, level=level)


def resampled_risks(matrix: Floats, versions: list[Floats], event: Bools, counts: Floats) -> Floats:
    """Standardised risks of each replicate, (replicates, 2); not-a-number where its model has no finite estimate."""
    coefficients, converged = logistic_coefficients(matrix, event, counts)
    risks = np.full((len(counts), 2), np.nan)
    for place, version in enumerate(versions):
        predicted = expit(coefficients[converged] @ version.T)
        risks[converged, place] = (counts[converged] * predicted).sum(axis=1) / counts[converged].sum(axis=1)
    return risks


def bootstrapped_risks(
    found: AdjustedRisks, samples: Floats, event: Bools, arm: Bools, *, level: float
) -> AdjustedRisks:
    """Give standardised risks the standard deviations of their replicates (replicates, 2) and percentile limits."""
    known = samples[np.isfinite(samples[:, 0])]
    failed = len(samples) - len(known)
    method = f"standardised risks of a logistic model, {VARIANCES['bootstrap']}, {len(samples)} replicates"
    method += f", {failed} of them without an estimate left out" if failed else ""
    covariance = np.cov(known, rowvar=False) if len(known) > 1 else np.full((2, 2), np.nan)
    risks = np.array([found.risk1.value, found.risk0.value])
    wald = compared_risks(risks, covariance, event, arm, method, level=level)
    first, second = samples.T
    scaled = {
        "risk1": first,
        "risk0": second,
        "difference": first - second,
        "ratio": first / second,
        "odds_ratio": first / (1 - first) / (second / (1 - second)),
    }
    low, high = percentile_limits(np.column_stack(list(scaled.values())), level)
    return replace(
        wald,
        **{
            name: replace(getattr(wald, name), low=float(low[place]), high=float(high[place]))
            for place, name in enumerate(scaled)
        },
    )


def treatment_design(covariates: pd.DataFrame, arm: Bools, *, interactions: bool) -> tuple[Design, list[Floats]]:
    """Columns intercept, covariates, treatment, and where asked the products; then with all treated, with none."""
    design = design_matrix(covariates, arm.size)

    def columns(treated: Floats) -> Floats:
        products = design.matrix[:, 1:] * treated[:, None] if interactions else np.empty((arm.size, 0))
        return np.column_stack([design.matrix, treated, products])

    names = [*design.names, "treated", *(f"treated x {name}" for name in design.names[1:] if interactions)]
    matrix = columns(arm.astype(float))
    refuse_collinear(matrix, names)
    return Design(matrix, tuple(names)), [columns(np.ones(arm.size)), columns(np.zeros(arm.size))]
