"""Where the project's own data are, in a checkout and in an installed wheel."""

from importlib.resources import files
from pathlib import Path


def data_dir() -> Path:
    """Folder of the shipped facts, assumptions and synthetic trial."""
    packaged = Path(str(files("lentap"))) / "_data"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "data"
