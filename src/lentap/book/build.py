"""Build the book for a trial: run what changed, collect the results, publish the site."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from lentap import __version__
from lentap.book.project import Project, digest, digest_files, files_below
from lentap.book.publish import is_current, link_name, publish
from lentap.design import Design, load_design, trial_folder
from lentap.errors import DataError, RunError
from lentap.files import PLACES, shipped

Say = Callable[[str], None]


@dataclass(frozen=True)
class Request:
    """What is asked of a build: the trial, and parameters by chapter as typed."""

    data: str = "shipped"
    overrides: tuple[tuple[str, str, str], ...] = ()  # chapter, parameter, text
    jobs: int = os.cpu_count() or 1


def build(project: Project, request: Request, say: Say = lambda line: print(line, file=sys.stderr)) -> Path:
    """Build the book of a trial and return the link to its site; nothing is run where nothing changed.

    Raises
    ------
    InputError
        The request, the trial folder or the chapters are not usable.
    RunError
        A chapter failed, or the site could not be built; the last good site is untouched.
    """
    folder = trial_folder(request.data)
    design = load_design(folder)
    link = project.build / link_name(design, request.data)
    stamp = fingerprint(project, request, folder)
    if is_current(link, stamp):
        return link / "index.html"
    project.build.mkdir(exist_ok=True)
    lock = FileLock(project.build / ".lock")
    try:
        with lock.acquire(timeout=0):
            return _build(project, request, design, folder, link, stamp, say) / "index.html"
    except Timeout as error:
        msg = f"another build is running in {project.build}: wait for it to end"
        raise RunError(msg) from error


def fingerprint(project: Project, request: Request, folder: Path) -> str:
    """Content hash of everything a site is made from."""
    sources = [
        *(project.root / name for name in ("_config.yml", "_toc.yml", "requirements.txt")),
        *(path for place in ("assets", "chapters") for path in files_below(project.root / place)),
        *files_below(project.package),
        *(path for place in PLACES for path in files_below(shipped(place))),
    ]
    trial = digest_files(files_below(folder), folder)
    overrides = [part for override in sorted(request.overrides) for part in override]
    return digest(
        __version__, sys.version, sys.platform, request.data, trial, *overrides, digest_files(sources, project.root)
    )


def _build(project: Project, request: Request, design: Design, folder: Path, link: Path, stamp: str, say: Say) -> Path:
    """Check the tables, run what changed, stage, render and publish."""
    from lentap.adam import check_folder
    from lentap.book.collect import results_of, unique
    from lentap.book.run import plan, run_pages
    from lentap.book.site import run_sphinx, stage

    report = check_folder(folder)
    if report.errors:
        raise DataError("\n".join(map(str, report.errors)))
    pages = plan(project, request.overrides, request.data, design)
    finished = run_pages(project, pages, design, report, jobs=request.jobs, say=say)
    results = unique((done.page.name, result) for done in finished for result in results_of(done.outputs or []))
    say(f"building the site: {len(finished)} pages, {len(results)} recorded results")
    staged = project.build / "stage"
    stage(project, staged, finished, results, design)
    return publish(run_sphinx(staged, project.build / "sphinx"), link, stamp)
