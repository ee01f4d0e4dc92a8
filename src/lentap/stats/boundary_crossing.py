"""Probability that a group-sequential statistic leaves its boundaries, by recursive integration.

Armitage, McPherson and Rowe (1969): the score, z times the root of its fraction of information, moves between looks by
independent normal steps; its density among trials still going on is carried from look to look.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from lentap.stats.arguments import Floats

_FAR = 9.0  # standard deviations beyond which a normal density does not count
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(
    12
)  # on panels one standard deviation of a step wide: exact to 1e-13


@dataclass(frozen=True, eq=False)
class Continuing:
    """Trials still going on after a look at ``fraction``: ``mass`` at each value of the ``score``."""

    fraction: float
    score: Floats
    mass: Floats

    def crossing(self, fraction: float, drift: float = 0.0) -> Callable[[float, float], tuple[float, float]]:
        """Return the function of (lower, upper) z that gives the probability of leaving below and above at a look."""
        step = fraction - self.fraction
        centre, scale, root = self.score + drift * step, np.sqrt(step), np.sqrt(fraction)

        def leaving(lower: float, upper: float) -> tuple[float, float]:
            below = self.mass @ norm.cdf((lower * root - centre) / scale)
            return float(below), float(self.mass @ norm.sf((upper * root - centre) / scale))

        return leaving

    def beyond(self, fraction: float, lower: float, upper: float, following: float, drift: float = 0.0) -> "Continuing":
        """Return the trials that stay between two z at a look; ``following`` is the fraction of the look after it."""
        step, root = fraction - self.fraction, np.sqrt(fraction)
        low = max(lower * root, drift * fraction - _FAR * root)
        high = max(min(upper * root, drift * fraction + _FAR * root), low)
        panels = int(np.ceil((high - low) / np.sqrt(min(step, following - fraction)))) or 1
        half = (high - low) / panels / 2
        score = (low + half * (2 * np.arange(panels)[:, None] + 1 + _NODES)).ravel()
        density = norm.pdf(score[:, None], self.score + drift * step, np.sqrt(step)) @ self.mass
        return Continuing(fraction, score, density * np.tile(half * _WEIGHTS, panels))


START = Continuing(0.0, np.zeros(1), np.ones(1))


def crossing_probabilities(fractions: Floats, lower: Floats, upper: Floats, drift: float) -> Floats:
    """Probability of leaving below (row 0) and above (row 1) at each look, where the final z has mean ``drift``."""
    left = np.zeros((2, fractions.size))
    going = START
    for look, fraction in enumerate(fractions):
        left[:, look] = going.crossing(fraction, drift)(lower[look], upper[look])
        if look + 1 < fractions.size:
            going = going.beyond(fraction, lower[look], upper[look], fractions[look + 1], drift)
    return left
