"""A trial in memory: its design, the tables asked for, and who belongs to which population."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from lentap.adam.examine import examine
from lentap.adam.problems import Problem
from lentap.adam.rules import DAYS, in_population, resections
from lentap.design import SUFFIXES, TABLES, Design, load_design, table_files, trial_folder
from lentap.errors import DataError
from lentap.forms import nearest
from lentap.sources import Source


class MissingTable(DataError):  # noqa: N818
    """The trial's folder lacks tables that are needed; ``tables`` names them."""

    def __init__(self, tables: tuple[str, ...], folder: Path, present: tuple[str, ...]) -> None:
        names = " and ".join(tables)
        msg = (
            f"{folder} has no table {names}; it holds {', '.join(present) or 'no table'}. "
            f"To add it: {tables[0]} with one of {' '.join(SUFFIXES)}"
        )
        super().__init__(msg)
        self.tables = tables


@dataclass(frozen=True)
class Trial:
    """Validated tables of a trial; each stands under its own name, such as ``trial.adsl``.

    ``problems`` are the warnings and notes on these tables, to be shown beside what is made of them.
    """

    design: Design
    folder: Path
    problems: tuple[Problem, ...] = ()
    frames: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)

    @property
    def source(self) -> Source:
        return self.design.source

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables loaded."""
        return tuple(self.frames)

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name not in TABLES:
            raise AttributeError(name)
        if name not in self.frames:
            msg = f"table {name} was not loaded; name it in load_trial(data, ...). Loaded: {', '.join(self.frames)}"
            raise DataError(msg)
        return self.frames[name]

    @property
    def arm_names(self) -> list[str]:
        """Experimental arms in the order of trial.yml, then the control."""
        return [arm.name for arm in (*self.design.experimental, self.design.control)]

    def subjects(self, population: str) -> pd.DataFrame:
        """Subjects of a population in the arms of trial.yml.

        Returns
        -------
        Their rows of ADSL, and ``arm``, an ordered categorical with the control last.

        Raises
        ------
        DataError
            There is no such population, or ADSL lacks the column it goes by.
        """
        one = self.design.populations.get(population)
        if one is None:
            known = self.design.populations
            msg = f"no population {population!r}{nearest(population, known)}; legal: {', '.join(known)}"
            raise DataError(msg)
        for column in one.columns:
            if column not in self.adsl:
                msg = f"population {population} goes by {column}, which adsl lacks"
                raise DataError(msg)
        members = self.adsl[in_population(self.adsl, self.design, population)]
        arm = pd.Categorical(members[one.arm], categories=self.arm_names, ordered=True)
        return members.assign(arm=arm).reset_index(drop=True)

    def time_to_event(
        self, endpoint: str, population: str | None = None, *, longest: float | None = None
    ) -> pd.DataFrame:
        """Take the times of an endpoint, in its unit, for its population or another one.

        Parameters
        ----------
        longest
            Follow-up ends here for everyone: whoever has a later time is censored at it. None for all there is.

        Returns
        -------
        ``USUBJID``, ``arm``, ``time`` (float) and ``event`` (bool; CNSR is 0), a row a subject who has a time.

        Raises
        ------
        DataError
            There is no such endpoint or population.
        """
        known = self.design.endpoints
        if endpoint not in known:
            msg = f"no endpoint {endpoint!r}{nearest(endpoint, known)}; legal: {', '.join(known) or 'none declared'}"
            raise DataError(msg)
        members = self.subjects(population or known[endpoint].population)[["USUBJID", "arm"]]
        rows = self.adtte.loc[self.adtte["PARAMCD"] == endpoint, ["USUBJID", "AVAL", "CNSR"]]
        times = members.merge(rows, on="USUBJID", validate="one_to_one")
        time, event = times["AVAL"].astype(float), times["CNSR"] == 0
        if longest is not None:
            time, event = time.clip(upper=longest), event & (time <= longest)
        return pd.DataFrame({"USUBJID": times["USUBJID"], "arm": times["arm"], "time": time, "event": event})

    @property
    def resections(self) -> pd.DataFrame:
        """Rows of ADPR that are resections of the trial, from day 1 on: an earlier one is history."""
        return resections(self.adpr)

    @property
    def first_resections(self) -> pd.DataFrame:
        """The earliest of ``resections`` of each subject."""
        return self.resections.sort_values("ASTDY", kind="stable").drop_duplicates("USUBJID")

    def resected(self, population: str) -> pd.DataFrame:
        """Subjects of a population, with ``resected`` (bool) and ``resection_day`` (of the first; nan where none)."""
        done = self.resections
        first = done.groupby("USUBJID")["ASTDY"].min()
        members = self.subjects(population)
        return members.assign(
            resected=members["USUBJID"].isin(done["USUBJID"]),
            resection_day=members["USUBJID"].map(first).astype(float),
        )

    def time_to_resection(self, endpoint: str, population: str | None = None) -> pd.DataFrame:
        """Take the times of an endpoint with the time of each subject's first resection, on the same clock.

        Returns
        -------
        As ``time_to_event``, with ``resection`` (in the endpoint's unit, 0 or more; nan where none). It is counted back
        by dates from the end of follow-up, so that a death on the day of the operation has the time of the operation;
        where a date is missing, it is the study day.

        Raises
        ------
        DataError
            As ``time_to_event``.
        """
        times = self.time_to_event(endpoint, population)
        days = DAYS[self.design.endpoints[endpoint].unit]
        done = self.resections.reindex(columns=["USUBJID", "ASTDT", "ASTDY"])
        first = done.groupby("USUBJID").min().reindex(times["USUBJID"])
        ends = self.adtte[self.adtte["PARAMCD"] == endpoint].reindex(columns=["USUBJID", "ADT"])
        end = ends.set_index("USUBJID")["ADT"].reindex(times["USUBJID"])
        before = (pd.to_datetime(end) - pd.to_datetime(first["ASTDT"])).dt.days.to_numpy(float)
        by_date = times["time"] - before / days
        return times.assign(resection=by_date.fillna(first["ASTDY"].reset_index(drop=True) / days).clip(lower=0))


def load_trial(data: str, *tables: str, optional: tuple[str, ...] = ()) -> Trial:
    """Load and check the named tables of a trial.

    Parameters
    ----------
    data
        ``shipped``, or a folder with a trial.yml.
    *tables
        Tables that are needed.
    optional
        Tables that are loaded where the folder has them.

    Raises
    ------
    MissingTable
        A needed table is not there.
    DataError
        The folder, its trial.yml or a table is not usable; every error is listed.
    """
    wanted = (*tables, *optional)
    for name in wanted:
        if name not in TABLES:
            msg = f"no table {name!r}{nearest(name, TABLES)}; legal: {', '.join(TABLES)}"
            raise DataError(msg)
    folder = trial_folder(data)
    design = load_design(folder)
    present = tuple(table_files(folder))
    if missing := tuple(name for name in tables if name not in present):
        raise MissingTable(missing, folder, present)
    examined = examine(folder, design, wanted)
    if errors := [problem for problem in examined.problems if problem.severity == "error"]:
        lines = [f"{folder} is not usable as it is ({len(errors)} {'errors' if len(errors) > 1 else 'error'}):"]
        msg = "\n".join([*lines, *(f"  {error}" for error in errors)])
        raise DataError(msg)
    return Trial(design, folder, examined.problems, examined.frames)
