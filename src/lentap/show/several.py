"""What a page shows several of: a figure or table for each experimental arm, sentences as a list."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from lentap.results import emit
from lentap.show.format import slug
from lentap.show.prose import Prose

Found = TypeVar("Found")


def each(found: Mapping[str, Found], draw: Callable[..., object], *, name: str, **settings: Any) -> None:
    """Show what ``draw`` makes of each arm's results, under a name of its own; say so where there is no arm.

    Parameters
    ----------
    draw
        Takes one of the results, ``name`` and ``settings``.
    """
    if not found:
        emit(Prose("*Not shown: an arm has no patients in this population.*"))
    for arm, one in found.items():
        emit(draw(one, name=slug(name, arm) if len(found) > 1 else name, **settings))


def bullets(points: Iterable[str]) -> Prose:
    """Sentences as a list, the empty ones left out."""
    return Prose("\n".join(f"- {point}" for point in points if point))
