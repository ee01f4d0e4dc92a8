"""Small cells: counts of so few patients that somebody might be recognised, hidden in every table and figure at once.

A count from 1 to ``smallest`` - 1 is hidden; 0 is shown, as it tells of nobody. What would give a hidden count away is
hidden with it, such as a difference, or other cells of a row whose total is known. Hidden is not-a-number in tables of
counts, and ``HIDDEN`` in print.
"""

import math
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lentap.show.format import interval, percent, records

HIDDEN = "hidden"
HIDDEN_PART = "*"  # among several numbers in one cell
CONTRASTED = ("subjects", "subjects_control", "risk_difference", "low", "high", "p_value")


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


def parts_hidden(counts: ArrayLike, smallest: int) -> np.ndarray:
    """Which parts of one total to hide: the small ones, and the least of the others, or the total would tell one.

    For parts that nothing but their total is told of, such as the reasons for an end of treatment.
    """
    parts = np.asarray(counts, dtype=float)
    small = (parts > 0) & (parts < smallest)
    if small.any() and (others := (parts > 0) & ~small).any():
        small |= others & (parts == parts[others].min())
    return small


def small_terms(table: pd.DataFrame, smallest: int, chain: Sequence[str] = ()) -> set[tuple[str, str]]:
    """Terms and arms to hide in a table of ``term``, ``arm``, ``subjects``: of few patients, or telling of few others.

    Parameters
    ----------
    chain
        Terms of which each holds the next, such as any event, a severe one, a fatal one. One that leaves few patients
        of the last one shown before it is hidden: the difference of the two would tell how many those are.
    """
    counts = {(str(row["term"]), str(row["arm"])): row["subjects"] for row in records(table)}
    small = {key for key, count in counts.items() if is_small(count, smallest)}
    for arm in {arm for _, arm in counts}:
        before = None
        for key in ((term, arm) for term in chain):
            if key not in counts or key in small:
                continue
            if before is not None and is_small(before - counts[key], smallest):
                small.add(key)
            else:
                before = counts[key]
    return small


def terms_without(
    small: Container[tuple[str, str]], table: pd.DataFrame, contrasts: pd.DataFrame, control: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Counts by ``term`` and ``arm``, and differences from control, those of ``small`` not-a-number."""
    gone = [(term, arm) in small for term, arm in _keys(table)]
    apart = [(term, arm) in small or (term, control) in small for term, arm in _keys(contrasts)]
    return _masked(table, gone, ("subjects", "events")), _masked(contrasts, apart, CONTRASTED)


def _keys(table: pd.DataFrame) -> Iterator[tuple[str, str]]:
    return zip(table["term"].astype(str), table["arm"].astype(str), strict=True)


def _masked(table: pd.DataFrame, which: Sequence[bool], columns: Sequence[str]) -> pd.DataFrame:
    if not any(which):
        return table
    return table.assign(**{column: table[column].astype(float).mask(np.asarray(which)) for column in columns})


def joined_steps(at_risk: ArrayLike, smallest: int, *counts: ArrayLike, through: int | None = None) -> np.ndarray:
    """Positions of a cumulative curve to keep, so that each step and each number at risk is of no small number.

    Neither is what is left from the last step to the end of the curve, as its total may be told elsewhere.

    Parameters
    ----------
    at_risk
        Patients under observation at each time, falling.
    counts
        Patients, and perhaps events, by each time, rising.
    through
        A position whose value may be told elsewhere, such as a landmark: a step is to end there if one can.
    """
    left, rising = np.asarray(at_risk, dtype=float), [np.asarray(one, dtype=float) for one in counts]
    if smallest <= 1:
        return np.arange(left.size)

    def apart(first: int, last: int) -> bool:
        return not any(is_small(float(one[last] - one[first]), smallest) for one in rising)

    ends = [left.size - 1]
    if through is not None and left[through] >= smallest and apart(0, through) and apart(through, ends[0]):
        ends.append(through)
    kept = [0]
    for place in range(1, left.size):
        if left[place] < smallest:
            break
        grown = rising[0][place] > rising[0][kept[-1]] and apart(kept[-1], place)
        if grown and all(apart(place, end) for end in ends if end > place):
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
