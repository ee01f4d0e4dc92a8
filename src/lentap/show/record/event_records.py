"""What the records of adverse events lack or leave in doubt, each kind counted, with what the pages do about it."""

from collections.abc import Iterator

import pandas as pd

from lentap.adam import Trial
from lentap.adam.clinical import before_first, repeated_events
from lentap.stats.adverse_event_records import GRADES, grade, relation_unknown

EVERY_RECORD, PARTS = "All records", ("Counted", "Not treatment-emergent (TRTEMFL)")


def event_records(trial: Trial, subjects: pd.DataFrame) -> pd.DataFrame:
    """Count records of the subjects, a row a kind: ``what``, ``records``, ``patients``, ``done`` (by the pages)."""
    events = trial.adae[trial.adae["USUBJID"].isin(subjects["USUBJID"])]
    rows = [
        (what, int(which.sum()), int(events.loc[which, "USUBJID"].nunique()), done)
        for what, which, done in _kinds(events, trial.adsl)
    ]
    return pd.DataFrame(rows, columns=["what", "records", "patients", "done"])


def _kinds(events: pd.DataFrame, adsl: pd.DataFrame) -> Iterator[tuple[str, "pd.Series[bool]", str]]:
    every = pd.Series(True, index=events.index)
    yield EVERY_RECORD, every, "as below"
    emergent = events["TRTEMFL"] == "Y" if "TRTEMFL" in events else every
    if "TRTEMFL" in events:
        yield PARTS[1], ~emergent, "not counted"
    here = emergent
    yield PARTS[0], here, "of these:"
    yield "Alike in all but their number (AESEQ)", here & repeated_events(events), "kept; a patient still counts once"
    scale = next((one for one in GRADES if one in events and events[one].notna().any()), "")
    ungraded = grade(events, scale).isna() if scale else every
    yield "Without a grade", here & ungraded, "count as any grade, in none of the grades"
    yield "Without a preferred term", here & events["AEDECOD"].isna(), "count as any event, under no term"
    if "AESOC" in events:
        yield "Without a system organ class", here & events["AESOC"].isna(), "stand under a class of their own"
    if "AEREL" in events:
        yield "Of unknown relation to treatment", here & relation_unknown(events["AEREL"]), "count as related"
    column, early = before_first(events, adsl)
    if column:
        yield "Began before the first treatment", here & early, "kept as flagged; left out of times and rates"
    onset = events[[one for one in ("ASTDY", "ASTDT") if one in events]].isna().all(axis=1)
    yield "Without a day of onset", here & onset, "kept; left out of times and rates"
    ends_early = every & False
    for start, end in (("ASTDT", "AENDT"), ("ASTDY", "AENDY")):
        if start in events and end in events:
            ends_early |= events[end] < events[start]
    yield "Ended before they began", here & ends_early, "kept; left out of durations"
