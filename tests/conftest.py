"""What tests share: the checkout, its built site, and a small book of their own."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from lentap.book.build import Request, build
from lentap.book.project import Project
from tests.adam.builders import write_trial

# An example is not wrong because the machine is busy. The gate asks the same examples every time, a developer new ones.
settings.register_profile("unhurried", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("unhurried")

ROOT = Path(__file__).parents[1]
SAMPLE = Path(__file__).parent / "book" / "sample"


@pytest.fixture(scope="session")
def checkout() -> Project:
    """This checkout."""
    return Project(ROOT)


@pytest.fixture(scope="session")
def site(checkout: Project) -> Path:
    """The built site of the book; what is built already is used as it is."""
    return built(checkout, Request())


@pytest.fixture(scope="session")
def pilot(checkout: Project) -> Path:
    """Tables of the CDISC pilot study, as Parquet, where and as `make example` puts them."""
    checkout.build.mkdir(exist_ok=True)
    with FileLock(checkout.build / ".pilot-lock"):
        return prepare_pilot((checkout.build / "cdisc_pilot").relative_to(Path.cwd()), "parquet")


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Project]:
    """A small book with two chapters, and a trial beside it; the current folder is the book's."""
    root = tmp_path / "book"
    shutil.copytree(SAMPLE, root)
    for name in ("_config.yml", "assets"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, root / name)
    write_trial(root / "trial")
    before = Path.cwd()
    os.chdir(root)
    yield Project(root)
    os.chdir(before)


def built(project: Project, request: Request) -> Path:
    """Folder of a built site; several test processes wait for each other."""
    project.build.mkdir(exist_ok=True)
    with FileLock(project.build / ".tests-lock"):
        return build(project, request, lambda line: None).parent


def prepare_pilot(folder: Path, form: str) -> Path:
    """Write the CDISC pilot study's tables into a folder."""
    from examples.cdisc_pilot.prepare import prepare

    prepare(folder, form)
    return folder
