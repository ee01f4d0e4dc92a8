"""Adjustment: the calls its references name."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lentap.stats.adjusted_risks import AdjustedRisks, propensity_weighted_risks, weighted_risks
from lentap.stats.arguments import Bools, Floats
from lentap.stats.balance import balance
from lentap.stats.e_value import EValue, e_value, e_value_of_risks
from lentap.stats.estimate import Estimate
from lentap.stats.meta_analysis import meta_analysis
from lentap.stats.missing_outcomes import delta_adjusted_differences, tipping_points
from lentap.stats.pooling import pool_effects
from lentap.stats.propensity import PropensityWeights, propensity_model, propensity_weights
from lentap.stats.standardisation import bootstrapped_risks, resampled_risks, standardised_risks, treatment_design
from lentap.stats.subgroups import interaction, qualitative_interaction, subgroup_effects
from lentap.validation.datasets import gbsg2

COVARIATES = ["age", "menostat", "tsize", "tgrade", "pnodes"]


def formula_draws(replicates: int, n: int) -> Floats:
    """Bootstrap counts from draws by a formula, the same in R: (7 i^2 + 13 b i + 31 b^2) mod 10007 mod n."""
    b, i = np.arange(1, replicates + 1)[:, None], np.arange(1, n + 1)
    drawn = (7 * i * i + 13 * b * i + 31 * b * b) % 10007 % n
    return np.stack([np.bincount(row, minlength=n) for row in drawn]).astype(float)


def _breast_cancer() -> tuple[pd.DataFrame, Bools, Bools]:
    """GBSG 2: covariates, hormone therapy, and an event seen within three years."""
    data = gbsg2()
    event = ((data["time"] <= 1095) & (data["cens"] == 1)).to_numpy()
    return data[COVARIATES], (data["horTh"] == "yes").to_numpy(), event


def _propensity() -> dict[str, Any]:
    covariates, treated, _ = _breast_cancer()
    model = propensity_model(covariates, treated)
    table = model.regression.table
    return {"coefficient": table["coefficient"], "error": table["error"], "score": model.score[:8]}


def _weights(**options: Any) -> PropensityWeights:
    covariates, treated, _ = _breast_cancer()
    return propensity_weights(propensity_model(covariates, treated), **options)


def _first_weights(**options: Any) -> dict[str, Any]:
    found = _weights(**options)
    return {
        "weights": found.weights[:8],
        "total": found.weights.sum(),
        "effective_n": found.effective_n,
        "truncated": found.truncated,
    }


def _balance(spread: str = "weighted", **options: Any) -> dict[str, Any]:
    covariates, treated, _ = _breast_cancer()
    table = balance(covariates, treated, _weights(**options).weights, spread=spread)
    return {
        f"{variable}_{sample}": {
            "treated": rows["treated"].tolist(),
            "control": rows["control"].tolist(),
            "smd": rows["smd"].iloc[0],
            "variance_ratio": rows["variance_ratio"].iloc[0],
        }
        for (variable, sample), rows in table.groupby(["variable", "sample"])
    } | {"rows": len(table)}


def _weighted(**options: Any) -> AdjustedRisks:
    _, treated, event = _breast_cancer()
    return weighted_risks(event, treated, _weights(**options).weights)


def _propensity_weighted(**options: Any) -> AdjustedRisks:
    *_, event = _breast_cancer()
    return propensity_weighted_risks(event, _weights(**options))


def _standardised(**options: Any) -> AdjustedRisks:
    covariates, treated, event = _breast_cancer()
    return standardised_risks(event, treated, covariates, **options)


def _resampled(replicates: int, level: float) -> AdjustedRisks:
    covariates, treated, event = _breast_cancer()
    design, versions = treatment_design(covariates, treated, interactions=False)
    samples = resampled_risks(design.matrix, versions, event, formula_draws(replicates, event.size))
    wald = standardised_risks(event, treated, covariates, level=level)
    return bootstrapped_risks(wald, samples, event, treated, level=level)


def _e_value(value: float, low: float | None = None, high: float | None = None, **options: Any) -> EValue:
    below, above = (float("nan") if limit is None else limit for limit in (low, high))
    return e_value(Estimate(value, below, above, 0.95, "as published"), **options)


def _tipping(**inputs: Any) -> dict[str, Any]:
    found = tipping_points(**inputs)
    codes = found.grid["conclusion"].map({"below": -1, "undecided": 0, "above": 1})
    return {
        "conclusion": codes,
        "difference": found.grid["difference"],
        "low": found.grid["low"],
        "high": found.grid["high"],
        "from": found.boundary["from"].astype(float),
        "to": found.boundary["to"].astype(float),
        "least": found.least,
        "most": found.most,
        "none": found.none,
        "all": found.all,
    }


def _subgroups(by: str, measure: str) -> dict[str, Any]:
    _, treated, event = _breast_cancer()
    table = subgroup_effects(event, treated, gbsg2()[by], measure=measure)
    test = interaction(table["effect"], table["error"])
    return {name: table[name] for name in ("effect", "error", "value", "low", "high")} | {
        "statistic": test.statistic,
        "p_value": test.p_value,
        "i_squared": test.i_squared,
    }


def _pooled(effects: Sequence[float], errors: Sequence[float], **options: Any) -> dict[str, Any]:
    found = pool_effects(effects, errors, **options)
    return {
        "mean": found.mean,
        "tau_squared": found.tau_squared,
        "q": found.heterogeneity.statistic,
        "shrunken": found.shrunken["shrunken"],
        "shrunken_error": found.shrunken["shrunken_error"],
        "low": found.shrunken["low"],
        "high": found.shrunken["high"],
    }


CALLS: Mapping[str, Callable[..., Any]] = {
    "propensity": _propensity,
    "propensity_weights": _first_weights,
    "balance": _balance,
    "weighted_risks": _weighted,
    "propensity_weighted_risks": _propensity_weighted,
    "standardised_risks": _standardised,
    "resampled_risks": _resampled,
    "e_value": _e_value,
    "e_value_of_risks": e_value_of_risks,
    "tipping_points": _tipping,
    "delta_adjusted_differences": delta_adjusted_differences,
    "subgroup_effects": _subgroups,
    "interaction": interaction,
    "qualitative_interaction": qualitative_interaction,
    "pool_effects": _pooled,
    "meta_analysis": meta_analysis,
}
