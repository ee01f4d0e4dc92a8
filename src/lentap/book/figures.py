"""A recorded figure as HTML for the site: the plot's data inline, its alternative text, its numbers, its downloads.

The site draws figures itself instead of leaving them to myst-nb, which drops Plotly's own MIME type; a plug-in for it
would only be found where the package is installed, and a checkout must also build where only its dependencies are.
"""

import json
import re
from html import escape
from typing import Any

from lentap.book.cache import Outputs
from lentap.book.downloads import Downloads
from lentap.book.sheets import USE, Sheet
from lentap.sources import BADGES, Source

PLOTLY = "application/vnd.plotly.v1+json"
FIRST_SENTENCE = re.compile(r"(?<=[\w%)]{2}\.) (?=[A-Z])")  # ends at, and no abbreviation such as E. coli does
FOLD_ROWS = 400  # a longer table is offered as a download only


def drawn(outputs: Outputs, downloads: Downloads) -> Outputs:
    """Outputs with each figure as HTML, and with what can be downloaded below each figure and table."""
    return [[_drawn(output, downloads) for output in cell] for cell in outputs]


def _drawn(output: dict[str, Any], downloads: Downloads) -> dict[str, Any]:
    data = output.get("data", {})
    if PLOTLY in data:
        html = figure_html(data[PLOTLY], output["metadata"][PLOTLY]["lentap"], downloads)
        return {**output, "data": {"text/html": html}, "metadata": {}}
    if "text/html" in data:
        return {**output, "data": {**data, "text/html": downloads.below(data["text/html"])}}
    return output


def figure_html(plot: dict[str, Any], about: dict[str, Any], downloads: Downloads) -> str:
    """One figure.

    ``plot`` holds Plotly's ``data`` and ``layout``; ``about`` the figure's name, alternative text, sources and table.
    """
    content = {"data": plot["data"], "layout": plot["layout"]}
    if "filter" in about:
        content["filter"] = _filtered_by(about)
    payload = json.dumps(content, separators=(",", ":"), sort_keys=True)
    payload = payload.replace("<", "\\u003c")  # neither ends the script early nor starts a comment in it
    name, alt = escape(about["name"], quote=True), escape(about["alt"], quote=True)
    sheet = Sheet(about["name"], FIRST_SENTENCE.split(about["alt"], maxsplit=1)[0], about["source"], **about["table"])
    height = int(plot["layout"].get("height") or 420)
    return (
        f'<figure class="lentap-figure" id="figure-{name}" data-name="{name}"'
        f' data-caption="{escape(sheet.caption, quote=True)}" data-kind="Kind of number: {sheet.kinds}. {USE}">'
        f"{badges(about['source'])}{_filter_form(about)}"
        f'<div class="lentap-plot" role="img" aria-label="{alt}"'
        f' style="height:{height}px"></div>'
        f'<script type="application/json">{payload}</script>'
        f"{downloads.of_figure(sheet)}{_fold(about)}</figure>"
    )


def _filter_form(about: dict[str, Any]) -> str:
    """A tick for each level of each choice by which rows can be hidden; hidden itself until there is a script."""
    if "filter" not in about:
        return ""
    fields = "".join(
        f"<fieldset><legend>{escape(choice)}</legend>"
        + "".join(f'<label><input type="checkbox" checked> {escape(level)}</label>' for level in levels)
        + "</fieldset>"
        for choice, levels in about["filter"]["choices"].items()
    )
    return (
        '<form class="lentap-filter" aria-label="Choices that are shown" hidden>'
        f'{fields}<button type="reset">Show all</button><output role="status"></output></form>'
    )


def _filtered_by(about: dict[str, Any]) -> dict[str, Any]:
    """What the script needs of each row: the place of its level among those of every choice, and its estimate."""
    rule, columns = about["filter"], about["table"]["columns"]

    def column(name: str) -> list[Any]:
        return [row[columns.index(name)] for row in about["table"]["rows"]]

    choices = rule["choices"]
    return {
        "levels": [[list(levels).index(level) for level in column(name)] for name, levels in choices.items()],
        "groups": column(rule["by"]) if rule["by"] else [],
        **{end: column(rule[end]) for end in ("estimate", "low", "high")},
        **{name: rule[name] for name in ("null", "decimals", "words")},
    }


def badges(sources: list[Source]) -> str:
    """Which kinds of number are shown."""
    marks = (f'<span class="lentap-badge lentap-{source}">{BADGES[source]}</span>' for source in sources)
    return f'<p class="lentap-badges">{"".join(marks)}</p>'


def _fold(about: dict[str, Any]) -> str:
    columns, rows = about["table"]["columns"], about["table"]["rows"]
    head = "".join(f"<th>{escape(str(column))}</th>" for column in columns)
    body = "".join("<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in rows[:FOLD_ROWS])
    more = f"<p>The first {FOLD_ROWS} of {len(rows)} rows; the CSV holds all.</p>" if len(rows) > FOLD_ROWS else ""
    return (
        f'<details class="lentap-data"><summary>This figure in words and numbers ({len(rows)} rows)</summary>'
        f'<p class="lentap-alt">{escape(about["alt"])}</p>'
        f'<div class="lentap-table" tabindex="0"><table data-rows="{len(rows)}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{more}</details>"
    )


def _cell(value: object) -> str:
    if value is None:
        return "<td></td>"
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return f'<td class="lentap-number">{value:g}</td>' if number else f"<td>{escape(str(value))}</td>"
