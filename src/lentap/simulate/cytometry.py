"""FCS files of some patients of a simulated trial, as a cytometer would write them, with the truth of every event."""

import io
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from flowio import create_fcs
from numpy.typing import NDArray

from lentap.simulate.assumptions import Assumptions
from lentap.simulate.measured import Cytometry
from lentap.simulate.patients import Days, Flags, Reals

ACTIVATED, CD8 = "CD8 activated", "CD8"
STAINED_LAST = ("HLA-DR", "CD38")  # the markers that have a control without them
BATCHES = ("A", "B")
TOP = 262144
SIMULATED = "simulated by lentap"  # in place of an instrument ($CYT)
SCATTER = ("FSC-A", "FSC-H", "SSC-A")
TICKS_PER_SECOND = 100


@dataclass(frozen=True, eq=False)
class FlowFile:
    """A simulated FCS file; ``truth`` names the kind of every event, "dead" and "doublet" among them.

    ``control`` is the marker that a fluorescence-minus-one control was not stained for, and such a file has no patient.
    """

    name: str
    content: bytes
    truth: NDArray[np.str_]
    subject: str
    visit: int
    batch: str
    control: str = ""


def flow_files(assumptions: Assumptions, adim: pd.DataFrame) -> list[FlowFile]:
    """Draw the files of some patients and the controls of each batch; the same table gives the same bytes.

    Among the single living CD8+ T cells of a file, as many are activated as ``AVAL`` of its sample says.

    Parameters
    ----------
    adim
        USUBJID, AVISITN and AVAL (percent) of the marker.
    """
    a = assumptions.cytometry
    measured = adim.dropna(subset=["AVAL"]).pivot_table(index="USUBJID", columns="AVISITN", values="AVAL")
    pairs = measured.reindex(columns=a.visits).dropna().sort_index()
    chosen = pairs.iloc[np.unique(np.linspace(0, len(pairs) - 1, min(a.patients, len(pairs))).astype(int))]
    return [*_samples(a, chosen), *_controls(a, chosen)]


def write_files(folder: Path, files: list[FlowFile]) -> None:
    """Write files, and the list ``samples.csv`` of what is what, into a folder in place of those written before."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.fcs"):
        old.unlink()
    lines = ["FILE,USUBJID,AVISITN,BATCH,CONTROL"]
    for one in files:
        (folder / one.name).write_bytes(one.content)
        lines.append(",".join([one.name, one.subject, "" if one.control else str(one.visit), one.batch, one.control]))
    (folder / "samples.csv").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _samples(a: Cytometry, chosen: pd.DataFrame) -> Iterator[FlowFile]:
    for i, (subject, row) in enumerate(chosen.iterrows()):
        batch = BATCHES[i * len(BATCHES) // len(chosen)]
        for j, visit in enumerate(a.visits):
            name = f"{subject}_week{visit}.fcs"
            repeated = a.duplicated_events if (i, j) == (1, 0) else 0
            content, truth = _file(a, name, float(row[visit]) / 100, batch, repeated=repeated)
            yield FlowFile(name, content, truth, str(subject), visit, batch)


def _controls(a: Cytometry, chosen: pd.DataFrame) -> Iterator[FlowFile]:
    if chosen.empty:
        return
    share = float(chosen.to_numpy().mean()) / 100
    for batch in BATCHES[: len(chosen)]:
        for marker in STAINED_LAST:
            name = f"FMO_{marker}_batch{batch}.fcs"
            content, truth = _file(a, name, share, batch, without=marker)
            yield FlowFile(name, content, truth, "", 0, batch, marker)


def _file(
    a: Cytometry, name: str, activated: float, batch: str, *, without: str = "", repeated: int = 0
) -> tuple[bytes, NDArray[np.str_]]:
    """Draw one tube: its FCS file, and the truth of its events."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    kinds = list(a.cells)
    shares = np.array([a.cells[kind].events_percent for kind in kinds])
    kind = rng.choice(len(kinds), a.events, p=shares / shares.sum())
    cell = kind != kinds.index("debris")
    dead = cell & (rng.random(a.events) < a.dead_percent / 100)
    doublet = cell & ~dead & (rng.random(a.events) < a.doublet_percent / 100)
    t_cells = np.array([one.startswith(CD8) for one in kinds])[kind]
    whole = np.flatnonzero(t_cells & ~dead & ~doublet)
    kind[rng.permutation(whole)[: round(activated * whole.size)]] = kinds.index(ACTIVATED)
    truth = np.select([dead, doublet], ["dead", "doublet"], np.array(kinds)[kind])
    scatter = _scatter(a, kind, doublet, rng)
    light = _light(a, kind, dead, doublet, batch, without, rng)
    seconds = np.sort(rng.random(a.events)) * 60
    events = np.column_stack([scatter, light, np.floor(seconds * TICKS_PER_SECOND)]).astype("<f4")
    at = np.arange(a.events)
    if repeated:
        at = np.insert(at, a.events // 2, at[a.events // 2 - repeated : a.events // 2])
    return _written(a, events[at], batch), truth[at]


def _scatter(a: Cytometry, kind: Days, doublet: Flags, rng: np.random.Generator) -> Reals:
    """Forward area and height, and side area."""
    middle = np.array([cells.scatter for cells in a.cells.values()])[kind]
    area = middle * np.exp(a.scatter_log_sd * rng.standard_normal(middle.shape))
    height = area[:, 0] * a.pulse_height_ratio * np.exp(a.pulse_log_sd * rng.standard_normal(kind.size))
    area *= np.where(doublet, a.doublet_area_ratio, 1)[:, None]
    return np.round(np.column_stack([area[:, 0], height, area[:, 1]]), 1)


def _light(
    a: Cytometry, kind: Days, dead: Flags, doublet: Flags, batch: str, without: str, rng: np.random.Generator
) -> Reals:
    """Light on each detector: stains, dyes' ratio of the batch, spillover, and the noise of photons."""
    markers = [dye.marker for dye in a.dyes.values()]
    means = np.array([cells.log10_stain for cells in a.cells.values()])[kind]
    spread = a.stain_log10_sd * rng.standard_normal(means.shape)
    stain = np.where(means > 0, 10 ** (means + spread), 0)
    viability = markers.index("Viability")
    stain[:, viability] = np.where(dead, 10 ** (a.dead_log10_stain + spread[:, viability]), 0)
    stain[doublet] *= 2
    ratios = np.array([dye.second_batch_ratio for dye in a.dyes.values()])
    stain *= ratios if batch == BATCHES[1] else 1
    if without:
        stain[:, markers.index(without)] = 0
    light = stain @ np.array([dye.spillover for dye in a.dyes.values()])
    noise = np.hypot(a.unstained_sd, a.photon_sd * np.sqrt(light))
    return np.asarray(np.round(light + noise * rng.standard_normal(light.shape), 1))


def _written(a: Cytometry, events: NDArray[np.float32], batch: str) -> bytes:
    detectors, spillover = list(a.dyes), [dye.spillover for dye in a.dyes.values()]
    matrix = ",".join([str(len(detectors)), *detectors, *(f"{share:g}" for row in spillover for share in row)])
    markers = ["", "", "", *(dye.marker for dye in a.dyes.values()), ""]
    about = {
        "SPILLOVER": matrix, "CYT": SIMULATED, "TIMESTEP": f"{1 / TICKS_PER_SECOND:g}", "PROJ": f"batch {batch}",
    }  # fmt: skip
    about |= {f"P{i}R": str(TOP) for i in range(1, events.shape[1] + 1)}
    file = io.BytesIO()
    values = array("f", events.astype("=f4").tobytes())
    create_fcs(file, values, [*SCATTER, *detectors, "Time"], opt_channel_names=markers, metadata_dict=about)
    return file.getvalue()
