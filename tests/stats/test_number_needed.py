from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lentap.errors import ArgumentError
from lentap.stats.estimate import Estimate
from lentap.stats.number_needed import number_needed_to_treat
from lentap.stats.proportions import risk_difference


def difference(low, value, high):
    return Estimate(value, low, high, 0.95, "given")


def test_an_interval_around_no_difference_goes_from_benefit_through_infinity_to_harm():
    needed = number_needed_to_treat(difference(-0.05, 0.1, 0.25), event="good")  # Altman 1998
    assert needed.through_infinity
    assert (needed.estimate.abbreviation, needed.estimate.patients) == ("NNTB", pytest.approx(10))
    assert (needed.best.abbreviation, needed.best.patients) == ("NNTB", pytest.approx(4))
    assert (needed.worst.abbreviation, needed.worst.patients) == ("NNTH", pytest.approx(20))


def test_more_of_a_bad_event_is_harm():
    needed = number_needed_to_treat(difference(0.1, 0.2, 0.5), event="bad")
    assert [end.abbreviation for end in (needed.best, needed.estimate, needed.worst)] == ["NNTH"] * 3
    assert (needed.best.patients, needed.estimate.patients, needed.worst.patients) == pytest.approx((10, 5, 2))
    assert not needed.through_infinity


def test_no_difference_needs_infinitely_many_and_is_neither_benefit_nor_harm():
    needed = number_needed_to_treat(risk_difference(0, 10, 0, 20), event="bad")
    assert (needed.estimate.abbreviation, needed.estimate.patients) == ("NNT", inf)
    assert needed.through_infinity
    edge = number_needed_to_treat(difference(0.0, 0.1, 0.2), event="good")
    assert not edge.through_infinity
    assert edge.worst.patients == inf


@given(st.tuples(*[st.floats(-1, 1)] * 3).map(sorted))
def test_naming_the_event_the_other_way_exchanges_benefit_and_harm(limits):
    good, bad = (number_needed_to_treat(difference(*limits), event=event) for event in ("good", "bad"))
    effects = {"benefit": "harm", "harm": "benefit", "none": "none"}
    for one, other in ((good.best, bad.worst), (good.worst, bad.best), (good.estimate, bad.estimate)):
        assert (one.patients, one.effect) == (other.patients, effects[other.effect])
        assert one.patients >= 1
    assert good.through_infinity == bad.through_infinity == (limits[0] < 0 < limits[2])


@pytest.mark.parametrize(
    ("limits", "event", "words"),
    [
        ((0.1, 0.2, 0.3), "death", "event is 'death': legal is one of good, bad"),
        ((nan, 0.2, 0.3), "bad", "difference is .nan, 0.2, 0.3.: legal is a difference between its limits"),
        ((10.0, 20.0, 30.0), "bad", "all from -1 to 1"),
        ((0.3, 0.2, 0.1), "bad", "between its limits"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(limits, event, words):
    with pytest.raises(ArgumentError, match=words):
        number_needed_to_treat(difference(*limits), event=event)
