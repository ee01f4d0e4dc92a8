"""One comparison by any of several methods: the same answers as the methods' own functions, and who moves them."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from lentap.errors import ArgumentError
from lentap.stats.cox import cox
from lentap.stats.propensity import propensity_model, propensity_weights
from lentap.stats.specifications import METHODS, Specified, specified_difference, specified_hazard_ratio
from lentap.stats.standardisation import standardised_risks
from lentap.stats.survival import cox_hazard_ratio

Patients = tuple[pd.DataFrame, np.ndarray, np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def patients() -> Patients:
    """Covariates, treatment, outcome and time of 300 patients in whom prognosis drives treatment and outcome."""
    rng = np.random.default_rng(5)
    table = pd.DataFrame({"stage": rng.choice(["B", "C"], 300), "age": rng.normal(60, 9, 300)})
    risk = (table["stage"] == "C") + (table["age"] - 60) / 20
    treated = rng.random(300) < 1 / (1 + np.exp(0.5 * risk))
    outcome = rng.random(300) < 1 / (1 + np.exp(0.3 - 0.9 * treated + 0.8 * risk))
    time = rng.exponential(10 / np.exp(0.6 * risk - 0.4 * treated)) + 0.01
    return table, treated, outcome, time


def methods(patients: Patients, scale: str) -> dict[str, Callable[[np.ndarray], Specified]]:
    """Every method as a function of which patients it sees."""
    table, treated, outcome, time = patients

    def call(method: str, kept: np.ndarray) -> Specified:
        columns = {"crude": None, "stratified": table.loc[kept, ["stage"]]}.get(method, table[kept])
        if scale == "difference":
            return specified_difference(outcome[kept], treated[kept], columns, method=method)
        return specified_hazard_ratio(time[kept], outcome[kept], treated[kept], columns, method=method)

    return {method: lambda kept, method=method: call(method, kept) for method in METHODS}


EVERYBODY = np.ones(300, dtype=bool)


@pytest.mark.parametrize("scale", ["difference", "ratio"])
@pytest.mark.parametrize("method", METHODS)
def test_the_influence_of_a_patient_is_what_leaving_it_out_changes(patients: Patients, scale: str, method: str) -> None:
    """The jackknife of Efron: to first order, the estimate falls by a patient's influence when the patient is away."""
    run = methods(patients, scale)[method]
    whole = run(EVERYBODY)
    moved, expected = [], []
    for out in range(0, 300, 6):
        kept = EVERYBODY.copy()
        kept[out] = False
        values = (whole.value, run(kept).value)
        moved.append(values[0] - values[1] if scale == "difference" else np.log(values[0] / values[1]))
        expected.append(whole.influence[out])
    assert np.corrcoef(moved, expected)[0, 1] > (
        0.8 if scale == "ratio" and method in {"weighted", "overlap"} else 0.99
    )
    assert np.polyfit(expected, moved, 1)[0] == pytest.approx(1, abs=0.25)


def test_methods_give_the_answers_of_their_own_functions(patients: Patients) -> None:
    table, treated, outcome, time = patients
    adjusted = specified_difference(outcome, treated, table, method="adjusted")
    own = standardised_risks(outcome, treated, table).difference
    assert (adjusted.value, adjusted.low, adjusted.p_value) == (own.value, own.low, own.p_value)
    crude = specified_hazard_ratio(time, outcome, treated)
    assert crude.value == pytest.approx(cox_hazard_ratio(time, outcome, treated).value, rel=1e-6)
    weights = propensity_weights(propensity_model(table, treated), estimand="overlap").weights
    overlap = specified_hazard_ratio(time, outcome, treated, table, method="overlap")
    model = cox(time, outcome, pd.DataFrame({"treated": treated}), weights=weights)
    assert overlap.value == pytest.approx(model.hazard_ratios["treated"].value, rel=1e-6)


def test_a_stratified_difference_by_hand() -> None:
    """Strata of 2 + 2 and 4 + 4 patients: differences 1/2 and 1/4, Mantel-Haenszel weights 1 and 2."""
    stage = ["B"] * 4 + ["C"] * 8
    treated = [1, 1, 0, 0] + [1] * 4 + [0] * 4
    outcome = [1, 1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 0]
    found = specified_difference(outcome, treated, pd.DataFrame({"stage": stage}), method="stratified")
    assert found.value == pytest.approx((1 / 2 + 2 * 1 / 4) / 3)
    assert found.influence.sum() == pytest.approx(0)


def test_a_stratum_of_one_arm_moves_nothing() -> None:
    stage = pd.DataFrame({"stage": ["B"] * 4 + ["C"] * 2})
    found = specified_difference([1, 1, 1, 0, 1, 0], [1, 1, 0, 0, 1, 1], stage, method="stratified")
    assert found.value == pytest.approx(0.5)
    assert found.influence[4:].tolist() == [0, 0]


def test_covariates_are_asked_for_where_a_method_needs_them_and_nowhere_else(patients: Patients) -> None:
    table, treated, outcome, time = patients
    with pytest.raises(ArgumentError, match="a table for every other method"):
        specified_difference(outcome, treated, method="adjusted")
    with pytest.raises(ArgumentError, match="none for crude"):
        specified_hazard_ratio(time, outcome, treated, table)
    with pytest.raises(ArgumentError, match="method is 'best'"):
        specified_difference(outcome, treated, method="best")
