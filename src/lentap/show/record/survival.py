"""A time to an event: events and medians by arm, hazard ratios against control, the test of all arms."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from lentap.design import Endpoint
from lentap.errors import StatisticsError
from lentap.results import Result, record
from lentap.show.record.followed import WEIGHTED, Followed
from lentap.show.record.reasons import ARM, plain_reason
from lentap.sources import Source
from lentap.stats.cox import cox
from lentap.stats.survival import HazardRatio, KaplanMeier, LogRank, cox_hazard_ratios, log_rank


@dataclass(frozen=True)
class Survival:
    """Recorded numbers of a time to an event: by arm, by experimental arm, and over all arms."""

    events: dict[str, Result]
    medians: dict[str, Result]
    hazard_ratios: dict[str, Result]
    log_rank: Result


def record_survival(
    name: str,
    curves: Mapping[str, KaplanMeier],
    test: LogRank,
    ratios: Mapping[str, HazardRatio],
    *,
    endpoint: Endpoint,
    control: str,
    source: Source,
) -> Survival:
    """Record events and medians by arm, the log-rank test of all arms, and hazard ratios against control."""
    labels: dict[str, Any] = {"endpoint": endpoint.name, "population": endpoint.population}
    counts = {arm: {arm: f"{int(curve.events.sum())}/{curve.n}"} for arm, curve in curves.items()}
    events = {
        arm: record(
            f"{name}.events",
            int(curve.events.sum()),
            source=source,
            scale="count",
            counts=counts[arm],
            arm=arm,
            **labels,
        )
        for arm, curve in curves.items()
    }
    medians = {
        arm: record(
            f"{name}.median", curve.median, source=source, scale="time", unit=endpoint.unit, counts=counts[arm],
            arm=arm, **labels,
        )
        for arm, curve in curves.items()
    }  # fmt: skip
    hazard_ratios = {
        arm: record(
            f"{name}.hazard_ratio", ratio, source=source, scale="ratio", p_value=ratio.p_value, null=1.0,
            counts=counts[arm] | counts[control], direction=f"above: events at a faster rate on {arm}", arm=arm,
            control=control, **labels,
        )
        for arm, ratio in ratios.items()
    }  # fmt: skip
    log_rank = record(
        f"{name}.log_rank", test.statistic, source=source, scale="number", p_value=test.p_value,
        method=f"{test.method}, chi-squared with {test.df} degrees of freedom", counts=_joined(counts), **labels,
    )  # fmt: skip
    return Survival(events, medians, hazard_ratios, log_rank)


def record_followed(name: str, group: Followed) -> tuple[dict[str, KaplanMeier], Survival | None]:
    """Curves of the arms, and what is recorded of them; none where there are not two arms."""
    curves = group.curves()
    if not group.treated:
        return curves, None
    test, ratios = compared(group)
    return curves, record_survival(
        name, curves, test, ratios, endpoint=group.endpoint, control=group.control, source=group.source
    )


def compared(group: Followed) -> tuple[LogRank, dict[str, HazardRatio]]:
    """Test of all arms and hazard ratios against control; with weights, both of one weighted Cox model."""
    arm = group.rows["arm"].astype(str)
    if group.weights is None:
        ratios = cox_hazard_ratios(**group.data, group=arm, reference=group.control, level=group.level)
        return log_rank(**group.data, group=arm), ratios
    treated = group.treated
    columns = pd.DataFrame({name: group.on(name).astype(float) for name in treated})
    try:
        model = cox(**group.data, covariates=columns, weights=group.weights, robust=True, level=group.level)
    except StatisticsError as error:
        why = plain_reason(error, dict.fromkeys(treated, ARM))
        words, nan = f"{WEIGHTED[group.weighting]}; not estimable: {why}", float("nan")
        ratio = HazardRatio(nan, nan, nan, group.level, words, nan, int(group.data["event"].sum()), len(group.rows))
        return LogRank(nan, 0, nan, {}, {}, {}, words), dict.fromkeys(treated, ratio)
    test = model.score_test
    words = f"robust score test, {WEIGHTED[group.weighting]}"
    found = LogRank(test.statistic, test.df, test.p_value, {}, {}, {}, words)
    return found, {
        name: replace(ratio, method=f"{ratio.method}, {WEIGHTED[group.weighting]}")
        for name, ratio in model.hazard_ratios.items()
    }


def _joined(counts: Mapping[str, dict[str, str]]) -> dict[str, str]:
    return {arm: count for one in counts.values() for arm, count in one.items()}
