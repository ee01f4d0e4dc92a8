"""Kernels forked from a warm process: the answers of ordinary ones, and nothing left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import papermill
import pytest

from lentap.book.kernels import CAN_FORK, LocalKernelManager, warm_kernels

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="kernels are not forked on this system")


def run(manager: type[LocalKernelManager], *sources: str, **settings: int) -> list[str]:
    """Text that each cell prints."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    done = papermill.execute_notebook(
        notebook, None, kernel_name="python3", progress_bar=False, kernel_manager_class=manager, **settings
    )
    return ["".join(output.get("text", "") for output in cell.outputs) for cell in done.cells]


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").split()[2] != "Z"
    except OSError:
        return False


def test_a_forked_kernel_has_what_was_imported_and_shares_nothing_else() -> None:
    with warm_kernels(["import colorsys", "import no_such_module"]) as manager:
        first = run(
            manager, "import sys; print('colorsys' in sys.modules)", "x = 1; import random; print(random.random())"
        )
        second = run(manager, "print('x' in globals())", "import random; print(random.random())")
    assert (first[0], second[0]) == ("True\n", "False\n")
    assert first[1] != second[1], "each kernel draws its own random numbers"


def test_a_forked_kernel_that_dies_is_reported_and_takes_no_other_along() -> None:
    with warm_kernels([]) as manager:
        with pytest.raises(Exception, match="died"):
            run(manager, "import os; os._exit(3)")
        assert run(manager, "print(7)") == ["7\n"]


def test_nothing_is_left_when_the_one_who_asked_is_killed(tmp_path: Path) -> None:
    kernel_file = tmp_path / "kernel"
    code = f"""
import nbformat, papermill
from lentap.book.kernels import warm_kernels
cell = "import os, time, pathlib; pathlib.Path({str(kernel_file)!r}).write_text(str(os.getpid())); time.sleep(600)"
with warm_kernels([]) as manager:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    papermill.execute_notebook(notebook, None, kernel_name="python3", progress_bar=False, kernel_manager_class=manager)
"""
    asking = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path)
    deadline = time.monotonic() + 60
    while not kernel_file.exists() or not kernel_file.read_text(encoding="utf-8"):
        assert time.monotonic() < deadline
        assert asking.poll() is None
        time.sleep(0.05)
    kernel = int(kernel_file.read_text(encoding="utf-8"))
    assert alive(kernel)
    os.kill(asking.pid, signal.SIGKILL)
    asking.wait()
    while alive(kernel):
        assert time.monotonic() < deadline, "the kernel outlives the one who asked for it"
        time.sleep(0.05)


def test_a_cell_that_takes_too_long_is_stopped() -> None:
    with warm_kernels([]) as manager:
        with pytest.raises(Exception, match=r"(?i)timed out"):
            run(manager, "import time; time.sleep(600)", execution_timeout=1)
        assert run(manager, "print(7)") == ["7\n"]
