"""How deep a response was, when it came and how long it lasted."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from lentap.stats.arguments import columns, numeric, refuse
from lentap.stats.response import OBJECTIVE_RESPONSE, Confirmation, credited_responses, study_days


def depth_of_response(visits: pd.DataFrame, subjects: Iterable[str] | None = None) -> pd.Series:
    """Best change in the sum of diameters, per cent of baseline: the bars of a waterfall plot.

    The smallest change up to and including the visit of the first progression; above 0 where the sum only grew.

    Parameters
    ----------
    visits
        A row a visit after baseline: USUBJID, AVISITN, AVALC (one of ``RESPONSES``) and change (per cent, missing where
        the sum is), as ``visit_response`` returns them.
    subjects
        Identifiers to report, in this order; by default those in ``visits``.

    Returns
    -------
    pandas.Series
        ``depth`` by USUBJID, not-a-number in subjects without a change.

    Raises
    ------
    StatisticsError
        As ``best_overall_response``; a change below -100.
    """
    columns("visits", visits, "change")
    change = numeric("change", visits["change"])
    if (change < -100).any():
        refuse("change", change[change < -100].iloc[0].item(), "per cent, -100 or more")
    until = credited_responses(visits.assign(change=change))
    depth = until.groupby("USUBJID")["change"].min()
    return (depth if subjects is None else depth.reindex(pd.Index(subjects, name="USUBJID"))).rename("depth")


def duration_of_response(
    visits: pd.DataFrame, deaths: pd.Series | None = None, *, confirmation: Confirmation | None = None
) -> pd.DataFrame:
    """Time from a subject's first CR or PR to progression or death, for a survival curve of the responders.

    Parameters
    ----------
    visits
        As in ``best_overall_response``, with ADY.
    deaths
        Study day of death by USUBJID; missing or absent where the subject is not known to have died.
    confirmation
        Where given, only confirmed responses count, from the visit they were first seen at.

    Returns
    -------
    pandas.DataFrame
        A row a responder: USUBJID, start (study day of the response), time (days, both ends counted as CDISC does) and
        event: true at the first PD or at death, false at the last assessment that was not NE.

    Raises
    ------
    StatisticsError
        As ``best_overall_response``; two deaths of a subject, or one before the response.
    """
    found = _course(visits, deaths, confirmation).dropna(subset=["response"])
    wrong = found["end"] < found["response"]
    if wrong.any():
        refuse("deaths", found.loc[wrong, "end"].iloc[0].item(), "no earlier than the subject's response")
    table = pd.DataFrame({"start": found["response"], "time": found["end"] - found["response"] + 1})
    return table.assign(event=found["failed"]).reset_index()


def time_to_response(
    visits: pd.DataFrame,
    subjects: Iterable[str],
    deaths: pd.Series | None = None,
    *,
    confirmation: Confirmation | None = None,
) -> pd.DataFrame:
    """Time from baseline to a subject's first CR or PR, for a survival curve or competing risks.

    Parameters
    ----------
    visits, deaths, confirmation
        As in ``duration_of_response``.
    subjects
        Identifiers to report, in this order; those without an assessment are censored on day 1.

    Returns
    -------
    pandas.DataFrame
        A row a subject: USUBJID, time (study day), event (true at the response) and cause, as cmprsk counts it: 1
        response, 2 progression or death before one, 0 neither by the last assessment that was not NE.

    Raises
    ------
    StatisticsError
        As ``best_overall_response``.
    """
    found = _course(visits, deaths, confirmation).reindex(pd.Index(subjects, name="USUBJID"))
    event = found["response"].notna()
    failed = found["failed"].eq(True) & ~event
    time = found["response"].fillna(found["end"]).fillna(1.0)
    cause = np.select([event, failed], [1, 2], 0)
    return pd.DataFrame({"time": time, "event": event, "cause": cause}, index=found.index).reset_index()


def _course(visits: pd.DataFrame, deaths: pd.Series | None, confirmation: Confirmation | None) -> pd.DataFrame:
    """Day of the first response, and of the end: progression or death (``failed``), or the last assessment."""
    until = credited_responses(visits, confirmation=confirmation)
    until = until.assign(ADY=study_days(until))
    by = until["USUBJID"]
    response = until["ADY"].where(until["credited"].isin(OBJECTIVE_RESPONSE)).groupby(by).min()
    progression = until["ADY"].where(until["credited"].eq("PD")).groupby(by).min()
    last = until["ADY"].where(until["AVALC"].ne("NE")).groupby(by).max()
    course = pd.DataFrame({"response": response, "progression": progression, "last": last})
    if deaths is not None:
        if deaths.index.has_duplicates:
            refuse("deaths", deaths.index[deaths.index.duplicated()][0], "one day a subject")
        course = course.join(deaths.rename("death").astype(float), how="outer").rename_axis("USUBJID")
    failure = course[["progression", "death"] if deaths is not None else ["progression"]].min(axis=1)
    return course.assign(end=failure.fillna(course["last"]), failed=failure.notna())
