"""A Kaplan-Meier curve read off a figure, with what is printed beside it: checked, mended and refused."""

from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression

from lentap.stats.arguments import Floats, Integers, choice, numbers, refuse

UNITS = ("proportion", "percent")

_EARLIEST = -0.02  # of the time axis: a click a little left of the origin is meant for the origin
_FINEST = 5e-4  # noise no reading is trusted below, unless the step of one subject is not far above it


@dataclass(frozen=True)
class Cleaning:
    """What was mended of the readings, as numbers of readings.

    ``disordered`` stood before an earlier time, ``before_zero`` had a negative time, ``repeated`` lay between the
    highest and the lowest reading at one time and were dropped, ``outside`` lay above 1 or below 0, ``rises`` lay above
    the reading before them, at most by ``largest_rise`` above any earlier one.
    """

    disordered: int
    before_zero: int
    repeated: int
    outside: int
    rises: int
    largest_rise: float


@dataclass(frozen=True, eq=False)
class DigitisedCurve:
    """Readings of one arm's Kaplan-Meier curve that can be one: see ``digitised_curve``.

    ``survival`` never rises and starts at (0, 1); ``read`` is what was read at the same times, as proportions.
    ``at_risk`` counts the subjects under observation just before each of ``at_risk_time``, the first of which is 0;
    ``events`` is the published total or None; ``noise`` is the standard deviation of a reading, estimated.
    """

    time: Floats
    survival: Floats
    read: Floats
    n: int
    at_risk_time: Floats
    at_risk: Integers
    events: int | None
    noise: float
    tolerance: float
    cleaning: Cleaning

    @property
    def has_table(self) -> bool:
        return self.at_risk.size > 1

    @property
    def information(self) -> str:
        """What there was besides the curve and the number of subjects."""
        known = ["numbers at risk"] * self.has_table + ["total events"] * (self.events is not None)
        return " and ".join(known) or "neither numbers at risk nor total events"

    def at(self, times: ArrayLike) -> Floats:
        """Survival read last at or before ``times``, 0 or later."""
        return self.survival[np.searchsorted(self.time, np.asarray(times, dtype=float), side="right") - 1]

    def before(self, times: ArrayLike) -> Floats:
        """Survival read last before ``times``; 1 at time 0."""
        return self.survival[np.maximum(np.searchsorted(self.time, np.asarray(times, dtype=float)) - 1, 0)]


def digitised_curve(
    time: ArrayLike,
    survival: ArrayLike,
    *,
    n: int | None = None,
    at_risk_time: ArrayLike | None = None,
    at_risk: ArrayLike | None = None,
    events: int | None = None,
    unit: str = "proportion",
    tolerance: float = 0.02,
) -> DigitisedCurve:
    """Check and mend the readings of one arm's Kaplan-Meier curve.

    Parameters
    ----------
    time
        Time of each reading, in any unit and order; a little below 0 (2% of the axis) counts as 0.
    survival
        Survival of each reading; of several at one time the highest and the lowest count. Readings that rise are
        averaged until they do not (isotonic regression), which may move none by more than ``tolerance``.
    n
        Subjects in the arm; may be left out where ``at_risk`` is given at time 0.
    at_risk_time, at_risk
        Published numbers at risk (under observation just before each time) and their times; none if not published.
    events
        Published total of events, if there is one.
    unit
        Unit of ``survival``, one of ``UNITS``.
    tolerance
        How far a reading may be off, as a proportion.

    Raises
    ------
    StatisticsError
        Arrays that are empty, not numbers or not of one length; survival in another unit, outside 0 to 1, or rising
        beyond ``tolerance``; numbers at risk that rise, or are more than the curve leaves; more or fewer events
        than curve and numbers at risk allow.
    """
    choice("unit", unit, UNITS)
    if not 0 < tolerance < 0.5:
        refuse("tolerance", tolerance, "a proportion above 0 and below 0.5")
    times, read = numbers("time", time), numbers("survival", survival)
    if times.size != read.size:
        refuse("survival", f"array of {read.size}", f"as long as time ({times.size})")
    read = _proportions(read, unit, tolerance)
    times, read, cleaning = _mended(times, read)
    falling = isotonic_regression(read, increasing=False).x
    off = np.abs(read - falling)
    if off.max() > tolerance:
        at = int(off.argmax())
        found = f"{read[at]:.4g} at {times[at]:g}, {off[at]:.2g} off any curve that never rises"
        refuse("survival", found, f"readings within the tolerance of {tolerance:g}")
    falling = np.clip(falling, 0, 1)
    noise = _noise(read)
    if times[0] > 0 or falling[0] < 1:
        times, falling, read = np.insert(times, 0, 0), np.insert(falling, 0, 1), np.insert(read, 0, 1)
    table_time, table = _risk_table(n, at_risk_time, at_risk, times[-1])
    noise = max(noise, min(_FINEST, 0.1 / table[0]))
    curve = DigitisedCurve(times, falling, read, int(table[0]), table_time, table, events, noise, tolerance, cleaning)
    _check_numbers_at_risk(curve)
    _check_events(curve)
    return curve


def _proportions(read: Floats, unit: str, tolerance: float) -> Floats:
    top = read.max()
    if unit == "percent":
        if top <= 1:
            refuse("survival", f"{top:g} at most", 'per cent from 0 to 100, or proportions with unit="proportion"')
        read = read / 100
    elif top > 1 + tolerance:
        refuse("survival", top.item(), 'proportions from 0 to 1, or per cent with unit="percent"')
    if read.max() > 1 + tolerance or read.min() < -tolerance:
        worst = max(read, key=lambda value: abs(value - 0.5))
        refuse("survival", f"{worst:.4g} as a proportion", f"0 to 1, within the tolerance of {tolerance:g}")
    return read


def _mended(time: Floats, read: Floats) -> tuple[Floats, Floats, Cleaning]:
    """Sort the readings by time, falling at one time; count what is mended here and later."""
    early = time < 0
    if time.min() < _EARLIEST * time.max() or time.max() <= 0:
        refuse("time", time.min().item() if time.max() > 0 else time.max().item(), "0 or later, some of them later")
    disordered = int((np.diff(time) < 0).sum())
    time = np.maximum(time, 0)
    order = np.lexsort((-read, time))
    time, read = time[order], read[order]
    inner = np.zeros(time.size, dtype=bool)
    inner[1:-1] = (time[1:-1] == time[:-2]) & (time[1:-1] == time[2:])
    time, read = time[~inner], read[~inner]
    rise = read - np.minimum.accumulate(read)
    outside = int(((read < 0) | (read > 1)).sum())
    rises = int((np.diff(read) > 0).sum())
    return time, read, Cleaning(disordered, int(early.sum()), int(inner.sum()), outside, rises, float(rise.max()))


def _noise(read: Floats) -> float:
    """Standard deviation of a reading: from the rises, which only noise can make, and from the printed places."""
    change = np.diff(read)
    level = change.size - np.count_nonzero(change)
    rises = change[change > 0]
    wiggle = float(np.sqrt((rises**2).sum() / (2 * rises.size + level))) if rises.size > 2 else 0.0
    places = next((k for k in range(1, 7) if np.allclose(read, np.round(read, k), rtol=0, atol=1e-9)), 7)
    return max(wiggle, 10.0**-places / 12**0.5)


def _risk_table(
    n: int | None, time: ArrayLike | None, at_risk: ArrayLike | None, last: float
) -> tuple[Floats, Integers]:
    """Return the numbers at risk from time 0 on, without the zeros printed after the curve has ended."""
    if (time is None) != (at_risk is None):
        absent = "at_risk" if at_risk is None else "at_risk_time"
        refuse(absent, None, "given together with the other, or neither")
    if n is not None and (not float(n).is_integer() or n < 1):
        refuse("n", n, "a whole number of at least 1")
    if time is None or at_risk is None:
        if n is None:
            refuse("n", None, "the number of subjects, or numbers at risk from time 0")
        return np.zeros(1), np.array([int(n)])
    times, counts = numbers("at_risk_time", time), numbers("at_risk", at_risk)
    if times.size != counts.size:
        refuse("at_risk", f"array of {counts.size}", f"as long as at_risk_time ({times.size})")
    if times[0] < 0 or (np.diff(times) <= 0).any():
        refuse("at_risk_time", times.tolist(), "times of 0 or later, each later than the one before")
    if (counts < 0).any() or (counts != np.floor(counts)).any():
        refuse("at_risk", counts.tolist(), "whole numbers of 0 or more")
    if times[0] > 0:
        if n is None:
            refuse("n", None, f"the number of subjects, as the numbers at risk start at {times[0]:g}")
        times, counts = np.insert(times, 0, 0.0), np.insert(counts, 0, n)
    if counts[0] < 1 or (n is not None and n != counts[0]):
        refuse("at_risk", f"{counts[0]:g} at time 0", f"the number of subjects ({n or 'at least 1'})")
    rises = np.flatnonzero(np.diff(counts) > 0)
    if rises.size:
        at = rises[0] + 1
        refuse("at_risk", f"{counts[at]:g} at {times[at]:g}", f"at most the {counts[at - 1]:g} at {times[at - 1]:g}")
    kept = (counts > 0) | (times <= last)
    return times[kept], counts[kept].astype(np.intp)


def _check_numbers_at_risk(curve: DigitisedCurve) -> None:
    """Refuse numbers at risk above what the curve leaves: nobody enters later, so they fall at least as it does."""
    after = np.minimum(np.searchsorted(curve.time, curve.at_risk_time), curve.time.size - 1)
    least = np.maximum(curve.survival[after] - curve.tolerance, 1e-9)
    least[0] = 1.0
    most = curve.before(curve.at_risk_time) + curve.tolerance
    for k in range(1, curve.at_risk.size):
        left = curve.at_risk[:k] * np.minimum(most[k] / least[:k], 1)
        j = int(np.argmin(left))
        if curve.at_risk[k] > left[j]:
            _refuse_table(curve, k, int(left[j]), j)


def _refuse_table(curve: DigitisedCurve, k: int, left: int, j: int) -> NoReturn:
    time, then = curve.at_risk_time[k], curve.at_risk_time[j]
    fall = f"the curve falls to {float(curve.before(time)):.3f} by then and {curve.at_risk[j]} were at risk at {then:g}"
    refuse("at_risk", f"{curve.at_risk[k]} at {time:g}", f"at most {left}: {fall} (numbers of another arm?)")


def _check_events(curve: DigitisedCurve) -> None:
    """Refuse a total of events beyond what the falls of the curve make of the numbers at risk at the ends."""
    events = curve.events
    if events is None:
        return
    if not float(events).is_integer() or not 0 <= events <= curve.n:
        refuse("events", events, f"a whole number from 0 to {curve.n}")
    level = np.append(curve.before(curve.at_risk_time), curve.survival[-1])
    kept = level[1:] / np.maximum(level[:-1], 1e-9)
    first, last = curve.at_risk, np.append(curve.at_risk[1:], 0)
    slack = 1 + curve.tolerance * curve.n
    fewest = float((last * (1 / np.maximum(kept, 1e-9) - 1)).sum() - slack)
    most = float((first * (1 - kept)).sum() + slack)
    if not fewest <= events <= most:
        beside = "the curve and the numbers at risk" if curve.has_table else f"the curve and {curve.n} subjects"
        refuse("events", events, f"{max(int(np.ceil(fewest)), 0)} to {min(int(most), curve.n)}, going by {beside}")
