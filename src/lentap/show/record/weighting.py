"""A comparison of times with arms made alike by weights: balance and its price, ratios, and E-values."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from lentap.errors import StatisticsError
from lentap.results import Result, record
from lentap.show.format import escaped
from lentap.show.record.absolute import LANDMARK, Absolute, record_absolute
from lentap.show.record.followed import NO_BASELINE, WEIGHTED, Followed, comparable, covariates, weighted
from lentap.show.record.ratios import ADJUSTED, record_ratio
from lentap.show.record.reasons import plain_reason
from lentap.stats.arguments import Floats
from lentap.stats.balance import balance
from lentap.stats.e_value import EValue, e_value
from lentap.stats.estimate import Estimate
from lentap.stats.propensity import effective_sample_size, propensity_model

RARE = 0.15  # share of patients with the event, below which a hazard ratio is close to a risk ratio


@dataclass(frozen=True, eq=False)
class Weighting:
    """One experimental arm and control, as they are and weighted.

    ``groups`` holds the patients by weighting, "none" first: the same patients, unweighted. ``ratios`` (also adjusted
    for baseline) and ``absolute`` are what was found in them, and ``e_values`` belong to ``ratios``. ``balances`` are
    standardised differences by characteristic and weighting, ``sizes`` effective numbers of patients by weighting and
    arm, ``scores`` propensities by arm. ``left_out`` says who is not among the patients, ``why`` why there are no
    weights, and ``columns`` is how many columns the propensity was fitted to.
    """

    arm: str
    groups: Mapping[str, Followed]
    ratios: Mapping[str, Result]
    absolute: Mapping[str, Absolute]
    e_values: Mapping[str, EValue]
    balances: pd.DataFrame
    sizes: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    scores: Mapping[str, Floats] = field(default_factory=dict)
    left_out: str = ""
    why: str = ""
    columns: int = 0


def record_weighting(name: str, group: Followed, *, horizon: float, landmark: float = LANDMARK) -> dict[str, Weighting]:
    """Record hazard ratio and absolute differences under every weighting, and E-values, by experimental arm.

    Parameters
    ----------
    group
        Patients without weights.
    horizon, landmark
        As in ``record_absolute``.
    """
    return (
        {} if group.gap else {arm: _weighting(name, group.pair(arm), arm, horizon, landmark) for arm in group.treated}
    )


def _weighting(name: str, pair: Followed, arm: str, horizon: float, landmark: float) -> Weighting:
    known, left_out = comparable(pair)
    why, model = "", None
    if arm not in known.treated or covariates(known).empty:
        known, left_out, why = pair, "", NO_BASELINE
    else:
        try:
            model = propensity_model(covariates(known), known.on(arm))
        except StatisticsError as error:
            why = escaped(plain_reason(error, known.baseline))
    groups = {"none": known} | ({} if why else {word: weighted(known, word) for word in WEIGHTED})
    comparison = {"comparison": f"{arm} over {pair.control}"}
    groups = {word: replace(one, apart={"weighting": word, **comparison}) for word, one in groups.items()}
    ratios = {word: record_ratio(f"{name}.hazard_ratio", one, arm) for word, one in groups.items()}
    if why != NO_BASELINE:
        adjusted = replace(known, apart={"weighting": ADJUSTED, **comparison})
        ratios[ADJUSTED] = record_ratio(f"{name}.hazard_ratio", adjusted, arm, covariates(known))
    return Weighting(
        arm,
        groups,
        ratios,
        {word: record_absolute(name, one, horizon=horizon, landmark=landmark) for word, one in groups.items()},
        {word: found for word, one in ratios.items() if (found := _e_value(name, pair, one)) is not None},
        _balances(groups, arm),
        {word: _sizes(name, one, arm) for word, one in groups.items()},
        {} if model is None else {one: model.score[known.on(one)] for one in known.arms},
        left_out,
        why,
        0 if model is None else len(model.regression.design.names) - 1,
    )


def _e_value(name: str, pair: Followed, ratio: Result) -> EValue | None:
    """E-value of a ratio, as that of a rare or a common outcome by the share of patients with the event."""
    if ratio.estimate is None or ratio.low is None or ratio.high is None:
        return None
    estimate = Estimate(ratio.estimate, ratio.low, ratio.high, pair.level, ratio.method)
    found = e_value(estimate, measure="hazard-ratio", rare=bool(pair.rows["event"].mean() < RARE))
    labels: dict[str, Any] = ratio.labels
    for part, value in (("e_value", found.value), ("e_value_limit", found.limit)):
        record(f"{name}.{part}", value, scale="number", method=found.method, source=pair.source, **labels)
    return found


def _sizes(name: str, group: Followed, arm: str) -> dict[str, float]:
    weights = np.ones(len(group.rows)) if group.weights is None else group.weights
    sizes = {one: effective_sample_size(weights[group.on(one)]) for one in (arm, group.control)}
    for one, size in sizes.items():
        record(
            f"{name}.effective_size", size, scale="number", method="Kish's effective sample size", arm=one,
            **group.labels,
        )  # fmt: skip
    return sizes


def _balances(groups: Mapping[str, Followed], arm: str) -> pd.DataFrame:
    """Absolute standardised difference of each characteristic by weighting: variable, label, weighting, smd."""
    rows = []
    for word, group in groups.items():
        if covariates(group).empty:
            continue
        weights = np.ones(len(group.rows)) if group.weights is None else group.weights
        table = balance(covariates(group), group.on(arm), weights, spread="unweighted")
        table = table[table["sample"] == "weighted"].drop_duplicates("variable")
        rows.append(table.assign(label=table["variable"].map(group.baseline), weighting=word, smd=table["smd"].abs()))
    columns = ["variable", "label", "weighting", "smd"]
    return pd.concat(rows)[columns].reset_index(drop=True) if rows else pd.DataFrame(columns=columns)
