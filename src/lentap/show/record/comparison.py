"""An outcome that patients had or had not: rates by arm and what separates the arms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lentap.design import Design
from lentap.results import Result, record
from lentap.show.format import records
from lentap.sources import Source
from lentap.stats.adverse_events import ANY_EVENT
from lentap.stats.estimate import Estimate
from lentap.stats.proportions import fisher_exact, odds_ratio, proportion, risk_difference, risk_ratio

_TABLED = ("newcombe", "miettinen-nurminen")


def arms_compared(design: Design, experimental: str) -> list[str]:
    """Names of the arms a page shows: all experimental arms or the one chosen, then the control."""
    chosen = [arm.name for arm in design.experimental if experimental in ("all", arm.name)]
    return [*chosen, design.control.name]


def set_against(design: Design, subjects: pd.DataFrame) -> str:
    """Name of the arm that others are set against: the control, or the first arm there is where it has nobody."""
    present = subjects["arm"].unique()
    return design.control.name if design.control.name in present or not len(present) else str(present[0])


@dataclass(frozen=True)
class Contrast:
    """An experimental arm against control: difference, ratios and exact test of one outcome.

    ``differences`` holds the risk difference by Newcombe's and by Miettinen and Nurminen's method and, where it is
    another, by the chapter's choice, for the table; the recorded one is the chapter's choice.
    """

    risk_difference: Result
    risk_ratio: Result
    odds_ratio: Result
    fisher_p: Result
    differences: dict[str, Estimate]


@dataclass(frozen=True)
class Comparison:
    """Rates by arm (control last), and a contrast for each experimental arm."""

    source: Source
    rates: dict[str, Result]
    contrasts: dict[str, Contrast]


def record_comparison(
    name: str,
    counts: Mapping[str, tuple[int, int]],
    *,
    control: str,
    level: float,
    rate_interval: str = "wilson",
    difference_interval: str = "newcombe",
    rate_name: str = "rate",
    source: Source,
    **labels: Any,
) -> Comparison:
    """Compare an outcome between arms and record every number as ``name.rate``, ``name.risk_difference`` and so on.

    Parameters
    ----------
    counts
        Patients with the outcome and patients in all, by arm.
    level
        Level of all intervals.
    """
    written = {arm: f"{events}/{n}" for arm, (events, n) in counts.items()}
    rates = {
        arm: record(
            f"{name}.{rate_name}",
            proportion(events, n, level=level, method=rate_interval),
            source=source,
            scale="proportion",
            counts={arm: written[arm]},
            arm=arm,
            **labels,
        )
        for arm, (events, n) in counts.items()
    }
    contrasts = {}
    for arm in counts:
        if arm == control or control not in counts:
            continue
        cells = (*counts[arm], *counts[control])
        p = fisher_exact(*cells)
        about: dict[str, Any] = {
            "counts": {arm: written[arm], control: written[control]},
            "direction": f"above: more with {arm}",
            "source": source,
            "arm": arm,
            "control": control,
            **labels,
        }
        methods = dict.fromkeys((*_TABLED, difference_interval))
        by_method = {method: risk_difference(*cells, level=level, method=method) for method in methods}
        chosen = by_method[difference_interval]
        ratio, odds = risk_ratio(*cells, level=level), odds_ratio(*cells, level=level)
        contrasts[arm] = Contrast(
            record(f"{name}.risk_difference", chosen, scale="difference", null=0.0, **about),
            record(f"{name}.risk_ratio", ratio, scale="ratio", null=1.0, **about),
            record(f"{name}.odds_ratio", odds, scale="ratio", null=1.0, **about),
            record(f"{name}.fisher_p", p, scale="number", p_value=p, method="Fisher's exact test, two-sided", **about),
            by_method,
        )
    return Comparison(source, rates, contrasts)


def record_published(
    name: str, facts: pd.DataFrame, prefix: str, *, level: float, rate_interval: str, difference_interval: str
) -> Comparison:
    """Compare the published counts of an outcome: the facts whose id starts with ``prefix``, control last.

    The records say where the counts were reported, and whether they were derived from percentages.
    """
    rows = facts[facts["id"].str.startswith(f"{prefix}.") & facts["count"].notna()]
    return record_comparison(
        name,
        {row["arm"]: (int(row["count"]), int(row["n"])) for row in records(rows)},
        control=str(rows["arm"].iloc[-1]),
        level=level,
        rate_interval=rate_interval,
        difference_interval=difference_interval,
        source="published",
        reported_in=" and ".join(rows["source"].unique()),
        counts_are=" and ".join(rows["count_status"].replace("", "reported").unique()),
    )


def record_adverse_events(
    incidence: pd.DataFrame,
    contrasts: pd.DataFrame,
    *,
    control: str,
    level: float,
    difference_interval: str,
    minimum_grade: int,
    related_only: bool,
    source: Source,
    population: str,
) -> tuple[Comparison | None, Result]:
    """Record who had any event, the difference in each listed event, and how many of these differ from zero.

    What is hidden (not-a-number) is not recorded; there is no comparison of any event where one of its counts is.

    Parameters
    ----------
    incidence, contrasts
        As returned by ``lentap.stats.adverse_events``; ``contrasts`` holds the single events that are listed.
    """
    name = "safety.adverse_events"
    labels: dict[str, Any] = {
        "population": population,
        "minimum_grade": str(minimum_grade),
        "related_only": "yes" if related_only else "no",
    }
    rows = incidence[incidence["term"] == ANY_EVENT]
    any_event, contrasts = None, contrasts.dropna(subset=["risk_difference"])
    if rows["subjects"].notna().all():
        counts = {
            str(arm): (int(subjects), int(n))
            for arm, subjects, n in zip(rows["arm"], rows["subjects"], rows["n"], strict=True)
        }
        any_event = record_comparison(
            name, counts, control=control, level=level, difference_interval=difference_interval, rate_name="any",
            source=source, **labels,
        )  # fmt: skip
    for row in records(contrasts):
        record(
            f"{name}.term_difference",
            Estimate(row["risk_difference"], row["low"], row["high"], level, difference_interval),
            source=source,
            scale="difference",
            p_value=row["p_value"],
            counts={
                row["arm"]: f"{row['subjects']:.0f}/{row['n']:.0f}",
                control: f"{row['subjects_control']:.0f}/{row['n_control']:.0f}",
            },
            null=0.0,
            direction=f"above: more with {row['arm']}",
            term=row["term"],
            arm=row["arm"],
            control=control,
            **labels,
        )
    apart = int(((contrasts["low"] > 0) | (contrasts["high"] < 0)).sum())
    share = {"comparisons": f"{apart}/{len(contrasts)}"}
    return any_event, record(f"{name}.events_apart", apart, source=source, scale="count", counts=share, **labels)
