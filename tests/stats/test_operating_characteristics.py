import numpy as np
import pytest

from lentap.errors import StatisticsError
from lentap.stats.operating_characteristics import (
    MEASURES,
    Trial,
    operating_characteristics,
    yearly_hazard,
)

DESIGN = {"patients": 142, "control_median": 15.0, "accrual": 13.0, "follow_up": 24.0}
ABOUT = {"trials": 4000, "seed": 3, "landmark": 24.0, "horizon": 24.0}


def test_without_an_effect_the_test_keeps_its_level_and_intervals_their_coverage() -> None:
    found = operating_characteristics(Trial(hazard_ratio=1.0, **DESIGN), **ABOUT)
    assert found.truth == pytest.approx(dict.fromkeys(MEASURES, 0.0), abs=1e-12)
    assert found.rejected.value == pytest.approx(0.05, abs=0.015)
    for measure in MEASURES:
        assert found.bias[measure].low < 0 < found.bias[measure].high
        assert found.coverage[measure].value == pytest.approx(0.95, abs=0.015)


def test_power_agrees_with_schoenfelds_formula() -> None:
    """Schoenfeld 1981: log hazard ratio has variance 4 over the number of events under equal allocation."""
    from scipy.stats import norm

    found = operating_characteristics(Trial(hazard_ratio=0.6, **DESIGN), **ABOUT)
    expected = norm.sf(norm.isf(0.025) - abs(np.log(0.6)) * np.sqrt(found.events) / 2)
    assert found.favours.value == pytest.approx(expected, abs=0.03)


def test_a_known_truth_is_the_one_a_large_trial_shows() -> None:
    exact = operating_characteristics(Trial(hazard_ratio=0.6, **DESIGN), **{**ABOUT, "trials": 2})
    large = operating_characteristics(Trial(hazard_ratio=0.6, prognosis=1e-9, **DESIGN), **{**ABOUT, "trials": 2})
    for measure, tolerance in zip(MEASURES, (0.02, 0.01, 0.1), strict=True):
        assert large.truth[measure] == pytest.approx(exact.truth[measure], abs=tolerance)


def test_allocation_by_prognosis_misleads_though_there_is_no_effect() -> None:
    found = operating_characteristics(Trial(hazard_ratio=1.0, prognosis=0.5, allocation=1.0, **DESIGN), **ABOUT)
    assert found.bias["log hazard ratio"].low > 0.1
    assert found.coverage["log hazard ratio"].high < 0.9


def test_a_delayed_effect_costs_power() -> None:
    at_once, late = (
        operating_characteristics(Trial(hazard_ratio=0.6, delay=delay, **DESIGN), **ABOUT) for delay in (0.0, 6.0)
    )
    assert late.favours.high < at_once.favours.low
    assert 0 > late.truth["log hazard ratio"] > at_once.truth["log hazard ratio"]


def test_the_same_seed_gives_the_same_answer() -> None:
    trial = Trial(hazard_ratio=0.7, **DESIGN)
    few = {**ABOUT, "trials": 50}
    assert operating_characteristics(trial, **few) == operating_characteristics(trial, **few)
    assert operating_characteristics(trial, **few) != operating_characteristics(trial, **{**few, "seed": 4})


def test_the_yearly_share_is_lost_within_a_year() -> None:
    assert np.exp(-12 * yearly_hazard(0.05, 12)) == pytest.approx(0.95)


@pytest.mark.parametrize(
    ("change", "about", "words"),
    [
        ({"hazard_ratio": 0.0}, {}, "hazard_ratio is 0: legal is a finite number above 0"),
        ({}, {"trials": 1}, "trials is 1: legal is 2 or more"),
        ({}, {"seed": -1}, "seed is -1: legal is 0 or more"),
        ({"accrual": -1.0}, {}, "accrual"),
        ({"control_median": 0.0}, {}, "median"),
        ({}, {"level": 1.5}, "level"),
    ],
)
def test_what_cannot_be_is_refused(change: dict, about: dict, words: str) -> None:
    with pytest.raises(StatisticsError, match=words):
        operating_characteristics(Trial(**{"hazard_ratio": 0.7, **DESIGN, **change}), **{**ABOUT, **about})
    with pytest.raises(StatisticsError, match="share"):
        yearly_hazard(1.0, 12)
