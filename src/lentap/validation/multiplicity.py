"""Multiplicity: the calls its references name."""

from collections.abc import Callable, Mapping
from typing import Any

from lentap.stats.multiplicity import adjust_p_values, double_false_discovery


def rejected(p_values: list[float], method: str, level: float) -> dict[str, int]:
    """How many hypotheses are rejected at a level."""
    return {"hypotheses": int((adjust_p_values(p_values, method=method).adjusted <= level).sum())}


CALLS: Mapping[str, Callable[..., Any]] = {
    "adjust_p_values": adjust_p_values,
    "rejected": rejected,
    "double_false_discovery": double_false_discovery,
}
