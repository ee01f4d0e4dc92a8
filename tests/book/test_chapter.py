"""What the book reads from a chapter without running it."""

from pathlib import Path

import jupytext
import papermill
import pytest

from lentap.adam.available import NEEDS
from lentap.book.chapter import Chapter, declare, find_chapters, get_chapter
from lentap.book.project import Project
from lentap.book.run import DECLARED
from lentap.design import load_design
from lentap.errors import InputError, ParameterError
from tests.adam.builders import write_trial

CHAPTERS = find_chapters(Path("chapters"), Path("src/lentap"))


def chapter_with(tmp_path: Path, cell: str) -> Chapter:
    text = f"# Title\n\n```{{code-cell}} ipython3\n:tags: [parameters]\n\n{cell}\n```\n"
    header = "---\njupytext:\n  text_representation:\n    extension: .md\n    format_name: myst\n---\n\n"
    (tmp_path / "x.md").write_text(header + text, encoding="utf-8")
    return Chapter("x", tmp_path / "x.md", Path("src/lentap"))


@pytest.fixture
def design(tmp_path: Path):
    return load_design(write_trial(tmp_path / "trial"))


@pytest.mark.parametrize("chapter", CHAPTERS.values(), ids=list(CHAPTERS))
def test_papermill_sees_the_same_parameters_as_the_book(chapter: Chapter, tmp_path: Path) -> None:
    path = tmp_path / "chapter.ipynb"
    jupytext.write(chapter.notebook, path)
    theirs = papermill.inspect_notebook(str(path))
    assert list(theirs) == list(chapter.parameters)
    for name, parameter in chapter.parameters.items():
        assert theirs[name]["inferred_type_name"] == parameter.type_name
        assert theirs[name]["help"] == parameter.help
        assert parameter.help, f"{name} has no comment that says what it is"


@pytest.mark.parametrize("chapter", CHAPTERS.values(), ids=list(CHAPTERS))
def test_every_chapter_has_a_question_for_a_title(chapter: Chapter) -> None:
    assert chapter.title.endswith("?")


@pytest.mark.parametrize("chapter", CHAPTERS.values(), ids=list(CHAPTERS))
def test_a_chapter_reads_the_tables_that_its_parameters_choose_from(chapter: Chapter) -> None:
    """Before a rerun only the tables a chapter reads are looked at, so that what it chooses from must be there."""
    read = {name for group in chapter.tables for name in group}
    kinds = {DECLARED[one.type_name] for one in chapter.parameters.values() if one.type_name in DECLARED}
    assert {table for kind in kinds for table in NEEDS[kind]} <= read


def test_a_wrong_parameter_name_suggests_the_right_one(tmp_path, design) -> None:
    chapter = chapter_with(tmp_path, 'endpoint: Endpoint = "OS"  # which')
    with pytest.raises(ParameterError, match=r"x: no parameter 'endpiont' \(did you mean 'endpoint'\?\)"):
        chapter.resolve({"endpiont": "OS"}, design)


@pytest.mark.parametrize(
    ("cell", "given", "legal"),
    [
        ('endpoint: Endpoint = "OS"  # which', "PFS", "legal: OS"),
        ("confidence: Confidence = 0.95  # level", 1.5, "legal: between 0.5 and 1"),
        ("confidence: Confidence = 0.95  # level", "high", "legal: between 0.5 and 1"),
        ("grade: ToxicityGrade = 3  # grade", 2.5, "legal: from 1 to 5"),
        ("related: YesNo = False  # only related", 1, "legal: true | false"),
    ],
)
def test_an_illegal_value_is_refused_with_chapter_name_and_legal_values(tmp_path, design, cell, given, legal) -> None:
    chapter = chapter_with(tmp_path, cell)
    name = cell.split(":")[0]
    with pytest.raises(ParameterError) as error:
        chapter.resolve({name: given}, design)
    assert str(error.value).startswith(f"x: {name} = {given!r} is not legal")
    assert legal in str(error.value)


def test_text_from_the_command_line_becomes_the_declared_type(tmp_path, design) -> None:
    chapter = chapter_with(tmp_path, "confidence: Confidence = 0.95  # level\nrelated: YesNo = False  # only related")
    assert chapter.read("confidence", "0.9") == 0.9
    assert chapter.read("related", "yes") is True
    assert chapter.resolve({"confidence": chapter.read("confidence", "0.9")}, design)["confidence"] == 0.9


def test_a_default_the_trial_does_not_know_gives_way_to_its_first(tmp_path, design) -> None:
    chapter = chapter_with(tmp_path, 'endpoint: Endpoint = "TTDE"  # which')
    assert chapter.resolve({}, design) == {"endpoint": "OS"}


@pytest.mark.parametrize("cell", ['endpoint = "OS"', "for x in []: pass", "n: Confidence = f()", "n: Nonsense = 1"])
def test_a_parameters_cell_holds_annotated_literals_only(tmp_path, cell) -> None:
    with pytest.raises((ParameterError, ValueError)):
        _ = chapter_with(tmp_path, cell).parameters


def test_declaring_other_values_keeps_types_and_comments() -> None:
    source = 'endpoint: Endpoint = "OS"  # which é\nlevel: Confidence = 0.95  # how sure'
    assert declare(source, {"endpoint": "E'F\"S", "level": 0.9}) == (
        "endpoint: Endpoint = 'E\\'F\"S'  # which é\nlevel: Confidence = 0.9  # how sure"
    )
    assert declare('a: YesNo = "x"', {"a": "y"}) == 'a: YesNo = "y"'


def test_tables_a_chapter_needs_are_read_from_its_load_call(book: Project) -> None:
    chapters = find_chapters(book.chapters, book.package)
    assert chapters["part/deaths"].tables == (("adsl", "adtte"), ())
    assert chapters["index"].tables == ((), ())


def test_cells_about_lentap_are_dropped_for_other_trials(book: Project) -> None:
    index = find_chapters(book.chapters, book.package)["index"]
    design = load_design(book.root / "trial")
    assert not any("LEN-TAP" in cell.source for cell in index.cells(design))
    assert any("LEN-TAP" in cell.source for cell in index.notebook.cells)


def test_an_unknown_chapter_suggests_the_nearest(book: Project) -> None:
    with pytest.raises(InputError, match="did you mean 'part/deaths'"):
        get_chapter(find_chapters(book.chapters, book.package), "part/death")
