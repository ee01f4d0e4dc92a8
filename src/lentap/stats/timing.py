"""Comparisons by a status that changes during follow-up, without immortal time: nobody is changed before the change."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lentap.stats.arguments import choice, normal_quantile, real, refuse
from lentap.stats.cox import cox
from lentap.stats.kaplan_meier import CURVE_INTERVALS, KaplanMeier, curve_limits, product_limit
from lentap.stats.log_rank import LogRank, tabulated_log_rank
from lentap.stats.partial_likelihood import comparable, efron
from lentap.stats.status_change import (
    STATES,
    SplitFollowUp,
    both_states,
    changing_risk_table,
    split_follow_up,
    status_counts,
)
from lentap.stats.survival import HazardRatio


@dataclass(frozen=True, eq=False)
class SimonMakuch:
    """Curves of those who have not changed yet and of those who have: time counts from ``landmark`` on.

    Who changes leaves the first curve (``censored`` there) and joins the second, whose ``at_risk`` therefore rises.
    ``n`` of a curve counts everybody who was ever in it. ``excluded`` had no follow-up beyond the landmark.
    """

    unchanged: KaplanMeier
    changed: KaplanMeier
    landmark: float
    excluded: int


def mantel_byar(time: ArrayLike, event: ArrayLike, change: ArrayLike, *, at_the_end: str = "changed") -> LogRank:
    """Log-rank test of changed against unchanged, each subject in the group it belongs to at that time.

    Mantel and Byar (1974), with the hypergeometric variance: the score test of coxph(ties = "exact") in R.

    Parameters
    ----------
    time, event, change, at_the_end
        As in ``split_follow_up``.

    Returns
    -------
    LogRank
        Of the groups "unchanged" and "changed".

    Raises
    ------
    StatisticsError
        As ``split_follow_up``; nobody is seen to change, or everybody was changed from the start.
    """
    split = both_states(split_follow_up(time, event, change, at_the_end=at_the_end))
    return tabulated_log_rank(STATES, [changing_risk_table(split)], "Mantel-Byar")


def time_varying_hazard_ratio(
    time: ArrayLike,
    event: ArrayLike,
    change: ArrayLike,
    *,
    covariates: pd.DataFrame | None = None,
    at_the_end: str = "changed",
    level: float = 0.95,
) -> HazardRatio:
    """Hazard ratio of changed over not yet changed: Cox model with a time-varying status, Efron's method for ties.

    Parameters
    ----------
    time, event, change, at_the_end
        As in ``split_follow_up``.
    covariates
        One row a subject, as in ``cox``, for an adjusted ratio. They are those of the start: they do not change.

    Returns
    -------
    HazardRatio
        ``n`` counts subjects. Without covariates not-a-number where no event of one status has the other at risk.

    Raises
    ------
    StatisticsError
        As ``mantel_byar`` and, with covariates, ``cox``; a covariate called "changed".
    """
    normal_quantile(level)
    split = both_states(split_follow_up(time, event, change, at_the_end=at_the_end))
    if covariates is None:
        return _from_counts(split, level)
    if "changed" in covariates.columns:
        refuse("covariates", 'a column "changed"', "other names: that is the status")
    if len(covariates) != split.n:
        refuse("covariates", f"a table of {len(covariates)} rows", f"as long as the other arguments ({split.n})")
    rows = split.rows
    columns = covariates.iloc[rows["subject"]].reset_index(drop=True).assign(changed=rows["changed"])
    model = cox(rows["time"], rows["event"], columns, entry=rows["entry"], level=level)
    return replace(model.hazard_ratios["changed"], n=split.n, method=f"{model.method}, time-varying status, adjusted")


def simon_makuch(
    time: ArrayLike,
    event: ArrayLike,
    change: ArrayLike,
    *,
    landmark: float = 0.0,
    at_the_end: str = "changed",
    level: float = 0.95,
    interval: str = "log",
) -> SimonMakuch:
    """Kaplan-Meier curves with the risk sets of a changing status (Simon and Makuch 1984), as R's survfit of such rows.

    The curves are those of no real group of subjects: they show what the hazards before and after the change would do
    from the landmark on. Early on few have changed: a curve that falls to 0 while nobody else has joined stays there,
    which a later landmark avoids.

    Parameters
    ----------
    time, event, change, at_the_end
        As in ``split_follow_up``.
    landmark
        Time, 0 or more, from which on subjects are followed; who changed until then starts as changed.
    level, interval
        As in ``kaplan_meier``, Greenwood's variance.

    Raises
    ------
    StatisticsError
        As ``mantel_byar``; a landmark that is negative or after which one status has no follow-up.
    """
    choice("interval", interval, CURVE_INTERVALS)
    z = normal_quantile(level)
    split = both_states(split_follow_up(time, event, change, at_the_end=at_the_end))
    if not 0 <= real(landmark) < np.inf:
        refuse("landmark", landmark, "a finite number of 0 or more")
    rows = split.rows[split.rows["time"] > landmark]
    last = float(split.rows.groupby("changed")["time"].max().min())
    if rows["changed"].nunique() < 2:
        refuse("landmark", landmark, f"a time before {last:g}, until which both are followed")
    rows = rows.assign(entry=np.maximum(rows["entry"] - landmark, 0.0), time=rows["time"] - landmark)
    unchanged, changed = (_curve(rows, state, z, level, interval) for state in (False, True))
    return SimonMakuch(unchanged, changed, float(landmark), split.n - rows["subject"].nunique())


def _from_counts(split: SplitFollowUp, level: float) -> HazardRatio:
    deaths, at_risk = changing_risk_table(split)
    log_ratio = error = np.nan
    if comparable(deaths, at_risk, 0).size == 2:
        ratios, errors = efron(deaths, at_risk, 0)
        log_ratio, error = float(ratios[1]), float(errors[1])
    method = "Cox model, Efron ties, Wald, time-varying status"
    return HazardRatio.of_log(log_ratio, error, method, level=level, events=int(split.rows["event"].sum()), n=split.n)


def _curve(rows: pd.DataFrame, changed: bool, z: float, level: float, interval: str) -> KaplanMeier:
    own = rows[rows["changed"] == changed]
    times = np.unique(np.concatenate([[0.0], own["entry"], own["time"]]))
    events, at_risk = status_counts(rows, changed, times)
    at_risk[0] = (own["entry"] == 0).sum()
    left = np.searchsorted(times, own["time"])
    censored = np.bincount(left, minlength=times.size) - events
    survival, log_variance = product_limit(np.maximum(at_risk, 1), events)
    low, high = curve_limits(survival, np.sqrt(log_variance), z, interval)
    with np.errstate(invalid="ignore"):
        error = survival * np.sqrt(log_variance)
    method = f"Simon-Makuch, {interval} interval"
    n = own["subject"].nunique()
    return KaplanMeier(times, survival, error, low, high, at_risk, events, censored, n, level, interval, method)
