"""Rates in arms made alike at baseline, in words."""

from lentap.show.format import escaped, many, quote
from lentap.show.prose import with_interval
from lentap.show.record.followed import WEIGHTED
from lentap.show.record.weighted_rates import WeightedRates


def weighted_points(found: WeightedRates | None, *, outcome: str) -> list[str]:
    """A key point for each experimental arm; none where arms are shown as they are.

    Parameters
    ----------
    outcome
        What patients had, such as ``resected``.
    """
    if found is None:
        return []
    points = [
        f"**Arms made alike at baseline ({WEIGHTED[found.weights]}):** {outcome} {quote(rates[0], 'estimate')} on "
        f"{escaped(arm)} and {quote(rates[1], 'estimate')} on {escaped(found.control)}; {escaped(arm)} minus "
        f"{escaped(found.control)}: {with_interval(found.differences[arm])}.{_left_out(found.left_out[arm])}"
        for arm, rates in found.rates.items()
    ]
    return points + [f"**No weights can be given here** for {escaped(arm)}: {why}." for arm, why in found.why.items()]


def _left_out(count: int) -> str:
    if not count:
        return ""
    return f" Left out for want of a value, or of a like on the other arm: {many(count, 'patient')}."
