"""Baseline characteristics by arm (Table 1) and how far the arms lie apart, as standardised differences."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lentap.stats.arguments import columns, refuse

FEW = 5  # most levels of a score: a numeric column of few whole numbers below 10, such as ECOG, is categorical


def table_one(
    subjects: pd.DataFrame, characteristics: dict[str, str], arm: str = "arm", control: str | None = None
) -> pd.DataFrame:
    """Baseline characteristics of each arm, one row per characteristic, level and arm.

    Parameters
    ----------
    subjects
        One row a subject, with the column ``arm``.
    characteristics
        Column of ``subjects`` -> label to print, in the order of the table. A numeric column is continuous unless it
        is a score: at most ``FEW`` distinct values, all whole numbers from 0 to 9.
    control
        Arm the others are compared with; by default the last one (in categorical order where there is one).

    Returns
    -------
    pandas.DataFrame
        variable, label, kind ("continuous" or "categorical"), level ("" if continuous), arm, n (subjects with a
        value), missing, mean, sd, median, q1, q3, minimum, maximum (continuous), count, proportion (categorical, of
        those with a value), and smd: the standardised difference to the control, not-a-number in the control's rows.

    Raises
    ------
    StatisticsError
        A column is missing, or ``control`` is not an arm.
    """
    columns("subjects", subjects, arm, *characteristics)
    groups = {str(name): rows for name, rows in subjects.groupby(arm, observed=True)}
    if not groups:
        refuse("subjects", "an empty table", "one subject or more")
    control = list(groups)[-1] if control is None else control
    if control not in groups:
        refuse("control", control, f"one of {', '.join(groups)}")
    rows: list[dict[str, object]] = []
    for column, label in characteristics.items():
        continuous = is_continuous(subjects[column])
        levels = [""] if continuous else _levels(subjects[column])
        for level in levels:
            for name, group in groups.items():
                values = group[column].dropna()
                rows.append(
                    {
                        "variable": column,
                        "label": label,
                        "kind": "continuous" if continuous else "categorical",
                        "level": f"{level:g}" if isinstance(level, float) else str(level),
                        "arm": name,
                        "n": len(values),
                        "missing": len(group) - len(values),
                        **(_spread(values) if continuous else _share(values, level)),
                        "smd": np.nan
                        if name == control
                        else standardised_difference(
                            group[column], groups[control][column], categorical=not continuous
                        ),
                    }
                )
    table = pd.DataFrame(rows, columns=[*_KEYS, *_CONTINUOUS, *_CATEGORICAL, "smd"])
    table["arm"] = pd.Categorical(table["arm"], categories=list(groups), ordered=True)
    table["count"] = table["count"].astype("Int64")
    return table


_KEYS = ("variable", "label", "kind", "level", "arm", "n", "missing")
_CONTINUOUS = ("mean", "sd", "median", "q1", "q3", "minimum", "maximum")
_CATEGORICAL = ("count", "proportion")


def is_continuous(values: pd.Series) -> bool:
    """Whether a column is summarised by its mean and quartiles rather than counted by level."""
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return False
    distinct = values.dropna().unique()
    return bool(len(distinct) > FEW or not np.isin(distinct, range(10)).all())


def standardised_difference(group: pd.Series, control: pd.Series, *, categorical: bool) -> float:
    """Standardised difference between two groups, missing values left out.

    Continuous: difference of means, group minus control, over the root of the mean of both variances. Categorical:
    the distance of Yang and Dalton (2012) over all levels, never negative. 0 where both groups are constant and
    equal, infinite where they are constant and differ, not-a-number where a group is too small to say.
    """
    group, control = group.dropna(), control.dropna()
    if categorical:
        return _yang_dalton(group, control)
    if min(len(group), len(control)) < 2:
        return float("nan")
    difference = float(group.mean() - control.mean())
    spread = float(np.sqrt((group.var() + control.var()) / 2))
    return difference / spread if spread else float(np.copysign(np.inf, difference) if difference else 0)


def _yang_dalton(group: pd.Series, control: pd.Series) -> float:
    """Distance between the two distributions over all levels."""
    if min(len(group), len(control)) < 1:
        return float("nan")
    levels = sorted(set(group.astype(str)) | set(control.astype(str)))[1:]
    p1, p0 = (np.array([(values.astype(str) == level).mean() for level in levels]) for values in (group, control))
    return distance_of_proportions(p1, p0)


def distance_of_proportions(
    p1: NDArray[np.float64],
    p0: NDArray[np.float64],
    *,
    spread: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
) -> float:
    """Mahalanobis distance of Yang and Dalton (2012) between two vectors of proportions, one level left out.

    ``spread`` are the proportions its covariance is of, by default the same two. Infinite where two distributions
    without spread differ.
    """
    first, second = (p1, p0) if spread is None else spread
    covariance = (_multinomial(first) + _multinomial(second)) / 2
    difference = p1 - p0
    solution = np.linalg.pinv(covariance, hermitian=True) @ difference
    if not np.allclose(covariance @ solution, difference, atol=1e-9):
        return float("inf")
    return float(np.sqrt(difference @ solution))


def _multinomial(p: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.diag(p) - np.outer(p, p)


def _levels(values: pd.Series) -> list[object]:
    if isinstance(values.dtype, pd.CategoricalDtype):
        return list(values.cat.categories)
    return sorted(values.dropna().unique(), key=lambda level: (isinstance(level, str), level))


def _spread(values: pd.Series) -> dict[str, float]:
    q1, median, q3 = (values.quantile(q) for q in (0.25, 0.5, 0.75))
    numbers = (values.mean(), values.std(), median, q1, q3, values.min(), values.max())
    return {name: float(number) for name, number in zip(_CONTINUOUS, numbers, strict=True)}


def _share(values: pd.Series, level: object) -> dict[str, float]:
    count = int((values == level).sum())
    return {"count": count, "proportion": count / len(values) if len(values) else float("nan")}
