"""Adverse events as a dot plot: how many patients of each arm had one, and what separates the arms, a row a term."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from lentap.design import Design
from lentap.show.figure import DATA, Figure, reference_line, whisker
from lentap.show.format import interval, p_phrase, percent, records
from lentap.show.theme import SMALL, Style, arm_styles, plain
from lentap.sources import Source

ROW, TOP, AXIS = 44, 66, 56
LEFT, RIGHT = (0.0, 0.47), (0.55, 1.0)


def adverse_event_plot(
    incidence: pd.DataFrame,
    comparison: pd.DataFrame,
    *,
    level: float,
    design: Design,
    source: Source,
    name: str = "adverse-events",
) -> Figure:
    """Percent of patients with each event on the left, difference from control with its interval on the right.

    Parameters
    ----------
    incidence, comparison
        As returned by ``lentap.stats.adverse_events``, for the terms to be drawn. Hidden counts are left out.
    """
    styles = arm_styles(design)
    terms = incidence["term"].drop_duplicates().tolist()
    place = {term: row for row, term in enumerate(terms)}
    arms = [str(arm) for arm in incidence["arm"].drop_duplicates()]
    shift = {arm: 0.2 + 0.13 * (i - (len(arms) - 1) / 2) for i, arm in enumerate(arms)}
    data = incidence.merge(comparison[["term", "arm", "risk_difference", "low", "high", "p_value"]], how="left")
    data = data.dropna(subset=["subjects"])
    figure = go.Figure()
    for arm, rows in data.groupby("arm", sort=False, observed=True):
        at = [place[term] + shift[str(arm)] for term in rows["term"]]
        _rates(figure, str(arm), rows, at, styles[str(arm)])
        if str(arm) != design.control.name:
            _differences(figure, str(arm), rows, at, styles[str(arm)], level)
    about = {"x": 0, "xref": "paper", "xanchor": "left", "showarrow": False, "font": {"size": SMALL}}
    figure.update_layout(annotations=[{"text": plain(term), "y": row - 0.24, **about} for term, row in place.items()])
    _layout(figure, len(terms), data)
    return Figure(figure, _alt(data, design, level), _table(data), (source,), name)


def _rates(figure: go.Figure, arm: str, rows: pd.DataFrame, at: list[float], style: Style) -> None:
    figure.add_trace(
        go.Scatter(
            x=(100 * rows["subjects"] / rows["n"]).round(3).tolist(),
            y=at,
            mode="markers",
            marker={"color": style.colour, "symbol": style.symbol, "size": 9},
            name=f"{plain(arm)} (n = {int(rows['n'].iloc[0]) if len(rows) else 0})",
            legendgroup=arm,
            customdata=[
                [plain(row["term"]), f"{row['subjects']:.0f} of {row['n']} patients, {row['events']:.0f} events"]
                for row in records(rows)
            ],
            hovertemplate=(
                f"<b>%{{customdata[0]}}</b><br>{plain(arm)}: %{{x:.1f}}%<br>%{{customdata[1]}}<extra></extra>"
            ),
            showlegend=True,
            meta=DATA,
        )
    )


def _differences(figure: go.Figure, arm: str, rows: pd.DataFrame, at: list[float], style: Style, level: float) -> None:
    place = {"xaxis": "x2", "legendgroup": arm, "showlegend": False}
    along, across = whisker(100 * rows["low"], 100 * rows["high"], at)
    line = {"color": style.colour, "dash": style.dash, "width": 2}
    figure.add_trace(
        go.Scatter(x=along, y=across, mode="lines", line=line, hoverinfo="skip", meta={"role": "interval"}, **place)
    )
    figure.add_trace(
        go.Scatter(
            x=(100 * rows["risk_difference"]).round(3).tolist(),
            y=at,
            mode="markers",
            marker={"color": style.colour, "symbol": style.symbol, "size": 8},
            customdata=[
                [
                    plain(row["term"]),
                    interval(row["risk_difference"], row["low"], row["high"], percent),
                    p_phrase(row["p_value"]),
                ]
                for row in records(rows)
            ],
            hovertemplate=(
                f"<b>%{{customdata[0]}}</b><br>{plain(arm)} minus control, points ({100 * level:g}% CI)"
                "<br>%{customdata[1]}<br>Fisher %{customdata[2]}<extra></extra>"
            ),
            meta={"role": "estimate"},
            **place,
        )
    )


def _layout(figure: go.Figure, rows: int, data: pd.DataFrame) -> None:
    ends = (100 * data[["low", "high"]]).abs().max().max()
    reach = max(10.0, 1.1 * float(ends)) if pd.notna(ends) else 10.0
    bottom = max(rows, 1) - 0.35
    reference_line(figure, 0, range(rows), axis="2", y_axis="")
    figure.update_layout(
        height=TOP + AXIS + ROW * max(rows, 1),
        margin={"t": TOP, "l": 14, "r": 14, "b": AXIS},
        xaxis={"domain": LEFT, "range": [-2, 101], "tickvals": [0, 50, 100], "title": {"text": "Patients (%)"}},
        xaxis2={"domain": RIGHT, "range": [-reach, reach], "title": {"text": "Difference (points)"}, "nticks": 6},
        yaxis={"range": [bottom, -0.65], "visible": False},
    )


def _table(data: pd.DataFrame) -> pd.DataFrame:
    points: Mapping[str, str] = {"Difference (points)": "risk_difference", "Lower limit": "low", "Upper limit": "high"}
    return pd.DataFrame(
        {
            "Adverse event": data["term"],
            "Arm": data["arm"].astype(str),
            "Patients with event": data["subjects"],
            "Patients": data["n"],
            "Percent": (100 * data["subjects"] / data["n"]).round(1),
            "Events": data["events"],
            **{label: (100 * data[column]).round(1) for label, column in points.items()},
            "Fisher p": data["p_value"].round(4),
        }
    )


def _alt(data: pd.DataFrame, design: Design, level: float) -> str:
    count = data["term"].nunique()
    compared = data.dropna(subset=["risk_difference"])
    ranked = compared.reindex(compared["risk_difference"].abs().sort_values(ascending=False, kind="stable").index)
    largest = "; ".join(
        f"{row['term']}, {row['arm']} {row['subjects']:.0f}/{row['n']}, {percent(row['risk_difference'])} points "
        f"({percent(row['low'])} to {percent(row['high'])})"
        for row in records(ranked.head(3))
    )
    return (
        f"Percent of patients with each of {count} adverse events by arm, and differences from {design.control.name} "
        f"with {100 * level:g}% CI. Largest differences: {largest or 'none'}."
    )
