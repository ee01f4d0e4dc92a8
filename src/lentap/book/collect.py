"""Recorded results, collected from what the chapters returned."""

import csv
import io
import json
from collections.abc import Iterable

from lentap.book.cache import Outputs
from lentap.errors import RunError
from lentap.folders import MIME as FOLDER
from lentap.folders import MadeFolder
from lentap.results import MIME, Result

FOR_THE_BOOK = {MIME, FOLDER}


def results_of(outputs: Outputs) -> list[Result]:
    """The results a chapter recorded, in order."""
    return [Result(**output["data"][MIME]) for cell in outputs for output in cell if MIME in output.get("data", {})]


def folders_of(outputs: Outputs) -> list[MadeFolder]:
    """The folders of files a chapter made."""
    return [MadeFolder(**out["data"][FOLDER]) for cell in outputs for out in cell if FOLDER in out.get("data", {})]


def without_records(outputs: Outputs) -> Outputs:
    """Outputs that are for the reader: everything but the records and the files."""
    return [[output for output in cell if not FOR_THE_BOOK & set(output.get("data", {}))] for cell in outputs]


def unique(results: Iterable[tuple[str, Result]]) -> dict[str, tuple[str, Result]]:
    """Results by key, with the page each stands on.

    Raises
    ------
    RunError
        Two pages record different numbers under one name and the same labels.
    """
    found: dict[str, tuple[str, Result]] = {}
    for page, result in results:
        if result.key in found and found[result.key][1] != result:
            msg = f"{found[result.key][0]} and {page} record different numbers as {result.key!r}"
            raise RunError(msg)
        found.setdefault(result.key, (page, result))
    return found


def as_json(results: dict[str, tuple[str, Result]]) -> str:
    """The records as JSON text, a list sorted by key."""
    rows = [{"page": page, **result.to_dict()} for _, (page, result) in sorted(results.items())]
    return json.dumps(rows, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def as_csv(results: Iterable[dict[str, object]]) -> str:
    """The records as CSV text; labels and counts are written as ``name=value`` pairs."""
    rows = list(results)
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]) if rows else ["name"], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({k: _pairs(v) if isinstance(v, dict) else v for k, v in row.items()})
    return out.getvalue()


def _pairs(value: dict[str, object]) -> str:
    return "; ".join(f"{key}={item}" for key, item in value.items())
