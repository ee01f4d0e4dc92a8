import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError
from lentap.stats.roc import AREA_METHODS, area_under_curve, compare_areas, roc_curve


@st.composite
def marked(draw):
    m, n = draw(st.integers(2, 15)), draw(st.integers(2, 15))
    values = draw(st.lists(st.integers(0, 8), min_size=m + n, max_size=m + n))
    return np.array(values, dtype=float), np.repeat([True, False], [m, n])


@settings(max_examples=60)
@given(marked())
def test_the_area_is_the_share_of_pairs_and_the_area_of_the_curve(data):
    marker, ill = data
    difference = np.subtract.outer(marker[ill], marker[~ill])
    area = area_under_curve(marker, ill)
    assert area.value == pytest.approx(np.mean((difference > 0) + (difference == 0) / 2))
    curve = roc_curve(marker, ill)
    assert area.value == pytest.approx(np.trapezoid(curve.sensitivity, 1 - curve.specificity))
    assert (curve.true_positives[-1], curve.false_positives[-1]) == (ill.sum(), (~ill).sum())


@settings(max_examples=60)
@given(marked(), st.sampled_from(sorted(AREA_METHODS)))
def test_intervals_contain_the_area_and_directions_mirror(data, method):
    marker, ill = data
    higher, lower = (area_under_curve(marker, ill, method=method, direction=way) for way in ("higher", "lower"))
    assert 0 <= higher.low <= higher.value <= higher.high <= 1
    assert higher.low < higher.high
    assert lower.value == pytest.approx(1 - higher.value)
    assert lower.low == pytest.approx(1 - higher.high, abs=1e-9)
    turned = area_under_curve(marker, ~ill, method=method)
    assert (turned.low, turned.high) == pytest.approx((lower.low, lower.high), abs=1e-9)


@settings(max_examples=30)
@given(marked(), st.randoms(use_true_random=False))
def test_rising_transformations_and_the_order_of_rows_change_nothing(data, random):
    marker, ill = data
    order = random.sample(range(len(marker)), len(marker))
    one = area_under_curve(marker, ill)
    other = area_under_curve(np.exp(marker[order] / 3), ill[order])
    assert (other.value, other.low, other.high) == pytest.approx((one.value, one.low, one.high))


def test_cut_points_run_from_no_positive_to_all():
    curve = roc_curve([1, 3, 3, 2, 5], [0, 0, 1, 1, 1])
    assert curve.threshold.tolist() == [math.inf, 5, 3, 2, 1]
    assert curve.true_positives.tolist() == [0, 1, 2, 3, 3]
    assert curve.false_positives.tolist() == [0, 0, 1, 1, 2]
    lower = roc_curve([1, 3, 3, 2, 5], [1, 1, 0, 0, 0], direction="lower")
    assert lower.threshold.tolist() == [-math.inf, 1, 2, 3, 5]
    assert lower.true_positives.tolist() == [0, 1, 1, 2, 2]


@pytest.mark.parametrize("method", AREA_METHODS)
@pytest.mark.parametrize(("marker", "area"), [([1, 2, 3, 8, 9], 1.0), ([8, 9, 7, 1, 2], 0.0)])
def test_a_perfect_area_has_an_interval_with_a_width_and_says_which(marker, area, method):
    found = area_under_curve(marker, [0, 0, 0, 1, 1], method=method)
    assert found.value == area
    assert found.high - found.low > 0.2
    assert "Newcombe score interval" in found.method
    assert ("DeLong's variance is not estimable" in found.method) == (method != "newcombe")
    assert math.isnan(found.p_value)


def test_one_subject_in_a_group_has_newcombes_interval():
    found = area_under_curve([1, 4, 2, 3], [0, 0, 0, 1])
    assert found.value == pytest.approx(2 / 3)
    assert 0 < found.low < found.value < found.high < 1
    assert "not estimable" in found.method


def test_a_marker_that_is_the_same_in_all_tells_nothing():
    found = area_under_curve([2.5] * 7, [0, 1, 0, 1, 0, 1, 1])
    assert found.value == 0.5
    assert found.low < 0.5 < found.high
    assert "not estimable" in found.method


@settings(max_examples=40)
@given(marked(), st.integers(0, 1000))
def test_comparing_markers_mirrors_and_uses_that_they_are_paired(data, seed):
    marker, ill = data
    second = marker + np.random.default_rng(seed).normal(size=len(marker))
    one, other = compare_areas(marker, second, ill), compare_areas(second, marker, ill)
    assert one.difference.value == pytest.approx(-other.difference.value)
    alone = area_under_curve(marker, ill)
    assert (one.first.value, one.first.low, one.first.high) == pytest.approx((alone.value, alone.low, alone.high))
    if not math.isnan(one.difference.error):
        assert one.difference.low == pytest.approx(-other.difference.high)


def test_a_marker_compared_with_itself_has_no_interval():
    found = compare_areas([1, 3, 2, 5, 4], [10, 30, 20, 50, 40], [0, 0, 1, 1, 1]).difference
    assert (found.value, math.isnan(found.low), math.isnan(found.p_value)) == (0, True, True)
    assert "not estimable" in found.method


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: area_under_curve([1, 2], [0, 0]), "disease is 'False in every row'"),
        (lambda: area_under_curve([1, 2], [1, 1]), "disease is 'True in every row'"),
        (lambda: area_under_curve([1, np.nan], [0, 1]), "marker is nan"),
        (lambda: area_under_curve([1, 2], [0, 2]), "disease is 2"),
        (lambda: area_under_curve([1, 2], [0, 1], method="hanley"), "method is 'hanley': legal is one of delong"),
        (lambda: area_under_curve([1, 2], [0, 1], direction="auto"), "direction is 'auto': legal is one of higher"),
        (lambda: area_under_curve([1, 2], [0, 1], level=0), "level is 0"),
        (lambda: compare_areas([1, 2], [1, 2, 3], [0, 1]), "disease is 'array of 2'"),
        (lambda: roc_curve([], []), "marker is"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()
