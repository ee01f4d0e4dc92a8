"""What must run again after a change: exactly what depends on it."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import jupytext
import pytest

import lentap.book.cache as cache_module
from lentap.book.cache import chapter_state, run_key
from lentap.book.chapter import find_chapters
from lentap.book.modules import DATA_READ_BY, closure
from lentap.book.project import Project
from lentap.book.run import plan
from lentap.design import TABLES, load_design, present_tables, trial_folder
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of this checkout's sources, to change at will."""
    root = tmp_path_factory.mktemp("copy")
    for name in ("chapters", "src", "data"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("_config.yml", "_toc.yml", "requirements.txt"):
        shutil.copyfile(ROOT / name, root / name)
    return Project(root)


@pytest.fixture(scope="module")
def keys(copy: Project) -> Iterator[Callable[..., dict[str, str]]]:
    """Key of every page of the copy's book, with parameters as given."""
    folder = copy.root / "data" / "trial"
    design, shipped_folder = load_design(folder), str(trial_folder("shipped"))
    planned = plan(copy, (), shipped_folder, design)

    def compute(*overrides: tuple[str, str, str], read_again: bool = False) -> dict[str, str]:
        pages = plan(copy, overrides, shipped_folder, design) if overrides or read_again else planned
        states = {page.chapter.name: chapter_state(copy, page.chapter, design, folder) for page, _ in pages}
        return {page.name: run_key(states[page.chapter.name], page.chapter, values) for page, values in pages}

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            cache_module, "shipped", lambda place: copy.root / place.replace("reference", "tests/reference")
        )
        yield compute


@pytest.fixture(scope="module")
def before(keys: Callable[..., dict[str, str]]) -> dict[str, str]:
    """Key of every page before anything has changed; each test puts back what it changes."""
    return keys()


@pytest.fixture(scope="module")
def imported(copy: Project) -> dict[str, tuple[str, ...]]:
    """Modules that each page's chapter imports."""
    pages = plan(copy, (), "shipped", load_design(copy.root / "data" / "trial"))
    return {page.name: page.chapter.modules for page, _ in pages}


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {page for page in before if before[page] != after[page]}


MODULES = sorted(
    ".".join(("lentap", *path.relative_to(ROOT / "src/lentap").with_suffix("").parts)).removesuffix(".__init__")
    for path in (ROOT / "src/lentap").rglob("*.py")
)


@pytest.mark.parametrize("module", MODULES[::5])  # one rule for all, and a fifth of the time
def test_a_changed_module_reruns_exactly_the_chapters_that_import_it(
    module: str, copy: Project, keys, before, imported
) -> None:
    parts = module.split(".")[1:]
    path = copy.package.joinpath(*parts)
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    original = path.read_text(encoding="utf-8")
    path.write_text(original + "\n_CHANGED = 1\n", encoding="utf-8")
    try:
        after = keys()
    finally:
        path.write_text(original, encoding="utf-8")
    assert changed(before, after) == {page for page, modules in imported.items() if module in modules}


def test_the_import_closure_follows_imports_of_imports(tmp_path: Path) -> None:
    package = tmp_path / "lentap"
    (package / "a").mkdir(parents=True)
    for name, text in {
        "__init__.py": "",
        "a/__init__.py": "",
        "a/b.py": "from lentap import c",
        "c.py": "def f():\n    import lentap.d",
        "d.py": "",
        "e.py": "",
    }.items():
        (package / name).write_text(text, encoding="utf-8")
    import ast

    assert closure([ast.parse("from lentap.a.b import x")], package) == (
        "lentap",
        "lentap.a",
        "lentap.a.b",
        "lentap.c",
        "lentap.d",
    )


@pytest.mark.parametrize("chapter", ["efficacy/survival", "reference/claims", "reference/data"])
def test_a_chapter_imports_nothing_the_cache_does_not_know(chapter: str, copy: Project) -> None:
    notebook = jupytext.read(copy.chapters / f"{chapter}.md")
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    code = "\n\n".join([*cells, "import sys", "print('MODULES', *(m for m in sys.modules if m.startswith('lentap')))"])
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    imported = set(done.stdout.rpartition("MODULES")[2].split())
    assert imported <= set(find_chapters(copy.chapters, copy.package)[chapter].modules) | {"lentap"}
    assert len(imported) > 10


def test_every_module_that_reads_shipped_data_is_known_to_the_cache() -> None:
    readers = {
        module
        for module in MODULES
        for path in [ROOT / "src" / Path(*module.split("."))]
        for file in [path / "__init__.py" if path.is_dir() else path.with_suffix(".py")]
        if re.search(r"(data|reference)_dir\(\)", file.read_text(encoding="utf-8"))
        and not module.startswith("lentap.book")
    }
    writes_or_reads_the_trial = {"lentap.design", "lentap.files", "lentap.simulate"}
    assert readers - writes_or_reads_the_trial == set(DATA_READ_BY)


def test_trials_are_loaded_by_chapters_alone_so_the_cache_knows_their_tables() -> None:
    call = re.compile(r"(?<!def )(?<!in )\bload_trial\(")
    callers = {
        path.relative_to(ROOT / "src/lentap").as_posix()
        for path in (ROOT / "src/lentap").rglob("*.py")
        if call.search(path.read_text(encoding="utf-8"))
    }
    assert callers == {"claims/compare.py", "show/record/sensitivity.py"}, "which answer a command and a sweep"


@pytest.mark.parametrize("table", TABLES)
def test_one_altered_cell_reruns_exactly_the_chapters_that_read_its_table(
    table: str, copy: Project, keys, before
) -> None:
    path = present_tables(copy.root / "data" / "trial")[table]
    original = path.read_bytes()
    path.write_bytes(original[:-2] + b"9\n")
    try:
        after = keys()
    finally:
        path.write_bytes(original)
    pages = plan(copy, (), "shipped", load_design(copy.root / "data" / "trial"))
    readers = {page.name for page, _ in pages if table in {t for group in page.chapter.tables for t in group}}
    assert changed(before, after) == readers
    assert readers


def test_one_parameter_reruns_one_chapter(keys, before) -> None:
    assert changed(before, keys(("efficacy/resection", "confidence", "0.9"))) == {"efficacy/resection"}


def test_prose_alone_reruns_nothing(copy: Project, keys, before) -> None:
    path = copy.chapters / "efficacy" / "resection.md"
    original = path.read_text(encoding="utf-8")
    path.write_text(original + "\nOne more sentence.\n", encoding="utf-8")
    try:
        assert keys(read_again=True) == before
    finally:
        path.write_text(original, encoding="utf-8")


def test_a_changed_lock_reruns_everything(copy: Project, keys, before) -> None:
    original = copy.lock.read_bytes()
    copy.lock.write_bytes(original + b"# changed\n")
    try:
        assert changed(before, keys()) == set(before)
    finally:
        copy.lock.write_bytes(original)


def test_a_changed_fact_reruns_the_chapters_that_read_facts(copy: Project, keys, before, imported) -> None:
    path = copy.root / "data" / "published" / "lentap.csv"
    original = path.read_bytes()
    path.write_bytes(original + b"x")
    try:
        after = keys()
    finally:
        path.write_bytes(original)
    assert changed(before, after) == {p for p, modules in imported.items() if "lentap.published" in modules}
    assert {"efficacy/resection", "reference/claims"} <= changed(before, after)
