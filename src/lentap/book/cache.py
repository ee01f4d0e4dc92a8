"""Content-addressed store of executed chapters: nothing is computed twice, nor answered from stale code."""

import json
import os
import platform
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lentap.book.chapter import Chapter, tags
from lentap.book.modules import DATA_READ_BY, module_files
from lentap.book.project import Project, digest, digest_files, files_below
from lentap.design import Design, present_tables
from lentap.errors import RunError
from lentap.files import shipped
from lentap.parameters import Value

Outputs = list[list[dict[str, Any]]]  # by code cell


def run_key(state: str, chapter: Chapter, values: dict[str, Value]) -> str:
    """What an execution depends on: the state of its chapter, the parameters, and the files they name."""
    brought = [path for name, value in values.items() for path in chapter.brought(name, value)]
    return digest(state, json.dumps(values, sort_keys=True), *([digest_files(brought, Path())] if brought else []))


def chapter_state(project: Project, chapter: Chapter, design: Design, folder: Path) -> str:
    """What every execution of a chapter depends on: code, tables and data read, modules imported, lock and platform."""
    code = [(cell.source, tags(cell)) for cell in chapter.cells(design) if cell.cell_type == "code"]
    needed, optional = chapter.tables
    tables = present_tables(folder)
    inputs = [folder / "trial.yml", *(tables.get(name, folder / name) for name in (*needed, *optional))]
    read = [shipped(place) for module, place in DATA_READ_BY.items() if module in chapter.modules]
    return digest(
        json.dumps(code),
        digest_files(inputs, folder) if needed or optional else "",
        *(digest_files(files_below(place), place.parent) for place in read),
        digest_files(module_files(chapter.modules, project.package), project.package),
        machine(project),
    )


def machine(project: Project) -> str:
    """The environment an execution belongs to: the lock, Python and the platform."""
    lock = project.lock.read_bytes() if project.lock.is_file() else b""
    return digest(lock, platform.python_version(), platform.system(), platform.machine())


@dataclass(frozen=True)
class Cache:
    """Outputs of executed chapters by key, one file each."""

    folder: Path

    def get(self, key: str) -> Outputs | None:
        """The stored outputs; None where there are none or the file does not read."""
        try:
            outputs: Outputs = json.loads(self._path(key).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return outputs

    def put(self, key: str, outputs: Outputs) -> None:
        """Store outputs; the file appears whole or not at all."""
        write_whole(self._path(key), json.dumps(outputs, ensure_ascii=False))

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"


def write_whole(path: Path, text: str) -> None:
    """Write a text file that appears whole or not at all.

    Raises
    ------
    RunError
        The system does not let it be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror}"
        raise RunError(msg) from error
