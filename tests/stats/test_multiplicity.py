import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError
from lentap.stats.multiplicity import ADJUSTMENTS, adjust_p_values, double_false_discovery
from tests.conftest import ROOT

EXPECTED = ROOT.parent / "shared" / "real" / "expected.json"
P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@pytest.mark.skipif(not EXPECTED.is_file(), reason=f"the answers of other people are not at {EXPECTED}")
@pytest.mark.parametrize("method", ["holm", "hochberg", "hommel"])
def test_the_shared_answers_are_reproduced(method):
    stored = json.loads(EXPECTED.read_text(encoding="utf-8"))["multiplicity"]
    assert adjust_p_values(stored["p"], method=method).adjusted.tolist() == pytest.approx(stored[method], abs=1e-12)
    if f"{method}2" in stored:
        assert adjust_p_values(stored["p2"], method=method).adjusted.tolist() == pytest.approx(stored[f"{method}2"])


def test_missing_p_values_are_named_and_count_for_no_test():
    found = adjust_p_values(pd.Series({"Rash": 0.01, "Nausea": np.nan, "Fever": 0.04}), method="bonferroni")
    assert found.missing == ("Nausea",)
    assert found.tests == 2
    assert found.adjusted.drop("Nausea").to_dict() == {"Rash": 0.02, "Fever": 0.08}
    assert np.isnan(found.adjusted["Nausea"])


def test_labels_and_order_are_kept():
    found = adjust_p_values(pd.Series({"b": 0.5, "a": 0.001}))
    assert found.adjusted.index.tolist() == ["b", "a"]
    assert found.method == "holm"


@settings(max_examples=60)
@given(P_VALUES, st.sampled_from(sorted(ADJUSTMENTS)), st.randoms(use_true_random=False))
def test_adjusting_raises_keeps_the_order_and_ignores_the_order_given(p_values, method, random):
    adjusted = adjust_p_values(p_values, method=method).adjusted.to_numpy()
    assert (adjusted >= np.array(p_values) - 1e-15).all()
    assert (adjusted <= 1).all()
    ordered = adjusted[np.argsort(p_values, kind="stable")]
    assert (np.diff(ordered) >= -1e-12).all()
    order = random.sample(range(len(p_values)), len(p_values))
    shuffled = adjust_p_values([p_values[place] for place in order], method=method).adjusted
    np.testing.assert_allclose(shuffled, adjusted[order], rtol=1e-12)


@settings(max_examples=25)
@given(P_VALUES)
def test_more_powerful_methods_never_adjust_more(p_values):
    by = {method: adjust_p_values(p_values, method=method).adjusted.to_numpy() for method in ADJUSTMENTS}
    chain = ["bonferroni", "holm", "hochberg", "hommel", "benjamini-hochberg"]
    for less, more in pairwise(chain):
        assert (by[less] + 1e-12 >= by[more]).all()
    assert (by["benjamini-yekutieli"] + 1e-12 >= by["benjamini-hochberg"]).all()


def test_one_group_makes_the_double_false_discovery_rate_the_single_one():
    p_values = [0.001, 0.2, 0.03, 0.04]
    twice = double_false_discovery(p_values, ["skin"] * 4, rate=0.1)
    once = adjust_p_values(p_values, method="benjamini-hochberg").adjusted
    assert twice.adjusted.tolist() == once.tolist()
    assert twice.flagged.tolist() == [True, False, True, True]


def test_a_group_that_is_not_selected_flags_nothing():
    found = double_false_discovery([0.6, 0.001, 0.9], ["a", "b", "b"], rate=0.05)
    assert found.group.to_dict() == pytest.approx({"a": 0.6, "b": 0.004})
    assert found.flagged.tolist() == [False, True, False]
    assert np.isnan(found.adjusted[0])


def test_missing_p_values_in_groups_are_named_and_a_group_of_them_does_not_count():
    found = double_false_discovery(pd.Series({"x": None, "y": 0.01, "z": 0.2}), ["a", "b", "b"])
    assert (found.missing, found.tests) == (("x",), 2)
    assert np.isnan(found.group["a"])
    assert found.group["b"] == pytest.approx(0.02)
    assert found.flagged.to_dict() == {"x": False, "y": True, "z": False}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: adjust_p_values([0.1, 1.2]), "p_values is 1.2: legal is numbers from 0 to 1"),
        (lambda: adjust_p_values([-0.1]), "p_values is -0.1"),
        (lambda: adjust_p_values([]), "p_values is 'empty or missing throughout'"),
        (lambda: adjust_p_values([None, np.nan]), "p_values is 'empty or missing throughout'"),
        (lambda: adjust_p_values(["small"]), "p_values is 'not numeric'"),
        (lambda: adjust_p_values([0.1], method="sidak"), "method is 'sidak': legal is one of bonferroni, holm"),
        (lambda: double_false_discovery([0.1], ["a"], rate=0), "rate is 0"),
        (lambda: double_false_discovery([0.1, 0.2], ["a"]), "group is 'array of 1'"),
        (lambda: double_false_discovery([0.1, 0.2], ["a", None]), "group is 'missing in some rows'"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()
