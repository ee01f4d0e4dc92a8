"""When responses came and how long they lasted, in print."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lentap.design import Design
from lentap.results import Result
from lentap.show.figure import DATA, Figure
from lentap.show.format import escaped, estimable, interval, limits, listed, many, percent, quote, without_unit
from lentap.show.prose import Prose, with_interval
from lentap.show.record.response_times import ENDS, FOLLOWED, RESPONSE, UNIT, Times
from lentap.show.response import by
from lentap.show.shareable import not_singly
from lentap.show.small_cells import HIDDEN, is_small, small_cell_notes
from lentap.show.survival import display_times, step_curves
from lentap.show.table import Table
from lentap.show.theme import Style, arm_styles, plain
from lentap.sources import Source
from lentap.stats.cumulative_incidence import CumulativeIncidence

HEIGHT = 400
SHARES = {"resection": "was resected", "progression": "progressed", "death": "died"}


def response_incidence(
    found: Times, design: Design, *, source: Source, name: str = "time-to-response"
) -> Figure | Prose:
    """Share of all patients who have responded by each time, progression and death being competitors, by arm."""
    if found.smallest > 1:
        return not_singly(found.smallest)
    if not found.incidence:
        return Prose(f"*Not shown: {escaped(found.gap or 'nobody responded, progressed or died')}.*")
    styles, figure, tables = arm_styles(design), go.Figure(), []
    for arm, curve in found.incidence.items():
        at = curve.causes.index(RESPONSE)
        for trace in _incidence(arm, curve, at, styles[arm]):
            figure.add_trace(trace)
        low, high = estimable(curve.low[:, at], curve.high[:, at])
        columns = {"Responded (%)": curve.incidence[:, at], "Lower limit (%)": low, "Upper limit (%)": high}
        shares = {label: np.round(100 * values, 1) for label, values in columns.items()}
        time = {"Arm": arm, f"Time ({UNIT})": np.round(curve.time, 2), "At risk": curve.at_risk}
        tables.append(pd.DataFrame(time | shares))
    longest = max(float(curve.time[-1]) for curve in found.incidence.values())
    figure.update_layout(
        height=HEIGHT,
        xaxis={
            "title": {"text": f"Time since day 1 ({UNIT})"},
            "range": [0, 1.02 * longest],
            "tickvals": display_times(longest, UNIT),
        },
        yaxis={
            "title": {"text": "Patients who have responded (%)"},
            "range": [0, 101],
            "tickvals": [0, 25, 50, 75, 100],
        },
    )
    last = [
        f"{arm}: {int(curve.events[:, curve.causes.index(RESPONSE)].sum())} of {curve.n} responded"
        for arm, curve in found.incidence.items()
    ]
    alt = f"Cumulative incidence of a response by {found.criterion} by arm. {'; '.join(last)}."
    return Figure(figure, alt, pd.concat(tables, ignore_index=True), (source,), name)


def duration_curves(found: Times, design: Design, *, source: Source, name: str = "duration") -> Figure | Prose:
    """Kaplan-Meier curves of the responders, from the response to progression or death."""
    if found.smallest > 1:
        return not_singly(found.smallest)
    if not found.duration:
        return Prose(f"*Not shown: {escaped(found.gap or 'nobody responded')}.*")
    what = f"Duration of response by {found.criterion}, responders alone,"
    return step_curves(
        found.duration, styles=arm_styles(design), unit=UNIT, since="response", what=what, source=source, name=name
    )


def duration_table(found: Times, *, source: Source, name: str = "durations") -> Table | None:
    """A row an arm: responders, when they responded, for how long, and what ended the responses."""
    if not found.duration:
        return None
    rows = []
    for arm, median in found.medians.items():
        ends = found.ends[arm]
        rows.append(
            {
                "Arm": arm,
                "N": str(found.duration[arm].n),
                f"Time to response ({UNIT})": _quartiles(found.until[arm]),
                f"Duration ({UNIT})": _duration_cell(median),
                f"In response at {found.ongoing[arm].labels['time']} (%)": without_unit(found.ongoing[arm]),
                "Ended by": _ended(ends, found.smallest),
            }
        )
    level = 100 * (next(iter(found.medians.values())).level or math.nan)
    note = (
        f"N: responders. Time to response: their median (quartiles). Duration: Kaplan-Meier median with {level:g}% CI. "
        f"Ended by: how many responses; resection and {FOLLOWED} (at the last assessment) are censored."
    )
    return Table(
        pd.DataFrame(rows), name, "Time to and duration of response", (source,), left=["Ended by"],
        notes=(note, *small_cell_notes(found.smallest)),
    )  # fmt: skip


def _ended(ends: Mapping[str, int], smallest: int) -> str:
    """How many responses ended how; all are hidden where one is of few, as the curve tells other sums of them."""
    if any(is_small(count, smallest) for count in ends.values()):
        return HIDDEN
    return ", ".join(f"{how} {ends[how]}" for how in ENDS if ends[how])


def selection_words(found: Times) -> Prose | None:
    """What selection the responders are, and how much of the curve is left after the resections."""
    if not found.duration or found.smallest > 1:
        return None
    lines = []
    for arm, curve in found.duration.items():
        of = int((found.courses["arm"] == arm).sum())
        ends = found.ends[arm]
        lines.append(
            f"- **{escaped(arm)}:** {curve.n} of {of} patients responded ({percent(curve.n / of)}%), and the curve is "
            f"of these alone. Of them {ends['resection']} went to resection while in response; "
            f"{many(int(curve.events.sum()), 'response')} ended with progression or death. "
            f"Median duration {_lasting(found.medians[arm])}."
        )
        if ends["resection"] > curve.n / 2:
            lines[-1] += " Most of its responses are censored by the operation, so that the few others shape the curve."
    lines.append(
        "- Responders were chosen by what happened after the start, on each arm in another way: the curves describe "
        "them and compare no treatments, and no test is given."
    )
    return Prose("\n".join(lines))


def time_points(found: Times) -> list[str]:
    """Key point on when responses came and how long they lasted."""
    if not found.duration:
        return []
    parts = [
        f"{escaped(arm)} after a median of {interval(found.until[arm][0], None, None)} {UNIT}, "
        f"lasting {_lasting(median)}"
        for arm, median in found.medians.items()
    ]
    return [f"**Time.** Responses by {escaped(found.criterion)}, {escaped(by(found.reading))}: {listed(parts)}."]


def _lasting(median: Result) -> str:
    """Median duration and its interval with the responses that ended, or why there is no interval."""
    ended, responses = next(iter(median.counts.values())).split("/")
    of = f"{ended} of {many(int(responses), 'response')} ended"
    if median.low is None and median.high is None:
        return f"{quote(median, 'estimate')} (no interval can be given: {of})"
    return f"{with_interval(median)}, {of}"


def _duration_cell(median: Result) -> str:
    bounded = median.low is not None or median.high is not None
    return without_unit(median) if bounded else f"{without_unit(median).split(' (')[0]} (no interval)"


def _quartiles(found: tuple[float, ...]) -> str:
    middle, low, high = found
    return interval(middle, low, high)


def _incidence(arm: str, curve: CumulativeIncidence, at: int, style: Style) -> list[go.Scatter]:
    """Band and step line of one arm."""
    time = np.round(curve.time, 4).tolist()
    low, high = estimable(curve.low[:, at], curve.high[:, at])
    known = np.isfinite(low)
    reach = {"x": np.round(curve.time[known], 4).tolist(), "line": {"shape": "hv", "width": 0}}
    band = {"mode": "lines", "hoverinfo": "skip", "showlegend": False, "legendgroup": arm, "meta": {"role": "band"}}
    value = 100 * curve.incidence[:, at]
    responded = int(curve.events[:, at].sum())
    return [
        go.Scatter(y=(100 * high[known]).tolist(), **reach, **band),
        go.Scatter(y=(100 * low[known]).tolist(), fill="tonexty", fillcolor=style.band, **reach, **band),
        go.Scatter(
            x=time,
            y=np.round(value, 2).tolist(),
            mode="lines",
            line={"shape": "hv", "color": style.colour, "dash": style.dash, "width": 2.2},
            name=f"{plain(arm)}: {responded} responded / {curve.n}",
            legendgroup=arm,
            customdata=[
                [limits(lower, upper, percent), int(risk)]
                for lower, upper, risk in zip(low, high, curve.at_risk, strict=True)
            ],
            hovertemplate=(
                f"<b>{plain(arm)}</b><br>%{{x:.1f}} {UNIT}: %{{y:.1f}}% have responded<br>{100 * curve.level:g}% CI "
                "%{customdata[0]}<br>%{customdata[1]} at risk<extra></extra>"
            ),
            meta=DATA,
        ),
    ]
