"""A marker before and after the start of treatment, patient by patient, by response; and the changes with intervals."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lentap.design import Design, Marker
from lentap.results import Result
from lentap.show.figure import DATA, Figure, reference_line, whisker
from lentap.show.format import confidence, quote, records
from lentap.show.prose import Prose
from lentap.show.record import RESPONSE_GROUPS
from lentap.show.shareable import not_singly
from lentap.show.theme import NEUTRAL, NEUTRAL_STYLE, SMALL, Style, arm_styles, plain
from lentap.sources import Source

PANEL, HEADING, BETWEEN, ROW, TOP, AXIS = 220, 40, 50, 42, 34, 58
MOST = 200  # patients of an arm and response group whose lines are drawn; medians and estimates are of all


def before_and_after(
    pairs: pd.DataFrame,
    changes: Sequence[Result],
    differences: Sequence[Result],
    *,
    marker: Marker,
    visits: tuple[str, str],
    design: Design,
    source: Source,
    smallest: int = 0,
    name: str = "before-and-after",
) -> Figure | Prose:
    """Each patient as a line from before to after, a panel an arm; below, changes and their differences.

    Parameters
    ----------
    pairs
        USUBJID, arm, response (one of ``RESPONSE_GROUPS``), baseline and value.
    changes, differences
        Recorded changes (labels arm and response) and responder minus non-responder differences (label arm).
    visits
        What the two visits are called.
    """
    if smallest > 1:
        return not_singly(smallest)
    styles = arm_styles(design)
    arms = [str(arm) for arm in pairs["arm"].drop_duplicates()]
    estimates = [
        r for arm in arms for r in (*changes, *differences) if r.labels["arm"] == arm and r.estimate is not None
    ]
    inner = len(arms) * (PANEL + BETWEEN) + len(estimates) * ROW + AXIS
    figure = go.Figure()
    highest = float(pairs[["baseline", "value"]].max().max()) if len(pairs) else 1.0
    drawn = pd.concat([_some(rows) for _, rows in pairs.groupby(["arm", "response"], observed=True)] or [pairs])
    for i, arm in enumerate(arms):
        top = 1 - (i * (PANEL + BETWEEN) + HEADING) / inner
        axis = str(i + 1) if i else ""
        _panel(figure, pairs[pairs["arm"] == arm], drawn[drawn["arm"] == arm], styles[arm], axis)
        _panel_axes(figure, (top - (PANEL - HEADING) / inner, top), highest, visits, marker, axis)
        figure.add_annotation(
            text=styles[arm].key(arm), x=0, xref="paper", xanchor="left", y=top + 18 / inner, yref="paper",
            yanchor="bottom", showarrow=False,
        )  # fmt: skip
    _estimates(figure, estimates, styles, str(len(arms) + 1))
    reach = (
        max([1.0, *(abs(100 * end) for r in estimates for end in (r.low, r.high, r.estimate) if end is not None)])
        * 1.08
    )
    axis = str(len(arms) + 1)
    figure.update_layout(
        {
            "height": TOP + inner + 8,
            "margin": {"t": TOP},
            "showlegend": False,
            f"xaxis{axis}": {
                "anchor": f"y{axis}",
                "range": [-reach, reach],
                "title": {"text": "Change (percentage points)"},
            },
            f"yaxis{axis}": {
                "domain": [AXIS / inner, (AXIS + len(estimates) * ROW) / inner],
                "range": [len(estimates) - 0.4, -0.7],
                "visible": False,
                "anchor": f"x{axis}",
            },
        }
    )
    reference_line(figure, 0, range(len(estimates)), axis=axis)
    mark = 1 - PANEL / 2 / inner
    return Figure(figure, _alt(estimates, pairs, marker), _rows(drawn, visits, marker), (source,), name, mark_at=mark)


def _some(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of some patients, evenly taken by what they had before, where there are too many to draw."""
    if len(rows) <= MOST:
        return rows
    return rows.sort_values("baseline").iloc[np.linspace(0, len(rows) - 1, MOST).round().astype(int)]


def _panel(figure: go.Figure, pairs: pd.DataFrame, drawn: pd.DataFrame, style: Style, axis: str) -> None:
    for i, group in enumerate(RESPONSE_GROUPS):
        rows, some = (table[table["response"] == group] for table in (pairs, drawn))
        left = 2.0 * i
        values = [v for row in records(some) for v in (round(row["baseline"], 4), round(row["value"], 4), None)]
        figure.add_trace(
            go.Scatter(
                x=[x for _ in range(len(some)) for x in (left, left + 1, None)],
                y=values,
                mode="lines+markers",
                line={"color": style.colour, "dash": style.dash, "width": 1},
                marker={"color": style.colour, "symbol": style.symbol, "size": 5},
                opacity=0.5,
                customdata=[plain(subject) for subject in some["USUBJID"] for _ in range(3)],
                hovertemplate=f"%{{customdata}}, {group.lower()}<br>%{{y:.1f}}%<extra></extra>",
                xaxis=f"x{axis}",
                yaxis=f"y{axis}",
                meta=DATA,
            )
        )
        medians = [float(rows[column].median()) for column in ("baseline", "value")] if len(rows) else []
        figure.add_trace(
            go.Scatter(
                x=[left, left + 1][: len(medians)],
                y=medians,
                mode="lines+markers",
                line={"color": NEUTRAL, "width": 3.5},
                marker={"color": NEUTRAL, "symbol": "diamond", "size": 11},
                hovertemplate=f"median of {len(rows)} {group.lower()}s<br>%{{y:.1f}}%<extra></extra>",
                xaxis=f"x{axis}",
                yaxis=f"y{axis}",
                meta={"role": "summary"},
            )
        )
        figure.add_annotation(
            text=f"{group}s (n = {len(rows)})", x=left + 0.5, xref=f"x{axis}", y=1, yref=f"y{axis} domain",
            yanchor="bottom", showarrow=False, font={"size": SMALL},
        )  # fmt: skip


def _panel_axes(
    figure: go.Figure, domain: tuple[float, float], highest: float, visits: tuple[str, str], marker: Marker, axis: str
) -> None:
    figure.update_layout(
        {
            f"xaxis{axis}": {
                "anchor": f"y{axis}",
                "range": [-0.4, 3.4],
                "tickvals": [0, 1, 2, 3],
                "ticktext": [plain(visit) for visit in visits * 2],
                "tickfont": {"size": SMALL},
                "showgrid": False,
            },
            f"yaxis{axis}": {
                "domain": domain,
                "anchor": f"x{axis}",
                "range": [0, highest * 1.05],
                "title": {"text": plain(marker.unit), "font": {"size": SMALL + 1}},
                "nticks": 5,
            },
        }
    )


def _estimates(figure: go.Figure, estimates: Sequence[Result], styles: dict[str, Style], axis: str) -> None:
    for row, result in enumerate(estimates):
        contrast = "response" not in result.labels
        style = NEUTRAL_STYLE if contrast else styles[result.labels["arm"]]
        place = {"xaxis": f"x{axis}", "yaxis": f"y{axis}"}
        low, high = (float("nan") if end is None else 100 * end for end in (result.low, result.high))
        along, across = whisker([low], [high], [row + 0.16])
        line = {"color": style.colour, "dash": style.dash, "width": 2.2}
        figure.add_trace(
            go.Scatter(x=along, y=across, mode="lines", line=line, hoverinfo="skip", meta={"role": "interval"}, **place)
        )
        words = (
            f"{plain(result.labels['arm'])}, {_what(result)}: {quote(result).replace('percentage points', 'points')}"
        )
        figure.add_trace(
            go.Scatter(
                x=[100 * (result.estimate or 0)],
                y=[row + 0.16],
                mode="markers",
                marker={"color": style.colour, "symbol": "diamond" if contrast else style.symbol, "size": 10},
                hovertemplate=f"{words}<extra></extra>",
                meta={"role": "estimate"},
                **place,
            )
        )
        figure.add_annotation(
            text=words, x=0, xref="paper", xanchor="left", y=row - 0.26, yref=f"y{axis}", showarrow=False,
            font={"size": SMALL},
        )  # fmt: skip


def _what(result: Result) -> str:
    return result.labels["response"].lower() + "s" if "response" in result.labels else "difference"


def _rows(pairs: pd.DataFrame, visits: tuple[str, str], marker: Marker) -> pd.DataFrame:
    long = pairs.melt(["USUBJID", "arm", "response"], ["baseline", "value"], "Visit", "measured")
    return pd.DataFrame(
        {
            "Patient": long["USUBJID"],
            "Arm": long["arm"].astype(str),
            "Response": long["response"],
            "Visit": long["Visit"].map(dict(zip(("baseline", "value"), visits, strict=True))),
            marker.unit[:1].upper() + marker.unit[1:]: long["measured"].round(2),
        }
    ).sort_values(["Arm", "Patient"], kind="stable", ignore_index=True)


def _alt(estimates: Sequence[Result], pairs: pd.DataFrame, marker: Marker) -> str:
    level = confidence(estimates[0]) if estimates else "interval"
    found = "; ".join(f"{r.labels['arm']}, {_what(r)}: {quote(r)}" for r in estimates)
    return (
        f"{marker.label}, percent, before and after the start of treatment in {len(pairs)} patients, by arm and "
        f"response. Changes with {level}: {found or 'not estimable'}."
    )
