import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lentap.errors import StatisticsError
from lentap.stats.replicates import analyse_trials
from lentap.stats.restricted_mean import (
    adjusted_restricted_mean_difference,
    compare_restricted_means,
    longest_horizon,
    restricted_mean,
)
from lentap.validation.datasets import gbsg2
from tests.conftest import ROOT
from tests.stats.subjects import columns_of, contains_estimate, fields, two_groups, with_early_censored

SHARED = ROOT.parent / "shared" / "real" / "survival" / "rmst2_sample_pbc.csv"


@pytest.fixture(scope="module")
def pbc():
    if not SHARED.is_file():
        pytest.skip(f"{SHARED} is absent")
    return pd.read_csv(SHARED)


def test_primary_biliary_cirrhosis_agrees_with_the_vignette_of_survrm2(pbc):
    found = compare_restricted_means(pbc["time"], pbc["status"], pbc["arm"], horizon=10)
    numbers = [found.treated, found.control, found.difference, found.ratio, found.lost_ratio]
    published = [
        [7.146, 6.592, 7.701],
        [7.283, 6.704, 7.863],
        [-0.137, -0.939, 0.665],
        [0.981, 0.878, 1.096],
        [1.050, 0.787, 1.402],
    ]
    for one, expected in zip(numbers, published, strict=True):
        assert fields(one) == pytest.approx(expected, abs=5.001e-4)
    errors = [found.treated.standard_error, found.control.standard_error]
    assert errors == pytest.approx([0.283, 0.295], abs=5.001e-4)
    p_values = [one.p_value for one in numbers[2:]]
    assert p_values == pytest.approx([0.738] * 3, abs=5.001e-4)


def test_primary_biliary_cirrhosis_adjusted_agrees_with_the_vignette_of_survrm2(pbc):
    covariates = pbc[["age", "bili", "albumin"]]
    found = adjusted_restricted_mean_difference(pbc["time"], pbc["status"], pbc["arm"], covariates, horizon=10)
    assert [*fields(found), found.p_value] == pytest.approx([-0.210, -0.883, 0.463, 0.540], abs=5.001e-4)


def test_without_censoring_the_mean_is_that_of_the_restricted_times():
    time = np.array([1, 2, 2, 5, 9, 30.0])
    found = restricted_mean(time, np.ones(6), horizon=8)
    restricted = np.minimum(time, 8)
    assert found.value == pytest.approx(restricted.mean())
    assert found.standard_error == pytest.approx(restricted.std() / np.sqrt(6))


def test_mean_time_lost_is_what_is_left_to_the_horizon():
    found = restricted_mean([1, 2, 3, 4, 5], [1, 0, 1, 1, 0], horizon=4)
    assert fields(found.lost) == pytest.approx([4 - found.value, 4 - found.high, 4 - found.low])
    assert found.lost.method == "restricted mean lost to 4, Wald"


def test_many_trials_at_once_have_the_means_of_one():
    rng = np.random.default_rng(5)
    time = rng.integers(1, 20, (30, 40)).astype(float)
    event, treated = rng.random((30, 40)) < 0.7, rng.permuted(np.tile([0, 1], (30, 20)), axis=1)
    together = analyse_trials(time, event, treated, landmark=1, horizon=12)
    found = [compare_restricted_means(*trial, horizon=12) for trial in zip(time, event, treated, strict=True)]
    assert [one.difference.value for one in found] == pytest.approx(together.restricted_mean_difference, abs=1e-10)
    error = np.sqrt(together.restricted_mean_difference_variance)
    assert [one.difference.error for one in found] == pytest.approx(error, abs=1e-10)


@pytest.mark.parametrize(
    ("time", "event", "horizon"),
    [
        ([7, 9], [1, 1], 9),  # the cases of survRM2's help page: both end with an event
        ([7, 9], [1, 0], 9),  # the shorter with an event
        ([9, 7], [0, 1], 9),
        ([7, 9], [0, 1], 7),  # the longer with an event
        ([9, 7], [1, 0], 7),
        ([7, 9], [0, 0], 7),  # both censored
    ],
)
def test_the_longest_horizon_is_that_of_survrm2(time, event, horizon):
    both = [*time, 1, 2], [*event, 1, 1], [1, 0, 1, 0]
    assert longest_horizon(*both) == horizon
    compare_restricted_means(*both, horizon=horizon)
    with pytest.raises(StatisticsError, match=f"horizon is {horizon + 0.1}: legal is above 0, at most {horizon}"):
        compare_restricted_means(*both, horizon=horizon + 0.1)


def test_an_event_tied_with_a_censoring_at_the_end_leaves_the_curve_open():
    assert longest_horizon([9, 9, 12, 1], [1, 0, 1, 1], [1, 1, 0, 0]) == 9


def test_no_events_before_the_horizon_have_no_interval():
    quiet = compare_restricted_means([5, 6, 7, 8], [1, 1, 1, 1], [1, 0, 1, 0], horizon=4)
    assert (quiet.treated.value, quiet.difference.value, quiet.ratio.value) == (4, 0, 1)
    numbers = [quiet.treated.low, quiet.difference.low, quiet.ratio.low, *fields(quiet.lost_ratio)]
    assert np.isnan(numbers).all()
    assert "no event before the horizon" in quiet.difference.method
    half = compare_restricted_means([1, 6, 7, 8], [1, 1, 1, 1], [1, 1, 0, 0], horizon=4)
    assert np.isnan([half.lost_ratio.value, half.lost_ratio.low]).all()
    assert np.isfinite(half.difference.value)
    assert np.isnan([half.difference.low, half.ratio.low, half.difference.p_value]).all()


def test_adjustment_for_noise_without_censoring_is_the_analysis_of_covariance():
    rng = np.random.default_rng(6)
    time, treated, noise = rng.exponential(10, 400), np.tile([0, 1], 200), rng.normal(size=400)
    found = adjusted_restricted_mean_difference(time, np.ones(400), treated, pd.DataFrame({"noise": noise}), horizon=15)
    design = np.column_stack([np.ones(400), treated, noise])
    assert found.value == pytest.approx(np.linalg.lstsq(design, np.minimum(time, 15), rcond=None)[0][1])


def test_adjustment_that_leaves_no_variation_has_no_interval():
    time, event, treated = DATA
    found = adjusted_restricted_mean_difference(time, event, treated, TABLE, horizon=0.5)
    assert found.value == pytest.approx(0, abs=1e-12)
    assert np.isnan([found.low, found.p_value]).all()
    assert "no variation" in found.method


def test_adjustment_takes_categories_and_does_not_mind_their_coding():
    data = gbsg2()
    arm, nodes = data["horTh"] == "yes", data["pnodes"].clip(upper=3)
    one, other = (
        adjusted_restricted_mean_difference(data["time"], data["cens"], arm, table, horizon=1000)
        for table in (
            pd.DataFrame({"nodes": nodes.astype(str)}),
            pd.DataFrame({"nodes": nodes.map({1: "z", 2: "y", 3: "x"})}),
        )
    )
    assert fields(one) == pytest.approx(fields(other))


@given(two_groups, st.floats(0.3, 1))
def test_swapping_the_arms_mirrors_the_comparison(rows, share):
    time, event, group = columns_of(rows)
    horizon = share * longest_horizon(time, event, group == "A")
    one, other = (compare_restricted_means(time, event, group == arm, horizon=horizon) for arm in "AB")
    mirrored = other.difference
    assert fields(one.difference) == pytest.approx([-mirrored.value, -mirrored.high, -mirrored.low], nan_ok=True)
    for ratio, inverse in ((one.ratio, other.ratio), (one.lost_ratio, other.lost_ratio)):
        assert [ratio.low, ratio.high] == pytest.approx([1 / inverse.high, 1 / inverse.low], nan_ok=True)
        assert ratio.p_value == pytest.approx(inverse.p_value, nan_ok=True)
        assert contains_estimate(ratio)
    assert contains_estimate(one.treated)


@given(two_groups, st.floats(0.01, 100), st.randoms(use_true_random=False))
def test_scaling_time_scales_the_means_and_the_order_of_rows_is_nothing(rows, factor, random):
    time, event, group = columns_of(rows)
    horizon = 0.9 * longest_horizon(time, event, group == "A")
    one = compare_restricted_means(time, event, group == "A", horizon=horizon)
    time2, event2, group2 = columns_of(random.sample(rows, len(rows)))
    other = compare_restricted_means(factor * time2, event2, group2 == "A", horizon=factor * horizon)
    assert fields(other.difference) == pytest.approx(
        [factor * value for value in fields(one.difference)], nan_ok=True, abs=1e-9 * factor
    )
    assert fields(other.ratio) == pytest.approx(fields(one.ratio), nan_ok=True)


@given(two_groups)
def test_subjects_censored_before_the_first_event_change_nothing(rows):
    time, event, group = columns_of(rows)
    horizon = longest_horizon(time, event, group == "A")
    more_time, more_event, more_group = with_early_censored(time, event, group)
    one = compare_restricted_means(time, event, group == "A", horizon=horizon)
    other = compare_restricted_means(more_time, more_event, more_group == "A", horizon=horizon)
    assert fields(one.difference) == pytest.approx(fields(other.difference), nan_ok=True)


DATA = [1.0, 2, 3, 4, 5, 6], [1, 0, 1, 1, 0, 1], [0, 1, 0, 1, 0, 1]
TABLE = pd.DataFrame({"age": [50.0, 60, 70, 55, 65, 75]})


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: restricted_mean([1.0, 2], [1, 0], horizon=3), "horizon is 3: legal is above 0, at most 2"),
        (lambda: restricted_mean([1.0, 2], [1, 1], horizon=np.inf), "horizon is inf: legal is a finite number above 0"),
        (lambda: restricted_mean([1.0, 2], [1, 0], horizon=0), "horizon is 0"),
        (lambda: restricted_mean([1.0, 2], [1, 0], horizon=np.nan), "horizon is nan"),
        (lambda: restricted_mean([1.0, 2], [1, 0], horizon=1, level=2), "level is 2"),
        (lambda: restricted_mean([], [], horizon=1), "time is"),
        (lambda: compare_restricted_means(*DATA[:2], [1] * 6, horizon=1), "treated is 'True in every row'"),
        (lambda: compare_restricted_means(*DATA, horizon=-1), "horizon is -1: legal is above 0, at most 5"),
        (lambda: longest_horizon(*DATA[:2], [0, 1]), "treated is 'array of 2'"),
        (lambda: adjusted_restricted_mean_difference(*DATA, TABLE, horizon=9), "horizon is 9"),
        (lambda: adjusted_restricted_mean_difference(*DATA, TABLE.head(2), horizon=4), "covariates is 'a table of 2"),
        (
            lambda: adjusted_restricted_mean_difference(*DATA, TABLE.assign(arm=DATA[2]), horizon=4),
            "covariates is 'arm, which the columns before it determine'",
        ),
        (
            lambda: adjusted_restricted_mean_difference(*DATA, TABLE.assign(late=[0, 1, 0, 0, 0, 0]), horizon=3),
            "covariates is 'collinear among subjects whose time to the horizon is known'",
        ),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(StatisticsError, match=words):
        call()
