"""Cox models of covariates: strata, late entry and changing covariates, weights, clusters, and the tests of a model."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import chi2

from lentap.stats.arguments import Floats, Integers, choice, labels, normal_quantile, numbers, refuse
from lentap.stats.covariates import Design, design_matrix
from lentap.stats.cox_likelihood import Likelihood, maximise, standardise
from lentap.stats.cox_risk_sets import TIES, cox_risk_sets
from lentap.stats.risk_sets import follow_up
from lentap.stats.survival import HazardRatio


@dataclass(frozen=True)
class ModelTest:
    """Chi-squared test that no covariate has an effect."""

    statistic: float
    df: int
    p_value: float
    method: str


@dataclass(frozen=True, eq=False)
class CoxModel:
    """A fitted Cox model.

    ``coefficients`` are log hazard ratios by column of ``design`` (its intercept left out), ``covariance`` theirs,
    robust where ``robust``, and ``model_covariance`` the inverse information. ``strata`` names the strata, none where
    there are none. ``null`` and ``fitted`` are the likelihoods of columns from which ``mean`` (strata, columns) was
    taken and that were divided by ``spread``; ``time`` and ``entry`` are those of the rows.
    """

    design: Design
    strata: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    model_covariance: Floats
    log_likelihood: float
    null_log_likelihood: float
    likelihood_ratio_test: ModelTest
    wald_test: ModelTest
    score_test: ModelTest
    null: Likelihood
    fitted: Likelihood
    time: Floats
    entry: Floats | None
    mean: Floats
    spread: Floats
    n: int
    events: int
    ties: str
    robust: bool
    level: float

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients."""
        return self.design.names[1:]

    @property
    def errors(self) -> Floats:
        """Standard errors of the coefficients."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def method(self) -> str:
        strata, robust = ", stratified" if self.strata else "", ", robust variance" if self.robust else ""
        return f"Cox model{strata}, {self.ties.capitalize()} ties{robust}, Wald"

    @property
    def hazard_ratios(self) -> dict[str, HazardRatio]:
        """Hazard ratio of each column for an increase of 1: its Wald interval and test; ``n`` counts rows."""
        return {
            name: HazardRatio.of_log(beta, error, self.method, level=self.level, events=self.events, n=self.n)
            for name, beta, error in zip(self.names, self.coefficients.tolist(), self.errors.tolist(), strict=True)
        }

    @property
    def table(self) -> pd.DataFrame:
        """A row a column: coefficient, error, hazard_ratio, low, high, p_value."""
        ratios = self.hazard_ratios.values()
        return pd.DataFrame(
            {
                "coefficient": self.coefficients,
                "error": self.errors,
                "hazard_ratio": [ratio.value for ratio in ratios],
                "low": [ratio.low for ratio in ratios],
                "high": [ratio.high for ratio in ratios],
                "p_value": [ratio.p_value for ratio in ratios],
            },
            index=pd.Index(self.names, name="column"),
        )

    def martingale_residuals(self) -> Floats:
        """Events seen less events expected of each row (0 or 1, not weighted)."""
        return self.fitted.sets.event - self.fitted.expected / self.fitted.sets.weight

    def score_residuals(self) -> Floats:
        """Contribution of each row to the derivative of the log likelihood by each coefficient, not weighted."""
        return self.fitted.score_residuals() * self.spread

    def dfbeta(self) -> Floats:
        """How much each row, with its weight, moves each coefficient, to first order."""
        weighted = self.score_residuals() * self.fitted.sets.weight[:, None]
        return np.asarray(weighted @ self.model_covariance)


def cox(
    time: ArrayLike,
    event: ArrayLike,
    covariates: pd.DataFrame,
    *,
    entry: ArrayLike | None = None,
    strata: object = None,
    weights: ArrayLike | None = None,
    cluster: object = None,
    ties: str = "efron",
    robust: bool | None = None,
    level: float = 0.95,
) -> CoxModel:
    """Proportional hazards regression (Cox 1972), as R's coxph.

    Parameters
    ----------
    time, event
        End of each row's follow-up, 0 or more, in any unit, and whether it is an event. A covariate that changes makes
        several rows of a subject, each from its ``entry`` to its ``time``.
    covariates
        One row a row, no missing values: numeric columns as they are; all others one column a category but the first,
        by categorical or else alphabetical order.
    entry
        Time from which each row is under observation, 0 or more and before its ``time``: at an event time those are at
        risk who entered before it. By default 0, and then also at risk at time 0.
    strata
        Label of each row's stratum, which has its own baseline hazard.
    weights
        How much each row counts, above 0: inverse probabilities or how often a row stands for others. Their sum, not
        only their ratio, matters to the model-based variance, and does not to the robust one.
    cluster
        Label of each row's subject, or whatever else makes rows dependent: the robust variance then sums over them.
    ties
        One of ``TIES``: Efron (1977), which R takes by default, or Breslow (1974), which SAS does.
    robust
        Whether the variance is that of Lin and Wei (1989), which holds for weights, dependent rows and hazards that are
        not proportional. By default it is with clusters or with weights that are not whole numbers, as in R.

    Returns
    -------
    CoxModel
        The likelihood ratio test takes rows for independent and weights for counts, also where ``robust``.

    Raises
    ------
    StatisticsError
        As ``kaplan_meier``; no event; an illegal entry, weight, level or option; missing labels; covariates that are
        constant, collinear, missing or infinite, or that have no finite hazard ratio: the message names them.
    """
    choice("ties", ties, TIES)
    normal_quantile(level)
    times, died = follow_up(time, event)
    if not died.any():
        refuse("event", "0 in every row", "1 in one row or more", fault="no event")
    n = times.size
    begin = None if entry is None else _entries(entry, times)
    names, code = ((), np.zeros(n, dtype=np.intp)) if strata is None else labels("strata", strata, n)
    weight = np.ones(n) if weights is None else _weights(weights, n)
    member = None if cluster is None else labels("cluster", cluster, n)[1]
    if robust is None:
        robust = member is not None or bool((weight % 1 != 0).any())
    design = design_matrix(covariates, n)

    sets = cox_risk_sets(times, died, begin, code, weight, ties)
    matrix, mean, spread = standardise(sets, design.matrix[:, 1:], design.names[1:])
    coefficients, null, fitted = maximise(sets, matrix, design.names[1:])
    inverse = np.linalg.inv(fitted.information())
    covariance, gradient = inverse, null.gradient()
    score = gradient @ np.linalg.solve(null.information(), gradient)
    if robust:
        influence = _by_cluster(fitted.score_residuals() * weight[:, None], member) @ inverse
        covariance = influence.T @ influence
        at_null = _by_cluster(null.score_residuals() * weight[:, None], member)
        if np.linalg.matrix_rank(influence) < matrix.shape[1]:
            what = "robust" if member is None else "cluster"
            refuse(what, f"a variance of {len(influence)} rows or clusters", f"more than the {matrix.shape[1]} columns")
        score = gradient @ np.linalg.lstsq(at_null.T @ at_null, gradient, rcond=None)[0]
    wald = coefficients @ np.linalg.solve(covariance, coefficients)
    df, kind = matrix.shape[1], "robust " if robust else ""
    return CoxModel(
        design,
        tuple(names),
        coefficients / spread,
        covariance / np.outer(spread, spread),
        inverse / np.outer(spread, spread),
        fitted.value,
        null.value,
        _test(2 * (fitted.value - null.value), df, "likelihood ratio test"),
        _test(float(wald), df, f"{kind}Wald test"),
        _test(float(score), df, f"{kind}score test"),
        null,
        fitted,
        times,
        begin,
        mean,
        spread,
        n,
        int(died.sum()),
        ties,
        robust,
        level,
    )


def _test(statistic: float, df: int, method: str) -> ModelTest:
    return ModelTest(max(statistic, 0.0), df, float(chi2.sf(max(statistic, 0.0), df)), method)


def _entries(entry: ArrayLike, times: Floats) -> Floats:
    legal = "finite numbers of 0 or more, each below its time"
    begin = numbers("entry", entry, legal)
    if begin.size != times.size:
        refuse("entry", f"array of {begin.size}", f"as long as the other arguments ({times.size})")
    wrong = (begin < 0) | (begin >= times)
    if wrong.any():
        place = int(np.argmax(wrong))
        refuse("entry", f"{begin[place].item()} with a time of {times[place].item()}", legal)
    return begin


def _weights(weights: ArrayLike, n: int) -> Floats:
    legal = "numbers from 1e-100 to 1e100 (leave out rows of weight 0)"
    found = numbers("weights", weights, legal)
    if found.size != n:
        refuse("weights", f"array of {found.size}", f"as long as the other arguments ({n})")
    illegal = (found < 1e-100) | (found > 1e100)  # their products with hazard ratios must be numbers
    if illegal.any():
        refuse("weights", found[illegal][0].item(), legal)
    return found


def _by_cluster(values: Floats, member: Integers | None) -> Floats:
    if member is None:
        return values
    return np.column_stack([np.bincount(member, column) for column in values.T])
