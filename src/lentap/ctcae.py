"""From which laboratory values on a grade of the CTCAE holds, as ``data/ctcae_laboratory.csv`` lists it."""

from pathlib import Path

import pandas as pd

from lentap.errors import FactError
from lentap.files import data_dir

COLUMNS = {
    "baseline": ("any", "normal", "high"),
    "of": ("upper limit", "lower limit", "baseline", "value"),
    "passed": ("above", "from", "below"),
    "grade": (1, 2, 3, 4),
}


def grade_limits(version: str, path: Path | None = None) -> pd.DataFrame:
    """Read the limits of one version of the CTCAE.

    Returns
    -------
    A row a test, kind of baseline and grade: ``test`` (PARAMCD), ``term``, ``baseline`` (of the patient for whom the
    row holds: ``any``, ``normal`` or less, ``high``), ``of`` (what the limit is a multiple of, or ``value``: a value in
    ``unit``), ``passed`` (``above`` it, ``from`` it on, ``below`` it), ``grade``, ``limit``, ``unit``, ``source``.

    Raises
    ------
    FactError
        The file has no such version, or a row holds a word that is not legal.
    """
    file = path or data_dir() / "ctcae_laboratory.csv"
    table = pd.read_csv(file, dtype={"version": str}, keep_default_na=False)
    for column, legal in COLUMNS.items():
        if not (good := table[column].isin(legal)).all():
            found = table.loc[~good, column].iloc[0]
            msg = f"{file}: {column} {found!r} is not one of {', '.join(map(str, legal))}"
            raise FactError(msg)
    rows = table[table["version"] == version].reset_index(drop=True)
    if rows.empty:
        msg = f"{file}: no version {version!r}; it holds {', '.join(table['version'].unique())}"
        raise FactError(msg)
    return rows.drop(columns="version")
