"""Other values chosen on the page: which there are, what they weigh, and what is refused."""

import json
import re
from pathlib import Path

import pytest

import lentap.book.explore as explore_module
from lentap.book.build import build
from lentap.book.chapter import find_chapters, get_chapter
from lentap.book.pages import Page
from lentap.book.project import Project
from lentap.book.request import Request
from lentap.errors import InputError, RunError


def explore(book: Project, rule: str) -> None:
    (book.chapters / "pages.yml").write_text(f"part/subjects:\n  explore: {rule}\n", encoding="utf-8")
    path = book.chapters / "part" / "subjects.md"
    path.write_text(
        path.read_text(encoding="utf-8") + "\n```{code-cell} ipython3\nprint(population, len(trial.adsl))\n```\n",
        encoding="utf-8",
    )


def run(book: Project, *overrides: tuple[str, str, str]) -> tuple[Path, list[str]]:
    lines: list[str] = []
    return build(book, Request("trial", overrides), lines.append).parent, lines


def embedded(site: Path) -> dict:
    text = (site / "chapters/part/subjects.html").read_text(encoding="utf-8")
    return json.loads(re.search(r'id="lentap-variants">(.*?)</script>', text, re.DOTALL)[1])


def test_a_page_holds_its_outputs_under_every_choice(book: Project) -> None:
    explore(book, "{population: all}")
    site, lines = run(book)
    found = embedded(site)
    assert found["axes"] == {"population": ["ITT", "SAF"]}
    assert found["here"] == 0
    assert found["commands"][1] == "lentap run part/subjects --data trial -p population=SAF"
    (shown,) = found["cells"].values()
    assert [re.findall(r"(ITT|SAF) 6", found["texts"][position]) for position in shown] == [["ITT"], ["SAF"]]
    assert sum("part/subjects" in line for line in lines) == 2, "the page's own choice is not run twice"
    site, lines = run(book, ("part/subjects", "population", "SAF"))
    assert embedded(site)["here"] == 1
    assert not any(line.startswith("[") for line in lines), "both are known"


def test_a_number_reads_without_idle_decimals_and_0_as_what_it_stands_for(book: Project) -> None:
    path = book.chapters / "part" / "subjects.md"
    text = path.read_text(encoding="utf-8")
    changed = text.replace("import Population", "import FollowUp, Population").replace(
        "\npopulation:", "\nfollow_up: FollowUp = 0.0  # months\npopulation:"
    )
    path.write_text(changed + "\n```{code-cell} ipython3\nprint(follow_up)\n```\n", encoding="utf-8")
    explore(book, "{follow_up: [0.0, 12.0]}")
    site, _ = run(book)
    assert embedded(site)["axes"] == {"follow_up": ["all there is", "12"]}


def test_a_page_that_fails_is_no_choice_that_the_trial_cannot_have(book: Project) -> None:
    explore(book, "{population: all}")
    path = book.chapters / "part" / "subjects.md"
    path.write_text(
        path.read_text(encoding="utf-8").replace("print(population", "print(1 / 0, population"), encoding="utf-8"
    )
    with pytest.raises(RunError, match="ZeroDivisionError"):
        run(book)


def test_a_parameter_that_no_cell_of_the_trial_reads_is_not_offered(book: Project) -> None:
    path = book.chapters / "part" / "subjects.md"
    text = path.read_text(encoding="utf-8").replace("import Population", "import FollowUp, Population")
    text = text.replace("\npopulation:", "\nfollow_up: FollowUp = 0.0  # months\npopulation:")
    about_lentap = "\n```{code-cell} ipython3\n:tags: [lentap]\n\nprint(follow_up)\n```\n"
    path.write_text(text + about_lentap, encoding="utf-8")
    explore(book, "{population: all, follow_up: [0.0, 12.0]}")
    assert embedded(run(book)[0])["axes"] == {"population": ["ITT", "SAF"]}


def test_values_the_trial_does_not_know_are_left_out(book: Project) -> None:
    explore(book, "{population: [SAF, XXX]}")
    site, _ = run(book)
    page = (site / "chapters/part/subjects.html").read_text(encoding="utf-8")
    assert "lentap-variants" not in page, "one value is no choice"


@pytest.mark.parametrize(
    ("rule", "words"), [("{populaton: all}", "has no parameter 'populaton'"), ("{data: all, grade: 1}", "no parameter")]
)
def test_a_rule_that_names_what_does_not_exist_is_refused(book: Project, rule: str, words: str) -> None:
    explore(book, rule)
    with pytest.raises(InputError, match=words):
        run(book)


def test_too_many_variants_and_too_heavy_ones_are_refused(book: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    explore(book, "{population: all}")
    monkeypatch.setattr(explore_module, "MOST", 1)
    with pytest.raises(InputError, match="asks for 2 variants; legal: 1 or fewer"):
        run(book)
    monkeypatch.setattr(explore_module, "MOST", 60)
    monkeypatch.setattr(explore_module, "HEAVIEST", 100)
    with pytest.raises(RunError, match="its variants weigh"):
        run(book)


def test_a_choice_that_the_trial_cannot_have_says_so_and_the_rest_is_shown(book: Project) -> None:
    explore(book, "{population: all}")
    path = book.chapters / "part" / "subjects.md"
    refuse = "assert population == 'ITT', 'no such patients'\nprint("
    path.write_text(path.read_text(encoding="utf-8").replace("print(", refuse), encoding="utf-8")
    site, _ = run(book)
    found = embedded(site)
    (shown,) = found["cells"].values()
    assert "ITT 6" in found["texts"][shown[0]]
    assert "Not available here: AssertionError: no such patients" in found["texts"][shown[1]]


def test_a_page_that_hides_small_cells_offers_no_choice_that_would_show_them(checkout: Project) -> None:
    chapter = get_chapter(find_chapters(checkout.chapters, checkout.package), "safety/exposure")
    page = Page(chapter.name, chapter, {}, {"smallest_cell": [0, 5], "population": ["SAF", "ITT"]})
    shown = {"smallest_cell": 0, "population": "SAF"}
    assert set(explore_module.axes(page, shown)) == {"smallest_cell", "population"}
    assert explore_module.axes(page, shown | {"smallest_cell": 5}) == {}
