import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, norm

from lentap.errors import ArgumentError
from lentap.stats.conditional_power import assurance, conditional_power, predictive_power
from lentap.stats.event_driven import log_rank_power

Z, FRACTION = st.floats(-4, 4), st.floats(0.05, 0.95)


@given(Z, FRACTION, st.floats(-1, 4))
def test_conditional_power_is_the_chance_of_the_increment_that_is_missing(z, fraction, drift):
    missing = 1.96 - z * np.sqrt(fraction)
    expected = norm(drift * (1 - fraction), np.sqrt(1 - fraction)).sf(missing)
    assert conditional_power(z, fraction, drift=drift) == pytest.approx(expected, abs=1e-12)


@given(Z, FRACTION)
def test_without_a_drift_the_trend_goes_on(z, fraction):
    trend = conditional_power(z, fraction, drift=z / np.sqrt(fraction))
    assert conditional_power(z, fraction) == pytest.approx(trend, abs=1e-12)


@settings(max_examples=20)
@given(Z, FRACTION)
def test_predictive_power_averages_conditional_power_over_the_posterior(z, fraction):
    spread = np.sqrt(1 / fraction)
    drift = np.linspace(-9, 9, 401) * spread + z * spread
    powers = [conditional_power(z, fraction, drift=one) for one in drift]
    average = np.trapezoid(powers * norm.pdf(drift, z * spread, spread), drift)
    assert predictive_power(z, fraction) == pytest.approx(average, abs=1e-6)


def test_a_sharp_prior_makes_predictive_power_conditional():
    found = predictive_power(1.0, 0.4, prior_mean=2.5, prior_sd=1e-6)
    assert found == pytest.approx(conditional_power(1.0, 0.4, drift=2.5), abs=1e-9)


@given(st.floats(-1, 1), st.floats(0.02, 2), st.floats(20, 400))
def test_assurance_of_a_normal_prior_has_its_closed_form(mean, sd, events):
    found = assurance(lambda b: log_rank_power(np.exp(b), events, alpha=0.025, alternative="less"), norm(mean, sd))
    expected = norm.cdf((-mean - norm.isf(0.025) * 2 / np.sqrt(events)) / np.sqrt(sd**2 + 4 / events))
    assert found == pytest.approx(expected, abs=1e-6)


def test_assurance_takes_the_mean_over_each_of_its_priors():
    one, other = beta(3, 5), beta(0.5, 0.5)
    assert assurance(lambda p: p, one) == pytest.approx(one.mean(), abs=1e-9)
    assert assurance(lambda p: p, other) == pytest.approx(0.5, abs=1e-9)
    assert assurance(lambda p, q: p * q, one, other) == pytest.approx(one.mean() * 0.5, abs=1e-9)
    assert assurance(lambda p: 1.0, one) == pytest.approx(1, abs=1e-12)


def test_assurance_never_exceeds_the_chance_that_there_is_an_effect():
    found = assurance(lambda b: log_rank_power(np.exp(b), 1e6, alpha=0.025, alternative="less"), norm(-0.1, 0.2))
    assert found == pytest.approx(norm.cdf(0.5), abs=0.01)
    assert found < norm.cdf(0.5)


@pytest.mark.parametrize(
    ("call", "inputs", "argument"),
    [
        (conditional_power, {"z": np.nan, "fraction": 0.5}, "z"),
        (conditional_power, {"z": 1, "fraction": 0}, "fraction"),
        (conditional_power, {"z": 1, "fraction": 1}, "fraction"),
        (conditional_power, {"z": 1, "fraction": 0.5, "critical": np.inf}, "critical"),
        (conditional_power, {"z": 1, "fraction": 0.5, "drift": np.nan}, "drift"),
        (predictive_power, {"z": 1, "fraction": 1.5}, "fraction"),
        (predictive_power, {"z": 1, "fraction": 0.5, "prior_sd": 0}, "prior_sd"),
        (predictive_power, {"z": 1, "fraction": 0.5, "prior_mean": np.inf}, "prior_mean"),
        (assurance, {"power": lambda: 1}, "priors"),
    ],
)
def test_bad_input_is_refused_by_name(call, inputs, argument):
    with pytest.raises(ArgumentError, match=f"^{argument} is "):
        call(**inputs)


def test_a_power_that_is_no_probability_is_refused():
    with pytest.raises(ArgumentError, match=r"^power is 1\.\d+: legal is a function"):
        assurance(lambda p: 2 * p, beta(2, 2))
