"""Whether a folder of trial tables can be used, and for which chapters."""

from pathlib import Path

from lentap.adam import check_folder
from lentap.book.chapter import find_chapters
from lentap.book.pages import Page
from lentap.book.project import find_project
from lentap.book.run import what_is_missing
from lentap.design import load_design, trial_folder
from lentap.errors import InputError


def report(folder: Path) -> tuple[str, bool]:
    """Text for the reader, and whether the folder can be built from.

    Raises
    ------
    DataError
        There is no trial.yml, or it is not usable.
    """
    tables = check_folder(folder)
    return f"{tables}\n{_chapters(folder)}", tables.usable


def _chapters(folder: Path) -> str:
    try:
        project = find_project()
    except InputError:
        return ""
    design = load_design(trial_folder(str(folder)))
    lines = []
    for name, chapter in find_chapters(project.chapters, project.package).items():
        if "data" in chapter.parameters:
            lines.append(f"  {name:<28} {what_is_missing(Page(name, chapter), design, folder) or 'ready'}")
    return "\nChapters\n" + "\n".join(lines)
