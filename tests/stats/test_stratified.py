from math import inf, isnan, nan

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats.contingency import odds_ratio as scipy_odds_ratio

from lentap.errors import ArgumentError
from lentap.stats.exact_strata import exact_odds_ratio
from lentap.stats.proportions import fisher_exact, risk_difference
from lentap.stats.stratified import (
    HOMOGENEITY_METHODS,
    cochran_mantel_haenszel,
    mantel_haenszel_odds_ratio,
    odds_ratio_homogeneity,
)
from lentap.stats.stratified_differences import STRATIFIED_DIFFERENCE_METHODS, stratified_risk_difference

MIGRAINE = ([16, 12], [27, 28], [5, 7], [25, 26])  # SAS/STAT, PROC FREQ: women and men
EXTREME = [(0, 10, 0, 20), (10, 10, 0, 20), (10, 10, 20, 20), (5, 56, 0, 29), (1, 1, 0, 1), (0, 1, 0, 1)]
CELL = st.integers(1, 30).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
STRATA = st.lists(st.tuples(CELL, CELL), min_size=1, max_size=4).map(
    lambda rows: tuple(list(column) for column in zip(*[(*first, *second) for first, second in rows], strict=True))
)
ESTIMATORS = [
    cochran_mantel_haenszel,
    mantel_haenszel_odds_ratio,
    exact_odds_ratio,
    odds_ratio_homogeneity,
    stratified_risk_difference,
]


def one(counts):
    return [[count] for count in counts]


def swapped(data):
    return data[2], data[3], data[0], data[1]


@pytest.mark.parametrize("counts", EXTREME)
@pytest.mark.parametrize("method", ["newcombe", "miettinen-nurminen"])
def test_one_stratum_has_the_interval_of_a_single_table(counts, method):
    found, single = stratified_risk_difference(*one(counts), method=method), risk_difference(*counts, method=method)
    assert (found.value, found.low, found.high) == pytest.approx((single.value, single.low, single.high), abs=1e-12)


@pytest.mark.parametrize("method", STRATIFIED_DIFFERENCE_METHODS)
@pytest.mark.parametrize("data", [([0, 0], [5, 9], [0, 0], [7, 8]), ([5, 0], [5, 9], [0, 8], [7, 8])])
def test_a_stratified_difference_is_defined_where_all_cells_are_empty_or_full(data, method):
    found = stratified_risk_difference(*data, method=method)
    assert -1 <= found.low <= found.value <= found.high <= 1
    if method in ("newcombe", "miettinen-nurminen"):
        assert found.low < found.high
    assert ("no width" in found.method) is (found.low == found.high)


@settings(max_examples=40, deadline=None)
@given(STRATA, st.floats(0.5, 0.999), st.sampled_from(STRATIFIED_DIFFERENCE_METHODS))
def test_swapping_the_arms_mirrors_the_stratified_difference(data, level, method):
    found = stratified_risk_difference(*data, level=level, method=method)
    other = stratified_risk_difference(*swapped(data), level=level, method=method)
    assert -1 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1
    assert (found.value, found.low, found.high) == pytest.approx((-other.value, -other.high, -other.low), abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(STRATA)
def test_the_stratified_score_interval_excludes_zero_where_the_mantel_haenszel_test_rejects(data):
    test = cochran_mantel_haenszel(*data)
    assume(not isnan(test.p_value) and abs(test.p_value - 0.05) > 1e-6)
    found = stratified_risk_difference(*data)
    assert (found.low > 0 or found.high < 0) == (test.p_value < 0.05)


@settings(max_examples=40, deadline=None)
@given(STRATA, st.randoms())
def test_neither_the_order_of_strata_nor_a_stratum_with_one_group_changes_anything(data, random):
    order = list(range(len(data[0])))
    random.shuffle(order)
    longer = [[column[i] for i in order] + [extra] for column, extra in zip(data, (3, 7, 0, 0), strict=True)]
    for estimator in ESTIMATORS:
        found, other = estimator(*data), estimator(*longer)
        for part in ("value", "low", "high", "statistic", "df", "p_value"):
            if hasattr(found, part):
                assert getattr(other, part) == pytest.approx(getattr(found, part), rel=1e-8, abs=1e-10, nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(STRATA, st.sampled_from([mantel_haenszel_odds_ratio, exact_odds_ratio]))
def test_swapping_the_arms_inverts_a_common_odds_ratio(data, estimator):
    found, other = estimator(*data), estimator(*swapped(data))
    assert isnan(found.value) or found.low <= found.value <= found.high
    inverse = [
        nan if isnan(v) else 0.0 if v == inf else inf if v == 0 else 1 / v for v in (other.value, other.high, other.low)
    ]
    assert [found.value, found.low, found.high] == pytest.approx(inverse, rel=1e-8, nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(STRATA)
def test_swapping_arms_or_outcomes_leaves_the_tests_as_they_are(data):
    spared = [np.subtract(data[1], data[0]).tolist(), data[1], np.subtract(data[3], data[2]).tolist(), data[3]]
    for other in (swapped(data), spared):
        for correction in (False, True):
            found = cochran_mantel_haenszel(*data, continuity_correction=correction)
            assert cochran_mantel_haenszel(*other, continuity_correction=correction).statistic == pytest.approx(
                found.statistic, abs=1e-9, nan_ok=True
            )
        for method in HOMOGENEITY_METHODS:
            found = odds_ratio_homogeneity(*data, method=method)
            assert odds_ratio_homogeneity(*other, method=method).statistic == pytest.approx(
                found.statistic, rel=1e-6, abs=1e-7, nan_ok=True
            )


@settings(max_examples=40, deadline=None)
@given(CELL, CELL)
def test_the_exact_test_of_one_stratum_is_fishers(first, second):
    found = exact_odds_ratio(*one((*first, *second)))
    assert found.p_value == pytest.approx(fisher_exact(*first, *second), rel=1e-9)


def test_the_exact_interval_of_one_stratum_is_scipys():
    found, scipys = exact_odds_ratio([9], [13], [4], [14], level=0.9), scipy_odds_ratio(np.array([[9, 4], [4, 10]]))
    interval = scipys.confidence_interval(0.9)
    assert (found.value, found.low, found.high) == pytest.approx((scipys.statistic, *interval), rel=1e-6)


def test_an_exact_odds_ratio_is_bounded_by_large_tables_too():
    found = exact_odds_ratio([900, 850], [1000, 1000], [0, 0], [1000, 1000])
    assert found.value == found.high == inf
    assert 1000 < found.low < inf
    assert found.p_value < 1e-300


@pytest.mark.parametrize(
    ("data", "value"),
    [(one((0, 10, 0, 20)), nan), (one((10, 10, 0, 20)), inf), (one((0, 10, 5, 20)), 0.0), (one((10, 10, 20, 20)), nan)],
)
def test_a_common_odds_ratio_without_discordance_is_unbounded_and_says_so(data, value):
    found, exact = mantel_haenszel_odds_ratio(*data), exact_odds_ratio(*data)
    assert [found.value, exact.value] == pytest.approx([value, value], nan_ok=True)
    assert (found.low, found.high) == (0, inf)
    assert "unbounded" in found.method
    assert (exact.low == 0) is (value != inf)
    assert (exact.high == inf) is (value != 0)


def test_tests_that_the_data_cannot_answer_are_not_a_number_and_say_so():
    nobody = cochran_mantel_haenszel([0, 0], [5, 9], [0, 0], [7, 8])
    assert isnan(nobody.statistic)
    assert "not estimable" in nobody.method
    for method in HOMOGENEITY_METHODS:
        single = odds_ratio_homogeneity([3, 0], [5, 9], [1, 0], [7, 8], method=method)
        assert isnan(single.p_value)
        assert single.df == 0
    infinite = odds_ratio_homogeneity([5, 9], [5, 9], [1, 2], [7, 8], method="breslow-day")
    assert isnan(infinite.p_value)
    assert "not estimable" in infinite.method
    assert not isnan(odds_ratio_homogeneity([5, 9], [5, 9], [1, 2], [7, 8], method="woolf").p_value)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"events1": [28, 12]}, r"events1 is 28: legal is a whole number from 0 to n1 \(27\) in each stratum"),
        ({"events0": [1.5, 7]}, "events0 is 1.5: legal is one or more whole numbers of 0 or more"),
        ({"events0": [-1, 7]}, "events0 is -1"),
        ({"n1": [27, inf]}, "n1 is inf"),
        ({"n0": [25]}, r"n0 is 'array of 1': legal is as long as events1 \(2\)"),
        ({"events1": []}, "events1 is"),
        ({"events1": ["a", "b"]}, "events1 is 'not numeric'"),
        ({"events1": [0, 0], "n1": [0, 0]}, "at least one stratum with patients of both groups"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(estimator, change, words):
    with pytest.raises(ArgumentError, match=words):
        estimator(**{**dict(zip(("events1", "n1", "events0", "n0"), MIGRAINE, strict=True)), **change})


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: odds_ratio_homogeneity(*MIGRAINE, method="zelen"), "method is 'zelen': legal is one of tarone"),
        (lambda: stratified_risk_difference(*MIGRAINE, method="wald"), "legal is one of miettinen-nurminen, newcombe"),
        (lambda: stratified_risk_difference(*MIGRAINE, level=1.0), "level is 1"),
        (lambda: mantel_haenszel_odds_ratio(*MIGRAINE, level=0), "level is 0"),
        (lambda: exact_odds_ratio(*MIGRAINE, level=95), "level is 95"),
    ],
)
def test_unknown_methods_and_levels_are_refused(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()
