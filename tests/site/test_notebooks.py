"""Chapters stay notebooks: opened in Jupyter and run after a change, or given to plain papermill."""

from pathlib import Path

import nbformat
import papermill
import pytest
from jupyter_server.services.contents.largefilemanager import LargeFileManager
from jupytext.sync_contentsmanager import build_sync_jupytext_contents_manager_class
from nbclient import NotebookClient

from lentap.book.project import Project
from lentap.results import MIME
from tests.site.browser import chapters


def recorded(notebook: nbformat.NotebookNode, name: str) -> list[dict]:
    """Results of that name among the outputs of a notebook."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    found = [output.data[MIME] for output in outputs if MIME in output.get("data", {})]
    return [result for result in found if result["name"] == name]


def test_a_chapter_opened_in_jupyter_runs_after_its_parameters_are_changed(checkout: Project) -> None:
    manager = build_sync_jupytext_contents_manager_class(LargeFileManager)(root_dir=str(checkout.root))
    notebook = manager.get("chapters/efficacy/resection.md", type="notebook")["content"]
    (cell,) = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    cell.source = cell.source.replace("confidence: Confidence = 0.95", "confidence: Confidence = 0.8")
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(checkout.root)}}).execute()
    levels = {result["level"] for result in recorded(notebook, "efficacy.resection.risk_difference")}
    assert levels == {0.8}


def test_plain_papermill_runs_a_downloaded_notebook_with_other_parameters(site: Path, tmp_path: Path) -> None:
    done = papermill.execute_notebook(
        str(site / "notebooks/efficacy/survival-os.ipynb"),
        str(tmp_path / "out.ipynb"),
        parameters={"endpoint": "EFS", "confidence": 0.9},
        progress_bar=False,
        cwd=str(tmp_path),
    )
    results = recorded(done, "efficacy.survival.hazard_ratio")
    assert [(result["labels"]["endpoint"], result["level"]) for result in results] == [("EFS", 0.9)]


@pytest.mark.parametrize("suffix", ["ipynb", "md"])
def test_every_page_with_parameters_offers_its_notebook_and_its_source(site: Path, suffix: str) -> None:
    lacking = []
    for name in chapters(site):
        text = (site / name).read_text(encoding="utf-8")
        if 'class="lentap-rerun"' in text:
            folder = {"ipynb": "notebooks", "md": "sources"}[suffix]
            links = [word.split('"')[0] for word in text.split('href="') if folder in word.split('"')[0]]
            files = [(site / name).parent / link for link in links if link.endswith(suffix)]
            lacking += [] if files and all(file.is_file() for file in files) else [name]
    assert not lacking
