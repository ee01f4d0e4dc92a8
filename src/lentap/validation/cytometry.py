"""Flow cytometry: the calls its references name."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lentap.immune.fcs import Acquisition, Channel
from lentap.immune.gates import Gate, GatingTree, Rule, Scale
from lentap.immune.gating import from_scale, gate_events, to_scale

TOP = 262144.0


def logicle(values: Sequence[float], top: float, decades: float, linear: float, negative: float) -> dict[str, Any]:
    """Positions on a logicle scale, and the values that are found there again."""
    scale = Scale(decades, linear, negative)
    at = to_scale(np.array(values, dtype=float), top, scale)
    return {"positions": at, "values": from_scale(at, top, scale)}


def gated_events(
    events: Sequence[Sequence[float]],
    names: Sequence[str],
    spillover: Sequence[Sequence[float]],
    gates: Mapping[str, Mapping[str, Any]],
    fixed: Mapping[str, float],
    scale: Sequence[float],
) -> dict[str, Any]:
    """Numbers of the events in each gate, from 0; ``spillover`` is that of the last channels."""
    spilled = tuple(range(len(names) - len(spillover), len(names)))
    channels = tuple(Channel(name, "", TOP) for name in names)
    tube = Acquisition("", "3.1", "", channels, np.array(events, dtype=float), np.array(spillover), spilled, "")
    tree = GatingTree(
        next(name for name, gate in gates.items() if "markers" in gate),
        "",
        Scale(*scale),
        0.995,
        dict.fromkeys(names, ()),
        {marker: Rule("fixed", intensity, "") for marker, intensity in fixed.items()},
        {name: _gate(name, **gate) for name, gate in gates.items()},
    )
    return {name: rows for name, rows in gate_events(tube, tree).rows.items() if name in gates}


def _gate(
    name: str,
    parent: str,
    polygon: Mapping[str, Sequence[float]] | None = None,
    markers: Mapping[str, bool] | None = None,
) -> Gate:
    polygon = polygon or {}
    return Gate(name, name, parent, tuple(polygon), np.array(list(polygon.values()), dtype=float).T, markers or {})


CALLS: Mapping[str, Callable[..., Any]] = {"logicle": logicle, "gated_events": gated_events}
