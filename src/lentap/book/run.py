"""Which pages a trial's book has, and running the chapters behind them."""

import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from lentap.adam import Report, check_folder
from lentap.book.cache import Cache, Outputs, chapter_state, run_key
from lentap.book.chapter import find_chapters, get_chapter
from lentap.book.editions import Edition, Finished
from lentap.book.execute import execute_all, prepare_environment
from lentap.book.kernels import LocalKernelManager, warm_kernels
from lentap.book.pages import Page, page_rules, plan_pages
from lentap.book.project import Project
from lentap.book.request import Override, Request, Say
from lentap.book.scenarios import Scenario, load_scenario, scenario_names
from lentap.design import Design, load_design, trial_folder
from lentap.errors import ChapterError, DataError, InputError, ParameterError, RunError
from lentap.parameters import Value

BATCH = 8  # variants of a page that share a kernel
DECLARED = {
    **dict.fromkeys(("Population", "EndpointPopulation"), "population"),
    "Endpoint": "endpoint",
    "Criterion": "criterion",
    "MarkerName": "marker",
}


def plan(
    project: Project, overrides: tuple[Override, ...], data: str, design: Design, scenario: Scenario | None = None
) -> list[tuple[Page, dict[str, Value]]]:
    """The pages of a trial's book with the values of their parameters: as typed, else as the scenario says.

    Raises
    ------
    InputError
        A chapter or parameter is unknown, or a value is not legal.
    """
    chapters = find_chapters(project.chapters, project.package)
    toc: dict[str, Any] = yaml.safe_load((project.root / "_toc.yml").read_text(encoding="utf-8"))
    pages = plan_pages(project.chapters, toc, chapters, design)
    given = {name: dict(values) for name, values in scenario.parameters.items()} if scenario else {}
    for name, parameter, text in overrides:
        given.setdefault(name, {})[parameter] = get_chapter(chapters, name).read(parameter, text)
    for page in pages:
        if fixed := page.given.keys() & given.get(page.chapter.name, {}).keys():
            parameter = min(fixed)
            where = f"{page.chapter.name}: {parameter}"
            msg = f"{where} is fixed by the page ({page.name}: {page.given[parameter]}); use 'lentap run'"
            raise InputError(msg)
    return [(page, page.resolve(given.get(page.chapter.name, {}), data, design)) for page in pages]


def plan_editions(project: Project, request: Request, design: Design, folder: Path, say: Say) -> list[Edition]:
    """The book itself, then an edition for each scenario asked for.

    Of another trial's book, a scenario that this trial cannot have is left out where all are asked for, and named.

    Raises
    ------
    InputError
        A table, a scenario, a chapter or a parameter is not usable.
    """
    main = _edition(project, None, request, design, folder)
    chapters = find_chapters(project.chapters, project.package)
    names = [*request.scenarios, *(scenario_names(project) if request.all_scenarios else ())]
    editions = [main]
    for name in dict.fromkeys(names):
        scenario = load_scenario(project, name, chapters)
        if scenario in [edition.scenario for edition in editions]:
            continue
        if scenario.name in [edition.name for edition in editions]:
            msg = f"scenario {name}: another one is called {scenario.name}; give its file another name"
            raise InputError(msg)
        place = trial_folder(scenario.data) if scenario.data else folder
        of_trial = load_design(place) if scenario.data else design
        try:
            editions.append(_edition(project, scenario, request, of_trial, place, main.report))
        except ParameterError as error:
            if request.data == "shipped" or name in request.scenarios:
                msg = f"scenario {name}: {error}"
                raise ParameterError(msg) from error
            say(f"scenario {name} is left out: {error}")
    return editions


def _edition(
    project: Project,
    scenario: Scenario | None,
    request: Request,
    design: Design,
    folder: Path,
    report: Report | None = None,
) -> Edition:
    data = (scenario.data if scenario else None) or request.data
    pages = plan(project, request.overrides, data, design, scenario)
    if report is None or data != request.data:
        report = check_folder(folder)
    if report.errors:
        raise DataError("\n".join(map(str, report.errors)))
    return Edition(scenario, data, design, report, pages)


def run_editions(project: Project, editions: list[Edition], *, jobs: int, say: Say) -> list[list[Finished]]:
    """Run every page whose answer is not known yet; the others come from the cache, and what is alike runs once.

    Returns
    -------
    The finished pages of each edition.

    Raises
    ------
    RunError
        At least one chapter failed; all others have run, and each failure is named.
    """
    prepare_environment(project)
    stored = Cache(project.build / "cache")
    planned = [_planned(project, edition) for edition in editions]
    known: dict[str, Outputs | None] = {one.key: None for pages in planned for one in pages if not one.gap}
    known.update({key: stored.get(key) for key in known})
    waiting: dict[str, _Planned] = {}
    for one in (one for pages in planned for one in pages if not one.gap and known[one.key] is None):
        waiting.setdefault(one.key, one)  # the book's own page, not the variant that is the same
    first = {name for name, rule in page_rules(project.chapters).items() if rule.get("first")}
    batches = sorted(_batches(waiting.values()), key=lambda batch: batch[0].page.chapter.name not in first)
    failures: list[ChapterError] = []
    refused: dict[str, str] = {}
    started = time.perf_counter()
    with _kernels([one.page for one in waiting.values()]) as manager, ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(_run, batch, manager): batch for batch in batches}
        for count, future in enumerate(as_completed(futures), 1):
            batch = futures[future]
            name = batch[0].label + (f" and {len(batch) - 1} more" if len(batch) > 1 else "")
            try:
                found = future.result()
            except ChapterError as error:
                failures.append(error)
                say(f"[{count}/{len(batches)}] {name} failed")
                continue
            for one, outputs in zip(batch, found, strict=True):
                if isinstance(outputs, ChapterError):
                    refused[one.key] = outputs.cause
                else:
                    known[one.key] = outputs
                    stored.put(one.key, outputs)
            say(f"[{count}/{len(batches)}] {name} ({time.perf_counter() - started:.0f} s)")
    if failures:
        msg = "the site is unchanged, because:\n" + "\n".join(f"  {failure}" for failure in failures)
        raise RunError(msg)
    return [
        [Finished(one.page, one.values, known.get(one.key), refused.get(one.key, one.gap)) for one in pages]
        for pages in planned
    ]


@dataclass(frozen=True)
class _Planned:
    """A page of an edition, what its outputs are stored under, and why it cannot be shown where it cannot."""

    page: Page
    values: dict[str, Value]
    design: Design
    label: str
    key: str
    gap: str


def _planned(project: Project, edition: Edition) -> list[_Planned]:
    design, report = edition.design, edition.report
    state = cache(lambda chapter: chapter_state(project, chapter, design, report.folder))  # once for all its pages
    planned = []
    for page, values in edition.pages:
        gap = what_is_missing(page, values, report, design)
        key = "" if gap else run_key(state(page.chapter), page.chapter, values)
        label = f"{page.name}{f' ({edition.name})' if edition.name else ''}"
        planned.append(_Planned(page, values, design, label, key, gap))
    return planned


def _batches(waiting: Iterable[_Planned]) -> Iterator[list[_Planned]]:
    """What one kernel runs: a page, or several variants of one, which share its start."""
    for variant_of, group in groupby(waiting, key=lambda one: one.page.variant_of):
        pages = list(group)
        size = BATCH if variant_of else 1
        yield from (pages[start : start + size] for start in range(0, len(pages), size))


def _run(batch: list[_Planned], manager: type[LocalKernelManager]) -> Sequence[Outputs | ChapterError]:
    """Outputs of each page of a batch; a variant may fail, such as a grade the trial's events do not have."""
    page, design = batch[0].page, batch[0].design
    try:
        return execute_all(page.chapter, [one.values for one in batch], design, cwd=Path.cwd(), manager=manager)
    except ChapterError as error:
        if not page.variant_of:
            raise
        return [error] if len(batch) == 1 else [outputs for one in batch for outputs in _run([one], manager)]


def _kernels(pages: list[Page]) -> AbstractContextManager[type[LocalKernelManager]]:
    """How the kernels of these pages start: from one warm process where several will."""
    statements = dict.fromkeys(line for page in pages for line in page.chapter.imports)
    return warm_kernels(statements) if len(pages) > 1 else nullcontext(LocalKernelManager)


def what_is_missing(page: Page, values: dict[str, Value], report: Report, design: Design) -> str:
    """Why a page cannot be shown for a trial: tables, declarations or patients it needs; empty where nothing is."""
    absent = [name.upper() for name in page.chapter.tables[0] if name not in report.usable_tables]
    if absent:
        several = "s" * (len(absent) > 1)
        names = " and ".join(absent)
        return f"This chapter needs the table{several} {names}, which the trial's folder does not hold free of errors."
    undeclared = page.chapter.undeclared(design)
    if undeclared:
        return f"This chapter needs a declaration in trial.yml that is not there: {', '.join(undeclared)}."
    known = {(one.kind, one.name): one for one in report.available}
    chosen = values.get("experimental", "all")
    shown = {arm.name for arm in design.experimental if chosen in ("all", arm.name)}  # an arm alone can be shown
    for parameter in page.chapter.parameters.values():
        one = known.get((DECLARED.get(parameter.type_name, ""), str(values[parameter.name])))
        if one and not one.usable and (not one.empty or shown <= set(one.empty)):
            return f"{one.label} ({one.name}) cannot be shown here: {one.why}."
    return ""
