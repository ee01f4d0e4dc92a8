"""Who gets as far as a resection: the patients of an endpoint that starts with it, by arm."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lentap.adam import Trial
from lentap.results import Result, record
from lentap.show.record.balance import Balance, record_balance
from lentap.sources import Source
from lentap.stats.baseline import table_one
from lentap.stats.proportions import proportion

ALL, RESECTED = "all patients", "the resected"


@dataclass(frozen=True, eq=False)
class Entered:
    """The way of one arm to its resections.

    ``share`` of its patients seen resected, ``before`` patients with the event and no resection, and the time from the
    endpoint's origin to the resection: ``median`` and quartiles, in the endpoint's unit, not-a-number without any.
    """

    share: Result
    before: Result
    median: Result
    quartiles: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Selection:
    """Who enters by arm, and baseline with balance among all patients and among those resected (empty where an arm has
    none).
    """  # noqa: D205

    arms: Mapping[str, Entered]
    baselines: Mapping[str, pd.DataFrame]
    balances: Mapping[str, Mapping[str, Balance]]


def record_entry(
    name: str, trial: Trial, times: pd.DataFrame, *, endpoint: str, population: str, level: float, source: Source
) -> Selection:
    """Record who enters an endpoint that starts with the resection, and how alike the arms are before and after.

    Parameters
    ----------
    times
        As ``Trial.time_to_resection`` returns them for ``endpoint``, for the arms shown.
    """
    labels: dict[str, Any] = {"endpoint": endpoint, "population": population, "source": source}
    seen = times["resection"] <= times["time"]
    unit, control = trial.design.endpoints[endpoint].unit, trial.design.control.name
    arms = {}
    for arm, rows in times.groupby("arm", observed=True):
        own, about = seen[rows.index], {**labels, "arm": str(arm)}
        waits = rows.loc[own, "resection"]
        counts = {str(arm): f"{int(own.sum())}/{len(rows)}"}
        share = proportion(int(own.sum()), len(rows), level=level)
        arms[str(arm)] = Entered(
            record(f"{name}.enter", share, scale="proportion", counts=counts, **about),
            record(f"{name}.before", int((rows["event"] & ~own).sum()), scale="count", **about),
            record(f"{name}.wait", float(waits.median()), scale="time", unit=unit, counts=counts, **about),
            (float(waits.quantile(0.25)), float(waits.quantile(0.75))),
        )
    subjects = times[["USUBJID"]].merge(trial.subjects(population), on="USUBJID")
    groups = {ALL: subjects, RESECTED: subjects[seen.to_numpy()]}
    comparable = trial.design.baseline and control in arms and len(arms) > 1
    compared = {of: rows for of, rows in groups.items() if comparable and set(rows["arm"]) == set(arms)}
    baselines = {of: table_one(rows, trial.design.baseline, control=control) for of, rows in compared.items()}
    balances = {of: record_balance(name, table, control=control, group=of, **labels) for of, table in baselines.items()}
    return Selection(arms, baselines, balances)
