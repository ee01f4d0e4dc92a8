from math import inf

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lentap.errors import StatisticsError
from lentap.stats.biomarker import change_from_baseline, paired_shift, shift_between, summarise_change

MANY = [(37 * i % 101 - 40) / 10 for i in range(1, 61)]
OTHERS = [(53 * i % 103 - 47) / 9 + 0.001 for i in range(1, 56)]


def test_the_estimate_is_the_median_of_pairwise_means_and_differences_however_many():
    means = [(x + y) / 2 for position, x in enumerate(MANY) for y in MANY[position:]]
    assert paired_shift(MANY).value == pytest.approx(np.median(means))
    assert shift_between(MANY, OTHERS).value == pytest.approx(np.median([x - y for x in MANY for y in OTHERS]))


def test_method_says_whether_the_interval_is_exact():
    assert paired_shift([-0.9, 0.1, -1.0, 0.4, -0.6]).method == "Hodges-Lehmann, Wilcoxon signed-rank, exact"
    assert shift_between([1, 1, 2], [3, 4]).method == "Hodges-Lehmann, Mann-Whitney, normal approximation"


def test_too_few_values_leave_the_interval_open():
    shift = paired_shift([1.0, 2.0, 3.5])
    assert (shift.low, shift.high) == (-inf, inf)
    assert shift_between([1.0], [2.0]).high == inf


def test_values_that_are_all_the_same_show_no_shift():
    shift = paired_shift([0.0] * 20)
    assert (shift.value, shift.low, shift.high, shift.p_value) == (0, 0, 0, 1)
    assert shift_between([2, 2, 2], [2, 2]).p_value == 1


@pytest.fixture
def values():
    return pd.DataFrame(
        {
            "USUBJID": ["b", "a", "a", "b", "c", "d", "d"],
            "AVISITN": [0, 0, 2, 2, 0, 0, 2],
            "AVAL": [10.0, 20.0, 26.0, 9.0, 5.0, 7.0, np.nan],
        }
    )


def test_change_is_the_later_value_minus_baseline_in_subjects_with_both(values):
    pairs = change_from_baseline(values, 2)
    assert pairs.to_dict("list") == {"USUBJID": ["a", "b"], "baseline": [20, 10], "value": [26, 9], "change": [6, -1]}


def test_change_is_summarised_within_each_group():
    pairs = pd.DataFrame({"baseline": [1.0, 2, 3, 4], "value": [2.0, 4, 6, 9]})
    pairs = pairs.assign(change=pairs["value"] - pairs["baseline"], response=["yes", "yes", "yes", "no"])
    table = summarise_change(pairs, "response").set_index("response")
    assert table["n"].to_dict() == {"no": 1, "yes": 3}
    assert table.loc["yes", ["change_median", "change_q1", "change_q3", "shift"]].tolist() == [2, 1.5, 2.5, 2]
    assert table.loc["no", ["baseline_median", "value_median", "shift", "p_value"]].tolist() == [4, 9, 5, 1]


numbers = st.lists(st.integers(-30, 30).map(float), min_size=1, max_size=60)


@given(numbers, st.randoms(use_true_random=False))
def test_paired_interval_contains_the_estimate_and_mirrors_with_the_sign(change, random):
    shift, mirrored = paired_shift(change), paired_shift([-value for value in random.sample(change, len(change))])
    assert shift.low <= shift.value <= shift.high
    assert (mirrored.value, mirrored.low, mirrored.high) == pytest.approx((-shift.value, -shift.high, -shift.low))
    assert mirrored.p_value == pytest.approx(shift.p_value)


@given(numbers, numbers, st.integers(-20, 20))
def test_swapping_the_groups_mirrors_the_shift_and_moving_one_moves_it(first, second, distance):
    shift, mirrored = shift_between(first, second), shift_between(second, first)
    assert shift.low <= shift.value <= shift.high
    assert (mirrored.value, mirrored.low, mirrored.high) == pytest.approx((-shift.value, -shift.high, -shift.low))
    assert mirrored.p_value == pytest.approx(shift.p_value)


@given(st.lists(st.integers(0, 10_000), min_size=14, max_size=24, unique=True), st.integers(5, 9), st.integers(-20, 20))
def test_moving_one_group_moves_the_exact_interval(values, size, distance):
    first, second = np.array(values[:size]), np.array(values[size:])
    moved = shift_between(first + distance + 0.5, second)
    shift = shift_between(first, second)
    assert (moved.value, moved.low, moved.high) == pytest.approx(
        tuple(limit + distance + 0.5 for limit in (shift.value, shift.low, shift.high))
    )


@pytest.mark.parametrize(
    ("change", "arguments", "words"),
    [
        ({}, (3,), "visit is 3: legal is one of the visits 0, 2"),
        ({}, (2, 1), "baseline is 1"),
        ({"PARAMCD": list("ABABABA")}, (2,), "values is 'a table of A, B'"),
        ({"AVISITN": 0}, (0,), "values is 'two rows of a at one visit'"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(values, change, arguments, words):
    visit, *baseline = arguments
    with pytest.raises(StatisticsError, match=words):
        change_from_baseline(values.assign(**change), visit, **({"baseline": baseline[0]} if baseline else {}))


def test_missing_values_are_refused_where_they_would_be_lost():
    with pytest.raises(StatisticsError, match="change is nan"):
        paired_shift([1.0, np.nan])
    with pytest.raises(StatisticsError, match="second is"):
        shift_between([1.0], [])
