import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines.statistics import logrank_test

from lentap.errors import StatisticsError
from lentap.stats.log_rank import ALTERNATIVES, MAX_COMBO_WEIGHTS, log_rank, max_combo
from lentap.stats.replicates import analyse_trials
from lentap.validation.datasets import lung
from tests.stats.subjects import columns_of, two_groups, with_early_censored

weights = st.sampled_from([(0, 0), (1, 0), (0, 1), (1, 1), (0.5, 2)])


def test_one_stratum_is_no_stratum():
    time, event, sex = lung()["time"], lung()["event"], lung()["sex"]
    stratified = log_rank(time, event, sex, strata=["all"] * len(time))
    assert stratified.statistic == pytest.approx(log_rank(time, event, sex).statistic)
    assert stratified.method == "stratified log-rank"


@pytest.mark.parametrize(("rho", "gamma"), [(1, 0), (0, 1), (0.5, 0.5)])
def test_weighted_tests_agree_with_lifelines(rho, gamma):
    men = lung()["sex"] == 1
    groups = [lung()[column][one] for column in ("time", "event") for one in (men, ~men)]
    theirs = logrank_test(*groups, weightings="fleming-harrington", p=rho, q=gamma)
    ours = log_rank(lung()["time"], lung()["event"], men, rho=rho, gamma=gamma)
    assert ours.statistic == pytest.approx(theirs.test_statistic, rel=1e-9)
    assert ours.method == f"G({rho:g}, {gamma:g}) weighted log-rank"


def test_many_trials_at_once_have_the_statistics_of_one():
    rng = np.random.default_rng(3)
    time = rng.integers(1, 20, (30, 40)).astype(float)
    event, treated = rng.random((30, 40)) < 0.7, rng.permuted(np.tile([0, 1], (30, 20)), axis=1)
    z = analyse_trials(time, event, treated, landmark=1, horizon=1).z
    found = [max_combo(*trial, weights=[(0, 0)]).statistic for trial in zip(time, event, treated, strict=True)]
    assert found == pytest.approx(z, abs=1e-10)


def test_groups_keep_their_categorical_order_and_unused_categories_are_left_out():
    group = pd.Categorical(["b", "a", "b", "a"], categories=["b", "nobody", "a"])
    assert log_rank([1, 2, 3, 4], [1, 1, 1, 1], group).observed == {"b": 2, "a": 2}


def test_log_rank_without_information_is_not_a_number():
    test = log_rank([1, 2, 3, 4], [0, 0, 0, 0], ["a", "a", "b", "b"])
    assert (test.df, test.observed) == (0, {"a": 0, "b": 0})
    assert np.isnan([test.statistic, test.p_value]).all()
    everyone_at_once = log_rank([1, 1, 1, 1], [1, 1, 1, 1], ["a", "a", "b", "b"])
    assert np.isnan(everyone_at_once.statistic)


def test_groups_that_never_meet_in_a_stratum_cost_degrees_of_freedom():
    time, event = [1, 2, 3, 4, 5, 6, 7, 8], [1] * 8
    apart = log_rank(time, event, list("ababcdcd"), strata=list("xxxxyyyy"))
    halves = [log_rank(time[:4], event[:4], list("abab")), log_rank(time[4:], event[4:], list("cdcd"))]
    assert apart.df == 2
    assert apart.statistic == pytest.approx(sum(half.statistic for half in halves))


def test_a_late_difference_is_best_seen_by_late_weights():
    time = np.concatenate([np.arange(1, 41), np.arange(1, 21), np.arange(61, 81)])
    treated = np.repeat([0, 1], 40)
    test = max_combo(time, np.ones(80), treated)
    assert test.chosen == (0.0, 1.0)
    assert test.statistic == test.z[0.0, 1.0] < 0


def test_alternatives_have_the_sides_of_the_two_sided_test():
    arm = lung()["sex"] == 2
    both, less, more = (max_combo(lung()["time"], lung()["event"], arm, alternative=one) for one in ALTERNATIVES)
    assert less.p_value == pytest.approx(both.p_value / 2, rel=1e-3)
    assert less.statistic == both.statistic == min(both.z.values())
    assert more.statistic == max(both.z.values())
    assert more.p_value > 0.9


def test_a_single_weight_is_that_test():
    arm = lung()["sex"] == 2
    for rho, gamma in MAX_COMBO_WEIGHTS:
        single = max_combo(lung()["time"], lung()["event"], arm, weights=[(rho, gamma)])
        test = log_rank(lung()["time"], lung()["event"], arm, rho=rho, gamma=gamma)
        assert single.p_value == pytest.approx(test.p_value, rel=1e-9)
        assert single.statistic**2 == pytest.approx(test.statistic)


def test_weights_without_information_drop_out_of_the_maximum():
    test = max_combo([1, 1, 2, 2], [1, 0, 0, 0], [1, 0, 1, 0])  # one event: nothing has happened before it
    assert np.isnan([test.z[0.0, 1.0], test.z[1.0, 1.0]]).all()
    assert test.p_value == pytest.approx(log_rank([1, 1, 2, 2], [1, 0, 0, 0], [1, 0, 1, 0]).p_value)


def test_max_combo_without_events_is_not_a_number_and_says_why():
    test = max_combo([1, 2, 3, 4], [0, 0, 0, 0], [1, 0, 1, 0], strata=["x"] * 4)
    assert np.isnan([test.statistic, test.p_value]).all()
    assert "not estimable" in test.method


@given(two_groups, weights, st.randoms(use_true_random=False))
def test_permuting_the_rows_changes_nothing(rows, weight, random):
    one, other = (
        log_rank(*columns_of(some), rho=weight[0], gamma=weight[1]) for some in (rows, random.sample(rows, len(rows)))
    )
    assert one.statistic == pytest.approx(other.statistic, nan_ok=True)


@given(two_groups, weights, st.floats(0.01, 100))
def test_scaling_time_changes_nothing(rows, weight, factor):
    time, event, group = columns_of(rows)
    one, other = (log_rank(times, event, group, rho=weight[0], gamma=weight[1]) for times in (time, factor * time))
    assert one.statistic == pytest.approx(other.statistic, nan_ok=True)


@given(two_groups, weights)
def test_swapping_the_groups_leaves_the_statistic_and_turns_the_excess(rows, weight):
    time, event, group = columns_of(rows)
    swapped = np.where(group == "A", "B", "A")
    one, other = (log_rank(time, event, arm, rho=weight[0], gamma=weight[1]) for arm in (group, swapped))
    assert one.statistic == pytest.approx(other.statistic, nan_ok=True)
    assert one.excess["A"] == pytest.approx(-one.excess["B"], abs=1e-9)
    assert one.excess["A"] == pytest.approx(other.excess["B"], abs=1e-9)


@given(two_groups, weights)
def test_subjects_censored_before_the_first_event_change_nothing(rows, weight):
    rho, gamma = weight
    one = log_rank(*columns_of(rows), rho=rho, gamma=gamma)
    more = log_rank(*with_early_censored(*columns_of(rows)), rho=rho, gamma=gamma)
    assert one.statistic == pytest.approx(more.statistic, nan_ok=True)


@settings(max_examples=15)
@given(two_groups)
def test_max_combo_lies_between_its_smallest_p_value_and_their_sum(rows):
    time, event, group = columns_of(rows)
    test = max_combo(time, event, group == "A")
    each = [log_rank(time, event, group, rho=rho, gamma=gamma).p_value for rho, gamma in MAX_COMBO_WEIGHTS]
    swapped = max_combo(time, event, group == "B")
    assert swapped.p_value == pytest.approx(test.p_value, nan_ok=True)
    if not np.isnan(test.p_value):
        assert np.nanmin(each) * (1 - 1e-5) <= test.p_value <= np.nansum(each) * (1 + 1e-5)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: log_rank([1.0, 2], [1, 1], ["a", "a"]), "group is \\['a'\\]: legal is two groups or more"),
        (lambda: log_rank([1.0, 2], [1, 1], ["a", None]), "group is 'missing in some rows'"),
        (lambda: log_rank([1.0, 2], [1, 1], ["a"]), "group is 'array of 1'"),
        (lambda: log_rank([1.0, 2], [1, 1], ["a", "b"], strata=["x"]), "strata is 'array of 1'"),
        (lambda: log_rank([1.0, 2], [1, 1], ["a", "b"], strata=["x", None]), "strata is 'missing in some rows'"),
        (lambda: log_rank([1.0, 2], [1, 1], ["a", "b"], rho=-1), "rho is -1: legal is a finite number of 0 or more"),
        (lambda: log_rank([1.0, 2], [1, 1], ["a", "b"], gamma=np.nan), "gamma is nan"),
        (lambda: max_combo([1.0, 2], [1, 1], [1, 1]), "treated is 'True in every row'"),
        (lambda: max_combo([1.0, 2], [1, 1], [0, 1], weights=[]), "weights is \\[\\]"),
        (lambda: max_combo([1.0, 2], [1, 1], [0, 1], weights=[(0, 0), (0, 0)]), "weights is .*each once"),
        (lambda: max_combo([1.0, 2], [1, 1], [0, 1], alternative="upper"), "alternative is 'upper': legal is one of"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(StatisticsError, match=words):
        call()
