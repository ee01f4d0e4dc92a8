import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError
from lentap.stats.measurement_agreement import KINDS, LIMIT_METHODS, intraclass_correlation, limits_of_agreement


def ratings(n, k, seed):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(n, 1)) + generator.normal(size=(n, k)) + generator.normal(size=k)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 15), st.integers(2, 5), st.integers(0, 1000), st.sampled_from(sorted(KINDS)))
def test_intervals_contain_the_correlation_and_units_do_not_matter(n, k, seed, kind):
    x = ratings(n, k, seed)
    found = intraclass_correlation(x, kind=kind)
    assert found.low < found.value < found.high or (math.isnan(found.low) and found.value < 0 and n < 6)
    moved = intraclass_correlation(7 * x[::-1] - 3, kind=kind)
    assert (moved.value, moved.low, moved.high) == pytest.approx(
        (found.value, found.low, found.high), rel=1e-5, nan_ok=True
    )


def test_constant_differences_of_raters_count_for_agreement_only():
    x = ratings(12, 3, 5)
    shifted = x + np.array([0, 4, 9])
    assert intraclass_correlation(shifted, kind="consistency").value == pytest.approx(
        intraclass_correlation(x, kind="consistency").value
    )
    assert intraclass_correlation(shifted).value < intraclass_correlation(x).value / 2


def test_raters_without_error_have_no_interval():
    exact = np.array([[1.0, 1.0], [2.0, 2.0], [5.0, 5.0]])
    shifted = exact + np.array([0, 3])
    for x, kind, value in ((exact, "agreement", 1), (shifted, "consistency", 1)):
        found = intraclass_correlation(x, kind=kind)
        assert found.value == pytest.approx(value)
        assert math.isnan(found.low)
        assert "no residual variation" in found.method
    assert intraclass_correlation(shifted).value < 1


def test_an_interval_that_would_not_hold_the_correlation_is_not_given():
    found = intraclass_correlation(ratings(2, 3, 2))
    assert found.value == pytest.approx(-0.0957, abs=1e-4)
    assert math.isnan(found.high)
    assert "too few subjects" in found.method


def test_equal_ratings_leave_it_open():
    found = intraclass_correlation(np.full((4, 3), 2.5))
    assert math.isnan(found.value)
    assert "all ratings are equal" in found.method


@settings(max_examples=40, deadline=None)
@given(st.integers(3, 40), st.integers(0, 1000), st.sampled_from(LIMIT_METHODS))
def test_exchanging_the_methods_mirrors_the_limits(n, seed, method):
    x = ratings(n, 2, seed)
    one, other = limits_of_agreement(*x.T, method=method), limits_of_agreement(*x.T[::-1], method=method)
    for mine, theirs in ((one.lower, other.upper), (one.bias, other.bias), (one.upper, other.lower)):
        assert (mine.value, mine.low, mine.high) == pytest.approx((-theirs.value, -theirs.high, -theirs.low))
        assert mine.low < mine.value < mine.high


def test_share_and_level_widen_limits_and_intervals():
    x, y = ratings(30, 2, 4).T
    narrow, wide = limits_of_agreement(x, y, share=0.5), limits_of_agreement(x, y, share=0.99)
    assert wide.upper.value > narrow.upper.value
    assert narrow.bias == wide.bias
    assert limits_of_agreement(x, y, level=0.8).upper.high < limits_of_agreement(x, y).upper.high
    exact = limits_of_agreement(x, y, method="exact")
    assert exact.upper.high - exact.upper.value > exact.upper.value - exact.upper.low


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: intraclass_correlation([1, 2, 3]), "ratings is 'array of shape"),
        (lambda: intraclass_correlation([[1], [2]]), "two subjects"),
        (lambda: intraclass_correlation([[1, 2]]), "two subjects"),
        (lambda: intraclass_correlation("ratings"), "ratings is"),
        (lambda: intraclass_correlation([["a", "b"], ["c", "d"]]), "ratings is 'not numeric'"),
        (lambda: intraclass_correlation([[1, 2], [np.nan, 2]]), "ratings is nan"),
        (lambda: intraclass_correlation([[1, 2], [3, 2]], kind="icc1"), "kind is 'icc1': legal is one of agreement"),
        (lambda: limits_of_agreement([1, 2], [1]), "second is 'array of 1'"),
        (lambda: limits_of_agreement([1], [2]), "second is 'the same distance from first"),
        (lambda: limits_of_agreement([1, 2, 3], [2, 3, 4]), "second is 'the same distance from first"),
        (lambda: limits_of_agreement([1, np.inf], [1, 2]), "first is inf"),
        (lambda: limits_of_agreement([1, 2], [2, 1], method="boot"), "method is 'boot': legal is one of approximate"),
        (lambda: limits_of_agreement([1, 2], [2, 1], share=1), "share is 1"),
        (lambda: limits_of_agreement([1, 2], [2, 1], level=1), "level is 1"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()
