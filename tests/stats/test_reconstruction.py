"""Individual data behind digitised curves: what must hold of any, how near they come, and what is refused."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError, StatisticsError
from lentap.stats.digitised import digitised_curve
from lentap.stats.hazards import exponential
from lentap.stats.kaplan_meier import kaplan_meier
from lentap.stats.reconstruction import Reconstruction, individual_data, reconstruct
from lentap.stats.reconstruction_uncertainty import reconstructed_hazard_ratio
from lentap.stats.survival import cox_hazard_ratio
from lentap.stats.trial_draws import draw_trials


def arm_of(
    seed: int, n: int, median: float, noise: float = 0.0, known: str = "table"
) -> tuple[Any, Any, Reconstruction]:
    """An arm's own times and events, and its reconstruction from 120 readings and what is ``known`` besides."""
    generator = np.random.default_rng(seed)
    time = np.minimum(generator.exponential(median / np.log(2), n), generator.uniform(12, 36, n))
    event = time < np.minimum(generator.uniform(10, 40, n), 36)
    curve = kaplan_meier(time, event)
    at = np.linspace(0, time.max(), 120)
    table = np.arange(0, time.max(), 6.0) if "table" in known else np.zeros(1)
    events = int(event.sum()) if "events" in known else None
    read = curve.at(at) + generator.normal(0, noise, at.size) if noise else curve.at(at)
    made = reconstruct(digitised_curve(at, read, at_risk_time=table, at_risk=curve.at_risk_at(table), events=events))
    return time, event, made


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(5, 120), st.sampled_from(["table", "table, events", "events", "neither"]))
def test_what_is_published_is_met_exactly(seed: int, n: int, known: str) -> None:
    time, event, made = arm_of(seed, n, 15.0, known=known)
    assert made.time.size == n
    assert (np.diff(made.time) >= 0).all()
    assert made.time.max() <= time.max() + 1e-9
    assert (made.fit.at_risk["difference"] == 0).all()
    if "events" in known:
        assert made.fit.events == event.sum() == made.event.sum()


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.integers(30, 120))
def test_the_curve_of_the_reconstruction_is_the_curve_that_was_read(seed: int, n: int) -> None:
    time, event, made = arm_of(seed, n, 15.0)
    assume(event.any())
    curve = kaplan_meier(time, event)
    off = np.abs(kaplan_meier(made.time, made.event).at(made.curve.time) - made.curve.read)
    assert np.nanmedian(off) < 0.5 / n
    assert np.nanmax(off) < 1.001 * -np.diff(curve.survival).min()


@settings(max_examples=10)
@given(st.integers(0, 10_000), st.sampled_from([0.125, 4.0, 32.0]))  # which floating point scales without rounding
def test_another_unit_of_time_reconstructs_the_same_subjects(seed: int, unit: float) -> None:
    _, _, made = arm_of(seed, 60, 15.0)
    curve = made.curve
    again = reconstruct(
        digitised_curve(curve.time * unit, curve.read, at_risk_time=curve.at_risk_time * unit, at_risk=curve.at_risk)
    )
    assert again.time == pytest.approx(made.time * unit)
    assert (again.event == made.event).all()


def test_draws_agree_with_what_is_published_and_differ_from_each_other() -> None:
    _, event, made = arm_of(3, 71, 18.0, noise=0.002, known="table, events")
    times, events = made.draw(np.random.default_rng(1), 50)
    assert (events.sum(axis=1) == event.sum()).all()
    for start, published in zip(made.curve.at_risk_time, made.curve.at_risk, strict=True):
        assert np.allclose((times >= start - 1e-9).sum(axis=1), published, atol=1)
    assert len({tuple(row) for row in times.round(6).tolist()}) > 1


@pytest.mark.parametrize(("known", "most"), [("table, events", 0.013), ("table", 0.017)])
def test_hazard_ratios_come_as_near_as_they_should(known: str, most: float) -> None:
    drawn = draw_trials(
        np.random.default_rng(11), 30, n1=71, n0=71, hazard1=exponential(30), hazard0=exponential(18), accrual=24,
        follow_up=24, dropout=0.005,
    )  # fmt: skip
    generator, off = np.random.default_rng(12), []
    for time, event, treated in zip(drawn.time, drawn.event, drawn.treated, strict=True):
        true = cox_hazard_ratio(time, event, treated).value
        arms = []
        for arm in (treated, ~treated):
            curve = kaplan_meier(time[arm], event[arm])
            at, table = np.linspace(0, time[arm].max(), 250), np.arange(0, time[arm].max(), 6.0)
            read = curve.at(at) + generator.normal(0, 0.002, at.size)
            total = int(event[arm].sum()) if "events" in known else None
            arms.append(
                reconstruct(
                    digitised_curve(at, read, at_risk_time=table, at_risk=curve.at_risk_at(table), events=total)
                )
            )
        found = individual_data({"treated": arms[0], "control": arms[1]})
        made = cox_hazard_ratio(found["time"], found["event"], found["group"] == "treated").value
        off.append(abs(np.log(made / true)))
    assert np.mean(off) <= most


def test_less_that_is_known_makes_the_interval_of_the_hazard_ratio_wider() -> None:
    errors = []
    for known in ("table, events", "neither"):
        treated, control = (arm_of(seed, 71, median, 0.002, known)[2] for seed, median in ((1, 30.0), (2, 18.0)))
        found = reconstructed_hazard_ratio(treated, control)
        assert found.reconstruction_error > 0
        assert np.log(found.high / found.low) > 2 * 1.95 * found.sampling_error
        errors.append(found.reconstruction_error)
    assert errors[1] > errors[0]


def test_the_same_seed_gives_the_same_interval() -> None:
    treated, control = (arm_of(seed, 40, 20.0)[2] for seed in (1, 2))
    assert reconstructed_hazard_ratio(treated, control, seed=5) == reconstructed_hazard_ratio(treated, control, seed=5)


TIMES, CURVE = [0.0, 5, 10, 15, 20, 25], [1.0, 0.9, 0.7, 0.5, 0.4, 0.3]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"survival": [100, 90, 70, 50, 40, 30]}, 'unit="percent"'),
        ({"unit": "percent"}, "per cent from 0 to 100"),
        ({"unit": "rate"}, "unit"),
        ({"survival": [1, 0.9, 0.7, 0.85, 0.4, 0.3]}, "never rises"),
        ({"survival": [1, 0.9, 0.7, 0.5, 0.4]}, "as long as time"),
        ({"survival": [1, 0.9, 0.7, 0.5, 0.4, float("nan")]}, "finite"),
        ({"time": [0, -5, 10, 15, 20, 25]}, "0 or later"),
        ({"time": [], "survival": []}, "time"),
        ({"tolerance": 0.7}, "tolerance"),
        ({"at_risk": [50, 49, 48], "at_risk_time": [0, 10, 20]}, "another arm"),
        ({"at_risk": [50, 30, 35], "at_risk_time": [0, 10, 20]}, "at most the 30"),
        ({"at_risk": [50, 30], "at_risk_time": [0, 10, 20]}, "as long as at_risk_time"),
        ({"at_risk": [50, 30.5, 10], "at_risk_time": [0, 10, 20]}, "whole numbers"),
        ({"at_risk": [50, 30, 10], "at_risk_time": [0, 10, 10]}, "each later"),
        ({"at_risk": [50, 30, 10]}, "at_risk_time"),
        ({"at_risk": [30, 10], "at_risk_time": [10, 20], "n": None}, "start at 10"),
        ({"at_risk": [60, 30, 10], "at_risk_time": [0, 10, 20]}, "number of subjects"),
        ({"n": None}, "n"),
        ({"n": 0}, "n"),
        ({"events": 51}, "events"),
        ({"events": 2}, "events is 'at odds with the curve"),
        ({"events": 49}, "going by"),
    ],
)
def test_readings_that_cannot_be_are_refused(changed: dict[str, Any], words: str) -> None:
    given_: dict[str, Any] = {"time": TIMES, "survival": CURVE, "n": 50} | changed
    with pytest.raises(StatisticsError, match=words):
        reconstruct(digitised_curve(given_.pop("time"), given_.pop("survival"), **given_))


def test_what_was_mended_is_counted() -> None:
    curve = digitised_curve([0, 10, 5, -0.1, 5, 5, 20], [1, 0.8, 0.9, 1.005, 0.95, 0.92, 0.805], n=40)
    assert curve.cleaning.disordered == 2
    assert curve.cleaning.before_zero == 1
    assert curve.cleaning.repeated == 1
    assert curve.cleaning.outside == 1
    assert curve.cleaning.largest_rise == pytest.approx(0.005)
    assert (np.diff(curve.survival) <= 0).all()


def test_per_cent_and_proportions_give_the_same_curve() -> None:
    percent = digitised_curve(TIMES, [100 * s for s in CURVE], n=50, unit="percent")
    assert percent.survival == pytest.approx(digitised_curve(TIMES, CURVE, n=50).survival)


def test_no_arms_are_no_data() -> None:
    with pytest.raises(ArgumentError, match="arms"):
        individual_data({})


@pytest.mark.parametrize("changed", [{"draws": 1}, {"draws": 2.5}, {"seed": -1}, {"level": 1.0}])
def test_draws_that_say_nothing_are_refused(changed: dict[str, Any]) -> None:
    made = reconstruct(digitised_curve(TIMES, CURVE, n=50))
    with pytest.raises(ArgumentError, match=next(iter(changed))):
        reconstructed_hazard_ratio(made, made, **changed)
