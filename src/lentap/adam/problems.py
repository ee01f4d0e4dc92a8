"""What is wrong, or worth knowing, in a table: where, which rows, what was found, what is legal."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

Severity = Literal["error", "warning", "note"]
FIRST_FEW = 5


@dataclass(frozen=True)
class Problem:
    """One finding.

    An error makes the table unusable; a warning names rows that are kept; a note is good to know. ``rows`` are the
    first few data rows concerned, counted from 1 below the header, ``count`` is how many there are.
    """

    table: str
    column: str
    message: str
    severity: Severity
    rows: tuple[int, ...] = ()
    count: int = 0
    found: str = ""
    legal: str = ""

    @property
    def place(self) -> str:
        return f"{self.table}.{self.column}" if self.column else self.table

    @property
    def rows_text(self) -> str:
        if not self.rows:
            return ""
        listed = ", ".join(map(str, self.rows))
        if self.count > len(self.rows):
            return f"rows {listed}, ... ({self.count} rows)"
        return f"row{'s' if self.count > 1 else ''} {listed}"

    @property
    def detail(self) -> str:
        """Everything but the place."""
        found = f"found {self.found}" if self.found else ""
        legal = f"legal: {self.legal}" if self.legal else ""
        return "; ".join(part for part in (self.rows_text, self.message, found, legal) if part)

    def __str__(self) -> str:
        return f"{self.place}: {self.detail}"


def problem(
    table: str,
    column: str,
    message: str,
    severity: Severity,
    where: "pd.Series[Any]",
    *,
    values: "pd.Series[Any] | None" = None,
    found: str = "",
    legal: str = "",
) -> list[Problem]:
    """Report the rows at which ``where`` is true, if there are any, with the most frequent of their ``values``."""
    concerned = where.index[where.to_numpy(bool)]
    if not len(concerned):
        return []
    rows = tuple(int(row) + 1 for row in concerned[:FIRST_FEW])
    shown = found or ("" if values is None else shown_values(values.loc[concerned]))
    return [Problem(table, column, message, severity, rows, len(concerned), shown, legal)]


def shown_values(values: "pd.Series[Any]") -> str:
    """Quote the most frequent values, each with how often it occurs."""
    counts = values.value_counts(dropna=False)
    quoted = [f"{quote(value)} ({count})" if count > 1 else quote(value) for value, count in counts.head(3).items()]
    more = len(counts) - len(quoted)
    return ", ".join(quoted) + (f" and {more} more" if more else "")


def quote(value: Any) -> str:
    """Show a value on one line: text in quotes, a number plain, a date without its midnight."""
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return "nothing"
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else value[:39] + "…")
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def listed(words: Iterable[str], limit: int = 8) -> str:
    """List words, the first few of many."""
    known = list(words)
    return ", ".join(known[:limit]) + (f" and {len(known) - limit} more" if len(known) > limit else "")
