"""Gray's test (1988) that groups have the same cumulative incidence of one cause among several."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2

from lentap.stats.arguments import Floats, Integers, labels, refuse
from lentap.stats.competing_events import CompetingEvents, competing_events
from lentap.stats.log_rank import quadratic_form
from lentap.stats.risk_sets import groups


@dataclass(frozen=True)
class GrayTest:
    """Gray's test of one ``cause``: chi-squared statistic, and events of the cause observed and expected per group.

    ``excess`` is the weighted sum of observed minus expected events per group: which way the test points.
    """

    cause: str
    statistic: float
    df: int
    p_value: float
    observed: dict[str, int]
    expected: dict[str, float]
    excess: dict[str, float]
    method: str


@dataclass(frozen=True, eq=False)
class _Counts:
    """Subjects of each group (columns) at each time of an event of any cause (rows)."""

    at_risk: Floats
    own: Floats
    others: Floats


def gray_test(
    time: ArrayLike,
    cause: object,
    group: object,
    *,
    of: object,
    censored: object = 0,
    strata: object = None,
    rho: float = 0.0,
) -> GrayTest:
    """Test of equal cumulative incidence of a cause in two groups or more, as R's cmprsk.

    Parameters
    ----------
    time, cause, censored
        As in ``cumulative_incidence``.
    group
        Label of each subject's group; categories that do not occur are left out.
    of
        The cause.
    strata
        Label of each subject's stratum: subjects are compared within strata only.
    rho
        Power of the weight (1 - F(t-))**rho, F the pooled incidence of the cause; above 0 stresses early events.

    Returns
    -------
    GrayTest
        Statistic and p-value are not-a-number where nobody had the event while two groups were under observation.

    Raises
    ------
    StatisticsError
        As ``cumulative_incidence``; a cause that does not occur, a missing group or stratum, fewer than two groups, or
        a weight that is negative.
    """
    if not 0 <= rho < np.inf:
        refuse("rho", rho, "a finite number of 0 or more")
    events = competing_events(time, cause, censored)
    which = events.code_of(of)
    names, code = groups("group", group, events.time.size)
    k = len(names)
    observed, expected, excess, variance = np.zeros(k), np.zeros(k), np.zeros(k), np.zeros((k, k))
    for counts in _strata(events, which, code, k, strata):
        due, weight, spread = _within(counts, rho)
        observed, expected = observed + counts.own.sum(axis=0), expected + due.sum(axis=0)
        excess, variance = excess + weight @ (counts.own - due), variance + spread
    statistic, df = quadratic_form(excess, variance)
    return GrayTest(
        events.causes[which - 1],
        statistic,
        df,
        float(chi2.sf(statistic, df)) if df else float("nan"),
        dict(zip(names, observed.astype(int).tolist(), strict=True)),
        dict(zip(names, expected.tolist(), strict=True)),
        dict(zip(names, excess.tolist(), strict=True)),
        f"{'stratified ' if strata is not None else ''}Gray's test{f', rho {rho:g}' if rho else ''}",
    )


def _strata(events: CompetingEvents, which: int, group: Integers, k: int, strata: object) -> Iterator[_Counts]:
    stratum = np.zeros(group.size, dtype=np.intp)
    if strata is not None:
        _, stratum = labels("strata", strata, group.size)
    for position in range(int(stratum.max()) + 1):
        members = stratum == position
        yield _counts(events.time[members], events.code[members], which, group[members], k)


def _counts(time: Floats, code: Integers, which: int, group: Integers, k: int) -> _Counts:
    times = np.unique(time[code > 0])
    at_risk, own, others = np.empty((3, times.size, k))
    for position in range(k):
        members = group == position
        followed = np.sort(time[members])
        at_risk[:, position] = followed.size - np.searchsorted(followed, times)
        for counts, among in ((own, code == which), (others, (code > 0) & (code != which))):
            ended = np.sort(time[members & among])
            counts[:, position] = np.diff(np.searchsorted(ended, times, side="right"), prepend=0)
    return _Counts(at_risk, own, others)


def _within(counts: _Counts, rho: float) -> tuple[Floats, Floats, Floats]:
    """Events expected (times, groups), weight of each time, and variance (groups, groups) of the weighted excess.

    ``risk`` estimates, up to censoring, how many of a group have had no event: at risk over event-free. Those are at
    risk of the cause together with who had another event: ``risk`` times (1 - incidence) / event-free.
    """
    present = counts.at_risk > 0
    divisor = np.where(present, counts.at_risk, 1.0)
    free: Floats = np.cumprod(1 - (counts.own + counts.others) / divisor, axis=0, dtype=float)
    before = _shifted(free, 1.0)
    incidence = _shifted(np.cumsum(before * counts.own / divisor, axis=0, dtype=float), 0.0)
    inflated = np.divide(counts.at_risk, before, out=np.zeros_like(before), where=present)
    events, total = counts.own.sum(axis=1), inflated.sum(axis=1)
    subdistribution = inflated * (1 - incidence)
    due = subdistribution * (events / subdistribution.sum(axis=1))[:, None]
    pooled: Floats = np.cumsum(events / total, dtype=float)
    pooled_before = _shifted(pooled, 0.0)
    weight = (1 - pooled_before) ** rho
    variance = np.zeros((before.shape[1],) * 2)
    for group in range(before.shape[1]):
        # The score of every group, by how an event of this group moves it.
        direct = -inflated * (inflated[:, group] / total)[:, None]
        direct[:, group] = inflated[:, group] * (total - inflated[:, group]) / total  # exactly 0 where it is alone
        direct *= weight[:, None]
        later = np.cumsum(direct * (events / (total * (1 - pooled_before)))[:, None], axis=0)
        later = later[-1] - later if later.size else later
        left = np.divide(1 - pooled, free[:, group], out=np.zeros_like(pooled), where=free[:, group] > 0)
        own = direct + (1 - left)[:, None] * later
        others = left[:, None] * later
        tied = np.maximum(events - 1, 0) / np.maximum(total * before[:, group] - 1, 1e-300)
        spread = (1 - tied) * before[:, group] * events / (total * divisor[:, group]) * present[:, group]
        variance += (own * spread[:, None]).T @ own
        seen = counts.others[:, group]
        tied = np.maximum(seen - 1, 0) / np.maximum(counts.at_risk[:, group] - 1, 1)
        spread = (1 - tied) * before[:, group] ** 2 * seen / divisor[:, group] ** 2
        variance += (others * spread[:, None]).T @ others
    return due, weight, variance


def _shifted(curve: Floats, start: float) -> Floats:
    """Return the curve just before each time."""
    return np.concatenate([np.full((1, *curve.shape[1:]), start), curve[:-1]])
