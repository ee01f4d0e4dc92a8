"""Where the project's own data are, in a checkout and in an installed wheel."""

from importlib.resources import files
from pathlib import Path

PLACES = {"data": "data", "reference": "tests/reference"}


def data_dir() -> Path:
    """Folder of the shipped facts, assumptions and synthetic trial."""
    return shipped("data")


def reference_dir() -> Path:
    """Folder of other people's answers, which the estimators are held against."""
    return shipped("reference")


def shipped(place: str) -> Path:
    """A file or folder of ``data`` or ``reference``, such as ``data/published``."""
    top, _, below = place.partition("/")
    packaged = Path(str(files("lentap"))) / "_data"
    root = packaged / top if packaged.is_dir() else Path(__file__).parents[2] / PLACES[top]
    return root / below


def csv_files(folder: Path) -> list[Path]:
    """CSV files that lie in a folder, by name; hidden ones do not count."""
    return files_of(folder, (".csv",))


def files_of(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """Files of some kinds that lie in a folder, by name; hidden ones do not count."""
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in suffixes and p.is_file() and p.name[0] != ".")
