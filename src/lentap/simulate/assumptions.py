"""The numbers a synthetic trial is built from, each with its source, read and checked entry by entry."""

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Generic, Literal, NoReturn, TypeVar, get_args, get_origin, get_type_hints

import pandas as pd

from lentap.errors import DataError, FactError
from lentap.files import data_dir
from lentap.forms import nearest, read_words
from lentap.published import comparator_facts, lentap_facts

T = TypeVar("T")
Agent = Literal["lenvatinib", "pd1", "tace", "disease"]


@dataclass(frozen=True)
class ByArm(Generic[T]):
    """A number for the experimental arm and one for the control arm."""

    experimental: T
    control: T

    def of(self, experimental: bool) -> T:
        return self.experimental if experimental else self.control


@dataclass(frozen=True)
class Shipped:
    """The trial in data/trial."""

    seed: int
    patients: int
    resected: ByArm[int]


@dataclass(frozen=True)
class Calendar:
    """Enrolment, data cut, and what keeps patients from completing follow-up."""

    enrolment_start: date
    enrolment_end: date
    data_cut: date
    longest_delay_to_start_days: int
    dropout_percent_per_year: float
    longest_silence_days: int
    visit_jitter_days: int
    never_treated_percent: float
    deviation_percent: float


@dataclass(frozen=True)
class Baseline:
    """Who is enrolled."""

    sites: int
    age_median_years: float
    age_sd_years: float
    age_lowest_years: float
    age_highest_years: float
    male_percent: float
    weight_men_kg: float
    weight_women_kg: float
    weight_sd_kg: float
    hbv_percent: float
    bclc_c_percent: float
    bclc_a_percent: float
    pvtt_percent: float
    afp_400_percent: float
    afp_log_sd: float
    child_pugh_percent: dict[str, float]
    ecog_1_percent: float
    ecog_2_percent: float
    sintilimab_percent: float


@dataclass(frozen=True)
class Prognosis:
    """Log hazard ratios of baseline factors."""

    pvtt: float
    afp_400: float
    child_pugh_b: float
    ecog_1_up: float
    frailty_sd: float


@dataclass(frozen=True)
class MarkerCourse:
    """The flow-cytometry marker before and under treatment."""

    weeks: list[int]
    baseline_median_percent: float
    baseline_log_sd: float
    expansion_log: ByArm[float]
    expansion_per_reactivity: ByArm[float]
    course: list[float]
    noise_log_sd: float
    missing_percent: float


@dataclass(frozen=True)
class Response:
    """Objective response and when it is seen."""

    objective_percent: ByArm[float]
    per_reactivity: ByArm[float]
    prognosis_slope: float
    complete_percent: float
    recist11_percent: float
    recist11_complete_percent: float
    recist11_delay_days: int
    time_median_months: float
    time_log_sd: float
    complete_delay_days: int
    weeks: list[int]
    missed_percent: float
    not_evaluable_percent: float
    same_progression_percent: float


@dataclass(frozen=True)
class Resection:
    """Who is resected after response, when, and with what result."""

    after_response_percent: ByArm[float]
    depth_slope: float
    delay_median_days: float
    delay_log_sd: float
    r0_percent: float
    r2_percent: float
    pcr_percent: ByArm[float]
    mpr_percent: ByArm[float]
    severe_complication_percent: float
    mild_complication_percent: float
    surveillance_weeks: int


@dataclass(frozen=True)
class Survival:
    """Hazards of progression, recurrence and death, in events per month."""

    progression_hazard: ByArm[float]
    responder_progression_ratio: float
    recurrence_hazard: ByArm[float]
    pcr_recurrence_ratio: float
    residual_recurrence_ratio: float
    death_hazard: float
    progressed_death_ratio: float
    resected_death_ratio: float


@dataclass(frozen=True)
class Treatment:
    """How long treatment lasts."""

    longest_months: float
    after_resection_months: float
    stop_after_progression_days: int
    stopped_for_toxicity_percent: ByArm[float]
    tace_interval_days: int
    tace_most_sessions: int
    tace_repeat_percent: float


@dataclass(frozen=True)
class EventRates:
    """What holds for adverse events of every term."""

    second_episode_percent: float
    grade_1_percent: float
    grade_4_percent: float
    serious_percent: float
    unrelated_percent: float
    before_treatment_percent: float
    unresolved_percent: float
    fatal_percent: float
    reduced_percent: float
    interrupted_percent: float


@dataclass(frozen=True)
class Term:
    """One kind of adverse event: what causes it, how often, how severe, when and how long."""

    soc: str
    agent: Agent
    experimental: float
    control: float
    severe: float
    onset_days: float
    length_days: float


@dataclass(frozen=True)
class AdverseEvents:
    """Adverse events by MedDRA-like term."""

    rates: EventRates
    terms: dict[str, Term]


@dataclass(frozen=True)
class Assumptions:
    """Everything the simulator is told."""

    shipped: Shipped
    calendar: Calendar
    baseline: Baseline
    prognosis: Prognosis
    marker: MarkerCourse
    response: Response
    resection: Resection
    survival: Survival
    treatment: Treatment
    adverse_events: AdverseEvents


def load_assumptions(path: Path | None = None) -> Assumptions:
    """Read the assumptions; the shipped ones by default.

    Raises
    ------
    FactError
        An entry is unknown, missing, of the wrong type or range, has no source, cites a fact that does not exist, or
        differs from the fact it cites; the message names file, key, what was found and what is legal.
    """
    return _read(path)[0]


def assumption_table(path: Path | None = None) -> pd.DataFrame:
    """List the assumptions: key, value, source and why, a row a number.

    Raises
    ------
    FactError
        As for `load_assumptions`.
    """
    return pd.DataFrame(_read(path)[1], columns=["key", "value", "source", "why"])


@cache
def _read(path: Path | None) -> tuple[Assumptions, list[tuple[str, str, str, str]]]:
    file = path or data_dir() / "assumptions.yml"
    try:
        found = read_words(file)
    except DataError as error:
        raise FactError(str(error)) from error
    reader = _Reader(file)
    return reader.build(Assumptions, found, ""), reader.rows


def _published_numbers() -> dict[str, set[float]]:
    """Numbers each fact states: its value, and for LEN-TAP its count."""
    comparators, facts = comparator_facts(), lentap_facts()
    columns = (
        (comparators["id"], comparators["value"]),
        (facts["id"], pd.to_numeric(facts["value"], errors="coerce")),
        (facts["id"], facts["count"]),
    )
    numbers: dict[str, set[float]] = {}
    for ids, values in columns:
        for key, value in zip(ids, values, strict=True):
            numbers.setdefault(str(key), set()).update([float(value)] if pd.notna(value) else [])
    return numbers


LEAVES: dict[type, tuple[Callable[[str], Any], str]] = {
    int: (int, "a whole number"),
    float: (float, "a number"),
    date: (date.fromisoformat, "a date such as 2021-11-30"),
}


class _Reader:
    """Builds the dataclasses above from YAML whose scalars are text."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.facts = _published_numbers()
        self.rows: list[tuple[str, str, str, str]] = []

    def build(self, kind: Any, found: Any, where: str) -> Any:
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is Literal:
            return self.word(found, where, arguments)
        if kind is str:
            return self.word(found, where, None)
        if origin is dict and is_dataclass(arguments[1]):
            entries = self.mapping(found, where)
            return {name: self.build(arguments[1], entry, f"{where}.{name}") for name, entry in entries.items()}
        if is_dataclass(origin or kind):
            return self.record(origin or kind, arguments, found, where)
        return self.leaf(kind, found, where)

    def record(self, kind: Any, arguments: tuple[Any, ...], found: Any, where: str) -> Any:
        hints = get_type_hints(kind)
        types = {field.name: arguments[0] if hints[field.name] is T else hints[field.name] for field in fields(kind)}
        entries = self.known(self.mapping(found, where), where, tuple(types))
        prefix = f"{where}." if where else ""
        return kind(**{name: self.build(types[name], entries[name], prefix + name) for name in types})

    def leaf(self, kind: Any, found: Any, where: str) -> Any:
        entry = self.known(self.mapping(found, where), where, ("value", "source"), ("why",))
        value = self.number(kind, entry["value"], f"{where}.value")
        source = str(entry["source"])
        if source != "assumption" and source not in self.facts:
            self.fail(
                f"{where}.source", source, "assumption, or the id of a published fact" + nearest(source, self.facts)
            )
        if source != "assumption" and value not in self.facts[source]:
            legal = " or ".join(f"{number:g}" for number in sorted(self.facts[source])) or "none: it states no number"
            self.fail(f"{where}.value", entry["value"], f"the number stated by {source}: {legal}")
        self.rows.append((where, _shown(value), source, str(entry.get("why", ""))))
        return value

    def number(self, kind: Any, found: Any, where: str) -> Any:
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is list:
            if not isinstance(found, list) or not found:
                self.fail(where, found, "a list of numbers")
            return [self.number(arguments[0], item, where) for item in found]
        if origin is dict:
            return {
                key: self.number(arguments[1], item, f"{where}.{key}")
                for key, item in self.mapping(found, where).items()
            }
        read, legal = LEAVES[kind]
        try:
            value = read(found)
        except (TypeError, ValueError):
            self.fail(where, found, legal)
        if kind is not date and not abs(value) < float("inf"):
            self.fail(where, found, legal)
        if "_percent" in where and not 0 <= value <= 100:
            self.fail(where, found, "from 0 to 100")
        if where.removesuffix(".value").endswith(("_sd", "_days", "_hazard", "_ratio", "_weeks")) and value < 0:
            self.fail(where, found, "0 or more")
        return value

    def word(self, found: Any, where: str, legal: tuple[str, ...] | None) -> str:
        if not isinstance(found, str) or not found or (legal and found not in legal):
            self.fail(where, found, " | ".join(legal) if legal else "words")
        return str(found)

    def mapping(self, found: Any, where: str) -> dict[str, Any]:
        if not isinstance(found, dict):
            self.fail(where or "the file", found, "entries of the form 'name: value'")
        return dict(found)

    def known(
        self, entries: dict[str, Any], where: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        legal = (*required, *optional)
        for key in entries:
            if key not in legal:
                self.fail(where or "the file", key, ", ".join(legal) + nearest(key, legal))
        if missing := [key for key in required if entries.get(key) in (None, "")]:
            self.fail(where or "the file", f"no {', no '.join(missing)}", ", ".join(legal))
        return entries

    def fail(self, where: str, found: Any, legal: str) -> NoReturn:
        msg = f"{self.file}, {where}: {str(found)[:80]!r}; legal: {legal}"
        raise FactError(msg)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {item:g}" for key, item in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
