"""Every interval and test of two proportions in print: a table folded away, and whether they agree."""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from lentap.show.format import escaped, interval, listed, p_value, percent, ratio
from lentap.show.proportions import HEADINGS
from lentap.show.prose import Prose
from lentap.show.record.every_method import NULL, EveryMethod
from lentap.show.several import bullets
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.sources import combine
from lentap.stats.estimate import Estimate


@dataclass(frozen=True)
class Folded:
    """A table behind a line of words, to be unfolded."""

    table: Table
    words: str

    def _repr_html_(self) -> str:
        summary = f"<summary>{html.escape(self.words)}</summary>"
        return f'<details class="lentap-fold">{summary}{self.table._repr_html_()}</details>'

    def __str__(self) -> str:
        return str(self.table)

    __repr__ = __str__


def every_method_table(found: Sequence[EveryMethod], *, name: str = "every-method") -> Folded | Prose:
    """A row a method, a column a kind of number; an interval or test that excludes no difference is marked."""
    if not found:
        return Prose("*Not shown: an arm has no patients in this population.*")
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for one in found:
        heading, pair = HEADINGS[one.source], f"{one.arm} against {one.control}"
        for arm, estimates in one.rates.items():
            for estimate in estimates:
                cells.setdefault((f"{arm}: rate (%)", estimate.method), {})[heading] = _written(estimate, "rate")
        for quantity, estimates in one.intervals.items():
            for estimate in estimates:
                mark = " *" if estimate.low > NULL[quantity] or estimate.high < NULL[quantity] else ""
                words = _written(estimate, quantity) + mark
                cells.setdefault((f"{pair}: {quantity.lower()}", estimate.method), {})[heading] = words
        for test, p in one.tests.items():
            mark = " *" if test in one.rejecting else ""
            cells.setdefault((f"{pair}: tests, p", test), {})[heading] = p_value(p) + mark
    headings = list(dict.fromkeys(HEADINGS[one.source] for one in found))
    frame = pd.DataFrame(
        [
            {"Group": group, "Method": method, **{heading: row.get(heading, ABSENT) for heading in headings}}
            for (group, method), row in cells.items()
        ]
    )
    level = found[0].level
    notes = (
        f"{100 * level:g}% CI. An asterisk marks what excludes no difference: the interval, or a two-sided p below "
        f"{1 - level:.2g}.",
        "Wald's intervals stand here because they are met in print; they cover less often than they say.",
    )
    source = combine(*(one.source for one in found))
    table = Table(frame, name, "Every method on the same counts", source, groups="Group", notes=notes)
    return Folded(table, "All intervals and tests, side by side")


def _written(estimate: Estimate, quantity: str) -> str:
    if quantity not in ("Risk ratio", "Odds ratio"):
        return interval(estimate.value, estimate.low, estimate.high, percent)
    low, high = ("unbounded" if math.isinf(end) else ratio(end) for end in (estimate.low, estimate.high))
    value = "unbounded" if math.isinf(estimate.value) else ratio(estimate.value)
    return f"{value} ({low} to {high})"


def agreement_words(found: Sequence[EveryMethod]) -> Prose:
    """A sentence an arm and kind of number: whether all methods agree about no difference, or which do not."""
    return bullets(_agreement(one) for one in found)


def _agreement(one: EveryMethod) -> str:
    intervals, tests = len(one.excluding) + len(one.including), len(one.tests)
    who = f"**{HEADINGS[one.source]}, {escaped(one.arm)} against {escaped(one.control)}.**"
    if not one.including and not one.keeping:
        return f"{who} All {intervals} intervals exclude no difference, and all {tests} tests reject it: they agree."
    if not one.excluding and not one.rejecting:
        return (
            f"{who} All {intervals} intervals include no difference, and none of {tests} tests rejects it: they agree."
        )
    against = [f"{len(one.including)} of {intervals} intervals include no difference"]
    against += [f"{len(one.keeping)} of {tests} tests do not reject it"]
    rest = min((one.including + one.keeping, one.excluding + one.rejecting), key=len)
    side = "include or do not reject" if rest == one.including + one.keeping else "exclude or reject"
    return (
        f"{who} The methods disagree: {listed(against)}. Those that {side} it: {escaped('; '.join(rest))}. An answer "
        "that hangs on the method is none: the method belongs in the protocol."
    )
