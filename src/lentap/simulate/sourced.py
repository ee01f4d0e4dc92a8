"""Reads data/assumptions.yml: every number has a source, and is the number of the fact it cites."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal, NoReturn, get_args, get_origin, get_type_hints

import pandas as pd

from lentap.errors import DataError, FactError
from lentap.files import data_dir
from lentap.forms import nearest, read_words
from lentap.published import comparator_facts, lentap_facts
from lentap.simulate.assumptions import Assumptions, T
from lentap.simulate.measured import measured_rules


def load_assumptions(path: Path | None = None) -> Assumptions:
    """Read the assumptions; the shipped ones by default.

    Raises
    ------
    FactError
        An entry is unknown, missing, of the wrong type or range, has no source, cites a fact that does not exist, or
        differs from the fact it cites; the message names file, key, what was found and what is legal.
    """
    return _read(path)[0]


def assumption_table(path: Path | None = None) -> pd.DataFrame:
    """List the assumptions: key, value, source and why, a row a number.

    Raises
    ------
    FactError
        As for `load_assumptions`.
    """
    return pd.DataFrame(_read(path)[1], columns=["key", "value", "source", "why"])


@cache
def _read(path: Path | None) -> tuple[Assumptions, list[tuple[str, str, str, str]]]:
    file = path or data_dir() / "assumptions.yml"
    try:
        found = read_words(file)
    except DataError as error:
        raise FactError(str(error)) from error
    reader = _Reader(file)
    assumptions: Assumptions = reader.build(Assumptions, found, "")
    for holds, key, legal in _rules(assumptions):
        if not holds:
            msg = f"{file}, {key}: legal: {legal}"
            raise FactError(msg)
    return assumptions, reader.rows


def _rules(a: Assumptions) -> list[tuple[bool, str, str]]:
    """What must hold between entries: whether it does, which entry to mend, and what is legal there."""
    b, c, r = a.baseline, a.calendar, a.resection
    arms = ((r.pcr_percent.experimental, r.mpr_percent.experimental), (r.pcr_percent.control, r.mpr_percent.control))
    silence = (c.data_cut - c.enrolment_end).days
    return [
        *measured_rules(a.dosing, a.laboratory, a.tumours),
        (c.enrolment_start <= c.enrolment_end, "calendar.enrolment_end", "not before enrolment_start"),
        (silence > c.longest_silence_days, "calendar.data_cut", "after enrolment_end and longest_silence_days"),
        (b.pvtt_percent <= b.bclc_c_percent, "baseline.pvtt_percent", "no more than bclc_c_percent"),
        (b.bclc_a_percent + b.bclc_c_percent <= 100, "baseline.bclc_a_percent", "with bclc_c_percent no more than 100"),
        (set(b.child_pugh_percent) <= {"A5", "A6", "B7"}, "baseline.child_pugh_percent", "A5, A6, B7"),
        (sum(b.child_pugh_percent.values()) > 0, "baseline.child_pugh_percent", "shares of which one is above 0"),
        (b.sites > 0, "baseline.sites", "1 or more"),
        (b.age_lowest_years < b.age_highest_years, "baseline.age_highest_years", "more than age_lowest_years"),
        (len(a.marker.course) == len(a.marker.weeks), "marker.course", "as many numbers as marker.weeks"),
        (r.r0_percent + r.r2_percent <= 100, "resection.r2_percent", "with r0_percent no more than 100"),
        (all(pcr <= mpr for pcr, mpr in arms), "resection.mpr_percent", "no less than pcr_percent, which it includes"),
    ]


def _published_numbers() -> dict[str, set[float]]:
    """Numbers each fact states: its value, and for LEN-TAP its count."""
    comparators, facts = comparator_facts(), lentap_facts()
    columns = (
        (comparators["id"], comparators["value"]),
        (facts["id"], pd.to_numeric(facts["value"], errors="coerce")),
        (facts["id"], facts["count"]),
    )
    numbers: dict[str, set[float]] = {}
    for ids, values in columns:
        for key, value in zip(ids, values, strict=True):
            numbers.setdefault(str(key), set()).update([float(value)] if pd.notna(value) else [])
    return numbers


LEAVES: dict[type, tuple[Callable[[str], Any], str]] = {
    int: (int, "a whole number"),
    float: (float, "a number"),
    date: (date.fromisoformat, "a date such as 2021-11-30"),
}


class _Reader:
    """Builds the dataclasses above from YAML whose scalars are text."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.facts = _published_numbers()
        self.rows: list[tuple[str, str, str, str]] = []

    def build(self, kind: Any, found: Any, where: str) -> Any:
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is Literal:
            return self.word(found, where, arguments)
        if kind is str:
            return self.word(found, where, None)
        if origin is dict and is_dataclass(arguments[1]):
            entries = self.mapping(found, where)
            return {name: self.build(arguments[1], entry, f"{where}.{name}") for name, entry in entries.items()}
        if is_dataclass(origin or kind):
            return self.record(origin or kind, arguments, found, where)
        return self.leaf(kind, found, where)

    def record(self, kind: Any, arguments: tuple[Any, ...], found: Any, where: str) -> Any:
        hints = get_type_hints(kind)
        types = {field.name: arguments[0] if hints[field.name] is T else hints[field.name] for field in fields(kind)}
        entries = self.known(self.mapping(found, where), where, tuple(types))
        prefix = f"{where}." if where else ""
        return kind(**{name: self.build(types[name], entries[name], prefix + name) for name in types})

    def leaf(self, kind: Any, found: Any, where: str) -> Any:
        entry = self.known(self.mapping(found, where), where, ("value", "source"), ("why",))
        value = self.number(kind, entry["value"], f"{where}.value")
        source = str(entry["source"])
        if source != "assumption" and source not in self.facts:
            self.fail(
                f"{where}.source", source, "assumption, or the id of a published fact" + nearest(source, self.facts)
            )
        if source != "assumption" and value not in self.facts[source]:
            legal = " or ".join(f"{number:g}" for number in sorted(self.facts[source])) or "none: it states no number"
            self.fail(f"{where}.value", entry["value"], f"the number stated by {source}: {legal}")
        self.rows.append((where, _shown(value), source, str(entry.get("why", ""))))
        return value

    def number(self, kind: Any, found: Any, where: str) -> Any:
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is list:
            if not isinstance(found, list) or not found:
                self.fail(where, found, "a list of numbers")
            return [self.number(arguments[0], item, where) for item in found]
        if origin is dict:
            return {
                key: self.number(arguments[1], item, f"{where}.{key}")
                for key, item in self.mapping(found, where).items()
            }
        read, legal = LEAVES[kind]
        try:
            value = read(found)
        except (TypeError, ValueError):
            self.fail(where, found, legal)
        if kind is not date and not abs(value) < float("inf"):
            self.fail(where, found, legal)
        if "_percent" in where and not 0 <= value <= 100:
            self.fail(where, found, "from 0 to 100")
        if where.removesuffix(".value").endswith(("_sd", "_days", "_hazard", "_ratio", "_weeks")) and value < 0:
            self.fail(where, found, "0 or more")
        return value

    def word(self, found: Any, where: str, legal: tuple[str, ...] | None) -> str:
        if not isinstance(found, str) or not found or (legal and found not in legal):
            self.fail(where, found, " | ".join(legal) if legal else "words")
        return str(found)

    def mapping(self, found: Any, where: str) -> dict[str, Any]:
        if not isinstance(found, dict):
            self.fail(where or "the file", found, "entries of the form 'name: value'")
        return dict(found)

    def known(
        self, entries: dict[str, Any], where: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        legal = (*required, *optional)
        for key in entries:
            if key not in legal:
                self.fail(where or "the file", key, ", ".join(legal) + nearest(key, legal))
        if missing := [key for key in required if entries.get(key) in (None, "")]:
            self.fail(where or "the file", f"no {', no '.join(missing)}", ", ".join(legal))
        return entries

    def fail(self, where: str, found: Any, legal: str) -> NoReturn:
        msg = f"{self.file}, {where}: {str(found)[:80]!r}; legal: {legal}"
        raise FactError(msg)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {item:g}" for key, item in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
