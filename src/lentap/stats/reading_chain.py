"""The hidden chain behind a digitised Kaplan-Meier curve: who was censored, and who had the event, between readings.

Its states are the subjects at risk and the events so far, whole numbers both; a reading is the Kaplan-Meier value of
the state plus normal noise, a published number at risk is exact. Forward filtering and backward sampling (Carter and
Kohn 1994) over the states that matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import gammaln

from lentap.stats.arguments import Floats, Integers

_FAINTEST = -16.0  # log weight, below that of the best, at which a path is left
_MOST_STATES = 400
_LEVELS = 2**20  # of survival, at most, told apart
_MISREAD = 12.0  # most log weight a reading can cost: one wrong click must not rule the curve
_RAREST = 0.05  # events expected at least: the curve's hazard between two readings is known only so well


@dataclass(frozen=True)
class Step:
    """From one reading, or published number at risk, to the next.

    ``survival`` is the reading at ``time`` and ``at_risk`` None, or ``at_risk`` is the number published just before
    ``time``. ``least`` is the number published next (0 if none), ``censored`` how many are expected to leave without
    the event, ``hazard`` the expected fall of log survival, and ``unit`` how many are censored at once: above 1 it
    keeps the states of large trials few.
    """

    start: float
    time: float
    survival: float
    at_risk: int | None
    least: int
    censored: float
    hazard: float
    unit: int


@dataclass(frozen=True, eq=False)
class Moves:
    """Moves of one step: from which state to which, with how many censored and events, and their log weight.

    ``before`` is the log weight of the states at the start of the step.
    """

    parent: Integers
    child: Integers
    censored: Integers
    events: Integers
    weight: Floats
    before: Floats


@dataclass(frozen=True, eq=False)
class Chain:
    """Moves of every step, and at the end the events and log weight of each state.

    ``evidence`` is the log likelihood of the readings at the standard deviation ``noise``, up to a constant.
    """

    moves: list[Moves]
    events: Integers
    weight: Floats
    noise: float
    evidence: float

    def given(self, events: int) -> "Chain":
        """The chain, given the total of events; it must be among ``events`` of the last states."""
        return replace(self, weight=np.where(self.events == events, self.weight, -np.inf))

    @property
    def likeliest(self) -> int:
        """The most probable total of events."""
        return int(np.bincount(self.events, _normalised(self.weight)).argmax())

    def expected(self) -> tuple[Floats, Floats]:
        """Events and censored expected in each step, given all readings."""
        events, censored = np.empty((2, len(self.moves)))
        after = np.where(np.isfinite(self.weight), 0.0, -np.inf)
        for position in reversed(range(len(self.moves))):
            moves = self.moves[position]
            onward = moves.weight + after[moves.child]
            share = _normalised(onward + moves.before[moves.parent])
            events[position], censored[position] = share @ moves.events, share @ moves.censored
            mass = np.bincount(moves.parent, np.exp(onward - onward.max()), minlength=moves.before.size)
            with np.errstate(divide="ignore"):
                after = np.log(mass)
        return events, censored

    def draw(self, generator: np.random.Generator, size: int) -> tuple[Integers, Integers]:
        """Draw ``size`` histories given all readings: events and censored, each of shape (size, steps)."""
        events, censored = np.empty((2, size, len(self.moves)), dtype=np.intp)
        state = generator.choice(self.weight.size, size, p=_normalised(self.weight))
        for position in reversed(range(len(self.moves))):
            moves = self.moves[position]
            order = np.argsort(moves.child, kind="stable")
            child = moves.child[order]
            weight = (moves.weight + moves.before[moves.parent])[order]
            top = np.full(child[-1] + 1, -np.inf)
            np.maximum.at(top, child, weight)
            weight = np.exp(weight - top[child])
            upto = np.cumsum(weight / np.bincount(child, weight)[child])  # state s holds the interval from s to s + 1
            chosen = order[np.minimum(np.searchsorted(upto, state + generator.random(size)), order.size - 1)]
            events[:, position], censored[:, position] = moves.events[chosen], moves.censored[chosen]
            state = moves.parent[chosen]
        return events, censored


def forward(steps: Sequence[Step], n: int, noise: float, lean: float = 0.0) -> Chain | None:
    """Filter ``n`` subjects through the steps; None where no whole numbers agree with the published numbers at risk.

    ``noise`` is the standard deviation of a reading. Censorings are Poisson, events geometric (ties are common) about
    the hazard's share of those at risk. Paths that meet, with survival the same within the noise, go on as one; of
    the states the likeliest go on. ``lean``, a log weight per event, keeps paths with more (or fewer) events among them
    and changes nothing once their total is given.
    """
    at_risk, events, log_survival, weight = np.array([n]), np.array([0]), np.zeros(1), np.zeros(1)
    found, evidence = [], 0.0
    for step in steps:
        parent, censored, died, each = _choices(step, at_risk, log_survival, noise)
        if not parent.size:
            return None
        left = at_risk[parent] - censored
        survival = log_survival[parent] + np.log(np.maximum(1 - died / np.maximum(left, 1), 1e-12))
        mean = max(step.censored, 1e-6 if step.at_risk is None else _RAREST) / step.unit
        groups = censored / step.unit
        deaths = np.maximum(left * step.hazard, _RAREST)
        gain = groups * np.log(mean) - mean - gammaln(groups + 1)
        gain += died * (np.log(deaths) + lean) - (died + 1) * np.log1p(deaths) + np.where(died > 0, np.log(each), 0)
        if step.at_risk is None:
            gain -= np.minimum((np.exp(survival) - step.survival) ** 2 / (2 * noise**2), _MISREAD) + np.log(noise)
        total = weight[parent] + gain
        top = total.max()
        kept = total > top + _FAINTEST
        parent, censored, died, survival, gain, total = (
            values[kept] for values in (parent, censored, died, survival, gain, total)
        )
        level = np.rint(np.exp(survival) / noise).astype(np.intp)
        key = ((at_risk[parent] - censored - died) * (n + 1) + events[parent] + died) * _LEVELS + level
        state, child = np.unique(key, return_inverse=True)
        mass = np.exp(total - top)
        sums = np.bincount(child, mass)
        log_survival = np.bincount(child, mass * survival) / sums
        if state.size > _MOST_STATES:
            best = sums >= np.partition(sums, -_MOST_STATES)[-_MOST_STATES]
            kept = best[child]
            child = (np.cumsum(best) - 1)[child[kept]]
            parent, censored, died, gain = (values[kept] for values in (parent, censored, died, gain))
            state, sums, log_survival = state[best], sums[best], log_survival[best]
        found.append(Moves(parent, child, censored, died, gain, weight))
        state //= _LEVELS
        at_risk, events, weight = state // (n + 1), state % (n + 1), np.log(sums)
        evidence += float(top)
    return Chain(found, events, weight, noise, evidence + float(np.log(np.exp(weight).sum())))


def _choices(
    step: Step, at_risk: Integers, log_survival: Floats, noise: float
) -> tuple[Integers, Integers, Integers, int]:
    """Return state, censored and events of each move worth weighing, and how many numbers of events each stands for."""
    if step.at_risk is not None:
        unseen = at_risk.mean() * step.hazard  # expected events, which only the next reading shows
        most = int(unseen + 3 * np.sqrt(unseen) + 2)
        parent, died = np.repeat(np.arange(at_risk.size), most + 1), np.tile(np.arange(most + 1), at_risk.size)
        censored = at_risk[parent] - died - step.at_risk
        kept = censored >= 0
        return parent[kept], censored[kept], died[kept], 1
    mean = step.censored / step.unit
    most = int(mean + 3 * np.sqrt(mean) + 1.7) if step.time > step.start else 0
    some = step.unit * np.arange(most + 1)
    parent, censored = np.repeat(np.arange(at_risk.size), some.size), np.tile(some, at_risk.size)
    left = at_risk[parent] - censored
    fall = np.rint(left * (1 - np.minimum(step.survival * np.exp(-log_survival[parent]), 1))).astype(np.intp)
    wide = noise * at_risk.mean() / max(step.survival, noise)  # of a reading's noise, in events
    each = max(1, int(wide / 2))
    reach = int(np.ceil(3 * wide / each))
    died = np.concatenate([np.zeros((1, fall.size), np.intp), fall + each * np.arange(-reach, reach + 1)[:, None]])
    legal = left - died >= step.least
    legal[1:] &= died[1:] > 0
    which = np.nonzero(legal)[1]
    return parent[which], censored[which], died[legal], each


def _normalised(log_weight: Floats) -> Floats:
    weight = np.exp(log_weight - log_weight.max())
    return np.asarray(weight / weight.sum(), dtype=float)
