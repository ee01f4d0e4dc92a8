"""Checks of arguments shared by the estimators: each refusal names argument, value and what is legal."""

from collections.abc import Collection
from numbers import Real
from typing import NoReturn

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from lentap.errors import ArgumentError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Integers = NDArray[np.intp]

_LARGEST = 1e100  # squares and products of larger numbers would overflow


def refuse(argument: str, found: object, legal: str, *, fault: str = "", columns: Collection[str] = ()) -> NoReturn:
    """Raise the error that says which argument has which value and what would be legal, on one line."""
    if getattr(found, "shape", None):
        found = f"{type(found).__name__} of shape {found.shape}"  # type: ignore[attr-defined]
    found = found.item() if isinstance(found, np.generic) else found
    if isinstance(found, float) and found.is_integer() and abs(found) < 1e15:
        found = int(found)
    raise ArgumentError(argument, found, legal, fault=fault, columns=tuple(columns))


def choice(argument: str, found: str, legal: Collection[str]) -> str:
    """Return ``found`` if it is one of the legal names."""
    if not isinstance(found, str) or found not in legal:
        refuse(argument, found, f"one of {', '.join(legal)}")
    return found


def real(found: object) -> float:
    """Return ``found`` as a number; what is none is not-a-number, which passes no comparison."""
    try:
        return float(found) if isinstance(found, Real) else np.nan
    except OverflowError:
        return np.nan


def normal_quantile(level: float) -> float:
    """Return the standard normal quantile of a two-sided interval at ``level``, strictly between 0 and 1."""
    if not 0 < real(level) < 1:
        refuse("level", level, "a number strictly between 0 and 1, such as 0.95")
    return float(norm.isf((1 - level) / 2))


def counts(events: int, n: int, suffix: str = "") -> tuple[int, int]:
    """Return ``events`` out of ``n`` as integers, 0 <= events <= n and n >= 1."""
    if not real(n).is_integer() or n < 1:
        refuse(f"n{suffix}", n, "a whole number of at least 1")
    if not real(events).is_integer() or not 0 <= events <= n:
        refuse(f"events{suffix}", events, f"a whole number from 0 to {n}")
    return int(events), int(n)


def floats(argument: str, values: ArrayLike, legal: str) -> Floats:
    """Return ``values`` as an array of any shape, not-a-number where one is missing."""
    kind = getattr(getattr(values, "dtype", None), "kind", None)
    if kind in ("c", "m", "M"):  # NumPy drops imaginary parts and takes dates for nanoseconds
        refuse(argument, "complex" if kind == "c" else "dates or durations", legal)
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError, OverflowError):
        refuse(argument, "not numeric", legal)


def numbers(argument: str, values: ArrayLike, legal: str = "one or more finite numbers") -> Floats:
    """Return ``values`` as a one-dimensional array of finite numbers with at least one element."""
    array = floats(argument, values, legal)
    if array.ndim != 1 or array.size == 0:
        refuse(argument, f"array of shape {array.shape}", f"{legal}, in one dimension")
    if not np.isfinite(array).all():
        refuse(argument, array[~np.isfinite(array)][0].item(), legal)
    if max(array.max(), -array.min()) > _LARGEST:
        refuse(argument, array[np.abs(array) > _LARGEST][0].item(), f"{legal}, none beyond {_LARGEST:g}")
    return array


def numeric(argument: str, column: pd.Series) -> pd.Series:
    """Return a column of a table as floats, not-a-number where a value is missing or no number."""
    if column.dtype.kind in ("m", "M"):
        refuse(argument, "dates or durations", "numbers")
    return pd.Series(pd.to_numeric(column, errors="coerce").to_numpy(float, na_value=np.nan), column.index)


def indicator(argument: str, values: ArrayLike, n: int) -> Bools:
    """Return ``values``, 0/1 or bool, as ``n`` bools."""
    array = numbers(argument, values, "0 or 1 (false or true)")
    if array.size != n:
        refuse(argument, f"array of {array.size}", f"as long as the other arguments ({n})")
    illegal = (array != 0) & (array != 1)
    if illegal.any():
        refuse(argument, array[illegal][0].item(), "0 or 1 (false or true)")
    return array.astype(bool)


def labels(argument: str, values: object, n: int) -> tuple[list[str], Integers]:
    """Return the distinct labels of ``values`` (in categorical order where there is one) and each row's position."""
    try:
        group = pd.Categorical(pd.Series(values))
    except (TypeError, ValueError, OverflowError):
        refuse(argument, f"a {type(values).__name__} that is no column of labels", "a group in every row")
    if len(group) != n:
        refuse(argument, f"array of {len(group)}", f"as long as the other arguments ({n})")
    if (group.codes < 0).any():
        refuse(argument, "missing in some rows", "a group in every row")
    occurs = np.bincount(group.codes, minlength=len(group.categories)) > 0
    position = np.cumsum(occurs) - 1  # among those that occur; remove_unused_categories would sort all rows
    names = [str(name) for name in group.categories[occurs]]
    if len(set(names)) < len(names):
        refuse(argument, f"{names} (numbers and text)", "groups that read differently")
    return names, position[group.codes]


def columns(argument: str, table: pd.DataFrame, *names: str) -> None:
    """Refuse a table that lacks one of the named columns."""
    if not isinstance(table, pd.DataFrame):
        refuse(argument, f"a {type(table).__name__}", f"a table with {', '.join(names)}")
    absent = [name for name in names if name not in table.columns]
    if absent:
        refuse(argument, f"a table without {', '.join(absent)}", f"a table with {', '.join(names)}")
    twice = [name for name in names if (table.columns == name).sum() > 1]
    if twice:
        refuse(argument, f"a table with {', '.join(twice)} twice", "each column once")


def one_parameter(argument: str, table: pd.DataFrame) -> None:
    """Refuse a table that holds more than one parameter (PARAMCD)."""
    found = sorted(set(table["PARAMCD"].dropna())) if "PARAMCD" in table.columns else []
    if len(found) > 1:
        refuse(argument, f"a table of {', '.join(found)}", "a table of one PARAMCD")
