"""Curves read off figures, as a reader's CSV files hold them: readings and numbers at risk, by arm."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from lentap.adam.canonical import PLAIN_NUMBER
from lentap.adam.read import read_table
from lentap.errors import DataError
from lentap.files import csv_files
from lentap.forms import nearest

NAMES = {
    "time": ("time", "t", "x", "trisk", "at_risk_time"),
    "survival": ("survival", "surv", "s", "y", "surv_pct"),
    "at_risk": ("at_risk", "n_risk", "nrisk", "n.risk"),
    "total_events": ("total_events",),
    "arm": ("arm", "group"),
}
LEGAL = "columns time and survival (readings), or time and at_risk (numbers at risk); arm where there are several"
_TABLE_NAME = re.compile(r"[ _.-]*(?:at[ _.-]?risk|risk[ _.-]?table)$", re.IGNORECASE)


@dataclass(frozen=True)
class Readings:
    """One arm's curve as it was read, in the units of its file, with what is printed beside it.

    ``at_risk`` at ``at_risk_time`` is empty and ``total_events`` None where they are not given; ``file`` and
    ``table_file`` say where they stand.
    """

    arm: str
    file: str
    time: tuple[float, ...]
    survival: tuple[float, ...]
    table_file: str = ""
    at_risk_time: tuple[float, ...] = ()
    at_risk: tuple[float, ...] = ()
    total_events: int | None = None


def read_curves(curve: str, risk_table: str = "none") -> dict[str, Readings]:
    """Read the curves of one figure, by arm in the order of the files.

    Parameters
    ----------
    curve
        A CSV file of readings with a column ``arm``, or a folder of files: an arm without that column is named by its
        file, and files of numbers at risk may lie beside the readings.
    risk_table
        A further file of numbers at risk, or ``none``.

    Raises
    ------
    DataError
        A file, a column or a cell is missing or not what it should be, or numbers at risk belong to no arm read.
    """
    place = Path(curve).expanduser()
    files = csv_files(place) if place.is_dir() else [place]
    files += [] if risk_table == "none" else [Path(risk_table).expanduser()]
    frames = [(file, _frame(file)) for file in files]
    arms: dict[str, Readings] = {}
    for file, frame in frames:
        if "survival" in frame:
            for arm, rows in _by_arm(frame, file.stem):
                if arm in arms:
                    msg = f"{file}: arm {arm!r} was read from {arms[arm].file} already; legal: an arm in one file"
                    raise DataError(msg)
                arms[arm] = Readings(arm, str(file), _numbers(file, rows, "time"), _numbers(file, rows, "survival"))
    if not arms:
        msg = f"{place}: no file of readings; legal: CSV files with {LEGAL}"
        raise DataError(msg)
    for file, frame in frames:
        if "at_risk" in frame:
            for arm, rows in _by_arm(frame, _named_by(file, arms)):
                arms[arm] = _with_table(_owner(arms, arm, file), file, rows)
    for arm, one in arms.items():
        if not one.at_risk:
            msg = (
                f"{one.file}: arm {arm!r} has no numbers at risk; legal: a file with columns time, at_risk and arm, "
                "whose row at time 0 alone says how many patients there were"
            )
            raise DataError(msg)
    return arms


def _frame(file: Path) -> pd.DataFrame:
    """A file's columns under their names here."""
    if file.suffix.lower() != ".csv":
        msg = f"{file}: not a CSV file; legal: a file NAME.csv with {LEGAL}"
        raise DataError(msg)
    try:
        raw, _ = read_table(file)
    except OSError as error:
        msg = f"{file}: cannot be read: {error.strerror}; legal: a CSV file with {LEGAL}"
        raise DataError(msg) from error
    except DataError as error:
        msg = f"{file}: {error}"
        raise DataError(msg) from error
    ours = {theirs: name for name, alike in NAMES.items() for theirs in alike}
    known = {column: ours[column.lower()] for column in raw.columns if column.lower() in ours}
    frame = raw[list(known)].rename(columns=known)
    if frame.columns.has_duplicates or not {"time"} < set(frame) or ("survival" in frame) == ("at_risk" in frame):
        header = any(re.fullmatch(PLAIN_NUMBER, str(column)) for column in raw.columns)
        found = ", ".join(map(str, raw.columns))
        msg = f"{file}: its {'first line is' if header else 'columns are'} {found}; legal: {LEGAL}"
        raise DataError(msg)
    if frame.empty:
        msg = f"{file}: no row below its first line; legal: a row for each reading or number at risk"
        raise DataError(msg)
    return frame


def _by_arm(frame: pd.DataFrame, otherwise: str) -> Iterable[tuple[str, pd.DataFrame]]:
    if "arm" not in frame:
        return [(otherwise, frame)]
    return [(str(arm).strip(), rows) for arm, rows in frame.groupby("arm", sort=False)]


def _named_by(file: Path, arms: dict[str, Readings]) -> str:
    """The arm that a file of numbers at risk is named after; the only one there is, whatever the name."""
    name = _TABLE_NAME.sub("", file.stem)
    return next(iter(arms)) if len(arms) == 1 else name or file.stem


def _owner(arms: dict[str, Readings], arm: str, file: Path) -> Readings:
    if arm not in arms:
        msg = f"{file}: numbers at risk of {arm!r}{nearest(arm, arms)}; legal: arms that were read: {', '.join(arms)}"
        raise DataError(msg)
    if arms[arm].at_risk:
        msg = f"{file}: numbers at risk of {arm!r} stand in {arms[arm].table_file} already; legal: one table an arm"
        raise DataError(msg)
    return arms[arm]


def _with_table(arm: Readings, file: Path, rows: pd.DataFrame) -> Readings:
    totals = rows[rows["total_events"].str.strip() != ""] if "total_events" in rows else rows[:0]
    found = set(_numbers(file, totals, "total_events"))
    if len(found) > 1 or not all(total.is_integer() for total in found):
        listed = ", ".join(f"{total:g}" for total in sorted(found))
        msg = f"{file}: total_events of {arm.arm!r} is {listed}; legal: one whole number an arm, or empty"
        raise DataError(msg)
    return replace(
        arm,
        table_file=str(file),
        at_risk_time=_numbers(file, rows, "time"),
        at_risk=_numbers(file, rows, "at_risk"),
        total_events=int(found.pop()) if found else None,
    )


def _numbers(file: Path, rows: pd.DataFrame, column: str) -> tuple[float, ...]:
    if column not in rows:
        return ()
    numbers = pd.to_numeric(rows[column].str.strip(), errors="coerce").to_numpy(float)
    if not np.isfinite(numbers).all():
        at = int(np.flatnonzero(~np.isfinite(numbers))[0])
        msg = f"{file}, row {rows.index[at] + 1}: {column} is {rows[column].iloc[at]!r}; legal: a number, such as 0.85"
        raise DataError(msg)
    return tuple(numbers.tolist())
