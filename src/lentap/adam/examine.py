"""Read a trial's tables and look at them closely: each by itself, then against the others."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lentap.adam import clinical, rules
from lentap.adam.canonical import Unreadable, canonical
from lentap.adam.other_names import other_name
from lentap.adam.problems import Problem, listed
from lentap.adam.read import read_table
from lentap.adam.schemas import Table, tables
from lentap.design import SUFFIXES, TABLES, Design, table_files
from lentap.errors import DataError


@dataclass(frozen=True)
class Examined:
    """Tables in canonical form, and what is to be said of them; a table that could not be read has no frame."""

    frames: dict[str, pd.DataFrame]
    problems: tuple[Problem, ...]

    def errors(self, table: str) -> list[Problem]:
        return [problem for problem in self.problems if problem.table == table and problem.severity == "error"]


def examine(folder: Path, design: Design, wanted: Iterable[str] = TABLES) -> Examined:
    """Read and check those of the wanted tables that the folder holds."""
    frames: dict[str, pd.DataFrame] = {}
    problems: list[Problem] = []
    files = table_files(folder)
    for name in [name for name in files if name in set(wanted)]:
        frame, found = _table(files[name], tables()[name], design)
        problems += found
        if frame is not None:
            frames[name] = frame
    return Examined(frames, (*problems, *_across(frames, design)))


def _table(files: list[Path], table: Table, design: Design) -> tuple[pd.DataFrame | None, list[Problem]]:
    if len(files) > 1:
        message = "the table is there in several files; keep one"
        return None, [Problem(table.name, "", message, "error", found=listed(path.name for path in files))]
    [file] = files
    try:
        raw, remarks = read_table(file)
    except (DataError, OSError) as error:
        legal = f"a file with rows and columns, one of {' '.join(SUFFIXES)}"
        return None, [Problem(table.name, "", f"{file.name}: {error}", "error", legal=legal)]
    frame, unreadable, problems = canonical(raw, table, design, typed=file.suffix.lower() != ".csv")
    problems = [Problem(table.name, "", f"{file.name}: {remark}", "note") for remark in remarks] + problems
    missing = [column for column in table.columns.values() if column.required and column.name not in frame]
    problems += [
        Problem(
            *(
                table.name,
                column.name,
                f"the column is missing ({column.meaning}){_hint(column.name, frame)}",
                "error",
            ),
            found=listed(map(str, frame.columns), 40),
            legal=f"such a column, or its own name in trial.yml under columns.{table.name}.{column.name}",
        )
        for column in missing
        if not any(p.column == column.name and p.severity == "error" for p in problems)
    ]
    if frame.empty:
        problems.append(Problem(table.name, "", "the table holds no row", "error"))
    if not missing and not frame.empty:
        problems += _by_itself(frame, table, design, unreadable)
    return frame, problems


def _hint(column: str, frame: pd.DataFrame) -> str:
    other = other_name(column, map(str, frame.columns))
    return f" (did you mean {other!r}?)" if other else ""


def _by_itself(frame: pd.DataFrame, table: Table, design: Design, unreadable: Unreadable) -> list[Problem]:
    problems: list[Problem] = []
    looked_at = frame
    if table.declared:
        declared = declared_codes(design, table)
        problems += rules.declared_rows(frame, table, declared)
        looked_at = frame[frame["PARAMCD"].isin(declared)]
    problems += rules.readable(looked_at, table, unreadable)
    problems += rules.legal_values(looked_at, table, unreadable)
    problems += rules.unexpected_words(looked_at, table)
    problems += rules.repeated(looked_at, table)
    problems += rules.order(looked_at, table)
    problems += rules.non_ascii(frame, table.name)
    if table.name == "adsl":
        problems += [*rules.arms(frame, design), *rules.declared_columns(frame, design)]
    if table.name == "adtte":
        problems += rules.units(looked_at, design)
    if table.name == "adim":
        problems += rules.marker_units(looked_at, design)
    return problems + clinical.by_itself(looked_at, table, unreadable)


def declared_codes(design: Design, table: Table) -> tuple[str, ...]:
    """PARAMCDs of a table that trial.yml declares."""
    return {
        "endpoints": tuple(design.endpoints),
        "criteria": tuple(design.criteria.values()),
        "markers": tuple(design.markers),
        "": (),
    }[table.declared]


def _across(frames: dict[str, pd.DataFrame], design: Design) -> list[Problem]:
    adsl = frames.get("adsl")
    if adsl is None or "USUBJID" not in adsl:
        return []
    problems: list[Problem] = []
    for name, frame in frames.items():
        if name != "adsl" and "USUBJID" in frame:
            problems += rules.unknown_subjects(frame, adsl, name)
    adpr = frames.get("adpr")
    if adpr is not None and {"USUBJID", "PRCAT", "ASTDY"} <= set(adpr):
        problems += rules.earlier_resections(adpr)
        problems += rules.resection_flags(adsl, adpr)
    adtte = frames.get("adtte")
    if adtte is not None and {"USUBJID", "PARAMCD"} <= set(adtte):
        problems += rules.without_time(adsl, adtte, design)
    return problems + clinical.across(frames)
