"""Counts to be expected of a new arm, given a pooled rate, its uncertainty and how much studies differ."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import expit, logit
from scipy.stats import binom

from lentap.stats.arguments import Floats, normal_quantile, refuse

NODES = 200


@dataclass(frozen=True, eq=False)
class PredictedCounts:
    """Probability of each count of events from 0 to ``n`` in a new arm of ``n`` subjects."""

    n: int
    probabilities: Floats

    def at_least(self, count: int) -> float:
        """Probability of that many events or more."""
        return float(self.probabilities[max(count, 0) :].sum())

    def limits(self, level: float = 0.95) -> tuple[int, int]:
        """Counts that leave at most half of what ``level`` leaves out below and above them."""
        tail = (1 - level) / 2
        below = np.cumsum(self.probabilities)
        above = np.cumsum(self.probabilities[::-1])
        return int(np.searchsorted(below, tail, side="right")), self.n - int(np.searchsorted(above, tail, side="right"))


def predicted_counts(
    rate: float, low: float, high: float, *, n: int, spread: float = 0.0, level: float = 0.95
) -> PredictedCounts:
    """Predict the events of a new arm from a pooled rate and its interval.

    The logit of the new arm's rate is taken as normal around that of the pooled one, with the variance its interval
    implies plus the variance between studies (Higgins, Thompson and Spiegelhalter 2009, with a normal in place of
    Student's t); its count is binomial given the rate.

    Parameters
    ----------
    rate, low, high
        The pooled rate and its interval at ``level``; the limits need not lie symmetrically.
    n
        Subjects of the new arm.
    spread
        Standard deviation of the logits of rates between studies.

    Raises
    ------
    ArgumentError
        Not ``0 < low <= rate <= high < 1``, no subject, or a negative spread.
    """
    if not 0 < low <= rate <= high < 1:
        refuse("rate, low, high", (rate, low, high), "0 < low <= rate <= high < 1")
    if n < 1:
        refuse("n", n, "at least 1 subject")
    if not 0 <= spread < np.inf:
        refuse("spread", spread, "0 or more")
    error = (logit(high) - logit(low)) / (2 * normal_quantile(level))
    nodes, weights = _normal_nodes()
    rates = expit(logit(rate) + np.hypot(error, spread) * nodes)
    return PredictedCounts(n, weights / weights.sum() @ binom.pmf(np.arange(n + 1), n, rates[:, None]))


@cache
def _normal_nodes() -> tuple[Floats, Floats]:
    """Nodes and weights of Gauss-Hermite quadrature, found once: their search takes longer than their use."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    return nodes, weights
