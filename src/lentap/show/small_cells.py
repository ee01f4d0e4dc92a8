"""Small cells: counts of so few patients that somebody might be recognised, hidden in every table and figure at once.

A count from 1 to ``smallest`` - 1 is hidden; 0 is shown, as it tells of nobody. What would give a hidden count away is
hidden with it, such as a difference, or other cells of a row whose total is known. Hidden is not-a-number in tables of
counts, and ``HIDDEN`` in print.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lentap.adam import Problem
from lentap.show.format import interval, percent
from lentap.show.prose import Prose, data_notes
from lentap.sources import Source

HIDDEN = "hidden"
HIDDEN_PART = "*"  # among several numbers in one cell


def is_small(count: float, smallest: int) -> bool:
    """Whether a count of patients is to be hidden; nothing is where ``smallest`` is 0."""
    return 0 < count < smallest


def without_small(table: pd.DataFrame, smallest: int, *, by: Sequence[str], told: Sequence[str] = ()) -> pd.DataFrame:
    """Rows whose counts of patients are small lose them, and whatever would tell them.

    Parameters
    ----------
    by
        Columns with counts of patients; one that is small hides the whole row.
    told
        Further columns to hide: numbers of events, differences, p-values.
    """
    small = ((table[list(by)] > 0) & (table[list(by)] < smallest)).any(axis=1)
    hidden = {column: table[column].astype(float).mask(small) for column in (*by, *told)}
    return table.assign(**hidden) if small.any() else table


def parts_without_small(counts: ArrayLike, smallest: int) -> np.ndarray:
    """Parts of known totals, such as grades of an arm's patients; not-a-number all of them where one is small.

    Pages tell several totals of the same parts (any grade, grade 3 or above), and what is left of a total when the
    shown parts are taken off it would tell a hidden one.
    """
    parts = np.asarray(counts, dtype=float).copy()
    if ((parts > 0) & (parts < smallest)).any():
        parts[parts > 0] = np.nan
    return parts


def joined_steps(patients: ArrayLike, at_risk: ArrayLike, smallest: int) -> np.ndarray:
    """Positions of a cumulative curve to keep, so that each step and each number at risk is of no small number.

    Parameters
    ----------
    patients
        Patients with the event by each time, rising.
    at_risk
        Patients under observation at each time, falling.
    """
    by, left = np.asarray(patients, dtype=float), np.asarray(at_risk, dtype=float)
    if smallest <= 1:
        return np.arange(by.size)
    kept = [0]
    for place in range(1, by.size):
        if left[place] < smallest:
            break
        if by[place] - by[kept[-1]] >= smallest:
            kept.append(place)
    return np.asarray(kept)


def count_text(count: float) -> str:
    """A count of patients in print."""
    return f"{count:.0f}" if math.isfinite(count) else HIDDEN


def share_text(count: float, n: float) -> str:
    """A count of patients with its percentage, or that it is hidden."""
    return f"{count:.0f} ({percent(count / n)}%)" if math.isfinite(count) else HIDDEN


def difference_text(contrast: Mapping[str, Any]) -> str:
    """A risk difference in points with its interval, or that it is hidden; ``contrast`` as of ``compare_incidence``."""
    if not math.isfinite(contrast["subjects"]):
        return HIDDEN
    return interval(contrast["risk_difference"], contrast["low"], contrast["high"], percent)


def small_cell_notes(smallest: int) -> tuple[str, ...]:
    """What stands under a table about hidden cells: nothing where none are."""
    if smallest <= 1:
        return ()
    few = f"some but fewer than {smallest} patients"
    hidden = f"{HIDDEN.capitalize()} ({HIDDEN_PART}): {few}, or a cell that would give such a number away."
    return (f"{hidden} Totals of several tables or pages, subtracted, can still tell more: look before sharing.",)


def shareable_notes(problems: Sequence[Problem], smallest: int, *, source: Source) -> Prose:
    """``data_notes``; where small cells are hidden without rows, numbers and values, which may point to a patient."""
    if smallest > 1:
        problems = [replace(one, rows=(), count=0, found="") for one in problems]
    return data_notes(problems, source=source)
