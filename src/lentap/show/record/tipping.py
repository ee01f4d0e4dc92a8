"""Which of those counted as without the outcome would have to have had it for the conclusion to change."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from lentap.results import Result, record
from lentap.show.record.comparison import Comparison
from lentap.show.record.every_method import counts
from lentap.sources import Source
from lentap.stats.estimate import Estimate
from lentap.stats.missing_outcomes import CONCLUSIONS, TippingPoints, tipping_points
from lentap.stats.proportions import risk_difference

FINEST = 25  # numbers of patients along either side of the map at most
BELOW, UNDECIDED, ABOVE = CONCLUSIONS


@dataclass(frozen=True, eq=False)
class Tipping:
    """An experimental arm against control, whoever counts as without the outcome taken for one who may have had it.

    ``points`` has a row for numbers of them in either arm; ``conclusion`` is that of the counts as they are. ``flips``
    is the fewest patients, all of one arm, that change it: of ``flipping``; not-a-number where none do. ``unknown`` are
    patients with an unknown outcome by arm, experimental first (None where that is not known), ``least`` and ``most``
    the differences they allow.
    """

    source: Source
    arm: str
    control: str
    without: tuple[int, int]
    points: TippingPoints
    conclusion: str
    flipping: str
    flips: Result
    unknown: tuple[int, int] | None
    least: Result | None = None
    most: Result | None = None


def record_tipping(
    name: str,
    comparisons: Sequence[Comparison],
    *,
    level: float,
    method: str,
    unknown: Mapping[str, int] | None = None,
) -> dict[str, Tipping]:
    """Map the conclusion on the risk difference over all who count as without the outcome, and record where it changes.

    Parameters
    ----------
    unknown
        Patients by arm of the loaded trial whose outcome is not known, where that is.

    Returns
    -------
    By kind of number and experimental arm.
    """
    return {
        f"{comparison.source} {arm}": _tipping(
            name, contrast.risk_difference, level, method, None if comparison.source == "published" else unknown
        )
        for comparison in comparisons
        for arm, contrast in comparison.contrasts.items()
    }


def _tipping(name: str, found: Result, level: float, method: str, unknown: Mapping[str, int] | None) -> Tipping:
    arm, control = found.labels["arm"], found.labels["control"]
    (events1, n1), (events0, n0) = counts(found.counts[arm]), counts(found.counts[control])
    about: dict[str, Any] = {"source": found.source, "counts": found.counts, **found.labels}
    difference = partial(_difference, (events1, n1, events0, n0), level=level, method=method)
    without = n1 - events1, n0 - events0
    may = min(without[0], n1 - 1), min(without[1], n0 - 1)  # of each arm one is taken as observed
    points = tipping_points(
        events1, n1 - may[0], may[0], events0, n0 - may[1], may[1], level=level, method=method, most=FINEST
    )
    conclusion = _conclusion(points.none)
    flipping, fewest = _fewest(difference, without, conclusion, (arm, control))
    flips = record(
        f"{name}.tipping_patients", fewest, scale="count", of=flipping,
        method="fewest patients of one arm, counted as without the outcome, who change the conclusion", **about,
    )  # fmt: skip
    pair = None if unknown is None else (unknown.get(arm, 0), unknown.get(control, 0))
    extremes = [] if pair is None else [difference(0, pair[1]), difference(pair[0], 0)]
    recorded = [
        record(f"{name}.tipping_{what}", one, scale="difference", null=0.0, **about)
        for what, one in zip(("least", "most"), extremes, strict=False)
    ]
    return Tipping(found.source, arm, control, without, points, conclusion, flipping, flips, pair, *recorded)


def _difference(cells: tuple[int, int, int, int], more1: int, more0: int, *, level: float, method: str) -> Estimate:
    """Risk difference if so many more of either arm had the outcome."""
    events1, n1, events0, n0 = cells
    return risk_difference(events1 + more1, n1, events0 + more0, n0, level=level, method=method)


def _fewest(
    difference: Callable[[int, int], Estimate], without: tuple[int, int], conclusion: str, arms: tuple[str, str]
) -> tuple[str, float]:
    """Arm and fewest patients of it that change the conclusion; of an undecided one, the arm that needs fewer."""
    options = []
    if conclusion != BELOW:
        options.append((arms[1], _least(lambda k: _conclusion(difference(0, k)) != conclusion, without[1])))
    if conclusion != ABOVE:
        options.append((arms[0], _least(lambda k: _conclusion(difference(k, 0)) != conclusion, without[0])))
    return min(options, key=lambda option: (option[1] != option[1], option[1]))


def _least(changed: Callable[[int], bool], most: int) -> float:
    """Least number from which on ``changed`` holds; not-a-number where it does for none up to ``most``."""
    if not changed(most):
        return float("nan")
    low, high = 0, most
    while high > low + 1:
        middle = (low + high) // 2
        low, high = (low, middle) if changed(middle) else (middle, high)
    return float(high)


def _conclusion(one: Estimate) -> str:
    return ABOVE if one.low > 0 else BELOW if one.high < 0 else UNDECIDED
