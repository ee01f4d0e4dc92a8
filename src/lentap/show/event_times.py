"""Times of adverse events in print: rates, onset and length, mean number of events, and the first severe one."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lentap.design import Design
from lentap.results import Result
from lentap.show.figure import Figure
from lentap.show.forest import Row, forest
from lentap.show.format import (
    NOT_ESTIMABLE,
    escaped,
    interval,
    listed,
    number,
    one_or_experimental,
    p_phrase,
    percent,
    records,
    within,
)
from lentap.show.prose import Prose, side, with_interval
from lentap.show.record.event_times import MONTH, EventTimes
from lentap.show.rising_curves import Rise, rising_curves
from lentap.show.small_cells import HIDDEN, is_small, small_cell_notes
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.show.theme import Style, arm_styles
from lentap.show.timing import NOT_SHOWN
from lentap.sources import Source
from lentap.stats.estimate import Estimate

NO_EVENT = Prose("*No adverse event began while patients were watched.*")


def incidence_curves(found: EventTimes, *, design: Design, source: Source) -> Figure | Prose:
    """Cumulative incidence of the first severe event by arm, death competing."""
    if found.watched.gap:
        return NOT_SHOWN
    if not found.incidence:
        return Prose("*No curve of severe events: the events have no grade, or no grade that high.*")
    rises, hidden = {}, []
    for arm, curve in found.incidence.items():
        if arm not in found.incidence_steps:
            hidden.append(arm)
            continue
        events = np.cumsum(curve.events[:, 0])
        ends = found.severe_times.loc[found.severe_times["arm"].astype(str) == arm, "time"].to_numpy(float)
        value, low, high = (100 * part[:, 0] for part in (curve.incidence, curve.low, curve.high))
        rise = Rise(curve.time, value, low, high, curve.at_risk, events, ends)
        rises[arm] = rise.at(found.incidence_steps[arm].kept)
    what = f"Cumulative incidence of the first event of {found.severe}, death competing, in percent:"
    measure = f"Patients with {found.severe} (%)"
    return _rising(found, rises, hidden, measure, what, "first-severe", share=True, design=design, source=source)


def count_curves(found: EventTimes, *, design: Design, source: Source) -> Figure | Prose:
    """Mean number of events a patient has had by each time, by arm."""
    if found.watched.gap:
        return NOT_SHOWN
    rises, hidden = {}, []
    for arm, curve in found.counts.items():
        if arm not in found.count_steps:
            hidden.append(arm)
            continue
        of_arm = found.watched.subjects[found.watched.subjects["arm"].astype(str) == arm]
        events, ends = np.cumsum(curve.events), of_arm["exposure"].to_numpy(float) / MONTH
        rise = Rise(curve.time / MONTH, curve.mean, curve.low, curve.high, curve.at_risk, events, ends)
        rises[arm] = rise.at(found.count_steps[arm].kept)
    measure, what = "Mean number of events per patient", f"Mean cumulative number of events ({within(found.of)}):"
    return _rising(found, rises, hidden, measure, what, "mean-count", share=False, design=design, source=source)


def _rising(
    found: EventTimes, rises: Mapping[str, Rise], hidden: list[str], measure: str, what: str, name: str, *, share: bool,
    design: Design, source: Source,
) -> Figure | Prose:  # fmt: skip
    if not any(rise.events[-1] for rise in rises.values()):
        return Prose(f"*Curves are hidden: fewer than {found.smallest} patients.*") if hidden else NO_EVENT
    return rising_curves(
        rises, styles=arm_styles(design), unit="months", since="first treatment", measure=measure, level=found.level,
        what=what, source=source, name=name, share=share, smallest=found.smallest,
    )  # fmt: skip


def rate_plot(found: EventTimes, *, design: Design, source: Source, name: str = "rates") -> Figure | Prose:
    """Ratios of the rates of first events between arms, kinds and groups in rows."""
    if found.watched.gap:
        return NOT_SHOWN
    contrasts = found.first[1]
    if contrasts.empty:
        return NO_EVENT
    control, styles = design.control.name, arm_styles(design)
    over = one_or_experimental(contrasts["arm"].astype(str))
    rows = [
        _ratio_row(row, control, styles[str(row["arm"])])
        for row in records(contrasts.sort_values("arm", kind="stable"))
        if not {(row["term"], str(row["arm"])), (row["term"], control)} & found.small
    ]
    return forest(
        rows, name=name, title="Ratio of the rates of first events", source=source, reference=1.0, ratio=True,
        sides=(f"lower on {over}", f"higher on {over}"), decimals=2,
        what=f"Ratio of exposure-adjusted incidences over {control}, with {100 * found.level:g}% CI.",
    )  # fmt: skip


def _ratio_row(row: Mapping[str, Any], control: str, style: Style) -> Row:
    """Ratio of two rates; the label says so where control had no event, so that there is none."""
    years = f"{row['person_years']:.1f} against {row['count_control']} in {row['person_years_control']:.1f}"
    detail, group = f"{row['count']} in {years} patient-years", f"{row['arm']} over {control}"
    if not row["count_control"]:
        return Row(f"{row['term']}, none on {control}", math.nan, detail=detail, group=group, style=style)
    return Row(row["term"], row["rate_ratio"], row["ratio_low"], row["ratio_high"], detail, group, style)


def rate_table(found: EventTimes, *, design: Design, source: Source, name: str = "rate-table") -> Table | Prose:
    """Share of patients, rate of first events and rate of all events, a row a kind or group and arm."""
    if found.watched.gap:
        return NOT_SHOWN
    if found.first[0].empty:
        return NO_EVENT
    control = design.control.name
    ratios = {
        (counting, row["term"], str(row["arm"])): row
        for counting, (_, contrasts) in (("first", found.first), ("all", found.every))
        for row in records(contrasts)
    }
    rows = []
    for one, every in zip(records(found.first[0]), records(found.every[0]), strict=True):
        key = (one["term"], str(one["arm"]))
        hidden = key in found.small
        beside = hidden or (one["term"], control) in found.small
        rows.append(
            {
                "Event": one["term"],
                "Arm": key[1],
                "Patients (%)": HIDDEN if hidden else f"{one['subjects']} ({percent(one['subjects'] / one['n'])}%)",
                "First events per 100 patient-years": _rate(one, hidden),
                "Ratio": _ratio(ratios.get(("first", *key)), beside),
                "All events per 100 patient-years": _rate(every, hidden),
                "Ratio, all events": _ratio(ratios.get(("all", *key)), beside),
            }
        )
    notes = (
        f"With {100 * found.level:g}% CI; ratios over {control}. The interval of all events takes them for independent "
        "and is too narrow where they cluster in patients.",
        *found.watched.notes,
        *small_cell_notes(found.smallest),
    )
    caption = "How often events came"
    return Table(pd.DataFrame(rows), name, caption, (source,), groups="Event", notes=_few(notes, found.smallest))


def _few(notes: tuple[str, ...], smallest: int) -> tuple[str, ...]:
    """Notes, those that end in a number of patients or events left out where small cells are hidden."""
    return notes if smallest <= 1 else tuple(note for note in notes if not note[-2].isdigit())


def _rate(row: Mapping[str, Any], hidden: bool) -> str:
    return HIDDEN if hidden else interval(row["rate"], row["low"], row["high"], _per)


def _per(rate: float) -> str:
    """A rate per 100 patient-years, with a decimal where it has few digits."""
    return number(rate, 1 if rate < 100 else 0)


def _ratio(row: Mapping[str, Any] | None, hidden: bool) -> str:
    if row is None:
        return "reference"
    if hidden:
        return HIDDEN
    if not math.isfinite(row["rate_ratio"]):
        return f"at least {number(row['ratio_low'], 2)}" if row["count"] else ABSENT
    return interval(row["rate_ratio"], row["ratio_low"], row["ratio_high"], lambda value: number(value, 2))


def _terms(found: EventTimes) -> list[str]:
    """Kinds and groups in the order of the rates."""
    table = found.first[0]
    return [str(term) for term in table["term"].drop_duplicates()] if len(table) else []


def onset_plot(found: EventTimes, *, design: Design, source: Source, name: str = "onset") -> Figure | Prose:
    """Day of the first event, median and quartiles of those who had it, by kind or group and arm."""
    if found.watched.gap:
        return NOT_SHOWN
    styles = arm_styles(design)
    order = [one.name for one in (*design.experimental, design.control)]
    terms = _terms(found)
    days = {(row["term"], row["arm"]): row for row in records(found.onsets)}
    rows = [
        Row(arm, one["median"], one["q1"], one["q3"], f"{one['subjects']} patients", term, styles[arm])
        for term in terms
        for arm in order
        if (one := days.get((term, arm))) and (term, arm) not in found.small
    ]
    if not rows:
        return NO_EVENT if found.onsets.empty else Prose(f"*Hidden: fewer than {found.smallest} patients.*")
    return forest(
        rows, name=name, title="Day of the first event (median, quartiles)", source=source, decimals=0,
        what="Day of the first event since the first treatment, median and quartiles of the patients who had it.",
    )  # fmt: skip


def onset_table(found: EventTimes, *, source: Source, name: str = "onset-table") -> Table | Prose:
    """Onset of the first event, episodes, how many resolved and how long they lasted, a row a kind or group and arm."""
    if found.watched.gap:
        return NOT_SHOWN
    if found.onsets.empty:
        return NO_EVENT
    place = found.onsets["term"].map({term: i for i, term in enumerate(_terms(found))})
    rows = []
    for one in records(found.onsets.assign(place=place).sort_values(["place", "arm"], kind="stable")):
        cells = {
            "Patients": str(one["subjects"]),
            "Day of the first": interval(one["median"], one["q1"], one["q3"], _whole),
            "Episodes": str(one["episodes"]),
            "Resolved (%)": _resolved(one, found.smallest),
            "Days each lasted": interval(
                one["length"], one["length_low"], one["length_high"], _whole, absent="not reached"
            )
            if one["episodes"]
            else ABSENT,
        }
        hidden = (one["term"], one["arm"]) in found.small
        rows.append({"Event": one["term"], "Arm": one["arm"], **(dict.fromkeys(cells, HIDDEN) if hidden else cells)})
    notes = (
        f"Day of the first: median (quartiles). Days each lasted: Kaplan-Meier median ({100 * found.level:g}% CI, as "
        "if episodes were independent), without episodes that end before they begin or resolved on an unknown day.",
        *small_cell_notes(found.smallest),
    )
    return Table(
        pd.DataFrame(rows), name, "When events came, and how long they lasted", (source,), groups="Event", notes=notes
    )


def _resolved(one: Mapping[str, Any], smallest: int) -> str:
    """Percent of episodes that resolved, unless few of them did or did not."""
    episodes, resolved = one["episodes"], one["resolved"]
    if is_small(resolved, smallest) or is_small(episodes - resolved, smallest):
        return HIDDEN
    return percent(resolved / episodes) if episodes else ABSENT


def _whole(days: float) -> str:
    return number(days, 0)


def event_time_points(found: EventTimes, design: Design) -> list[str]:
    """Key points: time watched, first severe event, mean number of events, and rates against shares."""
    if found.watched.gap:
        return [f"The times of adverse events cannot be shown here: {found.watched.gap}."]
    watched = found.watched.subjects
    medians = {str(arm): days.median() / MONTH for arm, days in watched.groupby("arm", observed=True)["exposure"]}
    order = [one.name for one in (*design.experimental, design.control) if one.name in medians]
    parts = [f"{escaped(arm)} {medians[arm]:.1f} months" for arm in order]
    return [
        f"**Watched for events,** median: {listed(parts)}.",
        _severe(found, order),
        *(_apart(result, found.gray.get(arm)) for arm, result in found.incidence_differences.items()),
        _mean_counts(found, order),
        *(_apart(result, None) for result in found.count_differences.values()),
    ]


def _severe(found: EventTimes, order: list[str]) -> str:
    shares = []
    for arm in (one for one in order if one in found.incidence):
        curve = found.incidence[arm]
        at = curve.estimate_at(found.landmark, "event")
        told = arm in found.incidence_steps and found.incidence_steps[arm].landmark
        words = HIDDEN if not told else f"{interval(at.value, at.low, at.high, percent, absent=_absent(at))}"
        shares.append(f"{escaped(arm)} {words}")
    if not shares:
        return ""
    by = f"by {found.landmark:g} months, death competing"
    left = found.severe_times[found.severe_times["time"] >= found.landmark]
    said = f"**First event of {found.severe}** {by}, percent of patients: {listed(shares)}."
    return f"{said} Still at risk then: {_left(left, found, order)}."


def _left(patients: pd.DataFrame, found: EventTimes, order: list[str]) -> str:
    """How many of each arm are still among the patients; hidden where that is small."""
    parts = []
    for arm in order:
        left, of = (int((rows["arm"].astype(str) == arm).sum()) for rows in (patients, found.watched.subjects))
        parts.append(f"{escaped(arm)} {HIDDEN if is_small(left, found.smallest) else f'{left} of {of}'}")
    return listed(parts)


def _absent(at: Estimate) -> str:
    """Why an estimate, or its interval alone, is not there."""
    return "no longer observed" if math.isnan(at.value) else NOT_ESTIMABLE


def _mean_counts(found: EventTimes, order: list[str]) -> str:
    means = []
    for arm in order:
        if arm not in found.count_steps or not found.count_steps[arm].landmark:
            means.append(f"{escaped(arm)} {HIDDEN}")
            continue
        at = found.counts[arm].estimate_at(found.landmark * MONTH)
        means.append(f"{escaped(arm)} {interval(at.value, at.low, at.high, absent=_absent(at))}")
    left = found.watched.subjects[found.watched.subjects["exposure"] >= found.landmark * MONTH]
    said = f"**Mean number of events** ({within(found.of)}) by {found.landmark:g} months: {listed(means)}."
    return f"{said} Still watched then: {_left(left, found, order)}."


def _apart(result: Result, gray: Result | None) -> str:
    arm, control = escaped(result.labels["arm"]), escaped(result.labels["control"])
    if result.estimate is None:
        return f"{arm} minus {control}: not estimable, as an arm is no longer observed then."
    words = f"{arm} minus {control}: {with_interval(result)}"
    if gray is not None and gray.p_value is not None:
        words += f"; Gray's test {p_phrase(gray.p_value)}"
    ends = {
        "above": f"more with {arm}",
        "below": f"more with {control}",
        "across": "the interval includes no difference",
    }
    return f"{words}; {ends[side(result)]}."
