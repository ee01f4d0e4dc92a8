import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import kstest

from lentap.errors import ArgumentError
from lentap.stats import trial_draws
from lentap.stats.event_driven import event_probability
from lentap.stats.hazards import PiecewiseHazard, exponential
from lentap.stats.replicates import analyse_trials
from lentap.stats.trial_draws import draw_trials

CROSSING = PiecewiseHazard((0.10, 0.02), (0.0, 5.0))
PLAN = {"n1": 40, "n0": 20, "hazard1": CROSSING, "hazard0": exponential(12), "accrual": 12, "follow_up": 18}


def draw(trials=500, seed=1, **change):
    return draw_trials(np.random.default_rng(seed), trials, **(PLAN | change))


def test_the_same_seed_gives_the_same_trials():
    one, other = draw(dropout=0.01, prognosis=0.5), draw(dropout=0.01, prognosis=0.5)
    for name in ("time", "event", "treated", "prognosis"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert (draw(seed=2).time != one.time).mean() > 0.99


def test_other_assumptions_are_tried_on_the_same_patients():
    plain, effective = draw(follow_up=1e9), draw(follow_up=1e9, hazard1=PLAN["hazard0"].times(0.5))
    np.testing.assert_array_equal(plain.treated, effective.treated)
    np.testing.assert_array_equal(plain.time[~plain.treated], effective.time[~plain.treated])


def test_every_trial_has_the_planned_arms():
    drawn = draw(allocation=1.0)
    assert drawn.time.shape == (500, 60)
    assert (drawn.treated.sum(axis=1) == 40).all()
    assert draw(n1=1, n0=1).treated.sum(axis=1).tolist() == [1] * 500


def test_times_follow_the_hazard_of_their_arm():
    drawn = draw(2000, follow_up=1e9)
    assert drawn.event.all()
    for arm, hazard in ((drawn.treated, CROSSING), (~drawn.treated, PLAN["hazard0"])):
        assert kstest(drawn.time[arm], lambda time, hazard=hazard: 1 - hazard.survival(time)).pvalue > 0.001


def test_events_before_the_cut_are_as_many_as_calculated():
    drawn = draw(20_000, dropout=0.02)
    for arm, hazard in ((drawn.treated, CROSSING), (~drawn.treated, PLAN["hazard0"])):
        p = event_probability(hazard, accrual=12, follow_up=18, dropout=0.02)
        events = drawn.event[arm]
        assert events.mean() == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / events.size))


def test_follow_up_ends_between_the_shortest_and_the_longest():
    drawn = draw()
    censored = drawn.time[~drawn.event]
    assert censored.min() >= 18
    assert censored.max() <= 30
    assert draw(accrual=0).time.max() == 18


def test_a_last_rate_of_zero_leaves_patients_without_the_event():
    drawn = draw(hazard1=PiecewiseHazard((0.1, 0.0), (0.0, 5.0)), follow_up=1e9)
    assert 1 - drawn.event[drawn.treated].mean() == pytest.approx(np.exp(-0.5), abs=0.02)


def test_allocation_and_prognosis_confound_as_strongly_as_said():
    drawn = draw(1, n1=60_000, n0=120_000, hazard1=exponential(10), hazard0=exponential(10), follow_up=1e9)
    assert abs(drawn.prognosis[drawn.treated].mean()) < 0.02
    drawn = draw(
        1, n1=60_000, n0=120_000, hazard1=exponential(10), hazard0=exponential(10), follow_up=1e9,
        prognosis=0.7, allocation=1.2,
    )  # fmt: skip
    chosen = sm.Logit(drawn.treated[0].astype(float), sm.add_constant(drawn.prognosis[0])).fit(disp=0)
    assert chosen.params[1] == pytest.approx(1.2, abs=0.03)
    slope = np.polyfit(drawn.prognosis[0], np.log(drawn.time[0]), 1)[0]
    assert slope == pytest.approx(-0.7, abs=0.02)


def test_the_log_rank_test_holds_its_level_with_random_allocation_and_loses_it_without():
    same = {"hazard1": exponential(12), "hazard0": exponential(12), "prognosis": 0.8}
    rejected = {}
    for allocation in (0.0, 1.0):
        drawn = draw(2000, allocation=allocation, **same)
        found = analyse_trials(drawn.time, drawn.event, drawn.treated, landmark=12, horizon=18)
        rejected[allocation] = (found.log_rank_p < 0.05).mean()
    assert rejected[0.0] == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 2000))
    assert rejected[1.0] > 0.3


def test_blocks_cover_all_trials(monkeypatch):
    monkeypatch.setattr(trial_draws, "_PATIENTS_AT_ONCE", 60 * 7)
    drawn = draw(100)
    assert (drawn.treated.sum(axis=1) == 40).all()
    assert (drawn.time > 0).all()


@pytest.mark.parametrize(
    "change",
    [
        {"trials": 0},
        {"trials": 1.5},
        {"n1": 0},
        {"n0": -3},
        {"accrual": -1},
        {"follow_up": 0},
        {"follow_up": np.inf},
        {"dropout": -0.1},
        {"dropout": np.nan},
        {"prognosis": np.inf},
        {"allocation": np.nan},
    ],
)
def test_bad_input_is_refused_by_name(change):
    with pytest.raises(ArgumentError, match=f"^{next(iter(change))} is "):
        draw(**change)


@pytest.mark.parametrize(
    ("rates", "starts", "argument"),
    [
        ((), (), "rates"),
        ((-0.1,), (0.0,), "rates"),
        ((0.0,), (0.0,), "rates"),
        ((np.inf,), (0.0,), "rates"),
        ((0.1, 0.2), (0.0,), "starts"),
        ((0.1, 0.2), (1.0, 2.0), "starts"),
        ((0.1, 0.2, 0.3), (0.0, 2.0, 2.0), "starts"),
    ],
)
def test_a_hazard_that_is_none_is_refused(rates, starts, argument):
    with pytest.raises(ArgumentError, match=f"^{argument} is "):
        PiecewiseHazard(rates, starts)


def test_time_at_undoes_the_cumulative_hazard():
    hazard = PiecewiseHazard((0.1, 0.0, 0.3), (0.0, 2.0, 4.0))
    assert hazard.cumulative([1, 3, 5]).tolist() == pytest.approx([0.1, 0.2, 0.5])
    assert hazard.time_at([0.1, 0.5]).tolist() == pytest.approx([1, 5])
    assert PiecewiseHazard((0.1, 0.0), (0.0, 2.0)).time_at(0.3) == np.inf
    assert exponential(12).survival(12) == pytest.approx(0.5)
    with pytest.raises(ArgumentError, match=r"^median is 0"):
        exponential(0)
