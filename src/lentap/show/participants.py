"""Treatment given, follow-up and selection in print."""

import math
from collections.abc import Mapping
from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd

from lentap.results import Result
from lentap.show.curves import Curve, curves
from lentap.show.figure import Figure
from lentap.show.forest import Row, forest
from lentap.show.format import confidence, escaped, number, quote, records, without_unit
from lentap.show.prose import Prose
from lentap.show.record.participants import Selection
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.show.theme import CONTROL_STYLE, EXPERIMENTAL_STYLES, NEUTRAL_STYLE
from lentap.sources import Source
from lentap.stats.dosing import ENOUGH


def follow_up_table(follow_up: Mapping[str, Result], *, endpoint: str, name: str = "follow-up") -> Table:
    """One row an arm: patients, still followed without the event, and the median potential follow-up."""
    first = next(iter(follow_up.values()))
    heading = f"Median follow-up, {first.unit} ({confidence(first)})"
    rows = [
        {
            "Arm": arm,
            "Patients": found.counts["patients"],
            "Followed without the event": found.counts["still followed"],
            heading: without_unit(found),
        }
        for arm, found in follow_up.items()
    ]
    return Table(pd.DataFrame(rows), name, f"Potential follow-up for {endpoint}, by arm", (first.source,))


def exposure_table(summary: pd.DataFrame, *, source: Source, name: str = "exposure") -> Table:
    """A row an arm and treatment: who had it, for how long, and how much of the planned dose was given."""
    rows = [
        {
            "Treatment": row["treatment"],
            "Treated": f"{row['treated']}/{row['n']}",
            "Doses": _quartiles(row, "given", 1),
            "Months on treatment": _quartiles(row, "months", 1),
            "Relative dose (%)": _quartiles(row, "relative_dose", 0, 100),
            f"{100 * ENOUGH:g}% or more": f"{row['enough']}/{row['known']}",
            "Reduced": str(row["reduced"]),
            **(
                {"Held (AE)": f"{row['held']} ({row['held_for_event']})"}
                if "held_for_event" in row
                else {"Held": str(row["held"])}
            ),
            "Arm": row["arm"],
        }
        for row in records(summary)
    ]
    notes = (
        "Medians (quartiles) of patients who had the treatment. Relative dose: given over planned. Reduced, held: "
        "patients with at least one dose that was; held counts every reason, a planned hold as well (in brackets: held "
        "for an adverse event, AE).",
    )
    return Table(pd.DataFrame(rows), name, "Treatment given, by arm", (source,), groups="Arm", notes=notes)


def _quartiles(row: dict[str, Any], what: str, decimals: int, factor: float = 1.0) -> str:
    middle, low, high = (
        number(factor * row[f"{what}_{part}"], decimals).removesuffix(".0" if what == "given" else "")
        for part in ("median", "q1", "q3")
    )
    return ABSENT if math.isnan(row[f"{what}_median"]) else f"{middle} ({low} to {high})"


def relative_dose_figure(
    by_subject: pd.DataFrame, *, control: str, source: Source, name: str = "relative-dose"
) -> Figure:
    """Share of patients of each arm and treatment who had at least so much of the planned dose."""
    known = by_subject.dropna(subset=["relative_dose"])
    drawn, styles = [], cycle(EXPERIMENTAL_STYLES)
    for (arm, treatment), one in known.groupby(["arm", "treatment"], observed=True):
        doses = np.unique([*(100 * one["relative_dose"]).round(6), 0.0])
        share = [100 * float((100 * one["relative_dose"].round(8) >= dose - 1e-6).mean()) for dose in doses]
        style = CONTROL_STYLE if arm == control else next(styles)
        drawn.append(Curve(f"{treatment}, {arm}", doses.tolist(), share, style, steps_before=True))
    return curves(
        drawn,
        name=name,
        x_title="Relative dose, at least (%)",
        y_title="Patients (%)",
        what="Share of the treated patients who had at least a given part of the planned dose.",
        source=source,
        x_reference=100 * ENOUGH,
        y_span=(0, 101),
    )


def not_shown(what: str, needs: str) -> Prose:
    """Why a section has nothing to show."""
    return Prose(f"Not shown: {what} needs {needs}, which this trial does not have.")


def selection_figure(found: Selection, *, level: float, name: str = "selection") -> Figure:
    """Pooled rates, what they make one expect of a new arm, and the rate that was observed."""
    events, n = found.counts
    rows = [
        Row(
            "TACE arm of LEN-TAP",
            100 * found.observed.value,
            100 * found.observed.low,
            100 * found.observed.high,
            f"{events}/{n}",
            "Observed",
            CONTROL_STYLE,
        )
    ]
    for one in found.pooled:
        for words, estimate in (("pooled rate", one.rate), (f"a new arm of {n}", one.expected)):
            limits = (100 * estimate.low, 100 * estimate.high)
            rows.append(Row(words, 100 * estimate.value, *limits, "", f"{one.study}, {one.design}", NEUTRAL_STYLE))
    return forest(
        rows,
        name=name,
        title="Resection or conversion under TACE alone (%)",
        what=f"Pooled published rates, {100 * level:g}% prediction for an arm of {n}, and the published rate.",
        source="published",
        reference=100 * found.observed.value,
    )


def selection_words(found: Selection, *, spread: float) -> Prose:
    """How likely the observed number or more would be in an arm like those that were pooled."""
    events, n = found.counts
    lines = [
        f"- Were the arm like those of {escaped(one.study)} ({escaped(one.source)}), it would have "
        f"{number(100 * one.expected.low, 1)} to "
        f"{number(100 * one.expected.high, 1)}%; {events} or more of {n} would come with probability "
        f"{quote(one.at_least, 'estimate')}."
        for one in found.pooled
    ]
    ending = f"\n\nStudies are assumed to differ with a standard deviation of {spread:g} on the logit scale."
    return Prose("\n".join(lines) + ending)
