"""Shares of patients by level, such as a grade: a stacked bar a row, the level written into its part."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

import pandas as pd
import plotly.graph_objects as go

from lentap.show.figure import DATA, Figure
from lentap.show.format import number, slug
from lentap.show.prose import Prose
from lentap.show.small_cells import is_small
from lentap.show.theme import NEUTRAL, SMALL, plain
from lentap.sources import Source

ROW, HEAD, TOP, LINE, AXIS = 40, 28, 24, 20, 56
SHADES = (  # from the mildest level to the gravest: colour, and that of text on it
    ("#D1D5DB", "#111827"),
    ("#FBD38D", "#111827"),
    ("#ED8936", "#111827"),
    ("#B83A1B", "#FFFFFF"),
    ("#641E16", "#FFFFFF"),
)
WIDE = 7  # percent of a bar that its level's name needs


@dataclass(frozen=True)
class Bar:
    """One bar: what it is of, how many patients are at each level, and a heading it stands under."""

    label: str
    counts: Mapping[str, int]
    group: str = ""


def stacked_bars(
    bars: Sequence[Bar], levels: Sequence[str], *, word: str, what: str, source: Source, name: str
) -> Figure:
    """Draw a bar a row, levels from left to right from the mildest on, with the number of patients above its end.

    Parameters
    ----------
    levels
        All of them, the mildest first; at most five.
    word
        What a level is: ``Grade``.
    what
        What the figure shows, for those who do not see it.
    """
    figure = go.Figure()
    at, place, group = [], 0.0, ""
    for bar in bars:
        if bar.group != group:
            group = bar.group
            _text(figure, f"<b>{plain(group)}</b>", place - 0.1)
            place += HEAD / ROW
        at.append(place)
        _text(figure, plain(bar.label), place - 0.24)
        _text(figure, f"n = {sum(bar.counts.values())}", place - 0.24, right=True)
        place += 1
    rows = [
        {"Of": ", ".join(filter(None, (bar.group, bar.label))), word: level, "Patients": bar.counts.get(level, 0),
         "Percent": round(100 * bar.counts.get(level, 0) / max(sum(bar.counts.values()), 1), 1)}
        for level in levels
        for bar in bars
    ]  # fmt: skip
    data = pd.DataFrame(rows, columns=["Of", word, "Patients", "Percent"])
    for level, (colour, ink) in zip(levels, SHADES, strict=False):
        of = data[data[word] == level]
        figure.add_trace(
            go.Bar(
                x=of["Percent"].tolist(),
                y=[y + 0.16 for y in at],
                orientation="h",
                width=0.42,
                marker={"color": colour, "line": {"color": NEUTRAL, "width": 0.5}},
                name=plain(level),
                text=[plain(level) if share >= WIDE else "" for share in of["Percent"]],
                textposition="inside",
                insidetextanchor="middle",
                textangle=0,
                textfont={"color": ink, "size": SMALL},
                customdata=[[plain(label), count] for label, count in zip(of["Of"], of["Patients"], strict=True)],
                hovertemplate=(
                    f"<b>%{{customdata[0]}}</b><br>{word} {plain(level)}: %{{customdata[1]}} patients (%{{x:.1f}}%)"
                    "<extra></extra>"
                ),
                meta=DATA,
            )
        )
    top = TOP + LINE * math.ceil(len(levels) / 2)  # on a phone two names of levels fit beside each other
    figure.update_layout(
        barmode="stack",
        height=int(top + place * ROW + AXIS),
        margin={"t": top, "l": 14, "r": 14, "b": AXIS},
        legend={"traceorder": "normal", "title": {"text": f"{word} ", "font": {"size": SMALL}, "side": "left"}},
        xaxis={"range": [0, 100.5], "tickvals": [0, 25, 50, 75, 100], "title": {"text": "Patients (%)"}},
        yaxis={"range": [max(place, 1) - 0.4, -0.65], "visible": False},
    )
    return Figure(figure, f"{what} {_alt(bars, levels, word)}", data, (source,), slug(name))


def shareable(bars: Sequence[Bar], levels: Sequence[str], smallest: int) -> tuple[list[Bar], list[str]]:
    """Bars without a part of few patients: neighbouring levels are joined where that keeps more of the bars.

    A bar that has such a part even so is left out. The finest levels that keep the most bars are taken, never fewer
    than two.
    """
    if smallest <= 1:
        return list(bars), list(levels)
    best: tuple[list[Bar], list[str]] = ([], list(levels))
    inner = range(1, len(levels))
    for cuts in (one for many in range(len(levels) - 1, 0, -1) for one in combinations(inner, many)):
        ends = [0, *cuts, len(levels)]
        groups = [levels[first:last] for first, last in pairwise(ends)]
        joined = [
            replace(bar, counts={_span(group): sum(bar.counts.get(level, 0) for level in group) for group in groups})
            for bar in bars
        ]
        kept = [bar for bar in joined if not any(is_small(count, smallest) for count in bar.counts.values())]
        if len(kept) > len(best[0]):
            best = kept, [_span(group) for group in groups]
    return best


def hidden_bars(smallest: int) -> Prose:
    """What stands in place of bars that all have a part of few patients."""
    return Prose(f"*Not shown: parts of every bar are of fewer than {smallest} patients.*")


def _span(levels: Sequence[str]) -> str:
    """One name for neighbouring levels."""
    first, last = levels[0], levels[-1]
    return first if len(levels) == 1 else f"{first} or more" if last.endswith(" or more") else f"{first} to {last}"


def _text(figure: go.Figure, text: str, y: float, *, right: bool = False) -> None:
    figure.add_annotation(
        text=text, x=1 if right else 0, xref="paper", xanchor="right" if right else "left", y=y, showarrow=False,
        font={"size": SMALL},
    )  # fmt: skip


def _alt(bars: Sequence[Bar], levels: Sequence[str], word: str) -> str:
    gravest = levels[-2:] if len(levels) > 2 else levels[-1:]
    parts = [
        f"{', '.join(filter(None, (bar.group, bar.label)))}: {number(100 * grave / of)}%"
        for bar in bars
        if (of := sum(bar.counts.values())) and (grave := sum(bar.counts.get(level, 0) for level in gravest))
    ]
    return f"{word} {' or '.join(gravest)}: {'; '.join(parts) or 'in nobody'}."
