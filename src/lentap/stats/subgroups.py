"""Effects in subgroups: the effect in each, and whether they differ, in size or in direction."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import binom, chi2

from lentap.stats.adjusted_risks import arms
from lentap.stats.arguments import Floats, choice, labels, normal_quantile, numbers, refuse

MEASURES = ("risk-difference", "risk-ratio", "odds-ratio")


@dataclass(frozen=True)
class Interaction:
    """Cochran's test that all subgroups have one effect, and I-squared, the share of variation beyond chance."""

    statistic: float
    df: int
    p_value: float
    i_squared: float


@dataclass(frozen=True)
class QualitativeInteraction:
    """Gail and Simon's test that no subgroups have effects in opposite directions.

    ``positive`` and ``negative`` are the sums of squared z of the subgroups with effects on either side;
    ``statistic`` is the smaller. ``p_positive`` tests that no effect is above 0, ``p_negative`` that none is below.
    """

    statistic: float
    p_value: float
    positive: float
    negative: float
    p_positive: float
    p_negative: float


def subgroup_effects(
    outcome: ArrayLike, treated: ArrayLike, subgroup: object, *, measure: str = "risk-difference", level: float = 0.95
) -> pd.DataFrame:
    """Effect of treatment in each subgroup, with the standard error that interaction tests and shrinkage need.

    Parameters
    ----------
    outcome, treated
        True or 1, false or 0, of each subject.
    subgroup
        Label of each subject's subgroup.
    measure
        One of ``MEASURES``; ratios have their ``error`` on the log scale.

    Returns
    -------
    pandas.DataFrame
        A row a subgroup: subgroup, events1, n1, events0, n0, effect (risk difference, or the log of a ratio), error,
        value, low, high (Wald limits; ratios not as logs). Not-a-number where the data give no finite effect and
        error: an arm is empty, or had the outcome in nobody or everybody (a ratio of risks allows everybody).

    Raises
    ------
    StatisticsError
        Values other than 0 and 1, arrays of different length, a missing subgroup, or an unknown measure.
    """
    choice("measure", measure, MEASURES)
    z = normal_quantile(level)
    arm, event = arms(treated, outcome)
    names, code = labels("subgroup", subgroup, arm.size)
    n1, events1, n0, events0 = (
        np.bincount(code[rows], minlength=len(names)).astype(float) for rows in (arm, arm & event, ~arm, ~arm & event)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        p1, p0 = events1 / n1, events0 / n0
        match measure:
            case "risk-difference":
                effect, variance = p1 - p0, p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0
                sound = (p1 * (1 - p1) > 0) & (p0 * (1 - p0) > 0)
            case "risk-ratio":
                effect, variance = np.log(p1 / p0), (1 - p1) / events1 + (1 - p0) / events0
                sound = (events1 > 0) & (events0 > 0) & (variance > 0)
            case _:
                effect = np.log(p1 / (1 - p1)) - np.log(p0 / (1 - p0))
                variance = 1 / events1 + 1 / (n1 - events1) + 1 / events0 + 1 / (n0 - events0)
                sound = np.isfinite(variance)
        error = np.where(sound, np.sqrt(variance), np.nan)
        if measure != "risk-difference":
            effect = np.where(sound, effect, np.nan)
        limits = effect, effect - z * error, effect + z * error
        value, low, high = limits if measure == "risk-difference" else np.exp(limits)
    table = pd.DataFrame({"subgroup": pd.Categorical(names, categories=names)})
    for name, count in (("events1", events1), ("n1", n1), ("events0", events0), ("n0", n0)):
        table[name] = count.astype(int)
    return table.assign(effect=effect, error=error, value=value, low=low, high=high)


def interaction(effects: ArrayLike, errors: ArrayLike) -> Interaction:
    """Test of treatment-by-subgroup interaction: Cochran's (1954) Q of effects weighted by their precision.

    Parameters
    ----------
    effects, errors
        Effect of each subgroup on an additive scale (differences, logs of ratios) and its standard error, above 0; the
        subgroups do not overlap.

    Raises
    ------
    StatisticsError
        Fewer than two effects, or effects or errors that are missing, infinite or, of errors, not above 0.
    """
    effect, error = effects_and_errors(effects, errors)
    weight = 1 / error**2
    statistic = float((weight * (effect - (weight @ effect) / weight.sum()) ** 2).sum())
    df = effect.size - 1
    share = max(0.0, 1 - df / statistic) if statistic > 0 else 0.0
    return Interaction(statistic, df, float(chi2.sf(statistic, df)), share)


def qualitative_interaction(effects: ArrayLike, errors: ArrayLike) -> QualitativeInteraction:
    """Test of qualitative interaction by the likelihood ratio of Gail and Simon (1985).

    Parameters
    ----------
    effects, errors
        As in ``interaction``.

    Raises
    ------
    StatisticsError
        As ``interaction``.
    """
    effect, error = effects_and_errors(effects, errors)
    squared = (effect / error) ** 2
    positive, negative = (float(squared[side].sum()) for side in (effect > 0, effect < 0))
    return QualitativeInteraction(
        min(positive, negative),
        _mixed_tail(min(positive, negative), effect.size - 1),
        positive,
        negative,
        _mixed_tail(positive, effect.size),
        _mixed_tail(negative, effect.size),
    )


def effects_and_errors(effects: ArrayLike, errors: ArrayLike) -> tuple[Floats, Floats]:
    """Return two effects or more with as many standard errors above 0."""
    effect = numbers("effects", effects, "finite effects (leave subgroups without one out)")
    error = numbers("errors", errors, "finite standard errors above 0")
    if effect.size < 2:
        refuse("effects", f"array of {effect.size}", "two effects or more")
    if error.size != effect.size:
        refuse("errors", f"array of {error.size}", f"as long as effects ({effect.size})")
    if (error < 1e-50).any():  # the squares of smaller ones have no reciprocal
        refuse("errors", error[error < 1e-50][0].item(), "finite standard errors above 0, of 1e-50 or more")
    return effect, error


def _mixed_tail(statistic: float, groups: int) -> float:
    """Tail of the sum of squares of those of ``groups`` normal numbers that are positive; 1 where it is 0."""
    if statistic <= 0:
        return 1.0
    number = np.arange(1, groups + 1)
    return float((binom.pmf(number, groups, 0.5) * chi2.sf(statistic, number)).sum())
