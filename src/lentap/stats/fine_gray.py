"""Regression of competing risks: of the incidence of a cause (Fine and Gray 1999), and of its hazard at risk."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lentap.stats.arguments import Floats, labels, normal_quantile, refuse
from lentap.stats.competing_events import competing_events
from lentap.stats.covariates import Design, design_matrix
from lentap.stats.cox import CoxModel, cox
from lentap.stats.cox_likelihood import newton, refuse_extreme
from lentap.stats.subdistribution import subdistribution_likelihood, subdistribution_risk_sets
from lentap.stats.survival import HazardRatio


@dataclass(frozen=True, eq=False)
class FineGray:
    """A fitted Fine-Gray model of one ``cause``.

    ``coefficients`` are log ratios of the subdistribution hazard by column of ``design`` (its intercept left out);
    ``covariance``, theirs, counts in that the censoring was estimated. ``events`` are those of the cause, ``competing``
    all others.
    """

    cause: str
    design: Design
    coefficients: Floats
    covariance: Floats
    log_likelihood: float
    null_log_likelihood: float
    n: int
    events: int
    competing: int
    level: float
    method: str

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients."""
        return self.design.names[1:]

    @property
    def errors(self) -> Floats:
        """Standard errors of the coefficients."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def hazard_ratios(self) -> dict[str, HazardRatio]:
        """Ratio of the subdistribution hazard of each column for an increase of 1: its Wald interval and test."""
        return {
            name: HazardRatio.of_log(beta, error, self.method, level=self.level, events=self.events, n=self.n)
            for name, beta, error in zip(self.names, self.coefficients.tolist(), self.errors.tolist(), strict=True)
        }

    @property
    def table(self) -> pd.DataFrame:
        """A row a column: coefficient, error, hazard_ratio, low, high, p_value."""
        rows = [
            {"hazard_ratio": ratio.value, "low": ratio.low, "high": ratio.high, "p_value": ratio.p_value}
            for ratio in self.hazard_ratios.values()
        ]
        logs = pd.DataFrame({"coefficient": self.coefficients, "error": self.errors})
        return pd.concat([logs, pd.DataFrame(rows)], axis=1).set_index(pd.Index(self.names, name="column"))


def fine_gray(
    time: ArrayLike,
    cause: object,
    covariates: pd.DataFrame,
    *,
    of: object,
    censored: object = 0,
    censoring_groups: object = None,
    level: float = 0.95,
) -> FineGray:
    """Proportional hazards regression of the subdistribution of one cause, as R's cmprsk (crr).

    Its ratios order the cumulative incidences of the cause, and are no ratios of rates among those still without an
    event; for these see ``cause_specific_cox``.

    Parameters
    ----------
    time, cause, censored
        As in ``cumulative_incidence``.
    covariates
        One row a subject, as in ``cox``; also treatment is one.
    of
        The cause.
    censoring_groups
        Label of each subject's group, within which censoring is like that of others; by default one for all. After the
        last follow-up of a group those of it who had another event count no more.
    level
        Coverage of the intervals.

    Returns
    -------
    FineGray
        Tied events as Breslow has them. The variance is the sandwich of Fine and Gray's equations 7 and 8, that of crr
        where there is one group of censoring; of several, crr's takes all subjects into each group's part.

    Raises
    ------
    StatisticsError
        As ``cumulative_incidence``; no event of the cause; missing groups; an illegal level; covariates that are
        constant, collinear, missing or infinite, or that have no finite hazard ratio: the message names them.
    """
    normal_quantile(level)
    found = competing_events(time, cause, censored)
    which = found.code_of(of)
    n = found.time.size
    code = np.where(found.code == which, 1, np.where(found.code > 0, 2, 0))
    events = int((code == 1).sum())
    if not events:
        refuse("cause", f"{of} in no row", f"{of} in one row or more")
    group = np.zeros(n, dtype=np.intp)
    if censoring_groups is not None:
        _, group = labels("censoring_groups", censoring_groups, n)
    design = design_matrix(covariates, n)
    columns = design.matrix[:, 1:]
    centred = columns - columns.mean(axis=0)
    refuse_extreme(np.abs(centred).max(axis=0), design.names[1:])
    spread = centred.std(axis=0)
    matrix = np.asfortranarray(centred / spread)
    sets = subdistribution_risk_sets(found.time, code, group)
    likelihood = partial(subdistribution_likelihood, sets, matrix)
    coefficients, null, fitted = newton(likelihood, matrix, design.names[1:], float(events), "Fine-Gray model")
    moved = fitted.influences() @ np.linalg.inv(fitted.information()) / spread
    return FineGray(
        found.causes[which - 1],
        design,
        coefficients / spread,
        moved.T @ moved,
        fitted.value,
        null.value,
        n,
        events,
        int((code == 2).sum()),
        level,
        "Fine-Gray model, subdistribution hazard, Wald",
    )


def cause_specific_cox(
    time: ArrayLike, cause: object, covariates: pd.DataFrame, *, of: object, censored: object = 0, **options: Any
) -> CoxModel:
    """Cox model of the hazard of one cause among those still without an event: other causes censor.

    Parameters
    ----------
    time, cause, covariates, of, censored
        As in ``fine_gray``.
    options
        Those of ``cox``.

    Raises
    ------
    StatisticsError
        As ``cumulative_incidence`` and ``cox``.
    """
    found = competing_events(time, cause, censored)
    return cox(found.time, found.code == found.code_of(of), covariates, **options)
