"""What can be taken away from a page: tables read back as they were written, and where the files lie."""

import csv
import io
import json
import re
import zipfile
from base64 import b64decode
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from docx import Document
from docx.document import Document as Word

from lentap.book.downloads import SHEET, Downloads
from lentap.book.figures import figure_html
from lentap.book.sheets import USE, Sheet, as_csv
from lentap.book.standalone import standalone
from lentap.book.tree import Tree
from lentap.book.word import as_docx
from lentap.show.table import Table

FRAME = pd.DataFrame(
    {
        "Event": ["Rash, mild", 'Pain "acute"', "Fever"],
        "A (n)": ["12", "1,234", "0"],
        "B (n)": ["\N{MINUS SIGN}3", "40.8 (25.2 to 53.8)", "not reached"],
        "Part": ["Skin # 1", "Skin # 1", "Rest"],
    }
)
TABLE = Table(
    FRAME,
    "events",
    "Events, by part",
    ("published", "synthetic"),
    groups="Part",
    spanners={"Arm": ["A (n)", "B (n)"]},
    notes=("n: patients.", "Of 71."),
)


def sheet(table: Table = TABLE) -> Sheet:
    return Sheet(**json.loads(SHEET.search(table._repr_html_())[1]))


def of_texts(*texts: object) -> Sheet:
    return Sheet("one", "One", ["yours"], ["Text"], [[text] for text in texts])


def read(file: bytes) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(file), comment="#")


def opened(docx: bytes) -> Word:
    return Document(io.BytesIO(docx))


def test_a_tables_csv_read_back_is_the_table_with_its_numbers_as_numbers() -> None:
    found = read(as_csv(sheet()))
    assert list(found) == ["Part", "Event", "Arm: A (n)", "Arm: B (n)"]
    assert found["Part"].tolist() == FRAME["Part"].tolist()
    assert found["Event"].tolist() == FRAME["Event"].tolist()
    assert found["Arm: A (n)"].tolist() == [12, 1234, 0]
    assert found["Arm: B (n)"].tolist() == ["-3", "40.8 (25.2 to 53.8)", "not reached"]


def test_a_csv_says_above_its_rows_what_it_is_and_what_for() -> None:
    lines = as_csv(sheet()).decode("utf-8-sig").splitlines()
    assert lines[:5] == [
        '#,Caption,"Events, by part"',
        '#,Kind of number,"Published, Synthetic"',
        "#,Note,n: patients.",
        "#,Note,Of 71.",
        '#,Use,"For research and teaching, not for treatment decisions."',
    ]


def test_excel_is_told_that_a_csv_is_utf_8() -> None:
    assert as_csv(of_texts("≥ 3")).startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    ("printed", "number"),
    [("-5.2", -5.2), ("+1", 1), ("\N{MINUS SIGN}0.04", -0.04), ("1,234,567.5", 1234567.5), (-1, -1)],
)
def test_numbers_that_start_like_a_formula_stay_numbers(printed: object, number: float) -> None:
    (found,) = read(as_csv(of_texts(printed)))["Text"]
    assert found == number


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "-", "-5 (-8 to 1)"])
def test_text_that_a_spreadsheet_would_compute_is_kept_as_text(text: str) -> None:
    (found,) = read(as_csv(of_texts(text)))["Text"]
    assert found == f"'{text}"
    hostile = replace(of_texts("x"), caption=text, columns=[text], notes=[text])
    cells = [cell for line in csv.reader(as_csv(hostile).decode("utf-8-sig").splitlines()) for cell in line]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))]


def test_a_tables_word_document_read_back_is_the_table_cell_by_cell() -> None:
    (table,) = opened(as_docx(sheet())).tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["", "Arm", "Arm"],
        ["Event", "A (n)", "B (n)"],
        ["Skin # 1"] * 3,
        ["Rash, mild", "12", "\N{MINUS SIGN}3"],
        ['Pain "acute"', "1,234", "40.8 (25.2 to 53.8)"],
        ["Rest"] * 3,
        ["Fever", "0", "not reached"],
    ]


def test_a_word_document_carries_caption_kind_of_number_notes_and_what_it_is_for() -> None:
    document = opened(as_docx(sheet()))
    texts = [paragraph.text for paragraph in document.paragraphs if paragraph.text]
    assert texts == ["Events, by part", "Kind of number: Published, Synthetic", "n: patients.", "Of 71.", USE]
    assert document.core_properties.title == "Events, by part"


def test_a_wide_table_lies_on_its_side() -> None:
    wide = replace(of_texts(), columns=list("abcdefg"), rows=[list("1234567")])
    for found, across in ((sheet(), False), (wide, True)):
        section = opened(as_docx(found)).sections[0]
        assert (section.page_width > section.page_height) is across


def test_words_from_data_are_nothing_but_words_in_a_word_document() -> None:
    hostile = "</w:t><w:br/> & \x00\x1b\ud800 é"
    document = opened(as_docx(replace(of_texts(hostile), caption=hostile, notes=[hostile])))
    assert document.tables[0].cell(1, 0).text == "</w:t><w:br/> &  é"
    assert document.paragraphs[0].text == "</w:t><w:br/> &  é"


def test_equal_tables_give_equal_files(monkeypatch: pytest.MonkeyPatch) -> None:
    first = as_docx(sheet())
    monkeypatch.setattr(zipfile.time, "localtime", lambda *_: (2031, 2, 3, 4, 5, 6, 0, 0, 0))
    assert as_docx(sheet()) == first


def test_a_table_anywhere_in_a_page_has_its_files_below_it(tmp_path: Path) -> None:
    html = Downloads(Tree(tmp_path), "../../").below(f"<details>{TABLE._repr_html_()}</details>")
    assert "lentap-sheet" not in html
    links = BeautifulSoup(html, "html.parser").select("details .lentap-table + .lentap-downloads a[download]")
    assert [link["download"] for link in links] == ["events.csv", "events.docx"]
    assert all(str(link["href"]).startswith("../../downloads/") for link in links)
    written = [(tmp_path / str(link["href"]).removeprefix("../../")).read_bytes() for link in links]
    assert written == [as_csv(sheet()), as_docx(sheet())]


def test_the_same_table_on_two_pages_is_one_file_and_another_of_its_name_a_second(tmp_path: Path) -> None:
    for table in (TABLE, TABLE, replace(TABLE, notes=())):
        Downloads(Tree(tmp_path), "../").below(table._repr_html_())
    assert len(list(tmp_path.rglob("events.docx"))) == 2


def test_names_from_a_trial_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    Downloads(Tree(tmp_path / "site"), "../").of_figure(replace(of_texts("x"), name="../../../out of it"))
    assert [path.name for path in tmp_path.rglob("*.csv")] == ["out-of-it.csv"]
    assert not [path for path in tmp_path.iterdir() if path.name != "site"]


def test_a_figure_offers_images_and_all_its_rows(tmp_path: Path) -> None:
    rows = [[str(number), None, number / 4] for number in range(500)]
    about = {
        "name": "many",
        "alt": "Points of E. coli at 5 mg/dL. Along the axis: more.",
        "source": ["synthetic"],
        "table": {"columns": ["Id", "Gap", "Value"], "rows": rows},
    }
    html = figure_html({"data": [], "layout": {}}, about, Downloads(Tree(tmp_path), "../"))
    figure = BeautifulSoup(html, "html.parser").figure
    assert figure["data-caption"] == "Points of E. coli at 5 mg/dL."
    assert figure["data-kind"] == f"Kind of number: Synthetic. {USE}"
    assert [button["data-format"] for button in figure.select(".lentap-downloads button")] == ["png", "svg"]
    found = read(next(tmp_path.rglob("many.csv")).read_bytes())
    assert found["Value"].tolist() == [number / 4 for number in range(500)]
    assert found["Gap"].isna().all()


def test_a_page_in_one_file_holds_what_it_offers(tmp_path: Path) -> None:
    body = Downloads(Tree(tmp_path), "").below(TABLE._repr_html_())
    page = tmp_path / "page.html"
    page.write_text(f"<html><body>{body}</body></html>", encoding="utf-8")
    links = BeautifulSoup(standalone(page), "html.parser").select("a[download]")
    assert [b64decode(re.sub(".*base64,", "", str(link["href"]))) for link in links] == [
        as_csv(sheet()),
        as_docx(sheet()),
    ]
