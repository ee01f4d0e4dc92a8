"""The events of one file, gated: counts of every population, thresholds and where they come from, and other gates."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from flowutils.gating import points_in_polygon
from flowutils.transforms import logicle, logicle_inverse

from lentap.immune.duplicates import duplicate_events
from lentap.immune.fcs import Acquisition
from lentap.immune.gates import ALL, Gate, GatingTree, Scale
from lentap.immune.thresholds import Threshold, control, mixture, valley
from lentap.stats.arguments import Bools, Floats, Integers

DECLARED = "declared"


def to_scale(values: Floats, top: float, scale: Scale) -> Floats:
    """Logicle positions of compensated intensities; ``top`` lies at 1."""
    return np.asarray(logicle(np.asarray(values), None, top, scale.decades, scale.linear, scale.negative))


def from_scale(positions: Floats, top: float, scale: Scale) -> Floats:
    """Compensated intensities at logicle positions."""
    found = logicle_inverse(np.asarray(positions), None, top, scale.decades, scale.linear, scale.negative)
    return np.asarray(found)


@dataclass(frozen=True, eq=False)
class Gated:
    """A file's events by population.

    ``rows`` holds the events of each gate and, under ``ALL``, those recorded once; ``duplicates`` those that repeat an
    earlier one, which are in no gate. ``thresholds`` and ``intensities`` are by marker, on the logicle scale and before
    it; ``reach`` holds the positions of the target's markers in its parent.
    """

    acquisition: Acquisition
    tree: GatingTree
    rows: Mapping[str, Integers]
    duplicates: Integers
    thresholds: Mapping[str, Threshold]
    intensities: Mapping[str, float]
    reach: Mapping[str, Floats]

    @property
    def name(self) -> str:
        return self.acquisition.name

    def top(self, marker: str) -> float:
        """Range of a marker's channel."""
        return self.acquisition.channels[self.acquisition.channel(marker, self.tree.names[marker])].top

    def count(self, gate: str) -> int:
        return int(self.rows[gate].size)

    @property
    def counts(self) -> tuple[int, int]:
        """Events in the target and in its parent."""
        return self.count(self.tree.target), self.count(self.tree.parent)

    def count_at(self, shift: float) -> int:
        """Events in the target if its thresholds were intensities 10 ** ``shift`` times as large."""
        moved = {
            marker: float(
                to_scale(np.array([self.intensities[marker] * 10**shift]), self.top(marker), self.tree.scale)[0]
            )
            for marker in self.reach
        }
        return int(_signs(self.tree.gates[self.tree.target], self.reach, moved).sum())


def gate_events(
    acquisition: Acquisition,
    tree: GatingTree,
    *,
    controls: Mapping[str, Floats] | None = None,
    rule: str = DECLARED,
    shift: float = 0.0,
) -> Gated:
    """Gate the events of one file.

    Parameters
    ----------
    controls
        Positions in fluorescence-minus-one controls by marker, as ``control_positions`` returns them.
    rule
        How thresholds of the target's markers are set: one of ``RULES``, or as the tree declares.
    shift
        These thresholds are put at 10 ** ``shift`` times the intensity, so many decades further up.

    Raises
    ------
    DataError
        A channel is missing or could be several.
    """
    twice, once = _sorted(acquisition)
    walk = _Walk(acquisition, tree, controls or {}, rule, shift)
    rows = {ALL: once}
    for name, gate in tree.gates.items():
        rows[name] = walk.inside(gate, rows[gate.parent])
    return Gated(
        acquisition, tree, rows, twice, walk.thresholds,
        {marker: walk.intensity(marker) for marker in walk.thresholds},
        {marker: walk.positions(marker, rows[tree.parent]) for marker in tree.target_markers},
    )  # fmt: skip


def _sorted(acquisition: Acquisition) -> tuple[Integers, Integers]:
    """Events that repeat an earlier one, where their time was recorded, and the others."""
    twice = duplicate_events(acquisition.events) if acquisition.timed else np.empty(0, dtype=np.intp)
    return twice, np.delete(np.arange(len(acquisition.events)), twice)


def control_positions(acquisition: Acquisition, tree: GatingTree, marker: str, detector: str = "") -> Floats:
    """Positions of a marker that a control was not stained for, among its events in the target's parent.

    ``detector`` is the $PnN the marker has in samples: a control often does not name what it lacks.
    """
    also = {marker: (*tree.names[marker], detector)} if detector else {}
    walk = _Walk(acquisition, replace(tree, names={**tree.names, **also}), {}, DECLARED, 0.0)
    rows = {ALL: _sorted(acquisition)[1]}
    for name, gate in tree.gates.items():
        if name != tree.target:
            rows[name] = walk.inside(gate, rows[gate.parent])
    return walk.positions(marker, rows[tree.parent])


class _Walk:
    """Goes down the tree with one file, setting each marker's threshold where it is first asked for."""

    def __init__(
        self, acquisition: Acquisition, tree: GatingTree, controls: Mapping[str, Floats], rule: str, shift: float
    ) -> None:
        self.acquisition, self.tree, self.controls, self.rule = acquisition, tree, controls, rule
        self.shift = shift
        self.channels = {marker: acquisition.channel(marker, names) for marker, names in tree.names.items()}
        self.thresholds: dict[str, Threshold] = {}

    def top(self, marker: str) -> float:
        return self.acquisition.channels[self.channels[marker]].top

    def intensity(self, marker: str) -> float:
        return self.unscaled(marker, self.thresholds[marker].position)

    def scaled(self, marker: str, intensity: float) -> float:
        return float(to_scale(np.array([intensity]), self.top(marker), self.tree.scale)[0])

    def unscaled(self, marker: str, position: float) -> float:
        return float(from_scale(np.array([position]), self.top(marker), self.tree.scale)[0])

    def positions(self, marker: str, rows: Integers) -> Floats:
        values = self.acquisition.intensities(self.channels[marker], rows)
        return to_scale(values, self.top(marker), self.tree.scale)

    def inside(self, gate: Gate, rows: Integers) -> Integers:
        if gate.axes:
            points = np.column_stack([self.acquisition.intensities(self.channels[axis], rows) for axis in gate.axes])
            return rows[np.asarray(points_in_polygon(gate.polygon, points), dtype=bool)] if rows.size else rows
        found = {marker: self.positions(marker, rows) for marker in gate.markers}
        for marker, positions in found.items():
            if marker not in self.thresholds:
                self.thresholds[marker] = self.threshold(marker, positions, marker in self.tree.target_markers)
        return rows[_signs(gate, found, {marker: self.thresholds[marker].position for marker in found})]

    def threshold(self, marker: str, positions: Floats, chosen: bool) -> Threshold:
        declared = self.tree.thresholds[marker]
        rule = self.rule if chosen and self.rule != DECLARED else declared.rule
        at: float | None = None
        note = ""
        if rule == "valley":
            at, note = valley(positions), "no valley between two peaks"
        elif rule == "mixture":
            at, note = mixture(positions), "no two separate components"
        elif rule == "control":
            given = self.controls.get(marker)
            at = None if given is None else control(given, self.tree.control_quantile)
            note = "no control" if given is None else f"only {given.size} events in the control"
        found = Threshold(self.scaled(marker, declared.fixed), "fixed", note) if at is None else Threshold(at, rule)
        if not (chosen and self.shift):
            return found
        return replace(found, position=self.scaled(marker, self.unscaled(marker, found.position) * 10**self.shift))


def _signs(gate: Gate, positions: Mapping[str, Floats], thresholds: Mapping[str, float]) -> Bools:
    """Events on the right side of every marker's threshold; on it counts as positive."""
    sides = [(positions[marker] >= thresholds[marker]) == above for marker, above in gate.markers.items()]
    return np.asarray(np.logical_and.reduce(sides))
