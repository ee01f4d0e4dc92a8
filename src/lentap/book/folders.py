"""Write the folder of files that a chapter made; what somebody else put there stays as it is."""

from pathlib import Path

from lentap.book.cache import write_whole
from lentap.errors import InputError
from lentap.folders import OURS, MadeFolder


def write_folder(made: MadeFolder) -> str:
    """Write the files and say where they are.

    Raises
    ------
    InputError
        The place is no folder, or holds files that were not written so.
    RunError
        The system does not let it be written.
    """
    folder = Path(made.folder).expanduser()
    if folder.exists() and not (folder.is_dir() and (_is_empty(folder) or _is_ours(folder, made))):
        msg = f"{folder}: holds something else, which stays as it is; legal: a new or an empty folder"
        raise InputError(msg)
    for name, text in made.files.items():
        write_whole(folder / name, text)
    return f"{folder}: {', '.join(made.files)} written"


def _is_empty(folder: Path) -> bool:
    return next(folder.iterdir(), None) is None


def _is_ours(folder: Path, made: MadeFolder) -> bool:
    """Whether one of the files that would be replaced says that it was written so."""
    return any(
        (folder / name).is_file() and (folder / name).read_bytes().startswith(OURS.encode()) for name in made.files
    )
