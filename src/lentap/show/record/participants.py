"""How long patients were followed, and how a control arm compares with what was published before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lentap.results import Result, Scale, record
from lentap.sources import Source
from lentap.stats.estimate import Estimate
from lentap.stats.kaplan_meier import potential_follow_up
from lentap.stats.prediction import predicted_counts
from lentap.stats.proportions import proportion

PAGE = "design.participants"
QUARTILES = (("lower quartile", "q1"), ("upper quartile", "q3"))
MEDIANS: tuple[tuple[str, str, Scale, str], ...] = (  # column, last word of the name, scale, unit
    ("months", "months_on_treatment", "time", "months"),
    ("given", "doses_given", "number", ""),
    ("relative_dose", "relative_dose", "proportion", ""),
)
SHARES = (  # column, last word of the name, column of the number it is a share of
    ("treated", "treated", "n"),
    ("enough", "relative_dose_enough", "known"),
    ("reduced", "dose_reduced", "treated"),
    ("held", "dose_held", "treated"),
    ("held_for_event", "dose_held_for_event", "treated"),
)


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
    """Record what each arm was given of each treatment, from ``dose_summary``'s rows.

    Medians (with their quartiles among the counts) of time, doses and relative dose, and shares: those treated of all
    patients, those whose dose was reduced or held of the treated, those with enough of whose relative dose is known.
    """
    found = []
    for row in summary.to_dict("records"):
        arm = str(row["arm"])
        about: dict[str, Any] = {"source": source, "arm": arm, "treatment": str(row["treatment"]), **labels}
        for column, name, scale, unit in MEDIANS:
            if column == "given" and pd.isna(row["given_median"]):
                continue
            ends = {
                words: f"{row[f'{column}_{part}']:.4g}"
                for words, part in QUARTILES
                if pd.notna(row[f"{column}_{part}"])
            }
            of = row["known" if column == "relative_dose" else "treated"]
            counts = {arm: f"{of}/{row['n']}", **ends}
            about_median = {"scale": scale, "unit": unit, "method": "median", "counts": counts, **about}
            found.append(record(f"{PAGE}.{name}", row[f"{column}_median"], **about_median))
        for column, name, of in SHARES:
            if column in row and row[of]:
                count = {arm: f"{row[column]}/{row[of]}"}
                found.append(record(f"{PAGE}.{name}", row[column] / row[of], scale="proportion", counts=count, **about))
    return found


@dataclass(frozen=True)
class Pooled:
    """A pooled rate from the literature, and what it makes one expect of an arm of a given size."""

    study: str
    design: str
    source: str
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
                str(row["source"]),
                Estimate(rate, low, high, 0.95, "as published"),
                Estimate(rate, least / n, most / n, level, "prediction"),
                at_least,
            )
        )
    return Selection(proportion(events, n, level=level), (events, n), pooled)
