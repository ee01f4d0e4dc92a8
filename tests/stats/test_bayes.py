from math import inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, fisher_exact

from lentap.errors import ArgumentError
from lentap.stats.bayes import PRIORS, posterior_difference, posterior_rate

CELL = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
PRIOR = st.one_of(st.sampled_from(list(PRIORS)), st.tuples(st.floats(0.3, 20), st.floats(0.3, 20)))


@given(CELL, PRIOR, st.floats(0.5, 0.999))
def test_the_interval_of_a_rate_leaves_equal_tails_and_mirrors_with_the_complement(cell, prior, level):
    (events, n), found = cell, posterior_rate(*cell, prior=prior, level=level)
    tail, near = (1 - level) / 2, 1e-9  # a limit next to 0 or 1 is as good as its neighbours in floating point
    below = [beta.cdf(np.nextafter(found.low, end), found.a, found.b) for end in (0, 1)]
    above = [found.above(np.nextafter(found.high, end)) for end in (1, 0)]
    assert below[0] * (1 - near) <= tail <= below[1] * (1 + near)
    assert above[0] * (1 - near) <= tail <= above[1] * (1 + near)
    other = posterior_rate(n - events, n, prior=prior if isinstance(prior, str) else prior[::-1], level=level)
    assert (other.low, other.high) == pytest.approx((1 - found.high, 1 - found.low), abs=1e-9)


@settings(max_examples=10, deadline=None)
@given(CELL, CELL, PRIOR, PRIOR)
def test_swapping_the_arms_mirrors_the_posterior_difference(first, second, prior1, prior0):
    one = posterior_difference(*first, *second, prior1=prior1, prior0=prior0)
    other = posterior_difference(*second, *first, prior1=prior0, prior0=prior1)
    assert -1 < one.low < one.high < 1
    assert (one.value, one.low, one.high) == pytest.approx((-other.value, -other.high, -other.low), abs=1e-8)
    assert one.superiority == pytest.approx(1 - other.superiority, abs=1e-10)
    assert one.above(one.low) == pytest.approx(0.975, abs=1e-9)
    assert one.above(one.high) == pytest.approx(0.025, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(CELL, CELL)
def test_superiority_under_uniform_priors_is_fishers_one_sided_p_value(first, second):
    """Altham (1969): with one event more in group 1 and one non-event more in group 0."""
    (events1, n1), (events0, n0) = first, second
    found = posterior_difference(*first, *second, prior1="uniform", prior0="uniform")
    table = [[events1 + 1, n1 - events1], [events0, n0 - events0 + 1]]
    assert 1 - found.superiority == pytest.approx(fisher_exact(table, alternative="greater").pvalue, abs=1e-10)


@pytest.mark.parametrize("counts", [(0, 10, 0, 20), (10, 10, 0, 20), (5, 56, 0, 29), (1, 1, 0, 1), (10, 10, 20, 20)])
def test_the_posterior_is_defined_for_empty_and_full_cells(counts):
    found = posterior_difference(*counts)
    assert -1 < found.low < found.value < found.high < 1
    assert 0 < found.superiority < 1
    assert (found.above(-1), found.above(1)) == pytest.approx((1, 0))


def test_large_and_small_groups_together_keep_their_precision():
    found = posterior_difference(4000, 10_000, 1, 3)
    assert found.low == pytest.approx(
        0.4 - beta.isf(0.025, 1.5, 2.5), abs=2e-4
    )  # the large group's rate is all but known
    assert found.above(found.low) == pytest.approx(0.975, abs=1e-9)


def test_what_the_prior_was_is_said():
    assert posterior_rate(1, 9).method == "posterior mean, jeffreys prior"
    assert posterior_rate(1, 9, prior=(2, 3)).method == "posterior mean, Beta(2, 3) prior"
    found = posterior_difference(1, 9, 1, 9, prior0="uniform")
    assert found.method == "posterior mean, jeffreys prior; the other group: posterior mean, uniform prior"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: posterior_rate(5, 4), "events is 5"),
        (lambda: posterior_rate(1, 4, level=95), "level is 95"),
        (lambda: posterior_rate(1, 4, prior="haldane"), "prior is 'haldane': legal is one of jeffreys, uniform"),
        (lambda: posterior_rate(1, 4, prior=(0, 1)), "prior is .0, 1.: legal is two finite numbers above 0"),
        (lambda: posterior_rate(1, 4, prior=(1, nan)), "legal is two finite numbers above 0"),
        (lambda: posterior_rate(1, 4, prior=(1, inf)), "legal is two finite numbers above 0"),
        (lambda: posterior_rate(1, 4, prior=(1, 2, 3)), "or two numbers above 0"),
        (lambda: posterior_rate(1, 4, prior=None), "prior is None"),
        (lambda: posterior_difference(1, 4, 5, 4), "events0 is 5"),
        (lambda: posterior_difference(1, 4, 1, 4, prior0="flat"), "prior0 is 'flat'"),
        (lambda: posterior_difference(1, 4, 1, 4, level=0), "level is 0"),
        (lambda: posterior_difference(1, 4, 1, 4).above(2), "margin is 2: legal is a number from -1 to 1"),
        (lambda: posterior_rate(1, 4).above(-0.1), "rate is -0.1: legal is a number from 0 to 1"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()
