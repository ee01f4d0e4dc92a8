"""What a marker adds to clinical factors, judged as in new patients, and how many of them would settle it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit
from scipy.stats import norm

from lentap.errors import StatisticsError
from lentap.results import Result, record
from lentap.show.record.marker_patients import MarkerPatients
from lentap.stats.arguments import Bools, Floats, normal_quantile
from lentap.stats.calibration import Calibration, calibration
from lentap.stats.covariates import Design, design_matrix
from lentap.stats.decision_curve import decision_curve
from lentap.stats.internal_validation import (
    InternalValidation,
    cross_validated,
    internal_validation,
    likelihood_ratio,
)
from lentap.stats.logistic import logistic_regression
from lentap.stats.validation_size import area_validation_size, large_validation_size, slope_validation_size

CLINICAL, WITH_MARKER = "Clinical factors", "Clinical factors and marker"
THRESHOLDS = np.round(np.arange(0.05, 0.951, 0.05), 2)


@dataclass(frozen=True, eq=False)
class Added:
    """A model of clinical factors without and with the marker, of the same patients; ``why`` where there is none."""

    n: int
    events: int
    columns: int
    why: str = ""
    validations: Mapping[str, InternalValidation] = field(default_factory=dict)
    areas: Mapping[str, Mapping[str, Result]] = field(default_factory=dict)
    slopes: Mapping[str, Result] = field(default_factory=dict)
    test: Result | None = None
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)
    decisions: pd.DataFrame | None = None
    needed: Mapping[str, Result] = field(default_factory=dict)


def record_added(
    name: str, patients: MarkerPatients, rows: pd.DataFrame, settings: Mapping[str, Any], about: Mapping[str, Any]
) -> Added:
    """Record what the marker adds to the arm and all clinical factors of trial.yml, among patients with every one.

    Parameters
    ----------
    rows
        As ``MarkerPatients.evaluable``.
    settings
        replicates, seed and level.
    about
        Labels and source of what is recorded.
    """
    known = rows.dropna(subset=list(patients.factors)).reset_index(drop=True)
    factors = [column for column in ("arm", *patients.factors) if len(known[column].unique()) > 1]
    response = known["response"].to_numpy(bool)
    nothing = Added(len(known), int(response.sum()), 0)
    if not factors:
        return replace(nothing, why="trial.yml declares no clinical factor that varies")
    try:
        designs = {
            CLINICAL: design_matrix(known[factors], len(known)),
            WITH_MARKER: design_matrix(known[[*factors, "doubling"]], len(known)),
        }
        judged = {"replicates": settings["replicates"], "seed": settings["seed"]}
        validations = {model: internal_validation(design, response, **judged) for model, design in designs.items()}
        predicted = {model: cross_validated(one, response, seed=settings["seed"]) for model, one in designs.items()}
        calibrations = {
            model: calibration(_inside(p), response, groups=5, level=settings["level"])
            for model, p in predicted.items()
        }
        sizes = _sizes(validations[WITH_MARKER], _inside(predicted[WITH_MARKER]), response, settings["level"])
    except StatisticsError as error:
        return replace(nothing, why=str(error))
    counts = {"responders": f"{int(response.sum())}/{len(known)}"}
    areas, slopes = {}, {}
    for model, one in validations.items():
        areas[model] = {
            judged: record(f"{name}.model_area", performance.area, scale="number", method="area under the ROC curve",
                           counts=counts, model=model, judged=judged, **about)
            for judged, performance in (("apparent", one.apparent), ("optimism-corrected", one.corrected))
        }  # fmt: skip
        slopes[model] = record(f"{name}.model_slope", one.corrected.slope, scale="number", null=1.0, counts=counts,
                               method="calibration slope, bootstrap", model=model, **about)  # fmt: skip
    return Added(
        len(known),
        int(response.sum()),
        designs[WITH_MARKER].matrix.shape[1] - 1,
        "",
        validations,
        areas,
        slopes,
        _test(name, designs, response, counts, about),
        calibrations,
        decision_curve(pd.DataFrame(predicted), response, THRESHOLDS),
        {
            words: record(f"{name}.validation_patients", float(size), scale="count", unit="patients", precision=words,
                          method="Riley and others 2021", **about)
            for words, size in sizes.items()
        },
    )  # fmt: skip


def _test(
    name: str, designs: Mapping[str, Design], response: Bools, counts: dict[str, str], about: Mapping[str, Any]
) -> Result:
    """Likelihood ratio test of the marker, without a penalty; not estimable where a factor separates the outcomes."""
    try:
        smaller, larger = (logistic_regression(designs[model], response) for model in (CLINICAL, WITH_MARKER))
        found = likelihood_ratio(larger, smaller, response)
    except StatisticsError as error:
        method = f"likelihood ratio, not estimable: {error}"
        return record(f"{name}.added_value", math.nan, scale="number", counts=counts, method=method, **about)
    method = f"likelihood ratio, chi-squared with {found.df} degree of freedom"
    return record(f"{name}.added_value", found.statistic, scale="number", p_value=found.p_value, counts=counts,
                  method=method, **about)  # fmt: skip


def _sizes(found: InternalValidation, predicted: Floats, response: Bools, level: float) -> dict[str, int]:
    """Patients that a validation needs, if the model does there as it does here after correction."""
    share = float(response.mean())
    area = float(np.clip(found.corrected.area, 0.5, 0.99))
    return {
        "area under the ROC curve within 0.05": area_validation_size(area, share, level=level),
        "log of observed over expected responders within 0.1": large_validation_size(share, level=level),
        "calibration slope within 0.2": slope_validation_size(logit(predicted), half_width=0.2, level=level),
    }


def _inside(probability: Floats) -> Floats:
    """Probabilities off 0 and 1, where their log odds are infinite."""
    return np.clip(probability, 1e-6, 1 - 1e-6)


def interval_from_p(ratio: float, p: float, *, level: float = 0.95) -> tuple[float, float]:
    """Interval of a ratio from its two-sided p-value against 1 (Altman and Bland 2011, but by the normal quantile)."""
    error = abs(math.log(ratio)) / float(norm.isf(p / 2))
    margin = normal_quantile(level) * error
    return math.exp(math.log(ratio) - margin), math.exp(math.log(ratio) + margin)
