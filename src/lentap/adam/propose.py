"""A trial.yml proposed from the tables that lie in a folder, for its owner to correct and complete."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from lentap.adam.canonical import as_text
from lentap.adam.other_names import OTHER_NAMES, other_name
from lentap.adam.read import read_table
from lentap.adam.rules import unit_of_dates
from lentap.adam.schemas import Table, tables
from lentap.design import UNITS, Design, table_files
from lentap.errors import DataError

CONTROL = re.compile(r"placebo|control|standard|alone|observation|no treatment|vehicle|sham|comparator", re.IGNORECASE)
FAILURE = re.compile(r"screen\s*fail|not\s*(assigned|treated|randomi[sz]ed)", re.IGNORECASE)
RESPONSES = {"CR", "PR", "SD", "PD", "NE"}
POPULATIONS = {
    "ITTFL": ("ITT", "Intention to treat", "TRT01P"),
    "RANDFL": ("RAND", "Randomised", "TRT01P"),
    "FASFL": ("FAS", "Full analysis set", "TRT01P"),
    "SAFFL": ("SAF", "Safety", "TRT01A"),
    "PPROTFL": ("PP", "Per protocol", "TRT01P"),
    "EFFFL": ("EFF", "Efficacy", "TRT01P"),
    "RESFL": ("RESECTED", "Resected", "TRT01P"),
}
BASELINE = 12  # most characteristics proposed


def propose(folder: Path) -> dict[str, Any]:
    """What trial.yml could say, as far as the tables tell; what they cannot tell is empty.

    Tables that cannot be read are left out: the check of the folder names them.
    """
    frames, mapped = _frames(folder)
    proposal: dict[str, Any] = {"id": "", "title": "", "source": "yours", "allocation": "", "reference": ""}
    adsl = frames.get("adsl", pd.DataFrame())
    arms, failures = _arms(adsl)
    proposal["arms"] = arms
    if failures:
        proposal["screen_failures"] = failures
    proposal["populations"] = _populations(adsl)
    first = next(iter(proposal["populations"]))
    from_tables = {
        "endpoints": _endpoints(frames.get("adtte", pd.DataFrame()), first),
        "criteria": _criteria(frames.get("adrs", pd.DataFrame())),
        "markers": _markers(frames.get("adim", pd.DataFrame())),
        "baseline": _baseline(adsl),
        "columns": mapped,
    }
    return proposal | {key: found for key, found in from_tables.items() if found}


def undeclared(folder: Path, design: Design) -> list[str]:
    """Lines that name what the tables hold and trial.yml does not declare."""
    found = propose(folder)
    declared: dict[str, set[str | None]] = {
        "endpoints": set(design.endpoints),
        "criteria": set(design.criteria.values()),
        "markers": set(design.markers),
        "populations": {population.flag for population in design.populations.values()},
    }
    names = {
        "endpoints": {code: f"{one['label']}, {one['unit']}" for code, one in found.get("endpoints", {}).items()},
        "criteria": {code: label for label, code in found.get("criteria", {}).items()},
        "markers": {code: one["label"] for code, one in found.get("markers", {}).items()},
        "populations": {one["flag"]: one["label"] for one in found["populations"].values() if "flag" in one},
    }
    return [
        f"{key}: {code} ({words})"
        for key, entries in names.items()
        for code, words in entries.items()
        if code not in declared[key]
    ]


def as_yaml(proposal: dict[str, Any]) -> str:
    """The proposal as the text of a trial.yml that says what each part is for."""
    parts = [
        "# What this trial is and what its tables hold. Fill in what is empty; `lentap check` says what is missing."
    ]
    for key, value in proposal.items():
        if key in COMMENTS:
            parts += ["", *(f"# {line}" for line in COMMENTS[key])]
        parts.append(yaml.safe_dump({key: value}, sort_keys=False, allow_unicode=True, width=120).rstrip())
    return "\n".join(parts) + "\n"


def template() -> dict[str, Any]:
    """What trial.yml needs where there is no table yet."""
    return {
        "id": "",
        "title": "",
        "source": "yours",
        "allocation": "",
        "reference": "",
        "arms": [
            {"name": "", "label": "", "role": "experimental"},
            {"name": "", "label": "", "role": "control"},
        ],
        "populations": {"ITT": {"label": "Intention to treat", "flag": "ITTFL", "arm": "TRT01P"}},
        "endpoints": {"OS": _endpoint("Overall survival", "months", "ITT")},
        "criteria": {},
        "markers": {},
        "baseline": {"AGE": "Age (years)", "SEX": "Sex"},
        "margins": {},
    }


COMMENTS = {
    "id": ["A short name, and the title of the book."],
    "source": ["yours: data you brought; synthetic: simulated data."],
    "allocation": ["How patients came into their arms, in a sentence, and where the tables are from."],
    "arms": ["name is the word in TRT01P and TRT01A; exactly one role is control."],
    "screen_failures": ["Words in the arm column that mean a patient was never enrolled."],
    "populations": ["flag is a column of adsl with Y or N (none: everybody); arm says by which treatment."],
    "endpoints": [
        "The name is PARAMCD in adtte. The sentences stand beside every result: where time begins, what counts as the",
        "event, when a patient is censored, and what is done with resection, crossover and new therapy.",
    ],
    "criteria": ["A name for each response criterion: its PARAMCD in adrs."],
    "markers": ["The name is PARAMCD in adim."],
    "baseline": ["Columns of adsl for Table 1, with a label and unit."],
    "margins": [
        "By name of a recorded result: the value that matters to you, such as efficacy.survival.hazard_ratio: 0.8."
    ],
    "columns": ["Where a table calls a column by a name of its own."],
}


def _frames(folder: Path) -> tuple[dict[str, pd.DataFrame], dict[str, dict[str, str]]]:
    """The tables that can be read, by canonical columns as far as they can be guessed, and the guesses."""
    frames, mapped = {}, {}
    for name, files in table_files(folder).items():
        try:
            raw, _ = read_table(files[0])
        except (DataError, OSError):
            continue
        raw.columns = raw.columns.map(str)
        guesses = _guesses(tables()[name], list(raw.columns))
        if guesses:
            mapped[name] = guesses
        frames[name] = raw.rename(columns=str.upper).assign(
            **{ours: raw[theirs].to_numpy() for ours, theirs in guesses.items()}
        )
    return frames, mapped


def _guesses(table: Table, found: list[str]) -> dict[str, str]:
    """Columns the table needs, or Table 1 usually shows, that stand there under another name."""
    upper = {name.upper() for name in found}
    guesses: dict[str, str] = {}
    for name, column in table.columns.items():
        if name not in upper and (column.required or name in OTHER_NAMES):
            free = [theirs for theirs in found if theirs not in guesses.values()]
            if other := other_name(name, free, similar=column.required):
                guesses[name] = other
    return guesses


def _words(frame: pd.DataFrame, column: str) -> list[str]:
    """Distinct words of a column, the most frequent first."""
    if column not in frame:
        return []
    return [str(word) for word in as_text(frame[column]).dropna().value_counts().index]


def _arms(adsl: pd.DataFrame) -> tuple[list[dict[str, str]], list[str]]:
    words = _words(adsl, "TRT01P")
    failures = [word for word in words if FAILURE.search(word)]
    names = sorted(word for word in words if word not in failures)
    control = next((name for name in names if CONTROL.search(name)), names[-1] if names else "")
    others = [name for name in names if name != control]
    return [
        *({"name": name, "label": name, "role": "experimental"} for name in others or [""]),
        {"name": control, "label": control, "role": "control"},
    ], failures


def _populations(adsl: pd.DataFrame) -> dict[str, dict[str, str]]:
    found = {
        name: {"label": label, "flag": flag, "arm": arm if arm in adsl else "TRT01P"}
        for flag, (name, label, arm) in POPULATIONS.items()
        if "Y" in _words(adsl, flag)
    }
    return found or {"ALL": {"label": "All patients", "arm": "TRT01P"}}


def _endpoint(label: str, unit: str, population: str) -> dict[str, str]:
    empty = dict.fromkeys(("origin", "event", "censoring", "resection", "crossover", "new_therapy"), "")
    return {"label": label, "unit": unit, "population": population, **empty}


def _endpoints(adtte: pd.DataFrame, population: str) -> dict[str, dict[str, str]]:
    endpoints = {}
    for code in sorted(_words(adtte, "PARAMCD")):
        rows = adtte[as_text(adtte["PARAMCD"]) == code]
        stated = next(iter(_words(rows, "AVALU")), "").lower().rstrip("s")
        if not stated or f"{stated}s" in UNITS:  # else a count or the like, which is no time
            unit = f"{stated}s" if stated else _unit(rows) or "days"
            endpoints[code] = _endpoint(next(iter(_words(rows, "PARAM")), code), unit, population)
    return endpoints


def _unit(rows: pd.DataFrame) -> str:
    """The unit of AVAL by the dates beside it, if these tell."""
    if not {"AVAL", "STARTDT", "ADT"} <= set(rows):
        return ""
    dates = {column: pd.to_datetime(rows[column], errors="coerce") for column in ("STARTDT", "ADT")}
    return unit_of_dates(rows.assign(AVAL=pd.to_numeric(rows["AVAL"], errors="coerce"), **dates))


def _criteria(adrs: pd.DataFrame) -> dict[str, str]:
    if "AVALC" not in adrs:
        return {}
    codes = {}
    for code in sorted(_words(adrs, "PARAMCD")):
        rows = adrs[as_text(adrs["PARAMCD"]) == code]
        label = next(iter(_words(rows, "PARAM")), code)
        by_visit = "AVISITN" in rows and len(set(rows["AVISITN"])) > 1 and "best" not in label.lower()
        if by_visit and set(_words(rows, "AVALC")) & RESPONSES:
            codes[label] = code
    return codes


def _markers(adim: pd.DataFrame) -> dict[str, dict[str, str]]:
    markers = {}
    for code in sorted(_words(adim, "PARAMCD")):
        rows = adim[as_text(adim["PARAMCD"]) == code]
        label, unit = (next(iter(_words(rows, column)), "") for column in ("PARAM", "AVALU"))
        markers[code] = {"label": label or code, "unit": unit or "%"}
    return markers


def _baseline(adsl: pd.DataFrame) -> dict[str, str]:
    """Characteristics the schema knows and the table holds."""
    known = tables()["adsl"].columns
    left_out = {"USUBJID", "STUDYID", "SITEID", "TRT01P", "TRT01A", "DTHFL", "EOSSTT", "DCSREAS", *POPULATIONS}
    kept: Iterable[str] = (
        name for name, column in known.items() if name in adsl and name not in left_out and column.type != "date"
    )
    return {
        name: known[name].meaning + (f" ({known[name].unit})" if known[name].unit else "")
        for name in list(kept)[:BASELINE]
    }
