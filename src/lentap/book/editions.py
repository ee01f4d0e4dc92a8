"""Editions: the book of a trial, once as its chapters declare it and once for each scenario asked for."""

from dataclasses import dataclass, field, replace
from typing import Any

from lentap.adam import Report
from lentap.book.cache import Outputs
from lentap.book.collect import results_of, unique
from lentap.book.pages import Page
from lentap.book.scenarios import Scenario
from lentap.design import Design
from lentap.parameters import Value
from lentap.results import Result

FOLDER = "editions"


@dataclass(frozen=True)
class Finished:
    """A page with its values, either its outputs or the reason why it has none, and what it is under other values."""

    page: Page
    values: dict[str, Value]
    outputs: Outputs | None
    gap: str = ""
    variants: list["Finished"] = field(default_factory=list)


@dataclass(frozen=True)
class Edition:
    """The book under one set of parameters: whose trial, what the check of its tables found, which pages.

    ``scenario`` is None for the book itself; ``data`` is the trial as it was asked for.
    """

    scenario: Scenario | None
    data: str
    design: Design
    report: Report
    pages: list[tuple[Page, dict[str, Value]]]

    @property
    def name(self) -> str:
        """Its folder below ``editions/``; empty for the book itself, which stands at the top."""
        return self.scenario.name if self.scenario else ""

    @property
    def title(self) -> str:
        return self.scenario.title if self.scenario else "Main"


@dataclass(frozen=True)
class Run:
    """An edition that has been run: its pages with their outputs, and the results they recorded, by key."""

    edition: Edition
    finished: list[Finished]
    results: dict[str, tuple[str, Result]] = field(default_factory=dict)

    @classmethod
    def of(cls, edition: Edition, finished: list[Finished]) -> "Run":
        """Collect what the pages recorded, with the margins that trial.yml gives."""
        margins = edition.design.margins
        found = ((done.page.name, result) for done in finished for result in results_of(done.outputs or []))
        marked = ((page, replace(one, margin=margins.get(one.name, one.margin))) for page, one in found)
        return cls(edition, finished, unique(marked))


def switch(run: Run, others: list[Run]) -> dict[str, Any]:
    """What the header of an edition's pages needs to lead to the same page of each edition.

    Returns
    -------
    ``here``, this edition's title, and ``editions``: title, why, ``base`` (the way from this edition's root to that
    one's) and the pages of each. Nothing where there is one edition only.
    """
    if len(others) < 2:
        return {}
    up = "../../" if run.edition.name else ""
    editions = [
        {
            "title": other.edition.title,
            "why": other.edition.scenario.why if other.edition.scenario else "",
            "base": up + (f"{FOLDER}/{other.edition.name}/" if other.edition.name else ""),
            "here": other is run,
            "pages": [f"chapters/{done.page.name}" for done in other.finished],
        }
        for other in others
    ]
    return {"here": run.edition.title, "editions": editions}
