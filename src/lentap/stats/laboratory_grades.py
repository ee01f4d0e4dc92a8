"""CTCAE grades of laboratory values, and each patient's worst grade beside the one at baseline."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from lentap.stats.arguments import Floats, columns
from lentap.stats.laboratory_values import in_unit

GRADES = (0, 1, 2, 3, 4)
UNIT = "unit not known"


def laboratory_grades(values: pd.DataFrame, limits: pd.DataFrame) -> pd.DataFrame:
    """Grade laboratory values by a table of limits.

    A value has the gravest grade whose limit it passes, and grade 0 where it passes none. Where the limits depend on
    the baseline, a value before treatment, and one of a patient without a baseline, is graded as if the baseline had
    been normal. What a grade asks for beside the value (symptoms, a bleeding, an intervention) is not looked at.

    Parameters
    ----------
    values
        As ``placed_values`` returns them.
    limits
        As ``lentap.ctcae.grade_limits`` returns them.

    Returns
    -------
    pandas.DataFrame
        ``values`` with ``grade`` (not-a-number where there is none) and ``ungraded``, why not: ``no value``, ``no
        day``, ``no upper limit of normal``, ``no lower limit of normal``, ``unit not known``, ``no limits`` (of that
        test), or empty. A missing limit of normal only matters where no other limit was passed.

    Raises
    ------
    StatisticsError
        A column is absent.
    """
    columns("values", values, "test", "value", "low", "high", "unit", "baseline", "raised", "phase", "why")
    columns("limits", limits, "test", "baseline", "of", "passed", "grade", "limit", "unit")
    grade = pd.Series(np.nan, values.index, dtype=float)
    why = values["why"].astype(object).mask(values["why"] == "", "no limits")
    for test, of_test in limits.groupby("test", sort=False):
        rows = values[(values["test"] == test) & (values["why"] == "")]
        grade[rows.index], why[rows.index] = _of_test(rows, of_test)
    return values.assign(grade=grade, ungraded=why.astype("category"))


def _of_test(rows: pd.DataFrame, limits: pd.DataFrame) -> tuple[Floats, "np.ndarray[Any, Any]"]:
    """Grades of the values of one test, and why there is none."""
    raised = (rows["raised"] & (rows["phase"] == "after")).to_numpy()
    concerned = {"any": np.ones(len(rows), dtype=bool), "normal": ~raised, "high": raised}
    grade, why = np.zeros(len(rows)), np.full(len(rows), "", dtype=object)
    for one in limits.to_dict("records"):
        value, limit, missing = _compared(rows, one)
        passed = {"above": value > limit, "from": value >= limit, "below": value < limit}[one["passed"]]
        here = concerned[one["baseline"]]
        grade = np.where(here & passed, np.maximum(grade, one["grade"]), grade)
        why[here & (np.isnan(value) | np.isnan(limit))] = missing
    graded = (why == "") | (why != UNIT) & (grade > 0)
    why[graded] = ""
    return np.where(graded, grade, np.nan), why


def _compared(rows: pd.DataFrame, one: Mapping[Hashable, Any]) -> tuple[Floats, Floats, str]:
    """Values and limit of each row, and what it would mean that one of them is missing."""
    if one["of"] == "value":
        values = in_unit(rows["value"], rows["test"], rows["unit"], one["unit"])
        return values.to_numpy(), np.full(len(rows), float(one["limit"])), UNIT
    reference = {"upper limit": "high", "lower limit": "low", "baseline": "baseline"}[one["of"]]
    return rows["value"].to_numpy(), one["limit"] * rows[reference].to_numpy(), f"no {one['of']} of normal"


def worst_grades(graded: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    """Each subject's grade at baseline and worst grade after it, by test.

    Parameters
    ----------
    graded
        As ``laboratory_grades`` returns them.
    subjects
        One row a subject: USUBJID and ``arm``.

    Returns
    -------
    pandas.DataFrame
        A row a subject and test that any value of was graded in anybody: USUBJID, arm, test, baseline and worst
        (grades; not-a-number where no value could be graded), day (of the first worst value).
    """
    known = graded.loc[graded["grade"].notna(), ["USUBJID", "test", "day", "grade", "phase", "is_baseline"]]
    tests = known["test"].astype(object).unique()
    every = pd.MultiIndex.from_product([subjects["USUBJID"].astype(str), list(tests)], names=["USUBJID", "test"])
    before = known[known["is_baseline"]].set_index(["USUBJID", "test"])["grade"]
    after = known[known["phase"] == "after"].sort_values(["grade", "day"], ascending=[False, True])
    worst = after.drop_duplicates(["USUBJID", "test"]).set_index(["USUBJID", "test"])[["grade", "day"]]
    table = pd.DataFrame({"baseline": before.reindex(every)}, index=every)
    table = table.join(worst.rename(columns={"grade": "worst"})).reset_index()
    arm = table["USUBJID"].map(subjects.set_index("USUBJID")["arm"]).astype(subjects["arm"].dtype)
    return table.assign(arm=arm)
