"""A folder of files that a chapter made: its kernel returns it and the book writes it, also from its cache."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lentap.results import emit

MIME = "application/vnd.lentap.folder+json"
OURS = "# Written by lentap; a rerun replaces it."


@dataclass(frozen=True)
class MadeFolder:
    """Texts of files by name, and the folder they are for; one of them starts with the line ``OURS``."""

    folder: str
    files: Mapping[str, str]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {MIME: {"folder": self.folder, "files": dict(self.files)}, "text/plain": f"files for {self.folder}"}


def make_folder(folder: str, files: Mapping[str, str]) -> MadeFolder:
    """Hand files over to the book, and return them."""
    made = MadeFolder(folder, files)
    emit(made)
    return made
