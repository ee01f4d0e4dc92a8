"""What published evidence, believed more or less, makes one expect of a phase 3 trial."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil, exp, log, sqrt
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import beta, norm

from lentap.results import Result, record
from lentap.stats.arguments import Floats, refuse
from lentap.stats.beliefs import Belief, error_of_interval, starting_beliefs
from lentap.stats.conditional_power import assurance, conditional_power, predictive_power
from lentap.stats.event_driven import log_rank_power, survival_sample_size
from lentap.stats.hazards import exponential
from lentap.stats.proportions import odds_ratio
from lentap.stats.sample_size import proportions_power

EVIDENCE = {
    "TACE alone": "leap-012.comparison.os-hazard-ratio",
    "lenvatinib alone": "launch.comparison.os-hazard-ratio",
}
CERTAIN = 1e-9  # standard deviation of a belief without doubt
LARGEST = 6  # times the size of the trial, to which curves are drawn


Success = Callable[[Belief, int], float]


@dataclass(frozen=True)
class Outlook:
    """What one belief makes of a trial: chance of any benefit, chance of success, and the latter by size."""

    belief: Belief
    benefit: Result
    success: Result
    by_size: Sequence[float]


@dataclass(frozen=True)
class Prospect:
    """The outlook of a trial by belief; ``power`` at the effect hoped for by ``sizes``, events or patients an arm."""

    outlooks: Mapping[str, Outlook]
    sizes: Sequence[int]
    power: Sequence[float]


@dataclass(frozen=True)
class SurvivalTrial:
    """A trial of overall survival against one comparator: events, patients in all, evidence and prospect."""

    events: Result
    patients: Result
    evidence: Mapping[str, Any]
    prospect: Prospect


def hazard_ratios(comparators: pd.DataFrame) -> pd.DataFrame:
    """Published hazard ratios of randomised trials with their intervals, overall survival first."""
    found = comparators["endpoint"].str.endswith("hazard ratio") & comparators["design"].str.contains("RCT")
    rows = comparators[found & comparators["low"].notna()]
    return rows.sort_values(["endpoint", "value"]).reset_index(drop=True)


def record_survival_prospects(
    comparators: pd.DataFrame,
    *,
    hazard_ratio: float,
    power: float,
    alpha: float,
    control_median: float,
    accrual: float,
    follow_up: float,
    believed: float,
) -> dict[str, SurvivalTrial]:
    """Size a log-rank trial for the hazard ratio hoped for, and expect its success under each belief, by comparator.

    Beliefs start from the hazard ratio hoped for and are updated with the published one of the comparator, of whose
    information the share ``believed`` counts. Success is a two-sided p-value below ``alpha`` in favour of the treated.
    Times are in months.
    """
    size = survival_sample_size(
        hazard_ratio, exponential(control_median), accrual=accrual, follow_up=follow_up, power=power, alpha=alpha / 2,
        alternative="less",
    )  # fmt: skip
    events = ceil(size.events)
    rows = comparators.set_index("id")
    found = {}
    for comparator, fact in EVIDENCE.items():
        row = rows.loc[fact]
        error = error_of_interval(log(row["low"]), log(row["high"]), believed=believed)
        about: dict[str, Any] = {"endpoint": "OS", "comparator": comparator}
        planned: dict[str, Any] = {"source": "synthetic", "scale": "count", **about}
        prospect = _prospect(
            log(hazard_ratio),
            (log(row["value"]), error),
            partial(_log_rank_success, alpha=alpha),
            events,
            method="normal prior of the log hazard ratio",
            counts={"events": str(events)},
            **about,
        )
        found[comparator] = SurvivalTrial(
            record("design.next_trial.events", events, method="Schoenfeld", unit="events", **planned),
            record("design.next_trial.patients", ceil(size.n1) + ceil(size.n0), method=size.method, unit="patients",
                   **planned),
            {str(column): value for column, value in row.items()},
            prospect,
        )  # fmt: skip
    return found


def record_resection_prospect(
    counts: Mapping[str, tuple[int, int]],
    *,
    rate_treated: float,
    rate_control: float,
    patients: int,
    alpha: float,
    believed: float,
) -> Prospect:
    """Expect the success of a trial with resection as endpoint, compared by two proportions, under each belief.

    Beliefs about the log odds ratio start from the rates hoped for and are updated with the published counts, of whose
    information the share ``believed`` counts; the control rate has Jeffreys' prior and the same share of its counts.

    Raises
    ------
    StatisticsError
        ``rate_treated`` is not above ``rate_control``.
    """
    if rate_treated <= rate_control:
        refuse("rate_treated", rate_treated, f"above rate_control ({rate_control:g})")
    (events1, n1), (events0, n0) = counts["LEN-TAP"], counts["TACE"]
    seen = odds_ratio(events1, n1, events0, n0)
    error = error_of_interval(log(seen.low), log(seen.high), believed=believed)
    control = beta(0.5 + believed * events0, 0.5 + believed * (n0 - events0))
    return _prospect(
        float(logit(rate_control) - logit(rate_treated)),
        (-log(seen.value), error),
        partial(_proportions_success, control=control, alpha=alpha),
        patients,
        method="normal prior of the log odds ratio, beta prior of the control rate",
        counts={"per arm": str(patients)},
        endpoint="SLR",
        comparator="TACE alone",
    )


def record_interim(
    prospect: Prospect, *, hazard_ratio: float, events: int, z: float, fraction: float, alpha: float
) -> dict[str, Result]:
    """Chance of success once a share of the events was seen: by belief, under the trend, under the effect hoped for."""
    critical, root = float(norm.isf(alpha / 2)), sqrt(events) / 2
    about: dict[str, Any] = {"source": "synthetic", "scale": "proportion"}
    chances = {
        f"predictive, {name}": predictive_power(
            z, fraction, critical=critical, prior_mean=-one.belief.mean * root, prior_sd=one.belief.sd * root
        )
        for name, one in prospect.outlooks.items()
    }
    chances["conditional, trend so far"] = conditional_power(z, fraction, critical=critical)
    drift = -log(hazard_ratio) * root
    chances["conditional, effect hoped for"] = conditional_power(z, fraction, critical=critical, drift=drift)
    return {
        name: record("design.next_trial.interim", chance, method=name.split(",")[0], given=name, **about)
        for name, chance in chances.items()
    }


def _prospect(
    target: float, evidence: tuple[float, float], success: Success, size: int, *, method: str, **about: Any
) -> Prospect:
    """``target`` and ``evidence`` (estimate, error) are negative where the treated do better."""
    sizes = np.unique(np.geomspace(10, max(LARGEST * size, 60), 40).astype(int)).tolist()
    outlooks = {}
    for name, start in starting_beliefs(target).items():
        belief = start.after(*evidence)
        chances = [success(belief, n) if belief.sd < np.inf else np.nan for n in (size, *sizes)]
        benefit = belief.below(0.0) if belief.sd < np.inf else np.nan
        shared: dict[str, Any] = {"source": "published", "scale": "proportion", "prior": name, **about}
        outlooks[name] = Outlook(
            belief,
            record("design.next_trial.benefit", benefit, method=method, **shared),
            record("design.next_trial.assurance", chances[0], method=f"assurance, {method}", **shared),
            chances[1:],
        )
    return Prospect(outlooks, sizes, [success(Belief(target, CERTAIN), n) for n in sizes])


def _log_rank_success(belief: Belief, events: int, *, alpha: float) -> float:
    def power(effect: Floats) -> Floats:
        return log_rank_power(np.exp(effect), events, alpha=alpha / 2, alternative="less")

    return assurance(power, belief)


def _proportions_success(belief: Belief, patients: int, *, control: Any, alpha: float) -> float:
    def power(effect: Floats, rate: Floats) -> Floats:
        treated = np.clip(expit(logit(rate) - effect), 1e-9, 1 - 1e-9)
        return np.asarray(proportions_power(treated, rate, patients, patients, alpha=alpha / 2, alternative="greater"))

    return assurance(power, belief, control)


def interval_of(belief: Belief) -> tuple[float, float, float]:
    """Ratio and its central 95% interval under a belief about its logarithm; 0 and infinity where it says nothing."""
    half = float(norm.isf(0.025)) * belief.sd
    return exp(belief.mean), exp(belief.mean - half) if half < np.inf else 0.0, exp(min(belief.mean + half, 700))
