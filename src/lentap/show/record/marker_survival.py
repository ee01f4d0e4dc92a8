"""A marker and the time to an event: from when it is known on, and from the start, where that is too early."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2

from lentap.adam.rules import DAYS
from lentap.errors import StatisticsError
from lentap.results import Result, record
from lentap.show.record.biomarker import KNOTS
from lentap.show.record.marker_patients import MarkerPatients
from lentap.sources import Source
from lentap.stats.cox import CoxModel, ModelTest, cox
from lentap.stats.immortal_time import immortal_time_bias
from lentap.stats.kaplan_meier import KaplanMeier, kaplan_meier
from lentap.stats.splines import restricted_cubic_spline, spline_knots
from lentap.stats.wald import wald_estimate

NAIVE, VARYING = "positive in the end against everybody else", "positive from the sample on"


@dataclass(frozen=True, eq=False)
class MarkerSurvival:
    """Hazard ratios by doubling of a marker; ``gap`` says why there are none.

    ``ratios`` holds them by arm, ``adjusted`` for all arms (stratified), ``predictive`` each experimental arm's over
    control's, all from the ``landmark`` on, in the endpoint's unit; ``left_out`` counts who had the event, or was lost,
    up to it. ``curves`` are by marker below and at or above the cut-point ``cut`` in ``shown``, an arm. ``immortal``
    holds hazard ratios of its positive patients over all others from the start, as naive counting and as a status
    that changes has them, and their ratio ``bias``: of a marker under treatment alone.
    """

    patients: MarkerPatients
    landmark: float
    gap: str = ""
    left_out: Mapping[str, int] = field(default_factory=dict)
    ratios: Mapping[str, Result] = field(default_factory=dict)
    adjusted: Result | None = None
    predictive: Mapping[str, Result] = field(default_factory=dict)
    bend: ModelTest | None = None
    why: Sequence[str] = ()
    shown: str = ""
    cut: float = math.nan
    curves: Mapping[str, KaplanMeier] = field(default_factory=dict)
    immortal: Mapping[str, Result] = field(default_factory=dict)
    bias: Result | None = None


def record_marker_survival(
    name: str,
    patients: MarkerPatients,
    *,
    cut: float | None,
    level: float,
    interval: str,
    source: Source,
    **labels: Any,
) -> MarkerSurvival:
    """Record hazard ratios by doubling of a marker, from the day on which it was known in everybody.

    Parameters
    ----------
    cut
        Cut-point of the curves in the first of the arms; None for the median there.
    """
    if patients.gap:
        return MarkerSurvival(patients, math.nan, patients.gap)
    rows, start = patients.followed, 0.0
    if patients.measure != "baseline":
        start = float(rows["sampled"].max()) / DAYS[patients.unit] if len(rows) else math.nan
    gap = _gap(rows, start)
    if gap:
        return MarkerSurvival(patients, start, gap)
    about: dict[str, Any] = {"source": source, "measure": patients.measure, **labels}
    event = rows["event"].astype(bool)
    kept = rows["time"] > start
    late = rows[kept].assign(time=rows.loc[kept, "time"] - start)
    why: list[str] = []
    models = _by_arm(late, patients.arms, level, why)
    ratios = {arm: _ratio(f"{name}.hazard_ratio", model, about, arm=arm) for arm, model in models.items()}
    shown = patients.arms[0]
    members = late[late["arm"] == shown]
    at = float(members["value"].median()) if cut is None else cut
    adjusted, bend = _together(name, late, level, about)
    return MarkerSurvival(
        patients,
        start,
        "",
        {"event": int((~kept & event).sum()), "censored": int((~kept & ~event).sum())},
        ratios,
        adjusted,
        _predictive(name, models, patients.control, level, about),
        bend,
        why,
        shown,
        at,
        _curves(members, at, level, interval),
        *(_immortal(name, patients, shown, at, level, about) if start else ({}, None)),
    )


def _immortal(
    name: str, patients: MarkerPatients, arm: str, cut: float, level: float, about: Mapping[str, Any]
) -> tuple[dict[str, Result], Result | None]:
    """Positive patients of an arm over all its others, sampled or not; nothing where these cannot be compared."""
    rows = patients.frame[patients.frame["arm"] == arm].dropna(subset=["time"])
    change = (rows["sampled"] / DAYS[patients.unit]).where(rows["value"] >= cut)
    try:
        found = immortal_time_bias(rows["time"], rows["event"].astype(bool), change, level=level)
    except StatisticsError:
        return {}, None
    ratios = {
        how: record(f"{name}.hazard_ratio_positive", one, scale="ratio", p_value=one.p_value, null=1.0,
                    counts={"events": f"{one.events}/{one.n}"}, arm=arm, counted=how,
                    direction="above: events at a faster rate when positive", **about)
        for how, one in ((NAIVE, found.naive), (VARYING, found.time_varying))
    }  # fmt: skip
    bias = record(f"{name}.immortal_time_bias", found.bias, scale="ratio", p_value=found.bias.p_value, null=1.0,
                  arm=arm, direction="above: the naive hazard ratio is the larger one", **about)  # fmt: skip
    return ratios, bias


def _gap(rows: pd.DataFrame, start: float) -> str:
    if rows.empty:
        return "no patient has both the marker and a time to the event"
    if not math.isfinite(start):
        return "adim has no day (ADY) of these samples, so that it is not known from when on the marker was known"
    beyond = rows["time"] > start
    if not beyond.any():
        return "nobody was followed beyond the last of these samples"
    if not rows.loc[beyond, "event"].astype(bool).any():
        return f"none of the {int(beyond.sum())} patients followed from then on had the event"
    return ""


def _by_arm(table: pd.DataFrame, arms: Sequence[str], level: float, why: list[str]) -> dict[str, CoxModel]:
    found = {}
    for arm in arms:
        rows = table[table["arm"] == arm]
        try:
            found[arm] = cox(rows["time"], rows["event"].astype(bool), rows[["doubling"]], level=level)
        except StatisticsError as error:
            if f"{arm}: {error}" not in why:
                why.append(f"{arm}: {error}")
    return found


def _ratio(name: str, model: CoxModel, about: Mapping[str, Any], **labels: Any) -> Result:
    found = model.hazard_ratios["doubling"]
    return record(
        name, found, scale="ratio", p_value=found.p_value, null=1.0, counts={"events": f"{found.events}/{found.n}"},
        direction="above: events at a faster rate with more of the marker", **about, **labels,
    )  # fmt: skip


def _together(
    name: str, late: pd.DataFrame, level: float, about: Mapping[str, Any]
) -> tuple[Result | None, ModelTest | None]:
    """Ratio of all arms, each with its own baseline hazard, and the test that the log hazard rises straight."""
    event, strata = late["event"].astype(bool), late["arm"]
    try:
        line = cox(late["time"], event, late[["doubling"]], strata=strata, level=level)
    except StatisticsError:
        return None, None
    ratio = _ratio(f"{name}.hazard_ratio_adjusted", line, about)
    try:
        columns = restricted_cubic_spline(late["doubling"], spline_knots(late["doubling"], KNOTS))
        table = pd.DataFrame(columns, columns=[f"spline {place}" for place in range(columns.shape[1])])
        curve = cox(late["time"], event, table, strata=strata, level=level)
    except StatisticsError:
        return ratio, None
    statistic = max(2 * (curve.log_likelihood - line.log_likelihood), 0.0)
    df = columns.shape[1] - 1
    return ratio, ModelTest(statistic, df, float(chi2.sf(statistic, df)), "likelihood ratio test of the spline")


def _predictive(
    name: str, models: Mapping[str, CoxModel], control: str, level: float, about: Mapping[str, Any]
) -> dict[str, Result]:
    """Hazard ratio by doubling in each experimental arm over that in control: models of disjoint patients."""
    if control not in models:
        return {}
    base, found = models[control], {}
    for arm, model in models.items():
        if arm == control:
            continue
        beta = float(model.coefficients[0] - base.coefficients[0])
        error = float(np.hypot(model.errors[0], base.errors[0]))
        words = "ratio of hazard ratios (marker by arm), Wald"
        one = wald_estimate(math.exp(beta), error, words, level=level, scale="log", null=1.0)
        found[arm] = record(f"{name}.hazard_interaction", one, scale="ratio", p_value=one.p_value, null=1.0, arm=arm,
                            direction="above: a faster rate with more of the marker, more so than in control",
                            control=control, **about)  # fmt: skip
    return found


def _curves(members: pd.DataFrame, cut: float, level: float, interval: str) -> dict[str, KaplanMeier]:
    """Curves below and from the cut-point on; none where all patients lie on one side."""
    above = members["value"] >= cut
    if above.all() or not above.any():
        return {}
    return {
        side: kaplan_meier(rows["time"], rows["event"].astype(bool), level=level, interval=interval)
        for side, rows in (("below", members[~above]), ("at or above", members[above]))
    }
