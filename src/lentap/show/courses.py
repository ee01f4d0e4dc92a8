"""Patients over time: how the tumours of each changed (spider), and what happened to each and when (swimmer)."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lentap.adam.rules import DAYS
from lentap.design import Design
from lentap.show.figure import DATA, Figure
from lentap.show.format import escaped, number, records
from lentap.show.panels import HEADING, Panel, panel_axes, panels, pattern, sampled
from lentap.show.prose import Prose
from lentap.show.record.response import Response
from lentap.show.record.response_times import FOLLOWED, UNIT, Depth, Times
from lentap.show.shareable import not_singly
from lentap.show.survival import display_times
from lentap.show.theme import NEUTRAL, arm_styles, plain
from lentap.show.waterfall import CUT, NOT_MEASURED, change_axes, signed
from lentap.sources import Source

SPIDER, TOP, SYMBOLS, ROW = 240, 30, 64, 9
MOST_LINES = MOST_ROWS = 100  # patients of an arm drawn
FEW = 60  # of them where there are more than MOST_ROWS: a swimmer plot longer than that is not read
SINCE = f"Time since day 1 ({UNIT})"
MARKS = {  # how a bar of the swimmer plot ended: in words, and the symbol behind it
    "progression": ("progression", "x"),
    "death": ("death", "square"),
    "resection": ("resection", "diamond-open"),
    FOLLOWED: ("still followed", "triangle-right"),
}
DASHES = {"dash": "7px,2px", "dot": "2px,2px", "dashdot": "7px,2px,2px,2px", "longdash": "12px,2px"}  # of thin lines
LEGEND = {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "itemclick": False, "itemdoubleclick": False}


def spider(
    found: Response, depth: Depth | None, design: Design, *, source: Source, name: str = "spider"
) -> Figure | Prose:
    """A line a patient: change of the sum of diameters over time, a panel an arm."""
    if found.smallest > 1:
        return not_singly(found.smallest)
    lines = _lines(found, depth)
    if depth is None:
        return NOT_MEASURED
    if lines.empty:
        return Prose("*Not shown: no image after baseline has both a day (ADY or ADT) and a sum of diameters.*")
    styles, figure = arm_styles(design), go.Figure()
    by_arm = {arm: lines[lines["arm"] == arm] for arm in found.assessments.arms if (lines["arm"] == arm).any()}
    headings = {arm: f"{styles[arm].key(arm)}: {_drawn(rows, arm, depth)}" for arm, rows in by_arm.items()}
    longest = max(float(lines["month"].max()), 1.0)
    for arm, panel in panels(figure, headings, [SPIDER] * len(by_arm), top=TOP).items():
        rows, style = by_arm[arm], styles[arm]
        last = ~rows["USUBJID"].duplicated(keep="last")
        between = rows[last].assign(month=np.nan, change=np.nan)  # breaks the line before the next patient
        broken = pd.concat([rows, between]).sort_values("at", kind="stable")
        words = [_words(row) for row in records(broken)]
        figure.add_trace(
            go.Scatter(
                x=_gaps(broken["month"].round(2)),
                y=_gaps(broken["change"].clip(upper=CUT).round(1)),
                mode="lines+markers",
                line={"color": style.colour, "dash": DASHES.get(style.dash, "solid"), "width": 1.1},
                marker={"color": style.colour, "symbol": style.symbol, "size": 4},
                opacity=0.8,
                customdata=words,
                hovertemplate="%{customdata}<extra></extra>",
                showlegend=False,
                meta=DATA,
                **panel.place,
            )
        )
        _spider_axes(figure, panel, longest, last=arm == list(by_arm)[-1])
    table = lines[["arm", "USUBJID", "month", "change", "AVALC"]].round({"month": 2, "change": 1})
    table.columns = pd.Index(["Arm", "Patient", f"Time ({UNIT})", "Change (%)", "Response at the visit"])
    middle = 1 - (HEADING + SPIDER / 2) / (float(figure.layout.height) - TOP)
    alt = f"Spider plot of the sum of diameters by {depth.criterion}, a line a patient, per cent change from baseline."
    return Figure(figure, alt, table, (source,), name, mark_at=middle)


def swimmer(found: Times, design: Design, *, source: Source, name: str = "swimmer") -> Figure | Prose:
    """A bar a patient from the start to what ended the assessments, full while in response; a panel an arm."""
    if found.smallest > 1:
        return not_singly(found.smallest)
    shown = _swimmers(found)
    if shown.empty:
        return Prose(f"*Not shown: {escaped(found.gap or 'nobody was assessed')}.*")
    styles, figure = arm_styles(design), go.Figure()
    by_arm = {str(arm): rows for arm, rows in shown.groupby("arm", observed=True)}
    sizes = found.courses.groupby("arm", observed=True).size()
    headings = {
        arm: f"{styles[arm].key(arm)}: {len(rows)}{f' of {sizes[arm]}' if sizes[arm] > len(rows) else ''} patients"
        for arm, rows in by_arm.items()
    }
    heights = [max(ROW * len(rows), 40) for rows in by_arm.values()]
    longest = max(float(shown["end"].max()), 1.0)
    places = panels(figure, headings, heights, top=SYMBOLS)
    for arm, panel in places.items():
        rows, style = by_arm[arm], styles[arm]
        responded = rows[rows["response"].notna()]
        parts = (
            (rows, rows["end"], 0.45, DATA),
            (responded, responded["end"] - responded["response"], 1.0, {"role": "response"}),
        )
        for part, length, opacity, meta in parts:
            figure.add_trace(
                go.Bar(
                    x=length.round(2).tolist(),
                    base=(part["end"] - length).round(2).tolist(),
                    y=part["row"].tolist(),
                    orientation="h",
                    width=0.8,
                    marker={"color": style.colour, "opacity": opacity, "pattern": pattern(style), "line": {"width": 0}},
                    customdata=part["words"].tolist(),
                    hovertemplate="%{customdata}<extra></extra>",
                    showlegend=False,
                    meta=meta,
                    **panel.place,
                )
            )
        for what, (label, symbol) in MARKS.items():
            marked = rows[rows["how"] == what]
            figure.add_trace(
                go.Scatter(
                    x=(marked["end"] + 0.02 * longest).round(2).tolist(),
                    y=marked["row"].tolist(),
                    mode="markers",
                    marker={"symbol": symbol, "size": 7, "color": NEUTRAL},
                    name=label,
                    legendgroup=what,
                    showlegend=arm == next(iter(places)),
                    hoverinfo="skip",
                    meta={"role": "mark"},
                    **panel.place,
                )
            )
        _swimmer_axes(figure, panel, len(rows), longest, last=arm == list(places)[-1])
    figure.update_layout(barmode="overlay", legend=LEGEND)
    table = shown[["arm", "USUBJID", "best", "response", "end", "how"]].round({"response": 2, "end": 2})
    table.columns = pd.Index(
        ["Arm", "Patient", "Best response", f"First response ({UNIT})", f"End ({UNIT})", "Ended by"]
    )
    middle = 1 - (HEADING + heights[0] / 2) / (float(figure.layout.height) - SYMBOLS)
    alt = (
        f"Swimmer plot by {found.criterion}: a bar a patient from day 1 to progression, death, resection or the last "
        f"assessment, full while in response. {'; '.join(f'{arm} {len(rows)}' for arm, rows in by_arm.items())}."
    )
    return Figure(figure, alt, table, (source,), name, mark_at=middle)


def course_words(found: Response, depth: Depth | None, times: Times) -> Prose | None:
    """How patients were chosen for the two figures, where not all are drawn; nothing where none is."""
    if found.smallest > 1:
        return None
    words = []
    measured = depth.patients.dropna(subset=["depth"]) if depth else pd.DataFrame({"arm": []})
    if max(measured.groupby("arm", observed=True).size(), default=0) > MOST_LINES:
        words.append(
            f"Of an arm with more than {MOST_LINES} patients measured, {MOST_LINES} lines are drawn, evenly spaced in "
            "the order of the best change."
        )
    if not times.gap and times.courses.groupby("arm", observed=True).size().max() > MOST_ROWS:
        words.append(
            f"Of an arm with more than {MOST_ROWS} patients, {FEW} bars are drawn, evenly spaced in the order of "
            "the length."
        )
    if depth:
        cut = int((_lines(found, depth)["change"] > CUT).sum())
        words.append(f"Points beyond {signed(CUT)}% are drawn there ({cut})." if cut else "")
    if depth is None and times.gap:
        return None
    return Prose(" ".join(filter(None, words)) or "Every patient is drawn who was assessed or died.")


def _lines(found: Response, depth: Depth | None) -> pd.DataFrame:
    """Points of the lines drawn: arm, USUBJID, month, change, AVALC; none where measurements or days are lacking."""
    if depth is None:
        return pd.DataFrame()
    order = depth.patients.dropna(subset=["depth"]).sort_values(["depth", "USUBJID"])
    chosen = pd.concat([sampled(rows, MOST_LINES) for _, rows in order.groupby("arm", observed=True)])
    visits = found.visits(depth.criterion, depth.reader).dropna(subset=["change", "ADY"])
    worse = visits["AVALC"].eq("PD").astype(int)
    visits = visits[worse.groupby(visits["USUBJID"]).cumsum() - worse == 0]
    visits = visits.assign(month=visits["ADY"] / DAYS[UNIT])[["USUBJID", "month", "change", "AVALC"]]
    start = pd.DataFrame({"USUBJID": visits["USUBJID"].unique(), "month": 0.0, "change": 0.0, "AVALC": "baseline"})
    points = pd.concat([start, visits]).merge(chosen[["USUBJID", "arm"]], on="USUBJID")
    points = points.sort_values(["arm", "USUBJID", "month"], kind="stable", ignore_index=True)
    return points.assign(at=points.index)


def _gaps(values: pd.Series) -> list[float | None]:
    """Numbers with None where the line is broken."""
    return [None if np.isnan(value) else float(value) for value in values]


def _words(point: dict[str, Any]) -> str:
    at = f"{number(point['month'])} {UNIT}: {signed(point['change'])}%, {point['AVALC']}"
    return f"<b>{plain(point['USUBJID'])}</b><br>{at}"


def _drawn(rows: pd.DataFrame, arm: str, depth: Depth) -> str:
    lines, of = rows["USUBJID"].nunique(), depth.medians[arm].counts[arm].partition("/")[0]
    return f"{lines} patients" if str(lines) == of else f"{lines} of {of} patients measured"


def _swimmers(found: Times) -> pd.DataFrame:
    """Bars drawn, in months, with the row of each and its words; the longest of an arm at the top."""
    if found.gap or found.courses.empty:
        return pd.DataFrame()
    courses = found.courses[found.courses["how"] != "never assessed"]
    courses = courses.assign(**{name: courses[name] / DAYS[UNIT] for name in ("response", "end")})
    parts = []
    for _, rows in courses.sort_values(["end", "USUBJID"], ascending=[False, True]).groupby("arm", observed=True):
        drawn = sampled(rows, FEW) if len(rows) > MOST_ROWS else rows
        parts.append(drawn.assign(row=range(len(drawn))))
    if not parts:
        return pd.DataFrame()
    shown = pd.concat(parts, ignore_index=True)
    words = [
        f"<b>{plain(row['USUBJID'])}</b><br>best response {row['best']}"
        + ("" if np.isnan(row["response"]) else f", first at {number(row['response'])} {UNIT}")
        + f"<br>{MARKS[row['how']][0]} at {number(row['end'])} {UNIT}"
        for row in records(shown)
    ]
    return shown.assign(words=words)


def _spider_axes(figure: go.Figure, panel: Panel, longest: float, *, last: bool) -> None:
    across = {"range": [-0.02 * longest, 1.03 * longest], "tickvals": display_times(longest, UNIT)}
    change_axes(figure, panel, across, above=5, what="Change (%)", title=SINCE if last else "")


def _swimmer_axes(figure: go.Figure, panel: Panel, rows: int, longest: float, *, last: bool) -> None:
    across = {"range": [0, 1.05 * longest], "tickvals": display_times(longest, UNIT)}
    upright = {"range": [rows - 0.2, -0.8], "visible": False}
    panel_axes(figure, panel, across, upright, title=SINCE if last else "")
