"""Immortal time: what goes wrong where subjects count as changed from the start because they change later."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lentap.stats.arguments import Floats, refuse
from lentap.stats.cox import cox
from lentap.stats.status_change import change_times, split_follow_up
from lentap.stats.survival import HazardRatio, cox_hazard_ratio
from lentap.stats.timing import time_varying_hazard_ratio
from lentap.stats.wald import WaldEstimate, wald_estimate


@dataclass(frozen=True)
class ImmortalTimeBias:
    """The naive comparison of ever against never changed beside the one with a time-varying status.

    ``bias`` is the naive hazard ratio over the time-varying one, below 1 where immortal time flatters the change; its
    interval takes both for estimates from the same subjects. ``misallocated`` is the person-time before the change
    that the naive comparison counts as changed, ``naive_person_time`` all that it counts so and ``person_time`` that of
    everybody.
    """

    naive: HazardRatio
    time_varying: HazardRatio
    bias: WaldEstimate
    misallocated: float
    naive_person_time: float
    person_time: float

    @property
    def log_bias(self) -> float:
        """Naive less time-varying log hazard ratio."""
        return float(np.log(self.bias.value))

    @property
    def share(self) -> float:
        """Share of the naive person-time of the changed that was before the change."""
        return self.misallocated / self.naive_person_time


def immortal_time_bias(
    time: ArrayLike, event: ArrayLike, change: ArrayLike, *, at_the_end: str = "changed", level: float = 0.95
) -> ImmortalTimeBias:
    """Bias of comparing those who ever change with those who never do, from the start of follow-up (Suissa 2008).

    The standard error of the log bias is from each subject's influence on both log hazard ratios (dfbeta).

    Parameters
    ----------
    time, event, change, at_the_end
        As in ``split_follow_up``.

    Returns
    -------
    ImmortalTimeBias
        The bias is not-a-number where one of the hazard ratios is not estimable, which then says so.

    Raises
    ------
    StatisticsError
        As ``mantel_byar``; everybody changes in the end, so that there is no naive comparison.
    """
    adjusted = time_varying_hazard_ratio(time, event, change, at_the_end=at_the_end, level=level)
    times, died = np.asarray(time, dtype=float), np.asarray(event, dtype=bool)
    when = change_times(change, times.size)
    ever = when <= times if at_the_end == "changed" else when < times
    if ever.all():
        refuse("change", "a time in every subject", "not-a-number in some, who never change")
    naive = cox_hazard_ratio(times, died, ever, level=level)
    before, whole = float(when[ever].sum()), float(times[ever].sum())
    error, unknown = np.nan, "one of the hazard ratios is not estimable"
    if np.isfinite([naive.value, adjusted.value]).all():
        split = split_follow_up(times, died, change, at_the_end=at_the_end).rows
        moved = _influence(times, died, ever) - np.bincount(
            split["subject"],
            _influence(split["time"], split["event"], split["changed"], split["entry"]),
            times.size,
        )
        error = float(np.sqrt((moved**2).sum()))
    method = "naive over time-varying hazard ratio, influence of each subject"
    bias = wald_estimate(naive.value / adjusted.value, error, method, level=level, scale="log", unknown=unknown)
    return ImmortalTimeBias(naive, adjusted, bias, before, whole, float(times.sum()))


def _influence(time: ArrayLike, event: ArrayLike, changed: ArrayLike, entry: ArrayLike | None = None) -> Floats:
    """How much each row moves the log hazard ratio."""
    return np.asarray(cox(time, event, pd.DataFrame({"changed": changed}), entry=entry).dfbeta()[:, 0])
