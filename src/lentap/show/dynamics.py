"""The course of a marker over all visits, drawn and in words."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lentap.design import Design, Marker
from lentap.results import Result
from lentap.show.figure import DATA, Figure
from lentap.show.format import escaped, interval, number, p_value, quote, records, without_unit
from lentap.show.prose import Prose, with_interval
from lentap.show.record import RESPONSE_GROUPS
from lentap.show.record.dynamics import Course
from lentap.show.samples import Samples
from lentap.show.shareable import not_counted, not_singly
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.show.theme import NEUTRAL_STYLE, SMALL, Style, arm_styles, plain
from lentap.sources import Source

PANEL, BETWEEN, TOP, AXIS = 250, 64, 8, 40
MOST = 80  # patients of a panel whose lines are drawn
TICKS = [base * 10.0**power for power in range(-3, 5) for base in (1, 2, 3, 5)]


def courses(
    found: Course,
    samples: Samples,
    *,
    marker: Marker,
    design: Design,
    source: Source,
    smallest: int = 0,
    name: str = "courses",
) -> Figure | Prose:
    """Every patient as a thin line over all visits, and the means of the mixed model by response, a panel an arm."""
    if smallest > 1:
        return not_singly(smallest)
    if found.levels.empty:
        return Prose(f"*Not shown: {escaped('; '.join(filter(None, [found.gap, *found.why])) or 'no response')}.*")
    styles, visits = arm_styles(design), list(samples.visits.values())
    arms = [arm for arm in styles if arm in set(found.levels["arm"])]
    inner = len(arms) * (PANEL + BETWEEN) + AXIS
    figure, lowest, highest = go.Figure(), math.inf, 0.0
    for place, arm in enumerate(arms):
        axis = str(place + 1) if place else ""
        top = 1 - (place * (PANEL + BETWEEN) + BETWEEN) / inner
        drawn = _lines(figure, samples, arm, styles[arm], axis)
        lowest, highest = min(lowest, drawn["AVAL"].min()), max(highest, drawn["AVAL"].max())
        _means(figure, found.levels[found.levels["arm"] == arm], styles[arm], visits, axis)
        figure.add_annotation(
            text=f"{styles[arm].key(arm)} {_key(styles[arm])}", x=0, xref="paper", xanchor="left", y=top + 6 / inner,
            yref="paper", yanchor="bottom", showarrow=False, font={"size": SMALL + 1},
        )  # fmt: skip
        figure.update_layout({
            f"xaxis{axis}": {"anchor": f"y{axis}", "tickvals": list(range(len(visits))), "showgrid": False,
                             "ticktext": [plain(visit) for visit in visits], "range": [-0.25, len(visits) - 0.75]},
            f"yaxis{axis}": {"anchor": f"x{axis}", "domain": (top - PANEL / inner, top), "type": "log",
                             "title": {"text": plain(marker.unit), "font": {"size": SMALL + 1}}},
        })  # fmt: skip
    ends = [math.log10(lowest / 1.15), math.log10(highest * 1.15)]
    ticks = [tick for tick in TICKS if ends[0] <= math.log10(tick) <= ends[1]]
    figure.update_yaxes(range=ends, tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks])
    figure.update_layout(height=TOP + inner, margin={"t": TOP}, showlegend=False)
    data = pd.DataFrame({
        "Arm": found.levels["arm"], "Response": found.levels["response"], "Visit": found.levels["visit"],
        "Measured": found.levels["n"], "Mean": found.levels["mean"].round(2),
        "Lower limit": found.levels["low"].round(2), "Upper limit": found.levels["high"].round(2),
    })  # fmt: skip
    said = "; ".join(
        f"{r['Arm']}, {r['Response'].lower()}s, {r['Visit']} {number(r['Mean'], 1)}" for r in records(data)
    )
    alt = f"{marker.label} over all visits. Geometric means of a mixed model: {said}."
    return Figure(figure, alt, data, (source,), name, mark_at=1 - PANEL / inner)


def course_table(found: Course, *, source: Source, name: str = "fold-changes") -> Table | Prose:
    """Fold change from baseline of each group by visit and arm, and the ratios between groups and between arms."""
    if not (found.folds or found.arms):
        return Prose(f"*Not shown: {escaped('; '.join(filter(None, [found.gap, *found.why])) or 'no change')}.*")
    ratios = {(one.labels["arm"], one.labels["visit"]): one for one in found.responding}
    between = {(one.labels["arm"], one.labels["visit"]): one for one in found.arms}
    folds = {(one.labels["arm"], one.labels["visit"], one.labels["response"]): one for one in found.folds}
    keys = dict.fromkeys([*((arm, visit) for arm, visit, _ in folds), *between])
    rows = [
        {
            "Arm": arm,
            "Visit": visit,
            **{f"{group}s": _text(folds.get((arm, visit, group))) for group in RESPONSE_GROUPS},
            "Ratio of the two": _text(ratios.get((arm, visit))),
            "p": _p(ratios.get((arm, visit))),
            "All, over control": _text(between.get((arm, visit))),
        }
        for arm, visit in keys
    ]
    one = next(iter((*found.folds, *found.arms)))
    notes = (
        f"Fold change from baseline with {100 * (one.level or math.nan):g}% CI, by mixed models of all visits; "
        "patients with some samples missing are included; p of the ratio.",
        *(f"{words}." for words in found.why),
    )
    frame = pd.DataFrame(rows)[["Visit", *(column for column in rows[0] if column != "Visit")]]
    return Table(frame, name, "Fold changes by a mixed model", (source,), groups="Arm", notes=notes)


def course_words(found: Course) -> Prose:
    """What the mixed model says of patients and of the difference between arms, or why it says nothing."""
    if found.gap:
        return Prose(f"*The course cannot be modelled: {escaped(found.gap)}.*")
    lines = []
    if found.model:
        between, within_them = found.model.between, found.model.within
        lines.append(
            f"{found.model.n} measurements of {found.model.patients} patients. Patients differ by a standard deviation "
            f"of {number(between, 2)} doublings, measurements of one patient by {number(within_them, 2)}."
        )
        if found.model.boundary:
            lines.append(
                "The variance between patients was estimated at its limit of 0: measurements of a patient are no more "
                "alike than those of others, which points to an error in the data or to very few of them."
            )
    lines += [
        f"{escaped(one.labels['arm'])} over {escaped(one.labels['control'])}, all patients, "
        f"{escaped(one.labels['visit'])}: the fold change is {with_interval(one)} times that on control."
        for one in found.arms
    ]
    lines += [f"Not estimable: {escaped(words)}." for words in found.why]
    if found.lifted:
        lines.append(f"{found.lifted} levels of 0 count as half of the smallest above.")
    return Prose("\n".join(f"- {line}" for line in lines))


def family_table(
    family: pd.DataFrame, left_out: Sequence[str], *, source: Source, name: str = "family"
) -> Table | Prose:
    """Every test of responders against non-responders, with p-values adjusted for their number."""
    if family.empty:
        why = "; ".join(left_out) or "no arm has both responders and non-responders with samples"
        return Prose(f"*Not shown: {escaped(why)}.*")
    rows = [
        {
            "Marker": one["marker"],
            "Visit and arm": f"{one['visit']}, {one['arm']}",
            "Patients": str(one["n"]),
            "Difference (points)": number(one["difference"]),
            "p": p_value(one["p"]),
            "p, Holm": p_value(one["holm"]),
            "p, false discovery": p_value(one["false_discovery"]),
        }
        for one in records(family)
    ]
    notes = (
        f"{len(family)} tests of responders against non-responders (Mann-Whitney), one family. Holm holds the chance "
        "of a single false finding, Benjamini and Hochberg's method the share of false ones among the findings.",
        *(f"Left out: {words}." for words in left_out),
    )
    return Table(pd.DataFrame(rows), name, "All tests of the change, adjusted", (source,), groups="Marker", notes=notes)


def family_words(family: pd.DataFrame) -> str:
    """How many tests stay below 0.05 before and after adjustment."""
    if family.empty:
        return ""
    counts = [int((family[column] < 0.05).sum()) for column in ("p", "holm", "false_discovery")]
    return (
        f"**One family of {len(family)} tests** (markers, visits, arms): {counts[0]} with p below 0.05, {counts[1]} "
        f"after Holm's adjustment, {counts[2]} after that for false discoveries."
    )


def missing_by_response(
    samples: Samples, *, source: Source, smallest: int = 0, name: str = "missing-by-response"
) -> Table | Prose:
    """Samples measured among responders, non-responders and patients without an evaluable response."""
    if smallest > 1:
        return not_counted(smallest)
    table: pd.DataFrame = samples.values  # noqa: PD011
    who = samples.patients["response"].astype(object).fillna("Not evaluable")
    rows = []
    for visit, words in samples.visits.items():
        has = samples.patients["USUBJID"].isin(
            table.loc[(table["AVISITN"] == visit) & table["AVAL"].notna(), "USUBJID"]
        )
        for arm, members in samples.patients.groupby("arm", observed=True):
            counts = {}
            for group in (*RESPONSE_GROUPS, "Not evaluable"):
                here = who[members.index] == group
                heading = f"{group}s" if group in RESPONSE_GROUPS else group
                counts[heading] = f"{int(has[members.index][here].sum())} / {int(here.sum())}" if here.any() else ABSENT
            rows.append({"Visit": words, "Arm": str(arm), **counts})
    note = "Samples measured / patients. Where that differs between groups, those measured do not stand for all."
    frame = pd.DataFrame(rows, columns=["Visit", "Arm", *(f"{group}s" for group in RESPONSE_GROUPS), "Not evaluable"])
    frame = frame[["Arm", *(column for column in frame if column != "Arm")]]
    return Table(frame, name, "Who has a sample", (source,), groups="Visit", notes=(note,))


def _lines(figure: go.Figure, samples: Samples, arm: str, style: Style, axis: str) -> pd.DataFrame:
    """Thin lines of patients of an arm with a response, or of some of them, responders in its colour."""
    table: pd.DataFrame = samples.values  # noqa: PD011
    members = samples.patients[(samples.patients["arm"].astype(str) == arm) & samples.patients["response"].notna()]
    evenly = np.unique(np.linspace(0, max(len(members) - 1, 0), MOST).round().astype(int))
    shown = members.iloc[evenly] if len(members) > MOST else members
    rows = table[table["USUBJID"].isin(shown["USUBJID"]) & (table["AVAL"] > 0)].sort_values(["USUBJID", "AVISITN"])
    rows = rows.assign(place=rows["AVISITN"].map({visit: place for place, visit in enumerate(samples.visits)}))
    responded = shown.set_index("USUBJID")["response"].astype(str)
    for group, look in zip(RESPONSE_GROUPS, (style, _other(style)), strict=True):
        x: list[float | None] = []
        y: list[float | None] = []
        text: list[str] = []
        for subject, one in rows[rows["USUBJID"].map(responded) == group].groupby("USUBJID"):
            x += [*one["place"].tolist(), None]
            y += [*one["AVAL"].round(3).tolist(), None]
            text += [plain(str(subject))] * (len(one) + 1)
        figure.add_trace(
            go.Scatter(x=x, y=y, mode="lines",
                       line={"color": look.colour, "dash": look.dash, "width": 0.8}, opacity=0.4,
                       customdata=text, hovertemplate=f"%{{customdata}}, {group.lower()}<br>%{{y:.1f}}<extra></extra>",
                       xaxis=f"x{axis}", yaxis=f"y{axis}", meta={"role": "individual"})
        )  # fmt: skip
    return rows


def _means(figure: go.Figure, levels: pd.DataFrame, style: Style, visits: Sequence[str], axis: str) -> None:
    for aside, group in zip((-0.04, 0.04), RESPONSE_GROUPS, strict=True):
        rows = levels[levels["response"] == group]
        rows = rows.assign(place=rows["visit"].map(list(visits).index)).sort_values("place")
        look = style if group == RESPONSE_GROUPS[0] else _other(style)
        words = [interval(r["mean"], r["low"], r["high"]) + f"<br>{r['n']} measured" for r in records(rows)]
        figure.add_trace(
            go.Scatter(
                x=rows["place"] + aside, y=rows["mean"], mode="lines+markers", customdata=words, meta=DATA,
                line={"color": look.colour, "dash": look.dash, "width": 2.6}, marker={"symbol": look.symbol, "size": 9},
                error_y={"type": "data", "symmetric": False, "array": rows["high"] - rows["mean"],
                         "arrayminus": rows["mean"] - rows["low"], "color": look.colour, "thickness": 1.6},
                hovertemplate=f"{group}s: %{{customdata}}<extra></extra>", xaxis=f"x{axis}", yaxis=f"y{axis}",
            )
        )  # fmt: skip


def _other(style: Style) -> Style:
    """How non-responders are drawn beside responders in the style of their arm."""
    dash, stroke = ("dot", "••••") if style.dash == "dash" else ("dash", "━ ━")
    return Style(NEUTRAL_STYLE.colour, dash, "square-open", stroke)


def _key(style: Style) -> str:
    other = _other(style)
    return f'responders; <span style="color:{other.colour}">{other.stroke}</span> non-responders'


def _text(one: Result | None) -> str:
    return without_unit(one) if one else ABSENT


def _p(one: Result | None) -> str:
    return quote(one, "p") if one else ABSENT
