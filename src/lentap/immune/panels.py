"""What a density plot of one gate needs: counts of the parent's events in squares, and the gate's outline."""

from dataclasses import dataclass

import numpy as np

from lentap.immune.gates import Gate
from lentap.immune.gating import Gated, to_scale
from lentap.stats.arguments import Floats, Integers

SQUARES = 36
DRAWN = 0.995  # of the events: what a light-scatter axis reaches beyond
LOWEST = -0.05  # on the logicle scale, of what is drawn; events below are counted at the margin
SIDE_SCATTER = "SSC-A"


@dataclass(frozen=True, eq=False)
class Panel:
    """Events of a gate's parent by two channels, ``counts`` (y, x) between ``edges_x`` and ``edges_y``.

    A marker's edges are on the logicle scale, those of a light-scatter channel on the linear one.
    """

    gate: str
    x: str
    y: str
    edges_x: Floats
    edges_y: Floats
    counts: Integers


def panel(gated: Gated, gate: Gate) -> Panel:
    """Count events for the density plot of one gate: of two markers, or of one against side scatter."""
    axes = gate.axes or tuple(gate.markers)
    x, y = (*axes, SIDE_SCATTER)[:2]
    (along, edges_x), (across, edges_y) = (_drawn(gated, axis, gate) for axis in (x, y))
    counts = np.histogram2d(across, along, (edges_y, edges_x))[0].astype(np.intp)
    return Panel(gate.name, x, y, edges_x, edges_y, counts)


def _drawn(gated: Gated, axis: str, gate: Gate) -> tuple[Floats, Floats]:
    """Where the parent's events lie along an axis, moved to the margin where outside it, and the edges of squares."""
    acquisition, tree = gated.acquisition, gated.tree
    channel = acquisition.channel(axis, tree.names.get(axis, ()))
    values, top = acquisition.intensities(channel, gated.rows[gate.parent]), acquisition.channels[channel].top
    if axis in tree.thresholds:
        low, high, at = LOWEST, 1.0, to_scale(values, top, tree.scale)
    else:
        corner = gate.polygon[:, gate.axes.index(axis)].max() if axis in gate.axes else 0.0
        middle = float(np.quantile(values, DRAWN)) if values.size else 0.0
        low, high, at = 0.0, 1.15 * max(middle, corner) or top, values
    edges = np.linspace(low, high, SQUARES + 1)
    return np.clip(at, low, high), edges
