"""Read a table's file, whatever its format, into a DataFrame as it stands there."""

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lentap.errors import DataError

ROWS_AT_A_TIME = 50_000
SAS_EPOCH = np.datetime64("1960-01-01")
SECONDS = ("DATETIME", "DTDATE", "E8601DT", "B8601DT", "E8601DN", "B8601DN", "IS8601DT", "MDYAMPM")
DAYS = (
    *("DATE", "DAY", "DDMMYY", "MMDDYY", "YYMMDD", "E8601DA", "B8601DA", "IS8601DA", "JULIAN"),
    *("MONYY", "WEEKDATE", "WORDDATE", "YYMON", "MMYY", "YYMM"),
)


def read_table(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Read a table; dates in SAS files become timestamps, everything in a csv file stays text.

    Returns
    -------
    The table, and remarks on how it had to be read.

    Raises
    ------
    DataError
        The file is empty, truncated, or not what its name says.
    """
    readers = {".csv": _read_csv, ".parquet": _read_parquet, ".xpt": _read_sas, ".sas7bdat": _read_sas}
    if not path.stat().st_size:
        msg = "the file is empty (0 bytes)"
        raise DataError(msg)
    try:
        return readers[path.suffix.lower()](path)
    except DataError:
        raise
    except Exception as error:  # a damaged file can make the readers raise anything
        why = " ".join(str(error).split()) or type(error).__name__
        msg = f"cannot be read as {path.suffix.lower().lstrip('.')}: {why}"
        raise DataError(msg) from error


def _read_csv(path: Path) -> tuple[pd.DataFrame, list[str]]:
    remarks = []
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        text = data.decode("cp1252", errors="replace")
        remarks.append(f"not UTF-8 (line {line}), read as Windows-1252: look at the accented letters")
    if "\0" in text:
        msg = "cannot be read as csv: it holds NUL bytes (UTF-16, or not text at all); save it as UTF-8"
        raise DataError(msg)
    header = re.search(r"[^\r\n]*\S[^\r\n]*", text)
    if not header:
        msg = "the file is empty (blank lines only)"
        raise DataError(msg)
    separator = max(",;\t", key=header[0].count)
    if separator != ",":
        remarks.append(f"columns are separated by {separator!r} instead of a comma")
    rows = _rows(text, separator)
    names = [name.strip() for name in next(rows)]
    _refuse_repeated(names)
    plain = None if header.start() or '"' in text else _plain(names, data, separator)
    return _gathered(names, rows, separator) if plain is None else plain, remarks


def _plain(names: list[str], data: bytes, separator: str) -> pd.DataFrame | None:
    """What ``_gathered`` returns, many times as fast, of a file without quotation marks; None where it cannot be."""
    import pyarrow as pa
    from pyarrow import csv as fast

    words = pa.dictionary(pa.int32(), pa.string())
    try:
        table = fast.read_csv(
            pa.BufferReader(data),
            read_options=fast.ReadOptions(column_names=names, skip_rows=1, use_threads=False),
            parse_options=fast.ParseOptions(delimiter=separator, quote_char=False),
            convert_options=fast.ConvertOptions(column_types=dict.fromkeys(names, words), strings_can_be_null=False),
        ).unify_dictionaries()
    except pa.ArrowInvalid:
        return None
    columns = {name: table[name].combine_chunks() for name in names}
    texts = {
        name: np.array(column.dictionary.to_pylist(), dtype=object)[column.indices.to_numpy()]
        for name, column in columns.items()
    }
    return pd.DataFrame(texts, columns=names, dtype=object)


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    """Rows that hold anything; what is no csv is refused with the line it begins in."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for row in reader:
            line = reader.line_num + 1
            if row:
                yield row
    except csv.Error as error:
        msg = f"cannot be read as csv: line {line}: {error} (a quotation mark that is not closed, or not doubled?)"
        raise DataError(msg) from error


def _gathered(names: list[str], rows: Iterator[list[str]], separator: str) -> pd.DataFrame:
    """Rows as columns of text in which equal words are one object, as large tables do not fit into memory otherwise."""
    known: dict[str, str] = {}
    parts: list[NDArray[np.object_]] = []
    ragged: list[tuple[int, int]] = []
    number = 0
    while some := list(islice(rows, ROWS_AT_A_TIME)):
        ragged += [(number + i, len(row)) for i, row in enumerate(some, start=1) if len(row) != len(names)]
        number += len(some)
        if not ragged:
            words = [known.setdefault(word, word) for row in some for word in row]
            parts.append(np.array(words, dtype=object).reshape(-1, len(names)).T)
    if ragged:
        first, fields = ragged[0]
        msg = (
            f"cannot be read as csv: row {first} has {fields} fields where the header has {len(names)} "
            f"({len(ragged)} such rows; a truncated file, or an unquoted {separator!r})"
        )
        raise DataError(msg)
    columns = np.concatenate(parts, axis=1) if parts else np.empty((len(names), 0), dtype=object)
    return pd.DataFrame(dict(zip(names, columns, strict=True)), columns=names, dtype=object)


def _refuse_repeated(names: list[str]) -> None:
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        msg = f"column {', '.join(repeated)} stands there more than once"
        raise DataError(msg)


def _read_parquet(path: Path) -> tuple[pd.DataFrame, list[str]]:
    import pyarrow.parquet as pq

    table = pq.ParquetFile(path).read()
    _refuse_repeated(table.column_names)
    return table.to_pandas(ignore_metadata=True, date_as_object=False), []


def _read_sas(path: Path) -> tuple[pd.DataFrame, list[str]]:
    import pyreadstat

    transport = path.suffix.lower() == ".xpt"
    reader: Any = pyreadstat.read_xport if transport else pyreadstat.read_sas7bdat
    remarks = []
    try:
        frame, meta = reader(str(path), disable_datetime_conversion=True)
    except UnicodeDecodeError:
        frame, meta = reader(str(path), disable_datetime_conversion=True, encoding="WINDOWS-1252")
        remarks.append("not UTF-8, read as Windows-1252: look at the accented letters")
    if transport:
        _refuse_truncated(path, len(frame), sum(meta.variable_storage_width.values()))
    for column, sas_format in meta.original_variable_types.items():
        word = str(sas_format or "").upper()
        if word.startswith((*SECONDS, *DAYS)) and pd.api.types.is_numeric_dtype(frame[column]):
            frame[column] = from_sas(frame[column], seconds=word.startswith(SECONDS))
    return frame, remarks


def _refuse_truncated(path: Path, rows: int, width: int) -> None:
    """Refuse a transport file that is not made of 80-byte records, or has more than blanks after its last row."""
    data = path.read_bytes()
    start = data.find(b"HEADER RECORD*******OBS")
    rest = data[start + 80 + rows * width :] if start >= 0 else b""
    if b"HEADER RECORD*******MEMBER" in rest:
        msg = "holds several tables; write each into a file of its own"
        raise DataError(msg)
    if len(data) % 80 or rest.strip(b" "):
        msg = f"cannot be read as xpt: it is truncated within row {rows + 1}"
        raise DataError(msg)


def from_sas(numbers: pd.Series, *, seconds: bool = False) -> pd.Series:
    """Timestamps (midnight) of SAS day numbers or SAS seconds; what no timestamp can hold becomes missing."""
    days = np.floor(pd.to_numeric(numbers).to_numpy(float) / (86_400 if seconds else 1))
    held = np.abs(days) < 100_000
    stamps = SAS_EPOCH + np.where(held, days, 0).astype("timedelta64[D]")
    return pd.Series(np.where(held, stamps.astype("datetime64[ns]"), np.datetime64("NaT", "ns")), index=numbers.index)
