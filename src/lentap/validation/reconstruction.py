"""Reconstruction: data sets that ship with lifelines, reconstructed from their own Kaplan-Meier curves."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from lentap.stats.arguments import Bools, Floats
from lentap.stats.digitised import digitised_curve
from lentap.stats.reconstruction import Reconstruction, reconstruct
from lentap.stats.reconstruction_uncertainty import reconstructed_hazard_ratio
from lentap.stats.survival import kaplan_meier
from lentap.validation import datasets

COLUMNS = {"lung": ("time", "event"), "gbsg2": ("time", "cens")}


def reconstructed(data: str, *, every: float, rows: dict[str, Any] | None = None, events: bool = False) -> Any:
    """Reconstruct from the curve read at each of its times and numbers at risk ``every`` so often."""
    time, event = _subjects(data, rows or {})
    arm = _arm(time, event, np.arange(0, time.max(), every), events)
    curve = kaplan_meier(arm.time, arm.event)
    return SimpleNamespace(n=arm.time.size, events=arm.fit.events, median=curve.median)


def reconstructed_pair(data: str, *, group: str, treated: Any, control: Any) -> Any:
    """Reconstruct two arms from numbers at risk at every event time of either, which is all a Cox model sees."""
    arms = [_subjects(data, {group: label}) for label in (treated, control)]
    deaths = np.unique(np.concatenate([time[event] for time, event in arms]))
    at = np.unique(np.append(0.0, deaths))
    return reconstructed_hazard_ratio(*(_arm(time, event, at, events=False) for time, event in arms))


def _subjects(data: str, rows: Mapping[str, Any]) -> tuple[Floats, Bools]:
    table = getattr(datasets, data)()
    for column, label in rows.items():
        table = table[table[column] == label]
    time, event = COLUMNS[data]
    return table[time].to_numpy(float), table[event].to_numpy(bool)


def _arm(time: Floats, event: Bools, at: Floats, events: bool) -> Reconstruction:
    curve = kaplan_meier(time, event)
    at = at[at <= time.max()]
    total = int(event.sum()) if events else None
    return reconstruct(
        digitised_curve(curve.time, curve.survival, at_risk_time=at, at_risk=curve.at_risk_at(at), events=total)
    )


CALLS: Mapping[str, Callable[..., Any]] = {
    "reconstructed": reconstructed,
    "reconstructed_pair": reconstructed_pair,
}
