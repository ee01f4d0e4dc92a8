"""Panels one above the other, one an arm, and which patients are drawn where there are more than can be told apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lentap.show.theme import SMALL, Style

HEADING, BETWEEN, TOP, AXIS = 26, 14, 40, 58
PATTERNS = {"solid": "", "dash": "/", "dot": ".", "dashdot": "x", "longdash": "|"}  # of bars, by the arm's dash


@dataclass(frozen=True)
class Panel:
    """Place of an arm's panel: suffix of its axes, and where it begins and ends as a share of the paper."""

    axis: str
    bottom: float
    top: float

    @property
    def place(self) -> dict[str, str]:
        """What puts a trace there."""
        return {"xaxis": f"x{self.axis}", "yaxis": f"y{self.axis}"}


def panels(
    figure: go.Figure, headings: Mapping[str, str], heights: Sequence[int], *, top: int = TOP
) -> dict[str, Panel]:
    """Lay out a panel of a height in pixels for each arm, under its heading, and set the height of the figure.

    Parameters
    ----------
    headings
        Text over each panel, by arm.
    top
        Pixels above the panels, for a legend.
    """
    inner = sum(heights) + len(heights) * HEADING + (len(heights) - 1) * BETWEEN + AXIS
    found, used = {}, 0
    for number, ((arm, heading), height) in enumerate(zip(headings.items(), heights, strict=True), 1):
        upper = 1 - (used + HEADING) / inner
        found[arm] = Panel("" if number == 1 else str(number), upper - height / inner, upper)
        figure.add_annotation(
            text=heading,
            x=0,
            xref="paper",
            xanchor="left",
            y=upper,
            yref="paper",
            yanchor="bottom",
            showarrow=False,
            font={"size": SMALL + 1},
        )
        used += HEADING + height + BETWEEN
    figure.update_layout(height=top + inner, margin={"t": top, "b": 0})
    return found


def panel_axes(
    figure: go.Figure, panel: Panel, across: Mapping[str, Any], upright: Mapping[str, Any], *, title: str
) -> None:
    """Set the axes of a panel; the lower one has its labels where it has a title, in the last panel."""
    below = {"title": {"text": title}} if title else {"showticklabels": False}
    figure.update_layout(
        {
            f"xaxis{panel.axis}": {**across, "anchor": f"y{panel.axis}", **below},
            f"yaxis{panel.axis}": {"domain": [panel.bottom, panel.top], "anchor": f"x{panel.axis}", **upright},
        }
    )


def pattern(style: Style) -> dict[str, object]:
    """Hatching of an arm's bars, so that colour is not all that tells arms apart."""
    return {"shape": PATTERNS[style.dash], "fillmode": "overlay", "size": 5, "solidity": 0.35, "fgcolor": "white"}


def sampled(rows: pd.DataFrame, most: int) -> pd.DataFrame:
    """At most ``most`` of the rows, evenly spaced in their order, both ends among them."""
    if len(rows) <= most:
        return rows
    return rows.iloc[np.unique(np.linspace(0, len(rows) - 1, most).round().astype(int))]
