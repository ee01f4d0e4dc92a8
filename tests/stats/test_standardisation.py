import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError
from lentap.stats.resampling import bootstrap_counts
from lentap.stats.standardisation import (
    VARIANCES,
    bootstrapped_risks,
    resampled_risks,
    standardised_risks,
    treatment_design,
)
from tests.stats.test_adjusted_risks import estimates, outcome_of
from tests.stats.test_propensity import drawn


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["influence", "ge"]), st.booleans())
def test_intervals_contain_the_estimate_and_swapping_arms_mirrors(seed, variance, interactions):
    table, treated = drawn(90, seed)
    event = outcome_of(90, seed)
    one, other = (
        standardised_risks(event, arm, table, variance=variance, interactions=interactions)
        for arm in (treated, ~treated)
    )
    for found in estimates(one).values():
        assert found.low < found.value < found.high
    assert other.difference.value == pytest.approx(-one.difference.value, abs=1e-9)
    assert other.difference.low == pytest.approx(-one.difference.high, abs=1e-9)
    assert other.ratio.high == pytest.approx(1 / one.ratio.low)


def test_a_covariate_that_is_balanced_and_says_nothing_leaves_the_crude_difference():
    event = np.tile(np.repeat([1, 0, 1, 0], [3, 7, 6, 4]), 2)
    treated = np.tile(np.repeat([1, 0], [10, 10]), 2)
    found = standardised_risks(event, treated, pd.DataFrame({"half": np.repeat([0, 1], 20)}))
    assert found.difference.value == pytest.approx(-0.3)
    assert found.difference.error == pytest.approx(np.sqrt(0.3 * 0.7 / 20 + 0.6 * 0.4 / 20))


def test_interactions_give_each_arm_its_own_model():
    table, treated = drawn(150, 3)
    event = outcome_of(150, 3)
    together = standardised_risks(event, treated, table, interactions=True)
    swapped = standardised_risks(event, treated, table.iloc[:, ::-1], interactions=True)
    assert swapped.difference.error == pytest.approx(together.difference.error)
    assert together.risk1.value != pytest.approx(standardised_risks(event, treated, table).risk1.value, abs=1e-6)


def test_the_bootstrap_is_its_replicates_analysed_and_decided_by_the_seed():
    table, treated = drawn(70, 5)
    event = outcome_of(70, 5)
    found = standardised_risks(event, treated, table, variance="bootstrap", replicates=150, seed=9)
    design, versions = treatment_design(table, treated, interactions=False)
    (counts,) = bootstrap_counts(70, 150, 9)
    samples = resampled_risks(design.matrix, versions, event, counts)
    assert found == bootstrapped_risks(standardised_risks(event, treated, table), samples, event, treated, level=0.95)
    other = standardised_risks(event, treated, table, variance="bootstrap", replicates=150, seed=10)
    assert found.difference.low != other.difference.low
    assert "150 replicates" in found.difference.method


def test_the_bootstrap_is_near_the_robust_variance():
    table, treated = drawn(400, 5)
    event = outcome_of(400, 5)
    robust = standardised_risks(event, treated, table).difference
    found = standardised_risks(event, treated, table, variance="bootstrap", replicates=2000).difference
    assert found.error == pytest.approx(robust.error, rel=0.08)
    assert (found.low, found.high) == pytest.approx((robust.low, robust.high), abs=0.015)


def test_replicates_without_an_estimate_are_counted():
    table, treated = drawn(30, 5)
    event = outcome_of(30, 5)
    wald = standardised_risks(event, treated, table)
    samples = np.random.default_rng(1).uniform(0.2, 0.8, (60, 2))
    samples[:7] = np.nan
    found = bootstrapped_risks(wald, samples, event, treated, level=0.95)
    assert "60 replicates, 7 of them without an estimate left out" in found.ratio.method
    assert found.ratio.low < found.ratio.high
    nothing = bootstrapped_risks(wald, np.full((60, 2), np.nan), event, treated, level=0.95)
    assert np.isnan([nothing.difference.low, nothing.difference.error]).all()


@pytest.mark.parametrize("variance", VARIANCES)
def test_a_covariate_may_bear_any_name(variance):
    table, treated = drawn(60, 2)
    named = table.rename(columns={"age": "treated", "sex": "intercept"})
    event = outcome_of(60, 2)
    one, other = (standardised_risks(event, treated, each, variance=variance, replicates=40) for each in (table, named))
    assert one.difference.value == other.difference.value


TABLE, TREATED = drawn(40, 1)
EVENT = outcome_of(40, 1)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: standardised_risks(EVENT, TREATED, TABLE, variance="hc3"),
            "variance is 'hc3': legal is one of",
        ),
        (lambda: standardised_risks(EVENT * 0, TREATED, TABLE), "outcome is 'False in every row'"),
        (lambda: standardised_risks(EVENT & TREATED, TREATED, TABLE), "separate outcome: treated"),
        (lambda: standardised_risks(EVENT, TREATED * 0, TABLE), "treated is 'False in every row'"),
        (lambda: standardised_risks(EVENT, TREATED, TABLE.assign(arm=TREATED)), "treated, which the columns before it"),
        (lambda: standardised_risks(EVENT, TREATED, TABLE[:9]), "a table of 9 rows"),
        (
            lambda: standardised_risks(EVENT, TREATED, TABLE, variance="bootstrap", replicates=39),
            "replicates is 39: legal is a whole number of at least 40",
        ),
        (lambda: standardised_risks(EVENT, TREATED, TABLE, level=2), "level is 2"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()
