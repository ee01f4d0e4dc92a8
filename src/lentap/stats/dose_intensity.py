"""How much of the planned dose was given, and for how long: dose intensity, duration, doses lowered or held."""

import numpy as np
import pandas as pd

from lentap.stats.arguments import columns, numeric
from lentap.stats.exposure import DAYS_PER_YEAR

KEPT = 0.8  # relative dose intensity from which the planned dose counts as kept
ROUNDING = 1e-9
ADVERSE_EVENT = "ADVERSE EVENT"  # of EXADJ
SPREADS = ("months", "times", "intensity")


def subject_exposure(doses: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    """What each subject was given of each treatment.

    Relative dose intensity is the dose given over the dose planned for the same time (Hryniuk and Bush 1984): for as
    long as the table has rows, so that doses held or omitted at the end count as well.

    Parameters
    ----------
    doses
        A row an interval of one dose: USUBJID, EXTRT, ASTDY, EXDOSE (0 where held or omitted; missing where a dose of
        unknown size was given) and, where known, AENDY (by default ASTDY), EXPLDOS, DOSEO and PDOSEO (dose given and
        planned over the interval; by default EXDOSE and EXPLDOS times its days), EXADJ and EXCAT. A treatment that is
        never above 0, such as a placebo, is given in every row.
    subjects
        One row a subject: USUBJID and ``arm``.

    Returns
    -------
    pandas.DataFrame
        A row a subject and treatment given at least once: USUBJID, arm, treatment, category (EXCAT, else empty), months
        (from the first day of a dose to the last, both included), times (doses given, of treatments whose intervals all
        last one day, else not-a-number), intensity (a ratio; not-a-number where a dose given or planned is unknown or
        none was planned), reduced (some dose above 0 below the planned one), held (some dose held or omitted) and
        held_for_event (one of them for an adverse event by EXADJ; a column only where EXADJ is one).

    Raises
    ------
    StatisticsError
        A column is missing.
    """
    columns("doses", doses, "USUBJID", "EXTRT", "ASTDY", "EXDOSE")
    columns("subjects", subjects, "USUBJID", "arm")
    rows = doses.merge(subjects[["USUBJID", "arm"]], on="USUBJID")
    key = [rows["USUBJID"], rows["EXTRT"]]
    day, dose = numeric("ASTDY", rows["ASTDY"]), numeric("EXDOSE", rows["EXDOSE"])
    until = _column(rows, "AENDY").fillna(day)
    length = until - day + 1
    given = _column(rows, "DOSEO").fillna(dose * length)
    planned = _column(rows, "PDOSEO").fillna(_column(rows, "EXPLDOS") * length)
    held = (dose == 0) & (dose.groupby(rows["EXTRT"]).transform("max") > 0)
    first = day.mask(held).groupby(key).transform("min")
    last = until.mask(held).groupby(key).transform("max")
    single = (length == 1).groupby(rows["EXTRT"]).transform("all")
    frame = pd.DataFrame(
        {
            "USUBJID": rows["USUBJID"],
            "arm": rows["arm"],
            "treatment": rows["EXTRT"].astype(str),
            "category": rows["EXCAT"].fillna("").astype(str) if "EXCAT" in rows else "",
            "months": 12 * (last - first + 1) / DAYS_PER_YEAR,
            "times": (~held).astype(float).where(single),
            "given": given,
            "planned": planned,
            "known": given.notna() & planned.notna(),
            "reduced": ~held & (given < planned * (1 - ROUNDING)),
            "held": held,
        }
    )
    if "EXADJ" in rows:
        frame["held_for_event"] = held & (rows["EXADJ"].astype(str).str.upper() == ADVERSE_EVENT)
    once = {name: (name, "first") for name in ("arm", "category", "months")}
    sums = {name: (name, "sum") for name in ("times", "given", "planned")}
    ever = {name: (name, "any") for name in ("reduced", "held", "held_for_event") if name in frame}
    by = frame[first.notna()].groupby(["USUBJID", "treatment"], sort=False)
    found = by.agg(**once, **sums, known=("known", "all"), **ever).reset_index()
    found["times"] = found["times"].where(
        found["times"] > 0
    )  # everyone here was given one dose or more, so 0 is not known
    found["intensity"] = (found["given"] / found["planned"]).where(found["known"] & (found["planned"] > 0))
    return found[["USUBJID", "arm", "treatment", "category", *SPREADS, *ever]]


def _column(rows: pd.DataFrame, name: str) -> pd.Series:
    return numeric(name, rows[name]) if name in rows else pd.Series(np.nan, rows.index)


def summarise_exposure(exposure: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    """What each arm was given of each treatment.

    Parameters
    ----------
    exposure
        As returned by ``subject_exposure`` for ``subjects``.

    Returns
    -------
    pandas.DataFrame
        A row a treatment and arm, treatments by category and name, arms in their order: treatment, category, arm, n
        (subjects of the arm), exposed, ``months``, ``times`` and ``intensity`` with ``_median``, ``_q1`` and ``_q3``
        (not-a-number where nobody's is known), and numbers of exposed subjects: known (whose intensity is), kept (at
        least ``KEPT`` of the planned dose) and reduced of those, held, and held_for_event where ``exposure`` has it.
    """
    sizes = subjects.groupby("arm", observed=True).size()
    flags = [name for name in ("held", "held_for_event") if name in exposure]
    rows = []
    for (category, treatment), of_treatment in exposure.groupby(["category", "treatment"]):
        for arm, n in sizes.items():
            some = of_treatment[of_treatment["arm"] == arm]
            known = some[some["intensity"].notna()]
            spreads = {
                f"{name}_{part}": float(some[name].quantile(q))
                for name in SPREADS
                for part, q in (("median", 0.5), ("q1", 0.25), ("q3", 0.75))
            }
            counts = {
                "exposed": len(some),
                "known": len(known),
                "kept": int((known["intensity"] >= KEPT * (1 - ROUNDING)).sum()),
                "reduced": int(known["reduced"].sum()),
                **{name: int(some[name].sum()) for name in flags},
            }
            rows.append(
                {"treatment": treatment, "category": category, "arm": str(arm), "n": int(n), **counts, **spreads}
            )
    return pd.DataFrame(rows)
