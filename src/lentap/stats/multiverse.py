"""Many analyses of the same patients: what they say together, and which choice moves them (Simonsohn et al. 2020)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lentap.stats.arguments import Floats, numbers, refuse

BLOCK = 4_000_000  # signs drawn at a time


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


def influence_of_choices(values: ArrayLike, choices: pd.DataFrame) -> pd.DataFrame:
    """How much each choice moves the estimate, the others as they come.

    Parameters
    ----------
    values
        One estimate a specification (logarithms of ratios).
    choices
        Level of each choice, a row a specification; choices with one level only are left out.

    Returns
    -------
    pandas.DataFrame
        A row a level: ``choice``, ``level``, ``specifications``, ``median`` (of its estimates), and of the choice
        ``explained`` (share of the variance of all estimates that lies between its levels) and ``moves`` (largest less
        smallest median of its levels); the choice that explains most comes first.

    Raises
    ------
    StatisticsError
        Another number of values than rows.
    """
    found = pd.Series(numbers("values", values))
    if len(found) != len(choices):
        refuse("values", f"array of {len(found)}", f"as long as choices ({len(choices)})")
    total = float(((found - found.mean()) ** 2).sum())
    rows = []
    for name in choices.columns:
        level = choices[name].reset_index(drop=True)
        groups = found.groupby(level, sort=False)
        if groups.ngroups < 2:
            continue
        medians = groups.median()
        between = float(((groups.transform("mean") - found.mean()) ** 2).sum())
        rows.append(
            pd.DataFrame(
                {
                    "choice": name,
                    "level": medians.index,
                    "specifications": groups.size().to_numpy(),
                    "median": medians.to_numpy(),
                    "explained": between / total if total > 0 else 0.0,
                    "moves": float(medians.max() - medians.min()),
                }
            )
        )
    columns = ["choice", "level", "specifications", "median", "explained", "moves"]
    table = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=columns)
    return table.sort_values("explained", ascending=False, kind="stable").reset_index(drop=True)
