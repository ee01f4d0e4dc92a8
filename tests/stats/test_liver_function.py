"""ALBI and Child-Pugh: values on each side of their limits."""

import numpy as np
import pandas as pd
import pytest

from lentap.stats.laboratory_values import placed_values
from lentap.stats.liver_function import albi_grade, albi_score, child_pugh_points, liver_function

SUBJECTS = pd.DataFrame({"USUBJID": ["a"], "arm": ["new"]})


def function(*rows):
    """Rows of test, day, value, unit."""
    table = pd.DataFrame(rows, columns=["PARAMCD", "ADY", "AVAL", "AVALU"]).assign(USUBJID="a", AVISITN=0.0)
    return liver_function(placed_values(table, SUBJECTS, ["BILI", "ALB", "INR"]))


def test_the_albi_score_is_that_of_its_formula():
    # Johnson et al. 2015: (log10 of bilirubin in umol/L x 0.66) + (albumin in g/L x -0.085).
    assert albi_score(np.array([10.0]), np.array([40.0])) == pytest.approx([0.66 - 3.4])
    assert np.isnan(albi_score(np.array([0.0, np.nan]), np.array([40.0, 40.0]))).all()


def test_grades_end_where_they_are_said_to():
    scores = [-2.601, -2.60, -2.599, -2.27, -2.269, -1.39, -1.389, np.nan]
    assert albi_grade(np.array(scores)).tolist()[:-1] == ["1", "1", "2a", "2a", "2b", "2b", "3"]
    assert pd.isna(albi_grade(np.array(scores))[-1])


@pytest.mark.parametrize(
    ("test", "values", "points"),
    [
        ("BILI", [33.9, 34.0, 50.0, 50.1], [1, 2, 2, 3]),
        ("ALB", [35.1, 35.0, 28.0, 27.9], [1, 2, 2, 3]),
        ("INR", [1.69, 1.7, 2.3, 2.31], [1, 2, 2, 3]),
    ],
)
def test_child_pugh_points_change_at_their_limits(test, values, points):
    assert child_pugh_points(test, np.array(values)).tolist() == points


def test_a_day_with_both_has_albi_and_child_pugh_needs_inr_too():
    found = function(
        ("BILI", 1, 1.0, "mg/dL"), ("ALB", 1, 4.0, "g/dL"), ("INR", 1, 1.0, "ratio"),
        ("BILI", 9, 60.0, "umol/L"), ("ALB", 9, 27.0, "g/L"),
        ("BILI", 20, 60.0, "umol/L"), ("ALB", 20, 27.0, "g/L"), ("INR", 20, 2.5, "ratio"),
        ("ALB", 30, 27.0, "g/L"),
    )  # fmt: skip
    assert found["day"].tolist() == [1, 9, 20]
    assert found["is_baseline"].tolist() == [True, False, False]
    assert found["bilirubin"].tolist() == pytest.approx([17.104, 60, 60])
    assert found["child_pugh"].fillna(0).tolist() == [5, 0, 11]
    assert found["child_pugh_class"].astype(object).fillna("").tolist() == ["A5", "", "C"]


def test_without_the_tests_there_is_no_row():
    assert function(("ALB", 9, 27.0, "g/L")).empty
    assert function(("BILI", 9, 27.0, "drops"), ("ALB", 9, 27.0, "g/L")).empty
