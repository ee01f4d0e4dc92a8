import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lentap.adam import Problem, Report, check_folder
from lentap.adam.schemas import tables as tables_of_the_book
from lentap.design import TABLES
from lentap.stats.adverse_event_overview import WITHDRAWN
from lentap.stats.adverse_event_records import RELATED, UNRELATED
from lentap.stats.event_times import RESOLVED
from tests.adam.builders import Tables, tables, trial_yml, write_table, write_trial


def only(report: Report, table: str, column: str = "") -> Problem:
    found = [p for p in report.problems if (p.table, p.column) == (table, column)]
    assert len(found) == 1, report.problems
    return found[0]


def check(folder: Path, change: Callable[[Tables], object], **options: Any) -> Report:
    return check_folder(write_trial(folder, change, **options))


def test_a_sound_trial_has_no_problem_and_every_table_is_usable(tmp_path: Path) -> None:
    report = check_folder(write_trial(tmp_path))
    assert report.problems == ()
    assert report.usable
    assert report.usable_tables == TABLES
    assert (report.tables["adrs"].rows, report.tables["adrs"].subjects) == (12, 6)
    assert {(one.kind, one.name): one.counts for one in report.available} == {
        ("population", "ITT"): "A 3, B 3",
        ("population", "SAF"): "A 3, B 2",
        ("endpoint", "OS"): "A 3 (1 event), B 3 (2 events)",
        ("criterion", "RECIST 1.1"): "A 3, B 3",
        ("marker", "DRCD38"): "A 1, B 1",
    }


def test_the_report_reads_as_plain_text(tmp_path: Path) -> None:
    text = str(check(tmp_path, lambda t: t["adsl"].loc.__setitem__((2, "SEX"), "U")))
    assert "A tiny trial (tiny; source: synthetic)" in text
    assert "  adsl   adsl.csv         6 rows       6 subjects  usable" in text
    assert "row 3; not a legal value, kept as it is; found 'U'; legal: M | F" in text
    assert text.endswith(f"Usable tables: {', '.join(TABLES)}; no errors.")
    assert max(map(len, text.splitlines())) <= max(100, len(str(tmp_path)))


@pytest.mark.parametrize(
    ("table", "column", "row", "value", "severity", "legal"),
    [
        ("adsl", "SEX", 2, "U", "warning", "M | F"),
        ("adsl", "AGE", 1, -4, "warning", "a number from 0 to 120"),
        ("adsl", "AGE", 1, "old", "warning", "a number from 0 to 120"),
        ("adsl", "TRTSDT", 4, "2024-02-30", "warning", "from 1900 to 2100"),
        ("adsl", "TRTSDT", 4, "31.12.2023", "warning", "from 1900 to 2100"),
        ("adsl", "TRTSDT", 4, "0204-01-15", "warning", "from 1900 to 2100"),
        ("adsl", "TRTSDT", 4, "9999-12-31", "warning", "from 1900 to 2100"),
        ("adsl", "TRTSDT", 4, "2024", "warning", "from 1900 to 2100"),
        ("adtte", "AVAL", 3, -0.5, "error", "a number of 0 or more"),
        ("adtte", "AVAL", 3, None, "error", "a number of 0 or more"),
        ("adtte", "AVAL", 3, "12,5", "error", "a number of 0 or more"),
        ("adtte", "AVAL", 3, "inf", "error", "a number of 0 or more"),
        ("adtte", "CNSR", 3, -1, "error", "a whole number of 0 or more"),
        ("adtte", "CNSR", 3, 0.5, "error", "a whole number of 0 or more"),
        ("adtte", "AVALU", 3, "DAYS", "error", "months (endpoints.OS.unit in trial.yml)"),
        ("adrs", "AVALC", 5, "Partial", "error", "CR | PR | SD | PD | NE"),
        ("adrs", "AVALC", 5, None, "error", "CR | PR | SD | PD | NE"),
        ("adae", "AETOXGR", 0, 6, "warning", "a whole number from 1 to 5"),
        ("adae", "AETOXGR", 0, "Grade 3", "warning", "a whole number from 1 to 5"),
        ("adpr", "PRCAT", 3, "Resection", "error", "TACE | RESECTION | OTHER"),
        ("adim", "AVAL", 1, 100.5, "error", "a number from 0 to 100"),
        ("adex", "EXDOSE", 1, -8, "error", "a number of 0 or more"),
        ("adex", "ASTDY", 1, None, "error", "a whole number"),
        ("adlb", "AVAL", 0, ">40", "error", "a number"),
        ("adlb", "ABLFL", 0, "yes", "warning", "Y | N"),
        ("adtr", "TRGRPID", 2, "NON TARGET", "error", "TARGET | NON-TARGET | NEW"),
        ("adtr", "LDIAM", 1, -3, "warning", "a number from 0 to 1000"),
        ("adim", "AVALU", 1, "cells/uL", "error", "% of CD8+ T cells (markers.DRCD38.unit in trial.yml)"),
    ],
)
def test_a_wrong_value_is_named_with_row_and_legal_values(
    tmp_path: Path, table: str, column: str, row: int, value: Any, severity: str, legal: str
) -> None:
    def spoil(frames: Tables) -> None:
        frames[table][column] = frames[table][column].astype(object)
        frames[table].loc[row, column] = value

    report = check(tmp_path, spoil)
    problem = only(report, table, column)
    assert (problem.rows, problem.count, problem.severity) == ((row + 1,), 1, severity)
    assert legal in problem.legal
    if isinstance(value, str) and value.strip():
        assert repr(value) in problem.found
    assert report.tables[table].usable == (severity != "error")


def test_any_censoring_code_above_zero_is_legal(tmp_path: Path) -> None:
    assert check(tmp_path, lambda t: t["adtte"].loc.__setitem__((0, "CNSR"), 7)).problems == ()


@pytest.mark.parametrize("table", TABLES)
def test_an_empty_table_is_an_error(tmp_path: Path, table: str) -> None:
    report = check(tmp_path, lambda t: t.update({table: t[table].iloc[:0]}))
    assert [p.message for p in report.errors if p.table == table] == ["the table holds no row"]
    assert not report.tables[table].usable


def test_a_missing_column_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    report = check(tmp_path, lambda t: t.update(adpr=t["adpr"].rename(columns={"ASTDY": "ASTDAY"})))
    problem = only(report, "adpr", "ASTDY")
    assert problem.severity == "error"
    assert "did you mean 'ASTDAY'?" in problem.message
    assert "columns.adpr.ASTDY" in problem.legal


def test_a_column_in_lower_case_is_taken_and_said(tmp_path: Path) -> None:
    report = check(tmp_path, lambda t: t.update(adae=t["adae"].rename(columns={"AEDECOD": "aedecod"})))
    assert only(report, "adae", "AEDECOD").message == "read from column 'aedecod'"
    assert report.usable


def test_a_subject_twice_in_adsl_is_an_error(tmp_path: Path) -> None:
    report = check(tmp_path, lambda t: t.update(adsl=pd.concat([t["adsl"], t["adsl"].iloc[[1]]])))
    problem = only(report, "adsl", "USUBJID")
    assert (problem.rows, problem.found, problem.severity) == ((2, 7), "S2", "error")


def test_two_times_of_one_subject_are_an_error_and_two_visits_a_warning(tmp_path: Path) -> None:
    def repeat(frames: Tables) -> None:
        frames["adtte"] = pd.concat([frames["adtte"], frames["adtte"].iloc[[0]]])
        frames["adrs"] = pd.concat([frames["adrs"], frames["adrs"].iloc[[0]]])

    report = check(tmp_path, repeat)
    assert only(report, "adtte", "PARAMCD").severity == "error"
    assert only(report, "adrs", "AVISITN").severity == "warning"


def test_screen_failures_are_counted_and_in_no_population(tmp_path: Path) -> None:
    def screen(frames: Tables) -> None:
        failed = frames["adsl"].iloc[[0, 1]].assign(USUBJID=["F1", "F2"], TRT01P="Screen Failure", TRT01A=None)
        frames["adsl"] = pd.concat([frames["adsl"], failed])

    report = check(tmp_path, screen)
    problem = only(report, "adsl", "TRT01P")
    assert (problem.severity, problem.count, problem.rows) == ("note", 2, (7, 8))
    assert problem.found == "'Screen Failure' (2)"
    assert [one.counts for one in report.available if one.kind == "population"] == ["A 3, B 3", "A 3, B 2"]


def test_an_unknown_arm_is_named_with_the_nearest_and_kept_out(tmp_path: Path) -> None:
    report = check(tmp_path, lambda t: t["adsl"].loc.__setitem__((0, "TRT01P"), "a"))
    problem = only(report, "adsl", "TRT01P")
    assert problem.severity == "warning"
    assert problem.rows == (1,)
    assert "did you mean 'A'?" in problem.message
    assert "screen_failures" in problem.legal
    assert report.available[0].counts == "A 2, B 3"


def test_an_arm_without_a_subject_is_named_and_an_error_where_no_experimental_arm_has_one(tmp_path: Path) -> None:
    problem = only(check(tmp_path, lambda t: t.update(adsl=t["adsl"].iloc[:3])), "adsl", "TRT01P")
    assert (problem.severity, problem.message) == ("warning", "no subject in arm 'B' of trial.yml")
    assert problem.found == "'A' (3)"
    problem = only(check(tmp_path, lambda t: t.update(adsl=t["adsl"].iloc[3:])), "adsl", "TRT01P")
    assert (problem.severity, problem.message) == ("error", "no subject in arm 'A' of trial.yml")


def test_a_subject_adsl_does_not_know_and_one_without_a_time_are_named(tmp_path: Path) -> None:
    report = check(tmp_path, lambda t: t["adtte"].loc.__setitem__((3, "USUBJID"), "X9"))
    assert only(report, "adtte", "USUBJID").found == "'X9'"
    assert only(report, "adsl", "USUBJID").found == "'S4'"
    assert "left out of OS" in only(report, "adsl", "USUBJID").message


def test_dates_out_of_order_are_named(tmp_path: Path) -> None:
    def turn(frames: Tables) -> None:
        frames["adae"].loc[2, "AENDT"] = "2024-01-01"
        frames["adtte"] = frames["adtte"].assign(STARTDT="2024-01-10", ADT="2024-01-09")

    report = check(tmp_path, turn)
    assert only(report, "adae", "AENDT").found == "2024-01-01 before 2024-02-09"
    assert only(report, "adae", "AENDT").rows == (3,)
    assert only(report, "adtte", "ADT").count == 6


def test_times_that_follow_their_dates_in_another_unit_are_an_error(tmp_path: Path) -> None:
    def in_days(frames: Tables) -> None:
        start = pd.Timestamp("2024-01-10")
        days = np.array([100, 200, 300, 400, 500, 600])
        ends = start + pd.to_timedelta(days, "D")
        frames["adtte"] = frames["adtte"].assign(AVAL=days + 1, AVALU=None, STARTDT=start, ADT=ends)

    problem = only(check(tmp_path, in_days), "adtte", "AVAL")
    assert (problem.severity, problem.found) == ("error", "days")
    assert "months" in problem.legal


def test_times_without_dates_that_would_last_for_decades_are_doubted(tmp_path: Path) -> None:
    def in_days(frames: Tables) -> None:
        frames["adtte"] = frames["adtte"].assign(AVAL=[100, 200, 300, 400, 500, 600], AVALU=None)

    problem = only(check(tmp_path, in_days), "adtte", "AVAL")
    assert problem.severity == "warning"
    assert "OS in months would be a follow-up of 50 years" in problem.message
    assert problem.count == 3


def test_times_that_agree_with_their_dates_are_no_problem(tmp_path: Path) -> None:
    def with_dates(frames: Tables) -> None:
        start = pd.Timestamp("2024-01-10")
        ends = start + pd.to_timedelta((frames["adtte"]["AVAL"] * 30.4375).round(), "D")
        frames["adtte"] = frames["adtte"].assign(STARTDT=start, ADT=ends)

    assert check(tmp_path, with_dates).problems == ()


def test_text_beyond_ascii_is_named_and_kept(tmp_path: Path) -> None:
    report = check(tmp_path, lambda t: t["adae"].loc.__setitem__((0, "AEDECOD"), "高血压"))
    problem = only(report, "adae", "AEDECOD")
    assert (problem.severity, problem.found, problem.rows) == ("note", "'高血压'", (1,))


def test_lost_characters_are_a_warning(tmp_path: Path) -> None:
    report = check(tmp_path, lambda t: t["adae"].loc.__setitem__((0, "AEDECOD"), "Na\ufffdsea"))
    assert only(report, "adae", "AEDECOD").severity == "warning"


def test_control_characters_reach_the_terminal_escaped(tmp_path: Path) -> None:
    report = check(tmp_path, lambda t: t["adsl"].loc.__setitem__((0, "SEX"), "\x1b[31mM"))
    assert "\x1b" not in str(report)


def test_a_parameter_nobody_declared_is_noted_and_its_values_left_alone(tmp_path: Path) -> None:
    def further(frames: Tables) -> None:
        other = frames["adtte"].iloc[[0]].assign(PARAMCD="LAGDAYS", AVAL=-5, CNSR=None, AVALU="DAYS")
        frames["adtte"] = pd.concat([frames["adtte"], other])

    report = check(tmp_path, further)
    problem = only(report, "adtte", "PARAMCD")
    assert (problem.severity, problem.found, problem.rows) == ("note", "'LAGDAYS'", (7,))
    assert report.usable


def test_a_declared_parameter_without_rows_makes_its_endpoint_unusable(tmp_path: Path) -> None:
    def declare(entries: dict[str, Any]) -> None:
        entries["endpoints"]["EFS"] = entries["endpoints"]["OS"]

    report = check_folder(write_trial(tmp_path, change_yml=declare))
    assert only(report, "adtte", "PARAMCD").severity == "warning"
    assert {one.name: one.usable for one in report.available if one.kind == "endpoint"} == {"OS": True, "EFS": False}


def test_a_flag_or_baseline_column_adsl_lacks_is_named(tmp_path: Path) -> None:
    report = check(tmp_path, lambda t: t.update(adsl=t["adsl"].drop(columns=["SAFFL", "AGE"])))
    assert "populations.SAF.flag" in only(report, "adsl", "SAFFL").message
    assert "baseline.AGE" in only(report, "adsl", "AGE").message
    [safety] = [one for one in report.available if one.name == "SAF"]
    assert not safety.usable
    assert safety.why == "population SAF goes by SAFFL, which adsl lacks"


def test_resection_flag_and_procedures_must_agree(tmp_path: Path) -> None:
    def disagree(frames: Tables) -> None:
        frames["adsl"]["RESFL"] = ["N", "Y", "N", "Y", "N", "N"]

    found = {p.found: p.message for p in check(tmp_path, disagree).problems if p.column == "RESFL"}
    assert found["'S2'"].startswith("Y, but adpr has no RESECTION")
    assert found["'S1'"].startswith("N, but adpr has a RESECTION")


def test_a_table_in_two_files_and_one_in_a_strange_format_are_named(tmp_path: Path) -> None:
    folder = write_trial(tmp_path)
    write_table(tables()["adae"], folder / "ADAE.parquet")
    (folder / "adsl.xlsx").write_bytes(b"PK")
    report = check_folder(folder)
    assert only(report, "adae").found == "ADAE.parquet, adae.csv"
    assert only(report, "adsl").message == "adsl.xlsx is not read"
    assert "adae" not in report.usable_tables
    assert "adsl" in report.usable_tables


def test_tables_that_are_not_wanted_are_not_looked_at(tmp_path: Path) -> None:
    folder = write_trial(tmp_path)
    (folder / "adae.csv").write_text("nonsense")
    assert any(error.table == "adae" for error in check_folder(folder).errors)
    report = check_folder(folder, {"adsl", "adtte"})
    assert report.errors == ()
    assert set(report.usable_tables) == {"adsl", "adtte"}
    assert all(one.usable for one in report.available if one.kind == "endpoint")


def test_without_adsl_nothing_is_usable_and_it_says_so(tmp_path: Path) -> None:
    folder = write_trial(tmp_path)
    (folder / "adsl.csv").unlink()
    report = check_folder(folder)
    assert only(report, "adsl").severity == "error"
    assert not any(one.usable for one in report.available)


def test_a_malformed_trial_yml_is_reported_with_the_tables_that_lie_there(tmp_path: Path) -> None:
    folder = write_trial(tmp_path)
    (folder / "trial.yml").write_text("idd: x\n")
    report = check_folder(folder)
    assert report.design is None
    assert not report.usable
    assert report.errors[0].message.startswith("unknown key 'idd' (did you mean 'id'?)")
    assert "not looked at" in str(report)
    assert "Mend trial.yml first" in str(report)


def test_recoding_and_renaming_bring_a_foreign_table_into_shape(tmp_path: Path) -> None:
    def foreign(frames: Tables) -> None:
        frames["adrs"] = frames["adrs"].rename(columns={"AVALC": "RESPONSE"})
        frames["adrs"]["RESPONSE"] = frames["adrs"]["RESPONSE"].replace({"PR": "Partial", "NE": None})

    def explain(entries: dict[str, Any]) -> None:
        entries["columns"] = {"adrs": {"AVALC": "RESPONSE"}}
        entries["values"] = {"adrs": {"AVALC": {"Partial": "PR", "": "NE"}}}

    assert check(tmp_path, foreign, change_yml=explain).problems == ()


def test_a_renaming_or_recoding_that_fits_nothing_is_named(tmp_path: Path) -> None:
    def explain(entries: dict[str, Any]) -> None:
        entries["columns"] = {"adsl": {"WEIGHTBL": "WIEGHT"}}
        entries["values"] = {"adsl": {"SEX": {"Male": "M"}, "SEXX": {"Male": "M"}}}

    report = check_folder(write_trial(tmp_path, change_yml=explain))
    assert "which the file lacks" in only(report, "adsl", "WEIGHTBL").message
    assert only(report, "adsl", "SEX").message == "trial.yml recodes 'Male', which does not occur"
    assert "(did you mean 'SEX'?)" in only(report, "adsl", "SEXX").message


def test_many_rows_are_counted_and_the_first_few_named(tmp_path: Path) -> None:
    problem = only(check(tmp_path, lambda t: t["adsl"].__setitem__("SEX", list("UUXUUU"))), "adsl", "SEX")
    assert (problem.rows, problem.count, problem.found) == ((1, 2, 3, 4, 5), 6, "'U' (5), 'X'")
    assert "rows 1, 2, 3, 4, 5, ... (6 rows)" in str(problem)


def test_twenty_thousand_subjects_are_checked_in_seconds(tmp_path: Path) -> None:
    def many(frames: Tables) -> None:
        n = 20_000
        ids = [f"S{i:05}" for i in range(n)]
        for name, frame in frames.items():
            per_subject = {"adsl": 1, "adtte": 1, "adim": 2}.get(name, 4)
            rows = frame.iloc[np.resize(np.arange(len(frame)), n * per_subject)].reset_index(drop=True)
            rows["USUBJID"] = np.repeat(ids, per_subject)
            for sequence in {"AVISITN", "AESEQ", "PRSEQ"} & set(rows):
                rows[sequence] = np.tile(np.arange(per_subject), n)
            frames[name] = rows
        frames["adsl"]["TRT01P"] = frames["adsl"]["TRT01A"] = np.resize(["A", "B"], n)
        frames["adsl"]["SEX"] = "U"

    folder = write_trial(tmp_path, many)
    begun = time.perf_counter()
    report = check_folder(folder)
    assert time.perf_counter() - begun < 20
    assert only(report, "adsl", "SEX").count == 20_000
    assert report.usable_tables == TABLES


@pytest.mark.parametrize(
    ("column", "known", "strange", "counts"),
    [
        ("AEREL", "Possibly related", "MAYBE", "counts as related"),
        ("AEACN", "Drug withdrawn", "STOPPED", "counts as not leading to discontinuation"),
        ("AEOUT", "FATAL", "DIED", "counts as neither fatal nor resolved"),
        ("AESEV", "SEVERE", "LIFE THREATENING", "counts as no grade where AETOXGR has none"),
        ("AESER", "Y", "Yes", "counts as not serious"),
        ("TRTEMFL", "Y", "yes", "counts as not treatment-emergent"),
    ],
)
def test_words_of_adverse_events_that_the_pages_do_not_know_are_named_with_what_they_count_as(
    tmp_path: Path, column: str, known: str, strange: str, counts: str
) -> None:
    report = check(tmp_path, lambda t: t["adae"].insert(0, column, [known, strange, ""]))
    problem = only(report, "adae", column)
    assert (problem.rows, problem.severity, problem.found) == ((2,), "warning", repr(strange))
    assert problem.message.endswith(f": {counts}")
    assert f"values.adae.{column}" in problem.legal
    assert "adae" in report.usable_tables


def test_the_words_the_check_knows_of_a_relation_are_those_the_pages_know() -> None:
    assert tables_of_the_book()["adae"].columns["AEREL"].expected == (*RELATED, *UNRELATED)
    assert {WITHDRAWN, "FATAL", *RESOLVED} <= {
        word for one in ("AEACN", "AEOUT") for word in tables_of_the_book()["adae"].columns[one].expected
    }


def test_builders_give_a_fresh_trial_each_time() -> None:
    trial_yml()["arms"].clear()
    assert len(trial_yml()["arms"]) == 2


def test_an_event_that_was_not_coded_is_named_and_kept(tmp_path: Path) -> None:
    report = check(tmp_path, lambda t: t["adae"].loc.__setitem__((0, "AEDECOD"), "  "))
    assert "no preferred term: counted among all events" in only(report, "adae", "AEDECOD").message
    assert "adae" in report.usable_tables
