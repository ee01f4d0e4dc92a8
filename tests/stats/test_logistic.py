import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError, ConvergenceError
from lentap.stats import logistic
from lentap.stats.covariates import Design, design_matrix
from lentap.stats.logistic import logistic_coefficients, logistic_regression, separating_columns


def drawn(n, seed, slope=1.0):
    generator = np.random.default_rng(seed)
    table = pd.DataFrame({"x": generator.normal(size=n), "z": generator.normal(size=n)})
    return table, generator.random(n) < 1 / (1 + np.exp(0.3 - slope * table["x"].to_numpy()))


def test_a_model_of_two_groups_is_the_log_odds_ratio_of_their_table():
    outcome = np.repeat([True, False, True, False], [12, 28, 21, 15])
    group = np.repeat([0.0, 1.0], [40, 36])
    model = logistic_regression(design_matrix(pd.DataFrame({"group": group}), 76), outcome)
    assert model.coefficients == pytest.approx([np.log(12 / 28), np.log(21 / 15 / (12 / 28))])
    assert model.table.loc["group", "error"] == pytest.approx(np.sqrt(1 / 12 + 1 / 28 + 1 / 21 + 1 / 15))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 100), st.floats(-1000, 1000))
def test_scale_and_origin_of_a_covariate_change_its_coefficient_only(seed, scale, origin):
    table, outcome = drawn(80, seed)
    plain = logistic_regression(design_matrix(table, 80), outcome)
    moved = logistic_regression(design_matrix(table.assign(x=table["x"] * scale + origin), 80), outcome)
    np.testing.assert_allclose(moved.fitted, plain.fitted, rtol=1e-6)
    assert moved.coefficients[1] == pytest.approx(plain.coefficients[1] / scale, rel=1e-6)
    assert moved.table["error"].iloc[1] == pytest.approx(plain.table["error"].iloc[1] / scale, rel=1e-6)


def test_the_order_of_rows_changes_nothing():
    table, outcome = drawn(60, 4)
    order = np.random.default_rng(1).permutation(60)
    one = logistic_regression(design_matrix(table, 60), outcome)
    other = logistic_regression(design_matrix(table.iloc[order].reset_index(drop=True), 60), outcome[order])
    np.testing.assert_allclose(other.coefficients, one.coefficients, rtol=1e-9)
    np.testing.assert_allclose(other.covariance, one.covariance, rtol=1e-9)


def test_a_replicate_is_the_fit_of_its_rows():
    table, outcome = drawn(50, 2)
    matrix = design_matrix(table, 50).matrix
    counts = np.random.default_rng(7).multinomial(50, np.full(50, 1 / 50), size=4).astype(float)
    coefficients, converged = logistic_coefficients(matrix, outcome, counts)
    assert converged.all()
    for row, found in zip(counts.astype(int), coefficients, strict=True):
        rows = np.repeat(np.arange(50), row)
        model = logistic_regression(Design(matrix[rows], ("intercept", "x", "z")), outcome[rows])
        np.testing.assert_allclose(found, model.coefficients, rtol=1e-8)


def test_replicates_without_a_finite_estimate_have_none():
    matrix = np.column_stack([np.ones(6), [1, 2, 3, 4, 5, 6]])
    outcome = np.array([False, True, False, True, False, True])
    separated = np.array([2, 0, 2, 1, 0, 1.0])
    constant = np.array([0, 2, 0, 2, 0, 2.0])
    coefficients, converged = logistic_coefficients(matrix, outcome, np.array([np.ones(6), separated, constant]))
    assert converged.tolist() == [True, False, False]
    assert np.isfinite(coefficients[0]).all()
    assert np.isnan(coefficients[1:]).all()


def test_an_offset_far_from_the_outcome_does_not_throw_newtons_method_off():
    outcome = np.repeat([True, False], [3, 27])
    design = Design(np.ones((30, 1)), ("intercept",))
    for offset in (-9.0, 9.0):
        model = logistic_regression(design, outcome, offset=np.full(30, offset))
        assert model.coefficients[0] == pytest.approx(np.log(1 / 9) - offset)


def test_covariates_that_nearly_separate_are_fitted():
    x = np.array([0, 1, 2, 3, 4, 5, 6, 7.0])
    outcome = np.array([False, False, False, True, False, True, True, True])
    model = logistic_regression(design_matrix(pd.DataFrame({"x": x}), 8), outcome)
    np.testing.assert_allclose(model.design.matrix.T @ (outcome - model.fitted), 0, atol=1e-8)


@pytest.mark.parametrize(
    ("table", "outcome", "named"),
    [
        ({"x": [5, 3, 8, 1, 9, 2], "cut": [1, 2, 3, 7, 8, 9]}, [0, 0, 0, 1, 1, 1], "cut"),
        ({"x": [5, 3, 8, 1, 9, 2], "cut": [1, 2, 3, 3, 8, 9]}, [0, 0, 0, 1, 1, 1], "cut"),
        ({"group": list("aabbbb"), "x": [5, 3, 2, 1, 1, 4]}, [0, 0, 1, 0, 1, 1], "group b"),
    ],
)
def test_columns_that_separate_are_named_and_no_others(table, outcome, named):
    with pytest.raises(ArgumentError, match=f"columns whose values separate outcome: {named}'"):
        logistic_regression(design_matrix(pd.DataFrame(table), 6), np.array(outcome, dtype=bool))


def test_two_columns_that_separate_only_together_are_both_named():
    x, z = np.array([0, 1, 2, 3, 0, 1, 2, 3.0]), np.array([1, 2, 3, 4, 0, 1, 2, 3.0])
    outcome = np.repeat([True, False], 4)
    design = design_matrix(pd.DataFrame({"x": x, "z": z}), 8)
    assert separating_columns(design.matrix, outcome) == [1, 2]


def test_overlapping_columns_do_not_separate():
    table, outcome = drawn(40, 3)
    assert separating_columns(design_matrix(table, 40).matrix, outcome) == []


@pytest.mark.parametrize("value", [True, False])
def test_an_outcome_that_is_the_same_in_all_is_refused(value):
    table, _ = drawn(10, 1)
    with pytest.raises(ArgumentError, match=f"treated is '{value} in every row'"):
        logistic_regression(design_matrix(table, 10), np.full(10, value), argument="treated")


def test_an_iteration_without_end_says_where_it_stood(monkeypatch):
    monkeypatch.setattr(logistic, "MOST_STEPS", 1)
    table, outcome = drawn(40, 3)
    with pytest.raises(ConvergenceError, match="Logistic regression of outcome: no convergence in 1 steps"):
        logistic_regression(design_matrix(table, 40), outcome)
