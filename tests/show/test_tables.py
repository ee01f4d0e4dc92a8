import pandas as pd

from lentap.adam import Trial
from lentap.published import lentap_facts
from lentap.show.record import record_comparison, record_published, record_survival
from lentap.show.tables import (
    baseline_table,
    change_table,
    comparison_table,
    grade_table,
    incidence_table,
    survival_table,
)
from lentap.stats.adverse_events import compare_incidence, incidence, worst_grade
from lentap.stats.baseline import table_one
from lentap.stats.survival import cox_hazard_ratios, kaplan_meier, log_rank


def test_table_one_counts_missing_values_only_where_there_are_any() -> None:
    subjects = pd.DataFrame(
        {
            "arm": pd.Categorical(["A"] * 6 + ["B"] * 6, categories=["A", "B"], ordered=True),
            "AGE": [1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, None],
            "FLAG": ["Y", "N"] * 6,
        }
    )
    frame = baseline_table(
        table_one(subjects, {"AGE": "Age", "FLAG": "Flag"}, control="B"), control="B", source="yours"
    ).frame
    age, flag = (frame[frame["Characteristic"] == name].set_index("") for name in ("Age", "Flag"))
    assert age.loc["Missing", ["A (N = 6)", "B (N = 6)"]].tolist() == ["0", "1"]
    assert age.loc["Mean (SD)", "A (N = 6)"] == "3.5 (1.9)"
    assert flag.index.tolist() == ["Yes"]
    assert flag.loc["Yes", "A (N = 6)"] == "3 (50.0%)"


def test_the_comparison_table_prints_both_intervals_of_the_difference() -> None:
    counts = {"LEN-TAP": (42, 71), "TACE": (13, 71)}
    comparison = record_comparison("x.y", counts, control="TACE", level=0.95, source="published")
    frame = comparison_table([comparison], caption="Resection").frame.set_index("")
    column = frame["Published counts"]
    assert column["LEN-TAP (%)"] == "42/71, 59.2 (47.5 to 69.8)"
    assert column[[row for row in column.index if row.startswith("Risk difference")]].tolist() == [
        "40.8 (25.2 to 53.8)",
        "40.8 (25.4 to 54.4)",
    ]
    assert column["Fisher's exact test, p"] == "< 0.001"


def test_derived_counts_stand_in_the_table_as_counts() -> None:
    methods = {"level": 0.95, "rate_interval": "wilson", "difference_interval": "newcombe"}
    published = record_published("x.y", lentap_facts(), "efficacy.slr", **methods)
    frame = comparison_table([published], caption="Salvage resection").frame
    assert "42/71, 59.2 (47.5 to 69.8)" in frame.to_numpy()


def test_the_survival_table_prints_a_dash_beyond_the_follow_up_of_an_arm(shipped: Trial) -> None:
    time = {"LEN-TAP": [1.0, 5.0, 30.0], "TACE": [2.0, 3.0, 4.0]}
    event = {"LEN-TAP": [1, 1, 0], "TACE": [1, 1, 0]}
    curves = {arm: kaplan_meier(time[arm], event[arm]) for arm in time}
    flat = [t for values in time.values() for t in values], [e for values in event.values() for e in values]
    arms = ["LEN-TAP"] * 3 + ["TACE"] * 3
    endpoint = shipped.design.endpoints["OS"]
    found = record_survival(
        "efficacy.survival",
        curves,
        log_rank(*flat, arms),
        cox_hazard_ratios(*flat, arms, "TACE"),
        endpoint=endpoint,
        control="TACE",
        source="synthetic",
    )
    frame = survival_table(curves, found, endpoint=endpoint, source="synthetic").frame.set_index("Measure").T
    assert frame.loc["TACE", "Event-free at 12 months (%)"] == "\N{EN DASH}"
    assert frame.loc["TACE", "Hazard ratio"] == "reference"
    assert frame.loc["LEN-TAP", "Events"] == "2"


def test_adverse_event_tables_have_a_row_a_term_and_grades_that_add_up(shipped: Trial) -> None:
    subjects = shipped.subjects("SAF")
    found = incidence(shipped.adae, subjects)
    table = incidence_table(found, compare_incidence(found, "TACE"), level=0.95, control="TACE", source="synthetic")
    assert len(table.frame) == found["term"].nunique()
    grades = grade_table(worst_grade(shipped.adae, subjects), source="synthetic").frame
    counts = grades.drop(columns="Arm").map(lambda cell: int(cell.split()[0])).sum(axis=1)
    assert counts.tolist() == subjects["arm"].value_counts(sort=False).tolist()


def test_a_trial_without_baseline_variables_has_a_table_that_says_so(shipped: Trial) -> None:
    frame = baseline_table(table_one(shipped.subjects("ITT"), {}), control="TACE", source="synthetic").frame
    assert frame["Characteristic"].tolist() == ["none declared in trial.yml"]


def test_tables_without_rows_are_still_tables(shipped: Trial) -> None:
    found = incidence(shipped.adae, shipped.subjects("SAF"))
    none = incidence_table(
        found.head(0), compare_incidence(found, "TACE").head(0), level=0.95, control="TACE", source="synthetic"
    )
    assert "none" in none._repr_html_()
    assert "<table" in change_table(pd.DataFrame(), marker_unit="%", source="synthetic")._repr_html_()
