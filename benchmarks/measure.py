"""How the benchmarks measure, and the row in which each of them answers."""

import multiprocessing
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Row:
    """One measurement of ours beside one of a peer's; ``peer`` is None where there is none to compare with.

    The target is a least ratio of the peer's number to ours, a most of ours, or both.
    """

    what: str
    ours: float
    unit: str = "s"
    peer: float | None = None
    peer_name: str = ""
    least_ratio: float | None = None
    most: float | None = None

    @property
    def ratio(self) -> float | None:
        return None if self.peer is None else self.peer / self.ours

    @property
    def target(self) -> str:
        parts = [f"ratio >= {self.least_ratio:g}"] if self.least_ratio is not None else []
        return " and ".join(parts + ([f"<= {self.most:g} {self.unit}".rstrip()] if self.most is not None else []))

    @property
    def verdict(self) -> str:
        """Whether the target is met; nothing where there is none, or it needs a peer that is not installed."""
        checks = [self.ours <= self.most] if self.most is not None else []
        if self.least_ratio is not None and self.ratio is not None:
            checks.append(self.ratio >= self.least_ratio)
        return "" if not checks else "met" if all(checks) else "MISSED"


def seconds(call: Callable[[], object], repeats: int = 3) -> float:
    """Shortest of several runs: what else the machine did only ever adds to it."""
    shortest = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        shortest = min(shortest, time.perf_counter() - start)
    return shortest


def peak_megabytes(call: Callable[..., object], *arguments: Any) -> float:
    """Largest resident memory of a fresh process that makes one call: interpreter, libraries and data included.

    ``call`` is a function of a module, since the process imports it.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_call_and_weigh, (call, arguments))


def r_seconds(code: str, arrays: Mapping[str, np.ndarray], repeats: int = 3) -> tuple[float, str] | None:
    """Shortest elapsed time of R ``code``, measured inside R by system.time, and R's version; None without R.

    ``arrays`` are handed over as numeric vectors of these names. Code before a line ``# timed`` is not timed.
    """
    if (rscript := shutil.which("Rscript")) is None:
        return None
    before, _, timed = code.rpartition("# timed")
    with tempfile.TemporaryDirectory() as folder:
        loads = []
        for name, array in arrays.items():
            np.asarray(array, dtype=float).tofile(Path(folder) / name)
            loads.append(f"{name} <- readBin('{folder}/{name}', 'numeric', {array.size})")
        script = "\n".join(
            [
                *loads,
                f"suppressPackageStartupMessages({{{before}}})",
                f"s <- min(replicate({repeats}, system.time({{{timed}}})[['elapsed']]))",
                "cat(s, R.version$major, R.version$minor)",
            ]
        )
        done = subprocess.run([rscript, "-e", script], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"R could not run: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    elapsed, major, minor = done.stdout.split()[-3:]
    return float(elapsed), f"R {major}.{minor}"


def against(
    what: str,
    ours: float,
    code: str,
    package: str,
    *,
    arrays: Mapping[str, np.ndarray] | None = None,
    least_ratio: float | None = None,
    scale: float = 1.0,
    repeats: int = 3,
) -> Row:
    """Row of ours beside R code that uses ``package``, its time multiplied by ``scale``; it says where R is missing."""
    found = r_seconds(code, arrays or {}, repeats)
    if found is None:
        return Row(what, ours, peer_name=f"R, {package}: not found", least_ratio=least_ratio)
    return Row(what, ours, peer=found[0] * scale, peer_name=f"{found[1]}, {package}", least_ratio=least_ratio)


def _call_and_weigh(call: Callable[..., object], arguments: tuple[Any, ...]) -> float:
    call(*arguments)
    status = Path("/proc/self/status")
    if status.exists():
        return float(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    import resource  # not on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
