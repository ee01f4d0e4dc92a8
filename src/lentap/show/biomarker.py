"""A marker and response, drawn: association by arm, distribution, and the probability of response over the marker."""

import math
from collections.abc import Sequence
from textwrap import wrap

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lentap.design import Design
from lentap.results import Result
from lentap.show.figure import DATA, Figure
from lentap.show.forest import Row, forest
from lentap.show.format import interval, number, p_phrase, percent, within
from lentap.show.prose import Prose
from lentap.show.record.biomarker import Predicting
from lentap.show.record.marker_patients import MarkerPatients
from lentap.show.theme import NEUTRAL, NEUTRAL_STYLE, SMALL, Style, arm_styles, plain
from lentap.sources import Source

MOST = 150  # points of a group: more are order statistics, evenly spaced
HEIGHT = 360
TICKS = [base * 10.0**power for power in range(-3, 5) for base in (1, 1.5, 2, 3, 5, 7)]


def association_forest(
    found: Predicting, *, design: Design, source: Source, name: str = "association"
) -> Figure | Prose:
    """Odds ratio of response by doubling of the marker, in each arm, in all, and between arms."""
    styles = arm_styles(design)
    rows = [
        ratio_row(arm, one.odds_ratio, f"{one.responders}/{one.patients}", "In each arm", styles[arm])
        for arm, one in found.by_arm.items()
        if one.odds_ratio
    ]
    if not rows:
        return Prose("*Not shown: no arm has an odds ratio, for the reasons given in the key points.*")
    if found.prognostic:
        count = found.prognostic.counts["responders"]
        rows.append(ratio_row("All arms, adjusted for arm", found.prognostic, count, "Prognostic", NEUTRAL_STYLE))
    rows += [
        ratio_row(f"{arm} over {one.labels['control']}", one, "", "Predictive", styles[arm])
        for arm, one in found.predictive.items()
    ]
    return forest(
        rows,
        name=name,
        title="Odds ratio of response, by doubling of the marker",
        what=f"Odds ratios of response by doubling of {within(found.patients.label)}.",
        source=source,
        reference=1.0,
        sides=("fewer respond", "more respond"),
        ratio=True,
        decimals=2,
    )


def distribution(
    patients: MarkerPatients, *, design: Design, source: Source, name: str = "distribution"
) -> Figure | Prose:
    """The marker of each patient by arm and response, with the median of each group."""
    if patients.gap or (rows := patients.evaluable).empty:
        return Prose(f"*Not shown: {patients.gap or 'no patient has the marker and an evaluable response'}.*")
    figure, tables, ticks = go.Figure(), [], {}
    styles, position = arm_styles(design), 0
    for arm in patients.arms:
        for responded, word in ((True, "response"), (False, "no response")):
            values = np.sort(rows.loc[(rows["arm"] == arm) & (rows["response"] == responded), "value"].to_numpy(float))
            ticks[position] = f"{'<br>'.join(map(plain, wrap(arm, 12)))}<br>{word}<br>n = {values.size}"
            if values.size:
                tables.append(_strip(figure, values, position, styles[arm], f"{arm}, {word}"))
            position += 1
    figure.update_layout(
        height=HEIGHT,
        showlegend=False,
        xaxis={"tickvals": list(ticks), "ticktext": list(ticks.values()), "tickfont": {"size": SMALL}, "tickangle": 0,
               "showgrid": False, "range": [-0.5, position - 0.5]},
        yaxis={"type": "log", "title": {"text": _title(patients)}, **_log_ticks(rows["value"])},
    )  # fmt: skip
    data = pd.concat(tables, ignore_index=True)
    medians = "; ".join(
        f"{group} {number(part['Value'].median(), 2)}" for group, part in data.groupby("Group", sort=False)
    )
    alt = f"{patients.label} ({patients.value_unit}) by arm and response. Medians: {medians}."
    return Figure(figure, alt, data, (source,), name)


def response_curves(
    found: Predicting, *, design: Design, source: Source, name: str = "response-curves"
) -> Figure | Prose:
    """Probability of response over the marker, a curve an arm, with bands."""
    shapes = {arm: one.shape for arm, one in found.by_arm.items() if one.shape}
    if not shapes:
        return Prose("*Not shown: in no arm can a curve be fitted.*")
    figure, tables, styles = go.Figure(), [], arm_styles(design)
    for arm, shape in shapes.items():
        _band(figure, shape.value, shape.low, shape.high, styles[arm])
        table = pd.DataFrame({
            "Arm": arm, "Marker": shape.value.round(3), "Response (%)": (100 * shape.probability).round(1),
            "Lower limit (%)": (100 * shape.low).round(1), "Upper limit (%)": (100 * shape.high).round(1),
        })  # fmt: skip
        tables.append(table)
        figure.add_trace(
            go.Scatter(
                x=table["Marker"], y=table["Response (%)"], mode="lines", name=f"{plain(arm)}", meta=DATA,
                line={"color": styles[arm].colour, "dash": styles[arm].dash, "width": 2.4},
                customdata=table[["Lower limit (%)", "Upper limit (%)"]],
                hovertemplate=f"<b>{plain(arm)}</b><br>marker %{{x:.2f}}: %{{y:.1f}}% respond<br>"
                "%{customdata[0]} to %{customdata[1]}<extra></extra>",
            )
        )  # fmt: skip
    data = pd.concat(tables, ignore_index=True)
    figure.update_layout(
        height=HEIGHT,
        xaxis={"type": "log", "title": {"text": _title(found.patients)}, **_log_ticks(data["Marker"])},
        yaxis={"range": [0, 100], "title": {"text": "Response (%)"}},
        legend={"traceorder": "normal"},
    )
    bends = "; ".join(f"{arm} {p_phrase(shape.bend.p_value)}" for arm, shape in shapes.items())
    ends = "; ".join(
        f"{arm} from {percent(shape.probability[0])}% to {percent(shape.probability[-1])}%"
        for arm, shape in shapes.items()
    )
    alt = f"Probability of response over {within(found.patients.label)}, by spline: {ends}. Test of a bend: {bends}."
    return Figure(figure, alt, data, (source,), name)


def ratio_row(label: str, one: Result, detail: str, group: str, style: Style) -> Row:
    """A recorded ratio as a row of a forest."""
    value, low, high = (math.nan if x is None else x for x in (one.estimate, one.low, one.high))
    return Row(label, value, low, high, detail, group, style)


def _strip(figure: go.Figure, values: np.ndarray, position: int, style: Style, group: str) -> pd.DataFrame:
    """Points of one group side by side, and its median and quartiles."""
    shown = _thinned(values)
    aside = position + 0.28 * np.sin(2.4 * np.arange(shown.size)) * np.linspace(1, 0.5, shown.size)
    figure.add_trace(
        go.Scatter(
            x=aside.round(3), y=shown.round(3), mode="markers", meta=DATA, opacity=0.65,
            marker={"color": style.colour, "symbol": style.symbol, "size": 6},
            hovertemplate=f"{plain(group)}: %{{y:.2f}}<extra></extra>",
        )
    )  # fmt: skip
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75]).tolist()
    words = interval(middle, low, high, lambda value: number(value, 2))
    figure.add_trace(
        go.Scatter(
            x=[position - 0.3, position + 0.3], y=[middle, middle], mode="lines", line={"color": NEUTRAL, "width": 3},
            hovertemplate=f"{plain(group)}<br>median (quartiles) {words}<extra></extra>", meta={"role": "summary"},
        )
    )  # fmt: skip
    return pd.DataFrame({"Group": group, "Value": shown.round(3)})


def _band(figure: go.Figure, x: np.ndarray, low: np.ndarray, high: np.ndarray, style: Style) -> None:
    for bound, fill in ((high, None), (low, "tonexty")):
        figure.add_trace(
            go.Scatter(x=x.round(3), y=(100 * bound).round(2), mode="lines", line={"width": 0}, fill=fill,
                       fillcolor=style.band, hoverinfo="skip", showlegend=False, meta={"role": "band"})
        )  # fmt: skip


def _title(patients: MarkerPatients) -> str:
    return plain(patients.value_unit[:1].upper() + patients.value_unit[1:])


def _thinned(ordered: np.ndarray) -> np.ndarray:
    """Ordered values, or as many of them, evenly spaced, as a figure can show."""
    if ordered.size <= MOST:
        return ordered
    return np.asarray(ordered[np.linspace(0, ordered.size - 1, MOST).round().astype(int)])


def _log_ticks(values: pd.Series) -> dict[str, Sequence[object]]:
    low, high = float(values.min()) / 1.1, float(values.max()) * 1.1
    at = [tick for tick in TICKS if low <= tick <= high]
    return {"range": [math.log10(low), math.log10(high)], "tickvals": at, "ticktext": [f"{tick:g}" for tick in at]}
