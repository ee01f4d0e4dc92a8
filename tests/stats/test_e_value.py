import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError
from lentap.stats.e_value import e_value, e_value_of_risks
from lentap.stats.estimate import Estimate
from lentap.stats.proportions import risk_ratio

RATIOS = st.floats(0.02, 50)
MEASURES = st.sampled_from([("risk-ratio", None), ("odds-ratio", True), ("odds-ratio", False), ("hazard-ratio", False)])


def ratio(value, low=math.nan, high=math.nan):
    return Estimate(value, low, high, 0.95, "given")


@settings(max_examples=60)
@given(RATIOS, MEASURES)
def test_an_effect_and_its_inverse_have_one_e_value(value, how):
    measure, rare = how
    one, other = (e_value(ratio(x, x / 1.3, x * 1.3), measure=measure, rare=rare) for x in (value, 1 / value))
    assert one.value == pytest.approx(other.value)
    assert one.limit == pytest.approx(other.limit)
    assert one.value >= one.limit >= 1


@settings(max_examples=60)
@given(RATIOS)
def test_a_confounder_of_that_strength_explains_the_estimate_exactly(value):
    strength = e_value(ratio(value)).value
    assert strength**2 / (2 * strength - 1) == pytest.approx(max(value, 1 / value))


def test_no_effect_needs_no_confounder():
    assert e_value(ratio(1.0, 0.8, 1.3)).value == 1
    assert e_value(ratio(2.0, 1.5, 2.6), null=2.0).value == 1


def test_an_interval_that_holds_the_null_has_a_limit_of_1():
    assert e_value(ratio(1.4, 1.0, 2.0)).limit == 1
    assert e_value(ratio(1.4, 0.9, 2.0)).limit == 1
    assert e_value(ratio(1.4, 1.1, 2.0)).limit > 1


def test_a_common_outcome_brings_the_ratio_nearer_to_1():
    given_ratio = ratio(3.0, 2.0, 4.5)
    common, rare = (e_value(given_ratio, measure="odds-ratio", rare=choice) for choice in (False, True))
    assert common.value < rare.value
    assert common.risk_ratio.value == pytest.approx(math.sqrt(3))
    assert "odds ratio of a common outcome" in common.method


@pytest.mark.parametrize(("measure", "rare"), [("risk-ratio", None), ("hazard-ratio", False), ("odds-ratio", False)])
def test_ratios_of_0_and_infinity_cannot_be_explained_away(measure, rare):
    for value, low, high in ((0.0, 0.0, 0.7), (math.inf, 1.4, math.inf)):
        found = e_value(ratio(value, low, high), measure=measure, rare=rare)
        assert found.value == math.inf
        assert 1 < found.limit < math.inf


def test_what_is_not_estimable_stays_so():
    assert math.isnan(e_value(ratio(math.nan, 0.0, math.inf)).value)
    assert math.isnan(e_value(ratio(2.0)).limit)


def test_risks_are_taken_by_their_ratio():
    assert e_value_of_risks(42, 71, 13, 71) == e_value(risk_ratio(42, 71, 13, 71))
    assert e_value_of_risks(5, 56, 0, 29).value == math.inf


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: e_value(ratio(-1.0)), "a ratio of 0 or more, inside its limits"),
        (lambda: e_value(ratio(1.2, 1.3, 1.4)), "a ratio of 0 or more, inside its limits"),
        (lambda: e_value(ratio(1.5, 1.3, 1.4)), "a ratio of 0 or more, inside its limits"),
        (lambda: e_value(ratio(1.2), null=0), "null is 0: legal is a finite ratio above 0"),
        (lambda: e_value(ratio(1.2), null=math.inf), "null is inf"),
        (lambda: e_value(ratio(1.2), measure="odds-ratio"), "rare is None: legal is true or false"),
        (lambda: e_value(ratio(1.2), measure="rate-ratio"), "measure is 'rate-ratio': legal is one of risk-ratio"),
        (lambda: e_value_of_risks(5, 4, 1, 4), "events1 is 5"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()
