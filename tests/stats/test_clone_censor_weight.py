"""Clone, censor, weight on simulated patients whose truth is known, and on small ones counted by hand."""

import numpy as np
import pandas as pd
import pytest

from lentap.errors import ArgumentError
from lentap.stats.clone_censor_weight import clone_censor_weight, longest_comparison
from lentap.stats.kaplan_meier import kaplan_meier

NAN = np.nan
Data = dict[str, np.ndarray]
FEW = {"replicates": 40}


def cohort(seed: int, n: int, effect: float = 1.0) -> tuple[Data, pd.DataFrame]:
    """Patients of whom the fitter half is operated on earlier and lives longer; the operation divides hazards."""
    random = np.random.default_rng(seed)
    fit = random.random(n) < 0.5
    change = random.exponential(1 / (0.06 * np.exp(1.0 * fit)))
    untreated = random.exponential(1 / (0.05 * np.exp(-0.9 * fit)))
    death = np.where(untreated <= change, untreated, change + (untreated - change) * effect)
    censored = random.uniform(20, 60, n)
    time = np.minimum(death, censored)
    data = {"time": time, "event": death <= censored, "change": np.where(change <= time, change, NAN)}
    return data, pd.DataFrame({"fit": fit.astype(float)})


def naive(data: Data, horizon: float) -> float:
    ever = ~np.isnan(data["change"])
    curves = [kaplan_meier(data["time"][group], data["event"][group]) for group in (ever, ~ever)]
    return float(curves[0].at([horizon])[0] - curves[1].at([horizon])[0])


def truth(horizon: float, grace: float, effect: float) -> tuple[float, float]:
    """Survival of those operated on by the end of the grace period, if alive then, and of those never operated on."""
    random = np.random.default_rng(99)
    n = 400_000
    fit = random.random(n) < 0.5
    change = np.minimum(random.exponential(1 / (0.06 * np.exp(1.0 * fit))), grace)
    untreated = random.exponential(1 / (0.05 * np.exp(-0.9 * fit)))
    death = np.where(untreated <= change, untreated, change + (untreated - change) * effect)
    return float((death > horizon).mean()), float((untreated > horizon).mean())


def test_without_an_effect_the_strategies_do_not_differ_where_the_naive_comparison_does() -> None:
    found, unweighted, wrong = [], [], []
    for seed in range(12):
        data, covariates = cohort(seed, 800)
        about = {"grace": 6.0, "horizon": 24.0, **FEW}
        found.append(clone_censor_weight(**data, covariates=covariates, **about).difference.value)
        unweighted.append(clone_censor_weight(**data, **about).difference.value)
        wrong.append(naive(data, 24.0))
    error = np.std(found, ddof=1) / np.sqrt(12)
    assert error < 0.02
    assert abs(np.mean(found)) < 3 * error
    assert np.mean(unweighted) > 0.08  # confounded
    assert np.mean(wrong) > 0.4  # confounded, and with immortal time


def test_with_an_effect_each_strategy_has_its_true_survival() -> None:
    data, covariates = cohort(5, 4_000, effect=2.5)
    found = clone_censor_weight(**data, covariates=covariates, grace=6, horizon=18, **FEW)
    within, never = truth(18, 6, 2.5)
    assert found.within.at(18) == pytest.approx(within, abs=0.03)
    assert found.never.at(18) == pytest.approx(never, abs=0.03)
    assert found.difference.low < within - never < found.difference.high


def test_clones_share_their_course_until_one_departs_from_its_strategy() -> None:
    """Six patients by hand, grace period 4: one is operated on at 2, one at 3, one at 6."""
    data = {
        "time": np.array([1.0, 9, 7, 8, 5, 10]),
        "event": np.array([1, 1, 1, 0, 1, 1]),
        "change": np.array([NAN, 2, 3, 6, NAN, NAN]),
    }
    found = clone_censor_weight(**data, grace=4, horizon=9, **FEW)
    assert found.within.time.tolist() == [0, 1, 7, 9]
    assert found.within.survival == pytest.approx([1, 5 / 6, 5 / 6 / 2, 0])
    assert (found.within.events, found.within.censored) == (3, 3)
    assert found.never.time.tolist() == [0, 1, 5]
    assert found.never.survival == pytest.approx([1, 5 / 6, 5 / 6 * 2 / 3])
    assert (found.never.events, found.never.censored) == (2, 3)
    assert found.difference.value == pytest.approx(0 - 5 / 9)
    areas = 1 + 6 * 5 / 6 + 2 * 5 / 12, 1 + 4 * 5 / 6 + 4 * 5 / 9
    assert found.mean_difference.value == pytest.approx(areas[0] - areas[1])


def test_an_event_in_the_grace_period_before_any_change_counts_in_both_strategies() -> None:
    data, _ = cohort(3, 400)
    found = clone_censor_weight(**data, grace=6, horizon=24, **FEW)
    early = data["event"] & (data["time"] <= 6) & np.isnan(data["change"])
    times = np.unique(data["time"][early])
    assert set(times) <= set(found.within.time)
    assert set(times) <= set(found.never.time)


def test_a_death_on_the_day_of_the_operation_is_one_of_the_operated() -> None:
    data = {
        "time": np.array([3.0, 9, 8, 10, 6]),
        "event": np.array([1, 1, 1, 0, 0]),
        "change": np.array([3.0, 2, NAN, NAN, NAN]),
    }
    found = clone_censor_weight(**data, grace=4, horizon=9, **FEW)
    assert found.within.at(3) == pytest.approx(4 / 5)
    assert found.never.at(3) == 1


@pytest.mark.parametrize(("scale", "unit"), [(1.0, "months"), (30.4375, "days")])
def test_the_unit_of_time_changes_nothing_but_the_mean(scale: float, unit: str) -> None:
    data, covariates = cohort(8, 300)
    base = clone_censor_weight(**data, covariates=covariates, grace=6, horizon=20, **FEW)
    scaled = data | {name: data[name] * scale for name in ("time", "change")}
    again = clone_censor_weight(**scaled, covariates=covariates, grace=6 * scale, horizon=20 * scale, **FEW)
    assert again.difference.value == pytest.approx(base.difference.value)
    assert again.mean_difference.low == pytest.approx(scale * base.mean_difference.low)


def test_rare_categories_and_extreme_values_leave_every_sample_an_answer() -> None:
    data, covariates = cohort(4, 140)
    random = np.random.default_rng(1)
    covariates["stage"] = np.where(np.arange(140) < 3, "A", "B")
    covariates["marker"] = np.exp(random.normal(0, 5, 140))
    found = clone_censor_weight(**data, covariates=covariates, grace=6, horizon=20, replicates=100)
    assert found.replicates == 100
    assert np.isfinite([found.difference.low, found.mean_difference.high]).all()
    assert found.within.largest_weight >= 1
    assert found.never.largest_weight >= 1


def test_with_a_heavy_penalty_nothing_is_weighted() -> None:
    data, covariates = cohort(6, 300)
    about = {"grace": 6.0, "horizon": 20.0, **FEW}
    heavy = clone_censor_weight(**data, covariates=covariates, penalty=1e9, **about)
    assert heavy.difference.value == pytest.approx(clone_censor_weight(**data, **about).difference.value, abs=1e-6)


def test_the_same_seed_gives_the_same_interval() -> None:
    data, _ = cohort(2, 200)
    found = [clone_censor_weight(**data, grace=6, horizon=20, seed=seed, **FEW).difference for seed in (1, 1, 2)]
    assert found[0] == found[1]
    assert found[0].low != found[2].low
    assert found[0].value == found[2].value


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"grace": 0}, "grace is 0: legal is a finite"),
        ({"grace": 100, "horizon": 120}, "followed beyond"),
        ({"horizon": 6}, "above the grace period"),
        ({"horizon": 1e4}, "at most"),
        ({"penalty": 0}, "penalty is 0"),
        ({"replicates": 5}, "replicates is 5"),
    ],
)
def test_what_is_not_legal_is_named(changed: dict[str, float], words: str) -> None:
    data, covariates = cohort(2, 200)
    given = {"grace": 6.0, "horizon": 20.0, **FEW} | changed
    with pytest.raises(ArgumentError, match=words):
        clone_censor_weight(**data, covariates=covariates, **given)


def test_the_longest_comparison_ends_with_the_strategy_followed_least() -> None:
    data = {"time": [5, 9, 12, 7], "event": [0, 0, 0, 1], "change": [NAN, 2, NAN, NAN]}
    assert longest_comparison(**data, grace=3) == 9
    with pytest.raises(ArgumentError, match="above 0"):
        longest_comparison([0, 9, 12], [0, 1, 1], [NAN, 2, NAN], grace=3)
