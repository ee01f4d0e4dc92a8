"""A marker measured before and during treatment: paired changes, their summary, and rank tests with intervals."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from lentap.stats.arguments import Floats, columns, floats, normal_quantile, numbers, one_parameter, refuse
from lentap.stats.estimate import Estimate

EXACT_BELOW = 50  # as in R's wilcox.test


@dataclass(frozen=True)
class Shift(Estimate):
    """Hodges-Lehmann shift with its interval, and the two-sided ``p_value`` of the rank test; ``n`` per group."""

    p_value: float
    n: tuple[int, ...]


def doublings(levels: ArrayLike) -> tuple[Floats, int]:
    """Logarithm to the base 2 of levels of a marker, and how many levels of 0 there were.

    A level of 0 counts as half of the smallest above, so that it has a logarithm.

    Parameters
    ----------
    levels
        Of any shape; missing ones stay missing.

    Raises
    ------
    StatisticsError
        A level below 0.
    """
    found = floats("levels", levels, "levels of 0 or more")
    if (found < 0).any():
        refuse("levels", found[found < 0][0].item(), "levels of 0 or more")
    zero = found == 0
    least = found[found > 0].min(initial=np.inf)
    return np.asarray(np.log2(np.where(zero, least / 2 if np.isfinite(least) else 1.0, found))), int(zero.sum())


def change_from_baseline(values: pd.DataFrame, visit: float, *, baseline: float = 0) -> pd.DataFrame:
    """Paired values of one marker: baseline, a later visit, and the change between them.

    Parameters
    ----------
    values
        Rows of ADIM for one marker: USUBJID, AVISITN, AVAL (may be missing).
    visit, baseline
        AVISITN of the two visits.

    Returns
    -------
    pandas.DataFrame
        USUBJID, baseline, value, change (value minus baseline): subjects with both values, sorted by USUBJID.

    Raises
    ------
    StatisticsError
        A column is missing, there is more than one marker, a visit does not occur, or a subject has a visit twice.
    """
    columns("values", values, "USUBJID", "AVISITN", "AVAL")
    one_parameter("values", values)
    visits = sorted(values["AVISITN"].dropna().unique().tolist())
    for argument, found in (("baseline", baseline), ("visit", visit)):
        if found not in visits:
            refuse(argument, found, f"one of the visits {', '.join(f'{number:g}' for number in visits)}")
    both = values.loc[values["AVISITN"].isin([baseline, visit]), ["USUBJID", "AVISITN", "AVAL"]]
    twice = both[both.duplicated(["USUBJID", "AVISITN"])]
    if len(twice):
        refuse("values", f"two rows of {twice['USUBJID'].iloc[0]} at one visit", "one row a subject and visit")
    wide = both.pivot_table(index="USUBJID", columns="AVISITN", values="AVAL", dropna=False)
    pairs = pd.DataFrame({"baseline": wide[baseline], "value": wide[visit]}).dropna().sort_index().reset_index()
    return pairs.assign(change=pairs["value"] - pairs["baseline"])


def summarise_change(pairs: pd.DataFrame, group: str) -> pd.DataFrame:
    """Median and quartiles of baseline, value and change in each group, with the paired test within the group.

    Parameters
    ----------
    pairs
        As returned by ``change_from_baseline``, with a column of groups.
    group
        Name of that column; rows without a group are left out.

    Returns
    -------
    pandas.DataFrame
        group, n; median, q1 and q3 of baseline, value and change (``baseline_median``, ...); and ``shift``, ``low``,
        ``high``, ``p_value`` of ``paired_shift``.
    """
    columns("pairs", pairs, group, "baseline", "value", "change")
    rows = []
    for name, rows_of_group in pairs.groupby(group, observed=True):
        row: dict[str, object] = {group: name, "n": len(rows_of_group)}
        for column in ("baseline", "value", "change"):
            quartiles = np.quantile(rows_of_group[column], [0.5, 0.25, 0.75]).tolist()
            row |= dict(zip((f"{column}_median", f"{column}_q1", f"{column}_q3"), quartiles, strict=True))
        shift = paired_shift(rows_of_group["change"])
        rows.append(row | {"shift": shift.value, "low": shift.low, "high": shift.high, "p_value": shift.p_value})
    return pd.DataFrame(rows)


def paired_shift(change: ArrayLike, *, level: float = 0.95) -> Shift:
    """Pseudo-median of paired changes (Hodges and Lehmann 1963) and Wilcoxon's signed-rank test of no change.

    The estimate is the median of all means of two changes. Below ``EXACT_BELOW`` subjects without ties or zeros the
    interval and p-value are exact, else from the normal approximation (p-value: zeros dropped, continuity corrected).
    A limit is infinite where so few subjects cannot give an interval at ``level``.

    Raises
    ------
    StatisticsError
        No change is given, or one is missing or infinite.
    """
    z = normal_quantile(level)
    change = numbers("change", change)
    n = change.size
    first, second = np.triu_indices(n)
    means = np.sort((change[first] + change[second]) / 2)
    sizes = np.abs(change)
    exact = n < EXACT_BELOW and np.unique(sizes[sizes > 0]).size == n
    if exact:
        tail = _tail(_signed_rank_probabilities(n), level)
    else:
        tail = round(n * (n + 1) / 4 - z * np.sqrt(n * (n + 1) * (2 * n + 1) / 24))
    p_value = 1.0
    if sizes.any():
        test = stats.wilcoxon(change, zero_method="wilcox", correction=True, method="exact" if exact else "approx")
        p_value = float(test.pvalue)
    return _shift(means, tail, level, p_value, (n,), "Wilcoxon signed-rank", exact)


def shift_between(first: ArrayLike, second: ArrayLike, *, level: float = 0.95) -> Shift:
    """Shift of ``first`` against ``second`` (Hodges and Lehmann 1963) and the Mann-Whitney test of none.

    The estimate is the median of all differences between a value of the first and one of the second group. With
    fewer than ``EXACT_BELOW`` values in each group and no ties the interval and p-value are exact, else from the
    normal approximation (p-value: ties and continuity corrected). A limit is infinite where so few values cannot
    give an interval at ``level``.

    Raises
    ------
    StatisticsError
        A group is empty, or a value is missing or infinite.
    """
    z = normal_quantile(level)
    x, y = numbers("first", first), numbers("second", second)
    differences = np.sort(np.subtract.outer(x, y).ravel())
    exact = max(x.size, y.size) < EXACT_BELOW and np.unique(np.append(x, y)).size == x.size + y.size
    if exact:
        tail = _tail(_rank_sum_probabilities(x.size, y.size), level)
    else:
        tail = round(x.size * y.size / 2 - z * np.sqrt(x.size * y.size * (x.size + y.size + 1) / 12))
    p_value = 1.0
    if np.ptp(np.append(x, y)):
        p_value = float(stats.mannwhitneyu(x, y, method="exact" if exact else "asymptotic").pvalue)
    return _shift(differences, tail, level, p_value, (x.size, y.size), "Mann-Whitney", exact)


def _shift(
    candidates: Floats, tail: int, level: float, p_value: float, n: tuple[int, ...], test: str, exact: bool
) -> Shift:
    """Median of the sorted candidates, and those ``tail`` places from either end as limits."""
    low, high = (float(candidates[tail - 1]), float(candidates[-tail])) if tail > 0 else (-np.inf, np.inf)
    method = f"Hodges-Lehmann, {test}, {'exact' if exact else 'normal approximation'}"
    return Shift(float(np.median(candidates)), low, high, level, method, min(p_value, 1.0), n)


def _tail(probabilities: Floats, level: float) -> int:
    """Return the quantile of the test statistic: how many candidates from the end each limit stands, as in R."""
    return int(np.searchsorted(np.cumsum(probabilities), (1 - level) / 2))


def _signed_rank_probabilities(n: int) -> Floats:
    """Distribution of the signed-rank statistic under no change: ranks 1 to n, each counted or not."""
    distribution = np.ones(1)
    for rank in range(1, n + 1):
        distribution = (np.append(distribution, np.zeros(rank)) + np.append(np.zeros(rank), distribution)) / 2
    return distribution


def _rank_sum_probabilities(m: int, n: int) -> Floats:
    """Distribution of the Mann-Whitney statistic under no shift, by the recursion of Mann and Whitney (1947)."""
    previous = [np.ones(1) for _ in range(n + 1)]
    for i in range(1, m + 1):
        current = [np.ones(1)]
        for j in range(1, n + 1):
            higher = np.append(np.zeros(j), previous[j]) * i / (i + j)
            lower = np.append(current[-1], np.zeros(i)) * j / (i + j)
            current.append(higher + lower)
        previous = current
    return previous[n]
