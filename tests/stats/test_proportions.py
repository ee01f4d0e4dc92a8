from math import inf, isnan, log, nan

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from lentap.errors import StatisticsError
from lentap.stats.proportions import (
    DIFFERENCE_METHODS,
    PROPORTION_METHODS,
    RATIO_METHODS,
    fisher_exact,
    odds_ratio,
    proportion,
    risk_difference,
    risk_ratio,
)
from tests.stats.references import reference

PUBLISHED = reference("proportions")
R = reference("r_answers")


def rows(family):
    return [
        pytest.param(row, block, id=f"{block.get('method', family)}-{'-'.join(map(str, row[:4]))}")
        for block in PUBLISHED[family]
        for row in block["rows"]
    ]


@pytest.mark.parametrize("method", PROPORTION_METHODS)
@pytest.mark.parametrize("row", PUBLISHED["proportion"], ids=lambda row: f"{row['events']}-{row['n']}")
def test_proportion_agrees_with_newcombe_1998_and_fagerland_2015(row, method):
    estimate = proportion(row["events"], row["n"], method=method)
    assert [estimate.low, estimate.high] == pytest.approx(row[method], abs=0.5e-4)


@pytest.mark.parametrize("method", PROPORTION_METHODS)
@pytest.mark.parametrize("row", R["proportions"], ids=lambda row: f"{row['events']}-{row['n']}")
def test_proportion_agrees_with_r(row, method):
    estimate = proportion(row["events"], row["n"], method=method)
    assert estimate.value == row["events"] / row["n"]
    assert [estimate.low, estimate.high] == pytest.approx(row[method], abs=1e-9)


@pytest.mark.parametrize("method", PROPORTION_METHODS)
def test_proportion_at_90_percent_agrees_with_tern_and_r(method):
    row = PUBLISHED["proportion_90"]
    estimate = proportion(row["events"], row["n"], level=0.9, method=method)
    assert [estimate.low, estimate.high] == pytest.approx(row[method], abs=0.5e-7)


@pytest.mark.parametrize(("row", "block"), rows("risk_difference"))
def test_risk_difference_agrees_with_newcombe_1998_and_fagerland_2015(row, block):
    estimate = risk_difference(*row[:4], method=block["method"])
    assert [estimate.low, estimate.high] == pytest.approx(row[4:], abs=0.501 * 10 ** -block["digits"])


@pytest.mark.parametrize(("row", "block"), rows("risk_ratio"))
def test_risk_ratio_agrees_with_fagerland_and_newcombe_2013(row, block):
    estimate = risk_ratio(*row[:4], method=block["method"])
    assert [estimate.low, estimate.high] == pytest.approx(row[4:], abs=0.501 * 10 ** -block["digits"])


@pytest.mark.parametrize(("row", "block"), rows("odds_ratio"))
def test_odds_ratio_agrees_with_fagerland_and_newcombe_2013(row, block):
    estimate = odds_ratio(*row[:4])
    assert [estimate.low, estimate.high] == pytest.approx(row[4:], abs=0.501 * 10 ** -block["digits"])


def test_estimates_agree_with_fagerland_lydersen_and_laake_2017():
    counts = 7, 34, 1, 34
    assert risk_difference(*counts).value == pytest.approx(0.1765, abs=5e-5)
    assert risk_ratio(*counts).value == pytest.approx(7)
    assert odds_ratio(9, 13, 4, 14).value == pytest.approx(5.625)


def test_odds_ratio_is_within_one_step_of_the_grid_of_propcis():
    grid = PUBLISHED["odds_ratio_on_a_grid"]
    estimate = odds_ratio(*grid["counts"])
    assert grid["low"] <= estimate.low <= grid["low"] * grid["step"]
    assert grid["high"] / grid["step"] <= estimate.high <= grid["high"]


@pytest.mark.parametrize("row", [*PUBLISHED["fisher_exact"], *R["fisher"]], ids=lambda row: str(row["counts"]))
def test_fisher_exact_agrees_with_fagerland_2015_and_r(row):
    assert fisher_exact(*row["counts"]) == pytest.approx(row["p_value"], rel=1e-4)


def test_salvage_resection_counts_give_the_published_contrast():
    difference = risk_difference(42, 71, 13, 71)
    assert difference.value == pytest.approx(29 / 71)
    assert fisher_exact(42, 71, 13, 71) == pytest.approx(9.2e-07, rel=0.01)


@pytest.mark.parametrize(
    ("counts", "ratio", "low_is_zero", "high_is_infinite"),
    [
        ((0, 10, 0, 20), nan, True, True),
        ((10, 10, 0, 20), inf, False, True),
        ((5, 56, 0, 29), inf, False, True),
        ((0, 20, 10, 10), 0.0, True, False),
    ],
)
@pytest.mark.parametrize("function", [risk_ratio, odds_ratio])
def test_ratio_of_an_empty_cell_is_open_on_the_side_the_data_say_nothing_about(
    function, counts, ratio, low_is_zero, high_is_infinite
):
    estimate = function(*counts)
    assert estimate.value == ratio or (isnan(estimate.value) and isnan(ratio))
    assert (estimate.low == 0) is low_is_zero
    assert (estimate.high == inf) is high_is_infinite


def test_risk_ratio_of_two_full_cells_is_one_and_its_odds_ratio_not_estimable():
    ratio, odds = risk_ratio(10, 10, 20, 20), odds_ratio(10, 10, 20, 20)
    assert ratio.value == 1
    assert 0 < ratio.low < 1 < ratio.high < inf
    assert isnan(odds.value)
    assert (odds.low, odds.high) == (0, inf)


def score(counts, difference):
    """Squared Miettinen-Nurminen statistic, its restricted maximum likelihood found by numerical search."""
    events1, n1, events0, n0 = counts

    def deviance(p0):
        parts = ((events1, n1, p0 + difference), (events0, n0, p0))
        return -sum(x * log(max(p, 1e-300)) + (n - x) * log(max(1 - p, 1e-300)) for x, n, p in parts)

    low, high = max(0.0, -difference), min(1.0, 1 - difference)
    p0 = minimize_scalar(deviance, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x
    p1 = p0 + difference
    variance = (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0) * (n1 + n0) / (n1 + n0 - 1)
    return (events1 / n1 - events0 / n0 - difference) ** 2 / variance


@pytest.mark.parametrize("counts", [(56, 70, 48, 80), (0, 10, 0, 20), (10, 10, 0, 20), (5, 56, 0, 29), (1, 9, 8, 9)])
def test_miettinen_nurminen_limits_solve_the_score_equation_with_a_numerical_likelihood(counts):
    estimate = risk_difference(*counts, method="miettinen-nurminen")
    critical = norm.isf(0.025) ** 2
    for limit in (estimate.low, estimate.high):
        if abs(limit) < 1:
            assert score(counts, limit) == pytest.approx(critical, rel=1e-4)


counts = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
levels = st.floats(0.5, 0.999)


@given(counts, levels, st.sampled_from(PROPORTION_METHODS))
def test_interval_of_a_proportion_contains_it_and_mirrors_with_the_complement(cell, level, method):
    (events, n), estimate = cell, proportion(*cell, level=level, method=method)
    complement = proportion(n - events, n, level=level, method=method)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
    assert (estimate.low, estimate.high) == pytest.approx((1 - complement.high, 1 - complement.low), abs=1e-9)


@given(counts, counts, levels, st.sampled_from(DIFFERENCE_METHODS))
def test_swapping_the_arms_mirrors_the_risk_difference(first, second, level, method):
    one, other = (risk_difference(*a, *b, level=level, method=method) for a, b in ((first, second), (second, first)))
    assert -1 <= one.low <= one.value <= one.high <= 1
    assert (one.value, one.low, one.high) == pytest.approx((-other.value, -other.high, -other.low), abs=1e-9)


@given(counts, counts, levels, st.sampled_from([*RATIO_METHODS, "odds"]))
def test_swapping_the_arms_inverts_the_ratio(first, second, level, method):
    def ratio(a, b):
        return odds_ratio(*a, *b, level=level) if method == "odds" else risk_ratio(*a, *b, level=level, method=method)

    one, other = ratio(first, second), ratio(second, first)
    assert isnan(one.value) or one.low <= one.value <= one.high
    inverse = [0.0 if limit == inf else inf if limit == 0 else 1 / limit for limit in (other.high, other.low)]
    assert [one.low, one.high] == pytest.approx(inverse, rel=1e-6)


@given(counts, counts, levels)
def test_swapping_the_outcome_inverts_the_odds_ratio(first, second, level):
    one = odds_ratio(*first, *second, level=level)
    other = odds_ratio(first[1] - first[0], first[1], second[1] - second[0], second[1], level=level)
    inverse = [0.0 if limit == inf else inf if limit == 0 else 1 / limit for limit in (other.high, other.low)]
    assert [one.low, one.high] == pytest.approx(inverse, rel=1e-6)


@given(counts, counts)
def test_score_intervals_of_difference_and_ratio_exclude_no_effect_together(first, second):
    assume(first[0] and second[0])
    difference = risk_difference(*first, *second, method="miettinen-nurminen")
    ratio, odds = risk_ratio(*first, *second), odds_ratio(*first, *second)
    assume(min(abs(difference.low), abs(difference.high)) > 1e-6)
    assert (difference.low > 0) == (ratio.low > 1) == (odds.low > 1)
    assert (difference.high < 0) == (ratio.high < 1) == (odds.high < 1)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: proportion(5, 4), "events is 5: legal is a whole number from 0 to 4"),
        (lambda: proportion(-1, 4), "events is -1"),
        (lambda: proportion(0, 0), "n is 0: legal is a whole number of at least 1"),
        (lambda: proportion(1.5, 4), "events is 1.5"),
        (lambda: proportion(nan, 4), "events is nan"),
        (lambda: proportion(1, 4, method="wald"), "method is 'wald': legal is one of wilson, clopper-pearson"),
        (lambda: proportion(1, 4, level=95), "level is 95: legal is a number strictly between 0 and 1"),
        (lambda: risk_difference(1, 4, 5, 4), "events0 is 5"),
        (lambda: risk_difference(1, 4, 1, 0), "n0 is 0"),
        (lambda: risk_difference(1, 4, 1, 4, method="score"), "newcombe, miettinen-nurminen"),
        (lambda: risk_ratio(1, 4, 1, 4, method="katz"), "miettinen-nurminen, koopman"),
        (lambda: fisher_exact(1, inf, 1, 4), "n1 is inf"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(StatisticsError, match=words):
        call()
