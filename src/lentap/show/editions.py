"""What a scenario moves: every recorded result beside the same result of the main edition."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from lentap.results import Result
from lentap.show.format import listed, number, quote
from lentap.show.table import Table
from lentap.sources import combine

SHOWN = 60  # rows of the table; the rest are in the download
Recorded = Iterable[tuple[str, Result]]


@dataclass(frozen=True)
class Movement:
    """One result under a scenario and in the main edition, and how far it moved.

    ``size`` is in half-widths of the main interval (ratios and times on the log scale) or, without an interval,
    relative to the main value; not-a-number for a p-value, which measures no size, infinite where one is not estimable.
    """

    scenario: str
    page: str
    before: Result
    after: Result

    @property
    def size(self) -> float:
        before, after = self.before.estimate, self.after.estimate
        if before == after:
            return 0.0
        if self.before.p_value is not None and self.before.p_value == before:
            return math.nan
        if before is None or after is None:
            return math.inf
        moved = abs(self._on_scale(after) - self._on_scale(before))
        low, high = self.before.low, self.before.high
        if low is not None and high is not None and math.isfinite(width := self._on_scale(high) - self._on_scale(low)):
            return moved / (width / 2) if width else math.inf
        return abs(after - before) / abs(before) if before else math.inf

    def _on_scale(self, value: float) -> float:
        if self.before.scale not in ("ratio", "time"):
            return value
        return math.log(value) if value > 0 else -math.inf

    @property
    def turned(self) -> bool:
        """Whether the estimate came to lie on the other side of no effect."""
        return self._crossed(self.before.null)

    @property
    def crossed(self) -> bool:
        """Whether the estimate came to lie on the other side of the margin the result declares."""
        return self._crossed(self.before.margin)

    def _crossed(self, line: float | None) -> bool:
        before, after = self.before.estimate, self.after.estimate
        if line is None or before is None or after is None:
            return False
        return (before - line) * (after - line) < 0

    @property
    def noise(self) -> bool:
        """Whether the estimate stays inside the interval of the main edition, which could not tell the two apart."""
        low, high, after = self.before.low, self.before.high, self.after.estimate
        return low is not None and high is not None and after is not None and low <= after <= high

    @property
    def remark(self) -> str:
        margin = "" if self.before.margin is None else number(self.before.margin, 2)
        inside = " inside the main interval" if self.noise else ""
        remarks = {f"changes direction{inside}": self.turned, f"crosses the margin of {margin}{inside}": self.crossed}
        return "; ".join(words for words, true in remarks.items() if true)


def movements(
    scenario: str, main: Recorded, other: Recorded, changed: Mapping[str, Collection[str]]
) -> tuple[list[Movement], list[Result]]:
    """Match each result of a scenario with the main edition's.

    Parameters
    ----------
    main, other
        Page and result, of either edition.
    changed
        Parameters the scenario sets, by page. Labels of that name differ because of the scenario, so two results of
        one page match on name, source and all other labels.

    Returns
    -------
    The matches, and the results of the scenario that match none of the main edition, or several.
    """
    known: dict[tuple[str, ...], list[Result]] = {}
    for page, result in main:
        known.setdefault(_identity(page, result, changed), []).append(result)
    matched, alone = [], []
    for page, result in other:
        found = known.get(_identity(page, result, changed), [])
        if len(found) == 1:
            matched.append(Movement(scenario, page, found[0], result))
        else:
            alone.append(result)
    return matched, alone


def _identity(page: str, result: Result, changed: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    labels = (f"{key}={label}" for key, label in sorted(result.labels.items()) if key not in changed.get(page, ()))
    return (page, result.name, result.source, *labels)


def in_order(moved: Iterable[Movement]) -> list[Movement]:
    """Changes of direction first, then crossings of a margin, then by size; p-values last."""
    return sorted(
        moved,
        key=lambda m: (
            *(not (m.turned and not m.noise), not m.turned, not m.crossed),
            *(math.isnan(m.size), m.before.level is None, -m.size, m.before.key),
        ),
    )


def movement_points(moved: Sequence[Movement], scenarios: Sequence[str]) -> list[str]:
    """Say how many results each scenario moved, which changed direction, and which crossed a declared margin."""
    points = [f"{len(moved)} results are compared under {len(scenarios)} scenarios with those of the main edition."]
    for scenario in scenarios:
        own = [m for m in moved if m.scenario == scenario]
        changed = [m for m in own if m.size != 0]
        largest = max((m for m in changed if m.before.level), key=lambda m: m.size, default=None)
        most = f"; the largest move is of {result_words(largest.before)}, {size_words(largest)}" if largest else ""
        points.append(f"**{scenario}** moves {len(changed)} of {len(own)}{most}.")
    for words, found in (
        ("change direction and leave the main edition's interval", [m for m in moved if m.turned and not m.noise]),
        ("change direction inside it, as chance would", [m for m in moved if m.turned and m.noise]),
        ("cross a margin that the result declares", [m for m in moved if m.crossed]),
    ):
        named = listed([f"{result_words(m.before)} ({m.scenario})" for m in found[:5]])
        more = f", and {len(found) - 5} more" if len(found) > 5 else ""
        points.append(f"Results that {words}: {named or 'none'}{more}.")
    return points


def size_words(movement: Movement) -> str:
    """How far a result moved, in words."""
    size = movement.size
    if math.isnan(size):
        return "a p-value"
    if math.isinf(size):
        return "estimable in one of the two only"
    whole = movement.before.low is not None and movement.before.high is not None
    return f"{number(size, 2)} half-widths" if whole else f"by {number(100 * size, 0)}%"


def result_words(result: Result) -> str:
    """``resection risk difference (LEN-TAP, TACE)``: the last words of the name, and what labels it."""
    what = " ".join(result.name.split(".")[-2:]).replace("_", " ")
    return f"{what} ({', '.join(result.labels.values())})" if result.labels else what


def movement_table(moved: Sequence[Movement], *, name: str = "movements") -> Table:
    """The results that moved, in order, with the value in either edition."""
    rows = [
        {
            "Result": f"{result_words(m.before)}. {m.scenario}",
            "Main edition": _short(m.before),
            "Under the scenario": _short(m.after),
            "Moved": "; ".join(filter(None, (size_words(m), m.remark))),
        }
        for m in in_order(moved)
        if m.size != 0
    ]
    columns = ["Result", "Main edition", "Under the scenario", "Moved"]
    frame = pd.DataFrame(rows[:SHOWN] or [dict.fromkeys(columns, "none")], columns=columns)
    notes = ["Moved: in half-widths of the main interval (ratios and times on the log scale), else in percent."]
    if len(rows) > SHOWN:
        notes.append(f"The first {SHOWN} of {len(rows)} rows.")
    sources = combine(*(m.before.source for m in moved))
    return Table(frame, name, "Results that move, furthest first", sources, left=["Moved"], notes=notes)


def _short(result: Result) -> str:
    return quote(result).replace(" percentage points", " points")
