"""Curves that rise with time, such as cumulative incidence: bands, and the numbers behind them under the axis."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lentap.show.figure import DATA, Figure
from lentap.show.format import estimable, interval
from lentap.show.small_cells import is_small
from lentap.show.survival import display_times
from lentap.show.theme import SMALL, Style, plain
from lentap.sources import Source

CURVE, ROW, AXIS, TOP = 320, 16, 62, 40


@dataclass(frozen=True, eq=False)
class Rise:
    """One curve: at each time (a step from it on) its value and limits, how many are at risk, and events until then.

    ``ends`` are the times at which the patients ceased to be at risk.
    """

    time: np.ndarray
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray
    ends: np.ndarray

    def at(self, kept: np.ndarray) -> "Rise":
        """The curve with some of its steps alone, each joined with those left out before it."""
        parts = {name: values[kept] for name, values in vars(self).items() if name != "ends"}
        return replace(self, **parts)

    def estimable(self) -> "Rise":
        """The curve without the limits that leave no width."""
        low, high = estimable(self.low, self.high)
        return replace(self, low=low, high=high)

    def at_risk_at(self, times: list[float], smallest: int) -> list[str]:
        """Number at risk just before each time, in print; nothing where it is small."""
        counts = [int((self.ends >= time).sum()) for time in times]
        return ["" if is_small(count, smallest) else str(count) for count in counts]


def rising_curves(
    curves: Mapping[str, Rise],
    *,
    styles: Mapping[str, Style],
    unit: str,
    since: str,
    measure: str,
    level: float,
    what: str,
    source: Source,
    name: str,
    share: bool,
    smallest: int = 0,
) -> Figure:
    """Draw the curves of groups with bands, and at risk and events in rows under the axis.

    Parameters
    ----------
    measure
        Title of the upright axis, with its unit.
    share
        The values are percentages, from 0 to 100.
    """
    curves = {label: curve.estimable() for label, curve in curves.items()}
    times = display_times(max(float(curve.time[-1]) for curve in curves.values()), unit)
    figure = go.Figure()
    for label, curve in curves.items():
        style, known = styles[label], np.isfinite(curve.low)
        for bound, fill in ((curve.high, None), (curve.low, "tonexty")):
            figure.add_trace(
                go.Scatter(
                    x=curve.time[known].round(4).tolist(), y=bound[known].tolist(), mode="lines", fill=fill,
                    fillcolor=style.band, line={"shape": "hv", "width": 0}, hoverinfo="skip", showlegend=False,
                    legendgroup=label, meta={"role": "band"},
                )
            )  # fmt: skip
        figure.add_trace(
            go.Scatter(
                x=curve.time.round(4).tolist(),
                y=curve.value.tolist(),
                mode="lines",
                line={"shape": "hv", "color": style.colour, "dash": style.dash, "width": 2.2},
                name=f"{plain(label)}: {int(curve.events[-1])} events / {curve.ends.size}",
                legendgroup=label,
                customdata=[
                    [interval(value, low, high), int(risk)]
                    for value, low, high, risk in zip(curve.value, curve.low, curve.high, curve.at_risk, strict=True)
                ],
                hovertemplate=f"<b>{plain(label)}</b><br>%{{x:.1f}} {unit}: %{{customdata[0]}}"
                f"<br>({100 * level:g}% CI), %{{customdata[1]}} at risk<extra></extra>",
                meta=DATA,
            )
        )
    _rows(figure, curves, times, styles, smallest)
    top = 101 if share else 1.1 * max(float(np.nan_to_num(curve.high).max()) for curve in curves.values()) or 1.0
    _layout(figure, curves, times, f"Time since {since} ({unit})", measure, top)
    data = pd.concat([_table(label, curve, unit, measure) for label, curve in curves.items()], ignore_index=True)
    middle = times[len(times) // 2]
    said = "; ".join(f"{label} {_at(curve, middle)} at {middle:g} {unit}" for label, curve in curves.items())
    mark = 1 - CURVE / 2 / _inner(curves)
    return Figure(figure, f"{what} {said}.", data, (source,), name, mark_at=mark)


def _at(curve: Rise, time: float) -> str:
    place = int(np.searchsorted(curve.time, time, side="right")) - 1
    return interval(curve.value[place], curve.low[place], curve.high[place])


def _rows(
    figure: go.Figure, curves: Mapping[str, Rise], times: list[float], styles: Mapping[str, Style], smallest: int
) -> None:
    ticks: dict[int, str] = {}
    for i, (label, curve) in enumerate(curves.items()):
        heading = 3 * i
        figure.add_annotation(
            text=styles[label].key(label), x=0, xref="paper", xanchor="left", y=heading - 0.1, yref="y2",
            showarrow=False, font={"size": SMALL + 1},
        )  # fmt: skip
        until = np.searchsorted(curve.time, times, side="right") - 1
        events = [str(count) for count in curve.events[until].astype(int)]
        for row, words, counts in (
            (heading + 1, "At risk", curve.at_risk_at(times, smallest)),
            (heading + 2, "Events", events),
        ):
            ticks[row] = words
            figure.add_trace(
                go.Scatter(
                    x=times, y=[row] * len(times), text=counts, mode="text",
                    textfont={"size": SMALL}, cliponaxis=False, hoverinfo="skip", showlegend=False, xaxis="x2",
                    yaxis="y2", meta={"role": "counts"},
                )
            )  # fmt: skip
    figure.update_layout(yaxis2={"tickvals": list(ticks), "ticktext": list(ticks.values())})


def _layout(
    figure: go.Figure, curves: Mapping[str, Rise], times: list[float], title: str, measure: str, top: float
) -> None:
    rows, inner = 3 * len(curves), _inner(curves)
    longest = max(float(curve.time[-1]) for curve in curves.values())
    across = {"range": [0, max(longest, times[-1]) * 1.02 or 1.0], "tickvals": times}
    upright = {"tickvals": [0, 25, 50, 75, 100]} if top == 101 else {"nticks": 6}
    figure.update_layout(
        height=TOP + inner + 8,
        xaxis={**across, "title": {"text": title}, "anchor": "y"},
        xaxis2={**across, "visible": False, "anchor": "y2", "matches": "x"},
        yaxis={
            "domain": [1 - CURVE / inner, 1],
            "range": [0, top],
            "title": {"text": measure},
            "showline": True,
            **upright,
        },
        yaxis2={
            "domain": [0, rows * ROW / inner],
            "range": [rows - 0.5, -0.5],
            "showgrid": False,
            "ticks": "",
            "tickfont": {"size": SMALL},
            "ticklabelstandoff": 14,
        },
    )


def _inner(curves: Mapping[str, Rise]) -> int:
    return CURVE + AXIS + 3 * len(curves) * ROW


def _table(label: str, curve: Rise, unit: str, measure: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Arm": label,
            f"Time ({unit})": np.round(curve.time, 2),
            "At risk": curve.at_risk.astype(int),
            "Events": curve.events.astype(int),
            measure: np.round(curve.value, 3),
            "Lower limit": np.round(curve.low, 3),
            "Upper limit": np.round(curve.high, 3),
        }
    )
