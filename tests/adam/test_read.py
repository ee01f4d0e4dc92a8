import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from lentap.adam import check_folder, load_trial
from lentap.adam.read import read_table
from lentap.design import TABLES
from lentap.errors import DataError
from tests.adam.builders import Tables, tables, write_table, write_trial

DATES = ["2024-01-15", None, "1960-01-01", "2099-12-31", "2000-02-29", "1900-01-01"]


def adsl(folder: Path) -> pd.DataFrame:
    return load_trial(str(folder), "adsl").adsl


def test_every_format_gives_the_same_frames(tmp_path: Path) -> None:
    def typed(frames: Tables) -> None:
        frames["adsl"]["ENRLDT"] = pd.to_datetime(frames["adsl"]["ENRLDT"])

    names = tuple(tables())
    loaded = {
        suffix: load_trial(str(write_trial(tmp_path / suffix[1:], typed, suffix=suffix)), *names)
        for suffix in (".csv", ".parquet", ".xpt")
    }
    for name in names:
        for suffix in (".parquet", ".xpt"):
            pd.testing.assert_frame_equal(loaded[".csv"].frames[name], loaded[suffix].frames[name])


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(DATES, id="ISO text"),
        pytest.param([f"{d}T10:30:00" if d else "" for d in DATES], id="ISO text with a time"),
        pytest.param([d.replace("-", "") if d else "" for d in DATES], id="basic ISO text"),
        pytest.param([pd.Timestamp(d).strftime("%d%b%Y").upper() if d else "." for d in DATES], id="DATE9 text"),
        pytest.param([datetime.date.fromisoformat(d) if d else None for d in DATES], id="dates"),
        pytest.param([pd.Timestamp(d) if d else pd.NaT for d in DATES], id="timestamps"),
        pytest.param([pd.Timestamp(d, tz="UTC") if d else pd.NaT for d in DATES], id="timestamps with a time zone"),
        pytest.param(
            [(pd.Timestamp(d) - pd.Timestamp("1960-01-01")).days if d else None for d in DATES], id="SAS days"
        ),
        pytest.param(
            [(pd.Timestamp(d) - pd.Timestamp("1960-01-01")).total_seconds() if d else None for d in DATES],
            id="SAS seconds",
        ),
    ],
)
def test_a_date_is_read_however_it_is_written(tmp_path: Path, written: list[Any]) -> None:
    frame = tables()["adsl"].assign(ENRLDT=written).drop(columns=["TRTSDT", "TRTEDT"])
    folder = write_trial(tmp_path, lambda t: t.update(adsl=frame), suffix=".parquet")
    expected = pd.Series(pd.to_datetime(DATES), name="ENRLDT")
    pd.testing.assert_series_equal(adsl(folder)["ENRLDT"], expected)


def test_sas_numbers_are_read_as_dates_from_csv_and_said(tmp_path: Path) -> None:
    folder = write_trial(
        tmp_path, lambda t: t["adsl"].__setitem__("ENRLDT", [23385, 23386.0, 23387, 23388, 23389, None])
    )
    assert adsl(folder)["ENRLDT"].iloc[0] == pd.Timestamp("2024-01-10")
    [note] = check_folder(folder).problems
    assert (note.severity, note.message) == ("note", "SAS day numbers, read as dates from 2024-01-10 to 2024-01-14")


def test_sas_formats_turn_further_columns_into_dates_too(tmp_path: Path) -> None:
    frame = tables()["adsl"].assign(VISDT=[0.0, 1, np.nan, 23385, 23386, 23387], VISDTM=86_400.0 * 23385 + 3600)
    folder = write_trial(tmp_path)
    (folder / "adsl.csv").unlink()
    pyreadstat.write_xport(
        *(frame, folder / "adsl.xpt"),
        variable_format={"VISDT": "DATE9.", "VISDTM": "DATETIME20."},
        file_format_version=5,
    )
    read = adsl(folder)
    assert read["VISDT"].tolist()[:2] == [pd.Timestamp("1960-01-01"), pd.Timestamp("1960-01-02")]
    assert read["VISDT"].isna().tolist() == [False, False, True, False, False, False]
    assert (read["VISDTM"] == pd.Timestamp("2024-01-10")).all()


def test_a_transport_files_zero_is_zero(tmp_path: Path) -> None:
    folder = write_trial(tmp_path, lambda t: t["adtte"].loc.__setitem__((0, "AVAL"), 0.0), suffix=".xpt")
    assert load_trial(str(folder), "adtte").adtte["AVAL"].iloc[0] == 0.0


def test_text_of_digits_stays_text_in_csv(tmp_path: Path) -> None:
    folder = write_trial(tmp_path, lambda t: t["adsl"].insert(1, "CENTRE", t["adsl"]["SITEID"]))
    read = adsl(folder)
    assert read["SITEID"].tolist()[:3] == ["007", "007", "012"]
    assert read["CENTRE"].tolist()[:3] == ["007", "007", "012"]


def test_further_columns_of_plain_numbers_are_numbers_in_csv(tmp_path: Path) -> None:
    folder = write_trial(tmp_path, lambda t: t["adsl"].insert(1, "BMIBL", [21.5, 30, None, 25, 19.9, -1e-3]))
    assert adsl(folder)["BMIBL"].dtype == float
    assert adsl(folder)["BMIBL"].isna().sum() == 1


def test_blank_text_is_missing_and_outer_blanks_go(tmp_path: Path) -> None:
    folder = write_trial(tmp_path, lambda t: t["adsl"].__setitem__("PD1", ["", "  ", " sintilimab ", "x", "NA", None]))
    assert adsl(folder)["PD1"].tolist() == [None, None, "sintilimab", "x", "NA", None]


def test_numbers_and_truth_values_become_text_where_text_is_meant(tmp_path: Path) -> None:
    def as_values(frames: Tables) -> None:
        frames["adsl"] = frames["adsl"].assign(SITEID=[7.0, 7, 12, 12, 7, None], RESFL=frames["adsl"]["RESFL"] == "Y")

    folder = write_trial(tmp_path, as_values, suffix=".parquet")
    assert adsl(folder)["SITEID"].tolist() == ["7", "7", "12", "12", "7", None]
    assert adsl(folder)["RESFL"].tolist() == ["Y", "N", "N", "Y", "N", "N"]


def test_whole_numbers_are_integers_where_none_is_missing(tmp_path: Path) -> None:
    def grades(frames: Tables) -> None:
        frames["adae"]["ASTDY"] = [1, None, 3]

    read = load_trial(str(write_trial(tmp_path, grades)), "adae").adae
    assert read["AETOXGR"].dtype == "int64"
    assert read["ASTDY"].dtype == "float64"


def test_categories_and_nested_values_in_parquet_do_no_harm(tmp_path: Path) -> None:
    def strange(frames: Tables) -> None:
        frames["adsl"]["SEX"] = frames["adsl"]["SEX"].astype("category")
        frames["adsl"]["LISTS"] = [[1], [2], None, [], [1], [1]]
        frames["adsl"]["FAR"] = np.datetime64("9999-12-31", "s")

    assert check_folder(write_trial(tmp_path, strange, suffix=".parquet")).problems == ()


def test_an_index_written_by_pandas_comes_back_as_a_column(tmp_path: Path) -> None:
    folder = write_trial(tmp_path, suffix=".parquet")
    tables()["adsl"].set_index("USUBJID").to_parquet(folder / "adsl.parquet")
    assert adsl(folder)["USUBJID"].tolist() == [f"S{n}" for n in range(1, 7)]


def test_semicolons_a_byte_order_mark_and_windows_letters_are_read_and_said(tmp_path: Path) -> None:
    folder = write_trial(tmp_path, lambda t: t["adsl"].__setitem__("PD1", "Präparat"))
    text = (folder / "adsl.csv").read_text(encoding="utf-8").replace(",", ";")
    (folder / "adsl.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert adsl(folder)["PD1"].unique().tolist() == ["Präparat"]
    (folder / "adsl.csv").write_bytes(text.encode("cp1252"))
    assert adsl(folder)["PD1"].unique().tolist() == ["Präparat"]
    notes = [p.message for p in check_folder(folder).problems if not p.column]
    assert notes == [
        "adsl.csv: not UTF-8 (line 2), read as Windows-1252: look at the accented letters",
        "adsl.csv: columns are separated by ';' instead of a comma",
    ]


def test_windows_letters_in_a_transport_file_are_read_and_said(tmp_path: Path) -> None:
    folder = write_trial(tmp_path, lambda t: t["adsl"].__setitem__("PD1", "Praparat"), suffix=".xpt")
    file = folder / "adsl.xpt"
    file.write_bytes(file.read_bytes().replace(b"Praparat", b"Pr\xe4parat"))
    assert adsl(folder)["PD1"].unique().tolist() == ["Präparat"]
    assert any("Windows-1252" in p.message for p in check_folder(folder).problems)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".xpt", ".sas7bdat"])
@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02nonsense" * 50], ids=["empty", "nonsense"])
def test_a_damaged_file_is_named_and_the_other_tables_stay_usable(tmp_path: Path, suffix: str, content: bytes) -> None:
    folder = write_trial(tmp_path)
    (folder / "adae.csv").unlink()
    (folder / f"adae{suffix}").write_bytes(content)
    report = check_folder(folder)
    [error] = report.errors
    assert error.table == "adae"
    assert f"adae{suffix}" in error.message
    assert report.usable_tables == tuple(table for table in TABLES if table != "adae")


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".xpt"])
def test_a_truncated_file_is_an_error(tmp_path: Path, suffix: str) -> None:
    folder = write_trial(tmp_path, suffix=suffix)
    file = folder / f"adrs{suffix}"
    content = file.read_bytes()
    file.write_bytes(content[: -len(b"6,OVRR11,2,SD\n")] if suffix == ".csv" else content[:-100])
    assert [error.table for error in check_folder(folder).errors] == ["adrs"]


def test_a_transport_file_cut_at_a_record_within_a_row_is_an_error(tmp_path: Path) -> None:
    frame = pd.DataFrame({"USUBJID": [f"S{n:098}" for n in range(20)], "AVAL": 1.0})
    write_table(frame, tmp_path / "adtte.xpt")
    content = (tmp_path / "adtte.xpt").read_bytes()
    (tmp_path / "adtte.xpt").write_bytes(content[: len(content) // 160 * 80 + 800])
    with pytest.raises(DataError, match="truncated within row"):
        read_table(tmp_path / "adtte.xpt")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\n \n", "the file is empty"),
        ("USUBJID,AEDECOD\nS1,Rash,extra\n", "row 1 has 3 fields where the header has 2"),
        ("USUBJID,AEDECOD\nS1,Rash\n\nS2\n", "row 2 has 1 fields"),
        ('USUBJID,AEDECOD\nS1,Rash\nS2,"Rash\nS3,Rash\n', "line 3: unexpected end of data"),
        ("USUBJID,AEDECOD,AEDECOD\nS1,Rash,Rash\n", "column AEDECOD stands there more than once"),
    ],
)
def test_a_csv_that_does_not_add_up_is_an_error_with_the_row(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "adae.csv").write_text(text)
    with pytest.raises(DataError, match=words):
        read_table(tmp_path / "adae.csv")


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_with_quotation_marks_and_the_same_without_give_the_same_words(
    tmp_path: Path, separator: str, ending: str
) -> None:
    words = [["A", "B", "C"], ["1", "", " é "], ["NA", "null", "x\u2028y"], ["", "", ""], ["true", "-", "'"]]
    read = []
    for mark in ("", '"'):
        lines = [separator.join(f"{mark}{word}{mark}" for word in row) for row in words]
        (tmp_path / "x.csv").write_bytes(ending.join([*lines[:2], "", *lines[2:]]).encode())
        read.append(read_table(tmp_path / "x.csv")[0])
    assert read[0].to_numpy().tolist() == words[1:]
    pd.testing.assert_frame_equal(*read)
    assert read[0].map(type).eq(str).all(axis=None)


def test_a_quoted_comma_and_a_quoted_line_break_are_text(tmp_path: Path) -> None:
    (tmp_path / "adae.csv").write_text('USUBJID,AEDECOD\nS1,"Rash, itchy"\n"S2","a\nb"\n')
    frame, remarks = read_table(tmp_path / "adae.csv")
    assert frame["AEDECOD"].tolist() == ["Rash, itchy", "a\nb"]
    assert remarks == []
