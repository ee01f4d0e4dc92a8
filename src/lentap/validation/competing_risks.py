"""Competing risks: the calls its references name.

``data`` is the name of one of ``DATA`` or a table of ``time``, ``cause`` and what else a call names; ``only`` leaves
one group. The sets that lifelines ships have one cause: events of every third or second row are taken for another.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lentap.stats.cumulative_incidence import (
    CumulativeIncidence,
    IncidenceComparison,
    compare_cumulative_incidence,
    cumulative_incidence,
)
from lentap.stats.fine_gray import cause_specific_cox, fine_gray
from lentap.stats.gray import GrayTest, gray_test
from lentap.validation import datasets

Data = str | Mapping[str, Sequence[Any]]


def _lung() -> pd.DataFrame:
    table = datasets.lung()
    second = np.arange(1, len(table) + 1) % 3 == 0
    cause = table["event"] * np.where(second, 2, 1)
    group, stratum = table["sex"].astype(str), (table["age"] >= 63).astype(int)
    return table.assign(time=np.ceil(table["time"] / 30), cause=cause, group=group, stratum=stratum)


def _gbsg2() -> pd.DataFrame:
    table = datasets.gbsg2()
    second = np.arange(1, len(table) + 1) % 2 == 0
    cause, treated = table["cens"] * np.where(second, 2, 1), (table["horTh"] == "yes").astype(int)
    return table.assign(cause=cause, group=table["horTh"], treated=treated, stratum=table["tgrade"])


DATA: Mapping[str, Callable[[], pd.DataFrame]] = {
    "lung": _lung,
    "lung, one cause": lambda: _lung().assign(cause=datasets.lung()["event"]),
    "gbsg2": _gbsg2,
}


def _rows(data: Data, only: str | None = None) -> pd.DataFrame:
    table = DATA[data]() if isinstance(data, str) else pd.DataFrame(data)
    return table if only is None else table[table["group"] == only]


def _curves(data: Data, only: str | None = None, **options: Any) -> CumulativeIncidence:
    rows = _rows(data, only)
    return cumulative_incidence(rows["time"], rows["cause"], **options)


def _incidence(data: Data, of: int, times: Sequence[float], only: str | None = None, **options: Any) -> dict[str, Any]:
    found = _curves(data, only, **options).rates(np.atleast_1d(times), of)
    return {str(name): values for name, values in found.items()} | {"variance": found["standard_error"] ** 2}


def _event_free(data: Data, times: Sequence[float], only: str | None = None) -> dict[str, Any]:
    curves = _curves(data, only)
    return {"event_free": curves.event_free[np.searchsorted(curves.time, times, side="right") - 1]}


def _compare(data: Data, treated: str, **options: Any) -> IncidenceComparison:
    rows = _rows(data)
    return compare_cumulative_incidence(rows["time"], rows["cause"], rows["group"] == treated, **options)


def _gray(data: Data, of: int, strata: str | None = None, **options: Any) -> GrayTest:
    rows = _rows(data)
    stratum = None if strata is None else rows[strata]
    return gray_test(rows["time"], rows["cause"], rows["group"], of=of, strata=stratum, **options)


def _fine_gray(
    data: Data, of: int, covariates: Sequence[str], censoring_groups: str | None = None, **options: Any
) -> dict[str, Any]:
    rows = _rows(data)
    group = None if censoring_groups is None else rows[censoring_groups]
    columns = rows[list(covariates)]
    found = fine_gray(rows["time"], rows["cause"], columns, of=of, censoring_groups=group, **options)
    return {
        "coefficients": found.coefficients,
        "covariance": found.covariance,
        "log_likelihood": [found.null_log_likelihood, found.log_likelihood],
        "events": [found.events, found.competing],
        **{str(name): values for name, values in found.table.items()},
    }


def _cause_specific(data: Data, of: int, covariates: Sequence[str], **options: Any) -> dict[str, Any]:
    rows = _rows(data)
    found = cause_specific_cox(rows["time"], rows["cause"], rows[list(covariates)], of=of, **options)
    return {str(name): values for name, values in found.table.items()}


CALLS: Mapping[str, Callable[..., Any]] = {
    "incidence": _incidence,
    "event_free": _event_free,
    "compare_cumulative_incidence": _compare,
    "gray_test": _gray,
    "fine_gray": _fine_gray,
    "cause_specific_cox": _cause_specific,
}
