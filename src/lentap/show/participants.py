"""Follow-up and selection in print."""

from collections.abc import Mapping

import pandas as pd

from lentap.results import Result
from lentap.show.figure import Figure
from lentap.show.forest import Row, forest
from lentap.show.format import confidence, escaped, number, quote, without_unit
from lentap.show.prose import Prose
from lentap.show.record.participants import Selection
from lentap.show.table import Table
from lentap.show.theme import CONTROL_STYLE, NEUTRAL_STYLE


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
        f"- Were the arm like those of {escaped(one.study)}, it would have {number(100 * one.expected.low, 1)} to "
        f"{number(100 * one.expected.high, 1)}%; {events} or more of {n} would come with probability "
        f"{quote(one.at_least, 'estimate')}."
        for one in found.pooled
    ]
    ending = f"\n\nStudies are assumed to differ with a standard deviation of {spread:g} on the logit scale."
    return Prose("\n".join(lines) + ending)
