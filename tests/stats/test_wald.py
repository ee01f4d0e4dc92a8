import math

import pytest

from lentap.errors import ArgumentError
from lentap.stats.wald import wald_estimate, wald_ratio

MARGIN = 0.2 * 1.959963984540054


@pytest.mark.parametrize(
    ("value", "scale", "low", "high"),
    [
        (0.3, "plain", 0.3 - MARGIN, 0.3 + MARGIN),
        (2.0, "log", 2 * math.exp(-MARGIN), 2 * math.exp(MARGIN)),
        (0.3, "logit", 1 / (1 + 7 / 3 * math.exp(MARGIN)), 1 / (1 + 7 / 3 * math.exp(-MARGIN))),
    ],
)
def test_limits_are_symmetric_on_their_scale(value, scale, low, high):
    found = wald_estimate(value, 0.2, "a method", scale=scale)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-8)
    assert (found.error, found.scale, found.method) == (0.2, scale, "a method")


@pytest.mark.parametrize(("value", "scale", "null"), [(0.4, "plain", 0.4), (3, "log", 3), (0.5, "logit", None)])
def test_the_p_value_is_against_the_null(value, scale, null):
    assert wald_estimate(value, 0.2, "", scale=scale, null=null).p_value == 1
    assert wald_estimate(value + 0.3, 0.2, "", scale=scale, null=null).p_value < 1


@pytest.mark.parametrize(("value", "error"), [(1.0, 0.0), (1.0, math.nan), (math.inf, 0.1), (math.nan, 0.1)])
def test_without_an_error_there_is_no_interval_and_the_method_says_so(value, error):
    found = wald_estimate(value, error, "ratio", scale="log", unknown="no events")
    assert all(map(math.isnan, (found.low, found.high, found.error, found.p_value)))
    assert found.method == "ratio; interval not estimable: no events"


def test_a_ratio_of_two_estimates_has_its_error_on_the_log_scale():
    found = wald_ratio(3.0, 0.6, 2.0, 0.3, "ratio")
    assert found.value == 1.5
    assert found.error == pytest.approx(math.hypot(0.2, 0.15))
    assert wald_ratio(2.0, 0.3, 3.0, 0.6, "").low == pytest.approx(1 / found.high)
    assert math.isnan(wald_ratio(3.0, 0.6, 0.0, 0.0, "").value)
    assert math.isnan(wald_ratio(0.0, 0.0, 2.0, 0.3, "").low)


def test_refusals():
    with pytest.raises(ArgumentError, match="scale is 'probit': legal is one of plain, log, logit"):
        wald_estimate(0.5, 0.1, "", scale="probit")
    with pytest.raises(ArgumentError, match="level is 95"):
        wald_estimate(0.5, 0.1, "", level=95)
