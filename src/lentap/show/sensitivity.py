"""What many analyses of the same patients say, in words and tables: where they agree, and which choice moves them."""

import math

import pandas as pd

from lentap.show.format import escaped, listed, number, p_phrase, quote, records, unit, within
from lentap.show.prose import Prose, with_interval
from lentap.show.record.sensitivity import ArmSensitivity, Sensitivity
from lentap.show.specification_curve import NOT_SHOWN, decimals, printed
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.sources import Source

FEW = 10  # specifications of which nothing general can be said


def sensitivity_points(found: Sensitivity) -> list[str]:
    """Key points: how many analyses, where they lie, which choice moves them, and what they say together."""
    label = escaped(found.all.label)
    if found.all.missing:
        return [f"{label}: no analysis can be made, because {escaped(found.all.missing)}."]
    if not found.arms:
        return [f"{label}: none of {found.all.formed} combinations of choices has an estimate, for the reasons below."]
    count = sum(len(arm.specifications) for arm in found.arms.values())
    first = (
        f"{label}: {count} of {found.all.formed} combinations of choices were carried out; the others make no sense "
        "together, repeat one of these or have no estimate. Each stands below with its reason."
    )
    return [first, *found.notes, *(point for arm in found.arms.values() for point in _points_of(found, arm))]


def _points_of(found: Sensitivity, arm: ArmSensitivity) -> list[str]:
    numbers, analyses = arm.numbers, len(arm.specifications)
    names = f"{escaped(arm.arm)} {'over' if found.all.ratio else 'minus'} {escaped(found.control)}"
    what = "Hazard ratio" if found.all.ratio else "Difference"
    start = f", {with_interval(numbers['reference'])} in the reference analysis" if "reference" in numbers else ""
    return [
        f"**{what}, {names}**{start}. All {analyses} analyses: {_range(arm)}.",
        _sides(found, arm),
        _mover(found, arm),
        f"**One set of patients.** These {analyses} estimates vary together as "
        f"{quote(numbers['effective'], 'estimate')} independent ones would: their agreement is no replication. "
        "Tested together against no effect in any of them: "
        f"{p_phrase(arm.test.median)} for the median, {p_phrase(arm.test.largest)} for the one furthest out.",
        f"Fewer than {FEW} analyses: their range says little." if analyses < FEW else "",
    ]


def _range(arm: ArmSensitivity) -> str:
    low, median, high = (quote(arm.numbers[name], "estimate") for name in ("smallest", "median", "largest"))
    return f"median {median}, from {low.removesuffix(unit(arm.numbers['smallest']))} to {high}"


def _sides(found: Sensitivity, arm: ArmSensitivity) -> str:
    many = len(arm.specifications)
    above = _number(arm, "above")
    below = sum(one.found.value < found.null for one in arm.specifications)
    words = ("with a faster rate of events", "with a slower rate of events")
    words = (
        words if found.all.ratio else ("with more patients with the outcome", "with fewer patients with the outcome")
    )
    parts = [f"{number or 'none'} {side}" for number, side in zip((above, below), words, strict=True)]
    if many in (above, below):
        parts = [f"all {many} {words[0] if above == many else words[1]}"]
    apart, intervals = _number(arm, "apart"), f"{100 * found.level:g}% intervals"
    which = f"all {intervals}" if apart == many else f"the {intervals} of {apart or 'none'}"
    return f"**Sides,** seen from {escaped(arm.arm)}: {listed(parts)}; {which} exclude no effect."


def _number(arm: ArmSensitivity, name: str) -> int:
    """Number of specifications behind a recorded share."""
    return int(arm.numbers[name].counts["specifications"].partition("/")[0])


def _mover(found: Sensitivity, arm: ArmSensitivity) -> str:
    moved = arm.changes[arm.changes["median"].abs() > 0]
    if moved.empty:
        paired = arm.changes["pairs"].sum()
        return "**No choice** moves the estimate." if paired else "**No choice** can be changed alone."
    top = records(moved.loc[[moved["median"].abs().idxmax()]])[0]
    verb = "multiplies the hazard ratio by" if found.all.ratio else "changes the difference, in points, by"
    seen = f", from {_change(found, top['smallest'])} to {_change(found, top['largest'])} in {top['pairs']} pairs"
    return (
        f"**What moves the estimate most:** {within(escaped(top['choice']))}. All else alike, {escaped(top['level'])} "
        f"instead of {escaped(top['reference'])} {verb} {_change(found, top['median'])}"
        f"{f' (median{seen} of analyses)' if top['pairs'] > 1 else ' in the one pair of analyses'}."
    )


def _change(found: Sensitivity, effect: float) -> str:
    """A change as ``matched_changes`` has it, as it is printed: a factor of ratios, or percentage points."""
    return number(printed(found, math.exp(effect) if found.all.ratio else effect), decimals(found))


def movers_table(found: Sensitivity, *, source: Source, name: str = "movers") -> Table | Prose:
    """A row a level, under its choice: what it changes in analyses that agree in every other choice."""
    if not found.arms:
        return NOT_SHOWN
    change = "Hazard ratio, times" if found.all.ratio else "Change (points)"
    rows = [
        {
            "Choice": f"{arm.arm}. {heading}" if len(found.arms) > 1 else heading,
            "Level": row["level"],
            "Pairs": str(row["pairs"]),
            change: _change(found, row["median"]) if row["pairs"] else ABSENT,
            "Smallest to largest": " to ".join(_change(found, row[end]) for end in ("smallest", "largest"))
            if row["pairs"] > 1
            else ABSENT,
        }
        for arm in found.arms.values()
        for row in records(arm.changes)
        for heading in [f"{row['choice']}, instead of {row['reference']}"]
    ]
    columns = ["Choice", "Level", "Pairs", change, "Smallest to largest"]
    frame = pd.DataFrame(rows or [dict.fromkeys(columns, ABSENT)], columns=columns)
    notes = (
        "Median and range over pairs of analyses that differ in this choice alone; the choice that moves most first.",
        "Where a level comes to the same patients with the same outcome, nothing changes, and no pair is counted.",
    )
    return Table(frame, name, "Which choice moves the estimate", (source,), groups="Choice", notes=notes)


def choices_table(found: Sensitivity, *, source: Source, name: str = "choices") -> Table | Prose:
    """The choices: the levels of each, the reference first, and why an analyst may take one or another."""
    if found.all.missing:
        return NOT_SHOWN
    choices = found.all.multiverse.choices
    rows = [
        {
            "Choice": choices[key].label,
            "Levels": "; ".join(levels.values()),
            "Why each can be defended": choices[key].why,
        }
        for key, levels in found.all.levels.items()
    ]
    left = ["Levels", "Why each can be defended"]
    caption = "The choices; the first level of each is the reference"
    notes = [f"{words}: {meaning}." for words, meaning in found.all.meanings.items() if words != meaning]
    return Table(pd.DataFrame(rows), name, caption, (source,), left=left, notes=notes)


def left_out_table(found: Sensitivity, *, source: Source, name: str = "left-out") -> Table | Prose:
    """What was not carried out: combinations with how many they are, then what was never among the choices, and why."""
    if found.all.missing:
        return NOT_SHOWN
    rows = [
        {"Left out": one.what, "Combinations": str(one.number) if one.number else ABSENT, "Why": one.why}
        for one in found.all.left_out
    ]
    total = sum(one.number for one in found.all.left_out)
    note = f"{total} of {found.all.formed} combinations; {ABSENT}: never among the choices, so not counted."
    caption = "What was left out, and why"
    return Table(pd.DataFrame(rows), name, caption, (source,), left=["Why"], notes=(note,))
