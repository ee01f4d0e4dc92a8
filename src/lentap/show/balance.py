"""Balance of the arms at baseline: standardised differences, a row a variable."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lentap.design import Design
from lentap.show.figure import DATA, Figure, reference_line
from lentap.show.format import number, records
from lentap.show.record import NEGLIGIBLE
from lentap.show.theme import SMALL, arm_styles, plain
from lentap.sources import Source

ROW, TOP, AXIS = 34, 66, 52


def balance_plot(table_one: pd.DataFrame, *, design: Design, source: Source, name: str = "balance") -> Figure:
    """Absolute standardised differences between each experimental arm and control, largest at the top.

    Parameters
    ----------
    table_one
        As returned by ``lentap.stats.baseline.table_one``; variables without a finite difference are left out.
    """
    styles = arm_styles(design)
    data = table_one.drop_duplicates(["variable", "arm"])
    data = data.assign(smd=data["smd"].astype(float).abs())
    data = data[np.isfinite(data["smd"])]
    order = data.groupby("label", sort=False)["smd"].max().sort_values(ascending=False, kind="stable").index.tolist()
    place: Mapping[str, int] = {label: row for row, label in enumerate(order)}
    figure = go.Figure()
    for arm, rows in data.groupby("arm", sort=False, observed=True):
        style = styles[str(arm)]
        figure.add_trace(
            go.Scatter(
                x=rows["smd"].round(4).tolist(),
                y=[place[label] + 0.2 for label in rows["label"]],
                mode="markers",
                marker={"color": style.colour, "symbol": style.symbol, "size": 10},
                name=f"{plain(str(arm))} v {plain(design.control.name)}",
                customdata=[plain(label) for label in rows["label"]],
                hovertemplate="%{customdata}<br>standardised difference %{x:.2f}<extra>%{fullData.name}</extra>",
                showlegend=True,
                meta=DATA,
            )
        )
    for label, row in place.items():
        figure.add_annotation(
            text=plain(label), x=0, xref="paper", xanchor="left", y=row - 0.22, showarrow=False, font={"size": SMALL}
        )
    reference_line(figure, NEGLIGIBLE, range(len(order)))
    largest = float(data["smd"].max()) if len(data) else NEGLIGIBLE
    figure.update_layout(
        height=TOP + AXIS + ROW * max(len(order), 1),
        margin={"t": TOP, "l": 14, "r": 14, "b": AXIS},
        xaxis={"range": [-0.01, max(largest, 0.2) * 1.08], "title": {"text": "Absolute standardised difference"}},
        yaxis={"range": [len(order) - 0.4, -0.7], "visible": False},
    )
    table = pd.DataFrame(
        {
            "Variable": data["label"].astype(str),
            "Comparison": data["arm"].astype(str) + f" v {design.control.name}",
            "Absolute standardised difference": data["smd"].round(3),
        }
    )
    return Figure(figure, _alt(data), table, (source,), name)


def _alt(data: pd.DataFrame) -> str:
    ranked = data.sort_values("smd", ascending=False).head(3)
    largest = ", ".join(f"{row['label']} {number(row['smd'], 2)}" for row in records(ranked))
    beyond = int((data["smd"] > NEGLIGIBLE).sum())
    return (
        f"Absolute standardised differences at baseline with a line at {NEGLIGIBLE}: {beyond} of {len(data)} are "
        f"beyond it. Largest: {largest or 'none'}."
    )
