"""Decision curves: what acting on a prediction gains over acting on everyone, or on no one."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lentap.stats.arguments import Bools, Floats, indicator, normal_quantile, numbers, real, refuse
from lentap.stats.resampling import bootstrap_counts, percentile_limits

ALL, NONE = "treat all", "treat none"


def decision_curve(
    predicted: pd.DataFrame | ArrayLike,
    outcome: ArrayLike,
    thresholds: ArrayLike,
    *,
    level: float = 0.95,
    replicates: int = 0,
    seed: int = 1,
) -> pd.DataFrame:
    """Net benefit of treating whose predicted probability reaches the threshold (Vickers and Elkin 2006).

    Net benefit is true positives less false positives at the odds of the threshold, per subject; a threshold of 10%
    says that missing one event is as bad as nine needless treatments.

    Parameters
    ----------
    predicted
        Probabilities from 0 to 1, one a subject, of one model or of several (a table with a column each).
    outcome
        True or 1 where the event happened, false or 0 where not.
    thresholds
        Threshold probabilities strictly between 0 and 1.
    level, replicates, seed
        Of percentile intervals from ``replicates`` resamples of the subjects; without (0) limits are not-a-number.

    Returns
    -------
    pandas.DataFrame
        A row a strategy ("treat all", "treat none" and each model, "model" where there is one) and threshold:
        strategy, threshold, net_benefit, low, high, standardised (per prevalence, so that 1 is a perfect model; Kerr
        and others 2016), avoided (treatments spared per 100 subjects against treating all, with as many events
        treated).

    Raises
    ------
    StatisticsError
        Predictions or thresholds out of range, outcomes other than 0 and 1, nobody with the event, a model named as a
        strategy is, or too few replicates for the level.
    """
    normal_quantile(level)
    models = predicted
    if not isinstance(models, pd.DataFrame):
        models = pd.DataFrame({"model": numbers("predicted", predicted)})
    event = indicator("outcome", outcome, len(models))
    if not event.any():
        refuse("outcome", "False in every row", "true in one row or more")
    at = numbers("thresholds", thresholds, "probabilities of 1e-9 or more, below 1")
    if not ((at >= 1e-9) & (at < 1)).all():
        refuse("thresholds", at[~((at >= 1e-9) & (at < 1))][0].item(), "probabilities of 1e-9 or more, below 1")
    gains = {ALL: _gain(np.ones(event.size), event, at), NONE: np.zeros((event.size, at.size))}
    for name in models.columns:
        if str(name) in gains:
            refuse("predicted", f"a model named {name}", f"names other than {ALL} and {NONE}, each once")
        gains[str(name)] = _gain(_probabilities(models[name]), event, at)
    gain = np.hstack(list(gains.values()))
    benefit = _net_benefit(gain, np.ones((1, event.size)))[0]
    low, high = np.full((2, benefit.size), np.nan)
    if real(replicates) != 0:
        blocks = bootstrap_counts(event.size, replicates, seed, level=level)
        low, high = percentile_limits(np.vstack([_net_benefit(gain, counts) for counts in blocks]), level)
    threshold = np.tile(at, len(gains))
    table = pd.DataFrame(
        {
            "strategy": pd.Categorical(np.repeat(list(gains), at.size), categories=list(gains)),
            "threshold": threshold,
            "net_benefit": benefit,
            "low": low,
            "high": high,
            "standardised": benefit / event.mean(),
        }
    )
    beyond_all = benefit - np.tile(benefit[: at.size], len(gains))
    return table.assign(avoided=100 * beyond_all * (1 - threshold) / threshold)


def _gain(probability: Floats, event: Bools, at: Floats) -> Floats:
    """Contribution of each subject to the net benefit at each threshold, (n, thresholds)."""
    treated = probability[:, None] >= at
    return np.asarray(treated * np.where(event[:, None], 1.0, -at / (1 - at)), dtype=float)


def _net_benefit(gain: Floats, counts: Floats) -> Floats:
    """Net benefit (replicates, strategies and thresholds) from how often each subject counts in each replicate."""
    return np.asarray(counts @ gain / counts.sum(axis=1, keepdims=True), dtype=float)


def _probabilities(column: pd.Series) -> Floats:
    legal = "probabilities from 0 to 1"
    found = numbers("predicted", column, legal)
    if not ((found >= 0) & (found <= 1)).all():
        refuse("predicted", found[~((found >= 0) & (found <= 1))][0].item(), legal)
    return found
