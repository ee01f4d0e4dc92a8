"""Hazard ratios given what was known at baseline: adjusted for it, stratified by it, and in the subgroups it makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from lentap.errors import StatisticsError
from lentap.results import Result, record
from lentap.show.format import number
from lentap.show.record.followed import MOST_LEVELS, WEIGHTED, Followed, complete, covariates
from lentap.show.record.reasons import plain_reason
from lentap.stats.arguments import normal_quantile
from lentap.stats.baseline import is_continuous
from lentap.stats.cox import cox
from lentap.stats.subgroups import interaction
from lentap.stats.survival import HazardRatio

UNADJUSTED, ADJUSTED, STRATIFIED = "unadjusted", "adjusted for baseline", "stratified by "
YES_NO = {"Y": "yes", "N": "no"}


@dataclass(frozen=True)
class Ratios:
    """Hazard ratios of one experimental arm over control by analysis; ``left_out`` lacked a value of some baseline."""

    by_analysis: Mapping[str, Result] = field(default_factory=dict)
    left_out: int = 0


@dataclass(frozen=True)
class Subgroups:
    """Hazard ratios of one experimental arm over control in the subgroups of one characteristic, by subgroup.

    ``interaction`` is the test that they are one; its p-value is None where fewer than two have an estimate.
    """

    label: str
    ratios: Mapping[str, Result]
    interaction: Result


def record_ratios(name: str, group: Followed) -> dict[str, Ratios]:
    """Record ``name.hazard_ratio_given``, a ratio an analysis, by experimental arm: nothing where there is a gap."""
    found = {}
    for arm in [] if group.gap else group.treated:
        pair = group.pair(arm)
        known, left_out = complete(pair)
        analyses: dict[str, HazardRatio] = {UNADJUSTED: _ratio(pair, arm)}
        if known.baseline and arm in known.treated:
            analyses[ADJUSTED] = _ratio(known, arm, covariates(known))
        for column, label in pair.baseline.items():
            if _is_category(pair.rows[column]):
                here = pair.where(pair.rows[column].notna().to_numpy())
                analyses[f"{STRATIFIED}{label}"] = _ratio(here, arm, strata=here.rows[column].astype(str))
        about = _about(pair, arm)
        ratios = {
            analysis: record(
                f"{name}.hazard_ratio_given", ratio, counts={"events": f"{ratio.events}/{ratio.n}"},
                p_value=ratio.p_value, analysis=analysis, **about,
            )
            for analysis, ratio in analyses.items()
        }  # fmt: skip
        found[arm] = Ratios(ratios, left_out)
    return found


def record_ratio(name: str, group: Followed, arm: str, given: pd.DataFrame | None = None) -> Result:
    """Record the hazard ratio of one arm over control, with the weights of the patients, adjusted for what is given."""
    ratio = _ratio(group.pair(arm), arm, given)
    about = _about(group, arm)
    return record(name, ratio, p_value=ratio.p_value, counts=group.counts(), **about)


def record_subgroups(name: str, group: Followed) -> dict[str, list[Subgroups]]:
    """Record ``name.subgroup`` and ``name.interaction`` of each characteristic, by experimental arm.

    A number is cut at its median over all patients of the page; categories of more levels than ``MOST_LEVELS`` make no
    subgroups.
    """
    found: dict[str, list[Subgroups]] = {}
    for arm in [] if group.gap else group.treated:
        pair = group.pair(arm)
        found[arm] = [
            _subgroups(name, pair, arm, label, parts)
            for column, label in pair.baseline.items()
            if (parts := _parts(group.rows[column], pair.rows[column]))
        ]
    return found


def _subgroups(name: str, pair: Followed, arm: str, label: str, parts: Mapping[str, Any]) -> Subgroups:
    about = _about(pair, arm)
    ratios = {part: _ratio(pair.where(here), arm) for part, here in parts.items()}
    recorded = {
        part: record(
            f"{name}.subgroup", ratio, p_value=ratio.p_value, counts=pair.counts(parts[part]), variable=label,
            subgroup=part, **about,
        )
        for part, ratio in ratios.items()
    }  # fmt: skip
    logs = [_log(ratio) for ratio in ratios.values() if np.isfinite([ratio.value, ratio.p_value]).all()]
    test = interaction(*zip(*logs, strict=True)) if len(logs) > 1 else None
    labels = {key: value for key, value in about.items() if key not in ("scale", "null", "direction")}
    return Subgroups(
        label,
        recorded,
        record(
            f"{name}.interaction", test.statistic if test else float("nan"), scale="number",
            p_value=test.p_value if test else None, variable=label,
            method=f"Cochran's Q of log hazard ratios, {test.df} degrees of freedom" if test else "not estimable",
            **labels,
        ),
    )  # fmt: skip


def _log(ratio: HazardRatio) -> tuple[float, float]:
    """Log of a ratio and its standard error, from the Wald interval."""
    return float(np.log(ratio.value)), float(np.log(ratio.high / ratio.low) / 2 / normal_quantile(ratio.level))


def _parts(all_values: pd.Series, values: pd.Series) -> dict[str, Any]:
    """Who is in each subgroup; nothing where there would be fewer than two or too many."""
    if is_continuous(all_values):
        cut = float(all_values.median())
        written = number(cut, 0 if abs(cut) >= 100 or cut == round(cut) else 1)
        known = values.notna()
        return {
            f"{written} or below": (known & (values <= cut)).to_numpy(),
            f"above {written}": (known & (values > cut)).to_numpy(),
        }
    if not _is_category(all_values):
        return {}
    levels = sorted(all_values.dropna().unique(), key=str)
    return {YES_NO.get(str(level), _written(level)): (values == level).to_numpy(dtype=bool) for level in levels}


def _is_category(values: pd.Series) -> bool:
    return not is_continuous(values) and 2 <= values.nunique() <= MOST_LEVELS


def _written(level: object) -> str:
    return f"{level:g}" if isinstance(level, float) else str(level)


def _ratio(
    pair: Followed, arm: str, given: pd.DataFrame | None = None, strata: Sequence[str] | pd.Series | None = None
) -> HazardRatio:
    """Ratio of the arm over control; not-a-number, with the reason, where the model has no answer."""
    treated = pd.DataFrame({"treated": pair.on(arm).astype(float)})
    table = treated if given is None else treated.join(given)
    words = f", {WEIGHTED[pair.weighting]}" if pair.weights is not None else ""
    try:
        model = cox(
            **pair.data, covariates=table, strata=strata, weights=pair.weights,
            robust=pair.weights is not None, level=pair.level,
        )  # fmt: skip
    except StatisticsError as error:
        events, nan = int(pair.rows["event"].sum()), float("nan")
        why = f"not estimable: {plain_reason(error, pair.baseline)}"
        return HazardRatio(nan, nan, nan, pair.level, why, nan, events, len(pair.rows))
    ratio = model.hazard_ratios["treated"]
    return replace(ratio, method=f"{ratio.method}{', adjusted' if given is not None else ''}{words}")


def _about(pair: Followed, arm: str) -> dict[str, Any]:
    return {
        "scale": "ratio",
        "null": 1.0,
        "direction": f"above: events at a faster rate on {arm}",
        "arm": arm,
        "control": pair.control,
        **pair.labels,
    }
