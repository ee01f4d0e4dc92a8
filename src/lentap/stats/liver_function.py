"""Liver function from laboratory values: ALBI score and grade, and the laboratory part of the Child-Pugh score."""

import numpy as np
import pandas as pd

from lentap.stats.arguments import Floats, columns
from lentap.stats.laboratory_values import in_unit

ALBI_GRADES = ("1", "2a", "2b", "3")
CHILD_PUGH_CLASSES = ("A5", "A6", "B", "C")
UNITS = {"BILI": "umol/L", "ALB": "g/L", "INR": "ratio"}
_ALBI_ENDS = (-2.60, -2.27, -1.39)  # the last score of grades 1, 2a and 2b
_POINTS = {"BILI": (34.0, 50.0), "ALB": (35.0, 28.0), "INR": (1.7, 2.3)}  # up to the first 1 point, up to the second 2


def albi_score(bilirubin: Floats, albumin: Floats) -> Floats:
    """ALBI score of Johnson et al. 2015: 0.66 log10(bilirubin) - 0.085 albumin.

    Parameters
    ----------
    bilirubin, albumin
        In umol/L (above 0) and g/L; not-a-number gives not-a-number.
    """
    bilirubin = np.asarray(bilirubin, dtype=float)
    return np.asarray(0.66 * np.log10(np.where(bilirubin > 0, bilirubin, np.nan)) - 0.085 * np.asarray(albumin))


def albi_grade(score: Floats) -> pd.Categorical:
    """Grade of an ALBI score: 1 up to -2.60, 3 above -1.39 (Johnson et al. 2015), 2a up to -2.27 (Hiraoka et al.)."""
    score = np.asarray(score, dtype=float)
    codes = np.where(np.isnan(score), -1, np.searchsorted(_ALBI_ENDS, score, side="left"))
    return pd.Categorical.from_codes(codes.tolist(), categories=pd.Index(ALBI_GRADES), ordered=True)


def child_pugh_points(test: str, values: Floats) -> Floats:
    """Points of bilirubin (umol/L), albumin (g/L) or INR in the Child-Pugh score, as it is commonly used: 1, 2 or 3.

    Bilirubin 34 and 50 umol/L, albumin 35 and 28 g/L, INR 1.7 and 2.3 are the limits; each itself counts 2 points for
    albumin and bilirubin (28 to 35 and 34 to 50), and for INR (1.7 to 2.3).
    """
    values = np.asarray(values, dtype=float)
    first, second = _POINTS[test]
    sign = -1 if second < first else 1
    points = 1.0 + (sign * values >= sign * first) + (sign * values > sign * second)
    return np.where(np.isnan(values), np.nan, points)


def liver_function(values: pd.DataFrame) -> pd.DataFrame:
    """ALBI and the laboratory part of Child-Pugh wherever bilirubin and albumin were measured on one day.

    INR, which is measured more seldom, is that of the same day. The Child-Pugh score adds to the three laboratory
    points one each for ascites and encephalopathy, as if there were none: it is the least the score can be.

    Parameters
    ----------
    values
        As ``placed_values`` returns them.

    Returns
    -------
    pandas.DataFrame
        A row a subject and day: USUBJID, arm, day, visit, visit_name, phase, is_baseline (the last such day before
        treatment), bilirubin (umol/L), albumin (g/L), inr, albi, albi_grade, child_pugh (not-a-number without INR),
        child_pugh_class.
    """
    columns("values", values, "USUBJID", "arm", "test", "day", "value", "unit", "visit", "phase", "why")
    rows = values[(values["why"] == "") & values["test"].isin(list(UNITS))]
    measured = pd.concat(
        [
            of.assign(value=in_unit(of["value"], of["test"], of["unit"], UNITS[str(test)]))
            for test, of in rows.groupby("test", sort=False, observed=True)
        ]
        or [rows]
    )
    keys = ["USUBJID", "day"]
    first = measured.drop_duplicates([*keys, "test"])
    wide = first.pivot_table(index=keys, columns="test", values="value", aggfunc="first", observed=True).reindex(
        columns=list(UNITS)
    )
    about = measured.sort_values("visit", kind="stable").drop_duplicates(keys).set_index(keys)
    table = about[["arm", "visit", "visit_name", "phase"]].join(wide).reset_index().sort_values(keys, ignore_index=True)
    table = table.rename(columns={"BILI": "bilirubin", "ALB": "albumin", "INR": "inr"})
    table = table.dropna(subset=["bilirubin", "albumin"]).reset_index(drop=True)
    table["albi"] = albi_score(table["bilirubin"].to_numpy(), table["albumin"].to_numpy())
    table["albi_grade"] = albi_grade(table["albi"].to_numpy())
    points = [
        child_pugh_points(test, table[name].to_numpy(dtype=float))
        for test, name in (("BILI", "bilirubin"), ("ALB", "albumin"), ("INR", "inr"))
    ]
    table["child_pugh"] = 2 + np.sum(points, axis=0)
    place = np.select([table["child_pugh"] <= 5, table["child_pugh"] <= 6, table["child_pugh"] <= 9], [0, 1, 2], 3)
    place = np.where(table["child_pugh"].isna(), -1, place)
    classes = pd.Index(CHILD_PUGH_CLASSES)
    table["child_pugh_class"] = pd.Categorical.from_codes(place.tolist(), categories=classes, ordered=True)
    last = table[table["phase"] == "before"].drop_duplicates("USUBJID", keep="last")
    return table.assign(is_baseline=table.index.isin(last.index))
