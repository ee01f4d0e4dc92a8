"""What many analyses of the same patients say, in words and tables: where they agree, and which choice moves them."""

import math

import pandas as pd

from lentap.show.format import escaped, listed, number, p_phrase, percent, quote, unit, within
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
    return [first, *(point for arm in found.arms.values() for point in _points_of(found, arm))]


def _points_of(found: Sensitivity, arm: ArmSensitivity) -> list[str]:
    numbers, many = arm.numbers, len(arm.specifications)
    names = f"{escaped(arm.arm)} {'over' if found.all.ratio else 'minus'} {escaped(found.control)}"
    what = "Hazard ratio" if found.all.ratio else "Difference"
    start = f", {with_interval(numbers['reference'])} in the reference analysis" if "reference" in numbers else ""
    return [
        f"**{what}, {names}**{start}. All {many} analyses: {_range(arm)}.",
        _sides(found, arm),
        _mover(found, arm),
        f"**One set of patients.** These {many} estimates vary together as {quote(numbers['effective'], 'estimate')} "
        f"independent ones would: their agreement is no replication. Tested together against no effect in any of them: "
        f"{p_phrase(arm.test.median)} for the median, {p_phrase(arm.test.largest)} for the one furthest out.",
        f"Fewer than {FEW} analyses: their range says little." if many < FEW else "",
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
    if not len(arm.choices) or not arm.choices["explained"].iloc[0] > 0:
        return "**No choice** moves the estimate."
    top = arm.choices[arm.choices["choice"] == arm.choices["choice"].iloc[0]]
    name = str(top["choice"].iloc[0])
    least, most = top.loc[top["median"].idxmin()], top.loc[top["median"].idxmax()]
    ends = [f"{_estimate(found, end['median'])} ({_level(found, name, end['level'])})" for end in (least, most)]
    return (
        f"**What moves the estimate most:** {within(escaped(found.all.multiverse.choices[name].label))}. "
        f"{percent(top['explained'].iloc[0])}% of the variance lies between its levels, whose medians run from "
        f"{ends[0]} to {ends[1]}."
    )


def _level(found: Sensitivity, name: str, level: object) -> str:
    return escaped(found.all.levels[name][str(level)])


def _estimate(found: Sensitivity, effect: float) -> str:
    """An effect as ``influence_of_choices`` has it, as it is printed."""
    return number(printed(found, math.exp(effect) if found.all.ratio else effect), decimals(found))


def movers_table(found: Sensitivity, *, source: Source, name: str = "movers") -> Table | Prose:
    """A row a level, under its choice: how many analyses took it, and the median of their estimates."""
    if not found.arms:
        return NOT_SHOWN
    scale = "hazard ratio" if found.all.ratio else "points"
    rows = [
        {
            "Choice": _heading(found, arm, str(row["choice"]), row["explained"]),
            "Level": found.all.levels[str(row["choice"])][str(row["level"])],
            "Analyses": str(row["specifications"]),
            f"Median ({scale})": _estimate(found, row["median"]),
        }
        for arm in found.arms.values()
        for row in arm.choices.to_dict("records")
    ]
    columns = ["Choice", "Level", "Analyses", f"Median ({scale})"]
    frame = pd.DataFrame(rows or [dict.fromkeys(columns, ABSENT)], columns=columns)
    note = "Choices by the share of the variance of all estimates that lies between their levels; shares do not add up."
    unlike = "Levels went with other choices of their own where some could not be had: medians are not like for like."
    return Table(frame, name, "Which choice moves the estimate", (source,), groups="Choice", notes=(note, unlike))


def _heading(found: Sensitivity, arm: ArmSensitivity, choice: str, explained: float) -> str:
    who = f"{arm.arm}. " if len(found.arms) > 1 else ""
    return f"{who}{found.all.multiverse.choices[choice].label}: {percent(explained)}% of the variance"


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
