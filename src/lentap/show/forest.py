"""Estimates with intervals, a row each: the figure for whatever is compared with one line of reference."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from textwrap import wrap

import pandas as pd
import plotly.graph_objects as go

from lentap.show.figure import DATA, Figure, reference_line, whisker
from lentap.show.format import NOT_ESTIMABLE, interval, number
from lentap.show.theme import NEUTRAL_STYLE, SMALL, Style, plain
from lentap.sources import Source, combine

ROW, HEAD, TOP, AXIS, LINE = 40, 30, 26, 58, 14
TICKS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 20, 50)  # of a ratio
COARSE_TICKS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50), (0.05, 0.2, 1, 5, 20)
APART = 0.075  # of the axis between two ticks at least, or their numbers meet on a phone
LONGEST = 58  # characters of a label that a phone shows; beyond, details are in the hover text and the table alone


@dataclass(frozen=True)
class Row:
    """One estimate: what it is of, its interval, what stands behind it (counts, a design), and how it is drawn.

    ``group`` is a heading it stands under; ``low`` and ``high`` are not-a-number where there is no interval.
    """

    label: str
    estimate: float
    low: float = math.nan
    high: float = math.nan
    detail: str = ""
    group: str = ""
    style: Style = NEUTRAL_STYLE


def forest(
    rows: Sequence[Row],
    *,
    name: str,
    title: str,
    what: str,
    source: Source | tuple[Source, ...],
    reference: float | None = None,
    sides: tuple[str, str] = ("", ""),
    ratio: bool = False,
    span: tuple[float, float] | None = None,
    decimals: int = 1,
) -> Figure:
    """Draw the rows in order, under their groups, with the estimate in words above each.

    Parameters
    ----------
    title
        Of the axis, with its unit.
    what
        What the figure shows, for those who do not see it; the rows are listed after it.
    reference
        Value of a line to compare with, and ``sides`` what lies to its left and right.
    ratio
        Draw on a log axis.
    span
        Ends of the axis; by default as wide as the intervals.
    """
    figure = go.Figure()
    shown = [row for row in rows if math.isfinite(row.estimate)]
    brief = any(len(_line(row, decimals)) > LONGEST for row in rows)
    at, level = {}, 0.0
    group = ""
    for position, row in enumerate(rows):
        if row.group != group:
            group = row.group
            _label(figure, f"<b>{plain(group)}</b>", level - 0.28)
            level += HEAD / ROW
        lines = _lines(row, decimals, detailed=not brief)
        further = (len(lines) - 1) * LINE / ROW
        level += further
        _label(figure, "<br>".join(map(plain, lines)), level - 0.24 - further / 2)
        at[position] = level
        level += 1
    for position, row in enumerate(rows):
        y = at[position] + 0.16
        words = interval(row.estimate, *_ends(row), lambda value: number(value, decimals))
        detail = f" · {plain(row.detail)}" if row.detail else ""
        if not math.isfinite(row.estimate):
            continue
        along, across = whisker([row.low], [row.high], [y])
        line = {"color": row.style.colour, "dash": row.style.dash, "width": 2.2}
        figure.add_trace(
            go.Scatter(x=along, y=across, mode="lines", line=line, hoverinfo="skip", meta={"role": "interval"})
        )
        figure.add_trace(
            go.Scatter(
                x=[row.estimate],
                y=[y],
                mode="markers",
                marker={"color": row.style.colour, "symbol": row.style.symbol, "size": 10},
                hovertemplate=f"<b>{plain(row.label)}</b><br>{words}{detail.replace(' · ', '<br>')}<extra></extra>",
                meta=DATA,
            )
        )
    ends = span or _span(shown, reference, ratio)
    figure.update_layout(
        height=int(TOP + level * ROW + AXIS),
        margin={"t": TOP, "l": 14, "r": 14, "b": AXIS},
        showlegend=False,
        xaxis={
            "title": {"text": title},
            "type": "log" if ratio else "linear",
            "range": [math.log10(end) for end in ends] if ratio else list(ends),
            "tickangle": 0,
            **({"tickvals": _ticks(*ends)} if ratio else {"nticks": 7}),
        },
        yaxis={"range": [max(level, 1) - 0.4, -0.65], "visible": False},
    )
    if reference is not None:
        reference_line(figure, reference, list(at.values()))
        for x, side, words in ((0.0, "left", sides[0]), (1.0, "right", sides[1])):
            if words:
                arrow = f"◂ {words}" if side == "left" else f"{words} ▸"
                figure.add_annotation(
                    text=arrow, x=x, xref="paper", xanchor=side, y=1, yref="paper", yanchor="bottom", showarrow=False,
                    font={"size": SMALL},
                )  # fmt: skip
    sources = (source,) if isinstance(source, str) else source
    return Figure(figure, _alt(rows, what, decimals), _table(shown), combine(*sources), name)


def _lines(row: Row, decimals: int, *, detailed: bool) -> list[str]:
    """What stands above a row: one line, or more where a phone would cut it."""
    line = _line(row, decimals, detailed=detailed)
    if detailed or len(line) <= LONGEST:
        return [line]
    return [*wrap(row.label, LONGEST), line.rpartition(": ")[2]]


def _ticks(low: float, high: float) -> list[float]:
    """Ticks of a ratio within the ends of its axis, as fine as leaves their numbers apart."""
    for ticks in (TICKS, *COARSE_TICKS):
        inside = [tick for tick in ticks if low <= tick <= high]
        gaps = [math.log(after / before) / math.log(high / low) for before, after in pairwise(inside)]
        if min(gaps, default=1) >= APART:
            break
    return inside


def _line(row: Row, decimals: int, *, detailed: bool = True) -> str:
    words = interval(row.estimate, *_ends(row), lambda value: number(value, decimals))
    return f"{row.label}: {words}{f' · {row.detail}' if detailed and row.detail else ''}"


def _ends(row: Row) -> tuple[float | None, float | None]:
    """The interval; None twice where there is none."""
    return (None, None) if math.isnan(row.low) and math.isnan(row.high) else (row.low, row.high)


def _label(figure: go.Figure, text: str, y: float) -> None:
    figure.add_annotation(
        text=text, x=0, xref="paper", xanchor="left", align="left", y=y, showarrow=False, font={"size": SMALL}
    )


def _span(rows: Sequence[Row], reference: float | None, ratio: bool) -> tuple[float, float]:
    """Ends of the axis: a little beyond every limit and the reference; far limits of a ratio do not stretch it."""
    values = [value for row in rows for value in (row.estimate, row.low, row.high) if math.isfinite(value)]
    values += [] if reference is None else [reference]
    if ratio:
        values = [min(max(value, 0.02), 50) for value in values if value > 0]
    low, high = (min(values), max(values)) if values else (0.5, 2.0)
    if ratio:
        return low / 1.15, high * 1.15
    room = 0.06 * (high - low or 1)
    return low - room, high + room


def _table(rows: Sequence[Row]) -> pd.DataFrame:
    grouped = {"Group": [row.group for row in rows]} if any(row.group for row in rows) else {}
    return pd.DataFrame(
        {
            **grouped,
            "What": [row.label for row in rows],
            "Estimate": [row.estimate for row in rows],
            "Lower limit": [row.low for row in rows],
            "Upper limit": [row.high for row in rows],
            "Detail": [row.detail for row in rows],
        }
    )


def _alt(rows: Sequence[Row], what: str, decimals: int) -> str:
    listed = "; ".join(
        f"{row.group + ', ' if row.group else ''}{row.label} "
        f"{interval(row.estimate, *_ends(row), lambda value: number(value, decimals), absent=NOT_ESTIMABLE)}"
        for row in rows
    )
    return f"{what} {listed or 'Nothing to show'}."
