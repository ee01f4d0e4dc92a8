"""A time to an event in percent and in time: rates at landmarks, restricted means, and what separates the arms in each.

None of them needs hazards that are proportional.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lentap.results import Result, record
from lentap.show.record.followed import Followed
from lentap.show.record.timing import in_unit
from lentap.show.survival import display_times
from lentap.stats.landmark_rates import LandmarkRates, compare_landmark_rates
from lentap.stats.restricted_mean import RestrictedMeans, compare_restricted_means, longest_horizon

LONGEST = "longest common follow-up"


@dataclass(frozen=True)
class Absolute:
    """Recorded numbers by arm and by landmark (in the endpoint's unit); differences are experimental minus control.

    ``why`` says what cannot be shown, or was taken instead of what was asked for.
    """

    rates: Mapping[float, Mapping[str, Result]] = field(default_factory=dict)
    rate_differences: Mapping[float, Mapping[str, Result]] = field(default_factory=dict)
    rate_ratios: Mapping[float, Mapping[str, Result]] = field(default_factory=dict)
    means: Mapping[str, Result] = field(default_factory=dict)
    mean_differences: Mapping[str, Result] = field(default_factory=dict)
    mean_ratios: Mapping[str, Result] = field(default_factory=dict)
    horizon: float = 0.0
    why: str = ""


def record_absolute(name: str, group: Followed, *, horizon: float) -> Absolute:
    """Record landmark rates and restricted means as ``name.landmark_rate``, ``name.restricted_mean`` and so on.

    Parameters
    ----------
    horizon
        Months up to which time counts; 0 for as long as all arms are followed.
    """
    if group.gap:
        return Absolute(why=group.gap)
    unit = group.endpoint.unit
    arms = {arm: group.pair(arm) for arm in group.treated}
    longest = min(longest_horizon(**pair.data, treated=pair.on(arm)) for arm, pair in arms.items())
    asked = in_unit(horizon, unit)
    taken = asked if 0 < asked <= longest else longest
    why = f"{asked:.4g} {unit} were asked for; the arms are followed together to {longest:.4g} {unit}"
    landmarks = display_times(float(group.rows["time"].max()), unit)[1:4]
    rates = {
        landmark: {
            arm: compare_landmark_rates(
                **pair.data, treated=pair.on(arm), landmark=landmark, weights=pair.weights, level=group.level,
                interval=group.interval,
            )
            for arm, pair in arms.items()
        }
        for landmark in landmarks
    }  # fmt: skip
    means = {
        arm: compare_restricted_means(
            **pair.data, treated=pair.on(arm), horizon=taken, weights=pair.weights, level=group.level
        )
        for arm, pair in arms.items()
    } if taken > 0 else {}  # fmt: skip
    by_arm, differences, ratios = _means(name, group, _at(group, taken) if horizon else LONGEST, means)
    return Absolute(
        {at: _rates(name, group, at, found) for at, found in rates.items()},
        {at: _rate_differences(name, group, at, found) for at, found in rates.items()},
        {at: _rate_ratios(name, group, at, found) for at, found in rates.items()},
        by_arm,
        differences,
        ratios,
        taken,
        why if asked > longest else "" if taken > 0 else "nobody is followed",
    )


def _rates(name: str, group: Followed, at: float, found: Mapping[str, LandmarkRates]) -> dict[str, Result]:
    control = next(iter(found.values())).control
    rates = {arm: one.treated for arm, one in found.items()} | {group.control: control}
    return {
        arm: record(
            f"{name}.landmark_rate", rate, scale="proportion", counts={arm: group.counts()[arm]}, arm=arm,
            landmark=_at(group, at), **group.labels,
        )
        for arm, rate in rates.items()
    }  # fmt: skip


def _rate_differences(name: str, group: Followed, at: float, found: Mapping[str, LandmarkRates]) -> dict[str, Result]:
    return {
        arm: record(
            f"{name}.landmark_difference", one.difference, scale="difference", p_value=one.p_value, null=0.0,
            method=f"{one.difference.method}, test on the {one.test} scale",
            direction=f"above: more event-free on {arm}",
            landmark=_at(group, at), **_against(group, arm),
        )
        for arm, one in found.items()
    }  # fmt: skip


def _rate_ratios(name: str, group: Followed, at: float, found: Mapping[str, LandmarkRates]) -> dict[str, Result]:
    return {
        arm: record(
            f"{name}.landmark_ratio", one.ratio, scale="ratio", null=1.0, direction=f"above: more event-free on {arm}",
            landmark=_at(group, at), **_against(group, arm),
        )
        for arm, one in found.items()
    }  # fmt: skip


def _means(
    name: str, group: Followed, horizon: str, found: Mapping[str, RestrictedMeans]
) -> tuple[dict[str, Result], dict[str, Result], dict[str, Result]]:
    if not found:
        return {}, {}, {}
    means = {arm: one.treated for arm, one in found.items()} | {group.control: next(iter(found.values())).control}
    at: dict[str, Any] = {"horizon": horizon}
    time: dict[str, Any] = {"scale": "time", "unit": group.endpoint.unit, **at}
    return (
        {
            arm: record(
                f"{name}.restricted_mean", mean, counts={arm: group.counts()[arm]}, arm=arm, **time, **group.labels
            )
            for arm, mean in means.items()
        },
        {
            arm: record(
                f"{name}.restricted_mean_difference", one.difference, p_value=one.difference.p_value, null=0.0,
                direction=f"above: more time on {arm}", **time, **_against(group, arm),
            )
            for arm, one in found.items()
        },
        {
            arm: record(
                f"{name}.restricted_mean_ratio", one.ratio, scale="ratio", p_value=one.ratio.p_value, null=1.0,
                direction=f"above: more time on {arm}", **at, **_against(group, arm),
            )
            for arm, one in found.items()
        },
    )  # fmt: skip


def _against(group: Followed, arm: str) -> dict[str, Any]:
    counts = group.counts()
    return {
        "counts": {arm: counts[arm], group.control: counts[group.control]},
        "arm": arm,
        "control": group.control,
        **group.labels,
    }


def _at(group: Followed, time: float) -> str:
    return f"{time:.4g} {group.endpoint.unit}"
