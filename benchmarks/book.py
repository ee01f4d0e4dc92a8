"""The book itself: executing, rebuilding and rendering it, beside what a user would otherwise type."""

import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import nbformat
import yaml
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from benchmarks.measure import Row, seconds
from lentap.book.build import build
from lentap.book.collect import results_of, unique
from lentap.book.editions import Finished
from lentap.book.execute import compose, execute, prepare_environment
from lentap.book.project import Project
from lentap.book.request import Request
from lentap.book.run import plan_editions, run_editions
from lentap.book.site import stage
from lentap.book.sphinx_process import waiting_sphinx
from lentap.design import load_design, trial_folder

ROOT = Path(__file__).parents[1]
CORES = os.cpu_count() or 1
PAGES = 60


def rows() -> Iterator[Row]:
    """Yield a row for each way of running and rendering the book."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(_copy(Path(folder))):
        project = Project(Path.cwd())
        finished, took = _execute(project)
        each = _as_scripts(finished)
        bound = max(max(each), sum(each) / CORES)
        yield Row("execute all chapters, cold", took, peer=bound, peer_name="plain scripts, warm", least_ratio=0.8)
        yield Row("the same, beside papermill", took, peer=_papermill(finished, project), peer_name="papermill, serial")
        whole = seconds(lambda: _build_anew(project), 1)
        peer = _jupyter_book(project, finished, "force")
        yield Row("build the book without variants, cold", whole, peer=peer, peer_name="jupyter-book --all")
        again = seconds(lambda: build(project, Request(), _quiet))
        peer = _jupyter_book(project, finished, "cache", again=True)
        yield Row("build again, nothing changed", again, peer=peer, peer_name="jupyter-cache", most=2.0)
        override = ("efficacy/resection", "rate_interval", "clopper-pearson")
        changed = seconds(lambda: build(project, Request(overrides=(override,)), _quiet), 1)
        alone = _alone(next(done for done in finished if done.page.name == "efficacy/resection"))
        yield Row("build again, one parameter changed", changed, most=alone + 3)
        yield Row(f"render {PAGES} pages", _render(project, finished), most=8.0)


def _copy(folder: Path) -> Path:
    """A checkout of its own, with nothing built and no variants of pages, which are extra work of ours alone."""
    wanted = ("chapters", "data", "src", "assets", "scenarios", "tests/reference")
    for name in wanted:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("_config.yml", "_toc.yml", "requirements.txt"):
        shutil.copyfile(ROOT / name, folder / name)
    file = folder / "chapters" / "pages.yml"
    rules = yaml.safe_load(file.read_text(encoding="utf-8"))
    plain = {name: {key: word for key, word in rule.items() if key != "explore"} for name, rule in rules.items()}
    file.write_text(yaml.safe_dump(plain), encoding="utf-8")
    return folder


def _quiet(line: str) -> None:
    """Show no progress."""


def _execute(project: Project) -> tuple[list[Finished], float]:
    folder = trial_folder("shipped")
    editions = plan_editions(project, Request(), load_design(folder), folder, _quiet)
    start = time.perf_counter()
    (finished,) = run_editions(project, editions, jobs=CORES, say=_quiet)
    return finished, time.perf_counter() - start


def _as_scripts(finished: list[Finished]) -> list[float]:
    """Seconds of each page's code cells in one process that has run them all before."""
    no_history = Config({"HistoryManager": {"enabled": False}})  # whose file would be gone before this process ends
    design, shell, taken = load_design(trial_folder("shipped")), InteractiveShell.instance(config=no_history), []
    for warm in (False, True):
        for done in finished:
            shell.reset()
            start = time.perf_counter()
            with contextlib.redirect_stdout(io.StringIO()):
                for cell in compose(done.page.chapter, done.values, design).cells:
                    if cell.cell_type == "code" and (found := shell.run_cell(cell.source).result) is not None:
                        shell.display_formatter.format(found)
            if warm:
                taken.append(time.perf_counter() - start)
    return taken


def _papermill(finished: list[Finished], project: Project) -> float:
    prepare_environment(project)
    design, start = load_design(trial_folder("shipped")), time.perf_counter()
    for done in finished:
        notebook = compose(done.page.chapter, done.values, design)
        if any(cell.cell_type == "code" for cell in notebook.cells):
            nbformat.write(notebook, "in.ipynb")
            command = [sys.executable, "-m", "papermill", "in.ipynb", "out.ipynb", "--no-progress-bar"]
            subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def _build_anew(project: Project) -> None:
    shutil.rmtree(project.build, ignore_errors=True)
    build(project, Request(), _quiet)


def _alone(done: Finished) -> float:
    """Seconds of one chapter in a kernel of its own, from its start to its end."""
    return seconds(lambda: execute(done.page.chapter, done.values, load_design(trial_folder("shipped")), cwd=Path()), 1)


def _stage(project: Project, folder: Path, finished: list[Finished]) -> None:
    found = unique((done.page.name, result) for done in finished for result in results_of(done.outputs or []))
    stage(project, folder, finished, found, load_design(trial_folder("shipped")), alone=True)


def _jupyter_book(project: Project, finished: list[Finished], execution: str, *, again: bool = False) -> float:
    """Seconds of jupyter-book executing the same notebooks itself; of its second run where ``again``."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "book"
        _stage(project, folder, finished)
        file = folder / "_config.yml"
        config = yaml.safe_load(file.read_text(encoding="utf-8"))
        config["execute"] = {"execute_notebooks": execution, "timeout": 300}
        file.write_text(yaml.safe_dump(config), encoding="utf-8")
        command = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(folder), "--quiet"]
        command += [] if again else ["--all"]
        for _ in range(1 + again):
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - start


def _render(project: Project, finished: list[Finished]) -> float:
    """Seconds from outputs to HTML for many pages."""
    shown = [done for done in finished if done.page.chapter.parameters]
    copies = [
        replace(done, page=replace(done.page, name=f"{done.page.name}-{number}"))
        for number in range(PAGES - len(finished))
        for done in [shown[number % len(shown)]]
    ]
    with tempfile.TemporaryDirectory() as place:
        folder, start = Path(place), time.perf_counter()
        with waiting_sphinx() as render:
            _stage(project, folder / "stage", [*finished, *copies])
            render(folder / "stage", folder / "sphinx")
        return time.perf_counter() - start
