from math import ceil, isnan, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from lentap.errors import ArgumentError
from lentap.stats.event_driven import (
    detectable_hazard_ratio,
    event_probability,
    log_rank_power,
    required_events,
    survival_sample_size,
)
from lentap.stats.exact_power import rejected_tables
from lentap.stats.hazards import PiecewiseHazard, exponential
from lentap.stats.proportions import fisher_exact
from lentap.stats.sample_size import (
    POWER_METHODS,
    detectable_difference,
    proportions_power,
    proportions_sample_size,
)

PROPORTIONS = st.floats(0.05, 0.95)


@settings(max_examples=50, deadline=None)
@given(PROPORTIONS, PROPORTIONS, st.sampled_from(["pooled", "unpooled"]), st.sampled_from([0.5, 1.0, 3.0]))
def test_the_patients_that_a_power_asks_for_have_it(p1, p0, method, ratio):
    if abs(p1 - p0) < 0.02:
        return
    alternative = "greater" if p1 > p0 else "less"
    size = proportions_sample_size(p1, p0, power=0.9, alpha=0.025, alternative=alternative, ratio=ratio, method=method)
    assert size.n1 == pytest.approx(ratio * size.n0)
    n0 = ceil(size.n0)
    n1 = ceil(ratio * n0)
    enough = proportions_power(p1, p0, n1, n0, alpha=0.025, alternative=alternative, method=method)
    assert enough > 0.9 - 1e-9
    assert size.patients == ceil(size.n1) + ceil(size.n0)


@pytest.mark.parametrize("method", POWER_METHODS)
def test_exchanging_arms_or_outcomes_mirrors_the_power(method):
    found = proportions_power(0.5, 0.2, 30, 20, alpha=0.025, alternative="greater", method=method)
    arms = proportions_power(0.2, 0.5, 20, 30, alpha=0.025, alternative="less", method=method)
    outcomes = proportions_power(0.5, 0.8, 30, 20, alpha=0.025, alternative="less", method=method)
    assert arms == pytest.approx(found, rel=1e-12)
    assert outcomes == pytest.approx(found, rel=1e-12)


@pytest.mark.parametrize("method", POWER_METHODS)
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_power_takes_arrays_and_is_each_numbers(method, alternative):
    p1, p0 = np.array([0.0, 0.2, 0.5, 1.0]), np.array([[0.1], [0.5]])
    found = proportions_power(p1, p0, 12, 9, alternative=alternative, method=method)
    assert found.shape == (2, 4)
    assert ((found >= 0) & (found <= 1)).all()
    for row, column in np.ndindex(2, 4):
        one = proportions_power(p1[column], p0[row, 0], 12, 9, alternative=alternative, method=method)
        assert found[row, column] == pytest.approx(float(one), abs=1e-14)


def test_certain_outcomes_leave_no_chance():
    assert proportions_power(1, 0, 9, 9) == 1
    assert proportions_power(1, 1, 9, 9) == 0
    assert proportions_power(0, 0, 9, 9, method="unpooled") == 0


def test_fishers_test_rejects_the_tables_that_its_p_value_does():
    rejected = rejected_tables(9, 13, 0.05, "two-sided", "fisher")
    for events1, events0 in np.ndindex(10, 14):
        assert rejected[events1, events0] == (fisher_exact(events1, 9, events0, 13) <= 0.05)


def test_a_p_value_of_exactly_alpha_rejects():
    assert rejected_tables(3, 3, 0.05, "greater", "fisher")[3, 0]
    assert rejected_tables(3, 3, 0.1, "two-sided", "fisher")[3, 0]


def test_fishers_test_never_exceeds_its_level_and_the_score_test_may():
    p = np.linspace(0, 1, 101)
    assert proportions_power(p, p, 20, 15, method="fisher").max() <= 0.05
    assert 0.05 < proportions_power(p, p, 20, 15, method="miettinen-nurminen").max() < 0.07


def test_exact_power_is_the_sum_over_all_tables():
    rejected = rejected_tables(7, 5, 0.05, "two-sided", "miettinen-nurminen")
    weights = np.outer(binom.pmf(np.arange(8), 7, 0.9), binom.pmf(np.arange(6), 5, 0.1))
    power = proportions_power(0.9, 0.1, 7, 5, method="miettinen-nurminen")
    assert power == pytest.approx(weights[rejected].sum(), rel=1e-12)


@pytest.mark.parametrize("method", POWER_METHODS)
@pytest.mark.parametrize("alternative", ["greater", "less"])
def test_the_detectable_difference_has_the_power(method, alternative):
    found = detectable_difference(0.4, 30, 20, power=0.8, alpha=0.025, alternative=alternative, method=method)
    assert (found > 0) == (alternative == "greater")
    power = proportions_power(0.4 + found, 0.4, 30, 20, alpha=0.025, alternative=alternative, method=method)
    assert power == pytest.approx(0.8, abs=1e-9)


def test_three_patients_an_arm_detect_nothing():
    assert isnan(detectable_difference(0.9, 3, 3, method="fisher"))


@pytest.mark.parametrize(
    ("call", "change", "argument"),
    [
        (proportions_power, {"p1": 1.1}, "p1"),
        (proportions_power, {"p0": [0.1, np.nan]}, "p0"),
        (proportions_power, {"n1": 0}, "n1"),
        (proportions_power, {"n0": 2.5}, "n0"),
        (proportions_power, {"alpha": 0.5}, "alpha"),
        (proportions_power, {"alternative": "both"}, "alternative"),
        (proportions_power, {"method": "boschloo"}, "method"),
        (proportions_sample_size, {"p1": 0.2}, "p1"),
        (proportions_sample_size, {"p1": 1.0}, "p1"),
        (proportions_sample_size, {"p0": 0.0}, "p0"),
        (proportions_sample_size, {"alternative": "less"}, "p1"),
        (proportions_sample_size, {"power": 0.04}, "power"),
        (proportions_sample_size, {"power": 1.0}, "power"),
        (proportions_sample_size, {"alpha": 0.0}, "alpha"),
        (proportions_sample_size, {"ratio": 0.0}, "ratio"),
        (proportions_sample_size, {"method": "fisher"}, "method"),
        (detectable_difference, {"p0": 0.0}, "p0"),
        (detectable_difference, {"power": 0.01}, "power"),
        (detectable_difference, {"alternative": "two-sided"}, "alternative"),
    ],
)
def test_bad_input_is_refused_by_name(call, change, argument):
    good = {"p1": 0.4, "p0": 0.2, "n1": 10, "n0": 10}
    if call is proportions_sample_size:
        good = {"p1": 0.4, "p0": 0.2}
    if call is detectable_difference:
        good = {"p0": 0.2, "n1": 10, "n0": 10}
    with pytest.raises(ArgumentError, match=f"^{argument} is "):
        call(**(good | change))


@settings(max_examples=50, deadline=None)
@given(st.floats(0.3, 3.0), st.sampled_from([0.5, 1.0, 2.0]))
def test_the_events_that_a_power_asks_for_have_it(hazard_ratio, ratio):
    if abs(log(hazard_ratio)) < 0.02:
        return
    alternative = "less" if hazard_ratio < 1 else "greater"
    options = {"alpha": 0.025, "alternative": alternative, "ratio": ratio}
    events = required_events(hazard_ratio, power=0.85, **options)
    assert log_rank_power(hazard_ratio, events, **options) == pytest.approx(0.85, rel=1e-12)
    assert detectable_hazard_ratio(events, power=0.85, **options) == pytest.approx(hazard_ratio, rel=1e-12)
    mirror = {**options, "alternative": {"less": "greater", "greater": "less"}[alternative], "ratio": 1 / ratio}
    assert required_events(1 / hazard_ratio, power=0.85, **mirror) == pytest.approx(events, rel=1e-12)


def test_power_of_the_log_rank_test_takes_arrays():
    found = log_rank_power([[0.5], [1.0]], [20, 50, 100])
    assert found.shape == (2, 3)
    assert found[1] == pytest.approx(0.05)


def test_event_probability_without_accrual_or_dropout_is_one_minus_survival():
    hazard = PiecewiseHazard((0.1, 0.0, 0.02), (0.0, 5.0, 9.0))
    for follow_up in (3.0, 7.0, 20.0):
        found = event_probability(hazard, accrual=0, follow_up=follow_up)
        assert found == pytest.approx(1 - hazard.survival(follow_up), rel=1e-12)


def test_event_probability_with_all_follow_up_is_what_dropout_leaves():
    found = event_probability(exponential(10), accrual=12, follow_up=1e6, dropout=0.01)
    rate = log(2) / 10
    assert found == pytest.approx(rate / (rate + 0.01), rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.1, 50), st.floats(0, 50), st.floats(0, 0.2))
def test_splitting_a_hazard_into_equal_pieces_changes_no_probability(accrual, follow_up, dropout):
    whole, pieces = PiecewiseHazard((0.05,)), PiecewiseHazard((0.05, 0.05, 0.05), (0.0, 7.0, 31.0))
    one, other = (
        event_probability(hazard, accrual=accrual, follow_up=follow_up, dropout=dropout) for hazard in (whole, pieces)
    )
    assert one == pytest.approx(other, rel=1e-11)
    assert 0 < one < 1


def test_the_patients_of_a_survival_trial_yield_its_events():
    size = survival_sample_size(0.6, exponential(12), accrual=24, follow_up=18, ratio=2, power=0.9)
    assert size.n1 == pytest.approx(2 * size.n0)
    assert size.n1 * size.event_probability1 + size.n0 * size.event_probability0 == pytest.approx(size.events)
    assert size.patients == ceil(size.n1) + ceil(size.n0)


@pytest.mark.parametrize(
    ("call", "inputs", "argument"),
    [
        (required_events, {"hazard_ratio": 1.0}, "hazard_ratio"),
        (required_events, {"hazard_ratio": 0.0}, "hazard_ratio"),
        (required_events, {"hazard_ratio": 0.6, "alternative": "greater"}, "hazard_ratio"),
        (required_events, {"hazard_ratio": 0.6, "power": 0.05}, "power"),
        (required_events, {"hazard_ratio": 0.6, "alpha": 0.6}, "alpha"),
        (required_events, {"hazard_ratio": 0.6, "ratio": -1}, "ratio"),
        (log_rank_power, {"hazard_ratio": [0.5, -1], "events": 10}, "hazard_ratio"),
        (log_rank_power, {"hazard_ratio": 0.5, "events": 0}, "events"),
        (log_rank_power, {"hazard_ratio": 0.5, "events": 10, "alternative": "no"}, "alternative"),
        (detectable_hazard_ratio, {"events": 0}, "events"),
        (event_probability, {"hazard": exponential(1), "accrual": -1, "follow_up": 1}, "accrual"),
        (event_probability, {"hazard": exponential(1), "accrual": 0, "follow_up": 0}, "accrual . follow_up"),
        (event_probability, {"hazard": exponential(1), "accrual": 1, "follow_up": np.inf}, "follow_up"),
        (event_probability, {"hazard": exponential(1), "accrual": 1, "follow_up": 1, "dropout": -1}, "dropout"),
    ],
)
def test_bad_input_of_event_driven_designs_is_refused_by_name(call, inputs, argument):
    with pytest.raises(ArgumentError, match=f"^{argument} is "):
        call(**inputs)
