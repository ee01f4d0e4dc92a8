"""A grid of reruns of one chapter on Dask: on this machine, or on a cluster that is there already."""

import logging
import re
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from distributed import Client, LocalCluster, as_completed

from lentap.book.bundle import Bundle, Unpack, pack
from lentap.book.cache import chapter_state
from lentap.book.chapter import find_chapters, get_chapter
from lentap.book.grid import MOST, Grid, parse
from lentap.book.pages import Page, page_rules
from lentap.book.project import Project
from lentap.book.request import Say
from lentap.book.runs_table import RunsTable
from lentap.book.single import refuse_what_cannot_run
from lentap.book.worker import Rows, differences, environment, row_of, run_point
from lentap.design import load_design, trial_folder
from lentap.errors import InputError, Interrupted, RunError
from lentap.parameters import rule_of

AHEAD = 4  # runs handed out per worker: enough to keep it busy, few enough to keep this process small
PATIENCE = 10  # seconds for a scheduler to answer
FLUSH_EVERY = 5.0  # seconds
SAY_EVERY = 10.0  # seconds
ADDRESS = re.compile(r"([a-z]+://)?(\[[0-9a-f:]+\]|[^\s/:]+):\d{1,5}")
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)


@dataclass(frozen=True)
class SweepRequest:
    """What is asked of a sweep; without a scheduler's address it runs on this machine, ``jobs`` runs at a time."""

    chapter: str
    grid: list[str]
    data: str = "shipped"
    output: Path = Path("sweep.parquet")
    scheduler: str = ""
    jobs: int = 1
    confirmed: bool = False
    failed_again: bool = False


def sweep(project: Project, request: SweepRequest, say: Say) -> str:
    """Run what the table lacks, and say what was done.

    Raises
    ------
    InputError
        The chapter, a parameter, a value, the grid's size, the trial, the output or the scheduler is not usable.
    RunError
        A worker has another environment than this process, or the table could not be written.
    """
    folder = trial_folder(request.data)
    design = load_design(folder)
    chapter = get_chapter(find_chapters(project.chapters, project.package), request.chapter)
    grid = Grid(chapter, parse(chapter, request.grid), chapter_state(project, chapter, design, folder))
    grid.check(request.data, design)
    if len(grid) > MOST and not request.confirmed:
        msg = f"this grid has {len(grid):,} runs; more than {MOST:,} need --yes"
        raise InputError(msg)
    first = next(grid.runs(request.data, design))
    refuse_what_cannot_run(Page(chapter.name, chapter), first.values, folder, design)
    kinds = {name: rule_of(chapter.parameters[name].type_name)[0].__name__ for name in grid.axes}
    about = {"chapter": chapter.name, "state of chapter, tables or packages": grid.key}
    table = RunsTable(request.output, about, kinds)
    done = table.open(forget_failed=request.failed_again)
    lacking = sum(run.id not in done for run in grid.runs(request.data, design)) if done else len(grid)
    if not lacking:
        return f"{request.output}: all {len(grid):,} runs are there"
    lock = project.lock.read_text(encoding="utf-8") if project.lock.is_file() else ""
    expected = environment(PINNED.findall(lock))
    bundle = pack(project, chapter, folder)
    with _client(request.scheduler, request.jobs) as client, _unpacked(client, bundle):
        _check_workers(client, expected)
        runs = (run for run in grid.runs(request.data, design) if run.id not in done)
        direct = page_rules(project.chapters).get(chapter.name, {}).get("direct", "")
        results = drain(client, run_point, ((bundle.name, chapter.name, run, expected, direct) for run in runs))
        try:
            failed = _collect(results, table, say, lacking)
        except KeyboardInterrupt:
            logging.disable()  # workers that are cut off would say so at length
            kept = f"{len(table.open()):,} of {len(grid):,} runs kept"
            msg = f"{request.output}: interrupted, {kept}; start it again to go on"
            raise Interrupted(msg) from None
    return f"{request.output}: {lacking:,} of {len(grid):,} runs added, {failed:,} of them failed"


def drain(client: Client, task: Callable[..., Rows], arguments: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
    """Run a task over many arguments and yield, as each ends, its arguments and its rows or exception.

    Only a few runs a worker are under way at once, and each is forgotten when it has been yielded, so neither this
    process nor the scheduler grows with their number.
    """
    waiting = iter(arguments)
    under_way: dict[str, tuple[Any, ...]] = {}
    pool = as_completed(loop=client.loop, with_results=True, raise_errors=False)

    def hand_out() -> None:
        room = AHEAD * max(sum(client.nthreads().values()), 4) - len(under_way)
        for one in islice(waiting, max(room, 0)):
            future = client.submit(task, *one, pure=False)
            under_way[future.key] = one
            pool.add(future)

    hand_out()
    for future, rows in pool:
        arguments_of_it = under_way.pop(future.key)
        if len(under_way) % AHEAD == 0:
            hand_out()
        yield arguments_of_it, rows if future.status == "finished" else future.exception() or RuntimeError("cancelled")


def _collect(results: Iterator[Any], table: RunsTable, say: Say, lacking: int) -> int:
    """Keep the rows of each run as it ends, and return how many failed; what is there is written whatever happens."""
    failed, said, flushed = 0, time.monotonic(), time.monotonic()
    try:
        for count, ((_, _, run, *_), rows) in enumerate(results, 1):
            if isinstance(rows, BaseException):  # its worker died, and again where it was run once more
                rows = [row_of(run, error=f"{type(rows).__name__}: {rows}")]
            failed += any(row.get("error") for row in rows)
            table.add(rows)
            now = time.monotonic()
            if now - flushed > FLUSH_EVERY:
                table.flush()
                flushed = now
            if now - said > SAY_EVERY:
                say(f"{count:,} of {lacking:,} runs, {failed:,} failed")
                said = now
    finally:
        table.flush()
    return failed


@contextmanager
def _client(scheduler: str, jobs: int) -> Iterator[Client]:
    """A client of the scheduler at an address, or of workers of this machine that end with it."""
    if not scheduler:
        with TemporaryDirectory(prefix="lentap-") as folder:
            with _deaf_children():
                cluster = LocalCluster(
                    n_workers=jobs,
                    threads_per_worker=1,
                    dashboard_address="127.0.0.1:0",
                    local_directory=folder,
                    silence_logs=logging.CRITICAL,
                )
            with cluster, Client(cluster, set_as_default=False) as client:
                yield client
        return
    if not ADDRESS.fullmatch(scheduler):
        msg = f"--scheduler {scheduler}: legal: an address with a port, such as tcp://host:8786"
        raise InputError(msg)
    try:
        client = Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except Exception as error:  # what a protocol raises is its own affair
        msg = f"--scheduler {scheduler}: no Dask scheduler answers there within {PATIENCE} s ({type(error).__name__})"
        raise InputError(msg) from error
    with client:
        yield client


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Processes started here do not hear Ctrl-C, which the terminal sends to all: this one hears it, and ends them."""
    if threading.current_thread() is not threading.main_thread():  # signals are the main thread's
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _unpacked(client: Client, bundle: Bundle) -> Iterator[None]:
    """The bundle unpacked on every worker, those to come included."""
    plugin = Unpack(bundle)
    client.register_plugin(plugin)
    try:
        yield
    finally:
        with suppress(Exception):  # a cluster that is gone has no plugin either
            client.unregister_worker_plugin(plugin.name)


def _check_workers(client: Client, expected: dict[str, str]) -> None:
    """Refuse workers whose Python, package or installed versions are others than here."""
    for worker, found in client.run(environment, list(expected)).items():
        if apart := differences(expected, found):
            msg = f"worker {worker} has another environment: {apart}; install the same requirements.txt there"
            raise RunError(msg)
