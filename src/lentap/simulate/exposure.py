"""What is given: lenvatinib in intervals of one dose, each infusion of the PD-1 inhibitor, each TACE session."""

import numpy as np
import pandas as pd

from lentap.simulate.assumptions import Assumptions
from lentap.simulate.course import NEVER, Course
from lentap.simulate.patients import Days
from lentap.simulate.treatment import Treatment

EVENT, SURGERY, SESSION = "ADVERSE EVENT", "SURGERY", "TACE"
MISSED, LOWERED = "VISIT MISSED", "PHYSICIAN DECISION"
WHY = (EVENT, SURGERY, SESSION)  # of lenvatinib's holds; one for two reasons counts for the first of them
CAPSULE_MG = 4.0


def exposure(
    assumptions: Assumptions,
    patients: pd.DataFrame,
    course: Course,
    treatment: Treatment,
    events: pd.DataFrame,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """List what each treated patient of one arm was given, by patient and day.

    Lenvatinib is lowered the day after an event of adverse_events whose action is a reduced dose and held from the
    onset of one of its own events that interrupted it; the PD-1 inhibitor has one dose, so it is only held. A patient
    whose arm has no drugs, by the PD1 column of ``patients``, has TACE sessions alone.

    Returns
    -------
    ``patient``, ``day`` and ``until`` (first and last day), planned and actual dose with unit and frequency, both as
    totals over the interval, why the dose is not the planned one, the event that caused it, why the drug was stopped.
    """
    events = events.assign(AESEQ=events.groupby("patient").cumcount() + 1)
    terms = assumptions.adverse_events.terms
    events["agent"] = events["AEDECOD"].map({name: term.agent for name, term in terms.items()})
    parts = [_sessions(assumptions, treatment, rng)]
    drugs = course.treated & (patients["PD1"] != "none").to_numpy()
    if drugs.any():
        who = np.flatnonzero(drugs)
        infusions = _infusions(assumptions, who, course, treatment, events, rng)
        infusions["EXTRT"] = patients["PD1"].to_numpy()[infusions["patient"]]
        parts += [_lenvatinib(assumptions, who, patients, course, treatment, events), infusions]
    given = pd.concat(parts, ignore_index=True).sort_values(["patient", "day", "EXCAT"], ignore_index=True)
    return given.assign(EXDOSU="mg")


def _sessions(a: Assumptions, treatment: Treatment, rng: np.random.Generator) -> pd.DataFrame:
    d = a.dosing
    patient, session = np.nonzero(treatment.sessions < NEVER)
    day = treatment.sessions[patient, session]
    lowered = rng.random(len(day)) < d.tace_lowered_percent / 100
    rows = pd.DataFrame({"patient": patient, "day": day, "until": day, "EXCAT": SESSION})
    rows = rows.assign(EXTRT="Epirubicin in TACE", EXPLDOS=d.tace_mg, EXDOSFRQ="ONCE", PDOSEO=d.tace_mg)
    rows["EXDOSE"] = rows["DOSEO"] = np.where(lowered, d.tace_lowered_mg, d.tace_mg)
    return rows.assign(EXADJ=np.where(lowered, LOWERED, ""), AESEQ=np.nan, DCTREAS="")


def _lenvatinib(
    a: Assumptions, who: Days, patients: pd.DataFrame, course: Course, treatment: Treatment, events: pd.DataFrame
) -> pd.DataFrame:
    """List the intervals of one dose; lenvatinib is given on the first and on the last day in any case."""
    d = a.dosing
    heavy = patients["WEIGHTBL"].to_numpy() >= d.lenvatinib_heavy_from_kg
    cuts = _cuts(a, who, course, treatment, events)
    patient = cuts["patient"].to_numpy()
    planned = np.where(heavy, d.lenvatinib_heavy_mg, d.lenvatinib_light_mg)[patient]
    next_day = cuts.groupby("patient")["day"].shift(-1).to_numpy()
    last = np.isnan(next_day)
    until = np.where(last, treatment.end[patient], np.nan_to_num(next_day) - 1).astype(np.int64)
    days = until - cuts["day"].to_numpy() + 1
    levels = np.array(d.lenvatinib_levels_mg)
    level = np.searchsorted(-levels, -planned) + cuts["step"].to_numpy(dtype=np.int64)
    daily = levels[np.minimum(level, len(levels) - 1)]
    held = [cuts[name].to_numpy() > 0 for name in WHY]
    daily = np.where(np.any(held, axis=0), 0.0, daily)
    below = daily < planned
    spread = (daily > 0) & (daily < CAPSULE_MG)  # one capsule every other day
    dose = np.where(spread, 2 * daily, daily)
    none = np.full(len(cuts), np.nan)
    cause = [cuts["held_by"].to_numpy(), none, none, cuts["lowered_by"].to_numpy()]
    return pd.DataFrame(
        {
            "patient": patient,
            "day": cuts["day"],
            "until": until,
            "EXCAT": "LENVATINIB",
            "EXTRT": "Lenvatinib",
            "EXPLDOS": planned,
            "EXDOSE": dose,
            "EXDOSFRQ": np.where(spread, "QOD", "QD"),
            "PDOSEO": planned * days,
            "DOSEO": dose * np.where(spread, (days + 1) // 2, days),
            "EXADJ": np.select([*held, below], [*WHY, EVENT], ""),
            "AESEQ": np.select([*held, below], cause, np.nan),
            "DCTREAS": np.where(last, treatment.stopped[patient], ""),
        }
    )


def _cuts(a: Assumptions, who: Days, course: Course, treatment: Treatment, events: pd.DataFrame) -> pd.DataFrame:
    """List the days on which something changes: reductions so far, holds of each kind in force, their last event."""
    start, end = course.start, treatment.end
    lowered = events.loc[(events["AEACN"] == "DOSE REDUCED") & events["patient"].isin(who)]
    steps = lowered[["patient"]].assign(day=lowered["onset"] + 1, step=1, lowered_by=lowered["AESEQ"])
    holds = pd.concat([_event_holds(a, events), _session_holds(a, treatment), _surgery_holds(a, course)])
    holds = holds[holds["patient"].isin(who)]
    holds["day"] = np.maximum(holds["day"], start[holds["patient"]] + 1)
    holds["until"] = np.minimum(holds["until"], end[holds["patient"]] - 1)
    holds = holds[holds["day"] <= holds["until"]]
    opened = holds[["patient", "day", "held_by"]].assign(**{name: (holds["why"] == name) * 1 for name in WHY})
    closed = holds[["patient"]].assign(day=holds["until"] + 1, **{name: (holds["why"] == name) * -1 for name in WHY})
    begun = pd.DataFrame({"patient": who, "day": start[who]})
    marks = pd.concat([begun, steps, opened, closed])
    marks = marks[marks["day"] <= end[marks["patient"]]]
    sums, latest = ["step", *WHY], ["lowered_by", "held_by"]
    how = dict.fromkeys(sums, "sum") | dict.fromkeys(latest, "last")
    cuts = marks.groupby(["patient", "day"], as_index=False).agg(how)
    by = cuts.groupby("patient")
    return cuts.assign(**by[sums].cumsum(), **by[latest].ffill())


def _event_holds(a: Assumptions, events: pd.DataFrame) -> pd.DataFrame:
    chosen = events[(events["AEACN"] == "DRUG INTERRUPTED") & (events["agent"] == "lenvatinib")]
    longest = chosen["onset"] + a.dosing.lenvatinib_longest_hold_days - 1
    until = np.minimum(chosen["end"], longest)
    return pd.DataFrame(
        {"patient": chosen["patient"], "day": chosen["onset"], "until": until, "why": EVENT, "held_by": chosen["AESEQ"]}
    )


def _session_holds(a: Assumptions, treatment: Treatment) -> pd.DataFrame:
    later = treatment.sessions[:, 1:]
    patient, session = np.nonzero(later < NEVER)
    day = later[patient, session]
    return pd.DataFrame({"patient": patient, "day": day, "until": day + a.dosing.tace_hold_days - 1, "why": SESSION})


def _surgery_holds(a: Assumptions, course: Course) -> pd.DataFrame:
    operated = np.flatnonzero(course.resected)
    day = course.resection[operated] - a.dosing.before_resection_hold_days
    until = course.resection[operated] + a.dosing.after_resection_hold_days - 1
    return pd.DataFrame({"patient": operated, "day": day, "until": until, "why": SURGERY})


def _infusions(
    a: Assumptions,
    who: Days,
    course: Course,
    treatment: Treatment,
    events: pd.DataFrame,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """List the infusions of the PD-1 inhibitor that were due, given or not; an event omits at least the next one."""
    d, cycle = a.dosing, 7 * a.dosing.pd1_weeks
    due = int((treatment.end[who] - course.start[who]).max()) // cycle + 1
    jitter = rng.integers(-d.pd1_jitter_days, d.pd1_jitter_days + 1, size=(len(who), due))
    jitter[:, 0] = 0
    days = course.start[who, None] + cycle * np.arange(due) + jitter
    skipped = rng.random((len(who), due)) < d.pd1_missed_percent / 100
    row, number = np.nonzero(days <= treatment.end[who, None])
    patient, day = who[row], days[row, number]
    planned = pd.DataFrame({"patient": patient, "day": day, "first": number == 0, "missed": skipped[row, number]})
    chosen = events[(events["AEACN"] == "DRUG INTERRUPTED") & (events["agent"] == "pd1")]
    until = np.minimum(chosen["end"], chosen["onset"] + d.pd1_longest_hold_days)
    until = np.maximum(until, chosen["onset"] + cycle + 2 * d.pd1_jitter_days)
    holds = chosen[["patient", "onset", "AESEQ"]].assign(until=until)
    pairs = planned.reset_index().merge(holds, on="patient")
    pairs = pairs[(pairs["day"] >= pairs["onset"]) & (pairs["day"] <= pairs["until"])]
    cause = pairs.groupby("index")["AESEQ"].max().reindex(planned.index).mask(planned["first"])
    operation = course.resection[patient]
    surgery = (day >= operation - d.before_resection_hold_days) & (day < operation + d.after_resection_hold_days)
    first, missed = planned["first"].to_numpy(), planned["missed"].to_numpy()
    reasons = [cause.notna().to_numpy(), surgery & ~first, missed & ~first]
    why = np.select(reasons, [EVENT, SURGERY, MISSED], "")
    dose = np.where(why == "", d.pd1_mg, 0.0)
    final = ~planned["patient"].duplicated(keep="last")
    return pd.DataFrame(
        {
            "patient": patient,
            "day": day,
            "until": day,
            "EXCAT": "PD-1 INHIBITOR",
            "EXPLDOS": d.pd1_mg,
            "EXDOSE": dose,
            "EXDOSFRQ": f"Q{d.pd1_weeks}W",
            "PDOSEO": d.pd1_mg,
            "DOSEO": dose,
            "EXADJ": why,
            "AESEQ": cause,
            "DCTREAS": np.where(final, treatment.stopped[patient], ""),
        }
    )
