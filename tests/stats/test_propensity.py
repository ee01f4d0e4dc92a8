import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError
from lentap.stats.propensity import ESTIMANDS, effective_sample_size, propensity_model, propensity_weights


def drawn(n, seed):
    generator = np.random.default_rng(seed)
    table = pd.DataFrame({"age": generator.normal(60, 9, n), "sex": generator.choice(["f", "m"], n)})
    chance = 1 / (1 + np.exp(-0.04 * (table["age"] - 60) - 0.4 * (table["sex"] == "m")))
    return table, generator.random(n) < chance


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_overlap_weights_balance_the_means_of_covariates_exactly(seed):
    table, treated = drawn(80, seed)
    model = propensity_model(table, treated)
    weights = propensity_weights(model, estimand="overlap").weights
    means = [
        np.average(model.regression.design.matrix[arm], axis=0, weights=weights[arm]) for arm in (treated, ~treated)
    ]
    np.testing.assert_allclose(means[0], means[1], rtol=1e-8)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["ate", "overlap", "matching"]))
def test_swapping_the_arms_gives_each_subject_the_same_weight(seed, estimand):
    table, treated = drawn(60, seed)
    one, other = (propensity_weights(propensity_model(table, arm), estimand=estimand) for arm in (treated, ~treated))
    np.testing.assert_allclose(other.weights, one.weights, rtol=1e-8)
    assert other.effective_n == pytest.approx(one.effective_n[::-1])


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_the_slope_of_a_weight_is_its_derivative_by_the_score(estimand):
    table, treated = drawn(50, 3)
    model = propensity_model(table, treated)
    step = 1e-6
    around = []
    for sign in (-1, 1):
        moved = type(model)(model.treated, model.score + sign * step, model.regression)
        around.append(propensity_weights(moved, estimand=estimand).weights)
    numerical = (around[1] - around[0]) / (2 * step)
    np.testing.assert_allclose(propensity_weights(model, estimand=estimand).slope, numerical, rtol=1e-6, atol=1e-8)


def test_the_treated_count_once_in_weights_for_the_treated():
    table, treated = drawn(50, 3)
    found = propensity_weights(propensity_model(table, treated), estimand="att")
    assert found.weights[treated] == pytest.approx(1)
    assert found.effective_n[0] == pytest.approx(treated.sum())
    assert found.effective_n[1] < (~treated).sum()


def test_stabilised_weights_are_near_1():
    table, treated = drawn(200, 5)
    model = propensity_model(table, treated)
    plain, stabilised = (propensity_weights(model, stabilised=choice) for choice in (False, True))
    assert stabilised.weights.mean() == pytest.approx(1, abs=0.05)
    assert stabilised.effective_n == pytest.approx(plain.effective_n)
    assert "stabilised" in stabilised.method


def test_truncation_is_stated():
    table, treated = drawn(100, 5)
    found = propensity_weights(propensity_model(table, treated), truncate=0.05)
    assert found.truncated == 10
    assert (found.weights.min(), found.weights.max()) == pytest.approx(found.limits)
    assert "10 of 100 weights truncated to" in found.method
    assert (found.slope == 0).sum() == 10


def test_effective_sample_size_of_equal_weights_is_their_number():
    assert effective_sample_size([0.3] * 7) == pytest.approx(7)
    assert effective_sample_size([1, 0, 0]) == pytest.approx(1)


TABLE, TREATED = drawn(40, 1)
MODEL = propensity_model(TABLE, TREATED)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: propensity_model(TABLE, np.ones(40)), "treated is 'True in every row'"),
        (lambda: propensity_model(TABLE, np.full(40, 2)), "treated is 2: legal is 0 or 1"),
        (lambda: propensity_model(TABLE, TREATED[:9]), "covariates is 'a table of 40 rows': legal is as long"),
        (lambda: propensity_model(TABLE.assign(age=None), TREATED), "missing values of age"),
        (lambda: propensity_model(TABLE.assign(site=TREATED * 1.0), TREATED), "separate treated: site"),
        (lambda: propensity_weights(MODEL, estimand="atc"), "estimand is 'atc': legal is one of ate, att, overlap"),
        (lambda: propensity_weights(MODEL, estimand="att", stabilised=True), "stabilised is True"),
        (lambda: propensity_weights(MODEL, truncate=0.5), "truncate is 0.5"),
        (lambda: propensity_weights(MODEL, truncate=0), "truncate is 0"),
        (lambda: effective_sample_size([1, -2]), "weights is -2: legal is finite numbers of 0 or more"),
        (lambda: effective_sample_size([0, 0]), "weights is '0 in every row'"),
        (lambda: effective_sample_size([1, np.nan]), "weights is nan"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()
