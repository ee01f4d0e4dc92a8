"""Adverse events: how many subjects of each arm had one, by term, grade and relation, and what separates the arms.

A subject counts once per term however often it had it; the denominator is every subject given, event or not.
"""

from typing import Any, Unpack

import numpy as np
import pandas as pd

from lentap.stats.adverse_event_records import GRADES, TERMS, Which, arm_sizes, counted_events, grade, grade_scale
from lentap.stats.arguments import choice, columns, numeric, refuse
from lentap.stats.proportions import DIFFERENCE_METHODS, fisher_exact, risk_difference

ANY_EVENT = "Any adverse event"
NOT_GRADED = "not graded"
NO_EVENT = "no event"


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
        Count only events whose AEREL is not in ``UNRELATED`` (an unknown or missing relation is held to be one).
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
        A column that is asked for is missing, or ``by``, or ``minimum_grade`` is not legal.
    """
    choice("by", by, TERMS)
    columns("events", events, by)
    counted = counted_events(
        events,
        subjects,
        minimum_grade=minimum_grade,
        related_only=related_only,
        serious_only=serious_only,
        treatment_emergent=treatment_emergent,
    )
    return by_term_and_arm(term_rows(counted, by), subjects)


def incidence_by_class(events: pd.DataFrame, subjects: pd.DataFrame, **which: Unpack[Which]) -> pd.DataFrame:
    """Subjects with an event, and events, per system organ class and, within it, per term and arm.

    Parameters
    ----------
    events, subjects
        As in ``incidence``, with AESOC and AEDECOD; an event without a class counts only in the first row, one without
        a term only for its class.
    which
        Events that count: ``minimum_grade``, ``related_only``, ``serious_only``, ``treatment_emergent`` of
        ``incidence``.

    Returns
    -------
    pandas.DataFrame
        soc, term, arm, subjects, n, events: first ``ANY_EVENT`` of all classes; then classes by falling total of
        subjects, each led by its row ``ANY_EVENT``, and its terms likewise. A subject counts once a row, so the terms
        of a class may add up to more than the class.

    Raises
    ------
    StatisticsError
        As ``incidence``.
    """
    return _by_class_and_arm(_class_rows(events, subjects, which), subjects)


def worst_grade_by_class(events: pd.DataFrame, subjects: pd.DataFrame, **which: Unpack[Which]) -> pd.DataFrame:
    """Subjects by the worst grade they had in each class and term, in the order of ``incidence_by_class``.

    Parameters
    ----------
    events, subjects, which
        As in ``incidence_by_class``.

    Returns
    -------
    pandas.DataFrame
        soc, term, arm, and a column a grade, ``NOT_GRADED`` and those of ``GRADES`` on the scale in use: the subjects
        whose worst it was. The grades of a row add up to its subjects with an event.

    Raises
    ------
    StatisticsError
        As ``incidence_by_class``; there is neither AETOXGR nor AESEV.
    """
    rows = _class_rows(events, subjects, which)
    scale = grade_scale(events)
    names = [NOT_GRADED, *GRADES[scale]]
    position = grade(rows, scale).fillna(0).astype(int)
    worst = rows.assign(grade=position).groupby(["soc", "term", "arm", "USUBJID"], observed=True)["grade"].max()
    cells = pd.get_dummies(worst).groupby(["soc", "term", "arm"], observed=True).sum()
    table = _by_class_and_arm(rows, subjects)[["soc", "term", "arm"]]
    every = pd.MultiIndex.from_frame(table.astype(object))
    counts = cells.reindex(index=every, columns=range(len(names)), fill_value=0).to_numpy(int)
    return table.assign(**dict(zip(names, counts.T, strict=True)))


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
    pairs = beside_control(table, control, "subjects", "n")
    cells = list(pairs[["subjects", "n", "subjects_control", "n_control"]].itertuples(index=False, name=None))
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
    counted = counted_events(
        events,
        subjects,
        related_only=related_only,
        serious_only=serious_only,
        treatment_emergent=treatment_emergent,
    )
    scale = grade_scale(events)
    names = [NO_EVENT, NOT_GRADED, *GRADES[scale]]
    position = grade(counted, scale).fillna(0).astype(int) + 1
    counted = counted.assign(term=counted[by] if by else ANY_EVENT, grade=position)
    worst = counted.dropna(subset=["term"]).groupby(["term", "arm", "USUBJID"], observed=True)["grade"].max()
    cells = worst.reset_index().value_counts(["term", "arm", "grade"])
    arms = arm_sizes(subjects)
    terms = [ANY_EVENT] if by is None else sorted(counted["term"].dropna().unique())
    index = pd.MultiIndex.from_product([terms, arms.index, range(len(names))], names=["term", "arm", "grade"])
    table = cells.reindex(index, fill_value=0).rename("subjects").reset_index()
    table["arm"] = pd.Categorical(table["arm"], categories=list(arms.index), ordered=True)
    table["n"] = table["arm"].map(arms).astype(int)
    with_event = table.groupby(["term", "arm"], observed=True)["subjects"].transform("sum")
    table["subjects"] = table["subjects"].where(table["grade"] > 0, table["n"] - with_event)
    table["grade"] = pd.Categorical.from_codes(table["grade"].tolist(), categories=pd.Index(names), ordered=True)
    return table


def beside_control(table: pd.DataFrame, control: str, *names: str) -> pd.DataFrame:
    """Rows of every other arm, each with the columns ``names`` of ``control`` for the same term beside its own."""
    columns("table", table, "term", "arm", *names)
    choice("control", control, sorted(table["arm"].astype(str).unique()))
    if table.duplicated(["term", "arm"]).any():
        twice = table.loc[table.duplicated(["term", "arm"]), "term"].iloc[0]
        refuse("table", f"{twice} twice in an arm", "one row a term and arm")
    for name in names:
        if not np.isfinite(numeric(name, table[name])).all():
            refuse(name, "missing or infinite in some rows", "a number in every row")
    own = table["arm"] == control
    pairs = table.loc[~own, ["term", "arm", *names]].merge(
        table.loc[own, ["term", *names]], on="term", how="left", suffixes=("", "_control")
    )
    absent = pairs.loc[pairs[f"{names[0]}_control"].isna(), "term"]
    if len(absent):
        refuse("table", f"{absent.iloc[0]} without a row of {control}", "every term in every arm")
    return pairs


def term_rows(counted: pd.DataFrame, by: str) -> pd.DataFrame:
    """Counted events twice over in the column ``term``: as ``ANY_EVENT`` and, where it has one, by the term itself."""
    named = counted.assign(term=counted[by]).dropna(subset=["term"])
    return pd.concat([counted.assign(term=ANY_EVENT), named], ignore_index=True)


def by_term_and_arm(rows: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    """Subjects and events of ``term_rows``, in every arm: the table of ``incidence``."""
    return _by_class_and_arm(rows.assign(soc=ANY_EVENT), subjects).drop(columns="soc")


def _class_rows(events: pd.DataFrame, subjects: pd.DataFrame, which: Which) -> pd.DataFrame:
    """Counted events as often as they count: for all classes, for their class and for their term."""
    columns("events", events, "AESOC", "AEDECOD")
    counted = counted_events(events, subjects, **which)
    classified = counted.assign(soc=counted["AESOC"]).dropna(subset=["soc"])
    everything, of_class = counted.assign(soc=ANY_EVENT, term=ANY_EVENT), classified.assign(term=ANY_EVENT)
    of_term = classified.assign(term=classified["AEDECOD"]).dropna(subset=["term"])
    return pd.concat([everything, of_class, of_term], ignore_index=True)


def _by_class_and_arm(rows: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    """Subjects and events of every class and term that occurs, in every arm, in the order to be read."""
    arms = arm_sizes(subjects)
    cells = rows.groupby(["soc", "term", "arm"], observed=True)["USUBJID"].agg(["nunique", "size"])
    totals: dict[Any, Any] = {(ANY_EVENT, ANY_EVENT): 0} | cells["nunique"].groupby(["soc", "term"]).sum().to_dict()

    def place(row: tuple[str, str]) -> tuple[bool, int, str, bool, int, str]:
        soc, term = row
        return soc != ANY_EVENT, -totals[soc, ANY_EVENT], soc, term != ANY_EVENT, -totals[row], term

    keys = [(soc, term, arm) for soc, term in sorted(totals, key=place) for arm in arms.index]
    table = cells.reindex(pd.MultiIndex.from_tuples(keys, names=cells.index.names), fill_value=0).reset_index()
    table["arm"] = pd.Categorical(table["arm"], categories=list(arms.index), ordered=True)
    table["n"] = table["arm"].map(arms).astype(int)
    table = table.rename(columns={"nunique": "subjects", "size": "events"})
    return table[["soc", "term", "arm", "subjects", "n", "events"]]
