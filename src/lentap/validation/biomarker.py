"""Biomarker: the calls its references name."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import norm

from lentap.stats.biomarker import paired_shift, shift_between
from lentap.stats.internal_validation import resampled_optimism
from lentap.stats.mixed_model import random_intercept
from lentap.stats.splines import restricted_cubic_spline, spline_knots
from lentap.stats.validation_size import area_validation_size, large_validation_size, slope_validation_size
from lentap.validation.adjustment import formula_draws
from lentap.validation.datasets import lung

Numbers = Sequence[float]


def _lung_spline(knots: int, ages: Numbers) -> dict[str, Any]:
    """Spline of some ages, with knots at quantiles of those of the patients with lung cancer."""
    at = spline_knots(lung()["age"], knots)
    return {"knots": at, "columns": restricted_cubic_spline(ages, at).T.ravel()}


def _lung_optimism(covariates: Sequence[str], replicates: int, penalty: float) -> dict[str, Any]:
    """Death within a year of the patients with lung cancer."""
    known = lung().dropna(subset=list(covariates))
    outcome = ((known["time"] <= 365) & (known["event"] == 1)).to_numpy()
    counts = formula_draws(replicates, len(known))
    found = resampled_optimism(known[list(covariates)].to_numpy(float), outcome, counts, penalty=penalty)
    return dict(zip(("area", "brier", "slope"), found.T, strict=True))


def _normal_slope(mean: float, sd: float, **options: Any) -> dict[str, int]:
    """Patients for a calibration slope where log odds are normal: a million of their quantiles stand for them."""
    log_odds = mean + sd * norm.ppf((np.arange(1_000_000) + 0.5) / 1_000_000)
    return {"patients": slope_validation_size(log_odds, **options)}


def _random_intercept(
    outcome: Sequence[float], covariates: Sequence[Sequence[float]], patient: Sequence[str]
) -> dict[str, Any]:
    matrix = np.column_stack([np.ones(len(outcome)), *covariates])
    model = random_intercept(outcome, matrix, patient)
    return vars(model) | {"errors": np.sqrt(np.diag(model.covariance))}


CALLS: Mapping[str, Callable[..., Any]] = {
    "paired_shift": paired_shift,
    "shift_between": shift_between,
    "random_intercept": _random_intercept,
    "spline": _lung_spline,
    "model_optimism": _lung_optimism,
    "area_validation": lambda **inputs: {"patients": area_validation_size(**inputs)},
    "large_validation": lambda **inputs: {"patients": large_validation_size(**inputs)},
    "slope_validation": _normal_slope,
}
