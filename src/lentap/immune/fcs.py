"""One FCS file: its events on a linear scale, its channels by the marker they measure, and its spillover matrix."""

import re
import struct
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from flowio import FlowData
from flowio.exceptions import FlowIOException
from flowutils.compensate import get_spill

from lentap.errors import DataError
from lentap.forms import nearest
from lentap.stats.arguments import Floats, Integers

SPILLOVER = ("spillover", "spill")  # FCS 3.1, and what was written before it
COMPENSATED = "Comp-"
UNREADABLE = (FlowIOException, KeyError, ValueError, IndexError, TypeError, EOFError, struct.error)


@dataclass(frozen=True)
class Channel:
    """A detector: ``name`` is its $PnN, ``marker`` its $PnS (empty where the file has none), ``top`` its $PnR."""

    name: str
    marker: str
    top: float

    def __str__(self) -> str:
        return f"{self.marker} ({self.name})" if self.marker else self.name


@dataclass(frozen=True, eq=False)
class Acquisition:
    """What a cytometer recorded of one tube.

    ``events`` is (events, channels), float64, scaled as $PnE and $PnG say. ``spillover`` has a row a dye and a column a
    detector, both in the order of the channel indices ``spilled``; None where the file has no matrix.
    ``compensation`` says in words what is known of it, ``cytometer`` is $CYT.
    """

    name: str
    version: str
    cytometer: str
    channels: tuple[Channel, ...]
    events: Floats
    spillover: Floats | None
    spilled: tuple[int, ...]
    compensation: str

    @property
    def timed(self) -> bool:
        """Whether the time of every event was recorded, which tells events apart."""
        return any(channel.name.lower().startswith("time") for channel in self.channels)

    def channel(self, marker: str, names: tuple[str, ...] = ()) -> int:
        """Index of the channel that measures a marker, found by the marker's own name or one of its other ``names``.

        A channel is meant by its whole $PnS, else its whole $PnN, else by words of either ("CD3" finds "CD3 BV421",
        never "CD38"); of several, the one whose $PnN ends with -A, the pulse's area.

        Raises
        ------
        DataError
            No channel has that name, or several have.
        """
        wanted = {_bare(word) for word in (marker, *names)}
        for texts in (lambda c: {_bare(c.marker)}, lambda c: {_bare(c.name)}, _phrases):
            found = [i for i, channel in enumerate(self.channels) if texts(channel) & wanted]
            areas = [i for i in found if self.channels[i].name.upper().endswith("-A")]
            if len(found) > 1 and len(areas) == 1:
                found = areas
            if len(found) == 1:
                return found[0]
            if found:
                both = " and ".join(str(self.channels[i]) for i in found)
                msg = f"{self.name}: {marker} could be {both}; legal: one channel by that name"
                raise DataError(msg)
        has = ", ".join(map(str, self.channels))
        msg = f"{self.name}: no channel for {marker}{nearest(marker, [c.marker for c in self.channels])}; it has {has}"
        raise DataError(msg)

    def intensities(self, channel: int, rows: Integers | slice = slice(None)) -> Floats:
        """Values of one channel in some events, spillover removed."""
        if self.spillover is None or channel not in self.spilled:
            return np.asarray(self.events[rows, channel])
        unmixed = np.linalg.inv(self.spillover)[:, self.spilled.index(channel)]
        return np.asarray(self.events[rows][:, self.spilled] @ unmixed)


def _bare(text: str) -> str:
    """Letters and digits of a name, capitals: HLA-DR, hla dr and HLADR are one."""
    return re.sub(r"[^A-Z0-9]", "", text.upper()) or "?"


def _phrases(channel: Channel) -> set[str]:
    """Runs of consecutive words of a channel's names."""
    found = set()
    for text in (channel.marker, channel.name):
        words = re.findall(r"[A-Z0-9]+", text.upper())
        found |= {"".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1)}
    return found


def read_fcs(file: Path | BinaryIO, name: str = "") -> Acquisition:
    """Read one FCS file of version 2.0, 3.0 or 3.1, list mode.

    Parameters
    ----------
    file
        A path, or an open binary file, which is closed.
    name
        What to call it in messages; the file's own name by default.

    Raises
    ------
    DataError
        It is no FCS file, is cut short, contradicts itself on where its events lie, holds none, or has a spillover
        matrix that cannot be used; one line says which.
    """
    name = name or (file.name if isinstance(file, Path) else "file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # flowio warns where it goes on with a guess
            data = FlowData(file)
            events = data.as_array()
    except OSError as error:
        raise _unusable(name, f"cannot be read: {error.strerror or error}") from error
    except UserWarning as warning:
        raise _unusable(name, f"not read on a guess: {warning}") from warning
    except UNREADABLE as error:
        raise _unusable(name, _cause(error)) from error
    if data.text.get("mode", "L").upper() != "L":
        raise _unusable(name, "not list mode: histograms hold no events")
    if len(events) == 0:
        raise _unusable(name, "it holds no events")
    if len(events) != data.event_count:
        raise _unusable(name, f"$TOT says {data.event_count:,} events, its data hold {len(events):,}")
    if not np.isfinite(events).all():
        raise _unusable(
            name, f"{int((~np.isfinite(events)).any(axis=1).sum()):,} events with values that are no number"
        )
    channels = tuple(
        Channel(label, marker.strip(), top)
        for label, marker, top in zip(data.pnn_labels, data.pns_labels, data.pnr_values, strict=True)
    )
    return Acquisition(
        name, data.version, data.text.get("cyt", ""), channels, events, *_spillover(name, data.text, channels)
    )


def _unusable(name: str, why: str) -> DataError:
    return DataError(f"{name}: {why}")


def _cause(error: Exception) -> str:
    """Why flowio could not read a file, in a reader's words."""
    text = str(error)
    match error:
        case EOFError():
            return "cut short: it ends before its events do"
        case KeyError():
            return f"the keyword ${error.args[0].upper()} is missing"
    if "greater than file size" in text or "multiple of item size" in text:
        return "cut short: it ends before its events do"
    if "discrepancy" in text:
        return f"wrong offsets: {text[text.index('discrepancy') :]}"
    if "off by 1" in text or "byte offsets" in text or "reshape" in text:
        return "wrong offsets, or number of channels: its data are no whole number of events"
    if "multiple data sets" in text:
        return "it holds several data sets; legal: one a file"
    return "no FCS file, or damaged: its header or text segment does not read"


def _spillover(
    name: str, text: dict[str, str], channels: tuple[Channel, ...]
) -> tuple[Floats | None, tuple[int, ...], str]:
    key = next((key for key in SPILLOVER if text.get(key, "").strip()), "")
    if not key:
        return None, (), "no spillover matrix in the file: taken as compensated"
    keyword = f"${key.upper()}"
    labels = [channel.name for channel in channels]
    try:
        matrix, detectors = get_spill(text[key])
    except ValueError as error:
        raise _unusable(name, f"{keyword} is no square matrix of numbers with as many names") from error
    if set(detectors) <= {label.removeprefix(COMPENSATED) for label in labels if label.startswith(COMPENSATED)}:
        return None, (), f"compensated before it was exported (channels {COMPENSATED}...): {keyword} not applied again"
    if unknown := [detector for detector in detectors if detector not in labels]:
        raise _unusable(name, f"{keyword} names {', '.join(unknown)}, which is none of its channels")
    spilled = tuple(labels.index(detector) for detector in detectors)
    if not np.isfinite(matrix).all() or np.linalg.matrix_rank(matrix) < len(matrix):
        raise _unusable(name, f"{keyword} cannot be inverted")
    if np.array_equal(matrix, np.eye(len(matrix))):
        return None, (), f"{keyword} is the identity: taken as compensated"
    return np.asarray(matrix, dtype=float), spilled, f"{keyword} of the file, {len(matrix)} detectors"
