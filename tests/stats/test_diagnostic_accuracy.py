import math
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError
from lentap.stats.diagnostic_accuracy import diagnostic_accuracy
from lentap.stats.proportions import proportion

CELLS = st.tuples(*[st.integers(1, 60)] * 4)
PARTS = [field.name for field in fields(diagnostic_accuracy(1, 1, 1, 1)) if field.name != "n"]


@settings(max_examples=40, deadline=None)
@given(CELLS, st.sampled_from([None, 0.02, 0.4]))
def test_intervals_contain_the_estimate(cells, prevalence):
    found = diagnostic_accuracy(*cells, prevalence=prevalence)
    for part in PARTS:
        one = getattr(found, part)
        assert one.low < one.value < one.high


@settings(max_examples=40, deadline=None)
@given(CELLS, st.sampled_from([None, 0.02, 0.4]))
def test_turning_the_test_round_exchanges_its_results(cells, prevalence):
    tp, fn, fp, tn = cells
    one = diagnostic_accuracy(tp, fn, fp, tn, prevalence=prevalence)
    turned = diagnostic_accuracy(fn, tp, tn, fp, prevalence=prevalence)
    assert turned.sensitivity.low == pytest.approx(1 - one.sensitivity.high)
    assert turned.positive_likelihood_ratio.high == pytest.approx(one.negative_likelihood_ratio.high)
    assert turned.positive_predictive_value.low == pytest.approx(1 - one.negative_predictive_value.high)
    assert turned.diagnostic_odds_ratio.low == pytest.approx(1 / one.diagnostic_odds_ratio.high)


@settings(max_examples=30, deadline=None)
@given(CELLS)
def test_at_the_samples_prevalence_bayes_gives_its_predictive_values(cells):
    tp, fn, *_ = cells
    plain = diagnostic_accuracy(*cells)
    bayes = diagnostic_accuracy(*cells, prevalence=(tp + fn) / sum(cells))
    assert bayes.positive_predictive_value.value == pytest.approx(plain.positive_predictive_value.value)
    assert bayes.negative_predictive_value.value == pytest.approx(plain.negative_predictive_value.value)


def test_a_perfect_test_has_infinite_ratios_and_finite_limits_inside():
    found = diagnostic_accuracy(10, 0, 0, 12, prevalence=0.1)
    assert found.positive_likelihood_ratio.value == math.inf
    assert 1 < found.positive_likelihood_ratio.low < math.inf
    assert found.negative_likelihood_ratio.value == 0
    assert (found.positive_predictive_value.value, found.positive_predictive_value.high) == (1, 1)
    assert 0 < found.positive_predictive_value.low < 1
    assert found.n == (10, 12)


def test_a_test_that_is_never_positive_has_no_positive_predictive_value():
    found = diagnostic_accuracy(0, 10, 0, 12)
    assert math.isnan(found.positive_predictive_value.value)
    assert "no test with this result" in found.positive_predictive_value.method
    assert math.isnan(found.positive_likelihood_ratio.value)
    assert found.negative_likelihood_ratio.value == 1
    assert found.specificity.value == 1


def test_level_and_method_are_those_of_proportions():
    found = diagnostic_accuracy(8, 2, 3, 17, level=0.9, method="clopper-pearson")
    assert found.sensitivity == proportion(8, 10, level=0.9, method="clopper-pearson")
    assert found.accuracy == proportion(25, 30, level=0.9, method="clopper-pearson")


@pytest.mark.parametrize(
    ("cells", "options", "words"),
    [
        ((1, 1, -1, 1), {}, "false_positives is -1: legal is a whole number of 0 or more"),
        ((1.5, 1, 1, 1), {}, "true_positives is 1.5"),
        ((0, 0, 1, 1), {}, "true_positives is 0: legal is one diseased and one healthy"),
        ((1, 1, 0, 0), {}, "true_negatives is 0"),
        ((1, 1, 1, 1), {"prevalence": 0}, "prevalence is 0: legal is a number strictly between 0 and 1"),
        ((1, 1, 1, 1), {"method": "median"}, "method is 'median'"),
        ((1, 1, 1, 1), {"ratio_method": "median"}, "method is 'median'"),
        ((1, 1, 1, 1), {"level": 0}, "level is 0"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(cells, options, words):
    with pytest.raises(ArgumentError, match=words):
        diagnostic_accuracy(*cells, **options)
