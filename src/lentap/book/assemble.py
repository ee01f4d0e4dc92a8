"""From editions to one site: each rendered by Sphinx, the book at the top and its scenarios below ``editions/``."""

import re
import shutil
from pathlib import Path
from typing import Any

from lentap.book.editions import FOLDER, Run
from lentap.book.project import Project
from lentap.book.site import stage
from lentap.book.sphinx_process import Render

STATIC = re.compile(r"""(?<=["'(=])((?:\.\./)*)(?=_static/)""")


def render(project: Project, run: Run, header: dict[str, Any], generated: dict[str, str], sphinx: Render) -> Path:
    """Stage an edition, run Sphinx on it, and return the folder of its HTML."""
    name = run.edition.name or "book"
    staged = project.build / "stage" / name
    stage(project, staged, run.finished, run.results, run.edition.design, header=header, generated=generated)
    return sphinx(staged, project.build / "sphinx" / name)


def assemble(book: Path, editions: dict[str, Path], extra: dict[str, str]) -> Path:
    """Put the editions below the book, sharing its styles and scripts, with further files at the top.

    Parameters
    ----------
    book, editions
        Folder of HTML of the book itself, and of each scenario's edition by its name.
    """
    for name, site in editions.items():
        shutil.rmtree(site / "_static")
        for page in site.rglob("*.html"):
            text = page.read_text(encoding="utf-8")
            page.write_text(STATIC.sub(r"\1../../", text), encoding="utf-8", newline="\n")
        target = book / FOLDER / name
        target.parent.mkdir(exist_ok=True)
        site.replace(target)
    for name, text in extra.items():
        (book / name).write_text(text, encoding="utf-8", newline="\n")
    return book
