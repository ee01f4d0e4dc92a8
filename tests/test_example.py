"""The CDISC pilot study through the book's own chapters: the numbers other people published for it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lentap.book.project import Project
from lentap.book.single import run_one
from lentap.results import Result
from tests.conftest import ROOT, prepare_pilot

SHARED = ROOT.parent / "shared" / "real" / "cdisc_pilot"
LOW, HIGH, PLACEBO = "Xanomeline Low Dose", "Xanomeline High Dose", "Placebo"


@pytest.fixture(scope="module", params=["parquet", "xpt"])
def results(request, checkout: Project, tmp_path_factory) -> Callable[..., dict[tuple[str, ...], Result]]:
    """Results of a chapter by name and arm, from Parquet and from SAS transport files written from it."""
    folder = prepare_pilot(tmp_path_factory.mktemp(request.param) / "pilot", request.param)
    path, known = folder.parent / "results.json", {}

    def run(chapter: str, *labels: str) -> dict[tuple[str, ...], Result]:
        if chapter not in known:
            run_one(checkout, chapter, {}, str(folder), None, path)
            rows = json.loads(path.read_text(encoding="utf-8"))
            found = [Result(**{key: value for key, value in row.items() if key != "page"}) for row in rows]
            known[chapter] = found
        by = ("arm", *labels)
        return {(r.name.rpartition(".")[2], *(r.labels.get(label, "") for label in by)): r for r in known[chapter]}

    return run


def test_events_agree_with_the_pilot_reports(results) -> None:
    found = results("efficacy/survival")
    assert [found["events", arm].estimate for arm in (PLACEBO, LOW, HIGH)] == [29, 62, 61]


def test_medians_agree_with_r_survfit(results) -> None:
    found = results("efficacy/survival")
    medians = {arm: found["median", arm] for arm in (PLACEBO, LOW, HIGH)}
    assert medians[PLACEBO].estimate is None
    assert (medians[LOW].estimate, medians[LOW].low, medians[LOW].high) == (33, 28, 51)
    assert (medians[HIGH].estimate, medians[HIGH].low, medians[HIGH].high) == (36, 25, 47)


def test_the_log_rank_statistic_agrees_with_r_survdiff(results) -> None:
    assert results("efficacy/survival")["log_rank", ""].estimate == pytest.approx(60.2696, abs=5e-5)


@pytest.mark.parametrize(
    ("arm", "expected"), [(LOW, (4.147704, 2.64514, 6.503795)), (HIGH, (5.02597, 3.181766, 7.939106))]
)
def test_hazard_ratios_agree_with_r_coxph(results, arm: str, expected: tuple[float, ...]) -> None:
    ratio = results("efficacy/survival")["hazard_ratio", arm]
    assert (ratio.estimate, ratio.low, ratio.high) == pytest.approx(expected, rel=1e-6)


def test_subjects_with_a_treatment_emergent_event_agree_with_the_published_table(results) -> None:
    found = results("safety/adverse_events")
    shares = [found["any", arm].estimate for arm in (PLACEBO, LOW, HIGH)]
    assert shares == pytest.approx([65 / 86, 77 / 84, 76 / 84])
    assert [round(found["fisher_p", arm].p_value, 3) for arm in (LOW, HIGH)] == [0.007, 0.014]


def test_kinds_of_events_and_their_number_agree_with_the_published_table(results) -> None:
    found = results("safety/adverse_events", "kind")
    arms = (PLACEBO, LOW, HIGH)
    assert [found["overview", arm, "Any adverse event"].counts["events"] for arm in arms] == ["281", "412", "433"]
    assert [found["overview", arm, "Serious"].counts[arm] for arm in arms] == ["0/86", "1/84", "2/84"]
    serious = [found["overview_difference", arm, "Serious"].p_value for arm in (LOW, HIGH)]
    assert [round(p, 3) for p in serious] == [0.494, 0.243]


def test_single_events_agree_with_the_published_table(results) -> None:
    found = results("safety/adverse_events", "term")
    for term, counts, p in [
        ("APPLICATION SITE PRURITUS", ("6/86", "22/84", "22/84"), 0.001),
        ("DIARRHOEA", ("9/86", "4/84", "4/84"), 0.248),
    ]:
        for arm, count in zip((LOW, HIGH), counts[1:], strict=True):
            difference = found["term_difference", arm, term]
            assert difference.counts == {arm: count, PLACEBO: counts[0]}
            assert round(difference.p_value, 3) == p


def test_either_active_arm_can_be_chosen(checkout: Project, pilot: Path, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    run_one(checkout, "efficacy/survival", {"experimental": HIGH}, str(pilot), None, path)
    arms = {row["labels"].get("arm") for row in json.loads(path.read_text(encoding="utf-8"))}
    assert arms == {HIGH, PLACEBO, None}


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the pilot's own transport files are not at {SHARED}")
def test_the_pilots_own_transport_files_give_the_same_answers(checkout: Project, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    for source in (*SHARED.glob("*.xpt"), ROOT / "examples" / "cdisc_pilot" / "trial.yml"):
        (folder / source.name).write_bytes(source.read_bytes())
    path = tmp_path / "results.json"
    run_one(checkout, "efficacy/survival", {}, str(folder), None, path)
    found = {(r["name"], r["labels"].get("arm")): r for r in json.loads(path.read_text(encoding="utf-8"))}
    assert found["efficacy.survival.hazard_ratio", HIGH]["estimate"] == pytest.approx(5.02597, rel=1e-6)
    assert found["efficacy.survival.log_rank", None]["estimate"] == pytest.approx(60.2696, abs=5e-5)
