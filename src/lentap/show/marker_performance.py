"""How well a marker, and models with and without it, tell who responds, drawn."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lentap.design import Design
from lentap.show.figure import DATA, Figure
from lentap.show.format import number, quote, within
from lentap.show.prose import Prose
from lentap.show.record.biomarker import OfArm, Predicting
from lentap.show.record.marker_value import CLINICAL, WITH_MARKER
from lentap.show.theme import CONTROL_STYLE, EXPERIMENTAL_STYLES, NEUTRAL, NEUTRAL_STYLE, Style, arm_styles, plain
from lentap.sources import Source

MOST = 150  # points of a curve: more are left out evenly
HEIGHT, SQUARE = 360, 400
MODELS = {CLINICAL: CONTROL_STYLE, WITH_MARKER: EXPERIMENTAL_STYLES[0]}
STRATEGIES = {"treat all": Style(NEUTRAL, "dot", "circle-open", "••••"), "treat none": NEUTRAL_STYLE, **MODELS}
WORDS = {"treat all": "Everybody", "treat none": "Nobody"}


def roc_curves(found: Predicting, *, design: Design, source: Source, name: str = "roc") -> Figure | Prose:
    """ROC curve of the marker in each arm, with the cut-point."""
    curves = {arm: one for arm, one in found.by_arm.items() if one.roc}
    if not curves:
        return Prose("*Not shown: in no arm are there both responders and non-responders.*")
    figure, tables, styles = go.Figure(), [], arm_styles(design)
    figure.add_trace(
        go.Scatter(x=[0, 100], y=[0, 100], mode="lines", hoverinfo="skip", showlegend=False, meta={"role": "reference"},
                   line={"color": NEUTRAL, "dash": "dot", "width": 1})
    )  # fmt: skip
    for arm, one in curves.items():
        tables.append(_roc(figure, arm, one, styles[arm]))
    figure.update_layout(
        height=SQUARE,
        xaxis={"range": [-1, 101], "title": {"text": "100 \N{MINUS SIGN} specificity (%)"}},
        yaxis={"range": [0, 101], "title": {"text": "Sensitivity (%)"}},
    )
    areas = "; ".join(f"{arm} {quote(one.area)}" for arm, one in curves.items() if one.area)
    alt = f"ROC curves of {within(found.patients.label)} for response. Areas: {areas}."
    return Figure(figure, alt, pd.concat(tables, ignore_index=True), (source,), name)


def calibration_plot(found: Predicting, *, source: Source, name: str = "calibration") -> Figure | Prose:
    """Predicted against observed response in groups of patients, each predicted without its fold."""
    added = found.added
    if added.why:
        return Prose(f"*Not shown: {added.why}.*")
    figure, tables = go.Figure(), []
    figure.add_trace(
        go.Scatter(x=[0, 100], y=[0, 100], mode="lines", hoverinfo="skip", showlegend=False, meta={"role": "reference"},
                   line={"color": NEUTRAL, "dash": "dot", "width": 1})
    )  # fmt: skip
    for place, (model, one) in enumerate(added.calibrations.items()):
        style, groups = MODELS[model], 100 * one.groups[["predicted", "observed", "low", "high"]]
        x = groups["predicted"] + (place - 0.5)
        table = pd.DataFrame({
            "Model": model, "Predicted (%)": groups["predicted"].round(1), "Observed (%)": groups["observed"].round(1),
            "Lower limit (%)": groups["low"].round(1), "Upper limit (%)": groups["high"].round(1),
            "Responders / patients": [f"{e} / {n}" for e, n in zip(one.groups["events"], one.groups["n"], strict=True)],
        })  # fmt: skip
        tables.append(table)
        figure.add_trace(
            go.Scatter(
                x=x, y=groups["observed"], mode="markers", name=model, meta=DATA, customdata=table.iloc[:, 1:],
                marker={"color": style.colour, "symbol": style.symbol, "size": 9},
                error_y={"type": "data", "symmetric": False, "array": groups["high"] - groups["observed"],
                         "arrayminus": groups["observed"] - groups["low"], "color": style.colour, "thickness": 1.4},
                hovertemplate=f"<b>{model}</b><br>predicted %{{customdata[0]}}%, observed %{{customdata[1]}}%<br>"
                "%{customdata[2]} to %{customdata[3]}<br>%{customdata[4]}<extra></extra>",
            )
        )  # fmt: skip
    figure.update_layout(
        height=SQUARE,
        xaxis={"range": [0, 100], "title": {"text": "Predicted response (%)"}},
        yaxis={"range": [0, 101], "title": {"text": "Observed response (%)"}},
    )
    data = pd.concat(tables, ignore_index=True)
    points = "; ".join(
        f"{row['Model']} {row['Predicted (%)']}% predicted, {row['Observed (%)']}% observed"
        for _, row in data.iterrows()
    )
    return Figure(figure, f"Calibration of cross-validated predictions: {points}.", data, (source,), name)


def decision_curves(found: Predicting, *, source: Source, name: str = "decision") -> Figure | Prose:
    """Net benefit of acting on each model, on everybody and on nobody, over the threshold."""
    table = found.added.decisions
    if table is None:
        return Prose(f"*Not shown: {found.added.why}.*")
    figure, tables = go.Figure(), []
    for strategy, rows in table.groupby("strategy", sort=False, observed=True):
        style, label = STRATEGIES[str(strategy)], WORDS.get(str(strategy), str(strategy))
        figure.add_trace(
            go.Scatter(
                x=(100 * rows["threshold"]).round(1), y=rows["net_benefit"].round(4), mode="lines+markers", name=label,
                line={"color": style.colour, "dash": style.dash, "width": 2}, meta=DATA,
                marker={"symbol": style.symbol, "size": 5},
                hovertemplate=f"<b>{label}</b><br>threshold %{{x:.0f}}%: net benefit %{{y:.3f}}<extra></extra>",
            )
        )  # fmt: skip
        tables.append(
            pd.DataFrame({
                "Act on": label, "Threshold (%)": (100 * rows["threshold"]).round(1),
                "Net benefit": rows["net_benefit"].round(4),
            })
        )  # fmt: skip
    data = pd.concat(tables, ignore_index=True)
    top = float(data["Net benefit"].max())
    figure.update_layout(
        height=HEIGHT,
        xaxis={"range": [0, 100], "title": {"text": "Threshold probability of response (%)"}},
        yaxis={"range": [-0.25 * top, 1.1 * top], "title": {"text": "Net benefit (per patient)"}},
    )
    at = data[data["Threshold (%)"] == 50]
    half = "; ".join(f"{row['Act on']} {number(row['Net benefit'], 3)}" for _, row in at.iterrows())
    alt = f"Decision curves of cross-validated predictions. Net benefit at a threshold of 50%: {half}."
    return Figure(figure, alt, data, (source,), name)


def _roc(figure: go.Figure, arm: str, one: OfArm, style: Style) -> pd.DataFrame:
    assert one.roc is not None
    kept = np.unique(np.linspace(0, one.roc.threshold.size - 1, MOST).round().astype(int))
    table = pd.DataFrame({
        "Arm": arm,
        "Cut-point": np.where(np.isfinite(one.roc.threshold), 2.0**one.roc.threshold, np.nan)[kept].round(3),
        "Sensitivity (%)": (100 * one.roc.sensitivity)[kept].round(1),
        "Specificity (%)": (100 * one.roc.specificity)[kept].round(1),
    })  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=100 - table["Specificity (%)"], y=table["Sensitivity (%)"], mode="lines", meta=DATA,
            name=f"{plain(arm)}: area {quote(one.area) if one.area else ''}",
            customdata=table[["Cut-point", "Specificity (%)"]],
            line={"color": style.colour, "dash": style.dash, "width": 2.2, "shape": "hv"},
            hovertemplate=f"<b>{plain(arm)}</b><br>%{{customdata[0]:.2f}} or more: sensitivity %{{y:.1f}}%, "
            "specificity %{customdata[1]}%<extra></extra>",
        )
    )  # fmt: skip
    if one.accuracy:
        figure.add_trace(
            go.Scatter(
                x=[100 - 100 * one.accuracy.specificity.value],
                y=[100 * one.accuracy.sensitivity.value], mode="markers",
                marker={"color": style.colour, "symbol": "diamond", "size": 12}, showlegend=False, cliponaxis=False,
                meta={"role": "cut-point"},
                hovertemplate=f"<b>{plain(arm)}</b>, cut-point {quote(one.cut, 'estimate') if one.cut else ''}"
                "<extra></extra>",
            )
        )  # fmt: skip
    return table
