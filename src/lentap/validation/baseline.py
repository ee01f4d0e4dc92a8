"""Baseline: the calls its references name."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lentap.stats.baseline import standardised_difference


def _standardised_difference(group: Sequence[int], control: Sequence[int]) -> dict[str, float]:
    """Of two groups given as the number of subjects on each level."""
    subjects = (pd.Series(np.repeat(np.arange(len(counts)), counts)) for counts in (group, control))
    return {"value": standardised_difference(*subjects, categorical=True)}


CALLS: Mapping[str, Callable[..., Any]] = {"standardised_difference": _standardised_difference}
