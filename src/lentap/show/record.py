"""Numbers that always go together, computed by one call and recorded under their stable names."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, sqrt
from statistics import NormalDist

import pandas as pd

from lentap.design import Design, Endpoint
from lentap.results import Result, record
from lentap.sources import Source
from lentap.stats.adverse_events import ANY_EVENT
from lentap.stats.biomarker import paired_shift, shift_between
from lentap.stats.estimate import Estimate
from lentap.stats.proportions import (
    DIFFERENCE_METHODS,
    fisher_exact,
    odds_ratio,
    proportion,
    risk_difference,
    risk_ratio,
)
from lentap.stats.survival import HazardRatio, KaplanMeier, LogRank

NEGLIGIBLE = 0.1
RESPONSE_GROUPS = ("Responder", "Non-responder")


def arms_compared(design: Design, experimental: str) -> list[str]:
    """Names of the arms a page shows: all experimental arms or the one chosen, then the control."""
    chosen = [arm.name for arm in design.experimental if experimental in ("all", arm.name)]
    return [*chosen, design.control.name]


@dataclass(frozen=True)
class Contrast:
    """An experimental arm against control: difference, ratios and exact test of one outcome.

    ``differences`` holds the risk difference by every method, for the table; the recorded one is the chapter's choice.
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
    **labels: str,
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
        if arm == control:
            continue
        cells = (*counts[arm], *counts[control])
        p = fisher_exact(*cells)
        about = {
            "counts": {arm: written[arm], control: written[control]},
            "direction": f"above: more with {arm}",
            "source": source,
            "arm": arm,
            "control": control,
            **labels,
        }
        by_method = {method: risk_difference(*cells, level=level, method=method) for method in DIFFERENCE_METHODS}
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
    """Compare the published counts of an outcome: the facts whose id starts with ``prefix``, control last."""
    rows = facts[facts["id"].str.startswith(f"{prefix}.") & facts["count"].notna()]
    return record_comparison(
        name,
        {row.arm: (int(row.count_), int(row.n)) for row in rows.rename(columns={"count": "count_"}).itertuples()},
        control=str(rows["arm"].iloc[-1]),
        level=level,
        rate_interval=rate_interval,
        difference_interval=difference_interval,
        source="published",
    )


@dataclass(frozen=True)
class Balance:
    """Experimental arm against control at baseline: largest difference, how many are beyond 0.1, how many by chance."""

    largest: Result
    beyond: Result
    by_chance: Result


def record_balance(
    name: str, table_one: pd.DataFrame, *, control: str, source: Source, **labels: str
) -> dict[str, Balance]:
    """Record the standardised difference of each variable and arm, and what chance alone gives under randomisation.

    Parameters
    ----------
    table_one
        As returned by ``lentap.stats.baseline.table_one``.

    Returns
    -------
    By experimental arm. The share by chance holds for a continuous variable: its difference has variance 1/n1 + 1/n0.
    """
    sizes = {
        str(arm): int((rows["n"] + rows["missing"]).iloc[0]) for arm, rows in table_one.groupby("arm", observed=True)
    }
    variables = table_one.drop_duplicates(["variable", "arm"])
    balance = {}
    for arm in (arm for arm in sizes if arm != control):
        about = {"source": source, "arm": arm, "control": control, **labels}
        smd = variables[variables["arm"] == arm].set_index("variable")["smd"].abs()
        for variable, value in smd.items():
            record(f"{name}.smd", value, scale="number", null=0.0, variable=str(variable), **about)
        finite = smd[[isfinite(value) for value in smd]]
        worst = finite.idxmax() if len(finite) else None
        label = variables.set_index("variable").loc[worst, "label"] if worst else "none"
        beyond = int((smd > NEGLIGIBLE).sum())
        chance = 2 - 2 * NormalDist().cdf(NEGLIGIBLE / sqrt(1 / sizes[arm] + 1 / sizes[control]))
        balance[arm] = Balance(
            record(
                f"{name}.largest_smd",
                finite.max() if len(finite) else float("nan"),
                scale="number",
                counts={"variable": str(label if isinstance(label, str) else label.iloc[0])},
                **about,
            ),
            record(f"{name}.beyond", beyond, scale="count", counts={"variables": f"{beyond}/{len(smd)}"}, **about),
            record(f"{name}.by_chance", chance, scale="proportion", method="normal, continuous variables", **about),
        )
    return balance


def record_changes(
    name: str, pairs: pd.DataFrame, *, level: float, unit: str, source: Source, **labels: str
) -> tuple[list[Result], list[Result]]:
    """Record the change of a marker by arm and response, and the difference between the response groups of each arm.

    Parameters
    ----------
    pairs
        arm, response (of ``RESPONSE_GROUPS``) and change. Groups without patients yield no record.
    """
    changes, differences = [], []
    for arm, rows in pairs.groupby("arm", observed=True):
        by_group = {group: rows.loc[rows["response"] == group, "change"].to_numpy(float) for group in RESPONSE_GROUPS}
        about = {"source": source, "scale": "number", "unit": unit, "null": 0.0, "arm": str(arm), **labels}
        for group, change in by_group.items():
            if change.size:
                found = paired_shift(change, level=level)
                count = {str(arm): str(change.size)}
                changes.append(
                    record(f"{name}.change", found, p_value=found.p_value, counts=count, response=group, **about)
                )
        if all(change.size for change in by_group.values()):
            found = shift_between(*by_group.values(), level=level)
            count = {group: str(change.size) for group, change in by_group.items()}
            direction = "above: larger rise in responders"
            differences.append(
                record(f"{name}.difference", found, p_value=found.p_value, counts=count, direction=direction, **about)
            )
    return changes, differences


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
    labels = {"endpoint": endpoint.name, "population": endpoint.population}
    counts = {arm: {arm: f"{int(curve.events.sum())}/{curve.n}"} for arm, curve in curves.items()}
    events = {
        arm: record(
            f"{name}.events", int(curve.events.sum()), source=source, scale="count", counts=counts[arm], arm=arm, **labels
        )
        for arm, curve in curves.items()
    }
    medians = {
        arm: record(
            f"{name}.median", curve.median, source=source, scale="time", unit=endpoint.unit, counts=counts[arm], arm=arm,
            **labels,
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
) -> tuple[Comparison, Result]:
    """Record who had any event, and how many comparisons of single events have an interval without zero.

    Parameters
    ----------
    incidence, contrasts
        As returned by ``lentap.stats.adverse_events``; ``contrasts`` holds the single events to be counted.
    """
    name = "safety.adverse_events"
    labels = {
        "population": population,
        "minimum_grade": str(minimum_grade),
        "related_only": "yes" if related_only else "no",
    }
    rows = incidence[incidence["term"] == ANY_EVENT]
    counts = {
        str(arm): (int(subjects), int(n)) for arm, subjects, n in zip(rows["arm"], rows["subjects"], rows["n"], strict=True)
    }
    any_event = record_comparison(
        name, counts, control=control, level=level, difference_interval=difference_interval, rate_name="any",
        source=source, **labels,
    )  # fmt: skip
    apart = int(((contrasts["low"] > 0) | (contrasts["high"] < 0)).sum())
    share = {"comparisons": f"{apart}/{len(contrasts)}"}
    return any_event, record(f"{name}.events_apart", apart, source=source, scale="count", counts=share, **labels)


def _joined(counts: Mapping[str, dict[str, str]]) -> dict[str, str]:
    return {arm: count for one in counts.values() for arm, count in one.items()}
