"""A time to an event in percent and in time: rates at landmarks, restricted means, and what separates the arms in each.

None of them needs hazards that are proportional.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lentap.results import Result, record
from lentap.show.format import duration
from lentap.show.record.followed import Followed
from lentap.show.record.timing import in_unit
from lentap.stats.landmark_rates import LandmarkRates, compare_landmark_rates
from lentap.stats.restricted_mean import RestrictedMeans, compare_restricted_means, longest_horizon

LONGEST = "longest common follow-up"
LANDMARK = 24.0  # months
SHOWN = (0.5, 1.0, 1.5)  # times the landmark at which rates are shown
STEPS = (6, 1)  # months, of which a landmark taken instead of one beyond follow-up is a multiple


@dataclass(frozen=True)
class Absolute:
    """Recorded numbers by arm and by landmark (in the endpoint's unit); differences are experimental minus control.

    ``landmark`` is the one to read, 0 where the arms are not followed to any. ``why`` says what cannot be shown, or
    what horizon was taken instead of the one asked for; ``moved`` says the same of the landmark.
    """

    rates: Mapping[float, Mapping[str, Result]] = field(default_factory=dict)
    rate_differences: Mapping[float, Mapping[str, Result]] = field(default_factory=dict)
    rate_ratios: Mapping[float, Mapping[str, Result]] = field(default_factory=dict)
    means: Mapping[str, Result] = field(default_factory=dict)
    mean_differences: Mapping[str, Result] = field(default_factory=dict)
    mean_ratios: Mapping[str, Result] = field(default_factory=dict)
    horizon: float = 0.0
    why: str = ""
    landmark: float = 0.0
    moved: str = ""


def record_absolute(name: str, group: Followed, *, horizon: float, landmark: float = LANDMARK) -> Absolute:
    """Record landmark rates and restricted means as ``name.landmark_rate``, ``name.restricted_mean`` and so on.

    Parameters
    ----------
    horizon
        Months up to which time counts; 0 for as long as all arms are followed.
    landmark
        Months at which rates are compared. Where arms are not followed together as long, the latest multiple of six
        months that they are followed to, or else of one.
    """
    if group.gap:
        return Absolute(why=group.gap)
    unit = group.endpoint.unit
    arms = {arm: group.pair(arm) for arm in group.treated}
    longest = min(longest_horizon(**pair.data, treated=pair.on(arm)) for arm, pair in arms.items())
    asked = in_unit(horizon, unit)
    taken = asked if 0 < asked <= longest else longest
    why = f"{duration(asked, unit)} were asked for; the arms are followed together to {duration(longest, unit)}"
    main, moved = _landmark(landmark, longest, unit)
    last = float(group.rows["time"].max())
    landmarks = [share * main for share in SHOWN if 0 < share * main <= last]
    rates = {
        at: {
            arm: compare_landmark_rates(
                **pair.data, treated=pair.on(arm), landmark=at, weights=pair.weights, level=group.level,
                interval=group.interval,
            )
            for arm, pair in arms.items()
        }
        for at in landmarks
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
        main,
        moved,
    )


def _landmark(months: float, longest: float, unit: str) -> tuple[float, str]:
    """The landmark to read, and why it is not the one asked for; ``longest`` and the landmark are in ``unit``."""
    if in_unit(months, unit) <= longest:
        return in_unit(months, unit), ""
    followed = longest / in_unit(1.0, unit)
    step = next((step for step in STEPS if step <= followed), 0)
    asked = f"{months:g} months were asked for; the arms are followed together to {duration(longest, unit)}"
    if not step:
        return 0.0, f"{asked}, too short for a landmark"
    taken = followed // step * step
    return in_unit(taken, unit), f"{asked}, so that {taken:g} months are taken"


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
    return duration(time, group.endpoint.unit)
