from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from lentap.adam import MissingTable, dictionary, load_trial
from lentap.adam.rules import DAYS
from lentap.adam.schemas import tables as schemas
from lentap.design import TABLES, load_design
from lentap.errors import DataError
from lentap.show.record.context_trial import own_findings
from lentap.show.record.outcomes import Outcomes
from tests.adam.builders import Tables, write_trial


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_trial(tmp_path / "tiny")


def test_only_the_tables_asked_for_are_read(tiny: Path) -> None:
    (tiny / "adrs.csv").write_bytes(b"\x00")
    trial = load_trial(str(tiny), "adsl", "adtte")
    assert trial.tables == ("adsl", "adtte")
    assert trial.source == "synthetic"
    with pytest.raises(DataError, match="table adrs was not loaded; name it in load_trial"):
        _ = trial.adrs
    with pytest.raises(AttributeError):
        _ = trial.adxx


def test_a_missing_table_is_named_with_what_is_there(tiny: Path) -> None:
    (tiny / "adpr.csv").unlink()
    (tiny / "adim.csv").unlink()
    with pytest.raises(MissingTable) as caught:
        load_trial(str(tiny), "adsl", "adpr", "adim")
    assert caught.value.tables == ("adpr", "adim")
    assert "no table adpr and adim; it holds adsl, adtte, adrs, adae" in str(caught.value)


def test_an_optional_table_may_be_missing_but_not_broken(tiny: Path) -> None:
    (tiny / "adpr.csv").unlink()
    assert load_trial(str(tiny), "adsl", optional=("adpr", "adrs")).tables == ("adsl", "adrs")
    (tiny / "adrs.csv").write_bytes(b"\x00")
    with pytest.raises(DataError, match=r"adrs\.csv"):
        load_trial(str(tiny), "adsl", optional=("adpr", "adrs"))


def test_margins_are_numbers_by_name_of_a_result(tiny: Path) -> None:
    declared = (tiny / "trial.yml").read_text(encoding="utf-8")
    (tiny / "trial.yml").write_text(f"{declared}margins:\n  a.b: 0.8\n", encoding="utf-8")
    assert load_design(tiny).margins == {"a.b": 0.8}
    (tiny / "trial.yml").write_text(f"{declared}margins:\n  a.b: about one\n  a.c: inf\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"margins\.a\.b is 'about one'; legal: a number"):
        load_design(tiny)


def test_an_unknown_table_is_refused_with_the_nearest(tiny: Path) -> None:
    with pytest.raises(DataError, match=r"no table 'adslx' \(did you mean 'adsl'\?\); legal: adsl, adtte"):
        load_trial(str(tiny), "adslx")


def test_every_error_is_listed_and_warnings_are_kept_with_the_trial(tmp_path: Path) -> None:
    def spoil(frames: Tables) -> None:
        frames["adsl"].loc[1, "SEX"] = "U"
        frames["adtte"].loc[0, "AVAL"] = -1
        frames["adtte"].loc[1, "CNSR"] = -1

    folder = str(write_trial(tmp_path, spoil))
    with pytest.raises(DataError) as caught:
        load_trial(folder, "adsl", "adtte")
    assert "2 errors" in str(caught.value)
    assert "adtte.AVAL: row 1; not a legal value; found -1; legal: a number of 0 or more" in str(caught.value)
    assert "adsl.SEX" not in str(caught.value)
    trial = load_trial(folder, "adsl")
    assert [p.place for p in trial.problems] == ["adsl.SEX"]
    assert trial.adsl["SEX"].tolist()[1] == "U"


def test_subjects_of_a_population_carry_their_arm_with_the_control_last(tmp_path: Path) -> None:
    def three_arms(entries: dict[str, Any]) -> None:
        entries["arms"] = [
            {"name": "B", "label": "Control", "role": "control"},
            {"name": "Z", "label": "Second", "role": "experimental"},
            {"name": "A", "label": "First", "role": "experimental"},
        ]

    def enrol(frames: Tables) -> None:
        frames["adsl"].loc[[1, 4], ["TRT01P", "TRT01A"]] = "Z"

    trial = load_trial(str(write_trial(tmp_path, enrol, change_yml=three_arms)), "adsl")
    arm = trial.subjects("ITT")["arm"]
    assert arm.cat.ordered
    assert list(arm.cat.categories) == ["Z", "A", "B"]
    assert arm.tolist() == ["A", "Z", "A", "B", "Z", "B"]


def test_a_population_goes_by_its_flag_and_its_arm_column(tmp_path: Path) -> None:
    def cross(frames: Tables) -> None:
        frames["adsl"].loc[0, "TRT01A"] = "B"
        frames["adsl"].loc[1, "ITTFL"] = "N"
        frames["adsl"].loc[2, "ITTFL"] = None

    trial = load_trial(str(write_trial(tmp_path, cross)), "adsl")
    assert trial.subjects("ITT")["USUBJID"].tolist() == ["S1", "S4", "S5", "S6"]
    assert trial.subjects("ITT")["arm"].tolist() == ["A", "B", "B", "B"]
    assert trial.subjects("SAF")["arm"].tolist() == ["B", "A", "A", "B", "B"]


def test_screen_failures_and_unknown_arms_are_in_no_population(tmp_path: Path) -> None:
    trial = load_trial(
        str(
            write_trial(
                tmp_path, lambda t: t["adsl"].__setitem__("TRT01P", ["A", "Screen Failure", "?", "B", "B", None])
            )
        ),
        "adsl",
    )
    assert len(trial.adsl) == 6
    assert trial.subjects("ITT")["USUBJID"].tolist() == ["S1", "S4", "S5"]
    assert sorted(p.severity for p in trial.problems if p.column == "TRT01P") == ["note", "warning", "warning"]


def test_an_unknown_population_or_endpoint_is_refused_with_the_legal_ones(tiny: Path) -> None:
    trial = load_trial(str(tiny), "adsl", "adtte")
    with pytest.raises(DataError, match=r"no population 'IT' \(did you mean 'ITT'\?\); legal: ITT, SAF"):
        trial.subjects("IT")
    with pytest.raises(DataError, match=r"no endpoint 'EFS'; legal: OS"):
        trial.time_to_event("EFS")


def test_time_to_event_takes_censoring_zero_for_an_event_and_everything_else_as_censored(tiny: Path) -> None:
    times = load_trial(str(tiny), "adsl", "adtte").time_to_event("OS")
    assert list(times) == ["USUBJID", "arm", "time", "event"]
    assert times["time"].tolist() == [12.0, 30.0, 24.0, 6.0, 9.5, 18.0]
    assert times["event"].tolist() == [False, True, False, True, True, False]
    assert times["event"].dtype == bool


def test_time_to_event_may_be_asked_for_another_population(tiny: Path) -> None:
    trial = load_trial(str(tiny), "adsl", "adtte")
    assert trial.time_to_event("OS", population="SAF")["USUBJID"].tolist() == ["S1", "S2", "S3", "S4", "S5"]


def test_rows_of_other_parameters_and_unknown_subjects_do_not_enter_a_time(tmp_path: Path) -> None:
    def further(frames: Tables) -> None:
        rows = frames["adtte"].iloc[[0, 1]].assign(PARAMCD=["PFS", "OS"], USUBJID=["S1", "X"])
        frames["adtte"] = pd.concat([frames["adtte"], rows])

    trial = load_trial(str(write_trial(tmp_path, further)), "adsl", "adtte")
    assert len(trial.adtte) == 8
    assert len(trial.time_to_event("OS")) == 6


def test_resection_is_the_first_in_the_procedures(tiny: Path) -> None:
    resected = load_trial(str(tiny), "adsl", "adpr").resected("ITT")
    assert resected["resected"].tolist() == [True, False, False, True, False, False]
    assert resected["resection_day"].tolist()[::3] == [120.0, 90.0]
    assert resected["resection_day"].isna().sum() == 4


def test_a_resection_before_day_1_is_history_everywhere(tmp_path: Path) -> None:
    def earlier(frames: Tables) -> None:
        rows = {"USUBJID": ["S1", "S2"], "PRCAT": "RESECTION", "PRSEQ": 5, "ASTDY": [-40, -1]}
        frames["adpr"] = pd.concat([frames["adpr"], pd.DataFrame(rows)], ignore_index=True)

    trial = load_trial(str(write_trial(tmp_path / "t", earlier)), "adsl", "adpr", "adtte")
    resected = trial.resected("ITT").set_index("USUBJID")
    assert resected.index[resected["resected"]].tolist() == ["S1", "S4"]
    assert resected.loc["S1", "resection_day"] == 120
    times = trial.time_to_resection("OS").set_index("USUBJID")["resection"].dropna()
    assert times.to_dict() == pytest.approx({"S1": 120 / DAYS["months"], "S4": 90 / DAYS["months"]})
    found = Outcomes(trial, "SLR").of({"population": "ITT", "definition": "any", "window": "all"})
    assert found.loc[found["event"], "USUBJID"].tolist() == ["S1", "S4"]
    counts = {row.arm: row.counts for row in own_findings(trial, "resection", "ITT", level=0.95).rows}
    assert counts == {"A": "1/3", "B": "1/3"}
    assert not [problem for problem in trial.problems if problem.column == "RESFL"]
    [told] = [problem for problem in trial.problems if problem.table == "adpr"]
    assert (told.severity, told.column) == ("note", "ASTDY")
    assert "history" in told.message


def test_a_resection_without_a_day_counts(tiny: Path) -> None:
    trial = load_trial(str(tiny), "adsl", "adpr")
    undated = trial.adpr.assign(ASTDY=[1, None, 90, None])
    resected = replace(trial, frames={**trial.frames, "adpr": undated}).resected("ITT")
    assert resected["resected"].tolist() == [True, False, False, True, False, False]


def test_the_dictionary_has_every_column_with_a_meaning_and_what_is_legal() -> None:
    columns = dictionary()
    assert list(columns) == ["table", "column", "meaning", "type", "unit", "required", "legal"]
    assert tuple(columns["table"].unique()) == TABLES
    assert not columns.duplicated(["table", "column"]).any()
    assert (columns["meaning"] != "").all()
    assert set(columns["type"]) == {"text", "number", "integer", "date"}
    assert (columns["legal"] != "").all()
    of = columns.set_index(["table", "column"])
    assert of.loc[("adae", "AETOXGR"), "legal"] == "a whole number from 1 to 5"
    assert of.loc[("adrs", "AVALC"), "legal"] == "CR | PR | SD | PD | NE"
    assert (of["required"] == "yes").groupby("table").sum().to_dict() == {
        "adae": 2,
        "adex": 4,
        "adim": 4,
        "adlb": 4,
        "adpr": 3,
        "adrs": 4,
        "adsl": 2,
        "adtr": 4,
        "adtte": 4,
    }


def test_keys_and_orders_of_the_schemas_name_columns_that_exist() -> None:
    for table in schemas().values():
        assert {*table.key, *table.apart, *(name for pair in table.order for name in pair)} <= set(table.columns)


def test_a_population_can_ask_for_words_in_columns(tmp_path: Path) -> None:
    women = {"label": "Women at two sites", "where": {"SEX": "F", "SITEID": ["007", "012"]}}
    write_trial(tmp_path, change_yml=lambda design: design["populations"].update(WOMEN=women))
    trial = load_trial(str(tmp_path), "adsl")
    found = trial.subjects("WOMEN")
    assert set(found["SEX"]) == {"F"}
    assert set(found["USUBJID"]) == set(trial.subjects("ITT").query("SEX == 'F'")["USUBJID"])


def test_a_population_that_asks_for_a_column_adsl_lacks_is_named(tmp_path: Path) -> None:
    stage = {"label": "Stage C", "where": {"BCLC": "C"}}
    write_trial(tmp_path, change_yml=lambda design: design["populations"].update(STAGE=stage))
    with pytest.raises(DataError, match="population STAGE goes by BCLC, which adsl lacks"):
        load_trial(str(tmp_path), "adsl").subjects("STAGE")


def test_follow_up_can_be_cut_for_everyone(tmp_path: Path) -> None:
    write_trial(tmp_path)
    trial = load_trial(str(tmp_path), "adsl", "adtte")
    whole = trial.time_to_event("OS")
    longest = float(whole["time"].median())
    cut = trial.time_to_event("OS", longest=longest)
    assert cut["time"].max() == longest
    later = whole["time"] > longest
    assert not cut.loc[later, "event"].any()
    assert cut.loc[~later].equals(whole.loc[~later])
