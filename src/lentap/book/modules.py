"""Which modules of the package a piece of code imports, directly or not."""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = "lentap"
DATA_READ_BY = {
    "lentap.ctcae": "data/ctcae_laboratory.csv",
    "lentap.published": "data/published",
    "lentap.estimands": "data/estimands.yml",
    "lentap.event_groups": "data/event_groups.yml",
    "lentap.immune.gates": "data/gates.yml",
    "lentap.choices": "data/choices.yml",
    "lentap.simulate.sourced": "data/assumptions.yml",
    "lentap.validation.references": "reference",
}


def closure(trees: Iterable[ast.AST], package: Path) -> tuple[str, ...]:
    """Names of the package's modules that the code imports, with all that those import."""
    found: set[str] = set()
    waiting = {name for tree in trees for name in _imported(tree)}
    while waiting:
        name = waiting.pop()
        path = _path(name, package)
        if name in found or path is None:
            continue
        found.add(name)
        parent = name.rpartition(".")[0]
        waiting |= set(_imports_of(path, path.stat().st_mtime_ns)) | ({parent} if parent else set())
    return tuple(sorted(found))


def module_files(modules: Iterable[str], package: Path) -> list[Path]:
    """The source of each module, and the data files that lie beside it in the package."""
    sources = [path for name in modules if (path := _path(name, package)) is not None]
    folders = {source.parent for source in sources}
    beside = {f for folder in folders for f in folder.iterdir() if f.suffix in {".yml", ".css", ".js"} and f.is_file()}
    return sorted({*sources, *beside})


def _path(name: str, package: Path) -> Path | None:
    """File of a module, or None where the name is not a module of the package."""
    if name.partition(".")[0] != ROOT:
        return None
    place = package.joinpath(*name.split(".")[1:])
    if (place / "__init__.py").is_file():
        return place / "__init__.py"
    return place.with_suffix(".py") if place.name and place.with_suffix(".py").is_file() else None


@cache
def _imports_of(path: Path, modified: int) -> tuple[str, ...]:  # noqa: ARG001
    return tuple(_imported(ast.parse(path.read_text(encoding="utf-8"))))


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
