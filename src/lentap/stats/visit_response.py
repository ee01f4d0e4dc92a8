"""Response at a visit from what was measured: target lesions, other lesions and new ones, by RECIST 1.1 or mRECIST."""

import numpy as np
import pandas as pd

from lentap.stats.arguments import choice, columns, numeric, real, refuse

DIAMETERS = {"RECIST 1.1": "diameter", "mRECIST": "viable_diameter"}
LEAST_INCREASE = {"RECIST 1.1": 5.0, "mRECIST": 0.0}  # of the sum of diameters, mm
NON_TARGET = ("CR", "NON-CR/NON-PD", "PD", "NE")
NORMAL_NODE = 10.0  # mm of short axis: a node below is not disease
_ROUNDING = 1e-9


def visit_response(
    targets: pd.DataFrame,
    findings: pd.DataFrame | None = None,
    *,
    criterion: str = "RECIST 1.1",
    baseline: float = 0,
    least_increase: float | None = None,
) -> pd.DataFrame:
    """Overall response of each subject at each visit after baseline, and the sums of diameters it rests on.

    RECIST 1.1 (Eisenhauer et al. 2009, section 4.3 and table 1) adds the longest diameters of the target lesions, the
    short axes of nodes among them. Target lesions are CR when all are gone and every node is below 10 mm, PR when the
    sum is at least 30 % below baseline, PD when it is at least 20 % and 5 mm above the smallest sum before (baseline
    included), or when one comes back after an overall CR, and SD otherwise, also where an earlier visit was PR. If a
    lesion was not measured they are NE, unless the others alone make it PD (section 4.4.2).

    mRECIST (Lencioni and Llovet 2010) has the same rules for another measurement: the longest diameter of the viable
    tumour, which enhances in the arterial phase, so a lesion is gone when nothing in it enhances; its definition of PD
    has no 5 mm. "IR/SD" of its non-target lesions is NON-CR/NON-PD here. What makes a lesion new (10 mm and the
    pattern of liver cancer, or growth) is for the reader to judge.

    Parameters
    ----------
    targets
        A row a target lesion and visit: USUBJID, AVISITN, TRLNKID (the lesion), its diameter in mm, 0 when gone and
        missing when not measured, in the column that ``DIAMETERS`` names for the criterion, and optionally ``nodal``,
        true for a lymph node, measured by its short axis.
    findings
        A row a visit: USUBJID, AVISITN, ``non_target`` (one of ``NON_TARGET``, missing in subjects who have none) and
        ``new_lesion`` (true or false). A visit without a row has no new lesion and, in subjects with non-target
        lesions, non-target NE. None where there are neither.
    criterion
        One of ``DIAMETERS``.
    baseline
        AVISITN of the baseline measurements.
    least_increase
        Least growth of the sum for PD, mm; by default that of ``LEAST_INCREASE``.

    Returns
    -------
    pandas.DataFrame
        By subject and visit: USUBJID, AVISITN, sum_of_diameters (mm, not-a-number if a lesion was not measured),
        baseline (its value there), change and change_from_nadir (per cent; from a nadir of 0 not-a-number), target,
        non_target, new_lesion, AVALC.

    Raises
    ------
    StatisticsError
        A column is missing, a lesion twice at a visit or not at baseline, a diameter negative or, at baseline, missing
        or 0, a subject without target lesions at baseline, or a word that is not legal.
    """
    column = DIAMETERS[choice("criterion", criterion, DIAMETERS)]
    least = LEAST_INCREASE[criterion] if least_increase is None else least_increase
    if not (np.isfinite(real(least)) and least >= 0):
        refuse("least_increase", least, "a finite number of mm, 0 or more")
    lesions = _lesions(targets, column, baseline)
    table = _sums(lesions, _visits(lesions, findings, baseline), baseline)
    seen = _findings(findings)
    table = table.merge(seen, on=["USUBJID", "AVISITN"], how="left")
    table["new_lesion"] = table["new_lesion"].eq(True)
    elsewhere = table["USUBJID"].isin(seen.loc[seen["non_target"].notna(), "USUBJID"])
    table["non_target"] = table["non_target"].where(table["non_target"].notna() | ~elsewhere, "NE")
    return _overall(table, least)


def _overall(table: pd.DataFrame, least: float) -> pd.DataFrame:
    """Target and overall response: tables 1 and 3 (footnote a) of RECIST 1.1."""
    growth = table["measured"] - table["nadir"]
    grown = (5 * table["measured"] >= 6 * table["nadir"] - _ROUNDING) & (growth >= least - _ROUNDING) & (growth > 0)
    smaller = 10 * table["sum_of_diameters"] <= 7 * table["baseline"] + _ROUNDING
    gone = table["sum_of_diameters"].notna() & ~table["disease"]
    complete = gone & ~table["new_lesion"] & (table["non_target"].isna() | table["non_target"].eq("CR"))
    once = complete.astype(int).groupby(table["USUBJID"]).cummax()
    back = table["lesion"] & once.groupby(table["USUBJID"]).shift(fill_value=0).eq(1)
    target = np.select(
        [back, gone, grown, table["sum_of_diameters"].isna(), smaller], ["PD", "CR", "PD", "NE", "PR"], "SD"
    )
    progressed = (target == "PD") | table["non_target"].eq("PD") | table["new_lesion"]
    overall = np.select([progressed, complete, np.isin(target, ["CR", "PR"])], ["PD", "CR", "PR"], target)
    table = table.assign(target=target, AVALC=overall)
    table["change"] = 100 * (table["sum_of_diameters"] / table["baseline"] - 1)
    nadir = table["nadir"].where(table["nadir"] > 0)
    table["change_from_nadir"] = 100 * (table["sum_of_diameters"] / nadir - 1)
    order = [
        "sum_of_diameters",
        "baseline",
        "change",
        "change_from_nadir",
        "target",
        "non_target",
        "new_lesion",
        "AVALC",
    ]
    return table[["USUBJID", "AVISITN", *order]]


def _lesions(targets: pd.DataFrame, column: str, baseline: float) -> pd.DataFrame:
    """Target lesions, checked, with ``mm``, ``nodal`` and ``at_baseline``."""
    columns("targets", targets, "USUBJID", "AVISITN", "TRLNKID", column)
    if not len(targets):
        refuse("targets", "an empty table", "one target lesion or more")
    if targets["TRLNKID"].isna().any():
        refuse("TRLNKID", "missing in some rows", "a lesion in every row")
    lesions = targets[["USUBJID", "TRLNKID"]].assign(AVISITN=_visit_numbers(targets))
    lesions["mm"] = numeric(column, targets[column])
    lesions["nodal"] = targets["nodal"].eq(True) if "nodal" in targets.columns else False
    wrong = (lesions["mm"] < 0) | np.isinf(lesions["mm"])
    if wrong.any():
        refuse(column, lesions.loc[wrong, "mm"].iloc[0].item(), "mm, 0 or more, or missing")
    key = ["USUBJID", "AVISITN", "TRLNKID"]
    if lesions.duplicated(key).any():
        subject, visit, lesion = lesions.loc[lesions.duplicated(key), key].iloc[0].tolist()
        refuse("targets", f"{subject}, visit {visit:g}, lesion {lesion} twice", "a row a lesion and visit")
    first = lesions.loc[lesions["AVISITN"] == baseline, ["USUBJID", "TRLNKID", "mm", "nodal"]]
    if not (first["mm"] > 0).all():
        refuse(column, "0 or missing at baseline", "above 0 there in every target lesion")
    found = lesions.drop(columns="nodal").merge(
        first, on=["USUBJID", "TRLNKID"], how="left", suffixes=("", "_baseline")
    )
    unknown = found.loc[found["mm_baseline"].isna(), "USUBJID"]
    if len(unknown):
        refuse("targets", unknown.iloc[0], f"subjects whose every target lesion was measured at baseline ({baseline})")
    return found


def _visits(lesions: pd.DataFrame, findings: pd.DataFrame | None, baseline: float) -> pd.DataFrame:
    """Every visit after baseline at which something was looked at."""
    parts = [lesions] if findings is None else [lesions, _findings(findings)]
    visits = pd.concat([part[["USUBJID", "AVISITN"]] for part in parts]).drop_duplicates()
    stranger = visits.loc[~visits["USUBJID"].isin(lesions["USUBJID"]), "USUBJID"]
    if len(stranger):
        refuse("findings", stranger.iloc[0], "subjects with target lesions at baseline")
    return visits[visits["AVISITN"] > baseline].sort_values(["USUBJID", "AVISITN"])


def _sums(lesions: pd.DataFrame, visits: pd.DataFrame, baseline: float) -> pd.DataFrame:
    """Sum of diameters at each visit, at baseline, and the smallest before; what is left of the lesions."""
    first = lesions.loc[lesions["AVISITN"] == baseline, ["USUBJID", "TRLNKID", "mm", "nodal"]]
    due = visits.merge(first.rename(columns={"mm": "baseline"}), on="USUBJID")
    due = due.merge(lesions[["USUBJID", "AVISITN", "TRLNKID", "mm"]], on=["USUBJID", "AVISITN", "TRLNKID"], how="left")
    due["missed"] = due["mm"].isna()
    due["lesion"] = (due["mm"] > 0) & ~due["nodal"]
    due["disease"] = due["lesion"] | (due["nodal"] & (due["mm"] >= NORMAL_NODE))
    table = due.groupby(["USUBJID", "AVISITN"], as_index=False).agg(
        measured=("mm", "sum"),
        baseline=("baseline", "sum"),
        missed=("missed", "any"),
        lesion=("lesion", "any"),
        disease=("disease", "any"),
    )
    table["sum_of_diameters"] = table["measured"].mask(table["missed"])
    known = table["sum_of_diameters"].fillna(np.inf)
    before = known.groupby(table["USUBJID"]).cummin().groupby(table["USUBJID"]).shift(fill_value=np.inf)
    table["nadir"] = np.minimum(before, table["baseline"])
    return table


def _visit_numbers(table: pd.DataFrame) -> pd.Series:
    visits = numeric("AVISITN", table["AVISITN"])
    if not np.isfinite(visits).all():
        refuse("AVISITN", "missing in some rows", "a number in every row")
    return visits


def _findings(findings: pd.DataFrame | None) -> pd.DataFrame:
    """Findings beside the target lesions, checked."""
    names = ["USUBJID", "AVISITN", "non_target", "new_lesion"]
    if findings is None:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in names}).astype({"AVISITN": float})
    columns("findings", findings, *names)
    illegal = findings.loc[findings["non_target"].notna() & ~findings["non_target"].isin(NON_TARGET), "non_target"]
    if len(illegal):
        refuse("non_target", illegal.iloc[0], f"one of {', '.join(NON_TARGET)}, or missing")
    if not findings["new_lesion"].isin([True, False]).all():
        refuse(
            "new_lesion",
            findings.loc[~findings["new_lesion"].isin([True, False]), "new_lesion"].iloc[0],
            "true or false",
        )
    if findings.duplicated(["USUBJID", "AVISITN"]).any():
        refuse(
            "findings", findings.loc[findings.duplicated(["USUBJID", "AVISITN"]), "USUBJID"].iloc[0], "one row a visit"
        )
    return findings[names].assign(AVISITN=_visit_numbers(findings))
