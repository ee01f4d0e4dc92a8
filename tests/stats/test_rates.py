from math import inf, isnan, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lentap.errors import ArgumentError
from lentap.stats.rates import (
    RATE_DIFFERENCE_METHODS,
    RATE_METHODS,
    RATE_RATIO_METHODS,
    rate,
    rate_difference,
    rate_ratio,
    rate_test,
)

EVENTS = st.integers(0, 200)
TIME = st.floats(0.1, 1e4)


@pytest.mark.parametrize("method", RATE_METHODS)
def test_no_events_bound_the_rate_from_above_only(method):
    found = rate(0, 50, method=method)
    assert (found.value, found.low) == (0, 0)
    assert 0.04 < found.high < 0.1


def test_exact_limits_leave_half_of_the_error_on_either_side():
    found = rate(7, 3, level=0.9)
    assert stats.poisson.sf(6, found.low * 3) == pytest.approx(0.05)
    assert stats.poisson.cdf(7, found.high * 3) == pytest.approx(0.05)


@settings(max_examples=60)
@given(EVENTS, TIME, st.sampled_from(RATE_METHODS))
def test_a_rate_lies_in_its_interval_and_scales_with_the_unit_of_time(events, time, method):
    found, doubled = rate(events, time, method=method), rate(events, 2 * time, method=method)
    assert 0 <= found.low <= found.value <= found.high
    for part in ("value", "low", "high"):
        assert getattr(doubled, part) == pytest.approx(getattr(found, part) / 2)


@settings(max_examples=60)
@given(EVENTS, TIME, EVENTS, TIME, st.sampled_from(RATE_DIFFERENCE_METHODS))
def test_exchanging_the_groups_mirrors_the_difference(events1, time1, events0, time0, method):
    found = rate_difference(events1, time1, events0, time0, method=method)
    mirrored = rate_difference(events0, time0, events1, time1, method=method)
    if events1 + events0 or method != "wald":
        assert found.low <= found.value <= found.high
        size = max(abs(found.low), abs(found.high))
        assert mirrored.value == pytest.approx(-found.value)
        assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low), abs=1e-9 * size)


@settings(max_examples=60)
@given(EVENTS, TIME, EVENTS, TIME, st.sampled_from(RATE_RATIO_METHODS))
def test_exchanging_the_groups_inverts_the_ratio(events1, time1, events0, time0, method):
    found = rate_ratio(events1, time1, events0, time0, method=method)
    inverted = rate_ratio(events0, time0, events1, time1, method=method)
    if events1 and events0:
        assert found.low <= found.value <= found.high
        assert (inverted.value, inverted.low, inverted.high) == pytest.approx(
            (1 / found.value, 1 / found.high, 1 / found.low)
        )
    assert rate_test(events1, time1, events0, time0) == pytest.approx(rate_test(events0, time0, events1, time1))


def test_score_intervals_of_difference_and_ratio_exclude_no_effect_together():
    for events in range(20, 45):
        difference, ratio = rate_difference(events, 10, 20, 10), rate_ratio(events, 10, 20, 10)
        assert (difference.low > 0) == (ratio.low > 1)


def test_a_group_without_events_has_a_ratio_of_0_or_without_bound():
    for method in RATE_RATIO_METHODS:
        none, others = rate_ratio(0, 10, 4, 10, method=method), rate_ratio(4, 10, 0, 10, method=method)
        assert (none.value, none.low) == (0, 0)
        assert (others.value, others.high) == (inf, inf)
        assert (none.high == inf) == (others.low == 0) == (method == "wald-log")


def test_no_events_at_all_leave_the_ratio_open_and_bound_the_difference():
    for method in RATE_RATIO_METHODS:
        found = rate_ratio(0, 10, 0, 10, method=method)
        assert isnan(found.value)
        assert (found.low, found.high) == (0, inf)
        assert "not estimable: no events" in found.method
    score, wald = (rate_difference(0, 10, 0, 20, method=method) for method in RATE_DIFFERENCE_METHODS)
    assert score.value == wald.value == 0
    assert (score.low, score.high) == pytest.approx((-3.841459 / 20, 3.841459 / 10))
    assert isnan(wald.low)
    assert "not estimable" in wald.method
    assert rate_test(0, 10, 0, 20) == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: rate(-1, 10), "events is -1: legal is a whole number of 0 or more"),
        (lambda: rate(1.5, 10), "events is 1.5"),
        (lambda: rate(nan, 10), "events is nan"),
        (lambda: rate(1, 0), "person_time is 0: legal is a finite number above 0"),
        (lambda: rate(1, inf), "person_time is inf"),
        (lambda: rate(1, 10, method="wald"), "method is 'wald': legal is one of garwood, byar, score"),
        (lambda: rate(1, 10, level=1), "level is 1"),
        (lambda: rate_difference(1, 10, -2, 10), "events0 is -2"),
        (lambda: rate_difference(1, 10, 2, 10, method="exact"), "method is 'exact'"),
        (lambda: rate_ratio(1, -10, 2, 10), "time1 is -10"),
        (lambda: rate_ratio(1, 10, 2, 10, method="wald"), "method is 'wald'"),
        (lambda: rate_test(1, 10, 2, nan), "time0 is nan"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()
