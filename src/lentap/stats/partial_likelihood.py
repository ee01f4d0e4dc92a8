"""Cox's partial likelihood for groups, from counts of events and subjects at risk at each event time."""

import numpy as np

from lentap.errors import ConvergenceError
from lentap.stats.arguments import Floats, Integers

MOST_STEPS = 100
LONGEST_STEP = 5.0  # of a log hazard ratio at once: Newton's method overshoots where few subjects link the groups


def comparable(deaths: Floats, at_risk: Floats, base: int) -> Integers:
    """Return the positions of the groups whose hazard ratio with ``base`` is finite.

    Two groups are, when each had an event while the other was at risk, directly or through other groups (the
    condition of Ford 1957 for comparisons). The rest drop out of the likelihood as their coefficients run off.
    """
    beats = (deaths > 0).T.astype(float) @ (at_risk > 0) > 0
    np.fill_diagonal(beats, val=True)
    linked = np.linalg.matrix_power(beats.astype(float), len(beats)) > 0
    return np.flatnonzero(linked[base] & linked[:, base])


def efron(deaths: Floats, at_risk: Floats, base: int) -> tuple[Floats, Floats]:
    """Return log hazard ratios and standard errors by Newton's method; ``base`` is held at 0.

    With groups as the only covariate the partial likelihood needs counts alone: the l-th of d tied events sees the
    risk set less the share l/d of the dying (Efron 1977).
    """
    tied = deaths.sum(axis=1).astype(int)
    row = np.repeat(np.arange(tied.size), tied)
    share = (np.arange(row.size) - np.repeat(np.cumsum(tied) - tied, tied)) / tied[row]
    risk = at_risk[row] - share[:, None] * deaths[row]
    free = np.arange(deaths.shape[1]) != base
    beta, error = np.zeros(free.size), np.zeros(free.size)
    if not free.any():
        return beta, error
    likelihood = -np.inf
    step = np.zeros(free.size)
    for _ in range(MOST_STEPS):
        weighted = risk * np.exp(beta)
        found = float(deaths.sum(axis=0) @ beta - np.log(weighted.sum(axis=1)).sum())
        if found < likelihood - 1e-9 * abs(likelihood):
            step /= 2
            beta -= step
            continue
        likelihood = found
        weighted /= weighted.sum(axis=1, keepdims=True)
        mean = weighted.sum(axis=0)
        information = (np.diag(mean) - weighted.T @ weighted)[np.ix_(free, free)]
        step[free] = np.linalg.solve(information, (deaths.sum(axis=0) - mean)[free])
        step /= max(1.0, np.abs(step).max() / LONGEST_STEP)
        beta += step
        if np.abs(step).max() < 1e-10:
            error[free] = np.sqrt(np.diag(np.linalg.inv(information)))
            return beta, error
    msg = f"Cox model: no convergence in {MOST_STEPS} steps, log hazard ratios {beta.tolist()}"
    raise ConvergenceError(msg)
