"""Individual data behind a digitised Kaplan-Meier curve.

Guyot et al. (2012) solve the Kaplan-Meier equations reading by reading and spread the censored evenly between the
published numbers at risk. Here all readings are weighed at once: the histories (whole numbers of events at the
readings and of censored between them) that agree exactly with what is published are weighed by how well their
Kaplan-Meier curves agree with the readings. The reconstruction is the mean history; draws carry its uncertainty.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lentap.stats.arguments import Bools, Floats, Integers, refuse
from lentap.stats.digitised import DigitisedCurve
from lentap.stats.reading_chain import Chain, Step, forward
from lentap.stats.survival import kaplan_meier

_PIECES = 6  # of follow-up without numbers at risk, in each of which censoring has a rate of its own
_HAZARD_PIECES = 8
_FEWEST = 0.3  # censored expected in a piece, where the curve says none
_LEANS = 8
_HISTORIES = 50
_FINE = 80  # states of the number censored in follow-up without numbers at risk


@dataclass(frozen=True)
class Fit:
    """How a reconstruction agrees with what it was made from.

    ``error`` is its Kaplan-Meier curve minus what was read, at each reading; ``rmse`` and ``largest_error`` sum it up.
    ``at_risk`` has a row for each published number at risk: time, published, reconstructed, difference.
    ``events_published`` is None if unknown; ``noise`` is the standard deviation at which the readings were taken.
    """

    error: Floats
    rmse: float
    largest_error: float
    at_risk: pd.DataFrame
    events: int
    events_published: int | None
    noise: float


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """Individual data of one arm: ``time`` and ``event`` of each of its subjects, in order of time."""

    time: Floats
    event: Bools
    fit: Fit
    curve: DigitisedCurve
    steps: tuple[Step, ...] = field(repr=False)
    chain: Chain = field(repr=False)

    def draw(self, generator: np.random.Generator, size: int) -> tuple[Floats, Bools]:
        """Draw ``size`` other data sets that agree with the readings as well: arrays of shape (size, subjects)."""
        events, censored = self.chain.draw(generator, size)
        time, event = np.empty((size, self.curve.n)), np.zeros((size, self.curve.n), dtype=bool)
        for row in range(size):
            at = _times(self.steps, events[row], censored[row], self.curve.n, generator)
            time[row], event[row, : events[row].sum()] = at, True
        return time, event


def reconstruct(curve: DigitisedCurve) -> Reconstruction:
    """Reconstruct the individual data of one arm from its digitised Kaplan-Meier curve.

    The number of subjects, the numbers at risk and the total of events are met exactly where they are published. A
    drop is placed at the reading that shows it, a censoring evenly within its step; whoever is left after the last
    reading is censored there, or at the last number at risk. Without numbers at risk the rate of censoring is learnt
    from the sizes of the drops: a subject's step grows as others leave.

    Raises
    ------
    StatisticsError
        No numbers of events and censored agree, within the curve's tolerance, with all that is published.
    """
    knots, censored = _expected_censoring(curve)
    steps = _steps(curve, knots, censored)
    rough = _filtered(curve, steps, 2 * curve.noise)
    steps = _steps(curve, knots, _learnt(curve, steps, rough, knots, censored))
    chain = _chain(curve, steps, curve.noise)
    wider = rough
    while wider.evidence > chain.evidence and wider.noise < curve.tolerance:  # the readings are noisier than they look
        chain, wider = _chain(curve, steps, wider.noise), _filtered(curve, steps, 2 * wider.noise)
    events, left = chain.given(chain.likeliest).expected()
    made = _of_history(curve, steps, chain, *_placed(curve, steps, events, left))
    if made.fit.rmse > 0.5 / curve.n:  # the mean of unlike histories may resemble none of them
        histories = zip(*chain.draw(np.random.default_rng(0), _HISTORIES), strict=True)
        drawn = (_of_history(curve, steps, chain, *one) for one in histories)
        made = min([made, *drawn], key=lambda arm: arm.fit.rmse)
    if made.fit.rmse > curve.tolerance:
        found = f"at odds with the curve, by {made.fit.rmse:.2g} on average"
        argument = "at_risk" if curve.has_table else "n" if curve.events is None else "events"
        refuse(argument, found, f"numbers that agree with it within {curve.tolerance:g}")
    return made


def individual_data(arms: Mapping[str, Reconstruction]) -> pd.DataFrame:
    """One row per subject of all ``arms``: time, event (bool) and group, the label of the arm."""
    parts = [pd.DataFrame({"time": arm.time, "event": arm.event, "group": label}) for label, arm in arms.items()]
    if not parts:
        refuse("arms", "empty", "one reconstruction or more")
    return pd.concat(parts, ignore_index=True)


def _of_history(
    curve: DigitisedCurve, steps: tuple[Step, ...], chain: Chain, died: Integers, gone: Integers
) -> Reconstruction:
    time = _times(steps, died, gone, curve.n)
    event = np.arange(curve.n) < died.sum()
    order = np.lexsort((~event, time))
    time, event = time[order], event[order]
    return Reconstruction(time, event, _fit(curve, time, event, chain.noise), curve, steps, chain)


def _chain(curve: DigitisedCurve, steps: tuple[Step, ...], noise: float) -> Chain:
    """Filter the readings, trusting them less until they leave room for the published total of events.

    The filter keeps the likeliest paths; where none has that total, they are made to lean towards it first.
    """
    while True:
        low, high, lean = -np.inf, np.inf, 0.0
        for _ in range(_LEANS):
            chain = _filtered(curve, steps, noise, lean)
            if curve.events is None or curve.events in chain.events:
                return chain
            missing = curve.events - chain.likeliest
            low, high = (lean, high) if missing > 0 else (low, lean)
            further = 3 * lean or float(np.copysign(curve.n**-0.5, missing))
            lean = (low + high) / 2 if np.isfinite(low + high) else further
        noise *= 1.5
        if noise > curve.tolerance:
            refuse("events", curve.events, f"{chain.events.min()} to {chain.events.max()}, going by the curve")


def _filtered(curve: DigitisedCurve, steps: tuple[Step, ...], noise: float, lean: float = 0.0) -> Chain:
    chain = forward(steps, curve.n, noise, lean)
    if chain is None:
        refuse("at_risk", curve.at_risk.tolist(), "what whole numbers of events and censored can lead to")
    return chain.given(curve.events) if curve.events is not None and curve.events in chain.events else chain


def _expected_censoring(curve: DigitisedCurve) -> tuple[Floats, Floats]:
    """Knots of pieces of follow-up and the censored expected in each: at first evenly, as Guyot et al. (2012).

    After the last number at risk so many leave that the curve ends with the last subject; without numbers at risk so
    many that events have the published total. With censoring at the rate r, S(t) (n - r A) are at risk, A the integral
    of 1 / S.
    """
    times, at_risk, end = curve.at_risk_time, curve.at_risk, _end(curve)
    before = curve.before(times)
    kept = before[1:] / np.maximum(before[:-1], 1e-9)
    fixed = np.maximum(at_risk[:-1] * kept - at_risk[1:], _FEWEST)
    start, n, length = times[-1], int(at_risk[-1]), end - times[-1]
    if length <= 0:
        return np.append(times, end), np.append(fixed, _FEWEST)
    grid = start + length * (np.arange(200) + 0.5) / 200
    relative = np.maximum(curve.at(grid) / max(before[-1], 1e-9), 0.5 / max(n, 1))
    area = float(np.mean(1 / relative)) * length
    rate = n / area
    if curve.events is not None and not curve.has_table:
        survival = float(relative[-1])
        surplus = n * (1 - survival) - curve.events
        rate = float(np.clip(surplus / max(length - survival * area, 1e-9 * length), 0, rate))
    pieces = 1 if curve.has_table else _PIECES
    free = np.full(pieces, max(rate * length / pieces, _FEWEST))
    return np.append(times, start + length * np.arange(1, pieces + 1) / pieces), np.append(fixed, free)


def _learnt(curve: DigitisedCurve, steps: tuple[Step, ...], chain: Chain, knots: Floats, censored: Floats) -> Floats:
    """Take the censoring after the last number at risk as the chain found it, half of it evened out."""
    _, left = chain.expected()
    middle = np.array([(step.start + step.time) / 2 for step in steps])
    piece = np.clip(np.searchsorted(knots, middle, side="right") - 1, 0, censored.size - 1)
    found = np.bincount(piece, left, minlength=censored.size)
    free = slice(curve.at_risk.size - 1, None)
    learnt = censored.copy()
    learnt[free] = (found[free] + found[free].mean()) / 2 + _FEWEST
    return learnt


def _end(curve: DigitisedCurve) -> float:
    return float(max(curve.time[-1], curve.at_risk_time[-1]))


def _steps(curve: DigitisedCurve, knots: Floats, censored: Floats) -> tuple[Step, ...]:
    """Readings and published numbers at risk in order of time; at one time the number at risk comes first."""
    end, gone = _end(curve), np.append(0.0, np.cumsum(censored))
    corner = np.linspace(0, end, _HAZARD_PIECES + 1)
    fallen = -np.log(np.maximum(curve.at(corner), 0.5 / curve.n)) + 0.01 * corner / end
    time = np.append(curve.at_risk_time[1:], curve.time)
    published = np.append(curve.at_risk[1:], np.full(curve.time.size, -1))
    read = np.append(np.full(curve.at_risk.size - 1, np.nan), curve.survival)
    order = np.argsort(time, kind="stable")
    time, published, read = time[order], published[order], read[order]
    start = np.append(0.0, time[:-1])
    interval = np.append(0, np.cumsum(published >= 0)[:-1])
    least = np.append(curve.at_risk[1:], 0)[interval]
    units = np.maximum(1, np.sqrt(censored[: curve.at_risk.size - 1]) / 4).astype(int)
    unit = np.append(units, -(-int(curve.at_risk[-1]) // _FINE) or 1)[interval]
    leaving = np.interp(time, knots, gone) - np.interp(start, knots, gone)
    hazard = np.interp(time, corner, fallen) - np.interp(start, corner, fallen)
    return tuple(
        Step(a, b, s, None if r < 0 else r, low, c, h, u)
        for a, b, s, r, low, c, h, u in zip(
            start.tolist(),
            time.tolist(),
            read.tolist(),
            published.tolist(),
            least.tolist(),
            leaving.tolist(),
            hazard.tolist(),
            unit.tolist(),
            strict=True,
        )
    )


def _placed(
    curve: DigitisedCurve, steps: tuple[Step, ...], events: Floats, censored: Floats
) -> tuple[Integers, Integers]:
    """Round the expected history: the i-th to leave leaves in the step where the expected number passes i - 1/2."""
    ends = np.array([position for position, step in enumerate(steps) if step.at_risk is not None], dtype=np.intp)
    ends = np.append(ends, len(steps) - 1)
    dead, gone = np.cumsum(events), np.cumsum(censored)
    died = np.rint(dead[ends]).astype(np.intp)
    left = np.append(curve.n - curve.at_risk[1:] - died[:-1], 0)
    left[-1] = np.clip(round(gone[-1]), left[-2] if left.size > 1 else 0, curve.n - died[-1])
    return _rounded(dead, died, ends), _rounded(gone, left, ends)


def _rounded(cumulative: Floats, totals: Integers, ends: Integers) -> Integers:
    """Whole numbers per step with the given ``totals`` up to the steps ``ends``."""
    who = np.arange(totals[-1])
    block = np.searchsorted(totals, who, side="right")
    first = np.append(0, ends[:-1] + 1)[block]
    where = np.clip(np.searchsorted(cumulative, who + 0.5 - 1e-9), first, ends[block])
    return np.bincount(where, minlength=cumulative.size)


def _times(
    steps: tuple[Step, ...],
    events: Integers,
    censored: Integers,
    n: int,
    generator: np.random.Generator | None = None,
) -> Floats:
    """Times of the events, at the reading that shows each, then of the censored, evenly in a step; or drawn in it."""
    start, end = (np.array([getattr(step, name) for step in steps]) for name in ("start", "time"))
    if generator is None:
        unseen = np.array([step.at_risk is not None for step in steps])
        death = np.repeat(np.where(unseen, (start + end) / 2, end), events)
        rank = np.arange(censored.sum()) - np.repeat(np.cumsum(censored) - censored, censored)
        share = (rank + 1) / (np.repeat(censored, censored) + 1)
    else:
        death = np.repeat(end, events) - generator.random(events.sum()) * np.repeat(end - start, events)
        share = generator.random(censored.sum())
    leave = np.repeat(start, censored) + share * np.repeat(end - start, censored)
    return np.concatenate([death, leave, np.full(n - death.size - leave.size, end[-1])])


def _fit(curve: DigitisedCurve, time: Floats, event: Bools, noise: float) -> Fit:
    made = kaplan_meier(time, event)
    position = np.searchsorted(made.time, curve.time, side="right") - 1
    upper = np.append(curve.time[1:] == curve.time[:-1], False)  # the top of a drop
    position = np.where(upper & (made.time[position] == curve.time), np.maximum(position - 1, 0), position)
    error = made.survival[position] - curve.read
    at_risk = pd.DataFrame(
        {"time": curve.at_risk_time, "published": curve.at_risk, "reconstructed": made.at_risk_at(curve.at_risk_time)}
    )
    at_risk["difference"] = at_risk["reconstructed"] - at_risk["published"]
    rmse, largest = float(np.sqrt(np.mean(error**2))), float(np.abs(error).max())
    return Fit(error, rmse, largest, at_risk, int(event.sum()), curve.events, noise)
