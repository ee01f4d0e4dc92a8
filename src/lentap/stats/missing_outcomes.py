"""Missing outcomes of two arms: which assumptions about them would change the conclusion on the risk difference."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from lentap.stats.arguments import Floats, choice, counts, floats, normal_quantile, numbers, real, refuse
from lentap.stats.estimate import Estimate
from lentap.stats.proportions import DIFFERENCE_METHODS, risk_difference

CONCLUSIONS = ("below", "undecided", "above")
_MOST = 1_000_000  # more pairs than there is time for


@dataclass(frozen=True, eq=False)
class TippingPoints:
    """Risk difference under every number of events among those whose outcome is missing.

    ``grid`` has a row a pair: events1 and events0 (among the missing of either arm), difference, low, high and
    conclusion: the interval lies "above" the margin, "below" it, or holds it ("undecided"). ``boundary`` has a row
    for each events1: the least and most events0 (``from``, ``to``) that keep the ``conclusion`` of those observed,
    missing where none does. ``observed``, ``least`` and ``most`` are the difference among those observed and its
    extremes: no event among the missing of arm 1 and only events in arm 0, and the reverse; ``none`` and ``all``
    take no or every missing outcome for an event.
    """

    observed: Estimate
    least: Estimate
    most: Estimate
    none: Estimate
    all: Estimate
    conclusion: str
    grid: pd.DataFrame
    boundary: pd.DataFrame

    @property
    def robust(self) -> bool:
        """Whether every assumption keeps the conclusion."""
        return bool((self.grid["conclusion"] == self.conclusion).all())


def tipping_points(
    events1: int,
    n1: int,
    missing1: int,
    events0: int,
    n0: int,
    missing0: int,
    *,
    margin: float = 0.0,
    level: float = 0.95,
    method: str = "newcombe",
    most: int | None = None,
) -> TippingPoints:
    """Tipping-point analysis of a risk difference, arm 1 minus arm 0 (Yan, Lee and Li 2009).

    Parameters
    ----------
    events1, n1, missing1
        Events among the ``n1`` observed of arm 1, and how many more have no outcome; likewise of arm 0.
    margin
        Difference the interval is compared with, such as minus a non-inferiority margin.
    level, method
        Of the interval, as in ``proportions.risk_difference``.
    most
        Numbers of events of either arm that the grid holds at most, evenly spread from none to all; by default each.

    Raises
    ------
    StatisticsError
        Illegal counts, an unknown method, a margin outside -1 to 1, or ``most`` below 2.
    """
    choice("method", method, DIFFERENCE_METHODS)
    if most is not None and most < 2:
        refuse("most", most, "a whole number of 2 or more")
    _check_margin(margin)
    (events1, n1), (events0, n0) = counts(events1, n1, "1"), counts(events0, n0, "0")
    more1, more0 = _missing(missing1, "1"), _missing(missing0, "0")

    def difference(among1: int, among0: int) -> Estimate:
        return risk_difference(events1 + among1, n1 + more1, events0 + among0, n0 + more0, level=level, method=method)

    observed = risk_difference(events1, n1, events0, n0, level=level, method=method)
    conclusion = _conclusion(observed.low, observed.high, margin)
    rows = []
    found: dict[tuple[int, int], Estimate] = {}
    for pair in product(_spread(more1, most), _spread(more0, most)):
        found[pair] = one = difference(*pair)
        rows.append((*pair, one.value, one.low, one.high, _conclusion(one.low, one.high, margin)))
    grid = pd.DataFrame(rows, columns=["events1", "events0", "difference", "low", "high", "conclusion"])
    kept = grid["events0"].where(grid["conclusion"] == conclusion).groupby(grid["events1"])
    boundary = pd.DataFrame({"from": kept.min(), "to": kept.max()}).astype("Int64").reset_index()
    return TippingPoints(
        observed,
        found[0, more0],
        found[more1, 0],
        found[0, 0],
        found[more1, more0],
        conclusion,
        grid,
        boundary,
    )


def delta_adjusted_differences(
    events1: int,
    n1: int,
    missing1: int,
    events0: int,
    n0: int,
    missing0: int,
    *,
    delta1: ArrayLike = 0.0,
    delta0: ArrayLike = 0.0,
    margin: float = 0.0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Risk difference if the log odds of an event among the missing differ by delta from those of the observed.

    The pattern-mixture model of Higgins, White and Wood (2008), whose informative missingness odds ratio is exp(delta);
    0 is missing at random. Wald interval by the delta method: observed risk and share of missing are both estimated,
    delta is known.

    Parameters
    ----------
    events1, n1, missing1, events0, n0, missing0, margin
        As in ``tipping_points``.
    delta1, delta0
        One or more deltas of each arm.

    Returns
    -------
    pandas.DataFrame
        A row a pair of deltas: delta1, delta0, difference, error, low, high, conclusion. Limits are not-a-number where
        nobody or everybody observed of an arm had the event.

    Raises
    ------
    StatisticsError
        As ``tipping_points``; a delta that is not finite.
    """
    z = normal_quantile(level)
    _check_margin(margin)
    (events1, n1), (events0, n0) = counts(events1, n1, "1"), counts(events0, n0, "0")
    deltas = [
        numbers(name, np.atleast_1d(floats(name, delta, "finite numbers")))
        for name, delta in (("delta1", delta1), ("delta0", delta0))
    ]
    risk1, variance1 = _mixed_risk(events1, n1, _missing(missing1, "1"), deltas[0])
    risk0, variance0 = _mixed_risk(events0, n0, _missing(missing0, "0"), deltas[1])
    difference = np.subtract.outer(risk1, risk0).ravel()
    error = np.sqrt(np.add.outer(variance1, variance0).ravel())
    table = pd.DataFrame(product(*(delta.tolist() for delta in deltas)), columns=["delta1", "delta0"])
    table = table.assign(difference=difference, error=error, low=difference - z * error, high=difference + z * error)
    table["conclusion"] = [
        _conclusion(low, high, margin) for low, high in zip(table["low"], table["high"], strict=True)
    ]
    return table


def _mixed_risk(events: int, n: int, missing: int, delta: Floats) -> tuple[Floats, Floats]:
    """Risk of observed and missing together, and its variance; not-a-number where no observed risk is estimable."""
    p, share = events / n, missing / (n + missing)
    among = expit(logit(p) + delta)
    slope = 1 - share + share * among * (1 - among) / (p * (1 - p) if 0 < events < n else np.nan)
    variance = slope**2 * p * (1 - p) / n + (among - p) ** 2 * share * (1 - share) / (n + missing)
    return (1 - share) * p + share * among, np.where(0 < events < n, variance, np.nan)


def _check_margin(margin: float) -> None:
    if not -1 <= real(margin) <= 1:
        refuse("margin", margin, "a difference from -1 to 1")


def _missing(found: int, suffix: str) -> int:
    if not real(found).is_integer() or not 0 <= found <= _MOST:
        refuse(f"missing{suffix}", found, f"a whole number from 0 to {_MOST}")
    return int(found)


def _spread(missing: int, most: int | None) -> list[int]:
    """Numbers of events among the missing: each, or ``most`` from none to all."""
    if most is None or missing < most:
        return list(range(missing + 1))
    return [int(number) for number in np.linspace(0, missing, most).round()]


def _conclusion(low: float, high: float, margin: float) -> str:
    return CONCLUSIONS[2] if low > margin else CONCLUSIONS[0] if high < margin else CONCLUSIONS[1]
