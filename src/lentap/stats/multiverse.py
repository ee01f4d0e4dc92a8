"""Many analyses of the same patients: what they say together, and which choice moves them (Simonsohn et al. 2020)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lentap.stats.arguments import Floats, numbers, refuse

BLOCK = 4_000_000  # signs drawn at a time
_VALUE = "value of a specification"  # a column beside those of choices, under a name that none has


@dataclass(frozen=True)
class JointTest:
    """What all specifications say together against no effect in any of them.

    ``median`` and ``largest`` are p-values: how often chance alone would give a median as far from no effect, and a
    largest statistic as large. ``apart`` is how many statistics, in the median of chance, lie beyond ``limit``, and
    ``apart_limit`` what this number stays below in all but one of twenty draws. ``effective`` is the number of
    independent statistics with the same spread of eigenvalues.
    """

    median: float
    largest: float
    apart: float
    apart_limit: float
    effective: float
    specifications: int
    draws: int


def joint_test(
    effects: ArrayLike, influence: NDArray[np.float64], *, limit: float, draws: int = 2000, seed: int = 1
) -> JointTest:
    """Test all specifications at once by flipping signs of each subject's contribution to all of them.

    Under no effect each estimate is the sum of its subjects' influence, as likely with one sign as with the other; one
    sign a subject flips its part in every specification, so that what they share stays (Girardi et al. 2024 flip
    scores; influence functions give the same to first order).

    Parameters
    ----------
    effects
        Estimates as distances from no effect, (specifications,): differences, or logarithms of ratios.
    influence
        How much each subject moves each estimate, (subjects, specifications); 0 where it is not in one.
    limit
        Distance from no effect, in standard errors, beyond which an estimate stands apart, such as 1.96.
    draws, seed
        Number of random flips, and where they start.

    Raises
    ------
    StatisticsError
        No specification, a table of another width, values that are not finite, an estimate that nobody moves, or fewer
        than one draw.
    """
    found = numbers("effects", effects)
    moved = np.asarray(influence, dtype=float)
    if not found.size:
        refuse("effects", "array of 0", "one estimate or more")
    if moved.ndim != 2 or moved.shape[1] != found.size:
        refuse("influence", moved, f"a table with a column an estimate ({found.size})")
    if not np.isfinite(moved).all():
        refuse("influence", "missing or infinite in some rows", "finite numbers")
    if draws < 1:
        refuse("draws", draws, "1 or more")
    errors = np.sqrt((moved**2).sum(axis=0))
    if not errors.all():
        refuse("influence", "0 in every row of a column", "at least one subject that moves each estimate")
    correlation = (moved / errors).T @ (moved / errors)
    rng = np.random.default_rng(seed)
    size = max(1, BLOCK // len(moved))
    medians, largest, apart = [], [], []
    for start in range(0, draws, size):
        flips = rng.integers(0, 2, (min(size, draws - start), len(moved)), dtype=np.int8) * 2.0 - 1
        by_chance = flips @ moved
        statistics = np.abs(by_chance / errors)
        medians.append(np.abs(np.median(by_chance, axis=1)))
        largest.append(statistics.max(axis=1))
        apart.append((statistics > limit).sum(axis=1))
    number = np.concatenate(apart)
    return JointTest(
        _share(np.concatenate(medians), abs(float(np.median(found)))),
        _share(np.concatenate(largest), float(np.abs(found / errors).max())),
        float(np.median(number)),
        float(np.quantile(number, 0.95)),
        found.size**2 / float((correlation**2).sum()),
        found.size,
        draws,
    )


def _share(by_chance: Floats, seen: float) -> float:
    """Share of draws at least as far out as what was seen, the seen one counted among them (Phipson and Smyth 2010)."""
    return float((1 + (by_chance >= seen * (1 - 1e-12)).sum()) / (1 + by_chance.size))


def matched_changes(values: ArrayLike, choices: pd.DataFrame) -> pd.DataFrame:
    """How much each level of each choice moves the estimate from where the reference has it, all else alike.

    Levels are not compared by all that took them, which may differ in other choices as well, but in pairs of
    specifications that agree in every other choice.

    Parameters
    ----------
    values
        One estimate a specification (logarithms of ratios).
    choices
        Level of each choice, a row a specification, categories in their order: the first that any specification took
        is the reference. Choices that only make sense together are one column. Those with one level are left out.

    Returns
    -------
    pandas.DataFrame
        A row a level but the reference, in their order: ``choice``, ``level``, ``reference``, ``pairs``, and of the
        changes of these pairs ``median``, ``smallest`` and ``largest`` (not-a-number without a pair). The choice with
        the largest median change in either direction comes first.

    Raises
    ------
    StatisticsError
        Another number of values than rows, or two specifications with the same levels.
    """
    found = numbers("values", values)
    if len(found) != len(choices):
        refuse("values", f"array of {len(found)}", f"as long as choices ({len(choices)})")
    if choices.duplicated().any():
        refuse("choices", "the same in two rows", "one row a combination of levels")
    names = list(choices.columns)
    table = choices.assign(**{_VALUE: found})
    rows = []
    for name in names:
        reference, *others = choices[name].cat.remove_unused_categories().cat.categories
        alike = [other for other in names if other != name]
        at = table[table[name] == reference]
        for level in others:
            both = table[table[name] == level]
            paired = at.merge(both, on=alike) if alike else at.merge(both, how="cross")
            change = paired[f"{_VALUE}_y"] - paired[f"{_VALUE}_x"]
            rows.append((name, level, reference, len(change), change.median(), change.min(), change.max()))
    columns = ["choice", "level", "reference", "pairs", "median", "smallest", "largest"]
    changes = pd.DataFrame(rows, columns=columns)
    size = changes["median"].abs().groupby(changes["choice"]).transform("max").fillna(0)
    return changes.loc[size.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)
