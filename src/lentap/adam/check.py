"""Is a folder of trial tables usable: the report for whoever holds the data."""

import textwrap
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from lentap.adam.available import Availability, availability
from lentap.adam.examine import Examined, examine
from lentap.adam.problems import Problem
from lentap.adam.trial import Trial
from lentap.design import SUFFIXES, TABLES, Design, load_design, table_files, trial_folder
from lentap.errors import DataError

WIDTH = 100
PLURALS = {"population": "Populations", "endpoint": "Endpoints", "criterion": "Response criteria", "marker": "Markers"}


@dataclass(frozen=True)
class TableReport:
    """One table: its file, size, and whether it can be used."""

    name: str
    file: str
    usable: bool
    rows: int | None = None
    subjects: int | None = None


@dataclass(frozen=True)
class Report:
    """What a trial's folder holds and what is wrong with it; ``design`` is None where trial.yml cannot be used."""

    folder: Path
    design: Design | None
    tables: dict[str, TableReport]
    available: tuple[Availability, ...]
    problems: tuple[Problem, ...]

    @property
    def usable_tables(self) -> tuple[str, ...]:
        return tuple(table.name for table in self.tables.values() if table.usable)

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def usable(self) -> bool:
        """Whether nothing stands in the way of any chapter: no error anywhere, and at least the subjects."""
        return not self.errors and "adsl" in self.usable_tables

    def __str__(self) -> str:
        title = f"{self.design.title} ({self.design.id}; source: {self.design.source})" if self.design else "A trial"
        parts = [f"{title}\n{self.folder}", _section("Tables", [self._table_line(name) for name in TABLES])]
        for kind, heading in PLURALS.items():
            of_kind = [one for one in self.available if one.kind == kind]
            width = max((len(one.name) for one in of_kind), default=0)
            parts.append(_section(heading, [_available_line(one, width) for one in of_kind]))
        for severity, heading in (("error", "Errors"), ("warning", "Warnings"), ("note", "Notes")):
            problems = [problem for problem in self.problems if problem.severity == severity]
            parts.append(_section(f"{heading} ({len(problems)})", _problem_lines(problems)))
        parts.append(self._verdict())
        return "\n\n".join(part for part in parts if part)

    def _table_line(self, name: str) -> str:
        table = self.tables.get(name)
        if table is None:
            return f"  {name:<6} absent"
        size = "" if table.rows is None else f"{table.rows:>8,} rows"
        subjects = "" if table.subjects is None else f"{table.subjects:>7,} subjects"
        verdict = "usable" if table.usable else "NOT usable" if self.design else "not looked at"
        width = max(len(one.file) for one in self.tables.values())
        return f"  {name:<6} {table.file:<{width}} {size:<13} {subjects:<16}  {verdict}"

    def _verdict(self) -> str:
        if self.design is None:
            return "Mend trial.yml first: the tables cannot be judged without it."
        usable = ", ".join(self.usable_tables) or "none"
        count = len(self.errors)
        errors = f"{count} error{'s' if count > 1 else ''} to mend" if count else "no errors"
        return f"Usable tables: {usable}; {errors}."


def _section(heading: str, lines: list[str]) -> str:
    return "\n".join([heading, *lines]) if lines else ""


def _available_line(one: Availability, width: int) -> str:
    words = "; ".join(part for part in (one.counts, one.why) if part)
    return _wrapped(f"  {one.name:<{width}}  ", ("" if one.usable else "NOT usable: ") + words)


def _problem_lines(problems: list[Problem]) -> list[str]:
    """Each problem under its place, which is printed once for all of its problems."""
    lines: list[str] = []
    for place in dict.fromkeys(problem.place for problem in problems):
        lines.append(f"  {place}")
        lines += [_wrapped("    - ", problem.detail) for problem in problems if problem.place == place]
    return lines


def _wrapped(first: str, words: str) -> str:
    return textwrap.fill(
        words,
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )


def check_folder(folder: str | Path, wanted: Collection[str] = TABLES) -> Report:
    """Look at everything in a trial's folder and report it; nothing is dropped without being named.

    Parameters
    ----------
    wanted
        Tables to look at, adsl among them; what needs another table counts as not available.

    Raises
    ------
    DataError
        There is no such folder, or no trial.yml in it.
    """
    place = trial_folder(str(folder))
    files = {name: paths for name, paths in table_files(place).items() if name in wanted}
    try:
        design = load_design(place)
    except DataError as error:
        found = [line.removeprefix(f"{place / 'trial.yml'}").lstrip(":, ") for line in str(error).splitlines()]
        tables = {name: TableReport(name, _names(paths), usable=False) for name, paths in files.items()}
        problems = tuple(Problem("trial.yml", "", line, "error") for line in found)
        return Report(place, None, tables, (), (*problems, *_other_files(place)))
    examined = examine(place, design, wanted)
    tables = {name: _table_report(name, paths, examined) for name, paths in files.items()}
    frames = {name: examined.frames[name] for name, table in tables.items() if table.usable}
    missing = (
        [] if "adsl" in files else [Problem("adsl", "", "there is no such table; every chapter needs it", "error")]
    )
    problems = (*missing, *examined.problems, *_other_files(place))
    return Report(place, design, tables, availability(Trial(design, place, (), frames)), problems)


def _names(paths: list[Path]) -> str:
    return ", ".join(path.name for path in paths)


def _table_report(name: str, paths: list[Path], examined: Examined) -> TableReport:
    frame = examined.frames.get(name)
    subjects = int(frame["USUBJID"].nunique()) if frame is not None and "USUBJID" in frame else None
    rows = None if frame is None else len(frame)
    return TableReport(name, _names(paths), not examined.errors(name), rows, subjects)


def _other_files(folder: Path) -> list[Problem]:
    """Files that look like tables in a format that is not read."""
    return [
        Problem(path.stem.lower(), "", f"{path.name} is not read", "note", legal=" ".join(SUFFIXES))
        for path in sorted(folder.iterdir())
        if path.stem.lower() in TABLES and path.suffix.lower() not in SUFFIXES
    ]
