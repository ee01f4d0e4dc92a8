"""The table of a sweep: Parquet parts in a folder, readable while more arrive, whole or absent each."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from lentap.book.cache import write_whole
from lentap.errors import InputError, RunError

ABOUT = "_sweep.json"  # a leading underscore keeps readers of the folder from taking it for a part
ROWS = 20_000  # rows of a part, at most
COLUMNS = [
    *(("run", pa.string()), ("result", pa.string()), ("labels", pa.string()), ("source", pa.string())),
    *((name, pa.float64()) for name in ("estimate", "low", "high", "level", "p_value")),
    *((name, pa.string()) for name in ("unit", "method", "counts", "error")),
    ("seconds", pa.float64()),
]
TYPES = {"int": pa.int64(), "float": pa.float64(), "bool": pa.bool_(), "str": pa.string()}


@dataclass
class RunsTable:
    """Rows of a sweep, a row a recorded result, or a row with an ``error`` for a run that failed.

    ``about`` is what every row shares and a later start must agree with; ``parameters`` maps the varied parameters to
    their Python types; their columns are called ``parameter.NAME``.
    """

    folder: Path
    about: dict[str, str]
    parameters: dict[str, str]
    _waiting: list[dict[str, Any]] = field(default_factory=list)

    def open(self, *, forget_failed: bool = False) -> set[str]:
        """Begin or take up the table, and return the runs that are in it; failed ones can be taken out first.

        Raises
        ------
        InputError
            The place holds something else, or runs of another chapter or another state of the book.
        """
        file = self.folder / ABOUT
        if self.folder.exists() and not (self.folder.is_dir() and (file.is_file() or not any(self.folder.iterdir()))):
            msg = f"{self.folder}: holds something else than a sweep's table; choose another --output"
            raise InputError(msg)
        if not file.is_file():
            return set()
        about = self._all_about()
        known = json.loads(file.read_text(encoding="utf-8"))
        if apart := [key for key in about if known.get(key) != about[key]]:
            what = " and ".join(apart)
            msg = f"{self.folder}: holds runs of another {what}; choose another --output, or remove it"
            raise InputError(msg)
        if forget_failed:
            self._forget_failed()
        return {run for part in self._parts() for run in pq.read_table(part, columns=["run"])["run"].to_pylist()}

    def add(self, rows: list[dict[str, Any]]) -> None:
        """Keep the rows of one run; they are written with those of others."""
        self._waiting += rows
        if len(self._waiting) >= ROWS:
            self.flush()

    def flush(self) -> None:
        """Write what waits as a part of its own.

        Raises
        ------
        RunError
            The system does not let it be written.
        """
        if not self._waiting:
            return
        schema = pa.schema(
            [("run", pa.string())]
            + [(f"parameter.{name}", TYPES[kind]) for name, kind in self.parameters.items()]
            + COLUMNS[1:]
        )
        if not (self.folder / ABOUT).is_file():
            write_whole(self.folder / ABOUT, json.dumps(self._all_about(), indent=1, sort_keys=True) + "\n")
        target = self.folder / f"part-{uuid4().hex}.parquet"
        fresh = target.with_name(f"_{target.name}")
        try:
            pq.write_table(pa.Table.from_pylist(self._waiting, schema=schema), fresh)
            fresh.replace(target)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            msg = f"{target} cannot be written: {error.strerror}; start again when it can, what is there counts"
            raise RunError(msg) from error
        self._waiting = []

    def _all_about(self) -> dict[str, str]:
        return {**self.about, "parameters": json.dumps(self.parameters, sort_keys=True)}

    def _forget_failed(self) -> None:
        for part in list(self._parts()):
            table = pq.read_table(part)
            kept = table.filter(pa.compute.is_null(table["error"]))
            if len(kept) < len(table):
                fresh = part.with_name(f"_{part.name}")
                pq.write_table(kept, fresh)
                fresh.replace(part)

    def _parts(self) -> Iterator[Path]:
        return self.folder.glob("part-*.parquet")
