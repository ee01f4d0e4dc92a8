"""The loaded trial's own results, in the form of other studies' published ones."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lentap.adam import Trial
from lentap.adam.rules import DAYS
from lentap.errors import DataError, LentapError
from lentap.show.record.assessments import assessments
from lentap.show.record.context import MEASURES, RATE, RATIO, Finding
from lentap.sources import Source
from lentap.stats.adverse_events import ANY_EVENT, incidence
from lentap.stats.arguments import normal_quantile
from lentap.stats.kaplan_meier import kaplan_meier
from lentap.stats.proportions import proportion
from lentap.stats.response import best_overall_response, responders
from lentap.stats.survival import cox_hazard_ratio

TABLES = {"resection": "adpr", "ORR": "adrs", "pCR": "adpr", "TRAE": "adae"}
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

    Rates are those of ``population``, that of pCR among its first resections with a known response; times, in months,
    are those of the endpoint of that name in trial.yml.
    """
    measure = MEASURES[endpoint]
    if measure.kind != RATE:
        return _times(trial, endpoint.removesuffix(" median"), ratio=measure.kind == RATIO, level=level)
    table = TABLES[endpoint]
    if table not in trial.tables:
        return Own(why=f"it has no table {table}")
    try:
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
    elif endpoint == "pCR":
        operated = trial.resections.sort_values("ASTDY", kind="stable").drop_duplicates("USUBJID")
        known = operated.reindex(columns=["USUBJID", "PATHRESP"]).dropna()
        patients = patients[patients["USUBJID"].isin(known["USUBJID"])]
        if patients.empty:
            msg = "its adpr tells the pathological response (PATHRESP) of nobody resected in this population"
            raise DataError(msg)
        having = known.loc[known["PATHRESP"] == "pCR", "USUBJID"]
    elif endpoint == "ORR":
        called = next((name for name in ("mRECIST", *trial.design.criteria) if name in trial.design.criteria), "")
        if not called:
            msg = "its trial.yml declares no criterion of response"
            raise DataError(msg)
        recorded = assessments(trial, population, trial.arm_names).recorded
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
    rows, control = {}, trial.design.control.name
    for arm, (events, n) in counts.items():
        if not n:
            continue
        estimate = proportion(events, n, level=level)
        error = math.sqrt(1 / events + 1 / (n - events)) if 0 < events < n else math.nan
        rows[arm] = _own(
            trial, arm, called, estimate.value, estimate.low, estimate.high, counts=f"{events}/{n}", error=error, n=n
        )
    contrasts = []
    for arm, one in rows.items():
        base = rows.get(control)
        if arm != control and base and math.isfinite(one.error) and math.isfinite(base.error):
            log = np.log(one.value / (1 - one.value)) - np.log(base.value / (1 - base.value))
            reach = normal_quantile(level) * math.hypot(one.error, base.error)
            value, low, high = (float(np.exp(log + side * reach)) for side in (0, -1, 1))
            contrasts.append(
                _own(trial, f"{arm} vs {control}", called, value, low, high, counts=f"{one.counts} vs {base.counts}")
            )
    return Own(tuple(rows.values()), tuple(contrasts), "" if rows else "it has no patient in this population")


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
