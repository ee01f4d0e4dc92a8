"""Design: the calls its references name."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from lentap.stats.conditional_power import assurance, conditional_power, predictive_power
from lentap.stats.event_driven import (
    SurvivalSampleSize,
    detectable_hazard_ratio,
    event_probability,
    log_rank_power,
    required_events,
    survival_sample_size,
)
from lentap.stats.group_sequential import classical_design, spending_design
from lentap.stats.hazards import PiecewiseHazard
from lentap.stats.prediction import predicted_counts
from lentap.stats.replicates import analyse_trials
from lentap.stats.sample_size import detectable_difference, proportions_power, proportions_sample_size
from lentap.stats.two_stage import TwoStageDesign, two_stage_designs
from lentap.validation.datasets import lung

Numbers = Sequence[float]


def _valued(call: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    return lambda **inputs: {"value": call(**inputs)}


def _predicted_counts(**inputs: Any) -> dict[str, Any]:
    found = predicted_counts(**inputs)
    return {"probabilities": found.probabilities, "thirteen_or_more": found.at_least(13)}


def _hazard(rates: float | Numbers, starts: float | Numbers) -> PiecewiseHazard:
    return PiecewiseHazard(tuple(np.atleast_1d(rates).tolist()), tuple(np.atleast_1d(starts).tolist()))


def _event_probability(rates: float | Numbers, starts: float | Numbers, **inputs: float) -> dict[str, float]:
    return {"value": event_probability(_hazard(rates, starts), **inputs)}


def _survival_sample_size(
    hazard_ratio: float, rates: float | Numbers, starts: float | Numbers, **inputs: Any
) -> SurvivalSampleSize:
    return survival_sample_size(hazard_ratio, _hazard(rates, starts), **inputs)


def _admissible(p0: float, p1: float, alpha: float, power: float) -> dict[str, list[float]]:
    designs = two_stage_designs(p0, p1, alpha=alpha, power=power)
    parts = ("r1", "n1", "r", "n", "early_stop0", "expected_n0", "alpha", "power")
    rows: dict[str, list[float]] = {part: [getattr(one, part) for one in designs.admissible] for part in parts}
    return rows | {"least_weight": [least for least, _ in designs.weights]}


def _simon(p0: float, p1: float, alpha: float, power: float) -> dict[str, TwoStageDesign]:
    designs = two_stage_designs(p0, p1, alpha=alpha, power=power)
    return {"minimax": designs.minimax, "optimal": designs.optimal}


def _sequential_characteristics(power: float, **inputs: Any) -> dict[str, Any]:
    design = spending_design(**inputs) if "spending" in inputs else classical_design(**inputs)
    drift, inflation = design.drift(power), design.inflation(power)
    return {
        "bounds": design.bounds,
        "shift": drift**2,
        "inflation": inflation,
        "stopping": design.stopping(drift)[1],
        "expected0": inflation * design.expected_fraction(0.0),
        "expected1": inflation * design.expected_fraction(drift),
    }


def _classical_constant(**inputs: Any) -> dict[str, float]:
    """Return O'Brien and Fleming's constant, which is the last bound."""
    return {"value": float(classical_design(**inputs).bounds[-1])}


def _conditional_power_of_hazard_ratio(
    hazard_ratio: float, events: float, fraction: float, ratio: float
) -> dict[str, float]:
    drift = -np.log(hazard_ratio) * np.sqrt(events * ratio) / (1 + ratio)
    return {"value": conditional_power(drift * np.sqrt(fraction), fraction, critical=stats.norm.isf(0.025))}


def _log_rank_assurance(events: float, mean: float, sd: float) -> dict[str, float]:
    return {
        "value": assurance(
            lambda log_ratio: log_rank_power(np.exp(log_ratio), events, alpha=0.025, alternative="less"),
            stats.norm(mean, sd),
        )
    }


def _proportions_assurance(
    n1: int,
    n0: int,
    prior1: Numbers,
    prior0: Numbers | None = None,
    p0: float | None = None,
    method: str = "pooled",
) -> dict[str, float]:
    priors = [stats.beta(*prior) for prior in (prior1, prior0) if prior is not None]
    return {
        "value": assurance(
            lambda p1, other=p0: proportions_power(
                p1, other, n1, n0, alpha=0.025, alternative="greater", method=method
            ),
            *priors,
        )
    }


def _one_of_many_trials(landmark: float, horizon: float) -> dict[str, Any]:
    """Lung cancer by sex as the second of two trials; the first has the arms exchanged."""
    data = lung()
    treated = data["sex"].to_numpy() == 2
    time, event = (np.tile(data[name].to_numpy(), (2, 1)) for name in ("time", "event"))
    found = analyse_trials(time, event, np.stack([~treated, treated]), landmark=landmark, horizon=horizon)
    return {
        "chi_squared": found.z[1] ** 2,
        "log_rank_p": found.log_rank_p[1],
        "log_hazard_ratio": found.log_hazard_ratio[1],
        "log_hazard_ratio_error": found.log_hazard_ratio_error[1],
        "survival": found.survival[1],
        "survival_error": np.sqrt(found.survival_variance[1]),
        "restricted_mean": found.restricted_mean[1],
        "restricted_mean_error": np.sqrt(found.restricted_mean_variance[1]),
    }


CALLS: Mapping[str, Callable[..., Any]] = {
    "proportions_sample_size": proportions_sample_size,
    "proportions_power": _valued(proportions_power),
    "detectable_difference": _valued(detectable_difference),
    "predicted_counts": _predicted_counts,
    "required_events": _valued(required_events),
    "log_rank_power": _valued(log_rank_power),
    "detectable_hazard_ratio": _valued(detectable_hazard_ratio),
    "event_probability": _event_probability,
    "survival_sample_size": _survival_sample_size,
    "simon": _simon,
    "two_stage_designs": _admissible,
    "spending_design": spending_design,
    "classical_design": classical_design,
    "classical_constant": _classical_constant,
    "sequential_characteristics": _sequential_characteristics,
    "conditional_power": _valued(conditional_power),
    "conditional_power_of_hazard_ratio": _conditional_power_of_hazard_ratio,
    "predictive_power": _valued(predictive_power),
    "log_rank_assurance": _log_rank_assurance,
    "proportions_assurance": _proportions_assurance,
    "one_of_many_trials": _one_of_many_trials,
}
