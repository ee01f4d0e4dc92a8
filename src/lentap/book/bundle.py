"""What a run needs, in one archive named by its content: the chapter, the package, the trial's tables, the facts.

It travels once to every worker and is unpacked there once; only the installed packages must be there already.
"""

import io
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from distributed import WorkerPlugin
from filelock import FileLock

from lentap.book.chapter import Chapter
from lentap.book.project import Project, digest, files_below
from lentap.files import PLACES, shipped

TRIAL = "trial"
STILL = (1980, 1, 1, 0, 0, 0)  # the time every entry carries, so that equal content gives equal bytes


@dataclass(frozen=True)
class Bundle:
    """An archive and the hash of its content."""

    name: str
    content: bytes


def pack(project: Project, chapter: Chapter, trial: Path) -> Bundle:
    """Pack a chapter, the package it imports, a trial's folder and the package's data, laid out as in a checkout."""
    parts = {
        f"src/lentap/{path.relative_to(project.package).as_posix()}": path for path in files_below(project.package)
    }
    parts |= {
        f"{below}/{path.relative_to(shipped(place)).as_posix()}": path
        for place, below in PLACES.items()
        for path in files_below(shipped(place))
    }
    parts |= {f"{TRIAL}/{path.relative_to(trial).as_posix()}": path for path in files_below(trial)}
    parts[f"chapters/{chapter.name}.md"] = chapter.path
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in sorted(parts.items()):
            archive.writestr(zipfile.ZipInfo(name, STILL), path.read_bytes(), zipfile.ZIP_DEFLATED)
    content = out.getvalue()
    return Bundle(digest(content), content)


def unpacked(name: str) -> Path:
    """Where a bundle of that name lies on this machine."""
    return Path(tempfile.gettempdir()) / f"lentap-{name}"


class Unpack(WorkerPlugin):  # type: ignore[misc]
    """Unpacks a bundle on every worker when it starts, once a machine however many workers it has."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.name = f"lentap-{bundle.name}"

    def setup(self, worker: object) -> None:
        folder = unpacked(self.bundle.name)
        with FileLock(f"{folder}.lock"):
            if not folder.is_dir():
                fresh = Path(tempfile.mkdtemp(dir=folder.parent))
                with zipfile.ZipFile(io.BytesIO(self.bundle.content)) as archive:
                    archive.extractall(fresh)
                fresh.replace(folder)
