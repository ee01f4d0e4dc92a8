"""Laboratory values of a trial: placed, graded, compared between the arms and recorded; and what has no place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from lentap.adam import Trial
from lentap.ctcae import grade_limits
from lentap.show.record.comparison import Comparison, record_comparison
from lentap.show.small_cells import is_small, parts_hidden
from lentap.sources import Source
from lentap.stats.laboratory_grades import laboratory_grades, worst_grades
from lentap.stats.laboratory_values import in_unit, placed_values
from lentap.stats.liver_function import liver_function
from lentap.stats.liver_injury import QUADRANTS, liver_injury

PANEL = ("ALT", "AST", "BILI", "ALP", "ALB", "PLT", "INR")
TESTS = {
    "ALT": "Alanine aminotransferase",
    "AST": "Aspartate aminotransferase",
    "BILI": "Total bilirubin",
    "ALP": "Alkaline phosphatase",
    "ALB": "Albumin",
    "PLT": "Platelets",
    "INR": "International normalised ratio",
    "TSH": "Thyrotropin",
    "UPROT": "Urine protein in 24 hours",
}
GRAVE = 3
TSH_TREATED = 10.0  # mIU/L from which replacement is commonly begun without symptoms
PAGE = "safety.laboratory"


@dataclass(frozen=True, eq=False)
class Laboratory:
    """Laboratory values of the patients shown.

    ``graded`` are the values with grades, ``worst`` the grades of each patient and test, ``limits`` what they go by,
    ``injury`` the peaks of each patient, ``function`` ALBI and Child-Pugh by day. ``gap`` says why there is nothing to
    show; the rest is then empty. ``has_procedures``: days since TACE are known. Counts of fewer than ``smallest``
    patients are hidden.
    """

    subjects: pd.DataFrame
    version: str
    limits: pd.DataFrame
    graded: pd.DataFrame
    worst: pd.DataFrame
    injury: pd.DataFrame
    function: pd.DataFrame
    has_procedures: bool = False
    gap: str = ""
    smallest: int = 0

    @property
    def arms(self) -> list[str]:
        return [str(arm) for arm in self.subjects["arm"].cat.categories if (self.subjects["arm"] == arm).any()]

    def of(self, table: pd.DataFrame, arm: str) -> pd.DataFrame:
        """Rows of an arm."""
        return table[table["arm"] == arm]


def laboratory_of(
    trial: Trial, subjects: pd.DataFrame, *, version: str, reference: str, window: float, smallest: int = 0
) -> Laboratory:
    """Place and grade the values of some subjects, and look for liver injury and at liver function.

    Parameters
    ----------
    subjects
        As ``Trial.subjects`` returns them, of the arms shown.
    version
        Of the CTCAE.
    reference, window
        As in ``lentap.stats.liver_injury.liver_injury``.
    """
    limits = grade_limits(version)
    values = placed_values(trial.adlb, subjects, list(TESTS))
    graded = laboratory_grades(values, limits)
    known = graded[(graded["why"] == "") & (graded["value"] >= 0) & graded["high"].notna()]
    labs = known[["USUBJID", "test", "day", "value", "high"]]
    labs = labs.set_axis(["USUBJID", "PARAMCD", "ADY", "AVAL", "ANRHI"], axis=1)
    procedures = trial.adpr if "adpr" in trial.tables else None
    injury = liver_injury(labs, subjects, reference=reference, window=window, procedures=procedures)
    gap = "" if (graded["why"] == "").any() else f"table adlb holds no value of {', '.join(TESTS)} in these patients"
    return Laboratory(
        subjects, version, limits, graded, worst_grades(graded, subjects), injury, liver_function(graded),
        procedures is not None, gap, smallest,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Findings:
    """What was recorded: comparisons of the arms, by test or by name; empty where nobody could be compared.

    ``grave`` are grades risen to ``GRAVE`` or above by test, of patients not there at baseline; ``hys_law``;
    ``near_tace`` (patients of each arm who met Hy's law within some days after TACE); ``albi`` graver ALBI grades at
    the last scheduled visit; ``thyroid`` and ``urine`` by what is counted. Arms whose counts are hidden are in none.
    """

    grave: Mapping[str, Comparison] = field(default_factory=dict)
    hys_law: Comparison | None = None
    near_tace: Mapping[str, int] = field(default_factory=dict)
    albi: Comparison | None = None
    thyroid: dict[str, Comparison] = field(default_factory=dict)
    urine: dict[str, Comparison] = field(default_factory=dict)


def record_laboratory(
    lab: Laboratory, *, control: str, level: float, after_tace: float, source: Source, **labels: Any
) -> Findings:
    """Compare the arms in grave values, Hy's law, ALBI, thyrotropin and urine protein, and record the numbers."""
    if lab.gap:
        return Findings()
    about: dict[str, Any] = {"control": control, "level": level, "difference_interval": "miettinen-nurminen"}
    about |= {"source": source, "version": lab.version, **labels}
    after = lab.worst[lab.worst["worst"].notna()]
    grave = {
        test: found
        for test in TESTS
        if (
            found := _compare(
                f"{PAGE}.risen_to_grade_3", lab, _at_risk(after, test, GRAVE), "worst", GRAVE, test=test, **about
            )
        )
    }
    measured = lab.injury[lab.injury["quadrant"] != QUADRANTS[-1]]
    hys_law = _compare(f"{PAGE}.hys_law", lab, measured, "hys_law", 1, **about)
    near = measured[measured["hys_law"] & (measured.get("days_since_tace", pd.Series(dtype=float)) <= after_tace)]
    moves = albi_moves(lab)
    told = [arm for arm in lab.arms if "graver" in albi_parts(lab, arm)]
    moved = _compare(f"{PAGE}.albi_graver", lab, moves[moves["arm"].isin(told)], "graver", 1, **about)
    return Findings(
        grave, hys_law, _near_tace(lab, measured, near), moved, _thyroid(lab, about),
        {
            f"Urine protein risen to grade {grade} or above": found
            for grade in (2, GRAVE)
            if (found := _compare(f"{PAGE}.proteinuria", lab, _at_risk(after, "UPROT", grade), "worst", grade,
                                  grade=grade, **about))
        },
    )  # fmt: skip


def _near_tace(lab: Laboratory, measured: pd.DataFrame, near: pd.DataFrame) -> dict[str, int]:
    """Patients near TACE by arm, unless they or the others who met Hy's law are few."""
    counts = {
        arm: (len(lab.of(near, arm)), int(lab.of(measured, arm)["hys_law"].sum()) - len(lab.of(near, arm)))
        for arm in lab.arms
    }
    return {arm: both[0] for arm, both in counts.items() if not any(is_small(one, lab.smallest) for one in both)}


def albi_parts(lab: Laboratory, arm: str) -> dict[str, int]:
    """Patients of an arm whose ALBI grade became milder, stayed the same or became graver, without hidden ones."""
    of = lab.of(albi_moves(lab), arm)
    milder = of["albi_grade"].cat.codes < of["albi_grade_before"].cat.codes
    parts = {
        "milder": int(milder.sum()),
        "same": int((~milder & ~of["graver"]).sum()),
        "graver": int(of["graver"].sum()),
    }
    hidden = parts_hidden(list(parts.values()), lab.smallest)
    return {name: count for (name, count), gone in zip(parts.items(), hidden, strict=True) if not gone}


def _at_risk(worst: pd.DataFrame, test: str, grade: int) -> pd.DataFrame:
    """Patients whose baseline of a test was below a grade, or has none: they can rise to it."""
    return worst[(worst["test"] == test) & ~(worst["baseline"] >= grade)]


def albi_moves(lab: Laboratory) -> pd.DataFrame:
    """Patients with ALBI at baseline and at a scheduled visit after it: whether the grade at the last one is graver."""
    function = lab.function
    last = function[(function["phase"] == "after") & function["visit"].notna()]
    last = last.drop_duplicates("USUBJID", keep="last")[["USUBJID", "albi", "albi_grade"]]
    before = function.loc[function["is_baseline"], ["USUBJID", "arm", "albi", "albi_grade"]]
    both = before.merge(last, on="USUBJID", suffixes=("_before", ""))
    return both.assign(graver=both["albi_grade"].cat.codes > both["albi_grade_before"].cat.codes)


def _thyroid(lab: Laboratory, about: Mapping[str, Any]) -> dict[str, Comparison]:
    """Patients whose thyrotropin was not raised at baseline: raised after it, and at least ``TSH_TREATED``."""
    rows = lab.graded[(lab.graded["test"] == "TSH") & (lab.graded["phase"] == "after")]
    rows = rows[rows["high"].notna() & ~rows["raised"]]
    in_miu = in_unit(rows["value"], rows["test"], rows["unit"], "mIU/L")
    rows = rows.assign(raised=rows["value"] > rows["high"], treated=in_miu >= TSH_TREATED)
    peaks = rows.groupby("USUBJID", as_index=False).agg({"arm": "first", "raised": "max", "treated": "max"})
    words = {"raised": "Thyrotropin above the upper limit", "treated": f"Thyrotropin of {TSH_TREATED:g} mIU/L or more"}
    shown = ["raised", *(["treated"] if in_miu.notna().any() else [])]
    return {
        words[column]: found
        for column in shown
        if (found := _compare(f"{PAGE}.thyrotropin", lab, peaks, column, 1, value=words[column], **about))
    }


def _compare(
    name: str, lab: Laboratory, patients: pd.DataFrame, column: str, least: float, **about: Any
) -> Comparison | None:
    """Compare the share of patients with at least a value, in the arms that have any of them; None where none has."""
    counts = {
        arm: (int((lab.of(patients, arm)[column] >= least).sum()), len(lab.of(patients, arm))) for arm in lab.arms
    }
    counts = {
        arm: both
        for arm, both in counts.items()
        if both[1] and not any(is_small(count, lab.smallest) for count in both)
    }
    if not counts:
        return None
    if about["control"] in counts:
        return record_comparison(name, counts, **about)
    alone = [record_comparison(name, {arm: both}, **about | {"control": arm}) for arm, both in counts.items()]
    return Comparison(about["source"], {arm: rate for one in alone for arm, rate in one.rates.items()}, {})
