"""How an analysis behaves in trials simulated under stated situations."""

from typing import Any

from lentap.results import Result, record
from lentap.stats.operating_characteristics import (
    OperatingCharacteristics,
    Trial,
    operating_characteristics,
    yearly_hazard,
)

Situations = dict[str, OperatingCharacteristics]


def simulate_situations(
    *,
    patients: int,
    control_median: float,
    hazard_ratio: float,
    delay: float,
    accrual: float,
    follow_up: float,
    dropout: float,
    prognosis: float,
    allocation: float,
    landmark: float,
    horizon: float,
    alpha: float,
    trials: int,
    seed: int,
) -> Situations:
    """Operating characteristics without an effect, with one from the start, with a delayed one, and where allocation
    follows prognosis though there is no effect; times in months, ``dropout`` in percent a year.
    """  # noqa: D205
    common: dict[str, Any] = {
        "patients": 2 * patients,
        "control_median": control_median,
        "accrual": accrual,
        "follow_up": follow_up,
        "dropout": yearly_hazard(dropout / 100, 12),
        "prognosis": prognosis,
    }
    situations = {
        "no effect": Trial(hazard_ratio=1.0, **common),
        "effect from the start": Trial(hazard_ratio=hazard_ratio, **common),
        f"effect after {delay:g} months": Trial(hazard_ratio=hazard_ratio, delay=delay, **common),
        "no effect, allocation by prognosis": Trial(hazard_ratio=1.0, allocation=allocation, **common),
    }
    about: dict[str, Any] = {"trials": trials, "seed": seed, "landmark": landmark, "horizon": horizon, "alpha": alpha}
    return {name: operating_characteristics(trial, **about) for name, trial in situations.items()}


def record_operating(found: Situations) -> list[Result]:
    """Record rejections, bias and coverage of every situation; simulated, so synthetic."""
    results = []
    for situation, one in found.items():
        about: dict[str, Any] = {"source": "synthetic", "situation": situation}
        counts = {"simulated trials": str(one.trials)}
        name = "design.operating"
        results += [
            record(f"{name}.rejected", one.rejected, scale="proportion", counts=counts, **about),
            record(f"{name}.favours_treated", one.favours, scale="proportion", counts=counts, **about),
        ]
        for measure, bias in one.bias.items():
            scale: Any = "difference" if measure == "survival difference" else "number"
            held = one.coverage[measure]
            results += [
                record(f"{name}.bias", bias, scale=scale, null=0.0, counts=counts, measure=measure, **about),
                record(f"{name}.coverage", held, scale="proportion", counts=counts, measure=measure, **about),
            ]
    return results


def operating_results(**parameters: Any) -> list[Result]:
    """What the chapter records for these parameters, without a kernel: a sweep calls it for each point of a grid."""
    return record_operating(simulate_situations(**parameters))
