"""The three kinds of number, and the rule that two of them never mix."""

from typing import Literal, get_args

from lentap.errors import DataError

Source = Literal["published", "synthetic", "yours"]
SOURCES: tuple[Source, ...] = get_args(Source)
BADGES: dict[Source, str] = {"published": "Published", "synthetic": "Synthetic", "yours": "Your data"}


def combine(*sources: Source) -> tuple[Source, ...]:
    """Kinds of number shown together, each once, in the order of ``SOURCES``.

    Raises
    ------
    DataError
        A name is not a kind of number, or synthetic numbers would stand beside the reader's own.
    """
    for source in sources:
        if source not in SOURCES:
            msg = f"source {source!r} is not one of {', '.join(SOURCES)}"
            raise DataError(msg)
    if {"synthetic", "yours"} <= set(sources):
        msg = "synthetic numbers cannot be combined with your own: show them on separate pages"
        raise DataError(msg)
    return tuple(source for source in SOURCES if source in sources)
