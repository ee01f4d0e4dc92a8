import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from lentap.stats.normal_maximum import normal_maximum

BOUNDS = (0.3, 1.0, 2.0, 4.0, 7.0)


@pytest.mark.parametrize("bound", BOUNDS)
def test_one_variable_and_copies_of_it_have_the_normal_tail(bound):
    for correlation in (np.eye(1), np.ones((3, 3))):
        assert normal_maximum(bound, correlation, two_sided=True) == pytest.approx(2 * norm.sf(bound), rel=1e-12)
        assert normal_maximum(bound, correlation, two_sided=False) == pytest.approx(norm.sf(bound), rel=1e-12)


@pytest.mark.parametrize(("variables", "relative"), [(2, 1e-6), (3, 1e-6), (4, 2e-3), (5, 2e-3)])
@pytest.mark.parametrize("bound", BOUNDS)
def test_independent_variables_have_the_product_of_their_tails(variables, relative, bound):
    two_sided = -np.expm1(variables * np.log1p(-2 * norm.sf(bound)))
    one_sided = -np.expm1(variables * np.log1p(-norm.sf(bound)))
    assert normal_maximum(bound, np.eye(variables), two_sided=True) == pytest.approx(two_sided, rel=relative)
    assert normal_maximum(bound, np.eye(variables), two_sided=False) == pytest.approx(one_sided, rel=relative)


@pytest.mark.parametrize("bound", [-1.5, -0.2, 0.0, 0.7])
def test_a_one_sided_maximum_may_lie_below_0(bound):
    correlation = np.array([[1, 0.6, 0.3], [0.6, 1, 0.5], [0.3, 0.5, 1]])
    inside = multivariate_normal.cdf(np.full(3, bound), cov=correlation, abseps=1e-8, releps=1e-8, rng=1)
    error = 1e-3 if bound <= 0 else 1e-6
    assert normal_maximum(bound, correlation, two_sided=False) == pytest.approx(1 - inside, abs=error)


def test_the_same_question_has_the_same_answer_to_the_last_bit():
    assert len({normal_maximum(2.0, np.eye(4), two_sided=True) for _ in range(3)}) == 1
