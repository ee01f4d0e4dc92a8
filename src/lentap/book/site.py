"""From executed pages to the source tree that Jupyter Book makes HTML of."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import nbformat
import yaml
from nbformat import NotebookNode

from lentap import __version__
from lentap.book.chapter import tags
from lentap.book.collect import as_json, without_records
from lentap.book.downloads import Downloads
from lentap.book.editions import Finished
from lentap.book.execute import compose
from lentap.book.explore import choices, controls
from lentap.book.figures import drawn
from lentap.book.layout import CHOICES, EXTRA, FRAME, QUOTES, RESULTS
from lentap.book.pages import Page, trial_toc
from lentap.book.panel import rerun_panel
from lentap.book.project import Project, digest, digest_files, files_below
from lentap.book.tree import Tree
from lentap.design import Design
from lentap.results import Result
from lentap.show.format import escaped

CELL = "lentap-"  # what the tag of a code cell begins with, which names it in the page


def stage(
    project: Project,
    folder: Path,
    finished: list[Finished],
    results: dict[str, tuple[str, Result]],
    design: Design,
    *,
    header: dict[str, Any] | None = None,
    generated: dict[str, str] | None = None,
    alone: bool = False,
) -> None:
    """Write the source tree that Sphinx reads: pages, configuration, table of contents, results and downloads.

    Of what an earlier run staged there, the files that are the same stay untouched, and Sphinx need not read them.

    Parameters
    ----------
    header
        What leads from a page to the same page of other editions, from `lentap.book.editions.switch`.
    generated
        Markdown of pages that no chapter makes, by their place below ``chapters/``; they end the table of contents.
    alone
        Whether a page will stand without its neighbours, and so offers no notebook, source or results of the book.
    """
    tree, software = Tree(folder), _software(project)
    extra = tree.below(EXTRA)
    if not _made_by(folder, software):
        shutil.rmtree(extra.folder, ignore_errors=True)  # the names of downloads tell their content, not who wrote them
    records = as_json(results)
    for done in finished:
        downloads = _downloads(extra, done.page.name)
        page = _page(done, design, downloads, alone=alone)
        source = done.page.chapter.path.read_text(encoding="utf-8")
        made_from = json.dumps(done.outputs) + source
        if done.variants and done.outputs is not None:
            chosen = choices(done, _names(done, design), downloads)
            made_from += chosen
            tree.write(f"{CHOICES}/chapters/{done.page.name}.json", chosen)
        if QUOTES in made_from or done is finished[0]:  # so that a page is made whatever changed
            made_from += records
        page.metadata["made_from"] = digest(made_from)  # what is not in the notebook itself, but on its page
        tree.write(f"chapters/{done.page.name}.ipynb", json.dumps(page, ensure_ascii=False, sort_keys=True))
        if not alone:
            extra.write(f"notebooks/{done.page.name}.ipynb", nbformat.writes(_download(done, design)))
            extra.write(f"sources/{done.page.chapter.name}.md", source)
    for name, text in (generated or {}).items():
        tree.write(f"chapters/{name}.md", _downloads(extra, name).below(text))
    complete = all(done.outputs is not None for done in finished) and design.is_lentap
    about = {"complete": complete, "switch": header or {}}
    extra.write(RESULTS, records)
    tree.write(RESULTS, json.dumps({**about, "results": json.loads(records)}))
    toc = yaml.safe_load((project.root / "_toc.yml").read_text(encoding="utf-8"))
    toc = yaml.safe_dump(trial_toc(toc, [done.page for done in finished], generated or {}), sort_keys=False)
    configuration = yaml.safe_dump(_configuration(project, design), sort_keys=False)
    tree.write("_toc.yml", toc)
    tree.write("_config.yml", configuration)
    tree.copy(project.root / "assets", "assets")
    titles = [_title(done.page) for done in finished]
    tree.write(FRAME, f"{software}-{digest(toc, configuration, json.dumps([about, titles]))}")
    tree.prune()


def _made_by(folder: Path, software: str) -> bool:
    """Whether this software staged what the folder holds."""
    frame = folder / FRAME
    return frame.is_file() and frame.read_text(encoding="utf-8").startswith(software)


def _software(project: Project) -> str:
    """Content hash of what makes pages besides what is on them."""
    sources = [project.lock, *files_below(project.package), *files_below(project.root / "assets")]
    return digest(__version__, sys.version, digest_files(sources, project.root))


def _configuration(project: Project, design: Design) -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load((project.root / "_config.yml").read_text(encoding="utf-8"))
    if not design.is_lentap:
        config["title"] = " ".join(design.title.split())
        del config["logo"]  # the trial's title stands in its place
    config["sphinx"]["config"]["myst_substitutions"] = {
        "trial_title": escaped(design.title),
        "trial_reference": escaped(design.reference),
    }
    return config


def _downloads(extra: Tree, page: str) -> Downloads:
    return Downloads(extra, "../" * (page.count("/") + 1))


def _page(done: Finished, design: Design, downloads: Downloads, *, alone: bool) -> NotebookNode:
    """The notebook Sphinx renders: figures as HTML, code folded, no records, the rerun panel at the end."""
    page = done.page
    if done.outputs is None:
        note = f"```{{admonition}} Not shown for this trial\n:class: note\n{escaped(done.gap)}\n```"
        return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(f"# {_title(page)}\n\n{note}", id="gap")])
    notebook = compose(page.chapter, done.values, design, drawn(without_records(done.outputs), downloads))
    notebook.cells = _merged(notebook.cells)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.metadata["tags"] = [*tags(cell), "hide-input", f"{CELL}{cell.id}"]
    first = next(cell for cell in notebook.cells if cell.cell_type == "markdown")
    title = f"# {_title(page)}" + (f"\n\n{controls(done)}\n" if done.variants else "")
    first.source = first.source.replace(f"# {page.chapter.title}", title, 1)
    if page.chapter.parameters:
        links = {
            "executed notebook": f"{downloads.up}notebooks/{page.name}.ipynb",
            "chapter source": f"{downloads.up}sources/{page.chapter.name}.md",
            "all recorded results": f"{downloads.up}{RESULTS}",
        }
        panel = "## Rerun this page\n\n" + rerun_panel(page, done.values, design, {} if alone else links)
        notebook.cells.append(nbformat.v4.new_markdown_cell(panel, id="rerun"))
    return notebook


def _names(done: Finished, design: Design) -> list[str]:
    """Classes by which a page's script finds the code cells."""
    cells = compose(done.page.chapter, done.values, design).cells
    return [f"tag_{CELL}{cell.id}" for cell in cells if cell.cell_type == "code"]


def _merged(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Code cells that show nothing joined to the code cell that follows, so a page has one fold a thing shown."""
    merged: list[NotebookNode] = []
    for cell in cells:
        before = merged[-1] if merged else None
        if before and before.cell_type == cell.cell_type == "code" and not before.outputs:
            cell.source = f"{before.source}\n\n{cell.source}"
            merged.pop()
        merged.append(cell)
    return merged


def _download(done: Finished, design: Design) -> NotebookNode:
    return compose(done.page.chapter, done.values, design, done.outputs)


def _title(page: Page) -> str:
    return ": ".join([*(escaped(str(value)) for value in page.given.values()), page.chapter.title])
