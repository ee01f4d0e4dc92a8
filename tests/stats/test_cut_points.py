import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError
from lentap.stats.cut_points import RULES, cut_point, resampled_optimism, without_optimism
from lentap.stats.resampling import bootstrap_counts
from lentap.stats.roc import roc_curve


def drawn(n, seed, distance=1.0):
    generator = np.random.default_rng(seed)
    ill = np.arange(n) % 3 == 0
    return np.round(generator.normal(size=n) + distance * ill, 1), ill


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(RULES))
def test_no_other_cut_point_is_better(seed, rule):
    marker, ill = drawn(40, seed)
    found = cut_point(marker, ill, rule=rule, target=0.8, replicates=0)
    curve = roc_curve(marker, ill)
    sensitivity, specificity = curve.sensitivity, curve.specificity
    mine = found.sensitivity.value, found.specificity.value
    if rule == "youden":
        assert sum(mine) == pytest.approx((sensitivity + specificity).max())
    elif rule == "closest":
        assert math.hypot(1 - mine[0], 1 - mine[1]) == pytest.approx(np.hypot(1 - sensitivity, 1 - specificity).min())
    else:
        assert mine[0] >= 0.8
        assert mine[1] == pytest.approx(specificity[sensitivity >= 0.8].max())
    assert mine[0] == np.mean(marker[ill] >= found.threshold)
    assert mine[1] == np.mean(marker[~ill] < found.threshold)


def test_lower_markers_mirror():
    marker, ill = drawn(60, 4)
    higher, lower = cut_point(marker, ill, replicates=200), cut_point(-marker, ill, direction="lower", replicates=200)
    assert lower.threshold == -higher.threshold
    assert lower.sensitivity == higher.sensitivity
    assert lower.corrected_youden == higher.corrected_youden
    assert (lower.threshold_low, lower.threshold_high) == (-higher.threshold_high, -higher.threshold_low)


def test_correction_is_apparent_accuracy_less_the_mean_optimism_of_the_seeds_replicates():
    marker, ill = drawn(50, 7)
    found = cut_point(marker, ill, replicates=300, seed=11)
    (counts,) = bootstrap_counts(50, 300, 11, strata=ill.astype(int))
    optimism, places = resampled_optimism(marker, ill, counts, rule="youden")
    apparent = cut_point(marker, ill, replicates=0)
    assert found == without_optimism(apparent, optimism, roc_curve(marker, ill).threshold[places], 0.95)
    assert found.corrected_sensitivity == found.sensitivity.value - optimism[:, 0].mean()
    assert cut_point(marker, ill, replicates=300, seed=12) != found
    assert "optimism of 300 bootstrap samples taken off" in found.method


def test_a_marker_of_no_worth_looks_good_until_it_is_corrected():
    corrected, apparent = [], []
    for seed in range(12):
        marker, ill = drawn(60, seed, distance=0.0)
        found = cut_point(marker, ill, replicates=200)
        apparent.append(found.youden)
        corrected.append(found.corrected_youden)
    assert np.mean(apparent) > 0.1
    assert abs(np.mean(corrected)) < np.mean(apparent) / 2


def test_a_replicate_is_its_rows_analysed():
    marker, ill = drawn(40, 3)
    (counts,) = bootstrap_counts(40, 25, 5, strata=ill.astype(int))
    for rule in RULES:
        optimism, places = resampled_optimism(marker, ill, counts, rule=rule, target=0.7)
        thresholds = roc_curve(marker, ill).threshold[places]
        for row, lost, threshold in zip(counts.astype(int), optimism, thresholds, strict=True):
            rows = np.repeat(np.arange(40), row)
            own = cut_point(marker[rows], ill[rows], rule=rule, target=0.7, replicates=0)
            assert own.threshold == threshold
            there = np.mean(marker[ill] >= threshold), np.mean(marker[~ill] < threshold)
            assert lost.tolist() == pytest.approx([own.sensitivity.value - there[0], own.specificity.value - there[1]])


def test_without_replicates_nothing_is_corrected():
    found = cut_point([1, 2, 3, 4], [0, 1, 0, 1], replicates=0)
    assert all(map(math.isnan, (found.corrected_youden, found.threshold_low, found.threshold_high)))
    assert "bootstrap" not in found.method


def test_the_order_of_rows_changes_no_cut_point():
    marker, ill = drawn(30, 9)
    order = np.random.default_rng(1).permutation(30)
    one, other = (cut_point(marker[rows], ill[rows], replicates=0) for rows in (np.arange(30), order))
    assert (one.threshold, one.sensitivity) == (other.threshold, other.sensitivity)


def test_a_marker_that_counts_the_other_way_makes_nobody_positive():
    found = cut_point([5, 6, 1, 2], [0, 0, 1, 1], replicates=0)
    assert (found.threshold, found.sensitivity.value, found.specificity.value) == (math.inf, 0, 1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rule": "best"}, "rule is 'best': legal is one of youden, closest, sensitivity"),
        ({"rule": "sensitivity", "target": 0}, "target is 0: legal is a sensitivity above 0"),
        ({"target": 1.1}, "target is 1.1"),
        ({"replicates": 10}, "replicates is 10: legal is a whole number of at least 40"),
        ({"seed": -1}, "seed is -1"),
        ({"level": 1.0}, "level is 1"),
        ({"direction": "both"}, "direction is 'both'"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(options, words):
    with pytest.raises(ArgumentError, match=words):
        cut_point([1, 2, 3, 4], [0, 1, 0, 1], **options)
