"""The specification curve: every estimate with its interval, from smallest to largest, above the choices behind it."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from lentap.show.figure import DATA, Figure, Filter, whisker
from lentap.show.forest import TICKS
from lentap.show.format import interval, listed, number, p_phrase, quote
from lentap.show.prose import Prose
from lentap.show.record.sensitivity import Sensitivity
from lentap.show.record.specifications import Specification
from lentap.show.theme import NEUTRAL, SMALL, Style, plain
from lentap.sources import Source

CURVE, ROW, TICK, GAP, TOP, BETWEEN, BOTTOM = 330, 34, 24, 6, 30, 40, 6  # pixels; TICK: middle of the ticks of a row
LONGEST = 52  # characters that stand above the curve on a phone
NOT_SHOWN = Prose("*Not shown, for the reason given in the key points.*")
Arms = dict[str, Style]


def decimals(found: Sensitivity) -> int:
    """Decimals of an estimate in print: a difference is in percentage points."""
    return 2 if found.all.ratio else 1


def printed(found: Sensitivity, value: float) -> float:
    """An estimate as it is printed: a difference in percentage points."""
    return value if found.all.ratio else 100 * value


def words_of(found: Sensitivity, one: Specification) -> str:
    """The estimate of a specification with its interval."""
    value, low, high = (printed(found, value) for value in (one.found.value, one.found.low, one.found.high))
    return interval(value, low, high, lambda value: number(value, decimals(found)))


def specification_curve(
    found: Sensitivity, styles: Arms, *, source: Source, name: str = "specification-curve"
) -> Figure | Prose:
    """Estimates of all specifications above the levels that each of them took; the reader can hide levels."""
    if not found.arms:
        return NOT_SHOWN
    shown = [one for arm in found.arms.values() for one in arm.specifications]
    choices = _choices(found)
    data = _table(found, shown, choices)
    figure = go.Figure()
    for arm in found.arms:
        _draw_estimates(figure, found, [(row, one) for row, one in enumerate(shown) if one.arm == arm], styles[arm])
    _mark_references(figure, found, shown)
    rows = _draw_levels(figure, found, shown, data, choices)
    lower = rows + BOTTOM
    height = TOP + CURVE + BETWEEN + lower
    area = height - TOP
    figure.update_layout(
        height=height,
        margin={"t": TOP, "l": 14, "r": 14, "b": 0},
        showlegend=False,
        xaxis={"visible": False, "range": [-1, len(shown)], "fixedrange": True},
        yaxis=_axis(found, shown) | {"domain": [1 - CURVE / area, 1]},
        yaxis2={"domain": [0, lower / area], "range": [lower, 0], "visible": False, "fixedrange": True},
    )
    figure.add_shape(
        type="line", x0=0, x1=1, xref="paper", y0=printed(found, found.null), y1=printed(found, found.null),
        line={"color": NEUTRAL, "width": 1.5},
    )  # fmt: skip
    _sides(figure, found, area)
    alt = _alt(found, list(choices))
    filters = Filter(
        choices,
        "Estimate",
        "Lower limit",
        "Upper limit",
        printed(found, found.null),
        decimals(found),
        "{group}{shown} of {all} analyses: median {median}, from {smallest} to {largest}; "
        f"{{above}} above {found.null:g}, {{below}} below; {{apart}} intervals exclude it.",
        "Arm" if len(found.arms) > 1 else "",
    )
    return Figure(figure, alt, data, (source,), name, mark_at=1 - CURVE / area / 2, filter=filters)


def _choices(found: Sensitivity) -> dict[str, list[str]]:
    """Words of the levels taken, by the label of each choice with more than one; the arm first where there are more."""
    arms = {"Arm": list(found.arms)} if len(found.arms) > 1 else {}
    taken = {
        found.all.multiverse.choices[name].label: [
            words for level, words in levels.items() if any(one.levels[name] == level for one in found.all.carried_out)
        ]
        for name, levels in found.all.levels.items()
    }
    return arms | {label: words for label, words in taken.items() if len(words) > 1}


def _table(found: Sensitivity, shown: Sequence[Specification], choices: dict[str, list[str]]) -> pd.DataFrame:
    labels = {name: choice.label for name, choice in found.all.multiverse.choices.items()}
    rows: list[dict[str, Any]] = [
        {
            **({"Arm": one.arm} if "Arm" in choices else {}),
            "Estimate": printed(found, one.found.value),
            "Lower limit": printed(found, one.found.low),
            "Upper limit": printed(found, one.found.high),
            "p": one.found.p_value,
            "Patients": len(one.subjects),
            "With outcome": one.events,
            **{labels[name]: found.all.levels[name][level] for name, level in one.levels.items()},
        }
        for one in shown
    ]
    return pd.DataFrame(rows)


def _draw_estimates(
    figure: go.Figure, found: Sensitivity, rows: Sequence[tuple[int, Specification]], style: Style
) -> None:
    at = [row for row, _ in rows]
    low, high = ([printed(found, getattr(one.found, end)) for _, one in rows] for end in ("low", "high"))
    along, across = whisker(low, high, at)
    figure.add_trace(
        go.Scatter(
            x=across, y=along, mode="lines", line={"color": style.band.replace("0.15", "0.5"), "width": 1},
            hoverinfo="skip", meta={"role": "interval", "rows": [row for row in at for _ in range(3)]},
        )
    )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=at,
            y=[printed(found, one.found.value) for _, one in rows],
            mode="markers",
            marker={
                "color": style.colour,
                "size": 5,
                "symbol": [style.symbol if found.apart(one.found) else f"{style.symbol}-open" for _, one in rows],
            },
            text=[_hover(found, one) for _, one in rows],
            hovertemplate="%{text}<extra></extra>",
            meta=DATA | {"rows": at},
        )
    )


def _hover(found: Sensitivity, one: Specification) -> str:
    choices = found.all.multiverse.choices
    levels = (f"{choices[name].label}: {found.all.levels[name][level]}" for name, level in one.levels.items())
    counts = f"{one.events} of {len(one.subjects)} patients, {p_phrase(one.found.p_value)}"
    heading = f"<b>{words_of(found, one)}</b>"
    return "<br>".join([heading, plain(f"{one.arm} and {found.control}"), *map(plain, levels), plain(counts)])


def _mark_references(figure: go.Figure, found: Sensitivity, shown: Sequence[Specification]) -> None:
    marked = [(shown.index(arm.reference), arm.reference) for arm in found.arms.values() if arm.reference]
    figure.add_trace(
        go.Scatter(
            x=[row for row, _ in marked],
            y=[printed(found, one.found.value) for _, one in marked],
            mode="markers",
            marker={"symbol": "diamond-open", "size": 15, "line": {"width": 2}, "color": NEUTRAL},
            hoverinfo="skip",
            meta={"role": "label", "rows": [row for row, _ in marked]},
        )
    )


def _draw_levels(
    figure: go.Figure,
    found: Sensitivity,
    shown: Sequence[Specification],
    data: pd.DataFrame,
    choices: dict[str, list[str]],
) -> float:
    """A row of ticks for each level under its words; returns the height of all rows, in pixels."""
    top = 0.0
    estimates = [words_of(found, one) for one in shown]
    for label, levels in choices.items():
        for level in levels:
            rows = data.index[data[label] == level].tolist()
            figure.add_annotation(
                text=plain(f"{label}: {level}"), x=0, xref="paper", xanchor="left", y=top, yref="y2", yanchor="top",
                showarrow=False, font={"size": SMALL}, borderpad=0,
            )  # fmt: skip
            figure.add_trace(
                go.Scatter(
                    x=rows,
                    y=[top + TICK] * len(rows),
                    yaxis="y2",
                    mode="markers",
                    marker={"symbol": "line-ns", "size": 5, "line": {"color": NEUTRAL, "width": 2}},
                    text=[estimates[row] for row in rows],
                    hovertemplate=f"<b>{plain(level)}</b><br>%{{text}}<extra></extra>",
                    meta={"role": "choice", "rows": rows},
                )
            )
            top += ROW
        top += GAP
    return top


def _axis(found: Sensitivity, shown: Sequence[Specification]) -> dict[str, Any]:
    ends = [printed(found, end) for one in shown for end in (one.found.low, one.found.high)]
    ends.append(printed(found, found.null))
    if not found.all.ratio:
        room = 0.08 * (max(ends) - min(ends))
        title = {"text": "Difference (percentage points)"}
        return {"range": [min(ends) - room, max(ends) + room], "title": title, "fixedrange": True}
    low, high = max(min(ends), 0.05) / 1.15, min(max(ends), 20) * 1.15
    return {
        "type": "log",
        "range": [math.log10(low), math.log10(high)],
        "tickvals": [tick for tick in TICKS if low <= tick <= high],
        "title": {"text": "Hazard ratio"},
        "fixedrange": True,
    }


def _sides(figure: go.Figure, found: Sensitivity, area: float) -> None:
    arms = [next(iter(found.arms))] if len(found.arms) == 1 else []
    who = [f"{arm}{than}" for arm in (*arms, "the experimental arm") for than in (f" than on {found.control}", "")]
    above, below = ("faster", "slower") if found.all.ratio else ("more", "fewer")
    kind = "rate of events on" if found.all.ratio else "with the outcome on"
    for text, y, anchor in ((f"▴ {above} {kind}", 1.0, "bottom"), (f"▾ {below} {kind}", 1 - CURVE / area, "top")):
        shown = next((f"{text} {one}" for one in who if len(f"{text} {one}") <= LONGEST), f"{text} {who[-1]}")
        figure.add_annotation(
            text=plain(shown), x=0, xref="paper", xanchor="left", y=y, yref="paper", yanchor=anchor, showarrow=False,
            font={"size": SMALL},
        )  # fmt: skip


def _alt(found: Sensitivity, columns: Sequence[str]) -> str:
    parts = []
    for arm, own in found.arms.items():
        first, median, last = (quote(own.numbers[name], "estimate") for name in ("smallest", "median", "largest"))
        number_of = len(own.specifications)
        parts.append(f"{arm} and {found.control}: {number_of} estimates from {first} to {last}, median {median}")
    what = "hazard ratios" if found.all.ratio else "differences"
    return (
        f"Specification curve, {found.all.label}: {what}. Estimates with intervals from smallest to largest, above the "
        f"levels of {listed(columns)} that each takes. {'; '.join(parts)}. Filled symbols: the interval excludes "
        f"{found.null:g}; a diamond marks the reference."
    )
