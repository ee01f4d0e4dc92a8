"""Names under which single patients appear in a figure: the same on every page, and not their identifiers."""

from collections.abc import Iterable

import numpy as np

SEED = 41  # of the order in which patients are numbered


def pseudonyms(identifiers: Iterable[str]) -> dict[str, str]:
    """Number patients in a random order that depends on their identifiers alone: ``Patient 17``."""
    known = sorted(set(map(str, identifiers)))
    numbers = np.random.default_rng(SEED).permutation(len(known)) + 1
    return {one: f"Patient {number}" for one, number in zip(known, numbers, strict=True)}
