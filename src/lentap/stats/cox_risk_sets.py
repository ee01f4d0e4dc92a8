"""Who is at risk at each event time, for Cox models: late entry, strata, weights and tied events in one layout."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lentap.stats.arguments import Bools, Floats, Integers

TIES = ("efron", "breslow")


@dataclass(frozen=True, eq=False)
class RiskSets:
    """Rows of follow-up among the slots of a Cox model.

    Each distinct event time of a stratum has a slot, and before these stands one slot more for "before any event". A
    row is at risk at the slots after ``entered`` up to ``left``, both its own; ``late`` are the rows that entered after
    an event, ``dying`` those that end with one, at ``event_slot``. ``bounds`` says where the slots of each stratum
    begin, and where the last ends.

    Of d tied events Efron's method makes d steps of the same weight, the l-th (from 0) with the risk set less the share
    l/d of those who die; Breslow's makes one step with the whole risk set.
    """

    weight: Floats
    event: Bools
    stratum: Integers
    entered: Integers
    left: Integers
    late: Integers
    dying: Integers
    event_slot: Integers
    time: Floats
    bounds: Integers
    step_slot: Integers
    step_share: Floats
    step_weight: Floats

    @property
    def slots(self) -> int:
        return self.time.size

    def at_risk(self, values: Floats) -> Floats:
        """Sum the rows' values over the risk set of each slot."""
        total = self._backwards(_sums(self.left, values, self.slots))
        if self.late.size:
            total -= self._backwards(_sums(self.entered[self.late], values[self.late], self.slots))
        return total

    def of_events(self, values: Floats) -> Floats:
        """Sum the values of the rows that end with an event over each slot."""
        return _sums(self.event_slot, values[self.dying], self.slots)

    def of_steps(self, values: Floats) -> Floats:
        """Sum values of steps over each slot."""
        return _sums(self.step_slot, values, self.slots)

    def until(self, values: Floats) -> Floats:
        """Cumulate values of slots (slots, ...) within each stratum."""
        return np.concatenate([part.cumsum(axis=0) for part in self._strata(values)])

    def while_at_risk(self, values: Floats) -> Floats:
        """Sum values of slots (slots, ...), 0 in those before any event, over the slots each row is at risk at."""
        cumulative = self.until(values)
        found: Floats = cumulative[self.left]
        found[self.late] -= cumulative[self.entered[self.late]]
        return found

    def _backwards(self, values: Floats) -> Floats:
        """Cumulate from the right within each stratum: differences of one total would cost late risk sets digits."""
        return np.concatenate([part[::-1].cumsum()[::-1] for part in self._strata(values)])

    def _strata(self, values: Floats) -> list[Floats]:
        return [values[start:end] for start, end in pairwise(self.bounds)]


def cox_risk_sets(
    time: Floats, event: Bools, entry: Floats | None, stratum: Integers, weight: Floats, ties: str
) -> RiskSets:
    """Lay out the risk sets of rows in which at least one event was seen.

    Parameters
    ----------
    time, event, entry
        End of each row, whether it is an event, and its begin; without ``entry`` every row is at risk from the first.
        A row is at risk after its entry up to and including its end.
    stratum
        Position of each row's stratum, 0 or more.
    weight
        How much each row counts.
    ties
        One of ``TIES``.
    """
    strata = int(stratum.max()) + 1
    keys, entry_keys = time, entry
    if strata > 1:  # stratum first, then time
        distinct, rank = np.unique(time, return_inverse=True)
        keys = (stratum * (distinct.size + 1) + rank + 1).astype(float)
        if entry is not None:
            entry_keys = (stratum * (distinct.size + 1) + np.searchsorted(distinct, entry, side="right")).astype(float)
    own = np.flatnonzero(event)
    event_keys, first = np.unique(keys[own], return_index=True)
    in_stratum = stratum[own[first]]
    counts = np.bincount(in_stratum, minlength=strata) + 1
    bounds = np.concatenate([[0], counts.cumsum()])
    times = np.full(bounds[-1], np.nan)
    times[np.arange(event_keys.size) + in_stratum + 1] = time[own[first]]
    left = np.searchsorted(event_keys, keys, side="right") + stratum
    entered, late = bounds[stratum], np.empty(0, dtype=np.intp)
    if entry_keys is not None:
        entered = np.searchsorted(event_keys, entry_keys, side="right") + stratum
        late = np.flatnonzero(entered > bounds[stratum])
    event_slot = left[own]
    total = _sums(event_slot, weight[own], times.size)
    tied = np.bincount(event_slot, minlength=times.size)
    slot = np.flatnonzero(tied)
    share = np.zeros(slot.size)
    if ties == "efron":
        number = tied[slot]
        share = np.arange(own.size) - np.repeat(number.cumsum() - number, number).astype(float)
        slot = np.repeat(slot, number)
        share, total = share / tied[slot], total / np.maximum(tied, 1)
    return RiskSets(
        weight, event, stratum, entered, left, late, own, event_slot, times, bounds, slot, share, total[slot]
    )


def _sums(position: Integers, values: Floats, size: int) -> Floats:
    sums: Floats = np.bincount(position, values, size).astype(float, copy=False)  # floats already; their type says not
    return sums
