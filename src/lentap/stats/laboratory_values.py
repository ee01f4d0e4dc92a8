"""Laboratory values in their place: who, which test, before treatment or after, in one unit; and what has no place."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lentap.stats.arguments import columns, numeric, refuse

# Factor to the unit that limits are given in, by test (any where empty) and unit in small letters.
FACTORS = {
    ("", "g/l"): ("g/L", 1.0),
    ("", "g/dl"): ("g/L", 10.0),
    ("BILI", "umol/l"): ("umol/L", 1.0),
    ("BILI", "µmol/l"): ("umol/L", 1.0),
    ("BILI", "mg/dl"): ("umol/L", 17.104),  # 584.66 g/mol
    ("PLT", "10^9/l"): ("10^9/L", 1.0),
    ("PLT", "10*9/l"): ("10^9/L", 1.0),
    ("PLT", "gi/l"): ("10^9/L", 1.0),
    ("PLT", "10^3/ul"): ("10^9/L", 1.0),
    ("INR", "ratio"): ("ratio", 1.0),
    ("INR", "1"): ("ratio", 1.0),
    ("INR", ""): ("ratio", 1.0),
    ("UPROT", "g"): ("g", 1.0),
    ("UPROT", "g/24h"): ("g", 1.0),
    ("UPROT", "mg"): ("g", 0.001),
    ("UPROT", "mg/24h"): ("g", 0.001),
    ("TSH", "miu/l"): ("mIU/L", 1.0),
    ("TSH", "mu/l"): ("mIU/L", 1.0),
    ("TSH", "uiu/ml"): ("mIU/L", 1.0),
}
WHY = ("", "no value", "no day")
PHASES = ("", "before", "after")


def placed_values(labs: pd.DataFrame, subjects: pd.DataFrame, tests: Sequence[str]) -> pd.DataFrame:
    """Take the values of some tests in the subjects given, and find each subject's baseline.

    Parameters
    ----------
    labs
        A row a measurement: USUBJID, PARAMCD, ADY (study day, day 1 that of the first dose), AVAL and, where known,
        ANRLO, ANRHI (limits of normal), AVALU (unit), AVISITN, AVISIT.
    subjects
        One row a subject: USUBJID and ``arm``.
    tests
        PARAMCDs to take.

    Returns
    -------
    pandas.DataFrame
        A row a measurement: USUBJID, arm, test, day, value, low, high (limits of normal; not-a-number where unknown or,
        for ``high``, not above 0), unit, visit, visit_name, ``why`` it has no place (``no value``, ``no day``, empty),
        ``phase`` (``before``, up to day 1; ``after``; empty where it has no place), ``is_baseline`` (the last value
        before), ``baseline`` (its value; not-a-number in subjects without one) and ``raised`` (it was above its upper
        limit of normal).

    Raises
    ------
    StatisticsError
        A column that is needed is absent, a subject stands twice, or a value or day is not a number.
    """
    columns("labs", labs, "USUBJID", "PARAMCD", "ADY", "AVAL")
    columns("subjects", subjects, "USUBJID", "arm")
    if subjects["USUBJID"].duplicated().any():
        refuse("subjects", "a subject in two rows", "one row a subject")
    wanted = labs["PARAMCD"].isin(tests) & labs["USUBJID"].isin(subjects["USUBJID"])
    rows = labs[wanted].reset_index(drop=True)
    known = {
        name: numeric(name, rows[name]) if name in rows else pd.Series(np.nan, rows.index, dtype=float)
        for name in ("AVAL", "ADY", "ANRLO", "ANRHI", "AVISITN")
    }
    unknown = pd.Series("", rows.index)
    words = {
        name: rows.get(name, unknown).astype(object).fillna("").astype(str).astype("category")
        for name in ("AVALU", "AVISIT")
    }
    unscheduled = words["AVISIT"].str.contains("unscheduled", case=False)
    value, day = known["AVAL"], known["ADY"]
    place = np.select([value.isna(), day.isna()], [1, 2], 0)  # of the words in WHY
    phase = np.where(place > 0, 0, np.where(day <= 1, 1, 2))
    table = pd.DataFrame(
        {
            "USUBJID": rows["USUBJID"],
            "arm": rows["USUBJID"].map(subjects.set_index("USUBJID")["arm"]).astype(subjects["arm"].dtype),
            "test": pd.Categorical(rows["PARAMCD"], categories=list(tests)),
            "day": day,
            "value": value,
            "low": known["ANRLO"],
            "high": known["ANRHI"].where(known["ANRHI"] > 0),
            "unit": words["AVALU"],
            "visit": known["AVISITN"].mask(unscheduled),
            "visit_name": words["AVISIT"],
            "why": pd.Categorical.from_codes(place.tolist(), categories=pd.Index(WHY)),
            "phase": pd.Categorical.from_codes(phase.tolist(), categories=pd.Index(PHASES)),
        }
    )
    before = table[table["phase"] == "before"].sort_values("day", kind="stable")
    last = before.drop_duplicates(["USUBJID", "test"], keep="last")
    table["is_baseline"] = table.index.isin(last.index)
    last = last.assign(baseline=last["value"], raised=last["value"] > last["high"])
    table = table.join(last.set_index(["USUBJID", "test"])[["baseline", "raised"]], on=["USUBJID", "test"])
    return table.assign(raised=table["raised"].eq(True))


def in_unit(values: pd.Series, tests: pd.Series, units: pd.Series, wanted: str) -> pd.Series:
    """Values in a unit of ``FACTORS``, by their test and own unit; not-a-number where that cannot be converted."""
    factor = pd.Series(np.nan, values.index, dtype=float)
    for test, unit in pd.DataFrame({"test": tests, "unit": units}).drop_duplicates().itertuples(index=False, name=None):
        small = str(unit).strip().lower()
        to, by = FACTORS.get((str(test), small)) or FACTORS.get(("", small)) or ("", np.nan)
        if to == wanted:
            factor[(tests == test) & (units == unit)] = by
    return values * factor


def visit_quantiles(values: pd.DataFrame, *, middle: float = 0.5, least: int = 5) -> pd.DataFrame:
    """Median and the band of the middle values of each arm and test at each scheduled visit.

    Parameters
    ----------
    values
        As ``placed_values`` returns them, or with further columns. Rows without a place, without a visit, or before
        treatment and not the baseline do not count; of several at one visit, the first by day.
    middle
        Share of the patients inside the band.
    least
        Patients with a value below which a visit is left out.

    Returns
    -------
    pandas.DataFrame
        test, arm, visit, visit_name, week (median day in weeks), n, low, median, high, and ``shown`` (n of at least
        ``least``).
    """
    if not 0 < middle < 1:
        refuse("middle", middle, "a share between 0 and 1")
    counted = values[(values["phase"] == "after") & values["visit"].notna() | values["is_baseline"]]
    counted = counted.assign(visit=counted["visit"].mask(counted["is_baseline"], -np.inf))
    counted = counted.sort_values("day", kind="stable").drop_duplicates(["USUBJID", "test", "visit"])
    by = counted.groupby(["test", "arm", "visit"], observed=True)
    tail = (1 - middle) / 2
    table = by.agg(
        visit_name=("visit_name", "first"),
        week=("day", lambda days: days.median() / 7),
        n=("value", "size"),
        median=("value", "median"),
    )
    table["low"], table["high"] = (by["value"].quantile(end) for end in (tail, 1 - tail))
    table = table.reset_index()
    table["visit_name"] = table["visit_name"].astype(object).mask(table["visit"] == -np.inf, "Baseline")
    table["test"] = table["test"].astype(object)
    return table.assign(shown=table["n"] >= least)
