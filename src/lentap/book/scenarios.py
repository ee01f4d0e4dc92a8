"""Scenarios: named sets of parameters, each in a YAML file that says what it asks and why."""

from dataclasses import dataclass
from pathlib import Path

from lentap.book.chapter import Chapter, get_chapter
from lentap.book.project import Project, slug
from lentap.errors import DataError, InputError
from lentap.forms import Form, nearest, read_words
from lentap.parameters import Value

SUFFIX = ".yml"


@dataclass(frozen=True)
class Scenario:
    """A question of the form "what if": ``parameters`` by chapter; ``data`` where it is about another trial."""

    name: str
    title: str
    why: str
    parameters: dict[str, dict[str, Value]]
    data: str | None = None


def scenario_names(project: Project) -> list[str]:
    """Names of the scenarios the book has."""
    return sorted(path.stem for path in project.scenarios.glob(f"*{SUFFIX}"))


def load_scenario(project: Project, name: str, chapters: dict[str, Chapter]) -> Scenario:
    """Read a scenario of the book by its name, or another one by the path of its file.

    Raises
    ------
    InputError
        There is no such scenario, an entry is missing, unknown or illegal, or it names a chapter or parameter that
        does not exist.
    """
    path = Path(name) if name.endswith(SUFFIX) else project.scenarios / f"{name}{SUFFIX}"
    if not path.is_file():
        known = scenario_names(project)
        legal = f"legal: {', '.join(known) or 'none'}, or the path of a {SUFFIX} file"
        msg = f"no scenario {name!r}{nearest(name, known)}; {legal}"
        raise InputError(msg)
    form = Form()
    top = form.entry(read_words(path), "", ("title", "why", "parameters"), ("data",))
    title, why, data = (form.text(top, key) for key in ("title", "why", "data"))
    typed = {
        chapter: form.words(words, f"parameters.{chapter}")
        for chapter, words in form.mapping(top.get("parameters"), "parameters").items()
    }
    form.complain(path)
    try:
        parameters = {
            chapter: {key: get_chapter(chapters, chapter).read(key, text) for key, text in words.items()}
            for chapter, words in typed.items()
        }
    except InputError as error:
        msg = f"{path}: {error}"
        raise DataError(msg) from error
    if data and data != "shipped" and not Path(data).is_absolute():
        data = str(path.parent / data)
    return Scenario(slug(path.stem), title, why, parameters, data or None)
