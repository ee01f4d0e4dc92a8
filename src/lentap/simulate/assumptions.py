"""The form of data/assumptions.yml: every number a synthetic trial is built from."""

from dataclasses import dataclass
from datetime import date
from typing import Generic, Literal, TypeVar

from lentap.simulate.measured import Cytometry, Dosing, Laboratory, SecondReader, Tumours

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
    stopped_for_toxicity_percent: float
    toxicity_earliest_days: int
    toxicity_latest_days: int
    tace_interval_days: int
    tace_jitter_days: int
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
    fatal_related_percent: float
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
    dosing: Dosing
    laboratory: Laboratory
    tumours: Tumours
    second_reader: SecondReader
    cytometry: Cytometry
