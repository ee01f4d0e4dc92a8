"""Agreement of two raters who sort the same subjects into categories: per cent agreement, kappa and AC1."""

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import norm

from lentap.stats.arguments import Floats, choice, floats, normal_quantile, refuse
from lentap.stats.estimate import Estimate
from lentap.stats.proportions import proportion
from lentap.stats.wald import WaldEstimate, wald_estimate

WEIGHTS = ("unweighted", "linear", "quadratic")


def rating_table(first: object, second: object, *, categories: list[object] | None = None) -> pd.DataFrame:
    """Counts of subjects by the category of either rater, first in rows, second in columns.

    Parameters
    ----------
    first, second
        Category of each subject.
    categories
        All categories in their order, which weighted kappas need; by default the order of categorical data, else
        sorted.

    Raises
    ------
    StatisticsError
        Ratings of different length, none, missing ones, or one that is no category.
    """
    one, two = pd.Series(first), pd.Series(second)
    if len(one) != len(two) or not len(one):
        refuse("second", f"array of {len(two)}", f"as long as first ({len(one)}), one rating or more")
    if one.isna().any() or two.isna().any():
        refuse("first" if one.isna().any() else "second", "missing in some rows", "a category in every row")
    if categories is None:
        categories = (
            list(one.cat.categories)
            if isinstance(one.dtype, pd.CategoricalDtype)
            else sorted(set(one) | set(two.astype(object)), key=lambda value: (isinstance(value, str), value))
        )
    coded = [pd.Categorical(ratings, categories=categories) for ratings in (one, two)]
    for argument, ratings, given in (("first", coded[0], one), ("second", coded[1], two)):
        if (ratings.codes < 0).any():
            refuse(argument, given[ratings.codes < 0].iloc[0], f"one of {', '.join(map(str, categories))}")
    size = len(categories)
    counts = np.bincount(coded[0].codes.astype(np.intp) * size + coded[1].codes, minlength=size**2)
    return pd.DataFrame(counts.reshape(size, size), index=list(categories), columns=list(categories))


def percent_agreement(table: ArrayLike | pd.DataFrame, *, level: float = 0.95, method: str = "wilson") -> Estimate:
    """Share of subjects both raters put into the same category.

    Parameters
    ----------
    table
        Square table of counts, as from ``rating_table``.
    level, method
        As in ``proportions.proportion``.

    Raises
    ------
    StatisticsError
        The table is not square, holds a count that is no whole number of 0 or more, or no subject; an unknown method.
    """
    counts = _square(table)
    return proportion(int(np.trace(counts)), int(counts.sum()), level=level, method=method)


def cohen_kappa(table: ArrayLike | pd.DataFrame, *, weights: str = "unweighted", level: float = 0.95) -> WaldEstimate:
    """Kappa, agreement beyond chance (Cohen 1960, 1968), with the interval of Fleiss, Cohen and Everitt (1969).

    The interval has their large-sample error, ``p_value`` their error under chance agreement.

    Parameters
    ----------
    table
        Square table of counts, categories in their order.
    weights
        "unweighted" counts any disagreement alike, "linear" by the number of categories apart (Cicchetti and Allison),
        "quadratic" by its square (Fleiss and Cohen).

    Returns
    -------
    WaldEstimate
        Not-a-number where both raters used one and the same category only; limits are not-a-number where the error is
        0, as with perfect agreement.

    Raises
    ------
    StatisticsError
        As ``percent_agreement``; unknown weights.
    """
    choice("weights", weights, WEIGHTS)
    normal_quantile(level)
    counts = _square(table)
    n, size = counts.sum(), len(counts)
    share = counts / n
    apart = np.abs(np.subtract.outer(np.arange(size), np.arange(size))) / max(size - 1, 1)
    weight = {"unweighted": np.eye(size), "linear": 1 - apart, "quadratic": 1 - apart**2}[weights]
    row, column = share.sum(axis=1), share.sum(axis=0)
    chance = np.outer(row, column)
    observed, expected = float((weight * share).sum()), float((weight * chance).sum())
    method = f"kappa, {weights}, Fleiss-Cohen-Everitt"
    if 1 - expected < 1e-12:
        return wald_estimate(np.nan, np.nan, method, level=level, unknown="both raters used one category")
    kappa = (observed - expected) / (1 - expected)
    margin = np.add.outer(weight @ column, row @ weight)
    variance = (share * (weight - margin * (1 - kappa)) ** 2).sum() - (kappa - expected * (1 - kappa)) ** 2
    under_chance = (chance * (weight - margin) ** 2).sum() - expected**2
    error, null_error = (float(np.sqrt(max(part, 0) / n)) / (1 - expected) for part in (variance, under_chance))
    found = wald_estimate(kappa, error if error > 1e-7 else 0.0, method, level=level, unknown="its error is 0")
    return replace(found, p_value=float(2 * norm.sf(abs(kappa) / null_error)) if null_error > 1e-9 else float("nan"))


def gwet_ac1(table: ArrayLike | pd.DataFrame, *, level: float = 0.95) -> WaldEstimate:
    """AC1 of Gwet (2008): agreement beyond chance that stays high where one category is frequent.

    Parameters
    ----------
    table
        Square table of counts of two categories or more.

    Returns
    -------
    WaldEstimate
        Limits are not-a-number where the error is 0, as with perfect agreement.

    Raises
    ------
    StatisticsError
        As ``percent_agreement``; fewer than two categories.
    """
    normal_quantile(level)
    counts = _square(table)
    n, size = counts.sum(), len(counts)
    if size < 2:
        refuse("table", "a table of one category", "two categories or more")
    share = counts / n
    used = (share.sum(axis=0) + share.sum(axis=1)) / 2
    observed, chance = float(np.trace(share)), float((used * (1 - used)).sum()) / (size - 1)
    value = (observed - chance) / (1 - chance)
    by_cell = np.add.outer(1 - used, 1 - used) / 2 / (size - 1)
    influence = (np.eye(size) - chance) / (1 - chance) - 2 * (1 - value) * (by_cell - chance) / (1 - chance)
    variance = float((share * (influence - value) ** 2).sum() / (n - 1)) if n > 1 else 0.0
    error = float(np.sqrt(variance)) if variance > 1e-18 else 0.0
    return wald_estimate(value, error, "AC1, Gwet", level=level, unknown="its error is 0")


def _square(table: ArrayLike | pd.DataFrame) -> Floats:
    legal = "a square table of whole numbers of 0 or more, at least one subject"
    counts = floats("table", table, legal)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        refuse("table", f"array of shape {counts.shape}", legal)
    illegal = ~np.isfinite(counts) | (counts < 0) | (counts != np.floor(counts))
    if illegal.any():
        refuse("table", counts[illegal][0].item(), legal)
    if counts.sum() == 0:
        refuse("table", "a table without subjects", legal)
    return counts
