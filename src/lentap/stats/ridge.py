"""Models of who is treated whose coefficients are drawn towards 0, so that small samples always have an answer."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from lentap.errors import ConvergenceError
from lentap.stats.arguments import Bools, Floats
from lentap.stats.cox_likelihood import Likelihood, likelihood, newton
from lentap.stats.cox_risk_sets import RiskSets

MOST_STEPS = 100
TOLERANCE = 1e-10


def ridge_probability(matrix: Floats, outcome: Bools, counts: Floats, penalty: float) -> Floats:
    """Probability of the outcome in each row by logistic regression, coefficients drawn towards 0.

    The log likelihood less half of ``penalty`` times the sum of squared coefficients, of columns of spread 1, is
    maximised (Le Cessie and van Houwelingen 1992): at 1 as if log odds ratios by standard deviation were normal with
    variance 1. The intercept is free.

    Parameters
    ----------
    matrix
        Columns without an intercept, (n, columns); a column that does not vary has coefficient 0.
    outcome, counts
        Of each row, and how often it counts, 0 for one that is only predicted; the outcome occurs and fails to where
        rows count.
    penalty
        Above 0.

    Raises
    ------
    ConvergenceError
        Newton's method does not come to an end.
    """
    everybody = np.column_stack([np.ones(len(matrix)), _standard(matrix, counts)])
    counted = counts > 0
    columns, event, often = everybody[counted], outcome[counted], counts[counted]
    held = np.full(columns.shape[1], penalty)
    held[0] = 0.0
    coefficients = np.zeros(columns.shape[1])

    def value(at: Floats) -> float:
        predictor = columns @ at
        return float(often @ (event * predictor - np.logaddexp(0, predictor)) - held @ at**2 / 2)

    reached = value(coefficients)
    for _ in range(MOST_STEPS):
        fitted = expit(columns @ coefficients)
        information = columns.T @ (columns * (often * fitted * (1 - fitted))[:, None]) + np.diag(held)
        step = np.linalg.solve(information, columns.T @ (often * (event - fitted)) - held * coefficients)
        while (further := value(coefficients + step)) < reached - 1e-9 * abs(reached):
            step = step / 2
        coefficients, reached = coefficients + step, further
        if np.abs(step).max() < TOLERANCE:
            return np.asarray(expit(everybody @ coefficients))
    msg = f"Logistic regression with penalty {penalty:g}: no convergence in {MOST_STEPS} steps"
    raise ConvergenceError(msg)


def ridge_cox(sets: RiskSets, matrix: Floats, penalty: float) -> Likelihood:
    """Partial likelihood of a Cox model at its maximum less half of ``penalty`` times the sum of squared coefficients.

    Of columns of spread 1 (Verweij and van Houwelingen 1994), as R's ``ridge``; ``risk`` of what is returned holds the
    weight of each row times its hazard ratio with the mean of the columns.

    Parameters
    ----------
    matrix
        Columns, a row a row of ``sets``; a column that does not vary has coefficient 0.
    penalty
        Above 0.

    Raises
    ------
    ConvergenceError
        Newton's method does not come to an end.
    """
    columns = _standard(matrix, sets.weight)

    def held(coefficients: Floats) -> _Held | None:
        found = likelihood(sets, columns, coefficients)
        return None if found is None else _Held(found, coefficients, penalty)

    names = [f"column {place}" for place in range(columns.shape[1])]
    *_, fitted = newton(held, columns, names, float(sets.step_weight.sum()), "Cox model with a penalty")
    return fitted.likelihood


@dataclass(frozen=True, eq=False)
class _Held:
    """A likelihood less the penalty of its coefficients."""

    likelihood: Likelihood
    coefficients: Floats
    penalty: float

    @property
    def value(self) -> float:
        return self.likelihood.value - self.penalty * float(self.coefficients @ self.coefficients) / 2

    def gradient(self) -> Floats:
        return self.likelihood.gradient() - self.penalty * self.coefficients

    def information(self) -> Floats:
        return np.asarray(self.likelihood.information() + self.penalty * np.eye(self.coefficients.size))


def _standard(matrix: Floats, counts: Floats) -> Floats:
    """Columns with mean 0 and spread 1, each row counted as often as said; 0 where a column does not vary."""
    centred = matrix - np.average(matrix, axis=0, weights=counts)
    spread = np.sqrt(np.average(centred**2, axis=0, weights=counts))
    flat = spread <= 1e-12 * np.abs(matrix).max(axis=0)
    return np.where(flat, 0.0, centred / np.where(flat, 1.0, spread))
