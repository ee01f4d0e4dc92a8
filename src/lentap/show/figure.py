"""A figure: the Plotly drawing, what it says in words, and the rows it was drawn from."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from lentap.errors import RunError
from lentap.show.theme import CONFIG, NEUTRAL, TEMPLATE
from lentap.sources import Source, combine

MIME = "application/vnd.plotly.v1+json"
DATA = {"role": "data"}


@dataclass(frozen=True)
class Filter:
    """What lets a reader hide rows of a figure by their levels of some choices, without a server.

    ``choices`` holds the levels of each choice by the column of the figure's data that has them. Traces of such a
    figure have positions of rows for x, and the row of each of their points in ``meta`` as ``rows``: what is left
    closes up. ``words`` is what is said of the rows that are left, once for each value of ``by`` (once where it is
    empty), with {group}, {shown}, {all}, {median}, {smallest}, {largest}, {above}, {below} and {apart} to be filled in:
    the last three count estimates beyond ``null`` and intervals that exclude it.
    """

    choices: Mapping[str, Sequence[str]]
    estimate: str
    low: str
    high: str
    null: float
    decimals: int
    words: str
    by: str = ""


@dataclass(frozen=True)
class Figure:
    """A Plotly figure with its alternative text and its data.

    Every row of ``data`` is one point of a trace whose ``meta`` is ``{"role": "data"}``; intervals, bands and labels
    are traces of another role. A figure that draws more or fewer points than it lists cannot be made. ``mark_at`` is
    the height, as a share of the paper, at which a synthetic figure says so, ``filter`` what lets readers hide rows.
    """

    plotly: go.Figure
    alt: str
    data: pd.DataFrame
    source: tuple[Source, ...]
    name: str
    mark_at: float = 0.5
    filter: Filter | None = None

    def __post_init__(self) -> None:
        combine(*self.source)
        self.plotly.update_layout(template=TEMPLATE)
        if self.source == ("synthetic",):
            synthetic_mark(self.plotly, y=self.mark_at)
        drawn = data_points(self.plotly)
        if drawn != len(self.data):
            msg = f"figure {self.name!r} draws {drawn} data points but lists {len(self.data)} rows"
            raise RunError(msg)

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        drawing = json.loads(self.plotly.to_json())
        table = json.loads(self.data.to_json(orient="split", index=False, double_precision=6))
        about = {
            "name": self.name,
            "alt": self.alt,
            "source": list(self.source),
            "table": {"columns": [str(column) for column in table["columns"]], "rows": table["data"]},
        }
        if self.filter:
            about["filter"] = asdict(self.filter)
        return {MIME: drawing | {"config": CONFIG}, "text/plain": self.alt}, {MIME: {"lentap": about}}


def synthetic_mark(figure: go.Figure, *, y: float = 0.5, size: int = 38) -> None:
    """Write SYNTHETIC quietly across a figure, around the height ``y`` (a share of the paper)."""
    figure.add_annotation(
        name="mark",
        text="SYNTHETIC",
        x=0.5,
        y=y,
        xref="paper",
        yref="paper",
        textangle=-20,
        showarrow=False,
        font={"size": size, "color": "rgba(107,114,128,0.22)"},
    )


def data_points(figure: go.Figure) -> int:
    """Finite points of all traces whose role is data."""
    return sum(
        sum(map(_finite_point, zip(trace.x, trace.y, strict=True)))
        for trace in figure.data
        if (trace.meta or {}).get("role") == "data"
    )


def _finite_point(point: Iterable[float | None]) -> bool:
    return all(value is not None and math.isfinite(value) for value in point)


def reference_line(
    figure: go.Figure, x: float, rows: Iterable[float], *, axis: str = "", y_axis: str | None = None
) -> None:
    """Draw a vertical line of reference in every row, below its label, so that it crosses no text."""
    figure.add_shape(
        type="path",
        path=" ".join(f"M{x},{row - 0.06} L{x},{row + 0.46}" for row in rows),
        xref=f"x{axis}",
        yref=f"y{axis if y_axis is None else y_axis}",
        line={"color": NEUTRAL, "width": 1.5},
    )


def whisker(low: Iterable[float], high: Iterable[float], at: Iterable[float]) -> tuple[list[Any], list[Any]]:
    """Interval lines as one broken line: positions along the value axis, and across it."""
    along: list[float | None] = []
    across: list[float | None] = []
    for start, end, place in zip(low, high, at, strict=True):
        if math.isfinite(start) and math.isfinite(end):
            along += [start, end, None]
            across += [place, place, None]
    return along, across
