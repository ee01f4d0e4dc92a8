"""One comparison of two arms by one of several methods, with how much each subject moves it.

Every method answers on the same scale, so that estimates can stand beside each other: a risk difference for an outcome,
a log hazard ratio for a time to an event. The influence of subjects is what two estimates from the same subjects share.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lentap.stats.adjusted_risks import AdjustedRisks, propensity_weighted_risks
from lentap.stats.arguments import Bools, Floats, Integers, choice, indicator, numbers, refuse
from lentap.stats.cox import cox
from lentap.stats.estimate import Estimate
from lentap.stats.propensity import PropensityModel, propensity_model, propensity_weights
from lentap.stats.proportions import fisher_exact, risk_difference
from lentap.stats.risk_sets import follow_up, two_arms
from lentap.stats.standardisation import standardised_risks
from lentap.stats.stratified import cochran_mantel_haenszel
from lentap.stats.stratified_differences import stratified_risk_difference

METHODS = ("crude", "stratified", "adjusted", "weighted", "overlap")
ESTIMANDS = {"weighted": "ate", "overlap": "overlap"}


@dataclass(frozen=True, eq=False)
class Specified(Estimate):
    """An estimate with its ``p_value`` and the ``influence`` (n) of each subject, on the log scale for a ratio."""

    p_value: float
    influence: Floats


def specified_difference(
    outcome: ArrayLike,
    treated: ArrayLike,
    covariates: pd.DataFrame | None = None,
    *,
    method: str = "crude",
    propensity: PropensityModel | None = None,
    level: float = 0.95,
) -> Specified:
    """Risk difference, treated minus control, by one of ``METHODS``.

    ``crude`` has Newcombe's interval and Fisher's test, ``stratified`` (over the cells of the covariates) the score
    interval with Mantel-Haenszel weights and the Cochran-Mantel-Haenszel test, ``adjusted`` is a logistic regression
    standardised over all subjects, ``weighted`` inverse probability of treatment and ``overlap`` overlap weights.

    Parameters
    ----------
    outcome, treated
        True or 1, false or 0, of each subject.
    covariates
        One row a subject, no missing values; not for ``crude``.
    propensity
        What ``propensity_model`` returns for them, where it is there already.

    Raises
    ------
    StatisticsError
        As the functions of each method; an unknown method; covariates that it lacks, or has no use for.
    """
    arm = two_arms(treated, numbers("treated", treated).size)
    event = indicator("outcome", outcome, arm.size)
    known = _checked(method, covariates)
    match method:
        case "crude":
            cells = (int(event[arm].sum()), int(arm.sum()), int(event[~arm].sum()), int((~arm).sum()))
            found = risk_difference(*cells, level=level, method="newcombe")
            cell = np.zeros(arm.size, dtype=np.intp)
            return _specified(found, fisher_exact(*cells), _stratified_influence(event, arm, cell))
        case "stratified":
            cell = _cells(known)
            tables = [np.bincount(cell, which).astype(int) for which in (event & arm, arm, event & ~arm, ~arm)]
            found = stratified_risk_difference(*tables, level=level)
            p_value = cochran_mantel_haenszel(*tables).p_value
            return _specified(found, p_value, _stratified_influence(event, arm, cell))
        case "adjusted":
            risks = standardised_risks(event, arm, known, level=level)
        case _:
            weights = propensity_weights(propensity or propensity_model(known, arm), estimand=ESTIMANDS[method])
            risks = propensity_weighted_risks(event, weights, level=level)
    return _specified(risks.difference, risks.difference.p_value, _of_difference(risks))


def specified_hazard_ratio(
    time: ArrayLike,
    event: ArrayLike,
    treated: ArrayLike,
    covariates: pd.DataFrame | None = None,
    *,
    method: str = "crude",
    propensity: PropensityModel | None = None,
    level: float = 0.95,
) -> Specified:
    """Hazard ratio, treated over control, by a Cox model and one of ``METHODS``.

    ``stratified`` has a baseline hazard for each cell of the covariates, ``adjusted`` has them in the model; the
    weighted ones leave them out of it and take the variance of Lin and Wei, as if the weights were known.

    Parameters
    ----------
    time, event
        As in ``kaplan_meier``.
    treated, covariates, propensity
        As in ``specified_difference``.

    Raises
    ------
    StatisticsError
        As ``cox`` and ``propensity_model``; an unknown method; covariates that it lacks, or has no use for.
    """
    times, died = follow_up(time, event)
    arm = two_arms(treated, times.size)
    known = _checked(method, covariates)
    table, strata, weights = pd.DataFrame({"treated": arm.astype(float)}), None, None
    match method:
        case "stratified":
            strata = _cells(known)
        case "adjusted":
            table = pd.concat([table, known.reset_index(drop=True)], axis=1)
        case "weighted" | "overlap":
            found = propensity_weights(propensity or propensity_model(known, arm), estimand=ESTIMANDS[method])
            weights = found.weights / found.weights.mean()
    model = cox(times, died, table, strata=strata, weights=weights, level=level)
    ratio = model.hazard_ratios["treated"]
    return _specified(ratio, ratio.p_value, model.dfbeta()[:, 0])


def _checked(method: str, covariates: pd.DataFrame | None) -> pd.DataFrame:
    choice("method", method, METHODS)
    if (method == "crude") != (covariates is None):
        found = "none" if covariates is None else f"a table of {covariates.shape[1]} columns"
        refuse("covariates", found, "none for crude, a table for every other method")
    return pd.DataFrame() if covariates is None else covariates


def _cells(covariates: pd.DataFrame) -> Integers:
    """Number of the cell that each subject's covariates put it in."""
    return np.asarray(covariates.groupby(list(covariates.columns), observed=True, dropna=False).ngroup())


def _stratified_influence(event: Bools, arm: Bools, cell: Integers) -> Floats:
    """Influence on a difference averaged over cells with Mantel-Haenszel weights, which are taken as given."""
    treated, size = np.bincount(cell, arm), np.bincount(cell)
    control = size - treated
    weight = treated * control / size
    with np.errstate(divide="ignore", invalid="ignore"):  # a cell of one arm has weight 0
        risk = [np.bincount(cell, event & one) / number for one, number in ((arm, treated), (~arm, control))]
        part = np.where(arm, (event - risk[0][cell]) / treated[cell], (risk[1][cell] - event) / control[cell])
    return np.asarray(np.nan_to_num(part * weight[cell] / weight.sum()))


def _of_difference(risks: AdjustedRisks) -> Floats:
    assert risks.influence is not None
    return np.asarray(risks.influence[:, 0] - risks.influence[:, 1])


def _specified(found: Estimate, p_value: float, influence: Floats) -> Specified:
    return Specified(found.value, found.low, found.high, found.level, found.method, p_value, influence)
