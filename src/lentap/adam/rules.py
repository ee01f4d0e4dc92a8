"""Rules across columns and tables: arms, subjects, rows that repeat, dates in order, units that agree."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
from pandera.errors import SchemaErrors

from lentap.adam.canonical import Unreadable, as_text
from lentap.adam.problems import Problem, listed, problem, quote
from lentap.adam.schemas import Column, Table
from lentap.design import UNITS, Design
from lentap.forms import nearest

Frames = dict[str, pd.DataFrame]
DAYS = {"days": 1.0, "weeks": 7.0, "months": 30.4375, "years": 365.25}
LONGEST_YEARS = 30.0  # of follow-up in a trial; more is doubted


def readable(frame: pd.DataFrame, table: Table, unreadable: Unreadable) -> list[Problem]:
    """Values that are not of their column's type: an error in a required column, else a warning."""
    problems: list[Problem] = []
    for name, values in unreadable.items():
        column = table.columns[name]
        kind = "a date" if column.type == "date" else "a number"
        severity: Any = "error" if column.required else "warning"
        here = pd.Series(values.index.isin(frame.index), index=values.index)
        message = f"not {kind}, read as missing"
        problems += problem(table.name, name, message, severity, here, values=values, legal=column.legal_text)
    return problems


def legal_values(frame: pd.DataFrame, table: Table, unreadable: Unreadable) -> list[Problem]:
    """Values the schema does not allow: an error in a required column, else a warning."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # pandera's own, about pandas
            table.schema.validate(frame, lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases
    else:
        return []
    problems: list[Problem] = []
    for name, rows in cases.dropna(subset=["index"]).groupby("column", sort=False)["index"]:
        column = table.columns[str(name)]
        values = frame[column.name]
        concerned = pd.Series(frame.index.isin(rows), index=frame.index)
        severity: Any = "error" if column.required else "warning"
        named = unreadable.get(column.name, pd.Series(dtype=object)).index
        missing = concerned & values.isna() & ~frame.index.isin(named)
        problems += problem(table.name, column.name, "missing", severity, missing, legal=column.legal_text)
        message = "not a legal value" + ("" if column.required else f", kept as it is{_counting(column)}")
        illegal = concerned & values.notna()
        legal = column.legal_text + (_recode(table, column) if column.legal else "")
        problems += problem(table.name, column.name, message, severity, illegal, values=values, legal=legal)
    return problems


def unexpected_words(frame: pd.DataFrame, table: Table) -> list[Problem]:
    """Words of coded text that the pages do not know."""
    problems: list[Problem] = []
    for column in [one for one in table.columns.values() if one.expected and one.name in frame]:
        values = frame[column.name]
        strange = values.notna() & ~values.str.upper().isin(column.expected)
        message = f"a word the pages do not know, kept{_counting(column)}"
        legal = column.legal_text + _recode(table, column)
        problems += problem(table.name, column.name, message, "warning", strange, values=values, legal=legal)
    return problems


def _counting(column: Column) -> str:
    """What a value that is not understood counts as."""
    return f": {column.otherwise}" if column.otherwise else ""


def _recode(table: Table, column: Column) -> str:
    return f" (or recode it in trial.yml, values.{table.name}.{column.name})"


def arms(adsl: pd.DataFrame, design: Design) -> list[Problem]:
    """Arms nobody declared, declared arms without a subject, and screen failures."""
    names = [arm.name for arm in design.arms]
    problems: list[Problem] = []
    screened = adsl["TRT01P"].fillna("").isin(design.screen_failures)
    message = "screen failures by trial.yml: counted here, in no population"
    problems += problem("adsl", "TRT01P", message, "note", screened, values=adsl["TRT01P"])
    for column in ("TRT01P", "TRT01A"):
        if column not in adsl:
            continue
        arm = adsl[column].fillna("")
        unknown = ~arm.isin(names) & ~arm.isin(design.screen_failures) & ~screened
        blank = unknown & (arm == "")
        kept = "kept, in no population" + (" that goes by this column" if column == "TRT01A" else "")
        severity: Any = "note" if column == "TRT01A" else "warning"
        problems += problem("adsl", column, f"no arm; {kept}", severity, blank, legal=" | ".join(names))
        strange = arm[unknown & ~blank].unique()
        hint = nearest(str(strange[0]), names) if len(strange) else ""
        legal = f"{' | '.join(names)}; or name it in trial.yml under arms, screen_failures or values.adsl.{column}"
        problems += problem(
            *("adsl", column, f"unknown arm{hint}; {kept}", "warning", unknown & ~blank), values=arm, legal=legal
        )
        for name in [name for name in names if column == "TRT01P" and not (arm == name).any()]:
            message = f"no subject in arm {name!r} of trial.yml"
            found = listed(f"{value or 'nothing'!r} ({count})" for value, count in arm.value_counts().items())
            severity = "warning" if arm.isin([one.name for one in design.experimental]).any() else "error"
            problems.append(Problem("adsl", column, message, severity, found=found, legal=" | ".join(names)))
    return problems


def declared_columns(adsl: pd.DataFrame, design: Design) -> list[Problem]:
    """Columns trial.yml counts on that ADSL lacks."""
    wanted: dict[str, str] = {}
    for p in design.populations.values():
        wanted |= {p.flag: f"populations.{p.name}.flag"} if p.flag else {}
        wanted |= {p.arm: f"populations.{p.name}.arm"}
        wanted |= {column: f"populations.{p.name}.where.{column}" for column in p.where}
    wanted |= {column: f"baseline.{column}" for column in design.baseline}
    return [
        Problem(
            "adsl",
            column,
            f"trial.yml names it ({place}), the table lacks it{nearest(column, map(str, adsl.columns))}",
            "warning",
        )
        for column, place in wanted.items()
        if column not in adsl and column != "TRT01P"
    ]


def repeated(frame: pd.DataFrame, table: Table) -> list[Problem]:
    """Rows that share what should name one row."""
    if any(column not in frame for column in table.key):
        return []
    key = [*table.key, *(column for column in table.apart if column in frame)]
    twice = frame.duplicated(key, keep=False) & frame[key].notna().all(axis=1)
    message = f"several rows with the same {' and '.join(key)}"
    kept = "" if table.repeated == "error" else ", all kept"
    found = listed(" ".join(map(_plain, row)) for row in frame.loc[twice, key].drop_duplicates().head(3).to_numpy())
    return problem(table.name, key[-1], message + kept, table.repeated, twice, found=found, legal="one row each")


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def unknown_subjects(frame: pd.DataFrame, adsl: pd.DataFrame, table: str) -> list[Problem]:
    """Rows of subjects that ADSL does not know."""
    stray = ~frame["USUBJID"].isin(adsl["USUBJID"]) & frame["USUBJID"].notna()
    message = "subjects that are not in adsl; kept, in no population"
    return problem(table, "USUBJID", message, "warning", stray, values=frame["USUBJID"])


def order(frame: pd.DataFrame, table: Table) -> list[Problem]:
    """Name ends that are before their beginnings."""
    problems: list[Problem] = []
    for first, second in table.order:
        if first in frame and second in frame:
            before = frame[second] < frame[first]
            found = ""
            if before.any():
                row = frame.loc[before.idxmax()]
                found = f"{quote(row[second])} before {quote(row[first])}"
            message = f"{second} is before {first}, kept"
            problems += problem(table.name, second, message, "warning", before, found=found)
    return problems


def non_ascii(frame: pd.DataFrame, table: str) -> list[Problem]:
    """Text beyond ASCII, which is kept; characters an earlier conversion lost are a warning."""
    problems: list[Problem] = []
    for name in map(str, frame.select_dtypes(object)):
        codes, known = pd.factorize(frame[name])
        beyond = np.array([isinstance(word, str) and not word.isascii() for word in known] + [False])
        if beyond.any():
            lost = np.array([bool(b) and "\ufffd" in word for b, word in zip(beyond, [*known, ""], strict=True)])
            values = frame[name]
            broken = pd.Series(lost[codes], index=frame.index)
            accented = pd.Series((beyond & ~lost)[codes], index=frame.index)
            problems += problem(table, name, "lost characters (\ufffd), kept", "warning", broken, values=values)
            problems += problem(table, name, "text beyond ASCII, kept", "note", accented, values=values)
    return problems


def units(adtte: pd.DataFrame, design: Design) -> list[Problem]:
    """AVALU, and the time between STARTDT and ADT, against the unit trial.yml gives each endpoint."""
    problems: list[Problem] = []
    for name, rows in adtte.groupby("PARAMCD", sort=False):
        unit = design.endpoints[str(name)].unit
        legal = f"{unit} (endpoints.{name}.unit in trial.yml)"
        if "AVALU" in rows:
            words = rows["AVALU"].str.lower().str.rstrip("s") + "s"
            other = words.notna() & (words != unit)
            problems += problem(
                *("adtte", "AVALU", f"another unit than endpoint {name} has", "error", other),
                values=rows["AVALU"],
                legal=legal,
            )
        if {"STARTDT", "ADT"} <= set(rows) and (looks := unit_of_dates(rows)) not in {"", unit}:
            message = f"{name} goes by the dates STARTDT and ADT in {looks}, not in {unit}"
            problems += problem("adtte", "AVAL", message, "error", rows["AVAL"].notna(), found=looks, legal=legal)
        elif (long := (years := rows["AVAL"] * DAYS[unit] / DAYS["years"]) > LONGEST_YEARS).any():
            message = f"{name} in {unit} would be a follow-up of {years.max():.0f} years; is it in another unit?"
            problems += problem("adtte", "AVAL", message, "warning", long, values=rows["AVAL"], legal=legal)
    return problems


def unit_of_dates(rows: pd.DataFrame) -> str:
    """Find the unit in which AVAL is the time from STARTDT to ADT (with or without the first day), if one fits."""
    days = (rows["ADT"] - rows["STARTDT"]).dt.days
    long = (days >= 14) & (rows["AVAL"] > 0)
    if long.sum() < 5:
        return ""
    per_unit = float((days[long] / rows.loc[long, "AVAL"]).median())
    return next((unit for unit in UNITS if abs(per_unit / DAYS[unit] - 1) < 0.1), "")


def marker_units(adim: pd.DataFrame, design: Design) -> list[Problem]:
    """AVALU against the unit trial.yml gives each marker, of which it may be the beginning (% of ...)."""
    problems: list[Problem] = []
    for name, rows in adim.groupby("PARAMCD", sort=False):
        unit = design.markers[str(name)].unit
        if "AVALU" in rows:
            other = ~rows["AVALU"].isin([unit[:end] for end in range(1, len(unit) + 1)]) & rows["AVALU"].notna()
            message = f"another unit than marker {name} has"
            legal = f"{unit} (markers.{name}.unit in trial.yml)"
            problems += problem("adim", "AVALU", message, "error", other, values=rows["AVALU"], legal=legal)
    return problems


def declared_rows(frame: pd.DataFrame, table: Table, declared: tuple[str, ...]) -> list[Problem]:
    """PARAMCDs that trial.yml declares and the table lacks, and the other way round."""
    counts = frame["PARAMCD"].value_counts()
    place = f"{table.declared} of trial.yml"
    problems = [
        Problem(
            table.name,
            "PARAMCD",
            f"no row of {code!r} ({place}){nearest(code, counts.index)}",
            "warning",
            found=listed(map(repr, counts.index)),
        )
        for code in declared
        if code not in counts
    ]
    others = ~frame["PARAMCD"].isin(declared) & frame["PARAMCD"].notna()
    message = f"not among the {place}: kept, not analysed"
    problems += problem(table.name, "PARAMCD", message, "note", others, values=frame["PARAMCD"])
    return problems + problem(table.name, "PARAMCD", "missing", "error", frame["PARAMCD"].isna(), legal=place)


def resections(adpr: pd.DataFrame) -> pd.DataFrame:
    """Rows of ADPR that are resections of the trial: one before study day 1 is history, one without a day counts."""
    return adpr[(adpr["PRCAT"] == "RESECTION") & ~(adpr["ASTDY"] < 1)]


def earlier_resections(adpr: pd.DataFrame) -> list[Problem]:
    """Name resections that are history."""
    early = (adpr["PRCAT"] == "RESECTION") & (adpr["ASTDY"] < 1)
    message = "a RESECTION before day 1: history, not counted among those of the trial"
    return problem("adpr", "ASTDY", message, "note", early, values=adpr["ASTDY"])


def resection_flags(adsl: pd.DataFrame, adpr: pd.DataFrame) -> list[Problem]:
    """RESFL of ADSL against the resections in ADPR."""
    if "RESFL" not in adsl:
        return []
    operated = adsl["USUBJID"].isin(resections(adpr)["USUBJID"])
    missing = (adsl["RESFL"] == "Y") & ~operated
    surplus = (adsl["RESFL"] == "N") & operated
    ids = adsl["USUBJID"]
    return [
        *problem(
            "adsl", "RESFL", "Y, but adpr has no RESECTION from day 1 on; adpr counts", "warning", missing, values=ids
        ),
        *problem(
            "adsl", "RESFL", "N, but adpr has a RESECTION from day 1 on; adpr counts", "warning", surplus, values=ids
        ),
    ]


def without_time(adsl: pd.DataFrame, adtte: pd.DataFrame, design: Design) -> list[Problem]:
    """Subjects of an endpoint's population who have no row for it."""
    problems: list[Problem] = []
    for endpoint in design.endpoints.values():
        rows = adtte.loc[adtte["PARAMCD"] == endpoint.name, "USUBJID"]
        if rows.empty:
            continue
        members = in_population(adsl, design, endpoint.population)
        message = f"no {endpoint.name} in adtte though in population {endpoint.population}; left out of {endpoint.name}"
        left_out = members & ~adsl["USUBJID"].isin(rows)
        problems += problem("adsl", "USUBJID", message, "warning", left_out, values=adsl["USUBJID"])
    return problems


def in_population(adsl: pd.DataFrame, design: Design, population: str) -> "pd.Series[Any]":
    """Whether each subject belongs to a population: in a declared arm, flagged Y, and of the words it asks for."""
    one = design.populations[population]
    nobody = pd.Series(None, index=adsl.index, dtype=object)
    members = adsl.get(one.arm, nobody).isin([arm.name for arm in design.arms])
    if one.flag:
        members &= adsl.get(one.flag, nobody) == "Y"
    for column, words in one.where.items():
        members &= as_text(adsl.get(column, nobody)).isin(words)
    return members
