"""What a loaded trial shows of the quantities that published claims are about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite, log

import numpy as np
import pandas as pd

from lentap.adam import Trial
from lentap.show.format import interval, number, percent, ratio
from lentap.show.record.assessments import recorded_visits
from lentap.stats.adverse_events import incidence
from lentap.stats.biomarker import change_from_baseline, shift_between
from lentap.stats.proportions import risk_difference
from lentap.stats.response import best_overall_response, responders
from lentap.stats.survival import cox_hazard_ratio, kaplan_meier

EXPERIMENTAL, CONTROL = "LEN-TAP", "TACE"
BOTH, VERSUS = "both", "LEN-TAP vs TACE"
SEVERE = ("IIIa", "IIIb", "IVa", "IVb", "V")
DAYS_PER_MONTH = 30.4375


@dataclass(frozen=True)
class Value:
    """What a trial shows of a quantity.

    ``number`` is on the scale of the published facts (percent, months), not-a-number where there is none; ``direction``
    is above 0 where there is more, or later, with the experimental arm; ``text`` says it in print.
    """

    text: str
    number: float = float("nan")
    direction: float = 0.0


Values = dict[tuple[str, str], Value]
Arms = dict[str, str]


def trial_values(trial: Trial) -> Values:
    """Compute what the loaded tables allow, by quantity and arm as the published facts name them.

    The first experimental arm of the trial stands for LEN-TAP, its control for TACE alone.
    """
    arms = {EXPERIMENTAL: trial.design.experimental[0].name, CONTROL: trial.design.control.name}
    values: Values = {}
    for needed, measure in MEASURES:
        if all(table in trial.tables and set(columns) <= set(trial.frames[table]) for table, columns in needed.items()):
            values |= measure(trial, arms)
    return values


def _population(trial: Trial, preferred: str) -> pd.DataFrame:
    return trial.subjects(_named(trial, preferred))


def _named(trial: Trial, preferred: str) -> str:
    """A population of that name, else the first one declared."""
    known = trial.design.populations
    return preferred if preferred in known else next(iter(known))


def _responders(trial: Trial, criterion: str, subjects: "pd.Series[str]") -> "pd.Series[bool] | None":
    """Who of some subjects responded, as the page of responses counts it; None where nobody was assessed."""
    visits = recorded_visits(trial, _named(trial, "ITT")).get(criterion)
    if visits is None:
        return None
    found = responders(best_overall_response(visits[visits["USUBJID"].isin(subjects)], subjects))
    return found.set_axis(subjects.index)


def _rate(having: "pd.Series[bool]") -> Value:
    """Percentage of subjects with something, and their number."""
    n, events = len(having), int(having.sum())
    return Value(f"{percent(events / n)}% ({events}/{n})", 100 * events / n) if n else Value("no subjects")


def _rates(subjects: pd.DataFrame, having: "pd.Series[bool]", quantity: str, arms: Arms) -> Values:
    return {(quantity, arm): _rate(having[subjects["arm"] == name]) for arm, name in arms.items()}


def _difference(subjects: pd.DataFrame, having: "pd.Series[bool]", arms: Arms) -> Value:
    groups = [having[subjects["arm"] == name] for name in arms.values()]
    if not all(len(group) for group in groups):
        return Value("an arm has no subjects")
    found = risk_difference(*(int(count) for group in groups for count in (group.sum(), len(group))))
    text = f"difference {interval(found.value, found.low, found.high, percent)} percentage points"
    return Value(text, 100 * found.value, found.value)


def _participants(trial: Trial, arms: Arms) -> Values:
    subjects = _population(trial, "ITT")
    counts = {arm: int((subjects["arm"] == name).sum()) for arm, name in arms.items()}
    counts[BOTH] = sum(counts.values())
    return {("participants", arm): Value(str(n), n) for arm, n in counts.items()}


def _enrolment(trial: Trial, _: Arms) -> Values:
    dates = pd.to_datetime(trial.adsl["ENRLDT"]).dropna()
    if dates.empty:
        return {}
    ends = {"enrolment start": dates.min(), "enrolment end": dates.max()}
    return {(quantity, BOTH): Value(f"{date:%B %Y}") for quantity, date in ends.items()}


def _resections(trial: Trial, arms: Arms) -> Values:
    subjects = trial.resected(_named(trial, "ITT"))
    values = _rates(subjects, subjects["resected"], "SLR rate", arms)
    for arm, name in arms.items():
        days = subjects.loc[subjects["arm"] == name, "resection_day"].dropna()
        if len(days):
            months = float(np.median(days - 1)) / DAYS_PER_MONTH
            values["time to surgery median", arm] = Value(f"{number(months)} months (n = {len(days)})", months)
    return values


def _specimens(column: str, quantity: str, words: tuple[str, ...]) -> Callable[[Trial, Arms], Values]:
    """Measure the share of the resected whose specimen or complication is one of some words, where it is known."""

    def measure(trial: Trial, arms: Arms) -> Values:
        rows = trial.first_resections.dropna(subset=column)
        subjects = _population(trial, "ITT")[["USUBJID", "arm"]].merge(rows[["USUBJID", column]], on="USUBJID")
        having = subjects[column].isin(words)
        return _rates(subjects, having, quantity, arms) | {(quantity, BOTH): _rate(having)}

    return measure


def _response(trial: Trial, arms: Arms) -> Values:
    if not trial.design.criteria:
        return {}
    criterion = next(iter(trial.design.criteria))
    subjects = _population(trial, "ITT")
    having = _responders(trial, criterion, subjects["USUBJID"])
    if having is None:
        return {}
    values = {("ORR", VERSUS): _difference(subjects, having, arms), **_rates(subjects, having, "ORR", arms)}
    return {key: Value(f"{v.text}, {criterion}", v.number, v.direction) for key, v in values.items()}


def _survival(trial: Trial, arms: Arms) -> Values:
    values: Values = {}
    for name, endpoint in trial.design.endpoints.items():
        times = trial.time_to_event(name)
        times = times[times["arm"].isin(list(arms.values()))]
        for arm, arm_name in arms.items():
            rows = times[times["arm"] == arm_name]
            if len(rows):
                median = kaplan_meier(rows["time"], rows["event"]).median
                text = interval(median.value, median.low, median.high, absent="not reached")
                months = median.value if endpoint.unit == "months" and isfinite(median.value) else float("nan")
                values[f"{name} median", arm] = Value(f"{text} {endpoint.unit}", months)
        if times["arm"].nunique() == len(arms):
            hazard = cox_hazard_ratio(times["time"], times["event"], times["arm"] == arms[EXPERIMENTAL])
            later = -log(hazard.value) if isfinite(hazard.value) and hazard.value > 0 else 0.0
            found = Value(f"hazard ratio {interval(hazard.value, hazard.low, hazard.high, ratio)}", hazard.value, later)
            values |= {(name, VERSUS): found, (f"{name} hazard ratio", VERSUS): found}
    return values


def _adverse_events(trial: Trial, arms: Arms) -> Values:
    subjects = _population(trial, "SAF")
    if subjects["arm"].nunique() < len(arms):
        return {}
    graded = {"AETOXGR"} <= set(trial.adae) and pd.to_numeric(trial.adae["AETOXGR"], errors="coerce").notna().any()
    counted = {
        "any-grade TRAE": incidence(trial.adae, subjects, related_only=True),
        "serious adverse events": incidence(trial.adae, subjects, serious_only=True),
    }
    if graded:
        counted["grade >=3 TRAE"] = incidence(trial.adae, subjects, related_only=True, minimum_grade=3)
    values: Values = {}
    for quantity, table in counted.items():
        first = table.drop_duplicates("arm").set_index("arm").to_dict("index")
        for arm, name in arms.items():
            events, n = first[name]["subjects"], first[name]["n"]
            values[quantity, arm] = Value(f"{percent(events / n)}% ({events}/{n})", 100 * events / n)
    return values


def _marker(trial: Trial, arms: Arms) -> Values:
    """Level before treatment, change to the second visit under treatment, and change by response."""
    if not trial.design.markers or not trial.design.criteria:
        return {}
    code, marker = next(iter(trial.design.markers.items()))
    rows = trial.adim[trial.adim["PARAMCD"] == code]
    visits = sorted(rows["AVISITN"].unique())
    if len(visits) < 2:
        return {}
    chosen = visits[min(2, len(visits) - 1)]
    pairs = change_from_baseline(rows, chosen, baseline=visits[0])
    pairs = pairs.merge(_population(trial, "ITT")[["USUBJID", "arm"]], on="USUBJID")
    pairs = pairs[pairs["arm"] == arms[EXPERIMENTAL]]
    if pairs.empty:
        return {}
    responded = _responders(trial, next(iter(trial.design.criteria)), pairs["USUBJID"])
    level, change = float(pairs["baseline"].median()), float(pairs["change"].median())
    values = {
        ("marker before treatment", EXPERIMENTAL): Value(f"median {number(level)} {marker.unit}", level),
        ("change of the marker", EXPERIMENTAL): Value(f"median {number(change)} points", change),
        ("patients with a paired blood sample", EXPERIMENTAL): Value(str(len(pairs)), len(pairs)),
    }
    if responded is not None and responded.any() and not responded.all():
        shift = shift_between(pairs["change"][responded], pairs["change"][~responded])
        words = f"responders minus non-responders {interval(shift.value, shift.low, shift.high)} points"
        values["marker expansion in responders", EXPERIMENTAL] = Value(words, shift.value, shift.value)
    return values


Needed = Mapping[str, tuple[str, ...]]
MEASURES: tuple[tuple[Needed, Callable[[Trial, Arms], Values]], ...] = (
    ({"adsl": ()}, _participants),
    ({"adsl": ("ENRLDT",)}, _enrolment),
    ({"adsl": (), "adpr": ()}, _resections),
    ({"adsl": (), "adpr": ("MARGIN",)}, _specimens("MARGIN", "R0", ("R0",))),
    ({"adsl": (), "adpr": ("PATHRESP",)}, _specimens("PATHRESP", "pCR", ("pCR",))),
    ({"adsl": (), "adpr": ("CLAVIEN",)}, _specimens("CLAVIEN", "severe perioperative complications", SEVERE)),
    ({"adsl": (), "adrs": ()}, _response),
    ({"adsl": (), "adtte": ()}, _survival),
    ({"adsl": (), "adae": ("AEREL", "AESER")}, _adverse_events),
    ({"adsl": (), "adrs": (), "adim": ()}, _marker),
)
