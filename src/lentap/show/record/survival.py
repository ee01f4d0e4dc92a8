"""A time to an event: events and medians by arm, hazard ratios against control, the test of all arms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lentap.design import Endpoint
from lentap.results import Result, record
from lentap.sources import Source
from lentap.stats.survival import HazardRatio, KaplanMeier, LogRank


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
        method=f"log-rank, chi-squared with {test.df} degrees of freedom", counts=_joined(counts), **labels,
    )  # fmt: skip
    return Survival(events, medians, hazard_ratios, log_rank)


def _joined(counts: Mapping[str, dict[str, str]]) -> dict[str, str]:
    return {arm: count for one in counts.values() for arm, count in one.items()}
