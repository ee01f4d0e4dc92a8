"""Which adverse event records count, whose arm they belong to and which grade they have."""

from collections.abc import Collection, Mapping
from typing import TypedDict

import pandas as pd

from lentap.stats.arguments import columns, real, refuse

GRADES = {"AETOXGR": ("1", "2", "3", "4", "5"), "AESEV": ("MILD", "MODERATE", "SEVERE")}  # from mild to worst
TERMS = ("AEDECOD", "AESOC")
RELATED = ("RELATED", "DEFINITE", "PROBABLE", "POSSIBLE", "PROBABLY RELATED", "POSSIBLY RELATED", "Y", "YES")
UNRELATED = ("NOT RELATED", "UNRELATED", "NONE", "REMOTE", "UNLIKELY", "UNLIKELY RELATED", "N", "NO")


class Which(TypedDict, total=False):
    """Which events count: the options of ``incidence`` that other functions hand on."""

    minimum_grade: int
    related_only: bool
    serious_only: bool
    treatment_emergent: bool


def counted_events(
    events: pd.DataFrame,
    subjects: pd.DataFrame,
    *,
    minimum_grade: int = 1,
    related_only: bool = False,
    serious_only: bool = False,
    treatment_emergent: bool = True,
) -> pd.DataFrame:
    """Events that count, with the ``arm`` of their subject; the options are those of ``incidence``.

    Raises
    ------
    StatisticsError
        No subjects or one in two rows, a column that is asked for is missing, or a word in it that is not legal.
    """
    columns("events", events, "USUBJID")
    columns("subjects", subjects, "USUBJID", "arm")
    if subjects["USUBJID"].duplicated().any():
        refuse("subjects", subjects.loc[subjects["USUBJID"].duplicated(), "USUBJID"].iloc[0], "one row a subject")
    if not len(subjects):
        refuse("subjects", "an empty table", "one subject or more")
    kept = events
    if treatment_emergent and "TRTEMFL" in events.columns:
        kept = kept[kept["TRTEMFL"] == "Y"]
    if serious_only:
        columns("events", kept, "AESER")
        kept = kept[kept["AESER"] == "Y"]
    if related_only:
        columns("events", kept, "AEREL")
        kept = kept[related(kept["AEREL"])]
    counted = kept.drop(columns="arm", errors="ignore").merge(subjects[["USUBJID", "arm"]], on="USUBJID")
    if real(minimum_grade) == 1:
        return counted
    scale = grade_scale(events)
    if real(minimum_grade) not in range(1, len(GRADES[scale]) + 1):
        refuse("minimum_grade", minimum_grade, f"1 to {len(GRADES[scale])} (events are graded by {scale})")
    return counted[grade(counted, scale) >= minimum_grade]


def grouped_events(events: pd.DataFrame, groups: Mapping[str, Collection[str]]) -> pd.DataFrame:
    """Events of each group of terms, under the group's name in AEDECOD; an event of several groups stands in each.

    Parameters
    ----------
    events
        Rows of ADAE, with AEDECOD.
    groups
        Terms by the name of their group; letters' case does not matter.
    """
    columns("events", events, "AEDECOD")
    members = [(term.casefold(), name) for name, terms in groups.items() for term in terms]
    folded = events["AEDECOD"].astype("string").str.casefold().astype(object)
    group_of = pd.DataFrame(members, columns=["folded", "AEDECOD"]).drop_duplicates()
    return events.drop(columns="AEDECOD").assign(folded=folded).merge(group_of, on="folded").drop(columns="folded")


def arm_sizes(subjects: pd.DataFrame) -> pd.Series:
    """Count the subjects of each arm, in the arms' own order where they have one."""
    return subjects.groupby("arm", observed=True)["USUBJID"].size()


def grade_scale(events: pd.DataFrame) -> str:
    """Column the grades come from: AETOXGR (CTCAE) or, where that is absent or empty, AESEV (severity)."""
    if "AETOXGR" in events.columns and ("AESEV" not in events.columns or events["AETOXGR"].notna().any()):
        return "AETOXGR"
    columns("events (without AETOXGR)", events, "AESEV")
    return "AESEV"


def grade(events: pd.DataFrame, scale: str) -> pd.Series:
    """Grade of each event on a scale of ``GRADES``: 1 to 5 of CTCAE or 1 to 3 of severity; any other word is none."""
    words = events[scale].astype(str).str.strip().str.upper().str.removesuffix(".0")
    return words.map({name: float(rank) for rank, name in enumerate(GRADES[scale], start=1)}).astype(float)


def related(relation: pd.Series) -> pd.Series:
    """Whether each event is related to treatment; an unknown relation (``relation_unknown``) is held to be one."""
    return ~_words(relation).isin(UNRELATED)


def relation_unknown(relation: pd.Series) -> pd.Series:
    """Whether the relation is missing, or a word in neither ``RELATED`` nor ``UNRELATED``, such as UNKNOWN."""
    return ~_words(relation).isin([*RELATED, *UNRELATED])


def _words(relation: pd.Series) -> pd.Series:
    return relation.astype("string").fillna("").str.strip().str.upper()
