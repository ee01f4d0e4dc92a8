"""Where a published rate falls among the rates that pooled estimates lead one to expect of an arm of its size."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from lentap.results import Result, record
from lentap.show.format import records
from lentap.show.record.treatments import REGIMENS
from lentap.stats.estimate import Estimate
from lentap.stats.prediction import PredictedCounts, predicted_counts

SPREADS = tuple(step / 20 for step in range(31))


@dataclass(frozen=True)
class Place:
    """A published count of LEN-TAP in the predictive distribution that a pooled rate of one study gives.

    ``expected`` holds the range of counts at the level asked for; ``curve`` the percentile at each of ``SPREADS``.
    """

    arm: str
    study: str
    pooled: Estimate
    count: int
    n: int
    expected: tuple[int, int]
    level: float
    spread: float
    percentile: Result
    curve: Sequence[float]


def record_places(
    name: str, comparators: pd.DataFrame, facts: pd.DataFrame, *, spread: float, level: float
) -> list[Place]:
    """Place the published resections of LEN-TAP, in each arm, among what pooled rates of conversion predict.

    Parameters
    ----------
    spread
        Standard deviation of the logits of rates between studies: an assumption, since the pooled intervals do not
        show it.
    """
    pooled = comparators[(comparators["endpoint"] == "conversion") & (comparators["interval"] == "confidence")]
    places = []
    for fact in records(facts[facts["id"].str.startswith("efficacy.slr.") & facts["count"].notna()]):
        count, n, arm = int(fact["count"]), int(fact["n"]), str(fact["arm"])
        for row in records(pooled[pooled["arm"].map(REGIMENS) == REGIMENS[arm]]):
            rate, low, high = (float(row[column]) / 100 for column in ("value", "low", "high"))
            found = predicted_counts(rate, low, high, n=n, spread=spread)
            share = record(
                f"{name}.percentile", _percentile(found, count), source="published", scale="proportion",
                method="mid-percentile of a binomial count with a logit-normal rate",
                counts={arm: f"{count}/{n}"}, arm=arm, study=row["study"],
            )  # fmt: skip
            curve = [_percentile(predicted_counts(rate, low, high, n=n, spread=one), count) for one in SPREADS]
            pooled_rate = Estimate(rate, low, high, 0.95, "as published")
            expected = found.limits(level)
            places.append(Place(arm, row["study"], pooled_rate, count, n, expected, level, spread, share, curve))
    return places


def _percentile(found: PredictedCounts, count: int) -> float:
    """Probability of fewer, plus half of that of as many."""
    return float(found.probabilities[:count].sum() + found.probabilities[count] / 2)
