"""Smoothed hazard: the rate of events over time, from the steps of the Nelson-Aalen estimate."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lentap.stats.arguments import Floats, normal_quantile, numbers, real, refuse
from lentap.stats.risk_sets import follow_up


@dataclass(frozen=True, eq=False)
class SmoothedHazard:
    """Rate of events per unit of ``time`` with pointwise limits, symmetric on the log scale; all of one length."""

    time: Floats
    hazard: Floats
    low: Floats
    high: Floats
    bandwidth: float
    level: float
    method: str


def smoothed_hazard(
    time: ArrayLike, event: ArrayLike, *, at: ArrayLike, bandwidth: float, level: float = 0.95
) -> SmoothedHazard:
    """Kernel estimate of the hazard (Ramlau-Hansen 1983) with Epanechnikov's kernel.

    Near time 0 and near the last follow-up the kernel is divided by its share inside, so that the rate is not drawn
    down to 0 there. The variance is that of the Nelson-Aalen steps, ties counted as in Aalen's estimate.

    Parameters
    ----------
    time, event
        As in ``kaplan_meier``.
    at
        Times at which the hazard is wanted, from 0 to the last follow-up.
    bandwidth
        Half the width of the kernel, above 0: events further away do not count.

    Returns
    -------
    SmoothedHazard
        Limits are not-a-number where no event is within the bandwidth, and the hazard is 0.

    Raises
    ------
    StatisticsError
        As ``kaplan_meier``; times outside the follow-up, or a bandwidth of 0 or less.
    """
    z = normal_quantile(level)
    times, events = follow_up(time, event)
    wanted, last = numbers("at", at), float(times.max())
    if (wanted < 0).any() or (wanted > last).any():
        refuse("at", wanted[(wanted < 0) | (wanted > last)][0].item(), f"from 0 to the last follow-up, {last:g}")
    if not 0 < real(bandwidth) < np.inf:
        refuse("bandwidth", bandwidth, "a finite number above 0")
    died, count = np.unique(times[events], return_counts=True)
    step = count / (times.size - np.searchsorted(np.sort(times), died))
    inside = _up_to((last - wanted) / bandwidth) - _up_to(-wanted / bandwidth)
    kernel = _kernel((wanted[:, None] - died) / bandwidth) / (bandwidth * inside[:, None])
    hazard = kernel @ step
    with np.errstate(divide="ignore", invalid="ignore"):
        margin = np.exp(z * np.sqrt(kernel**2 @ (step**2 / count)) / hazard)
        low, high = hazard / margin, hazard * margin
    method = f"kernel-smoothed Nelson-Aalen, Epanechnikov, bandwidth {bandwidth:.3g}"
    return SmoothedHazard(wanted, hazard, low, high, float(bandwidth), level, method)


def _kernel(distance: Floats) -> Floats:
    return np.asarray(np.where(np.abs(distance) < 1, 0.75 * (1 - distance**2), 0.0))


def _up_to(distance: Floats) -> Floats:
    """Share of the kernel below a distance."""
    u = np.clip(distance, -1, 1)
    return np.asarray(0.5 + 0.75 * (u - u**3 / 3))
