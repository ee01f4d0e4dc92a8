"""The FCS files at hand: simulated ones of a synthetic trial, or a folder of one's own with a list of what is what."""

import io
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from lentap.errors import DataError
from lentap.files import files_of
from lentap.immune.fcs import Acquisition, read_fcs
from lentap.simulate import load_assumptions
from lentap.simulate.cytometry import flow_files

SHEET = "samples.csv"
COLUMNS = ("FILE", "USUBJID", "AVISITN", "BATCH", "CONTROL")
MINUS_ONE = re.compile(r"FMO[ _-]*([A-Za-z0-9-]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Tube:
    """An FCS file, not yet read, and what was in the tube.

    ``control`` is the marker a fluorescence-minus-one control lacks, empty for a sample; ``visit`` is AVISITN,
    not-a-number where unknown, and ``subject`` the name of the file where nobody says whose it is. ``batch`` is stained
    and measured together with its controls.
    """

    name: str
    opened: Callable[[], BinaryIO]
    subject: str
    visit: float = np.nan
    batch: str = ""
    control: str = ""

    def read(self) -> Acquisition:
        """Read the file; raises as `read_fcs`."""
        try:
            file = self.opened()
        except OSError as error:
            msg = f"{self.name}: cannot be read: {error.strerror}"
            raise DataError(msg) from error
        return read_fcs(file, self.name)


def simulated_tubes(adim: pd.DataFrame) -> list[Tube]:
    """FCS files drawn for some patients of a synthetic trial; ``adim`` holds the rows of one marker."""
    return [
        Tube(one.name, _held(one.content), one.subject, np.nan if one.control else one.visit, one.batch, one.control)
        for one in flow_files(load_assumptions(), adim)
    ]


def _held(content: bytes) -> Callable[[], BinaryIO]:
    return lambda: io.BytesIO(content)


def tubes_in(folder: Path) -> list[Tube]:
    """FCS files of a folder, as its ``samples.csv`` names them; without one, FMO in a name makes a control.

    Raises
    ------
    DataError
        There is no FCS file, or ``samples.csv`` lacks a column, names a file that is not there or a visit that is no
        number, or does not list a file once.
    """
    files = files_of(folder, (".fcs",))
    if not files:
        msg = f"{folder}: no .fcs file"
        raise DataError(msg)
    sheet = folder / SHEET
    if not sheet.is_file():
        return [_by_name(file) for file in files]
    try:
        rows = pd.read_csv(sheet, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        msg = f"{sheet}: cannot be read as a table: {error}"
        raise DataError(msg) from error
    if missing := [column for column in COLUMNS[:3] if column not in rows]:
        msg = f"{sheet}: no column {', '.join(missing)}; legal: {', '.join(COLUMNS)}, the last two with controls"
        raise DataError(msg)
    known = {file.name: file for file in files}
    if absent := [name for name in rows["FILE"] if name not in known]:
        msg = f"{sheet}: no file {', '.join(absent[:3])} beside it"
        raise DataError(msg)
    times = Counter(rows["FILE"])
    if unlike := [name for name in known if times[name] != 1]:
        msg = f"{sheet}: {unlike[0]} is listed {times[unlike[0]]} times; legal: one row for each .fcs file beside it"
        raise DataError(msg)
    visits = pd.to_numeric(rows["AVISITN"], errors="coerce")
    if wrong := [word for word, visit in zip(rows["AVISITN"], visits, strict=True) if word and np.isnan(visit)]:
        msg = f"{sheet}: AVISITN is {wrong[0]!r}; legal: a number"
        raise DataError(msg)
    rows = rows.assign(AVISITN=visits).reindex(columns=COLUMNS, fill_value="")
    return [
        Tube(name, _on_disk(known[name]), subject or name, float(visit), batch, control)
        for name, subject, visit, batch, control in rows.itertuples(index=False)
    ]


def _by_name(file: Path) -> Tube:
    found = MINUS_ONE.search(file.stem)
    return Tube(file.name, _on_disk(file), file.stem, control=found[1] if found else "")


def _on_disk(file: Path) -> Callable[[], BinaryIO]:
    return lambda: file.open("rb")
