import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lentap.errors import StatisticsError
from lentap.stats.landmark_rates import LANDMARK_TESTS, compare_landmark_rates
from lentap.stats.proportions import risk_difference
from lentap.stats.replicates import analyse_trials
from tests.stats.subjects import columns_of, contains_estimate, fields, two_groups


def test_without_censoring_the_difference_is_that_of_proportions():
    time, treated = np.r_[1:11, 1:21].astype(float), np.repeat([1, 0], [10, 20])
    found = compare_landmark_rates(time, np.ones(30), treated, landmark=5)
    proportions = risk_difference(5, 10, 15, 20, method="wald")
    assert fields(found.difference) == pytest.approx(fields(proportions))
    assert found.ratio.value == pytest.approx(0.5 / 0.75)


def test_many_trials_at_once_have_the_difference_of_one():
    rng = np.random.default_rng(4)
    time = rng.integers(1, 20, (30, 40)).astype(float)
    event, treated = rng.random((30, 40)) < 0.7, rng.permuted(np.tile([0, 1], (30, 20)), axis=1)
    together = analyse_trials(time, event, treated, landmark=8, horizon=1)
    found = [compare_landmark_rates(*trial, landmark=8) for trial in zip(time, event, treated, strict=True)]
    assert [one.difference.value for one in found] == pytest.approx(together.survival_difference, abs=1e-10)
    error = np.sqrt(together.survival_variance.sum(axis=1))
    assert [one.difference.error for one in found] == pytest.approx(error, abs=1e-10)


def test_the_plain_test_is_that_of_the_difference_and_the_log_test_that_of_the_ratio():
    data = [1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 0, 1, 1, 0, 1, 1], [1, 0, 1, 0, 1, 0, 1, 0]
    plain, log = (compare_landmark_rates(*data, landmark=4, test=test) for test in ("plain", "log"))
    assert plain.p_value == pytest.approx(plain.difference.p_value)
    assert log.p_value == pytest.approx(log.ratio.p_value)


def test_beyond_the_follow_up_of_an_arm_nothing_is_known():
    found = compare_landmark_rates([1, 2, 9, 9], [1, 0, 1, 0], [1, 1, 0, 0], landmark=5)
    assert np.isnan([found.treated.value, *fields(found.difference), *fields(found.ratio), found.p_value]).all()
    assert found.control.value == 1
    assert "not estimable" in found.difference.method


def test_an_arm_without_an_event_by_the_landmark_is_not_known_exactly():
    found = compare_landmark_rates([1, 2, 3, 4, 5, 6], [1, 1, 0, 0, 1, 0], [0, 0, 0, 1, 1, 1], landmark=3)
    assert found.difference.value == pytest.approx(2 / 3)
    assert np.isnan([found.difference.low, found.difference.p_value, found.ratio.low]).all()


def test_arms_without_events_and_arms_that_all_died_have_no_interval_of_the_difference():
    quiet = compare_landmark_rates([5, 6, 7, 8], [0, 1, 1, 0], [1, 1, 0, 0], landmark=3)
    assert (quiet.difference.value, quiet.ratio.value) == (0, 1)
    assert np.isnan([quiet.difference.low, quiet.difference.p_value, quiet.ratio.low, quiet.p_value]).all()
    dead = compare_landmark_rates([1, 2, 3, 8], [1, 1, 1, 0], [0, 0, 1, 1], landmark=5)
    assert dead.difference.value == 0.5
    assert np.isnan([dead.ratio.value, dead.difference.low, dead.p_value]).all()


@given(two_groups, st.integers(1, 12), st.sampled_from(LANDMARK_TESTS))
def test_swapping_the_arms_mirrors_the_comparison(rows, landmark, test):
    time, event, group = columns_of(rows)
    one, other = (compare_landmark_rates(time, event, group == arm, landmark=landmark, test=test) for arm in "AB")
    assert fields(one.difference) == pytest.approx(
        [-value for value in (other.difference.value, other.difference.high, other.difference.low)], nan_ok=True
    )
    if other.ratio.value > 0:
        inverse = [1 / value for value in (other.ratio.value, other.ratio.high, other.ratio.low)]
        assert fields(one.ratio)[1:] == pytest.approx(inverse[1:], nan_ok=True)
    assert one.p_value == pytest.approx(other.p_value, nan_ok=True)
    assert contains_estimate(one.difference)
    assert contains_estimate(one.ratio)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"landmark": -1}, "landmark is -1"),
        ({"landmark": 2, "test": "cloglog"}, "test is 'cloglog': legal is one of log-log, plain"),
        ({"landmark": 2, "interval": "x"}, "interval is 'x'"),
        ({"landmark": 2, "level": 0}, "level is 0"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(options, words):
    with pytest.raises(StatisticsError, match=words):
        compare_landmark_rates([1.0, 2, 3, 4], [1, 1, 1, 1], [0, 1, 0, 1], **options)


def test_an_empty_arm_is_refused():
    with pytest.raises(StatisticsError, match="treated is 'False in every row'"):
        compare_landmark_rates([1.0, 2], [1, 1], [0, 0], landmark=1)
