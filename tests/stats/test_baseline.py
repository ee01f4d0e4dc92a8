from math import inf, isnan, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lentap.errors import StatisticsError
from lentap.stats.baseline import standardised_difference, table_one
from tests.stats.references import cdisc_pilot_subjects, reference

PUBLISHED = reference("cdisc_pilot")["demography"]
PLACEBO_LOW_HIGH = ["Placebo", "Xanomeline Low Dose", "Xanomeline High Dose"]


@pytest.mark.parametrize(("column", "published"), [("AGE", "age_mean_sd"), ("BMIBL", "bmi_mean_sd")])
def test_means_agree_with_the_published_cdisc_pilot_report(column, published):
    table = table_one(cdisc_pilot_subjects(), {column: column}).set_index("arm")
    assert table.loc[PLACEBO_LOW_HIGH, ["mean", "sd"]].round(2).to_numpy().tolist() == PUBLISHED[published]


def test_a_missing_value_is_counted_and_not_imputed():
    table = table_one(cdisc_pilot_subjects(), {"BMIBL": "Body mass index (kg/m²)"}).set_index("arm")
    assert table["missing"].to_dict() == {"Xanomeline Low Dose": 1, "Xanomeline High Dose": 0, "Placebo": 0}
    assert table.loc["Xanomeline Low Dose", "n"] == 83


@pytest.fixture
def subjects():
    return pd.DataFrame(
        {
            "arm": pd.Categorical(list("nnnoooo"), categories=["n", "o"], ordered=True),
            "AGE": [50, 60, 70, 40, 50, 60, 71],
            "ECOG": [0, 1, 1, 0, 0, np.nan, 2],
            "BCLC": pd.Categorical(["B", "C", "C", "B", "B", "C", "B"], categories=["A", "B", "C"]),
        }
    )


def test_table_one_has_a_row_for_each_characteristic_level_and_arm(subjects):
    table = table_one(subjects, {"AGE": "Age (years)", "ECOG": "ECOG", "BCLC": "Stage"})
    assert table.groupby(["variable", "level"], sort=False).size().to_dict() == {
        ("AGE", ""): 2,
        ("ECOG", "0"): 2,
        ("ECOG", "1"): 2,
        ("ECOG", "2"): 2,
        ("BCLC", "A"): 2,
        ("BCLC", "B"): 2,
        ("BCLC", "C"): 2,
    }
    ecog = table.query("variable == 'ECOG' and arm == 'o'")
    assert ecog["count"].tolist() == [2, 0, 1]
    assert ecog["proportion"].tolist() == pytest.approx([2 / 3, 0, 1 / 3])
    assert ecog["missing"].tolist() == [1, 1, 1]
    assert table.loc[table["arm"] == "o", "smd"].isna().all()
    assert table.loc[table["arm"] == "n", "smd"].notna().all()


def test_continuous_difference_is_over_the_pooled_standard_deviation(subjects):
    table = table_one(subjects, {"AGE": "Age"})
    by_hand = (60 - 55.25) / sqrt((100 + np.var([40, 50, 60, 71], ddof=1)) / 2)
    assert table["smd"].iloc[0] == pytest.approx(by_hand)
    assert table[["median", "q1", "q3", "minimum", "maximum"]].iloc[0].tolist() == [60, 55, 65, 50, 70]


def test_two_levels_give_the_binary_formula():
    group, control = pd.Series(["y"] * 3 + ["n"] * 7), pd.Series(["y"] * 6 + ["n"] * 4)
    expected = 0.3 / sqrt((0.3 * 0.7 + 0.6 * 0.4) / 2)
    assert standardised_difference(group, control, categorical=True) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("group", "control", "categorical", "expected"),
    [
        (["a", "a"], ["a"], True, 0),
        (["a", "a"], ["b"], True, inf),
        (["a", "b"], ["c", "d"], True, inf),
        ([1.0, 1], [1.0, 1], False, 0),
        ([1.0, 1], [2.0, 2], False, -inf),
    ],
)
def test_constant_groups_differ_by_nothing_or_without_bound(group, control, categorical, expected):
    assert standardised_difference(pd.Series(group), pd.Series(control), categorical=categorical) == expected


def test_too_few_values_have_no_standardised_difference():
    nothing = pd.Series([np.nan], dtype=float)
    assert isnan(standardised_difference(pd.Series([1.0]), pd.Series([2.0, 3.0]), categorical=False))
    assert isnan(standardised_difference(nothing, pd.Series(["a"]), categorical=True))


samples = st.lists(st.integers(-50, 50).map(float), min_size=2, max_size=30).map(pd.Series)
words = st.lists(st.sampled_from("abcd"), min_size=1, max_size=30).map(pd.Series)


@given(samples, samples)
def test_swapping_the_arms_mirrors_a_continuous_difference(first, second):
    one, other = (standardised_difference(*pair, categorical=False) for pair in ((first, second), (second, first)))
    assert one == -other


@given(words, words, st.randoms(use_true_random=False))
def test_categorical_difference_is_symmetric_and_ignores_row_order(first, second, random):
    one = standardised_difference(first, second, categorical=True)
    shuffled = pd.Series(random.sample(list(first), len(first)))
    assert one >= 0
    assert standardised_difference(second, shuffled, categorical=True) == pytest.approx(one, abs=1e-6)


def test_refusal_names_argument_value_and_what_is_legal(subjects):
    with pytest.raises(StatisticsError, match="control is 'x': legal is one of n, o"):
        table_one(subjects, {"AGE": "Age"}, control="x")
    with pytest.raises(StatisticsError, match="subjects is 'a table without SEX'"):
        table_one(subjects, {"SEX": "Sex"})
    with pytest.raises(StatisticsError, match="subjects is 'an empty table'"):
        table_one(subjects.iloc[:0], {"AGE": "Age"})
