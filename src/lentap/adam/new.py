"""Begin a trial's folder: a trial.yml to fill in, and empty tables with the columns they can have."""

import csv
import io
from pathlib import Path

from lentap.adam.propose import as_yaml, propose, template
from lentap.adam.schemas import Table, tables
from lentap.design import table_files
from lentap.errors import InputError


def new_trial(folder: Path) -> list[Path]:
    """Write a commented trial.yml; where the folder holds no table yet, empty ones too.

    With tables in it, trial.yml is proposed from what they hold. Nothing that is there is changed.

    Returns
    -------
    The files written.

    Raises
    ------
    InputError
        There is a trial.yml already, the place is no folder, or it cannot be written.
    """
    file = folder / "trial.yml"
    if file.exists():
        msg = f"{file}: is there already and stays as it is; 'lentap check {folder}' says what it lacks"
        raise InputError(msg)
    if folder.exists() and not folder.is_dir():
        msg = f"{folder}: is a file; legal: a new folder, or one with tables"
        raise InputError(msg)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        present = table_files(folder)
        texts = {file: as_yaml(propose(folder) if present else template())}
        if not present:
            texts |= {folder / f"{table.name}.csv": _header(table) for table in tables().values()}
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        msg = f"{folder}: cannot be written: {error.strerror}"
        raise InputError(msg) from error
    return list(texts)


def _header(table: Table) -> str:
    """The first line of an empty table: the columns it needs, then those it can have."""
    columns = sorted(table.columns.values(), key=lambda column: not column.required)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow([column.name for column in columns])
    return out.getvalue()
