"""Whether a marker predicts response: association in each arm and between arms, discrimination, cut-points."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from scipy.special import expit

from lentap.errors import StatisticsError
from lentap.results import Result, record
from lentap.show.record.marker_patients import MarkerPatients
from lentap.show.record.marker_value import Added, record_added
from lentap.sources import Source
from lentap.stats.arguments import Bools, Floats, normal_quantile
from lentap.stats.covariates import Design, design_matrix
from lentap.stats.cut_points import CutPoint, cut_point
from lentap.stats.diagnostic_accuracy import DiagnosticAccuracy, diagnostic_accuracy
from lentap.stats.internal_validation import (
    LikelihoodRatio,
    likelihood_ratio,
)
from lentap.stats.logistic import LogisticModel, logistic_regression
from lentap.stats.roc import RocCurve, area_under_curve, roc_curve
from lentap.stats.splines import restricted_cubic_spline, spline_knots
from lentap.stats.wald import WaldEstimate, wald_estimate

KNOTS = 3
Found = TypeVar("Found")


@dataclass(frozen=True, eq=False)
class Shape:
    """Probability of response over the marker by a spline, and the test that the log odds rise straight."""

    value: Floats
    probability: Floats
    low: Floats
    high: Floats
    bend: LikelihoodRatio


@dataclass(frozen=True, eq=False)
class OfArm:
    """What was found in one arm; None where it has no answer, and ``why`` then says why by name."""

    patients: int
    responders: int
    odds_ratio: Result | None = None
    shape: Shape | None = None
    roc: RocCurve | None = None
    area: Result | None = None
    cut: Result | None = None
    chosen: CutPoint | None = None
    accuracy: DiagnosticAccuracy | None = None
    rates: Mapping[str, Result] = field(default_factory=dict)
    why: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Predicting:
    """All that was found of a marker and response; ``prognostic`` and ``predictive`` are ratios by doubling."""

    patients: MarkerPatients
    by_arm: Mapping[str, OfArm]
    prognostic: Result | None
    predictive: Mapping[str, Result]
    added: Added

    @property
    def first_cut(self) -> float | None:
        """Cut-point of the first arm, where it has one."""
        first = next(iter(self.by_arm.values()), None)
        return first.cut.estimate if first and first.cut else None


def record_prediction(
    name: str,
    patients: MarkerPatients,
    *,
    cut: float,
    replicates: int,
    seed: int,
    level: float,
    source: Source,
    **labels: Any,
) -> Predicting:
    """Record how far a marker tells who responds, in each arm, between arms, and beyond clinical factors.

    Parameters
    ----------
    cut
        Cut-point fixed beforehand, on the scale of the marker's value; 0 for one chosen by the data.
    replicates, seed
        Of the bootstrap that takes optimism off.
    """
    about: dict[str, Any] = {"source": source, "measure": patients.measure, **labels}
    if patients.gap:
        return Predicting(patients, {}, None, {}, Added(0, 0, 0, patients.gap))
    rows = patients.evaluable
    settings = {"cut": cut, "replicates": replicates, "seed": seed, "level": level}
    models: dict[str, LogisticModel] = {}
    by_arm = {}
    for arm in patients.arms:
        members = rows[rows["arm"] == arm]
        by_arm[arm] = _of_arm(name, members, models, arm=arm, settings=settings, about=about)
    return Predicting(
        patients,
        by_arm,
        _prognostic(name, rows, level, about),
        _predictive(name, models, patients.control, level, about),
        record_added(name, patients, rows, settings, about),
    )


def _of_arm(
    name: str,
    rows: pd.DataFrame,
    models: dict[str, LogisticModel],
    *,
    arm: str,
    settings: Mapping[str, Any],
    about: Mapping[str, Any],
) -> OfArm:
    x, response = rows["doubling"].to_numpy(float), rows["response"].to_numpy(bool)
    why: dict[str, str] = {}
    n, events, level = len(rows), int(response.sum()), settings["level"]
    if events in (0, n):
        return OfArm(n, events, why={"all": f"{'no' if events == 0 else 'each'} patient of {n} responded"})

    def tried(what: str, make: Callable[[], Found]) -> Found | None:
        try:
            return make()
        except StatisticsError as error:
            why[what] = str(error)
            return None

    counts = {arm: f"{events}/{n}"}
    line = tried("odds ratio", lambda: logistic_regression(_columns(x[:, None], "doubling"), response))
    ratio = None
    if line:
        models[arm] = line
        ratio = _ratio(
            f"{name}.odds_ratio", *_slope(line), "logistic regression, Wald", level, counts, arm=arm, **about
        )
    area = area_under_curve(x, response, level=level)
    found = OfArm(
        n,
        events,
        ratio,
        tried("shape", lambda: _shape(x, response, level)),
        roc_curve(x, response),
        record(f"{name}.area", area, scale="number", p_value=area.p_value, null=0.5, counts=counts, arm=arm,
               direction="above: responders have more of the marker", **about),
        why=why,
    )  # fmt: skip
    return _with_cut(name, found, rows, arm=arm, settings=settings, counts=counts, about=about)


def _with_cut(
    name: str,
    found: OfArm,
    rows: pd.DataFrame,
    *,
    arm: str,
    settings: Mapping[str, Any],
    counts: dict[str, str],
    about: Mapping[str, Any],
) -> OfArm:
    """The cut-point of an arm, fixed or chosen, and how well it tells responders from others."""
    value, response = rows["value"].to_numpy(float), rows["response"].to_numpy(bool)
    fixed, level = settings["cut"], settings["level"]
    chosen = None
    if not fixed:
        try:
            chosen = cut_point(value, response, level=level, replicates=settings["replicates"], seed=settings["seed"])
        except StatisticsError as error:
            return replace(found, why={**found.why, "cut": f"no cut-point: {error}"})
    at = fixed or (chosen.threshold if chosen else math.nan)
    if not math.isfinite(at):
        nobody = "no cut-point: calling nobody positive tells responders from others as well as any"
        cut = record(f"{name}.cut_point", math.nan, scale="number", method=nobody, counts=counts, arm=arm, **about)
        return replace(found, cut=cut, chosen=chosen, why={**found.why, "cut": nobody})
    positive = value >= at
    cells = [int((positive == side)[response == ill].sum()) for ill in (True, False) for side in (ill, not ill)]
    tp, fn, tn, fp = cells
    accuracy = diagnostic_accuracy(tp, fn, fp, tn, level=level)
    how = "fixed beforehand" if fixed else chosen.method if chosen else ""
    cut = record(f"{name}.cut_point", at, scale="number", method=how, counts=counts, arm=arm, **about)
    rates = {}
    corrected = {} if chosen is None else {"sensitivity": chosen.corrected_sensitivity,
                                           "specificity": chosen.corrected_specificity}  # fmt: skip
    for word, estimate in (("sensitivity", accuracy.sensitivity), ("specificity", accuracy.specificity)):
        rates[word] = record(f"{name}.{word}", estimate, scale="proportion", counts=counts, arm=arm,
                             judged="apparent", **about)  # fmt: skip
        if word in corrected:
            rates[f"{word}, corrected"] = record(
                f"{name}.{word}", corrected[word], scale="proportion", counts=counts, arm=arm,
                judged="optimism-corrected", method=how, **about,
            )  # fmt: skip
    return replace(found, cut=cut, chosen=chosen, accuracy=accuracy, rates=rates)


def _shape(x: Floats, response: Bools, level: float) -> Shape:
    knots = spline_knots(x, KNOTS)
    curve = logistic_regression(_columns(restricted_cubic_spline(x, knots), "spline"), response)
    line = logistic_regression(_columns(x[:, None], "doubling"), response)
    first, last = np.quantile(x, [0.02, 0.98]).tolist()
    at = np.linspace(first, last, 41)
    rows = np.column_stack([np.ones(at.size), restricted_cubic_spline(at, knots)])
    log_odds = rows @ curve.coefficients
    margin = normal_quantile(level) * np.sqrt(np.einsum("ij,jk,ik->i", rows, curve.covariance, rows))
    probability, low, high = (expit(one) for one in (log_odds, log_odds - margin, log_odds + margin))
    return Shape(2**at, probability, low, high, likelihood_ratio(curve, line, response))


def _prognostic(name: str, rows: pd.DataFrame, level: float, about: Mapping[str, Any]) -> Result | None:
    """Odds ratio by doubling that all arms have in common, adjusted for the arm."""
    covariates = rows[["doubling", "arm"]]
    if len(rows["arm"].unique()) < 2:
        return None
    try:
        model = logistic_regression(design_matrix(covariates, len(rows)), rows["response"].to_numpy(bool))
    except StatisticsError:
        return None
    counts = {"responders": f"{int(rows['response'].sum())}/{len(rows)}"}
    return _ratio(f"{name}.odds_ratio_adjusted", *_slope(model), "logistic regression, adjusted for arm, Wald", level,
                  counts, **about)  # fmt: skip


def _predictive(
    name: str, models: Mapping[str, LogisticModel], control: str, level: float, about: Mapping[str, Any]
) -> dict[str, Result]:
    """Odds ratio by doubling in each experimental arm over that in control: models of disjoint patients."""
    if control not in models:
        return {}
    beta, error = _slope(models[control])
    found = {}
    for arm, model in models.items():
        if arm != control:
            one, its = _slope(model)
            words = "ratio of odds ratios (marker by arm), Wald"
            found[arm] = _ratio(f"{name}.interaction", one - beta, math.hypot(its, error), words, level, {}, arm=arm,
                                control=control, **about)  # fmt: skip
    return found


def _columns(columns: Floats, word: str) -> Design:
    names = ("intercept", *(f"{word} {place + 1}" for place in range(columns.shape[1])))
    return Design(np.column_stack([np.ones(len(columns)), columns]), names)


def _slope(model: LogisticModel) -> tuple[float, float]:
    """Coefficient of the first column after the intercept, and its standard error."""
    return float(model.coefficients[1]), float(np.sqrt(model.covariance[1, 1]))


def _ratio(
    name: str, beta: float, error: float, method: str, level: float, counts: dict[str, str], **about: Any
) -> Result:
    found: WaldEstimate = wald_estimate(math.exp(beta), error, method, level=level, scale="log", null=1.0)
    return record(name, found, scale="ratio", p_value=found.p_value, null=1.0, counts=counts,
                  direction="above: response more often with more of the marker", **about)  # fmt: skip
