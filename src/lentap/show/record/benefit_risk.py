"""Benefits and harms of a treatment side by side: effects per 100 patients, numbers needed, and who wins in pairs."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from lentap.adam import Trial
from lentap.adam.rules import DAYS
from lentap.design import Endpoint
from lentap.errors import StatisticsError
from lentap.results import Result, record
from lentap.show.format import records, within
from lentap.show.record.adverse_events import NESTED
from lentap.show.record.comparison import arms_compared
from lentap.show.record.event_times import MONTH, watch
from lentap.show.record.reasons import plain_reason
from lentap.show.record.timing import in_unit
from lentap.show.small_cells import is_small, small_terms
from lentap.stats.adverse_event_overview import ANY, RELATED_EVENT, overview
from lentap.stats.adverse_event_records import GRADES
from lentap.stats.estimate import Estimate
from lentap.stats.event_times import time_to_first_event
from lentap.stats.landmark_rates import compare_landmark_rates
from lentap.stats.number_needed import NumberNeeded, number_needed_to_treat
from lentap.stats.pairwise import WinStatistics, compare_pairs, time_outcome
from lentap.stats.proportions import proportion, risk_difference

NAME = "safety.benefit_risk"
BENEFIT, HARM = "Benefit: more is good", "Harm: fewer is good"
METHOD = "miettinen-nurminen"


@dataclass(frozen=True, eq=False)
class Effect:
    """One outcome on an experimental ``arm`` and on control, as shares of patients, and the ``difference``.

    ``counts`` are patients with the outcome where it is counted; where it is a time without the event, those seen to
    have had the event by then, as the keys say: what censoring hid is in the shares alone. ``needed`` is None where it
    cannot be told; everything is where the outcome is ``hidden``, for its small counts.
    """

    outcome: str
    kind: str
    arm: str
    hidden: bool = False
    treated: Estimate | None = None
    control: Estimate | None = None
    counts: Mapping[str, str] = field(default_factory=dict)
    difference: Result | None = None
    needed: NumberNeeded | None = None


@dataclass(frozen=True, eq=False)
class Wins:
    """All pairs of patients of an arm and control, by a hierarchy of outcomes; ``patients`` of each were compared."""

    arm: str
    patients: Mapping[str, int]
    statistics: WinStatistics
    win_ratio: Result
    net_benefit: Result
    win_odds: Result


@dataclass(frozen=True, eq=False)
class BenefitRisk:
    """Effects, and pairs by arm; ``notes`` say what could not be compared and why."""

    control: str
    level: float
    landmark: float
    smallest: int
    effects: tuple[Effect, ...]
    wins: Mapping[str, Wins]
    notes: tuple[str, ...]


def record_benefit_risk(
    trial: Trial,
    endpoints: tuple[str, str],
    *,
    population: str,
    experimental: str,
    landmark: float,
    margin: float,
    severe_from: int,
    smallest: int,
    level: float,
) -> BenefitRisk:
    """Compare benefits and harms, arm by arm, and record the numbers.

    Parameters
    ----------
    endpoints
        The more important first; named once if both are the same.
    population
        In which harms are counted; each endpoint has its own.
    landmark, margin
        Month at which times to events are compared, and the difference in months that decides a pair.
    severe_from
        Least grade of the events that come last in the hierarchy.
    """
    names = dict.fromkeys(endpoints)
    arms, control = arms_compared(trial.design, experimental)[:-1], trial.design.control.name
    about: dict[str, Any] = {"source": trial.source, "control": control}
    counter = _Counter(control, landmark, smallest, level, about)
    notes: list[str] = []
    effects: list[Effect] = []
    wins: dict[str, Wins] = {}
    for arm in arms:
        for name in names:
            effects += counter.of_endpoint(arm, trial.design.endpoints[name], trial.time_to_event(name))
        if "adpr" in trial.frames:
            members = trial.subjects(trial.design.endpoints[endpoints[0]].population)
            resected = trial.resected(trial.design.endpoints[endpoints[0]].population)["resected"].to_numpy(bool)
            effects += counter.of_counts(arm, BENEFIT, {"Resected": _counts(members["arm"], resected)}, GOOD)
        if "adae" in trial.frames:
            harms, small = _harms(trial, population, smallest)
            effects += counter.of_counts(arm, HARM, harms, BAD, small)
    if "adae" not in trial.frames:
        notes.append("There is no table of adverse events (adae): harms cannot be shown.")
    outcomes, said = _outcomes(trial, tuple(names), population, experimental, severe_from)
    notes += said
    for arm in arms:
        try:
            found = outcomes.compared(arm, control, margin, level)
            if few := outcomes.few(arm, control, smallest) or _few_decided(found, smallest):
                notes.append(f"Pairs of {arm} and {control} are hidden: fewer than {smallest} {few}.")
            else:
                wins[arm] = _wins(arm, control, outcomes, found, margin, about)
        except StatisticsError as error:
            notes.append(f"Pairs of {arm} and {control} cannot be compared: {plain_reason(error)}.")
    return BenefitRisk(control, level, landmark, smallest, tuple(effects), wins, tuple(notes))


GOOD, BAD = "good", "bad"
Counts = Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class _Counter:
    """Estimates effects of one kind after the other and records them."""

    control: str
    landmark: float
    smallest: int
    level: float
    about: Mapping[str, Any]

    def of_endpoint(self, arm: str, endpoint: Endpoint, times: pd.DataFrame) -> Iterator[Effect]:
        """Share without the event at the landmark."""
        outcome = f"{endpoint.label}: without event at {self.landmark:g} months"
        rows = times[times["arm"].isin([arm, self.control])]
        treated, at = (rows["arm"] == arm).to_numpy(), in_unit(self.landmark, endpoint.unit)
        if treated.all() or not treated.any():
            return
        found = compare_landmark_rates(rows["time"], rows["event"], treated, landmark=at, level=self.level)
        by_then = (rows["event"] & (rows["time"] <= at)).to_numpy()
        events = {
            name: (int(by_then[of].sum()), int(of.sum())) for name, of in ((arm, treated), (self.control, ~treated))
        }
        written = {f"{name}, events by then": f"{count}/{n}" for name, (count, n) in events.items()}
        hidden = any(is_small(one, self.smallest) for both in events.values() for one in both)
        yield self._effect(arm, outcome, BENEFIT, hidden, found.treated, found.control, found.difference, written, GOOD)

    def of_counts(
        self, arm: str, kind: str, counts: Mapping[str, Counts], event: str, small: Set[tuple[str, str]] = frozenset()
    ) -> Iterator[Effect]:
        """Shares of patients with each outcome; those of ``small`` (outcome, arm) are hidden, too."""
        for outcome, by_arm in counts.items():
            if {arm, self.control} <= set(by_arm):
                cells = (*by_arm[arm], *by_arm[self.control])
                treated, control = (proportion(*by_arm[one], level=self.level) for one in (arm, self.control))
                difference = risk_difference(*cells, level=self.level, method=METHOD)
                hidden = any(
                    (outcome, one) in small or any(is_small(count, self.smallest) for count in by_arm[one])
                    for one in (arm, self.control)
                )
                written = {one: "{}/{}".format(*by_arm[one]) for one in (arm, self.control)}
                yield self._effect(arm, outcome, kind, hidden, treated, control, difference, written, event)

    def _effect(
        self, arm: str, outcome: str, kind: str, hidden: bool, treated: Estimate, control: Estimate,
        difference: Estimate, counts: Mapping[str, str], event: str,
    ) -> Effect:  # fmt: skip
        if hidden:
            return Effect(outcome, kind, arm, hidden=True)
        result = record(
            f"{NAME}.difference", difference, scale="difference", null=0.0, counts=dict(counts), outcome=outcome,
            arm=arm, direction=f"above: more with {arm}", **self.about,
        )  # fmt: skip
        try:
            needed = number_needed_to_treat(difference, event=event)
        except StatisticsError:
            needed = None
        return Effect(outcome, kind, arm, False, treated, control, counts, result, needed)


def _counts(arm: pd.Series, had: np.ndarray) -> dict[str, tuple[int, int]]:
    return {str(one): (int(of.sum()), len(of)) for one, of in pd.Series(had).groupby(arm.astype(str).to_numpy())}


def _harms(trial: Trial, population: str, smallest: int) -> tuple[dict[str, Counts], set[tuple[str, str]]]:
    """Patients with each kind of event but the broad ones, by arm; and kinds and arms that are hidden."""
    harms: dict[str, dict[str, tuple[int, int]]] = {}
    subjects = trial.subjects(population)
    if subjects.empty:
        return {}, set()
    kinds = overview(trial.adae, subjects)
    for row in records(kinds[~kinds["term"].isin([ANY, RELATED_EVENT])]):
        harms.setdefault(_harm(row["term"]), {})[str(row["arm"])] = (int(row["subjects"]), int(row["n"]))
    return dict(harms), {(_harm(kind), arm) for kind, arm in small_terms(kinds, smallest, NESTED)}


def _harm(kind: str) -> str:
    return f"Adverse event, {within(kind)}"


@dataclass(frozen=True, eq=False)
class _Hierarchy:
    """Months to each outcome and whether it came, by label and by patient (rows), the most important first."""

    arm: pd.Series
    time: dict[str, pd.Series]
    event: dict[str, pd.Series]

    def few(self, arm: str, control: str, smallest: int) -> str:
        """The first outcome that few patients of an arm had; empty where there is none."""
        for label, event in self.event.items():
            counts = [int(event[(self.arm == one).to_numpy()].sum()) for one in (arm, control)]
            if any(is_small(count, smallest) for count in counts):
                return f"patients of one had {within(label)}"
        return ""

    def compared(self, arm: str, control: str, margin: float, level: float) -> WinStatistics:
        """Every patient of an arm against every one of control."""
        kept = self.arm.isin([arm, control]).to_numpy()
        outcomes = {
            label: time_outcome(time[kept], self.event[label][kept], threshold=margin)
            for label, time in self.time.items()
        }
        return compare_pairs(outcomes, (self.arm == arm).to_numpy()[kept], level=level)


def _outcomes(
    trial: Trial, names: tuple[str, ...], population: str, experimental: str, severe_from: int
) -> tuple[_Hierarchy, list[str]]:
    """Outcomes of the patients who have every endpoint, and what cannot be among them."""
    tables = [trial.time_to_event(name).set_index("USUBJID") for name in names]
    members = tables[0].index
    for table in tables[1:]:
        members = members.intersection(table.index, sort=False)
    time, event = {}, {}
    for name, table in zip(names, tables, strict=True):
        about = trial.design.endpoints[name]
        time[about.label] = table["time"].reindex(members) * DAYS[about.unit] / MONTH
        event[about.label] = table["event"].reindex(members)
    notes = []
    severe = _first_severe(trial, population, experimental, severe_from)
    if severe is None:
        notes.append("Adverse events are not in the hierarchy: they have no grade that high, or no day of onset.")
    else:
        label = f"First adverse event of grade {severe_from} or above"
        time[label] = severe["time"].reindex(members).fillna(0.0)
        event[label] = severe["event"].reindex(members).eq(True)
    return _Hierarchy(tables[0]["arm"].reindex(members).astype(str), time, event), notes


def _first_severe(trial: Trial, population: str, experimental: str, severe_from: int) -> pd.DataFrame | None:
    """Months to the first severe event of each patient; None where that cannot be told."""
    if "adae" not in trial.frames:
        return None
    watched = watch(trial, population, experimental, 30)
    scale = next((one for one in GRADES if one in watched.events and watched.events[one].notna().any()), "")
    if watched.gap or not scale or severe_from > len(GRADES[scale]):
        return None
    times = time_to_first_event(watched.events, watched.subjects, minimum_grade=severe_from)
    return times.assign(time=times["time"] / MONTH).set_index("USUBJID")


def _few_decided(found: WinStatistics, smallest: int) -> str:
    """Whether an outcome decided, or left, a small number of pairs, in words."""
    counts = found.by_outcome[["wins", "losses", "ties"]]
    return "pairs were decided by an outcome" if ((counts > 0) & (counts < smallest)).any(axis=None) else ""


def _wins(
    arm: str, control: str, hierarchy: _Hierarchy, found: WinStatistics, margin: float, about: Mapping[str, Any]
) -> Wins:
    patients = {one: int((hierarchy.arm == one).sum()) for one in (arm, control)}
    counts = {"pairs": str(found.pairs)}
    said: dict[str, Any] = {"arm": arm, "alike_within": f"{margin:g} months", "counts": counts, **about}
    direction = f"above: {arm} wins more pairs"
    ratio, odds = (
        record(f"{NAME}.{name}", one, scale="ratio", p_value=one.p_value, null=1.0, direction=direction, **said)
        for name, one in (("win_ratio", found.win_ratio), ("win_odds", found.win_odds))
    )
    benefit = record(
        f"{NAME}.net_benefit", found.net_benefit, scale="difference", p_value=found.net_benefit.p_value, null=0.0,
        direction=direction, **said,
    )  # fmt: skip
    return Wins(arm, patients, found, ratio, benefit, odds)
