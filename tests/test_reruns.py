"""Chapters rerun on other trials: what is loaded changes, what is published stays, and every table counts."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import jupytext
import pandas as pd
import pytest

from lentap.book.project import Project
from lentap.book.single import run_one
from lentap.results import Result
from tests.conftest import ROOT

Found = dict[tuple[str, str], Result]


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    """A copy of the shipped trial, to change at will."""
    return Path(shutil.copytree(ROOT / "data" / "trial", tmp_path / "trial"))


@pytest.fixture
def rerun(checkout: Project, tmp_path: Path) -> Callable[..., list[Result]]:
    """Rerun a chapter on a trial and return what it recorded."""

    def run(chapter: str, data: Path, **typed: str) -> list[Result]:
        path = tmp_path / "results.json"
        run_one(checkout, chapter, typed, str(data), None, path)
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [Result(**{key: value for key, value in row.items() if key != "page"}) for row in rows]

    return run


def change(trial: Path, table: str, alter: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    path = trial / f"{table}.csv"
    alter(pd.read_csv(path, dtype=str, keep_default_na=False)).to_csv(path, index=False, lineterminator="\n")


def one(results: list[Result], name: str, source: str, **labels: str) -> Result:
    found = [
        result
        for result in results
        if (result.name, result.source) == (name, source) and labels.items() <= result.labels.items()
    ]
    assert len(found) == 1, f"{name} {labels}: {len(found)} found"
    return found[0]


def resect(trial: Path, counts: dict[str, int]) -> None:
    """Let exactly so many patients of each arm be resected."""
    adsl = pd.read_csv(trial / "adsl.csv", dtype=str, keep_default_na=False)
    chosen = pd.concat([adsl[arm == adsl.TRT01P].head(n) for arm, n in counts.items()]).USUBJID
    change(trial, "adsl", lambda table: table.assign(RESFL=table.USUBJID.isin(chosen).map({True: "Y", False: "N"})))

    def procedures(table: pd.DataFrame) -> pd.DataFrame:
        rest = table[table.PRCAT != "RESECTION"]
        row = table[table.PRCAT == "RESECTION"].iloc[:1]
        return pd.concat([rest, *(row.assign(USUBJID=subject, ASTDT="", PRSEQ="99") for subject in chosen)])

    change(trial, "adpr", procedures)


def test_the_published_rates_are_recomputed_from_their_counts(rerun, trial: Path) -> None:
    results = rerun("efficacy/resection", trial)
    rates = [one(results, "efficacy.resection.rate", "published", arm=arm).estimate for arm in ("LEN-TAP", "TACE")]
    assert rates == pytest.approx([0.5915, 0.1831], abs=5e-5)
    difference = one(results, "efficacy.resection.risk_difference", "published")
    assert difference.estimate == pytest.approx(0.408, abs=5e-4)
    assert (difference.low, difference.high) == (pytest.approx(0.252, abs=5e-4), pytest.approx(0.538, abs=5e-4))
    assert one(results, "efficacy.resection.fisher_p", "published").p_value == pytest.approx(9.2e-07, rel=0.01)


def test_with_other_counts_the_loaded_numbers_change_and_the_published_stay(rerun, trial: Path) -> None:
    before = rerun("efficacy/resection", trial)
    resect(trial, {"LEN-TAP": 30, "TACE": 20})
    after = rerun("efficacy/resection", trial)
    assert one(after, "efficacy.resection.rate", "synthetic", arm="LEN-TAP").estimate == pytest.approx(30 / 71)
    assert one(after, "efficacy.resection.rate", "synthetic", arm="TACE").estimate == pytest.approx(20 / 71)
    published = [[result for result in results if result.source == "published"] for results in (before, after)]
    assert published[0] == published[1] != []


def test_with_the_arms_swapped_every_effect_changes_sides(rerun, trial: Path) -> None:
    before = {name: rerun(name, trial) for name in ("efficacy/resection", "efficacy/survival")}
    other = {"LEN-TAP": "TACE", "TACE": "LEN-TAP"}
    change(trial, "adsl", lambda t: t.assign(TRT01P=t.TRT01P.map(other), TRT01A=t.TRT01A.replace(other)))
    after = {name: rerun(name, trial) for name in before}

    def pair(chapter: str, name: str) -> tuple[float, float]:
        values = [one(results[chapter], name, "synthetic").estimate for results in (before, after)]
        return values[0] or 0, values[1] or 0

    first, second = pair("efficacy/resection", "efficacy.resection.risk_difference")
    assert first == pytest.approx(-second)
    first, second = pair("efficacy/survival", "efficacy.survival.hazard_ratio")
    assert first == pytest.approx(1 / second, rel=1e-6)


ALTERED = {
    "adsl": ("design/participants", {"AGE": "80"}),
    "adtte": ("efficacy/survival", {"AVAL": "0.5"}),
    "adrs": ("immune/dynamics", {"AVALC": "CR"}),
    "adae": ("safety/adverse_events", {"AEDECOD": "Fatigue"}),
    "adpr": ("efficacy/resection", {"PRCAT": "OTHER"}),
    "adim": ("immune/dynamics", {"AVAL": "60"}),
    "adex": ("safety/exposure", {"EXTRT": "Apatinib"}),
    "adlb": ("safety/laboratory", {"AVAL": "9000"}),
}


@pytest.mark.parametrize("table", ALTERED)
def test_one_altered_cell_of_a_table_moves_a_recorded_number(table: str, rerun, trial: Path) -> None:
    chapter, altered = ALTERED[table]
    before = rerun(chapter, trial)
    path = trial / f"{table}.csv"
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    (column, value), row = next(iter(altered.items())), first_row_that_counts(table, rows)
    assert rows.loc[row, column] != value
    rows.loc[row, column] = value
    rows.to_csv(path, index=False, lineterminator="\n")
    assert rerun(chapter, trial) != before


def first_row_that_counts(table: str, rows: pd.DataFrame) -> int:
    """Row whose value the chapter's numbers rest on."""
    if table == "adtte":
        return int(rows.index[rows.PARAMCD == "OS"][0])
    if table == "adpr":
        return int(rows.index[rows.PRCAT == "RESECTION"][0])
    if table == "adlb":
        return int(rows.index[(rows.PARAMCD == "ALT") & (rows.ABLFL != "Y") & (rows.AVAL != "")][0])
    if table == "adrs":
        mrecist = rows[rows.PARAMCD == "OVRMR"]
        responders = mrecist.USUBJID[mrecist.AVALC.isin(["CR", "PR"])]
        sampled = pd.read_csv(ROOT / "data/trial/adim.csv").dropna(subset="AVAL").query("AVISITN in (0, 3)")
        both = sampled.USUBJID.value_counts().loc[lambda n: n == 2].index
        return int(mrecist.index[~mrecist.USUBJID.isin(responders) & mrecist.USUBJID.isin(both)][0])
    return 0


def test_no_static_sentence_judges_a_result() -> None:
    """A sentence that says which arm did better must come from a tested function, or it turns false on other data."""
    words = "higher|lower|longer|shorter|better|worse|superior|inferior|significant|improves|improved"
    judging = re.compile(rf"\b({words})\b", re.IGNORECASE)
    found = {}
    for path in sorted((ROOT / "chapters").rglob("*.md")):
        for cell in jupytext.read(path).cells:
            if cell.cell_type == "markdown" and (words := judging.findall(cell.source)):
                found.setdefault(path.name, []).extend(words)
    assert not found


def test_no_number_of_a_result_is_typed_into_prose() -> None:
    typed = re.compile(r"\d+(?:\.\d+)?\s?%|\d+/\d+|\bp\s?[<=]\s?0|hazard ratio of \d", re.IGNORECASE)
    found = {}
    for path in sorted((ROOT / "chapters").rglob("*.md")):
        for cell in jupytext.read(path).cells:
            prose = re.sub(r"https?://\S+|doi\S*", "", cell.source) if cell.cell_type == "markdown" else ""
            if numbers := typed.findall(prose):
                found.setdefault(path.name, []).extend(numbers)
    assert not found
