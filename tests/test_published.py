"""Published facts: what the shipped files hold, and how a faulty row is named."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lentap.errors import FactError
from lentap.files import data_dir
from lentap.published import comparator_facts, lentap_facts


@pytest.fixture
def edited(tmp_path: Path) -> Callable[[str, str, str], Path]:
    """A copy of a shipped file with one replacement."""

    def edit(table: str, old: str, new: str) -> Path:
        text = (data_dir() / "published" / f"{table}.csv").read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / f"{table}.csv"
        path.write_text(text.replace(old, new, 1), encoding="utf-8", newline="\n")
        return path

    return edit


def test_the_only_counts_of_lentap_are_those_of_resection_and_are_marked_as_derived() -> None:
    facts = lentap_facts()
    counted = facts[facts["count"].notna()].set_index("arm")
    assert counted["count"].to_dict() == {"LEN-TAP": 42, "TACE": 13}
    assert counted["n"].to_dict() == {"LEN-TAP": 71, "TACE": 71}
    assert set(counted["count_status"]) == {"derived"}


def test_each_source_keeps_its_own_wording_on_allocation() -> None:
    allocation = lentap_facts().set_index("id").filter(like="design.allocation", axis=0)["value"].to_dict()
    assert allocation == {
        "design.allocation.abstract": "assigned",
        "design.allocation.digest": "randomly assigned 1:1",
        "design.allocation": "unresolved",
    }


@pytest.mark.parametrize("word", ["orr.", "os_median", "hazard_ratio", "r0.", "pcr.", "trae", "marker_"])
def test_a_result_that_is_not_known_is_a_row_that_says_so(word: str) -> None:
    rows = lentap_facts()
    rows = rows[rows["id"].str.contains(word, regex=False)]
    assert len(rows)
    assert set(rows["status"]) == {"unknown"}
    assert set(rows["value"]) == {""}
    assert (rows["needs"] != "").all()


def test_words_that_were_not_found_in_the_text_are_questions() -> None:
    facts = lentap_facts()
    wording = facts[facts["id"].str.startswith("wording.")]
    assert set(wording["status"]) == {"unknown"}
    assert wording["value"].str.endswith("?").all()


def test_comparators_keep_their_interval_and_what_kind_it_is() -> None:
    facts = comparator_facts().set_index("id")
    row = facts.loc["li-w-2022.tace.conversion"]
    assert (row["value"], row["low"], row["high"], row["interval"]) == (10, 8, 12, "confidence")
    assert facts.loc["wjg-2023.tace-len-pd1.age-median", "interval"] == "range"
    assert facts.loc["leap-012.comparison.os-hazard-ratio", "status"] == "secondary"


def test_comparator_counts_agree_with_their_percentages() -> None:
    facts = comparator_facts()
    counted = facts[facts["count"].notna()]
    assert len(counted) >= 6
    assert ((100 * counted["count"] / counted["n"]).astype(float) - counted["value"]).abs().max() < 0.05


@pytest.mark.parametrize(
    ("table", "old", "new", "named"),
    [
        (
            "lentap",
            "efficacy.slr.tace,efficacy",
            "efficacy.slr.lentap,efficacy",
            ["efficacy.slr.lentap", "id stands"],
        ),
        (
            "lentap",
            "2,,read,abstract",
            "2,,red,abstract",
            ["row design.phase", "column status", "'red'", "read |"],
        ),
        ("lentap", "71,42,derived", "71,72,derived", ["row efficacy.slr.lentap", "column count", "'72'", "n or less"]),
        ("lentap", "71,42,derived", "71,4.2,derived", ["row efficacy.slr.lentap", "column count", "'4.2'", "a number"]),
        ("lentap", "59.2", "sixty", ["row efficacy.slr.lentap", "column value", "'sixty'", "a number"]),
        ("lentap", "higher with LEN-TAP", "", ["row efficacy.orr", "column value", "''"]),
        ("lentap", "2,,read,abstract", "2,,read,", ["row design.phase", "column source", "''"]),
        ("lentap", "topic,kind", "topc,kind", ["unknown column 'topc'", "did you mean 'topic'"]),
        ("lentap", "id,topic,", "id,", ["column topic missing"]),
        ("comparators", ",10,8,12,", ",10,11,12,", ["row li-w-2022.tace.conversion", "column low", "'11'"]),
        ("comparators", ",10,8,12,confidence", ",10,8,12,sure", ["row li-w-2022.tace.conversion", "'sure'", "range"]),
        ("comparators", ",10,8,12,", ",ten,8,12,", ["row li-w-2022.tace.conversion", "column value", "'ten'"]),
    ],
)
def test_a_faulty_fact_is_named_with_what_would_be_legal(
    edited: Callable[[str, str, str], Path], table: str, old: str, new: str, named: list[str]
) -> None:
    path = edited(table, old, new)
    with pytest.raises(FactError) as caught:
        (lentap_facts if table == "lentap" else comparator_facts)(path)
    for words in [str(path), *named]:
        assert words in str(caught.value)


def test_every_faulty_row_is_named_at_once(edited: Callable[[str, str, str], Path]) -> None:
    path = edited("lentap", "71,42,derived", "71,72,derived")
    path.write_text(path.read_text(encoding="utf-8").replace("71,13,derived", "71,73,derived"), encoding="utf-8")
    with pytest.raises(FactError, match=r"(?s)efficacy\.slr\.lentap.*efficacy\.slr\.tace"):
        lentap_facts(path)


def test_a_file_that_is_not_there_or_empty_is_named(tmp_path: Path) -> None:
    with pytest.raises(FactError, match=r"none\.csv: cannot be read"):
        lentap_facts(tmp_path / "none.csv")
    (tmp_path / "empty.csv").touch()
    with pytest.raises(FactError, match=r"empty\.csv: cannot be read"):
        lentap_facts(tmp_path / "empty.csv")


def test_a_row_with_too_few_or_too_many_cells_is_refused(edited: Callable[[str, str, str], Path]) -> None:
    with pytest.raises(FactError, match=r"design\.phase"):
        lentap_facts(edited("lentap", "2,,read,abstract,Abstract,,\n", "2\n"))
    with pytest.raises(FactError, match="cannot be read"):
        lentap_facts(edited("lentap", "2,,read,abstract,Abstract,,\n", "2,,read,abstract,Abstract,,,,,\n"))
