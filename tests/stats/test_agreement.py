import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError
from lentap.stats.agreement import WEIGHTS, cohen_kappa, gwet_ac1, percent_agreement, rating_table

TABLES = st.integers(2, 4).flatmap(
    lambda k: st.lists(st.lists(st.integers(1, 20), min_size=k, max_size=k), min_size=k, max_size=k)
)


@settings(max_examples=60)
@given(TABLES, st.sampled_from(WEIGHTS))
def test_exchanging_the_raters_changes_nothing_and_intervals_contain_kappa(table, weights):
    one, other = cohen_kappa(table, weights=weights), cohen_kappa(np.transpose(table), weights=weights)
    assert (other.value, other.low, other.p_value) == pytest.approx((one.value, one.low, one.p_value))
    assert one.low < one.value < one.high
    ac1, exchanged = gwet_ac1(table), gwet_ac1(np.transpose(table))
    assert (exchanged.value, exchanged.high) == pytest.approx((ac1.value, ac1.high))
    assert ac1.low < ac1.value < ac1.high


@settings(max_examples=40)
@given(TABLES)
def test_reversing_the_order_of_categories_changes_no_weighted_kappa(table):
    for weights in WEIGHTS:
        reversed_table = np.array(table)[::-1, ::-1]
        assert cohen_kappa(reversed_table, weights=weights).value == pytest.approx(
            cohen_kappa(table, weights=weights).value
        )


def test_two_categories_leave_weights_nothing_to_do():
    values = [cohen_kappa([[31, 12], [4, 58]], weights=weights).value for weights in WEIGHTS]
    assert values == pytest.approx([values[0]] * 3)


def test_perfect_agreement_is_1_without_an_interval():
    for found in (cohen_kappa([[10, 0], [0, 12]]), gwet_ac1([[10, 0], [0, 12]])):
        assert found.value == pytest.approx(1)
        assert math.isnan(found.low)
        assert "its error is 0" in found.method
    assert cohen_kappa([[10, 0], [0, 12]]).p_value < 0.001


def test_one_category_used_by_both_leaves_kappa_open():
    found = cohen_kappa([[9, 0], [0, 0]])
    assert math.isnan(found.value)
    assert "both raters used one category" in found.method
    assert gwet_ac1([[9, 0], [0, 0]]).value == pytest.approx(1)
    assert math.isnan(cohen_kappa([[9]]).value)


def test_chance_agreement_is_0():
    found = cohen_kappa([[4, 6], [6, 9]])
    assert found.value == pytest.approx(0)
    assert found.p_value == pytest.approx(1)


def test_one_subject_has_no_interval():
    assert math.isnan(gwet_ac1([[0, 1], [0, 0]]).low)


def test_ac1_stays_high_where_one_category_is_frequent():
    table = [[118, 5], [2, 0]]
    assert cohen_kappa(table).value < 0
    assert gwet_ac1(table).value > 0.9
    assert percent_agreement(table).value == pytest.approx(118 / 125)


def test_ratings_are_counted_in_the_order_of_their_categories():
    order = ["PD", "SD", "PR"]
    first = pd.Series(pd.Categorical(["SD", "PR", "SD"], categories=order))
    table = rating_table(first, ["SD", "PR", "PD"])
    assert table.index.tolist() == order
    assert table.to_numpy().tolist() == [[0, 0, 0], [1, 1, 0], [0, 0, 1]]
    assert rating_table([2, 10], [10, 2]).columns.tolist() == [2, 10]
    assert rating_table(["b"], ["a"], categories=["c", "b", "a"]).to_numpy()[1, 2] == 1
    assert cohen_kappa(table).value == pytest.approx((2 / 3 - 3 / 9) / (1 - 3 / 9))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cohen_kappa([[1, 2, 3], [1, 2, 3]]), "table is 'array of shape"),
        (lambda: cohen_kappa([[1, -2], [1, 2]]), "table is -2: legal is a square table of whole numbers"),
        (lambda: cohen_kappa([[1, 0.5], [1, 2]]), "table is 0.5"),
        (lambda: cohen_kappa([[0, 0], [0, 0]]), "table is 'a table without subjects'"),
        (lambda: cohen_kappa([["a", "b"], ["c", "d"]]), "table is 'not numeric'"),
        (lambda: cohen_kappa([[1, 0], [0, 1]], weights="cubic"), "weights is 'cubic': legal is one of unweighted"),
        (lambda: gwet_ac1([[5]]), "table is 'a table of one category'"),
        (lambda: percent_agreement([[1, np.nan], [1, 1]]), "table is nan"),
        (lambda: rating_table(["a"], ["a", "b"]), "second is 'array of 2'"),
        (lambda: rating_table([], []), "second is 'array of 0'"),
        (lambda: rating_table(["a", None], ["a", "b"]), "first is 'missing in some rows'"),
        (lambda: rating_table(["a", "b"], ["a", None]), "second is 'missing in some rows'"),
        (lambda: rating_table(["a", "d"], ["a", "b"], categories=["a", "b"]), "first is 'd': legal is one of a, b"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()
