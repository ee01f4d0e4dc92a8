"""A million events of 12 channels: read, compensated, transformed and gated, against FlowKit or its parts."""

import io
import time
from array import array
from collections.abc import Iterator
from functools import partial

import numpy as np
from flowio import FlowData, create_fcs
from flowutils.compensate import compensate
from flowutils.gating import points_in_polygon
from flowutils.transforms import logicle

from benchmarks.measure import Row, peak_megabytes, seconds
from lentap.adam import load_trial
from lentap.immune.duplicates import duplicate_events
from lentap.immune.fcs import Acquisition, read_fcs
from lentap.immune.gates import load_gates
from lentap.immune.gating import gate_events
from lentap.simulate import load_assumptions
from lentap.simulate.cytometry import flow_files

EVENTS = 1_000_000


def recorded() -> bytes:
    """A simulated file, its events drawn again and again, none exactly twice."""
    file = flow_files(load_assumptions(), load_trial("shipped", "adsl", "adim").adim)[0]
    small = FlowData(io.BytesIO(file.content))
    generator = np.random.default_rng(1)
    drawn = small.as_array(preprocess=False)[generator.integers(small.event_count, size=EVENTS)]
    drawn = (drawn * generator.uniform(0.999, 1.001, drawn.shape)).astype("f4")
    made = io.BytesIO()
    about = {"spillover": small.text["spillover"]}
    create_fcs(
        made, array("f", drawn.tobytes()), small.pnn_labels, opt_channel_names=small.pns_labels, metadata_dict=about
    )
    return made.getvalue()


def read(content: bytes) -> Acquisition:
    """Read the file from memory."""
    return read_fcs(io.BytesIO(content), "million.fcs")


def ours() -> None:
    """Reading and gating, for their memory."""
    gate_events(read(recorded()), load_gates())


def everything(tube: Acquisition) -> None:
    """Compensate and transform every event and channel, then gate: what the tree does not do."""
    tree = load_gates()
    events = compensate(tube.events, tube.spillover, list(tube.spilled))
    scale = tree.scale
    placed = logicle(events, list(tube.spilled), tube.channels[0].top, scale.decades, scale.linear, scale.negative)
    inside = np.ones(len(events), dtype=bool)
    for gate in tree.gates.values():
        if gate.axes:
            points = np.ascontiguousarray(events[:, [tube.channel(axis) for axis in gate.axes]])
            inside &= np.asarray(points_in_polygon(gate.polygon, points), dtype=bool)
        for marker, above in gate.markers.items():
            inside &= (placed[:, tube.channel(marker)] >= 0.4) == above


def rows() -> Iterator[Row]:
    """Reading, gating, and the search for repeated events."""
    content = recorded()
    start = time.perf_counter()
    tube = read(content)
    reading = time.perf_counter() - start
    yield Row("FCS, read 1,000,000 x 12", reading, most=5)
    gating = seconds(lambda: gate_events(tube, load_gates()))
    peer = seconds(partial(everything, tube))
    name = "flowutils, all events"
    yield Row("FCS, gate 1,000,000 x 12", gating, peer=peer, peer_name=name, least_ratio=1, most=5)
    found = seconds(lambda: duplicate_events(tube.events))
    peer = seconds(lambda: np.unique(tube.events, axis=0), repeats=1)
    yield Row("FCS, repeated events of 1,000,000 x 12", found, peer=peer, peer_name="numpy.unique", least_ratio=5)
    yield Row("FCS, memory of reading and gating", peak_megabytes(ours), "MB", most=1500)
