"""Every interval and every test of two proportions on the same counts, and whether they agree about no difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lentap.results import Result, record
from lentap.show.record.comparison import Comparison
from lentap.sources import Source
from lentap.stats.estimate import Estimate
from lentap.stats.exact_strata import exact_odds_ratio
from lentap.stats.exact_tests import BOSCHLOO_RULES, boschloo_exact
from lentap.stats.proportions import (
    DIFFERENCE_METHODS,
    PROPORTION_METHODS,
    RATIO_METHODS,
    fisher_exact,
    odds_ratio,
    proportion,
    risk_difference,
    risk_ratio,
)
from lentap.stats.stratified import cochran_mantel_haenszel

MOST_EXACT = 2_000  # patients up to whom Boschloo's test is run; beyond, no test differs from another
NULL = {"Risk difference (points)": 0.0, "Risk ratio": 1.0, "Odds ratio": 1.0}


@dataclass(frozen=True, eq=False)
class EveryMethod:
    """An experimental arm against control by every method: intervals by quantity, p-values by test.

    ``excluding`` and ``including`` name the intervals that do and do not exclude no difference, ``rejecting`` and
    ``keeping`` the tests likewise, at 1 minus ``level``.
    """

    source: Source
    arm: str
    control: str
    level: float
    rates: Mapping[str, list[Estimate]]
    intervals: Mapping[str, list[Estimate]]
    tests: Mapping[str, float]

    def _apart(self, excluding: bool) -> list[str]:
        return [
            f"{quantity.removesuffix(' (points)').lower()}, {one.method}"
            for quantity, estimates in self.intervals.items()
            for one in estimates
            if (one.low > NULL[quantity] or one.high < NULL[quantity]) == excluding
        ]

    @property
    def excluding(self) -> list[str]:
        return self._apart(True)

    @property
    def including(self) -> list[str]:
        return self._apart(False)

    @property
    def rejecting(self) -> list[str]:
        return [test for test, p in self.tests.items() if p < 1 - self.level]

    @property
    def keeping(self) -> list[str]:
        return [test for test in self.tests if test not in self.rejecting]


def record_every_method(name: str, comparisons: Sequence[Comparison], *, level: float) -> list[EveryMethod]:
    """Compute every interval and test for each experimental arm, and record how many exclude no difference."""
    return [
        _every_method(name, comparison.source, contrast.risk_difference, level)
        for comparison in comparisons
        for contrast in comparison.contrasts.values()
    ]


def _every_method(name: str, source: Source, about: Result, level: float) -> EveryMethod:
    labels: dict[str, Any] = about.labels
    cells = {arm: counts(about.counts[arm]) for arm in (labels["arm"], labels["control"])}
    rates = {
        arm: [proportion(*cell, level=level, method=method) for method in PROPORTION_METHODS]
        for arm, cell in cells.items()
    }
    first, second = cells.values()
    four = (*first, *second)
    odds = exact_odds_ratio(*([count] for count in four), level=level)
    intervals = {
        "Risk difference (points)": [risk_difference(*four, level=level, method=m) for m in DIFFERENCE_METHODS],
        "Risk ratio": [risk_ratio(*four, level=level, method=method) for method in RATIO_METHODS],
        "Odds ratio": [odds_ratio(*four, level=level), odds],
    }
    found = EveryMethod(source, labels["arm"], labels["control"], level, rates, intervals, _tests(*four))
    total = len(found.excluding) + len(found.including) + len(found.tests)
    excluding = len(found.excluding) + len(found.rejecting)
    record(
        f"{name}.methods_excluding",
        excluding,
        source=source,
        scale="count",
        method="intervals and tests that exclude no difference",
        counts={"methods": f"{excluding}/{total}"},
        **labels,
    )
    return found


def counts(written: str) -> tuple[int, int]:
    """Patients with the outcome and patients in all, from ``42/71``."""
    events, n = written.split("/")
    return int(events), int(n)


def _tests(events1: int, n1: int, events0: int, n0: int) -> dict[str, float]:
    cells, stratum = (events1, n1, events0, n0), ([events1], [n1], [events0], [n0])
    exact = {
        f"Boschloo's exact test, {rule}": boschloo_exact(*cells, rule=rule)
        for rule in BOSCHLOO_RULES
        if n1 + n0 <= MOST_EXACT
    }
    return {
        "Fisher's exact test": fisher_exact(*cells),
        **exact,
        "Chi-squared test with N \N{MINUS SIGN} 1 (score test)": cochran_mantel_haenszel(*stratum).p_value,
        "The same, continuity-corrected": cochran_mantel_haenszel(*stratum, continuity_correction=True).p_value,
    }
