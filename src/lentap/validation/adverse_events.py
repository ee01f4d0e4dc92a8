"""Adverse events: the calls its references name."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from lentap.stats.exposure import compare_rates, exposure_adjusted_incidence
from lentap.stats.liver_injury import QUADRANTS, liver_injury
from lentap.stats.rates import rate, rate_difference, rate_ratio, rate_test
from lentap.stats.recurrent import MeanCumulativeCount, mean_count_difference, mean_cumulative_count
from lentap.validation import datasets

Columns = dict[str, list[Any]]


def equal_rates(**counts: float) -> dict[str, float]:
    """P-value of the exact test of equal rates."""
    return {"p_value": rate_test(**counts)}  # type: ignore[arg-type]


def mean_counts(times: list[float], **inputs: Any) -> dict[str, Any]:
    """Mean counts, standard errors and limits at some times."""
    return _at(mean_cumulative_count(**inputs), times)


def mean_counts_of_recur(times: list[float], interval: str = "log", treated: int | None = None) -> dict[str, Any]:
    """Mean counts of the recurrent events of Hosmer, Lemeshow and May, all subjects or those of one treatment."""
    return _at(_recur(treated, interval), times)


def mean_difference_of_recur(time: float) -> Any:
    """Difference in mean counts of the two treatments of those data."""
    return mean_count_difference(_recur(1, "log"), _recur(0, "log"), time)


def adjusted_for_exposure(events: Columns, subjects: Columns, term: str, **options: Any) -> dict[Any, Any]:
    """Rates of one term in every arm."""
    table = exposure_adjusted_incidence(pd.DataFrame(events), pd.DataFrame(subjects), **options)
    return table[table["term"] == term].to_dict("list")


def rates_compared(events: Columns, subjects: Columns, term: str, control: str, **options: Any) -> dict[Any, Any]:
    """Difference and ratio of the rates of one term."""
    table = compare_rates(exposure_adjusted_incidence(pd.DataFrame(events), pd.DataFrame(subjects)), control, **options)
    return table[table["term"] == term].to_dict("list")


def liver(labs: Columns, **options: Any) -> dict[Any, Any]:
    """Peaks, quadrant (1 near normal, 2 Temple's corollary, 3 cholestasis, 4 Hy's law) and Hy's law by subject."""
    values = pd.DataFrame(labs)
    subjects = pd.DataFrame({"USUBJID": values["USUBJID"].unique(), "arm": ""})
    table = liver_injury(values, subjects, **options)
    return table.assign(quadrant=[QUADRANTS.index(name) + 1 for name in table["quadrant"]]).to_dict("list")


def _recur(treated: int | None, interval: str) -> MeanCumulativeCount:
    table = datasets.recur()
    if treated is not None:
        table = table[table["TREAT"] == treated]
    ends, events = table.groupby("ID")["TIME1"].max(), table[table["CENSOR"] == 1]
    return mean_cumulative_count(ends.index, ends, events["ID"], events["TIME1"], interval=interval)


def _at(found: MeanCumulativeCount, times: list[float]) -> dict[str, Any]:
    estimates = [found.estimate_at(time) for time in times]
    return {
        "mean": [one.value for one in estimates],
        "error": found.error_at(times),
        "low": [one.low for one in estimates],
        "high": [one.high for one in estimates],
    }


CALLS: Mapping[str, Callable[..., Any]] = {
    "rate": rate,
    "rate_difference": rate_difference,
    "rate_ratio": rate_ratio,
    "equal_rates": equal_rates,
    "mean_counts": mean_counts,
    "mean_counts_of_recur": mean_counts_of_recur,
    "mean_difference_of_recur": mean_difference_of_recur,
    "adjusted_for_exposure": adjusted_for_exposure,
    "rates_compared": rates_compared,
    "liver": liver,
}
