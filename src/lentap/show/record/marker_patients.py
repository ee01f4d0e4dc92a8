"""Patients with one marker, measured in one of two ways, beside their response, follow-up and clinical factors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from lentap.adam import Trial
from lentap.design import Marker
from lentap.errors import DataError, StatisticsError
from lentap.show.record import RESPONSE_GROUPS
from lentap.show.samples import marker_samples
from lentap.stats.biomarker import doublings

MEASURES = {"baseline": "level at baseline", "expansion": "expansion under treatment"}


@dataclass(frozen=True, eq=False)
class MarkerPatients:
    """Patients of some arms, a row each, whether or not they have what an analysis needs.

    ``frame`` has USUBJID, arm (str), value (of the marker as measured: its level at baseline, or the level at ``visit``
    over that at baseline; not-a-number where not known), doubling (its logarithm to the base 2), response (True, False,
    missing where not evaluable), time and event (of the endpoint, in ``unit``), sampled (day of the sample on which the
    value became known) and the ``factors``. ``steps`` counts who is left, and ``lifted`` values of 0, which were taken
    for half of the smallest above.
    """

    frame: pd.DataFrame
    marker: Marker
    measure: str
    visits: tuple[str, str]
    arms: Sequence[str]
    control: str
    endpoint: str
    unit: str
    factors: Mapping[str, str]
    lifted: int = 0
    gap: str = ""
    steps: Sequence[tuple[str, Mapping[str, int]]] = field(default_factory=list)

    @property
    def label(self) -> str:
        """The marker as it is measured here."""
        return f"{self.marker.label}, {MEASURES[self.measure]}"

    @property
    def when(self) -> str:
        """Visit at which the value becomes known."""
        return self.visits[0] if self.measure == "baseline" else self.visits[1]

    @property
    def value_unit(self) -> str:
        """Unit of ``value``."""
        return (
            self.marker.unit if self.measure == "baseline" else f"fold change, {self.visits[1]} over {self.visits[0]}"
        )

    @property
    def evaluable(self) -> pd.DataFrame:
        """Patients with the marker and an evaluable response."""
        known = self.frame.dropna(subset=["doubling", "response"])
        return known.assign(response=known["response"].astype(bool)).reset_index(drop=True)

    @property
    def followed(self) -> pd.DataFrame:
        """Patients with the marker and a time to the event."""
        return self.frame.dropna(subset=["doubling", "time"]).reset_index(drop=True)


def marker_patients(
    trial: Trial,
    marker: str,
    measure: str,
    *,
    visit: int,
    criterion: str,
    endpoint: str,
    population: str,
    arms: list[str],
) -> MarkerPatients:
    """Collect patients with a marker; where it cannot be measured so, ``gap`` says why.

    Parameters
    ----------
    measure
        One of ``MEASURES``.
    visit
        Number of the visit under treatment, 1 for the first after baseline.
    """
    about, design = trial.design.markers[marker], trial.design
    times = design.endpoints[endpoint]
    members = trial.subjects(population)
    members = members[members["arm"].isin(arms)].reset_index(drop=True)
    factors = {name: label for name, label in design.baseline.items() if name in members and _varies(members[name])}
    held: dict[str, Any] = {"marker": about, "measure": measure, "arms": arms, "control": design.control.name}
    held |= {"endpoint": times.label, "unit": times.unit, "factors": factors}
    try:
        samples = marker_samples(trial, marker, criterion, population=population, arms=arms)
    except DataError as error:
        return MarkerPatients(members, visits=("", ""), gap=str(error), **held)
    codes = list(samples.visits)
    if measure == "expansion" and visit >= len(codes):
        why = f"{about.label} was measured at {len(codes) - 1} visits under treatment, so there is no visit {visit}"
        return MarkerPatients(members, visits=samples.names, gap=why, **held)
    later = codes[min(visit, len(codes) - 1)]
    frame = members[["USUBJID", *factors]].assign(arm=members["arm"].astype(str))
    used = [codes[0]] if measure == "baseline" else [codes[0], later]
    table: pd.DataFrame = samples.values  # noqa: PD011
    try:
        doubling, lifted = _doubling(table, used)
    except StatisticsError as error:
        return MarkerPatients(members, visits=samples.names, gap=f"no doubling of {about.label}: {error}", **held)
    known = pd.DataFrame({"doubling": doubling, "sampled": _sampled(table, used[-1])})
    frame = frame.join(known, on="USUBJID")
    frame["value"] = (2 ** frame["doubling"]).round(9)  # equal levels stay equal at a cut-point
    groups = samples.patients.set_index("USUBJID")["response"].astype(object)
    frame["response"] = frame["USUBJID"].map(groups.map({RESPONSE_GROUPS[0]: True, RESPONSE_GROUPS[1]: False}))
    seen = trial.time_to_event(endpoint, population)[["USUBJID", "time", "event"]]
    frame = frame.merge(seen, on="USUBJID", how="left")
    visits = (samples.visits[codes[0]], samples.visits[later])
    gap = "" if frame["doubling"].notna().any() else f"no patient has {about.label} as it is measured here"
    return MarkerPatients(
        frame, visits=visits, lifted=lifted, gap=gap, steps=_steps(frame, visits, measure, arms), **held
    )


def _varies(values: pd.Series) -> bool:
    return len(values.dropna().unique()) > 1


def _doubling(table: pd.DataFrame, visits: list[float]) -> tuple[pd.Series, int]:
    """Logarithm of each patient's level at the one visit, or its change to the second; and how many levels were 0."""
    rows = table[table["AVISITN"].isin(visits)]
    levels = rows.pivot_table(index="USUBJID", columns="AVISITN", values="AVAL", aggfunc="first")
    levels = levels.reindex(columns=visits).dropna()
    logs, zeros = doublings(levels.to_numpy(float))
    return pd.Series(logs[:, -1] - logs[:, 0] if len(visits) > 1 else logs[:, 0], index=levels.index), zeros


def _sampled(table: pd.DataFrame, visit: float) -> pd.Series:
    """Study day of the sample on which the value became known; not-a-number where the table has none."""
    rows = table[table["AVISITN"] == visit].reindex(columns=["USUBJID", "ADY"])
    return rows.drop_duplicates("USUBJID").set_index("USUBJID")["ADY"].astype(float)


def _steps(
    frame: pd.DataFrame, visits: tuple[str, str], measure: str, arms: Sequence[str]
) -> list[tuple[str, Mapping[str, int]]]:
    """Who is left after each condition, by arm."""
    has, evaluable, followed = frame["doubling"].notna(), frame["response"].notna(), frame["time"].notna()
    sample = f"sample at {visits[0]}" if measure == "baseline" else f"samples at {visits[0]} and {visits[1]}"
    kept = {
        "In the population": pd.Series(True, index=frame.index),
        f"with {sample}": has,
        "and an evaluable response": has & evaluable,
        "of whom responders": has & frame["response"].eq(True),
        f"with {sample} and follow-up": has & followed,
    }
    return [(words, {arm: int((rows & (frame["arm"] == arm)).sum()) for arm in arms}) for words, rows in kept.items()]
