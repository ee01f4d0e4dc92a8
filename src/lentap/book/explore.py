"""Other values answered on the page itself: its outputs under each, computed by the build, chosen in the browser."""

import itertools
import json
import math
from dataclasses import replace
from html import escape
from typing import Any

from markdown_it import MarkdownIt

from lentap.book.collect import without_records
from lentap.book.downloads import Downloads
from lentap.book.editions import Edition, Finished
from lentap.book.figures import drawn
from lentap.book.pages import Page
from lentap.book.panel import command
from lentap.errors import InputError, RunError
from lentap.parameters import Range, Value, rule_of

SMALLEST_CELL = "smallest_cell"  # the parameter of pages that can hide counts of few patients
MOST = 60  # variants of a page
SLIDER = 4  # numbers from which a slider is easier than a list
HEAVIEST = 2_000_000  # bytes that a page's variants may add to it
MARKDOWN = MarkdownIt("commonmark", {"typographer": True}).enable("smartquotes")  # as Sphinx does


def axes(page: Page, values: dict[str, Value]) -> dict[str, list[Value]]:
    """The values to choose from for each parameter, the page's own among them.

    None on a page that hides small cells: another choice would show them, or tell them by subtraction.
    """
    if int(values.get(SMALLEST_CELL, 0)) > 1:
        return {}
    found = {}
    for name, listed in page.explore.items():
        known = list(dict.fromkeys([*listed, values[name]]))
        number = all(isinstance(value, int | float) and not isinstance(value, bool) for value in known)
        found[name] = sorted(known, key=float) if number else known
    return found


def variant_pages(edition: Edition) -> Edition:
    """An edition of nothing but the variants of another one's pages, the last parameter varying fastest.

    Raises
    ------
    InputError
        A page would have more variants than it can hold.
    """
    pages = [
        (replace(page, name=f"{page.name}--{position}", variant_of=page.name), {**values, **chosen})
        for page, values in edition.pages
        for position, chosen in enumerate(_choices(page, values))
    ]
    return replace(edition, pages=pages)


def _choices(page: Page, values: dict[str, Value]) -> list[dict[str, Value]]:
    choices = axes(page, values)
    if (many := math.prod(map(len, choices.values()))) > MOST:
        msg = f"chapters/pages.yml: {page.name}: explore asks for {many} variants; legal: {MOST} or fewer"
        raise InputError(msg)
    combinations = itertools.product(*choices.values()) if choices else ()
    return [dict(zip(choices, chosen, strict=True)) for chosen in combinations]


def with_variants(finished: list[Finished], variants: list[Finished]) -> list[Finished]:
    """The pages, each with its variants."""
    return [
        replace(done, variants=[one for one in variants if one.page.variant_of == done.page.name]) for done in finished
    ]


def controls(done: Finished) -> str:
    """HTML of what lets a reader choose."""
    fields = "".join(_field(done, name, values) for name, values in axes(done.page, done.values).items())
    label = "Other values, computed beforehand"
    return f'<form class="lentap-explore" aria-label="{label}" hidden>{fields}<output role="status"></output></form>'


def choices(done: Finished, names: list[str], downloads: Downloads) -> str:
    """JSON of the outputs under every choice; ``names`` are those of the page's code cells.

    Raises
    ------
    RunError
        The outputs are heavier than they may be.
    """
    texts: dict[str, int] = {}
    own = [_html(outputs) for outputs in drawn(without_records(done.outputs or []), downloads)]
    by_cell = zip(*(_shown_by(one, own, downloads) for one in done.variants), strict=True)
    cells = {
        name: [texts.setdefault(text, len(texts)) for text in shown]
        for name, shown in zip(names, by_cell, strict=True)
        if len(set(shown)) > 1
    }
    known = axes(done.page, done.values)
    content = {
        "axes": {name: [_shown(done, name, value) for value in values] for name, values in known.items()},
        "here": [one.values for one in done.variants].index(done.values),
        "cells": cells,
        "texts": list(texts),
        "commands": [command(done.page, one.values) for one in done.variants],
    }
    data = json.dumps(content, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    if len(data) > HEAVIEST:
        msg = f"chapters/pages.yml: {done.page.name}: its variants weigh {len(data):,} bytes; legal: {HEAVIEST:,}"
        raise RunError(msg)
    return data


def _field(done: Finished, name: str, values: list[Value]) -> str:
    meaning = escape(done.page.chapter.parameters[name].help)
    label = f'<label title="{meaning}">{escape(name.replace("_", " "))}'
    here = values.index(done.values[name])
    if len(values) >= SLIDER and all(isinstance(value, int | float) for value in values):
        last = len(values) - 1
        return f'{label} <input type="range" min="0" max="{last}" value="{here}"> <output></output></label>'
    options = "".join(
        f'<option value="{i}"{" selected" if i == here else ""}>{escape(_shown(done, name, value))}</option>'
        for i, value in enumerate(values)
    )
    return f"{label} <select>{options}</select></label>"


def _shown_by(variant: Finished, own: list[str], downloads: Downloads) -> list[str]:
    """What each code cell shows; where a trial cannot have the variant, the reason, in the page's first that shows."""
    if variant.outputs is None:
        first = next((position for position, text in enumerate(own) if text), 0)
        notice = f'<p class="lentap-notice">Not available here: {escape(variant.gap)}</p>'
        return [notice if position == first else "" for position in range(len(own))]
    return [_html(outputs) for outputs in drawn(without_records(variant.outputs), downloads)]


def _html(outputs: list[dict[str, Any]]) -> str:
    """What a cell shows, as the site shows it."""
    return "".join(f'<div class="output">{_one(output)}</div>' for output in outputs)


def _one(output: dict[str, Any]) -> str:
    data = output.get("data", {})
    if "text/html" in data:
        return str(data["text/html"])
    if "text/markdown" in data:
        return str(MARKDOWN.render(data["text/markdown"]))
    return f"<pre>{escape(str(data.get('text/plain', output.get('text', ''))))}</pre>"


def _shown(done: Finished, name: str, value: Value) -> str:
    """A value in words, where its parameter has some for it."""
    if isinstance(value, bool):
        return {True: "yes", False: "no"}[value]
    rule = rule_of(done.page.chapter.parameters[name].type_name)[1]
    if value == 0 and isinstance(rule, Range) and rule.zero:
        return rule.zero
    return f"{value:g}" if isinstance(value, float) else str(value)
