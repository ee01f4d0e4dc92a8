"""Cox's partial likelihood of any covariates, its derivatives, and its maximum.

Own code, because lifelines takes five times as long as R for a million rows, and neither says what has no estimate.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Protocol, TypeVar

import numpy as np

from lentap.errors import ConvergenceError
from lentap.stats.arguments import Floats, Integers, refuse
from lentap.stats.cox_risk_sets import RiskSets

MOST_STEPS = 60
MOST_HALVINGS = 40
TOLERANCE = 1e-8  # of a step, in standard errors: the next one would be its square
LEAST_INFORMATION = 1e-8  # of that at no effect: along a direction with less the likelihood has stopped to bend
HIGHEST = 300.0  # log hazard ratio with the mean that no subject reaches
LEAST_TOTAL = 1e-150  # of the hazard ratios of a risk set: its square must be a number

_OVERLAPPING = "covariates whose values overlap between those with the event and the others at risk then"


class Concave(Protocol):
    """A log likelihood at some coefficients, which bends downwards everywhere."""

    @property
    def value(self) -> float: ...

    def gradient(self) -> Floats: ...

    def information(self) -> Floats: ...


Fitted = TypeVar("Fitted", bound=Concave)


@dataclass(frozen=True, eq=False)
class Likelihood:
    """The partial likelihood at some coefficients.

    ``risk`` is the weight of each row times its hazard ratio. By slot: ``hazard`` increases the cumulative baseline
    hazard, the dying are spared ``spared`` of it (Efron), ``hazard_mean`` and ``spared_mean`` (slots, columns) are the
    same times the mean covariates of the risk set, ``variance`` increases the variance of the cumulative hazard.
    """

    sets: RiskSets
    matrix: Floats
    value: float
    risk: Floats
    hazard: Floats
    spared: Floats
    hazard_mean: Floats
    spared_mean: Floats
    variance: Floats
    at_risk_total: Floats
    event_total: Floats

    @cached_property
    def expected(self) -> Floats:
        """Weighted number of events expected of each row."""
        return self._expected(self.hazard, self.spared)

    def _expected(self, hazard: Floats, spared: Floats) -> Floats:
        found = self.sets.while_at_risk(hazard)
        found[self.sets.dying] -= spared[self.sets.event_slot]
        return found * self.risk

    def gradient(self) -> Floats:
        """First derivative by the coefficients."""
        return np.asarray(self.matrix.T @ (self.sets.weight * self.sets.event - self.expected))

    def information(self, by_slot: Floats | None = None) -> Floats:
        """Negative second derivative (columns, columns), each slot counted ``by_slot`` times."""
        often = np.ones(self.sets.slots) if by_slot is None else by_slot
        expected = self.expected if by_slot is None else self._expected(self.hazard * often, self.spared * often)
        squares = self.matrix.T @ (self.matrix * expected[:, None])
        means = self.at_risk_total.T @ (self.hazard_mean * often[:, None])
        means -= self.event_total.T @ (self.spared_mean * often[:, None])
        return np.asarray(squares - (means + means.T) / 2)

    def score_residuals(self) -> Floats:
        """How each row, counted once, contributes to the gradient (rows, columns)."""
        dying, slot = self.sets.dying, self.sets.event_slot
        means = self.sets.while_at_risk(self.hazard_mean)
        means[dying] -= self.spared_mean[slot]
        means *= (self.risk / self.sets.weight)[:, None]
        means += self.matrix * (self.sets.event - self.expected / self.sets.weight)[:, None]
        means[dying] -= self.mean_at_events()[slot]
        return means

    def mean_at_events(self) -> Floats:
        """Mean covariates of the risk set at each slot, those of the steps of tied events averaged (slots, columns)."""
        weight = self.sets.of_steps(self.sets.step_weight)
        mean = self.hazard[:, None] * self.at_risk_total - self.spared[:, None] * self.event_total
        return np.divide(mean, weight[:, None], out=np.zeros_like(mean), where=weight[:, None] > 0)


def likelihood(sets: RiskSets, matrix: Floats, coefficients: Floats) -> Likelihood | None:
    """Partial likelihood of ``matrix`` (rows, columns) at some coefficients; None where it is beyond floating point."""
    predictor = matrix @ coefficients
    if not predictor.max() < HIGHEST:
        return None
    risk = sets.weight * np.exp(predictor)
    dying = sets.of_events(risk)
    at_risk = np.maximum(sets.at_risk(risk), dying)  # subtracting late entries may round below what is surely there
    total = at_risk[sets.step_slot] - sets.step_share * dying[sets.step_slot]
    if not (total > LEAST_TOTAL).all():
        return None
    value = float(sets.weight[sets.dying] @ predictor[sets.dying] - sets.step_weight @ np.log(total))
    hazard = sets.step_weight / total
    square = hazard / total
    once, twice = sets.step_share * square, sets.step_share**2 * square
    at_risk_total, event_total = np.empty((2, sets.slots, matrix.shape[1]))
    for column in range(matrix.shape[1]):
        weighted = risk * matrix[:, column]
        at_risk_total[:, column], event_total[:, column] = sets.at_risk(weighted), sets.of_events(weighted)
    variance, once, twice = sets.of_steps(square), sets.of_steps(once), sets.of_steps(twice)
    return Likelihood(
        sets,
        matrix,
        value,
        risk,
        sets.of_steps(hazard),
        sets.of_steps(hazard * sets.step_share),
        variance[:, None] * at_risk_total - once[:, None] * event_total,
        once[:, None] * at_risk_total - twice[:, None] * event_total,
        variance,
        at_risk_total,
        event_total,
    )


def standardise(sets: RiskSets, matrix: Floats, names: Sequence[str]) -> tuple[Floats, Floats, Floats]:
    """Return the columns with mean 0 in each stratum and spread 1, the means (strata, columns) and the spreads.

    Rows at risk at no event say nothing: they count for neither and are set to 0, so that no outlier costs digits.
    """
    used = sets.left > sets.entered
    size = np.maximum(np.bincount(sets.stratum[used], minlength=sets.bounds.size - 1), 1)
    mean = np.column_stack([np.bincount(sets.stratum[used], one[used], size.size) / size for one in matrix.T])
    centred = np.asfortranarray(matrix - (mean[sets.stratum] if size.size > 1 else mean))
    centred[~used] = 0.0
    largest = np.abs(centred).max(axis=0)
    flat = largest <= 1e-12 * np.abs(matrix).max(axis=0)
    if flat.any():
        where = "the same in everyone at risk" + (" of a stratum" if size.size > 1 else "")
        name = names[int(np.argmax(flat))]
        legal = "covariates that vary among those at risk"
        refuse("covariates", f"{name}, {where}", legal, fault="constant", columns=[name])
    refuse_extreme(largest, names)
    spread = largest * np.sqrt(((centred / largest) ** 2).sum(axis=0) / used.sum())
    return centred / spread, mean, spread


def refuse_extreme(largest: Floats, names: Sequence[str]) -> None:
    """Refuse a column whose ``largest`` value is too great or too small for its square to be a number."""
    strange = (largest < 1e-90) | (largest > 1e90)
    if strange.any():
        refuse(
            "covariates", f"{names[int(np.argmax(strange))]} in a unit of extreme size", "values between 1e-90 and 1e90"
        )


def maximise(sets: RiskSets, matrix: Floats, names: Sequence[str]) -> tuple[Floats, Likelihood, Likelihood]:
    """Return the coefficients of standardised columns, and the likelihood without effect and at its maximum.

    Raises
    ------
    StatisticsError
        As ``newton``.
    """
    return newton(partial(likelihood, sets, matrix), matrix, names, float(sets.step_weight.sum()), "Cox model")


def newton(
    likelihood: Callable[[Floats], Fitted | None], matrix: Floats, names: Sequence[str], events: float, model: str
) -> tuple[Floats, Fitted, Fitted]:
    """Maximise a likelihood of proportional hazards, of standardised columns, by Newton's method.

    A step that lowers the likelihood is halved; ``likelihood`` is None where it is beyond floating point.

    Raises
    ------
    StatisticsError
        Columns that are collinear among those at risk, or have no finite estimate: the message names them.
        ConvergenceError where the method does not come to an end.
    """
    coefficients = np.zeros(matrix.shape[1])
    null = current = likelihood(coefficients)
    if null is None or current is None:  # pragma: no cover
        raise AssertionError
    information = null.information()
    _refuse_dependent(information, events, names)
    scale = np.linalg.inv(np.linalg.cholesky(information)).T
    for _ in range(MOST_STEPS):
        values, vectors = np.linalg.eigh(scale.T @ information @ scale)
        if values[0] < LEAST_INFORMATION:
            _refuse_infinite(scale @ vectors[:, 0], coefficients, names)
        gradient = current.gradient()
        step = np.linalg.solve(information, gradient)
        size = np.sqrt(max(float(gradient @ step), 0.0))
        found = likelihood(coefficients + step)
        for _ in range(MOST_HALVINGS):
            if found is not None and found.value >= current.value - 1e-10 * abs(current.value):
                break
            step = step / 2
            found = likelihood(coefficients + step)
        if found is None:
            break  # every step leads beyond floating point
        coefficients, current = coefficients + step, found
        if size < TOLERANCE:
            return coefficients, null, current
        information = current.information()
    if np.abs(matrix @ coefficients).max() > HIGHEST / 6:
        _refuse_infinite(coefficients, coefficients, names)
    msg = f"{model} of {', '.join(names)}: no convergence in {MOST_STEPS} steps"
    raise ConvergenceError(msg)


def _refuse_dependent(information: Floats, events: float, names: Sequence[str]) -> None:
    """Refuse the first column that is constant in every risk set, or that those before it determine there."""
    variance = np.diag(information)
    flat = np.flatnonzero(variance < 1e-10 * events)
    if flat.size:
        refuse(
            "covariates",
            f"{names[flat[0]]}, the same in everyone at risk at each event",
            "covariates that vary among those at risk when an event happens",
            fault="constant",
            columns=[names[flat[0]]],
        )
    correlation = information / np.sqrt(np.outer(variance, variance))
    for place in range(1, len(names)):
        before = correlation[place, :place]
        if 1 - before @ np.linalg.solve(correlation[:place, :place], before) < 1e-10:
            refuse(
                "covariates",
                f"{names[place]}, which the columns before it determine among those at risk",
                "columns that are not collinear",
                fault="determined",
                columns=[names[place]],
            )


def _refuse_infinite(direction: Floats, coefficients: Floats, names: Sequence[str]) -> None:
    """Refuse columns along which the likelihood keeps rising (Bryson and Johnson 1981), or rises beyond reason."""
    found: Integers = np.flatnonzero(np.abs(direction) > 0.05 * np.abs(direction).max())
    ends = [f"{names[place]} ({'infinite' if coefficients[place] > 0 else '0'})" for place in found]
    refuse(
        "covariates",
        f"{', '.join(ends)}: no finite hazard ratio but that in brackets",
        _OVERLAPPING,
        fault="infinite",
        columns=[names[place] for place in found],
    )
