"""Cox: the calls its references name."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lentap.stats.cox import CoxModel, cox
from lentap.stats.cox_prediction import adjusted_survival, baseline_hazard
from lentap.stats.effect_over_time import effect_over_time
from lentap.stats.proportional_hazards import proportional_hazards, schoenfeld_residuals
from lentap.stats.survival import cox_hazard_ratios
from lentap.validation import datasets


def model(
    data: str | Mapping[str, Sequence[Any]],
    time: str,
    event: str,
    covariates: Sequence[str],
    categories: Sequence[str] = (),
    entry: str | None = None,
    strata: str | None = None,
    weights: str | None = None,
    cluster: str | None = None,
    **options: Any,
) -> CoxModel:
    """Cox model of a data set by name, or of columns; rows with missing values left out, ``weights`` an expression."""
    loaded = getattr(datasets, data)() if isinstance(data, str) else pd.DataFrame(data)
    named = [name for name in (entry, strata, cluster) if name]
    table = loaded.dropna(subset=[time, event, *covariates, *named])
    columns = table[list(covariates)].copy()
    for name in categories:
        columns[name] = columns[name].astype("category")
    rows: dict[str, Any] = {
        key: table[name] for key, name in (("entry", entry), ("strata", strata), ("cluster", cluster)) if name
    }
    if weights:
        rows["weights"] = table.eval(weights)
    return cox(table[time], table[event], columns, **rows, **options)


def fit(**inputs: Any) -> dict[str, Any]:
    """Coefficients, their errors and intervals, and the tests of the whole model."""
    found = model(**inputs)
    table = found.table
    return {str(name): values for name, values in table.items()} | {
        "column": table.to_dict("index"),
        "covariance": found.covariance,
        "log_likelihood": [found.null_log_likelihood, found.log_likelihood],
        "likelihood_ratio": found.likelihood_ratio_test.statistic,
        "wald": found.wald_test.statistic,
        "score": found.score_test.statistic,
        "test_p": [found.likelihood_ratio_test.p_value, found.wald_test.p_value, found.score_test.p_value],
        "n": found.n,
        "events": found.events,
    }


def residuals(**inputs: Any) -> dict[str, Any]:
    """Martingale, score, dfbeta and Schoenfeld residuals."""
    found = model(**inputs)
    return {
        "martingale": found.martingale_residuals(),
        "score": found.score_residuals(),
        "dfbeta": found.dfbeta(),
        "schoenfeld": schoenfeld_residuals(found)[list(found.names)],
    }


def constancy(transform: str = "km", by_column: bool = False, first: int = 12, **inputs: Any) -> dict[str, Any]:
    """Tests by covariate, the global last, and the first scaled residuals with their transformed times."""
    found = proportional_hazards(model(**inputs), transform=transform, by_column=by_column)
    return {
        "statistic": found.table["statistic"],
        "df": found.table["df"],
        "p_value": found.table["p_value"],
        "transformed": found.transformed[:first],
        "residuals": found.residuals.iloc[:first],
        "sum": np.nansum(found.residuals.to_numpy(), axis=0),
    }


def baseline(**inputs: Any) -> dict[str, Any]:
    """Cumulative baseline hazard at its event times."""
    return {str(name): values for name, values in baseline_hazard(model(**inputs)).drop(columns="stratum").items()}


def predicted(
    row: Mapping[str, Any], times: Sequence[float], stratum: str | None = None, interval: str = "log", **inputs: Any
) -> dict[str, Any]:
    """Adjusted survival at some times."""
    curve = adjusted_survival(model(**inputs), row, stratum=stratum, interval=interval)
    estimates = [curve.estimate_at(time) for time in times]
    at = np.searchsorted(curve.time, times, side="right") - 1
    return {
        "survival": [one.value for one in estimates],
        "low": [one.low for one in estimates],
        "high": [one.high for one in estimates],
        "error": curve.error[at],
    }


def over_time(transform: str, **inputs: Any) -> dict[str, Any]:
    """Smoothed log hazard ratio of the first column at every twelfth event time."""
    found = next(iter(effect_over_time(model(**inputs), transform=transform).values()))
    return {name: getattr(found, name)[::12] for name in ("time", "value", "low")}


def groups(data: str, time: str, event: str, group: str, reference: str, level: float = 0.95) -> Any:
    """Hazard ratios of groups from counts alone."""
    table = getattr(datasets, data)()
    return cox_hazard_ratios(table[time], table[event], table[group], reference, level=level)


CALLS: Mapping[str, Callable[..., Any]] = {
    "fit": fit,
    "residuals": residuals,
    "proportional_hazards": constancy,
    "effect_over_time": over_time,
    "baseline_hazard": baseline,
    "adjusted_survival": predicted,
    "groups": groups,
}
