"""Calibration: do predicted probabilities agree with how often the outcome occurs."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import logit

from lentap.stats.arguments import Bools, Floats, indicator, numbers, refuse
from lentap.stats.covariates import Design
from lentap.stats.logistic import logistic_regression
from lentap.stats.proportions import proportion
from lentap.stats.smoothing import lowess
from lentap.stats.wald import WaldEstimate, wald_estimate


@dataclass(frozen=True, eq=False)
class Calibration:
    """How predictions agree with outcomes.

    ``intercept`` and ``slope`` are of the logistic regression of the outcome on the log odds predicted (ideal: 0 and 1,
    which the p-values test); ``in_the_large`` is the intercept with a slope of 1. ``observed`` and ``expected`` count
    events. ``brier`` is the mean squared error, ``scaled_brier`` its share removed from that of predicting the mean.
    ``mean_error``, ``error_90`` and ``largest_error`` are the mean, 90th percentile and maximum of the distance between
    predictions and the smooth ``curve`` (predicted, observed). ``groups`` has a row a group of predictions: predicted
    (mean), n, events, observed, low, high.
    """

    intercept: WaldEstimate
    slope: WaldEstimate
    in_the_large: WaldEstimate
    observed: int
    expected: float
    brier: float
    scaled_brier: float
    mean_error: float
    error_90: float
    largest_error: float
    curve: pd.DataFrame
    groups: pd.DataFrame


def calibration(predicted: ArrayLike, outcome: ArrayLike, *, groups: int = 10, level: float = 0.95) -> Calibration:
    """Calibration of predicted probabilities (Cox 1958; Van Calster and others 2016; Harrell 2015, val.prob).

    Parameters
    ----------
    predicted
        Probabilities strictly between 0 and 1, one a subject.
    outcome
        True or 1 where the event happened, false or 0 where not.
    groups
        How many groups of about equal size the predictions are cut into, at their quantiles; equal predictions stay
        together, so that there may be fewer.
    level
        Of the Wald intervals, and of Wilson's in the groups.

    Returns
    -------
    Calibration
        Slope and intercept are not-a-number where all predictions are equal.

    Raises
    ------
    StatisticsError
        Predictions outside 0 to 1, outcomes other than 0 and 1 or the same in all, fewer than one group, or predictions
        that separate the outcomes, so that there is no finite slope.
    """
    p, event = predictions(predicted, outcome)
    if isinstance(groups, bool) or not isinstance(groups, int | np.integer) or groups < 1:
        refuse("groups", groups, "a whole number of 1 or more")
    intercept, slope, in_the_large = _recalibration(p, event, level)
    curve = _smooth(p, event)
    error = np.abs(curve["observed"] - curve["predicted"])
    brier = float(np.mean((p - event) ** 2))
    prevalence = float(event.mean())
    return Calibration(
        intercept,
        slope,
        in_the_large,
        int(event.sum()),
        float(p.sum()),
        brier,
        1 - brier / (prevalence * (1 - prevalence)),
        float(error.mean()),
        float(np.quantile(error, 0.9)),
        float(error.max()),
        curve,
        _grouped(p, event, groups, level),
    )


def predictions(predicted: ArrayLike, outcome: ArrayLike) -> tuple[Floats, Bools]:
    """Return probabilities strictly between 0 and 1, and outcomes of which both occur."""
    legal = "probabilities strictly between 0 and 1"
    p = numbers("predicted", predicted, legal)
    if not ((p > 0) & (p < 1)).all():
        refuse("predicted", p[~((p > 0) & (p < 1))][0].item(), legal)
    event = indicator("outcome", outcome, p.size)
    if event.all() or not event.any():
        refuse("outcome", f"{bool(event[0])} in every row", "true in some rows and false in others")
    return p, event


def _recalibration(p: Floats, event: Bools, level: float) -> tuple[WaldEstimate, WaldEstimate, WaldEstimate]:
    constant, log_odds = np.ones(p.size), np.asarray(logit(p), dtype=float)
    alone = logistic_regression(Design(constant[:, None], ("intercept",)), event, offset=log_odds)
    large_error = float(np.sqrt(alone.covariance[0, 0]))
    in_the_large = wald_estimate(
        float(alone.coefficients[0]), large_error, "logistic recalibration, slope of 1", level=level
    )
    method = "logistic recalibration"
    if np.ptp(log_odds) == 0:
        unknown = (wald_estimate(np.nan, np.nan, method, level=level, unknown="all predictions are equal"),) * 2
        return *unknown, in_the_large
    both = logistic_regression(
        Design(np.column_stack([constant, log_odds]), ("intercept", "log odds predicted")), event
    )
    (intercept, slope), errors = both.coefficients.tolist(), np.sqrt(np.diag(both.covariance)).tolist()
    return (
        wald_estimate(intercept, errors[0], method, level=level),
        wald_estimate(slope, errors[1], method, level=level, null=1.0),
        in_the_large,
    )


def _smooth(p: Floats, event: Bools) -> pd.DataFrame:
    """Outcome smoothed over the predictions, as val.prob does."""
    order = np.argsort(p, kind="stable")
    x, y = p[order], event[order].astype(float)
    return pd.DataFrame({"predicted": x, "observed": lowess(x, y)})


def _grouped(p: Floats, event: Bools, groups: int, level: float) -> pd.DataFrame:
    edges = np.unique(np.quantile(p, np.arange(1, groups) / groups))
    code = np.searchsorted(edges, p, side="left")
    rows = []
    for group in np.unique(code):
        member = code == group
        share = proportion(int(event[member].sum()), int(member.sum()), level=level)
        rows.append(
            (float(p[member].mean()), int(member.sum()), int(event[member].sum()), share.value, share.low, share.high)
        )
    return pd.DataFrame(rows, columns=["predicted", "n", "events", "observed", "low", "high"])
