import numpy as np
import pytest

from lentap.errors import ArgumentError
from lentap.stats import resampling
from lentap.stats.resampling import bootstrap_counts, least_replicates, percentile_limits


def test_each_replicate_draws_as_many_subjects_as_there_are():
    (counts,) = bootstrap_counts(7, 50, seed=3)
    assert counts.shape == (50, 7)
    assert (counts.sum(axis=1) == 7).all()
    assert len(np.unique(counts, axis=0)) > 40


def test_strata_keep_their_size():
    code = np.array([0, 1, 1, 0, 1])
    (counts,) = bootstrap_counts(5, 200, seed=3, strata=code)
    assert (counts[:, code == 0].sum(axis=1) == 2).all()
    assert (counts[:, code == 1].sum(axis=1) == 3).all()


def test_subjects_are_drawn_equally_often():
    (counts,) = bootstrap_counts(10, 20_000, seed=1)
    np.testing.assert_allclose(counts.mean(axis=0), 1, atol=0.03)
    np.testing.assert_allclose(counts.var(axis=0), 0.9, atol=0.05)


def test_the_seed_decides_and_blocks_follow_each_other(monkeypatch):
    (first,) = bootstrap_counts(6, 9, seed=5)
    (again,) = bootstrap_counts(6, 9, seed=5)
    (other,) = bootstrap_counts(6, 9, seed=6)
    assert (first == again).all()
    assert (first != other).any()
    monkeypatch.setattr(resampling, "BLOCK", 24)
    blocks = list(bootstrap_counts(6, 9, seed=5))
    assert [len(block) for block in blocks] == [4, 4, 1]
    assert (np.vstack(blocks) == first).all()


def test_percentiles_leave_out_replicates_without_a_value():
    values = np.arange(101.0)[:, None]
    values[:50] = np.nan
    low, high = percentile_limits(values, 0.9)
    assert low == pytest.approx(52.5)
    assert high == pytest.approx(97.5)
    values[:90] = np.nan
    assert np.isnan(percentile_limits(values, 0.9)).all()


def test_an_interval_needs_a_replicate_beyond_each_limit():
    assert (least_replicates(0.95), least_replicates(0.9), least_replicates(0.99)) == (40, 20, 200)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: list(bootstrap_counts(5, 0, 1)), "replicates is 0: legal is a whole number of at least 1"),
        (
            lambda: list(bootstrap_counts(5, 39, 1, level=0.95)),
            "replicates is 39: .* of at least 40",
        ),
        (lambda: list(bootstrap_counts(5, True, 1)), "replicates is True"),
        (lambda: list(bootstrap_counts(5, 10, -1)), "seed is -1: legal is a whole number of at least 0"),
        (lambda: list(bootstrap_counts(5, 10, 1.5)), "seed is 1.5"),
        (lambda: list(bootstrap_counts(5, 100, 1, level=1)), "level is 1"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()
