"""Beliefs before a trial: where they start, and what evidence does to them."""

from math import inf, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lentap.errors import ArgumentError
from lentap.stats.beliefs import Belief, error_of_interval, starting_beliefs
from lentap.stats.pooling import pool_effects

TARGETS = st.floats(-3, 3).filter(lambda target: abs(target) > 0.01)


@given(TARGETS, st.floats(0.001, 0.4))
def test_sceptic_and_enthusiast_doubt_as_much_as_they_are_told(target: float, doubt: float) -> None:
    found = starting_beliefs(target, doubt=doubt)
    sceptical, enthusiastic = found["sceptical"], found["enthusiastic"]
    beyond = sceptical.below(target) if target < 0 else 1 - sceptical.below(target)
    harmed = 1 - enthusiastic.below(0) if target < 0 else enthusiastic.below(0)
    assert beyond == pytest.approx(doubt, abs=1e-9)
    assert harmed == pytest.approx(doubt, abs=1e-9)


@given(st.floats(-2, 2), st.floats(0.05, 2), st.floats(-2, 2), st.floats(0.05, 2))
def test_a_belief_after_evidence_is_the_pooled_estimate_of_both(m: float, sd: float, effect: float, se: float) -> None:
    found = Belief(m, sd).after(effect, se)
    pooled = pool_effects([m, effect], [sd, se], method="common").mean
    assert found.mean == pytest.approx(pooled.value, abs=1e-9)
    assert found.sd == pytest.approx(pooled.error, rel=1e-9)


def test_somebody_neutral_believes_the_evidence_and_without_any_stays_neutral() -> None:
    neutral = starting_beliefs(log(0.7))["neutral"]
    assert neutral.after(-0.2, 0.1) == Belief(pytest.approx(-0.2), pytest.approx(0.1))
    assert neutral.after(-0.2, inf) == neutral
    assert neutral.below(-0.2) == 0.5


def test_half_of_the_information_doubles_the_variance() -> None:
    whole, half = (error_of_interval(log(0.57), log(1.11), believed=share) for share in (1.0, 0.5))
    assert half**2 == pytest.approx(2 * whole**2)
    assert whole == pytest.approx((log(1.11) - log(0.57)) / (2 * 1.959964), rel=1e-6)
    assert error_of_interval(0.1, 0.2, believed=0) == inf


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: starting_beliefs(0), "target is 0"),
        (lambda: starting_beliefs(0.3, doubt=0.5), "doubt is 0.5"),
        (lambda: Belief(0, 1).after(0.1, 0), "error is 0"),
        (lambda: error_of_interval(0.2, 0.1), "low, high is '0.2, 0.1'"),
        (lambda: error_of_interval(0.1, 0.2, believed=1.5), "believed is 1.5"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words) -> None:
    with pytest.raises(ArgumentError, match=words):
        call()
