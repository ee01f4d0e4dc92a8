"""Adverse events in print: overview, classes and terms with worst grades, groups of terms, and what the numbers say."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from lentap.design import Design
from lentap.event_groups import ASSUMPTION
from lentap.results import Result
from lentap.show.adverse_events import adverse_event_plot
from lentap.show.figure import Figure
from lentap.show.format import escaped, listed, p_phrase, percent, quote, records
from lentap.show.prose import Prose, difference, shares
from lentap.show.record.adverse_events import Counts, Harms
from lentap.show.record.event_records import EVERY_RECORD, PARTS
from lentap.show.small_cells import (
    HIDDEN,
    HIDDEN_PART,
    count_text,
    difference_text,
    is_small,
    parts_without_small,
    share_text,
    small_cell_notes,
    without_small,
)
from lentap.show.table import Table
from lentap.show.tables import ABSENT, grade_table, incidence_table
from lentap.show.timing import NOT_SHOWN
from lentap.sources import Source
from lentap.stats.adverse_event_overview import SEVERE
from lentap.stats.adverse_event_records import GRADES
from lentap.stats.adverse_events import ANY_EVENT, NO_EVENT, NOT_GRADED

SCALES = {
    "AETOXGR": "CTCAE grades 1 to 5 (AETOXGR)",
    "AESEV": "severity, mild, moderate and severe (AESEV), as the table has no CTCAE grades",
}


def overview_plot(found: Harms, *, design: Design, source: Source) -> Figure | Prose:
    """Patients with each kind of event by arm, and differences."""
    return _plot(found, found.overview, design, source, "overview")


def term_plot(found: Harms, *, design: Design, source: Source) -> Figure | Prose:
    """Patients with each frequent term by arm, and differences, greatest excess first."""
    if found.terms is not None and not found.terms.terms:
        return Prose(f"*No single event was seen in at least {found.minimum:g}% of an arm.*")
    return _plot(found, found.terms, design, source, "adverse-events")


def group_plot(found: Harms, *, design: Design, source: Source) -> Figure | Prose:
    """Patients with an event of each group by arm, and differences."""
    return _plot(found, found.groups, design, source, "event-groups")


def _plot(found: Harms, counts: Counts | None, design: Design, source: Source, name: str) -> Figure | Prose:
    if counts is None:
        return NOT_SHOWN
    return adverse_event_plot(
        counts.patients, counts.contrasts, level=found.level, design=design, source=source, name=name
    )


def overview_table(found: Harms, *, design: Design, source: Source) -> Table | Prose:
    """Patients with each kind of event by arm, what the tables cannot tell named in a note."""
    if found.overview is None:
        return NOT_SHOWN
    notes = small_cell_notes(found.smallest)
    return _incidence(
        found,
        found.overview,
        "overview-table",
        ("Kind of event", "Patients with each kind of event"),
        design,
        source,
        notes,
    )


def group_table(found: Harms, *, design: Design, source: Source) -> Table | Prose:
    """Patients with an event of each group by arm."""
    if found.groups is None:
        return NOT_SHOWN
    notes = ("A patient, and an event, may count in several groups.", *small_cell_notes(found.smallest))
    return _incidence(
        found, found.groups, "group-table", ("Group", "Patients with an event of the group"), design, source, notes
    )


def _incidence(
    found: Harms,
    counts: Counts,
    name: str,
    words: tuple[str, str],
    design: Design,
    source: Source,
    notes: Sequence[str],
) -> Table:
    return incidence_table(
        counts.patients, counts.contrasts, level=found.level, control=design.control.name, source=source, name=name,
        heading=words[0], caption=words[1], notes=notes,
    )  # fmt: skip


def member_table(found: Harms, *, source: Source, name: str = "group-terms") -> Table | Prose:
    """The terms of each group that the trial has, and why they are in it."""
    if found.groups is None:
        return NOT_SHOWN
    rows = []
    for group in found.members.values():
        there = {term: why for term, why in group.terms.items() if term.casefold() in found.seen}
        rows.append(
            {
                "Group": group.label,
                "Meant are": group.meaning,
                "Terms seen here": ", ".join(there) or "none",
                "From": "; ".join(dict.fromkeys(_short(why) for why in there.values())) or ABSENT,
                "Terms in all": str(len(group.terms)),
            }
        )
    note = "The groups, their terms and the source of each stand in data/event_groups.yml."
    left = ("Meant are", "Terms seen here", "From")
    return Table(pd.DataFrame(rows), name, "Groups of terms", (source,), left=left, notes=(note,))


def _short(why: str) -> str:
    """A reference by its first authors or name."""
    return why if why == ASSUMPTION else why.split(",")[0].split(".")[0]


def worst_table(found: Harms, *, source: Source) -> Table | Prose:
    """Patients by the worst grade they had."""
    if found.gap:
        return NOT_SHOWN
    if found.worst is None:
        return Prose("*No worst grade is shown: the events have neither CTCAE grades (AETOXGR) nor severity (AESEV).*")
    return grade_table(found.worst, source=source, smallest=found.smallest)


def class_table(found: Harms, *, source: Source, name: str = "classes") -> Table | Prose:
    """System organ classes and their terms: patients, their worst grades, and differences, greatest excess first."""
    if found.classes is None:
        return NOT_SHOWN
    if found.places.empty:
        return Prose(f"*No class of events was seen in at least {found.minimum:g}% of an arm.*")
    sorted_counts = found.classes.by_difference()
    patients = {key: records(rows) for key, rows in sorted_counts.patients.groupby("term", sort=False)}
    contrasts = {(row["term"], str(row["arm"])): row for row in records(sorted_counts.contrasts)}
    grades = _worst_grades(found)
    heading = " / ".join(word.lower() for word in GRADES[found.scale]) if found.scale else ""
    rows = []
    for key, soc, term in _in_order(found, sorted_counts):
        row = {"Class": soc, "Event": "Any of the class" if term == ANY_EVENT else term}
        for one in patients[key]:
            arm = str(one["arm"])
            share, worst = share_text(one["subjects"], one["n"]), grades.get((soc, term, arm), ABSENT)
            if heading and len(patients[key]) > 2:  # in one column, or the table would be too wide
                both = HIDDEN if share == HIDDEN else f"{percent(one['subjects'] / one['n'])}%: {worst}"
                row[f"{arm} (N = {one['n']}), worst grade {heading}"] = both
            else:
                row[f"{arm} (N = {one['n']})"] = share
                row |= {f"{arm}, worst grade {heading}": worst} if heading else {}
        for one in (contrasts[key, str(arm["arm"])] for arm in patients[key] if (key, str(arm["arm"])) in contrasts):
            suffix = "" if len(patients[key]) == 2 else f", {one['arm']}"
            row[f"Difference (points){suffix}"] = difference_text(one)
        rows.append(row)
    notes = (
        f"Classes and terms that at least {found.minimum:g}% of an arm had; {found.unlisted} further terms are not "
        f"listed. Differences with {100 * found.level:g}% CI, not adjusted for their number.",
        *small_cell_notes(found.smallest),
    )
    caption = "Patients with an event, by class and term"
    return Table(pd.DataFrame(rows), name, caption, (source,), groups="Class", notes=notes)


def _in_order(found: Harms, counts: Counts) -> Iterator[tuple[str, str, str]]:
    """Keys with their class and term: classes by their difference, each before its terms."""
    place = found.places.set_index("key")
    keys = counts.terms
    for head in (key for key in keys if place.loc[key, "term"] == ANY_EVENT):
        soc = str(place.loc[head, "soc"])
        yield head, soc, ANY_EVENT
        for key in keys:
            if key != head and place.loc[key, "soc"] == soc:
                yield key, soc, str(place.loc[key, "term"])


def _worst_grades(found: Harms) -> dict[tuple[str, str, str], str]:
    """Patients by worst grade, in the order of the grades, as one text for each class, term and arm."""
    if found.worst_by_class is None:
        return {}
    names = list(GRADES[found.scale])
    return {
        (row["soc"], row["term"], str(row["arm"])): _grades(row, names, found.smallest)
        for row in records(found.worst_by_class)
    }


def _grades(row: Mapping[str, Any], names: list[str], smallest: int) -> str:
    parts = [row[name] for name in (*names, NOT_GRADED)]
    if 0 < sum(parts) < smallest:
        return HIDDEN
    *graded, ungraded = parts_without_small(parts, smallest)
    text = "/".join(HIDDEN_PART if math.isnan(part) else count_text(part) for part in graded)
    return text if ungraded == 0 else f"{text}; {count_text(ungraded)} {NOT_GRADED}"


def harm_points(found: Harms, outcome: str) -> list[str]:
    """Key points: any event, severe ones, events apart and which of them stand out, and what lacks a grade.

    Parameters
    ----------
    outcome
        What counts as an event on the page, in words.
    """
    if found.overview is None or found.apart is None:
        return [f"Adverse events cannot be counted here: {found.gap}."]
    compared = int(found.apart.counts["comparisons"].rpartition("/")[2])
    any_event = found.any_event
    return [
        *(
            [shares(any_event.rates, outcome), *(difference(any_event, arm) for arm in any_event.contrasts)]
            if any_event
            else [f"How many had {outcome} is hidden: too few patients of an arm had it."]
        ),
        *_kinds(found.overview),
        _apart(found.apart, compared, found),
        _flagged(found),
        _ungraded(found),
    ]


def _kinds(counts: Counts) -> Iterator[str]:
    """Severe and serious events: patients by arm."""
    for kind in counts.terms:
        rows = counts.patients[counts.patients["term"] == kind]
        if kind in (*SEVERE.values(), "Serious", "Fatal"):
            parts = [f"{escaped(str(row['arm']))} {share_text(row['subjects'], row['n'])}" for row in records(rows)]
            yield f"**{kind}:** {listed(parts)} patients."


def _apart(apart: Result, compared: int, found: Harms) -> str:
    if not compared:
        return f"No single event was seen in at least {found.minimum:g}% of an arm."
    return (
        f"Of {compared} comparisons of single events (each seen in at least {found.minimum:g}% of an arm), "
        f"{quote(apart, 'estimate')} have an interval that excludes no difference; chance alone would give up to about "
        f"{compared * (1 - found.level):.0f}."
    )


def _flagged(found: Harms) -> str:
    """Which events stand out once the number of comparisons is accounted for."""
    rows = found.flagged
    if rows.empty:
        return ""
    flagged = rows[rows["flagged"]].sort_values("p_value", kind="stable")
    said = f"**All {rows['term'].nunique()} terms,** false discoveries held at {100 * found.false_discovery:g}%: "
    if flagged.empty:
        return f"{said}no event stands out; in Fisher's exact test the least has {p_phrase(rows['p_value'].min())}."
    names = [_name(row, more_arms=len(set(rows["arm"])) > 1) for row in records(flagged.head(5))]
    further = f" and {len(flagged) - 5} more" if len(flagged) > 5 else ""
    return f"{said}{len(flagged)} stand out, {', '.join(names)}{further}."


def _name(row: Mapping[str, Any], *, more_arms: bool) -> str:
    side = "more" if row["risk_difference"] > 0 else "fewer"
    return (
        f"{escaped(row['term'])} ({side} on {escaped(row['arm'])})"
        if more_arms or side == "fewer"
        else escaped(row["term"])
    )


def _ungraded(found: Harms) -> str:
    if found.worst is None:
        return "The events have no grades."
    ungraded = int(found.worst.loc[found.worst["grade"] == NOT_GRADED, "subjects"].sum())
    how = f"**Grades:** {SCALES[found.scale]}."
    by_arm = found.worst[found.worst["grade"] != NO_EVENT].groupby("arm", observed=True)["subjects"]
    hidden = any(is_small(count, found.smallest) for _, counts in by_arm for count in counts)
    if ungraded and (hidden or is_small(ungraded, found.smallest)):
        return f"{how} Some patients have events, but none with a grade."
    return f"{how} {ungraded} patients have events, but none with a grade." if ungraded else how


def _without_total(shown: pd.DataFrame, counted: pd.DataFrame, smallest: int) -> pd.DataFrame:
    """All records go, where the counted ones taken off them would tell of few patients."""
    parts, total = counted["what"].isin(PARTS), counted["what"] == EVERY_RECORD
    left = counted.loc[total, "patients"].sum() - counted.loc[counted["what"] == PARTS[0], "patients"].sum()
    if shown.loc[parts, "patients"].notna().all() and not is_small(left, smallest):
        return shown
    return shown.assign(**{name: shown[name].astype(float).mask(total) for name in ("records", "patients")})


def record_table(counted: pd.DataFrame, *, smallest: int, source: Source, name: str = "event-records") -> Table:
    """What the records lack or leave in doubt, and what the pages do about it; ``counted`` as of ``event_records``."""
    shown = without_small(counted, smallest, by=["patients"], told=["records"])
    shown = _without_total(shown, counted, smallest)
    frame = pd.DataFrame(
        {
            "Records": shown["what"],
            "Number": shown["records"].map(count_text),
            "Patients": shown["patients"].map(count_text),
            "What the pages do": shown["done"],
        }
    )
    caption = "Records of adverse events, and what is in doubt about them"
    left, notes = ("What the pages do",), small_cell_notes(smallest)
    return Table(frame, name, caption, (source,), left=left, notes=notes)
