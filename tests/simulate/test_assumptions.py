"""Assumptions: every number has a source, and a faulty entry is named."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lentap.errors import FactError
from lentap.files import data_dir
from lentap.published import comparator_facts, lentap_facts
from lentap.simulate import assumption_table, load_assumptions


@pytest.fixture
def edited(tmp_path: Path) -> Callable[[str, str], Path]:
    def edit(old: str, new: str) -> Path:
        text = (data_dir() / "assumptions.yml").read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / "assumptions.yml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8", newline="\n")
        return path

    return edit


def test_every_number_has_a_fact_or_the_word_assumption_as_source() -> None:
    table = assumption_table()
    known = {"assumption", *comparator_facts()["id"], *lentap_facts()["id"]}
    assert len(table) > 150
    assert set(table["source"]) <= known
    assert (table["source"] != "assumption").sum() >= 15


def test_the_shipped_trial_is_given_the_published_numbers_of_resections() -> None:
    shipped = load_assumptions().shipped
    assert (shipped.patients, shipped.resected.experimental, shipped.resected.control) == (142, 42, 13)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("male_percent:", "man_percent:", ["baseline", "'man_percent'", "did you mean 'male_percent'"]),
        ("  sites: {value: 8, source: assumption}\n", "", ["baseline", "no sites"]),
        ("{value: 8, source: assumption}", "{value: 8}", ["baseline.sites", "no source"]),
        ("{value: 8, source: assumption}", "{value: eight, source: assumption}", ["baseline.sites", "whole number"]),
        ("{value: 8, source: assumption}", "8", ["baseline.sites", "'8'"]),
        ("source: wjg-2023.tace-len-pd1.hbv", "source: wjg-2023.hbv", ["baseline.hbv_percent.source", "id of a"]),
        ("{value: 93.3, source: wjg-2023.tace-len-pd1.hbv}", "{value: 90, source: wjg-2023.tace-len-pd1.hbv}",
         ["baseline.hbv_percent.value", "'90'", "93.3"]),
        ("{value: 41.4,", "{value: 141.4,", ["resection.pcr_percent.experimental.value", "from 0 to 100"]),
        ("{value: 2024-06-30,", "{value: June,", ["calendar.data_cut.value", "'June'", "2021-11-30"]),
        ("{value: [0, 3, 6, 12],", "{value: 12,", ["marker.weeks.value", "a list"]),
        ("agent: pd1", "agent: pd2", ["adverse_events.terms.Hypothyroidism.agent", "lenvatinib | pd1 | tace"]),
        ("deviation_percent: {value: 4,", "deviation_percent: {value: nan,", ["deviation_percent", "a number"]),
        ("value: 2024-06-30", "value: 2021-12-01", ["calendar.data_cut", "after enrolment_end"]),
        ("[0, 0.7, 1.0, 0.8]", "[0, 0.7]", ["marker.course", "as many numbers as marker.weeks"]),
        ("control: {value: 45,", "control: {value: 4,", ["resection.mpr_percent", "no less than pcr_percent"]),
    ],
)  # fmt: skip
def test_a_faulty_assumption_is_named_with_what_would_be_legal(
    edited: Callable[[str, str], Path], old: str, new: str, named: list[str]
) -> None:
    path = edited(old, new)
    with pytest.raises(FactError) as caught:
        load_assumptions(path)
    for words in [str(path), *named]:
        assert words in str(caught.value)


def test_a_file_that_is_no_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "assumptions.yml"
    path.write_text("shipped: {\n", encoding="utf-8")
    with pytest.raises(FactError, match=r"assumptions.yml, line"):
        load_assumptions(path)
    with pytest.raises(FactError, match="cannot be read"):
        load_assumptions(tmp_path / "none.yml")
