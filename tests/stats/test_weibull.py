import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import WeibullFitter

from lentap.errors import ConvergenceError, StatisticsError
from lentap.stats.piecewise_exponential import piecewise_exponential
from lentap.stats.weibull import compare_weibull, weibull
from lentap.validation.datasets import gehan
from tests.stats.subjects import columns_of, contains_estimate, fields, two_groups


def test_the_fit_agrees_with_lifelines():
    fit, theirs = weibull(gehan()["time"], gehan()["event"]), WeibullFitter().fit(gehan()["time"], gehan()["event"])
    assert (fit.shape.value, fit.scale.value) == pytest.approx((theirs.rho_, theirs.lambda_), rel=1e-4)
    assert fit.log_likelihood == pytest.approx(theirs.log_likelihood_)
    assert fit.survival([0, 5]) == pytest.approx(theirs.survival_function_at_times([0, 5]).to_numpy(), rel=1e-4)


def test_survival_at_the_median_is_one_half():
    fit = weibull(gehan()["time"], gehan()["event"])
    assert fit.survival(fit.median.value) == pytest.approx(0.5)


def test_the_arms_share_a_shape_and_the_time_ratio_is_the_hazard_ratio_on_the_other_scale():
    found = compare_weibull(gehan()["time"], gehan()["event"], gehan()["group"] == "6-MP")
    assert found.hazard_ratio.value == pytest.approx(found.time_ratio.value**-found.shape.value)
    assert (found.events, found.n) == (30, 42)


@pytest.mark.parametrize(
    ("time", "event"), [([1, 2], [0, 0]), ([3], [1]), ([2, 2, 2], [1, 1, 1]), ([1, 2, 2], [0, 1, 0])]
)
def test_without_a_maximum_the_fit_is_not_a_number_and_says_why(time, event):
    fit = weibull(time, event)
    assert np.isnan([*fields(fit.shape), *fields(fit.scale), *fields(fit.median), fit.log_likelihood]).all()
    assert "not estimable" in fit.shape.method
    assert "not estimable" in fit.median.method


def test_an_arm_without_events_has_no_hazard_ratio():
    found = compare_weibull([1, 2, 3, 4], [1, 1, 0, 0], [0, 0, 1, 1])
    assert np.isnan([*fields(found.hazard_ratio), *fields(found.time_ratio)]).all()


def test_far_apart_times_converge():
    fit = weibull([1e-8, 1e-3, 1.0, 1e5, 1e9], [1, 1, 1, 1, 0])
    assert 0 < fit.shape.value < 1
    exponent = weibull([99.9, 100, 100.1, 100.2], [1, 1, 1, 1]).shape.value
    assert exponent > 500


def test_a_fit_that_does_not_converge_is_an_error(monkeypatch):
    monkeypatch.setattr("lentap.stats.weibull._MOST_STEPS", 1)
    with pytest.raises(ConvergenceError, match="no convergence in 1 steps"):
        weibull(gehan()["time"], gehan()["event"])


@given(two_groups, st.floats(0.01, 100), st.randoms(use_true_random=False))
def test_scaling_time_scales_the_scale_and_the_order_of_rows_is_nothing(rows, factor, random):
    (time, event, _), (time2, event2, _) = columns_of(rows), columns_of(random.sample(rows, len(rows)))
    one, other = weibull(time, event), weibull(factor * time2, event2)
    assert fields(other.shape) == pytest.approx(fields(one.shape), nan_ok=True, rel=1e-6)
    assert fields(other.scale) == pytest.approx([factor * value for value in fields(one.scale)], nan_ok=True, rel=1e-6)
    assert all(map(contains_estimate, (one.shape, one.scale, one.median)))


@given(two_groups)
def test_a_shape_more_fits_no_worse_and_swapped_arms_invert_the_ratios(rows):
    time, event, group = columns_of(rows)
    one, other = (compare_weibull(time, event, group == arm) for arm in "AB")
    for ratio, inverse in ((one.hazard_ratio, other.hazard_ratio), (one.time_ratio, other.time_ratio)):
        assert fields(ratio) == pytest.approx([1 / inverse.value, 1 / inverse.high, 1 / inverse.low], nan_ok=True)
    fit = weibull(time, event)
    if np.isfinite(fit.log_likelihood):
        assert fit.log_likelihood >= piecewise_exponential(time, event).log_likelihood - 1e-9
        assert not one.log_likelihood < fit.log_likelihood - 1e-9


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: weibull([0.0, 1], [1, 1]), "time is 0: legal is finite numbers above 0"),
        (lambda: weibull([1.0, 2], [1, 1], level=1), "level is 1"),
        (lambda: weibull([1.0, 2], [1, 3]), "event is 3"),
        (lambda: compare_weibull([1.0, 2], [1, 1], [0, 0]), "treated is 'False in every row'"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(StatisticsError, match=words):
        call()
