"""Events that recur: how many a subject has had on average by each time, with and without death as the end of them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lentap.stats.arguments import Bools, Floats, Integers, choice, indicator, normal_quantile, numbers, refuse
from lentap.stats.estimate import Estimate

MEAN_INTERVALS = ("log", "plain")
_TIMES = "finite numbers of 0 or more"


@dataclass(frozen=True, eq=False)
class MeanCumulativeCount:
    """Mean number of events a subject by each distinct time, starting at time 0, a row a time.

    ``mean``, ``error`` (its standard error), ``low`` and ``high`` hold from that time on; ``at_risk`` counts the
    subjects alive and under observation just before it, ``events`` and ``deaths`` what happened at it.
    """

    time: Floats
    mean: Floats
    error: Floats
    low: Floats
    high: Floats
    at_risk: Integers
    events: Integers
    deaths: Integers
    n: int
    level: float
    interval: str
    method: str

    def at(self, times: ArrayLike) -> Floats:
        """Mean number by each of ``times``: not-a-number beyond the last follow-up, unless everybody died."""
        return self._step(self.mean, times)

    def error_at(self, times: ArrayLike) -> Floats:
        """Standard error of the mean number by each of ``times``, not-a-number where that is."""
        return self._step(self.error, times)

    def estimate_at(self, time: float) -> Estimate:
        """Mean number by one time with its interval; without one where nobody has had an event yet."""
        value, low, high = (float(self._step(curve, [time])[0]) for curve in (self.mean, self.low, self.high))
        if value == 0:
            return Estimate(value, np.nan, np.nan, self.level, f"{self.method}; not estimable: no event yet")
        return Estimate(value, low, high, self.level, self.method)

    def _step(self, curve: Floats, times: ArrayLike) -> Floats:
        wanted = numbers("times", times, _TIMES)
        if (wanted < 0).any():
            refuse("times", wanted[wanted < 0][0].item(), _TIMES)
        values = curve[np.searchsorted(self.time, wanted, side="right") - 1]
        all_dead = self.deaths[-1] == self.at_risk[-1]
        return np.where((wanted <= self.time[-1]) | all_dead, values, np.nan)


def mean_cumulative_count(
    subject: ArrayLike,
    end: ArrayLike,
    event_subject: ArrayLike,
    event_time: ArrayLike,
    *,
    died: ArrayLike | None = None,
    level: float = 0.95,
    interval: str = "log",
) -> MeanCumulativeCount:
    """Mean number of events a subject has had by each time, however the events of one subject depend on each other.

    Without deaths this is Nelson's (1988) mean cumulative function: the sum of events over subjects at risk. With them
    it is the mean count of Ghosh and Lin (2000), in which the dead have no further events: each term is weighted by the
    Kaplan-Meier chance of being alive just before. Events at the time of a death come before it.

    The variance is the sum of the squared influences of the subjects, as in R's survfit with an id; without deaths that
    is the robust variance of Lawless and Nadeau (1995). Ghosh and Lin's differs from it by a factor of one less the
    hazard at each death, which goes to 1 as subjects become many.

    Parameters
    ----------
    subject, end, died
        A row a subject: identifier, end of observation (0 or more, any unit) and, optionally, whether it was death.
    event_subject, event_time
        A row an event: whose, and when (from 0 to that subject's end). None at all is legal.
    level, interval
        Coverage of the pointwise interval, 0 to 0 before the first event, and its scale, one of ``MEAN_INTERVALS``.

    Raises
    ------
    StatisticsError
        No subjects, one given twice, a negative, missing or infinite time, an event of nobody listed or after its
        subject's end, or an unknown interval.
    """
    choice("interval", interval, MEAN_INTERVALS)
    z = normal_quantile(level)
    names = np.asarray(subject)
    ends = numbers("end", end, f"one or more {_TIMES}")
    if (ends < 0).any():
        refuse("end", ends[ends < 0][0].item(), _TIMES)
    dead = np.zeros(ends.size, dtype=bool) if died is None else indicator("died", died, ends.size)
    whose, when = _events(names, ends, event_subject, event_time)

    times, place = np.unique(np.concatenate([[0.0], ends, when]), return_inverse=True)
    end_at, event_at = place[1 : ends.size + 1], place[ends.size + 1 :]
    left, events, deaths = (np.bincount(at, minlength=times.size) for at in (end_at, event_at, end_at[dead]))
    at_risk = ends.size - np.cumsum(left) + left
    hazard = deaths / at_risk
    alive = np.cumprod(1 - hazard)
    before = np.concatenate([[1.0], alive[:-1]])
    mean = np.cumsum(before * events / at_risk)
    variance = _variance(whose, event_at, end_at, dead, at_risk, events, hazard, before, mean)
    error = np.sqrt(variance)
    if interval == "plain":
        low, high = np.maximum(mean - z * error, 0), mean + z * error
    else:
        factor = np.exp(z * error / np.where(mean > 0, mean, 1))
        low, high = mean / factor, mean * factor
    name = "Nelson's mean cumulative function" if died is None else "Ghosh and Lin's mean count, death ending it"
    method = f"{name}, {interval} interval"
    return MeanCumulativeCount(
        times, mean, error, low, high, at_risk, events, deaths, ends.size, level, interval, method
    )


def mean_count_difference(first: MeanCumulativeCount, second: MeanCumulativeCount, time: float) -> Estimate:
    """Difference in the mean number of events by ``time``, first minus second, of two independent groups of subjects.

    Doganaksoy and Nelson (1998), with the normal distribution; not-a-number beyond the last follow-up of either. There
    is no interval where a group had no event by then, as the variance of its mean is not 0 but unknown.

    Raises
    ------
    StatisticsError
        A negative time, or curves of different levels.
    """
    if first.level != second.level:
        refuse("level", second.level, f"the same for both groups ({first.level})")
    value = float(first.at([time])[0] - second.at([time])[0])
    method = "difference of mean cumulative counts, Wald"
    if 0 in (first.at([time])[0], second.at([time])[0]):
        return Estimate(value, np.nan, np.nan, first.level, f"{method}; not estimable: no event yet in a group")
    margin = normal_quantile(first.level) * float(np.hypot(first.error_at([time])[0], second.error_at([time])[0]))
    return Estimate(value, value - margin, value + margin, first.level, method)


def _events(names: object, ends: Floats, event_subject: ArrayLike, event_time: ArrayLike) -> tuple[Integers, Floats]:
    """Return whose each event is, as a position among the subjects, and when it was."""
    subjects = pd.Index(np.asarray(names))
    if len(subjects) != ends.size:
        refuse("subject", f"array of {len(subjects)}", f"as long as end ({ends.size})")
    if subjects.has_duplicates:
        refuse("subject", subjects[subjects.duplicated()].tolist()[0], "one row a subject")
    persons = np.asarray(event_subject)
    when = numbers("event_time", event_time, _TIMES) if persons.size else np.empty(0)
    if when.size != persons.size:
        refuse("event_time", f"array of {when.size}", f"as long as event_subject ({persons.size})")
    whose = subjects.get_indexer(pd.Index(persons)).astype(np.intp)
    if (whose < 0).any():
        refuse("event_subject", persons[whose < 0].tolist()[0], "a subject that is listed")
    outside = (when < 0) | (when > ends[whose])
    if outside.any():
        refuse("event_time", when[outside][0].item(), "from 0 to the end of the subject's observation")
    return whose, when


def _variance(
    whose: Integers,
    event_at: Integers,
    end_at: Integers,
    dead: Bools,
    at_risk: Integers,
    events: Integers,
    hazard: Floats,
    before: Floats,
    mean: Floats,
) -> Floats:
    """Sum over subjects of the squared influence on ``mean``, at every time.

    An influence has two parts: of the subject's events (jumps at them, less a drift while at risk), and of its death on
    the chance of being alive, which weighs all that comes later. While a subject is at risk the drift is that of all
    others, so sums over subjects of jumps and of their squares are enough; what has ended is kept as it was.
    """
    k = mean.size
    jump = before / at_risk
    survivors = at_risk * (1 - hazard)
    per_death = np.divide(1.0, survivors, out=np.zeros(k), where=survivors > 0)  # nobody left: nothing later to weigh
    drift = np.cumsum(before * events / at_risk**2) + np.cumsum(mean * hazard * per_death)
    drift_alive = np.cumsum(hazard * per_death)

    order = np.lexsort((event_at, whose))
    whose, event_at = whose[order], event_at[order]
    jumps = jump[event_at]
    total = np.bincount(whose, jumps, minlength=dead.size).astype(float)
    earlier = np.cumsum(jumps) - jumps
    earlier -= (np.cumsum(total) - total)[whose]

    def still(gained: Floats, lost: Floats) -> Floats:
        return np.cumsum(np.bincount(event_at, gained, minlength=k) - np.bincount(end_at, lost, minlength=k))

    watched = (at_risk - np.bincount(end_at, minlength=k)).astype(float)
    common = drift - mean * drift_alive
    squares = still((2 * earlier + jumps) * jumps, total**2) - 2 * common * still(jumps, total) + watched * common**2
    at_death = dead * per_death[end_at]
    count, alive = total - drift[end_at] + at_death * mean[end_at], at_death - drift_alive[end_at]
    ended = [np.cumsum(np.bincount(end_at, part, minlength=k)) for part in (count**2, count * alive, alive**2)]
    return np.maximum(squares + ended[0] - 2 * mean * ended[1] + mean**2 * ended[2], 0.0)
