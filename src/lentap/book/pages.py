"""Pages: a chapter with parameters. ``chapters/pages.yml`` says which chapters yield more than one, or none at all."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from lentap.book.chapter import Chapter, get_chapter
from lentap.book.project import slug
from lentap.design import Design
from lentap.errors import InputError, ParameterError
from lentap.parameters import Choice, Value, rule_of

KEYS = {"direct", "each", "explore", "first", "only"}


@dataclass(frozen=True)
class Page:
    """One page of the site; ``name`` is its place below ``chapters/``, ``given`` what differs from the defaults.

    ``explore`` holds other values, by parameter, that a reader can choose on the page itself; a page under one choice
    of them is a variant of it.
    """

    name: str
    chapter: Chapter
    given: dict[str, Value] = field(default_factory=dict)
    explore: dict[str, list[Value]] = field(default_factory=dict)
    variant_of: str = ""

    def resolve(self, typed: dict[str, Value], data: str, design: Design) -> dict[str, Value]:
        """Every parameter's value: as typed, else as the page gives it, else the chapter's default.

        Raises
        ------
        ParameterError
            A value is not legal, or the trial itself is typed: everything else depends on which trial it is.
        """
        if "data" in typed:
            msg = f"{self.chapter.name}: the trial is chosen with --data DIR, not with -p data={typed['data']}"
            raise ParameterError(msg)
        trial: dict[str, Value] = {"data": data} if "data" in self.chapter.parameters else {}
        return self.chapter.resolve({**trial, **self.given, **typed}, design)


def plan_pages(folder: Path, toc: dict[str, Any], chapters: dict[str, Chapter], design: Design) -> list[Page]:
    """The pages of a trial's book, in the order of the table of contents.

    Raises
    ------
    InputError
        The table of contents or ``pages.yml`` names what does not exist.
    """
    rules = page_rules(folder)
    for name in rules:
        get_chapter(chapters, name)
    pages = []
    for name in _listed(toc):
        chapter, rule = get_chapter(chapters, name), rules.get(name, {})
        if rule.get("only") == "lentap" and not design.is_lentap:
            continue
        pages += _expand(chapter, rule.get("each"), _explored(chapter, rule.get("explore", {}), design), design)
    return pages


def page_rules(folder: Path) -> dict[str, dict[str, Any]]:
    """What ``pages.yml`` says of chapters, by name.

    Raises
    ------
    InputError
        A key is unknown.
    """
    rules: dict[str, dict[str, Any]] = yaml.safe_load((folder / "pages.yml").read_text(encoding="utf-8")) or {}
    for name, rule in rules.items():
        if set(rule) - KEYS:
            msg = f"chapters/pages.yml: {name}: unknown key {min(set(rule) - KEYS)!r}; legal: {', '.join(sorted(KEYS))}"
            raise InputError(msg)
    return rules


def trial_toc(toc: dict[str, Any], pages: list[Page], generated: Iterable[str] = ()) -> dict[str, Any]:
    """The table of contents with each chapter replaced by its pages, and empty parts left out.

    Pages that no chapter makes end its last part.
    """
    by_chapter: dict[str, list[str]] = {}
    for page in pages:
        by_chapter.setdefault(page.chapter.name, []).append(page.name)

    def entries(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return _files(page for item in items for page in by_chapter.get(_name(item["file"]), []))

    parts = [{"caption": part["caption"], "chapters": entries(part["chapters"])} for part in toc.get("parts", [])]
    parts[-1:] = [{**part, "chapters": [*part["chapters"], *_files(generated)]} for part in parts[-1:]]
    return {**toc, "parts": [part for part in parts if part["chapters"]]}


def _files(pages: Iterable[str]) -> list[dict[str, str]]:
    return [{"file": f"chapters/{page}"} for page in pages]


def _listed(toc: dict[str, Any]) -> list[str]:
    return [_name(toc["root"]), *(_name(item["file"]) for part in toc.get("parts", []) for item in part["chapters"])]


def _name(file: str) -> str:
    return file.removeprefix("chapters/")


def _expand(chapter: Chapter, each: str | None, explore: dict[str, list[Value]], design: Design) -> list[Page]:
    """One page a legal value of the parameter ``each``, or the chapter's one page."""
    words = _words(chapter, each, design) if each else ()
    return [Page(f"{chapter.name}-{slug(word)}", chapter, {each or "": word}, explore) for word in words] or [
        Page(chapter.name, chapter, {}, explore)
    ]


def _explored(chapter: Chapter, listed: dict[str, Any], design: Design) -> dict[str, list[Value]]:
    """Values to choose on the page: as listed, or all there are, as far as they are legal and make a difference."""
    found = {}
    for name, values in listed.items():
        words = _words(chapter, name, design)
        _, rule = rule_of(chapter.parameters[name].type_name)
        legal = list(words) if values == "all" else [value for value in values if rule.accepts(value, design)]
        if len(legal) > 1 and chapter.uses(name, design):
            found[name] = legal
    return found


def _words(chapter: Chapter, name: str, design: Design) -> tuple[str, ...]:
    """Legal words of a parameter; none where it takes no words."""
    if name not in chapter.parameters:
        msg = f"chapters/pages.yml: {chapter.name} has no parameter {name!r}; it has: {', '.join(chapter.parameters)}"
        raise InputError(msg)
    _, rule = rule_of(chapter.parameters[name].type_name)
    return rule.words(design) if isinstance(rule, Choice) else ()
