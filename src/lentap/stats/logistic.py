"""Logistic regression by maximum likelihood, of one sample or of many bootstrap replicates at once.

Own code, because statsmodels fits one sample at a time and warns where outcomes are separated instead of naming why.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linprog
from scipy.special import expit

from lentap.errors import ConvergenceError
from lentap.stats.arguments import Bools, Floats, refuse
from lentap.stats.covariates import Design

MOST_STEPS = 30
LONGEST_STEP = 4.0  # of a log odds at once: Newton's method overshoots where it starts far from the outcome
TOLERANCE = 1e-10  # of a step, in coefficients of orthonormal columns relative to their size


@dataclass(frozen=True, eq=False)
class LogisticModel:
    """A fitted logistic regression.

    ``coefficients`` are log odds ratios by column, ``covariance`` theirs under the model (the inverse information),
    ``fitted`` the probability of each subject.
    """

    design: Design
    coefficients: Floats
    covariance: Floats
    fitted: Floats

    def influence(self, outcome: Bools) -> Floats:
        """How much each subject moves each coefficient (n, columns): the sandwich variance is their sum of squares."""
        scores = (outcome - self.fitted)[:, None] * self.design.matrix
        return scores @ self.covariance

    @property
    def table(self) -> pd.DataFrame:
        """Coefficient and model-based standard error of each column, by its name."""
        return pd.DataFrame(
            {"coefficient": self.coefficients, "error": np.sqrt(np.diag(self.covariance))},
            index=pd.Index(self.design.names, name="column"),
        )


def logistic_regression(
    design: Design, outcome: Bools, *, argument: str = "outcome", offset: Floats | None = None
) -> LogisticModel:
    """Fit ``outcome`` (bool, n) on the columns of ``design``.

    Parameters
    ----------
    argument
        What the outcome is called where it is refused.
    offset
        Part of the linear predictor that has no coefficient (n), by default none.

    Raises
    ------
    StatisticsError
        The outcome is the same in every row, or columns separate it, completely or in part, so that no finite estimate
        exists: the message names them. ConvergenceError where Newton's method does not come to an end.
    """
    if outcome.all() or not outcome.any():
        legal = "true in some rows and false in others"
        refuse(argument, f"{bool(outcome[0])} in every row", legal, fault=f"constant {argument}")
    coefficients, converged = logistic_coefficients(design.matrix, outcome, np.ones((1, outcome.size)), offset=offset)
    if not converged[0]:
        names = [design.names[place] for place in separating_columns(design.matrix, outcome)]
        if names:
            refuse(
                "covariates",
                f"columns whose values separate {argument}: {', '.join(names)}",
                "columns in which both outcomes overlap",
                fault=f"separate {argument}",
                columns=names,
            )
        msg = f"Logistic regression of {argument}: no convergence in {MOST_STEPS} steps"
        raise ConvergenceError(msg)
    fitted = expit(design.matrix @ coefficients[0] + (0.0 if offset is None else offset))
    q, r = np.linalg.qr(design.matrix)
    inner = np.linalg.inv((q * (fitted * (1 - fitted))[:, None]).T @ q)
    back = np.linalg.inv(r)
    return LogisticModel(design, coefficients[0], back @ inner @ back.T, fitted)


def logistic_coefficients(
    matrix: Floats, outcome: Bools, counts: Floats, *, offset: Floats | None = None
) -> tuple[Floats, Bools]:
    """Coefficients of each replicate (replicates, columns), and whether Newton's method converged in it.

    Parameters
    ----------
    matrix
        Columns of full rank, (n, columns).
    outcome
        Bool, (n).
    counts
        How often each subject counts in each replicate, (replicates, n).

    Returns
    -------
    tuple
        Coefficients are not-a-number where it did not converge: the outcome is constant in the replicate, or separated.
    """
    q, r = np.linalg.qr(matrix)  # orthonormal columns, so that no scale or origin of a covariate costs digits
    products = (q[:, :, None] * q[:, None, :]).reshape(len(q), -1)
    held = 0.0 if offset is None else offset
    gamma = np.zeros((len(counts), q.shape[1]))
    converged = np.zeros(len(counts), dtype=bool)
    going = np.arange(len(counts))
    for _ in range(MOST_STEPS):
        fitted = expit(gamma[going] @ q.T + held)
        score = (counts[going] * (outcome - fitted)) @ q
        curvature = counts[going] * fitted * (1 - fitted)
        information = (curvature @ products).reshape(-1, q.shape[1], q.shape[1])
        sound = np.linalg.eigvalsh(information)[:, 0] > 1e-12 * curvature.max(axis=1)  # else the outcome is separated
        going, score, information = going[sound], score[sound], information[sound]
        step = np.linalg.solve(information, score[:, :, None])[:, :, 0]
        step *= np.minimum(1, LONGEST_STEP / np.maximum(np.abs(step @ q.T).max(axis=1, initial=0), 1e-300))[:, None]
        gamma[going] += step
        done = np.abs(step).max(axis=1) <= TOLERANCE * (1 + np.abs(gamma[going]).max(axis=1))
        converged[going[done]] = True
        going = going[~done]
        if not going.size:
            break
    coefficients = np.linalg.solve(r, gamma.T).T
    coefficients[~converged] = np.nan
    return coefficients, converged


def separating_columns(matrix: Floats, outcome: Bools) -> list[int]:
    """Positions of the fewest columns found that, with the intercept, separate the outcome; none where none do.

    Columns are left out one by one as long as the rest still separates.
    """
    if not _separates(matrix, outcome):
        return []
    kept = list(range(1, matrix.shape[1]))
    for place in tuple(kept):
        others = [column for column in kept if column != place]
        if _separates(matrix[:, [0, *others]], outcome):
            kept = others
    return kept


def _separates(matrix: Floats, outcome: Bools) -> bool:
    """Whether a combination of columns separates the outcome, completely or in part.

    Konis (2007): a linear program looks for a direction in which no subject's likelihood falls and some rise for ever.
    """
    signed = np.where(outcome[:, None], matrix, -matrix) / np.abs(matrix).max(axis=0)
    program = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=(-1, 1), method="highs")
    return bool((signed @ np.asarray(program.x, dtype=float)).max() > 1e-7)
