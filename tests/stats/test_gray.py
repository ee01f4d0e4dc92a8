import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import StatisticsError
from lentap.stats.gray import gray_test
from lentap.stats.log_rank import log_rank

ROWS = st.lists(
    st.tuples(st.integers(1, 12), st.integers(0, 2), st.sampled_from("ABC")), min_size=6, max_size=40
).filter(lambda rows: len({group for *_, group in rows}) > 1 and any(cause == 1 for _, cause, _ in rows))
QUICK = settings(max_examples=40, deadline=None)


def columns(rows):
    time, cause, group = zip(*rows, strict=True)
    return np.array(time, dtype=float), np.array(cause), np.array(group)


def same(one, other):
    assert one.df == other.df
    assert one.statistic == pytest.approx(other.statistic, nan_ok=True, abs=1e-9)


@QUICK
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, random):
    first, second = columns(rows), columns(random.sample(rows, len(rows)))
    same(gray_test(*first, of=1), gray_test(*second, of=1))


@QUICK
@given(ROWS, st.floats(0.01, 100))
def test_the_unit_of_time_and_names_of_groups_do_not_matter(rows, unit):
    time, cause, group = columns(rows)
    renamed = np.array([{"A": "z", "B": "y", "C": "x"}[name] for name in group])
    one, other = gray_test(time, cause, group, of=1), gray_test(time * unit, cause, renamed, of=1)
    same(one, other)
    for name, excess in one.excess.items():
        assert excess == pytest.approx(other.excess[{"A": "z", "B": "y", "C": "x"}[name]], abs=1e-9)


@QUICK
@given(ROWS)
def test_subjects_censored_before_the_first_event_change_nothing(rows):
    time, cause, group = columns(rows)
    more = np.append(time, [0.2, 0.5]), np.append(cause, [0, 0]), np.append(group, [group[0], group[-1]])
    same(gray_test(time, cause, group, of=1), gray_test(*more, of=1))


@QUICK
@given(ROWS)
def test_what_groups_have_too_much_others_have_too_little(rows):
    test = gray_test(*columns(rows), of=1)
    assert sum(test.excess.values()) == pytest.approx(0, abs=1e-9)
    assert sum(test.observed.values()) == pytest.approx(sum(test.expected.values()))


@QUICK
@given(ROWS)
def test_strata_alike_double_the_statistic(rows):
    time, cause, group = columns(rows)
    twice = [np.tile(column, 2) for column in (time, cause, group)]
    one, other = gray_test(time, cause, group, of=1), gray_test(*twice, of=1, strata=np.repeat([0, 1], time.size))
    assert other.statistic == pytest.approx(2 * one.statistic, nan_ok=True, abs=1e-9)


def test_without_competing_events_excesses_are_those_of_the_log_rank_test():
    random = np.random.default_rng(1)
    time, group = random.exponential(1, 200), random.choice(["A", "B", "C"], 200)
    event = random.random(200) < 0.7
    one, other = gray_test(time, event, group, of=1), log_rank(time, event, group)
    assert one.observed == other.observed
    assert one.excess == pytest.approx(other.excess)
    assert one.statistic == pytest.approx(other.statistic, rel=0.05)  # the variances differ by terms of 1/n


def test_the_test_rejects_equal_incidences_as_often_as_it_says():
    random = np.random.default_rng(7)
    p_values = []
    for _ in range(400):
        time, group = random.exponential(1, 120), np.arange(120) % 2
        cause = np.where(random.random(120) < 0.3, 0, random.integers(1, 3, 120))
        p_values.append(gray_test(time, cause, group, of=1).p_value)
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.03)


def test_groups_that_were_never_compared_leave_no_answer():
    test = gray_test([1, 2, 5, 6], [0, 0, 1, 2], ["A", "A", "B", "B"], of=1)
    assert test.df == 0
    assert np.isnan(test.statistic)
    assert np.isnan(test.p_value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"of": 3}, "of is '3': legal is one of 1, 2"),
        ({"rho": -1}, "rho is -1: legal is a finite number of 0 or more"),
        ({"group": ["A"] * 4}, "group is \\['A'\\]: legal is two groups or more"),
        ({"group": ["A", "B", "A", None]}, "group is 'missing in some rows'"),
        ({"strata": [1, 2]}, "strata is 'array of 2'"),
        ({"cause": [0, 0, 0, 0]}, "cause is '0 in every row'"),
        ({"time": [1, 2, 3, -4]}, "time is -4"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(changes, words):
    legal = {"time": [1, 2, 3, 4], "cause": [1, 2, 0, 1], "group": ["A", "B", "A", "B"], "of": 1}
    with pytest.raises(StatisticsError, match=words):
        gray_test(**{**legal, **changes})
