"""The bootstrap: how often each subject is drawn in each replicate, from one seed."""

from collections.abc import Iterator

import numpy as np

from lentap.stats.arguments import Floats, Integers, normal_quantile, refuse

MOST_REPLICATES = 1_000_000  # more change no digit that is printed
BLOCK = 4_000_000  # draws at once: replicates come in blocks, so that memory stays bounded


def bootstrap_counts(
    n: int, replicates: int, seed: int, *, strata: Integers | None = None, level: float | None = None
) -> Iterator[Floats]:
    """Yield blocks of replicates: an array (replicates, ``n``) of how many times each subject is drawn.

    Parameters
    ----------
    n
        Number of subjects.
    replicates
        How many samples of ``n`` are drawn with replacement, all blocks together.
    seed
        Whole number of 0 or more; the same seed gives the same draws.
    strata
        Code of each subject's stratum; each keeps its size in every replicate. By default there is one.
    level
        Of the percentile interval the replicates are for, where they are.

    Raises
    ------
    StatisticsError
        ``replicates`` is no whole number from 1 to ``MOST_REPLICATES``, or too few for the level; ``seed`` is negative
        or no whole number.
    """
    fewest = 1 if level is None else least_replicates(level)
    for argument, found, least in (("replicates", replicates, fewest), ("seed", seed, 0)):
        if isinstance(found, bool) or not isinstance(found, int | np.integer) or found < least:
            refuse(argument, found, f"a whole number of at least {least}")
    if replicates > MOST_REPLICATES:
        refuse("replicates", replicates, f"a whole number of at most {MOST_REPLICATES}")
    generator = np.random.default_rng(seed)
    code = np.zeros(n, dtype=np.intp) if strata is None else strata
    members = [np.flatnonzero(code == stratum) for stratum in np.unique(code)]
    size = max(BLOCK // n, 1)
    for first in range(0, replicates, size):
        rows = min(size, replicates - first)
        drawn = np.concatenate(
            [subjects[generator.integers(subjects.size, size=(rows, subjects.size))] for subjects in members], axis=1
        )
        place = (drawn + n * np.arange(rows)[:, None]).ravel()
        yield np.bincount(place, minlength=rows * n).reshape(rows, n).astype(float)


def percentile_limits(replicates: Floats, level: float) -> tuple[Floats, Floats]:
    """Percentile limits of each column of ``replicates`` at ``level``, those not-a-number left out.

    Not-a-number where fewer replicates are left than ``least_replicates``.
    """
    tail = (1 - level) / 2
    known = np.isfinite(replicates).sum(axis=0) >= least_replicates(level)
    low, high = np.full((2, *known.shape), np.nan)
    finite = np.where(np.isfinite(replicates), replicates, np.nan)
    if known.any():
        low[known], high[known] = np.nanquantile(finite[:, known], [tail, 1 - tail], axis=0)
    return low, high


def least_replicates(level: float) -> int:
    """Return how many replicates an interval needs for one to lie beyond each limit: 40 at 95%."""
    normal_quantile(level)
    return int(np.ceil(2 / (1 - level) - 1e-9))
