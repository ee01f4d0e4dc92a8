"""Curves as a reader's files hold them: what is read from which, and the one line that ends what cannot be."""

from pathlib import Path

import pytest

from lentap.adam.readings import read_curves
from lentap.errors import DataError

CURVE = "time,survival\n0,1\n5,0.8\n10,0.6\n"
TABLE = "time,at_risk\n0,50\n5,38\n"


def put(folder: Path, **files: str) -> str:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return str(folder)


def test_a_folder_holds_a_file_an_arm_with_its_numbers_at_risk(tmp_path: Path) -> None:
    arms = read_curves(put(tmp_path, A=CURVE, A_at_risk=TABLE, B=CURVE, B_at_risk=TABLE))
    assert list(arms) == ["A", "B"]
    assert arms["A"].survival == (1.0, 0.8, 0.6)
    assert arms["B"].at_risk_time == (0.0, 5.0)
    assert arms["B"].at_risk == (50.0, 38.0)
    assert arms["A"].total_events is None


def test_one_file_holds_all_arms_and_another_their_numbers_at_risk(tmp_path: Path) -> None:
    put(tmp_path, curve="t,S,Arm\n0,1,New\n9,0.5,New\n0,1,Old\n8,0.4,Old\n")
    put(tmp_path, risk="arm,time,at_risk,total_events\nOld,0,30,20\nOld,6,22,\nNew,0,31,\n")
    arms = read_curves(str(tmp_path / "curve.csv"), str(tmp_path / "risk.csv"))
    assert {arm: one.at_risk for arm, one in arms.items()} == {"New": (31.0,), "Old": (30.0, 22.0)}
    assert {arm: one.total_events for arm, one in arms.items()} == {"New": None, "Old": 20}


def test_numbers_at_risk_of_the_only_arm_need_no_name(tmp_path: Path) -> None:
    assert read_curves(put(tmp_path, A=CURVE, printed=TABLE))["A"].at_risk == (50.0, 38.0)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, r"no file of readings; legal: CSV files with columns time and survival"),
        ({"A": "month,alive\n0,1\n"}, r"A\.csv: its columns are month, alive; legal: columns time and survival"),
        ({"A": "0,1\n5,0.8\n"}, r"A\.csv: its first line is 0, 1; legal: columns time and survival"),
        ({"A": "time,survival,at_risk\n0,1,50\n"}, r"A\.csv: its columns are .*; legal"),
        ({"A": "time,survival\n"}, r"A\.csv: no row below its first line; legal: a row"),
        ({"A": "time,survival\n0,1\n5,high\n"}, r"A\.csv, row 2: survival is 'high'; legal: a number"),
        ({"A": "time,survival\n0,1\n5\n"}, r"A\.csv: cannot be read as csv: row 2 has 1 fields"),
        ({"A": ""}, r"A\.csv: the file is empty"),
        ({"A": CURVE}, r"A\.csv: arm 'A' has no numbers at risk; legal: a file with columns time, at_risk"),
        ({"A": CURVE, "B": CURVE, "C_at_risk": TABLE}, r"numbers at risk of 'C'.*; legal: arms that were read: A, B"),
        ({"A": CURVE, "A_at_risk": TABLE, "A-at-risk": TABLE}, r"numbers at risk of 'A' stand in .* already; legal"),
        ({"A": CURVE, "B": "time,survival,arm\n0,1,A\n"}, r"B\.csv: arm 'A' was read from .*A\.csv already; legal"),
        ({"A": CURVE, "A_at_risk": "time,at_risk,total_events\n0,50,9.5\n"}, r"total_events of 'A' is 9\.5; legal"),
    ],
)
def test_what_cannot_be_read_is_named_with_what_would_be_legal(tmp_path: Path, files: dict, said: str) -> None:
    with pytest.raises(DataError, match=said) as error:
        read_curves(put(tmp_path, **files))
    assert "\n" not in str(error.value)


def test_what_is_no_csv_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "curve.xlsx").write_bytes(b"PK")
    with pytest.raises(DataError, match=r"curve\.xlsx: not a CSV file; legal"):
        read_curves(str(tmp_path / "curve.xlsx"))
