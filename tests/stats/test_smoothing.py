import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.stats.smoothing import lowess


@settings(max_examples=30)
@given(st.integers(10, 60), st.integers(0, 1000), st.floats(0.5, 1))
def test_a_line_stays_a_line(n, seed, span):
    x = np.sort(np.random.default_rng(seed).random(n))
    np.testing.assert_allclose(lowess(x, 2 * x - 1, span=span, coarseness=0), 2 * x - 1, atol=1e-6)


@settings(max_examples=30)
@given(st.integers(3, 60), st.integers(0, 1000))
def test_the_order_of_tied_points_changes_nothing(n, seed):
    generator = np.random.default_rng(seed)
    x = np.sort(generator.integers(0, 5, n)).astype(float)
    y = generator.random(n)
    order = np.lexsort((generator.random(n), x))
    np.testing.assert_allclose(lowess(x, y[order]), lowess(x, y))


def test_equal_points_have_their_mean():
    assert lowess(np.full(4, 0.3), np.array([0, 1, 1, 0.0])).tolist() == [0.5] * 4
    assert lowess(np.array([0.3]), np.array([1.0])).tolist() == [1.0]


def test_values_between_are_interpolated():
    x = np.linspace(0, 1, 501)
    y = np.sin(5 * x)
    fine, coarse = lowess(x, y, coarseness=0), lowess(x, y)
    assert 0 < np.abs(fine - coarse).max() < 5e-3
    assert np.interp(x[3], x[[0, 5]], coarse[[0, 5]]) == pytest.approx(coarse[3])
