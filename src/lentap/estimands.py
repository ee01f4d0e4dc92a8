"""Estimands as the addendum ICH E9(R1) asks for them, an endpoint each, read from ``data/estimands.yml``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lentap.files import data_dir
from lentap.forms import Form, read_words

STRATEGIES = ("treatment policy", "composite", "while on", "hypothetical", "principal stratum")
PARTS = ("endpoint", "question", "population", "variable", "summary")


@dataclass(frozen=True)
class IntercurrentEvent:
    """What may happen on the way, which of the strategies of ICH E9(R1) deals with it, and what that means."""

    name: str
    strategy: str
    meaning: str


@dataclass(frozen=True)
class Estimand:
    """What is estimated, in whom, by which summary, and what is done with each intercurrent event."""

    name: str
    endpoint: str
    question: str
    population: str
    variable: str
    summary: str
    events: tuple[IntercurrentEvent, ...]


def load_estimands(path: Path | None = None) -> dict[str, Estimand]:
    """Read the estimands; the shipped ones by default.

    Raises
    ------
    DataError
        An entry is missing, unknown or not legal; every one is named.
    """
    file = path or data_dir() / "estimands.yml"
    form, found = Form(), read_words(file)
    estimands = {}
    for name, words in form.mapping(found, "").items():
        entry = form.entry(words, name, (*PARTS, "events"))
        events = [
            _event(form, event, about, f"{name}.events.{event}")
            for event, about in form.mapping(entry.get("events"), f"{name}.events").items()
        ]
        words_of = {part: form.text(entry, part, name) for part in PARTS}
        estimands[name] = Estimand(name, events=tuple(events), **words_of)
    form.complain(file)
    return estimands


def _event(form: Form, name: str, about: Any, where: str) -> IntercurrentEvent:
    entry = form.entry(about, where, ("strategy", "meaning"))
    return IntercurrentEvent(name, form.text(entry, "strategy", where, STRATEGIES), form.text(entry, "meaning", where))
