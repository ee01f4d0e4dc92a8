"""Curves over one axis, such as power by the number of patients: one colour, dash and name each."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from lentap.show.figure import DATA, Figure
from lentap.show.format import number
from lentap.show.theme import NEUTRAL, Style, plain
from lentap.sources import Source, combine

HEIGHT = 380


@dataclass(frozen=True)
class Curve:
    """One curve: its name, its points, and how it is drawn; ``markers`` shows each point, ``joined`` a line.

    ``steps``: a value holds from its point on; ``steps_before``: it holds up to its point.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    style: Style
    markers: bool = False
    steps: bool = False
    steps_before: bool = False
    joined: bool = True


def curves(
    listed: Sequence[Curve],
    *,
    name: str,
    x_title: str,
    y_title: str,
    what: str,
    source: Source | tuple[Source, ...],
    x_reference: float | None = None,
    y_reference: float | None = None,
    y_span: tuple[float, float] | None = None,
    decimals: int = 1,
) -> Figure:
    """Draw curves on common axes, with dotted lines at what they are compared with.

    Parameters
    ----------
    what
        What the figure shows, for those who do not see it.
    x_reference, y_reference
        Place of a vertical and of a horizontal line.
    """
    figure = go.Figure()
    for curve in listed:
        known = [(x, y) for x, y in zip(curve.x, curve.y, strict=True) if math.isfinite(x) and math.isfinite(y)]
        figure.add_trace(
            go.Scatter(
                x=[x for x, _ in known],
                y=[y for _, y in known],
                mode="+".join(["lines"] * curve.joined + ["markers"] * curve.markers),
                line={
                    "color": curve.style.colour,
                    "dash": curve.style.dash,
                    "width": 2.2,
                    "shape": "hv" if curve.steps else "vh" if curve.steps_before else "linear",
                },
                marker={"color": curve.style.colour, "symbol": curve.style.symbol, "size": 7},
                name=plain(curve.name),
                hovertemplate=f"<b>{plain(curve.name)}</b><br>%{{x:.4~g}}: %{{y:.{decimals}f}}<extra></extra>",
                meta=DATA,
            )
        )
    line = {"color": NEUTRAL, "width": 1.2, "dash": "dot"}
    if x_reference is not None:
        figure.add_vline(x=x_reference, line=line)
    if y_reference is not None:
        figure.add_hline(y=y_reference, line=line)
    figure.update_layout(
        height=HEIGHT,
        showlegend=len(listed) > 1,
        xaxis={"title": {"text": x_title}},
        yaxis={"title": {"text": y_title}, **({"range": list(y_span)} if y_span else {})},
    )
    sources = (source,) if isinstance(source, str) else source
    return Figure(
        figure, _alt(listed, what, x_title, decimals), _table(listed, x_title, y_title), combine(*sources), name
    )


def _table(listed: Sequence[Curve], x_title: str, y_title: str) -> pd.DataFrame:
    rows = [
        {"Curve": curve.name, x_title: x, y_title: y}
        for curve in listed
        for x, y in zip(curve.x, curve.y, strict=True)
        if math.isfinite(x) and math.isfinite(y)
    ]
    return pd.DataFrame(rows, columns=["Curve", x_title, y_title])


def _alt(listed: Sequence[Curve], what: str, x_title: str, decimals: int) -> str:
    ends = "; ".join(
        f"{curve.name} from {number(curve.y[0], decimals)} at {curve.x[0]:g} to {number(curve.y[-1], decimals)} at "
        f"{curve.x[-1]:g}"
        for curve in listed
        if len(curve.x)
    )
    return f"{what} Along the axis {x_title}: {ends or 'nothing to show'}."
