"""Operations in print: what went wrong with them, by arm, and what was measured."""

import math

import pandas as pd

from lentap.design import Design
from lentap.show.adverse_events import adverse_event_plot
from lentap.show.figure import Figure
from lentap.show.format import escaped, interval, listed, number, p_value, percent, records
from lentap.show.prose import Prose, side, with_interval
from lentap.show.record.operations import UNKNOWN, Operations, quartiles
from lentap.show.small_cells import (
    HIDDEN,
    count_text,
    difference_text,
    is_small,
    parts_without_small,
    share_text,
    small_cell_notes,
)
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.show.timing import NOT_SHOWN
from lentap.sources import Source

FEW = 10


def operation_plot(found: Operations, *, design: Design, source: Source, name: str = "operations") -> Figure | Prose:
    """Share of the operated with each outcome by arm, and differences."""
    if found.gap:
        return NOT_SHOWN
    if found.outcomes is None:
        return Prose("*Not shown: the tables tell no outcome of an operation.*")
    table = found.outcomes.patients
    order = [one.name for one in (*design.experimental, design.control)]
    arm = pd.Categorical(table["arm"], categories=[one for one in order if one in set(table["arm"])], ordered=True)
    return adverse_event_plot(
        table.assign(arm=arm), found.outcomes.contrasts, level=found.level, design=design, source=source, name=name
    )


def operation_table(
    found: Operations, *, design: Design, source: Source, name: str = "operation-table"
) -> Table | Prose:
    """Patients with each outcome among those in whom it is known, by arm, with differences."""
    if found.gap:
        return NOT_SHOWN
    if found.outcomes is None:
        return Prose("*Not shown: the tables tell no outcome of an operation.*")
    contrasts = {(row["term"], str(row["arm"])): row for row in records(found.outcomes.contrasts)}
    arms = [arm for arm in found.operated if arm != design.control.name]
    rows = []
    for outcome in found.outcomes.terms:
        of = found.outcomes.patients[found.outcomes.patients["term"] == outcome]
        shares = {
            str(row["arm"]): HIDDEN
            if math.isnan(row["subjects"])
            else f"{count_text(row['subjects'])}/{row['n']} ({percent(row['subjects'] / row['n'])}%)"
            for row in records(of)
        }
        row = {"Outcome": outcome, **{arm: shares.get(arm, ABSENT) for arm in found.operated}}
        for arm in arms:
            suffix = "" if len(arms) == 1 else f", {arm}"
            one = contrasts.get((outcome, arm))
            row[f"Difference (points){suffix}"] = difference_text(one) if one else ABSENT
            row[f"p{suffix}"] = (
                ABSENT if one is None else HIDDEN if math.isnan(one["p_value"]) else p_value(one["p_value"])
            )
        rows.append(row)
    notes = (
        f"Of operated patients in whom it is known. Differences from {design.control.name} with "
        f"{100 * found.level:g}% CI; p of Fisher's exact test.",
        *(found.notes if found.smallest <= 1 else ()),
        *small_cell_notes(found.smallest),
    )
    return Table(pd.DataFrame(rows), name, "How operations went", (source,), notes=notes)


def clavien_table(found: Operations, *, source: Source, name: str = "clavien") -> Table | Prose:
    """Patients by their worst complication, a column a grade."""
    if found.gap:
        return NOT_SHOWN
    if found.clavien is None:
        return Prose("*No complications are shown: adpr does not grade them (CLAVIEN).*")
    rows = []
    for arm in found.clavien:
        n = int(found.clavien[arm].sum())
        parts = parts_without_small(found.clavien[arm], found.smallest)
        cells = {
            str(grade): share_text(part, n) if n else ABSENT
            for grade, part in zip(found.clavien.index, parts, strict=True)
            if grade != UNKNOWN or found.clavien.loc[UNKNOWN].any()
        }
        rows.append({"Arm": f"{arm} ({HIDDEN if is_small(n, found.smallest) else n} operated)", **cells})
    note = "A patient counts once, at the worst grade of the first resection."
    notes = (note, *small_cell_notes(found.smallest))
    return Table(pd.DataFrame(rows), name, "Complications by Clavien-Dindo grade", (source,), notes=notes)


def measure_table(found: Operations, *, source: Source, name: str = "operation-measures") -> Table | Prose:
    """What was measured of operations, median and quartiles by arm, or what the tables do not tell."""
    if found.gap:
        return NOT_SHOWN
    if not found.measures:
        return Prose(f"*Not shown, as the tables do not tell: {listed([escaped(word) for word in found.absent])}.*")
    rows = []
    for label, by_arm in found.measures.items():
        row = {"Measure": label}
        for arm, values in by_arm.items():
            hidden = is_small(len(values), found.smallest)
            words = interval(*quartiles(values), lambda value: number(value, 0)) if len(values) else ABSENT
            known = "" if is_small(found.operated[arm][0] - len(values), found.smallest) else f", n = {len(values)}"
            row[arm] = HIDDEN if hidden else f"{words}{known}" if len(values) else ABSENT
        rows.append(row)
    missing = (f"Not told by the tables: {listed(list(found.absent))}.",) if found.absent else ()
    notes = ("Median (quartiles) of operations with a value.", *missing, *small_cell_notes(found.smallest))
    return Table(pd.DataFrame(rows), name, "What was measured", (source,), notes=notes)


def operation_points(found: Operations, design: Design) -> list[str]:
    """Key points: who was operated on, outcomes by arm with differences, and what is not known."""
    control = design.control.name
    if found.gap:
        return [f"How operations went cannot be shown here: {found.gap}."]
    operated = [
        f"{HIDDEN if is_small(count, found.smallest) else count} of {n} on {escaped(arm)}"
        for arm, (count, n) in found.operated.items()
    ]
    points = [
        f"**Operated on:** {listed(operated)}. What follows compares the operated, whom the treatments have chosen."
    ]
    for outcome in found.outcomes.terms if found.outcomes else ():
        of = found.outcomes.patients[found.outcomes.patients["term"] == outcome]  # type: ignore[union-attr]
        shares = [f"{escaped(str(row['arm']))} {_of(row['subjects'], row['n'])}" for row in records(of)]
        apart = [
            f" {escaped(arm)} minus {escaped(control)}: {with_interval(result)}{_reading(side(result), arm, control)}."
            for (what, arm), result in found.results.items()
            if what == outcome
        ]
        points.append(f"**{escaped(outcome)}:** {listed(shares)}.{''.join(apart)}")
    fewest = min((n for _, n in _sizes(found)), default=FEW)
    if fewest < FEW and found.smallest <= 1:
        points.append(f"An arm has only {fewest} operated patients: single patients move its percentages far.")
    absent = [escaped(word) for word in found.absent]
    return [*points, f"Not told by the tables: {listed(absent)}." if absent else ""]


def _of(count: float, n: int) -> str:
    return HIDDEN if math.isnan(count) else f"{count:.0f} of {n} ({percent(count / n)}%)"


def _sizes(found: Operations) -> list[tuple[str, int]]:
    return [(arm, count) for arm, (count, _) in found.operated.items() if count]


def _reading(where: str, arm: str, control: str) -> str:
    more = {"above": arm, "below": control}
    return f", more with {escaped(more[where])}" if where in more else ", the interval includes no difference"
