"""Published facts about LEN-TAP and about its comparators: two tables, read and checked row by row."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from lentap.errors import FactError
from lentap.files import data_dir
from lentap.forms import nearest

if TYPE_CHECKING:
    import pandera.pandas as pa

STATUSES = ("read", "digest", "cited", "secondary", "derived", "conflict", "unknown")
KINDS = ("number", "direction", "statement", "text", "wording")
ARMS = ("LEN-TAP", "TACE", "both", "LEN-TAP vs TACE")
NUMBER = "a number, or empty"
TEXT = "words"
NUMERIC = {"lentap": ("n", "count"), "comparators": ("n", "count", "value", "low", "high")}


def lentap_facts(path: Path | None = None) -> pd.DataFrame:
    """Read what is published about LEN-TAP, a row a fact, in the order of the file.

    Parameters
    ----------
    path
        Another file of the same form; the shipped one by default.

    Returns
    -------
    Text columns (empty where there is nothing) and the nullable integer columns ``n`` and ``count``.

    Raises
    ------
    FactError
        A row is not of the agreed form; the message names file, row id, column, value found and legal values.
    """
    return _facts("lentap", path)


def comparator_facts(path: Path | None = None) -> pd.DataFrame:
    """Read what is published about other studies, a row a fact; ``value``, ``low`` and ``high`` are floats.

    Raises
    ------
    FactError
        As for `lentap_facts`.
    """
    return _facts("comparators", path)


@cache
def _schemas() -> "dict[str, pa.DataFrameSchema]":
    import pandera.pandas as pa

    def one_of(*words: str) -> pa.Column:
        return pa.Column(str, pa.Check.isin(words, error=" | ".join(w or "empty" for w in words)))

    text = pa.Column(str)
    words = pa.Column(str, pa.Check.str_length(min_value=1, error=TEXT))
    name = pa.Column(str, pa.Check.str_matches(r"^[a-z0-9_+-]+(\.[a-z0-9_+-]+)+$", error="words joined by dots"))
    whole = pa.Column("Int64", pa.Check.ge(0, error="0 or more"), nullable=True, coerce=True)
    number = pa.Column(float, nullable=True, coerce=True)
    sourced = pa.Check(
        lambda t: (t["status"] == "unknown") | (t["source"] != ""),
        name="source",
        error="words: only an unknown fact has no source",
    )
    counted = pa.Check(
        lambda t: t["count"].isna() | (t["count"] <= t["n"]).fillna(False), name="count", error="n or less, with an n"
    )
    valued = pa.Check(
        lambda t: ((t["status"] == "unknown") & (t["kind"] != "wording")) ^ (t["value"] != ""),
        name="value",
        error="a value, or none where the status is unknown",
    )
    numeric = pa.Check(
        lambda t: (t["kind"] != "number") | pd.to_numeric(t["value"].replace("", "0"), errors="coerce").notna(),
        name="value",
        error="a number, as the kind says",
    )
    lentap = dict.fromkeys(("id", "topic", "kind", "quantity", "arm", "n", "count", "count_status"), words)
    lentap |= dict.fromkeys(("value", "unit", "status", "source", "locator", "note", "needs"), text)
    lentap |= {"id": name, "kind": one_of(*KINDS), "arm": one_of(*ARMS), "n": whole, "count": whole}
    lentap |= {"status": one_of(*STATUSES), "count_status": one_of("", *STATUSES)}
    comparators = dict.fromkeys(("id", "study", "design", "arm", "n", "count", "endpoint"), words)
    comparators |= dict.fromkeys(("value", "low", "high", "interval", "unit", "p", "status", "source", "note"), text)
    comparators |= {"id": name, "n": whole, "count": whole} | dict.fromkeys(("value", "low", "high"), number)
    comparators |= {"interval": one_of("", "confidence", "range"), "unit": words, "status": one_of(*STATUSES)}
    known = pa.Check(
        lambda t: (t["status"] == "unknown") ^ t["value"].notna(),
        name="value",
        error="a number, or none where the status is unknown",
    )
    within = pa.Check(
        lambda t: t["low"].isna() | ((t["low"] <= t["value"]) & (t["value"] <= t["high"])),
        name="low",
        error="no more than the value, which is no more than high",
    )
    return {
        "lentap": pa.DataFrameSchema(lentap, checks=[sourced, counted, valued, numeric], strict=True),
        "comparators": pa.DataFrameSchema(comparators, checks=[sourced, counted, known, within], strict=True),
    }


def _facts(table: str, path: Path | None) -> pd.DataFrame:
    import pandera.errors

    file = path or data_dir() / "published" / f"{table}.csv"
    try:
        facts = pd.read_csv(file, dtype=str, keep_default_na=False)
    except (OSError, UnicodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        msg = f"{file}: cannot be read: {error}"
        raise FactError(msg) from error
    schema = _schemas()[table]
    _check_header(file, list(facts.columns), list(schema.columns))
    if twice := facts.loc[facts["id"].duplicated(), "id"].tolist():
        msg = f"{file}, row {twice[0]}: id stands twice; legal: once"
        raise FactError(msg)
    raw = facts.copy()
    for column in NUMERIC[table]:
        numbers = pd.to_numeric(facts[column].replace("", None), errors="coerce")
        whole = column in ("n", "count")
        wrong = (facts[column] != "") & (numbers.isna() | (whole & (numbers % 1 != 0)))
        if wrong.any():
            row = facts.loc[wrong].iloc[0]
            msg = f"{file}, row {row['id']}, column {column}: {row[column]!r}; legal: {NUMBER}"
            raise FactError(msg)
        facts[column] = numbers
    try:
        checked: pd.DataFrame = schema.validate(facts, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        raise FactError(_explained(file, raw, errors.failure_cases, schema)) from errors
    return checked


def _check_header(file: Path, found: list[str], legal: list[str]) -> None:
    for column in found:
        if column not in legal:
            msg = f"{file}: unknown column {column!r}{nearest(column, legal)}; legal: {', '.join(legal)}"
            raise FactError(msg)
    if missing := [column for column in legal if column not in found]:
        msg = f"{file}: column {', '.join(missing)} missing; legal: {', '.join(legal)}"
        raise FactError(msg)


def _explained(file: Path, facts: pd.DataFrame, failures: pd.DataFrame, schema: "pa.DataFrameSchema") -> str:
    """One line a faulty cell."""
    columns = {check.error: check.name for check in schema.checks}
    cells = {
        (int(case["index"]), str(columns.get(case["check"], case["column"])), str(case["check"]))
        for case in failures.to_dict("records")
        if pd.notna(case["index"])
    }
    lines = [
        f"{file}, row {facts['id'].iloc[row]}, column {column}: {facts[column].iloc[row]!r}; legal: {legal}"
        for row, column, legal in sorted(cells)
    ]
    return "\n".join(lines or [f"{file}: {failures.to_string()}"])
