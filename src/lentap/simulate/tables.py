"""The arms of a simulated trial as ADaM-like tables."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lentap.simulate.course import MONTH, NEVER, Course
from lentap.simulate.design import ARM_NAMES, CRITERIA, ENDPOINTS, MARKER, MARKER_UNIT, STUDY
from lentap.simulate.patients import Days, Flags, yes_no
from lentap.simulate.treatment import Treatment

ROWS_AT_A_TIME = 100_000
NEEDS_QUOTES = re.compile(r'[,"\r\n]')
DECIMALS = {("adsl", "WEIGHTBL"): 1, ("adtte", "AVAL"): 2, ("adim", "AVAL"): 1}


@dataclass(frozen=True)
class ArmData:
    """Everything drawn for the patients of one arm."""

    experimental: bool
    patients: pd.DataFrame
    course: Course
    treatment: Treatment
    procedures: pd.DataFrame
    samples: pd.DataFrame
    events: pd.DataFrame
    exposure: pd.DataFrame
    laboratory: pd.DataFrame
    readings: pd.DataFrame


def tables(arms: list[ArmData], weeks: list[int]) -> dict[str, pd.DataFrame]:
    """Build every table, sorted by subject and time.

    Parameters
    ----------
    weeks
        Week of each response visit.
    """
    names = _subject_names(arms)
    subjects = pd.CategoricalDtype(sorted(np.concatenate(names)), ordered=True)
    built = [_Arm(arm, ids, subjects) for arm, ids in zip(arms, names, strict=True)]
    parts: dict[str, tuple[list[pd.DataFrame], list[str]]] = {
        "adsl": ([arm.adsl() for arm in built], ["USUBJID"]),
        "adtte": ([arm.adtte() for arm in built], ["USUBJID", "PARAMCD"]),
        "adrs": ([arm.adrs(weeks) for arm in built], ["USUBJID", "PARAMCD", "AVISITN"]),
        "adae": ([arm.adae() for arm in built], ["USUBJID", "AESEQ"]),
        "adpr": ([arm.adpr() for arm in built], ["USUBJID", "ASTDY", "PRSEQ"]),
        "adim": ([arm.adim() for arm in built], ["USUBJID", "PARAMCD", "AVISITN"]),
        "adex": ([arm.adex() for arm in built], ["USUBJID"]),
        "adlb": ([arm.measured(arm.arm.laboratory) for arm in built], ["USUBJID"]),
        "adtr": ([arm.measured(arm.arm.readings) for arm in built], ["USUBJID"]),
    }
    return {name: _plain(pd.concat(rows, ignore_index=True), order) for name, (rows, order) in parts.items()}


def _plain(rows: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    """Sort rows and turn categories, which hold a word once, into text."""
    rows = rows.sort_values(order, kind="stable", ignore_index=True)
    return rows.astype(dict.fromkeys(rows.columns[rows.dtypes == "category"], object))


def _subject_names(arms: list[ArmData]) -> list[NDArray[np.object_]]:
    """Name subjects by site and by number in the order of enrolment over both arms."""
    enrolled = np.concatenate([arm.patients["ENRLDT"].to_numpy("datetime64[D]") for arm in arms])
    numbers = np.empty(len(enrolled), dtype=np.int64)
    numbers[np.argsort(enrolled, kind="stable")] = 1 + np.arange(len(enrolled))
    sites = np.concatenate([arm.patients["SITEID"].to_numpy(dtype=object) for arm in arms])
    width = max(4, len(str(len(numbers))))
    names = np.array([f"SYN-{site}-{n:0{width}}" for site, n in zip(sites, numbers, strict=True)], dtype=object)
    return np.split(names, np.cumsum([len(arm.patients) for arm in arms])[:-1])


class _Arm:
    """Turns days since enrolment into dates, study days and times of one arm's subjects."""

    def __init__(self, arm: ArmData, names: NDArray[np.object_], subjects: pd.CategoricalDtype) -> None:
        self.arm, self.course, self.names = arm, arm.course, names
        self.categories = pd.Categorical(names, dtype=subjects)
        self.enrolled = arm.patients["ENRLDT"].to_numpy("datetime64[D]")
        self.everyone = np.arange(len(names))

    def date(self, who: Any, day: Any) -> NDArray[np.object_]:
        """ISO dates, empty where the day never comes; rows of one date share its text."""
        day = np.asarray(day)
        dates = (self.enrolled[who] + np.where(day < NEVER, day, 0)).astype("datetime64[D]").astype(np.int64)
        first = dates.min(initial=0)
        words = np.arange(first, dates.max(initial=0) + 1).astype("datetime64[D]").astype(str).astype(object)
        return np.where(day < NEVER, words[dates - first], "")

    def study_day(self, who: Any, day: Any) -> pd.Series:
        """Days since the first treatment (enrolment, where there was none), counted from 1, without a day 0."""
        reference = np.where(self.course.treated, self.course.start, 0)
        since = np.asarray(day) - reference[who]
        counted = pd.Series(np.where(since >= 0, since + 1, since), dtype="Int64")
        return counted.mask(np.asarray(day) >= NEVER)

    def adsl(self) -> pd.DataFrame:
        c, treated = self.course, self.course.treated
        arm = ARM_NAMES[self.arm.experimental]
        p = self.arm.patients.drop(columns=["hazard", "ENRLDT"]).reset_index(drop=True)
        died = c.death < NEVER
        p.insert(0, "USUBJID", self.names)
        p.insert(1, "STUDYID", STUDY)
        p.insert(3, "TRT01P", arm)
        p.insert(4, "TRT01A", np.where(treated, arm, ""))
        p.insert(5, "ITTFL", "Y")
        p.insert(6, "SAFFL", yes_no(treated))
        p["PPROTFL"] = yes_no(treated & (p["PPROTFL"] == "Y").to_numpy())
        p.insert(7, "RESFL", yes_no(c.resected))
        p["PD1"] = np.where(treated, p["PD1"], "none")
        p["ENRLDT"] = self.date(self.everyone, 0 * c.last)
        p["TRTSDT"] = self.date(self.everyone, np.where(treated, c.start, NEVER))
        p["TRTEDT"] = self.date(self.everyone, np.where(treated, self.arm.treatment.end, NEVER))
        p["DTHFL"] = yes_no(died)
        p["DTHDT"] = self.date(self.everyone, c.death)
        p["LSTALVDT"] = self.date(self.everyone, c.last)
        p["EOSSTT"] = np.where(died | c.left, "DISCONTINUED", "ONGOING")
        leaving = np.where(treated, "LOST TO FOLLOW-UP", "WITHDRAWAL BY SUBJECT")
        p["DCSREAS"] = np.select([died, c.left], ["DEATH", leaving], "")
        order = [column for column in p.columns if column != "PPROTFL"]
        order.insert(order.index("SAFFL") + 1, "PPROTFL")
        return p[order]

    def adtte(self) -> pd.DataFrame:
        c = self.course
        died, worse, zero = c.death < NEVER, c.progression < NEVER, np.zeros_like(c.last)
        what = np.where(c.resected, "Recurrence", "Progression")
        event = np.where(worse, what, "Death")
        seen = np.where(worse, c.progression, np.where(died, c.death, c.last_assessment))
        alive = np.where(c.left, "Left the study", "Alive at last contact")
        free = np.where(c.left, "Left the study: last assessment without event", "Last assessment without event")
        endpoints = {
            "OS": self._times("OS", self.everyone, zero, c.last, died, np.where(died, "Death", alive)),
            "EFS": self._times("EFS", self.everyone, zero, seen, died | worse, np.where(died | worse, event, free)),
        }
        who = np.flatnonzero(c.resected)
        words = np.where(died | worse, event, free)[who]
        endpoints["RFS"] = self._times("RFS", who, c.resection[who], seen[who], (died | worse)[who], words)
        return pd.concat(endpoints.values(), ignore_index=True)

    def _times(
        self, endpoint: str, who: Days, origin: Days, day: Days, event: Flags, words: NDArray[np.str_]
    ) -> pd.DataFrame:
        """List one endpoint's times: months from the day of origin to the day of the event, both counted."""
        return pd.DataFrame(
            {
                "USUBJID": self.names[who],
                "PARAMCD": endpoint,
                "PARAM": ENDPOINTS[endpoint]["label"],
                "AVAL": np.round((day - origin + 1) / MONTH, DECIMALS["adtte", "AVAL"]),
                "AVALU": "months",
                "CNSR": np.select([event, self.course.left[who]], [0, 2], 1),
                "STARTDT": self.date(who, origin),
                "ADT": self.date(who, day),
                "EVNTDESC": words,
            }
        )

    def adrs(self, weeks: list[int]) -> pd.DataFrame:
        parts = []
        for (criterion, code), responses in zip(
            CRITERIA.items(), (self.course.mrecist, self.course.recist11), strict=True
        ):
            who, visit = np.nonzero(responses != "")
            week = np.array(weeks, dtype=np.int64)[visit]
            day = self.course.visits[who, visit]
            parts.append(
                pd.DataFrame(
                    {
                        "USUBJID": self.names[who],
                        "PARAMCD": code,
                        "PARAM": f"Overall response by {criterion}",
                        "AVISITN": week,
                        "AVISIT": np.char.add("Week ", week.astype(str)),
                        "ADT": self.date(who, day),
                        "ADY": self.study_day(who, day),
                        "AVALC": responses[who, visit],
                    }
                )
            )
        return pd.concat(parts, ignore_index=True)

    def adae(self) -> pd.DataFrame:
        e = self.arm.events
        who, onset, end = e["patient"].to_numpy(), e["onset"].to_numpy(), e["end"].to_numpy()
        return pd.DataFrame(
            {
                "USUBJID": self.names[who],
                "AESEQ": e.groupby("patient").cumcount() + 1,
                "AETERM": e["AEDECOD"].str.lower(),
                "AEDECOD": e["AEDECOD"],
                "AESOC": e["AESOC"],
                "ASTDT": self.date(who, onset),
                "AENDT": self.date(who, end),
                "ASTDY": self.study_day(who, onset),
                "AENDY": self.study_day(who, end),
                **{name: e[name] for name in ("AETOXGR", "AESEV", "AEREL", "AESER", "TRTEMFL", "AEOUT", "AEACN")},
            }
        )

    def adpr(self) -> pd.DataFrame:
        p = self.arm.procedures.sort_values(["patient", "day"], kind="stable", ignore_index=True)
        who, day = p["patient"].to_numpy(), p["day"].to_numpy()
        return pd.DataFrame(
            {
                "USUBJID": self.names[who],
                "PRSEQ": p.groupby("patient").cumcount() + 1,
                "PRCAT": p["PRCAT"],
                "PRTRT": p["PRTRT"],
                "ASTDT": self.date(who, day),
                "ASTDY": self.study_day(who, day),
                **{name: p[name] for name in ("MARGIN", "PATHRESP", "CLAVIEN")},
            }
        )

    def adim(self) -> pd.DataFrame:
        s = self.arm.samples
        who, day = s["patient"].to_numpy(), s["day"].to_numpy()
        return pd.DataFrame(
            {
                "USUBJID": self.names[who],
                "PARAMCD": next(iter(MARKER)),
                "AVISITN": s["AVISITN"],
                "AVISIT": np.where(s["AVISITN"] == 0, "Baseline", "Week " + s["AVISITN"].astype(str)),
                "ADT": self.date(who, day),
                "ADY": self.study_day(who, day),
                "AVAL": s["AVAL"],
                "AVALU": MARKER_UNIT,
                "REASND": s["REASND"],
            }
        )

    def adex(self) -> pd.DataFrame:
        e = self.arm.exposure
        who, first, last = (e[name].to_numpy() for name in ("patient", "day", "until"))
        doses = ("EXPLDOS", "EXDOSE", "EXDOSU", "EXDOSFRQ", "PDOSEO", "DOSEO", "EXADJ")
        return pd.DataFrame(
            {
                "USUBJID": self.categories[who],
                "EXSEQ": e.groupby("patient").cumcount() + 1,
                **{name: e[name] for name in ("EXCAT", "EXTRT")},
                "ASTDT": self.date(who, first),
                "AENDT": self.date(who, last),
                "ASTDY": self.study_day(who, first),
                "AENDY": self.study_day(who, last),
                **{name: e[name] for name in doses},
                "AESEQ": e["AESEQ"].astype("Int64"),
                "DCTREAS": e["DCTREAS"],
            }
        )

    def measured(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Name the subjects of rows that have a ``day``, and date them, after the visit."""
        who, day = rows["patient"].to_numpy(), rows["day"].to_numpy()
        dated = rows.assign(USUBJID=self.categories[who], ADT=self.date(who, day), ADY=self.study_day(who, day))
        columns = [*rows.columns.drop(["patient", "day"])]
        visit = columns.index("AVISIT") + 1
        return dated[["USUBJID", *columns[:visit], "ADT", "ADY", *columns[visit:]]]


def text_parts(table: str, rows: pd.DataFrame) -> Iterator[str]:
    """Write a table as CSV with a fixed number of decimals, the same bytes on every machine, part by part."""
    yield ",".join(rows.columns) + "\n"
    for first in range(0, len(rows), ROWS_AT_A_TIME):
        part = rows.iloc[first : first + ROWS_AT_A_TIME]
        columns = [_texts(part[name], DECIMALS.get((table, str(name)))) for name in part.columns]
        yield "\n".join(map(",".join, zip(*columns, strict=True))) + "\n"


def _texts(values: pd.Series, decimals: int | None) -> list[str]:
    """Write the values of a column, each distinct one once: several times faster than a writer that goes by rows."""
    codes, known = pd.factorize(values)
    if pd.api.types.is_float_dtype(values):
        words = list(map(("{:g}" if decimals is None else f"{{:.{decimals}f}}").format, known))
    else:
        words = list(map(str, known))
    quoted = ['"' + word.replace('"', '""') + '"' if NEEDS_QUOTES.search(word) else word for word in words]
    return list(np.array([*quoted, ""], dtype=object)[codes])  # a missing value has code -1
