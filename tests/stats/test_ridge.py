"""Models drawn towards 0: without a pull they are the ordinary ones, and with one they always answer."""

import numpy as np
import pandas as pd
import pytest

from lentap.stats.covariates import design_matrix
from lentap.stats.cox import cox
from lentap.stats.cox_risk_sets import cox_risk_sets
from lentap.stats.logistic import logistic_regression
from lentap.stats.ridge import ridge_cox, ridge_probability


def sample(seed: int, n: int = 80) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    matrix = np.column_stack([random.normal(size=n), random.random(n) < 0.4])
    return matrix, random.random(n) < 1 / (1 + np.exp(-matrix[:, 0])), random.exponential(np.exp(-matrix[:, 1]), n)


def test_with_hardly_any_penalty_probabilities_are_those_of_logistic_regression() -> None:
    matrix, outcome, _ = sample(1)
    design = design_matrix(pd.DataFrame(matrix), len(matrix))
    plain = logistic_regression(design, outcome).fitted
    assert ridge_probability(matrix, outcome, np.ones(len(matrix)), 1e-9) == pytest.approx(plain, abs=1e-7)


def test_counts_stand_for_repeated_rows() -> None:
    matrix, outcome, _ = sample(2)
    counts = np.arange(len(matrix)) % 3 + 1.0
    rows = np.repeat(np.arange(len(matrix)), counts.astype(int))
    repeated = ridge_probability(matrix[rows], outcome[rows], np.ones(rows.size), 1.0)
    assert ridge_probability(matrix, outcome, counts, 1.0)[rows] == pytest.approx(repeated)


def test_separated_outcomes_and_columns_that_do_not_vary_have_an_answer() -> None:
    matrix = np.column_stack([np.arange(20.0), np.ones(20), np.zeros(20)])
    found = ridge_probability(matrix, np.arange(20) > 9, np.ones(20), 1.0)
    assert (np.diff(found) > 0).all()
    assert 0.5 < found[-1] < 1
    assert found.mean() == pytest.approx(0.5)  # the intercept is free


def test_with_hardly_any_penalty_the_cox_model_is_the_ordinary_one() -> None:
    matrix, event, time = sample(3)
    sets = cox_risk_sets(time, event, None, np.zeros(time.size, dtype=np.intp), np.ones(time.size), "breslow")
    plain = cox(time, event, pd.DataFrame(matrix), ties="breslow").coefficients
    found = ridge_cox(sets, matrix, 1e-9).risk
    logs = (matrix - matrix.mean(axis=0)) @ plain
    assert np.log(found) == pytest.approx(logs, abs=1e-6)


def test_a_penalty_draws_hazard_ratios_towards_1() -> None:
    matrix, event, time = sample(4)
    sets = cox_risk_sets(time, event, None, np.zeros(time.size, dtype=np.intp), np.ones(time.size), "breslow")
    spreads = [np.log(ridge_cox(sets, matrix, penalty).risk).std() for penalty in (0.01, 1.0, 100.0)]
    assert spreads[0] > spreads[1] > spreads[2] > 0
