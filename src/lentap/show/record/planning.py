"""Sizes and power of a trial that is being planned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import pandas as pd

from lentap.results import Result, record
from lentap.sources import Source
from lentap.stats.arguments import refuse
from lentap.stats.event_driven import survival_sample_size
from lentap.stats.hazards import exponential
from lentap.stats.sample_size import detectable_difference, proportions_power, proportions_sample_size
from lentap.stats.two_stage import TwoStageDesign, two_stage_designs

POWERS = {"pooled": "normal approximation", "fisher": "Fisher's exact test", "miettinen-nurminen": "score test"}


@dataclass(frozen=True)
class Plan:
    """Rates a trial is planned with: the treated, the control, and where they come from."""

    label: str
    treated: float
    control: float
    source: Source


def published_plans(facts: pd.DataFrame) -> list[Plan]:
    """Plans made of published rates: the rates reported, and the treated one against the historical rate."""
    percents = facts.set_index("id")["value"]
    named = ("efficacy.slr.lentap", "efficacy.slr.tace", "background.tace_conversion")
    treated, control, historical = (float(percents[fact]) / 100 for fact in named)
    return [
        Plan("Published rates", treated, control, "published"),
        Plan("Published rate against the historical one", treated, historical, "published"),
    ]


def record_sizes(plans: Sequence[Plan], *, patients: int, power: float, alpha: float) -> dict[str, dict[str, Result]]:
    """Patients an arm by formula, and the power by each method at that size and at the given one.

    Published rates get no power at the given size: that of a trial at the effect it found is no evidence of anything.

    Returns
    -------
    By plan: ``needed`` (patients an arm), and by method ``at needed`` and ``at given``.
    """
    found = {}
    for plan in plans:
        if plan.treated == plan.control:
            refuse("rate_treated", plan.treated, f"other than rate_control ({plan.control:g})")
        size = proportions_sample_size(plan.treated, plan.control, power=power, alpha=alpha)
        about: dict[str, Any] = {"source": plan.source, "plan": plan.label}
        needed = ceil(size.n0)
        found[plan.label] = {
            "needed": record(
                "design.sample_size.per_arm", needed, scale="count", method=size.method, unit="patients", **about
            )
        }
        asked = {"needed": needed} if plan.source == "published" else {"needed": needed, "given": patients}
        for where, n in asked.items():
            for method, words in POWERS.items():
                value = float(proportions_power(plan.treated, plan.control, n, n, alpha=alpha, method=method))
                found[plan.label][f"{method} at {where}"] = record(
                    "design.sample_size.power", value, scale="proportion", method=words, counts={"per arm": str(n)},
                    at=where, test=method, **about,
                )  # fmt: skip
    return found


def record_detectable(controls: Sequence[float], *, patients: int, power: float, alpha: float) -> list[Result]:
    """Smallest difference that the given number of patients detects, by the control's rate."""
    return [
        record(
            "design.sample_size.detectable",
            detectable_difference(control, patients, patients, power=power, alpha=alpha / 2),
            source="synthetic",
            scale="difference",
            method="normal approximation",
            counts={"per arm": str(patients)},
            control=f"{control:g}",
        )
        for control in controls
    ]


def record_two_stage(uninteresting: float, hoped: float, *, power: float, alpha: float) -> dict[str, TwoStageDesign]:
    """Simon's designs for a single arm, named; their sizes are recorded."""
    if hoped <= uninteresting:
        refuse("rate_treated", hoped, f"above uninteresting ({uninteresting:g})")
    found = two_stage_designs(uninteresting, hoped, alpha=alpha, power=power)
    named = {"minimax": found.minimax, "optimal": found.optimal}
    named |= {
        f"admissible {i}": design
        for i, design in enumerate(found.admissible, 1)
        if design not in (found.minimax, found.optimal)
    }
    for name, design in named.items():
        for part in ("r1", "n1", "r", "n"):
            record(
                "design.sample_size.two_stage", getattr(design, part), source="synthetic", scale="count", design=name,
                part=part,
            )  # fmt: skip
    return named


def record_survival_sizes(
    ratios: Sequence[float], *, control_median: float, accrual: float, follow_up: float, power: float, alpha: float
) -> Mapping[float, dict[str, Result]]:
    """Events by Schoenfeld's formula and the patients who yield them, by hazard ratio; times in months."""
    found = {}
    for ratio in ratios:
        size = survival_sample_size(
            ratio, exponential(control_median), accrual=accrual, follow_up=follow_up, power=power, alpha=alpha
        )
        about: dict[str, Any] = {"source": "synthetic", "scale": "count", "method": size.method, "hazard_ratio": ratio}
        found[ratio] = {
            "events": record("design.sample_size.events", ceil(size.events), **about),
            "patients": record("design.sample_size.patients", size.patients, **about),
        }
    return found
