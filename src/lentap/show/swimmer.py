"""A swimmer plot of treatment: a lane a patient, what was given when, and what happened."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lentap.adam import Trial
from lentap.design import Design
from lentap.show.figure import DATA, Figure
from lentap.show.prose import Prose
from lentap.show.record.exposure import GRAVE, TACE, Exposure
from lentap.show.shareable import not_singly
from lentap.show.theme import NEUTRAL, SMALL, arm_styles, plain
from lentap.sources import Source
from lentap.stats.adverse_event_records import grade, grade_scale
from lentap.stats.dose_changes import HELD, REDUCED

LANE, HEAD, TOP, AXIS = 13, 30, 96, 56
MONTH = 30.4375
MARKS = {  # what happened: symbol, colour, size
    "TACE session": ("diamond", "#F2C230", 8),
    "Adverse event of grade 3 or above": ("circle", "#B83A1B", 7),
    "Resection": ("triangle-up", "#7C3AED", 11),
    "Death": ("x", NEUTRAL, 9),
}
STATES = {"full": (6, 1.0), REDUCED: (6, 0.45), HELD: (1.5, 0.9)}  # width and opacity of a lane's line


@dataclass(frozen=True, eq=False)
class Lanes:
    """Patients drawn and what is drawn of them, in months since the first treatment.

    ``lanes`` have USUBJID, arm, end (of treatment), seen (last known alive); ``events`` USUBJID, what, month;
    ``left_out`` numbers of patients by arm that are not drawn; ``beyond`` events later than the axis goes.
    """

    lanes: pd.DataFrame
    events: pd.DataFrame
    left_out: Mapping[str, int]
    beyond: int


def lanes_of(trial: Trial, exposure: Exposure, *, most: int, longest: float) -> Lanes:
    """Choose the patients of a swimmer plot, evenly over the time they were on treatment, and collect their events.

    Parameters
    ----------
    most
        Patients drawn of an arm.
    longest
        Months up to which events are drawn.
    """
    ends = exposure.courses.groupby("USUBJID")["end"].max() / MONTH
    treated = exposure.subjects[exposure.subjects["USUBJID"].isin(ends.index)][["USUBJID", "arm"]]
    treated = treated.assign(end=treated["USUBJID"].map(ends)).sort_values("end", ascending=False)
    treated["seen"] = np.fmax(treated["USUBJID"].map(_last_seen(exposure)), treated["end"])
    parts, left_out = [], {}
    for arm in exposure.arms:
        of = treated[treated["arm"] == arm]
        chosen = np.unique(np.linspace(0, len(of) - 1, min(most, len(of))).round().astype(int))
        parts.append(of.iloc[chosen])
        left_out[arm] = len(of) - len(chosen)
    lanes = pd.concat(parts, ignore_index=True)
    events = _events(trial, exposure)
    events = events[events["USUBJID"].isin(lanes["USUBJID"])]
    inside = events["month"].between(0, longest)
    return Lanes(lanes, events[inside].reset_index(drop=True), left_out, int((~inside).sum()))


def _last_seen(exposure: Exposure) -> "pd.Series[float]":
    """Months from the first treatment to the last day known alive, by subject."""
    subjects = exposure.subjects.reindex(columns=["USUBJID", "TRTSDT", "LSTALVDT"])
    days = (pd.to_datetime(subjects["LSTALVDT"]) - pd.to_datetime(subjects["TRTSDT"])).dt.days
    return ((days + 1) / MONTH).set_axis(subjects["USUBJID"])


def _events(trial: Trial, exposure: Exposure) -> pd.DataFrame:
    parts = {}
    if exposure.sessions is not None:
        parts["TACE session"] = exposure.sessions[["USUBJID", "day"]]
    if "adae" in trial.tables and "ASTDY" in trial.adae:
        adae = trial.adae
        severe = pd.Series(False, adae.index)
        if {"AETOXGR", "AESEV"} & set(adae):
            severe = grade(adae, grade_scale(adae)) >= GRAVE
        if "TRTEMFL" in adae:
            severe &= adae["TRTEMFL"] == "Y"
        parts["Adverse event of grade 3 or above"] = adae.loc[severe, ["USUBJID", "ASTDY"]]
    if "adpr" in trial.tables:
        parts["Resection"] = trial.resections[["USUBJID", "ASTDY"]]
    subjects = exposure.subjects
    if {"DTHDT", "TRTSDT"} <= set(subjects):
        days = (pd.to_datetime(subjects["DTHDT"]) - pd.to_datetime(subjects["TRTSDT"])).dt.days + 1
        parts["Death"] = pd.DataFrame({"USUBJID": subjects["USUBJID"], "day": days}).dropna()
    rows = [part.set_axis(["USUBJID", "day"], axis=1).assign(what=what) for what, part in parts.items()]
    table = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=["USUBJID", "day", "what"])
    return table.assign(month=table["day"].astype(float) / MONTH)[["USUBJID", "what", "month"]]


def swimmer(
    found: Lanes,
    exposure: Exposure,
    *,
    names: Mapping[str, str],
    longest: float,
    design: Design,
    source: Source,
    name: str = "swimmer",
) -> Figure | Prose:
    """Draw a lane a patient: doses given day after day as a line, single ones as ticks, sessions and events as symbols.

    Parameters
    ----------
    names
        Pseudonym of each patient.
    longest
        Months at which the axis ends at the latest.
    """
    if exposure.smallest > 1:
        return not_singly(exposure.smallest)
    if found.lanes.empty:
        return Prose("*Not shown: nobody has a dose above 0.*")
    styles, figure = arm_styles(design), go.Figure()
    place: dict[str, float] = {}
    heads: dict[str, float] = {}
    level = 0.0
    for arm, of in found.lanes.groupby("arm", observed=True):
        heads[str(arm)] = level + 0.2
        level += HEAD / LANE
        place |= {one: level + i for i, one in enumerate(of["USUBJID"])}
        level += len(of)
    for arm, at in heads.items():
        rest = found.left_out.get(arm, 0)
        words = f"<b>{plain(arm)}</b>{f' ({rest} more not drawn)' if rest else ''}"
        figure.add_annotation(
            text=words, x=0, xref="paper", xanchor="left", y=at, showarrow=False, font={"size": SMALL}
        )
    for arm in heads:
        lanes = found.lanes[found.lanes["arm"] == arm]
        _lines(figure, arm, lanes, exposure, place, styles[arm].colour, longest)
    _marks(figure, found, place, names)
    latest = min(longest, float(np.nanmax([found.lanes["seen"].max(), found.events["month"].max()])))
    figure.update_layout(
        height=int(TOP + level * LANE + AXIS),
        margin={"t": TOP, "b": AXIS},
        xaxis={"range": [-0.02 * latest, 1.02 * latest], "title": {"text": "Months since the first treatment"}},
        yaxis={"range": [level + 0.5, -0.5], "visible": False},
    )
    data = pd.DataFrame(
        {
            "Patient": found.events["USUBJID"].map(names),
            "Arm": found.events["USUBJID"].map(found.lanes.set_index("USUBJID")["arm"].astype(str)),
            "What": found.events["what"],
            "Month": found.events["month"].round(2),
        }
    )
    return Figure(figure, _alt(found), data, (source,), name)


def _lines(
    figure: go.Figure,
    arm: str,
    lanes: pd.DataFrame,
    exposure: Exposure,
    place: Mapping[str, float],
    colour: str,
    longest: float,
) -> None:
    thin = {"color": NEUTRAL, "width": 0.6}
    x, y = _broken(lanes["seen"] * 0, lanes["seen"].clip(upper=longest), lanes["USUBJID"].map(place))
    style = {"mode": "lines", "hoverinfo": "skip", "showlegend": False, "meta": {"role": "interval"}}
    figure.add_trace(go.Scatter(x=x, y=y, line=thin, **style))
    rows = exposure.rows[exposure.rows["USUBJID"].isin(lanes["USUBJID"])]
    rows = rows[(rows["state"] != "") & (rows["first"] / MONTH <= longest)]
    daily = rows["treatment"].isin(exposure.rows.loc[exposure.rows["days"] > 1, "treatment"])
    for state, (width, opacity) in STATES.items():
        of = rows[(rows["state"] == state) & daily]
        if of.empty:
            continue
        ends = (of["last"] / MONTH).clip(upper=longest)
        x, y = _broken((of["first"] - 1) / MONTH, ends, of["USUBJID"].map(place))
        line = {"color": colour if state != HELD else NEUTRAL, "width": width}
        label = f"{plain(arm)}: {state} dose" if state != HELD else "dose held"
        figure.add_trace(
            go.Scatter(x=x, y=y, line=line, opacity=opacity, name=label, **style | {"showlegend": state != HELD})
        )
    single = rows[~daily & (rows["dose"] > 0) & (rows["kind"] != TACE)]
    figure.add_trace(
        go.Scatter(
            x=((single["first"] - 1) / MONTH).round(3).tolist(), y=[at + 0.38 for at in single["USUBJID"].map(place)],
            mode="markers", marker={"symbol": "line-ns-open", "size": 4, "color": colour}, hoverinfo="skip",
            showlegend=bool(len(single)), name=f"{plain(arm)}: single dose", meta={"role": "interval"},
        )
    )  # fmt: skip


def _broken(first: pd.Series, last: pd.Series, at: pd.Series) -> tuple[list[float | None], list[float | None]]:
    x, y = np.full((len(first), 3), None, dtype=object), np.full((len(first), 3), None, dtype=object)
    x[:, 0], x[:, 1], y[:, 0], y[:, 1] = first.round(3), last.round(3), at, at
    return x.ravel().tolist(), y.ravel().tolist()


def _marks(figure: go.Figure, found: Lanes, place: Mapping[str, float], names: Mapping[str, str]) -> None:
    arm_of = found.lanes.set_index("USUBJID")["arm"].astype(str)
    for what, (symbol, colour, size) in MARKS.items():
        of = found.events[found.events["what"] == what]
        if of.empty:
            continue
        figure.add_trace(
            go.Scatter(
                x=of["month"].round(3).tolist(),
                y=of["USUBJID"].map(place).tolist(),
                mode="markers",
                marker={
                    "symbol": symbol, "size": size, "color": colour,
                    "line": {"width": 0.8, "color": "rgba(17,24,39,0.8)"},
                },
                name=what,
                customdata=[[names[one], plain(arm_of[one])] for one in of["USUBJID"]],
                hovertemplate=(
                    f"<b>%{{customdata[0]}}</b>, %{{customdata[1]}}<br>{what}, month %{{x:.1f}}<extra></extra>"
                ),
                meta=DATA,
            )
        )  # fmt: skip


def _alt(found: Lanes) -> str:
    drawn = found.lanes["arm"].astype(str).value_counts()
    lanes = "; ".join(
        f"{arm}: {count} patients drawn, {found.left_out.get(str(arm), 0)} not" for arm, count in drawn.items()
    )
    counts = ", ".join(f"{what} {int((found.events['what'] == what).sum())}" for what in MARKS)
    return f"A lane a patient, ordered by time on treatment. {lanes}. Events drawn: {counts}."


def lanes_words(found: Lanes, *, longest: float, smallest: int = 0) -> Prose:
    """How the patients drawn were chosen, and what lies beyond the axis; nothing where patients are not drawn."""
    if smallest > 1:
        return Prose("")
    rest = {arm: count for arm, count in found.left_out.items() if count}
    chosen = (
        "Of each arm the patients drawn are spread evenly over the time on treatment; "
        f"{sum(rest.values())} treated patients are not drawn."
        if rest
        else "Every treated patient is drawn."
    )
    beyond = (
        f" {found.beyond} events of those drawn lie before the first treatment or after {longest:g} months."
        if found.beyond
        else ""
    )
    return Prose(f"{chosen}{beyond}")
