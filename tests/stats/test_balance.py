import numpy as np
import pandas as pd
import pytest

from lentap.errors import ArgumentError
from lentap.stats.balance import balance
from lentap.stats.baseline import is_continuous, standardised_difference
from lentap.stats.propensity import propensity_model, propensity_weights
from tests.stats.test_propensity import drawn


def with_stage(n, seed):
    table, treated = drawn(n, seed)
    return table.assign(stage=pd.Categorical(np.resize(["A", "B", "C", "A"], n), categories=["C", "B", "A"])), treated


@pytest.mark.parametrize("spread", ["weighted", "unweighted"])
def test_before_weighting_and_with_equal_weights_it_is_the_difference_of_table_one(spread):
    table, treated = with_stage(60, 4)
    found = balance(table, treated, np.full(60, 2.0), spread=spread)
    for name in table.columns:
        expected = standardised_difference(
            table.loc[treated, name], table.loc[~treated, name], categorical=not is_continuous(table[name])
        )
        assert found.loc[found["variable"] == name, "smd"].to_numpy() == pytest.approx(expected)


def test_a_row_a_level_in_categorical_order_and_proportions_that_add_up():
    table, treated = with_stage(60, 4)
    found = balance(table, treated, np.ones(60)).query("variable == 'stage' and sample == 'weighted'")
    assert found["level"].tolist() == ["C", "B", "A"]
    assert found["treated"].sum() == pytest.approx(1)
    assert found["variance_ratio"].isna().all()


def test_overlap_weights_leave_no_difference_of_means():
    table, treated = with_stage(120, 6)
    weights = propensity_weights(propensity_model(table, treated), estimand="overlap").weights
    found = balance(table, treated, weights)
    assert found.loc[found["sample"] == "weighted", "smd"].abs().max() < 1e-9
    assert found.loc[found["sample"] == "unweighted", "smd"].abs().max() > 0.1


def test_a_score_is_counted_by_level_and_a_constant_column_has_no_difference():
    table = pd.DataFrame({"ecog": [0, 1, 0, 1, 2, 0], "dose": [12.5] * 6})
    found = balance(table, [1, 1, 1, 0, 0, 0], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    assert found.loc[found["variable"] == "ecog", "level"].tolist() == ["0", "1", "2"] * 2
    assert found.loc[found["variable"] == "dose", "smd"].tolist() == [0, 0]


def test_constant_arms_that_differ_are_infinitely_far_apart():
    found = balance(pd.DataFrame({"dose": [12.5, 12.5, 20.5, 20.5]}), [1, 1, 0, 0], [1, 2, 3, 4])
    assert found["smd"].tolist() == [-np.inf, -np.inf]


def test_an_arm_of_one_subject_has_no_spread():
    found = balance(pd.DataFrame({"age": [50.5, 60, 70]}), [1, 0, 0], [1, 1, 1])
    assert found["smd"].isna().all()


TABLE, TREATED = with_stage(20, 1)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: balance(TABLE, TREATED, np.ones(20), spread="pooled"), "spread is 'pooled': legal is one of weighted"),
        (lambda: balance(TABLE, TREATED, TREATED * 1.0), "weights is '0 in every row of an arm"),
        (lambda: balance(TABLE, np.zeros(20), np.ones(20)), "weights is '0 in every row of an arm"),
        (lambda: balance(TABLE, TREATED, np.ones(19)), "weights is 'array of 19'"),
        (lambda: balance(TABLE.assign(age=np.nan), TREATED, np.ones(20)), "missing values of age"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()
