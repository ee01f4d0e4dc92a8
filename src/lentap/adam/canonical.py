"""Bring a table as it stands in its file to canonical column names, values and types, and say what did not fit."""

import datetime
from typing import Any

import numpy as np
import pandas as pd

from lentap.adam.problems import Problem, listed, shown_values
from lentap.adam.read import from_sas
from lentap.adam.schemas import FIRST_DAY, LAST_DAY, Column, Table
from lentap.design import Design
from lentap.forms import nearest

MISSING = {"", "NA", "NaN", "nan", ".", "None", "null"}
Unreadable = dict[str, "pd.Series[Any]"]
PLAIN_NUMBER = r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?"


def canonical(
    raw: pd.DataFrame, table: Table, design: Design, *, typed: bool
) -> tuple[pd.DataFrame, Unreadable, list[Problem]]:
    """Rename, recode and convert a table.

    Text has its outer blanks removed and is None where it is empty; numbers are float64, whole numbers int64 where none
    is missing; dates are timestamps. Rows keep their order: row n stands at index n - 1.

    Parameters
    ----------
    raw
        The table as read.
    table
        What stands in it.
    design
        The trial's own names of columns and values.
    typed
        Whether the file knows its columns' types; where it does not (csv), further columns of plain numbers become
        numbers.

    Returns
    -------
    The table; for each column what could not be read as its type, under its row; and what is to be said of it.
    """
    frame, problems = _renamed(raw, table, design.columns.get(table.name, {}))
    recode = design.values.get(table.name, {})  # noqa: PD011
    columns: dict[str, Any] = {}
    unreadable: Unreadable = {}
    for name in frame.columns:
        column = table.columns.get(name)
        values = frame[name]
        if name in recode:
            values = as_text(values)
            problems += _unused(table.name, name, values, recode[name])
            values = _recoded(values, recode[name])
        if column is not None:
            columns[name], lost, remark = _converted(values, column)
            if lost.any():
                unreadable[name] = values[lost]
            if remark:
                problems.append(Problem(table.name, name, remark, "note"))
        else:
            columns[name] = _further(values, typed=typed)
    for name in recode:
        if name not in frame.columns:
            message = f"trial.yml recodes it (values.{table.name}.{name}), but the file has no such column"
            message += nearest(name, frame.columns)
            problems.append(Problem(table.name, name, message, "warning", legal=listed(frame.columns, 40)))
    return pd.DataFrame(columns, index=frame.index), unreadable, problems


def _renamed(raw: pd.DataFrame, table: Table, mapping: dict[str, str]) -> tuple[pd.DataFrame, list[Problem]]:
    frame = raw.reset_index(drop=True)
    problems: list[Problem] = []
    for ours, theirs in mapping.items():
        if theirs in frame.columns:
            frame = frame.assign(**{ours: frame[theirs]})
            continue
        message = f"trial.yml says its values are in {theirs!r} (columns.{table.name}.{ours}), which the file lacks"
        message += nearest(theirs, frame.columns)
        required = ours in table.columns and table.columns[ours].required
        severity: Any = "error" if required and ours not in frame.columns else "warning"
        problems.append(Problem(table.name, ours, message, severity, legal=listed(frame.columns, 40)))
    for ours in [name for name in table.columns if name not in frame.columns]:
        alike = [name for name in frame.columns if str(name).upper() == ours]
        if len(alike) == 1:
            frame = frame.rename(columns={alike[0]: ours})
            problems.append(Problem(table.name, ours, f"read from column {alike[0]!r}", "note"))
    return frame, problems


def _unused(table: str, name: str, values: "pd.Series[Any]", words: dict[str, str]) -> list[Problem]:
    present = set(values.fillna("").unique())
    return [
        Problem(table, name, f"trial.yml recodes {word!r}, which does not occur", "note", found=shown_values(values))
        for word in words
        if word not in present
    ]


def _recoded(values: "pd.Series[Any]", words: dict[str, str]) -> "pd.Series[Any]":
    codes, known = pd.factorize(values.fillna(""))
    new = np.array([words.get(word, word) or None for word in known], dtype=object)
    return pd.Series(new[codes] if len(known) else values, index=values.index, dtype=object)


def _converted(values: "pd.Series[Any]", column: Column) -> "tuple[pd.Series[Any], pd.Series[Any], str]":
    """Give a column its type; say where it could not be done, and how it was done if that is worth a remark."""
    if column.type == "text":
        return as_text(values), pd.Series(False, index=values.index), ""
    if column.type == "date":
        return _as_dates(values)
    numbers, lost = _as_numbers(values)
    if column.type == "integer" and numbers.notna().all() and (numbers % 1 == 0).all():
        numbers = numbers.astype("int64")
    return numbers, lost, ""


def _further(values: "pd.Series[Any]", *, typed: bool) -> "pd.Series[Any]":
    """Tidy a column no schema knows; in files without types make plain numbers numbers."""
    plain = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if plain:
        return values
    if pd.api.types.is_datetime64_any_dtype(values):
        held = values.dropna().between(pd.Timestamp.min, pd.Timestamp.max).all()
        return values.dt.tz_localize(None).astype("datetime64[ns]") if held else values
    text = as_text(values)
    if typed or text.isna().all():
        return text
    words = pd.Series(text.dropna().unique(), dtype=str)
    return pd.to_numeric(text) if words.str.fullmatch(PLAIN_NUMBER).all() else text


def as_text(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """Text without outer blanks, None where there is none; 701.0 reads 701, and true and false read Y and N."""
    values = values.astype(object)
    try:
        codes, known = pd.factorize(values)
    except TypeError:  # lists and the like, from parquet
        codes, known = pd.factorize(values.map(str, na_action="ignore"))
    words = np.array([*map(_word, known), None], dtype=object)
    return pd.Series(words[codes], index=values.index, dtype=object)


def _word(value: Any) -> str | None:
    if isinstance(value, (bool, np.bool_)):
        return "Y" if value else "N"
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    if isinstance(value, (datetime.date, pd.Timestamp)):
        return str(value)[:10]
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value).strip() or None


def _as_numbers(values: "pd.Series[Any]") -> "tuple[pd.Series[Any], pd.Series[Any]]":
    if pd.api.types.is_numeric_dtype(values):
        numbers = values.astype("float64")
        infinite = pd.Series(np.isinf(numbers), index=values.index)
        return numbers.mask(infinite), infinite
    codes, known = pd.factorize(as_text(values))
    words = pd.Series(known, dtype=object)
    blank = np.append(words.isin(MISSING), True)  # the last is what is missing: code -1
    parsed = np.append(pd.to_numeric(words.mask(blank[:-1]), errors="coerce").to_numpy(float), np.nan)
    numbers = pd.Series(np.where(np.isfinite(parsed), parsed, np.nan)[codes], index=values.index)
    return numbers, numbers.isna() & ~blank[codes]


def _as_dates(values: "pd.Series[Any]") -> "tuple[pd.Series[Any], pd.Series[Any], str]":
    remark = ""
    if pd.api.types.is_datetime64_any_dtype(values):
        given = values.notna()
        dates = values.dt.tz_localize(None)
    elif pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        given = values.notna()
        numbers = values.astype("float64")
        dates = from_sas(numbers, seconds=bool((numbers.abs() > 1e6).any()))
        remark = "SAS day numbers"
    else:
        text = as_text(values)
        text = text.mask(text.isin(MISSING))
        given = text.notna()
        codes, known = pd.factorize(text)
        parsed, remark = _parsed(pd.Series(known, dtype=object))
        dates = pd.Series(pd.NaT, index=values.index, dtype="datetime64[ns]")
        if len(known):
            dates = pd.Series(parsed.to_numpy()[codes], index=values.index).where(given)
    dates = dates.where(dates.between(FIRST_DAY, LAST_DAY + pd.Timedelta(hours=23)))
    dates = dates.astype("datetime64[ns]").dt.normalize()
    if remark and dates.notna().any():
        remark = f"{remark}, read as dates from {dates.min().date()} to {dates.max().date()}"
    return dates, given & dates.isna(), remark if dates.notna().any() else ""


def _parsed(words: "pd.Series[Any]") -> "tuple[pd.Series[Any], str]":
    """Dates written 2024-05-31 (also with a time), 20240531 or 31MAY2024, and SAS day numbers that are no year."""
    dates = pd.Series(pd.NaT, index=words.index, dtype="datetime64[ns]")
    remark = ""
    iso = words.str.fullmatch(r"\d{4}-\d{2}-\d{2}(?:[T ].*)?").astype(bool)
    dates[iso] = pd.to_datetime(words[iso].str[:10], format="%Y-%m-%d", errors="coerce")
    for pattern, form in ((r"\d{8}", "%Y%m%d"), (r"\d{1,2}[A-Za-z]{3}\d{4}", "%d%b%Y")):
        fits = words.str.fullmatch(pattern).astype(bool)
        dates[fits] = pd.to_datetime(words[fits].str.title(), format=form, errors="coerce")
    sas = words.str.fullmatch(r"-?\d{1,6}(?:\.\d+)?").astype(bool) & ~words.str.fullmatch(r"(?:19|20|21)\d\d").astype(
        bool
    )
    if sas.any():
        dates[sas] = from_sas(words[sas].astype(float))
        remark = "SAS day numbers"
    return dates, remark
