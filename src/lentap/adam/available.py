"""Which populations, endpoints, criteria and markers of trial.yml the loaded tables carry."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pandas as pd

from lentap.adam.trial import Trial
from lentap.errors import DataError

NEEDS = {
    "population": ("adsl",),
    "endpoint": ("adsl", "adtte"),
    "criterion": ("adsl", "adrs"),
    "marker": ("adsl", "adim"),
}


@dataclass(frozen=True)
class Availability:
    """Whether something trial.yml declares can be analysed: how many by arm, which arms are empty, and why not."""

    kind: str
    name: str
    label: str
    usable: bool
    counts: str
    why: str = ""
    empty: tuple[str, ...] = ()


def availability(trial: Trial) -> tuple[Availability, ...]:
    """Say for every population, endpoint, criterion and marker whether both sides of the comparison have subjects."""
    design = trial.design
    return (
        *(_available(trial, "population", p.name, p.label, trial.subjects) for p in design.populations.values()),
        *(_available(trial, "endpoint", e.name, e.label, trial.time_to_event) for e in design.endpoints.values()),
        *(
            _available(trial, "criterion", name, code, partial(_with_rows, trial, "adrs", code))
            for name, code in design.criteria.items()
        ),
        *(
            _available(trial, "marker", m.name, m.label, partial(_with_rows, trial, "adim", m.name))
            for m in design.markers.values()
        ),
    )


def _with_rows(trial: Trial, table: str, code: str, _: str) -> pd.DataFrame:
    """Subjects of the first population who have a row of that PARAMCD."""
    frame: pd.DataFrame = getattr(trial, table)
    members = trial.subjects(next(iter(trial.design.populations)))
    return members[members["USUBJID"].isin(frame.loc[frame["PARAMCD"] == code, "USUBJID"])]


def _available(trial: Trial, kind: str, name: str, label: str, rows_of: Callable[[str], pd.DataFrame]) -> Availability:
    if missing := [table for table in NEEDS[kind] if table not in trial.tables]:
        return Availability(kind, name, label, usable=False, counts="", why=f"needs {' and '.join(missing)}")
    try:
        rows = rows_of(name)
    except DataError as error:
        return Availability(kind, name, label, usable=False, counts="", why=str(error).partition(";")[0])
    by_arm = {arm: rows[rows["arm"] == arm] for arm in trial.arm_names}
    counts = ", ".join(f"{arm} {len(members)}{_events(members)}" for arm, members in by_arm.items())
    compared = len(by_arm[trial.design.control.name]) > 0 and any(
        len(by_arm[a.name]) for a in trial.design.experimental
    )
    empty = tuple(arm for arm, members in by_arm.items() if members.empty)
    why = f"no subject in {' and '.join(empty)}" if empty else ""
    return Availability(kind, name, label, compared, counts, why, empty)


def _events(members: pd.DataFrame) -> str:
    if "event" not in members:
        return ""
    events = int(members["event"].sum())
    return f" ({events} event{'' if events == 1 else 's'})"
