"""Proportions: the calls its references name."""

from collections.abc import Callable, Mapping
from typing import Any

from lentap.stats.bayes import posterior_difference, posterior_rate
from lentap.stats.estimate import Estimate
from lentap.stats.exact_strata import exact_odds_ratio
from lentap.stats.exact_tests import boschloo_exact
from lentap.stats.number_needed import NumberNeeded, number_needed_to_treat
from lentap.stats.proportions import fisher_exact, odds_ratio, proportion, risk_difference, risk_ratio
from lentap.stats.stratified import cochran_mantel_haenszel, mantel_haenszel_odds_ratio, odds_ratio_homogeneity
from lentap.stats.stratified_differences import stratified_risk_difference


def _p_value(test: Callable[..., float]) -> Callable[..., dict[str, float]]:
    return lambda **inputs: {"p_value": test(**inputs)}


def _number_needed(value: float, low: float, high: float, event: str) -> NumberNeeded:
    """Return the number needed of a published difference."""
    return number_needed_to_treat(Estimate(value, low, high, 0.95, "as published"), event=event)


def _number_needed_of_counts(event: str, **inputs: Any) -> NumberNeeded:
    return number_needed_to_treat(risk_difference(**inputs), event=event)


def _rate_above(rate: float, **inputs: Any) -> dict[str, float]:
    return {"value": posterior_rate(**inputs).above(rate)}


def _difference_above(margin: float, **inputs: Any) -> dict[str, float]:
    return {"value": posterior_difference(**inputs).above(margin)}


CALLS: Mapping[str, Callable[..., Any]] = {
    "proportion": proportion,
    "risk_difference": risk_difference,
    "risk_ratio": risk_ratio,
    "odds_ratio": odds_ratio,
    "fisher_exact": _p_value(fisher_exact),
    "boschloo_exact": _p_value(boschloo_exact),
    "cochran_mantel_haenszel": cochran_mantel_haenszel,
    "mantel_haenszel_odds_ratio": mantel_haenszel_odds_ratio,
    "exact_odds_ratio": exact_odds_ratio,
    "odds_ratio_homogeneity": odds_ratio_homogeneity,
    "stratified_risk_difference": stratified_risk_difference,
    "number_needed": _number_needed,
    "number_needed_of_counts": _number_needed_of_counts,
    "posterior_rate": posterior_rate,
    "rate_above": _rate_above,
    "posterior_difference": posterior_difference,
    "difference_above": _difference_above,
}
