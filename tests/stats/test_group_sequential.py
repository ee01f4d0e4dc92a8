import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

from lentap.errors import ArgumentError
from lentap.stats.group_sequential import SHAPES, SPENDING, classical_design, spending_design

FRACTIONS = st.lists(st.integers(1, 99), min_size=0, max_size=5, unique=True).map(lambda at: [*np.sort(at) / 100, 1.0])


@settings(max_examples=30, deadline=None)
@given(FRACTIONS, st.sampled_from(SPENDING), st.sampled_from([1, 2]), st.floats(0.005, 0.2))
def test_a_spending_design_spends_its_alpha_as_said(fractions, spending, sided, alpha):
    design = spending_design(fractions, alpha=alpha, sided=sided, spending=spending)
    stopped = design.stopping(0.0).sum(axis=0)
    assert np.cumsum(stopped) == pytest.approx(design.spent, abs=1e-9)
    assert design.spent[-1] == pytest.approx(alpha, rel=1e-12)
    assert (np.diff(design.spent) >= 0).all()


@settings(max_examples=15, deadline=None)
@given(FRACTIONS, st.sampled_from(SHAPES), st.sampled_from([1, 2]))
def test_a_classical_design_keeps_its_shape_and_alpha(fractions, shape, sided):
    design = classical_design(fractions, alpha=0.05, sided=sided, shape=shape, delta=0.1)
    power = {"obrien-fleming": 0.5, "pocock": 0.0, "wang-tsiatis": 0.4}[shape]
    assert design.bounds == pytest.approx(design.bounds[-1] * design.fractions**-power)
    assert design.stopping(0.0).sum() == pytest.approx(0.05, abs=1e-10)
    assert design.spent[-1] == pytest.approx(0.05, abs=1e-10)


def test_crossing_probabilities_are_those_of_the_multivariate_normal():
    design = spending_design([0.4, 0.7, 1.0], alpha=0.05, sided=2, spending="pocock")
    times, bounds = design.fractions, design.bounds
    covariance = np.sqrt(np.minimum.outer(times, times) / np.maximum.outer(times, times))
    for drift in (0.0, 1.0, 3.0):
        inside = [
            multivariate_normal(drift * np.sqrt(times[:looks]), covariance[:looks, :looks], abseps=1e-9).cdf(
                bounds[:looks], lower_limit=-bounds[:looks]
            )
            for looks in (1, 2, 3)
        ]
        assert 1 - np.cumsum(design.stopping(drift).sum(axis=0)) == pytest.approx(inside, abs=1e-6)


def test_a_single_look_is_the_ordinary_test():
    design = spending_design([1.0], alpha=0.05)
    assert design.bounds[0] == pytest.approx(norm.isf(0.025), rel=1e-12)
    assert design.nominal[0] == pytest.approx(0.05, rel=1e-12)
    assert design.inflation(0.8) == pytest.approx(1, abs=1e-6)
    assert design.expected_fraction(2.0) == 1


def test_exchanging_the_arms_exchanges_the_bounds():
    design = spending_design([0.5, 0.8, 1.0], sided=2)
    np.testing.assert_allclose(design.stopping(1.5), design.stopping(-1.5)[::-1], atol=1e-14)


def test_the_drift_of_a_power_has_it_and_looking_costs_little_information():
    design = spending_design([0.5, 1.0], alpha=0.025, sided=1)
    assert design.power(design.drift(0.9)) == pytest.approx(0.9, abs=1e-9)
    assert 1 < design.inflation(0.9) < 1.02
    assert 0.5 < design.expected_fraction(design.drift(0.9)) < 1


def test_what_cannot_be_spent_has_an_infinite_bound():
    design = spending_design([0.001, 0.5, 1.0])
    assert design.bounds[0] == np.inf
    assert design.nominal[0] == 0
    assert np.isfinite(design.bounds[1:]).all()


@pytest.mark.parametrize("call", [spending_design, classical_design])
@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"fractions": []}, "fractions"),
        ({"fractions": [0.5, 0.9]}, "fractions"),
        ({"fractions": [0.0, 1.0]}, "fractions"),
        ({"fractions": [0.5, 0.5, 1.0]}, "fractions"),
        ({"fractions": [0.9, 0.5, 1.0]}, "fractions"),
        ({"fractions": [0.5, np.nan]}, "fractions"),
        ({"alpha": 0.0}, "alpha"),
        ({"alpha": 0.5}, "alpha"),
        ({"sided": 3}, "sided"),
    ],
)
def test_bad_input_is_refused_by_name(call, change, argument):
    with pytest.raises(ArgumentError, match=f"^{argument} is "):
        call(**({"fractions": [0.5, 1.0]} | change))


def test_unknown_functions_and_their_numbers_are_refused():
    with pytest.raises(ArgumentError, match=r"^spending is 'haybittle'"):
        spending_design([1.0], spending="haybittle")
    with pytest.raises(ArgumentError, match=r"^gamma is 0"):
        spending_design([1.0], spending="kim-demets", gamma=0)
    with pytest.raises(ArgumentError, match=r"^shape is 'haybittle'"):
        classical_design([1.0], shape="haybittle")
    with pytest.raises(ArgumentError, match=r"^delta is 0.6"):
        classical_design([1.0], shape="wang-tsiatis", delta=0.6)
    with pytest.raises(ArgumentError, match=r"^power is 0.01"):
        spending_design([1.0]).drift(0.01)
