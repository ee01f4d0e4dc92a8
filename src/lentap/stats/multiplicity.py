"""Many tests at once: p-values adjusted for the family-wise error rate or the false discovery rate."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from statsmodels.stats.multitest import multipletests

from lentap.stats.arguments import Floats, choice, floats, labels, real, refuse

ADJUSTMENTS = {
    "bonferroni": "bonferroni",
    "holm": "holm",
    "hochberg": "simes-hochberg",
    "hommel": "hommel",
    "benjamini-hochberg": "fdr_bh",
    "benjamini-yekutieli": "fdr_by",
}  # our names to those of statsmodels


@dataclass(frozen=True, eq=False)
class AdjustedPValues:
    """P-values adjusted within one family of ``tests``.

    ``adjusted`` keeps the order and the labels of what was given; it is not-a-number for the tests named in
    ``missing``, which had no p-value and do not count among ``tests``.
    """

    adjusted: pd.Series
    tests: int
    missing: tuple[str, ...]
    method: str


@dataclass(frozen=True, eq=False)
class DoubleFalseDiscovery:
    """Flags of tests that come in groups, such as adverse events in body systems.

    ``group`` holds one adjusted p-value a group, ``adjusted`` one a test: not-a-number where its group was not selected
    or its p-value is ``missing``. ``flagged`` is true where both are no more than ``rate``.
    """

    group: pd.Series
    adjusted: pd.Series
    flagged: pd.Series
    rate: float
    tests: int
    missing: tuple[str, ...]


def adjust_p_values(p_values: pd.Series | ArrayLike, *, method: str = "holm") -> AdjustedPValues:
    """P-values adjusted for their number, as R's p.adjust: reject what is no more than the level of the whole family.

    Bonferroni and Holm (1979) control the family-wise error rate under any dependence; Hochberg (1988) and the more
    powerful Hommel (1988) under independence or positive dependence. Benjamini and Hochberg (1995) control the false
    discovery rate under the same condition, Benjamini and Yekutieli (2001) under any dependence.

    Parameters
    ----------
    p_values
        Numbers from 0 to 1. One that is missing stays missing, counts for no test and is named by its label (in a
        Series) or position.
    method
        One of ``ADJUSTMENTS``.

    Raises
    ------
    StatisticsError
        A p-value outside 0 to 1, none at all, or an unknown method.
    """
    choice("method", method, ADJUSTMENTS)
    given, missing = _p_values(p_values)
    adjusted = pd.Series(_adjusted(given, method), index=given.index, name="adjusted_p_value")
    return AdjustedPValues(adjusted, int(given.notna().sum()), missing, method)


def double_false_discovery(
    p_values: pd.Series | ArrayLike, group: object, *, rate: float = 0.1
) -> DoubleFalseDiscovery:
    """Flag tests that come in groups, the false discovery rate held twice: over the groups, then within those selected.

    Mehrotra and Heyse (2004) as modified by Mehrotra and Adewale (2012): the least p-value of each group, adjusted
    within it by Benjamini and Hochberg's method, stands for the group; those are adjusted over the groups by the same
    method, and groups of no more than ``rate`` are selected. All tests of the selected groups form one family, adjusted
    once more.

    Parameters
    ----------
    p_values
        As in ``adjust_p_values``.
    group
        Label of each test's group, such as its system organ class. A group whose every p-value is missing does not
        count.
    rate
        False discovery rate, strictly between 0 and 1.

    Raises
    ------
    StatisticsError
        As ``adjust_p_values``; a test without a group, or an illegal rate.
    """
    if not 0 < real(rate) < 1:
        refuse("rate", rate, "a number strictly between 0 and 1, such as 0.1")
    given, missing = _p_values(p_values)
    names, code = labels("group", group, len(given))
    within = given.groupby(code).transform(_adjusted, "benjamini-hochberg")
    least = within.groupby(code).min()
    over = pd.Series(_adjusted(least, "benjamini-hochberg"), index=names, name="group_p_value")
    selected = (over <= rate).to_numpy()[code]
    family = given.where(selected)
    adjusted = pd.Series(_adjusted(family, "benjamini-hochberg"), index=given.index, name="adjusted_p_value")
    flagged = (adjusted <= rate).rename("flagged")
    return DoubleFalseDiscovery(over, adjusted, flagged, rate, int(given.notna().sum()), missing)


def _p_values(values: pd.Series | ArrayLike) -> tuple[pd.Series, tuple[str, ...]]:
    """Return the p-values as numbers, and the labels of those that are missing."""
    legal = "numbers from 0 to 1, at least one of them not missing"
    array = floats("p_values", values, legal)
    if array.ndim != 1:
        refuse("p_values", f"array of shape {array.shape}", legal)
    given = pd.Series(array, values.index if isinstance(values, pd.Series) else None, name="p_value")
    if given.isna().all():
        refuse("p_values", "empty or missing throughout", legal)
    illegal = given[given.notna() & ~given.between(0, 1)]
    if len(illegal):
        refuse("p_values", float(illegal.iloc[0]), legal)
    return given, tuple(str(label) for label in given.index[given.isna()])


def _adjusted(p_values: pd.Series, method: str) -> Floats:
    """Adjust what is not missing."""
    values = np.asarray(p_values, dtype=float)
    known = ~np.isnan(values)
    adjusted = np.full(values.size, np.nan)
    if known.any():
        adjusted[known] = multipletests(values[known], method=ADJUSTMENTS[method])[1]
    return adjusted
