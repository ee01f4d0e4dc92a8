"""Adverse events per person-time: exposure-adjusted incidence, and what separates the arms."""

from typing import Unpack

import numpy as np
import pandas as pd

from lentap.stats.adverse_event_records import TERMS, Which, counted_events
from lentap.stats.adverse_events import beside_control, by_term_and_arm, term_rows
from lentap.stats.arguments import choice, columns, numeric, refuse
from lentap.stats.rates import (
    RATE_DIFFERENCE_METHODS,
    RATE_METHODS,
    RATE_RATIO_METHODS,
    rate,
    rate_difference,
    rate_ratio,
    rate_test,
)

COUNTING = ("first", "all")
PER_YEARS = 100.0
DAYS_PER_YEAR = 365.25


def exposure_adjusted_incidence(
    events: pd.DataFrame,
    subjects: pd.DataFrame,
    *,
    by: str = "AEDECOD",
    counting: str = "first",
    level: float = 0.95,
    method: str = "garwood",
    **which: Unpack[Which],
) -> pd.DataFrame:
    """Adverse events per 100 person-years, by term and arm.

    Parameters
    ----------
    events
        As in ``incidence``, with ASTDY, the study day of onset (day 1 is that of the first dose).
    subjects
        One row a subject: USUBJID, ``arm`` and ``exposure``, the days from the first dose to the end of observation,
        both included. Events before day 1 or after that day do not count, as the subject's time does not either: let it
        include the days after the last dose in which events are held to be treatment-emergent.
    by
        Column of terms, one of ``TERMS``.
    counting
        ``first``: subjects with the event over the time until their first one (exposure-adjusted incidence rate);
        ``all``: all events over all of the time (exposure-adjusted event rate), whose Poisson interval is too narrow
        where events cluster in subjects.
    level, method
        Coverage and method of the interval, as in ``rates.rate``.
    which
        Events that count: ``minimum_grade``, ``related_only``, ``serious_only``, ``treatment_emergent`` of
        ``incidence``.

    Returns
    -------
    pandas.DataFrame
        term, arm, subjects, n, events, outside (events that do not count because they lie outside the exposure),
        count (the numerator: subjects or events), person_years (the denominator), rate, low, high; ordered as the table
        of ``incidence``.

    Raises
    ------
    StatisticsError
        As ``incidence`` and ``rates.rate``; an onset is missing, or an exposure is missing, infinite or not above 0.
    """
    choice("by", by, TERMS)
    choice("counting", counting, COUNTING)
    choice("method", method, RATE_METHODS)
    columns("events", events, by)
    days = exposure_days(subjects)
    rows = term_rows(onset_days(counted_events(events, subjects, **which)), by)
    available = rows["USUBJID"].map(days)
    rows["saved"] = available - rows["ASTDY"]  # days after the event
    inside = rows[(rows["saved"] >= 0) & (rows["ASTDY"] >= 1)]
    cell = ["term", "arm"]
    table = by_term_and_arm(rows, subjects)
    every = pd.MultiIndex.from_frame(table[cell].astype(object))
    after_first = inside.groupby([*cell, "USUBJID"], observed=True)["saved"].max().groupby(cell, observed=True)
    counted = inside.groupby(cell, observed=True).size().reindex(every, fill_value=0).to_numpy()
    table["outside"], table["events"] = table["events"] - counted, counted
    table["subjects"] = after_first.size().reindex(every, fill_value=0).to_numpy()
    table["count"] = table["subjects" if counting == "first" else "events"]
    time = table["arm"].map(subjects["USUBJID"].map(days).groupby(subjects["arm"], observed=True).sum()).astype(float)
    if counting == "first":
        time -= after_first.sum().reindex(every, fill_value=0).to_numpy()
    table["person_years"] = time / DAYS_PER_YEAR
    found = [
        rate(count, years / PER_YEARS, level=level, method=method)
        for count, years in zip(table["count"], table["person_years"], strict=True)
    ]
    for name in ("value", "low", "high"):
        table["rate" if name == "value" else name] = [getattr(one, name) for one in found]
    return table


def compare_rates(
    table: pd.DataFrame,
    control: str,
    *,
    level: float = 0.95,
    method: str = "miettinen-nurminen",
    ratio_method: str = "miettinen-nurminen",
) -> pd.DataFrame:
    """Difference and ratio of the rates of each event, every other arm against ``control``.

    Parameters
    ----------
    table
        As returned by ``exposure_adjusted_incidence``.
    control
        Name of the arm the others are compared with.
    level, method, ratio_method
        Coverage of the intervals, and their methods, as in ``rates.rate_difference`` and ``rates.rate_ratio``.

    Returns
    -------
    pandas.DataFrame
        term, arm, count, person_years, count_control, person_years_control, rate_difference, low, high (per 100
        person-years), rate_ratio, ratio_low, ratio_high, and p_value of the exact test of equal rates (two-sided, not
        adjusted for the number of terms), in the order of ``table``.

    Raises
    ------
    StatisticsError
        ``control`` is not an arm of the table, or a method is unknown.
    """
    choice("method", method, RATE_DIFFERENCE_METHODS)
    choice("ratio_method", ratio_method, RATE_RATIO_METHODS)
    pairs = beside_control(table, control, "count", "person_years")
    four = pairs[["count", "person_years", "count_control", "person_years_control"]]
    cells = list(four.itertuples(index=False, name=None))
    per = [(count, years / PER_YEARS, count0, years0 / PER_YEARS) for count, years, count0, years0 in cells]
    differences = [rate_difference(*cell, level=level, method=method) for cell in per]
    ratios = [rate_ratio(*cell, level=level, method=ratio_method) for cell in cells]
    return pairs.assign(
        rate_difference=[one.value for one in differences],
        low=[one.low for one in differences],
        high=[one.high for one in differences],
        rate_ratio=[one.value for one in ratios],
        ratio_low=[one.low for one in ratios],
        ratio_high=[one.high for one in ratios],
        p_value=[rate_test(*cell) for cell in cells],
    )


def exposure_days(subjects: pd.DataFrame) -> pd.Series:
    """Days of exposure by subject, checked."""
    columns("subjects", subjects, "USUBJID", "exposure")
    days = numeric("exposure", subjects["exposure"])
    illegal = subjects.loc[~(np.isfinite(days) & (days > 0)), "exposure"]
    if len(illegal):
        refuse("exposure", illegal.iloc[0], "a finite number of days above 0 for every subject")
    return days.set_axis(subjects["USUBJID"])


def onset_days(events: pd.DataFrame) -> pd.DataFrame:
    """Return the events, ASTDY a number in each of them."""
    columns("events", events, "ASTDY")
    onset = numeric("ASTDY", events["ASTDY"])
    if onset.isna().any():
        refuse("ASTDY", f"missing in {int(onset.isna().sum())} of the events that count", "a study day in every one")
    return events.assign(ASTDY=onset)
