"""What happened to the doses of each treatment on the way: how much was given, when it was held, lowered and ended."""

import numpy as np
import pandas as pd

from lentap.stats.arguments import columns
from lentap.stats.dosing import known_doses

SHARE_OF_DAYS = {"QOD": 0.5}  # of the days of an interval on which a dose is due, by EXDOSFRQ; all of them otherwise
FULL, REDUCED, HELD = "full", "reduced", "held"
NOT_GIVEN = "not stated"


def dose_rows(doses: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    """Rows of ADEX of the subjects given, in order, with the state of the dose.

    Parameters
    ----------
    doses
        Rows of ADEX: USUBJID, EXTRT, ASTDY, EXDOSE and, where known, AENDY (by default ASTDY), EXPLDOS, DOSEO,
        EXDOSFRQ, EXDOSU, EXCAT, EXADJ, DCTREAS.
    subjects
        One row a subject: USUBJID and ``arm``.

    Returns
    -------
    pandas.DataFrame
        USUBJID, arm, treatment, first and last (days of the row), days, dose (at a time; not-a-number where unknown),
        given (over the row: DOSEO or, without it, the dose of a row known to last one day), unit, kind (EXCAT),
        frequency, state (``full``, ``reduced``: above 0 and below the plan, ``held``: 0 where more was planned; empty
        where nothing was planned or the dose is unknown), reason (of a state other than full), ended (why the treatment
        ended, in its last row; empty elsewhere).

    Raises
    ------
    StatisticsError
        As ``known_doses``.
    """
    rows, known = known_doses(doses, subjects)
    words = {
        name: rows.get(name, pd.Series("", rows.index)).astype(object).fillna("").astype(str)
        for name in ("EXDOSU", "EXCAT", "EXDOSFRQ", "EXADJ", "DCTREAS")
    }
    first, dose, plan = known["ASTDY"], known["EXDOSE"], known["EXPLDOS"]
    last = known["AENDY"].fillna(first)
    days = last - first + 1
    one_day = (days == 1) & (known["AENDY"].notna() | ("AENDY" not in rows))
    state = np.select([dose.isna() | (plan == 0), dose == 0, dose < plan], ["", HELD, REDUCED], FULL)
    changed = np.isin(state, (HELD, REDUCED))
    table = pd.DataFrame(
        {
            "USUBJID": rows["USUBJID"],
            "arm": rows["USUBJID"].map(subjects.set_index("USUBJID")["arm"]).astype(subjects["arm"].dtype),
            "treatment": rows["EXTRT"].astype(str),
            "first": first,
            "last": last,
            "days": days,
            "dose": dose,
            "given": known["DOSEO"].fillna(dose.where(one_day | (dose == 0))),
            "unit": words["EXDOSU"],
            "kind": words["EXCAT"],
            "frequency": words["EXDOSFRQ"],
            "state": state,
            "reason": words["EXADJ"].where(words["EXADJ"] != "", NOT_GIVEN).where(changed, ""),
            "ended": words["DCTREAS"],
        }
    )
    return table.sort_values(["USUBJID", "treatment", "first"], kind="stable", ignore_index=True)


def dose_changes(rows: pd.DataFrame) -> pd.DataFrame:
    """Sum up the course of each subject's treatments.

    Parameters
    ----------
    rows
        As ``dose_rows`` returns them.

    Returns
    -------
    pandas.DataFrame
        A row a subject and treatment with a dose above 0: USUBJID, arm, treatment, unit, start and end (first and last
        day with a dose), months between them (both days included), cumulative (dose given; not-a-number where a part of
        it is unknown), per_week (cumulative over the weeks; not-a-number for a single day), holds (stretches of rows
        in which the dose was held, one after another counting once), days_held (not-a-number where rows last one day),
        omitted (rows of one day in which it was held), reductions (times a dose was less than the one given before,
        or, for the first, than the plan), first_change (day of the first hold or reduction) and ended (why; empty where
        it is not said).
    """
    columns("rows", rows, "USUBJID", "treatment", "first", "last", "dose", "given", "state", "ended", "frequency")
    keys = ["USUBJID", "treatment"]
    by = rows.groupby(keys, sort=False)
    held, given = rows["state"] == HELD, rows["dose"] > 0
    long = rows["treatment"].isin(rows.loc[rows["days"] > 1, "treatment"])
    a_day = (rows["dose"] * rows["frequency"].map(SHARE_OF_DAYS).fillna(1.0)).where(given)
    whose = [rows[key] for key in keys]
    before = a_day.groupby(whose, sort=False).ffill().groupby(whose, sort=False).shift()
    reduced = (a_day < before) | before.isna() & given & (rows["state"] == REDUCED)
    begins = held & ~by["state"].shift().eq(HELD)
    table = rows.assign(
        start=rows["first"].where(given), end=rows["last"].where(given), holds=begins, reductions=reduced,
        days_held=rows["days"].where(held, 0.0), omitted=held & ~long, long=long,
        change=rows["first"].where(held | reduced), unknown=rows["dose"].isna() | rows["given"].isna(),
    )  # fmt: skip
    found = table.groupby(keys, sort=False).agg(
        arm=("arm", "first"), unit=("unit", "first"), start=("start", "min"), end=("end", "max"),
        cumulative=("given", "sum"), unknown=("unknown", "any"), holds=("holds", "sum"),
        days_held=("days_held", "sum"), omitted=("omitted", "sum"), long=("long", "any"),
        reductions=("reductions", "sum"), first_change=("change", "min"), ended=("ended", "last"),
    ).reset_index()  # fmt: skip
    found = found[found["start"].notna()].reset_index(drop=True)
    days = found["end"] - found["start"] + 1
    found["cumulative"] = found["cumulative"].mask(found["unknown"])
    found["days_held"] = found["days_held"].where(found["long"])
    found["per_week"] = (7 * found["cumulative"] / days).where(days > 1)
    return found.assign(months=days / 30.4375).drop(columns=["unknown", "long"])


def session_gaps(sessions: pd.DataFrame) -> pd.Series:
    """Days from each session of a subject (USUBJID, day) to the next one."""
    columns("sessions", sessions, "USUBJID", "day")
    days = sessions.sort_values(["USUBJID", "day"]).groupby("USUBJID")["day"].diff()
    return days.dropna().reset_index(drop=True)
