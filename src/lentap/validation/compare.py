"""Our answer beside the stored one, part by part."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lentap.errors import FactError
from lentap.validation import (
    adjustment,
    adverse_events,
    baseline,
    biomarker,
    competing_risks,
    cox,
    cytometry,
    design,
    diagnosis,
    multiplicity,
    pairwise,
    proportions,
    reconstruction,
    response,
    survival,
    timing,
)
from lentap.validation.references import Number, Reference, references

FAMILIES: Mapping[str, Mapping[str, Callable[..., Any]]] = {
    "proportions": proportions.CALLS,
    "survival": survival.CALLS,
    "cox": cox.CALLS,
    "competing_risks": competing_risks.CALLS,
    "pairwise": pairwise.CALLS,
    "timing": timing.CALLS,
    "response": response.CALLS,
    "adverse_events": adverse_events.CALLS,
    "baseline": baseline.CALLS,
    "biomarker": biomarker.CALLS,
    "cytometry": cytometry.CALLS,
    "adjustment": adjustment.CALLS,
    "multiplicity": multiplicity.CALLS,
    "diagnosis": diagnosis.CALLS,
    "reconstruction": reconstruction.CALLS,
    "design": design.CALLS,
}


@dataclass(frozen=True)
class Comparison:
    """One number of ours, the reference's, and how far apart they may be; not-a-number stands for "not estimable"."""

    reference: Reference
    part: str
    ours: float
    theirs: float

    @property
    def difference(self) -> float:
        """Ours minus theirs: 0 where both are not estimable, or infinite alike."""
        same = self.ours == self.theirs or (math.isnan(self.ours) and math.isnan(self.theirs))
        return 0.0 if same else self.ours - self.theirs

    @property
    def tolerance(self) -> float:
        return self.reference.tolerance(self.theirs)

    @property
    def strain(self) -> float:
        """The difference as a share of what it may be; infinite where only one side is estimable."""
        if self.difference == 0:
            return 0.0
        share = abs(self.difference) / self.tolerance
        return math.inf if math.isnan(share) else share

    @property
    def agrees(self) -> bool:
        return self.strain <= 1


def compare(reference: Reference) -> list[Comparison]:
    """Compute what a reference answers, and set each of its numbers beside ours.

    Raises
    ------
    FactError
        The reference names a call that its family does not have, or a part that the call does not return.
    """
    calls = FAMILIES[reference.family]
    if reference.call not in calls:
        msg = f"{reference.name}: no call {reference.call!r}; {reference.family} has: {', '.join(calls)}"
        raise FactError(msg)
    found = calls[reference.call](**reference.inputs)
    return [
        Comparison(reference, part if place is None else f"{part}[{place}]", ours, theirs)
        for part, answer in reference.answers.items()
        for place, ours, theirs in _pairs(_part(found, part, reference), answer, f"{reference.name}, {part}")
    ]


def validation_table() -> pd.DataFrame:
    """Every part of every answer in a row: family, id, quantity, part, ours, reference, difference, strain and so on.

    Of an answer that is a list only the number furthest off is listed, with how many there are in ``of``.
    """
    rows = []
    for reference in references():
        by_part: dict[str, list[Comparison]] = {}
        for comparison in compare(reference):
            by_part.setdefault(comparison.part.partition("[")[0], []).append(comparison)
        for part, comparisons in by_part.items():
            worst = max(comparisons, key=lambda one: one.strain)
            rows.append(
                {
                    "family": reference.family,
                    "id": reference.name,
                    "quantity": reference.quantity,
                    "part": part,
                    "of": len(comparisons),
                    "ours": worst.ours,
                    "reference": worst.theirs,
                    "difference": worst.difference,
                    "strain": worst.strain,
                    "agrees": all(one.agrees for one in comparisons),
                    "decimals": reference.decimals,
                    "source": reference.source,
                    "code": reference.code,
                    "note": reference.note,
                }
            )
    return pd.DataFrame(rows)


def _part(found: Any, path: str, reference: Reference) -> Any:
    for word in path.split("."):
        try:
            found = found[word] if isinstance(found, Mapping) else getattr(found, word)
        except (KeyError, AttributeError) as error:
            msg = f"{reference.name}: the call {reference.call!r} returns no {path!r} ({word!r} is not there)"
            raise FactError(msg) from error
    return found


def _pairs(ours: Any, theirs: Number | str | list[Number], where: str) -> Iterator[tuple[int | None, float, float]]:
    if not isinstance(theirs, list):
        yield None, _number(ours), _number(theirs)
        return
    values = np.atleast_1d(np.asarray(ours, dtype=float)).ravel()
    if len(values) != len(theirs):
        msg = f"{where}: we have {len(values)} numbers, the reference {len(theirs)}"
        raise FactError(msg)
    for place, (one, other) in enumerate(zip(values.tolist(), theirs, strict=True)):
        yield place, one, _number(other)


def _number(value: Any) -> float:
    """A stored or returned number: None is not-a-number, the words Inf and -Inf are infinite."""
    return float("nan") if value is None else float(value)
