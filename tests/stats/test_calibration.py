import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError
from lentap.stats.calibration import calibration


def drawn(n, seed, slope=1.0):
    generator = np.random.default_rng(seed)
    log_odds = generator.normal(-0.5, 1, n)
    return 1 / (1 + np.exp(-log_odds)), generator.random(n) < 1 / (1 + np.exp(-slope * log_odds))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_the_complement_mirrors(seed):
    p, event = drawn(80, seed)
    one, other = calibration(p, event), calibration(1 - p, ~event)
    assert other.slope.value == pytest.approx(one.slope.value)
    assert other.intercept.value == pytest.approx(-one.intercept.value)
    assert other.in_the_large.low == pytest.approx(-one.in_the_large.high)
    assert (other.brier, other.scaled_brier) == pytest.approx((one.brier, one.scaled_brier))
    assert other.largest_error == pytest.approx(one.largest_error, rel=0.05)  # interpolated from the left


def test_the_order_of_rows_changes_nothing_even_with_ties():
    p, event = drawn(120, 6)
    p = np.clip(np.round(p, 1), 0.1, 0.9)
    order = np.random.default_rng(2).permutation(120)
    one, other = calibration(p, event), calibration(p[order], event[order])
    np.testing.assert_allclose(other.curve, one.curve)
    assert other.groups.equals(one.groups)
    assert other.slope.value == pytest.approx(one.slope.value)


def test_predictions_too_extreme_have_a_slope_below_1():
    p, event = drawn(2000, 3, slope=0.5)
    found = calibration(p, event)
    assert found.slope.value == pytest.approx(0.5, abs=0.1)
    assert found.slope.p_value < 1e-6
    good = calibration(*drawn(2000, 3))
    assert good.slope.low < 1 < good.slope.high
    assert good.mean_error < found.mean_error


def test_groups_hold_everyone_and_equal_predictions_stay_together():
    p = np.repeat([0.1, 0.2, 0.7], [30, 5, 15])
    event = np.tile([True, False], 25)
    found = calibration(p, event, groups=10).groups
    assert found["n"].tolist() == [30, 5, 15]
    assert found["predicted"].to_numpy() == pytest.approx([0.1, 0.2, 0.7])
    assert found["events"].sum() == 25
    assert calibration(p, event, groups=1).groups["n"].tolist() == [50]


def test_predicting_the_same_for_all_has_no_slope_but_the_rest():
    event = np.repeat([True, False], [15, 35])
    found = calibration(np.full(50, 0.2), event)
    assert math.isnan(found.slope.value)
    assert "all predictions are equal" in found.intercept.method
    assert found.in_the_large.value == pytest.approx(np.log(15 / 35) - np.log(0.25))
    assert found.curve["observed"].to_numpy() == pytest.approx(0.3)
    assert (found.observed, found.expected) == (15, pytest.approx(10))
    assert found.scaled_brier < 0


@pytest.mark.parametrize(
    ("p", "event", "options", "words"),
    [
        ([0, 0.5], [0, 1], {}, "predicted is 0: legal is probabilities strictly between 0 and 1"),
        ([0.2, 1], [0, 1], {}, "predicted is 1"),
        ([0.2, np.nan], [0, 1], {}, "predicted is nan"),
        ([0.2, 0.5], [1, 1], {}, "outcome is 'True in every row'"),
        ([0.2, 0.5], [0, 2], {}, "outcome is 2"),
        ([0.2, 0.5], [0, 1, 1], {}, "outcome is 'array of 3'"),
        ([0.2, 0.3, 0.5, 0.6], [0, 0, 1, 1], {}, "separate outcome: log odds predicted"),
        ([0.2, 0.5, 0.4, 0.1], [0, 1, 0, 1], {"groups": 0}, "groups is 0: legal is a whole number of 1 or more"),
        ([0.2, 0.5, 0.4, 0.1], [0, 1, 0, 1], {"groups": 2.5}, "groups is 2.5"),
        ([0.2, 0.5, 0.4, 0.1], [0, 1, 0, 1], {"level": 0}, "level is 0"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(p, event, options, words):
    with pytest.raises(ArgumentError, match=words):
        calibration(p, event, **options)
