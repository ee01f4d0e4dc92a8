"""Counts predicted for a new arm: what must hold whatever the rate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from lentap.errors import ArgumentError
from lentap.stats.prediction import predicted_counts

rates = st.floats(0.02, 0.9)


@given(rates, st.integers(1, 200), st.floats(0, 2))
def test_probabilities_sum_to_one_and_the_limits_hold_their_level(rate: float, n: int, spread: float) -> None:
    found = predicted_counts(rate, rate * 0.9, rate + 0.05, n=n, spread=spread)
    assert found.probabilities.sum() == pytest.approx(1)
    low, high = found.limits(0.95)
    assert found.at_least(low) - found.at_least(high + 1) >= 0.95 - 1e-9


@given(rates, st.integers(1, 100))
def test_without_uncertainty_the_counts_are_binomial(rate: float, n: int) -> None:
    found = predicted_counts(rate, rate, rate, n=n)
    assert found.probabilities == pytest.approx(binom.pmf(np.arange(n + 1), n, rate), abs=1e-12)


@given(st.floats(0.05, 0.4))
def test_studies_that_differ_more_make_the_prediction_wider(rate: float) -> None:
    widths = []
    for spread in (0.0, 0.5, 1.0):
        low, high = predicted_counts(rate, rate, rate, n=200, spread=spread).limits()
        widths.append(high - low)
    assert widths[0] < widths[1] < widths[2]


@pytest.mark.parametrize(
    ("found", "named"),
    [
        ({"rate": 0.1, "low": 0.2, "high": 0.3, "n": 10}, "rate, low, high"),
        ({"rate": 0.1, "low": 0.0, "high": 0.3, "n": 10}, "rate, low, high"),
        ({"rate": 0.1, "low": 0.1, "high": float("nan"), "n": 10}, "rate, low, high"),
        ({"rate": 0.1, "low": 0.1, "high": 0.3, "n": 0}, "n"),
        ({"rate": 0.1, "low": 0.1, "high": 0.3, "n": 10, "spread": -1}, "spread"),
        ({"rate": 0.1, "low": 0.1, "high": 0.3, "n": 10, "spread": float("inf")}, "spread"),
    ],
)
def test_what_cannot_be_is_refused_by_name(found: dict[str, float], named: str) -> None:
    with pytest.raises(ArgumentError, match=named):
        predicted_counts(**found)  # type: ignore[arg-type]
