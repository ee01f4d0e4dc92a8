import numpy as np
import pandas as pd
import pytest

from lentap.errors import ArgumentError
from lentap.stats.covariates import design_matrix

TABLE = pd.DataFrame(
    {
        "age": [50, 61, 47, 70, 66],
        "grade": ["II", "I", "III", "I", "II"],
        "stage": pd.Categorical(["B", "A", "B", "A", "A"], categories=["C", "B", "A"]),
        "cirrhosis": [True, False, True, True, False],
    }
)


def test_numbers_stay_and_categories_become_indicators_of_all_but_the_first():
    design = design_matrix(TABLE[["age", "grade"]], 5)
    assert design.names == ("intercept", "age", "grade II", "grade III")
    assert design.matrix.T.tolist() == [[1] * 5, [50, 61, 47, 70, 66], [1, 0, 0, 0, 1], [0, 0, 1, 0, 0]]


def test_categories_keep_their_order_and_those_that_do_not_occur_are_left_out():
    design = design_matrix(TABLE[["stage", "cirrhosis"]], 5)
    assert design.names == ("intercept", "stage A", "cirrhosis")
    assert design.matrix[:, 2].tolist() == [1, 0, 1, 1, 0]


def test_a_covariate_far_from_0_is_not_collinear_with_the_intercept():
    assert design_matrix(pd.DataFrame({"year": [2_020_001.0, 2_020_002.0, 2_020_003.0]}), 3).matrix.shape == (3, 2)


def test_one_subject_becomes_columns_as_the_table_did():
    design = design_matrix(TABLE[["age", "grade"]], 5)
    assert design.encode({"age": 61, "grade": "III"}).tolist() == [61, 0, 1]
    assert design.encode({"grade": "I", "age": 50.5, "more": 1}).tolist() == [50.5, 0, 0]
    for subject, words in (
        ({"age": 61}, "without grade"),
        ({"age": "old", "grade": "I"}, "age is 'old': legal is a finite number"),
        ({"age": 61, "grade": "IV"}, "grade is 'IV': legal is one of I, II, III"),
    ):
        with pytest.raises(ArgumentError, match=words):
            design.encode(subject)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (TABLE[["age"]].assign(age=[1, 2, None, 4, 5]), "missing values of age"),
        (TABLE[["age"]].assign(age=[1, 2, np.inf, 4, 5]), "infinite values of age"),
        (TABLE[["age"]].assign(age=3), "age with one value in every row"),
        (TABLE[["grade"]].assign(grade="I"), "grade with one value in every row"),
        (TABLE[["age"]].assign(months=TABLE["age"] * 12 + 3), "months, which the columns before it determine"),
        (TABLE[["grade"]].assign(low=TABLE["grade"] == "I"), "low, which the columns before it determine"),
        (pd.DataFrame({"id": list("abcde"), "age": TABLE["age"]}), "5 columns for 5 rows"),
        (TABLE[[]], "covariates is 'DataFrame'"),
        (TABLE["age"], "covariates is 'Series': legal is a table"),
        (pd.concat([TABLE[["age"]]] * 2, axis=1), "age twice"),
        (TABLE.iloc[:3], "a table of 3 rows"),
    ],
)
def test_what_no_model_can_use_is_refused_by_name(table, words):
    with pytest.raises(ArgumentError, match=words):
        design_matrix(table, 5)
