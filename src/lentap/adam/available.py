"""Which populations, endpoints, criteria and markers of trial.yml the loaded tables carry."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pandas as pd

from lentap.adam.trial import Trial
from lentap.errors import DataError


@dataclass(frozen=True)
class Availability:
    """Whether something trial.yml declares can be analysed: how many there are by arm, or why not."""

    kind: str
    name: str
    label: str
    usable: bool
    counts: str
    why: str = ""


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
    try:
        rows = rows_of(name)
    except DataError as error:
        return Availability(kind, name, label, usable=False, counts="", why=str(error).partition(";")[0])
    sizes = rows["arm"].value_counts().reindex(trial.arm_names)
    events = rows.groupby("arm", observed=False)["event"].sum() if "event" in rows else None
    counts = ", ".join(
        f"{arm} {size}" + ("" if events is None else f" ({events[arm]} {'event' if events[arm] == 1 else 'events'})")
        for arm, size in sizes.items()
    )
    compared = sizes[trial.design.control.name] > 0 and any(sizes[arm.name] > 0 for arm in trial.design.experimental)
    empty = " and ".join(str(arm) for arm, size in sizes.items() if not size)
    return Availability(kind, name, label, bool(compared), counts, f"no subject in {empty}" if empty else "")
