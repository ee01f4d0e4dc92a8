"""A recorded figure as HTML for the site: the plot's data inline, its alternative text, and its numbers as a table.

The site draws figures itself instead of leaving them to myst-nb, which drops Plotly's own MIME type; a plug-in for it
would only be found where the package is installed, and a checkout must also build where only its dependencies are.
"""

import csv
import io
import json
from html import escape
from typing import Any
from urllib.parse import quote

from lentap.book.cache import Outputs

PLOTLY = "application/vnd.plotly.v1+json"
BADGES = {"published": "Published", "synthetic": "Synthetic", "yours": "Your data"}
FOLD_ROWS = 400  # a longer table is offered as a download only


def drawn(outputs: Outputs) -> Outputs:
    """Outputs with each figure as HTML."""
    return [[_drawn(output) for output in cell] for cell in outputs]


def _drawn(output: dict[str, Any]) -> dict[str, Any]:
    data = output.get("data", {})
    if PLOTLY not in data:
        return output
    about = output["metadata"][PLOTLY]["lentap"]
    return {**output, "data": {"text/html": figure_html(data[PLOTLY], about)}, "metadata": {}}


def figure_html(plot: dict[str, Any], about: dict[str, Any]) -> str:
    """One figure.

    ``plot`` holds Plotly's ``data`` and ``layout``; ``about`` the figure's name, alternative text, sources and table.
    """
    payload = json.dumps({"data": plot["data"], "layout": plot["layout"]}, separators=(",", ":"), sort_keys=True)
    payload = payload.replace("<", "\\u003c")  # neither ends the script early nor starts a comment in it
    name = escape(about["name"], quote=True)
    height = int(plot["layout"].get("height") or 420)
    return (
        f'<figure class="lentap-figure" id="figure-{name}" data-name="{name}">'
        f"{badges(about['source'])}"
        f'<div class="lentap-plot" role="img" aria-label="{escape(about["alt"], quote=True)}"'
        f' style="height:{height}px"></div>'
        f'<script type="application/json">{payload}</script>'
        f"{_fold(about)}</figure>"
    )


def badges(sources: list[str]) -> str:
    """Which kinds of number are shown."""
    marks = (f'<span class="lentap-badge lentap-{source}">{BADGES[source]}</span>' for source in sources)
    return f'<p class="lentap-badges">{"".join(marks)}</p>'


def _fold(about: dict[str, Any]) -> str:
    columns, rows = about["table"]["columns"], about["table"]["rows"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([columns, *rows])
    download = (
        f'<a class="lentap-csv" download="{escape(about["name"], quote=True)}.csv"'
        f' href="data:text/csv;charset=utf-8,{quote(text.getvalue())}">CSV</a>'
    )
    head = "".join(f"<th>{escape(str(column))}</th>" for column in columns)
    body = "".join("<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in rows[:FOLD_ROWS])
    more = f"<p>The first {FOLD_ROWS} of {len(rows)} rows; the CSV holds all.</p>" if len(rows) > FOLD_ROWS else ""
    return (
        f'<details class="lentap-data"><summary>This figure in words and numbers ({len(rows)} rows)</summary>'
        f'<p class="lentap-alt">{escape(about["alt"])} {download}</p>'
        f'<div class="lentap-table" tabindex="0"><table data-rows="{len(rows)}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{more}</details>"
    )


def _cell(value: object) -> str:
    if value is None:
        return "<td></td>"
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return f'<td class="lentap-number">{value:g}</td>' if number else f"<td>{escape(str(value))}</td>"
