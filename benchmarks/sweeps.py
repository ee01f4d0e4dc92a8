"""Sweeps: the memory of the process that asks for them, and their time beside papermill run after run."""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
from distributed import Client

from benchmarks.measure import Row, peak_megabytes, seconds
from lentap.book.chapter import find_chapters, get_chapter
from lentap.book.execute import compose, prepare_environment
from lentap.book.pages import Page
from lentap.book.project import Project
from lentap.book.sweep import SweepRequest, drain, sweep
from lentap.design import load_design, trial_folder

ROOT = Path(__file__).parents[1]
CORES = os.cpu_count() or 1
FEW, MANY = 1_000, 100_000  # empty tasks
CHAPTER = "efficacy/resection"
RUNS_FEW, RUNS_MANY = 50, 500
PAPERMILLS = 3  # runs of papermill from which its time for as many is inferred


def rows() -> Iterator[Row]:
    """Yield the memory of 100,000 empty tasks and of 500 runs of a chapter, each beside few of them, and the time."""
    with _cluster() as address:
        few = peak_megabytes(_empty_tasks, address, FEW)
        many = peak_megabytes(_empty_tasks, address, MANY)
        plain = peak_megabytes(_gathered, address, MANY // 10)
    yield Row(f"client, {MANY:,} empty tasks", many, "MB", peer=few, peer_name=f"{FEW:,} tasks", least_ratio=0.9)
    yield Row(f"client, {MANY:,} empty tasks", many, "MB", peer=plain, peer_name=f"map and gather, {MANY // 10:,}")
    with _cluster() as address:
        few = peak_megabytes(_runs, address, RUNS_FEW)
        start = time.perf_counter()
        many = peak_megabytes(_runs, address, RUNS_MANY)
        took = time.perf_counter() - start
    yield Row(f"client, {RUNS_MANY} runs", many, "MB", peer=few, peer_name=f"{RUNS_FEW} runs", least_ratio=0.9)
    alone = seconds(_papermill, PAPERMILLS) * RUNS_MANY / CORES
    yield Row(f"{RUNS_MANY} runs of {CHAPTER}", took, peer=alone, peer_name=f"papermill, {CORES} at once")


@contextlib.contextmanager
def _cluster() -> Iterator[str]:
    """A scheduler with a worker a core, each in a process of its own, by the scheduler's address."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as running:
        file = f"{folder}/scheduler.json"
        quiet = subprocess.DEVNULL
        dask, at = [sys.executable, "-m", "dask"], "127.0.0.1:0"
        for role in ("scheduler", *["worker"] * CORES):
            options = ["--port", "0", "--dashboard-address", at] if role == "scheduler" else ["--nthreads", "1"]
            command = [*dask, role, "--scheduler-file", file, *options]
            finds_us = {**os.environ, "PYTHONPATH": str(ROOT)}
            process = subprocess.Popen(command, cwd=folder, env=finds_us, stdout=quiet, stderr=quiet)
            running.callback(process.wait)
            running.callback(process.terminate)
            while not Path(file).exists():
                time.sleep(0.1)
        with Client(scheduler_file=file, set_as_default=False) as client:
            client.wait_for_workers(CORES)
            address = str(client.scheduler_info()["address"])
        yield address


def _nothing(number: int) -> list[dict[str, int]]:
    return [{"number": number}]


def _empty_tasks(address: str, tasks: int) -> None:
    with Client(address, set_as_default=False) as client:
        found = (rows for _, rows in drain(client, _nothing, ((number,) for number in range(tasks))))
        if sum(isinstance(rows, list) for rows in found) != tasks:
            msg = "some tasks were lost"
            raise AssertionError(msg)


def _gathered(address: str, tasks: int) -> None:
    with Client(address, set_as_default=False) as client:
        client.gather(client.map(_nothing, range(tasks), pure=False))


def _runs(address: str, runs: int) -> None:
    grid = [f"confidence={','.join(f'{0.5 + (place + 1) / (2 * runs + 2):.6f}' for place in range(runs))}"]
    with tempfile.TemporaryDirectory() as folder:
        request = SweepRequest(CHAPTER, grid, output=Path(folder) / "runs.parquet", scheduler=address)
        said = sweep(Project(ROOT), request, lambda _: None)
    if "0 of them failed" not in said:
        raise AssertionError(said)


def _papermill() -> None:
    project = Project(ROOT)
    prepare_environment(project)
    chapter = get_chapter(find_chapters(project.chapters, project.package), CHAPTER)
    design = load_design(trial_folder("shipped"))
    notebook = compose(chapter, Page(CHAPTER, chapter).resolve({}, "shipped", design), design)
    with tempfile.TemporaryDirectory() as folder:
        nbformat.write(notebook, f"{folder}/in.ipynb")
        command = [sys.executable, "-m", "papermill", f"{folder}/in.ipynb", f"{folder}/out.ipynb", "--no-progress-bar"]
        subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
