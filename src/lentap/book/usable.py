"""Whether a folder of trial tables can be used, and for which pages."""

from pathlib import Path

from lentap.adam import Report, check_folder
from lentap.book.project import find_project
from lentap.book.run import plan, what_is_missing
from lentap.errors import InputError


def report(folder: Path) -> tuple[str, bool]:
    """Text for the reader, and whether the folder can be built from.

    Raises
    ------
    DataError
        There is no such folder, or no trial.yml in it.
    """
    found = check_folder(folder)
    return "\n".join([str(found), *_pages(found)]), found.usable


def _pages(found: Report) -> list[str]:
    """A line a page of the trial's book; none outside a checkout, or where trial.yml cannot be used."""
    if found.design is None:
        return []
    try:
        project = find_project()
    except InputError:
        return []
    lines = [
        f"  {page.name:<28} {what_is_missing(page, values, found, found.design) or 'ready'}"
        for page, values in plan(project, (), str(found.folder), found.design)
        if "data" in page.chapter.parameters
    ]
    return ["", "Pages", *lines]
