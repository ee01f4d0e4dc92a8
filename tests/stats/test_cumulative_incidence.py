import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import StatisticsError
from lentap.stats.cumulative_incidence import (
    INCIDENCE_INTERVALS,
    INCIDENCE_VARIANCES,
    compare_cumulative_incidence,
    cumulative_incidence,
)
from lentap.stats.kaplan_meier import kaplan_meier

ROWS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3), st.booleans()), min_size=4, max_size=40).filter(
    lambda rows: {arm for _, cause, arm in rows if cause == 1} == {False, True}
)
QUICK = settings(max_examples=40, deadline=None)


def columns(rows):
    time, cause, arm = zip(*rows, strict=True)
    return np.array(time, dtype=float), np.array(cause), np.array(arm)


def numbers(curves):
    return np.column_stack([curves.incidence, curves.standard_error, curves.low, curves.high])


@QUICK
@given(ROWS)
def test_incidences_of_all_causes_and_the_event_free_sum_to_1(rows):
    time, cause, _ = columns(rows)
    curves = cumulative_incidence(time, cause)
    assert curves.event_free + curves.incidence.sum(axis=1) == pytest.approx(1, abs=1e-12)
    assert curves.event_free == pytest.approx(kaplan_meier(time, cause > 0).survival)
    assert (np.diff(curves.incidence, axis=0) >= 0).all()


@QUICK
@given(ROWS, st.sampled_from(INCIDENCE_INTERVALS), st.sampled_from(INCIDENCE_VARIANCES))
def test_intervals_contain_the_estimate_and_are_proportions(rows, interval, variance):
    time, cause, _ = columns(rows)
    curves = cumulative_incidence(time, cause, interval=interval, variance=variance)
    known = ~np.isnan(curves.low)
    assert (curves.low <= curves.incidence + 1e-12)[known].all()
    assert (curves.incidence <= curves.high + 1e-12)[known].all()
    assert ((curves.low >= 0) & (curves.high <= 1))[known].all()


@QUICK
@given(ROWS)
def test_with_one_cause_the_curve_is_the_complement_of_kaplan_meier(rows):
    time, cause, _ = columns(rows)
    curves = cumulative_incidence(time, np.where(cause > 0, 1, 0), interval="complementary log-log")
    survival = kaplan_meier(time, cause > 0, interval="log-log")
    inner = survival.survival > 1e-12
    assert curves.incidence[:, 0] == pytest.approx(1 - survival.survival)
    for ours, theirs in (("standard_error", survival.standard_error), ("low", 1 - survival.high)):
        assert getattr(curves, ours)[inner, 0] == pytest.approx(theirs[inner], abs=1e-9)


@QUICK
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, random):
    first, second = (columns(some)[:2] for some in (rows, random.sample(rows, len(rows))))
    one, other = numbers(cumulative_incidence(*first)), numbers(cumulative_incidence(*second))
    assert one == pytest.approx(other, nan_ok=True)


@QUICK
@given(ROWS, st.floats(0.01, 100))
def test_the_unit_of_time_does_not_matter(rows, unit):
    time, cause, _ = columns(rows)
    one, other = cumulative_incidence(time, cause), cumulative_incidence(time * unit, cause)
    assert other.time == pytest.approx(one.time * unit)
    assert numbers(other) == pytest.approx(numbers(one), nan_ok=True)


@QUICK
@given(ROWS)
def test_subjects_censored_before_the_first_event_change_nothing(rows):
    time, cause, _ = columns(rows)
    one = cumulative_incidence(time + 1, cause)
    other = cumulative_incidence(np.append(time + 1, [0.2, 0.5]), np.append(cause, [0, 0]))
    assert numbers(other)[np.isin(other.time, one.time)] == pytest.approx(numbers(one), nan_ok=True)


@QUICK
@given(ROWS)
def test_a_censoring_time_moved_between_events_changes_no_step(rows):
    time, cause, _ = columns(rows)
    moved = np.where(cause == 0, time + 0.5, time)
    times = np.unique(time[cause > 0])
    one, other = (cumulative_incidence(some, cause).at(times, 1) for some in (time, moved))
    assert one == pytest.approx(other)


@QUICK
@given(ROWS, st.integers(0, 12))
def test_exchanging_the_arms_mirrors_the_difference_and_inverts_the_ratio(rows, landmark):
    time, cause, arm = columns(rows)
    one, other = (
        compare_cumulative_incidence(time, cause, treated, of=1, landmark=landmark) for treated in (arm, ~arm)
    )
    assert [one.treated.value, one.control.value] == pytest.approx(
        [other.control.value, other.treated.value], nan_ok=True
    )
    difference, mirrored = one.difference, other.difference
    assert difference.value == pytest.approx(-mirrored.value, nan_ok=True)
    assert (difference.low, difference.high) == pytest.approx((-mirrored.high, -mirrored.low), nan_ok=True)
    if np.isfinite(one.ratio.low):
        assert (one.ratio.low, one.ratio.high) == pytest.approx((1 / other.ratio.high, 1 / other.ratio.low))
    assert one.difference.p_value == pytest.approx(other.difference.p_value, nan_ok=True)
    assert not one.ratio.low > one.ratio.value
    assert not one.ratio.high < one.ratio.value


def test_labels_name_the_causes_and_the_censored():
    cause = ["relapse", "none", "death", "none", "relapse"]
    curves = cumulative_incidence([1, 2, 3, 4, 5], cause, censored="none")
    coded = cumulative_incidence([1, 2, 3, 4, 5], [2, 0, 1, 0, 2])
    assert curves.causes == ("death", "relapse")
    assert numbers(curves) == pytest.approx(numbers(coded), nan_ok=True)
    assert curves.estimate_at(3, "relapse").value == coded.estimate_at(3, 2).value == pytest.approx(0.2)


def test_the_categories_of_a_categorical_are_causes_also_where_nobody_had_them():
    cause = pd.Categorical(["none", "death", "none"], categories=["none", "relapse", "death"])
    curves = cumulative_incidence([1, 2, 3], cause, censored="none")
    assert curves.causes == ("relapse", "death")
    assert curves.rates([3], "relapse")[["incidence", "low", "high"]].to_numpy().tolist() == [[0, 0, 0]]


def test_numbers_that_are_floats_or_bools_are_causes_too():
    assert cumulative_incidence([1, 2, 3], [0.0, 1.0, 2.0]).causes == ("1", "2")
    assert cumulative_incidence([1, 2], [False, True]).causes == ("1",)
    assert cumulative_incidence([1, 2], ["0", "1"]).causes == ("1",)


def test_incidence_is_unknown_after_the_last_follow_up_unless_all_had_an_event():
    assert np.isnan(cumulative_incidence([1, 2, 3], [1, 2, 0]).at([4], 1)[0])
    assert cumulative_incidence([1, 2, 3], [1, 2, 2]).at([4], 1)[0] == pytest.approx(1 / 3)
    comparison = compare_cumulative_incidence([1, 2, 3, 4], [1, 0, 1, 0], [1, 1, 0, 0], of=1, landmark=3)
    assert np.isnan(comparison.difference.value)
    assert "not followed to the landmark" in comparison.difference.method


def test_an_arm_without_the_event_yet_has_no_interval_and_neither_has_its_comparison():
    time, cause, treated = [1, 2, 3, 4, 5, 6], [1, 2, 0, 2, 0, 1], [1, 1, 1, 0, 0, 0]
    found = compare_cumulative_incidence(time, cause, treated, of=1, landmark=3)
    assert (found.treated.value, found.control.value) == pytest.approx((1 / 3, 0))
    assert np.isfinite([found.treated.low, found.treated.high]).all()
    assert np.isnan([found.control.low, found.control.high]).all()
    assert "no event yet" in found.control.method
    assert found.difference.value == pytest.approx(1 / 3)
    assert np.isnan([found.difference.low, found.difference.high, found.difference.p_value]).all()


def test_limits_are_unknown_where_all_had_the_event():
    last = cumulative_incidence([1, 2], [1, 1]).rates([2], 1).iloc[0]
    assert last["incidence"] == 1
    assert last[["standard_error", "low", "high"]].isna().all()


def test_rates_count_subjects_at_risk_and_what_ended_their_follow_up():
    found = cumulative_incidence([1, 1, 2, 2, 3], [1, 2, 1, 0, 0]).rates([0, 1, 2, 9], 1)
    assert found["at_risk"].tolist() == [5, 5, 3, 0]
    assert found["events"].tolist() == [0, 1, 2, 2]
    assert found["censored"].tolist() == [0, 0, 1, 2]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: cumulative_incidence([1, 2], [0, 0]),
            "cause is '0 in every row': legal is a cause in one row or more",
        ),
        (
            lambda: cumulative_incidence([1, 2], [0, 1.5]),
            "cause is 1.5: legal is whole numbers of 0 or more, or labels",
        ),
        (lambda: cumulative_incidence([1, 2], [0, -1]), "cause is -1"),
        (lambda: cumulative_incidence([1, 2], [0, None]), "cause is 'missing in some rows'"),
        (lambda: cumulative_incidence([1, 2], ["a", None]), "cause is 'missing in some rows'"),
        (
            lambda: cumulative_incidence([1, 2], ["a", "b"]),
            "censored is 0: legal is the label of the censored, .* a, b",
        ),
        (lambda: cumulative_incidence([1, 2], [1]), "cause is 'array of 1': legal is as long as the other arguments"),
        (lambda: cumulative_incidence([1, -2], [0, 1]), "time is -2"),
        (lambda: cumulative_incidence([1, np.nan], [0, 1]), "time is nan"),
        (lambda: cumulative_incidence([], []), "time is"),
        (lambda: cumulative_incidence([1], [1], interval="loglog"), "interval is 'loglog': legal is one of log-log"),
        (lambda: cumulative_incidence([1], [1], variance="delta"), "variance is 'delta': legal is one of greenwood"),
        (lambda: cumulative_incidence([1], [1], level=1.0), "level is 1"),
        (lambda: cumulative_incidence([1], [1]).at([1], 2), "of is '2': legal is one of 1"),
        (lambda: cumulative_incidence([1], [1]).at([-1], 1), "times is -1: legal is times of 0 or later"),
        (lambda: compare_cumulative_incidence([1, 2], [1, 0], [1, 1], of=1, landmark=1), "treated is"),
        (lambda: compare_cumulative_incidence([1, 2], [1, 0], [1, 0], of=3, landmark=1), "of is '3'"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(StatisticsError, match=words):
        call()
