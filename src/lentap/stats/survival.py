"""Time to an event: Kaplan-Meier curves and their quantiles, log-rank test, Cox hazard ratios.

Own code, because lifelines' medians at a flat 0.5 differ from R's and its intervals are log-log only.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2, norm

from lentap.stats.arguments import Floats, Integers, choice, indicator, normal_quantile, refuse
from lentap.stats.estimate import Estimate
from lentap.stats.partial_likelihood import comparable, efron
from lentap.stats.risk_sets import follow_up, groups, risk_table

CURVE_INTERVALS = ("log", "log-log", "plain", "arcsine")

_FLAT = float(np.sqrt(np.finfo(float).eps))  # R's tolerance for a curve that lies on a level


@dataclass(frozen=True, eq=False)
class KaplanMeier:
    """A Kaplan-Meier curve: one row per distinct time, starting at time 0.

    ``survival``, ``low`` and ``high`` hold from that time on, ``at_risk`` counts the subjects under observation just
    before it, ``events`` and ``censored`` those who had the event or left at it. Limits are not-a-number once
    the curve has reached 0.
    """

    time: Floats
    survival: Floats
    low: Floats
    high: Floats
    at_risk: Integers
    events: Integers
    censored: Integers
    n: int
    level: float
    interval: str

    def at(self, times: ArrayLike) -> Floats:
        """Survival at ``times``: not-a-number beyond the last follow-up, unless the curve has reached 0."""
        return self._step(self.survival, times)

    def estimate_at(self, time: float) -> Estimate:
        """Survival at one time with its interval."""
        value, low, high = (float(self._step(curve, [time])[0]) for curve in (self.survival, self.low, self.high))
        return Estimate(value, low, high, self.level, self.method)

    def at_risk_at(self, times: ArrayLike) -> Integers:
        """Subjects under observation just before each of ``times``, as R counts them."""
        return np.append(self.at_risk, 0)[np.searchsorted(self.time, np.asarray(times, dtype=float))]

    def events_by(self, times: ArrayLike) -> Integers:
        """Subjects with the event up to and including each of ``times``."""
        return self._total(self.events, times)

    def censored_by(self, times: ArrayLike) -> Integers:
        """Subjects censored up to and including each of ``times``."""
        return self._total(self.censored, times)

    def quantile(self, p: float) -> Estimate:
        """Time by which a proportion ``p`` has had the event, its limits read off the limits of the curve.

        Brookmeyer and Crowley (1982); a curve that is flat at 1 - p gives the middle of the flat, as in R's survfit.
        A limit of the curve that turns up again counts from its first crossing (R may take a later one). Not-a-number
        where the curve, or a limit, does not come down to 1 - p.
        """
        if not 0 < p < 1:
            refuse("p", p, "a number strictly between 0 and 1")
        value, low, high = (self._crossing(curve, 1 - p) for curve in (self.survival, self.low, self.high))
        return Estimate(value, low, high, self.level, self.method)

    @cached_property
    def median(self) -> Estimate:
        """Median time to the event; not-a-number where the curve stays above one half."""
        return self.quantile(0.5)

    @property
    def method(self) -> str:
        return f"Kaplan-Meier, {self.interval} interval"

    def _step(self, curve: Floats, times: ArrayLike) -> Floats:
        times = np.asarray(times, dtype=float)
        if not (times >= 0).all():
            refuse("times", times[~(times >= 0)][0].item(), "times of 0 or later")
        values = curve[np.searchsorted(self.time, times, side="right") - 1]
        known = (times <= self.time[-1]) | (self.survival[-1] == 0)
        return np.where(known, values, np.nan)

    def _total(self, count: Integers, times: ArrayLike) -> Integers:
        position = np.searchsorted(self.time, np.asarray(times, dtype=float), side="right")
        return np.insert(np.cumsum(count), 0, 0)[position]

    def _crossing(self, curve: Floats, level: float) -> float:
        reached, below = np.flatnonzero(curve <= level + _FLAT), np.flatnonzero(curve < level - _FLAT)
        if not reached.size:
            return float("nan")
        return float(self.time[reached[0]] + self.time[below[0] if below.size else -1]) / 2


@dataclass(frozen=True)
class LogRank:
    """Log-rank test: chi-squared statistic, and events observed and expected per group."""

    statistic: float
    df: int
    p_value: float
    observed: dict[str, int]
    expected: dict[str, float]


@dataclass(frozen=True)
class HazardRatio(Estimate):
    """Hazard ratio with its Wald interval and Wald ``p_value``; ``events`` and ``n`` are those of the whole model.

    Where the data hold no finite estimate (a group without events, or all its events before or after those of the
    others) all numbers are not-a-number and ``method`` says so.
    """

    p_value: float
    events: int
    n: int


def kaplan_meier(time: ArrayLike, event: ArrayLike, *, level: float = 0.95, interval: str = "log") -> KaplanMeier:
    """Kaplan-Meier curve of ``n`` subjects.

    Parameters
    ----------
    time
        Follow-up of each subject, 0 or more, in any unit.
    event
        True or 1 where the follow-up ended with the event, false or 0 where it was censored.
    level
        Coverage of the pointwise interval.
    interval
        Scale of the interval, one of ``CURVE_INTERVALS``; "log" is the default of R's survfit. Greenwood's variance.

    Raises
    ------
    StatisticsError
        No subjects, a negative, missing or infinite time, an event other than 0 or 1, or an unknown interval.
    """
    choice("interval", interval, CURVE_INTERVALS)
    z = normal_quantile(level)
    time, event = follow_up(time, event)
    times, position = np.unique(np.append(time, 0.0), return_inverse=True)
    position = position[:-1]
    left = np.bincount(position, minlength=times.size)
    events = np.bincount(position[event], minlength=times.size)
    at_risk = time.size - np.cumsum(left) + left
    survival = np.cumprod(1 - events / np.maximum(at_risk, 1))
    with np.errstate(divide="ignore"):
        greenwood = np.cumsum(np.where(events > 0, events / (at_risk * (at_risk - events).astype(float)), 0.0))
    low, high = _curve_limits(survival, np.sqrt(greenwood), z, interval)
    return KaplanMeier(times, survival, low, high, at_risk, events, left - events, time.size, level, interval)


def log_rank(time: ArrayLike, event: ArrayLike, group: object) -> LogRank:
    """Log-rank test of two or more groups (Mantel 1966; hypergeometric variance), as R's survdiff.

    Parameters
    ----------
    time, event
        As in ``kaplan_meier``.
    group
        Label of each subject's group; categories that do not occur are left out.

    Returns
    -------
    LogRank
        Statistic and p-value are not-a-number where nobody had the event while two groups were under observation.

    Raises
    ------
    StatisticsError
        As ``kaplan_meier``; a missing group, or fewer than two groups.
    """
    time, event = follow_up(time, event)
    names, code = groups("group", group, time.size)
    deaths, at_risk = risk_table(time, event, code, len(names))
    total, n = deaths.sum(axis=1), at_risk.sum(axis=1)
    observed = deaths.sum(axis=0)
    expected = (at_risk * (total / n)[:, None]).sum(axis=0)
    weight = total * (n - total) / (n**2 * np.maximum(n - 1, 1))
    variance = np.diag(((weight * n)[:, None] * at_risk).sum(axis=0)) - (at_risk * weight[:, None]).T @ at_risk
    seen = np.flatnonzero(np.diag(variance) > 0)
    df = max(seen.size - 1, 0)
    statistic = float("nan")
    if df:
        excess = (observed - expected)[seen[1:]]
        statistic = float(excess @ np.linalg.solve(variance[np.ix_(seen[1:], seen[1:])], excess))
    return LogRank(
        statistic,
        df,
        float(chi2.sf(statistic, df)) if df else float("nan"),
        dict(zip(names, observed.astype(int).tolist(), strict=True)),
        dict(zip(names, expected.tolist(), strict=True)),
    )


def cox_hazard_ratio(time: ArrayLike, event: ArrayLike, treated: ArrayLike, *, level: float = 0.95) -> HazardRatio:
    """Hazard ratio of the treated over the others: Cox model of these two groups alone, Efron's method for ties.

    Parameters
    ----------
    time, event
        As in ``kaplan_meier``.
    treated
        True or 1 for the experimental arm, false or 0 for the control.

    Raises
    ------
    StatisticsError
        As ``kaplan_meier``; one arm is empty.
    """
    arm = indicator("treated", treated, np.asarray(time).size)
    if arm.all() or not arm.any():
        refuse("treated", f"{bool(arm[0])} in every row", "true for one arm and false for the other")
    return cox_hazard_ratios(time, event, np.where(arm, "treated", "control"), "control", level=level)["treated"]


def cox_hazard_ratios(
    time: ArrayLike, event: ArrayLike, group: object, reference: str, *, level: float = 0.95
) -> dict[str, HazardRatio]:
    """Hazard ratio of each group over ``reference`` from one Cox model of all groups, Efron's method for ties.

    With three groups or more this differs from models of two groups at a time: the others count in the risk sets.

    Parameters
    ----------
    time, event, group
        As in ``log_rank``.
    reference
        Label of the group the others are compared with.

    Raises
    ------
    StatisticsError
        As ``log_rank``; ``reference`` is not a group.
    """
    z = normal_quantile(level)
    time, event = follow_up(time, event)
    names, code = groups("group", group, time.size)
    base = names.index(choice("reference", str(reference), names))
    deaths, at_risk = risk_table(time, event, code, len(names))
    linked = comparable(deaths, at_risk, base)
    log_ratio, error = np.full((2, len(names)), np.nan)
    log_ratio[linked], error[linked] = efron(
        deaths[:, linked], at_risk[:, linked], int(np.flatnonzero(linked == base)[0])
    )
    events, n = int(event.sum()), time.size
    method = "Cox model, Efron ties, Wald"
    ratios = {}
    for position, name in enumerate(names):
        if position == base:
            continue
        beta, se = log_ratio[position], error[position]
        value, low, high = np.exp([beta, beta - z * se, beta + z * se]).tolist()
        note = "" if np.isfinite(beta) else "; not estimable: no event of one arm while the other was at risk"
        p_value = float(2 * norm.sf(abs(beta / se)))
        ratios[name] = HazardRatio(value, low, high, level, method + note, p_value, events, n)
    return ratios


def _curve_limits(survival: Floats, error: Floats, z: float, interval: str) -> tuple[Floats, Floats]:
    """Pointwise limits; ``error`` is that of log survival. [1, 1] before the first event, not-a-number at 0."""
    inner = (survival > 0) & (survival < 1)
    s, margin = survival[inner], z * error[inner]
    match interval:
        case "log":
            limits = s * np.exp(-margin), s * np.exp(margin)
        case "log-log":
            limits = s ** np.exp(-margin / np.log(s)), s ** np.exp(margin / np.log(s))
        case "plain":
            limits = s - s * margin, s + s * margin
        case _:
            angle, half = np.arcsin(np.sqrt(s)), margin * np.sqrt(s / (1 - s)) / 2
            limits = np.sin(np.maximum(angle - half, 0)) ** 2, np.sin(np.minimum(angle + half, np.pi / 2)) ** 2
    low, high = (np.where(survival == 1, 1.0, np.nan) for _ in limits)
    low[inner], high[inner] = np.clip(limits, 0.0, 1.0)
    return low, high
