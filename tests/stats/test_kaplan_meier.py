import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter

from lentap.errors import StatisticsError
from lentap.stats.kaplan_meier import CURVE_INTERVALS, CURVE_VARIANCES, kaplan_meier, potential_follow_up
from lentap.validation.datasets import lung
from tests.stats.subjects import columns_of, fields, two_groups, with_early_censored


def test_counts_under_the_curve_add_up_to_the_subjects():
    curve = kaplan_meier([1, 2, 2, 3, 5], [1, 1, 0, 0, 1])
    assert curve.at_risk_at([0, 2, 2.5, 6]).tolist() == [5, 4, 2, 0]
    assert curve.events_by([0, 2, 2.5, 6]).tolist() == [0, 2, 2, 3]
    assert curve.censored_by([0, 2, 2.5, 6]).tolist() == [0, 1, 1, 2]
    assert curve.at([0, 1, 4.9, 5, 99]) == pytest.approx([1, 0.8, 0.6, 0, 0])
    assert curve.time[0] == 0
    assert (curve.survival[0], curve.low[0], curve.high[0]) == (1, 1, 1)


def test_rates_are_a_table_with_a_row_a_time():
    curve = kaplan_meier([1, 2, 2, 3, 5], [1, 1, 0, 0, 1])
    table = curve.rates([2, 4])
    assert table[["time", "at_risk", "events", "censored"]].to_numpy().tolist() == [[2, 4, 2, 1], [4, 1, 2, 2]]
    assert table["survival"].tolist() == pytest.approx([0.6, 0.6])
    assert table["standard_error"][0] == pytest.approx(0.6 * np.sqrt(1 / 20 + 1 / 12))
    assert table["low"][1] == curve.estimate_at(4).low


def test_the_curve_agrees_with_lifelines():
    fit = KaplanMeierFitter().fit(lung()["time"], lung()["event"])
    curve = kaplan_meier(lung()["time"], lung()["event"], interval="log-log")
    ours = np.column_stack([curve.survival, curve.low, curve.high])[1:]
    theirs = np.column_stack([fit.survival_function_, fit.confidence_interval_])[1:]
    assert ours[:-1] == pytest.approx(theirs[:-1], rel=1e-9)


def test_before_the_first_event_an_estimate_has_no_interval():
    before = kaplan_meier([1, 2, 3], [0, 1, 0]).estimate_at(1)
    assert before.value == 1
    assert np.isnan([before.low, before.high]).all()
    assert "no event yet" in before.method


def test_survival_is_unknown_after_the_last_censored_follow_up():
    curve = kaplan_meier([1, 2, 3], [1, 0, 0])
    assert curve.at([3, 3.1]) == pytest.approx([2 / 3, np.nan], nan_ok=True)
    assert np.isnan(curve.median.value)


def test_one_subject_no_events_and_all_tied_are_curves_too():
    died, lived, tied = kaplan_meier([4.0], [1]), kaplan_meier([4.0], [0]), kaplan_meier([2, 2, 2], [1, 1, 0])
    assert (died.median.value, died.at([4.0])[0]) == (4, 0)
    assert np.isnan([died.median.low, died.median.high, died.low[-1], lived.median.value]).all()
    assert lived.survival.tolist() == lived.low.tolist() == [1, 1]
    assert tied.survival.tolist() == pytest.approx([1, 1 / 3])


def test_the_interval_and_the_variance_are_named():
    assert kaplan_meier([1, 2], [1, 0]).median.method == "Kaplan-Meier, log interval"
    assert kaplan_meier([1, 2], [1, 0], interval="plain").estimate_at(1).method == "Kaplan-Meier, plain interval"
    weighted = kaplan_meier([1, 2], [1, 0], weights=[1, 2])
    assert weighted.method == "weighted Kaplan-Meier, robust variance, log interval"
    assert potential_follow_up([1, 2], [1, 0]).method == "reverse Kaplan-Meier, log interval"


def test_whole_weights_are_like_subjects_under_greenwood():
    weighted = kaplan_meier([1, 2, 3, 4], [1, 0, 1, 0], weights=[2, 1, 3, 1], variance="greenwood")
    repeated = kaplan_meier([1, 1, 2, 3, 3, 3, 4], [1, 1, 0, 1, 1, 1, 0])
    assert weighted.low == pytest.approx(repeated.low)
    assert weighted.survival == pytest.approx(repeated.survival)
    assert (weighted.n, weighted.at_risk.tolist()) == (4, [4, 4, 3, 2, 1])


def test_the_robust_curve_does_not_depend_on_the_sum_of_the_weights():
    time, event, weights = [1, 2, 3, 4, 4, 6], [1, 0, 1, 1, 0, 1], np.array([2, 1, 3, 1, 0.5, 0.1])
    one, other = (kaplan_meier(time, event, weights=scale * weights) for scale in (1, 1e-3))
    assert one.standard_error == pytest.approx(other.standard_error, nan_ok=True)
    assert one.survival[-1] == 0


def test_subjects_of_weight_0_are_left_out():
    curve = kaplan_meier([1, 2, 3, 9], [1, 1, 0, 1], weights=[1, 1, 1, 0])
    assert curve.survival == pytest.approx(kaplan_meier([1, 2, 3], [1, 1, 0]).survival)
    assert curve.n == 3


@given(two_groups, st.sampled_from(CURVE_VARIANCES))
def test_equal_weights_change_nothing(rows, variance):
    time, event, _ = columns_of(rows)
    plain, weighted = (
        kaplan_meier(time, event),
        kaplan_meier(time, event, weights=np.ones(len(time)), variance=variance),
    )
    assert weighted.low == pytest.approx(plain.low, nan_ok=True)
    assert weighted.standard_error == pytest.approx(plain.standard_error, nan_ok=True)


@given(two_groups, st.sampled_from(CURVE_INTERVALS), st.floats(0.1, 0.9), st.booleans())
def test_intervals_of_curve_and_quantile_contain_the_estimate(rows, interval, p, weighted):
    time, event, _ = columns_of(rows)
    curve = kaplan_meier(time, event, interval=interval, weights=1 + time % 3 if weighted else None)
    known = ~np.isnan(curve.low)
    assert (curve.low[known] >= 0).all()
    assert (curve.low <= curve.survival + 1e-12)[known].all()
    assert (curve.survival <= curve.high + 1e-12)[known].all()
    assert (curve.high[known] <= 1).all()
    quantile = curve.quantile(p)
    assert not quantile.low > quantile.value
    assert not quantile.high < quantile.value


@given(two_groups, st.randoms(use_true_random=False))
def test_permuting_the_rows_changes_nothing(rows, random):
    (time, event, _), (time2, event2, _) = columns_of(rows), columns_of(random.sample(rows, len(rows)))
    for one, other in zip((kaplan_meier(time, event),), (kaplan_meier(time2, event2),), strict=True):
        assert one.survival.tolist() == other.survival.tolist()
        assert one.low == pytest.approx(other.low, nan_ok=True)
    one, other = kaplan_meier(time, event, weights=1 + time), kaplan_meier(time2, event2, weights=1 + time2)
    assert one.low == pytest.approx(other.low, nan_ok=True)


@given(two_groups, st.floats(0.01, 100))
def test_scaling_time_scales_the_median_and_nothing_else(rows, factor):
    time, event, _ = columns_of(rows)
    median, scaled = kaplan_meier(time, event).median, kaplan_meier(time * factor, event).median
    assert fields(scaled) == pytest.approx([factor * value for value in fields(median)], nan_ok=True)


@given(two_groups)
def test_subjects_censored_before_the_first_event_change_nothing(rows):
    time, event, group = columns_of(rows)
    more_time, more_event, _ = with_early_censored(time, event, group)
    one, other = kaplan_meier(time, event), kaplan_meier(more_time, more_event)
    assert one.at(range(13)) == pytest.approx(other.at(range(13)), nan_ok=True)
    assert fields(one.median) == pytest.approx(fields(other.median), nan_ok=True)


@given(two_groups, st.floats(0.01, 0.99))
def test_moving_a_censoring_between_two_event_times_changes_no_step(rows, fraction):
    time, event, _ = columns_of(rows)
    moved = np.where(event, time, time + fraction)  # events are at whole times
    one, other = kaplan_meier(time, event), kaplan_meier(moved, event)
    at_events = np.unique(time[event])
    assert one.at(at_events).tolist() == other.at(at_events).tolist()
    assert (
        fields(one.median)[0] == pytest.approx(fields(other.median)[0], nan_ok=True)
        or np.isclose(one.survival, 0.5).any()
    )


@given(two_groups)
def test_follow_up_reversed_twice_is_the_curve(rows):
    time, event, _ = columns_of(rows)
    again = potential_follow_up(time, ~event)
    assert again.survival.tolist() == kaplan_meier(time, event).survival.tolist()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: kaplan_meier([-1.0, 2], [1, 0]), "time is -1: legal is one or more finite numbers of 0 or more"),
        (lambda: kaplan_meier([np.nan, 2], [1, 0]), "time is nan"),
        (lambda: kaplan_meier([np.inf, 2], [1, 0]), "time is inf"),
        (lambda: kaplan_meier(["soon", "late"], [1, 0]), "time is 'not numeric'"),
        (lambda: kaplan_meier([], []), "time is"),
        (lambda: kaplan_meier([1.0, 2], [1, 2]), "event is 2: legal is 0 or 1"),
        (lambda: kaplan_meier([1.0, 2], [1]), "event is 'array of 1': legal is as long as"),
        (lambda: kaplan_meier([1.0], [1], interval="loglog"), "interval is 'loglog': legal is one of log, log-log"),
        (lambda: kaplan_meier([1.0], [1], level=1), "level is 1"),
        (lambda: kaplan_meier([1.0], [1], variance="jackknife"), "variance is 'jackknife': legal is one of greenwood"),
        (lambda: kaplan_meier([1.0], [1], weights=[1], variance="x"), "variance is 'x'"),
        (lambda: kaplan_meier([1.0, 2], [1, 1], weights=[1, -1]), "weights is -1: legal is 0 or numbers from 1e-100"),
        (lambda: kaplan_meier([1.0, 2], [1, 1], weights=[0, 0]), "weights is 0"),
        (lambda: kaplan_meier([1.0, 2], [1, 1], weights=[1]), "weights is 'array of 1'"),
        (lambda: kaplan_meier([1.0, 2], [1, 1], weights=[1, np.nan]), "weights is nan"),
        (lambda: kaplan_meier([1.0], [1]).quantile(1), "p is 1"),
        (lambda: kaplan_meier([1.0], [1]).at([-1]), "times is -1"),
        (lambda: potential_follow_up([1.0], [2]), "event is 2"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(StatisticsError, match=words):
        call()
