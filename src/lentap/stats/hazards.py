"""Hazards that are constant between given times: what trials are planned with and drawn from."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import ArrayLike

from lentap.stats.arguments import Floats, numbers, real, refuse


@dataclass(frozen=True)
class PiecewiseHazard:
    """Hazard ``rates[i]`` per unit of time from ``starts[i]`` until the next start, the last one for ever.

    One rate is an exponential distribution. An effect that sets in later has the control's rate first; curves cross
    where the treated have the higher rate first. A last rate of 0 leaves a share of patients without the event.

    Raises
    ------
    StatisticsError
        A negative or infinite rate, no rate above 0, or starts that do not begin at 0 and rise.
    """

    rates: Sequence[float]
    starts: Sequence[float] = (0.0,)

    def __post_init__(self) -> None:
        rates, starts = numbers("rates", self.rates), numbers("starts", self.starts)
        if (rates < 0).any() or not rates.any():
            refuse("rates", rates.tolist(), "numbers of 0 or more, one at least above 0")
        if starts.size != rates.size or starts[0] != 0 or (np.diff(starts) <= 0).any():
            refuse("starts", starts.tolist(), f"{rates.size} rising times, the first of them 0")

    def cumulative(self, time: ArrayLike) -> Floats:
        """Cumulative hazard at ``time``, 0 or later."""
        rates, starts, passed = self._pieces()
        time = np.asarray(time, dtype=float)
        piece = np.searchsorted(starts, time, side="right") - 1
        return np.asarray(passed[piece] + rates[piece] * (time - starts[piece]), dtype=float)

    def survival(self, time: ArrayLike) -> Floats:
        """Probability of no event by ``time``."""
        return np.exp(-self.cumulative(time))

    def time_at(self, cumulative: ArrayLike) -> Floats:
        """Time at which the cumulative hazard exceeds ``cumulative``; infinite where it never does."""
        rates, starts, passed = self._pieces()
        cumulative = np.asarray(cumulative, dtype=float)
        if rates.size == 1:
            return np.asarray(cumulative / rates[0], dtype=float)
        piece = np.searchsorted(passed, cumulative, side="right") - 1
        with np.errstate(divide="ignore", invalid="ignore"):
            later = (cumulative - passed[piece]) / rates[piece]
        return np.where(rates[piece] > 0, starts[piece] + later, np.inf)

    def times(self, ratio: float) -> "PiecewiseHazard":
        """Return the hazard that is proportional to this one."""
        return PiecewiseHazard(tuple(rate * ratio for rate in self.rates), self.starts)

    def _pieces(self) -> tuple[Floats, Floats, Floats]:
        """Rates, starts, and the cumulative hazard at each start."""
        rates, starts = np.asarray(self.rates, dtype=float), np.asarray(self.starts, dtype=float)
        return rates, starts, np.append(0.0, np.cumsum(rates[:-1] * np.diff(starts)))


def exponential(median: float) -> PiecewiseHazard:
    """Constant hazard with this median time to the event.

    Raises
    ------
    StatisticsError
        ``median`` is not a finite number above 0.
    """
    if not 0 < real(median) < float("inf"):
        refuse("median", median, "a finite number above 0")
    return PiecewiseHazard((log(2) / median,))
