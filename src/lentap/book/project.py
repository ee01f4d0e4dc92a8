"""Where things are in a checkout of the book."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import lentap
from lentap.errors import InputError

LANDMARKS = ("_config.yml", "_toc.yml", "chapters")


@dataclass(frozen=True)
class Project:
    """A checkout, known by its root folder."""

    root: Path

    @property
    def chapters(self) -> Path:
        return self.root / "chapters"

    @property
    def scenarios(self) -> Path:
        return self.root / "scenarios"

    @property
    def build(self) -> Path:
        return self.root / "_build"

    @property
    def lock(self) -> Path:
        return self.root / "requirements.txt"

    @property
    def package(self) -> Path:
        own = self.root / "src" / "lentap"
        return own if own.is_dir() else Path(lentap.__file__).parent


def find_project(start: Path | None = None) -> Project:
    """The checkout that holds ``start`` (the current folder).

    Raises
    ------
    InputError
        No folder on the way up looks like the book.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if all((folder / name).exists() for name in LANDMARKS):
            return Project(folder)
    msg = f"{start} is not inside a checkout of the book (no folder above it holds {', '.join(LANDMARKS)})"
    raise InputError(msg)


def digest(*parts: str | bytes) -> str:
    """Short content hash of the parts, each delimited."""
    total = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        total.update(len(raw).to_bytes(8, "big") + raw)
    return total.hexdigest()[:32]


def digest_files(paths: Iterable[Path], base: Path) -> str:
    """Content hash of files, by their place below ``base``; a file that is absent counts as absent."""
    parts: list[str] = []
    for path in sorted(paths):
        name = path.relative_to(base).as_posix() if path.is_relative_to(base) else path.name
        known = path.stat() if path.is_file() else None
        parts += [name, _content(path, known.st_mtime_ns, known.st_size) if known else "absent"]
    return digest(*parts)


@cache
def _content(path: Path, modified: int, size: int) -> str:  # noqa: ARG001
    """Hash of a file, read once as long as its time and size stay: most modules are behind many chapters."""
    return digest(path.read_bytes())


def files_below(folder: Path) -> list[Path]:
    """Every file below a folder, in a stable order, without Python's own leftovers; a file is its own only one."""
    if folder.is_file():
        return [folder]
    return sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)


def slug(text: str) -> str:
    """Lower-case letters, digits and hyphens; never empty."""
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in text.lower())
    return "-".join(filter(None, kept.split("-"))) or "x"
