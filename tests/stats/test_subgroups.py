import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError
from lentap.stats.subgroups import MEASURES, interaction, qualitative_interaction, subgroup_effects

EFFECTS = st.lists(st.tuples(st.floats(-2, 2), st.floats(0.05, 1)), min_size=2, max_size=6)


def trial():
    counts = [("low", 1, 9, 21), ("low", 0, 5, 25), ("high", 1, 12, 8), ("high", 0, 7, 15)]
    rows = [(name, arm, event) for name, arm, yes, no in counts for event in [1] * yes + [0] * no]
    return pd.DataFrame(rows, columns=["group", "treated", "event"])


@pytest.mark.parametrize("measure", MEASURES)
def test_swapping_the_arms_mirrors_every_subgroup(measure):
    table = trial()
    one, other = (
        subgroup_effects(table["event"], arm, table["group"], measure=measure)
        for arm in (table["treated"], 1 - table["treated"])
    )
    assert other["effect"].tolist() == pytest.approx((-one["effect"]).tolist())
    assert other["error"].tolist() == pytest.approx(one["error"].tolist())
    mirrored = -one["high"] if measure == "risk-difference" else 1 / one["high"]
    assert other["low"].tolist() == pytest.approx(mirrored.tolist())
    assert (one["low"] < one["value"]).all()
    assert (one["value"] < one["high"]).all()


def test_counts_and_order_of_subgroups():
    table = trial()
    found = subgroup_effects(
        table["event"], table["treated"], pd.Categorical(table["group"], categories=["low", "none", "high"])
    )
    assert found["subgroup"].tolist() == ["low", "high"]
    assert found[["events1", "n1", "events0", "n0"]].to_numpy().tolist() == [[9, 30, 5, 30], [12, 20, 7, 22]]
    assert found["value"].iloc[0] == pytest.approx(9 / 30 - 5 / 30)


def test_a_subgroup_without_a_finite_effect_has_none():
    treated, group = [1, 1, 0, 0] * 3 + [1], list("aaaabbbbccccd")
    event = [0, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1]
    difference = subgroup_effects(event, treated, group)
    assert difference["error"].isna().tolist() == [True, True, False, True]
    assert difference["value"].iloc[0] == -0.5
    assert math.isnan(difference["value"].iloc[3])
    ratio = subgroup_effects(event, treated, group, measure="risk-ratio")
    assert ratio["value"].isna().tolist() == [True, False, False, True]
    odds = subgroup_effects(event, treated, group, measure="odds-ratio")
    assert odds["value"].isna().tolist() == [True, True, False, True]


def test_arms_in_which_everybody_had_the_event_have_no_ratio():
    found = subgroup_effects([1, 1, 1, 1, 1, 0], [1, 1, 0, 0, 1, 0], list("aaaabb"), measure="risk-ratio")
    assert found["error"].isna().all()


@settings(max_examples=60)
@given(EFFECTS, st.floats(-1, 1))
def test_interaction_does_not_depend_on_the_common_effect_or_the_order(pairs, shift):
    effect, error = np.array(pairs).T
    found = interaction(effect, error)
    moved = interaction((effect + shift)[::-1], error[::-1])
    assert moved.statistic == pytest.approx(found.statistic, rel=1e-6, abs=1e-9)
    assert (found.df, 0 <= found.p_value <= 1, 0 <= found.i_squared < 1) == (len(pairs) - 1, True, True)


def test_equal_effects_do_not_interact():
    found = interaction([0.3, 0.3, 0.3], [0.1, 0.2, 0.4])
    assert found.statistic == pytest.approx(0, abs=1e-20)
    assert (found.p_value, found.i_squared) == (pytest.approx(1), 0)


@settings(max_examples=60)
@given(EFFECTS)
def test_a_qualitative_interaction_mirrors_with_the_arms(pairs):
    effect, error = np.array(pairs).T
    one, other = qualitative_interaction(effect, error), qualitative_interaction(-effect, error)
    assert (one.positive, one.p_positive) == (other.negative, other.p_negative)
    assert one.p_value == other.p_value
    assert 0 < one.p_value <= 1


def test_effects_of_one_direction_do_not_interact_qualitatively():
    found = qualitative_interaction([0.2, 0.5, 0.1], [0.1, 0.1, 0.1])
    assert (found.statistic, found.p_value, found.p_negative) == (0, 1, 1)
    assert found.p_positive < 0.001


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: interaction([0.1], [0.1]), "effects is 'array of 1': legal is two effects or more"),
        (lambda: interaction([0.1, np.nan], [0.1, 0.1]), "effects is nan: legal is finite effects"),
        (lambda: interaction([0.1, 0.2], [0.1, 0]), "errors is 0: legal is finite standard errors above 0"),
        (lambda: interaction([0.1, 0.2], [0.1, np.inf]), "errors is inf"),
        (lambda: qualitative_interaction([0.1, 0.2], [0.1]), "errors is 'array of 1'"),
        (lambda: subgroup_effects([1, 0], [1, 0], ["a", None]), "subgroup is 'missing in some rows'"),
        (lambda: subgroup_effects([1, 0], [1, 1], ["a", "b"]), "treated is 'True in every row'"),
        (
            lambda: subgroup_effects([1, 0], [1, 0], ["a", "b"], measure="hazard"),
            "measure is 'hazard': legal is",
        ),
        (lambda: subgroup_effects([1, 3], [1, 0], ["a", "b"]), "outcome is 3"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()
