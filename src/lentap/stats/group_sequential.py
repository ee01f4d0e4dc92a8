"""Boundaries of trials analysed several times while they run: error spending and the classical shapes."""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.stats import norm

from lentap.stats.arguments import Floats, choice, numbers, real, refuse
from lentap.stats.boundary_crossing import START, crossing_probabilities
from lentap.stats.sample_size import checked_power

SPENDING = ("obrien-fleming", "pocock", "kim-demets")
SHAPES = ("obrien-fleming", "pocock", "wang-tsiatis")

_WIDEST = 40.0  # no z is further out


@dataclass(frozen=True, eq=False)
class GroupSequentialDesign:
    """Looks at ``fractions`` of the final information; a trial stops where z reaches ``bounds`` (or minus them).

    ``spent`` is the type I error up to each look, of both sides where ``sided`` is 2. Drift is the mean of the final
    z: 0 without an effect.
    """

    fractions: Floats
    bounds: Floats
    spent: Floats
    alpha: float
    sided: int
    method: str

    @property
    def nominal(self) -> Floats:
        """P-value, of ``sided`` sides, that stops the trial at each look."""
        return np.asarray(self.sided * norm.sf(self.bounds), dtype=float)

    def stopping(self, drift: float) -> Floats:
        """Probability of stopping at each look: below (row 0) and above (row 1)."""
        lower = -self.bounds if self.sided == 2 else np.full(self.bounds.size, -np.inf)
        return crossing_probabilities(self.fractions, lower, self.bounds, drift)

    def power(self, drift: float) -> float:
        """Probability of stopping above: rejecting in the right direction, as rpact and SAS count it."""
        return float(self.stopping(drift)[1].sum())

    def drift(self, power: float) -> float:
        """Drift above 0 at which the design has ``power``."""
        checked_power(power, self.alpha)
        return float(brentq(lambda drift: self.power(drift) - power, 0, 20, xtol=1e-11))

    def inflation(self, power: float) -> float:
        """Final information relative to a trial with a single look and the same ``power``."""
        single = norm.isf(self.alpha / self.sided) + norm.isf(1 - power)
        return float(self.drift(power) ** 2 / single**2)

    def expected_fraction(self, drift: float) -> float:
        """Expected fraction of the final information at which the trial ends."""
        early = self.stopping(drift)[:, :-1].sum(axis=0)
        return float(1 - early @ (1 - self.fractions[:-1]))


def spending_design(
    fractions: ArrayLike,
    *,
    alpha: float = 0.05,
    sided: int = 2,
    spending: str = "obrien-fleming",
    gamma: float = 2.0,
) -> GroupSequentialDesign:
    """Boundaries that spend the type I error by a function of information (Lan and DeMets 1983).

    Parameters
    ----------
    fractions
        Information at each look over the final information, rising to 1.
    alpha
        Type I error, of both sides where ``sided`` is 2.
    sided
        2 spends half of ``alpha`` on each side, 1 all of it above.
    spending
        "obrien-fleming" or "pocock" (Lan and DeMets 1983: like those shapes), "kim-demets" (1987: alpha * t**gamma).
    gamma
        Power above 0 of "kim-demets"; the others do not use it.

    Raises
    ------
    StatisticsError
        Fractions that do not rise to 1, an illegal level, number of sides or gamma, an unknown function.
    """
    choice("spending", spending, SPENDING)
    times, side = _checked(fractions, alpha, sided)
    if not 0 < real(gamma) < np.inf:
        refuse("gamma", gamma, "a finite number above 0")
    match spending:
        case "obrien-fleming":
            spent = 2 * norm.sf(norm.isf(side / 2) / np.sqrt(times))
        case "pocock":
            spent = side * np.log1p((np.e - 1) * times)
        case _:
            spent = side * times**gamma
    bounds = np.empty(times.size)
    going = START
    for look, (fraction, spend) in enumerate(zip(times, np.diff(spent, prepend=0.0), strict=True)):
        bounds[look] = _bound(going.crossing(fraction), spend, sided)
        if look + 1 < times.size:
            lower = -bounds[look] if sided == 2 else -np.inf
            going = going.beyond(fraction, lower, bounds[look], times[look + 1])
    return GroupSequentialDesign(times, bounds, sided * spent, alpha, sided, f"{spending} spending")


def classical_design(
    fractions: ArrayLike,
    *,
    alpha: float = 0.05,
    sided: int = 2,
    shape: str = "obrien-fleming",
    delta: float = 0.25,
) -> GroupSequentialDesign:
    """Boundaries of a fixed shape, c * t**(delta - 1/2) at the fraction t, with the constant that holds ``alpha``.

    Parameters
    ----------
    fractions, alpha, sided
        As in ``spending_design``; the published constants are for equal steps.
    shape
        "obrien-fleming" (1979: delta 0), "pocock" (1977: delta 1/2) or "wang-tsiatis" (1987: any delta).
    delta
        From 0 to 1/2, for "wang-tsiatis" alone.

    Raises
    ------
    StatisticsError
        As ``spending_design``; an illegal delta, an unknown shape.
    """
    choice("shape", shape, SHAPES)
    times, _ = _checked(fractions, alpha, sided)
    if not 0 <= real(delta) <= 0.5:
        refuse("delta", delta, "a number from 0 to 0.5")
    power = {"obrien-fleming": 0.0, "pocock": 0.5}.get(shape, delta) - 0.5

    def design(constant: float) -> GroupSequentialDesign:
        return GroupSequentialDesign(times, constant * times**power, times, alpha, sided, f"{shape} shape")

    constant = float(brentq(lambda constant: design(constant).stopping(0.0).sum() - alpha, 0, _WIDEST, xtol=1e-12))
    found = design(constant)
    spent = np.cumsum(found.stopping(0.0).sum(axis=0))
    return GroupSequentialDesign(times, found.bounds, spent, alpha, sided, found.method)


def _checked(fractions: ArrayLike, alpha: float, sided: int) -> tuple[Floats, float]:
    """Return the fractions and the type I error of one side."""
    times = numbers("fractions", fractions)
    if times[0] <= 0 or (np.diff(times) < 1e-4).any() or times[-1] != 1:
        refuse("fractions", times.tolist(), "numbers that rise from above 0 to 1, by steps of 0.0001 or more")
    if real(sided) not in (1, 2):
        refuse("sided", sided, "1 or 2")
    if not 0 < real(alpha) < 0.5:
        refuse("alpha", alpha, "a number strictly between 0 and 0.5, such as 0.05")
    return times, alpha / sided


def _bound(leaving: Callable[[float, float], tuple[float, float]], spend: float, sided: int) -> float:
    """Bound at which each side spends ``spend``; infinite where there is nothing to spend."""

    def excess(bound: float) -> float:
        return leaving(-bound if sided == 2 else -np.inf, bound)[1] - spend

    return float("inf") if excess(_WIDEST) >= 0 else float(brentq(excess, -_WIDEST / sqrt(2), _WIDEST, xtol=1e-12))
