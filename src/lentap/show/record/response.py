"""Best overall response: as recorded and as measured, objective response and disease control by arm and criterion."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from lentap.show.record.assessments import RECORDED, Assessments
from lentap.show.record.comparison import Comparison, record_comparison
from lentap.show.record.missing import FAILURE, Unknown, as_counted, by_arm
from lentap.show.small_cells import is_small
from lentap.sources import Source
from lentap.stats.arguments import Bools
from lentap.stats.response import (
    DISEASE_CONTROL,
    OBJECTIVE_RESPONSE,
    RESPONSES,
    Confirmation,
    best_overall_response,
    responders,
)

TOLD = [word for word in RESPONSES if word != "NE"]
OUTCOMES = {"objective response": OBJECTIVE_RESPONSE, "disease control": DISEASE_CONTROL}


@dataclass(frozen=True)
class ResponseRule:
    """What counts as a response, and how those count in whom it is not known.

    ``confirmation`` is in days until a response must be seen again (0: once is enough), ``stable`` in days that stable
    disease must last; ``missing`` is as ``Unknown`` has it.
    """

    confirmation: float = 0
    stable: float = 0
    missing: str = FAILURE

    @property
    def needs_days(self) -> bool:
        return self.confirmation > 0 or self.stable > 0

    @property
    def confirmed(self) -> Confirmation | None:
        return Confirmation(days=self.confirmation) if self.confirmation > 0 else None

    def best(self, visits: pd.DataFrame, subjects: pd.Series) -> pd.Series:
        return best_overall_response(visits, subjects, stable_days=self.stable, confirmation=self.confirmed)


@dataclass(frozen=True, eq=False)
class Response:
    """Best overall responses, by criterion and reading, and what was recorded of them.

    ``best`` has a value for each patient, missing where a reader's lesions give none. ``rates`` holds the comparison of
    arms by outcome, criterion and reading. ``unconfirmed`` counts, by criterion, responses that were seen and not
    confirmed, and those of patients resected. ``unknown`` says by criterion how those count of whom the main reading
    does not tell whether they responded. ``gaps`` says what cannot be shown and why. Counts of fewer than ``smallest``
    patients are hidden: such arms are not among the rates.
    """

    assessments: Assessments
    rule: ResponseRule
    best: Mapping[tuple[str, str], pd.Series] = field(default_factory=dict)
    rates: Mapping[tuple[str, str, str], Comparison] = field(default_factory=dict)
    unconfirmed: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    unknown: Mapping[str, Unknown] = field(default_factory=dict)
    gaps: tuple[str, ...] = ()
    smallest: int = 0

    @property
    def criteria(self) -> list[str]:
        """Criteria by which there is any response."""
        return list(dict.fromkeys(criterion for criterion, _ in self.best))

    def readings(self, criterion: str) -> list[str]:
        """Who read by a criterion: what was recorded first, where it was."""
        return [reading for one, reading in self.best if one == criterion]

    def main(self, criterion: str) -> str:
        """The reading the page goes by: what was recorded, or else the first reader's; empty where there is none."""
        return next(iter(self.readings(criterion)), "")

    def readers(self, criterion: str) -> list[str]:
        return [reading for reading in self.readings(criterion) if reading != RECORDED]

    def visits(self, criterion: str, reading: str) -> pd.DataFrame:
        return self.assessments.read_by(criterion)[reading]


def record_response(
    name: str,
    found: Assessments,
    rule: ResponseRule,
    *,
    level: float,
    rate_interval: str,
    difference_interval: str,
    source: Source,
    population: str,
    smallest: int = 0,
) -> Response:
    """Derive the best overall response of every reading, and compare objective response and disease control by arm."""
    subjects, gaps = found.patients["USUBJID"], list(found.gaps)
    best: dict[tuple[str, str], pd.Series] = {}
    for criterion in found.criteria:
        for reading, visits in found.read_by(criterion).items():
            if rule.needs_days and visits["ADY"].isna().any():
                gaps.append(f"{reading} responses by {criterion} have no days, which this page's rules need")
                continue
            left_out = frozenset().union(*found.left_out.get((criterion, reading), {}).values())
            best[criterion, reading] = rule.best(visits, subjects[~subjects.isin(left_out)]).reindex(subjects)
    unknown = {reading: _not_told(found, one) for reading, one in best.items()}
    about: dict[str, Any] = {
        "level": level, "rate_interval": rate_interval, "difference_interval": difference_interval, "source": source,
        "population": population,
    }  # fmt: skip
    rates = {
        (outcome, criterion, reading): _compare(
            f"{name}.{outcome.replace(' ', '_')}", found, counts,
            about | _unknown(found, unknown[criterion, reading], rule).label
            | {"criterion": criterion, "reading": reading},
        )
        for (criterion, reading), one in best.items()
        for outcome, counts in _counts(found, one, unknown[criterion, reading], rule.missing, smallest).items()
    }  # fmt: skip
    main = {criterion: _unknown(found, one, rule) for (criterion, _), one in reversed(unknown.items())}
    return Response(found, rule, best, rates, _unconfirmed(found, rule, best), main, tuple(gaps), smallest)


def _not_told(found: Assessments, best: pd.Series) -> Bools:
    """Who lives, was not resected and has no response that could be told."""
    patients = found.patients
    known = patients["death"].notna() | patients["resection"].notna()
    return ~known.to_numpy() & ~best.isin(TOLD).to_numpy()


def _unknown(found: Assessments, which: Bools, rule: ResponseRule) -> Unknown:
    return Unknown(rule.missing, found.control, by_arm(found.patients["arm"], which))


def _counts(
    found: Assessments, best: pd.Series, unknown: Bools, missing: str, smallest: int
) -> dict[str, dict[str, tuple[int, int]]]:
    """Patients with each outcome and patients who count, by arm; arms are left out where small cells are to be hidden.

    So is an objective response in all but a few of those with disease control: the few are the stable ones.
    """
    arms = found.patients["arm"].to_numpy()
    counts: dict[str, dict[str, tuple[int, int]]] = {outcome: {} for outcome in OUTCOMES}
    for arm in found.arms:
        more = None
        for outcome in sorted(OUTCOMES, key=lambda one: len(OUTCOMES[one]), reverse=True):
            has = responders(best, OUTCOMES[outcome]).to_numpy()
            has, kept = as_counted(has, unknown, arms == found.control, missing)
            many, size = int(has[arms == arm].sum()), int(kept[arms == arm].sum())
            if not is_small(many, smallest) and not is_small((size if more is None else more) - many, smallest):
                counts[outcome][arm], more = (many, size), many
    return counts


def responded(found: Response, criterion: str, subjects: pd.DataFrame) -> pd.DataFrame:
    """Rows of ADSL of the patients, with ``arm`` and ``responded`` by the main reading; empty where there is none."""
    best = found.best.get((criterion, found.main(criterion))) if criterion in found.criteria else None
    rows = found.assessments.patients[["USUBJID", "arm"]]
    if best is None:
        return rows.iloc[:0].assign(responded=False)
    rows = rows.assign(responded=responders(best, OBJECTIVE_RESPONSE).to_numpy())
    return rows.merge(subjects.drop(columns="arm", errors="ignore").drop_duplicates("USUBJID"), on="USUBJID")


def _unconfirmed(
    found: Assessments, rule: ResponseRule, best: Mapping[tuple[str, str], pd.Series]
) -> dict[str, tuple[int, int]]:
    """Responses seen once and not confirmed by the main reading of each criterion, and how many were resected."""
    counts: dict[str, tuple[int, int]] = {}
    resected = found.patients["resection"].notna().to_numpy()
    for (criterion, reading), confirmed in best.items():
        if rule.confirmation > 0 and criterion not in counts:
            once = ResponseRule().best(found.read_by(criterion)[reading], found.patients["USUBJID"])
            lost = responders(once).to_numpy() & ~responders(confirmed).to_numpy() & confirmed.notna().to_numpy()
            counts[criterion] = int(lost.sum()), int((lost & resected).sum())
    return counts


def _compare(
    name: str, found: Assessments, counts: Mapping[str, tuple[int, int]], about: Mapping[str, Any]
) -> Comparison:
    """Compare counts of patients with control; without it, rates alone."""
    if found.control in counts:
        return record_comparison(name, counts, control=found.control, **about)
    parts = [record_comparison(name, {one: count}, control=one, **about) for one, count in counts.items()]
    return Comparison(about["source"], {arm: rate for part in parts for arm, rate in part.rates.items()}, {})
