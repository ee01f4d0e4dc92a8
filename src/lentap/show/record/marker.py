"""The change of a marker by arm and response."""

from dataclasses import replace
from typing import Any

import pandas as pd

from lentap.results import Result, record
from lentap.show.small_cells import is_small
from lentap.sources import Source
from lentap.stats.biomarker import Shift, paired_shift, shift_between

RESPONSE_GROUPS = ("Responder", "Non-responder")


def record_changes(
    name: str, pairs: pd.DataFrame, *, level: float, source: Source, smallest: int = 0, **labels: Any
) -> tuple[list[Result], list[Result]]:
    """Record the change of a marker by arm and response, and the difference between the response groups of each arm.

    Parameters
    ----------
    pairs
        arm, response (of ``RESPONSE_GROUPS``) and change in percentage points. A group without patients has no record,
        nor has one of fewer than ``smallest``.
    """
    changes, differences = [], []
    for arm, rows in pairs.groupby("arm", observed=True):
        by_group = {group: rows.loc[rows["response"] == group, "change"].to_numpy(float) for group in RESPONSE_GROUPS}
        by_group = {group: change for group, change in by_group.items() if not is_small(change.size, smallest)}
        about: dict[str, Any] = {"source": source, "scale": "difference", "null": 0.0, "arm": str(arm), **labels}
        for group, change in by_group.items():
            if change.size:
                found = _share(paired_shift(change, level=level))
                count = {str(arm): str(change.size)}
                changes.append(
                    record(f"{name}.change", found, p_value=found.p_value, counts=count, response=group, **about)
                )
        if len(by_group) == 2 and all(change.size for change in by_group.values()):
            found = _share(shift_between(*by_group.values(), level=level))
            count = {group: str(change.size) for group, change in by_group.items()}
            direction = "above: larger rise in responders"
            differences.append(
                record(f"{name}.difference", found, p_value=found.p_value, counts=count, direction=direction, **about)
            )
    return changes, differences


def _share(points: Shift) -> Shift:
    """Percentage points as the proportion that a difference is recorded as."""
    return replace(points, value=points.value / 100, low=points.low / 100, high=points.high / 100)
