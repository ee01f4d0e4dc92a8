"""Exact power of tests of two proportions: which of all tables of two binomial counts each test rejects."""

from functools import lru_cache

import numpy as np
from scipy.stats import binom, hypergeom, norm

from lentap.stats.arguments import Bools, Floats

EXACT_TESTS = ("fisher", "miettinen-nurminen")

_EQUAL = 1 + 1e-7  # R's margin within which two tables count as equally likely


def exact_power(p1: Floats, p0: Floats, n1: int, n0: int, alpha: float, alternative: str, test: str) -> Floats:
    """Probability that ``test`` rejects, summed over all tables; ``p1`` and ``p0`` broadcast, each from 0 to 1."""
    rejected = rejected_tables(n1, n0, alpha, alternative, test)
    from1 = binom.pmf(np.arange(n1 + 1), n1, np.asarray(p1)[..., None])
    from0 = binom.pmf(np.arange(n0 + 1), n0, np.asarray(p0)[..., None])
    return np.asarray(((from1 @ rejected) * from0).sum(axis=-1), dtype=float)


@lru_cache(maxsize=8)
def rejected_tables(n1: int, n0: int, alpha: float, alternative: str, test: str) -> Bools:
    """Whether ``test`` rejects at each count of events in group 1 (rows) and group 0 (columns)."""
    p_values = _fisher(n1, n0, alternative) if test == "fisher" else _score(n1, n0, alternative)
    rejected = p_values <= alpha * (1 + 1e-9)  # a p-value that is alpha but for rounding is
    rejected.flags.writeable = False
    return rejected


def _score(n1: int, n0: int, alternative: str) -> Floats:
    """P-values of Miettinen and Nurminen's (1985) score test of no difference, 1 where all or none had the event."""
    events1, events0 = np.ogrid[: n1 + 1, : n0 + 1]
    n = n1 + n0
    pooled = (events1 + events0) / n
    variance = pooled * (1 - pooled) * (1 / n1 + 1 / n0) * n / (n - 1)
    z = (events1 / n1 - events0 / n0) / np.sqrt(np.where(variance > 0, variance, np.inf))
    match alternative:
        case "two-sided":
            p_values = 2 * norm.sf(np.abs(z))
        case "greater":
            p_values = norm.sf(z)
        case _:
            p_values = norm.cdf(z)
    return np.asarray(np.where(variance > 0, p_values, 1.0), dtype=float)


def _fisher(n1: int, n0: int, alternative: str) -> Floats:
    """P-values of Fisher's exact test; two-sided: all tables of the same margins that are no more likely."""
    events1, events0 = np.ogrid[: n1 + 1, : n0 + 1]
    total = events1 + events0
    if alternative == "greater":
        return np.asarray(hypergeom.sf(events1 - 1, n1 + n0, n1, total), dtype=float)
    if alternative == "less":
        return np.asarray(hypergeom.cdf(events1, n1 + n0, n1, total), dtype=float)
    likely = np.asarray(hypergeom.pmf(events1, n1 + n0, n1, total), dtype=float)
    p_values = np.empty(likely.shape)
    for events in range(n1 + n0 + 1):
        row = np.arange(max(0, events - n0), min(n1, events) + 1)
        found = likely[row, events - row]
        ordered = np.sort(found)
        p_values[row, events - row] = np.cumsum(ordered)[np.searchsorted(ordered, found * _EQUAL, side="right") - 1]
    return p_values
