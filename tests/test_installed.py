"""The package away from its checkout: as a wheel, and where only the requirements are installed."""

import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from lentap.files import PLACES
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the wheel holds."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def test_the_wheel_ships_the_data_that_chapters_read(unpacked: Path) -> None:
    for place, folder in PLACES.items():
        shipped = unpacked / "lentap" / "_data" / place
        own = ROOT / folder
        assert {path.relative_to(shipped) for path in shipped.rglob("*.*")} == {
            path.relative_to(own) for path in own.rglob("*.*") if path.suffix != ".pyc"
        }


def test_a_downloaded_notebook_runs_where_only_the_package_is_installed(
    site: Path, unpacked: Path, tmp_path: Path
) -> None:
    notebook = nbformat.read(site / "notebooks/efficacy/resection.ipynb", as_version=4)
    code = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    code += "\n\nimport lentap.files\nprint(lentap.files.data_dir(), trial.source)"
    environment = {"PYTHONPATH": str(unpacked), "PATH": "", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert str(unpacked / "lentap" / "_data") in done.stdout
    assert "synthetic" in done.stdout


def test_a_checkout_answers_where_only_its_requirements_are_installed(tmp_path: Path) -> None:
    code = f"""
import os, runpy, sys
os.chdir({str(ROOT)!r})
sys.argv = ["lentap", "params", "efficacy/survival"]
sys.path = [os.getcwd(), *(path for path in sys.path if path != {str(ROOT / "src")!r})]
runpy.run_module("lentap", run_name="__main__")
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "endpoint" in done.stdout
