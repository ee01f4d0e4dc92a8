"""Laboratory values are those of patients with HBV-related liver cancer, and tell what the adverse events tell."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from lentap.simulate import load_assumptions
from lentap.stats.liver_injury import liver_injury
from tests.simulate.shapes import Tables, of

TERMS = {
    "ALT": {"Alanine aminotransferase increased", "Immune-mediated hepatitis"},
    "AST": {"Aspartate aminotransferase increased", "Immune-mediated hepatitis"},
    "BILI": {"Blood bilirubin increased", "Immune-mediated hepatitis", "Hepatic failure"},
    "ALB": {"Hypoalbuminaemia"},
    "PLT": {"Platelet count decreased"},
    "INR": {"Hepatic failure"},
    "UPROT": {"Proteinuria"},
}
OWN = {
    "ALT": "Alanine aminotransferase increased",
    "AST": "Aspartate aminotransferase increased",
    "BILI": "Blood bilirubin increased",
    "ALB": "Hypoalbuminaemia",
    "PLT": "Platelet count decreased",
    "UPROT": "Proteinuria",
}
HIGHEST = {"ALB": 3, "INR": 3, "UPROT": 3}  # grades a value can show


def graded(rows: pd.DataFrame) -> "pd.Series[Any]":
    """CTCAE v5.0 grade of values; enzymes and bilirubin by the baseline where that is above the upper limit."""
    value, low, high, base = (rows[name].to_numpy() for name in ("AVAL", "ANRLO", "ANRHI", "base"))
    code, above = rows["PARAMCD"].to_numpy(), base > high

    def steps(first: Any, *further: Any) -> "np.ndarray[Any, Any]":
        return sum((value > limit).astype(int) for limit in (first, *further))

    enzyme = np.where(
        above,
        (value >= 1.5 * base).astype(int) + (value > 3 * base) + (value > 5 * base) + (value > 20 * base),
        steps(high, 3 * high, 5 * high, 20 * high),
    )
    alkaline = np.where(
        above,
        (value >= 2 * base).astype(int) + (value > 2.5 * base) + (value > 5 * base) + (value > 20 * base),
        steps(high, 2.5 * high, 5 * high, 20 * high),
    )
    reference = np.where(above, base, high)
    bilirubin = steps(reference, 1.5 * reference, 3 * reference, 10 * reference)
    falls = {
        "ALB": (value < low).astype(int) + (value < 30) + (value < 20),
        "PLT": (value < low).astype(int) + (value < 75) + (value < 50) + (value < 25),
    }
    protein = (value >= 0.15).astype(int) + (value >= 1) + (value >= 3.5)
    by_code = {"ALT": enzyme, "AST": enzyme, "ALP": alkaline, "BILI": bilirubin, **falls, "UPROT": protein}
    by_code["INR"] = steps(1.2, 1.5, 2.5)
    return pd.Series(np.select([code == c for c in by_code], list(by_code.values()), 0), index=rows.index)


@pytest.fixture(scope="module")
def labs(tables: Tables) -> pd.DataFrame:
    """Values that were measured, with the baseline and the grade beside each."""
    rows = tables["adlb"]
    base = rows[rows["ABLFL"] == "Y"].set_index(["USUBJID", "PARAMCD"])["AVAL"].rename("base")
    rows = rows.join(base, on=["USUBJID", "PARAMCD"])
    rows = rows[rows["AVAL"].notna()].reset_index(drop=True)
    return rows.assign(grade=graded(rows))


@pytest.fixture(scope="module")
def baseline(labs: pd.DataFrame) -> pd.DataFrame:
    wide = labs[labs["ABLFL"] == "Y"].pivot_table(index="USUBJID", columns="PARAMCD", values="AVAL")
    assert wide.notna().all(axis=None)
    return wide


def active(labs: pd.DataFrame, tables: Tables, code: str) -> pd.DataFrame:
    """Values of a test beside each event that shows in it and goes on at the time."""
    events = tables["adae"][tables["adae"]["AEDECOD"].isin(TERMS[code])]
    events = events[["USUBJID", "AESEQ", "AEDECOD", "AETOXGR", "ASTDY", "AENDY"]]
    pairs = labs[labs["PARAMCD"] == code].reset_index(names="row").merge(events, on="USUBJID")
    return pairs[(pairs["ADY"] >= pairs["ASTDY"]) & (pairs["ADY"] <= pairs["AENDY"].fillna(10**6))]


def test_every_subject_has_one_baseline_of_every_test_before_treatment(tables: Tables) -> None:
    rows = tables["adlb"]
    tests = load_assumptions().laboratory.tests
    first = rows[rows["ABLFL"] == "Y"]
    assert not first.duplicated(["USUBJID", "PARAMCD"]).any()
    assert len(first) == 3000 * len(tests)
    assert (first["ADY"] < 1).all()
    assert first["AVAL"].notna().all()
    assert set(first["AVISIT"]) == {"Baseline"}
    later = rows[(rows["ABLFL"] != "Y") & rows["ADY"].notna()]
    assert (later["ADY"] > 1).all()


def test_values_explain_the_child_pugh_score_at_baseline(baseline: pd.DataFrame, subjects: pd.DataFrame) -> None:
    """Albumin 35 and 28 g/L, bilirubin 34 and 50 umol/L, INR 1.7 and 2.3; neither ascites nor encephalopathy."""
    points = (
        5
        + (baseline["ALB"] <= 35).astype(int)
        + (baseline["ALB"] < 28)
        + (baseline["BILI"] >= 34)
        + (baseline["BILI"] > 50)
        + (baseline["INR"] >= 1.7)
    )
    assert (points == subjects["CHILDPGH"].str[1:].astype(int).reindex(points.index)).all()


def test_liver_tests_are_often_abnormal_at_baseline_in_either_arm(labs: pd.DataFrame, subjects: pd.DataFrame) -> None:
    rows = labs[labs["ABLFL"] == "Y"]
    arm = of(subjects, rows, "TRT01P")
    high = (rows["AVAL"] > rows["ANRHI"]).groupby([rows["PARAMCD"], arm]).mean()
    low = (rows["AVAL"] < rows["ANRLO"]).groupby([rows["PARAMCD"], arm]).mean()
    for code, (least, most) in {"ALT": (0.25, 0.55), "AST": (0.45, 0.75), "BILI": (0.15, 0.45)}.items():
        assert high[code].between(least, most).all(), code
    for code in ("ALB", "PLT"):
        assert low[code].between(0.15, 0.45).all(), code
    assert (high.groupby("PARAMCD").agg(np.ptp) < 0.06).all()


def test_albi_grades_are_those_of_resectable_and_intermediate_disease(baseline: pd.DataFrame) -> None:
    """ALBI (Johnson et al. 2015): 0.66 log10 bilirubin (umol/L) - 0.085 albumin (g/L); grade 1 up to -2.60."""
    score = 0.66 * np.log10(baseline["BILI"]) - 0.085 * baseline["ALB"]
    assert 0.35 < (score <= -2.60).mean() < 0.75
    assert (score > -1.39).mean() < 0.02


def test_values_without_an_event_stay_within_grade_one(labs: pd.DataFrame, tables: Tables) -> None:
    for code in TERMS:
        reported = active(labs, tables, code).groupby("row")["AETOXGR"].max()
        limit = reported.reindex(labs.index, fill_value=1)
        if code == "UPROT":
            limit = reported.reindex(labs.index, fill_value=0)
        rows = labs["PARAMCD"] == code
        assert (labs["grade"] <= limit.where(labs["ABLFL"] != "Y", 4))[rows].all(), code
    assert (labs.loc[labs["PARAMCD"] == "ALP", "grade"] <= 1)[labs["ABLFL"] != "Y"].all()


@pytest.mark.parametrize("code", OWN)
def test_the_worst_value_under_an_event_has_the_grade_of_the_event(
    labs: pd.DataFrame, tables: Tables, code: str
) -> None:
    pairs = active(labs, tables, code)
    pairs["others"] = pairs.groupby("row")["AESEQ"].transform("nunique") - 1
    own = pairs[pairs["AEDECOD"] == OWN[code]]
    by = own.groupby(["USUBJID", "AESEQ"])
    worst, told, shared = by["grade"].max(), by["AETOXGR"].first(), by["others"].max() > 0
    told = told.clip(upper=HIGHEST.get(code, 4))
    events = tables["adae"][(tables["adae"]["AEDECOD"] == OWN[code]) & (tables["adae"]["TRTEMFL"] == "Y")]
    assert len(worst) == len(events) > 100
    assert (worst == told)[~shared].all()
    assert (worst >= told).all()
    first = by["ADY"].min() - by["ASTDY"].first()
    assert first.between(0, 1).all()


def test_hepatitis_raises_both_aminotransferases_and_where_severe_meets_hys_law(
    labs: pd.DataFrame, tables: Tables, subjects: pd.DataFrame
) -> None:
    events = tables["adae"][tables["adae"]["AEDECOD"] == "Immune-mediated hepatitis"]
    assert len(events) > 50
    for code in ("ALT", "AST"):
        pairs = active(labs, tables, code)
        worst = pairs[pairs["AEDECOD"] == "Immune-mediated hepatitis"].groupby(["USUBJID", "AESEQ"])["grade"].max()
        grade = events.set_index(["USUBJID", "AESEQ"])["AETOXGR"]
        assert (worst >= grade.reindex(worst.index)).all()
        assert len(worst) == len(events)
    people = subjects.reset_index().rename(columns={"TRT01P": "arm"})[["USUBJID", "arm"]]
    found = liver_injury(labs, people, procedures=tables["adpr"]).set_index("USUBJID")
    severe = events.loc[events["AETOXGR"] >= 3, "USUBJID"].unique()
    assert found.loc[severe, "hys_law"].mean() > 0.5
    assert 0.01 < found["hys_law"].mean() < 0.3


def test_hypothyroidism_is_seen_in_thyrotropin_and_only_there(labs: pd.DataFrame, tables: Tables) -> None:
    values = labs[labs["PARAMCD"] == "TSH"].reset_index(names="row")
    events = tables["adae"][tables["adae"]["AEDECOD"] == "Hypothyroidism"]
    pairs = values.merge(events[["USUBJID", "AESEQ", "AETOXGR", "ASTDY", "AENDY"]], on="USUBJID")
    pairs = pairs[(pairs["ADY"] >= pairs["ASTDY"]) & (pairs["ADY"] <= pairs["AENDY"].fillna(10**6))]
    by = pairs.groupby(["USUBJID", "AESEQ"])
    peak, grade = by["AVAL"].max(), by["AETOXGR"].first()
    assert len(peak) == len(events) > 100
    assert peak[grade == 1].between(4.2, 10).all()
    assert (peak[grade == 2].between(10, 40)).all()
    outside = values[~values["row"].isin(pairs["row"])]
    assert (outside["AVAL"] <= outside["ANRHI"]).all()


def test_aminotransferases_peak_after_tace_and_are_back_before_the_next_session(
    labs: pd.DataFrame, tables: Tables
) -> None:
    rows = labs[labs["PARAMCD"].isin(["ALT", "AST"])]
    done = tables["adpr"][tables["adpr"]["PRCAT"] == "TACE"][["USUBJID", "ASTDY"]]
    events = tables["adae"][tables["adae"]["AEDECOD"].isin(TERMS["ALT"] | TERMS["AST"])]
    quiet = rows[~rows["USUBJID"].isin(events["USUBJID"]) & (rows["ABLFL"] != "Y")]
    pairs = quiet.reset_index(names="row").merge(done, on="USUBJID")
    since = (pairs["ADY"] - pairs["ASTDY"]).where(lambda d: d > 0).groupby(pairs["row"]).min()
    ratio = (quiet["AVAL"] / quiet["base"]).reindex(since.index)
    by_day = ratio.groupby(since).median()
    assert by_day[3] > 1.3
    assert 1.1 < by_day[7] < by_day[3]
    assert ratio[since > 20].median() == pytest.approx(1, abs=0.05)


def test_a_missing_value_has_a_reason_and_a_missed_visit_no_day(tables: Tables) -> None:
    rows = tables["adlb"]
    assert (rows["AVAL"].isna() == (rows["REASND"] != "")).all()
    missed = rows["REASND"].str.startswith("Visit missed")
    assert (rows["ADY"].isna() == missed).all()
    assert (rows["ADT"].eq("") == missed).all()
    assert 0.01 < missed.mean() < 0.05
    assert 0.005 < (rows["AVAL"].isna() & ~missed).mean() < 0.03
    assert not rows[rows["ADY"].notna()].duplicated(["USUBJID", "PARAMCD", "ADY"]).any()
    assert not rows[rows["AVISITN"].notna()].duplicated(["USUBJID", "PARAMCD", "AVISITN"]).any()


def test_units_limits_and_decimals_are_those_of_the_test_and_laboratory(tables: Tables, subjects: pd.DataFrame) -> None:
    rows = tables["adlb"]
    even = of(subjects, rows, "SITEID").astype(int) % 2 == 0
    for code, test in load_assumptions().laboratory.tests.items():
        chosen = rows["PARAMCD"] == code
        assert set(rows.loc[chosen, "AVALU"]) == {test.unit}
        for name, limits in (("ANRLO", test.low), ("ANRHI", test.high)):
            assert (rows.loc[chosen, name] == even[chosen].map({False: limits[0], True: limits[1]})).all()
        values = rows.loc[chosen, "AVAL"].dropna()
        assert np.array_equal(values, values.round(test.decimals))
        assert (values > 0).all()
