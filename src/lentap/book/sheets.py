"""Rows to take away, from a table or a figure, and what must go with them; as CSV."""

import csv
import io
import re
from dataclasses import dataclass, field
from typing import Any

from lentap.sources import BADGES, Source

USE = "For research and teaching, not for treatment decisions."
NUMBER = re.compile(r"[-+\N{MINUS SIGN}]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?(e[-+\N{MINUS SIGN}]?\d+)?")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Sheet:
    """A table as `lentap.show.Table` describes it, or the rows of a figure; the names are those of its fields.

    Where it is ``grouped``, the words of the first column head groups of rows.
    """

    name: str
    caption: str
    source: list[Source]
    columns: list[str]
    rows: list[list[Any]]
    grouped: bool = False
    left: list[str] = field(default_factory=list)
    spanners: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def kinds(self) -> str:
        """The kinds of number, as the page's badges say them; empty where there is none."""
        return ", ".join(BADGES[source] for source in self.source)


def as_csv(sheet: Sheet) -> bytes:
    """UTF-8 with a byte order mark, without which Excel takes it for another encoding; all text quoted.

    What goes with the rows stands above them in lines that begin with ``#``, a heading over several columns in front
    of the name of each.
    """
    about = [("Caption", sheet.caption), ("Kind of number", sheet.kinds), *(("Note", note) for note in sheet.notes)]
    over = {column: f"{heading}: {column}" for heading, under in sheet.spanners.items() for column in under}
    out = io.StringIO()
    above = csv.writer(out, lineterminator="\n")
    above.writerows(["#", what, _cell(" ".join(said.split()))] for what, said in [*about, ("Use", USE)] if said)
    rows = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    rows.writerow([_cell(over.get(column, column)) for column in sheet.columns])
    rows.writerows([_cell(value) for value in row] for row in sheet.rows)
    return out.getvalue().encode("utf-8-sig")


def _cell(value: object) -> object:
    """A printed number as every program reads it; what a spreadsheet would compute, kept as text by an apostrophe."""
    if not isinstance(value, str):
        return value
    if NUMBER.fullmatch(value):
        return value.replace(",", "").replace("\N{MINUS SIGN}", "-")
    return f"'{value}" if value.startswith(FORMULA) else value
