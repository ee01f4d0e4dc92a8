"""Individual data behind digitised Kaplan-Meier curves: time, and error of the hazard ratio."""

from collections.abc import Iterator

import numpy as np

from benchmarks.measure import Row, seconds
from lentap.stats.digitised import DigitisedCurve, digitised_curve
from lentap.stats.hazards import exponential
from lentap.stats.kaplan_meier import kaplan_meier
from lentap.stats.reconstruction import individual_data, reconstruct
from lentap.stats.survival import cox_hazard_ratio
from lentap.stats.trial_draws import draw_trials

TRIALS, PATIENTS, READINGS, NOISE, TABLE_STEP = 200, 71, 250, 0.002, 6.0
KNOWN = {"risk table and events": 0.013, "risk table": 0.017, "neither": None}  # and the most error of the target

Arm = tuple[np.ndarray, np.ndarray]


def trials() -> Iterator[tuple[Arm, Arm]]:
    """Treated and control arms of simulated trials: medians of 30 and 18 months, 24 to 48 months of follow-up."""
    drawn = draw_trials(
        np.random.default_rng(7),
        TRIALS,
        n1=PATIENTS,
        n0=PATIENTS,
        hazard1=exponential(30),
        hazard0=exponential(18),
        accrual=24,
        follow_up=24,
        dropout=0.005,
    )
    for time, event, treated in zip(drawn.time, drawn.event, drawn.treated, strict=True):
        yield (time[treated], event[treated]), (time[~treated], event[~treated])


def read(arm: Arm, generator: np.random.Generator, known: str) -> DigitisedCurve:
    """Read an arm's curve with noise, at even times to its end, and what is printed beside it."""
    time, event = arm
    curve = kaplan_meier(time, event)
    at = np.linspace(0, time.max(), READINGS)
    survival = curve.at(at) + generator.normal(0, NOISE, READINGS)
    table = np.arange(0, time.max(), TABLE_STEP) if "table" in known else np.zeros(1)
    events = int(event.sum()) if "events" in known else None
    return digitised_curve(at, survival, at_risk_time=table, at_risk=curve.at_risk_at(table), events=events)


def log_hazard_ratio(treated: Arm, control: Arm) -> float:
    """Of two arms' individual data."""
    time, event = (np.concatenate(parts) for parts in zip(treated, control, strict=True))
    return float(np.log(cox_hazard_ratio(time, event, np.arange(time.size) < treated[0].size).value))


def rows() -> Iterator[Row]:
    """Two arms reconstructed, then the mean error over simulated trials by what is known beside the curve."""
    first = next(trials())
    curves = [read(arm, np.random.default_rng(1), "risk table and events") for arm in first]
    spent = seconds(lambda: individual_data({str(arm): reconstruct(one) for arm, one in enumerate(curves)}))
    yield Row(f"reconstruction, two arms, {READINGS} readings each", spent, most=0.2)
    for known, most in KNOWN.items():
        generator = np.random.default_rng(2)
        errors = []
        for arms in trials():
            made = [reconstruct(read(arm, generator, known)) for arm in arms]
            treated, control = ((one.time, one.event) for one in made)
            errors.append(abs(log_hazard_ratio(treated, control) - log_hazard_ratio(*arms)))
        yield Row(f"its mean |log HR error|, {known}", float(np.mean(errors)), unit="", most=most)
