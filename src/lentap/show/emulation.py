"""An emulated trial in print: curves of both strategies, and every way of counting at one horizon."""

import numpy as np
import pandas as pd

from lentap.show.curves import Curve, curves
from lentap.show.figure import Figure
from lentap.show.format import NOT_ESTIMABLE, confidence, duration, escaped, number, percent, without_unit
from lentap.show.prose import Prose, side, with_interval
from lentap.show.record.emulation import Counted, Emulation
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.show.timing import CHANGED, UNCHANGED
from lentap.sources import Source


def emulated_curves(found: Emulation, *, source: Source, name: str = "emulated") -> Figure | Prose:
    """Curves of the strategies, weighted for most, and those of the clones without weights."""
    best = found.weighted
    if best is None or best.trial is None:
        return Prose(f"*Not shown: {_why(found)}.*")
    done, grace = found.course.done, duration(found.grace, found.course.unit)
    shown = [
        (f"{done.capitalize()} within {grace}, if possible", best.trial.within, CHANGED),
        (f"Never {done}", best.trial.never, UNCHANGED),
    ]
    lines = []
    for label, curve, style in shown:
        times = np.append(curve.time, found.horizon)
        survival = [100 * value for value in np.append(curve.survival, curve.survival[-1])]
        lines.append(Curve(label, times.tolist(), survival, style, steps=True))
    return curves(
        lines,
        name=name,
        x_title=f"{found.course.unit.capitalize()} since the start",
        y_title=f"{found.course.label}: without the event (%)",
        what=f"Curves of two emulated strategies, {best.how}; the line marks the end of the grace period.",
        source=source,
        x_reference=found.grace,
        y_span=(0, 101),
    )


def emulation_table(found: Emulation, *, source: Source, name: str = "emulation") -> Table | Prose:
    """A row a way of counting: survival of both at the horizon, and how they differ."""
    if not found.ways:
        return Prose(f"*Not shown: {_why(found)}.*")
    course = found.course
    rows = [
        {
            "Counted": one.how[:1].upper() + one.how[1:],
            f"{course.done.capitalize()} (%)": _percent(one.changed),
            f"Not {course.done} (%)": _percent(one.unchanged),
            "Difference (points)": without_unit(one.difference) if one.difference else ABSENT,
            f"Mean difference ({course.unit})": without_unit(one.mean_difference) if one.mean_difference else ABSENT,
            "Clones out": _censored(one),
            "Largest weight": _largest(one),
        }
        for one in found.ways
    ]
    level = next((one.difference.level for one in found.ways if one.difference), None) or np.nan
    notes = [
        f"Without the event by {duration(found.horizon, course.unit)}; restricted means until then; "
        f"{100 * level:g}% CI, of clones by {found.replicates} bootstrap samples.",
        "Clones out: censored as they left their strategy, within the grace period / never.",
        "Largest weight: over the mean one, within / never. Simon and Makuch's curves describe no group of patients.",
        *(f"{one.how[:1].upper()}{one.how[1:]}: {one.why}." for one in found.ways if one.why),
    ]
    caption = f"The same patients, counted in {len(found.ways)} ways"
    return Table(pd.DataFrame(rows), name, caption, (source,), notes=notes)


def emulation_words(found: Emulation) -> Prose:
    """What the emulated trial says, and how it moves what the naive comparison says."""
    best = found.weighted
    if best is None or best.trial is None or best.difference is None or best.mean_difference is None:
        return Prose(f"*No trial could be emulated: {_why(found)}.*")
    course, unit = found.course, found.course.unit
    strategy = f"{course.done} within {duration(found.grace, unit)}, if possible"
    lines = [
        f"**{strategy[:1].upper()}{strategy[1:]}, against never** ({best.how}): by {duration(found.horizon, unit)} "
        f"{percent(best.changed)}% and {percent(best.unchanged)}% are without the event, a difference of "
        f"{with_interval(best.difference)}; restricted mean difference {with_interval(best.mean_difference)}. "
        f"{_reading(best)}"
    ]
    within, never = best.trial.within, best.trial.never
    lines.append(
        f"Each of {within.clones} patients is cloned: {within.events} events count in the strategy to operate and "
        f"{never.events} in the other; {within.censored} and {never.censored} clones leave them."
    )
    naive = found.ways[0]
    if naive.difference and naive.difference.estimate is not None:
        lines.append(
            f"Ever against never {course.done}, counted from the start, gives {with_interval(naive.difference)}."
        )
    samples = best.trial.replicates
    if samples < found.replicates:
        lines.append(f"{found.replicates - samples} of {found.replicates} bootstrap samples had no answer.")
    return Prose("\n".join(f"- {line}" for line in lines))


def _reading(one: Counted) -> str:
    if one.difference is None:
        return ""
    match side(one.difference):
        case "above":
            return "The interval lies on the side of the strategy to operate, as far as the weights remove confounding."
        case "below":
            return "The interval lies on the side of the strategy not to, as far as the weights remove confounding."
    return f"The {confidence(one.difference)} includes no difference."


def _why(found: Emulation) -> str:
    reasons = [found.why, *(one.why for one in found.ways if one.why)]
    return escaped(next(filter(None, reasons), "no strategy could be compared"))


def _percent(share: float) -> str:
    return percent(share) if np.isfinite(share) else ABSENT


def _censored(one: Counted) -> str:
    return f"{one.trial.within.censored} / {one.trial.never.censored}" if one.trial else ABSENT


def _largest(one: Counted) -> str:
    if one.trial is None:
        return ABSENT
    within, never = (number(curve.largest_weight) for curve in (one.trial.within, one.trial.never))
    return f"{within} / {never}".replace(NOT_ESTIMABLE, ABSENT)
