"""Other studies in print: their results on one axis, what pools of them expect, and the sentences about both."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import pandas as pd

from lentap.design import Design
from lentap.results import Result
from lentap.show.figure import Figure, synthetic_mark
from lentap.show.forest import HEAD, ROW, Row, forest
from lentap.show.format import (
    NOT_ESTIMABLE,
    NOT_REACHED,
    escaped,
    interval,
    listed,
    many,
    number,
    percent,
    quote,
    ratio,
    within,
)
from lentap.show.prose import Prose, with_interval
from lentap.show.record.context import COMPANION, RATE, RATIO, TIME, Context, Finding, Pool
from lentap.show.record.context_trial import Own
from lentap.show.record.treatments import TACE, UNRESOLVED
from lentap.show.table import Table
from lentap.show.theme import CONTROL_STYLE, EXPERIMENTAL, NEUTRAL_STYLE, THIRD, Style, arm_styles
from lentap.sources import Source, combine

STYLES = {
    "randomised": replace(NEUTRAL_STYLE, symbol="square"),
    "cohort": NEUTRAL_STYLE,
    "single arm": replace(NEUTRAL_STYLE, symbol="triangle-up-open"),
    "pooled estimate": replace(NEUTRAL_STYLE, dash="dot", symbol="diamond-open"),
    UNRESOLVED: Style(EXPERIMENTAL, "solid", "star", "━━━"),
}
BRIEF = {"randomised": "RCT", "single arm": "1 arm", "pooled estimate": "pooled"}  # a phone shows few characters
MEAN = Style(THIRD, "solid", "diamond", "━━━")
PREDICTED = Style(THIRD, "dot", "line-ns-open", "••••")


def context_forest(
    found: Context, own: Own, *, design: Design, source: Source, name: str = "context"
) -> Figure | Prose:
    """Every result for the endpoint under its regimen, or its question for ratios, with pools and the loaded trial."""
    findings, of_trial = (found.rows, own.rows) if found.rows else (found.contrasts, own.contrasts)
    kind = found.measure.kind
    if not findings:
        return Prose("*The published facts hold nothing on this endpoint.*")
    what = "Published results of other studies by regimen and design."
    return _forest(found, findings, of_trial, found.measure.title, what, kind, design, source, name)


def contrast_forest(
    found: Context, own: Own, *, design: Design, source: Source, name: str = "contrasts"
) -> Figure | Prose:
    """Odds ratios within the studies that report the rate in two arms, by question and design."""
    if found.measure.kind != RATE:
        what = "times have none in print" if found.measure.kind == TIME else "the ratios of this endpoint stand above"
        return Prose(f"*Odds ratios are shown for endpoints that are rates; {what}.*")
    if not found.contrasts:
        return Prose("*Not shown: no study in the facts reports this rate in two arms with counts.*")
    title = f"Odds ratio of {found.measure.event}"
    what = "Odds ratios within studies by question and design."
    return _forest(found, found.contrasts, own.contrasts, title, what, RATIO, design, source, name)


def _forest(
    found: Context, findings: Sequence[Finding], of_trial: Sequence[Finding], title: str, what: str, kind: str,
    design: Design, source: Source, name: str,
) -> Figure:  # fmt: skip
    factor = 100 if kind == RATE else 1
    rows: list[Row] = []
    for group in dict.fromkeys(one.group for one in findings):
        rows += [_row(one, factor, _style(one)) for one in findings if one.group == group]
        for pool in found.pools.values():
            if pool.group == group and set(pool.members) <= set(findings):
                rows += _pool_rows(pool, factor)
    arms = arm_styles(design)
    own_rows = [_row(one, factor, arms.get(one.arm.split(" vs ")[0], NEUTRAL_STYLE)) for one in of_trial]
    less, more = ("slower", "faster") if found.measure.kind == RATIO else ("fewer", "more")
    sides = (f"{less} with the first arm", f"{more} with the first arm") if kind == RATIO else ("", "")
    figure = forest(
        [*rows, *own_rows],
        name=name,
        title=title,
        what=what,
        source=combine("published", *([source] if own_rows else [])),
        reference=1.0 if kind == RATIO else None,
        sides=sides,
        ratio=kind == RATIO,
        span=(-1, 101) if kind == RATE else (0, 1.05 * _longest([*findings, *of_trial])) if kind == TIME else None,
        decimals=2 if kind == RATIO else 1,
    )
    if own_rows and source == "synthetic":
        heads = len({row.group for row in rows})
        below = len(own_rows) + HEAD / ROW
        synthetic_mark(figure.plotly, y=below / (below + len(rows) + heads * HEAD / ROW) / 2, size=24)
    return figure


def _longest(findings: Sequence[Finding]) -> float:
    return max(end for one in findings for end in (one.value, one.low, one.high) if math.isfinite(end))


def _row(one: Finding, factor: float, style: Style) -> Row:
    who = one.arm if one.source != "published" else _short(one.study)
    label = ", ".join(filter(None, [who, BRIEF.get(one.design, one.design), one.called]))
    detail = " · ".join(filter(None, [one.counts, one.arm if one.source == "published" else ""]))
    return Row(label, factor * one.value, factor * one.low, factor * one.high, detail, one.group, style)


def _short(study: str) -> str:
    """A study named after its regimen, by what is particular to it."""
    own = next((part for part in study.split("+") if part not in ("TACE", "LEN")), study)
    return own[:1].upper() + own[1:]


def _style(one: Finding) -> Style:
    control = one.study == COMPANION and one.group == TACE
    return replace(CONTROL_STYLE, symbol="star") if control else STYLES[one.design]


def _pool_rows(pool: Pool, factor: float) -> list[Row]:
    mean, new = pool.mean, pool.prediction
    value, low, high, new_low, new_high = (
        math.nan if x is None else factor * x for x in (mean.estimate, mean.low, mean.high, new.low, new.high)
    )
    rows = [Row(f"Mean of {pool.analysis.studies} studies", value, low, high, "Hartung-Knapp", pool.group, MEAN)]
    if math.isfinite(new_low):
        rows.append(Row("A new study", value, new_low, new_high, "prediction interval", pool.group, PREDICTED))
    return rows


def evidence_table(found: Context, *, name: str = "evidence") -> Table | Prose:
    """A row a published result: study, design, arms, value, whether it is in a pool, and its source."""
    findings = [*found.rows, *found.contrasts]
    if not findings:
        return Prose("*The published facts hold nothing on this endpoint.*")
    pooled = {id(one) for pool in found.pools.values() for one in pool.members}
    rows = [
        {
            "Study": f"{one.study} ({one.design})",
            "Arms and counts": ", ".join(filter(None, [one.arm, one.called, one.counts])),
            "Result": _written(one, _writer(found, one)),
            "In a pool": "yes" if id(one) in pooled else f"no: {one.why or f'fewer than {found.fewest} such'}",
            "Source": one.reference,
            "Group": one.group,
        }
        for one in findings
    ]
    frame = pd.DataFrame(rows)
    if found.measure.kind == TIME:
        frame = frame.drop(columns="In a pool")
    left = [column for column in ("Arms and counts", "In a pool", "Source") if column in frame]
    published = found.rows or found.contrasts  # odds ratios beside rates are derived from these, notes and all
    notes = [f"{one.study}, {one.arm}: {one.note}." for one in published if one.note]
    note = f"{100 * found.level:g}% CI where counts allow one (Wilson), otherwise as printed."
    return Table(
        frame, name, f"{found.measure.title}: what is published", ("published",), left=left, groups="Group",
        notes=[note if found.measure.kind == RATE else "Intervals as printed.", *dict.fromkeys(notes)],
    )  # fmt: skip


def _writer(found: Context, one: Finding) -> Callable[[float], str]:
    if found.measure.kind == TIME:
        return number
    return ratio if " vs " in one.arm else percent


def _written(one: Finding, write: Callable[[float], str]) -> str:
    """A result with its interval; a median or a limit that the loaded trial does not reach is named so."""
    absent = NOT_REACHED if write is number and one.source != "published" else NOT_ESTIMABLE
    low, high = (None, None) if math.isnan(one.low) and math.isnan(one.high) else (one.low, one.high)
    return interval(one.value, low, high, write, absent=absent)


def context_points(found: Context, own: Own) -> list[str]:
    """Key points: what there is, what pools expect of a new study, and where the loaded trial's numbers lie."""
    findings = found.rows or found.contrasts
    if not findings:
        return [f"{found.measure.title}: the published facts hold nothing on it."]
    designs = Counter({one.study: one.design for one in findings}.values())
    by_design = listed([f"{n} {_plural(design, n)}" for design, n in designs.items()])
    pools = [_pool_point(pool) for pool in found.pools.values()]
    if not pools:
        why = (
            "medians come without the error that weights need"
            if found.measure.kind == TIME
            else f"no regimen or question has {found.fewest} studies that may be pooled"
        )
        pools = [f"**Nothing is pooled:** {why}. The rows stand beside each other, each with its own interval."]
    return [
        f"**{escaped(found.measure.title)}:** {many(len(findings), 'published result')} of {by_design}.",
        *pools,
        *_trials(found),
        _own_point(found, own),
    ]


def _plural(design: str, n: int) -> str:
    words = {
        "randomised": ("randomised trial", "randomised trials"),
        "cohort": ("cohort", "cohorts"),
        "single arm": ("single-arm trial", "single-arm trials"),
        "pooled estimate": ("pooled estimate", "pooled estimates"),
    }
    return words.get(design, (f"of {design}",) * 2)[n > 1]


def _pool_point(pool: Pool) -> str:
    found, new = pool.analysis, pool.prediction
    designs = listed(list(dict.fromkeys(one.design for one in pool.members)))
    criteria = list(dict.fromkeys(one.called or "not named" for one in pool.members))
    mixed = f" They mix criteria ({listed(criteria)})." if len(criteria) > 1 else ""
    predicted = (
        f"A new study of this kind is expected between {_limits(new)} ({100 * found.prediction.level:g}% prediction "
        "interval)"
        if new.low is not None
        else "Three studies are the fewest from which a new one can be predicted"
    )
    return (
        f"**{escaped(pool.group)}:** mean {with_interval(pool.mean)} over {found.studies} studies ({designs}). "
        f"{predicted}; {100 * found.heterogeneity.i_squared:.0f}% of the variation is beyond chance (I-squared).{mixed}"
    )


def _limits(new: Result) -> str:
    low, _, high = quote(new, "interval").partition(" to ")
    sign = "%" if new.scale == "proportion" else ""
    return f"{low}{sign} and {high}{sign}"


def _trials(found: Context) -> list[str]:
    """The randomised comparisons one by one: they answer different questions."""
    lines = [
        f"{escaped(one.study)}, {escaped(within(one.group))}: {_written(one, ratio)}"
        for one in found.contrasts
        if one.design == "randomised" and not one.why
    ]
    title = "Hazard ratios" if found.measure.kind == RATIO else "Odds ratios"
    return [f"**{title} of the randomised comparisons:** {'; '.join(lines)}."] if lines else []


def _own_point(found: Context, own: Own) -> str:
    if own.why:
        return f"**The loaded trial** is not beside them: {escaped(own.why)}."
    listing = [f"{escaped(one.arm)} {_written(one, _writer(found, one))}" for one in own.rows or own.contrasts]
    return f"**The loaded trial ({(own.rows or own.contrasts)[0].design}):** {'; '.join(listing)}."
