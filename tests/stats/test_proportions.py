from math import comb, inf, isnan, log, nan

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import betainc
from scipy.stats import binom, norm

from lentap.errors import ArgumentError
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

EXTREME = [(0, 10, 0, 20), (10, 10, 0, 20), (10, 10, 20, 20), (5, 56, 0, 29), (0, 1, 1, 1), (1, 1, 1, 1), (0, 1, 0, 1)]


def test_odds_ratio_is_within_one_step_of_the_grid_of_propcis():
    """R's PropCIs::orscoreci walks outwards by factors of 1.001 and reports the first ratio beyond the limit."""
    estimate = odds_ratio(7, 34, 1, 34)
    assert 1.246309 <= estimate.low <= 1.246309 * 1.001
    assert 56.48613 / 1.001 <= estimate.high <= 56.48613


@pytest.mark.parametrize(("events1", "events0", "n"), [(3, 7, 10), (300, 350, 1000), (1, 4, 5)])
def test_fisher_exact_counts_tables_that_are_as_likely_whatever_their_rounding(events1, events0, n):
    """With groups of equal size the other tail is the mirror of the one seen; tables counted in integers."""
    tail = sum(comb(n, k) * comb(n, events1 + events0 - k) for k in range(events1 + 1))
    assert fisher_exact(events1, n, events0, n) == pytest.approx(2 * tail / comb(2 * n, events1 + events0), rel=1e-9)


@pytest.mark.parametrize("method", PROPORTION_METHODS)
@pytest.mark.parametrize("cell", [(0, 20), (20, 20), (0, 1), (1, 1), (0, 10**6), (10**6, 10**6)])
def test_interval_of_an_empty_or_full_cell_ends_at_zero_or_one(cell, method):
    estimate = proportion(*cell, method=method)
    assert (estimate.low == 0) if cell[0] == 0 else (estimate.high == 1)
    assert ("no width" in estimate.method) is (method == "wald")
    assert (0 < estimate.high - estimate.low < 1) or method == "wald"


@pytest.mark.parametrize("method", DIFFERENCE_METHODS)
@pytest.mark.parametrize("counts", EXTREME)
def test_risk_difference_is_defined_for_empty_and_full_cells(counts, method):
    estimate = risk_difference(*counts, method=method)
    assert -1 <= estimate.low <= estimate.value <= estimate.high <= 1
    if method in ("newcombe", "miettinen-nurminen"):
        assert estimate.low < estimate.high
    assert ("no width" in estimate.method) is (estimate.low == estimate.high)


@pytest.mark.parametrize(("events", "n", "level"), [(81, 263, 0.95), (1, 29, 0.8), (10, 20, 0.99), (7, 9, 0.5)])
def test_mid_p_limits_solve_their_tail_equations(events, n, level):
    estimate = proportion(events, n, level=level, method="mid-p")
    tail = (1 - level) / 2
    half = binom.pmf(events, n, [estimate.low, estimate.high]) / 2
    assert binom.sf(events, n, estimate.low) + half[0] == pytest.approx(tail, rel=1e-9)
    assert binom.cdf(events - 1, n, estimate.high) + half[1] == pytest.approx(tail, rel=1e-9)


@pytest.mark.parametrize("method", ["wilson", "wilson-continuity", "clopper-pearson", "blaker"])
@pytest.mark.parametrize("cell", [(1, 200), (5, 10), (3, 7), (199, 200), (1, 2)])
def test_intervals_of_the_lowest_level_still_hold_the_proportion(cell, method):
    estimate = proportion(*cell, level=0.001, method=method)
    assert estimate.low <= estimate.value <= estimate.high


def acceptability(events, n, p):
    """Blaker's (2000), from the tails of the binomial distribution."""
    above, below = betainc(events, n - events + 1, p) if events else 1.0, binom.cdf(events, n, p)
    tail = min(above, below)
    others = range(events) if above < below else range(events + 1, n + 1)
    reached = [binom.cdf(k, n, p) if above < below else binom.sf(k - 1, n, p) for k in others]
    return tail + max([other for other in reached if other <= tail], default=0.0)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999))
def test_blaker_accepts_its_limits_and_no_rate_beyond(cell, level):
    estimate = proportion(*cell, level=level, method="blaker")
    exact = proportion(*cell, level=level, method="clopper-pearson")
    assert exact.low - 1e-12 <= estimate.low <= estimate.high <= exact.high + 1e-12
    for limit, side in ((estimate.low, -1), (estimate.high, 1)):
        if 0 < limit < 1:
            assert acceptability(*cell, limit - side * 1e-9) >= (1 - level) * (1 - 1e-6)
        for step in (1e-7, 1e-4, 1e-2):
            beyond = limit + side * step
            if 0 < beyond < 1:
                assert acceptability(*cell, beyond) < 1 - level


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


@pytest.mark.parametrize("counts", [(5, 10**6, 20, 10**6), (0, 10, 0, 10**6), (10**6, 10**6, 3, 3)])
def test_miettinen_nurminen_holds_for_a_million_patients_and_rare_events(counts):
    events1, n1, events0, n0 = counts
    estimate = risk_difference(*counts, method="miettinen-nurminen")
    mirrored = risk_difference(n0 - events0, n0, n1 - events1, n1, method="miettinen-nurminen")
    assert (estimate.low, estimate.high) == pytest.approx((mirrored.low, mirrored.high), rel=1e-6, abs=1e-15)
    if events1 and events0 < n0:  # by then the score of two Poisson rates (Miettinen and Nurminen 1985)
        spread = 1.96 * ((events1 / n1**2 + events0 / n0**2) ** 0.5)
        assert estimate.high - estimate.low == pytest.approx(2 * spread, rel=0.2)


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
    assert -1 <= one.low <= one.high <= 1
    assert one.low <= one.value <= one.high or (method == "agresti-caffo" and level < 0.95)
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
        (lambda: proportion(1, 4, method="exact"), "method is 'exact': legal is one of wilson, wilson-continuity"),
        (lambda: proportion(1, inf), "n is inf"),
        (lambda: proportion(1, 4, level=95), "level is 95: legal is a number strictly between 0 and 1"),
        (lambda: risk_difference(1, 4, 5, 4), "events0 is 5"),
        (lambda: risk_difference(1, 4, 1, 0), "n0 is 0"),
        (lambda: risk_difference(1, 4, 1, 4, method="score"), "newcombe, miettinen-nurminen"),
        (lambda: risk_ratio(1, 4, 1, 4, method="katz"), "miettinen-nurminen, koopman"),
        (lambda: fisher_exact(1, inf, 1, 4), "n1 is inf"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()
