"""Many analyses of the same patients: what a joint test may claim, and which choice is said to move them."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from lentap.errors import ArgumentError
from lentap.stats.multiverse import joint_test, matched_changes


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


def grid(**choices: list[str]) -> pd.DataFrame:
    """Choices as categories in the order of their first row."""
    return pd.DataFrame({name: pd.Categorical(levels, list(dict.fromkeys(levels))) for name, levels in choices.items()})


def test_levels_are_compared_among_analyses_alike_in_all_else() -> None:
    """By hand: adjusting adds 1 in either population, which a comparison of medians (2 and 6.5) would not see.

    The fifth row has no partner: nobody left the adjusted analysis of the third population beside it.
    """
    table = grid(method=["crude", "adjusted", "crude", "adjusted", "adjusted"], who=["ITT", "ITT", "PP", "PP", "SAF"])
    found = matched_changes([1.0, 2.0, 3.0, 4.5, 9.0], table)
    assert found[["choice", "level", "reference", "pairs"]].to_numpy().tolist() == [
        ["who", "PP", "ITT", 2],
        ["who", "SAF", "ITT", 1],
        ["method", "adjusted", "crude", 2],
    ]
    assert found[["median", "smallest", "largest"]].to_numpy().tolist() == [
        [2.25, 2.0, 2.5],
        [7.0, 7.0, 7.0],
        [1.25, 1.0, 1.5],
    ]


def test_a_level_without_a_partner_has_no_change_and_comes_last() -> None:
    table = grid(one=["a", "b", "a"], other=["x", "y", "z"])
    found = matched_changes([1.0, 2.0, 3.0], table)
    assert found["choice"].tolist() == ["other", "other", "one"]
    assert found["pairs"].tolist() == [0, 1, 0]
    assert found["median"].isna().tolist() == [True, False, True]


def test_the_reference_is_the_first_level_that_was_taken() -> None:
    levels = pd.Categorical(["c", "b"], ["a", "b", "c"])
    found = matched_changes([5.0, 3.0], pd.DataFrame({"only": levels, "fixed": pd.Categorical(["same"] * 2)}))
    assert found.to_numpy().tolist() == [["only", "c", "b", 1, 2.0, 2.0, 2.0]]
    alone = matched_changes([5.0, 3.0], pd.DataFrame({"only": levels}))
    assert alone.to_numpy().tolist() == found.to_numpy().tolist()


def test_one_analysis_moves_nothing_and_what_cannot_be_matched_is_refused() -> None:
    assert matched_changes([2.0], grid(one=["a"])).empty
    with pytest.raises(ArgumentError, match="as long as choices"):
        matched_changes([1.0], grid(one=["a", "b"]))
    with pytest.raises(ArgumentError, match="the same in two rows"):
        matched_changes([1.0, 2.0], grid(one=["a", "a"]))
