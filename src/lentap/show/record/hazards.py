"""Whether one hazard ratio tells the comparison: tests of proportional hazards, ratios by period, weighted tests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from lentap.errors import StatisticsError
from lentap.results import Result, record
from lentap.show.record.followed import Followed
from lentap.show.record.reasons import plain_reason
from lentap.stats.arguments import normal_quantile
from lentap.stats.cox import CoxModel, cox
from lentap.stats.effect_over_time import EffectOverTime, effect_over_time
from lentap.stats.estimate import Estimate
from lentap.stats.kaplan_meier import kaplan_meier
from lentap.stats.log_rank import log_rank, max_combo
from lentap.stats.proportional_hazards import TRANSFORMS, proportional_hazards
from lentap.stats.smoothed_hazard import SmoothedHazard, smoothed_hazard
from lentap.stats.survival import HazardRatio, cox_hazard_ratio
from lentap.stats.wald import wald_estimate

FEW = 30  # events, below which no test of proportional hazards says much
STILL = 10  # patients at risk down to which a hazard is drawn
POINTS = 80
WEIGHTS = {
    (0.0, 0.0): "all events alike (log-rank)",
    (1.0, 0.0): "early events most",
    (0.0, 1.0): "late events most",
    (1.0, 1.0): "events in the middle most",
}


@dataclass(frozen=True)
class Period:
    """Follow-up after ``start`` up to ``end``: who is still followed counts, events within are events."""

    start: float
    end: float
    ratio: Result


@dataclass(frozen=True, eq=False)
class Hazards:
    """One experimental arm against control.

    ``tests`` holds the test of proportional hazards by transform of time; ``change`` is the later period's hazard ratio
    over the earlier one's; ``effect`` the log hazard ratio over time; ``weighted`` the z of each weighted test, and
    ``combo`` the test of the largest of them, with the weights ``chosen``. ``crossing`` is the last time at which the
    curves cross while ``STILL`` are at risk in both arms. ``why`` says why something is missing.
    """

    arm: str
    ratio: Result
    tests: Mapping[str, Result] = field(default_factory=dict)
    periods: tuple[Period, ...] = ()
    change: Result | None = None
    effect: EffectOverTime | None = None
    weighted: Mapping[tuple[float, float], Result] = field(default_factory=dict)
    combo: Result | None = None
    chosen: tuple[float, float] | None = None
    crossing: float | None = None
    why: str = ""

    @property
    def test(self) -> Result | None:
        """The test whose answer is read: over the transform that R takes by default."""
        return self.tests.get("km")


def record_hazards(name: str, group: Followed) -> dict[str, Hazards]:
    """Record what bears on proportional hazards, by experimental arm; nothing where there is a gap.

    Weights are ignored: the tests are of arms as they are.
    """
    return {} if group.gap else {arm: _hazards(name, group.pair(arm), arm) for arm in group.treated}


def record_proportional(name: str, group: Followed) -> dict[str, Result]:
    """Record the test of proportional hazards alone, by experimental arm where there is one."""
    found = {}
    for arm in [] if group.gap else group.treated:
        pair = group.pair(arm)
        try:
            found[arm] = _tests(name, pair, arm, _model(pair, arm), ("km",))["km"]
        except StatisticsError:
            continue
    return found


def hazards_by_arm(group: Followed, *, bandwidth: float) -> dict[str, SmoothedHazard]:
    """Smoothed hazard of each arm while enough are at risk; arms without an event until then are left out.

    Parameters
    ----------
    bandwidth
        In the endpoint's unit; 0 takes a fifth of what is drawn.
    """
    found = {}
    for arm in group.arms:
        here = group.on(arm)
        time, event = (values[here] for values in group.data.values())
        last = float(np.sort(time)[::-1][min(STILL, time.size) - 1])
        if last > 0 and event[time <= last].any():
            at, width = np.linspace(0, last, POINTS), bandwidth or last / 5
            found[arm] = smoothed_hazard(time, event, at=at, bandwidth=width, level=group.level)
    return found


def _hazards(name: str, pair: Followed, arm: str) -> Hazards:
    about = _about(pair, arm)
    ratio = cox_hazard_ratio(**pair.data, treated=pair.on(arm), level=pair.level)
    whole = _recorded_ratio(f"{name}.hazard_ratio", ratio, pair, arm)
    combo = max_combo(**pair.data, treated=pair.on(arm))
    tests = {weights: _weighted(name, pair, arm, weights, z) for weights, z in combo.z.items()}
    combined = record(
        f"{name}.max_combo", combo.statistic, scale="number", p_value=combo.p_value, method=combo.method, **about
    )
    chosen = combo.chosen if np.isfinite(combo.statistic) else None
    crossing = last_crossing(pair, arm)
    periods, change = _periods(name, pair, arm)
    try:
        model = _model(pair, arm)
        proportional = _tests(name, pair, arm, model, TRANSFORMS)
        effect = effect_over_time(model, level=pair.level)["treated"]
    except StatisticsError as error:
        return Hazards(arm, whole, {}, periods, change, None, tests, combined, chosen, crossing, plain_reason(error))
    return Hazards(arm, whole, proportional, periods, change, effect, tests, combined, chosen, crossing)


def _model(pair: Followed, arm: str) -> CoxModel:
    return cox(**pair.data, covariates=pd.DataFrame({"treated": pair.on(arm).astype(float)}), level=pair.level)


def _tests(name: str, pair: Followed, arm: str, model: CoxModel, transforms: tuple[str, ...]) -> dict[str, Result]:
    about, found = _about(pair, arm), {}
    for transform in transforms:
        try:
            test = proportional_hazards(model, transform=transform)
        except StatisticsError:  # the logarithm of an event at time 0
            continue
        row = test.table.loc["GLOBAL"]
        found[transform] = record(
            f"{name}.proportional_hazards", float(row["statistic"]), scale="number", p_value=float(row["p_value"]),
            method=f"{test.method}, chi-squared with 1 degree of freedom", transform=transform, **about,
        )  # fmt: skip
    return found


def _periods(name: str, pair: Followed, arm: str) -> tuple[tuple[Period, ...], Result | None]:
    """Ratios until half of the events have happened and after, and the later over the earlier."""
    time, event = pair.data.values()
    if int(event.sum()) < 4:
        return (), None
    cut, last = float(np.quantile(time[event], 0.5, method="inverted_cdf")), float(time.max())
    ratios = []
    for start, end in ((0.0, cut), (cut, last)):
        here = (time > start) if start else np.ones(time.size, dtype=bool)
        part = pair.where(here)
        if not part.treated or len(part.arms) < 2 or start == end:
            return (), None
        now = {"time": np.minimum(time[here], end), "event": event[here] & (time[here] <= end)}
        ratio = cox_hazard_ratio(**now, treated=part.on(arm), level=pair.level)
        counts = {
            one: f"{int((now['event'] & part.on(one)).sum())}/{int(part.on(one).sum())}" for one in (arm, pair.control)
        }
        words = f"{start:.3g} to {end:.3g} {pair.endpoint.unit}"
        recorded = _recorded_ratio(f"{name}.period_ratio", ratio, pair, arm, counts=counts, period=words)
        ratios.append((Period(start, end, recorded), ratio))
    logs = [(np.log(ratio.value), _error(ratio)) for _, ratio in ratios]
    change = wald_estimate(
        float(np.exp(logs[1][0] - logs[0][0])), float(np.hypot(logs[0][1], logs[1][1])),
        "ratio of the hazard ratios of two periods, log scale", level=pair.level, scale="log",
        unknown="a period has no finite hazard ratio",
    )  # fmt: skip
    found = record(
        f"{name}.change", change, scale="ratio", p_value=change.p_value, null=1.0,
        direction=f"above: the hazard ratio of {arm} rises over time", **_about(pair, arm),
    )  # fmt: skip
    return tuple(period for period, _ in ratios), found


def _error(ratio: Estimate) -> float:
    """Standard error of a log ratio, from its Wald interval."""
    return float(np.log(ratio.high / ratio.low) / 2 / normal_quantile(ratio.level))


def _weighted(name: str, pair: Followed, arm: str, weights: tuple[float, float], z: float) -> Result:
    rho, gamma = weights
    test = log_rank(**pair.data, group=pair.rows["arm"].astype(str), rho=rho, gamma=gamma)
    return record(
        f"{name}.weighted_test", z, scale="number", p_value=test.p_value, method=test.method, null=0.0,
        direction=f"above: more events than expected on {arm}", weights=f"{rho:g}, {gamma:g}", **_about(pair, arm),
    )  # fmt: skip


def last_crossing(pair: Followed, arm: str) -> float | None:
    """Last time at which the difference of the curves changes sign, while enough are at risk in both arms."""
    time, event = pair.data.values()
    here = pair.on(arm)
    one, other = (kaplan_meier(time[rows], event[rows]) for rows in (here, ~here))
    end = min(float(np.sort(time[rows])[::-1][min(STILL, int(rows.sum())) - 1]) for rows in (here, ~here))
    times = np.unique(time[event & (time <= end)])
    signs = np.sign(one.at(times) - other.at(times)) if times.size else np.empty(0)
    apart = signs != 0
    signs, times = signs[apart], times[apart]
    changes = np.flatnonzero(np.diff(signs))
    return float(times[changes[-1] + 1]) if changes.size else None


def _recorded_ratio(name: str, ratio: HazardRatio, pair: Followed, arm: str, **more: Any) -> Result:
    return record(
        name, ratio, scale="ratio", p_value=ratio.p_value, null=1.0,
        direction=f"above: events at a faster rate on {arm}", **({"counts": pair.counts()} | more), **_about(pair, arm),
    )  # fmt: skip


def _about(pair: Followed, arm: str) -> dict[str, Any]:
    return {"arm": arm, "control": pair.control, **pair.labels}
