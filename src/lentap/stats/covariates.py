"""A table of covariates as the columns of a regression: categories expanded, what no model can use refused by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lentap.stats.arguments import Floats, labels, refuse


@dataclass(frozen=True)
class Term:
    """A covariate and its ``columns``; of ``categories``, none where it is numeric, the first has no column."""

    name: str
    columns: tuple[str, ...]
    categories: tuple[str, ...] = ()

    def encode(self, value: object) -> list[float]:
        """Values of the columns for one subject; refuse a category that the regression has not seen."""
        if not self.categories:
            try:
                number = float(value)  # type: ignore[arg-type]
            except (TypeError, ValueError):
                number = np.nan
            if not np.isfinite(number):
                refuse(self.name, value, "a finite number")
            return [number]
        if str(value) not in self.categories:
            refuse(self.name, value, f"one of {', '.join(self.categories)}")
        return [float(category == str(value)) for category in self.categories[1:]]


@dataclass(frozen=True, eq=False)
class Design:
    """Columns of a regression: the intercept first, then each covariate's, with the ``names`` of all.

    ``terms`` says which columns are whose, where they were made from a table of covariates.
    """

    matrix: Floats
    names: tuple[str, ...]
    terms: tuple[Term, ...] = ()

    def encode(self, covariates: Mapping[str, object]) -> Floats:
        """Return the columns of one subject, without the intercept, from the values of all covariates by name."""
        absent = [term.name for term in self.terms if term.name not in covariates]
        if absent:
            refuse("covariates", f"without {', '.join(absent)}", f"with {', '.join(term.name for term in self.terms)}")
        return np.array([value for term in self.terms for value in term.encode(covariates[term.name])])


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
        The table has no column, one name twice or another number of rows; a column has a missing or infinite value, or
        the same value in every row, or repeats what other columns say.
    """
    if not isinstance(covariates, pd.DataFrame) or covariates.shape[1] == 0:
        refuse("covariates", type(covariates).__name__, "a table with one column or more")
    if len(covariates) != n:
        refuse("covariates", f"a table of {len(covariates)} rows", f"as long as the other arguments ({n})")
    if not covariates.columns.is_unique:
        refuse("covariates", f"{covariates.columns[covariates.columns.duplicated()][0]} twice", "each column once")
    terms, columns = [], [np.ones(n)]
    for name in covariates.columns:
        term, values = _expanded(str(name), covariates[name])
        terms.append(term)
        columns += values
    names = ("intercept", *(label for term in terms for label in term.columns))
    matrix = np.column_stack(columns)
    refuse_collinear(matrix, names)
    return Design(matrix, names, tuple(terms))


def refuse_collinear(matrix: Floats, names: Sequence[str]) -> None:
    """Refuse a column that those before it determine, by the pivots of a QR decomposition of centred unit columns."""
    if matrix.shape[0] < matrix.shape[1]:
        columns = f"{matrix.shape[1] - 1} columns for {matrix.shape[0]} rows"
        refuse("covariates", columns, "fewer columns than rows", fault="few rows")
    centred = matrix.copy()
    centred[:, 1:] -= centred[:, 1:].mean(axis=0)
    centred /= np.abs(centred).max(axis=0)  # squares of what is left neither overflow nor vanish
    pivots = np.abs(np.diag(np.linalg.qr(centred / np.linalg.norm(centred, axis=0), mode="r")))
    for name, pivot in zip(names, pivots, strict=True):
        if pivot < 1e-9:
            refuse(
                "covariates",
                f"{name}, which the columns before it determine",
                "columns that are not collinear",
                fault="determined",
                columns=[name],
            )


def _expanded(name: str, column: pd.Series) -> tuple[Term, list[Floats]]:
    if column.isna().any():
        refuse("covariates", f"missing values of {name}", "a value in every row (leave subjects out, or impute first)")
    if pd.api.types.is_numeric_dtype(column):
        values = [column.to_numpy(dtype=float)]
        if not np.isfinite(values[0]).all():
            refuse("covariates", f"infinite values of {name}", "finite numbers")
        term = Term(name, (name,))
    else:
        categories, position = labels(f"covariates, {name},", column, len(column))
        term = Term(name, tuple(f"{name} {label}" for label in categories[1:]), tuple(categories))
        values = [(position == code).astype(float) for code in range(1, len(categories))]
    if all(np.ptp(one) == 0 for one in values):
        found = f"{name} with one value in every row"
        refuse("covariates", found, "covariates that vary", fault="constant", columns=[name])
    return term, values
