"""Risk sets and likelihood of the subdistribution hazard, with the censoring that it takes as estimated.

Who had another event stays at risk of the cause, with the weight of not having been censored since: G(t-) / G(X-), for
an event at X, with G the Kaplan-Meier curve of censoring of the subject's group.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lentap.stats.arguments import Bools, Floats, Integers
from lentap.stats.cox_likelihood import HIGHEST, LEAST_TOTAL
from lentap.stats.kaplan_meier import product_limit


@dataclass(frozen=True, eq=False)
class SubdistributionRiskSets:
    """Subjects among the distinct times ``slots`` of an event of the cause, ``events`` of them at each.

    ``code`` is 0 where a subject was censored, 1 if it had an event of the cause, 2 if another. It is at risk by itself
    at the first ``until`` slots. ``uncensored`` (slots, groups) is G(t-), ``own`` the same at the subject's own time.
    """

    time: Floats
    code: Integers
    group: Integers
    slots: Floats
    events: Floats
    until: Integers
    uncensored: Floats
    own: Floats

    def at_risk(self, values: Floats) -> Floats:
        """Sum the subjects' values over the weighted risk set of each slot."""
        size = self.slots.size
        total: Floats = np.bincount(self.until, values, size + 1)[::-1].cumsum()[::-1][1:]
        for group in range(self.uncensored.shape[1]):
            stay = (self.code == 2) & (self.group == group)
            gone = np.bincount(self.until[stay], values[stay] / self.own[stay], size + 1)[:-1]
            total = total + self.uncensored[:, group] * gone.cumsum()
        return total

    def while_at_risk(self, values: Floats) -> Floats:
        """Sum values of slots (slots, columns), weighted, over those each subject is at risk at."""
        nothing = np.zeros((1, values.shape[1]))
        found: Floats = np.concatenate([nothing, values.cumsum(axis=0)])[self.until]
        for group in range(self.uncensored.shape[1]):
            stay = (self.code == 2) & (self.group == group)
            found[stay] += self.still_to_come(values, group)[self.until[stay]] / self.own[stay, None]
        return found

    def still_to_come(self, values: Floats, group: int) -> Floats:
        """Sum values of slots, weighted with G(t-) of a group, from each slot on; 0 after the last."""
        weighted = values * self.uncensored[:, group, None]
        return np.concatenate([weighted[::-1].cumsum(axis=0)[::-1], np.zeros((1, values.shape[1]))])


def subdistribution_risk_sets(time: Floats, code: Integers, group: Integers) -> SubdistributionRiskSets:
    """Lay out the risk sets of subjects of whom one at least had the event of the cause (``code`` 1)."""
    slots, events = np.unique(time[code == 1], return_counts=True)
    groups = int(group.max()) + 1
    uncensored, own = np.zeros((slots.size, groups)), np.empty(time.size)
    for position in range(groups):
        members = group == position
        times, curve = _censoring(time[members], code[members] == 0)
        before = np.searchsorted(times, slots)
        uncensored[:, position] = np.where(slots <= time[members].max(), np.insert(curve, 0, 1.0)[before], 0.0)
        own[members] = np.insert(curve, 0, 1.0)[np.searchsorted(times, time[members])]
    until = np.searchsorted(slots, time, side="right")
    return SubdistributionRiskSets(time, code, group, slots, events.astype(float), until, uncensored, own)


@dataclass(frozen=True, eq=False)
class SubdistributionLikelihood:
    """The partial likelihood at some coefficients, tied events as Breslow has them.

    ``risk`` is the hazard ratio of each subject; by slot, ``hazard`` increases the cumulative baseline hazard of the
    subdistribution and ``mean`` (slots, columns) are the covariates of the risk set.
    """

    sets: SubdistributionRiskSets
    matrix: Floats
    value: float
    risk: Floats
    hazard: Floats
    mean: Floats

    @cached_property
    def expected(self) -> Floats:
        """Events of the cause expected of each subject."""
        return np.asarray(self.risk * self.sets.while_at_risk(self.hazard[:, None])[:, 0])

    def gradient(self) -> Floats:
        """First derivative by the coefficients."""
        return np.asarray(self.matrix.T @ ((self.sets.code == 1) - self.expected))

    def information(self) -> Floats:
        """Negative second derivative (columns, columns)."""
        squares = self.matrix.T @ (self.matrix * self.expected[:, None])
        return np.asarray(squares - self.mean.T @ (self.mean * self.sets.events[:, None]))

    def influences(self) -> Floats:
        """Contribution of each subject to the gradient (subjects, columns), directly and to the curves of censoring.

        Fine and Gray (1999), equations 7 and 8; each group of censoring has its own integral.
        """
        sets = self.sets
        own = sets.code == 1
        direct = self.matrix * (own - self.expected)[:, None]
        direct += self.risk[:, None] * sets.while_at_risk(self.mean * self.hazard[:, None])
        direct[own] -= self.mean[sets.until[own] - 1]
        return np.asarray(direct + self._through_censoring())

    def _through_censoring(self) -> Floats:
        """Integral of q / (number at risk) over each subject's martingale of censoring."""
        sets = self.sets
        found = np.zeros_like(self.matrix)
        for group in range(sets.uncensored.shape[1]):
            members = np.flatnonzero(sets.group == group)
            time, leaves = sets.time[members], sets.code[members] == 0
            times, number = np.unique(time[leaves], return_counts=True)
            if not times.size:
                continue
            at_risk = members.size - np.searchsorted(np.sort(time), times)
            stay = members[sets.code[members] == 2]
            stay = stay[np.argsort(sets.time[stay])]
            weight = (self.risk[stay] / sets.own[stay])[:, None]
            columns = np.column_stack([weight, weight * self.matrix[stay]])
            totals = np.vstack([np.zeros(columns.shape[1]), columns.cumsum(axis=0)])
            total = totals[np.searchsorted(sets.time[stay], times)]
            slot = np.searchsorted(sets.slots, times)
            hazard = sets.still_to_come(self.hazard[:, None], group)[slot]
            mean = sets.still_to_come(self.mean * self.hazard[:, None], group)[slot]
            q = (total[:, 1:] * hazard - total[:, :1] * mean) / at_risk[:, None]
            drift = np.vstack([np.zeros(q.shape[1]), (q * (number / at_risk)[:, None]).cumsum(axis=0)])
            found[members] = -drift[np.searchsorted(times, time, side="right")]
            found[members[leaves]] += q[np.searchsorted(times, time[leaves])]
        return found


def subdistribution_likelihood(
    sets: SubdistributionRiskSets, matrix: Floats, coefficients: Floats
) -> SubdistributionLikelihood | None:
    """Partial likelihood of ``matrix`` (subjects, columns) at some coefficients; None beyond floating point."""
    predictor = matrix @ coefficients
    if not predictor.max() < HIGHEST:
        return None
    risk = np.exp(predictor)
    total = sets.at_risk(risk)
    if not (total > LEAST_TOTAL).all():
        return None
    value = float(predictor[sets.code == 1].sum() - sets.events @ np.log(total))
    mean = np.column_stack([sets.at_risk(risk * column) for column in matrix.T]) / total[:, None]
    return SubdistributionLikelihood(sets, matrix, value, risk, sets.events / total, mean)


def _censoring(time: Floats, censored: Bools) -> tuple[Floats, Floats]:
    """Kaplan-Meier curve of censoring: those with an event at a time are at risk of being censored then."""
    times, number = np.unique(time[censored], return_counts=True)
    at_risk = time.size - np.searchsorted(np.sort(time), times)
    return times, product_limit(at_risk, number)[0]
