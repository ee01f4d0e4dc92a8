"""The map of the conclusion: further outcomes among those counted as without, in either arm, and where it changes."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from lentap.show.figure import DATA, Figure
from lentap.show.format import escaped, interval, percent, quote, records
from lentap.show.proportions import HEADINGS
from lentap.show.prose import Prose
from lentap.show.record.tipping import ABOVE, BELOW, UNDECIDED, Tipping
from lentap.show.several import bullets
from lentap.show.theme import CONTROL, EXPERIMENTAL, NEUTRAL, SMALL, plain
from lentap.stats.missing_outcomes import CONCLUSIONS

HEIGHT = 420
TINTS = {BELOW: f"{CONTROL}66", UNDECIDED: f"{NEUTRAL}33", ABOVE: f"{EXPERIMENTAL}66"}


def tipping_map(found: Tipping, *, outcome: str, name: str = "tipping") -> Figure:
    """Conclusion by how many of those counted as without the outcome had it: control across, experimental up.

    Parameters
    ----------
    outcome
        What would have happened to them, such as ``resected``.
    """
    grid = found.points.grid
    code = grid["conclusion"].map({word: place for place, word in enumerate(CONCLUSIONS)})
    figure = go.Figure(
        go.Heatmap(
            x=grid["events0"].tolist(),
            y=grid["events1"].tolist(),
            z=code.tolist(),
            text=[_words(found, row) for row in records(grid)],
            hovertemplate=f"{plain(found.arm)} +%{{y}}, {plain(found.control)} +%{{x}}<br>%{{text}}<extra></extra>",
            colorscale=_steps(),
            zmin=-0.5,
            zmax=2.5,
            showscale=False,
            xgap=0.5,
            ygap=0.5,
            meta=DATA,
        )
    )
    for conclusion, words in _labels(found).items():
        region = grid[grid["conclusion"] == conclusion]
        if len(region) > 0.03 * len(grid):
            _label(figure, region, words, int(grid["events0"].max()))
    figure.add_trace(
        go.Scatter(
            x=[0], y=[0], mode="markers", marker={"symbol": "star", "size": 12, "color": NEUTRAL}, showlegend=False,
            hovertemplate=f"as counted: {_difference(found)}<extra></extra>", meta={"role": "mark"}, cliponaxis=False,
        )
    )  # fmt: skip
    if found.unknown is not None and any(found.unknown):
        figure.add_shape(
            type="rect", x0=-0.5, y0=-0.5, x1=found.unknown[1] + 0.5, y1=found.unknown[0] + 0.5,
            line={"color": NEUTRAL, "width": 2, "dash": "dot"},
        )  # fmt: skip
    across, up = (f"{plain(arm)}: {outcome} after all, of {n}" for arm, n in _arms(found))
    figure.update_layout(
        height=HEIGHT,
        xaxis={"title": {"text": across}, "showgrid": False, "nticks": 8, "range": _span(grid["events0"])},
        yaxis={"title": {"text": up}, "showgrid": False, "nticks": 8, "range": _span(grid["events1"])},
    )
    shown = grid.assign(**{column: (100 * grid[column]).round(1) for column in ("difference", "low", "high")})
    data = shown.rename(
        columns={
            "events1": f"{found.arm}: {outcome}",
            "events0": f"{found.control}: {outcome}",
            "difference": "Difference (points)",
            "low": "Lower limit",
            "high": "Upper limit",
            "conclusion": "Conclusion",
        }
    ).replace({"Conclusion": _labels(found)})
    return Figure(figure, _alt(found, outcome), data, (found.source,), name)


def _span(numbers: pd.Series) -> list[float]:
    """Ends of an axis that hold the cells of the first and the last number."""
    known = sorted(set(numbers))
    first, last = (known[1] - known[0], known[-1] - known[-2]) if len(known) > 1 else (1, 1)
    return [known[0] - first / 2, known[-1] + last / 2]


def _arms(found: Tipping) -> list[tuple[str, int]]:
    """Control and experimental arm, each with its patients counted as without the outcome."""
    return [(found.control, found.without[1]), (found.arm, found.without[0])]


def _steps() -> list[tuple[float, str]]:
    """One flat colour for each conclusion."""
    return [(end / 3, TINTS[word]) for place, word in enumerate(CONCLUSIONS) for end in (place, place + 1)]


def _labels(found: Tipping) -> dict[str, str]:
    return {BELOW: f"more with {found.control}", UNDECIDED: "undecided", ABOVE: f"more with {found.arm}"}


def _label(figure: go.Figure, region: pd.DataFrame, words: str, widest: int) -> None:
    """Write the words at the cell of the region nearest to its middle."""
    x, y = region["events0"], region["events1"]
    away = ((x - x.mean()) / (x.std(ddof=0) or 1)) ** 2 + ((y - y.mean()) / (y.std(ddof=0) or 1)) ** 2
    at = away.idxmin()
    right = x[at] > 0.75 * widest
    figure.add_annotation(
        text=f"<b>{plain(words).replace('more with ', 'more with<br>')}</b>",
        x=widest if right else int(x[at]),
        y=int(y[at]),
        xanchor="right" if right else "center",
        showarrow=False,
        font={"size": SMALL + 1},
    )


def _words(found: Tipping, row: dict[str, Any]) -> str:
    words = interval(row["difference"], row["low"], row["high"], percent)
    return f"{words} points<br>{plain(_labels(found)[row['conclusion']])}"


def _difference(found: Tipping) -> str:
    none = found.points.none
    return f"{interval(none.value, none.low, none.high, percent)} points"


def _alt(found: Tipping, outcome: str) -> str:
    shares = found.points.grid["conclusion"].value_counts(normalize=True)
    areas = "; ".join(f"{words} on {percent(shares.get(word, 0.0))}%" for word, words in _labels(found).items())
    return (
        f"{HEADINGS[found.source]}: conclusion on the risk difference by how many of those counted as not {outcome} "
        f"were {outcome} after all, in {found.control} across and {found.arm} up. As counted {_difference(found)}. Of "
        f"the map: {areas}."
    )


def tipping_words(found: Mapping[str, Tipping], *, outcome: str, unknown: str, why: str = "") -> Prose:
    """How many patients would have to change sides, and whether those with an unknown outcome are enough.

    Parameters
    ----------
    unknown
        Who counts as having an unknown outcome.
    why
        Why that is not known of anybody, where it is not.
    """
    points = [_points(one, outcome, unknown) for one in found.values()]
    return bullets([*points, f"Who has an unknown outcome cannot be told: {why}." if why else ""])


def _points(one: Tipping, outcome: str, unknown: str) -> str:
    n = one.without[1 if one.flipping == one.control else 0]
    who = f"**{HEADINGS[one.source]}, {escaped(one.arm)} against {escaped(one.control)}.**"
    kept = f"the interval {'includes' if one.conclusion == UNDECIDED else 'excludes'} no difference"
    patients = f"{n} patients on {escaped(one.flipping)} counted as not {outcome}"
    fewest = one.flips.estimate
    change = (
        f"As counted {kept}, and it would whatever became of the {patients}."
        if fewest is None
        else f"As counted {kept}; not so if {fewest:.0f} of the {patients} were {outcome} after all, and nobody else."
    )
    return f"{who} {change}{_unknown(one, unknown)}"


def _unknown(one: Tipping, unknown: str) -> str:
    if one.unknown is None or one.least is None or one.most is None:
        return ""
    total = sum(one.unknown)
    if not total:
        return f" No outcome is unknown: {unknown} is nobody."
    ends = [one.least, one.most]
    firm = all(_side(end) == one.conclusion for end in ends)
    verdict = "whatever they had, the conclusion stays" if firm else "they could change the conclusion"
    return (
        f" {one.unknown[0]} on {escaped(one.arm)} and {one.unknown[1]} on {escaped(one.control)} have an unknown "
        f"outcome ({unknown}): {verdict}, the difference lying between {quote(one.least, 'estimate')} and "
        f"{quote(one.most, 'estimate')}."
    )


def _side(end: object) -> str:
    low, high = getattr(end, "low", None), getattr(end, "high", None)
    return ABOVE if low is not None and low > 0 else BELOW if high is not None and high < 0 else UNDECIDED
