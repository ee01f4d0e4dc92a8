"""What every estimator returns: a value, its interval, and how they were obtained."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A value and its two-sided interval.

    A limit is infinite where the data put no bound on it, and not-a-number where it is not estimable (the upper limit
    of a median that was not reached).
    """

    value: float
    low: float
    high: float
    level: float
    method: str
