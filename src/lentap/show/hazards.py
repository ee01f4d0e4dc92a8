"""Whether one hazard ratio tells the comparison, in print: the verdict, the ratio over time, curves on other scales."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lentap.design import Design
from lentap.show.absolute import MOST_POINTS, NOT_SHOWN
from lentap.show.figure import DATA, Figure
from lentap.show.forest import TICKS
from lentap.show.format import number, slug, within
from lentap.show.prose import Prose
from lentap.show.record.followed import Followed
from lentap.show.record.hazards import Hazards
from lentap.show.survival import display_times
from lentap.show.theme import NEUTRAL, SMALL, Style, arm_styles, plain
from lentap.stats.arguments import Floats
from lentap.stats.effect_over_time import EffectOverTime
from lentap.stats.kaplan_meier import KaplanMeier
from lentap.stats.smoothed_hazard import SmoothedHazard

HEIGHT = 380
NARROWEST, WIDEST = 0.05, 20.0  # hazard ratios between which the axis ends


@dataclass(frozen=True)
class Line:
    """One line with its band, and how it is drawn."""

    label: str
    x: Floats
    y: Floats
    low: Floats
    high: Floats
    style: Style
    steps: bool = False


def effect_figure(
    group: Followed, found: Mapping[str, Hazards], *, design: Design, name: str = "effect"
) -> Figure | Prose:
    """Hazard ratio over time: a smooth of the scaled Schoenfeld residuals with its band, a dot an event."""
    styles = arm_styles(design)
    shown = {arm: (one, one.effect) for arm, one in found.items() if one.effect is not None}
    if not shown:
        return NOT_SHOWN if not found else _why(found)
    lines = [
        _thinned(Line(arm, e.time, np.exp(e.value), np.exp(e.low), np.exp(e.high), styles[arm]))
        for arm, (_, e) in shown.items()
    ]
    unit, control = group.endpoint.unit, group.control
    ends = _ratio_span(lines)
    figure, data = _drawn(lines, f"Time ({unit})", "Hazard ratio", f"%{{x:.1f}} {unit}: %{{y:.2f}}", 2)
    for arm, (one, effect) in shown.items():
        figure.add_trace(_dots(effect, styles[arm], ends))
        if one.ratio.estimate is not None:
            figure.add_hline(y=one.ratio.estimate, line={"color": styles[arm].colour, "width": 1.2, "dash": "dot"})
    figure.add_hline(y=1, line={"color": NEUTRAL, "width": 1.5})
    over = plain(next(iter(shown)) if len(shown) == 1 else "experimental")
    figure.update_layout(
        yaxis={
            "type": "log",
            "range": [math.log10(end) for end in ends],
            "tickvals": [tick for tick in TICKS if ends[0] <= tick <= ends[1]],
            "title": {"text": f"Hazard ratio, {over} over {plain(control)}"},
        },
    )
    _note(figure, f"faster on {over} ▴", 1.0, "top")
    _note(figure, f"slower on {over} ▾", 0.0, "bottom")
    each = "; ".join(
        f"{line.label} {number(line.y[0], 2)} at {line.x[0]:.3g} and {number(line.y[-1], 2)} at {line.x[-1]:.3g} {unit}"
        for line in lines
    )
    what = f"Hazard ratio over {control} along the time of {within(group.endpoint.label)}, smoothed, with its band"
    return Figure(figure, f"{what}: {each}.", data, (group.source,), slug(name, group.endpoint.name))


def log_minus_log(
    group: Followed, curves: Mapping[str, KaplanMeier], *, design: Design, name: str = "log-minus-log"
) -> Figure | Prose:
    """Log cumulative hazard against log time: hazards are proportional where arms are a constant distance apart."""
    styles = arm_styles(design)
    lines = [
        _thinned(Line(arm, curve.time[here], value, value, value, styles[arm], steps=True))
        for arm, curve in curves.items()
        if (here := (curve.time > 0) & (curve.survival > 0) & (curve.survival < 1)).any()
        for value in [np.log(-np.log(curve.survival[here]))]
    ]
    if group.gap or not lines:
        return NOT_SHOWN
    unit = group.endpoint.unit
    title = "log(\N{MINUS SIGN}log S), S the share event-free"
    figure, data = _drawn(lines, f"Time ({unit}), log axis", title, f"%{{x:.1f}} {unit}: %{{y:.2f}}", 2, band=False)
    low, high = min(float(line.x[0]) for line in lines), max(float(line.x[-1]) for line in lines)
    ticks = [tick for power in range(-2, 5) for tick in (10.0**power, 2 * 10.0**power, 5 * 10.0**power)]
    figure.update_layout(
        xaxis={
            "type": "log",
            "range": [math.log10(low / 1.05), math.log10(high * 1.05)],
            "tickvals": [tick for tick in ticks if low <= tick <= high],
        }
    )
    each = "; ".join(f"{line.label} from {number(line.y[0], 2)} to {number(line.y[-1], 2)}" for line in lines)
    what = f"Logarithm of the cumulative hazard of {within(group.endpoint.label)} by arm against log time"
    return Figure(figure, f"{what}: {each}.", data, (group.source,), slug(name, group.endpoint.name))


def hazard_figure(
    group: Followed, found: Mapping[str, SmoothedHazard], *, design: Design, name: str = "hazard"
) -> Figure | Prose:
    """Smoothed hazard of each arm with its band, while enough patients are at risk."""
    if not found:
        return NOT_SHOWN
    styles, unit = arm_styles(design), group.endpoint.unit
    lines = [
        Line(arm, one.time, 100 * one.hazard, 100 * one.low, 100 * one.high, styles[arm]) for arm, one in found.items()
    ]
    title = f"Events per 100 person-{unit}"
    figure, data = _drawn(lines, f"Time ({unit})", title, f"%{{x:.1f}} {unit}: %{{y:.2f}}", 2)
    peak = max(float(line.y.max()) for line in lines)
    longest = max(float(line.x[-1]) for line in lines)
    figure.update_layout(
        xaxis={"range": [0, longest], "tickvals": display_times(longest, unit)}, yaxis={"range": [0, 2 * peak]}
    )
    each = "; ".join(f"{line.label} from {number(line.y[0], 2)} to {number(line.y[-1], 2)}" for line in lines)
    what = f"Smoothed hazard of {within(group.endpoint.label)} by arm, events per 100 person-{unit}"
    return Figure(figure, f"{what}: {each}.", data, (group.source,), slug(name, group.endpoint.name))


def _drawn(
    lines: Sequence[Line], x_title: str, y_title: str, hover: str, decimals: int, *, band: bool = True
) -> tuple[go.Figure, pd.DataFrame]:
    figure = go.Figure()
    for line in lines:
        shape = {"shape": "hv" if line.steps else "linear"}
        known = np.isfinite(line.low) & np.isfinite(line.high)
        for bound, fill in ((line.high, None), (line.low, "tonexty")) if band else ():
            figure.add_trace(
                go.Scatter(
                    x=line.x[known].tolist(), y=bound[known].tolist(), mode="lines", line={"width": 0, **shape},
                    fill=fill, fillcolor=line.style.band, hoverinfo="skip", showlegend=False, meta={"role": "band"},
                )
            )  # fmt: skip
        limits = [
            [number(low, decimals), number(high, decimals)] for low, high in zip(line.low, line.high, strict=True)
        ]
        interval = "<br>CI %{customdata[0]} to %{customdata[1]}" if band else ""
        figure.add_trace(
            go.Scatter(
                x=line.x.tolist(),
                y=line.y.tolist(),
                mode="lines",
                line={"color": line.style.colour, "dash": line.style.dash, "width": 2.2, **shape},
                name=plain(line.label),
                customdata=limits if band else None,
                hovertemplate=f"<b>{plain(line.label)}</b><br>{hover}{interval}<extra></extra>",
                meta=DATA,
            )
        )
    figure.update_layout(
        height=HEIGHT,
        showlegend=len(lines) > 1,
        legend={"traceorder": "normal"},
        xaxis={"title": {"text": x_title}},
        yaxis={"title": {"text": y_title}},
    )
    return figure, pd.concat([_rows(line, x_title, y_title, band=band) for line in lines], ignore_index=True)


def _rows(line: Line, x_title: str, y_title: str, *, band: bool) -> pd.DataFrame:
    limits: dict[str, Any] = {"Lower limit": line.low.round(4), "Upper limit": line.high.round(4)} if band else {}
    return pd.DataFrame({"Arm": line.label, x_title: line.x.round(3), y_title: line.y.round(4), **limits})


def _thinned(line: Line) -> Line:
    if line.x.size <= MOST_POINTS:
        return line
    kept = np.unique(np.linspace(0, line.x.size - 1, MOST_POINTS).astype(int))
    return Line(line.label, line.x[kept], line.y[kept], line.low[kept], line.high[kept], line.style, steps=line.steps)


def _dots(effect: EffectOverTime, style: Style, ends: tuple[float, float]) -> go.Scatter:
    ratios = np.exp(effect.residuals)
    seen = np.flatnonzero((ratios >= ends[0]) & (ratios <= ends[1]))
    seen = seen[np.unique(np.linspace(0, seen.size - 1, min(seen.size, 2 * MOST_POINTS)).astype(int))]
    return go.Scatter(
        x=effect.event_time[seen].tolist(),
        y=ratios[seen].tolist(),
        mode="markers",
        marker={"color": style.colour, "symbol": style.symbol, "size": 5, "opacity": 0.45},
        hoverinfo="skip",
        showlegend=False,
        meta={"role": "residual"},
    )


def _ratio_span(lines: Sequence[Line]) -> tuple[float, float]:
    values = np.concatenate([np.concatenate([line.low, line.high]) for line in lines])
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if values.size else (0.5, 2.0)
    return max(min(low / 1.3, 0.1), NARROWEST), min(max(high * 1.3, 10.0), WIDEST)


def _note(figure: go.Figure, text: str, y: float, anchor: str) -> None:
    figure.add_annotation(
        text=text, x=1.0, xref="paper", xanchor="right", y=y, yref="paper", yanchor=anchor, showarrow=False,
        font={"size": SMALL},
    )  # fmt: skip


def _why(found: Mapping[str, Hazards]) -> Prose:
    return Prose(f"*Not shown: {'; '.join(dict.fromkeys(one.why for one in found.values() if one.why))}.*")
