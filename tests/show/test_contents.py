from dataclasses import fields
from pathlib import Path

import pandas as pd

from lentap.adam import dictionary, load_trial
from lentap.design import TABLES, Endpoint
from lentap.show.contents import (
    STATEMENTS,
    assumption_list,
    contents_points,
    contents_table,
    dictionary_table,
    endpoint_table,
)
from tests.adam.builders import write_trial


def test_the_points_name_subjects_arms_and_tables_that_are_absent(tmp_path: Path) -> None:
    trial = load_trial(str(write_trial(tmp_path)), "adsl", "adtte")
    first, second, *rest = contents_points(trial)
    assert first == "**A tiny trial** has 6 subjects in its subject table: 3 in A and 3 in B."
    assert second.startswith(f"Its tables are adsl and adtte. There is no {' and no '.join(TABLES[2:])};")
    assert rest == ["", ""]


def test_subjects_in_no_declared_arm_are_counted_in_the_points(tmp_path: Path) -> None:
    folder = write_trial(tmp_path, lambda t: t["adsl"].loc.__setitem__((0, "TRT01P"), "Screen Failure"))
    assert contents_points(load_trial(str(folder), "adsl"))[0].endswith(
        "2 in A and 3 in B, and 1 in no arm of trial.yml."
    )


def test_every_field_of_an_endpoint_has_a_heading() -> None:
    assert {*STATEMENTS, "name", "label"} == {field.name for field in fields(Endpoint)}


def test_the_contents_count_rows_and_subjects(tmp_path: Path) -> None:
    trial = load_trial(str(write_trial(tmp_path)), "adsl", "adrs")
    rows = contents_table(trial, source=trial.source).frame.set_index("Table")
    assert rows.loc["adrs", ["Rows", "Subjects"]].tolist() == ["12", "6"]
    assert rows.loc["adtte", ["Rows", "Subjects"]].tolist() == ["absent", ""]


def test_every_statement_of_an_endpoint_is_shown(tmp_path: Path) -> None:
    design = load_trial(str(write_trial(tmp_path)), "adsl").design
    table = endpoint_table(design, source="yours")
    assert table.frame.set_index("Statement")["What trial.yml says"].to_dict() == {
        "Unit": "months",
        "Population": "ITT",
        "Time runs from": "enrolment",
        "Event": "death",
        "Censored": "last day known alive",
        "Resection": "counts on",
        "Crossover": "counts on",
        "New therapy": "counts on",
    }
    assert "Your data" in table._repr_html_()


def test_the_dictionary_shows_every_column_and_no_badge() -> None:
    table = dictionary_table()
    assert len(table.frame) == len(dictionary())
    assert "CR | PR | SD | PD | NE" in table._repr_html_()
    assert "lentap-badge" not in table._repr_html_()


def test_assumptions_stand_under_the_first_word_of_their_key() -> None:
    given = pd.DataFrame(
        {"key": ["a.b.c", "a.d"], "value": ["1", "2"], "source": ["assumption", "x"], "why": ["", "y"]}
    )
    frame = assumption_list(given, source="synthetic").frame
    assert frame["Key"].tolist() == ["b.c", "d"]
    assert frame["Group"].tolist() == ["a", "a"]
