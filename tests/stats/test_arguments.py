"""What no estimator takes, and the one line that says so."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from lentap.errors import ArgumentError
from lentap.stats.arguments import columns, numeric
from lentap.stats.kaplan_meier import kaplan_meier
from lentap.stats.log_rank import log_rank
from lentap.stats.proportions import proportion

EVENT = [1, 0, 1]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["soon", 2, 3], "time is 'not numeric'"),
        ([10**400, 2, 3], "time is 'not numeric'"),
        ([1 + 2j, 2, 3], "time is 'not numeric'"),
        (np.array([1 + 2j, 2, 3]), "time is 'complex'"),
        (pd.Series(pd.to_datetime(["2020-01-01"] * 3)), "time is 'dates or durations'"),
        (pd.to_timedelta([1, 2, 3], unit="D"), "time is 'dates or durations'"),
        (pd.Series([1, 2, pd.NA], dtype="Int64"), "time is nan"),
        ([1, 2, float("inf")], "time is inf"),
        ([1, 2, 1e101], "none beyond 1e\\+100"),
        ([[1, 2, 3]], "time is 'array of shape \\(1, 3\\)'"),
        ([], "time is 'array of shape \\(0,\\)'"),
    ],
)
def test_times_that_are_no_finite_numbers_are_refused(values: Any, words: str) -> None:
    with pytest.raises(ArgumentError, match=words) as refused:
        kaplan_meier(values, EVENT)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        (["a", "b"], "array of 2"),
        (["a", "b", None], "missing in some rows"),
        ([1, "1", 1], "groups that read differently"),
        ([["a"], ["b"], ["c"]], "no column of labels"),
    ],
)
def test_groups_that_cannot_tell_rows_apart_are_refused(groups: Any, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        log_rank([1.0, 2, 3], EVENT, groups)


@pytest.mark.parametrize("level", ["0.95", None, np.array([0.9, 0.95]), 10**400, float("nan")])
def test_a_level_that_is_no_probability_is_refused_in_one_line(level: Any) -> None:
    with pytest.raises(ArgumentError, match=r"level is .*: legal is a number strictly between 0 and 1") as refused:
        proportion(1, 2, level=level)
    assert "\n" not in str(refused.value)


def test_whole_numbers_are_named_as_such() -> None:
    with pytest.raises(ArgumentError, match=r"time is -3: legal"):
        kaplan_meier([1.0, 2, -3], EVENT)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ([1, 2], "a list"),
        (pd.DataFrame({"arm": ["A"]}), "a table without USUBJID, AEDECOD"),
        (pd.DataFrame([["x", 1, 2]], columns=["USUBJID", "USUBJID", "AEDECOD"]), "a table with USUBJID twice"),
    ],
)
def test_tables_without_their_columns_are_refused(table: Any, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        columns("events", table, "USUBJID", "AEDECOD")


def test_words_in_a_column_of_numbers_are_missing_and_dates_are_refused() -> None:
    assert numeric("dose", pd.Series(["8", "none"])).isna().tolist() == [False, True]
    with pytest.raises(ArgumentError, match="dates or durations"):
        numeric("dose", pd.Series(pd.to_datetime(["2020-01-01"])))
