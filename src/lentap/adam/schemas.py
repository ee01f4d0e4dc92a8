"""What stands in each table of a trial, read from ``schemas.yml``: for checking, and for the dictionary."""

from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Literal

import pandas as pd
import pandera.pandas as pa
import yaml

Type = Literal["text", "number", "integer", "date"]
FIRST_DAY, LAST_DAY = pd.Timestamp("1900-01-01"), pd.Timestamp("2100-12-31")


@dataclass(frozen=True)
class Column:
    """A column of a table: its meaning, and what may stand in it.

    ``expected`` are the words of free text that the pages know, in capitals; ``otherwise`` says what any other word, or
    one that is not legal, counts as.
    """

    name: str
    meaning: str
    type: Type
    unit: str = ""
    required: bool = False
    nullable: bool = False
    legal: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    words: str = ""
    expected: tuple[str, ...] = ()
    otherwise: str = ""

    @property
    def legal_text(self) -> str:
        """What may stand in the column, in words."""
        if self.type == "date":
            return f"a date such as 2024-05-31, from {FIRST_DAY.year} to {LAST_DAY.year}"
        if self.type == "text":
            return " | ".join(self.legal or self.expected) or self.words or "text"
        kind = "a whole number" if self.type == "integer" else "a number"
        if self.low is None:
            return kind
        return f"{kind} of {self.low:g} or more" if self.high is None else f"{kind} from {self.low:g} to {self.high:g}"

    @property
    def checks(self) -> list[Any]:
        checks = [pa.Check.isin(self.legal)] if self.legal else []
        if self.low is not None:
            checks.append(pa.Check.ge(self.low))
        if self.high is not None:
            checks.append(pa.Check.le(self.high))
        if self.type == "integer":
            checks.append(pa.Check(lambda values: values % 1 == 0))
        return checks


@dataclass(frozen=True)
class Table:
    """A table: its columns, what names a row, which columns follow each other, which PARAMCDs are looked at."""

    name: str
    meaning: str
    columns: dict[str, Column]
    key: tuple[str, ...]
    repeated: Literal["error", "warning"]
    apart: tuple[str, ...] = ()
    order: tuple[tuple[str, str], ...] = ()
    declared: Literal["", "endpoints", "criteria", "markers"] = ""

    @cached_property
    def schema(self) -> Any:
        """Legal values as a pandera schema, for columns that already have their type."""
        return pa.DataFrameSchema(
            {
                column.name: pa.Column(
                    checks=column.checks, nullable=column.nullable or not column.required, required=column.required
                )
                for column in self.columns.values()
            }
        )


@cache
def tables() -> dict[str, Table]:
    """Every canonical table by name."""
    found = yaml.safe_load((files("lentap.adam") / "schemas.yml").read_text(encoding="utf-8"))
    return {name: _table(name, **entry) for name, entry in found.items()}


def _table(name: str, columns: dict[str, Any], key: list[str], apart: Any = (), order: Any = (), **rest: Any) -> Table:
    return Table(
        name,
        columns={
            column: Column(column, **entry | {name: tuple(entry.get(name, ())) for name in ("legal", "expected")})
            for column, entry in columns.items()
        },
        key=tuple(key),
        apart=tuple(apart),
        order=tuple((first, second) for first, second in order),
        **rest,
    )


def dictionary() -> pd.DataFrame:
    """Describe every column in a row: table, column, meaning, type, unit, required ("yes" or "") and legal values."""
    return pd.DataFrame(
        [
            (table.name, c.name, c.meaning, c.type, c.unit, "yes" if c.required else "", c.legal_text)
            for table in tables().values()
            for c in table.columns.values()
        ],
        columns=["table", "column", "meaning", "type", "unit", "required", "legal"],
    )
