"""What a worker does: unpack what a run needs, execute the chapter, and return its results as rows of a table."""

import atexit
import json
import platform
import time
from contextlib import ExitStack, suppress
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import lentap
from lentap.book.bundle import TRIAL, unpacked
from lentap.book.chapter import Chapter
from lentap.book.collect import results_of
from lentap.book.execute import execute, prepare_environment
from lentap.book.grid import Run
from lentap.book.kernels import LocalKernelManager, warm_kernels
from lentap.book.project import Project, digest_files, files_below
from lentap.design import load_design
from lentap.errors import LentapError, RunError
from lentap.parameters import Value
from lentap.results import Result

Rows = list[dict[str, Any]]


def run_point(bundle: str, chapter: str, run: Run, expected: dict[str, str], direct: str = "") -> Rows:
    """Rows of one run: a row a recorded result, or one row with the error of a run that failed.

    ``direct`` is a function (``module:name``) that returns what the chapter would record, where there is one: such
    chapters need no kernel for it.
    """
    started = time.perf_counter()
    try:
        if apart := _apart(tuple(sorted(expected.items()))):
            msg = f"this worker has another environment: {apart}"
            raise RunError(msg)
        values = _here(bundle, run.values)
        results = _directly(direct, values) if direct else _results(bundle, chapter, values)
    except LentapError as error:
        return [row_of(run, error=str(error), seconds=time.perf_counter() - started)]
    seconds = time.perf_counter() - started
    rows = [row_of(run, **_columns(result), seconds=seconds) for result in results]
    return rows or [row_of(run, error="the chapter recorded nothing", seconds=seconds)]


def row_of(run: Run, **columns: Any) -> dict[str, Any]:
    """A row of the table: which run, the values that vary, and further columns."""
    return {"run": run.id, **{f"parameter.{name}": value for name, value in run.varied.items()}, **columns}


def _here(bundle: str, values: dict[str, Value]) -> dict[str, Value]:
    """The values, with the trial where it lies on this machine."""
    return {**values, "data": str(unpacked(bundle) / TRIAL)} if "data" in values else values


def _directly(direct: str, values: dict[str, Value]) -> list[Result]:
    module, _, name = direct.partition(":")
    results: list[Result] = getattr(import_module(module), name)(**values)
    return results


def _results(bundle: str, name: str, values: dict[str, Value]) -> list[Result]:
    folder = unpacked(bundle)
    project = Project(folder)
    chapter = Chapter(name, project.chapters / f"{name}.md", project.package)
    design = load_design(folder / TRIAL)
    return results_of(execute(chapter, values, design, cwd=folder, manager=_kernels(folder, tuple(chapter.imports))))


@cache
def _apart(expected: tuple[tuple[str, str], ...]) -> str:
    """What this worker has otherwise than expected; looked up once, for workers that joined after the start."""
    return differences(dict(expected), environment([name for name, _ in expected]))


@cache
def _kernels(folder: Path, imports: tuple[str, ...]) -> type[LocalKernelManager]:
    """One warm process a worker, for as long as the worker lives."""
    prepare_environment(Project(folder))
    open_until_exit = ExitStack()
    atexit.register(open_until_exit.close)
    return open_until_exit.enter_context(warm_kernels(imports))


def _columns(result: Result) -> dict[str, Any]:
    """One recorded result as columns; labels and counts as ``name=value`` pairs."""
    return {
        "result": result.name,
        "labels": "; ".join(f"{key}={value}" for key, value in sorted(result.labels.items())),
        "source": result.source,
        **{name: getattr(result, name) for name in ("estimate", "low", "high", "level", "p_value", "unit", "method")},
        "counts": json.dumps(result.counts, ensure_ascii=False, sort_keys=True),
    }


def environment(names: list[str]) -> dict[str, str]:
    """What a worker and its client must have alike: Python, this package, and the installed versions of others."""
    found = {}
    for name in names:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    package = Path(lentap.__file__).parent
    return found | {"python": platform.python_version(), "lentap": digest_files(files_below(package), package)[:8]}


def differences(expected: dict[str, str], found: dict[str, str]) -> str:
    """In words, what two environments have otherwise: the first few of it."""
    apart = [
        f"{name} {found.get(name, 'missing')} instead of {wanted}"
        for name, wanted in expected.items()
        if found.get(name) != wanted
    ]
    return ", ".join(apart[:3]) + (f" and {len(apart) - 3} more" if len(apart) > 3 else "")
