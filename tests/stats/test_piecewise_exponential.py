import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lentap.errors import StatisticsError
from lentap.stats.piecewise_exponential import piecewise_exponential
from tests.stats.subjects import columns_of, two_groups


def test_an_event_at_the_end_of_a_piece_belongs_to_it():
    fit = piecewise_exponential([2, 4, 5, 9], [1, 1, 1, 0], starts=[0, 4, 6])
    assert fit.events.tolist() == [2, 1, 0]
    assert fit.person_time.tolist() == [14, 3, 3]
    assert fit.rates == pytest.approx([2 / 14, 1 / 3, 0])
    assert fit.low[2] == 0 < fit.high[2]
    assert fit.method == "piecewise exponential, exact Poisson interval"


def test_a_piece_that_nobody_reached_has_no_hazard():
    fit = piecewise_exponential([2, 3], [1, 1], starts=[0, 5])
    assert np.isnan([fit.rates[1], fit.low[1], fit.high[1]]).all()
    assert fit.hazard.survival([10]) == pytest.approx(np.exp(-10 * 2 / 5))


def test_the_fitted_hazard_gives_survival():
    fit = piecewise_exponential([2, 4, 5, 9], [1, 1, 1, 1], starts=[0, 4])
    assert fit.hazard.survival([4, 5]) == pytest.approx(np.exp([-4 * 2 / 14, -4 * 2 / 14 - 2 / 6]))


def test_no_events_are_a_hazard_of_0_that_makes_no_distribution():
    fit = piecewise_exponential([2, 3], [0, 0])
    assert (fit.rates[0], fit.log_likelihood) == (0, 0)
    with pytest.raises(StatisticsError, match="rates is"):
        fit.hazard.survival([1])


def test_an_event_at_0_belongs_to_the_first_piece():
    assert piecewise_exponential([0, 3], [1, 1], starts=[0, 1]).events.tolist() == [1, 1]


@given(two_groups, st.lists(st.integers(1, 11), max_size=4, unique=True), st.floats(0.01, 100))
def test_pieces_add_up_contain_their_estimate_and_scale_with_time(rows, cuts, factor):
    time, event, _ = columns_of(rows)
    starts = np.array([0, *sorted(cuts)])
    fit, scaled = (piecewise_exponential(by * time, event, starts=by * starts) for by in (1, factor))
    assert fit.person_time.sum() == pytest.approx(time.sum())
    assert fit.events.sum() == event.sum()
    reached = fit.person_time > 0
    assert (fit.low[reached] <= fit.rates[reached]).all()
    assert (fit.rates[reached] <= fit.high[reached]).all()
    assert scaled.person_time == pytest.approx(factor * fit.person_time)
    assert fit.log_likelihood >= piecewise_exponential(time, event).log_likelihood - 1e-9


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"starts": [1, 2]}, "starts is \\[1.0, 2.0\\]: legal is rising times, the first of them 0"),
        ({"starts": [0, 2, 2]}, "starts is"),
        ({"starts": []}, "starts is"),
        ({"level": 1}, "level is 1"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(options, words):
    with pytest.raises(StatisticsError, match=words):
        piecewise_exponential([1.0, 2], [1, 0], **options)


def test_no_follow_up_at_all_is_refused():
    with pytest.raises(StatisticsError, match="time is '0 in every row'"):
        piecewise_exponential([0.0, 0], [1, 0])
