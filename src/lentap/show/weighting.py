"""Arms made alike by weights, in print: what it does to balance, to the number of patients and to the comparison."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lentap.design import Design
from lentap.show.absolute import NOT_SHOWN
from lentap.show.figure import DATA, Figure, reference_line
from lentap.show.forest import Row, forest
from lentap.show.format import duration, escaped, listed, number, quote, slug, within, without_unit
from lentap.show.prose import Prose, side, with_interval
from lentap.show.record.balance import NEGLIGIBLE
from lentap.show.record.followed import Followed
from lentap.show.record.ratios import ADJUSTED
from lentap.show.record.weighting import Weighting
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.show.theme import EXPERIMENTAL, NEUTRAL, SMALL, THIRD, Style, arm_styles, plain

NAMES = {
    "none": "As they are",
    ADJUSTED: "Cox, adjusted",
    "iptw": "IPTW, effect in all",
    "overlap": "Overlap weights",
}
STYLES = {
    "none": Style(NEUTRAL, "solid", "circle-open", "━━"),
    "iptw": Style(EXPERIMENTAL, "solid", "diamond", "━━"),
    "overlap": Style(THIRD, "dot", "square", "••"),
}
ROW, TOP, AXIS = 34, 66, 52
BINS = 20
FEW_PER_COLUMN = 5  # patients of the smaller arm a column (Vittinghoff and McCulloch 2007)


def weighting_points(group: Followed, found: Mapping[str, Weighting]) -> list[str]:
    """Key points: whether weights change the comparison, what they do to balance, and the E-value."""
    if group.gap:
        return [f"The arms cannot be compared here: {escaped(group.gap)}."]
    return [*group.notes, *(words for one in found.values() for words in _points(group, one))]


def _points(group: Followed, one: Weighting) -> list[str]:
    head = f"{escaped(one.arm)} over {escaped(group.control)}"
    crude = one.ratios["none"]
    others = [f"{_short(word)} {with_interval(ratio)}" for word, ratio in one.ratios.items() if word != "none"]
    points = [f"**Hazard ratio, {head}:** {'; '.join([f'as they are {with_interval(crude)}', *others])}.{_moved(one)}"]
    if one.why:
        points.append(f"**No weights can be given:** {one.why}.")
    else:
        worst = {word: _worst(one, word) for word in one.groups}
        spread = "; ".join(f"{_short(word)} {words}" for word, words in worst.items())
        points.append(f"**Balance,** largest standardised difference: {spread}.")
        sizes = [
            f"{_short(word)} {number(by[one.arm], 0)} and {number(by[group.control], 0)}"
            for word, by in one.sizes.items()
        ]
        points.append(f"**Effective patients** on {escaped(one.arm)} and {escaped(group.control)}: {'; '.join(sizes)}.")
    return [*points, _few_words(one), _e_value_words(one)]


def _moved(one: Weighting) -> str:
    """Whether any analysis puts the interval on another side of 1 than the crude one."""
    here = side(one.ratios["none"])
    other = [_short(word) for word, ratio in one.ratios.items() if ratio.estimate is not None and side(ratio) != here]
    if len(one.ratios) < 2:
        return ""
    if not other:
        return " All intervals lie on the same side of 1, or all include it."
    return f" The interval moves across 1 with: {listed(other)}."


def _worst(one: Weighting, word: str) -> str:
    rows = one.balances[one.balances["weighting"] == word]
    rows = rows[np.isfinite(rows["smd"])]
    if rows.empty:
        return "not estimable"
    row = rows.loc[rows["smd"].idxmax()]
    return f"{number(float(row['smd']), 2)} ({escaped(str(row['label']))})"


def _few_words(one: Weighting) -> str:
    """A warning where the smaller arm has few patients for what the propensity was fitted to."""
    if not one.columns:
        return ""
    base = one.groups["none"]
    smaller = min(base.arms, key=lambda arm: int(base.on(arm).sum()))
    patients = int(base.on(smaller).sum())
    if patients >= FEW_PER_COLUMN * one.columns:
        return ""
    return (
        f"**Few patients** for the propensity: {patients} on {escaped(smaller)} for {one.columns} columns of baseline; "
        "it fits chance as well."
    )


def _e_value_words(one: Weighting) -> str:
    found = one.e_values.get("none")
    if found is None:
        return ""
    limit = (
        "the interval includes no effect already"
        if found.limit == 1
        else f"{number(found.limit, 2)} to move the interval there"
    )
    return (
        f"**E-value** {number(found.value, 2)}: something not measured would have to go with both the arm and the "
        f"event by risk ratios of that size to explain the unweighted ratio away; {limit}."
    )


def weighting_forest(
    group: Followed, found: Mapping[str, Weighting], *, design: Design, name: str = "weighting"
) -> Figure | Prose:
    """Hazard ratios as they are, adjusted, and under each weighting."""
    if not found:
        return NOT_SHOWN
    styles = arm_styles(design)
    rows = []
    for arm, one in found.items():
        for word, ratio in one.ratios.items():
            value, low, high = (math.nan if x is None else x for x in (ratio.estimate, ratio.low, ratio.high))
            heading = f"{arm} over {group.control}" if len(found) > 1 else ""
            rows.append(Row(NAMES[word], value, low, high, " v ".join(ratio.counts.values()), heading, styles[arm]))
    over = next(iter(found)) if len(found) == 1 else "experimental"
    return forest(
        rows,
        name=slug(name, group.endpoint.name),
        title=f"Hazard ratio, {over} over {group.control}",
        what=f"Hazard ratios of {within(group.endpoint.label)} with arms made alike in several ways.",
        source=group.source,
        reference=1.0,
        sides=(f"slower on {over}", f"faster on {over}"),
        ratio=True,
        decimals=2,
    )


def love_plot(group: Followed, found: Mapping[str, Weighting], *, name: str = "love") -> Figure | Prose:
    """Absolute standardised differences of each characteristic before and after weighting, largest at the top."""
    several = len(found) > 1
    tables = [
        one.balances.assign(label=[f"{label} ({arm})" if several else label for label in one.balances["label"]])
        for arm, one in found.items()
        if len(one.balances)
    ]
    if not tables:
        return NOT_SHOWN
    data = pd.concat(tables, ignore_index=True)
    data = data[np.isfinite(data["smd"].astype(float))]
    first = data[data["weighting"] == "none"].sort_values("smd", ascending=False, kind="stable")
    place = {label: row for row, label in enumerate(dict.fromkeys([*first["label"], *data["label"]]))}
    figure = go.Figure()
    for word, rows in data.groupby("weighting", sort=False):
        style = STYLES[str(word)]
        figure.add_trace(
            go.Scatter(
                x=rows["smd"].round(4).tolist(),
                y=[place[label] + 0.2 for label in rows["label"]],
                mode="markers",
                marker={"color": style.colour, "symbol": style.symbol, "size": 9},
                name=_short(str(word)),
                customdata=[plain(label) for label in rows["label"]],
                hovertemplate="%{customdata}<br>standardised difference %{x:.3f}<extra>%{fullData.name}</extra>",
                meta=DATA,
            )
        )
    for label, row in place.items():
        figure.add_annotation(
            text=plain(label), x=0, xref="paper", xanchor="left", y=row - 0.22, showarrow=False, font={"size": SMALL}
        )
    reference_line(figure, NEGLIGIBLE, range(len(place)))
    figure.update_layout(
        height=TOP + AXIS + ROW * len(place),
        margin={"t": TOP, "l": 14, "r": 14, "b": AXIS},
        showlegend=True,
        xaxis={"range": [-0.01, max(float(data["smd"].max()), 0.2) * 1.08]},
        xaxis_title_text=f"Absolute standardised difference from {plain(group.control)}",
        yaxis={"range": [len(place) - 0.4, -0.7], "visible": False},
    )
    table = pd.DataFrame(
        {
            "Characteristic": data["label"].astype(str),
            "Weighting": [_short(word) for word in data["weighting"]],
            "Absolute standardised difference": data["smd"].astype(float).round(3),
        }
    )
    alt = f"Balance before and after weighting, against {group.control}; largest: " + "; ".join(
        f"{arm}, {_short(word)} {_worst(one, word)}" for arm, one in found.items() for word in one.groups
    )
    return Figure(figure, f"{alt}.", table, (group.source,), slug(name, group.endpoint.name))


def score_figure(
    group: Followed, found: Mapping[str, Weighting], *, design: Design, name: str = "scores"
) -> Figure | Prose:
    """How the propensities of the arms overlap: share of each arm by propensity, of the first comparison."""
    one = next(iter(found.values()), None)
    if one is None or not one.scores:
        return NOT_SHOWN
    styles, edges = arm_styles(design), np.linspace(0, 1, BINS + 1)
    figure, rows = go.Figure(), []
    for arm, scores in one.scores.items():
        count = np.histogram(scores, edges)[0]
        filled = count > 0
        share, middle = 100 * count[filled] / scores.size, ((edges[:-1] + edges[1:]) / 2)[filled]
        count = count[filled]
        sign = 1 if arm != group.control else -1
        figure.add_trace(
            go.Bar(
                x=middle.tolist(),
                y=(sign * share).tolist(),
                marker={
                    "color": styles[arm].band, "line": {"color": styles[arm].colour, "width": 1.5},
                    "pattern": {"shape": "" if sign > 0 else "/", "fgcolor": styles[arm].colour, "size": 6},
                },
                name=plain(arm),
                customdata=[[int(n), number(float(part))] for n, part in zip(count, share, strict=True)],
                hovertemplate=(
                    f"<b>{plain(arm)}</b><br>propensity around %{{x:.2f}}: %{{customdata[0]}} patients "
                    "(%{customdata[1]}%)<extra></extra>"
                ),
                meta=DATA,
            )
        )  # fmt: skip
        rows.append(pd.DataFrame({"Arm": arm, "Propensity": middle.round(3), "Patients": count, "Share (%)": share}))
    data = pd.concat(rows, ignore_index=True).round({"Share (%)": 1})
    peak = float(data["Share (%)"].max())
    ticks = [step for step in (10, 20, 40, 60, 80, 100) if step <= peak * 1.1]
    figure.update_layout(
        height=330,
        barmode="overlay",
        bargap=0.06,
        showlegend=True,
        xaxis={"title": {"text": f"Propensity to be on {plain(one.arm)}, given baseline"}, "range": [0, 1]},
        yaxis={
            "title": {"text": "Share of the arm (%)"},
            "tickvals": [*(-tick for tick in reversed(ticks)), 0, *ticks],
            "ticktext": [*(str(tick) for tick in reversed(ticks)), "0", *map(str, ticks)],
        },
    )
    spans = "; ".join(
        f"{arm} from {number(float(scores.min()), 2)} to {number(float(scores.max()), 2)}"
        for arm, scores in one.scores.items()
    )
    what = f"Propensity to be on {one.arm} by arm: {spans}."
    return Figure(figure, what, data, (group.source,), slug(name, group.endpoint.name))


def weighting_table(group: Followed, found: Mapping[str, Weighting], *, name: str = "weighted") -> Table | Prose:
    """Every measure under every weighting, with E-values of the hazard ratio."""
    rows = []
    for arm, one in found.items():
        for word, ratio in one.ratios.items():
            sizes, value = one.sizes.get(word), one.e_values.get(word)
            rows.append(
                {
                    "Arms": NAMES[word],
                    "Effective patients": f"{number(sizes[arm], 0)} / {number(sizes[group.control], 0)}"
                    if sizes
                    else "",
                    "Hazard ratio": quote(ratio),
                    "E-value (limit)": f"{number(value.value, 2)} ({number(value.limit, 2)})" if value else ABSENT,
                    **_absolute(one, word),
                    "Comparison": f"{arm} over {group.control}",
                }
            )
    if not rows:
        return NOT_SHOWN
    unit = group.endpoint.unit
    landmarks = dict.fromkeys(
        duration(base.landmark, unit) for one in found.values() if (base := one.absolute["none"]).landmark
    )
    moved = dict.fromkeys(f"Landmark: {base.moved}." for one in found.values() if (base := one.absolute["none"]).moved)
    at = f", at {listed(list(landmarks))}" if landmarks else ""
    horizons = dict.fromkeys(duration(one.absolute["none"].horizon, unit) for one in found.values())
    notes = [
        f"{100 * group.level:g}% CI. Effective patients: experimental / control. Differences are experimental minus "
        f"control: of mean event-free time up to {listed(list(horizons))}, and of rates, in "
        f"percentage points{at}.",
        *moved,
        *(f"{arm} over {group.control}:{one.left_out}" for arm, one in found.items() if one.left_out),
    ]
    caption = f"{group.endpoint.label} with arms made alike"
    return Table(pd.DataFrame(rows), name, caption, (group.source,), groups="Comparison", notes=notes)


def _absolute(one: Weighting, word: str) -> dict[str, str]:
    """Differences in time and in percent under one weighting; empty for a Cox model."""
    found = one.absolute.get(word)
    cells = {"Difference in mean time": "", "Difference in rate": ""}
    if found is None:
        return cells
    if mean := found.mean_differences.get(one.arm):
        cells["Difference in mean time"] = without_unit(mean)
    if by_arm := found.rate_differences.get(one.absolute["none"].landmark):
        cells["Difference in rate"] = without_unit(by_arm[one.arm])
    return cells


def _short(word: str) -> str:
    return {"none": "as they are", "iptw": "IPTW", "overlap": "overlap weights"}.get(word, word)
