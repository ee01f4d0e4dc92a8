"""How long patients were followed, and how a control arm compares with what was published before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lentap.results import Result, record
from lentap.sources import Source
from lentap.stats.estimate import Estimate
from lentap.stats.kaplan_meier import potential_follow_up
from lentap.stats.prediction import predicted_counts
from lentap.stats.proportions import proportion


def record_follow_up(
    times: pd.DataFrame, *, endpoint: str, unit: str, level: float, source: Source, **labels: Any
) -> dict[str, Result]:
    """Record the median potential follow-up of each arm: reverse Kaplan-Meier, censoring as the event.

    Parameters
    ----------
    times
        As ``Trial.time_to_event`` returns them.
    """
    return {
        str(arm): record(
            "design.participants.follow_up",
            potential_follow_up(rows["time"], rows["event"], level=level).median,
            scale="time",
            unit=unit,
            counts={"patients": str(len(rows)), "still followed": str(int((~rows["event"]).sum()))},
            arm=str(arm),
            endpoint=endpoint,
            source=source,
            **labels,
        )
        for arm, rows in times.groupby("arm", observed=True)
    }


def record_exposure(summary: pd.DataFrame, *, source: Source, **labels: Any) -> list[Result]:
    """Record the median time on each treatment and the median relative dose, by arm; of ``dose_summary``'s rows."""
    found = []
    for row in summary.to_dict("records"):
        about: dict[str, Any] = {
            "source": source, "arm": str(row["arm"]), "treatment": str(row["treatment"]), **labels,
            "counts": {str(row["arm"]): f"{row['treated']}/{row['n']}"},
        }  # fmt: skip
        name = "design.participants"
        found += [
            record(f"{name}.months_on_treatment", row["months_median"], scale="time", unit="months", method="median",
                   **about),
            record(f"{name}.relative_dose", row["relative_dose_median"], scale="proportion", method="median", **about),
        ]  # fmt: skip
    return found


@dataclass(frozen=True)
class Pooled:
    """A pooled rate from the literature, and what it makes one expect of an arm of a given size."""

    study: str
    design: str
    rate: Estimate
    expected: Estimate
    at_least: Result


@dataclass(frozen=True)
class Selection:
    """The published control rate with its interval, and each pooled one with its prediction for an arm of that size."""

    observed: Estimate
    counts: tuple[int, int]
    pooled: Sequence[Pooled]


def record_selection(facts: pd.DataFrame, comparators: pd.DataFrame, *, spread: float, level: float) -> Selection:
    """Set the published rate of resection under TACE alone beside pooled rates of conversion under TACE.

    Parameters
    ----------
    spread
        Standard deviation of the logits of rates between studies: an assumption, since the pooled intervals do not
        show it.
    """
    control = facts.set_index("id").loc["efficacy.slr.tace"]
    events, n = int(control["count"]), int(control["n"])
    rows = comparators[
        (comparators["endpoint"] == "conversion")
        & (comparators["arm"] == "TACE")
        & (comparators["interval"] == "confidence")
    ]
    pooled = []
    for row in rows.to_dict("records"):
        rate, low, high = (float(row[column]) / 100 for column in ("value", "low", "high"))
        found = predicted_counts(rate, low, high, n=n, spread=spread)
        least, most = found.limits(level)
        at_least = record(
            "design.participants.at_least_observed",
            found.at_least(events),
            scale="proportion",
            method="binomial count, logit-normal rate",
            source="published",
            study=str(row["study"]),
        )
        pooled.append(
            Pooled(
                str(row["study"]),
                str(row["design"]),
                Estimate(rate, low, high, 0.95, "as published"),
                Estimate(rate, least / n, most / n, level, "prediction"),
                at_least,
            )
        )
    return Selection(proportion(events, n, level=level), (events, n), pooled)
