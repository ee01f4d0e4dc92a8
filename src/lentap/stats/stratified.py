"""Two groups compared within strata: Cochran-Mantel-Haenszel test, common odds ratio, and whether it is common."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf, nan, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2

from lentap.stats.arguments import Floats, choice, normal_quantile
from lentap.stats.estimate import Estimate
from lentap.stats.strata import Strata, strata


@dataclass(frozen=True)
class ChiSquared:
    """A chi-squared test; not-a-number where the data say nothing, and ``method`` then says why."""

    statistic: float
    df: int
    p_value: float
    method: str


def cochran_mantel_haenszel(
    events1: ArrayLike, n1: ArrayLike, events0: ArrayLike, n0: ArrayLike, *, continuity_correction: bool = False
) -> ChiSquared:
    """Cochran-Mantel-Haenszel test of no association in any stratum (Mantel and Haenszel 1959).

    Parameters
    ----------
    events1, n1, events0, n0
        Events and patients of group 1 and group 0, one whole number a stratum; a stratum without patients in one of
        the groups is left out.
    continuity_correction
        Bring events nearer to what is expected by one half, as R does by default; SAS does not.

    Returns
    -------
    ChiSquared
        On one degree of freedom; not-a-number where in every stratum all or none had the event.

    Raises
    ------
    StatisticsError
        Counts that are not whole numbers with 0 <= events <= n, arrays of different lengths, or no stratum with
        patients of both groups.
    """
    data = strata(events1, n1, events0, n0)
    excess, variance = abs(float((data.events1 - data.expected1).sum())), float(data.variance.sum())
    method = f"Cochran-Mantel-Haenszel{', continuity-corrected' if continuity_correction else ''}"
    if continuity_correction and excess >= 0.5:  # a smaller excess stays as it is, as in R
        excess -= 0.5
    return _chi_squared(excess**2 / variance if variance else nan, 1, method)


def mantel_haenszel_odds_ratio(
    events1: ArrayLike, n1: ArrayLike, events0: ArrayLike, n0: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """Odds ratio common to all strata, group 1 over group 0 (Mantel and Haenszel 1959).

    The interval is normal on the log scale with the variance of Robins, Breslow and Greenland (1986). Where the
    estimate is 0 or infinite there is no such variance and the interval is unbounded: ``exact_odds_ratio`` bounds it.

    Parameters
    ----------
    events1, n1, events0, n0
        As in ``cochran_mantel_haenszel``.

    Raises
    ------
    StatisticsError
        As ``cochran_mantel_haenszel``.
    """
    z = normal_quantile(level)
    data = strata(events1, n1, events0, n0)
    alike = (data.events1 + data.n0 - data.events0) / data.n
    for_one, against = _discordance(data)
    above, below = for_one.sum(), against.sum()
    method = "Mantel-Haenszel odds ratio, Robins-Breslow-Greenland interval"
    if not (above and below):
        value = nan if above == below else inf if above else 0.0
        return Estimate(value, 0.0, inf, level, f"{method}; unbounded: a group without events or non-events")
    margin = z * sqrt(
        (alike * for_one).sum() / (2 * above**2)
        + (alike * against + (1 - alike) * for_one).sum() / (2 * above * below)
        + ((1 - alike) * against).sum() / (2 * below**2)
    )
    value = float(above / below)
    return Estimate(value, value * exp(-margin), value * exp(margin), level, method)


def odds_ratio_homogeneity(
    events1: ArrayLike, n1: ArrayLike, events0: ArrayLike, n0: ArrayLike, *, method: str = "tarone"
) -> ChiSquared:
    """Test that the odds ratio is the same in all strata.

    ``breslow-day`` (1980) compares events with those expected under the Mantel-Haenszel odds ratio; ``tarone`` (1985)
    is the same with the correction that makes it chi-squared. ``woolf`` (1955) compares log odds ratios; if any cell
    is empty, one half is added to all cells of all strata, as in R's vcd (its example of mantelhaen.test always adds).

    Parameters
    ----------
    events1, n1, events0, n0
        As in ``cochran_mantel_haenszel``. A stratum where all or none had the event says nothing and is left out.

    Returns
    -------
    ChiSquared
        Degrees of freedom are the strata that say something less one; not-a-number where there are fewer than two, or
        where the Mantel-Haenszel odds ratio is 0 or infinite.

    Raises
    ------
    StatisticsError
        As ``cochran_mantel_haenszel``; ``method`` is not in ``HOMOGENEITY_METHODS``.
    """
    choice("method", method, HOMOGENEITY_METHODS)
    data = strata(events1, n1, events0, n0)
    data = data.where(data.mixed)
    df = max(data.n.size - 1, 0)
    return _chi_squared(_HOMOGENEITY[method](data) if df else nan, df, _HOMOGENEITY_LABELS[method])


def _chi_squared(statistic: float, df: int, method: str) -> ChiSquared:
    if np.isnan(statistic):
        return ChiSquared(nan, df, nan, f"{method}; not estimable: too few strata or groups with events and non-events")
    return ChiSquared(float(statistic), df, float(chi2.sf(statistic, df)), method)


def _discordance(data: Strata) -> tuple[Floats, Floats]:
    """Pairs, a patient of each group, in which only group 1's had the event and in which only group 0's; over n."""
    return data.events1 * (data.n0 - data.events0) / data.n, data.events0 * (data.n1 - data.events1) / data.n


def _woolf(data: Strata) -> float:
    cells = np.array([data.events1, data.n1 - data.events1, data.events0, data.n0 - data.events0])
    cells += 0.0 if cells.all() else 0.5
    log_ratio, weight = np.log(cells[0] * cells[3] / (cells[1] * cells[2])), 1 / (1 / cells).sum(axis=0)
    return float((weight * (log_ratio - np.average(log_ratio, weights=weight)) ** 2).sum())


def _breslow_day(data: Strata) -> float:
    excess, variance = _expected_under_common_ratio(data)
    return float((excess**2 / variance).sum())


def _tarone(data: Strata) -> float:
    excess, variance = _expected_under_common_ratio(data)
    return float((excess**2 / variance).sum() - excess.sum() ** 2 / variance.sum())


def _expected_under_common_ratio(data: Strata) -> tuple[Floats, Floats]:
    """Excess of events in group 1 over those expected under the common odds ratio, and its variance; nan if none."""
    above, below = (part.sum() for part in _discordance(data))
    if not (above and below):
        return np.full(data.n.size, nan), np.full(data.n.size, nan)
    ratio = above / below
    linear = data.n0 - data.events + ratio * (data.n1 + data.events)
    constant = ratio * data.n1 * data.events
    expected1 = 2 * constant / (linear + np.sqrt(linear**2 + 4 * (1 - ratio) * constant))
    cells = [expected1, data.n1 - expected1, data.events - expected1, data.n0 - data.events + expected1]
    return data.events1 - expected1, 1 / sum(1 / cell for cell in cells)


_HOMOGENEITY: dict[str, Callable[[Strata], float]] = {"tarone": _tarone, "breslow-day": _breslow_day, "woolf": _woolf}
_HOMOGENEITY_LABELS = {
    "tarone": "Breslow-Day with Tarone's correction",
    "breslow-day": "Breslow-Day",
    "woolf": "Woolf",
}
HOMOGENEITY_METHODS = tuple(_HOMOGENEITY)
