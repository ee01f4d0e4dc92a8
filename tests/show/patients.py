"""Patients made up for a test, or taken from a file, as a page takes them from a trial."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lentap.design import Endpoint
from lentap.show.record.followed import Followed

CONTROL = "Placebo"
SURVIVAL = Endpoint("OS", "Overall survival", "months", "ITT", "randomisation", "death", "alive", "no", "no", "no")


def patients(
    time: Any, event: Any, arm: Sequence[str], baseline: Mapping[str, Any] | None = None, **changed: Any
) -> Followed:
    """Patients of some arms; the control is Placebo, ``baseline`` maps a label to values."""
    names = [name for name in dict.fromkeys(arm) if name != CONTROL] + [CONTROL] * (CONTROL in set(arm))
    rows = pd.DataFrame(
        {
            "USUBJID": [str(i) for i in range(len(arm))],
            "arm": pd.Categorical(arm, categories=names, ordered=True),
            "time": np.asarray(time, dtype=float),
            "event": np.asarray(event, dtype=bool),
            **(baseline or {}),
        }
    )
    labels = {name: name for name in baseline or {}}
    return Followed(SURVIVAL, CONTROL, rows, labels, "yours", **changed)


def two_arms(ratio: float = 0.5, n: int = 200, seed: int = 7, **baseline: Any) -> Followed:
    """Exponential times of two arms with a hazard ratio of Drug over Placebo, censored at 24."""
    random = np.random.default_rng(seed)
    arm = np.repeat(["Drug", CONTROL], n)
    time = random.exponential(np.repeat([12 / ratio, 12.0], n))
    return patients(np.minimum(time, 24), time < 24, arm.tolist(), baseline)


def delayed(n: int = 300, seed: int = 11) -> Followed:
    """Two arms alike until 6, then a hazard ratio of one third."""
    random = np.random.default_rng(seed)
    time = random.exponential(10.0, 2 * n)
    late = np.where((np.arange(2 * n) < n) & (time > 6), 6 + 3 * (time - 6), time)
    return patients(np.minimum(late, 30), late < 30, ["Drug"] * n + [CONTROL] * n)
