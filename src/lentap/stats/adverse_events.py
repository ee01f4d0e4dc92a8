"""Adverse events: how many subjects of each arm had one, by term, grade and relation, and what separates the arms.

A subject counts once per term however often it had it; the denominator is every subject given, event or not.
"""

import pandas as pd

from lentap.stats.arguments import choice, columns, refuse
from lentap.stats.proportions import DIFFERENCE_METHODS, fisher_exact, risk_difference

ANY_EVENT = "Any adverse event"
NOT_GRADED = "not graded"
NO_EVENT = "no event"
GRADES = {"AETOXGR": ("1", "2", "3", "4", "5"), "AESEV": ("MILD", "MODERATE", "SEVERE")}  # from mild to worst
TERMS = ("AEDECOD", "AESOC")
RELATED = ("RELATED", "DEFINITE", "PROBABLE", "POSSIBLE", "PROBABLY RELATED", "POSSIBLY RELATED", "Y", "YES")
UNRELATED = ("NOT RELATED", "UNRELATED", "NONE", "REMOTE", "UNLIKELY", "UNLIKELY RELATED", "N", "NO")


def incidence(
    events: pd.DataFrame,
    subjects: pd.DataFrame,
    *,
    by: str = "AEDECOD",
    minimum_grade: int = 1,
    related_only: bool = False,
    serious_only: bool = False,
    treatment_emergent: bool = True,
) -> pd.DataFrame:
    """Subjects with an event, and events, per term and arm.

    Parameters
    ----------
    events
        Rows of ADAE; those of people outside ``subjects`` do not count.
    subjects
        One row a subject of the safety population, USUBJID and ``arm``: the denominators.
    by
        Column of terms, one of ``TERMS``; a missing term counts only in the first row.
    minimum_grade
        Least CTCAE grade (AETOXGR) from 1 to 5 or, without such grades, least severity (AESEV), where 1 to 3 stand
        for mild, moderate and severe. Above 1, events without a grade do not count.
    related_only
        Count only events whose AEREL is in ``RELATED`` or missing (an unknown relation is held to be one).
    serious_only
        Count only events with AESER == "Y".
    treatment_emergent
        Count only events with TRTEMFL == "Y", if there is that column.

    Returns
    -------
    pandas.DataFrame
        term, arm, subjects, n, events: first ``ANY_EVENT``, then terms by falling total of subjects, each with a row
        for every arm.

    Raises
    ------
    StatisticsError
        A column that is asked for is missing, or ``by``, ``minimum_grade``, AETOXGR, AESEV or AEREL is not legal.
    """
    choice("by", by, TERMS)
    columns("events", events, by)
    counted = _counted(events, subjects, related_only, serious_only, treatment_emergent)
    if minimum_grade != 1:
        scale = grade_scale(events)
        if minimum_grade not in range(1, len(GRADES[scale]) + 1):
            refuse("minimum_grade", minimum_grade, f"1 to {len(GRADES[scale])} (events are graded by {scale})")
        counted = counted[grade(counted, scale) >= minimum_grade]
    everything = counted.assign(term=ANY_EVENT)
    terms = pd.concat([everything, counted.assign(term=counted[by]).dropna(subset=["term"])], ignore_index=True)
    arms = _sizes(subjects)
    cells = terms.groupby(["term", "arm"], observed=True)["USUBJID"].agg(["nunique", "size"])
    totals = cells["nunique"].groupby("term").sum()
    rest = sorted(totals.index.drop(ANY_EVENT, errors="ignore"), key=lambda term: (-totals[term], term))
    index = pd.MultiIndex.from_product([[ANY_EVENT, *rest], arms.index], names=["term", "arm"])
    table = cells.reindex(index, fill_value=0).reset_index()
    table["arm"] = pd.Categorical(table["arm"], categories=list(arms.index), ordered=True)
    table["n"] = table["arm"].map(arms).astype(int)
    return table.rename(columns={"nunique": "subjects", "size": "events"})[["term", "arm", "subjects", "n", "events"]]


def compare_incidence(
    table: pd.DataFrame, control: str, *, level: float = 0.95, method: str = "miettinen-nurminen"
) -> pd.DataFrame:
    """Difference in the proportion of subjects with each event, every other arm against ``control``.

    Parameters
    ----------
    table
        As returned by ``incidence``.
    control
        Name of the arm the others are compared with.
    level, method
        Coverage and method of the interval, as in ``risk_difference``.

    Returns
    -------
    pandas.DataFrame
        term, arm, subjects, n, subjects_control, n_control, risk_difference, low, high, and p_value of Fisher's exact
        test (two-sided, not adjusted for the number of terms), in the order of ``table``.

    Raises
    ------
    StatisticsError
        ``control`` is not an arm of the table, or ``method`` is not in ``DIFFERENCE_METHODS``.
    """
    choice("method", method, DIFFERENCE_METHODS)
    columns("table", table, "term", "arm", "subjects", "n")
    choice("control", control, sorted(table["arm"].astype(str).unique()))
    against = table.loc[table["arm"] == control, ["term", "subjects", "n"]]
    pairs = table.loc[table["arm"] != control, ["term", "arm", "subjects", "n"]].merge(
        against, on="term", how="left", suffixes=("", "_control"), validate="many_to_one"
    )
    four = pairs[["subjects", "n", "subjects_control", "n_control"]].astype(int)
    cells = list(four.itertuples(index=False, name=None))
    estimates = {cell: risk_difference(*cell, level=level, method=method) for cell in set(cells)}
    p_values = {cell: fisher_exact(*cell) for cell in estimates}
    return pairs.assign(
        risk_difference=[estimates[cell].value for cell in cells],
        low=[estimates[cell].low for cell in cells],
        high=[estimates[cell].high for cell in cells],
        p_value=[p_values[cell] for cell in cells],
    )


def worst_grade(
    events: pd.DataFrame,
    subjects: pd.DataFrame,
    *,
    by: str | None = None,
    related_only: bool = False,
    serious_only: bool = False,
    treatment_emergent: bool = True,
) -> pd.DataFrame:
    """Subjects by the worst grade they had, each counted once per arm, or once per term and arm.

    Parameters
    ----------
    events, subjects, related_only, serious_only, treatment_emergent
        As in ``incidence``.
    by
        Column of terms, one of ``TERMS``; None for all events together.

    Returns
    -------
    pandas.DataFrame
        term, arm, grade, subjects, n: every combination, zero or not. ``grade`` is an ordered categorical:
        ``NO_EVENT``, ``NOT_GRADED``, then those of ``GRADES`` on the scale in use. A term and arm adds up to n.

    Raises
    ------
    StatisticsError
        As ``incidence``.
    """
    if by is not None:
        columns("events", events, choice("by", by, TERMS))
    counted = _counted(events, subjects, related_only, serious_only, treatment_emergent)
    scale = grade_scale(events)
    names = [NO_EVENT, NOT_GRADED, *GRADES[scale]]
    position = grade(counted, scale).fillna(0).astype(int) + 1
    counted = counted.assign(term=counted[by] if by else ANY_EVENT, grade=position)
    worst = counted.dropna(subset=["term"]).groupby(["term", "arm", "USUBJID"], observed=True)["grade"].max()
    cells = worst.reset_index().value_counts(["term", "arm", "grade"])
    arms = _sizes(subjects)
    terms = [ANY_EVENT] if by is None else sorted(counted["term"].dropna().unique())
    index = pd.MultiIndex.from_product([terms, arms.index, range(len(names))], names=["term", "arm", "grade"])
    table = cells.reindex(index, fill_value=0).rename("subjects").reset_index()
    table["arm"] = pd.Categorical(table["arm"], categories=list(arms.index), ordered=True)
    table["n"] = table["arm"].map(arms).astype(int)
    with_event = table.groupby(["term", "arm"], observed=True)["subjects"].transform("sum")
    table["subjects"] = table["subjects"].where(table["grade"] > 0, table["n"] - with_event)
    table["grade"] = pd.Categorical.from_codes(table["grade"].tolist(), categories=pd.Index(names), ordered=True)
    return table


def grade_scale(events: pd.DataFrame) -> str:
    """Column the grades come from: AETOXGR (CTCAE) or, where that is absent or empty, AESEV (severity)."""
    if "AETOXGR" in events.columns and ("AESEV" not in events.columns or events["AETOXGR"].notna().any()):
        return "AETOXGR"
    columns("events (without AETOXGR)", events, "AESEV")
    return "AESEV"


def grade(events: pd.DataFrame, scale: str) -> pd.Series:
    """Grade of each event on a scale of ``GRADES``: 1 to 5 of CTCAE or 1 to 3 of severity; missing stays missing.

    Raises
    ------
    StatisticsError
        A grade or severity that is not legal.
    """
    words = events[scale].astype(str).str.strip().str.upper().str.removesuffix(".0")
    given = events[scale].notna() & (words != "")
    ranks = words.map({name: float(rank) for rank, name in enumerate(GRADES[scale], start=1)})
    illegal = events.loc[given & ranks.isna(), scale]
    if len(illegal):
        refuse(scale, illegal.iloc[0], f"one of {', '.join(GRADES[scale])}")
    return ranks.astype(float)


def _counted(
    events: pd.DataFrame, subjects: pd.DataFrame, related_only: bool, serious_only: bool, treatment_emergent: bool
) -> pd.DataFrame:
    """Events that count, with the ``arm`` of their subject."""
    columns("events", events, "USUBJID")
    columns("subjects", subjects, "USUBJID", "arm")
    if subjects["USUBJID"].duplicated().any():
        refuse("subjects", subjects.loc[subjects["USUBJID"].duplicated(), "USUBJID"].iloc[0], "one row a subject")
    if not len(subjects):
        refuse("subjects", "an empty table", "one subject or more")
    if treatment_emergent and "TRTEMFL" in events.columns:
        events = events[events["TRTEMFL"] == "Y"]
    if serious_only:
        columns("events", events, "AESER")
        events = events[events["AESER"] == "Y"]
    if related_only:
        columns("events", events, "AEREL")
        events = events[_related(events["AEREL"])]
    return events.drop(columns="arm", errors="ignore").merge(subjects[["USUBJID", "arm"]], on="USUBJID")


def _related(relation: pd.Series) -> pd.Series:
    words = relation.fillna("").astype(str).str.strip().str.upper()
    unknown = words[~words.isin(["", *RELATED, *UNRELATED])]
    if len(unknown):
        refuse("AEREL", unknown.iloc[0], f"one of {', '.join((*RELATED, *UNRELATED))}, or missing")
    return ~words.isin(UNRELATED)


def _sizes(subjects: pd.DataFrame) -> pd.Series:
    """Count the subjects of each arm, in the arms' own order where they have one."""
    return subjects.groupby("arm", observed=True)["USUBJID"].size()
