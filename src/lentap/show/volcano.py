"""Volcano: the difference in every event against its p-value, those that stand out beside their number named."""

import math

import pandas as pd
import plotly.graph_objects as go

from lentap.design import Design
from lentap.show.figure import DATA, Figure
from lentap.show.format import interval, number, one_or_experimental, p_phrase, p_value, percent, records
from lentap.show.prose import Prose
from lentap.show.record.adverse_events import Harms
from lentap.show.theme import NEUTRAL, SMALL, arm_styles, plain
from lentap.show.timing import NOT_SHOWN
from lentap.sources import Source

HEIGHT = 440
LEAST = 1e-12  # smaller p-values are drawn here
NAMED = 8
TICKS = (1.0, 0.1, 0.01, 0.001, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12)


def volcano(found: Harms, *, design: Design, source: Source, name: str = "volcano") -> Figure | Prose:
    """Every term and arm as a point: difference from control across, p of Fisher's test upwards; filled: stands out."""
    rows = found.flagged
    if found.gap:
        return NOT_SHOWN
    if rows.empty:
        return Prose("*No volcano: no single event was compared.*")
    styles = arm_styles(design)
    drawn = rows.assign(
        x=100 * rows["risk_difference"],
        y=-rows["p_value"].clip(lower=LEAST).map(math.log10),
        total=rows["subjects"] + rows["subjects_control"],
    )
    figure = go.Figure()
    for (arm, flagged), part in drawn.groupby(["arm", "flagged"], observed=True, sort=False):
        style = styles[str(arm)]
        figure.add_trace(
            go.Scatter(
                x=part["x"].round(3).tolist(),
                y=(part["y"] + 0.0).round(4).tolist(),
                mode="markers",
                marker={
                    "color": style.colour,
                    "symbol": style.symbol if flagged else f"{style.symbol}-open",
                    "size": (5 + 1.4 * part["total"].pow(0.5)).clip(upper=18).round(1).tolist(),
                    "opacity": 0.85,
                },
                name=f"{plain(str(arm))}{': stands out' if flagged else ''} ({len(part)})",
                customdata=[
                    [plain(row["term"]), interval(row["risk_difference"], row["low"], row["high"], percent),
                     p_phrase(row["p_value"]), _adjusted(row["adjusted"]), _counts(row, design.control.name)]
                    for row in records(part)
                ],
                hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[4]}<br>Difference %{customdata[1]} points"
                "<br>Fisher %{customdata[2]}, %{customdata[3]}<extra></extra>",
                meta=DATA,
            )
        )  # fmt: skip
    top = max(2.2, 1.2 * float(drawn["y"].max()))
    reach = max(10.0, 1.25 * float(drawn["x"].abs().max()))
    named = drawn[drawn["flagged"]] if drawn["flagged"].any() else drawn.nsmallest(3, "p_value")
    _labels(figure, named, reach, 0.055 * top)
    figure.add_shape(
        type="line", x0=0, x1=0, y0=0, y1=1, yref="paper", line={"color": NEUTRAL, "width": 1.5}, layer="below"
    )
    sides = plain(design.control.name), plain(one_or_experimental(drawn["arm"].astype(str)))
    for x, side, words in ((0.0, "left", f"◂ more on {sides[0]}"), (1.0, "right", f"more on {sides[1]} ▸")):
        figure.add_annotation(
            text=words, x=x, xref="paper", xanchor=side, y=0.995, yref="paper", yanchor="top", showarrow=False,
            font={"size": SMALL},
        )  # fmt: skip
    ticks = [tick for tick in TICKS if -math.log10(tick) <= top]
    figure.update_layout(
        height=HEIGHT,
        margin={"t": 64, "l": 14, "r": 14, "b": 56},
        xaxis={"title": {"text": "Difference (points)"}, "range": [-reach, reach]},
        yaxis={
            "title": {"text": "p of Fisher's exact test"},
            "range": [-0.12, top],
            "tickvals": [-math.log10(tick) + 0.0 for tick in ticks],
            "ticktext": [f"{tick:g}" if tick >= 1e-4 else f"10<sup>{math.log10(tick):.0f}</sup>" for tick in ticks],
        },
    )
    return Figure(figure, _alt(drawn, found, design), _table(drawn), (source,), name)


def _labels(figure: go.Figure, named: pd.DataFrame, reach: float, line: float) -> None:
    """Names beside points, the least p-values first, each on the inner side, those that would overlap left out."""
    taken: list[tuple[float, float]] = []
    for row in records(named.sort_values("p_value", kind="stable")):
        near = any(abs(row["y"] - y) < line and abs(row["x"] - x) < 1.1 * reach for x, y in taken)
        if near or len(taken) == NAMED:
            continue
        taken.append((row["x"], row["y"]))
        words = row["term"] if len(row["term"]) <= 26 else f"{row['term'][:25]}…"
        right = row["x"] > 0
        figure.add_annotation(
            text=plain(words), x=row["x"], y=row["y"], xanchor="right" if right else "left", yanchor="bottom",
            xshift=-4 if right else 4, yshift=4, showarrow=False, font={"size": SMALL},
        )  # fmt: skip


def _adjusted(p: float) -> str:
    return f"adjusted {p_value(p)}" if math.isfinite(p) else "its class does not stand out"


def _counts(row: dict[str, object], control: str) -> str:
    return (
        f"{plain(str(row['arm']))} {row['subjects']:.0f}/{row['n']:.0f}, "
        f"{plain(control)} {row['subjects_control']:.0f}/{row['n_control']:.0f}"
    )


def _table(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Adverse event": rows["term"],
            "Class": rows["soc"],
            "Arm": rows["arm"].astype(str),
            "Difference (points)": rows["x"].round(1),
            "Fisher p": rows["p_value"],
            "Adjusted p": rows["adjusted"],
            "Stands out": rows["flagged"].map({True: "yes", False: "no"}),
        }
    )


def _alt(rows: pd.DataFrame, found: Harms, design: Design) -> str:
    flagged = rows[rows["flagged"]].sort_values("p_value", kind="stable")
    named = "; ".join(
        f"{row['term']}, {row['arm']}, {number(row['x'])} points, {p_phrase(row['p_value'])}"
        for row in records(flagged.head(NAMED))
    )
    return (
        f"Difference from {design.control.name} in each of {rows['term'].nunique()} events against the p-value of "
        f"Fisher's exact test. {len(flagged)} stand out with false discoveries held at "
        f"{100 * found.false_discovery:g}%{': ' + named if named else ''}."
    )
