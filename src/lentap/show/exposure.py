"""Exposure in print: how much of each treatment was given, for how long, what interrupted it, TACE sessions."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import pandas as pd

from lentap.design import Design
from lentap.results import Result
from lentap.show.figure import Figure
from lentap.show.format import confidence, escaped, interval, listed, number, quote, records, slug
from lentap.show.prose import Prose, with_interval
from lentap.show.record.exposure import TACE, Exposure, Given, endings, gaps_between, reasons
from lentap.show.shareable import not_counted, not_singly
from lentap.show.small_cells import HIDDEN, is_small, small_cell_notes
from lentap.show.stacked import Bar, hidden_bars, shareable, stacked_bars
from lentap.show.survival import step_curves
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.show.theme import CONTROL_STYLE, EXPERIMENTAL_STYLES
from lentap.sources import Source
from lentap.stats.dose_changes import HELD, REDUCED

_DONE = {HELD: "Held", REDUCED: "Lowered"}
NOT_SHOWN = Prose("*Not shown, for the reason given in the key points.*")
SESSIONS = ("0", "1", "2", "3", "4 or more")


def exposure_points(
    exposure: Exposure, given: Sequence[Given], sessions: Mapping[str, tuple[Result, pd.Series]]
) -> list[str]:
    """Key points: time on each treatment, dose intensity, holds and reductions, TACE sessions."""
    tace = [
        f"{escaped(arm)} {median.estimate:g} ({int(counts.sum())} sessions in {len(counts)} patients)"
        for arm, (median, counts) in sessions.items()
    ]
    tace_words = f"**TACE sessions,** median: {listed(tace)}." if tace else ""
    if exposure.gap:
        return [f"Doses cannot be shown: {exposure.gap}.", tace_words]
    lasting = [one for one in given if one.median]
    times = [f"{_name(one)} {with_interval(one.median)} months" for one in lasting if one.median]
    relative = [
        f"{_name(one)} {quote(one.relative, 'estimate')}"
        for one in lasting
        if one.relative and one.relative.estimate is not None
    ]
    return [
        f"**Median time on treatment:** {'; '.join(times).replace('months (', '(')}." if times else "",
        f"**Median relative dose intensity:** {'; '.join(relative)}." if relative else "",
        *(
            f"{_name(one)}: held at least once in {_count(one.held)}"
            f"{f', for an adverse event in {_count(one.held_for_event)}' if exposure.has_reasons else ''}"
            f"; lowered in {_count(one.reduced)}."
            for one in lasting
        ),
        "" if exposure.has_reasons else "Why doses were changed is not known here (no column EXADJ in table adex).",
        ""
        if exposure.has_status or not lasting
        else "Who is ongoing in the study is not known here (no column EOSSTT): every last dose counts as an end of "
        "treatment, and times on treatment are too short where treatment goes on.",
        tace_words,
    ]


def _name(one: Given) -> str:
    return f"{escaped(one.treatment)} on {escaped(one.arm)}"


def _count(share: Result | None) -> str:
    if share is None:
        return f"a number of patients that is {HIDDEN}"
    return f"{next(iter(share.counts.values())).replace('/', ' of ')} patients ({quote(share, 'estimate')})"


def given_table(given: Sequence[Given], *, source: Source, smallest: int = 0, name: str = "given") -> Table | Prose:
    """A row a treatment, by arm: patients, cumulative dose, dose a week, relative dose intensity, time."""
    if not given:
        return NOT_SHOWN
    rows = [
        {
            "Treatment": f"{one.treatment} ({one.unit})" if one.unit else one.treatment,
            "Treated": one.treated.counts[one.arm],
            "Cumulative dose": _middle(one, "cumulative", one.cumulative, 0),
            "Dose a week": _middle(one, "per_week", one.per_week, 1) if one.curve else ABSENT,
            "Relative dose intensity (%)": _middle(one, "relative_dose", one.relative, 0, 100),
            "Months on treatment": quote(one.median, "full").replace(" months", "")
            if one.median
            else HIDDEN
            if one.curve
            else ABSENT,
            "Arm": one.arm,
        }
        for one in given
    ]
    level = next((confidence(one.median) for one in given if one.median), "")
    notes = (
        "Doses: medians (quartiles) of those treated. Dose a week: cumulative dose over the weeks from the first dose "
        f"to the last. Months: Kaplan-Meier median{f' ({level})' if level else ''}.",
        *small_cell_notes(smallest),
    )
    return Table(pd.DataFrame(rows), name, "What was given, by arm", (source,), groups="Arm", notes=notes)


def _middle(one: Given, column: str, found: Result | None, decimals: int, factor: float = 1.0) -> str:
    if found is None:
        return HIDDEN
    low, high = one.quartiles[column]
    if found.estimate is None:
        return ABSENT
    return interval(factor * found.estimate, factor * low, factor * high, lambda value: number(value, decimals))


def time_figure(
    given: Sequence[Given], *, design: Design, source: Source, smallest: int = 0, name: str = "time-on-treatment"
) -> Figure | Prose:
    """Share of the treated still on each treatment, by time since its first dose; each step of it is a patient."""
    if smallest > 1:
        return not_singly(smallest)
    shown = [one for one in given if one.curve]
    if not shown:
        return Prose("*Not shown: no treatment of these patients goes on over a time.*")
    others, styles = cycle(EXPERIMENTAL_STYLES), {}
    for one in shown:
        styles[_label(one)] = CONTROL_STYLE if one.arm == design.control.name else next(others)
    return step_curves(
        {_label(one): one.curve for one in shown if one.curve}, styles=styles, unit="months", since="first dose",
        what="Share of patients still on treatment", source=source, name=slug(name), group="Treatment",
        state="Still on treatment",
    )  # fmt: skip


def _label(one: Given) -> str:
    return f"{one.treatment}, {one.arm}"


def changes_table(
    exposure: Exposure, given: Sequence[Given], *, source: Source, name: str = "changes"
) -> Table | Prose:
    """A row a treatment, by arm: holds and reductions, how many, how long, when first."""
    if not given:
        return NOT_SHOWN
    rows, smallest = [], exposure.smallest
    for one in given:
        course = exposure.course(one.arm, one.treatment)
        held = course[course["holds"] > 0]
        rows.append(
            {
                "Treatment": one.treatment,
                "Held": _share(one.held, one.arm),
                "For an adverse event": _share(one.held_for_event, one.arm) if exposure.has_reasons else ABSENT,
                "Holds": str(int(course["holds"].sum())) if one.held else HIDDEN,
                "Days held": _quartiles(held["days_held"], smallest),
                "Omitted doses": _omitted(course, smallest),
                "Lowered": _share(one.reduced, one.arm),
                "First change, day": _quartiles(course["first_change"], smallest),
                "Arm": one.arm,
            }
        )
    notes = (
        "Held, lowered: patients (%) of those treated. Days held: median (quartiles) of patients with a hold, of "
        "treatments given day after day. A hold that belongs to the plan counts as well; the reasons are below.",
        *small_cell_notes(smallest),
    )
    return Table(pd.DataFrame(rows), name, "Interruptions and reductions, by arm", (source,), groups="Arm", notes=notes)


def _omitted(course: pd.DataFrame, smallest: int) -> str:
    if not course["days_held"].isna().all():
        return ABSENT
    return HIDDEN if is_small(int((course["omitted"] > 0).sum()), smallest) else str(int(course["omitted"].sum()))


def _share(share: Result | None, arm: str) -> str:
    if share is None:
        return HIDDEN
    return f"{share.counts[arm]} ({number(100 * (share.estimate or 0))})"


def _quartiles(values: "pd.Series[float]", smallest: int = 0) -> str:
    known = values.dropna()
    if known.empty:
        return ABSENT
    if is_small(len(known), smallest):
        return HIDDEN
    low, middle, high = (float(known.quantile(q)) for q in (0.25, 0.5, 0.75))
    return interval(middle, low, high, lambda value: number(value, 0))


def reasons_table(exposure: Exposure, *, source: Source, name: str = "reasons") -> Table | Prose:
    """Why doses were held or lowered, by arm and treatment, and why treatments ended."""
    found = reasons(exposure)
    daily = set(exposure.rows.loc[exposure.rows["days"] > 1, "treatment"])
    rows = [
        {
            "What and why": f"{_DONE[row['state']]}: {_words(row['reason'])}",
            "Patients": _told(row, "patients"),
            "Doses or intervals": _told(row, "rows"),
            "Days": _told(row, "days") if row["treatment"] in daily else ABSENT,
            "Treatment": f"{row['treatment']}, {row['arm']}",
        }
        for row in records(found)
    ]
    rows += [
        {
            "What and why": f"Ended: {_words(row['ended'])}",
            "Patients": _told(row, "patients"),
            "Doses or intervals": ABSENT,
            "Days": ABSENT,
            "Treatment": f"{row['treatment']}, {row['arm']}",
        }
        for row in records(endings(exposure))
    ]
    if not rows:
        return Prose("*No dose was held or lowered, and no end of a treatment has a reason in table adex.*")
    rows.sort(key=lambda row: row["Treatment"])
    caption = "Why doses were held or lowered, and why treatments ended"
    notes = small_cell_notes(exposure.smallest)
    return Table(pd.DataFrame(rows), name, caption, (source,), groups="Treatment", notes=notes)


def _told(row: Mapping[str, Any], column: str) -> str:
    return HIDDEN if row["hidden"] else number(row[column], 0)


def _words(reason: str) -> str:
    return reason if reason == TACE else reason.lower()


def sessions_figure(
    sessions: Mapping[str, tuple[Result, pd.Series]], *, source: Source, smallest: int = 0, name: str = "sessions"
) -> Figure | Prose:
    """Patients of each arm by number of TACE sessions."""
    if not sessions:
        return Prose("*Not shown: TACE sessions need table adpr, or doses of the category TACE in adex.*")
    bars = [
        Bar(arm, {word: int((counts.clip(upper=4) == i).sum()) for i, word in enumerate(SESSIONS)})
        for arm, (_, counts) in sessions.items()
    ]
    what = "Patients by number of TACE sessions, by arm."
    bars, levels = shareable(bars, SESSIONS, smallest)
    if not bars:
        return hidden_bars(smallest)
    return stacked_bars(bars, levels, word="Sessions", what=what, source=source, name=name)


def sessions_words(exposure: Exposure, sessions: Mapping[str, tuple[Result, pd.Series]]) -> Prose:
    """Days between sessions, by arm."""
    lines = [
        f"- {escaped(arm)}: {_quartiles(gaps)} days from one session to the next, median (quartiles) "
        f"of {len(gaps)} gaps."
        for arm in sessions
        if len(gaps := gaps_between(exposure, arm)) and not is_small(len(gaps), exposure.smallest)
    ]
    return Prose("\n".join(lines))


def counted_table(exposure: Exposure, *, source: Source, name: str = "counted-doses") -> Table | Prose:
    """What became of the rows of adex, and which patients have none."""
    if exposure.smallest > 1:
        return not_counted(exposure.smallest)
    rows = exposure.rows
    masks = {
        "Rows of these patients": rows["first"].notna(),
        "With a dose that is not known": rows["dose"].isna(),
        "With a dose, nothing planned or the plan is 0 (such as a placebo)": rows["dose"].notna()
        & (rows["state"] == ""),
        "With a dose, how much of it in all not known": (rows["dose"] > 0) & rows["given"].isna(),
        "Full dose": rows["state"] == "full",
        "Reduced": rows["state"] == REDUCED,
        "Held": rows["state"] == HELD,
        "Held or reduced, without a reason": rows["reason"] == "not stated",
    }
    lines = [
        {"": what, **{arm: str(int((rows["arm"][mask] == arm).sum())) for arm in exposure.arms}}
        for what, mask in masks.items()
    ]
    treated = set(exposure.courses["USUBJID"])
    none = exposure.subjects["arm"][~exposure.subjects["USUBJID"].isin(treated)]
    lines.append(
        {"": "Patients without a dose above 0", **{arm: str(int((none == arm).sum())) for arm in exposure.arms}}
    )
    return Table(pd.DataFrame(lines), name, "What was counted", (source,))
