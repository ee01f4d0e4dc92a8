"""A table of covariates as the columns of a regression: categories expanded, what no model can use refused by name."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lentap.stats.arguments import Floats, refuse


@dataclass(frozen=True, eq=False)
class Design:
    """Columns of a regression: the intercept first, then each covariate's, with the ``names`` of all."""

    matrix: Floats
    names: tuple[str, ...]


def design_matrix(covariates: pd.DataFrame, n: int) -> Design:
    """Expand a table of covariates: numeric columns as they are, all others one column a category but the first.

    The first category is the first of a categorical column that occurs, else of the sorted values. True and false
    are 1 and 0.

    Parameters
    ----------
    covariates
        One row a subject, no missing values.
    n
        Number of subjects there must be.

    Raises
    ------
    StatisticsError
        The table has no column or another number of rows; a column has a missing or infinite value, or the same value
        in every row, or repeats what other columns say.
    """
    if not isinstance(covariates, pd.DataFrame) or covariates.shape[1] == 0:
        refuse("covariates", type(covariates).__name__, "a table with one column or more")
    if len(covariates) != n:
        refuse("covariates", f"a table of {len(covariates)} rows", f"as long as the other arguments ({n})")
    columns, names = [np.ones(n)], ["intercept"]
    for name in covariates.columns:
        for label, values in _expanded(str(name), covariates[name]).items():
            columns.append(values)
            names.append(label)
    matrix = np.column_stack(columns)
    refuse_collinear(matrix, names)
    return Design(matrix, tuple(names))


def refuse_collinear(matrix: Floats, names: Sequence[str]) -> None:
    """Refuse a column that those before it determine, by the pivots of a QR decomposition of centred unit columns."""
    if matrix.shape[0] < matrix.shape[1]:
        refuse("covariates", f"{matrix.shape[1] - 1} columns for {matrix.shape[0]} rows", "fewer columns than rows")
    centred = matrix.copy()
    centred[:, 1:] -= centred[:, 1:].mean(axis=0)
    pivots = np.abs(np.diag(np.linalg.qr(centred / np.linalg.norm(centred, axis=0), mode="r")))
    for name, pivot in zip(names, pivots, strict=True):
        if pivot < 1e-9:
            refuse("covariates", f"{name}, which the columns before it determine", "columns that are not collinear")


def _expanded(name: str, column: pd.Series) -> dict[str, Floats]:
    if column.isna().any():
        refuse("covariates", f"missing values of {name}", "a value in every row (leave subjects out, or impute first)")
    if pd.api.types.is_numeric_dtype(column):
        values = column.to_numpy(dtype=float)
        if not np.isfinite(values).all():
            refuse("covariates", f"infinite values of {name}", "finite numbers")
        expanded = {name: values}
    else:
        categories = pd.Categorical(column).remove_unused_categories()
        expanded = {
            f"{name} {category}": (categories.codes == code).astype(float)
            for code, category in enumerate(categories.categories)
            if code > 0
        }
    if not expanded or all(np.ptp(values) == 0 for values in expanded.values()):
        refuse("covariates", f"{name} with one value in every row", "covariates that vary")
    return expanded
