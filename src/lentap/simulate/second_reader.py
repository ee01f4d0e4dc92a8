"""A second reading of the same images, which differs from the first as readers do."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lentap.simulate.measured import SecondReader
from lentap.simulate.patients import Days, Flags

CLEAR, PRESENT, WORSE = "CR", "NON-CR/NON-PD", "PD"
LEAST_MM = 2


@dataclass(frozen=True)
class Reading:
    """What one reader saw of each patient at baseline and every visit.

    ``whole`` and ``viable`` are diameters in mm by patient, visit and lesion, ``new`` and ``other`` (state of the
    non-target lesions, '' where there are none) are by patient and visit.
    """

    whole: Days
    viable: Days
    new: Flags
    other: NDArray[np.str_]


def second_reading(a: SecondReader, first: Reading, rng: np.random.Generator) -> Reading:
    """Draw the second reading.

    Its diameters differ by lesion and by visit; in some patients it sees viable tumour where the first saw none, in
    others none where little was left; it misses new lesions and sees others, and differs on non-target lesions.
    """
    n, _, lesions = first.whole.shape
    by_lesion = a.lesion_log_sd * rng.standard_normal((2, n, 1, lesions))
    by_visit = a.visit_log_sd * rng.standard_normal((2, *first.whole.shape))
    whole, viable = (
        np.where(sizes > 0, np.rint(sizes * np.exp(lesion + visit)).clip(LEAST_MM), 0).astype(np.int64)
        for sizes, lesion, visit in zip((first.whole, first.viable), by_lesion, by_visit, strict=True)
    )
    kind = 100 * rng.random((n, 1, 1))
    little = np.rint(a.residue_share * viable[:, :1])
    viable = np.where((kind < a.residue_percent) & (first.viable == 0), little, viable)
    overlooks = (kind >= a.residue_percent) & (kind < a.residue_percent + a.overlooks_percent)
    viable = np.where(overlooks & (first.viable <= a.overlooked_share * first.viable[:, :1]), 0, viable)
    missed = rng.random(first.new.shape) < a.missed_lesion_percent / 100
    invented = rng.random(first.new.shape) < a.false_lesion_percent / 100
    invented[:, 0] = False
    otherwise = rng.random((n, 1)) < a.other_lesions_percent / 100
    other = np.where(otherwise & (first.other == CLEAR), PRESENT, first.other)
    other = np.where(otherwise & (first.other == WORSE), PRESENT, other)
    return Reading(whole, np.minimum(viable, whole).astype(np.int64), np.where(first.new, ~missed, invented), other)
