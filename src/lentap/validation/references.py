"""Answers other people gave, as they are stored: to which question, computed with which code, how exactly known."""

import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from lentap.errors import FactError
from lentap.files import reference_dir

Number = float | None


@dataclass(frozen=True)
class Reference:
    """Somebody else's answer to one question.

    ``call`` names the function in ``CALLS`` of the family's module that answers it, ``inputs`` are its arguments. Each
    key of ``answers`` is a path into what that returns (``value``, ``groups.A.low``), with a number, a list of numbers,
    or None for "not estimable". An answer is known to ``decimals`` printed places or, where that is None, to a
    ``relative`` error. ``code`` is what computed it, where a program did; ``note`` says where programs differ and why.
    """

    family: str
    id: str
    quantity: str
    call: str
    inputs: dict[str, Any]
    answers: dict[str, Number | list[Number]]
    source: str
    code: str = ""
    decimals: int | None = None
    relative: float = 1e-6
    note: str = field(default="")

    @property
    def name(self) -> str:
        return f"{self.family}/{self.id}"

    def tolerance(self, answer: float) -> float:
        """How far a right answer may lie from the stored one: half of its last printed place, or the relative error."""
        if self.decimals is None:
            return self.relative * max(abs(answer), 1e-6)
        return 0.5 * 10.0**-self.decimals * (1 + 1e-6)


@cache
def references() -> tuple[Reference, ...]:
    """Every stored answer, by family and in the order of the files ``<family>*.json``.

    Raises
    ------
    FactError
        A file is not of the agreed form, or a name stands twice.
    """
    found = []
    for path in sorted(reference_dir().glob("*.json")):
        stored = json.loads(path.read_text(encoding="utf-8"))
        for row in stored["references"]:
            try:
                found.append(Reference(family=stored["family"], **{"source": stored.get("source", ""), **row}))
            except TypeError as error:
                msg = f"{path.name}, {row.get('id', 'an entry without id')}: {error}"
                raise FactError(msg) from error
    names = [reference.name for reference in found]
    if twice := {name for name in names if names.count(name) > 1}:
        msg = f"references: {', '.join(sorted(twice))} stands twice; legal: once"
        raise FactError(msg)
    return tuple(found)
