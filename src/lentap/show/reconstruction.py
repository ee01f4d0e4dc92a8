"""Patients made of curves: the curve over its readings, where they part, and both errors of the hazard ratio."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lentap.show.curves import Curve, curves
from lentap.show.figure import DATA, Figure
from lentap.show.forest import Row, forest
from lentap.show.format import number, percent
from lentap.show.record.reconstruction import Reconstructed, of_reconstruction, of_sampling
from lentap.show.survival import display_times
from lentap.show.theme import CONTROL_STYLE, EXPERIMENTAL_STYLES, NEUTRAL_STYLE, Style, plain
from lentap.stats.arguments import normal_quantile
from lentap.stats.estimate import Estimate

HEIGHT = 430


def styles(found: Reconstructed) -> dict[str, Style]:
    """The style of each arm; the control's is the same on every page."""
    named = {arm: EXPERIMENTAL_STYLES[i % len(EXPERIMENTAL_STYLES)] for i, arm in enumerate(found.curves.experimental)}
    return named | {found.curves.control: CONTROL_STYLE if named else EXPERIMENTAL_STYLES[0]}


def overlay(found: Reconstructed, *, name: str = "reconstruction") -> Figure:
    """The Kaplan-Meier curve of each arm's reconstructed patients over the readings, and the original where known."""
    figure = go.Figure()
    for arm, style in styles(found).items():
        one, curve = found.arms[arm], found.made[arm]
        figure.add_trace(
            go.Scatter(
                x=one.curve.time.round(4).tolist(),
                y=(100 * one.curve.read).round(3).tolist(),
                mode="markers",
                marker={"color": style.colour, "symbol": f"{style.symbol}-open", "size": 6, "opacity": 0.5},
                name=f"{plain(arm)}: readings ({one.curve.time.size})",
                hovertemplate=f"<b>{plain(arm)}</b><br>%{{x:.2f}} {found.curves.unit}: %{{y:.1f}}%<extra></extra>",
                meta=DATA,
            )
        )
        figure.add_trace(
            go.Scatter(
                x=curve.time.round(4).tolist(),
                y=(100 * curve.survival).round(3).tolist(),
                mode="lines",
                line={"shape": "hv", "color": style.colour, "width": 2.2, "dash": style.dash},
                name=f"{plain(arm)}: reconstruction ({one.fit.events} events / {one.curve.n})",
                hoverinfo="skip",
                meta={"role": "curve"},
            )
        )
    longest = max(float(one.curve.time[-1]) for one in found.arms.values())
    figure.update_layout(
        height=HEIGHT,
        legend={"traceorder": "normal"},
        xaxis={
            "title": {"text": f"Time since origin ({found.curves.unit})"},
            "range": [0, 1.02 * longest],
            "tickvals": display_times(longest, found.curves.unit),
        },
        yaxis={"title": {"text": "Event-free (%)"}, "range": [0, 103], "tickvals": [0, 25, 50, 75, 100]},
    )
    return Figure(figure, _alt(found), _readings(found), (found.curves.source,), name)


def _readings(found: Reconstructed) -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "Arm": arm,
                    f"Time ({found.curves.unit})": found.arms[arm].curve.time.round(3),
                    "Read (%)": (100 * found.arms[arm].curve.read).round(2),
                    "Reconstructed (%)": (100 * (found.arms[arm].curve.read + found.arms[arm].fit.error)).round(2),
                }
            )
            for arm in found.arms
        ],
        ignore_index=True,
    )


def _alt(found: Reconstructed) -> str:
    arms = "; ".join(
        f"{arm}: {one.curve.time.size} readings, {one.fit.events} events among {one.curve.n} reconstructed patients, "
        f"off by {number(100 * one.fit.largest_error, 2)} points at most"
        for arm, one in found.arms.items()
    )
    return f"Kaplan-Meier curves of reconstructed patients drawn over the readings they were made from. {arms}."


def residuals(found: Reconstructed, *, name: str = "residuals") -> Figure:
    """What the curve above hides: reconstruction minus reading at every reading, in points."""
    lines = [
        Curve(
            arm,
            one.curve.time.round(3).tolist(),
            (100 * one.fit.error).round(4).tolist(),
            replace(style, symbol=f"{style.symbol}-open"),
            markers=True,
            joined=False,
        )
        for arm, style in styles(found).items()
        for one in [found.arms[arm]]
    ]
    return curves(
        lines,
        name=name,
        x_title=f"Time since origin ({found.curves.unit})",
        y_title="Reconstruction minus reading (points)",
        what="Difference between the reconstructed curve and each reading, in percentage points.",
        source=found.curves.source,
        y_reference=0.0,
        decimals=2,
    )


def ratios(found: Reconstructed, *, name: str = "hazard-ratio-errors") -> Figure:
    """The hazard ratio with the interval that each error gives it alone, with both, and of the original data."""
    control, style = found.curves.control, styles(found)
    rows = []
    for arm, ratio in found.ratios.items():
        group = f"{arm} over {control}"
        parts: Mapping[str, tuple[Estimate, str]] = {
            "Error of reconstruction alone": (of_reconstruction(ratio), _log_error(ratio.reconstruction_error)),
            "Error of sampling alone": (of_sampling(ratio), _log_error(ratio.sampling_error)),
            "Both": (ratio, _log_error(math.hypot(ratio.sampling_error, ratio.reconstruction_error))),
        }
        rows += [_row(label, one, detail, group, style[arm]) for label, (one, detail) in parts.items()]
        if arm in found.original:
            truth = found.original[arm]
            error = math.log(truth.high / truth.low) / (2 * normal_quantile(truth.level))
            rows.append(_row("Original data", truth, _log_error(error), group, NEUTRAL_STYLE))
    return forest(
        rows,
        name=name,
        title="Hazard ratio (log scale)",
        what="Hazard ratio of the reconstructed patients with the interval of each error alone and of both.",
        source=found.curves.source,
        reference=1.0,
        sides=("slower rate of events", "faster rate of events"),
        ratio=True,
        decimals=3,
    )


def _row(label: str, one: Estimate, detail: str, group: str, style: Style) -> Row:
    return Row(label, one.value, one.low, one.high, detail=detail, group=group, style=style)


def _log_error(error: float) -> str:
    return f"standard error of the log {number(error, 3)}"


def survival_at(found: Reconstructed) -> pd.DataFrame:
    """Survival by the reconstruction and by the original data, in percent, at round times all arms reach."""
    end = min(float(curve.time[-1]) for curve in (*found.made.values(), *found.true.values()))
    times = [time for time in display_times(end, found.curves.unit) if time > 0]
    return pd.DataFrame(
        [
            {
                "arm": arm,
                "time": time,
                "original": percent(float(found.true[arm].at([time])[0])),
                "reconstructed": percent(float(found.made[arm].at([time])[0])),
            }
            for arm in found.true
            for time in times
        ]
    )


def distance(found: Reconstructed, arm: str) -> float:
    """Absolute difference of the log hazard ratios of reconstruction and original data."""
    return float(abs(np.log(found.ratios[arm].value / found.original[arm].value)))
