"""Cumulative incidence of each of several competing causes (Aalen and Johansen 1978), and its comparison between arms.

Own code, because lifelines moves tied times apart at random, which changes the answer.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lentap.stats.arguments import Bools, Floats, Integers, choice, normal_quantile, numbers, refuse
from lentap.stats.competing_events import CompetingEvents, competing_events
from lentap.stats.estimate import Estimate
from lentap.stats.kaplan_meier import product_limit
from lentap.stats.risk_sets import two_arms
from lentap.stats.wald import WaldEstimate, wald_estimate, wald_ratio

INCIDENCE_INTERVALS = ("log-log", "complementary log-log", "log", "plain")
INCIDENCE_VARIANCES = ("greenwood", "aalen")

_TIMES = "times of 0 or later"
_UNKNOWN = "an arm is not followed to the landmark, or had no event of the cause by then"


@dataclass(frozen=True, eq=False)
class CumulativeIncidence:
    """Cumulative incidence of each of ``causes`` (columns) at each distinct time (rows), starting at time 0.

    ``incidence``, its ``standard_error`` and its limits ``low`` and ``high`` hold from that time on; so does
    ``event_free``, the proportion without any event: with the incidence of all causes it sums to 1. ``at_risk`` counts
    the subjects under observation just before that time, ``events`` (by cause) and ``censored`` what ended follow-up at
    it. Limits are 0 before the first event of a cause, and not-a-number once all subjects have had it.
    """

    causes: tuple[str, ...]
    time: Floats
    event_free: Floats
    incidence: Floats
    standard_error: Floats
    low: Floats
    high: Floats
    at_risk: Integers
    events: Integers
    censored: Integers
    n: int
    level: float
    interval: str
    method: str

    def at(self, times: ArrayLike, of: object) -> Floats:
        """Incidence of the cause ``of`` by ``times``: not-a-number beyond the last follow-up, if some were censored."""
        return self._step(self.incidence, times, of)

    def estimate_at(self, time: float, of: object) -> Estimate:
        """Incidence of the cause ``of`` by one time with its interval; without one where nobody has had it yet."""
        curves = (self.incidence, self.low, self.high)
        value, low, high = (float(self._step(curve, [time], of)[0]) for curve in curves)
        if value == 0:
            return Estimate(value, np.nan, np.nan, self.level, f"{self.method}; not estimable: no event yet")
        return Estimate(value, low, high, self.level, self.method)

    def rates(self, times: ArrayLike, of: object) -> pd.DataFrame:
        """Incidence of the cause ``of`` by each of ``times``, a row each.

        Columns are time, incidence, standard_error, low, high; at_risk, subjects just before that time; events of the
        cause and censored up to and including it.
        """
        steps = {
            name: self._step(getattr(self, name), times, of) for name in ("incidence", "standard_error", "low", "high")
        }
        before = np.searchsorted(self.time, np.asarray(times, dtype=float))
        until = np.searchsorted(self.time, np.asarray(times, dtype=float), side="right")
        counts = {"events": self.events[:, self._column(of)], "censored": self.censored}
        totals = {name: np.insert(np.cumsum(count), 0, 0)[until] for name, count in counts.items()}
        return pd.DataFrame({"time": times, **steps, "at_risk": np.append(self.at_risk, 0)[before], **totals})

    def _column(self, of: object) -> int:
        return self.causes.index(choice("of", str(of), self.causes))

    def _step(self, curve: Floats, times: ArrayLike, of: object) -> Floats:
        wanted = numbers("times", times, _TIMES)
        if (wanted < 0).any():
            refuse("times", wanted[wanted < 0][0].item(), _TIMES)
        values = curve[np.searchsorted(self.time, wanted, side="right") - 1, self._column(of)]
        return np.where((wanted <= self.time[-1]) | (self.event_free[-1] == 0), values, np.nan)


@dataclass(frozen=True)
class IncidenceComparison:
    """Cumulative incidence of a ``cause`` by ``landmark`` in either arm, treated minus control and treated over it."""

    landmark: float
    cause: str
    treated: Estimate
    control: Estimate
    difference: WaldEstimate
    ratio: WaldEstimate


def cumulative_incidence(
    time: ArrayLike,
    cause: object,
    *,
    censored: object = 0,
    variance: str = "greenwood",
    interval: str = "log-log",
    level: float = 0.95,
) -> CumulativeIncidence:
    """Cumulative incidence of every cause in one group of subjects, each cause with all others as its competitors.

    Parameters
    ----------
    time
        Follow-up of each subject, 0 or more, in any unit.
    cause
        What ended it: ``censored``, or the number or label of the cause. Causes are those that occur, and the
        categories of a categorical, whether they occur or not.
    censored
        Number or label of the censored.
    variance
        One of ``INCIDENCE_VARIANCES``. "greenwood" is that of events at a time as multinomial counts, which Allignol,
        Schumacher and Beyersmann (2010) recommend; of one cause alone it is Greenwood's of the Kaplan-Meier curve, and
        it is what R's survfit has. "aalen" (1978) takes causes for independent Poisson counts with a correction for
        ties, as R's cmprsk.
    interval
        One of ``INCIDENCE_INTERVALS``: the scale, of the incidence F itself, on which the interval is symmetric.
        "log-log", of log(-log F), is that of SAS, Stata and tidycmprsk, and one choice of R's survfit, whose default is
        "log". "complementary log-log", of log(-log(1 - F)), turns into the log-log interval of a Kaplan-Meier curve
        where there is one cause.
    level
        Coverage of the pointwise interval.

    Raises
    ------
    StatisticsError
        No subjects, nobody with an event, a negative, missing or infinite time, a missing or illegal cause, labels
        without ``censored``, or an unknown interval or variance.
    """
    return _curve(competing_events(time, cause, censored), variance, interval, level)


def compare_cumulative_incidence(
    time: ArrayLike,
    cause: object,
    treated: ArrayLike,
    *,
    of: object,
    landmark: float,
    censored: object = 0,
    variance: str = "greenwood",
    interval: str = "log-log",
    level: float = 0.95,
) -> IncidenceComparison:
    """Compare the cumulative incidence of one cause in two arms at a time fixed in advance.

    Parameters
    ----------
    time, cause, censored, variance, interval, level
        As in ``cumulative_incidence``; ``interval`` is that of either incidence.
    treated
        True or 1 for the experimental arm, false or 0 for the control.
    of
        The cause.
    landmark
        Time, 0 or later, by which incidence is compared.

    Returns
    -------
    IncidenceComparison
        Difference with an interval symmetric about it, and ratio with one symmetric on the log scale; both are
        not-a-number beyond the follow-up of an arm, and the ratio where the control had no event. There is no interval
        where an arm had no event by then, as the variance of its incidence is not 0 but unknown.

    Raises
    ------
    StatisticsError
        As ``cumulative_incidence``; an empty arm, a negative landmark or a cause that does not occur.
    """
    events = competing_events(time, cause, censored)
    name = events.causes[events.code_of(of) - 1]
    arm = two_arms(treated, events.time.size)
    curves = [
        _curve(CompetingEvents(events.time[one], events.code[one], events.causes), variance, interval, level)
        for one in (arm, ~arm)
    ]
    one, other = (curve.estimate_at(landmark, name) for curve in curves)
    errors = (float(curve.rates([landmark], name)["standard_error"].iloc[0]) for curve in curves)
    error1, error0 = (error or np.nan for error in errors)  # 0 before the first event, where it is unknown
    difference = wald_estimate(
        one.value - other.value,
        float(np.hypot(error1, error0)),
        f"difference of cumulative incidences, {variance} variance",
        level=level,
        unknown=_UNKNOWN,
    )
    ratio = wald_ratio(
        one.value,
        error1,
        other.value,
        error0,
        f"ratio of cumulative incidences, {variance} variance, log scale",
        level=level,
        unknown=_UNKNOWN,
    )
    return IncidenceComparison(float(landmark), name, one, other, difference, ratio)


def _curve(subjects: CompetingEvents, variance: str, interval: str, level: float) -> CumulativeIncidence:
    choice("variance", variance, INCIDENCE_VARIANCES)
    choice("interval", interval, INCIDENCE_INTERVALS)
    z = normal_quantile(level)
    times, position = np.unique(np.insert(subjects.time, 0, 0.0), return_inverse=True)
    kinds = len(subjects.causes) + 1
    ended = np.bincount(position[1:] * kinds + subjects.code, minlength=times.size * kinds).reshape(-1, kinds)
    events, n = ended[:, 1:], subjects.time.size
    at_risk = n - np.insert(np.cumsum(ended.sum(axis=1))[:-1], 0, 0)
    free, _ = product_limit(at_risk, events.sum(axis=1))
    before = np.insert(free[:-1], 0, 1.0)
    incidence = np.cumsum((before / at_risk)[:, None] * events, axis=0)
    error = np.sqrt(_variances(events.astype(float), at_risk.astype(float), before, free, incidence, variance))
    all_of_it = incidence > 1 - 1e-12
    error[all_of_it] = np.nan
    low, high = _limits(incidence, error, z, interval)
    low[all_of_it] = high[all_of_it] = np.nan
    method = f"Aalen-Johansen cumulative incidence, {variance} variance, {interval} interval"
    return CumulativeIncidence(
        subjects.causes,
        times,
        free,
        incidence,
        error,
        low,
        high,
        at_risk,
        events,
        ended[:, 0],
        n,
        level,
        interval,
        method,
    )


def _variances(
    events: Floats, at_risk: Floats, before: Floats, free: Floats, incidence: Floats, variance: str
) -> Floats:
    """Variance of each incidence at each time, a sum over the events at and before it.

    An event at s moves F(t) by before(s) / at_risk(s), times 1 if it is of the cause, less (F(t) - F(s)) / S(s), the
    share of those left who have one by t. The sums for all t at once are of powers of 1 / S, F(t) taken out of them.
    """
    alive = free > 0
    share = np.divide(1.0, free, out=np.zeros_like(free), where=alive)[:, None]
    total = events.sum(axis=1, keepdims=True)
    own, others = events, total - events
    if variance == "aalen":
        room = np.maximum(at_risk - 1, 1)[:, None]
        own, others = (count * (1 - np.maximum(count - 1, 0) / room) for count in (own, others))
        joint = np.zeros_like(total)
    else:
        joint = 1 / at_risk[:, None]
    scale = ((before / at_risk) ** 2)[:, None]
    of_other = incidence * share
    of_own = 1 + of_other
    mean = events * of_own + (total - events) * of_other
    squares = own * of_own**2 + others * of_other**2 - mean**2 * joint
    crossed = (own * of_own + others * of_other - mean * total * joint) * share
    simple = (own + others - total**2 * joint) * share**2
    sums = [np.cumsum(scale * part, axis=0) for part in (squares, crossed, simple)]
    return np.asarray(np.maximum(sums[0] - 2 * incidence * sums[1] + incidence**2 * sums[2], 0.0))


def _limits(incidence: Floats, error: Floats, z: float, interval: str) -> tuple[Floats, Floats]:
    """Pointwise limits; [0, 0] before the first event of a cause."""
    inner: Bools = (incidence > 0) & np.isfinite(error)
    f, margin = incidence[inner], z * error[inner]
    match interval:
        case "log-log":
            power = margin / (f * np.log(f))
            limits = f ** np.exp(-power), f ** np.exp(power)
        case "complementary log-log":
            power = margin / ((1 - f) * np.log1p(-f))
            limits = 1 - (1 - f) ** np.exp(power), 1 - (1 - f) ** np.exp(-power)
        case "log":
            limits = f * np.exp(-margin / f), f * np.exp(margin / f)
        case _:
            limits = f - margin, f + margin
    low, high = np.zeros_like(incidence), np.zeros_like(incidence)
    low[inner], high[inner] = np.clip(limits, 0.0, 1.0)
    return low, high
