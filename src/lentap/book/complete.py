"""What a shell can complete: chapters, their parameters with legal values, scenarios. Silent where there is no book."""

from collections.abc import Iterator
from contextlib import suppress

from lentap.book.chapter import Chapter, find_chapters
from lentap.book.project import find_project
from lentap.book.scenarios import scenario_names
from lentap.design import load_design, trial_folder
from lentap.errors import LentapError
from lentap.parameters import Choice, Switch, rule_of


def chapters() -> dict[str, Chapter]:
    """Chapters by name."""
    with suppress(LentapError):
        project = find_project()
        return find_chapters(project.chapters, project.package)
    return {}


def scenarios() -> list[str]:
    """Names of the book's scenarios."""
    with suppress(LentapError):
        return scenario_names(find_project())
    return []


def assignments(line: list[str], incomplete: str) -> Iterator[tuple[str, str]]:
    """What ``-p`` may go on with, each with its meaning: ``name=``, and after it the legal words.

    Parameters
    ----------
    line
        The words typed so far, of which one is a chapter and another may name the trial.
    """
    known = next((chapter for name, chapter in chapters().items() if name in line), None)
    if known is None:
        return
    data = line[line.index("--data") + 1] if "--data" in line[:-1] else "shipped"
    name, given, _ = incomplete.partition("=")
    with suppress(LentapError):
        if not given:
            yield from ((f"{p.name}=", p.help) for p in known.parameters.values() if p.name != "data")
        elif name in known.parameters:
            _, rule = rule_of(known.parameters[name].type_name)
            words: tuple[str, ...] = ("true", "false") if isinstance(rule, Switch) else ()
            if isinstance(rule, Choice):
                words = rule.words(load_design(trial_folder(data)))
            yield from ((f"{name}={word}", "") for word in words)
