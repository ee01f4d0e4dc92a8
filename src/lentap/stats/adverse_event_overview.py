"""Overview of adverse events: how many subjects had any, a related, a severe, a serious, a fatal one."""

import numpy as np
import pandas as pd

from lentap.stats.adverse_event_records import GRADES, arm_sizes, counted_events, grade, grade_scale, related

ANY, RELATED_EVENT, SERIOUS = "Any adverse event", "Related to treatment", "Serious"
DISCONTINUED, FATAL = "Leading to discontinuation", "Fatal"
SEVERE = {"AETOXGR": "Grade 3 or above", "AESEV": "Severe"}
WITHDRAWN = "DRUG WITHDRAWN"  # of CDISC's codes for the action taken with treatment


def overview(events: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    """Subjects with an event of each kind, and events, by arm, among treatment-emergent events.

    Parameters
    ----------
    events, subjects
        As in ``incidence``. Related is as there; severe is CTCAE grade 3 or above or, without such grades, severity
        SEVERE; leading to discontinuation is an AEACN of ``WITHDRAWN``; fatal is grade 5 or an AEOUT of FATAL.

    Returns
    -------
    pandas.DataFrame
        term (the kind), arm, subjects, n, events, a row a kind and arm. Kinds whose columns the events lack, or that
        hold nothing at all there, have no rows.

    Raises
    ------
    StatisticsError
        As ``incidence``.
    """
    counted = counted_events(events, subjects)
    arms = arm_sizes(subjects)
    tables = []
    for kind, which in event_kinds(events, counted).items():
        cells = counted[which].groupby(counted["arm"].astype(object)[which])["USUBJID"].agg(["nunique", "size"])
        cells = cells.reindex(arms.index, fill_value=0).rename(columns={"nunique": "subjects", "size": "events"})
        tables.append(cells.rename_axis("arm").reset_index().assign(term=kind, n=arms.to_numpy()))
    table = pd.concat(tables, ignore_index=True)
    table["arm"] = pd.Categorical(table["arm"].astype(object), categories=list(arms.index), ordered=True)
    return table[["term", "arm", "subjects", "n", "events"]]


def event_kinds(events: pd.DataFrame, counted: pd.DataFrame) -> dict[str, pd.Series]:
    """Whether each counted event is of each kind that the events can tell, those of ``overview``."""
    told = {column for column in events if events[column].notna().any()}
    kinds = {ANY: pd.Series(True, index=counted.index)}
    if "AEREL" in told:
        kinds[RELATED_EVENT] = related(counted["AEREL"])
    if told & set(GRADES):
        scale = grade_scale(events)
        kinds[SEVERE[scale]] = grade(counted, scale).ge(3)
    if "AESER" in told:
        kinds[SERIOUS] = counted["AESER"] == "Y"
    if "AEACN" in told:
        kinds[DISCONTINUED] = _words(counted["AEACN"]) == WITHDRAWN
    if told & {"AETOXGR", "AEOUT"}:
        fatal = np.zeros(len(counted), dtype=bool)
        if "AETOXGR" in told:
            fatal |= (grade(counted, "AETOXGR") == 5).to_numpy()
        if "AEOUT" in told:
            fatal |= (_words(counted["AEOUT"]) == "FATAL").to_numpy()
        kinds[FATAL] = pd.Series(fatal, index=counted.index, dtype=bool)
    return kinds


def _words(values: pd.Series) -> pd.Series:
    return values.astype(str).str.strip().str.upper()
