"""Many analyses of the same patients: what a joint test may claim, and which choice is said to move them."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from lentap.errors import ArgumentError
from lentap.stats.multiverse import influence_of_choices, joint_test


def contributions(n: int, columns: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, columns)) / n


def test_one_analysis_has_the_p_value_of_its_normal_test() -> None:
    moved = contributions(400, 1)
    error = float(np.sqrt((moved**2).sum()))
    found = joint_test([2.1 * error], moved, limit=1.96, draws=20_000)
    assert found.largest == found.median == pytest.approx(2 * norm.sf(2.1), abs=0.005)
    assert found.effective == pytest.approx(1)


def test_the_same_analysis_twenty_times_is_one_analysis() -> None:
    moved = contributions(200, 1)
    error = float(np.sqrt((moved**2).sum()))
    once = joint_test([2 * error], moved, limit=1.96)
    often = joint_test([2 * error] * 20, np.repeat(moved, 20, axis=1), limit=1.96)
    assert (often.largest, often.median) == (once.largest, once.median)
    assert often.effective == pytest.approx(1)


def test_the_largest_of_independent_analyses_pays_for_their_number() -> None:
    """Sidak: of 10 independent statistics the largest is beyond z with probability 1 - (1 - p) ** 10."""
    moved = np.zeros((2000, 10))
    for column in range(10):
        moved[column * 200 : (column + 1) * 200, column] = contributions(200, 1, seed=column)[:, 0]
    errors = np.sqrt((moved**2).sum(axis=0))
    effects = np.where(np.arange(10) == 3, 2.5, 0.1) * errors
    found = joint_test(effects, moved, limit=1.96, draws=20_000)
    assert found.effective == pytest.approx(10)
    assert found.largest == pytest.approx(1 - (1 - 2 * norm.sf(2.5)) ** 10, abs=0.01)


def test_without_an_effect_one_of_twenty_tests_is_below_five_percent() -> None:
    rng = np.random.default_rng(7)
    rejected = np.zeros(2)
    for seed in range(400):
        patients = rng.normal(size=(60, 1)) + 0.4 * rng.normal(size=(60, 6))  # six ways to sum the same patients
        moved = (patients - patients.mean(axis=0)) / 60
        found = joint_test(patients.mean(axis=0), moved, limit=1.96, draws=199, seed=seed)
        rejected += [found.median <= 0.05, found.largest <= 0.05]
    assert (rejected / 400 > 0.02).all()
    assert (rejected / 400 < 0.09).all()


def test_no_draw_is_as_far_out_as_a_large_effect_yet_p_is_not_zero() -> None:
    found = joint_test([5.0, 5.0], contributions(100, 2), limit=1.96, draws=199)
    assert found.largest == found.median == pytest.approx(1 / 200)


@pytest.mark.parametrize(
    ("effects", "influence", "draws", "what"),
    [
        ([], np.zeros((5, 0)), 10, "effects"),
        ([1.0], np.zeros((5, 2)), 10, "influence"),
        ([1.0], np.full((5, 1), np.nan), 10, "influence"),
        ([1.0], np.zeros((5, 1)), 10, "influence"),
        ([1.0], np.ones((5, 1)), 0, "draws"),
    ],
)
def test_what_cannot_be_tested_is_refused(effects: list[float], influence: np.ndarray, draws: int, what: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        joint_test(effects, influence, limit=1.96, draws=draws)
    assert refused.value.argument == what


def test_the_choice_that_explains_the_spread_comes_first() -> None:
    """By hand: levels a and b have means 1.5 and 3.5 around 2.5, x and y 2 and 3; sums of squares 4, 1 and 5 in all."""
    table = pd.DataFrame({"weak": ["x", "y", "x", "y"], "strong": ["a", "a", "b", "b"], "fixed": ["same"] * 4})
    found = influence_of_choices([1.0, 2.0, 3.0, 4.0], table)
    assert found["choice"].tolist() == ["strong", "strong", "weak", "weak"]
    assert found["level"].tolist() == ["a", "b", "x", "y"]
    assert found["specifications"].tolist() == [2, 2, 2, 2]
    assert found["median"].tolist() == [1.5, 3.5, 2.0, 3.0]
    assert found["explained"].tolist() == pytest.approx([0.8, 0.8, 0.2, 0.2])
    assert found["moves"].tolist() == [2.0, 2.0, 1.0, 1.0]


def test_equal_estimates_are_explained_by_no_choice() -> None:
    found = influence_of_choices([2.0, 2.0], pd.DataFrame({"one": ["a", "b"]}))
    assert found["explained"].tolist() == [0.0, 0.0]
    assert influence_of_choices([2.0], pd.DataFrame({"one": ["a"]})).empty
    with pytest.raises(ArgumentError, match="as long as choices"):
        influence_of_choices([1.0], pd.DataFrame({"one": ["a", "b"]}))
