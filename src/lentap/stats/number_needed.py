"""Number needed to treat as Altman (1998) says it: for benefit, for harm, or from one through infinity to the other."""

from dataclasses import dataclass
from math import inf

from lentap.stats.arguments import choice, refuse
from lentap.stats.estimate import Estimate

EVENTS = ("good", "bad")


@dataclass(frozen=True)
class Needed:
    """So many ``patients`` treated for one more with benefit, or one more with harm; infinite for neither."""

    patients: float
    effect: str

    @property
    def abbreviation(self) -> str:
        """NNTB or NNTH; NNT where there is no effect."""
        return {"benefit": "NNTB", "harm": "NNTH"}.get(self.effect, "NNT")


@dataclass(frozen=True)
class NumberNeeded:
    """Number needed to treat: the estimate, and the ends of its interval from the best to the worst for the treated.

    Where ``through_infinity``, the interval goes from ``best`` (a benefit) up to infinitely many patients and from
    there down to ``worst`` (a harm); it then consists of all numbers of at least ``best.patients`` for benefit and all
    of at least ``worst.patients`` for harm.
    """

    estimate: Needed
    best: Needed
    worst: Needed
    through_infinity: bool
    level: float
    method: str


def number_needed_to_treat(difference: Estimate, *, event: str) -> NumberNeeded:
    """Turn a risk difference, treated minus control, and its limits into numbers needed to treat.

    Parameters
    ----------
    difference
        As of ``risk_difference`` or ``stratified_risk_difference``.
    event
        "good" if the treated should have more events (a response), "bad" if fewer (a death).

    Raises
    ------
    StatisticsError
        A difference or limit that is missing, outside -1 to 1 or out of order; ``event`` is neither word.
    """
    choice("event", event, EVENTS)
    low, value, high = difference.low, difference.value, difference.high
    if not -1 <= low <= value <= high <= 1:
        refuse("difference", (low, value, high), "a difference between its limits, all from -1 to 1")
    worst, estimate, best = (low, value, high) if event == "good" else (-high, -value, -low)
    return NumberNeeded(
        _needed(estimate), _needed(best), _needed(worst), worst < 0 < best, difference.level, difference.method
    )


def _needed(benefit: float) -> Needed:
    """Return the number for a difference in favour of the treated, its reciprocal."""
    if not benefit:
        return Needed(inf, "none")
    return Needed(1 / abs(benefit), "benefit" if benefit > 0 else "harm")
