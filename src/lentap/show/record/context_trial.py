"""The loaded trial's own results, in the form of other studies' published ones."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lentap.adam import Trial
from lentap.adam.rules import DAYS
from lentap.errors import DataError, LentapError
from lentap.show.format import number
from lentap.show.record.assessments import recorded_visits
from lentap.show.record.context import MEASURES, RATIO, Finding, logit_error
from lentap.show.record.surgery import FINDINGS
from lentap.show.record.timing import in_unit
from lentap.sources import Source
from lentap.stats.adverse_events import ANY_EVENT, incidence
from lentap.stats.arguments import normal_quantile
from lentap.stats.kaplan_meier import kaplan_meier
from lentap.stats.proportions import proportion
from lentap.stats.response import best_overall_response, responders
from lentap.stats.survival import cox_hazard_ratio

TABLES = {
    "resection": "adpr", "ORR": "adrs", "pCR": "adpr", "MPR": "adpr", "R0": "adpr", "TRAE": "adae",
    "time to surgery": "adpr", "OS 24 months": "adtte",
}  # fmt: skip
SPECIMENS = {
    "pCR": "Pathological complete response",
    "MPR": "Major or complete pathological response",
    "R0": "Margin free of tumour (R0)",
}
ALIVE_AT = 24.0  # months
GROUP = "The loaded trial"
DESIGN: dict[Source, str] = {"synthetic": "synthetic", "yours": "your data", "published": "published"}


@dataclass(frozen=True)
class Own:
    """Findings of the loaded trial for one endpoint, or why there are none."""

    rows: tuple[Finding, ...] = ()
    contrasts: tuple[Finding, ...] = ()
    why: str = ""


def own_findings(trial: Trial, endpoint: str, population: str, *, level: float) -> Own:
    """Compute an endpoint of ``MEASURES`` from the loaded trial, in each arm and between the arms.

    Rates are those of ``population``, those of specimens among its first resections with a known finding; times, in
    months, are those of the endpoint of that name in trial.yml, the time to surgery that of the resected.
    """
    measure = MEASURES[endpoint]
    if endpoint not in TABLES:
        return _times(trial, endpoint.removesuffix(" median"), ratio=measure.kind == RATIO, level=level)
    table = TABLES[endpoint]
    if table not in trial.tables:
        return Own(why=f"it has no table {table}")
    try:
        if not measure.counted:
            return _alive(trial, population, level)
        if endpoint == "time to surgery":
            return _waits(trial, population)
        counts, called = _counts(trial, endpoint, population)
    except LentapError as error:
        return Own(why=str(error))
    return _rates(trial, counts, called, level)


def _counts(trial: Trial, endpoint: str, population: str) -> tuple[dict[str, tuple[int, int]], str]:
    """Patients with the outcome and in all by arm, and what the outcome is called."""
    patients = trial.subjects(population)
    called = ""
    if endpoint == "resection":
        having, called = trial.resections["USUBJID"], "resected"
    elif endpoint in SPECIMENS:
        column, words = FINDINGS[SPECIMENS[endpoint]]
        known = trial.first_resections.reindex(columns=["USUBJID", column]).dropna()
        patients = patients[patients["USUBJID"].isin(known["USUBJID"])]
        if patients.empty:
            msg = f"its adpr has no {column} of anybody resected in this population"
            raise DataError(msg)
        having = known.loc[known[column].isin(words), "USUBJID"]
    elif endpoint == "ORR":
        called = next((name for name in ("mRECIST", *trial.design.criteria) if name in trial.design.criteria), "")
        if not called:
            msg = "its trial.yml declares no criterion of response"
            raise DataError(msg)
        recorded = recorded_visits(trial, population)
        if called not in recorded:
            msg = f"adrs has no assessment of these patients by {called}"
            raise DataError(msg)
        best = responders(best_overall_response(recorded[called], patients["USUBJID"]))
        having = pd.Series(best.index[best])
    else:
        events = trial.adae[trial.adae["USUBJID"].isin(patients["USUBJID"])]
        found = incidence(events, patients, minimum_grade=3, related_only=True)
        rows = found[found["term"] == ANY_EVENT]
        return {
            str(arm): (int(events), int(n))
            for arm, events, n in zip(rows["arm"], rows["subjects"], rows["n"], strict=True)
        }, called
    had = patients["USUBJID"].isin(having)
    return {
        str(arm): (int(had[rows.index].sum()), len(rows)) for arm, rows in patients.groupby("arm", observed=True)
    }, called


def _rates(trial: Trial, counts: dict[str, tuple[int, int]], called: str, level: float) -> Own:
    rows = {}
    for arm, (events, n) in counts.items():
        if not n:
            continue
        estimate = proportion(events, n, level=level)
        error = math.sqrt(1 / events + 1 / (n - events)) if 0 < events < n else math.nan
        rows[arm] = _own(
            trial, arm, called, estimate.value, estimate.low, estimate.high, counts=f"{events}/{n}", error=error, n=n
        )
    why = "" if rows else "it has no patient in this population"
    return Own(tuple(rows.values()), _contrasts(trial, rows, level), why)


def _contrasts(trial: Trial, rows: Mapping[str, Finding], level: float) -> tuple[Finding, ...]:
    """Odds ratios of the arms whose rates have an error, each over control."""
    control = trial.design.control.name
    contrasts = []
    for arm, one in rows.items():
        base = rows.get(control)
        if arm != control and base and math.isfinite(one.error) and math.isfinite(base.error):
            log = np.log(one.value / (1 - one.value)) - np.log(base.value / (1 - base.value))
            reach = normal_quantile(level) * math.hypot(one.error, base.error)
            value, low, high = (float(np.exp(log + side * reach)) for side in (0, -1, 1))
            contrasts.append(
                _own(
                    trial, f"{arm} vs {control}", one.called, value, low, high, counts=f"{one.counts} vs {base.counts}"
                )
            )
    return tuple(contrasts)


def _alive(trial: Trial, population: str, level: float) -> Own:
    """Survival at a landmark in the arms that are followed so far."""
    about = trial.design.endpoints.get("OS")
    if about is None:
        return Own(why="its trial.yml declares no endpoint OS")
    times, rows = trial.time_to_event("OS", population), {}
    for arm, of_arm in times.groupby("arm", observed=True):
        found = kaplan_meier(of_arm["time"], of_arm["event"], level=level)
        alive = found.estimate_at(in_unit(ALIVE_AT, about.unit))
        if math.isfinite(alive.value):
            one = _own(trial, str(arm), "", alive.value, alive.low, alive.high, counts=f"n = {found.n}", n=found.n)
            rows[str(arm)] = replace(one, error=logit_error(one, level))
    why = "" if rows else f"no arm is followed for OS to {ALIVE_AT:g} months"
    return Own(tuple(rows.values()), _contrasts(trial, rows, level), why)


def _waits(trial: Trial, population: str) -> Own:
    """Median and range of the months from day 1 to the first resection."""
    rows = []
    for arm, patients in trial.resected(population).groupby("arm", observed=True):
        months = (patients["resection_day"].dropna() - 1) / DAYS["months"]
        if len(months):
            counts = f"n = {len(months)}, range {number(months.min())} to {number(months.max())}"
            rows.append(_own(trial, str(arm), "", months.median(), math.nan, math.nan, counts=counts, n=len(months)))
    return Own(tuple(rows), why="" if rows else "its adpr has no day of a resection in this population")


def _times(trial: Trial, endpoint: str, *, ratio: bool, level: float) -> Own:
    about = trial.design.endpoints.get(endpoint)
    if about is None:
        return Own(why=f"its trial.yml declares no endpoint {endpoint}")
    if "adtte" not in trial.tables:
        return Own(why="it has no table adtte")
    times = trial.time_to_event(endpoint)
    arms = {str(arm): rows for arm, rows in times.groupby("arm", observed=True) if len(rows)}
    if not ratio:
        months = DAYS[about.unit] / DAYS["months"]
        medians = {arm: kaplan_meier(rows["time"], rows["event"], level=level).median for arm, rows in arms.items()}
        rows = tuple(
            _own(
                trial, arm, "", months * one.value, months * one.low, months * one.high,
                counts=f"{int(arms[arm]['event'].sum())} events, n = {len(arms[arm])}",
            )
            for arm, one in medians.items()
        )  # fmt: skip
        return Own(rows, why="" if rows else f"it has no times of {endpoint}")
    control = trial.design.control.name
    found = []
    for arm in arms:
        if arm != control and control in arms:
            pair = times[times["arm"].isin([arm, control])]
            one = cox_hazard_ratio(pair["time"], pair["event"], pair["arm"] == arm, level=level)
            counts = " vs ".join(f"{int(arms[name]['event'].sum())}/{len(arms[name])}" for name in (arm, control))
            found.append(_own(trial, f"{arm} vs {control}", "", one.value, one.low, one.high, counts=counts))
    return Own(contrasts=tuple(found), why="" if found else f"it has no two arms with times of {endpoint}")


def _own(
    trial: Trial, arm: str, called: str, value: float, low: float, high: float, *, counts: str,
    error: float = math.nan, n: int = 0,
) -> Finding:  # fmt: skip
    return Finding(
        GROUP, DESIGN[trial.source], GROUP, arm, called, value, low, high, counts=counts, error=error,
        why="the loaded trial", source=trial.source, n=n,
    )  # fmt: skip
