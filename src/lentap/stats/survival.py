"""Time to an event in groups: the curve, the test and the hazard ratio that every comparison starts from.

Curves and tests have modules of their own; their names are here for those who want all three.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from lentap.stats.arguments import choice, normal_quantile
from lentap.stats.estimate import Estimate
from lentap.stats.kaplan_meier import CURVE_INTERVALS, KaplanMeier, kaplan_meier
from lentap.stats.log_rank import LogRank, log_rank
from lentap.stats.partial_likelihood import comparable, efron
from lentap.stats.risk_sets import follow_up, groups, risk_table, two_arms

__all__ = [
    "CURVE_INTERVALS",
    "HazardRatio",
    "KaplanMeier",
    "LogRank",
    "cox_hazard_ratio",
    "cox_hazard_ratios",
    "kaplan_meier",
    "log_rank",
]


@dataclass(frozen=True)
class HazardRatio(Estimate):
    """Hazard ratio with its Wald interval and Wald ``p_value``; ``events`` and ``n`` are those of the whole model.

    Where the data hold no finite estimate (a group without events, or all its events before or after those of the
    others) all numbers are not-a-number and ``method`` says so.
    """

    p_value: float
    events: int
    n: int

    @classmethod
    def of_log(cls, log_ratio: float, error: float, method: str, *, level: float, events: int, n: int) -> Self:
        """Hazard ratio from its logarithm and the standard error of that, not-a-number where it is not estimable."""
        margin = normal_quantile(level) * error
        with np.errstate(over="ignore"):
            value, low, high = np.exp([log_ratio, log_ratio - margin, log_ratio + margin]).tolist()
        note = "" if np.isfinite(log_ratio) else "; not estimable: no event of one arm while the other was at risk"
        p_value = float(2 * norm.sf(abs(log_ratio / error)))
        return cls(value, low, high, level, method + note, p_value, events, n)


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
    time, event = follow_up(time, event)
    arm = two_arms(treated, time.size)
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
    normal_quantile(level)
    time, event = follow_up(time, event)
    names, code = groups("group", group, time.size)
    base = names.index(choice("reference", str(reference), names))
    deaths, at_risk = risk_table(time, event, code, len(names))
    linked = comparable(deaths, at_risk, base)
    log_ratio, error = np.full((2, len(names)), np.nan)
    log_ratio[linked], error[linked] = efron(
        deaths[:, linked], at_risk[:, linked], int(np.flatnonzero(linked == base)[0])
    )
    method, events, n = "Cox model, Efron ties, Wald", int(event.sum()), time.size
    return {
        name: HazardRatio.of_log(float(beta), float(se), method, level=level, events=events, n=n)
        for position, (name, beta, se) in enumerate(zip(names, log_ratio, error, strict=True))
        if position != base
    }
