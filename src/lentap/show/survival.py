"""Kaplan-Meier curves in the KMunicate manner: band, censoring marks, and the numbers behind them under the axis."""

import math
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lentap.design import Design, Endpoint
from lentap.show.figure import DATA, Figure
from lentap.show.format import NOT_REACHED, estimable, interval, limits, number, percent, slug, within
from lentap.show.theme import SMALL, Style, arm_styles, plain
from lentap.sources import Source
from lentap.stats.survival import KaplanMeier

CURVE = 320
ROW = 16
AXIS = 62
TOP = 40
COUNTS = ("At risk", "Censored", "Events")
STEPS = {"months": (1, 2, 3, 6, 12, 24, 36, 60, 120), "weeks": (1, 2, 4, 8, 13, 26, 52, 104, 260)}


def survival_curves(
    curves: Mapping[str, KaplanMeier], *, endpoint: Endpoint, design: Design, source: Source, name: str = "survival"
) -> Figure:
    """Curves by arm with confidence bands, censoring marks, and numbers at risk, censored and with an event.

    Parameters
    ----------
    curves
        An estimate by arm, in the order they are listed.
    """
    weighted = any(curve.method.startswith("weighted") for curve in curves.values())
    return step_curves(
        curves,
        styles=arm_styles(design),
        unit=endpoint.unit,
        since=_origin(endpoint),
        what=f"{'Weighted ' if weighted else ''}Kaplan-Meier curves of {within(endpoint.label)} by arm",
        source=source,
        name=slug(name, endpoint.name),
    )


def step_curves(
    curves: Mapping[str, KaplanMeier],
    *,
    styles: Mapping[str, Style],
    unit: str,
    since: str,
    what: str,
    source: Source,
    name: str,
    group: str = "Arm",
    state: str = "Event-free",
) -> Figure:
    """Draw curves of any groups as ``survival_curves`` does those of arms.

    Parameters
    ----------
    styles
        How each group is drawn.
    unit, since
        Unit of the time axis, and what it counts from.
    what
        What the curves are of, for those who do not see them.
    group
        Heading of the groups in the table.
    state
        What those are who have not had the event.
    """
    longest = max(float(curve.time[-1]) for curve in curves.values())
    times = display_times(longest, unit)
    figure = go.Figure()
    for label, curve in curves.items():
        for trace in _curve(label, curve, unit, styles[label], state):
            figure.add_trace(trace)
    _count_rows(figure, curves, times, styles)
    _layout(figure, len(curves), times, longest, f"Time since {since} ({unit})", state)
    data = pd.concat([_rows(group, label, curve, unit, state) for label, curve in curves.items()], ignore_index=True)
    middle = 1 - CURVE / 2 / _inner_height(len(curves))
    return Figure(figure, f"{what} {_alt(curves, times, unit, within(state))}", data, (source,), name, mark_at=middle)


def display_times(longest: float, unit: str) -> list[float]:
    """At most six round times from 0 that span the follow-up."""
    power = 10 ** math.floor(math.log10(max(longest, 1e-9)))
    round_steps = [step * power / 10 for step in (1, 2, 2.5, 5, 10, 20, 25, 50)]
    steps = STEPS[unit] if unit in STEPS and 2 <= longest <= 5 * STEPS[unit][-1] else round_steps
    step = next(step for step in steps if longest / step < 6)
    return [step * i for i in range(int(longest / step) + 1)]


def _curve(arm: str, curve: KaplanMeier, unit: str, style: Style, state: str) -> Iterator[go.Scatter]:
    time, survival = [round(float(t), 4) for t in curve.time], [100 * float(s) for s in curve.survival]
    known = np.isfinite(curve.low) & np.isfinite(curve.high)
    step = {"mode": "lines", "hoverinfo": "skip", "showlegend": False, "legendgroup": arm, "meta": {"role": "band"}}
    for bound, fill in ((curve.high, None), (curve.low, "tonexty")):
        yield go.Scatter(
            x=np.asarray(time)[known].tolist(),
            y=(100 * np.asarray(bound)[known]).tolist(),
            line={"shape": "hv", "width": 0},
            fill=fill,
            fillcolor=style.band,
            **step,
        )
    yield go.Scatter(
        x=time,
        y=survival,
        mode="lines",
        line={"shape": "hv", "color": style.colour, "dash": style.dash, "width": 2.2},
        name=f"{plain(arm)}: {int(sum(curve.events))} events / {curve.n}",
        legendgroup=arm,
        meta=DATA,
        customdata=[
            [limits(low, high, percent), int(risk)]
            for low, high, risk in zip(*estimable(curve.low, curve.high), curve.at_risk, strict=True)
        ],
        hovertemplate=(
            f"<b>{plain(arm)}</b><br>%{{x:.1f}} {unit}: %{{y:.1f}}% {within(state)}"
            f"<br>{100 * curve.level:g}% CI %{{customdata[0]}}<br>%{{customdata[1]}} at risk"
            "<extra></extra>"
        ),
    )
    marks = [(t, s, int(c)) for t, s, c in zip(time, survival, curve.censored, strict=True) if c]
    yield go.Scatter(
        x=[t for t, _, _ in marks],
        y=[s for _, s, _ in marks],
        mode="markers",
        marker={"symbol": "line-ns-open", "size": 8, "color": style.colour, "line": {"width": 1.4}},
        customdata=[count for _, _, count in marks],
        hovertemplate=f"<b>{plain(arm)}</b><br>%{{customdata}} censored at %{{x:.1f}} {unit}<extra></extra>",
        legendgroup=arm,
        showlegend=False,
        meta={"role": "censored"},
    )


def _count_rows(
    figure: go.Figure, curves: Mapping[str, KaplanMeier], times: list[float], styles: Mapping[str, Style]
) -> None:
    """Text under the axis: a heading for each arm, and its three rows of cumulative numbers."""
    ticks: dict[int, str] = {}
    for i, (arm, curve) in enumerate(curves.items()):
        heading = i * (len(COUNTS) + 1)
        figure.add_annotation(
            text=styles[arm].key(arm), x=0, xref="paper", xanchor="left", y=heading - 0.1, yref="y2", showarrow=False,
            font={"size": SMALL + 1},
        )  # fmt: skip
        for row, (label, at) in enumerate(
            zip(COUNTS, (curve.at_risk_at, curve.censored_by, curve.events_by), strict=True), start=heading + 1
        ):
            ticks[row] = label
            figure.add_trace(
                go.Scatter(
                    x=times,
                    y=[row] * len(times),
                    text=[f"{int(count)}" for count in at(times)],
                    mode="text",
                    textfont={"size": SMALL},
                    cliponaxis=False,
                    hoverinfo="skip",
                    showlegend=False,
                    xaxis="x2",
                    yaxis="y2",
                    meta={"role": "counts"},
                )
            )
    figure.update_layout(yaxis2={"tickvals": list(ticks), "ticktext": list(ticks.values())})


def _layout(figure: go.Figure, arms: int, times: list[float], longest: float, title: str, state: str) -> None:
    rows = arms * (len(COUNTS) + 1)
    inner = _inner_height(arms)
    across = {"range": [0, max(longest, times[-1]) * 1.02], "tickvals": times}
    figure.update_layout(
        height=TOP + inner + 8,
        xaxis={**across, "title": {"text": title}, "anchor": "y"},
        xaxis2={**across, "visible": False, "anchor": "y2", "matches": "x"},
        yaxis={
            "domain": [1 - CURVE / inner, 1],
            "range": [0, 101],
            "tickvals": [0, 25, 50, 75, 100],
            "title": {"text": f"{state} (%)"},
            "showline": True,
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


def _inner_height(arms: int) -> int:
    return CURVE + AXIS + arms * (len(COUNTS) + 1) * ROW


def _origin(endpoint: Endpoint) -> str:
    """The origin as the end of an axis title: short, or else just that."""
    words = within(endpoint.origin.strip().rstrip("."))
    return words if 0 < len(words) <= 30 else "origin"


def _rows(group: str, label: str, curve: KaplanMeier, unit: str, state: str) -> pd.DataFrame:
    low, high = estimable(curve.low, curve.high)
    percentages = {f"{state} (%)": curve.survival, "Lower limit (%)": low, "Upper limit (%)": high}
    return pd.DataFrame(
        {
            group: label,
            f"Time ({unit})": np.round(curve.time, 2),
            "At risk": np.asarray(curve.at_risk, dtype=int),
            "Events": np.asarray(curve.events, dtype=int),
            "Censored": np.asarray(curve.censored, dtype=int),
            **{column: np.round(100 * np.asarray(share), 1) for column, share in percentages.items()},
        }
    )


def _alt(curves: Mapping[str, KaplanMeier], times: list[float], unit: str, state: str) -> str:
    middle = times[len(times) // 2]
    each = "; ".join(
        f"{label}: {int(sum(curve.events))} events among {curve.n} patients, {_median(curve, unit)}, "
        f"{_event_free(curve, middle, state)} at {middle:g} {unit}"
        for label, curve in curves.items()
    )
    return f"with confidence bands; numbers at risk, censored and with an event stand under the time axis. {each}."


def _event_free(curve: KaplanMeier, time: float, state: str) -> str:
    share = float(curve.at([time])[0])
    return f"{percent(share)}% {state}" if math.isfinite(share) else "no longer observed"


def _median(curve: KaplanMeier, unit: str) -> str:
    median = curve.median
    if not math.isfinite(median.value):
        return f"median {NOT_REACHED}"

    def write(value: float) -> str:
        return number(value, 0 if unit == "days" else 1)

    return f"median {interval(median.value, median.low, median.high, write, absent=NOT_REACHED)} {unit}"
