"""A trial.yml proposed from tables that go by names of their own."""

from pathlib import Path

import pytest

from lentap.adam.other_names import other_name
from lentap.adam.propose import propose

ADSL = """Patient No.;Treatment Arm;Sex (m/f);Age at entry;Stage
1;A;m;61;C
2;B;f;55;B
3;A;m;70;C
"""
ADTTE = """Patient No.;Endpoint;Days to death/censor
1;OS;300
2;OS;120
"""


def test_columns_under_other_names_are_mapped_and_the_arms_found(tmp_path: Path) -> None:
    (tmp_path / "adsl.csv").write_text(ADSL, encoding="utf-8")
    (tmp_path / "adtte.csv").write_text(ADTTE, encoding="utf-8")
    found = propose(tmp_path)
    assert found["columns"]["adsl"] == {
        "USUBJID": "Patient No.",
        "TRT01P": "Treatment Arm",
        "SEX": "Sex (m/f)",
        "AGE": "Age at entry",
    }
    assert found["columns"]["adtte"] == {
        "USUBJID": "Patient No.",
        "PARAMCD": "Endpoint",
        "AVAL": "Days to death/censor",
    }
    assert [arm["name"] for arm in found["arms"]] == ["A", "B"]
    assert list(found["endpoints"]) == ["OS"]
    assert set(found["baseline"]) == {"AGE", "SEX"}


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("USUBJID", "subject_id"),
        ("USUBJID", "ID"),
        ("TRT01P", "randomised group"),
        ("AGE", "age (years)"),
        ("SEX", "Gender"),
    ],
)
def test_a_name_is_known_whatever_stands_between_its_letters(column: str, name: str) -> None:
    assert other_name(column, ["stage", name]) == name


def test_a_similar_word_stands_for_what_is_needed_only() -> None:
    assert other_name("AGE", ["Stage"], similar=False) == ""
    assert other_name("CNSR", ["CNSOR"]) == "CNSOR"
