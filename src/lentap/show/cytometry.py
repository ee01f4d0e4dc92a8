"""Gated FCS files in print: how the subset's share moves with the gate, against the table, and in words."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lentap.show.figure import DATA, Figure
from lentap.show.format import escaped, listed, many, number, percent
from lentap.show.prose import Prose, with_interval
from lentap.show.record.cytometry import Cytometry
from lentap.show.theme import NEUTRAL, NEUTRAL_STYLE, SMALL, THIRD, Style, plain

VISITS = (
    replace(NEUTRAL_STYLE, dash="dash", symbol="square", stroke="━ ━"),
    Style(THIRD, "solid", "circle", "━━━"),
    Style("#CC79A7", "dashdot", "triangle-up", "━ •"),
    Style("#56B4E9", "longdash", "triangle-down", "━━ ━━"),
)
NOT_SHOWN = Prose("*Not shown, for the reason given in the key points.*")


def visit_styles(found: Cytometry) -> dict[str, Style]:
    """The look of each visit."""
    return {
        when: VISITS[i % len(VISITS)] for i, when in enumerate(dict.fromkeys(found.table.sort_values("visit")["when"]))
    }


def cytometry_points(found: Cytometry) -> list[str]:
    """Key points: what was gated, how far the gate decides, agreement with the table, duplicates, what is missing."""
    if found.study is None or found.why:
        return [f"Nothing is gated here: {escaped(found.why)}.", *_unread(found)]
    target, parent = (escaped(found.tree.label(gate)) for gate in (found.tree.target, found.tree.parent))
    patients = found.table["subject"].nunique()
    shares = [f"{percent(one.estimate or 0)}%{_at(one.labels['visit'])}" for one in found.shares]
    cells = found.table["parent"]
    return [
        f"{many(len(found.table), 'file')} of {many(patients, 'patient')} were gated from the recorded events on. "
        f"{target} cells are {listed(shares)} of the {parent} cells (medians of the files), counted among "
        f"{cells.min():,} to {cells.max():,} {parent} cells a file.",
        *_decides(found),
        *_against(found),
        *_fallbacks(found),
        *_duplicates(found),
        *_unread(found),
    ]


def _at(when: str) -> str:
    return f" at {escaped(when[:1].lower() + when[1:])}" if when else ""


def _decides(found: Cytometry) -> list[str]:
    """How far medians and changes move with the gate."""
    moved = found.moved
    low, high = moved["moved"].min(), moved["moved"].max()
    if low == high:
        return []
    ends = moved[moved["moved"].isin([low, high])]
    parts = [
        f"from {percent(rows['share'].iloc[0])}% to {percent(rows['share'].iloc[-1])}%{_at(str(when))}"
        for when, rows in ends.groupby("when", sort=False)
    ]
    words = (
        f"**The gate decides.** With both thresholds between {number(-low)} decades further down and {number(high)} "
        f"further up, the median goes {listed(parts)}."
    )
    changes = moved.dropna(subset=["median"])
    if not changes.empty:
        last = changes[changes["visit"] == changes["visit"].max()]
        least, most = last["median"].min(), last["median"].max()
        rises = sorted({int(count) for count in last["rising"]})
        span = f"{rises[0]}" if len(rises) == 1 else f"{rises[0]} to {rises[-1]}"
        words += (
            f" The median change to {escaped(str(last['when'].iloc[0]).lower())} goes from {number(100 * least)} to "
            f"{number(100 * most)} percentage points; {span} of {int(last['count'].max())} patients have a rise."
        )
    return [words]


def _against(found: Cytometry) -> list[str]:
    if found.bias is None or found.agreement is None:
        return []
    limits = (number(100 * end.value, 2) for end in (found.agreement.lower, found.agreement.upper))
    return [
        f"Files minus table ({escaped(found.tree.adim)} in adim), {found.bias.counts['samples']} samples: mean "
        f"{with_interval(found.bias)}; limits of agreement {' to '.join(limits)} percentage points."
    ]


def _fallbacks(found: Cytometry) -> list[str]:
    """Where a rule found no threshold and the fixed one stepped in."""
    notes: dict[tuple[str, str], int] = {}
    for sample in found.samples:
        for marker, threshold in sample.thresholds.items():
            if threshold.note:
                notes[marker, threshold.note] = notes.get((marker, threshold.note), 0) + 1
    parts = [f"{escaped(marker)} in {many(count, 'file')} ({escaped(note)})" for (marker, note), count in notes.items()]
    return [f"**Fixed thresholds stepped in** for {listed(parts)}."] if parts else []


def _duplicates(found: Cytometry) -> list[str]:
    repeated = [
        f"{sample.duplicates.size} in {escaped(sample.tube.name)} (events {event_numbers(sample.duplicates)})"
        for sample in found.samples
        if sample.duplicates.size
    ]
    points = [f"**Recorded twice:** {listed(repeated)}; each is counted once."] if repeated else []
    untimed = sum(not sample.timed for sample in found.samples)
    if untimed:
        points.append(
            f"{many(untimed, 'file')} without a time channel: there, repeated events cannot be told from equal."
        )
    copies = found.study.copies if found.study else []
    return points + [f"**The same events under several names:** {escaped(listed(names))}." for names in copies]


def _unread(found: Cytometry) -> list[str]:
    unread = found.study.unread if found.study else {}
    lines = [f"{escaped(name)} ({escaped(why)})" for name, why in unread.items()]
    return [f"**Not used:** {listed(lines)}."] if lines else []


def event_numbers(events: Sequence[int] | np.ndarray) -> str:
    """Events by their number in the file, counted from 1, runs of them together: ``3, 5 to 9``."""
    numbers = np.asarray(events) + 1
    runs = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)
    words = [f"{run[0]:,}" if run.size == 1 else f"{run[0]:,} to {run[-1]:,}" for run in runs[:4]]
    return ", ".join(words) + (" and more" if len(runs) > 4 else "")


def gate_position_curves(found: Cytometry, *, name: str = "gate-position") -> Figure | Prose:
    """Share of the subset against the position of its thresholds: every file thin, the median of each visit bold."""
    if found.why:
        return NOT_SHOWN
    figure, rows = go.Figure(), []
    highest = 100 * float(found.shifted["share"].max())
    for when, style in visit_styles(found).items():
        here = found.shifted[found.shifted["when"] == when]
        along: list[float | None] = []
        across: list[float | None] = []
        labels = []
        for file, line in here.groupby("name"):
            along += [*line["moved"].round(4), None]
            across += [*(100 * line["share"]).round(3), None]
            labels += [plain(str(file))] * (len(line) + 1)
        figure.add_trace(
            go.Scatter(
                x=along,
                y=across,
                mode="lines",
                line={"color": style.colour, "dash": style.dash, "width": 1},
                opacity=0.4,
                customdata=labels,
                hovertemplate="%{customdata}<br>%{x:+.2f} decades: %{y:.1f}%<extra></extra>",
                meta=DATA,
            )
        )
        rows.append(here)
        middle = found.moved[found.moved["when"] == when]
        figure.add_trace(
            go.Scatter(
                x=middle["moved"].tolist(),
                y=(100 * middle["share"]).round(3).tolist(),
                mode="lines+markers",
                line={"color": style.colour, "dash": style.dash, "width": 3.5},
                marker={"color": style.colour, "symbol": style.symbol, "size": 8},
                hovertemplate=f"median {plain(when)}<br>%{{x:+.2f}} decades: %{{y:.1f}}%<extra></extra>",
                meta={"role": "summary"},
            )
        )
    for i, (when, style) in enumerate(visit_styles(found).items()):
        figure.add_annotation(
            text=f"{style.key(when or 'files')}: median bold, each file thin", x=0, xref="paper", xanchor="left",
            y=1, yref="paper", yanchor="bottom", yshift=6 + 20 * (len(visit_styles(found)) - 1 - i), showarrow=False,
        )  # fmt: skip
    figure.add_vline(x=0, line={"color": NEUTRAL, "width": 1.5})
    figure.add_annotation(
        text="thresholds as set", x=0, y=1, yref="y domain", xanchor="left", yanchor="top", xshift=4, showarrow=False,
        font={"size": SMALL},
    )  # fmt: skip
    both = " and ".join(found.tree.target_markers)
    figure.update_layout(
        height=400,
        margin={"t": 22 + 20 * len(visit_styles(found)), "b": 50},
        showlegend=False,
        xaxis={"title": {"text": "Thresholds moved (decades)"}, "tickformat": ".2~f"},
        yaxis={"title": {"text": f"% of {plain(found.tree.label(found.tree.parent))}"}, "range": [0, 1.05 * highest]},
    )
    listed_rows = pd.concat(rows).sort_values(["visit", "subject", "moved"])
    data = pd.DataFrame(
        {
            "File": listed_rows["name"],
            "Moved (decades)": listed_rows["moved"].round(3),
            "% of parent": (100 * listed_rows["share"]).round(2),
        }
    ).reset_index(drop=True)
    alt = f"Percent of {found.tree.label(found.tree.parent)} cells that are {found.tree.label(found.tree.target)}, by "
    alt += f"how far the thresholds of {both} are moved. " + " ".join(_decides(found)).replace("**", "")
    return Figure(figure, alt, data, (found.source,), name)


def agreement_figure(found: Cytometry, *, name: str = "agreement") -> Figure | Prose:
    """Difference of files and table against their mean, with the mean difference and the limits of agreement."""
    if found.why:
        return NOT_SHOWN
    if found.agreement is None:
        return Prose("*Fewer than two of these samples have a value in adim, so there is no agreement to show.*")
    pairs = found.table.dropna(subset=["share", "reference"])
    mean = 50 * (pairs["share"] + pairs["reference"])
    difference = 100 * (pairs["share"] - pairs["reference"])
    figure = go.Figure()
    for when, style in visit_styles(found).items():
        here = pairs["when"] == when
        figure.add_trace(
            go.Scatter(
                x=mean[here].round(3).tolist(), y=difference[here].round(3).tolist(), mode="markers",
                marker={"color": style.colour, "symbol": style.symbol, "size": 9},
                name=plain(when), text=[plain(file) for file in pairs["name"][here]],
                hovertemplate="%{text}<br>mean %{x:.1f}%, difference %{y:.2f} points<extra></extra>", meta=DATA,
            )
        )  # fmt: skip
    lines = {"mean": found.agreement.bias, "upper limit": found.agreement.upper, "lower limit": found.agreement.lower}
    for label, line in lines.items():
        at = 100 * line.value
        figure.add_hline(y=at, line={"color": NEUTRAL, "width": 1.5, "dash": "solid" if label == "mean" else "dash"})
        figure.add_annotation(
            text=f"{label} {number(at, 2)}", x=1, xref="paper", xanchor="right", y=at, yanchor="bottom", yshift=1,
            showarrow=False, font={"size": SMALL},
        )  # fmt: skip
    reach = 1.5 * max(abs(difference).max(), *(abs(100 * line.value) for line in lines.values()))
    figure.update_layout(
        height=340,
        margin={"t": 34, "b": 50},
        xaxis={"title": {"text": "Mean of files and table (%)"}, "rangemode": "tozero"},
        yaxis={"title": {"text": "Files minus table (points)"}, "range": [-reach, reach]},
    )
    data = pd.DataFrame(
        {"File": pairs["name"], "Mean (%)": mean.round(3), "Difference (points)": difference.round(3)}
    ).reset_index(drop=True)
    numbers = ", ".join(f"{label} {number(100 * line.value, 2)}" for label, line in lines.items())
    alt = f"Difference between the share in the files and the one in adim, {len(pairs)} samples, points: {numbers}."
    return Figure(figure, alt, data, (found.source,), name)
