"""Whether a folder of trial tables can be used, and for which pages."""

from pathlib import Path

from lentap.adam import Report, as_yaml, check_folder, propose, undeclared
from lentap.book.project import find_project
from lentap.book.run import plan, what_is_missing
from lentap.design import table_files
from lentap.errors import InputError


def report(folder: Path) -> tuple[str, bool]:
    """Text for the reader, and whether the folder can be built from.

    Raises
    ------
    DataError
        There is no such folder.
    """
    if folder.is_dir() and not (folder / "trial.yml").exists():
        return _without_declaration(folder), False
    found = check_folder(folder)
    proposals = undeclared(found.folder, found.design) if found.design else []
    more = ["", "In the tables and not in trial.yml: add what you want analysed", *(f"  {line}" for line in proposals)]
    return "\n".join([str(found), *(more if proposals else []), *_pages(found)]), found.usable


def _without_declaration(folder: Path) -> str:
    """What to do where nothing says what the tables mean: the proposal that can be made from them."""
    what = f"{folder} has no trial.yml, which names arms, populations, endpoints and units of its tables."
    if not table_files(folder):
        return f"{what}\nIt has no table either: 'lentap new {folder}' writes both, to be filled in."
    proposal = as_yaml(propose(folder))
    return f"{what}\n'lentap new {folder}' writes this one, made from the tables, to be completed:\n\n{proposal}"


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
