"""Which pages a trial's book has, and running the chapters behind them."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from lentap.adam import Report
from lentap.book.cache import Cache, run_key
from lentap.book.chapter import find_chapters, get_chapter
from lentap.book.execute import execute, prepare_environment
from lentap.book.kernels import LocalKernelManager, warm_kernels
from lentap.book.pages import Page, plan_pages
from lentap.book.project import Project
from lentap.book.site import Finished
from lentap.design import Design
from lentap.errors import ChapterError, InputError, RunError
from lentap.parameters import Value

Say = Callable[[str], None]
Override = tuple[str, str, str]
DECLARED = {"Population": "population", "Endpoint": "endpoint", "Criterion": "criterion", "MarkerName": "marker"}


def plan(
    project: Project, overrides: tuple[Override, ...], data: str, design: Design
) -> list[tuple[Page, dict[str, Value]]]:
    """The pages of a trial's book with the values of their parameters.

    Raises
    ------
    InputError
        A chapter or parameter is unknown, or a value is not legal.
    """
    chapters = find_chapters(project.chapters, project.package)
    toc: dict[str, Any] = yaml.safe_load((project.root / "_toc.yml").read_text(encoding="utf-8"))
    pages = plan_pages(project.chapters, toc, chapters, design)
    typed: dict[str, dict[str, Value]] = {}
    for name, parameter, text in overrides:
        chapter = get_chapter(chapters, name)
        typed.setdefault(name, {})[parameter] = chapter.read(parameter, text)
        fixed = next((page for page in pages if page.chapter == chapter and parameter in page.given), None)
        if fixed:
            msg = f"{name}: {parameter} is fixed by the page ({fixed.name}: {fixed.given[parameter]}); use 'lentap run'"
            raise InputError(msg)
    return [(page, page.resolve(typed.get(page.chapter.name, {}), data, design)) for page in pages]


def run_pages(
    project: Project,
    pages: list[tuple[Page, dict[str, Value]]],
    design: Design,
    report: Report,
    *,
    jobs: int,
    say: Say,
) -> list[Finished]:
    """Run every page whose answer is not known yet; the others come from the cache.

    Raises
    ------
    RunError
        At least one chapter failed; all others have run, and each failure is named.
    """
    prepare_environment(project)
    cache = Cache(project.build / "cache")
    finished = []
    keys = []
    for page, values in pages:
        gap = what_is_missing(page, values, report, design)
        keys.append(run_key(project, page.chapter, values, design, report.folder))
        finished.append(Finished(page, values, None if gap else cache.get(keys[-1]), gap))
    waiting = [position for position, page in enumerate(finished) if page.outputs is None and not page.gap]
    failures: list[ChapterError] = []
    started = time.perf_counter()
    with _kernels([finished[position].page for position in waiting]) as manager, ThreadPoolExecutor(jobs) as pool:
        futures = {
            pool.submit(execute, page.chapter, values, design, cwd=Path.cwd(), manager=manager): position
            for position in waiting
            for page, values in [pages[position]]
        }
        for count, future in enumerate(as_completed(futures), 1):
            position = futures[future]
            name = finished[position].page.name
            try:
                outputs = future.result()
            except ChapterError as error:
                failures.append(error)
                say(f"[{count}/{len(waiting)}] {name} failed")
                continue
            cache.put(keys[position], outputs)
            finished[position] = replace(finished[position], outputs=outputs)
            say(f"[{count}/{len(waiting)}] {name} ({time.perf_counter() - started:.0f} s)")
    if failures:
        msg = "the site is unchanged, because:\n" + "\n".join(f"  {failure}" for failure in failures)
        raise RunError(msg)
    return finished


def _kernels(pages: list[Page]) -> AbstractContextManager[type[LocalKernelManager]]:
    """How the kernels of these pages start: from one warm process where several will."""
    statements = dict.fromkeys(line for page in pages for line in page.chapter.imports)
    return warm_kernels(statements) if len(pages) > 1 else nullcontext(LocalKernelManager)


def what_is_missing(page: Page, values: dict[str, Value], report: Report, design: Design) -> str:
    """Why a page cannot be shown for a trial: tables, declarations or patients it needs; empty where nothing is."""
    absent = [name.upper() for name in page.chapter.tables[0] if name not in report.usable_tables]
    if absent:
        several = "s" * (len(absent) > 1)
        return f"This chapter needs the table{several} {' and '.join(absent)}, which the trial's folder does not hold."
    undeclared = page.chapter.undeclared(design)
    if undeclared:
        return f"This chapter needs a declaration in trial.yml that is not there: {', '.join(undeclared)}."
    known = {(one.kind, one.name): one for one in report.available}
    chosen = values.get("experimental", "all")
    compared = {design.control.name, *(arm.name for arm in design.experimental if chosen in ("all", arm.name))}
    for parameter in page.chapter.parameters.values():
        one = known.get((DECLARED.get(parameter.type_name, ""), str(values[parameter.name])))
        if one and (compared & set(one.empty) or not (one.usable or one.empty)):
            return f"{one.label} ({one.name}) cannot be compared here: {one.why}."
    return ""
