import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError, ConvergenceError
from lentap.stats import replicates
from lentap.stats.hazards import PiecewiseHazard, exponential
from lentap.stats.kaplan_meier import kaplan_meier
from lentap.stats.log_rank import log_rank
from lentap.stats.replicates import analyse_trials
from lentap.stats.restricted_mean import compare_restricted_means, restricted_mean
from lentap.stats.survival import cox_hazard_ratio
from lentap.stats.trial_draws import draw_trials

NUMBERS = ("z", "log_hazard_ratio", "log_hazard_ratio_error", "survival", "survival_variance")
LANDMARK, HORIZON = 12.0, 18.0


@pytest.fixture(scope="module")
def trials():
    """200 trials of unequal arms, half of them with times rounded to whole months, some with an arm without events."""
    drawn = draw_trials(
        np.random.default_rng(20),
        200,
        n1=40,
        n0=25,
        hazard1=PiecewiseHazard((0.08, 0.03), (0.0, 4.0)),
        hazard0=exponential(12),
        accrual=12,
        follow_up=12,
        dropout=0.01,
    )
    time, event = drawn.time.copy(), drawn.event.copy()
    time[:100] = np.ceil(time[:100])
    event[95:105] &= drawn.treated[95:105]
    event[105:110] &= ~drawn.treated[105:110]
    event[110] = False
    return time, event, drawn.treated


@pytest.fixture(scope="module")
def analyses(trials):
    return analyse_trials(*trials, landmark=LANDMARK, horizon=HORIZON)


def test_log_rank_and_cox_agree_with_the_functions_for_one_trial(trials, analyses):
    for row, (time, event, treated) in enumerate(zip(*trials, strict=True)):
        test, ratio = log_rank(time, event, treated), cox_hazard_ratio(time, event, treated)
        error = (np.log(ratio.high) - np.log(ratio.low)) / 2 / 1.959963984540054
        assert analyses.z[row] ** 2 == pytest.approx(test.statistic, rel=1e-10, nan_ok=True)
        assert analyses.log_rank_p[row] == pytest.approx(test.p_value, rel=1e-10, nan_ok=True)
        assert analyses.hazard_ratio[row] == pytest.approx(ratio.value, rel=1e-10, nan_ok=True)
        assert analyses.log_hazard_ratio_error[row] == pytest.approx(error, rel=1e-10, nan_ok=True)
        more = event[treated].sum() - test.expected["True"]
        assert np.isnan(analyses.z[row]) or np.sign(analyses.z[row]) == np.sign(more)


def test_survival_at_the_landmark_agrees_with_the_function_for_one_trial(trials, analyses):
    for row, (time, event, treated) in enumerate(zip(*trials, strict=True)):
        for arm in (0, 1):
            mine = treated == arm
            curve = kaplan_meier(time[mine], event[mine], interval="plain")
            estimate = curve.estimate_at(LANDMARK)
            assert analyses.survival[row, arm] == pytest.approx(estimate.value, abs=1e-10, nan_ok=True)
            assert analyses.events[row, arm] == event[mine].sum()
            half = 1.959963984540054 * np.sqrt(analyses.survival_variance[row, arm])
            if estimate.low > 0 and estimate.high < 1:
                assert estimate.high - estimate.value == pytest.approx(half, abs=1e-10)


def test_restricted_means_agree_with_the_function_for_one_trial_which_refuses_what_is_not_a_number_here(
    trials, analyses
):
    for row, (time, event, treated) in enumerate(zip(*trials, strict=True)):
        for arm in (0, 1):
            mine, mean = treated == arm, analyses.restricted_mean[row, arm]
            if np.isnan(mean):
                assert np.isnan(analyses.restricted_mean_variance[row, arm])
                with pytest.raises(ArgumentError, match=r"^horizon is "):
                    restricted_mean(time[mine], event[mine], horizon=HORIZON)
                continue
            one = restricted_mean(time[mine], event[mine], horizon=HORIZON)
            assert mean == pytest.approx(one.value, rel=1e-10)
            assert analyses.restricted_mean_variance[row, arm] == pytest.approx(one.standard_error**2, rel=1e-10)
        if np.isfinite(analyses.restricted_mean_difference[row]):
            both = compare_restricted_means(time, event, treated, horizon=HORIZON)
            assert analyses.restricted_mean_difference[row] == pytest.approx(both.difference.value, abs=1e-10)
            error = np.hypot(both.treated.standard_error, both.control.standard_error)
            assert analyses.restricted_mean_difference_variance[row] == pytest.approx(error**2, rel=1e-10)


def test_an_arm_without_events_has_no_hazard_ratio_but_all_else(analyses):
    assert np.isnan(analyses.log_hazard_ratio[95:111]).all()
    assert np.isnan(analyses.log_hazard_ratio_error[95:111]).all()
    assert np.isfinite(analyses.z[95:110]).all()
    assert np.isnan(analyses.z[110])
    assert (analyses.survival[95:105, 0] == 1).all()
    assert (analyses.survival_variance[95:105, 0] == 0).all()
    assert np.isfinite(analyses.hazard_ratio[:95]).all()


def test_trials_without_any_event_are_analysed():
    time = np.array([[1.0, 2.0, 3.0, 4.0]])
    found = analyse_trials(time, time < 0, time > 2, landmark=1, horizon=2)
    assert np.isnan([found.z[0], found.log_rank_p[0], found.log_hazard_ratio[0]]).all()
    assert found.survival.tolist() == [[1, 1]]
    assert found.restricted_mean.tolist() == [[2, 2]]
    assert found.restricted_mean_variance.tolist() == [[0, 0]]


def test_all_patients_dying_at_once_leaves_a_hazard_ratio_of_one_without_a_log_rank_test():
    found = analyse_trials(np.ones((1, 6)), np.ones((1, 6)), [[1, 1, 1, 0, 0, 0]], landmark=0.5, horizon=1)
    assert np.isnan(found.z[0])
    assert found.log_hazard_ratio[0] == pytest.approx(0, abs=1e-10)


def test_a_curve_that_reached_zero_is_known_for_ever_and_any_other_only_as_long_as_it_was_followed():
    found = analyse_trials([[1, 2, 1, 3]], [[1, 1, 1, 0]], [[1, 1, 0, 0]], landmark=5, horizon=5)
    assert found.survival[0, 1] == 0
    assert np.isnan(found.survival[0, 0])
    assert found.restricted_mean[0, 1] == 1.5
    assert found.restricted_mean_variance[0, 1] == 0.125
    assert np.isnan([found.restricted_mean[0, 0], found.restricted_mean_variance[0, 0]]).all()
    assert np.isnan([found.restricted_mean_difference[0], found.survival_difference[0]]).all()


def test_a_nearly_separated_trial_converges_to_the_answer_of_the_function_for_one():
    time = np.arange(1.0, 41.0)
    treated = time > 20
    treated[[0, 39]] = True, False
    found = analyse_trials(time[None], np.ones((1, 40)), treated[None], landmark=1, horizon=2)
    assert found.hazard_ratio[0] == pytest.approx(cox_hazard_ratio(time, np.ones(40), treated).value, rel=1e-10)


def test_no_convergence_is_an_error(trials, monkeypatch):
    monkeypatch.setattr(replicates, "_MOST_STEPS", 1)
    with pytest.raises(ConvergenceError, match=r"^Cox model: no convergence in 1 steps in \d+ of 184 trials"):
        analyse_trials(*trials, landmark=LANDMARK, horizon=HORIZON)


def test_chunks_do_not_show(trials, analyses, monkeypatch):
    monkeypatch.setattr(replicates, "_PATIENTS_AT_ONCE", 7 * 65)
    again = analyse_trials(*trials, landmark=LANDMARK, horizon=HORIZON)
    for name in (*NUMBERS, "restricted_mean", "restricted_mean_variance"):
        np.testing.assert_array_equal(getattr(again, name), getattr(analyses, name))


def test_differences_are_treated_minus_control(analyses):
    assert analyses.survival_difference[0] == analyses.survival[0, 1] - analyses.survival[0, 0]
    assert analyses.restricted_mean_difference[0] == analyses.restricted_mean[0, 1] - analyses.restricted_mean[0, 0]
    assert analyses.restricted_mean_difference_variance[0] == analyses.restricted_mean_variance[0].sum()


@st.composite
def tied_trials(draw):
    n = draw(st.integers(4, 25))
    time = np.array(draw(st.lists(st.integers(0, 8), min_size=n, max_size=n)), dtype=float)
    event = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    treated = np.array([*draw(st.lists(st.booleans(), min_size=n - 2, max_size=n - 2)), True, False])
    return time[None], event[None], treated[None]


@settings(max_examples=40, deadline=None)
@given(tied_trials(), st.randoms(use_true_random=False))
def test_the_order_of_patients_changes_nothing(trial, random):
    order = list(range(trial[0].size))
    random.shuffle(order)
    one = analyse_trials(*trial, landmark=4, horizon=5)
    other = analyse_trials(*(array[:, order] for array in trial), landmark=4, horizon=5)
    for name in (*NUMBERS, "restricted_mean", "restricted_mean_variance"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-9, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(tied_trials())
def test_exchanging_the_arms_mirrors_the_result_and_scaling_time_scales_the_mean(trial):
    time, event, treated = trial
    one = analyse_trials(time, event, treated, landmark=4, horizon=5)
    mirror = analyse_trials(time, event, ~treated, landmark=4, horizon=5)
    slow = analyse_trials(time * 7, event, treated, landmark=28, horizon=35)
    np.testing.assert_allclose(mirror.z, -one.z, atol=1e-12)
    np.testing.assert_allclose(mirror.log_hazard_ratio, -one.log_hazard_ratio, atol=1e-8)
    np.testing.assert_allclose(mirror.survival, one.survival[:, ::-1])
    np.testing.assert_allclose(slow.restricted_mean, 7 * one.restricted_mean)
    np.testing.assert_allclose(slow.restricted_mean_variance, 49 * one.restricted_mean_variance)
    np.testing.assert_array_equal(slow.z, one.z)


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"time": [1.0, 2.0]}, "time"),
        ({"time": np.empty((0, 3))}, "time"),
        ({"time": [[1.0, -1.0]]}, "time"),
        ({"time": [[1.0, np.nan]]}, "time"),
        ({"time": [[1.0, np.inf]]}, "time"),
        ({"event": [[1, 2]]}, "event"),
        ({"event": [[1.0, np.nan]]}, "event"),
        ({"event": [1, 0]}, "event"),
        ({"treated": [[1, 1]]}, "treated"),
        ({"treated": [[0, 0]]}, "treated"),
        ({"landmark": -1.0}, "landmark"),
        ({"landmark": np.nan}, "landmark"),
        ({"horizon": 0.0}, "horizon"),
        ({"horizon": np.inf}, "horizon"),
    ],
)
def test_bad_input_is_refused_by_name(change, argument):
    good = {"time": [[1.0, 2.0]], "event": [[1, 0]], "treated": [[1, 0]], "landmark": 1.0, "horizon": 1.0}
    with pytest.raises(ArgumentError, match=f"^{argument} is "):
        analyse_trials(**(good | change))
