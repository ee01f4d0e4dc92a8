"""How deep a response was: the best change of the tumours, patient by patient."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lentap.design import Design
from lentap.results import Result
from lentap.show.figure import DATA, Figure
from lentap.show.format import escaped, interval, listed, number, quote, records
from lentap.show.panels import HEADING, Panel, panel_axes, panels, pattern
from lentap.show.prose import Prose
from lentap.show.record.response_times import MOST_PAIRS, Depth
from lentap.show.response import by
from lentap.show.shareable import not_singly
from lentap.show.small_cells import HIDDEN, is_small, small_cell_notes
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.show.theme import NEUTRAL, SMALL, Style, arm_styles, plain
from lentap.sources import Source
from lentap.stats.response import OBJECTIVE_RESPONSE

HEIGHT, TOP = 200, 30
MOST_BARS = 300  # patients of an arm drawn one by one; beyond, a bar is a hundredth of them
GROUPS = 100
CUT = 100.0  # per cent of growth at which bars end
PARTIAL = -30.0
NOT_MEASURED = Prose("*Not shown: it needs measured lesions, which are lacking as the key points say.*")


def waterfall(
    found: Depth | None, design: Design, *, source: Source, name: str = "waterfall", smallest: int = 0
) -> Figure | Prose:
    """A bar a patient measured, a panel an arm; a bar a hundredth of the patients where an arm is large."""
    if smallest > 1:
        return not_singly(smallest)
    if found is None or found.patients["depth"].isna().all():
        return NOT_MEASURED
    styles, figure = arm_styles(design), go.Figure()
    measured = found.patients.dropna(subset=["depth"])
    by_arm = {arm: measured[measured["arm"] == arm] for arm in found.medians if (measured["arm"] == arm).any()}
    grouped = max(map(len, by_arm.values())) > MOST_BARS
    headings = {arm: _heading(found, arm, styles[arm]) for arm in by_arm}
    places = panels(figure, headings, [HEIGHT] * len(by_arm), top=TOP)
    bars = {arm: (_groups if grouped else _patients)(rows) for arm, rows in by_arm.items()}
    for arm, panel in places.items():
        rows = bars[arm]
        colour = styles[arm].colour
        figure.add_trace(
            go.Bar(
                x=rows["place"].round(3).tolist(),
                y=rows["depth"].clip(upper=CUT).round(1).tolist(),
                width=0.86 * 100 / len(rows),
                marker={
                    "color": colour,
                    "opacity": np.where(rows["response"] >= 0.5, 1.0, 0.5).tolist(),
                    "line": {"color": colour, "width": 1},
                    "pattern": pattern(styles[arm]),
                },
                customdata=rows["words"].map(plain).tolist(),
                hovertemplate=f"<b>{plain(arm)}</b><br>%{{customdata}}<extra></extra>",
                meta=DATA,
                **panel.place,
            )
        )
        worse = rows[rows["best"] == "PD"]
        figure.add_trace(
            go.Scatter(
                x=worse["place"].tolist(),
                y=(worse["depth"].clip(0, CUT) + 8).tolist(),
                mode="markers",
                marker={"symbol": "x-thin", "size": 7, "line": {"width": 1.6, "color": NEUTRAL}},
                hoverinfo="skip",
                meta={"role": "progression"},
                **panel.place,
            )
        )
        _axes(figure, panel, last=arm == list(places)[-1])
    figure.update_layout(showlegend=False)
    table = pd.concat([_listed(rows, arm, grouped=grouped) for arm, rows in bars.items()], ignore_index=True)
    middle = 1 - (HEADING + HEIGHT / 2) / (float(figure.layout.height) - TOP)
    return Figure(figure, _alt(found, list(by_arm), grouped=grouped), table, (source,), name, mark_at=middle)


def waterfall_words(found: Depth | None, *, smallest: int = 0) -> Prose | None:
    """How the bars are drawn, and how many patients have none; nothing where they are not drawn."""
    if smallest > 1 or found is None or found.patients["depth"].isna().all():
        return None
    measured = found.patients["depth"].notna()
    sizes = found.patients[measured].groupby("arm", observed=True).size()
    cut = int((found.patients["depth"] > CUT).sum())
    words = [
        f"Best change of the sum of diameters by {escaped(found.criterion)}, {escaped(by(found.reader))}, from "
        "baseline to the first progression; over the bars, patients measured of all. Full bars are responders by best "
        "overall response, pale ones are not."
    ]
    if sizes.max() > MOST_BARS:
        words.append(f"An arm has more than {MOST_BARS} patients, so that a bar is the median of a hundredth of them.")
    else:
        words.append("A cross marks progression as the best response: the targets do not say it all.")
    words.append(
        f"{int((~measured).sum())} of {len(measured)} patients have no bar, as no change of theirs was measured."
    )
    words.append(f"Bars longer than {CUT:g}% are cut there ({cut})." if cut else "")
    return Prose(" ".join(filter(None, words)))


def depth_points(found: Depth | None) -> list[str]:
    """Key point on the depth of response."""
    if found is None:
        return []
    parts = [
        f"{number(median.estimate)}% on {escaped(arm)} ({median.counts[arm].replace('/', ' of ')} measured)"
        for arm, median in found.medians.items()
        if median.estimate is not None
    ]
    return [f"**Depth.** Median best change of the sum of diameters by {escaped(found.criterion)}: {listed(parts)}."]


def depth_table(found: Depth | None, *, source: Source, smallest: int = 0, name: str = "depth") -> Table | None:
    """A row an arm: patients measured, their depth of response, and the shift from control."""
    if found is None:
        return None
    rows = []
    for arm, median in found.medians.items():
        values = found.patients.loc[found.patients["arm"] == arm, "depth"].dropna()
        shift = found.shifts.get(arm)
        rows.append(
            {
                "Arm": arm,
                "Measured": median.counts[arm],
                "Best change (%)": interval(median.estimate, *found.quartiles[arm]),
                "Shrunk / gone": " / ".join(
                    _of(int(which.sum()), len(values), smallest) for which in (values < 0, values <= -100)
                ),
                "Shift (points)": _shift(shift) if shift else ABSENT,
                "p": quote(shift, "p") if shift else ABSENT,
            }
        )
    note = (
        "Best change: median (quartiles) of the patients measured. Shrunk / gone: how many of them had any shrinkage / "
        "had all target lesions gone. Shift from control: the median of all differences between a "
        "patient of the arm and one on control (Hodges-Lehmann), its interval and the Mann-Whitney test; not given "
        f"beyond {MOST_PAIRS:,} pairs."
    )
    notes = (note, *small_cell_notes(smallest))
    return Table(pd.DataFrame(rows), name, "Depth of response", (source,), notes=notes)


def _of(count: int, size: int, smallest: int) -> str:
    return HIDDEN if is_small(count, smallest) else f"{count}/{size}"


def _shift(found: Result) -> str:
    return interval(found.estimate, found.low, found.high)


def _patients(rows: pd.DataFrame) -> pd.DataFrame:
    """Bars of single patients, place in per cent of the arm."""
    rows = rows.sort_values(["depth", "USUBJID"], ascending=[False, True], ignore_index=True)
    words = [
        f"{row['USUBJID']}<br>{signed(row['depth'])}% of {row['baseline']:g} mm, best response {row['best']}"
        for row in records(rows)
    ]
    response = rows["best"].isin(OBJECTIVE_RESPONSE).astype(float)
    return rows.assign(place=100 * (rows.index + 0.5) / len(rows), response=response, words=words)


def _groups(rows: pd.DataFrame) -> pd.DataFrame:
    """Bars of hundredths of the patients: median depth and share of responders."""
    rows = rows.sort_values(["depth", "USUBJID"], ascending=[False, True], ignore_index=True)
    group = rows.index * GROUPS // len(rows)
    responds = rows["best"].isin(OBJECTIVE_RESPONSE)
    by_group = rows.groupby(group)
    shares = {
        "depth": by_group["depth"].median(),
        "response": responds.groupby(group).mean(),
        "patients": by_group.size(),
    }
    bars = pd.DataFrame(shares)
    words = [
        f"{row['patients']} patients<br>median {signed(row['depth'])}%, responders {100 * row['response']:.0f}%"
        for row in records(bars)
    ]
    return bars.assign(place=100 * (bars.index + 0.5) / len(bars), best="", words=words)


def change_axes(
    figure: go.Figure, panel: Panel, across: Mapping[str, Any], *, above: float, what: str, title: str
) -> None:
    """Axes of a panel of changes in per cent, with lines at no change and at that of a partial response.

    Parameters
    ----------
    above
        Room over the longest bar or line, in per cent.
    what
        Title of the upright axis.
    """
    upright = {"range": [-105, CUT + above], "tickvals": [-100, -50, 0, 50, 100], "title": {"text": what}}
    panel_axes(figure, panel, across, upright, title=title)
    for level, dash in ((0, "solid"), (PARTIAL, "dot")):
        figure.add_shape(
            type="line", x0=0, x1=1, y0=level, y1=level, xref=f"x{panel.axis} domain", yref=f"y{panel.axis}",
            line={"color": NEUTRAL, "width": 1, "dash": dash}, layer="below",
        )  # fmt: skip


def _axes(figure: go.Figure, panel: Panel, *, last: bool) -> None:
    title = "Patients measured, most growth first (%)" if last else ""
    across = {"range": [0, 100], "showgrid": False}
    change_axes(figure, panel, across, above=15, what="Best change (%)", title=title)
    figure.add_annotation(
        text=f"{number(PARTIAL, 0)}%", x=0.5, y=PARTIAL, xref=f"x{panel.axis}", yref=f"y{panel.axis}", xanchor="left",
        yanchor="top", showarrow=False, font={"size": SMALL},
    )  # fmt: skip


def _heading(found: Depth, arm: str, style: Style) -> str:
    median = found.medians[arm]
    return f"{style.key(arm)}: {median.counts[arm]}, median {number(median.estimate or 0.0)}%"


def _listed(bars: pd.DataFrame, arm: str, *, grouped: bool) -> pd.DataFrame:
    if grouped:
        return pd.DataFrame(
            {
                "Arm": arm,
                "Patients": bars["patients"],
                "Best change, median (%)": bars["depth"].round(1),
                "Responders (%)": (100 * bars["response"]).round(1),
            }
        )
    return pd.DataFrame(
        {
            "Arm": arm,
            "Patient": bars["USUBJID"],
            "Baseline sum (mm)": bars["baseline"],
            "Best change (%)": bars["depth"].round(1),
            "Best response": bars["best"],
        }
    )


def _alt(found: Depth, arms: list[str], *, grouped: bool) -> str:
    bar = "a hundredth of the patients" if grouped else "a patient"
    medians = "; ".join(
        f"{arm}: {found.medians[arm].counts[arm]} measured, median {number(found.medians[arm].estimate or 0.0)}%"
        for arm in arms
    )
    return f"Waterfall plot of the best change of the sum of diameters by {found.criterion}, a bar {bar}. {medians}."


def signed(change: float) -> str:
    """A change in per cent, with its sign."""
    return f"+{number(change)}" if change > 0.05 else number(change)
