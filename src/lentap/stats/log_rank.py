"""Log-rank tests of groups, plain, weighted and stratified, and the MaxCombo test over several weights."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2

from lentap.stats.arguments import Bools, Floats, Integers, choice, floats, labels, real, refuse
from lentap.stats.normal_maximum import normal_maximum
from lentap.stats.risk_sets import follow_up, groups, risk_table, two_arms

MAX_COMBO_WEIGHTS = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))
ALTERNATIVES = ("two-sided", "less", "greater")


@dataclass(frozen=True)
class LogRank:
    """Log-rank test: chi-squared statistic, and events observed and expected per group.

    ``excess`` is the weighted sum of observed minus expected events per group: which way a weighted test points.
    """

    statistic: float
    df: int
    p_value: float
    observed: dict[str, int]
    expected: dict[str, float]
    excess: dict[str, float]
    method: str


@dataclass(frozen=True, eq=False)
class MaxCombo:
    """The largest of several weighted log-rank statistics, and its p-value from their joint normal distribution.

    ``z`` by (rho, gamma) is positive where the treated had more events than expected, not-a-number where its weights
    leave no information; ``correlation`` has the order of ``z``. ``chosen`` is the weight of the largest.
    """

    statistic: float
    p_value: float
    chosen: tuple[float, float]
    z: dict[tuple[float, float], float]
    correlation: Floats
    alternative: str
    method: str


def log_rank(
    time: ArrayLike,
    event: ArrayLike,
    group: object,
    *,
    strata: object = None,
    rho: float = 0.0,
    gamma: float = 0.0,
) -> LogRank:
    """Log-rank test of two or more groups (Mantel 1966; hypergeometric variance), as R's survdiff.

    Parameters
    ----------
    time, event
        As in ``kaplan_meier``.
    group
        Label of each subject's group; categories that do not occur are left out.
    strata
        Label of each subject's stratum: subjects are compared, and the pooled curve S of the weights is computed,
        within strata only.
    rho, gamma
        Weights S(t-)**rho * (1 - S(t-))**gamma of Fleming and Harrington (1991), with the pooled Kaplan-Meier curve
        just before each event. rho=1 is the Peto-Peto form of Wilcoxon's test, gamma=1 stresses late events.

    Returns
    -------
    LogRank
        Statistic and p-value are not-a-number where nobody had the event while two groups were under observation.

    Raises
    ------
    StatisticsError
        As ``kaplan_meier``; a missing group or stratum, fewer than two groups, or a weight that is negative.
    """
    weight = _legal(rho, gamma)
    time, event = follow_up(time, event)
    names, code = groups("group", group, time.size)
    method = ("stratified " if strata is not None else "") + _name(*weight)
    return tabulated_log_rank(names, _tables(time, event, code, len(names), strata), method, *weight)


def tabulated_log_rank(
    names: Sequence[str],
    tables: Iterable[tuple[Floats, Floats]],
    method: str,
    rho: float = 0.0,
    gamma: float = 0.0,
) -> LogRank:
    """Log-rank test from events and subjects at risk by event time and group, one pair of tables a stratum."""
    k = len(names)
    observed, expected, excess, variance = np.zeros(k), np.zeros(k), np.zeros(k), np.zeros((k, k))
    for deaths, at_risk in tables:
        total, n = deaths.sum(axis=1), at_risk.sum(axis=1)
        due = at_risk * (total / n)[:, None]
        observed, expected = observed + deaths.sum(axis=0), expected + due.sum(axis=0)
        weights = _fleming_harrington(total, n, rho, gamma)
        excess = excess + weights @ (deaths - due)
        spread = (weights**2 * _spread(total, n))[:, None]
        among = -(at_risk * spread).T @ at_risk
        # A product with those at risk elsewhere: exactly 0 where a group is alone.
        np.fill_diagonal(among, (at_risk * (n[:, None] - at_risk) * spread).sum(axis=0))
        variance = variance + among
    statistic, df = quadratic_form(excess, variance)
    return LogRank(
        statistic,
        df,
        float(chi2.sf(statistic, df)) if df else float("nan"),
        dict(zip(names, observed.astype(int).tolist(), strict=True)),
        dict(zip(names, expected.tolist(), strict=True)),
        dict(zip(names, excess.tolist(), strict=True)),
        method,
    )


def max_combo(
    time: ArrayLike,
    event: ArrayLike,
    treated: ArrayLike,
    *,
    strata: object = None,
    weights: Sequence[tuple[float, float]] = MAX_COMBO_WEIGHTS,
    alternative: str = "two-sided",
) -> MaxCombo:
    """MaxCombo test of two arms: the most extreme of several Fleming-Harrington weighted log-rank tests.

    Lee (2007), Karrison (2016). The statistics are correlated through the events they share; the p-value is the tail
    of their joint normal distribution, to a relative error below 1e-6 (below 2e-3 where four weights or more are
    linearly independent, or all statistics point away from a one-sided alternative; S + (1 - S) = 1 leaves three of
    the default four).

    Parameters
    ----------
    time, event, strata
        As in ``log_rank``.
    treated
        True or 1 for the experimental arm, false or 0 for the control.
    weights
        Pairs (rho, gamma) of the combined tests.
    alternative
        One of ``ALTERNATIVES``: "less" is fewer events than expected among the treated.

    Returns
    -------
    MaxCombo
        Numbers are not-a-number where no event happened while both arms were under observation.

    Raises
    ------
    StatisticsError
        As ``log_rank``; an empty arm, no weights or the same twice, or an unknown alternative.
    """
    choice("alternative", alternative, ALTERNATIVES)
    legal = "one pair (rho, gamma) or more, each once"
    table = floats("weights", weights, legal)
    if table.shape[1:] != (2,):
        refuse("weights", weights, legal)
    pairs = [_legal(*pair) for pair in table.tolist()]
    if not pairs or len(set(pairs)) < len(pairs):
        refuse("weights", weights, legal)
    time, event = follow_up(time, event)
    arm = two_arms(treated, time.size)
    excess, covariance = np.zeros(len(pairs)), np.zeros((len(pairs), len(pairs)))
    for deaths, at_risk in _tables(time, event, arm.astype(np.intp), 2, strata):
        total, n = deaths.sum(axis=1), at_risk.sum(axis=1)
        each = np.array([_fleming_harrington(total, n, *pair) for pair in pairs])
        excess = excess + each @ (deaths[:, 1] - at_risk[:, 1] * total / n)
        covariance = covariance + (each * (at_risk.prod(axis=1) * _spread(total, n))) @ each.T
    error = np.sqrt(covariance.diagonal())
    seen = error > 0
    z, correlation = np.full(error.size, np.nan), np.full_like(covariance, np.nan)
    z[seen] = excess[seen] / error[seen]
    correlation[np.ix_(seen, seen)] = covariance[np.ix_(seen, seen)] / np.outer(error[seen], error[seen])
    towards = {"two-sided": np.abs(z), "less": -z, "greater": z}[alternative]
    method = f"{'stratified ' if strata is not None else ''}MaxCombo of {', '.join(_name(*pair) for pair in pairs)}"
    by_weight = dict(zip(pairs, z.tolist(), strict=True))
    if not seen.any():
        nan = float("nan")
        method += "; not estimable: no event while both arms were under observation"
        return MaxCombo(nan, nan, (nan, nan), by_weight, correlation, alternative, method)
    largest = int(np.nanargmax(towards))
    p_value = normal_maximum(towards[largest], correlation[np.ix_(seen, seen)], two_sided=alternative == "two-sided")
    return MaxCombo(float(z[largest]), p_value, pairs[largest], by_weight, correlation, alternative, method)


def _legal(rho: float, gamma: float) -> tuple[float, float]:
    for name, power in (("rho", rho), ("gamma", gamma)):
        if not 0 <= real(power) < np.inf:
            refuse(name, power, "a finite number of 0 or more")
    return float(rho), float(gamma)


def _name(rho: float, gamma: float) -> str:
    return f"G({rho:g}, {gamma:g}) weighted log-rank" if rho or gamma else "log-rank"


def _tables(time: Floats, event: Bools, code: Integers, k: int, strata: object) -> Iterator[tuple[Floats, Floats]]:
    """Yield events and subjects at risk by event time and group, stratum by stratum."""
    if strata is None:
        yield risk_table(time, event, code, k)
        return
    names, stratum = labels("strata", strata, time.size)
    for position in range(len(names)):
        members = stratum == position
        yield risk_table(time[members], event[members], code[members], k)


def _fleming_harrington(total: Floats, n: Floats, rho: float, gamma: float) -> Floats:
    """Weights at the event times, from the pooled curve just before each."""
    before = np.cumprod(np.append(1.0, 1 - total / n))[:-1]
    return np.asarray(before**rho * (1 - before) ** gamma, dtype=float)


def _spread(total: Floats, n: Floats) -> Floats:
    """Hypergeometric variance of a group's events at each time, over the product of those at risk in it and not."""
    return total * (n - total) / (n**2 * np.maximum(n - 1, 1))


def quadratic_form(excess: Floats, variance: Floats) -> tuple[float, int]:
    """Chi-squared statistic and its degrees of freedom, the rank of the variance: groups never compared add none."""
    seen = variance.diagonal() > 0
    if not seen.any():
        return float("nan"), 0
    error = np.sqrt(variance.diagonal()[seen])
    values, vectors = np.linalg.eigh(variance[np.ix_(seen, seen)] / np.outer(error, error))
    kept = values > 1e-9
    scores = vectors[:, kept].T @ (excess[seen] / error)
    return float((scores**2 / values[kept]).sum()), int(kept.sum())
