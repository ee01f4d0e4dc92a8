"""Scenarios: editions of the book beside each other, and the page that compares what they recorded."""

import csv
from pathlib import Path

import pytest

from lentap.book.build import build
from lentap.book.project import Project
from lentap.book.request import Request
from lentap.errors import InputError

SAFETY = "title: Safety population\nwhy: Only the treated.\nparameters:\n  part/subjects: {population: SAF}\n"


@pytest.fixture
def scenarios(book: Project) -> Project:
    """The small book with a scenario."""
    book.scenarios.mkdir()
    (book.scenarios / "safety.yml").write_text(SAFETY, encoding="utf-8")
    return book


def run(book: Project, request: Request) -> tuple[Path, list[str]]:
    lines: list[str] = []
    return build(book, request, lines.append).parent, lines


def test_an_edition_stands_beside_the_book_and_runs_only_what_differs(scenarios: Project) -> None:
    site, lines = run(scenarios, Request("trial"))
    assert not (site / "editions").exists()
    site, lines = run(scenarios, Request("trial", scenarios=("safety",)))
    assert [line.split()[1] for line in lines if line.startswith("[")] == ["part/subjects"]
    page = "chapters/part/subjects.html"
    main, edition = ((site / base / page).read_text(encoding="utf-8") for base in ("", "editions/safety"))
    assert 'href="../../editions/safety/chapters/part/subjects.html"' in main
    assert 'href="../../../../chapters/part/subjects.html"' in edition
    assert "population=SAF" in edition
    assert "population=SAF" not in main
    assert not (site / "editions/safety/_static").exists(), "styles and scripts are the book's"
    assert 'href="../../../../_static/lentap.css' in edition
    assert ">5 (synthetic)<" in (site / "editions/safety/chapters/index.html").read_text(encoding="utf-8")
    assert run(scenarios, Request("trial", scenarios=("safety",))) == (site, [])


def test_every_result_is_compared_across_editions(scenarios: Project) -> None:
    site, _ = run(scenarios, Request("trial", all_scenarios=True))
    page = (site / "chapters/reference/scenarios.html").read_text(encoding="utf-8")
    assert "Safety population" in page
    assert "Only the treated." in page
    with (site / "scenarios.csv").open(encoding="utf-8") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert rows.keys() == {"part.subjects", "part.events"}
    assert [rows["part.subjects"][f"estimate_{which}"] for which in ("main", "scenario")] == ["6.0", "5.0"]
    assert rows["part.events"]["moved"] == "0.0"


def test_a_margin_that_the_trial_declares_is_seen_to_be_crossed(scenarios: Project) -> None:
    with (scenarios.root / "trial" / "trial.yml").open("a", encoding="utf-8") as file:
        file.write("margins:\n  part.subjects: 5.5\n  part.nothing: 1\n")
    site, _ = run(scenarios, Request("trial", all_scenarios=True))
    with (site / "scenarios.csv").open(encoding="utf-8") as file:
        remarks = {row["name"]: row["remark"] for row in csv.DictReader(file)}
    assert remarks == {"part.subjects": "crosses the margin of 5.50", "part.events": ""}
    page = (site / "chapters/reference/scenarios.html").read_text(encoding="utf-8")
    assert "trial.yml gives a margin for part.nothing, which no page records" in page


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SAFETY.replace("part/subjects", "part/subject"), "did you mean 'part/subjects'"),
        (SAFETY.replace("population", "populaton"), "did you mean 'population'"),
        (SAFETY.replace("SAF}", "XXX}"), "legal: ITT | SAF"),
        (SAFETY.replace("part/subjects: {population: SAF}", "part/deaths: {endpoint: OS}"), "fixed by the page"),
        (SAFETY.replace("why:", "wy:"), "did you mean 'why'"),
        (SAFETY + "data: nowhere\n", "no such folder"),
        ("parameters: [", "expected the node content"),
    ],
)
def test_a_scenario_that_names_what_does_not_exist_is_refused_before_any_kernel_starts(
    book: Project, text: str, words: str
) -> None:
    book.scenarios.mkdir()
    (book.scenarios / "wrong.yml").write_text(text, encoding="utf-8")
    lines: list[str] = []
    with pytest.raises(InputError) as error:
        build(book, Request("trial", scenarios=("wrong",)), lines.append)
    assert words in str(error.value)
    assert lines == []


def test_an_unknown_scenario_is_named_with_the_nearest(scenarios: Project) -> None:
    with pytest.raises(InputError, match="did you mean 'safety'"):
        run(scenarios, Request("trial", scenarios=("safty",)))


def test_a_scenario_that_another_trial_cannot_have_is_left_out_where_all_are_asked_for(scenarios: Project) -> None:
    (scenarios.scenarios / "other.yml").write_text(SAFETY.replace("SAF}", "XXX}"), encoding="utf-8")
    site, lines = run(scenarios, Request("trial", all_scenarios=True))
    assert any(line.startswith("scenario other is left out: ") for line in lines)
    assert [path.name for path in (site / "editions").iterdir()] == ["safety"]


def test_a_scenario_can_be_a_file_of_the_readers_own(book: Project, tmp_path: Path) -> None:
    file = tmp_path / "Mine Own.yml"
    file.write_text(SAFETY, encoding="utf-8")
    site, _ = run(book, Request("trial", scenarios=(str(file),)))
    assert (site / "editions/mine-own/chapters/part/subjects.html").is_file()
    file.write_text(SAFETY.replace("Only the treated", "The treated alone"), encoding="utf-8")
    site, lines = run(book, Request("trial", scenarios=(str(file),)))
    assert lines, "a changed scenario is built anew"


def test_what_is_typed_counts_in_every_edition(scenarios: Project) -> None:
    override = ("part/subjects", "population", "ITT")
    site, _ = run(scenarios, Request("trial", (override,), scenarios=("safety",)))
    assert "population=SAF" not in (site / "editions/safety/chapters/part/subjects.html").read_text(encoding="utf-8")


def test_two_scenarios_of_one_name_are_refused_and_one_asked_for_twice_is_built_once(scenarios: Project) -> None:
    elsewhere = scenarios.root / "safety.yml"
    elsewhere.write_text(SAFETY, encoding="utf-8")
    site, _ = run(scenarios, Request("trial", all_scenarios=True, scenarios=(str(elsewhere),)))
    assert [path.name for path in (site / "editions").iterdir()] == ["safety"]
    elsewhere.write_text(SAFETY.replace("Only", "Just"), encoding="utf-8")
    with pytest.raises(InputError, match="another one is called safety"):
        run(scenarios, Request("trial", all_scenarios=True, scenarios=(str(elsewhere),)))
