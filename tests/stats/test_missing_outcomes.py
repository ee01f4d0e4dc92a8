import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError
from lentap.stats.missing_outcomes import delta_adjusted_differences, tipping_points
from lentap.stats.proportions import risk_difference

ARM = st.integers(2, 30).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n), st.integers(0, 5)))


def test_no_missing_outcome_leaves_one_cell():
    found = tipping_points(30, 64, 0, 14, 62, 0)
    assert len(found.grid) == 1
    assert found.robust
    assert found.observed == found.least == found.most == found.none == found.all
    assert found.boundary.iloc[0].tolist() == [0, 0, 0]


@settings(max_examples=25, deadline=None)
@given(ARM, ARM, st.sampled_from([-0.1, 0.0, 0.2]))
def test_the_grid_holds_every_assumption_and_its_extremes(one, none, margin):
    found = tipping_points(*one, *none, margin=margin)
    grid = found.grid
    assert len(grid) == (one[2] + 1) * (none[2] + 1)
    assert found.least.value == grid["difference"].min()
    assert found.most.value == grid["difference"].max()
    assert (grid["low"] <= grid["difference"]).all()
    assert (grid["difference"] <= grid["high"]).all()
    assert grid["conclusion"].eq("above").equals(grid["low"] > margin)
    assert found.robust == ((found.boundary["to"] - found.boundary["from"]).fillna(-1) == none[2]).all()


@settings(max_examples=25, deadline=None)
@given(ARM, ARM)
def test_the_conclusion_is_kept_exactly_between_the_boundaries(one, none):
    found = tipping_points(*one, *none)
    ends = found.grid.merge(found.boundary, on="events1")
    inside = (ends["events0"] >= ends["from"]) & (ends["events0"] <= ends["to"])
    assert (inside.fillna(False) == (ends["conclusion"] == found.conclusion)).all()


def test_swapping_the_arms_mirrors_the_conclusions():
    one, other = tipping_points(30, 64, 7, 14, 62, 9), tipping_points(14, 62, 9, 30, 64, 7)
    assert (one.conclusion, other.conclusion) == ("above", "below")
    assert one.least.low == pytest.approx(-other.most.high)
    assert (one.grid["conclusion"] == "above").sum() == (other.grid["conclusion"] == "below").sum()


def test_a_fragile_conclusion_tips_where_the_boundary_says():
    found = tipping_points(20, 50, 6, 10, 50, 6)
    assert found.conclusion == "above"
    assert not found.robust
    last = int(found.boundary["to"].iloc[3])
    kept, tipped = (risk_difference(23, 56, 10 + events, 56) for events in (last, last + 1))
    assert kept.low > 0 >= tipped.low


def test_the_method_is_that_of_the_difference():
    found = tipping_points(20, 50, 1, 10, 50, 1, method="miettinen-nurminen", level=0.9)
    assert found.all == risk_difference(21, 51, 11, 51, method="miettinen-nurminen", level=0.9)


def test_missing_at_random_is_a_delta_of_0():
    table = delta_adjusted_differences(30, 64, 7, 14, 62, 9)
    assert len(table) == 1
    assert table["difference"].iloc[0] == pytest.approx(30 / 64 - 14 / 62)
    expected = 30 * 34 / 64**3 + 14 * 48 / 62**3
    assert table["error"].iloc[0] == pytest.approx(np.sqrt(expected))


def test_extreme_deltas_come_to_no_event_and_only_events():
    table = delta_adjusted_differences(30, 64, 7, 14, 62, 9, delta1=[-50, 50], delta0=[-50, 50])
    points = tipping_points(30, 64, 7, 14, 62, 9)
    expected = [points.none.value, points.least.value, points.most.value, points.all.value]
    assert table["difference"].tolist() == pytest.approx(expected)


def test_a_margin_and_opposite_arms_change_the_conclusion():
    below = delta_adjusted_differences(9, 50, 10, 25, 52, 8, delta1=[0, 4])
    assert below["conclusion"].tolist() == ["below", "undecided"]
    above = delta_adjusted_differences(25, 52, 8, 24, 50, 10, margin=-0.3)
    assert above["conclusion"].tolist() == ["above"]


@pytest.mark.parametrize("events", [0, 64])
def test_an_observed_risk_of_0_or_1_has_no_interval(events):
    table = delta_adjusted_differences(events, 64, 7, 14, 62, 9, delta1=2.0)
    assert table["low"].isna().all()
    assert table["conclusion"].tolist() == ["undecided"]
    assert table["difference"].iloc[0] == pytest.approx(events / 64 - 14 / 62)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: tipping_points(5, 4, 1, 1, 4, 1), "events1 is 5"),
        (lambda: tipping_points(1, 4, -1, 1, 4, 1), "missing1 is -1: legal is a whole number from 0"),
        (lambda: tipping_points(1, 4, 1, 1, 4, 0.5), "missing0 is 0.5"),
        (lambda: tipping_points(1, 4, 1, 1, 0, 1), "n0 is 0"),
        (lambda: tipping_points(1, 4, 1, 1, 4, 1, margin=2), "margin is 2: legal is a difference from -1 to 1"),
        (lambda: tipping_points(1, 4, 1, 1, 4, 1, method="exact"), "method is 'exact'"),
        (lambda: tipping_points(1, 4, 1, 1, 4, 1, most=1), "most is 1: legal is a whole number of 2"),
        (lambda: delta_adjusted_differences(1, 4, 1, 1, 4, 1, delta1=np.inf), "delta1 is inf"),
        (lambda: delta_adjusted_differences(1, 4, 1, 1, 4, 1, delta0=[]), "delta0 is"),
        (lambda: delta_adjusted_differences(1, 4, 1, 1, 4, 1, margin=-3), "margin is -3"),
        (lambda: delta_adjusted_differences(1, 4, 1, 1, 4, 1, level=0), "level is 0"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()


def test_a_coarser_grid_keeps_its_ends_and_agrees_with_the_full_one_where_they_meet() -> None:
    full, coarse = (tipping_points(42, 60, 11, 13, 51, 20, most=most) for most in (None, 5))
    assert sorted(coarse.grid["events1"].unique()) == [0, 3, 6, 8, 11]
    assert sorted(coarse.grid["events0"].unique()) == [0, 5, 10, 15, 20]
    met = coarse.grid.merge(full.grid, on=["events1", "events0"], suffixes=("", "_full"))
    assert len(met) == 25
    assert (met["low"] == met["low_full"]).all()
    assert (coarse.least, coarse.most) == (full.least, full.most)
