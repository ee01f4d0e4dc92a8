"""From editions to one site: each rendered by Sphinx, the book at the top and its scenarios below ``editions/``."""

import re
import shutil
from pathlib import Path
from typing import Any

from lentap.book.editions import FOLDER, Run
from lentap.book.project import Project
from lentap.book.site import stage
from lentap.book.sphinx_process import Render

OWN = (".buildinfo", "objects.inv")  # Sphinx's own files, of no use to a reader
STATIC = re.compile(r"""(?<=["'(=])((?:\.\./)*)(?=_static/)""")


def render(project: Project, run: Run, header: dict[str, Any], generated: dict[str, str], sphinx: Render) -> Path:
    """Stage an edition, run Sphinx on it, and return the folder of its HTML."""
    name = run.edition.name or "_book"  # which no scenario can be called
    staged = project.build / "stage" / name
    stage(project, staged, run.finished, run.results, run.edition.design, header=header, generated=generated)
    return sphinx(staged, project.build / "sphinx" / name)


def assemble(site: Path, book: Path, editions: dict[str, Path], extra: dict[str, str]) -> Path:
    """Put copies of the book and, below it, of its editions into one site, with further files at the top.

    The editions share the book's styles and scripts. What Sphinx made stays where it is, for the next time.

    Parameters
    ----------
    site
        The folder to fill.
    book, editions
        Folder of HTML of the book itself, and of each scenario's edition by its name.
    """
    shutil.rmtree(site, ignore_errors=True)
    shutil.copytree(book, site, ignore=shutil.ignore_patterns(*OWN))
    for name, made in editions.items():
        edition = site / FOLDER / name
        shutil.copytree(made, edition, ignore=shutil.ignore_patterns(*OWN, "_static"))
        for page in edition.rglob("*.html"):
            text = page.read_text(encoding="utf-8")
            page.write_text(STATIC.sub(r"\1../../", text), encoding="utf-8", newline="\n")
    for name, text in extra.items():
        (site / name).write_text(text, encoding="utf-8", newline="\n")
    return site
