"""How long and how much of each treatment was given."""

import numpy as np
import pandas as pd

from lentap.stats.arguments import columns, numeric, refuse

ENOUGH = 0.8  # relative dose from which a patient is commonly held to have been treated as planned
ADVERSE_EVENT = "ADVERSE EVENT"  # why a dose was changed (EXADJ)
DIGITS = 9  # of a relative dose, so that sums of decimal fractions compare as they should
DAYS_PER_MONTH = 30.4375
NUMBERS = ("ASTDY", "AENDY", "EXDOSE", "EXPLDOS", "PDOSEO", "DOSEO")
FLAGS = ("reduced", "held", "held_for_event")


def known_doses(doses: pd.DataFrame, subjects: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    """Rows of ADEX of the subjects given, and their days and doses as numbers.

    Parameters
    ----------
    doses
        Rows of ADEX: USUBJID, EXTRT and, of ``NUMBERS``, at least ASTDY and EXDOSE.
    subjects
        One row a subject: USUBJID and ``arm``.

    Returns
    -------
    Rows in the order of the table, and by name the columns ``NUMBERS``, not-a-number where the table lacks one.

    Raises
    ------
    StatisticsError
        A column that is needed is absent, a subject stands twice, or a day is missing.
    """
    columns("doses", doses, "USUBJID", "EXTRT", "ASTDY", "EXDOSE")
    columns("subjects", subjects, "USUBJID", "arm")
    if subjects["USUBJID"].duplicated().any():
        refuse("subjects", "a subject in two rows", "one row a subject")
    rows = doses[doses["USUBJID"].isin(subjects["USUBJID"])].reset_index(drop=True)
    unknown = pd.Series(np.nan, rows.index, dtype=float)
    known = {name: numeric(name, rows.get(name, unknown)) for name in NUMBERS}
    if known["ASTDY"].isna().any():
        refuse("ASTDY", f"missing in {int(known['ASTDY'].isna().sum())} rows", "a study day in every one")
    return rows, known


def doses_by_subject(doses: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    """Sum up the doses of each subject and treatment.

    The relative dose is what was given over what was planned for the same time (Hryniuk and Bush 1984), all rows
    counting, those at the end in which the dose was held as well.

    Parameters
    ----------
    doses
        Rows of ADEX: USUBJID, EXTRT, ASTDY, EXDOSE and, where known, AENDY (by default ASTDY), EXPLDOS (dose planned at
        a time), PDOSEO and DOSEO (planned and given over the row), EXADJ (why a dose was changed). Rows of people
        outside ``subjects`` do not count.
    subjects
        One row a subject: USUBJID and ``arm``.

    Returns
    -------
    pandas.DataFrame
        USUBJID, arm, treatment, given (doses, not-a-number where rows of that treatment last for days), months from the
        first day with a dose to the last, relative_dose (given over planned, in rows where both are known; not-a-number
        where there is none), reduced (a dose above 0 below the planned one), held (a planned dose of 0) and, where
        there is EXADJ, held_for_event (one of those for an adverse event); only subjects with a dose above 0.

    Raises
    ------
    StatisticsError
        As ``known_doses``.
    """
    rows, known = known_doses(doses, subjects)
    first, dose, planned, given = (known[name] for name in ("ASTDY", "EXDOSE", "PDOSEO", "DOSEO"))
    last = known["AENDY"].fillna(first)
    both = planned.notna() & given.notna()
    table = pd.DataFrame(
        {
            "USUBJID": rows["USUBJID"],
            "treatment": rows["EXTRT"].astype(str),
            "given": (dose > 0).astype(float),
            "first": first.where(dose > 0),
            "last": last.where(dose > 0),
            "planned": planned.where(both),
            "actual": given.where(both),
            "reduced": (dose > 0) & (dose < known["EXPLDOS"]),
            "held": dose == 0,
        }
    )
    if "EXADJ" in rows:
        table["held_for_event"] = (dose == 0) & (rows["EXADJ"].astype(str).str.upper() == ADVERSE_EVENT)
    ever = [name for name in FLAGS if name in table]
    by = table.groupby(["USUBJID", "treatment"], sort=False)
    found = by.agg(given=("given", "sum"), first=("first", "min"), last=("last", "max"),
                   **{name: (name, "any") for name in ever})  # fmt: skip
    sums = by[["planned", "actual"]].sum(min_count=1)
    found["months"] = (found["last"] - found["first"] + 1) / DAYS_PER_MONTH
    found["relative_dose"] = (sums["actual"] / sums["planned"].where(sums["planned"] > 0)).round(DIGITS)
    found = found[found["given"] > 0].reset_index()
    found.loc[found["treatment"].isin(table.loc[last > first, "treatment"]), "given"] = np.nan
    found["arm"] = found["USUBJID"].map(subjects.set_index("USUBJID")["arm"])
    return found[["USUBJID", "arm", "treatment", "given", "months", "relative_dose", *ever]]


def dose_summary(by_subject: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    """Summarise what ``doses_by_subject`` returns, a row an arm and treatment.

    Returns
    -------
    pandas.DataFrame
        arm, treatment, n (patients of the arm), treated; quartiles of doses given (``given_q1``, ``given_median``,
        ``given_q3``), of ``months`` and of ``relative_dose``; patients whose relative dose is ``known``, and at least
        ``ENOUGH`` (``enough``); patients with a dose ``reduced``, ``held`` or, where it is known, ``held_for_event``.
    """
    columns("by_subject", by_subject, "arm", "treatment", "given", "months", "relative_dose", "reduced", "held")
    rows = []
    for (arm, treatment), one in by_subject.groupby(["arm", "treatment"], observed=True):
        quartiles = {
            f"{name}_{part}": float(one[name].quantile(q))
            for name in ("given", "months", "relative_dose")
            for part, q in (("q1", 0.25), ("median", 0.5), ("q3", 0.75))
        }
        counts = {
            "n": int((subjects["arm"] == arm).sum()),
            "treated": len(one),
            "known": int(one["relative_dose"].notna().sum()),
            "enough": int((one["relative_dose"] >= ENOUGH).sum()),
            **{name: int(one[name].sum()) for name in FLAGS if name in one},
        }
        rows.append({"arm": arm, "treatment": treatment, **counts, **quartiles})
    return pd.DataFrame(rows)
