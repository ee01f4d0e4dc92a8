"""Run one chapter through papermill and keep what its cells returned."""

import logging
import os
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from lentap.book.cache import Outputs
from lentap.book.chapter import Chapter, declare, tags
from lentap.book.kernels import LocalKernelManager
from lentap.book.project import Project
from lentap.design import Design
from lentap.errors import ChapterError
from lentap.parameters import Value

FORGET = "%reset -f"
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def prepare_environment(project: Project) -> None:
    """One thread a kernel (the order of sums is then fixed), this checkout's package, no personal start-up scripts."""
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    (project.build / "ipython").mkdir(parents=True, exist_ok=True)
    os.environ["IPYTHONDIR"] = str(project.build / "ipython")
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    others = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([str(project.package.parent), *others]))
    logging.getLogger("papermill").setLevel(logging.WARNING)


def execute(
    chapter: Chapter,
    values: dict[str, Value],
    design: Design,
    *,
    cwd: Path,
    manager: type[LocalKernelManager] = LocalKernelManager,
) -> Outputs:
    """Outputs of each code cell.

    Raises
    ------
    ChapterError
        A cell failed, or no kernel could be started.
    """
    return execute_all(chapter, [values], design, cwd=cwd, manager=manager)[0]


def execute_all(
    chapter: Chapter,
    values: list[dict[str, Value]],
    design: Design,
    *,
    cwd: Path,
    manager: type[LocalKernelManager] = LocalKernelManager,
) -> list[Outputs]:
    """Outputs of each code cell under each of several sets of values, run in one kernel that forgets between them.

    A kernel that does not start is tried once more, as a process of its own: where kernels talk over ports, two that
    start at once can clash.

    Raises
    ------
    ChapterError
        A cell failed, or no kernel could be started.
    """
    notebook, *others = (compose(chapter, one, design) for one in values)
    numbers = [number for number, cell in enumerate(notebook.cells, 1) if cell.cell_type == "code"]
    if not numbers:
        return [[] for _ in values]
    notebook.cells = [notebook.cells[number - 1] for number in numbers]
    for other in others:
        notebook.cells += [nbformat.v4.new_code_cell(FORGET), *(other.cells[number - 1] for number in numbers)]
    for position, cell in enumerate(notebook.cells):
        cell.id = f"cell-{position}"
    each = len(numbers) + 1  # with the cell that forgets
    for kernels in (manager, LocalKernelManager):
        try:
            executed = papermill.execute_notebook(
                notebook,
                None,
                kernel_name="python3",
                progress_bar=False,
                cwd=str(cwd),
                kernel_manager_class=kernels,
                extra_arguments=["--log-level=CRITICAL"],
                shutdown_kernel="immediate",  # all that a chapter makes has been received
            )
        except PapermillExecutionError as error:
            number = numbers[min(error.cell_index % each, len(numbers) - 1)]
            raise ChapterError(chapter.name, number, f"{error.ename}: {error.evalue}") from error
        except DeadKernelError as error:
            raise ChapterError(chapter.name, 1, "the kernel died while running (out of memory?)") from error
        except RuntimeError as error:
            failure = error
        else:
            outputs = [[_scrubbed(output) for output in cell.outputs] for cell in executed.cells]
            return [outputs[start : start + each - 1] for start in range(0, len(outputs), each)]
    raise ChapterError(chapter.name, 1, f"the kernel did not start: {failure}") from failure


def compose(chapter: Chapter, values: dict[str, Value], design: Design, outputs: Outputs | None = None) -> NotebookNode:
    """The chapter as a notebook for a trial: its cells, the values in its parameters cell, and outputs where given."""
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )
    waiting = iter(outputs or [])
    for position, original in enumerate(chapter.cells(design)):
        cell = nbformat.from_dict({**original, "id": f"cell-{position}"})
        if cell.cell_type == "code":
            cell.outputs = nbformat.from_dict(next(waiting, []))
            cell.execution_count = None
            if "parameters" in tags(cell):
                cell.source = declare(cell.source, values)
        notebook.cells.append(cell)
    return notebook


def _scrubbed(output: NotebookNode) -> dict[str, Any]:
    """An output without what differs from run to run."""
    return {key: value for key, value in output.items() if key != "execution_count"} | (
        {"execution_count": None} if output.output_type == "execute_result" else {}
    )
