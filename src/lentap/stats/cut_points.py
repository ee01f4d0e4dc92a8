"""Cut-points of a marker chosen by the data, and how much of their accuracy is owed to the choice."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from lentap.stats.arguments import Bools, Floats, Integers, choice, normal_quantile, real, refuse
from lentap.stats.estimate import Estimate
from lentap.stats.proportions import proportion
from lentap.stats.resampling import bootstrap_counts
from lentap.stats.roc import marker_of, roc_curve

RULES = ("youden", "closest", "sensitivity")


@dataclass(frozen=True)
class CutPoint:
    """A cut-point: positive is a marker of ``threshold`` or more (or less, where "lower" speaks for disease).

    ``sensitivity`` and ``specificity`` are apparent: of the subjects the cut-point was chosen in, whose intervals do
    not know that it was. ``corrected_sensitivity``, ``corrected_specificity`` and ``corrected_youden`` have the
    optimism taken off; ``threshold_low`` and ``threshold_high`` say where bootstrap samples put the cut-point. All five
    are not-a-number without a bootstrap.
    """

    threshold: float
    sensitivity: Estimate
    specificity: Estimate
    youden: float
    corrected_sensitivity: float
    corrected_specificity: float
    corrected_youden: float
    threshold_low: float
    threshold_high: float
    replicates: int
    method: str


def cut_point(
    marker: ArrayLike,
    disease: ArrayLike,
    *,
    rule: str = "youden",
    target: float = 0.9,
    direction: str = "higher",
    level: float = 0.95,
    replicates: int = 2000,
    seed: int = 1,
) -> CutPoint:
    """Choose a cut-point, and correct its accuracy for the choice by the bootstrap (Harrell, Lee and Mark 1996).

    In each replicate, drawn within the diseased and within the healthy, the cut-point is chosen anew; its accuracy
    there minus its accuracy in the subjects themselves is the optimism, whose mean is taken off.

    Parameters
    ----------
    marker, disease, direction
        As in ``roc.roc_curve``.
    rule
        "youden": most sensitivity plus specificity (Youden 1950); "closest": least distance to a perfect test (Perkins
        and Schisterman 2006); "sensitivity": most specificity with a sensitivity of ``target`` or more. Of equal
        cut-points the one with fewer positives.
    target
        Above 0 and no more than 1; for the rule "sensitivity" only.
    level
        Of Wilson's intervals, and of the percentiles of the threshold.
    replicates, seed
        Of the bootstrap; without replicates (0) nothing is corrected.

    Raises
    ------
    StatisticsError
        As ``roc.roc_curve``; an unknown rule, an illegal target, or too few replicates for the level.
    """
    choice("rule", rule, RULES)
    normal_quantile(level)
    if not 0 < real(target) <= 1:
        refuse("target", target, "a sensitivity above 0 and no more than 1")
    curve = roc_curve(marker, disease, direction=direction)
    place = int(_chosen(curve.sensitivity[None], curve.specificity[None], rule, target)[0])
    sensitivity = proportion(int(curve.true_positives[place]), curve.diseased, level=level)
    specificity = proportion(curve.healthy - int(curve.false_positives[place]), curve.healthy, level=level)
    youden = sensitivity.value + specificity.value - 1
    words = {"youden": "Youden", "closest": "closest to a perfect test"}.get(rule, f"sensitivity {target:g} or more")
    found = CutPoint(
        float(curve.threshold[place]),
        sensitivity,
        specificity,
        youden,
        corrected_sensitivity=float("nan"),
        corrected_specificity=float("nan"),
        corrected_youden=float("nan"),
        threshold_low=float("nan"),
        threshold_high=float("nan"),
        replicates=replicates,
        method=words,
    )
    if real(replicates) == 0:
        return found
    values, ill = marker_of(marker, disease, direction)
    optimism, places = [], []
    for counts in bootstrap_counts(ill.size, replicates, seed, strata=ill.astype(np.intp), level=level):
        one, chosen = resampled_optimism(values, ill, counts, rule=rule, target=target)
        optimism.append(one)
        places.append(chosen)
    return without_optimism(found, np.vstack(optimism), curve.threshold[np.concatenate(places)], level)


def without_optimism(apparent: CutPoint, optimism: Floats, thresholds: Floats, level: float) -> CutPoint:
    """Take the mean optimism (replicates, 2) off sensitivity and specificity, and say where the cut-points lay."""
    sensitivity, specificity = (
        estimate.value - lost
        for estimate, lost in zip((apparent.sensitivity, apparent.specificity), optimism.mean(axis=0), strict=True)
    )
    # Percentiles without interpolation: a cut-point is a marker that occurs, or beyond all of them.
    low, high = np.quantile(thresholds, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    return replace(
        apparent,
        corrected_sensitivity=float(sensitivity),
        corrected_specificity=float(specificity),
        corrected_youden=float(sensitivity + specificity - 1),
        threshold_low=float(low),
        threshold_high=float(high),
        replicates=len(optimism),
        method=f"{apparent.method}, optimism of {len(optimism)} bootstrap samples taken off",
    )


def resampled_optimism(
    values: Floats, ill: Bools, counts: Floats, *, rule: str, target: float = 0.9
) -> tuple[Floats, Integers]:
    """Optimism of sensitivity and specificity in each replicate, and the place of its cut-point in the ROC curve.

    Parameters
    ----------
    values, ill
        Marker whose higher values speak for disease, and who is diseased, (n).
    counts
        How often each subject counts in each replicate, (replicates, n); in both groups at least one does.
    """
    order = np.argsort(-values, kind="stable")
    last_of_ties = np.append(np.diff(values[order]) != 0, True)

    def accuracy(weights: Floats) -> tuple[Floats, Floats]:
        shares = []
        for group in (ill[order], ~ill[order]):
            cumulated = np.cumsum(weights[:, order] * group, axis=1)[:, last_of_ties]
            shares.append(np.insert(cumulated / cumulated[:, -1:], 0, 0.0, axis=1))
        return shares[0], 1 - shares[1]

    there = accuracy(counts)
    here = accuracy(np.ones((1, ill.size)))
    places = _chosen(*there, rule, target)
    rows = np.arange(len(counts))
    optimism = [one[rows, places] - other[0, places] for one, other in zip(there, here, strict=True)]
    return np.column_stack(optimism), places


def _chosen(sensitivity: Floats, specificity: Floats, rule: str, target: float) -> Integers:
    """Place of the cut-point in each row of curves; of equal ones the first, which has the fewest positives.

    Rounded, because sums of equal shares differ in the last digit.
    """
    match rule:
        case "youden":
            merit = sensitivity + specificity
        case "closest":
            merit = -((1 - sensitivity) ** 2) - (1 - specificity) ** 2
        case _:
            merit = np.minimum(sensitivity, target)
    return np.asarray(np.argmax(np.round(merit, 12), axis=1), dtype=np.intp)
