"""Rates by arm and their differences, each with its interval, one block a kind of number."""

from collections.abc import Sequence
from itertools import groupby

import pandas as pd
import plotly.graph_objects as go

from lentap.design import Design
from lentap.results import Result
from lentap.show.figure import DATA, Figure, reference_line, synthetic_mark, whisker
from lentap.show.format import confidence, quote
from lentap.show.record import Comparison
from lentap.show.theme import CONTROL_STYLE, EXPERIMENTAL_STYLES, SMALL, Style, arm_styles, plain
from lentap.sources import Source, combine

HEADINGS: dict[Source, str] = {"published": "Published counts", "synthetic": "Synthetic trial", "yours": "Your trial"}
ROW = 46
TOP, AXIS = 34, 62


def rates_and_differences(
    comparisons: Sequence[Comparison], *, outcome: str, design: Design, name: str = "rates-and-differences"
) -> Figure:
    """Rates by arm above, differences from control below, on axes of their own.

    Parameters
    ----------
    comparisons
        One for each kind of number.
    outcome
        What happened to the patients counted, such as ``salvage resection``.
    """
    source = combine(*(comparison.source for comparison in comparisons))
    rates = [rate for comparison in comparisons for rate in comparison.rates.values()]
    differences = [one.risk_difference for comparison in comparisons for one in comparison.contrasts.values()]
    figure = go.Figure()
    upper, lower = len(rates) + len(source), len(differences) + 1
    inner = (upper + lower) * ROW + 2 * AXIS
    top = (1 - upper * ROW / inner, 1.0)
    bottom = (AXIS / inner, (AXIS + lower * ROW) / inner)
    _draw_block(figure, rates, _styles(design), axis="", value="rate")
    _draw_block(figure, differences, _styles(design), axis="2", value="difference")
    reach = max([10.0, *(abs(100 * (end or 0)) for d in differences for end in (d.low, d.high, d.estimate))]) * 1.08
    figure.update_layout(
        height=TOP + inner + 8,
        margin={"t": TOP, "l": 14, "r": 14},
        showlegend=False,
        xaxis={"range": [-1, 101], "title": {"text": f"Patients with {outcome} (%)"}, "anchor": "y"},
        yaxis={"domain": top, "range": [upper - 0.35, -0.65], "visible": False},
        xaxis2={
            "range": [-reach, reach],
            "title": {"text": "Difference from control (percentage points)"},
            "anchor": "y2",
        },
        yaxis2={"domain": bottom, "range": [lower - 0.35, -0.65], "visible": False},
    )
    reference_line(figure, 0, range(1, lower), axis="2")
    for x, side, words in ((0.0, "left", "◂ more with control"), (1.0, "right", "more with experimental ▸")):
        figure.add_annotation(
            text=words, x=x, xref="paper", xanchor=side, y=-0.3, yref="y2", showarrow=False, font={"size": SMALL}
        )
    if "synthetic" in source and len(source) > 1:
        rows = sum(rate.source == "synthetic" for rate in rates) + 1
        synthetic_mark(figure, y=top[0] + rows * ROW / inner / 2, size=30)
    data = pd.DataFrame([_row(result) for result in (*rates, *differences)])
    return Figure(figure, _alt(rates, differences, outcome), data, source, name)


def _styles(design: Design) -> dict[str, Style]:
    """Styles by arm, with the names the published counts use."""
    return {"LEN-TAP": EXPERIMENTAL_STYLES[0], "TACE": CONTROL_STYLE} | arm_styles(design)


def _draw_block(
    figure: go.Figure, results: Sequence[Result], styles: dict[str, Style], *, axis: str, value: str
) -> None:
    """One row a result under the heading of its source: label above, point and interval below it."""
    place = {"xaxis": f"x{axis}", "yaxis": f"y{axis}", "showlegend": False}
    row = 1 if value == "difference" else 0
    for kind, group in groupby(results, key=lambda result: result.source):
        if value == "rate":
            _label(figure, f"<b>{HEADINGS[kind]}</b>", row, axis)
            row += 1
        for result in group:
            style = styles[result.labels["arm"]]
            at = row + 0.12
            along, across = whisker([_percent(result.low)], [_percent(result.high)], [at])
            figure.add_trace(
                go.Scatter(
                    x=along,
                    y=across,
                    mode="lines",
                    line={"color": style.colour, "dash": style.dash, "width": 2.5},
                    hoverinfo="skip",
                    meta={"role": "interval"},
                    **place,
                )
            )
            figure.add_trace(
                go.Scatter(
                    x=[_percent(result.estimate)],
                    y=[at],
                    mode="markers",
                    marker={"color": style.colour, "symbol": style.symbol, "size": 11},
                    hovertemplate=f"{_words(result, value)}<extra></extra>",
                    meta=DATA,
                    **place,
                )
            )
            _label(figure, _words(result, value), row - 0.28, axis)
            row += 1


def _label(figure: go.Figure, text: str, row: float, axis: str) -> None:
    figure.add_annotation(
        text=text, x=0, xref="paper", xanchor="left", y=row, yref=f"y{axis}", showarrow=False, font={"size": SMALL + 1}
    )


def _words(result: Result, value: str) -> str:
    if value == "rate":
        count = next(iter(result.counts.values()), "")
        return f"{plain(result.labels['arm'])}: {count}, {quote(result)}"
    points = quote(result).replace("percentage points", "points")
    return f"{HEADINGS[result.source]}, {plain(result.labels['arm'])}: {points}"


def _percent(share: float | None) -> float:
    return float("nan") if share is None else 100 * share


def _row(result: Result) -> dict[str, object]:
    difference = result.scale == "difference"
    return {
        "Numbers": HEADINGS[result.source],
        "Quantity": "difference from control (points)" if difference else "rate (%)",
        "Arm": result.labels["arm"],
        "Patients": "; ".join(result.counts.values()),
        "Estimate": round(_percent(result.estimate), 1),
        "Lower limit": round(_percent(result.low), 1),
        "Upper limit": round(_percent(result.high), 1),
    }


def _alt(rates: Sequence[Result], differences: Sequence[Result], outcome: str) -> str:
    blocks = []
    for kind, group in groupby(rates, key=lambda result: result.source):
        shares = [f"{r.labels['arm']} {r.counts[r.labels['arm']]} = {quote(r)}" for r in group]
        gaps = [f"{d.labels['arm']} minus control {quote(d)}" for d in differences if d.source == kind]
        blocks.append(f"{HEADINGS[kind]}: {'; '.join(shares + gaps)}.")
    level = confidence(rates[0]) if rates else "interval"
    return f"Patients with {outcome} by arm, and differences from control, each with {level}. {' '.join(blocks)}"
