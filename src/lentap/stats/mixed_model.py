"""Repeated measurements of patients: a linear mixed model in which each patient has a level of its own.

Own code, because statsmodels goes through patients one by one: half a minute for 20,000.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar

from lentap.errors import ConvergenceError
from lentap.stats.arguments import Floats, labels, numbers, refuse
from lentap.stats.wald import WaldEstimate, wald_estimate

WIDEST = 12.0  # natural logarithm of the variance between over that within patients, at most


@dataclass(frozen=True, eq=False)
class RandomIntercept:
    """A fitted model: ``coefficients`` with their ``covariance``, standard deviations ``between`` and ``within``.

    ``n`` measurements of ``patients``. ``boundary`` is true where measurements of a patient are no more alike than
    those of different ones, so that ``between`` is 0.
    """

    coefficients: Floats
    covariance: Floats
    between: float
    within: float
    log_likelihood: float
    n: int
    patients: int
    boundary: bool

    @property
    def method(self) -> str:
        return "linear mixed model, random intercept of each patient, REML, Wald"

    def contrast(self, weights: ArrayLike, *, level: float = 0.95) -> WaldEstimate:
        """Weighted sum of the coefficients with its interval."""
        at = numbers("weights", weights)
        error = float(np.sqrt(at @ self.covariance @ at))
        return wald_estimate(float(at @ self.coefficients), error, self.method, level=level)


def random_intercept(outcome: ArrayLike, matrix: Floats, patient: object) -> RandomIntercept:
    """Fit by restricted maximum likelihood (Patterson and Thompson 1971; Laird and Ware 1982).

    The covariance of coefficients is that of generalised least squares at the variances estimated, as nlme's in R.

    Parameters
    ----------
    outcome
        A number a measurement, (n).
    matrix
        Columns of the fixed effects, of full rank, (n, columns).
    patient
        Label of each measurement's patient.

    Raises
    ------
    StatisticsError
        A missing or infinite outcome or label, columns that are not of full rank or as many as measurements, no patient
        with two measurements, or outcomes that the columns determine. ConvergenceError where the search for the ratio
        of variances does not come to an end.
    """
    y = numbers("outcome", outcome)
    x = np.asarray(matrix, dtype=float)
    names, code = labels("patient", patient, y.size)
    if x.ndim != 2 or len(x) != y.size:
        refuse("matrix", x, f"columns of {y.size} rows")
    n, columns = x.shape
    if n <= columns or np.linalg.matrix_rank(x) < columns:
        refuse("matrix", f"{columns} columns for {n} measurements", "fewer columns than rows, of full rank")
    often = np.bincount(code).astype(float)
    if often.max() < 2:
        refuse("patient", "with one measurement each", "two measurements or more of one patient at least")
    both = np.column_stack([x, y])
    sums = np.column_stack([np.bincount(code, column) for column in both.T])
    products = both.T @ both

    def solved(ratio: float) -> tuple[Floats, Floats, float, float]:
        """Coefficients, inverse of weighted products, variance within, log likelihood at a ratio of variances."""
        weighted = products - (sums * (ratio / (1 + often * ratio))[:, None]).T @ sums
        inverse = np.linalg.inv(weighted[:-1, :-1])
        beta = inverse @ weighted[:-1, -1]
        variance = float(weighted[-1, -1] - beta @ weighted[:-1, -1]) / (n - columns)
        if variance <= 1e-12 * products[-1, -1] / n:
            refuse("outcome", "what the columns determine", "an outcome with some variation of its own")
        determinants = np.log1p(often * ratio).sum() - np.linalg.slogdet(inverse)[1]
        likelihood = -((n - columns) * (np.log(2 * np.pi * variance) + 1) + determinants) / 2
        return beta, inverse, variance, float(likelihood)

    found = minimize_scalar(
        lambda log_ratio: -solved(float(np.exp(log_ratio)))[3],
        bounds=(-WIDEST, WIDEST), method="bounded", options={"xatol": 1e-10, "maxiter": 500},
    )  # fmt: skip
    if not found.success or found.x > WIDEST - 0.01:
        msg = f"Mixed model: no convergence, ratio of variances between and within patients at {np.exp(found.x):g}"
        raise ConvergenceError(msg)
    ratio = float(np.exp(found.x))
    boundary = solved(0.0)[3] >= solved(ratio)[3]
    beta, inverse, variance, likelihood = solved(0.0 if boundary else ratio)
    between = 0.0 if boundary else float(np.sqrt(ratio * variance))
    return RandomIntercept(
        beta, inverse * variance, between, float(np.sqrt(variance)), likelihood, n, len(names), bool(boundary)
    )
