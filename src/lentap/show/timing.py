"""A change on the way in print: every way to compare changed with not changed, and the follow-up each one counts."""

import math
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from lentap.adam.rules import DAYS
from lentap.results import Result
from lentap.show.figure import Figure
from lentap.show.forest import Row, forest
from lentap.show.format import duration, escaped, interval, number, p_phrase, quote, within, without_unit
from lentap.show.prose import Prose, side, with_interval
from lentap.show.record.timing import NAIVE, VARYING, Landmark, Timing
from lentap.show.survival import step_curves
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.show.theme import NEUTRAL_STYLE, THIRD, Style
from lentap.sources import Source
from lentap.stats.kaplan_meier import KaplanMeier
from lentap.stats.rates import rate

CHANGED = Style(THIRD, "solid", "diamond", "━━━")
UNCHANGED = replace(NEUTRAL_STYLE, dash="dash", symbol="square", stroke="━ ━")
YEAR = DAYS["years"]
NOT_SHOWN = Prose("*Not shown, for the reason given in the key points.*")


def timing_forest(found: Timing, *, source: Source, name: str = "timing") -> Figure | Prose:
    """Hazard ratios of changed over not changed: naive, by a status that changes, and from landmarks on."""
    if found.course.gap:
        return NOT_SHOWN
    done, unit = found.course.done, found.course.unit
    groups = {NAIVE: "By what happened later"}
    varying = "By status at the time"
    labels = {NAIVE: f"Ever over never {done}", VARYING: "Cox model, time-varying"}
    rows = [
        _row(labels.get(analysis, analysis.capitalize()), one, groups.get(analysis, varying), _style(analysis))
        for analysis, one in found.ratios.items()
    ]
    group = "By status at a landmark, from there on"
    for one in found.landmarks:
        label = f"Landmark {duration(one.time, unit)}"
        if one.ratio:
            rows.append(_row(label, one.ratio, group, CHANGED))
        else:
            rows.append(Row(label, math.nan, detail=one.why, group=group))
    return forest(
        rows,
        name=name,
        title=f"Hazard ratio, {done} over not {done}",
        what=f"Hazard ratios of {done} over not {done} patients by way of counting.",
        source=source,
        reference=1.0,
        sides=(f"slower if {done}", f"faster if {done}"),
        ratio=True,
        decimals=2,
    )


def naive_curves(found: Timing, *, source: Source, name: str = "naive") -> Figure | Prose:
    """Kaplan-Meier curves of ever and never changed, as if the change had been known at the start."""
    if found.course.gap:
        return NOT_SHOWN
    since = _since(found)
    return _curves(found, found.naive, since, "Kaplan-Meier curves by what happened later,", source, name)


def changing_curves(found: Timing, *, source: Source, name: str = "simon-makuch") -> Figure | Prose:
    """Simon and Makuch's curves: who changes leaves the one and joins the other."""
    if found.curves is None:
        return NOT_SHOWN
    done = found.course.done
    curves = {f"Not yet {done}": found.curves.unchanged, done.capitalize(): found.curves.changed}
    what = "Simon-Makuch curves by a status that changes,"
    return _curves(found, curves, _since(found), what, source, name)


def landmark_curves(found: Timing, time: float, *, source: Source, name: str = "landmark") -> Figure | Prose:
    """Kaplan-Meier curves from one of the landmarks on, by status at it."""
    if found.course.gap:
        return NOT_SHOWN
    unit, done = found.course.unit, found.course.done
    one = next(landmark for landmark in found.landmarks if landmark.time == time)
    if one.analysis is None:
        return Prose(f"*Not shown from {duration(time, unit)} on: {one.why}.*")
    unchanged, changed = one.analysis.curves.values()
    by = f"{done} by {duration(time, unit)}"
    curves = {f"Not {by}": unchanged, by.capitalize(): changed}
    return _curves(found, curves, "the landmark", "Kaplan-Meier curves from a landmark on", source, name)


def counted_table(found: Timing, *, source: Source, name: str = "counted") -> Table | Prose:
    """Follow-up, events and rates by status, as the naive comparison counts them and as they were lived."""
    if found.course.gap:
        return NOT_SHOWN
    course, (never, ever) = found.course, found.naive
    rows = course.split.rows
    years = (rows["time"] - rows["entry"]) * DAYS[course.unit] / YEAR
    changes, after = course.ever[rows["subject"]], rows["changed"].to_numpy(bool)
    wrong, right = "By what happened later", "By status at the time"
    parts = [
        (wrong, never, ~changes),
        (wrong, ever, changes),
        (wrong, f"of which before the {course.act}", changes & ~after),
        (right, f"Not yet {course.done}", ~after),
        (right, course.done.capitalize(), after),
    ]
    level = next(iter(found.naive.values())).level
    lines = []
    for group, label, part in parts:
        events, time = int(rows["event"][part].sum()), float(years[part].sum())
        immortal = group == wrong and events == 0 and label.startswith("of which")
        per = rate(events, time / 100, level=level)
        lines.append(
            {
                "Status": label,
                "Patients": str(rows["subject"][part].nunique()),
                "Events": str(events),
                "Person-years": number(time),
                "Per 100 person-years": ABSENT if immortal else interval(per.value, per.low, per.high),
                "Counted": group,
            }
        )
    note = f"Rates with {100 * level:g}% CI (Garwood). Who is {course.done} later cannot have the event before."
    caption = "Where follow-up and events count"
    return Table(pd.DataFrame(lines), name, caption, (source,), groups="Counted", notes=(note,))


def landmark_table(found: Timing, *, source: Source, name: str = "landmarks") -> Table | Prose:
    """A row a landmark: who is compared, who is left out, and the hazard ratio from there on."""
    if found.course.gap:
        return NOT_SHOWN
    course = found.course
    columns = {
        f"Landmark ({course.unit})": [_bare(one.time, course.unit) for one in found.landmarks],
        "Hazard ratio": [without_unit(one.ratio) if one.ratio else ABSENT for one in found.landmarks],
        "p": [quote(one.ratio, "p") if one.ratio else ABSENT for one in found.landmarks],
        course.done.capitalize(): [_events(one, "changed") for one in found.landmarks],
        f"Not {course.done}": [_events(one, "unchanged") for one in found.landmarks],
        f"{course.done.capitalize()} later": [_count(one, "changed_later") for one in found.landmarks],
        "Left out": [_left_out(one) for one in found.landmarks],
    }
    level = next(iter(found.naive.values())).level
    why = [f"{duration(one.time, course.unit)}: {one.why}." for one in found.landmarks if one.why]
    notes = (
        f"Events / patients from the landmark on, by status at it; {100 * level:g}% CI; p of Wald's test.",
        "Left out: with the event / no longer followed before the landmark.",
        *why,
    )
    return Table(pd.DataFrame(columns), name, "From each landmark on", (source,), notes=notes)


def timing_points(found: Timing) -> list[str]:
    """Key points: what the naive comparison says, what is left once nobody is changed before the change, and why."""
    course = found.course
    if found.bias is None or found.share is None or found.test is None:
        return [f"Whether the {course.act} prolongs life cannot be shown here: {course.gap}."]
    naive, varying = found.ratios[NAIVE], found.ratios[VARYING]
    adjusted = [f"{what} {with_interval(one)}" for what, one in found.ratios.items() if what not in (NAIVE, VARYING)]
    late = _late(course.split.too_late, course.done)
    analysed = [one.ratio for one in found.landmarks if one.ratio]
    marks = [f"{with_interval(one)} at {one.labels['landmark']}" for one in analysed]
    p = float("nan") if found.test.p_value is None else found.test.p_value
    return [
        f"{escaped(course.label)}: {int(course.ever.sum())} of {course.time.size} patients were {course.done} while "
        f"followed; {int(course.event.sum())} had the event.{late}",
        f"**Groups formed afterwards.** Hazard ratio of ever over never {course.done}: {with_interval(naive)}.",
        f"**A status that changes.** Hazard ratio of {course.done} over not yet {course.done}: "
        f"{with_interval(varying)}; {_reading(varying)}. Mantel-Byar test: {p_phrase(p)}.",
        f"**Immortal time.** {quote(found.share, 'estimate')} of the follow-up that the naive comparison counts as "
        f"{course.done} was lived before the {course.act}, when they could not have the event. The naive hazard ratio "
        f"is {with_interval(found.bias)} times the other.",
        f"**The same,** {'; '.join(adjusted)}." if adjusted else "",
        f"**From a landmark on.** Hazard ratio of {course.done} over not {course.done} at it: {'; '.join(marks)}."
        if marks
        else "**Landmarks:** none can be analysed.",
    ]


def known_table(found: Timing, answers: Mapping[str, Mapping[str, float]], *, name: str = "known") -> Table:
    """Numbers of this page beside those that R's package survival gives for the same patients.

    Parameters
    ----------
    answers
        Of the references, by id and part.
    """
    naive, varying, adjusted = found.ratios.values()
    listed: list[tuple[str, Result | None, str, str]] = [
        ("Hazard ratio, ever against never", naive, "immortal-heart", "naive.value"),
        ("Hazard ratio, time-varying", varying, "time-varying-heart", "value"),
        (f"Hazard ratio, {next(iter(found.course.adjustments))}", adjusted, "time-varying-heart-adjusted", "value"),
        ("Naive over time-varying hazard ratio", found.bias, "immortal-heart", "bias.value"),
        ("Mantel-Byar test, chi-squared", found.test, "mantel-byar-heart", "statistic"),
        *(
            (f"Hazard ratio from day {one.time:g} on", one.ratio, f"landmark-heart-{one.time:g}", "hazard_ratio.value")
            for one in found.landmarks
        ),
    ]
    rows = [
        {
            "Quantity": words,
            "This page": number(_value(one), 5),
            "R, survival": number(float(answers[key][part]), 5),
        }
        for words, one, key, part in listed
        if key in answers
    ]
    return Table(pd.DataFrame(rows), name, "Stanford heart transplants: this page and R", ("published",))


def _curves(
    found: Timing, curves: Mapping[str, KaplanMeier], since: str, what: str, source: Source, name: str
) -> Figure:
    styles = dict(zip(curves, (UNCHANGED, CHANGED), strict=True))
    unit = found.course.unit
    return step_curves(
        curves, styles=styles, unit=unit, since=since, what=what, source=source, name=name, group="Status"
    )


def _row(label: str, found: Result, group: str, style: Style) -> Row:
    value, low, high = (math.nan if x is None else x for x in (found.estimate, found.low, found.high))
    return Row(label, value, low, high, quote(found, "counts"), group, style)


def _style(analysis: str) -> Style:
    return UNCHANGED if analysis == NAIVE else CHANGED


def _bare(time: float, unit: str) -> str:
    return duration(time, unit).removesuffix(f" {unit}")


def _since(found: Timing) -> str:
    """What time counts from, as the end of an axis title."""
    words = within(found.course.since.strip().rstrip("."))
    return words if 0 < len(words) <= 30 else "origin"


def _events(one: Landmark, state: str) -> str:
    if one.analysis is None:
        return ABSENT
    curve = one.analysis.curves[state]
    return f"{int(curve.events.sum())} / {curve.n}"


def _count(one: Landmark, what: str) -> str:
    return ABSENT if one.analysis is None else str(getattr(one.analysis, what))


def _left_out(one: Landmark) -> str:
    return ABSENT if one.analysis is None else f"{one.analysis.excluded_events} / {one.analysis.excluded_censored}"


def _late(patients: int, done: str) -> str:
    return (
        f" {patients} were {done} after their follow-up for it had ended, and count as not {done}." if patients else ""
    )


def _reading(result: Result) -> str:
    match side(result):
        case "above":
            return "the interval lies above 1, the event coming at a faster rate in who had it"
        case "below":
            return "the interval lies below 1, the event coming at a slower rate in who had it"
    return "the interval includes 1, so that neither order is excluded" if result.estimate else "not estimable"


def _value(result: Result | None) -> float:
    return math.nan if result is None or result.estimate is None else result.estimate
