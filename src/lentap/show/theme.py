"""How everything looks: one colour, dash and symbol an arm, and a Plotly template that leaves text to the page."""

import html
from dataclasses import dataclass

import plotly.graph_objects as go

from lentap.design import Design

EXPERIMENTAL = "#0072B2"
CONTROL = "#D55E00"
THIRD = "#009E73"
NEUTRAL = "#6B7280"
GRID = "rgba(107,114,128,0.25)"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
SMALL = 11


@dataclass(frozen=True)
class Style:
    """Colour, line dash and marker symbol of an arm; ``stroke`` is the dash as text, for labels."""

    colour: str
    dash: str
    symbol: str
    stroke: str

    @property
    def band(self) -> str:
        """The colour, thinned for a confidence band."""
        red, green, blue = (int(self.colour[i : i + 2], 16) for i in (1, 3, 5))
        return f"rgba({red},{green},{blue},0.15)"

    def key(self, label: str) -> str:
        """A label for a figure with the arm's line in front of it, so that its text keeps the page's colour."""
        return f'<span style="color:{self.colour}">{self.stroke}</span> {plain(label)}'


CONTROL_STYLE = Style(CONTROL, "dash", "square", "━ ━")
EXPERIMENTAL_STYLES = (
    Style(EXPERIMENTAL, "solid", "circle", "━━━"),
    Style(THIRD, "dot", "diamond", "••••"),
    Style("#CC79A7", "dashdot", "triangle-up", "━ •"),
    Style("#56B4E9", "longdash", "triangle-down", "━━ ━━"),
)
NEUTRAL_STYLE = Style(NEUTRAL, "solid", "circle-open", "━━")


def arm_styles(design: Design) -> dict[str, Style]:
    """The style of each arm: the same on every page, whichever arms a page shows."""
    styles = {arm.name: EXPERIMENTAL_STYLES[i % len(EXPERIMENTAL_STYLES)] for i, arm in enumerate(design.experimental)}
    return styles | {design.control.name: CONTROL_STYLE}


def plain(text: str) -> str:
    """Text from data, made safe inside a Plotly figure, where ``<`` starts a tag and ``$`` a formula."""
    return html.escape(str(text), quote=False).replace("$", "&#36;")


_AXIS = {
    "automargin": True,
    "gridcolor": GRID,
    "linecolor": NEUTRAL,
    "tickcolor": NEUTRAL,
    "zeroline": False,
    "ticks": "outside",
    "ticklen": 4,
    "title": {"standoff": 8, "font": {"size": 13}},
}

TEMPLATE = go.layout.Template(
    layout={
        "autosize": True,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 12.5},
        "colorway": [style.colour for style in EXPERIMENTAL_STYLES],
        "margin": {"l": 8, "r": 14, "t": 40, "b": 8},
        "xaxis": {**_AXIS, "showline": True},
        "yaxis": _AXIS,
        "dragmode": False,
        "hovermode": "closest",
        "hoverlabel": {"align": "left", "namelength": -1},
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.0, "yanchor": "bottom"},
        "modebar": {"orientation": "h", "bgcolor": "rgba(0,0,0,0)", "color": NEUTRAL, "activecolor": NEUTRAL},
    }
)

CONFIG = {
    "responsive": True,
    "displaylogo": False,
    "displayModeBar": "hover",
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d"],
}
