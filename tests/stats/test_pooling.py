import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError, ConvergenceError
from lentap.stats import pooling
from lentap.stats.pooling import POOLING_METHODS, pool_effects
from tests.stats.test_subgroups import EFFECTS


@settings(max_examples=60, deadline=None)
@given(EFFECTS, st.sampled_from(sorted(POOLING_METHODS)))
def test_each_effect_is_shrunken_towards_the_mean_and_never_past_it(pairs, method):
    effect, error = np.array(pairs).T
    found = pool_effects(effect, error, method=method)
    table, mean = found.shrunken, found.mean.value
    assert found.mean.low < mean < found.mean.high
    assert found.tau_squared >= 0
    assert (np.abs(table["shrunken"] - mean) <= np.abs(effect - mean) + 1e-12).all()
    assert ((table["shrunken"] - mean) * (effect - mean) >= -1e-12).all()
    assert table["weight"].between(0, 1).all()


@settings(max_examples=30, deadline=None)
@given(EFFECTS, st.floats(-3, 3))
def test_a_shift_of_all_effects_shifts_all_answers(pairs, shift):
    effect, error = np.array(pairs).T
    one, other = pool_effects(effect, error), pool_effects(effect + shift, error)
    assert other.tau_squared == pytest.approx(one.tau_squared, rel=1e-5, abs=1e-7)
    assert other.shrunken["shrunken"].to_numpy() == pytest.approx(one.shrunken["shrunken"].to_numpy() + shift, abs=1e-5)


def test_effects_that_differ_no_more_than_chance_share_the_mean():
    found = pool_effects([0.1, 0.12, 0.09], [0.2, 0.3, 0.2], names=["a", "b", "c"])
    assert found.tau_squared == 0
    assert found.shrunken["label"].tolist() == ["a", "b", "c"]
    assert found.shrunken["shrunken"].to_numpy() == pytest.approx(found.mean.value)


def test_effects_far_apart_keep_their_own():
    found = pool_effects([-5.0, 0.0, 5.0], [0.01, 0.01, 0.01])
    assert found.shrunken["shrunken"].to_numpy() == pytest.approx([-5, 0, 5], abs=1e-4)
    assert found.heterogeneity.i_squared > 0.99


@pytest.mark.parametrize(
    ("effects", "errors"),
    [
        ([0.7055665, -1.77919653, 0.28881644], [0.05989226, 1.03633169, 0.04840866]),
        ([0.0, 1.0, 1.0, 1.0, 1.0], [0.25, 1.0, 1.0, 1.0, 1.0]),
    ],
)
def test_very_unequal_errors_that_let_fisher_scoring_stall_come_to_the_maximum(effects, errors):
    tau_squared = pool_effects(effects, errors).tau_squared

    def restricted_likelihood(tau_squared):
        weight = 1 / (np.square(errors) + tau_squared)
        residual = effects - np.average(effects, weights=weight)
        return np.log(weight).sum() - np.log(weight.sum()) - (weight * residual**2).sum()

    grid = tau_squared * np.linspace(0.9, 1.1, 201)
    assert grid[np.argmax([restricted_likelihood(one) for one in grid])] == pytest.approx(tau_squared)


def test_a_search_without_end_is_an_error(monkeypatch):
    monkeypatch.setattr(pooling, "MOST_STEPS", 0)
    with pytest.raises(ConvergenceError, match="restricted maximum likelihood: no root of the score in 0 steps"):
        pool_effects([-1, 0.2, 0.8, 3], [0.1, 0.3, 0.2, 0.6])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: pool_effects([1, 2], [1, 1], method="ml"), "method is 'ml': legal is one of reml"),
        (lambda: pool_effects([1, 2], [1, 1], names=["a"]), "names is '1 names': legal is as many as effects"),
        (lambda: pool_effects([1], [1]), "effects is 'array of 1'"),
        (lambda: pool_effects([1, 2], [1, -1]), "errors is -1"),
        (lambda: pool_effects([1, 2], [1, 1], level=95), "level is 95"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()
