import math
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError
from lentap.stats.adjusted_risks import propensity_weighted_risks, weighted_risks
from lentap.stats.propensity import ESTIMANDS, propensity_model, propensity_weights
from lentap.stats.wald import WaldEstimate
from tests.stats.test_propensity import drawn


def outcome_of(n, seed):
    return np.random.default_rng(seed + 1).random(n) < 0.4


def estimates(risks):
    return {
        field.name: getattr(risks, field.name)
        for field in fields(risks)
        if field.name not in ("n", "events", "influence")
    }


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(sorted(ESTIMANDS)))
def test_intervals_contain_the_estimate_and_swapping_arms_mirrors(seed, estimand):
    table, treated = drawn(80, seed)
    event = outcome_of(80, seed)
    weights = propensity_weights(propensity_model(table, treated), estimand=estimand)
    for one in (weighted_risks(event, treated, weights.weights), propensity_weighted_risks(event, weights)):
        for found in estimates(one).values():
            assert found.low < found.value < found.high
    swapped = weighted_risks(event, ~treated, weights.weights)
    mirrored = weighted_risks(event, treated, weights.weights)
    assert swapped.difference.value == pytest.approx(-mirrored.difference.value)
    assert swapped.difference.low == pytest.approx(-mirrored.difference.high)
    assert swapped.ratio.low == pytest.approx(1 / mirrored.ratio.high)
    assert swapped.odds_ratio.p_value == pytest.approx(mirrored.odds_ratio.p_value)
    assert swapped.risk1.high == pytest.approx(mirrored.risk0.high)


def test_equal_weights_give_the_proportions_and_their_wald_interval():
    event = np.repeat([1, 0, 1, 0], [12, 28, 21, 15])
    found = weighted_risks(event, np.repeat([1, 0], [40, 36]), np.full(76, 3.0))
    assert (found.risk1.value, found.risk0.value) == pytest.approx((0.3, 21 / 36))
    assert found.difference.error == pytest.approx(math.sqrt(0.3 * 0.7 / 40 + 21 / 36 * 15 / 36 / 36))
    assert (found.n, found.events) == ((40, 36), (12, 21))


def test_scale_of_weights_and_order_of_rows_change_nothing():
    table, treated = drawn(60, 8)
    event = outcome_of(60, 8)
    weights = propensity_weights(propensity_model(table, treated)).weights
    order = np.random.default_rng(2).permutation(60)
    one = weighted_risks(event, treated, weights)
    other = weighted_risks(event[order], treated[order], weights[order] * 7)
    assert other.difference.low == pytest.approx(one.difference.low)
    assert other.ratio.value == pytest.approx(one.ratio.value)


def test_stabilised_weights_change_no_comparison():
    table, treated = drawn(90, 2)
    event = outcome_of(90, 2)
    model = propensity_model(table, treated)
    plain, stabilised = (
        propensity_weighted_risks(event, propensity_weights(model, stabilised=choice)) for choice in (False, True)
    )
    assert stabilised.difference.value == pytest.approx(plain.difference.value)
    assert stabilised.difference.error == pytest.approx(plain.difference.error)


@pytest.mark.parametrize("nobody", [True, False])
def test_an_arm_without_events_has_no_interval_and_the_method_says_why(nobody):
    treated = np.repeat([1, 0], 5)
    event = np.array([0] * 5 + [1, 0, 1, 0, 0])
    found = weighted_risks(event if nobody else 1 - event, treated, np.arange(1, 11))
    assert found.risk1.value == (0 if nobody else 1)
    for one in estimates(found).values():
        assert isinstance(one, WaldEstimate)
        assert math.isnan(one.low)
        assert "nobody or everybody" in one.method
    assert found.ratio.value == pytest.approx(0 if nobody else 1 / found.risk0.value)


@pytest.mark.parametrize(
    ("outcome", "treated", "weights", "words"),
    [
        ([1, 0, 1], [1, 1, 1], [1, 1, 1], "treated is 'True in every row'"),
        ([1, 0, 2], [1, 0, 1], [1, 1, 1], "outcome is 2"),
        ([1, 0], [1, 0, 1], [1, 1, 1], "outcome is 'array of 2'"),
        ([1, 0, 1], [1, 0, 1], [1, 1], "weights is 'array of 2'"),
        ([1, 0, 1], [1, 0, 1], [1, 0, 1], "weights is '0 in every row of an arm'"),
        ([1, 0, 1], [1, 0, 1], [1, -1, 1], "weights is -1"),
        ([1, 0, 1], [1, 0, np.nan], [1, 1, 1], "treated is nan"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(outcome, treated, weights, words):
    with pytest.raises(ArgumentError, match=words):
        weighted_risks(outcome, treated, weights)
