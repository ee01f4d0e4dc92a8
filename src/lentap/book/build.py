"""Build the book for a trial: run what changed, collect the results, publish the site."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from lentap import __version__
from lentap.book.project import Project, digest, digest_files, files_below
from lentap.book.publish import is_current, link_name, publish
from lentap.book.request import Request, Say
from lentap.design import load_design, trial_folder
from lentap.errors import RunError
from lentap.files import PLACES, csv_files, shipped

if TYPE_CHECKING:
    from lentap.book.editions import Edition, Run
    from lentap.book.sphinx_process import Render


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
    from lentap.book.run import plan_editions

    editions = plan_editions(project, request, design, folder, say)
    project.build.mkdir(exist_ok=True)
    lock = FileLock(project.build / ".lock")
    try:
        with lock.acquire(timeout=0):
            return _build(project, request, editions, link, stamp, say) / "index.html"
    except Timeout as error:
        msg = f"another build is running in {project.build}: wait for it to end"
        raise RunError(msg) from error


def fingerprint(project: Project, request: Request, folder: Path) -> str:
    """Content hash of everything a site is made from."""
    sources = [
        *(project.root / name for name in ("_config.yml", "_toc.yml", "requirements.txt")),
        *(path for place in ("assets", "chapters", "scenarios") for path in files_below(project.root / place)),
        *files_below(project.package),
        *(path for place in PLACES for path in files_below(shipped(place))),
    ]
    trial = digest_files(files_below(folder), folder)
    overrides = [part for override in sorted(request.overrides) for part in override]
    scenarios = [str(request.all_scenarios), *request.scenarios]
    named = [Path(text).expanduser() for _, _, text in request.overrides]
    brought = [path for place in named for path in (csv_files(place) if place.is_dir() else [place]) if path.is_file()]
    outside = [*brought, *(Path(name) for name in request.scenarios if name.endswith(".yml"))]
    elsewhere = digest_files(outside, Path())
    return digest(
        *(__version__, sys.version, sys.platform, request.data, trial, *overrides, *scenarios, elsewhere),
        digest_files(sources, project.root),
    )


def _build(project: Project, request: Request, editions: "list[Edition]", link: Path, stamp: str, say: Say) -> Path:
    """Run what changed, stage, render and publish."""
    from lentap.book.execute import prepare_environment
    from lentap.book.sphinx_process import waiting_sphinx

    prepare_environment(project)
    with waiting_sphinx() as sphinx:
        runs = _run(project, request, editions, say)
        pages, results = (sum(len(getattr(run, part)) for run in runs) for part in ("finished", "results"))
        say(f"building the site: {pages} pages, {results} recorded results")
        return publish(_site(project, runs, request.jobs, sphinx), link, stamp)


def _run(project: Project, request: Request, editions: "list[Edition]", say: Say) -> "list[Run]":
    """Run every edition, and the variants of the main edition's pages."""
    from lentap.book.editions import Run
    from lentap.book.explore import variant_pages, with_variants
    from lentap.book.run import run_editions

    variants = variant_pages(editions[0])
    *finished, others = run_editions(project, [*editions, variants], jobs=request.jobs, say=say)
    finished[0] = with_variants(finished[0], others)
    return [Run.of(edition, pages) for edition, pages in zip(editions, finished, strict=True)]


def _site(project: Project, runs: "list[Run]", jobs: int, sphinx: "Render") -> Path:
    """Render every edition and put them together; the Sphinx that has been loading takes the main edition."""
    from lentap.book.assemble import assemble, render
    from lentap.book.comparison import CSV, PAGE, comparison
    from lentap.book.editions import switch
    from lentap.book.sphinx_process import run_sphinx

    generated, extra = {}, {}
    if len(runs) > 1:
        generated[PAGE], extra[CSV] = comparison(runs)
    with ThreadPoolExecutor(jobs) as pool:
        main, *others = runs
        first = pool.submit(render, project, main, switch(main, runs), generated, sphinx)
        rest = [pool.submit(render, project, run, switch(run, runs), {}, run_sphinx) for run in others]
    editions = {run.edition.name: site.result() for run, site in zip(others, rest, strict=True)}
    return assemble(project.build / "site", first.result(), editions, extra)
