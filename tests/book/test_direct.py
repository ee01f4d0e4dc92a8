"""Runs of a sweep that need no kernel."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lentap.book.bundle import Bundle, Unpack, pack, unpacked
from lentap.book.chapter import find_chapters, get_chapter
from lentap.book.grid import Run
from lentap.book.pages import page_rules
from lentap.book.project import Project
from lentap.book.worker import run_point
from tests.adam.builders import write_trial

CHAPTER = "efficacy/sensitivity"


@pytest.fixture
def bundle(checkout: Project, tmp_path: Path) -> Iterator[Bundle]:
    """The chapter packed with a trial that lies nowhere else on the worker's machine."""
    folder = write_trial(tmp_path / "trial")
    packed = pack(checkout, get_chapter(find_chapters(checkout.chapters, checkout.package), CHAPTER), folder)
    shutil.rmtree(folder)
    Unpack(packed).setup(None)
    yield packed
    shutil.rmtree(unpacked(packed.name))


def test_a_function_called_in_place_of_a_chapter_reads_the_trial_that_was_sent(
    bundle: Bundle, checkout: Project
) -> None:
    values = {"data": "nowhere", "outcome": "SLR", "experimental": "all", "confidence": 0.9, "draws": 50, "seed": 1}
    direct = page_rules(checkout.chapters)[CHAPTER]["direct"]
    rows = run_point(bundle.name, CHAPTER, Run("one", {"outcome": "SLR"}, values), {}, direct)
    assert {row.get("error") for row in rows} == {None}
    reference = next(row for row in rows if row["result"].endswith(".reference"))
    assert (reference["estimate"], reference["level"]) == (0.0, 0.9)
    assert reference["parameter.outcome"] == "SLR"
    assert sum(row["result"].endswith(".specification") for row in rows) >= 2
