"""Every file of a study, gated one after the other with the controls of its batch; what cannot be read is named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lentap.errors import DataError
from lentap.immune.fcs import Acquisition
from lentap.immune.gates import GatingTree
from lentap.immune.gating import DECLARED, Gated, control_positions, gate_events
from lentap.immune.panels import Panel, panel
from lentap.immune.thresholds import Threshold
from lentap.immune.tubes import Tube
from lentap.stats.arguments import Floats, Integers


@dataclass(frozen=True, eq=False)
class Sample:
    """What is kept of a gated file once its events are let go.

    ``counts`` holds the events of each gate, ``thresholds`` and ``intensities`` are by marker, ``shifted`` holds the
    events of the target for each shift of its thresholds, in decades. ``duplicates`` are events (from 0, in the order
    of the file) that repeat an earlier one, which only those ``timed`` can be known to do; ``top`` is the range of each
    marker's channel, ``digest`` the same for files that hold the same events.
    """

    tube: Tube
    events: int
    counts: Mapping[str, int]
    thresholds: Mapping[str, Threshold]
    intensities: Mapping[str, float]
    shifted: Mapping[float, int]
    duplicates: Integers
    timed: bool
    compensation: str
    cytometer: str
    top: Mapping[str, float]
    panels: Mapping[str, Panel]
    digest: int


@dataclass(frozen=True, eq=False)
class Study:
    """Gated samples, and why each file that is not among them is not; ``controls`` by batch and marker."""

    tree: GatingTree
    samples: Sequence[Sample]
    unread: Mapping[str, str]
    controls: Mapping[tuple[str, str], Floats]

    @property
    def copies(self) -> list[list[str]]:
        """Names of files that hold the same events."""
        by_digest: dict[int, list[str]] = {}
        for sample in self.samples:
            by_digest.setdefault(sample.digest, []).append(sample.tube.name)
        return [names for names in by_digest.values() if len(names) > 1]


def gate_study(
    tubes: Sequence[Tube],
    tree: GatingTree,
    *,
    rule: str = DECLARED,
    shift: float = 0.0,
    shifts: Sequence[float] = (),
) -> Study:
    """Gate every sample; files are held in memory one at a time.

    Parameters
    ----------
    rule, shift
        As `gate_events` takes them.
    shifts
        Further shifts at which the target is counted.
    """
    detectors = _detectors(tubes, tree)
    unread: dict[str, str] = {}
    controls: dict[tuple[str, str], Floats] = {}
    samples = []
    for tube in sorted(tubes, key=lambda tube: not tube.control):
        try:
            acquisition = tube.read()
            if tube.control:
                marker = _meant(tube, tree)
                controls[tube.batch, marker] = control_positions(acquisition, tree, marker, detectors.get(marker, ""))
                continue
            mine = {marker: found for (batch, marker), found in controls.items() if batch == tube.batch}
            gated = gate_events(acquisition, tree, controls=mine, rule=rule, shift=shift)
            samples.append(_kept(tube, gated, shifts))
        except DataError as error:
            unread[tube.name] = str(error).removeprefix(f"{tube.name}: ")
    return Study(tree, samples, unread, controls)


def _detectors(tubes: Sequence[Tube], tree: GatingTree) -> dict[str, str]:
    """Detectors of the target's markers in the first sample that has them, if there are controls to find them in."""
    for tube in tubes if any(tube.control for tube in tubes) else ():
        try:
            sample = None if tube.control else tube.read()
            if sample:
                found = {marker: sample.channel(marker, tree.names[marker]) for marker in tree.target_markers}
                return {marker: sample.channels[channel].name for marker, channel in found.items()}
        except DataError:
            continue
    return {}


def _meant(tube: Tube, tree: GatingTree) -> str:
    """The marker of the tree that a control lacks."""
    wanted = tube.control.replace("-", "").upper()
    for marker, others in tree.names.items():
        if wanted in {name.replace("-", "").upper() for name in (marker, *others)}:
            return marker
    msg = f"{tube.name}: a control without {tube.control}, which is no marker of the gates"
    raise DataError(msg)


def _kept(tube: Tube, gated: Gated, shifts: Sequence[float]) -> Sample:
    return Sample(
        tube,
        len(gated.acquisition.events),
        {gate: gated.count(gate) for gate in gated.rows},
        gated.thresholds,
        gated.intensities,
        {shift: gated.count_at(shift) for shift in shifts},
        gated.duplicates,
        gated.acquisition.timed,
        gated.acquisition.compensation,
        gated.acquisition.cytometer,
        {marker: gated.top(marker) for marker in gated.thresholds},
        {name: panel(gated, gate) for name, gate in gated.tree.gates.items()},
        _digest(gated.acquisition),
    )


def _digest(acquisition: Acquisition) -> int:
    return hash(np.ascontiguousarray(acquisition.events).tobytes())
