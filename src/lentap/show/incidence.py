"""Time to resection among what competes with it, drawn: incidence by arm, and what became of everybody."""

import math
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lentap.design import Design
from lentap.show.figure import DATA, Figure
from lentap.show.format import NOT_ESTIMABLE, number, percent, within
from lentap.show.prose import Prose
from lentap.show.record.competing import RESECTION, Competing
from lentap.show.survival import display_times
from lentap.show.theme import SMALL, Style, arm_styles, plain
from lentap.sources import Source
from lentap.stats.arguments import Floats
from lentap.stats.cumulative_incidence import CumulativeIncidence

CURVE, ROW, AXIS, TOP, PANEL = 320, 16, 62, 40, 210
FINEST = 400  # points of a curve; the steps between are too fine to be seen
COUNTS = ("At risk", "Resected", "Other event", "Censored")
TINTS = ("rgba(107,114,128,0.55)", "rgba(107,114,128,0.38)", "rgba(107,114,128,0.24)", "rgba(107,114,128,0.46)")
ROOM = 12  # percent of the patients that an area needs for its name
LEFT = "rgba(107,114,128,0.06)"
STILL = "None of these yet"


def not_shown(found: Competing) -> Prose:
    """Say why there is no competition to show."""
    return Prose(f"*Not shown: {found.gap}.*")


def resection_incidence(found: Competing, *, design: Design, source: Source, name: str = "incidence") -> Figure | Prose:
    """Cumulative incidence of resection by arm with bands, and the numbers behind it under the time axis."""
    if found.gap:
        return not_shown(found)
    figure, styles = go.Figure(), arm_styles(design)
    longest = max(float(curve.time[-1]) for curve in found.curves.values())
    times = display_times(longest, found.unit)
    tables = []
    for arm, curve in found.curves.items():
        table = _steps(curve)
        tables.append(table.assign(Arm=arm))
        for trace in _curve(arm, curve, table, found.unit, styles[arm]):
            figure.add_trace(trace)
    ticks = _count_rows(figure, found, times, styles)
    _layout(figure, found, times, longest, ticks)
    data = pd.concat(tables, ignore_index=True)
    shown = pd.DataFrame(
        {
            "Arm": data["Arm"],
            f"Time ({found.unit})": data["time"].round(2),
            "At risk": data["at_risk"],
            "Resected (%)": data["incidence"].round(1),
            "Lower limit (%)": data["low"].round(1),
            "Upper limit (%)": data["high"].round(1),
        }
    )
    middle = 1 - CURVE / 2 / _inner(found)
    return Figure(figure, _alt(found, times), shown, (source,), name, mark_at=middle)


def _steps(curve: CumulativeIncidence) -> pd.DataFrame:
    """Steps of the resection's incidence in percent: at its events and at the end, thinned where they are many."""
    at = curve.causes.index(RESECTION)
    kept = np.flatnonzero(curve.events[:, at])
    if kept.size > FINEST:
        kept = kept[np.linspace(0, kept.size - 1, FINEST).round().astype(int)]
    kept = np.unique([0, *kept, curve.time.size - 1])
    parts = {name: 100 * getattr(curve, name)[kept, at] for name in ("incidence", "low", "high")}
    return pd.DataFrame({"time": curve.time[kept], "at_risk": curve.at_risk[kept], **parts})


def _curve(arm: str, curve: CumulativeIncidence, table: pd.DataFrame, unit: str, style: Style) -> Iterator[go.Scatter]:
    known = table[np.isfinite(table["low"]) & np.isfinite(table["high"])]
    for bound, fill in (("high", None), ("low", "tonexty")):
        yield go.Scatter(
            x=known["time"], y=known[bound], mode="lines", line={"shape": "hv", "width": 0}, fill=fill,
            fillcolor=style.band, hoverinfo="skip", showlegend=False, legendgroup=arm, meta={"role": "band"},
        )  # fmt: skip
    resected = int(curve.events[:, curve.causes.index(RESECTION)].sum())
    yield go.Scatter(
        x=table["time"],
        y=table["incidence"],
        mode="lines",
        line={"shape": "hv", "color": style.colour, "dash": style.dash, "width": 2.2},
        name=f"{plain(arm)}: {resected} resected / {curve.n}",
        legendgroup=arm,
        meta=DATA,
        customdata=[
            [_limit(low), _limit(high), int(risk)]
            for low, high, risk in zip(table["low"], table["high"], table["at_risk"], strict=True)
        ],
        hovertemplate=(
            f"<b>{plain(arm)}</b><br>by %{{x:.1f}} {unit}: %{{y:.1f}}% resected"
            f"<br>{100 * curve.level:g}% CI %{{customdata[0]}} to %{{customdata[1]}}<br>%{{customdata[2]}} at risk"
            "<extra></extra>"
        ),
    )


def _limit(value: float) -> str:
    return number(value) if math.isfinite(value) else NOT_ESTIMABLE


def _count_rows(figure: go.Figure, found: Competing, times: list[float], styles: Mapping[str, Style]) -> dict[int, str]:
    """Write a heading for each arm and its numbers at the times; the names of the rows by place."""
    ticks: dict[int, str] = {}
    for i, (arm, curve) in enumerate(found.curves.items()):
        heading = i * (len(COUNTS) + 1)
        figure.add_annotation(
            text=styles[arm].key(arm), x=0, xref="paper", xanchor="left", y=heading - 0.1, yref="y2", showarrow=False,
            font={"size": SMALL + 1},
        )  # fmt: skip
        for row, (label, counts) in enumerate(_counts(curve, times).items(), start=heading + 1):
            ticks[row] = label
            figure.add_trace(
                go.Scatter(
                    x=times, y=[row] * len(times), text=[f"{count}" for count in counts], mode="text",
                    textfont={"size": SMALL}, cliponaxis=False, hoverinfo="skip", showlegend=False, xaxis="x2",
                    yaxis="y2", meta={"role": "counts"},
                )
            )  # fmt: skip
    return ticks


def _counts(curve: CumulativeIncidence, times: list[float]) -> dict[str, list[int]]:
    """Subjects at risk just before each time; resected, with another event and censored by it."""
    own = curve.events[:, curve.causes.index(RESECTION)]
    before = np.searchsorted(curve.time, times)
    until = np.searchsorted(curve.time, times, side="right")
    gone = (own, curve.events.sum(axis=1) - own, curve.censored)
    totals = [np.insert(np.cumsum(count), 0, 0)[until].tolist() for count in gone]
    return dict(zip(COUNTS, [np.append(curve.at_risk, 0)[before].tolist(), *totals], strict=True))


def _inner(found: Competing) -> int:
    return CURVE + AXIS + len(found.curves) * (len(COUNTS) + 1) * ROW


def _since(found: Competing) -> str:
    words = within(found.since.strip().rstrip("."))
    return words if 0 < len(words) <= 30 else "origin"


def _layout(figure: go.Figure, found: Competing, times: list[float], longest: float, ticks: Mapping[int, str]) -> None:
    rows, inner = len(found.curves) * (len(COUNTS) + 1), _inner(found)
    across = {"range": [0, max(longest, times[-1]) * 1.02], "tickvals": times}
    figure.update_layout(
        height=TOP + inner + 8,
        xaxis={**across, "title": {"text": f"Time since {_since(found)} ({found.unit})"}, "anchor": "y"},
        xaxis2={**across, "visible": False, "anchor": "y2", "matches": "x"},
        yaxis={
            "domain": [1 - CURVE / inner, 1],
            "range": [0, 101],
            "tickvals": [0, 25, 50, 75, 100],
            "title": {"text": "Resected (%)"},
            "showline": True,
        },
        yaxis2={
            "domain": [0, rows * ROW / inner],
            "range": [rows - 0.5, -0.5],
            "tickvals": list(ticks),
            "ticktext": list(ticks.values()),
            "showgrid": False,
            "ticks": "",
            "tickfont": {"size": SMALL},
            "ticklabelstandoff": 14,
        },
    )


def _alt(found: Competing, times: list[float]) -> str:
    middle = times[len(times) // 2]
    each = "; ".join(
        f"{arm}: {int(curve.events[:, curve.causes.index(RESECTION)].sum())} of {curve.n} patients resected, "
        f"{_share(float(curve.at([middle], RESECTION)[0]))} by {middle:g} {found.unit}"
        for arm, curve in found.curves.items()
    )
    return (
        "Aalen-Johansen cumulative incidence of resection by arm, with other events competing and confidence bands; "
        f"numbers at risk, resected, with another event and censored stand under the time axis. {each}."
    )


def _share(value: float) -> str:
    return f"{percent(value)}%" if math.isfinite(value) else "no longer observed"


def states(found: Competing, *, design: Design, source: Source, name: str = "states") -> Figure | Prose:
    """What became of the patients of each arm by each time, stacked to all of them, a panel an arm."""
    if found.gap:
        return not_shown(found)
    figure, styles = go.Figure(), arm_styles(design)
    arms, tables = list(found.curves), list[pd.DataFrame]()
    longest = max(float(curve.time[-1]) for curve in found.curves.values())
    gap = 0.14 / len(arms) if len(arms) > 1 else 0.0
    height = (1 - gap * (len(arms) - 1)) / len(arms)
    for place, (arm, curve) in enumerate(found.curves.items()):
        suffix = "" if place == 0 else str(place + 1)
        top = 1 - place * (height + gap)
        figure.update_layout({f"yaxis{suffix}": {
            "domain": [max(top - height, 0), top], "range": [0, 100], "tickvals": [0, 50, 100], "anchor": f"x{suffix}",
            "title": {"text": "Patients (%)"}, "showgrid": False,
        }, f"xaxis{suffix}": {
            "range": [0, longest], "tickvals": display_times(longest, found.unit), "anchor": f"y{suffix}",
            "showgrid": False, **({"title": {"text": f"Time since {_since(found)} ({found.unit})"}}
                                  if place == len(arms) - 1 else {"showticklabels": False}),
        }})  # fmt: skip
        figure.add_annotation(
            text=styles[arm].key(arm), x=0, xref="paper", xanchor="left", y=top, yref="paper", yanchor="bottom",
            showarrow=False, font={"size": SMALL + 1},
        )  # fmt: skip
        tables.append(_stack(figure, arm, curve, found.unit, styles[arm], suffix))
    figure.update_layout(height=TOP + len(arms) * PANEL + AXIS, showlegend=False, margin={"t": TOP})
    data = pd.concat(tables, ignore_index=True)
    return Figure(figure, _states_alt(found), data, (source,), name)


def _stack(figure: go.Figure, arm: str, curve: CumulativeIncidence, unit: str, style: Style, axis: str) -> pd.DataFrame:
    """Draw the areas of one arm, the resection lowest, and label those that have room."""
    last = float(curve.time[-1])
    times = np.unique(np.append(np.linspace(0, last, 101), last))
    at = np.searchsorted(curve.time, times, side="right") - 1
    shares = {cause: 100 * curve.incidence[at, i] for i, cause in enumerate(curve.causes)}
    shares[STILL] = 100 * curve.event_free[at]
    fills = dict(zip(shares, (style.band.replace("0.15", "0.5"), *TINTS), strict=False)) | {STILL: LEFT}
    place = {"xaxis": f"x{axis}", "yaxis": f"y{axis}"}
    floor, tables = np.zeros_like(times), list[pd.DataFrame]()
    for cause, share in shares.items():
        top = floor + share
        figure.add_trace(
            go.Scatter(
                x=times, y=top, mode="lines", line={"shape": "hv", "width": 0.6, "color": style.colour},
                fill="tozeroy" if not tables else "tonexty", fillcolor=fills[cause], meta=DATA, customdata=share,
                hovertemplate=f"<b>{plain(arm)}</b><br>by %{{x:.1f}} {unit}<br>{plain(cause)}: %{{customdata:.1f}}%"
                "<extra></extra>", **place,
            )
        )  # fmt: skip
        _area_label(figure, times, floor, share, cause, place)
        tables.append(pd.DataFrame({"Arm": arm, "State": cause, f"Time ({unit})": times.round(2), "%": share.round(1)}))
        floor = top
    return pd.concat(tables, ignore_index=True)


def _area_label(
    figure: go.Figure, times: Floats, floor: Floats, share: Floats, cause: str, place: Mapping[str, str]
) -> None:
    """Write the name of an area where it is thickest within the middle of the axis, if there is room for a line."""
    inner = (times >= 0.25 * times[-1]) & (times <= 0.75 * times[-1])
    thickest = int(np.flatnonzero(inner)[np.argmax(share[inner])])
    if share[thickest] < ROOM:
        return
    figure.add_annotation(
        text=plain(cause), x=float(times[thickest]), y=float(floor[thickest] + share[thickest] / 2),
        xref=place["xaxis"], yref=place["yaxis"], showarrow=False, font={"size": SMALL},
    )  # fmt: skip


def _states_alt(found: Competing) -> str:
    each = "; ".join(
        f"{arm}: "
        + ", ".join(
            f"{within(cause)} {percent(float(curve.incidence[-1, i]))}%" for i, cause in enumerate(curve.causes)
        )
        for arm, curve in found.curves.items()
    )
    return (
        f"What became of the patients of each arm by each time, stacked to all of them. At the end of follow-up {each}."
    )
