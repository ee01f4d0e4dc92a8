"""Liver injury from laboratory values: peaks of aminotransferases and bilirubin, and who meets Hy's law."""

import numpy as np
import pandas as pd

from lentap.stats.arguments import choice, columns, numeric, real, refuse

AMINOTRANSFERASES, BILIRUBIN = ("ALT", "AST"), "BILI"
REFERENCES = ("upper limit", "baseline")
ORDERS = ("any", "aminotransferase first")
QUADRANTS = ("near normal", "Temple's corollary", "cholestasis", "Hy's law", "not measured")


def liver_injury(
    labs: pd.DataFrame,
    subjects: pd.DataFrame,
    *,
    reference: str = "upper limit",
    aminotransferase: float = 3.0,
    bilirubin: float = 2.0,
    window: float = 30.0,
    order: str = "any",
    procedures: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Peak multiples of each subject's liver tests after baseline, their quadrant, and whether Hy's law is met.

    The biochemical part of Hy's law, as the FDA's guidance on drug-induced liver injury (2009) has it: ALT or AST of at
    least 3 times and bilirubin of at least 2 times the upper limit of normal. That there was no cholestasis at the
    start and that no other cause explains it, such as the tumour or an embolisation, remains to be judged.

    Parameters
    ----------
    labs
        A row a measurement: USUBJID, PARAMCD (``ALT``, ``AST``, ``BILI``; others are passed over), ADY (study day, day
        1 that of the first dose), AVAL and ANRHI, the upper limit of normal in the unit of AVAL. The last value up to
        day 1 is the baseline. A missing AVAL is no measurement.
    subjects
        One row a subject to report: USUBJID and ``arm``.
    reference
        What ALT and AST are a multiple of: ``upper limit``, or ``baseline`` in a subject whose own baseline lies above
        the upper limit (as in chronic liver disease) and the upper limit in the others. Bilirubin is always a multiple
        of its upper limit.
    aminotransferase, bilirubin
        Multiples from which a value is high.
    window
        Most days between the two high values for Hy's law; 0 for the same day.
    order
        ``any``, or ``aminotransferase first`` where bilirubin must be high on the same day or later.
    procedures
        Rows of ADPR: USUBJID, ASTDY and, optionally, PRCAT, of which TACE counts.

    Returns
    -------
    pandas.DataFrame
        A row a subject, in the order of ``subjects``: USUBJID, arm; alt, ast, bilirubin (peak multiples of the upper
        limit after baseline); aminotransferase (peak of ALT and AST as multiples of ``reference``); quadrant, one of
        ``QUADRANTS``, by the peaks whenever they were (Watkins et al. 2011, eDISH); hys_law, true where a pair of high
        values lies within ``window`` in ``order``; day, when the first such pair was complete or, without one, of the
        aminotransferase peak; and days_since_tace, from the last one up to that day, if ``procedures`` are given.

    Raises
    ------
    StatisticsError
        A column is missing, a value is negative or without a day or an upper limit above 0, or an option is illegal.
    """
    choice("reference", reference, REFERENCES)
    choice("order", order, ORDERS)
    for argument, least, given in (
        ("aminotransferase", 1, aminotransferase),
        ("bilirubin", 1, bilirubin),
        ("window", 0, window),
    ):
        if not (np.isfinite(real(given)) and given >= least):
            refuse(argument, given, f"a finite number of at least {least}")
    columns("subjects", subjects, "USUBJID", "arm")
    if subjects["USUBJID"].duplicated().any():
        refuse("subjects", subjects.loc[subjects["USUBJID"].duplicated(), "USUBJID"].iloc[0], "one row a subject")
    values = _multiples(labs, reference)
    later = values[values["ADY"] > 1]
    peaks = later.pivot_table(index="USUBJID", columns="PARAMCD", values="of_limit", aggfunc="max", observed=True)
    enzymes = later[later["PARAMCD"] != BILIRUBIN]
    table = subjects[["USUBJID", "arm"]].reset_index(drop=True)
    for column, code in (("alt", "ALT"), ("ast", "AST"), ("bilirubin", BILIRUBIN)):
        table[column] = table["USUBJID"].map(peaks[code]) if code in peaks else np.nan
    top = enzymes.sort_values(["of_reference", "ADY"], ascending=[False, True]).drop_duplicates("USUBJID")
    top = top.set_index("USUBJID")
    table["aminotransferase"] = table["USUBJID"].map(top["of_reference"]).astype(float)
    table["quadrant"] = _quadrant(table["aminotransferase"] >= aminotransferase, table["bilirubin"] >= bilirubin, table)
    high = enzymes.loc[enzymes["of_reference"] >= aminotransferase, ["USUBJID", "ADY"]]
    yellow = later.loc[(later["PARAMCD"] == BILIRUBIN) & (later["of_limit"] >= bilirubin), ["USUBJID", "ADY"]]
    first = _first_pair(high, yellow, window, order)
    table["hys_law"] = table["USUBJID"].isin(first.index)
    table["day"] = table["USUBJID"].map(first).fillna(table["USUBJID"].map(top["ADY"])).astype(float)
    if procedures is not None:
        table["days_since_tace"] = _days_since(table, procedures)
    return table


def _multiples(labs: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Measurements as multiples of the upper limit and of the reference."""
    columns("labs", labs, "USUBJID", "PARAMCD", "ADY", "AVAL", "ANRHI")
    wanted = labs["PARAMCD"].isin([*AMINOTRANSFERASES, BILIRUBIN]) & labs["AVAL"].notna()
    values = labs.loc[wanted, ["USUBJID", "PARAMCD", "ADY", "AVAL", "ANRHI"]].copy()
    for name, legal in (("AVAL", "0 or more"), ("ANRHI", "above 0"), ("ADY", "a study day")):
        numbers = numeric(name, values[name])
        good = numbers.notna() if name == "ADY" else numbers >= 0 if name == "AVAL" else numbers > 0
        good &= ~np.isinf(numbers)
        if not good.all():
            refuse(name, values.loc[~good, name].iloc[0], f"{legal} in every row with a value of ALT, AST or BILI")
        values[name] = numbers
    values["of_limit"] = values["AVAL"] / values["ANRHI"]
    values["of_reference"] = values["of_limit"]
    if reference == "baseline":
        before = values[values["ADY"] <= 1].sort_values("ADY", kind="stable")
        baseline = before.groupby(["USUBJID", "PARAMCD"], observed=True)["of_limit"].last().rename("baseline")
        own = values.merge(baseline, how="left", on=["USUBJID", "PARAMCD"])["baseline"].to_numpy()
        values["of_reference"] /= np.fmax(own, 1.0)
    return values


def _quadrant(high: pd.Series, yellow: pd.Series, table: pd.DataFrame) -> pd.Categorical:
    place = high.astype(int) + 2 * yellow.astype(int)
    place = place.mask(table["aminotransferase"].isna() | table["bilirubin"].isna(), len(QUADRANTS) - 1)
    return pd.Categorical.from_codes(place.tolist(), categories=pd.Index(QUADRANTS), ordered=False)


def _first_pair(high: pd.DataFrame, yellow: pd.DataFrame, window: float, order: str) -> pd.Series:
    """Day, by subject, on which the first pair of high values close enough was complete."""
    pairs = high.merge(yellow, on="USUBJID", suffixes=("", "_bilirubin"))
    lag = pairs["ADY_bilirubin"] - pairs["ADY"]
    pairs = pairs[(lag.abs() <= window) & ((lag >= 0) | (order == "any"))]
    return pairs[["ADY", "ADY_bilirubin"]].max(axis=1).groupby(pairs["USUBJID"]).min()


def _days_since(table: pd.DataFrame, procedures: pd.DataFrame) -> pd.Series:
    columns("procedures", procedures, "USUBJID", "ASTDY")
    procedures = procedures.assign(ASTDY=numeric("ASTDY", procedures["ASTDY"]))
    done = procedures if "PRCAT" not in procedures.columns else procedures[procedures["PRCAT"] == "TACE"]
    before = table[["USUBJID", "day"]].merge(done[["USUBJID", "ASTDY"]], on="USUBJID")
    since = (before["day"] - before["ASTDY"]).where(before["ASTDY"] <= before["day"])
    return table["USUBJID"].map(since.groupby(before["USUBJID"]).min())
