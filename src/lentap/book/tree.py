"""A folder of files that are written only where they differ, so that whoever reads it next finds what changed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Tree:
    """The files of a folder, and which of them are wanted."""

    folder: Path
    wanted: set[Path] = field(default_factory=set)

    def below(self, place: str) -> "Tree":
        """A folder in this one."""
        return Tree(self.folder / place, self.wanted)

    def write(self, place: str, content: str | bytes) -> None:
        """Put a file below the folder, and leave one that already is the same as it is, time of change and all."""
        file, content = self.folder / place, content.encode() if isinstance(content, str) else content
        self.wanted.add(file)
        if not file.is_file() or file.read_bytes() != content:
            file.parent.mkdir(parents=True, exist_ok=True)
            fresh = file.with_name(f".{file.name}.new")
            fresh.write_bytes(content)
            fresh.replace(file)  # whole or not at all

    def write_once(self, place: str, make: Callable[[], bytes]) -> None:
        """Put a file whose place names its content; it is made only where it is not there yet."""
        self.wanted.add(self.folder / place)
        if not (self.folder / place).is_file():
            self.write(place, make())

    def copy(self, source: Path, place: str) -> None:
        """Put a copy of every file below a folder."""
        for file in source.rglob("*"):
            if file.is_file():
                self.write(f"{place}/{file.relative_to(source).as_posix()}", file.read_bytes())

    def prune(self) -> None:
        """Remove what nobody put there this time, and folders left empty."""
        for path in sorted(self.folder.rglob("*"), reverse=True):
            if path.is_file() and path not in self.wanted:
                path.unlink()
            elif path.is_dir() and not any(path.iterdir()):
                path.rmdir()
