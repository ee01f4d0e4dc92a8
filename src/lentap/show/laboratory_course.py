"""Laboratory values over time: a panel a test, median and band of each arm, patients with a value under the axis."""

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lentap.design import Design
from lentap.show.figure import DATA, Figure
from lentap.show.format import number, records
from lentap.show.laboratory import unit_words
from lentap.show.prose import Prose
from lentap.show.record.laboratory import PANEL, TESTS, Laboratory
from lentap.show.survival import display_times
from lentap.show.theme import NEUTRAL, SMALL, Style, arm_styles, plain
from lentap.sources import Source
from lentap.stats.laboratory_values import visit_quantiles

HEIGHT, TITLE, TOP, AXIS, ROW = 132, 36, 58, 62, 17
LOGARITHMIC = ("ALT", "AST", "BILI", "ALP")
FALLING = ("ALB", "PLT")
STEPS = (1, 2, 3, 5, 7)


def course_figure(
    lab: Laboratory, *, middle: float, least: int, design: Design, source: Source, name: str = "course"
) -> Figure | Prose:
    """Median and band of each arm at the scheduled visits, a panel a test of the liver panel.

    Parameters
    ----------
    middle
        Share of the patients inside a band.
    least
        Patients with a value from which a visit is drawn; more where small cells are hidden, so that as many lie on
        either side of the band.
    """
    if lab.smallest > 1:
        least = max(least, math.ceil(2 * lab.smallest / (1 - middle)) if middle < 1 else lab.smallest)
    quantiles = visit_quantiles(lab.graded, middle=middle, least=least)
    rows = quantiles[quantiles["shown"] & quantiles["test"].isin(PANEL)].sort_values(["arm", "week"])
    tests = [test for test in PANEL if test in set(rows["test"])]
    if not tests or rows["visit"].nunique() < 2:
        return Prose(
            f"*Not shown: values over time need visits (AVISITN) with at least {least} values of {', '.join(PANEL)}.*"
        )
    styles, arms = arm_styles(design), [arm for arm in lab.arms if arm in set(rows["arm"])]
    inner = len(tests) * (HEIGHT + TITLE) + AXIS + 2 * len(arms) * ROW
    figure = go.Figure()
    longest = float(rows["week"].max())
    across = {"range": [min(float(rows["week"].min()), 0) - 0.03 * longest, 1.03 * longest]}
    ticks = display_times(longest, "weeks")
    for i, test in enumerate(tests):
        top = 1 - (i * (HEIGHT + TITLE) + TITLE) / inner
        panel = rows[rows["test"] == test]
        figure.update_layout(
            {f"yaxis{i + 1}": {"domain": [top - HEIGHT / inner, top], "showline": True, **_scale(test, panel)}}
        )
        unit = unit_words(next((unit for unit in lab.graded.loc[lab.graded["test"] == test, "unit"] if unit), ""))
        title = f"<b>{TESTS[test]}</b>{f' ({plain(unit)})' if unit else ''}"
        figure.add_annotation(
            text=title, x=0, xref="paper", xanchor="left", y=top, yref="paper", yanchor="bottom", showarrow=False,
            font={"size": SMALL + 1},
        )  # fmt: skip
        _limit(figure, lab, test, i + 1)
        for arm in arms:
            _arm(figure, arm, panel[panel["arm"] == arm], styles[arm], i + 1)
    _patients(figure, rows, arms, styles, ticks, len(tests) + 1, inner)
    figure.update_layout(
        height=TOP + inner + 8,
        margin={"t": TOP},
        xaxis={
            **across, "tickvals": ticks, "anchor": f"y{len(tests)}",
            "title": {"text": "Weeks since the first treatment"},
        },
        xaxis2={**across, "visible": False, "anchor": f"y{len(tests) + 1}"},
        legend={"y": 1 + 14 / inner},
    )  # fmt: skip
    what = f"Median and band of the middle {100 * middle:g}% of patients by arm at scheduled visits, a panel a test."
    return Figure(figure, f"{what} {_alt(rows, tests)}", _table(rows, middle), (source,), name, mark_at=0.6)


def _scale(test: str, panel: pd.DataFrame) -> dict[str, object]:
    if test not in LOGARITHMIC or not (panel["low"] > 0).all():
        return {"nticks": 5}
    low, high = 0.9 * panel["low"].min(), 1.1 * panel["high"].max()
    round_values = [step * 10.0**power for power in range(-1, 5) for step in STEPS]
    inside = [value for value in round_values if low <= value <= high]
    return {"type": "log", "range": [np.log10(low), np.log10(high)], "tickvals": inside[:: 1 + len(inside) // 6]}


def _limit(figure: go.Figure, lab: Laboratory, test: str, panel: int) -> None:
    """Dotted line at the limit of normal that matters: the lower one of what falls, the upper one of what rises."""
    column = "low" if test in FALLING else "high"
    known = lab.graded.loc[lab.graded["test"] == test, column].dropna()
    if len(known):
        limit = float(known.median())
        figure.add_hline(y=limit, yref=f"y{panel}", line={"color": NEUTRAL, "width": 1.2, "dash": "dot"})
        figure.add_annotation(
            text=f"{'lower' if test in FALLING else 'upper'} limit", x=1, xref="paper", xanchor="right",
            y=np.log10(limit) if figure.layout[f"yaxis{panel}"].type == "log" else limit, yref=f"y{panel}",
            yanchor="top" if test in FALLING else "bottom", showarrow=False, font={"size": SMALL - 1},
        )  # fmt: skip


def _arm(figure: go.Figure, arm: str, rows: pd.DataFrame, style: Style, panel: int) -> None:
    x, axis = rows["week"].round(2).tolist(), f"y{panel}"
    band = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False, "legendgroup": arm}
    for bound, fill in (("high", None), ("low", "tonexty")):
        figure.add_trace(
            go.Scatter(
                x=x, y=rows[bound].tolist(), fill=fill, fillcolor=style.band, yaxis=axis, meta={"role": "band"}, **band
            )
        )
    figure.add_trace(
        go.Scatter(
            x=x,
            y=rows["median"].tolist(),
            mode="lines+markers",
            line={"color": style.colour, "dash": style.dash, "width": 2},
            marker={"color": style.colour, "symbol": style.symbol, "size": 5},
            name=plain(arm),
            legendgroup=arm,
            showlegend=panel == 1,
            yaxis=axis,
            customdata=[
                [plain(row["visit_name"]), f"{number(row['low'], 2)} to {number(row['high'], 2)}", row["n"]]
                for row in records(rows)
            ],
            hovertemplate=(
                f"<b>{plain(arm)}</b>, %{{customdata[0]}}<br>median %{{y:.2f}}, band %{{customdata[1]}}"
                "<br>%{customdata[2]} patients<extra></extra>"
            ),
            meta=DATA,
        )
    )


def _patients(
    figure: go.Figure,
    rows: pd.DataFrame,
    arms: list[str],
    styles: dict[str, Style],
    ticks: list[float],
    axis: int,
    inner: float,
) -> None:
    """Patients with a value of any of the tests at the visit nearest to each tick, under the name of their arm."""
    for i, arm in enumerate(arms):
        visits = rows[rows["arm"] == arm].groupby("visit").agg(week=("week", "median"), n=("n", "max"))
        figure.add_annotation(
            text=f"{styles[arm].key(arm)}: patients", x=0, xref="paper", xanchor="left", y=2 * i, yref=f"y{axis}",
            showarrow=False, font={"size": SMALL},
        )  # fmt: skip
        figure.add_trace(
            go.Scatter(
                x=ticks, y=[2 * i + 1] * len(ticks), text=list(_nearest(visits, ticks)), mode="text", hoverinfo="skip",
                textfont={"size": SMALL}, cliponaxis=False, showlegend=False, xaxis="x2", yaxis=f"y{axis}",
                meta={"role": "counts"},
            )
        )  # fmt: skip
    domain, span = [0, 2 * len(arms) * ROW / inner], [2 * len(arms) - 0.5, -0.5]
    figure.update_layout({f"yaxis{axis}": {"domain": domain, "range": span, "anchor": "x2", "visible": False}})


def _nearest(visits: pd.DataFrame, ticks: list[float]) -> Iterable[str]:
    apart = (ticks[1] - ticks[0]) / 2 if len(ticks) > 1 else np.inf
    for tick in ticks:
        away = (visits["week"] - tick).abs()
        yield str(visits["n"].iloc[int(away.argmin())]) if away.min() < apart else ""


def _table(rows: pd.DataFrame, middle: float) -> pd.DataFrame:
    tail = 50 * (1 - middle)
    return pd.DataFrame(
        {
            "Test": rows["test"].map(TESTS),
            "Arm": rows["arm"].astype(str),
            "Visit": rows["visit_name"],
            "Week": rows["week"].round(1),
            "Patients": rows["n"],
            f"Centile {tail:g}": rows["low"].round(2),
            "Median": rows["median"].round(2),
            f"Centile {100 - tail:g}": rows["high"].round(2),
        }
    )


def _alt(rows: pd.DataFrame, tests: list[str]) -> str:
    parts = []
    for test in tests:
        for arm, one in rows[rows["test"] == test].groupby("arm", observed=True):
            first, last = one.iloc[0], one.iloc[-1]
            parts.append(
                f"{TESTS[test]}, {arm}: median {number(first['median'], 1)} at the start, "
                f"{number(last['median'], 1)} in week {number(last['week'], 0)}"
            )
    return f"{'; '.join(parts)}."
