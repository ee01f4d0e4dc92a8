"""An outcome compared in subgroups, in print: each effect, the same shrunken, and whether they differ beyond chance."""

import math
from collections.abc import Iterator, Mapping

import pandas as pd
import plotly.graph_objects as go

from lentap.design import Design
from lentap.results import Result
from lentap.show.figure import DATA, Figure, reference_line, whisker
from lentap.show.forest import TICKS
from lentap.show.format import escaped, interval, listed, number, p_phrase, p_value, quote
from lentap.show.prose import with_interval
from lentap.show.record.subgroup_rates import Factor, Subgroup, Subgroups
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.show.theme import NEUTRAL, NEUTRAL_STYLE, SMALL, Style, arm_styles, plain
from lentap.sources import Source
from lentap.stats.estimate import Estimate

ROW, TOP, AXIS = 38, 40, 58
TITLES = {
    "risk-difference": "Risk difference (percentage points)",
    "risk-ratio": "Risk ratio",
    "odds-ratio": "Odds ratio",
}
FARTHEST = (0.02, 200.0)  # a ratio that is drawn; limits beyond run to the edge
WORDS = {"Y": "Yes", "N": "No"}


def subgroup_forest(found: Subgroups, *, design: Design, source: Source, name: str = "subgroups") -> Figure:
    """The effect in all patients and in each subgroup, the shrunken one below it, p of interaction at each factor."""
    figure, style = go.Figure(), arm_styles(design)[found.arm]
    rows: list[tuple[str, str, Result, Estimate | None]] = [("", "All patients", found.overall, None)]
    places, place = [0.0], 1.0
    for factor in found.factors:
        if factor.subgroups:
            _label(figure, f"<b>{plain(factor.label)}</b> · {_interaction(factor)}", place - 0.05)
            place += 0.75
        for one in factor.subgroups:
            rows.append((factor.label, WORDS.get(one.level, one.level), one.effect, one.shrunken))
            places.append(place)
            place += 1
    for (_, level, effect, shrunken), at in zip(rows, places, strict=True):
        _label(figure, plain(f"{level}: {_words(effect)} · {_against(effect)}"), at - 0.24)
        _draw(figure, found, effect, shrunken, at, style if at else NEUTRAL_STYLE)
    _layout(figure, found, [one for row in rows for one in row[2:]], place, places)
    data = pd.DataFrame([_data(found, *row, kind) for row in rows for kind in ("as found", "shrunken")])
    data = data[data["Estimate"].notna()].reset_index(drop=True)
    return Figure(figure, _alt(found), data, (source,), name)


def _draw(
    figure: go.Figure, found: Subgroups, effect: Result, shrunken: Estimate | None, at: float, style: Style
) -> None:
    """Draw the effect and below it, smaller and grey, the shrunken one."""
    drawn = [(_values(found, effect), at + 0.1, style, 10, "as found", 2.2)]
    if shrunken:
        drawn.append((_values(found, shrunken), at + 0.32, _SHRUNKEN, 7, "shrunken", 1.2))
    for (value, low, high), y, how, size, kind, width in drawn:
        if not math.isfinite(value):
            continue
        ends = FARTHEST if found.measure != "risk-difference" else (-100.0, 100.0)
        along, across = whisker([max(low, ends[0])], [min(high, ends[1])], [y])
        line = {"color": how.colour, "dash": how.dash, "width": width}
        figure.add_trace(
            go.Scatter(x=along, y=across, mode="lines", line=line, hoverinfo="skip", meta={"role": "interval"})
        )
        words = interval(value, low, high, lambda number_: number(number_, _decimals(found)))
        figure.add_trace(
            go.Scatter(
                x=[value],
                y=[y],
                mode="markers",
                marker={"color": how.colour, "symbol": how.symbol, "size": size},
                hovertemplate=f"{kind}: {words}<br>{plain(_against(effect))}<extra></extra>",
                meta=DATA,
            )
        )


_SHRUNKEN = Style(NEUTRAL, "solid", "diamond-open", "━━")


def _layout(
    figure: go.Figure, found: Subgroups, shown: list[Result | Estimate | None], rows: float, places: list[float]
) -> None:
    ratio = found.measure != "risk-difference"
    reference = 1.0 if ratio else 0.0
    values = [
        reference,
        *(v for one in shown if one for v in _values(found, one) if math.isfinite(v) and (v or not ratio)),
    ]
    low, high = min(values), max(values)
    axis: dict[str, object]
    if ratio:
        low, high = max(low, FARTHEST[0]) / 1.15, min(high, FARTHEST[1]) * 1.15
        axis = {"type": "log", "range": [math.log10(low), math.log10(high)], "tickvals": [*TICKS, 100, 200]}
    else:
        room = 0.05 * (high - low)
        axis = {"range": [low - room, high + room], "nticks": 7}
    height = int(TOP + rows * ROW + AXIS)
    figure.update_layout(
        height=height,
        margin={"t": TOP, "l": 14, "r": 14, "b": AXIS},
        showlegend=False,
        xaxis={"title": {"text": TITLES[found.measure]}, **axis},
        yaxis={"range": [rows - 0.35, -0.7], "visible": False},
    )
    reference_line(figure, reference, places)
    for x, side, words in ((0, "left", f"◂ more with {found.control}"), (1, "right", f"more with {found.arm} ▸")):
        figure.add_annotation(
            text=plain(words), x=x, xref="paper", xanchor=side, y=1, yref="paper", yanchor="bottom", showarrow=False,
            font={"size": SMALL},
        )  # fmt: skip


def _label(figure: go.Figure, text: str, y: float) -> None:
    figure.add_annotation(text=text, x=0, xref="paper", xanchor="left", y=y, showarrow=False, font={"size": SMALL})


def _interaction(factor: Factor) -> str:
    p = factor.interaction.p_value if factor.interaction else None
    return "no test" if p is None else f"interaction {p_phrase(p)}"


def _words(effect: Result) -> str:
    return quote(effect).replace(" percentage points", "")


def _against(effect: Result) -> str:
    return " against ".join(effect.counts.values())


def _values(found: Subgroups, one: Result | Estimate) -> tuple[float, float, float]:
    """Estimate and limits in the unit of the axis; not-a-number where not estimable, infinite where unbounded."""
    factor = 100.0 if found.measure == "risk-difference" else 1.0
    if isinstance(one, Estimate):
        return factor * one.value, factor * one.low, factor * one.high
    value, low, high = one.estimate, one.low, one.high
    if value is None:
        return math.nan, math.nan, math.nan
    return factor * value, factor * (-math.inf if low is None else low), factor * (math.inf if high is None else high)


def _decimals(found: Subgroups) -> int:
    return 1 if found.measure == "risk-difference" else 2


def _data(
    found: Subgroups, factor: str, level: str, effect: Result, shrunken: Estimate | None, kind: str
) -> dict[str, object]:
    one = effect if kind == "as found" else shrunken
    value, low, high = _values(found, one) if one else (math.nan,) * 3
    return {
        "Factor": factor or "All patients",
        "Subgroup": level,
        "Kind": kind,
        "Patients": _against(effect),
        "Estimate": value,
        "Lower limit": low,
        "Upper limit": high,
    }


def _alt(found: Subgroups) -> str:
    parts = "; ".join(
        f"{factor.label} ({_interaction(factor)}): "
        + ", ".join(f"{WORDS.get(one.level, one.level)} {_words(one.effect)}" for one in factor.subgroups)
        for factor in found.factors
        if factor.subgroups
    )
    return (
        f"{TITLES[found.measure]} of {found.arm} against {found.control}: all patients {_words(found.overall)}; "
        f"{parts or 'no subgroups'}. Each with its estimate shrunken towards the mean of the factor's subgroups."
    )


def interaction_table(found: Subgroups, *, source: Source, name: str = "interactions") -> Table:
    """A row a factor: the range of its effects as found and shrunken, and p-values of interaction."""
    rows = [
        {
            "Factor": factor.label,
            "As found": _range(found, [one.effect for one in factor.subgroups]),
            "Shrunken": _range(found, [one.shrunken for one in factor.subgroups if one.shrunken]),
            "Interaction p": _p(factor.interaction),
            "Adjusted p": p_value(factor.holm) if math.isfinite(factor.holm) else ABSENT,
            "Opposite p": p_value(factor.opposite) if math.isfinite(factor.opposite) else ABSENT,
        }
        for factor in found.factors
    ]
    notes = (
        f"As found and shrunken: least and greatest {TITLES[found.measure][:1].lower()}{TITLES[found.measure][1:]} "
        "among the subgroups.",
        "Interaction: Cochran's Q. Adjusted: Holm's, for the number of factors tested. Opposite: Gail and Simon's test "
        "that no two subgroups have effects in opposite directions.",
        *(f"{factor.label}: no test, {factor.why}." for factor in found.factors if factor.why),
        *(f"{factor.label}: {factor.unknown} patients without a value." for factor in found.factors if factor.unknown),
    )
    caption = f"Do the subgroups differ? {found.arm} against {found.control}"
    return Table(pd.DataFrame(rows or [{"Factor": "none declared"}]), name, caption, (source,), notes=notes)


def _range(found: Subgroups, shown: list[Result] | list[Estimate]) -> str:
    values = [value for one in shown if math.isfinite(value := _values(found, one)[0])]
    if not values:
        return ABSENT
    return " to ".join(number(end, _decimals(found)) for end in (min(values), max(values)))


def _p(test: Result | None) -> str:
    return ABSENT if test is None else quote(test, "p")


def subgroup_points(found: Mapping[str, Subgroups]) -> list[str]:
    """Key points: whether any factor's subgroups differ, by how many tests, and what chance alone would give."""
    return [point for one in found.values() for point in _points(one)]


def _points(found: Subgroups) -> Iterator[str]:
    what = {"risk-difference": "risk difference", "risk-ratio": "risk ratio", "odds-ratio": "odds ratio"}[found.measure]
    yield (
        f"**Subgroups, {escaped(found.arm)} against {escaped(found.control)}.** {what.capitalize()} in all patients: "
        f"{with_interval(found.overall)}, {found.overall.method}."
    )
    tested = found.tested
    if not tested:
        yield "No factor can be tested for interaction: the reasons stand under the table."
        return
    level = found.overall.level or math.nan
    p_values = [one.interaction.p_value or 0.0 for one in tested if one.interaction]
    below = sum(p < 1 - level for p in p_values)
    least = tested[p_values.index(min(p_values))]
    adjusted = p_value(least.holm).replace("< ", "below ")
    yield (
        f"Interaction: {below} of {len(tested)} factors have p below {1 - level:.2g}, where chance alone gives about "
        f"{number(len(tested) * (1 - level))}. The smallest is that of {escaped(least.label)}, "
        f"{p_phrase(min(p_values))} ({adjusted} once adjusted for {len(tested)} tests): {_verdict(least.holm, level)}."
    )
    yield _against_direction(found)


def _verdict(adjusted: float, level: float) -> str:
    if adjusted < 1 - level:
        return "more than chance alone explains, to be confirmed elsewhere before it is believed"
    return "these data do not tell the subgroups apart, which is not to say that they are alike"


def _against_direction(found: Subgroups) -> str:
    """Name the subgroups whose estimate lies on the other side than that of all patients, and what shrinking makes."""
    null, overall = found.overall.null or 0.0, found.overall.estimate
    if overall is None:
        return ""
    against: list[tuple[Factor, Subgroup]] = [
        (factor, one)
        for factor in found.factors
        for one in factor.subgroups
        if one.effect.estimate is not None and (one.effect.estimate - null) * (overall - null) < 0
    ]
    total = sum(len(factor.subgroups) for factor in found.factors)
    if not against:
        return (
            f"The estimate of each of {total} subgroups lies on the same side as that of all patients or at no effect."
        )
    named = listed([escaped(f"{factor.label}: {WORDS.get(one.level, one.level)}") for factor, one in against[:3]])
    more = f" and {len(against) - 3} more" if len(against) > 3 else ""
    back = sum(one.shrunken is not None and (one.shrunken.value - null) * (overall - null) >= 0 for _, one in against)
    shrunken = f"; {len(against) - back} still once shrunken" if any(one.shrunken for _, one in against) else ""
    who = f"{len(against)} of {total} subgroups ({named}{more})"
    return f"On the other side than the estimate of all patients: {who}{shrunken}."
