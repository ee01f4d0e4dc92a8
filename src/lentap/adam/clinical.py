"""Rules of the clinic: events and doses in time, units that fit limits of normal, lesions measured from the start."""

from typing import Any

import numpy as np
import pandas as pd

from lentap.adam.canonical import Unreadable
from lentap.adam.problems import Problem, listed, problem, quote
from lentap.adam.schemas import Table, tables

STARTS = {
    **dict.fromkeys(("adae", "adpr", "adex"), "ASTDT"),
    **dict.fromkeys(("adrs", "adim", "adlb", "adtr"), "ADT"),
}
TIMES_OFF = 5.0  # from the middle of the limits of normal: another unit, not an abnormal value
FEWEST_VALUES = 5


def after_death(frame: pd.DataFrame, adsl: pd.DataFrame, table: str) -> list[Problem]:
    """Name rows dated after their subject's death."""
    column = STARTS.get(table, "")
    if column not in frame or "DTHDT" not in adsl:
        return []
    late = frame[column] > _of_subject(frame, adsl, "DTHDT")
    message = "after the subject's death (DTHDT of adsl), kept"
    return problem(table, column, message, "warning", late, values=frame[column])


def before_treatment(frame: pd.DataFrame, adsl: pd.DataFrame, table: str) -> list[Problem]:
    """Name adverse events and doses before the first treatment; such events are sound where TRTEMFL is not Y."""
    column, early = before_first(frame, adsl)
    if not column:
        return []
    if table != "adae":
        return problem(table, column, "before the first treatment, kept", "warning", early, values=frame[column])
    if "TRTEMFL" not in frame:
        return problem(table, column, "before the first treatment, kept", "note", early)
    claimed = frame["TRTEMFL"] == "Y"
    message = "before the first treatment, yet treatment-emergent by TRTEMFL; kept as such"
    sound = "before the first treatment: kept, not treatment-emergent"
    return [
        *problem(table, column, message, "warning", early & claimed, values=frame[column]),
        *problem(table, column, sound, "note", early & ~claimed),
    ]


def before_first(frame: pd.DataFrame, adsl: pd.DataFrame) -> "tuple[str, pd.Series[bool]]":
    """Column that tells when rows began, empty where none does, and whether each did before the first treatment."""
    if "ASTDT" in frame and "TRTSDT" in adsl:
        return "ASTDT", frame["ASTDT"] < _of_subject(frame, adsl, "TRTSDT")
    if "ASTDY" in frame:
        return "ASTDY", frame["ASTDY"] < 1
    return "", pd.Series(False, index=frame.index)


def events(adae: pd.DataFrame, named: "pd.Index[Any]") -> list[Problem]:
    """Name adverse events written down twice, and those without a grade whose row is not among the ``named``."""
    message = "the same event several times, alike in all but AESEQ, all kept"
    problems = problem("adae", "AEDECOD", message, "warning", repeated_events(adae), values=adae["AEDECOD"])
    message = "no preferred term: counted among all events, under no term"
    problems += problem("adae", "AEDECOD", message, "warning", adae["AEDECOD"].isna(), values=adae.get("AETERM"))
    if "AETOXGR" in adae and adae["AETOXGR"].notna().any():
        message = "no grade: counted among events of any grade, in none of the grades"
        problems += problem("adae", "AETOXGR", message, "note", adae["AETOXGR"].isna() & ~adae.index.isin(named))
    return problems


def repeated_events(adae: pd.DataFrame) -> "pd.Series[bool]":
    """Whether each event has a date or day of onset, and another one like it in all but AESEQ."""
    start = next((column for column in ("ASTDT", "ASTDY") if column in adae), None)
    told = [column for column in tables()["adae"].columns if column in adae and column != "AESEQ"]
    twice: pd.Series[bool] = adae.duplicated(told, keep=False)
    return twice & (adae[start].notna() if start else False)


def doses(adex: pd.DataFrame) -> list[Problem]:
    """Name intervals of one treatment that overlap."""
    if "AENDY" not in adex:
        return []
    rows = adex.sort_values(["USUBJID", "EXTRT", "ASTDY"], kind="stable")
    by = [rows["USUBJID"], rows["EXTRT"]]
    until = rows["AENDY"].fillna(rows["ASTDY"]).groupby(by).cummax().groupby(by).shift()
    overlap = (rows["ASTDY"] <= until).sort_index()
    message = "begins before an earlier interval of the same treatment has ended, both kept"
    return problem("adex", "ASTDY", message, "warning", overlap, values=adex["EXTRT"])


def sessions(adex: pd.DataFrame, adpr: pd.DataFrame) -> list[Problem]:
    """TACE sessions in ADEX against those in ADPR, by subject and day."""
    if "EXCAT" not in adex or not (adex["EXCAT"] == "TACE").any():
        return []
    key = ["USUBJID", "ASTDY"]
    given, done = adex[adex["EXCAT"] == "TACE"], adpr[adpr["PRCAT"] == "TACE"]
    keys = {
        name: pd.MultiIndex.from_frame(rows[key].astype({"ASTDY": float}))
        for name, rows in (("adex", given), ("adpr", done))
    }
    problems: list[Problem] = []
    for table, rows, whole, other in (("adex", given, adex, "adpr"), ("adpr", done, adpr, "adex")):
        missing = rows.index[~keys[table].isin(keys[other])]
        concerned = pd.Series(whole.index.isin(missing), index=whole.index)
        message = f"TACE sessions that {other} does not have on that day; adpr counts"
        problems += problem(table, "ASTDY", message, "warning", concerned, values=whole["USUBJID"])
    return problems


def laboratory(adlb: pd.DataFrame) -> list[Problem]:
    """Name tests in several units, values far off their limits, limits that are crossed, baselines that are none."""
    problems: list[Problem] = []
    if "AVALU" in adlb:
        units = adlb.dropna(subset=["AVALU"]).groupby("PARAMCD")["AVALU"].agg(lambda words: sorted(set(words)))
        several = units[units.str.len() > 1]
        for code, words in several.items():
            concerned = (adlb["PARAMCD"] == code) & (adlb["AVALU"] != words[0])
            message = f"{code} in several units, all kept; whatever compares values must convert them first"
            problems += problem("adlb", "AVALU", message, "warning", concerned, found=listed(map(repr, words)))
    if {"ANRLO", "ANRHI"} <= set(adlb):
        crossed = adlb["ANRHI"] < adlb["ANRLO"]
        problems += problem("adlb", "ANRHI", "upper limit of normal below the lower one, kept", "warning", crossed)
        problems += _misfits(adlb)
    if "ABLFL" in adlb:
        flagged = adlb["ABLFL"] == "Y"
        late = flagged & (adlb["ADY"] > 1)
        problems += problem("adlb", "ABLFL", "a baseline after the first day of treatment, kept", "warning", late)
        twice = flagged & adlb[flagged].duplicated(["USUBJID", "PARAMCD"], keep=False).reindex(
            adlb.index, fill_value=False
        )
        message = "several baselines of one subject and test, all kept"
        problems += problem("adlb", "ABLFL", message, "warning", twice, values=adlb["PARAMCD"])
    return problems


def _misfits(adlb: pd.DataFrame) -> list[Problem]:
    """Tests whose values lie so far off their limits that one of the two must be in another unit."""
    low = adlb["ANRLO"].where(adlb["ANRLO"] > 0, adlb["ANRHI"] / 4)
    middle = np.sqrt(low * adlb["ANRHI"].where(adlb["ANRHI"] > 0))
    unit = adlb["AVALU"].fillna("") if "AVALU" in adlb else pd.Series("", index=adlb.index)
    times: Any = adlb["AVAL"] / middle
    groups = times.groupby([adlb["PARAMCD"], unit])
    off = (groups.quantile(0.75) < 1 / TIMES_OFF) | (groups.quantile(0.05) > TIMES_OFF)
    off &= groups.count() >= FEWEST_VALUES
    problems: list[Problem] = []
    for code, word in off.index[off]:
        concerned = (adlb["PARAMCD"] == code) & (unit == word) & times.notna()
        rows = adlb[concerned]
        middle_values = ", ".join(f"{name} {rows[name].median():g}" for name in ("AVAL", "ANRLO", "ANRHI"))
        message = f"values of {code} and their limits of normal are not in one unit, kept"
        found = f"medians {middle_values}" + (f" in {quote(word)}" if word else "")
        problems += problem(
            "adlb", "AVAL", message, "warning", concerned, found=found, legal="one unit (AVALU) for both"
        )
    return problems


def measurements(adtr: pd.DataFrame) -> list[Problem]:
    """Name target lesions that were not measured at first, and viable parts longer than their lesion."""
    problems: list[Problem] = []
    target = adtr["TRGRPID"] == "TARGET"
    sizes = [column for column in ("LDIAM", "VDIAM") if column in adtr]
    first = adtr["AVISITN"] == adtr.groupby("USUBJID")["AVISITN"].transform("min")
    measured = adtr[sizes].gt(0).any(axis=1) if sizes else pd.Series(False, index=adtr.index)
    key = [column for column in ("USUBJID", "TRLNKID", "TREVALID") if column in adtr]
    known = pd.MultiIndex.from_frame(adtr.loc[target & first & measured, key])
    unknown = target & ~pd.Series(pd.MultiIndex.from_frame(adtr[key]).isin(known), index=adtr.index)
    message = "target lesions without a diameter at the subject's first visit, kept; no response can be told from them"
    problems += problem("adtr", "TRLNKID", message, "warning", unknown, values=adtr["USUBJID"])
    if len(sizes) == 2:
        longer = target & (adtr["LDIAM"] > 0) & (adtr["VDIAM"] > adtr["LDIAM"])
        problems += problem("adtr", "VDIAM", "a viable part longer than its lesion, kept", "warning", longer)
    return problems


def _of_subject(frame: pd.DataFrame, adsl: pd.DataFrame, column: str) -> "pd.Series[Any]":
    """A date of the subject, a value a row; of a subject who stands twice the first."""
    dates = adsl.drop_duplicates("USUBJID").set_index("USUBJID")[column]
    return pd.to_datetime(frame["USUBJID"].map(dates))


def by_itself(frame: pd.DataFrame, table: Table, unreadable: Unreadable) -> list[Problem]:
    """Whatever the clinic has to say on one table."""
    if table.name == "adae":
        return events(frame, unreadable.get("AETOXGR", pd.Series(dtype=object)).index)
    rules = {"adex": doses, "adlb": laboratory, "adtr": measurements}
    return rules[table.name](frame) if table.name in rules else []


def across(frames: dict[str, pd.DataFrame]) -> list[Problem]:
    """Whatever it has to say on tables beside each other; ADSL is among them, others where they could be read."""
    problems: list[Problem] = []
    adsl = frames["adsl"]
    for name, frame in frames.items():
        if name != "adsl" and "USUBJID" in frame:
            problems += after_death(frame, adsl, name)
            if name in ("adae", "adex"):
                problems += before_treatment(frame, adsl, name)
    if "adex" in frames and "adpr" in frames:
        needed = ({"USUBJID", "ASTDY"}, {"USUBJID", "ASTDY", "PRCAT"})
        if all(columns <= set(frames[name]) for name, columns in zip(("adex", "adpr"), needed, strict=True)):
            problems += sessions(frames["adex"], frames["adpr"])
    return problems
