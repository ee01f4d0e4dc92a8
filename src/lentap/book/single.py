"""One chapter at a time: rerun it, describe its parameters, read back what the last build recorded."""

import io
import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lentap.adam import check_folder
from lentap.book.cache import Cache, chapter_state, run_key, write_whole
from lentap.book.chapter import find_chapters, get_chapter
from lentap.book.collect import as_json, folders_of, results_of, unique
from lentap.book.editions import Finished
from lentap.book.execute import compose, execute, prepare_environment
from lentap.book.folders import write_folder
from lentap.book.layout import RESULTS
from lentap.book.pages import Page
from lentap.book.project import Project
from lentap.book.publish import link_name
from lentap.book.run import plan, what_is_missing
from lentap.book.site import stage
from lentap.book.sphinx_process import run_sphinx
from lentap.book.standalone import standalone
from lentap.design import Design, load_design, trial_folder
from lentap.errors import InputError
from lentap.parameters import Value, rule_of
from lentap.results import Result
from lentap.show.format import p_phrase, quote

OUTPUTS = (".html", ".ipynb")


def run_one(
    project: Project, name: str, typed: dict[str, str], data: str, output: Path | None, results: Path | None
) -> str:
    """Rerun a chapter, write what is asked for, and return its results as text.

    Raises
    ------
    InputError
        The chapter, a parameter or the output's suffix is not legal, or the trial lacks a table the chapter needs.
    ChapterError
        A cell failed.
    """
    for path, suffixes in ((output, OUTPUTS), (results, (".json",))):
        if path and path.suffix not in suffixes:
            msg = f"{path}: the name must end in {' or '.join(suffixes)}"
            raise InputError(msg)
        if path and not path.parent.is_dir():
            msg = f"{path}: there is no folder {path.parent}"
            raise InputError(msg)
        if path and (path.is_dir() or not os.access(path.parent, os.W_OK)):
            msg = f"{path}: {'is a folder' if path.is_dir() else f'nothing can be written into {path.parent}'}"
            raise InputError(msg)
    folder = trial_folder(data)
    design = load_design(folder)
    chapter = get_chapter(find_chapters(project.chapters, project.package), name)
    given = {key: chapter.read(key, text) for key, text in typed.items()}
    values = Page(name, chapter).resolve(given, data, design)
    pages = [page for page, _ in plan(project, (), data, design)]
    same = (page for page in pages if page.chapter == chapter and page.given.items() <= values.items())
    page = next(same, Page(name, chapter))
    cache = Cache(project.build / "cache")
    key = run_key(chapter_state(project, chapter, design, folder), chapter, values)
    outputs = cache.get(key)
    prepare_environment(project)
    if outputs is None:
        refuse_what_cannot_run(page, values, folder, design)
        outputs = execute(chapter, values, design, cwd=Path.cwd())
        cache.put(key, outputs)
    records = unique((page.name, result) for result in results_of(outputs))
    if output and output.suffix == ".html":
        write_whole(output, _rendered(project, Finished(page, values, outputs), pages, records, data, design))
    elif output:
        write_whole(output, nbformat.writes(compose(chapter, values, design, outputs)))
    if results:
        write_whole(results, as_json(records))
    written = [write_folder(made) for made in folders_of(outputs)]
    return "\n".join([_results_table([result for _, result in records.values()]), *written])


def _rendered(
    project: Project,
    done: Finished,
    pages: list[Page],
    records: dict[str, tuple[str, Result]],
    data: str,
    design: Design,
) -> str:
    """The page as one HTML file; what it quotes of other pages is what the last build recorded, where there was one."""
    others = [page for page in pages if page.chapter != done.page.chapter]
    names = {page.name for page in others}
    try:
        rows = json.loads(last_results(project, data))
    except InputError:
        rows = []
    known = unique((row.pop("page"), Result(**row)) for row in rows)
    quoted = {key: found for key, found in known.items() if found[0] in names} | records
    with TemporaryDirectory(dir=project.build) as folder:
        stubs = [Finished(page, {}, None, "A page of the book.") for page in others]
        staged = Path(folder) / "stage"
        stage(project, staged, [*stubs, done], quoted, design, alone=True)
        return standalone(run_sphinx(staged, Path(folder) / "sphinx") / "chapters" / f"{done.page.name}.html")


def refuse_what_cannot_run(page: Page, values: dict[str, Value], folder: Path, design: Design) -> None:
    """Raise InputError where the trial lacks what a page needs, or a table it reads has an error."""
    read = {name for group in page.chapter.tables for name in group}
    report = check_folder(folder, {"adsl", *read})
    errors = [str(problem) for problem in report.errors if problem.table in read]
    problems = errors or [gap for gap in [what_is_missing(page, values, report, design)] if gap]
    if problems:
        raise InputError("\n".join(f"{page.chapter.name}: {problem}" for problem in problems))


def describe(project: Project, name: str | None, data: str) -> str:
    """Parameters of a chapter, or of all of them, as text."""
    design = load_design(trial_folder(data))
    chapters = find_chapters(project.chapters, project.package)
    table = Table("chapter", "parameter", "default", "legal", "meaning", box=None, header_style="bold")
    for chapter in [get_chapter(chapters, name)] if name else chapters.values():
        for parameter in chapter.parameters.values():
            legal = rule_of(parameter.type_name)[1].legal(design)
            cells = (chapter.name, parameter.name, str(parameter.default), legal, parameter.help)
            table.add_row(*map(escape, cells))
    return _as_text(table)


def last_results(project: Project, data: str) -> str:
    """The recorded results of the last build, as JSON text.

    Raises
    ------
    InputError
        That trial's book has not been built.
    """
    path = project.build / link_name(load_design(trial_folder(data)), data) / RESULTS
    if not path.is_file():
        msg = "nothing has been built yet for this trial: run 'lentap build' first"
        raise InputError(msg)
    return path.read_text(encoding="utf-8")


def _results_table(results: list[Result]) -> str:
    if not results:
        return "this chapter records no result"
    table = Table("result", "labels", "source", "value", "p", box=None, header_style="bold")
    for result in results:
        labels = ", ".join(result.labels.values())
        p = "" if result.p_value is None else p_phrase(result.p_value)
        table.add_row(*map(escape, (result.name, labels, result.source, quote(result), p)))
    return _as_text(table)


def _as_text(table: Table) -> str:
    """A table as wide as its content needs where the output is not a terminal."""
    console = Console()
    width = console.width if console.is_terminal else 240
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=console.is_terminal).print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().rstrip("\n").split("\n"))
