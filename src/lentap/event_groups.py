"""Adverse events that are read together, such as immune-related ones: terms by group (``data/event_groups.yml``)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lentap.files import data_dir
from lentap.forms import Form, read_words

ASSUMPTION = "assumption"


@dataclass(frozen=True)
class EventGroup:
    """A group of adverse events: what it is for, and for each preferred term why it is in it.

    That is a reference, or ``ASSUMPTION``.
    """

    name: str
    label: str
    meaning: str
    terms: Mapping[str, str]


def load_event_groups(path: Path | None = None) -> dict[str, EventGroup]:
    """Read the groups by name, in the order of the file; the shipped ones by default.

    Raises
    ------
    DataError
        An entry is missing or unknown, or a term's source is neither listed nor the word assumption; each is named.
    """
    file = path or data_dir() / "event_groups.yml"
    form = Form()
    top = form.entry(read_words(file), "", ("groups",), ("sources",))
    sources = form.words(top.get("sources"), "sources") | {ASSUMPTION: ASSUMPTION}
    groups = {}
    for name, entry in form.named(top, "groups", ("label", "meaning", "terms")).items():
        where = f"groups.{name}"
        terms = form.mapping(entry.get("terms"), f"{where}.terms")
        why = {term: form.text(terms, term, f"{where}.terms", tuple(sources)) for term in terms}
        groups[name] = EventGroup(
            name,
            form.text(entry, "label", where),
            form.text(entry, "meaning", where),
            {term: sources.get(source, "") for term, source in why.items()},
        )
    form.complain(file)
    return groups
