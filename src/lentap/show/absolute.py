"""A time to an event in percent and in time: sentences, the table, and the difference of the curves over follow-up."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lentap.design import Design
from lentap.results import Result
from lentap.show.figure import DATA, Figure
from lentap.show.format import duration, escaped, limits, number, p_value, quote, slug, within, without_unit
from lentap.show.prose import Prose, side, with_interval
from lentap.show.record.absolute import Absolute
from lentap.show.record.followed import Followed
from lentap.show.survival import display_times
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.show.theme import NEUTRAL, arm_styles, plain
from lentap.stats.arguments import Floats, normal_quantile
from lentap.stats.kaplan_meier import KaplanMeier

NOT_SHOWN = Prose("*Not shown, for the reason given in the key points.*")
MOST_POINTS = 200  # of a line


def absolute_points(found: Absolute) -> list[str]:
    """Key points in percent at the landmark, and in time up to the horizon."""
    return [
        *(_rate_words(found, arm) for arm in found.rate_differences.get(found.landmark, {})),
        f"**Landmark:** {found.moved}." if found.moved else "",
        *(_mean_words(found, arm) for arm in found.mean_differences),
        f"**Time up to a horizon:** {found.why}." if found.why and found.means else "",
    ]


def _rate_words(found: Absolute, arm: str) -> str:
    rates, one = found.rates[found.landmark], found.rate_differences[found.landmark][arm]
    control = one.labels["control"]
    return (
        f"**At {one.labels['landmark']}:** {quote(rates[arm], 'estimate')} event-free on {escaped(arm)}, "
        f"{quote(rates[control], 'estimate')} on {escaped(control)}; difference {with_interval(one)}, {_reading(one)}."
    )


def _mean_words(found: Absolute, arm: str) -> str:
    one = found.mean_differences[arm]
    control, unit = one.labels["control"], one.unit
    return (
        f"**Of the first {duration(found.horizon, unit)}:** {quote(found.means[arm], 'estimate')} event-free on "
        f"average on {escaped(arm)}, {quote(found.means[control], 'estimate')} on {escaped(control)}; difference "
        f"{with_interval(one)}, {_reading(one)}."
    )


def _reading(one: Result) -> str:
    arm, control = escaped(one.labels["arm"]), escaped(one.labels["control"])
    if one.low is None:
        return "without an interval"
    sides = {"above": f"more on {arm}", "below": f"more on {control}", "across": "which includes no difference"}
    return sides[side(one)]


def absolute_table(group: Followed, found: Absolute, *, name: str = "absolute") -> Table | Prose:
    """Rates at landmarks and restricted means by arm, and what separates each experimental arm from control."""
    if not found.rates and not found.means:
        return NOT_SHOWN
    unit = group.endpoint.unit
    rows = [
        row
        for at, rates in found.rates.items()
        for row in _lines(
            f"Event-free at {duration(at, unit)} (%)", rates, found.rate_differences[at], found.rate_ratios[at]
        )
    ]
    words = f"Mean event-free time of the first {duration(found.horizon, unit)} ({unit})"
    rows += _lines(words, found.means, found.mean_differences, found.mean_ratios)
    notes = [
        f"Estimates with {100 * group.level:g}% CI. Difference and ratio: arm against {group.control}; p of the "
        "difference (of rates: tested on the log-log scale).",
        f"Mean time: {found.why}." if found.why else "",
        f"Landmark: {found.moved}." if found.moved else "",
    ]
    caption = f"{group.endpoint.label} in percent and in {unit}"
    return Table(
        pd.DataFrame(rows), name, caption, (group.source,), groups="Measure", notes=[note for note in notes if note]
    )


def _lines(
    words: str, by_arm: Mapping[str, Result], differences: Mapping[str, Result], ratios: Mapping[str, Result]
) -> list[dict[str, str]]:
    rows = []
    for arm, one in by_arm.items():
        row = {"Arm": arm, "Estimate": _cell(one), "Difference": "", "Ratio": "", "p": "", "Measure": words}
        if arm in differences:
            p = differences[arm].p_value
            row |= {"Difference": _cell(differences[arm]), "Ratio": _cell(ratios[arm])}
            row["p"] = ABSENT if p is None else p_value(p)
        rows.append(row)
    return rows


def _cell(one: Result) -> str:
    return ABSENT if one.estimate is None else without_unit(one)


def difference_curve(
    group: Followed, curves: Mapping[str, KaplanMeier], *, design: Design, name: str = "difference"
) -> Figure | Prose:
    """Event-free on each experimental arm minus control at every time, with its pointwise band."""
    if group.gap:
        return NOT_SHOWN
    figure, rows, control = go.Figure(), [], curves[group.control]
    unit, styles = group.endpoint.unit, arm_styles(design)
    for arm in group.treated:
        times, difference, margin = _difference(curves[arm], control, group.level)
        known = np.isfinite(margin)
        for bound, fill in ((difference + margin, None), (difference - margin, "tonexty")):
            figure.add_trace(
                go.Scatter(
                    x=times[known].tolist(), y=bound[known].tolist(), mode="lines", fill=fill,
                    line={"shape": "hv", "width": 0}, fillcolor=styles[arm].band, hoverinfo="skip",
                    showlegend=False, meta={"role": "band"},
                )
            )  # fmt: skip
        figure.add_trace(
            go.Scatter(
                x=times.tolist(),
                y=difference.tolist(),
                mode="lines",
                line={"shape": "hv", "color": styles[arm].colour, "dash": styles[arm].dash, "width": 2.2},
                name=plain(arm),
                customdata=[limits(d - m, d + m) for d, m in zip(difference, margin, strict=True)],
                hovertemplate=(
                    f"<b>{plain(arm)} minus {plain(group.control)}</b><br>%{{x:.1f}} {unit}: %{{y:.1f}} points<br>"
                    f"{100 * group.level:g}% CI %{{customdata}}<extra></extra>"
                ),
                showlegend=len(group.treated) > 1,
                meta=DATA,
            )
        )
        rows.append(
            pd.DataFrame(
                {
                    "Arm": arm, f"Time ({unit})": times, "Difference (points)": difference,
                    "Lower limit": difference - margin, "Upper limit": difference + margin,
                }
            ).round(2)
        )  # fmt: skip
    data = pd.concat(rows, ignore_index=True)
    over = plain(group.treated[0]) if len(group.treated) == 1 else "experimental"
    figure.add_hline(y=0, line={"color": NEUTRAL, "width": 1.5})
    longest = float(data[f"Time ({unit})"].max())
    figure.update_layout(
        height=340,
        legend={"traceorder": "normal"},
        xaxis={"title": {"text": f"Time ({unit})"}, "tickvals": display_times(longest, unit), "range": [0, longest]},
        yaxis={"title": {"text": "Difference in event-free (points)"}},
        annotations=[
            {
                "text": words, "x": 0.99, "xref": "paper", "xanchor": "right", "y": place, "yref": "paper",
                "yanchor": anchor, "showarrow": False,
            }
            for words, place, anchor in (
                (f"more event-free on {over} ▴", 1.0, "top"),
                (f"more event-free on {plain(group.control)} ▾", 0.0, "bottom"),
            )
        ],
    )  # fmt: skip
    last = data.groupby("Arm", sort=False).tail(1)
    ends = "; ".join(
        f"{row['Arm']} {number(row['Difference (points)'])} points at {row[f'Time ({unit})']:g} {unit}"
        for row in last.to_dict("records")
    )
    what = f"Difference of the curves of {within(group.endpoint.label)} from {group.control} over time, with its band."
    return Figure(figure, f"{what} At the end: {ends}.", data, (group.source,), slug(name, group.endpoint.name))


def _difference(curve: KaplanMeier, control: KaplanMeier, level: float) -> tuple[Floats, Floats, Floats]:
    """Times at which either curve steps, the difference there and the half width of its interval, in points.

    There is no interval before both arms had an event, as the variance of a curve is not 0 until then but unknown.
    """
    steps = np.union1d(curve.time[curve.events > 0], control.time[control.events > 0])
    end = min(float(curve.time[-1]), float(control.time[-1]))
    times = np.append(np.append(0.0, steps[(steps > 0) & (steps < end)]), end)
    if times.size > MOST_POINTS:
        times = times[np.unique(np.linspace(0, times.size - 1, MOST_POINTS).astype(int))]
    one, other = curve.rates(times), control.rates(times)
    difference = (one["survival"] - other["survival"]).to_numpy()
    error = np.hypot(one["standard_error"].to_numpy(), other["standard_error"].to_numpy())
    known = np.isfinite(difference) & np.isfinite(error)
    eventless = (one["survival"] == 1) | (other["survival"] == 1)
    margin = np.where(eventless, np.nan, 100 * normal_quantile(level) * error)
    return times[known], 100 * difference[known], margin[known]
