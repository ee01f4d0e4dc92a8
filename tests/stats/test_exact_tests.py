from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import boschloo_exact as scipy_boschloo

from lentap.errors import ArgumentError
from lentap.stats.exact_tests import BOSCHLOO_RULES, boschloo_exact
from lentap.stats.proportions import fisher_exact

CELL = st.integers(1, 25).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(max_examples=30, deadline=None)
@given(CELL, CELL)
def test_ordered_by_fishers_p_value_boschloos_is_never_above_it(first, second):
    p_value = boschloo_exact(*first, *second, rule="least-likely")
    assert 0 < p_value <= fisher_exact(*first, *second) * (1 + 1e-6)


@settings(max_examples=20, deadline=None)
@given(CELL, CELL)
def test_doubled_boschloo_is_scipys_wherever_its_search_reaches_the_worst_case(first, second):
    (events1, n1), (events0, n0) = first, second
    found = boschloo_exact(*first, *second)
    theirs = scipy_boschloo([[events1, events0], [n1 - events1, n0 - events0]]).pvalue
    if events1 + events0 in (0, n1 + n0):
        assert found == 1  # not-a-number there
    else:
        assert found >= theirs * (1 - 1e-6)
        assert found == pytest.approx(theirs, rel=1e-3)


def test_the_worst_case_is_found_where_scipy_stops_short_of_it():
    theirs = scipy_boschloo([[0, 14], [18, 37]]).pvalue
    assert boschloo_exact(0, 18, 14, 51) > theirs * (1 + 1e-6)


@settings(max_examples=20, deadline=None)
@given(CELL, CELL, st.sampled_from(BOSCHLOO_RULES))
def test_boschloo_knows_neither_the_order_of_groups_nor_which_outcome_is_the_event(first, second, rule):
    p_value = boschloo_exact(*first, *second, rule=rule)
    assert boschloo_exact(*second, *first, rule=rule) == pytest.approx(p_value, rel=1e-6)
    other = [(n - events, n) for events, n in (first, second)]
    assert boschloo_exact(*other[0], *other[1], rule=rule) == pytest.approx(p_value, rel=1e-6)


@pytest.mark.parametrize("rule", BOSCHLOO_RULES)
@pytest.mark.parametrize("counts", [(0, 10, 0, 20), (10, 10, 20, 20), (0, 1, 0, 1)])
def test_where_all_or_none_had_the_event_nothing_speaks_against_equality(counts, rule):
    assert boschloo_exact(*counts, rule=rule) == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: boschloo_exact(5, 4, 1, 4), "events1 is 5: legal is a whole number from 0 to 4"),
        (lambda: boschloo_exact(1, 4, 1, 0), "n0 is 0"),
        (lambda: boschloo_exact(1, inf, 1, 4), "n1 is inf"),
        (
            lambda: boschloo_exact(1, 4, 1, 4, rule="minlike"),
            "rule is 'minlike': legal is one of doubled, least-likely",
        ),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()
