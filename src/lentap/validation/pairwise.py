"""Pairwise comparisons: the calls its references name.

``data`` is "lung" or a table of columns: ``arm``, 1 for the treated, maybe ``count``, how many subjects a row stands
for, and what outcomes name as their ``time`` and ``event``, or ``value``, with their other options beside.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from lentap.stats.pair_counts import Outcome
from lentap.stats.pairwise import compare_pairs, measured_outcome, time_outcome
from lentap.validation import datasets


def _lung() -> pd.DataFrame:
    table = datasets.lung().dropna(subset=["ph.karno", "ph.ecog"])
    return table.assign(arm=(table["sex"] == 2).astype(int))


def outcome(table: pd.DataFrame, columns: Mapping[str, Any]) -> Outcome:
    """Outcome of the rows of a table, from the names of its columns and its options."""
    options = {name: value for name, value in columns.items() if name not in ("time", "event", "value")}
    if "value" in columns:
        return measured_outcome(table[columns["value"]], **options)
    return time_outcome(table[columns["time"]], table[columns["event"]], **options)


def _compare(
    data: str | Mapping[str, Sequence[Any]],
    outcomes: Mapping[str, Mapping[str, Any]],
    strata: str | None = None,
    **options: Any,
) -> dict[str, Any]:
    table = _lung() if isinstance(data, str) else pd.DataFrame(data)
    if "count" in table:
        table = table.loc[table.index.repeat(table["count"])]
    stratum = None if strata is None else table[strata]
    hierarchy = {name: outcome(table, columns) for name, columns in outcomes.items()}
    found = compare_pairs(hierarchy, table["arm"], strata=stratum, **options)
    decided = {name: found.by_outcome[name] for name in ("wins", "losses", "ties")}
    return {**vars(found), **decided}


CALLS: Mapping[str, Callable[..., Any]] = {"compare_pairs": _compare}
