"""How many patients have an outcome in arms made alike at baseline, for trials whose allocation cannot be relied on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from lentap.errors import StatisticsError
from lentap.results import Result, record
from lentap.show.record.followed import ESTIMANDS, WEIGHTED
from lentap.show.record.reasons import plain_reason
from lentap.show.small_cells import is_small
from lentap.sources import Source
from lentap.stats.adjusted_risks import propensity_weighted_risks
from lentap.stats.baseline import is_continuous
from lentap.stats.propensity import propensity_model, propensity_weights


@dataclass(frozen=True)
class WeightedRates:
    """The weighted rates and their difference, experimental over control, by experimental arm; ``why`` not, where not.

    ``left_out`` counts patients without a value of all baseline, or of a category that occurs on one arm alone.
    """

    weights: str
    control: str
    differences: dict[str, Result] = field(default_factory=dict)
    rates: dict[str, tuple[Result, Result]] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)


def record_weighted_rates(
    name: str,
    patients: pd.DataFrame,
    outcome: str,
    baseline: Mapping[str, str],
    *,
    weights: str,
    control: str,
    level: float,
    source: Source,
    smallest: int = 0,
    **labels: str,
) -> WeightedRates | None:
    """Weigh each experimental arm and the control by their propensity given all baseline, and compare their rates.

    Parameters
    ----------
    patients
        A row a patient, with ``arm``, the boolean ``outcome`` and columns of baseline.
    baseline
        Column and label of what the arms are made alike in; columns the table lacks are passed over.
    weights
        "none", which gives None, or a word of ``WEIGHTED``.
    smallest
        Least number of patients with the outcome that is told.
    """
    if weights == "none":
        return None
    known = {column: label for column, label in baseline.items() if column in patients}
    found = WeightedRates(weights, control)
    for arm in [str(one) for one in patients["arm"].unique() if one != control]:
        pair = patients[patients["arm"].astype(str).isin([arm, control])]
        kept = _comparable(pair, list(known))
        found.left_out[arm] = len(pair) - len(kept)
        covariates = kept[[column for column in known if len(kept[column].unique()) > 1]]
        treated = (kept["arm"].astype(str) == arm).to_numpy()
        if covariates.empty or treated.all() or not treated.any():
            found.why[arm] = "no baseline varies and is complete in patients of both arms"
            continue
        groups = {arm: treated, control: ~treated}
        events = {one: int(kept[outcome][of].sum()) for one, of in groups.items()}
        counts = {one: f"{events[one]}/{int(of.sum())}" for one, of in groups.items()}
        if any(is_small(count, smallest) for count in events.values()):
            found.why[arm] = f"numbers below {smallest} are hidden"
            continue
        try:
            weighed = propensity_weights(propensity_model(covariates, treated), estimand=ESTIMANDS[weights])
            risks = propensity_weighted_risks(kept[outcome].to_numpy(), weighed, level=level)
        except StatisticsError as error:
            found.why[arm] = plain_reason(error, known)
            continue
        about: dict[str, Any] = {
            "source": source, "method": WEIGHTED[weights], "weights": weights, "counts": counts, **labels,
        }  # fmt: skip
        found.rates[arm] = (
            record(f"{name}.weighted_rate", risks.risk1, scale="proportion", arm=arm, beside=control, **about),
            record(f"{name}.weighted_rate", risks.risk0, scale="proportion", arm=control, beside=arm, **about),
        )
        found.differences[arm] = record(
            f"{name}.weighted_difference", risks.difference, scale="difference", null=0.0, arm=arm, control=control,
            direction=f"above: more with {arm}", **about,
        )  # fmt: skip
    return found


def _comparable(pair: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Patients with a value of all columns, and a like on the other arm in every category of them."""
    kept = pair[pair[columns].notna().all(axis=1)]
    for column in [column for column in columns if not is_continuous(kept[column])]:
        kept = kept[kept.groupby(column, observed=True)["arm"].transform("nunique") == 2]
    return kept
