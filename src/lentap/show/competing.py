"""Time to resection among what competes with it, in print: every comparison of the arms, and what it says."""

import math
from collections.abc import Mapping

import pandas as pd

from lentap.design import Design
from lentap.results import Result
from lentap.show.figure import Figure
from lentap.show.forest import Row, forest
from lentap.show.format import confidence, duration, escaped, listed, p_phrase, quote, without_unit
from lentap.show.incidence import not_shown
from lentap.show.prose import Prose, side, with_interval
from lentap.show.record.competing import CAUSE_SPECIFIC, RESECTION, SUBDISTRIBUTION, Competing, Contrast
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.show.theme import NEUTRAL_STYLE, arm_styles
from lentap.sources import Source

KINDS = {SUBDISTRIBUTION: "Fine-Gray, subdistribution hazard", CAUSE_SPECIFIC: "Cox model, cause-specific hazard"}


def competing_forest(found: Competing, *, design: Design, source: Source, name: str = "hazards") -> Figure | Prose:
    """Hazard ratios of each cause, experimental over control: of the subdistribution and among those still at risk."""
    if not found.contrasts:
        return Prose(f"*Not shown: {found.gap or 'there is no second arm to compare with'}.*")
    rows = []
    for (arm, cause), one in found.contrasts.items():
        group = f"{cause}: {arm} over {design.control.name}"
        ratios = {KINDS[hazard]: ratio for hazard, ratio in one.ratios.items()}
        ratios |= {"Fine-Gray, adjusted for baseline": one.adjusted} if one.adjusted else {}
        for label, ratio in ratios.items():
            style = arm_styles(design)[arm] if label != KINDS[CAUSE_SPECIFIC] else NEUTRAL_STYLE
            value, low, high = (math.nan if x is None else x for x in (ratio.estimate, ratio.low, ratio.high))
            rows.append(Row(label, value, low, high, group=group, style=style))
    return forest(
        rows,
        name=name,
        title="Hazard ratio, experimental over control",
        what="Hazard ratios of each kind of event, experimental over control.",
        source=source,
        reference=1.0,
        sides=(f"sooner on {design.control.name}", "sooner on experimental"),
        ratio=True,
        decimals=2,
    )


def competing_table(found: Competing, *, source: Source, name: str = "competing") -> Table | Prose:
    """A row a kind of first event: incidence by arm at the landmark, the difference, and Gray's test."""
    if found.gap:
        return not_shown(found)
    *treated, last = found.curves
    heads = {last: f"{last} (%)"} | {arm: "Experimental (%)" if len(treated) > 1 else f"{arm} (%)" for arm in treated}
    rows = [
        {
            "What came first": cause,
            **_incidences(found, cause, {arm: heads[arm], last: heads[last]}),
            **_compared(one),
            "Arms": f"{arm} against {one.difference.labels['control']}",
        }
        for (arm, cause), one in found.contrasts.items()
    ] or [{"What came first": cause, **_incidences(found, cause, heads), "Arms": last} for cause in found.causes]
    at = duration(found.landmark, found.unit)
    level = confidence(next(iter(found.incidences.values())))
    notes = (
        f"Cumulative incidence by {at} with {level} (Aalen-Johansen). Events: over the whole follow-up. Gray's test "
        "compares whole curves. No interval is estimable where an arm has no such event by then.",
    )
    frame = pd.DataFrame(rows).fillna(ABSENT)
    return Table(frame, name, f"What came first, by {at}", (source,), groups="Arms", notes=notes)


def _incidences(found: Competing, cause: str, heads: Mapping[str, str]) -> dict[str, str]:
    return {head: without_unit(found.incidences[arm, cause]) for arm, head in heads.items()}


def _compared(one: Contrast) -> dict[str, str]:
    counts = [count.split("/")[0] for count in one.difference.counts.values()]
    return {
        "Events": " and ".join(counts),
        "Difference (points)": without_unit(one.difference),
        "Gray p": quote(one.gray, "p"),
    }


def competing_points(found: Competing) -> list[str]:
    """Key points: how many were resected by the landmark, what came before it for the others, and what tests say."""
    if found.gap:
        return [f"The time to resection cannot be shown here: {found.gap}."]
    at = duration(found.landmark, found.unit)
    shares = [f"{with_interval(found.incidences[arm, RESECTION])} on {escaped(arm)}" for arm in found.curves]
    points = [f"**Resected by {at}:** {listed(shares)}, all patients counted, whatever else came first."]
    for (_, cause), one in found.contrasts.items():
        points.append(_resection(one, at) if cause == RESECTION else _rival(one, cause))
    return points


def _resection(one: Contrast, at: str) -> str:
    ratio, specific = (one.ratios[kind] for kind in (SUBDISTRIBUTION, CAUSE_SPECIFIC))
    arm, control = (escaped(one.difference.labels[name]) for name in ("arm", "control"))
    adjusted = f" Adjusted for baseline {with_interval(one.adjusted)}." if one.adjusted else ""
    return (
        f"{arm} minus {control} at {at}: {with_interval(one.difference)}. Gray's test of the whole curves: "
        f"{_p(one.gray)}. Fine-Gray hazard ratio of resection, {arm} over {control}: "
        f"{with_interval(ratio)}{_reading(ratio, arm, control)}.{adjusted} Among those still waiting (cause-specific): "
        f"{with_interval(specific)}."
    )


def _rival(one: Contrast, cause: str) -> str:
    arm, control = (one.difference.labels[name] for name in ("arm", "control"))
    counts = [f"{one.difference.counts[a].replace('/', ' of ')} patients on {escaped(a)}" for a in (arm, control)]
    specific = one.ratios[CAUSE_SPECIFIC]
    return (
        f"**{escaped(cause)} before any resection:** {listed(counts)}; Gray's test {_p(one.gray)}; cause-specific "
        f"hazard ratio of {escaped(arm)} over {escaped(control)} {with_interval(specific)}."
    )


def _p(test: Result) -> str:
    return "not computable" if test.p_value is None else p_phrase(test.p_value)


def _reading(ratio: Result, arm: str, control: str) -> str:
    match side(ratio):
        case "above":
            return f"; the interval lies above 1, towards sooner or more resections on {arm}"
        case "below":
            return f"; the interval lies below 1, towards sooner or more resections on {control}"
    return "; the interval includes 1" if ratio.estimate else ""
