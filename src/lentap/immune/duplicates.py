"""Events recorded twice: the same value in every channel, time included."""

import numpy as np

from lentap.stats.arguments import Floats, Integers


def duplicate_events(events: Floats) -> Integers:
    """Find the rows that repeat an earlier row exactly, in ascending order.

    Parameters
    ----------
    events
        Events by channel, as recorded. Compensation and transformation keep equal rows equal, and may make others so.
    """
    bits = np.ascontiguousarray(events, dtype=np.float64).view(np.uint64)
    odd = np.random.default_rng(0).integers(0, 2**63, bits.shape[1], dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    mixed = (bits ^ (bits >> np.uint64(29))) * odd
    key = (mixed ^ (mixed >> np.uint64(31))).sum(axis=1, dtype=np.uint64)
    order = np.argsort(key, kind="stable")
    same = key[order][1:] == key[order][:-1]
    if not same.any():
        return np.empty(0, dtype=np.intp)
    suspects = np.sort(np.unique(np.concatenate([order[1:][same], order[:-1][same]])))
    first = np.unique(events[suspects], axis=0, return_index=True)[1]
    return np.asarray(np.delete(suspects, first), dtype=np.intp)
