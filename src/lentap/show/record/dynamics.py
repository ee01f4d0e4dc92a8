"""The course of a marker over all visits: a mixed model with the patient as its unit, and all tests as one family."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from lentap.adam import Trial
from lentap.errors import DataError, StatisticsError
from lentap.results import Result, record
from lentap.show.record import RESPONSE_GROUPS
from lentap.show.samples import Samples, marker_samples
from lentap.show.small_cells import is_small
from lentap.sources import Source
from lentap.stats.arguments import Floats
from lentap.stats.biomarker import doublings, shift_between
from lentap.stats.mixed_model import RandomIntercept, random_intercept
from lentap.stats.multiplicity import adjust_p_values
from lentap.stats.wald import WaldEstimate

Cell = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Course:
    """What the mixed models say; ``gap`` says why nothing, ``model`` is None where the one of response has no answer.

    ``levels`` holds the geometric mean of each arm, response group and visit with its interval; ``folds`` the fold
    change from baseline of the same; ``responding`` the fold change of responders over that of non-responders, by arm
    and visit; ``arms`` that of all patients of an experimental arm over control's, by visit. ``lifted`` levels were 0.
    """

    levels: pd.DataFrame
    model: RandomIntercept | None = None
    folds: Sequence[Result] = ()
    responding: Sequence[Result] = ()
    arms: Sequence[Result] = ()
    lifted: int = 0
    gap: str = ""
    why: Sequence[str] = field(default_factory=list)


def record_course(
    name: str, samples: Samples, *, control: str, level: float, source: Source, smallest: int = 0, **labels: Any
) -> Course:
    """Record fold changes of a marker from mixed models of all visits, by response within arms and between arms.

    Measurements of fewer than ``smallest`` patients of an arm, response and visit are left out.
    """
    table: pd.DataFrame = samples.values  # noqa: PD011
    rows = table.dropna(subset=["AVAL", "AVISITN"]).merge(samples.patients, on="USUBJID")
    try:
        logs, lifted = doublings(rows["AVAL"].to_numpy(float))
    except StatisticsError as error:
        return Course(pd.DataFrame(), gap=f"a marker with levels below 0 has no fold change ({error})")
    rows = rows.assign(log=logs, arm=rows["arm"].astype(str), visit=rows["AVISITN"].map(samples.visits))
    about: dict[str, Any] = {"source": source, **labels}
    why: list[str] = []
    if smallest > 1:
        cell = rows.groupby(["arm", "visit", "response"], observed=True, dropna=False)
        rows = rows[cell["USUBJID"].transform("nunique") >= smallest]
        why.append(f"means of groups of fewer than {smallest} patients at a visit, which are left out")
        lifted = 0 if is_small(lifted, smallest) else lifted
    known = rows.dropna(subset=["response"])
    model, cells = _fitted(known.assign(group=known["response"].astype(str)), ["arm", "group", "visit"], why)
    pooled, of_arms = _fitted(rows, ["arm", "visit"], why)
    after = list(samples.visits.values())[1:]
    first = samples.names[0]
    folds, responding, arms = [], [], []
    names = list(dict.fromkeys(rows["arm"]))
    if model:
        for arm, visit in itertools.product(names, after):
            changes = [_change(cells, (arm, group), first, visit) for group in RESPONSE_GROUPS]
            for group, weights in zip(RESPONSE_GROUPS, changes, strict=True):
                if weights is not None:
                    folds.append(_fold(f"{name}.fold_change", model, weights, level, about, arm=arm, response=group,
                                       visit=visit))  # fmt: skip
            one, other = changes
            if one is not None and other is not None:
                responding.append(_fold(f"{name}.fold_change_ratio", model, one - other, level, about, arm=arm,
                                        visit=visit))  # fmt: skip
    if pooled:
        for arm, visit in itertools.product([arm for arm in names if arm != control], after):
            one, other = (_change(of_arms, (which,), first, visit) for which in (arm, control))
            if one is not None and other is not None:
                arms.append(_fold(f"{name}.fold_change_by_arm", pooled, one - other, level, about, arm=arm,
                                  control=control, visit=visit))  # fmt: skip
    levels = _levels(model, cells, known, level) if model else pd.DataFrame()
    return Course(levels, model, folds, responding, arms, lifted, "", why)


def _fitted(rows: pd.DataFrame, by: list[str], why: list[str]) -> tuple[RandomIntercept | None, list[Cell]]:
    """Model with a mean of each cell that has a measurement; None where it has no answer."""
    what = f"mixed model by {' and '.join(by[:-1])}".replace("group", "response")
    if rows.empty:
        why.append(f"{what}: nobody has both a sample and an evaluable response")
        return None, []
    code, cells = pd.MultiIndex.from_frame(rows[by]).factorize()
    matrix = np.zeros((len(rows), len(cells)))
    matrix[np.arange(len(rows)), code] = 1.0
    try:
        return random_intercept(rows["log"].to_numpy(float), matrix, rows["USUBJID"]), [tuple(one) for one in cells]
    except StatisticsError as error:
        why.append(f"{what}: {error}")
        return None, []


def _change(cells: list[Cell], who: Cell, first: str, visit: str) -> Floats | None:
    """Weights of the change from the first visit to another; None where either has no measurement."""
    before, after = (*who, first), (*who, visit)
    if before not in cells or after not in cells:
        return None
    weights = np.zeros(len(cells))
    weights[cells.index(after)], weights[cells.index(before)] = 1.0, -1.0
    return weights


def _fold(
    name: str, model: RandomIntercept, weights: Floats, level: float, about: Mapping[str, Any], **labels: Any
) -> Result:
    found = _raised(model.contrast(weights, level=level))
    return record(name, found, scale="ratio", p_value=found.p_value, null=1.0,
                  counts={"measurements": str(model.n), "patients": str(model.patients)},
                  direction="above: a larger rise", **about, **labels)  # fmt: skip


def _raised(estimate: WaldEstimate) -> WaldEstimate:
    """A difference of logarithms to the base 2 as a ratio."""
    return replace(estimate, value=2**estimate.value, low=2**estimate.low, high=2**estimate.high, scale="log")


def _levels(model: RandomIntercept, cells: list[Cell], rows: pd.DataFrame, level: float) -> pd.DataFrame:
    counts = rows.groupby(["arm", "response", "visit"], observed=True)["USUBJID"].nunique()
    found = []
    for place, (arm, group, visit) in enumerate(cells):
        mean = _raised(model.contrast(np.eye(len(cells))[place], level=level))
        n = int(counts.loc[(arm, group, visit)])
        found.append(
            {
                "arm": arm,
                "response": group,
                "visit": visit,
                "n": n,
                "mean": mean.value,
                "low": mean.low,
                "high": mean.high,
            }
        )
    return pd.DataFrame(found)


def record_family(
    name: str, trial: Trial, criterion: str, *, population: str, arms: list[str], source: Source, smallest: int = 0
) -> tuple[pd.DataFrame, list[str]]:
    """Test responders against non-responders for every marker, visit and arm, adjusted as one family.

    Returns
    -------
    A row a test: marker, visit, arm, n, difference (points), p, holm, false_discovery; and why markers are left out.
    The number of tests whose p after Holm is below 0.05 is recorded. Tests of a group of fewer than ``smallest``
    patients are not among them.
    """
    rows, left_out = [], []
    for code, marker in trial.design.markers.items():
        try:
            samples = marker_samples(trial, code, criterion, population=population, arms=arms)
        except DataError as error:
            left_out.append(str(error))
            continue
        for visit, words in list(samples.visits.items())[1:]:
            for arm, pairs in samples.pairs(visit).groupby("arm", observed=True):
                groups = [pairs.loc[pairs["response"] == group, "change"].to_numpy(float) for group in RESPONSE_GROUPS]
                if all(group.size >= max(smallest, 1) for group in groups):
                    found = shift_between(*groups)
                    rows.append({"marker": marker.label, "visit": words, "arm": str(arm), "n": len(pairs),
                                 "difference": found.value, "p": found.p_value})  # fmt: skip
    table = pd.DataFrame(rows, columns=["marker", "visit", "arm", "n", "difference", "p"])
    if table.empty:
        return table, left_out
    adjusted = {
        column: adjust_p_values(table["p"], method=method).adjusted
        for column, method in (("holm", "holm"), ("false_discovery", "benjamini-hochberg"))
    }
    table = table.assign(**adjusted)
    record(f"{name}.tests_left", float((table["holm"] < 0.05).sum()), scale="count", source=source,
           method="Mann-Whitney, Holm", counts={"tests": str(len(table))}, criterion=criterion,
           population=population)  # fmt: skip
    return table, left_out
