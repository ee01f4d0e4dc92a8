import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError
from lentap.stats.recurrent import mean_count_difference, mean_cumulative_count
from lentap.stats.survival import kaplan_meier


@st.composite
def histories(draw):
    """Ends of up to eight subjects, whether they died, and their events; whole numbers, so with ties."""
    ends = draw(st.lists(st.integers(1, 9), min_size=1, max_size=8))
    died = draw(st.lists(st.booleans(), min_size=len(ends), max_size=len(ends)))
    whose = draw(st.lists(st.integers(0, len(ends) - 1), max_size=12))
    when = [draw(st.integers(0, ends[person])) for person in whose]
    return np.array(ends), np.array(died), np.array(whose, dtype=int), np.array(when, dtype=int)


def counted(history, **options):
    ends, died, whose, when = history
    return mean_cumulative_count(np.arange(len(ends)), ends, whose, when, died=died, **options)


def test_without_censoring_the_mean_is_that_of_the_counts():
    found = mean_cumulative_count(["a", "b", "c", "d"], [10] * 4, ["a", "a", "c", "c", "c"], [1, 2, 3, 4, 5])
    assert found.mean[-1] == pytest.approx(5 / 4)
    assert found.error[-1] == pytest.approx(np.std([2, 0, 3, 0]) / 2)


def test_with_deaths_and_no_censoring_the_mean_is_still_that_of_the_counts():
    found = mean_cumulative_count(list("abcd"), [3, 10, 5, 10], list("aacc"), [1, 3, 3, 4], died=[1, 0, 1, 0])
    assert found.mean[-1] == pytest.approx(1)
    assert found.error[-1] == pytest.approx(np.std([2, 0, 2, 0]) / 2)


def test_one_event_a_subject_that_ends_it_is_the_cumulative_incidence():
    ends, event = [1, 2, 2, 3, 5, 6], [True, False, True, True, False, True]
    whose = [place for place, had in enumerate(event) if had]
    found = mean_cumulative_count(range(6), ends, whose, [ends[place] for place in whose], died=event)
    survival = kaplan_meier(ends, event, interval="plain")
    np.testing.assert_allclose(found.at([0, 1, 2, 3, 5, 6]), 1 - survival.at([0, 1, 2, 3, 5, 6]))
    # Greenwood's variance is that of the influences of a Kaplan-Meier curve.
    assert found.error_at([3])[0] == pytest.approx((survival.survival[3] - survival.low[3]) / 1.959964, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(histories())
def test_the_variance_is_that_of_the_influences_found_by_weighting_subjects(history):
    ends, died, whose, when = history
    found = counted(history)

    def weighted(weight):
        alive, mean, steps = 1.0, 0.0, []
        for time in found.time:
            at_risk = weight[ends >= time].sum()
            mean += alive * weight[whose[when == time]].sum() / at_risk
            alive *= 1 - weight[(ends == time) & died].sum() / at_risk
            steps.append(mean)
        return np.array(steps)

    np.testing.assert_allclose(found.mean, weighted(np.ones(len(ends))), atol=1e-12)
    unit = 1e-6 * np.eye(len(ends))
    influence = [(weighted(1 + row) - weighted(1 - row)) / 2e-6 for row in unit]
    np.testing.assert_allclose(found.error, np.sqrt(np.sum(np.square(influence), axis=0)), atol=1e-6)


@settings(max_examples=60)
@given(histories(), st.randoms(use_true_random=False))
def test_permuting_rows_changes_nothing_and_stretching_time_moves_the_steps_only(history, random):
    ends, died, whose, when = history
    found = counted(history)
    people, events = (random.sample(range(len(one)), len(one)) for one in (ends, whose))
    again = mean_cumulative_count(people, ends[people], whose[events], when[events], died=died[people])
    np.testing.assert_allclose(again.mean, found.mean)
    np.testing.assert_allclose(again.error**2, found.error**2, rtol=1e-10, atol=1e-12)
    later = counted((3 * ends, died, whose, 3 * when))
    assert later.time.tolist() == (3 * found.time).tolist()
    np.testing.assert_allclose(later.mean, found.mean)


@settings(max_examples=60)
@given(histories(), st.sampled_from(["log", "plain"]))
def test_the_interval_contains_the_mean_which_never_falls(history, interval):
    found = counted(history, interval=interval)
    assert (np.diff(found.mean) >= 0).all()
    assert (found.low <= found.mean).all()
    assert (found.mean <= found.high).all()
    assert (found.low >= 0).all()


@settings(max_examples=60)
@given(histories())
def test_subjects_censored_before_the_first_event_and_no_deaths_change_nothing(history):
    ends, _, whose, when = history
    found = mean_cumulative_count(np.arange(len(ends)), ends, whose, when, died=np.zeros(len(ends)))
    alone = mean_cumulative_count(np.arange(len(ends)), ends, whose, when)
    np.testing.assert_allclose(found.error, alone.error)
    if len(when) and when.min() > 0:
        more = mean_cumulative_count(np.arange(len(ends) + 1), [*ends, when.min() / 2], whose, when)
        np.testing.assert_allclose(more.at(found.time), found.mean)
        np.testing.assert_allclose(more.error_at(found.time) ** 2, found.error**2, rtol=1e-10, atol=1e-12)


def test_the_mean_is_unknown_beyond_the_last_follow_up_unless_everybody_died():
    censored = mean_cumulative_count([1, 2], [4, 6], [1], [2])
    assert np.isnan(censored.at([6.5])[0])
    assert np.isnan(censored.estimate_at(7).low)
    dead = mean_cumulative_count([1, 2], [4, 6], [1], [2], died=[True, True])
    assert dead.at([7])[0] == 0.5
    assert dead.method == "Ghosh and Lin's mean count, death ending it, log interval"


def test_nobody_having_an_event_is_a_mean_of_0():
    found = mean_cumulative_count([1, 2], [4, 6], [], [])
    at = found.estimate_at(5)
    assert (at.value, found.n) == (0, 2)
    assert np.isnan([at.low, at.high]).all()
    assert at.method.endswith("not estimable: no event yet")


def test_a_difference_from_a_group_without_events_has_no_interval():
    some, none = mean_cumulative_count([1, 2], [9, 9], [1], [3]), mean_cumulative_count([1, 2], [9, 9], [], [])
    for first, second in ((some, none), (none, some)):
        found = mean_count_difference(first, second, 5)
        assert abs(found.value) == 0.5
        assert np.isnan([found.low, found.high]).all()
        assert "no event yet in a group" in found.method


def test_a_difference_is_that_of_the_means_with_the_errors_added_in_quadrature():
    first = mean_cumulative_count([1, 2, 3], [9, 9, 9], [1, 1, 2], [1, 2, 3])
    second = mean_cumulative_count([1, 2, 3], [9, 9, 6], [3], [4])
    found, mirrored = mean_count_difference(first, second, 8), mean_count_difference(second, first, 8)
    assert found.value == pytest.approx(1 - 1 / 3)
    margin = 1.959964 * np.hypot(first.error_at([8])[0], second.error_at([8])[0])
    assert found.high - found.value == pytest.approx(margin, rel=1e-6)
    assert (mirrored.value, mirrored.low, mirrored.high) == (-found.value, -found.high, -found.low)
    assert np.isnan(mean_count_difference(first, second, 10).value)


def test_a_hundred_thousand_subjects_are_a_matter_of_a_moment():
    rng = np.random.default_rng(1)
    ends = rng.uniform(1, 100, 100_000)
    whose = rng.integers(0, ends.size, 300_000)
    found = mean_cumulative_count(np.arange(ends.size), ends, whose, ends[whose] * rng.uniform(size=whose.size))
    assert np.isfinite(found.error).all()


CALL = {"subject": [1, 2], "end": [4, 6], "event_subject": [1], "event_time": [2]}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"subject": []}, "subject is 'array of 0'"),
        ({"subject": [], "end": []}, "end is 'array of shape"),
        ({"subject": [1, 1]}, "subject is 1: legal is one row a subject"),
        ({"end": [-1, 6]}, "end is -1"),
        ({"end": [np.nan, 6]}, "end is nan"),
        ({"end": [4, np.inf]}, "end is inf"),
        ({"event_time": [5]}, "event_time is 5: legal is from 0 to the end"),
        ({"event_time": [-1]}, "event_time is -1"),
        ({"event_time": [1, 2]}, "event_time is 'array of 2'"),
        ({"event_subject": [9]}, "event_subject is 9: legal is a subject that is listed"),
        ({"died": [0, 2]}, "died is 2"),
        ({"interval": "log-log"}, "interval is 'log-log': legal is one of log, plain"),
        ({"level": 0}, "level is 0"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(change, words):
    with pytest.raises(ArgumentError, match=words):
        mean_cumulative_count(**(CALL | change))


def test_curves_of_two_levels_and_times_before_0_are_refused():
    first, second = mean_cumulative_count(**CALL), mean_cumulative_count(**CALL, level=0.9)
    with pytest.raises(ArgumentError, match=r"level is 0\.9: legal is the same for both groups \(0.95\)"):
        mean_count_difference(first, second, 3)
    with pytest.raises(ArgumentError, match=r"times is -1"):
        first.at([-1])
