"""Tumour assessments up to the first resection: the responses recorded, and those that each reader's lesions give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lentap.adam import Trial
from lentap.show.format import many
from lentap.stats.visit_response import DIAMETERS, NON_TARGET, visit_response

RECORDED = "recorded"
ONE_READER = "measured"  # what the reader is called where adtr names none
BASELINE = 0.0
VISIT = ("USUBJID", "AVISITN", "visit", "ADY", "AVALC")
TWICE = "a target lesion twice at a visit"
TOGETHER = ("PD", "NE", "NON-CR/NON-PD", "CR")  # the first of these among the non-target lesions is that of all
COLUMNS = {"diameter": "LDIAM", "viable_diameter": "VDIAM"}


@dataclass(frozen=True, eq=False)
class Assessments:
    """Patients with their assessments, by criterion and by who read them.

    ``patients`` holds USUBJID, arm, and the study days resection and death (not-a-number where none; a death after the
    resection is left out, as follow-up for response has ended with the operation). ``recorded`` holds visits by
    criterion, ``measured`` visits by criterion and reader: USUBJID, AVISITN (the order of visits), visit (its number in
    the table), ADY (not-a-number where the table has no days) and AVALC; measured ones also sum_of_diameters (mm) and
    change (per cent). ``gaps`` says what the trial lacks, ``left_out`` which patients have lesions from which no
    response follows, by criterion and reader and by reason.
    """

    patients: pd.DataFrame
    control: str
    criteria: tuple[str, ...]
    recorded: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    measured: Mapping[str, Mapping[str, pd.DataFrame]] = field(default_factory=dict)
    gaps: Sequence[str] = ()
    left_out: Mapping[tuple[str, str], Mapping[str, frozenset[str]]] = field(default_factory=dict)

    @property
    def arms(self) -> list[str]:
        """Arms that have patients, control last."""
        return [str(arm) for arm in self.patients["arm"].cat.categories if (self.patients["arm"] == arm).any()]

    @property
    def readers(self) -> list[str]:
        return list(dict.fromkeys(reader for by in self.measured.values() for reader in by))

    def read_by(self, criterion: str) -> dict[str, pd.DataFrame]:
        """Visits by one criterion: those recorded first, where there are any, then each reader's."""
        recorded = {RECORDED: self.recorded[criterion]} if criterion in self.recorded else {}
        return recorded | dict(self.measured.get(criterion, {}))


def assessments(trial: Trial, population: str, arms: Sequence[str]) -> Assessments:
    """Collect the assessments of the patients of some arms.

    Where the tables have days, an assessment without one did not take place and is left out; visits are ordered by day.
    Of several recorded responses of one visit and day the first in the table counts.

    Parameters
    ----------
    trial
        With adsl, and adrs, adtr and adpr where it has them.
    """
    patients, origin = _patients(trial, population, arms)
    criteria = tuple(trial.design.criteria) or tuple(DIAMETERS)
    gaps = [] if "adrs" in trial.tables else ["there is no table adrs, so no response was recorded"]
    if "adrs" in trial.tables and not trial.design.criteria:
        gaps.append("trial.yml declares no criteria, so what adrs records is not read")
    gaps += [] if "adtr" in trial.tables else ["there is no table adtr, so no lesion was measured"]
    recorded = _recorded(trial, patients, origin)
    if "adrs" in trial.tables:
        lacking = [criterion for criterion in trial.design.criteria if criterion not in recorded]
        gaps += [f"adrs has no assessment of these patients by {criterion}" for criterion in lacking]
    measured: dict[str, dict[str, pd.DataFrame]] = {}
    left_out: dict[tuple[str, str], dict[str, frozenset[str]]] = {}
    if "adtr" in trial.tables:
        readers = trial.adtr["TREVALID"].fillna(ONE_READER) if "TREVALID" in trial.adtr else ONE_READER
        lesions = trial.adtr.assign(TREVALID=readers)
        for reader, rows in lesions.groupby("TREVALID"):
            for criterion, (visits, why) in _measured(
                _of(patients, rows, origin, "visit"), criteria, patients["USUBJID"]
            ).items():
                left_out[criterion, str(reader)] = why
                if visits is not None:
                    measured.setdefault(criterion, {})[str(reader)] = visits
        for name in (one for one in criteria if one not in measured):
            unfit = [why for (criterion, _), why in left_out.items() if criterion == name]
            gaps.append(f"adtr allows no response by {name}: {_why(name, trial.adtr, unfit, patients['USUBJID'])}")
    return Assessments(patients, trial.design.control.name, criteria, recorded, measured, gaps, left_out)


def recorded_visits(trial: Trial, population: str, arms: Sequence[str] | None = None) -> dict[str, pd.DataFrame]:
    """The recorded visits of ``assessments`` alone, by the criteria that have any; all arms by default."""
    return _recorded(trial, *_patients(trial, population, trial.arm_names if arms is None else arms))


def _patients(trial: Trial, population: str, arms: Sequence[str]) -> tuple[pd.DataFrame, pd.Series]:
    """Patients of ``Assessments``, and the date of day 1 by USUBJID."""
    members = trial.subjects(population)
    members = members[members["arm"].isin(arms)].reset_index(drop=True)
    start = _start(members)
    resection, death = _resections(trial, members), _study_days(members, "DTHDT", start)
    arm = members["arm"].cat.remove_unused_categories()
    patients = pd.DataFrame({"USUBJID": members["USUBJID"], "arm": arm, "resection": resection})
    patients["death"] = death.mask(death > resection).clip(lower=1)
    return patients, start.set_axis(members["USUBJID"])


def _recorded(trial: Trial, patients: pd.DataFrame, origin: pd.Series) -> dict[str, pd.DataFrame]:
    recorded: dict[str, pd.DataFrame] = {}
    for criterion, code in trial.design.criteria.items() if "adrs" in trial.tables else ():
        rows = _of(patients, trial.adrs[trial.adrs["PARAMCD"] == code], origin, "visit", "ADY")
        rows = rows[rows["visit"] > BASELINE]
        if len(rows):
            found = rows.drop_duplicates(["USUBJID", "AVISITN"])[list(VISIT)]
            recorded[criterion] = found.sort_values(["USUBJID", "AVISITN"], ignore_index=True)
    return recorded


def _start(members: pd.DataFrame) -> pd.Series:
    """Day 1 of each patient: the first treatment, or else the enrolment."""
    dates = members.reindex(columns=["TRTSDT", "ENRLDT"])
    return pd.to_datetime(dates["TRTSDT"]).fillna(pd.to_datetime(dates["ENRLDT"]))


def _study_days(rows: pd.DataFrame, column: str, start: pd.Series) -> pd.Series:
    """Study days of a column of dates, without a day 0; not-a-number where either date is missing."""
    if column not in rows:
        return pd.Series(np.nan, index=rows.index)
    since = (pd.to_datetime(rows[column]) - start).dt.days
    return (since + (since >= 0)).astype(float)


def _resections(trial: Trial, members: pd.DataFrame) -> pd.Series:
    """Study day of each patient's first resection; not-a-number where there is none, or without a day."""
    if "adpr" not in trial.tables:
        return pd.Series(np.nan, index=members.index)
    first = trial.resections.groupby("USUBJID")["ASTDY"].min()
    return members["USUBJID"].map(first).astype(float)


def _of(patients: pd.DataFrame, rows: pd.DataFrame, origin: pd.Series, *apart: str) -> pd.DataFrame:
    """Rows of these patients at baseline and from day 1 to their resection, with ADY, and AVISITN in order of days.

    ``apart`` names what tells visits apart: images of one visit are spread over days, while responses on two days are
    two, such as those of unscheduled visits under one number.
    """
    rows = rows[rows["USUBJID"].isin(patients["USUBJID"]) & (rows["AVISITN"] >= BASELINE)].rename(
        columns={"AVISITN": "visit"}
    )
    days = rows["ADY"].astype(float) if "ADY" in rows else pd.Series(np.nan, index=rows.index)
    rows = rows.assign(ADY=days.fillna(_study_days(rows, "ADT", rows["USUBJID"].map(origin))))
    if rows["ADY"].notna().any():
        resection = rows["USUBJID"].map(patients.set_index("USUBJID")["resection"])
        timely = (rows["ADY"] >= 1) & ~(rows["ADY"] > resection)
        rows = rows[rows["ADY"].notna() & (timely | (rows["visit"] == BASELINE))]
    first = rows.groupby(["USUBJID", *apart], dropna=False)["ADY"].transform("min")
    rows = rows.assign(ADY=first).sort_values(["USUBJID", "ADY", "visit"], kind="stable", ignore_index=True)
    later = rows["visit"] > BASELINE
    new = later & ~rows.duplicated(["USUBJID", *apart])
    return rows.assign(AVISITN=new.astype(int).groupby(rows["USUBJID"]).cumsum().where(later, 0))


def _measured(
    rows: pd.DataFrame, criteria: Sequence[str], subjects: pd.Series
) -> dict[str, tuple[pd.DataFrame | None, dict[str, frozenset[str]]]]:
    """Visits of one reader by criterion (None for none), and which patients were left out for which reason."""
    targets = rows[rows["TRGRPID"] == "TARGET"]
    targets = targets.rename(columns={theirs: ours for ours, theirs in COLUMNS.items()})
    if "NODEFL" in targets:
        targets = targets.assign(nodal=targets["NODEFL"].eq("Y"))
    findings = _findings(rows)
    when = rows[["USUBJID", "AVISITN", "visit", "ADY"]].drop_duplicates(["USUBJID", "AVISITN"])
    found: dict[str, tuple[pd.DataFrame | None, dict[str, frozenset[str]]]] = {}
    for criterion in (one for one in criteria if DIAMETERS.get(one) in targets):
        column = DIAMETERS[criterion]
        unfit = _unfit(targets, column, subjects)
        fit = targets[~targets["USUBJID"].isin(frozenset().union(*unfit.values()))]
        found[criterion] = None, unfit
        if (fit["AVISITN"] > BASELINE).any():
            of_fit = findings[findings["USUBJID"].isin(fit["USUBJID"])]
            visits = visit_response(fit, of_fit, criterion=criterion)
            found[criterion] = visits.merge(when, on=["USUBJID", "AVISITN"], how="left"), unfit
    return found


def _unfit(targets: pd.DataFrame, column: str, subjects: pd.Series) -> dict[str, frozenset[str]]:
    """Patients from whose target lesions no response follows, by the first reason that holds."""
    key = ["USUBJID", "TRLNKID"]
    at_first = targets["AVISITN"] == BASELINE
    first = targets[at_first & (targets[column] > 0)]
    known = pd.MultiIndex.from_frame(targets[key]).isin(pd.MultiIndex.from_frame(first[key]))
    reasons = {
        "no target lesion at baseline (visit 0)": subjects[~subjects.isin(targets.loc[at_first, "USUBJID"])],
        "a target lesion without a diameter at baseline (visit 0)": targets.loc[~known, "USUBJID"],
        "a target lesion with a negative diameter": targets.loc[targets[column] < 0, "USUBJID"],
        TWICE: targets.loc[targets.duplicated([*key, "AVISITN"]), "USUBJID"],
    }
    unfit: dict[str, frozenset[str]] = {}
    for reason, concerned in reasons.items():
        if rest := frozenset(concerned).difference(*unfit.values()):
            unfit[reason] = rest
    return unfit


def _findings(rows: pd.DataFrame) -> pd.DataFrame:
    """State of the non-target lesions taken together, and whether any lesion is new, a row a visit."""
    words = rows["AVALC"] if "AVALC" in rows else pd.Series(None, index=rows.index, dtype=object)
    other = rows["TRGRPID"] == "NON-TARGET"
    states = words.where(words.isin(NON_TARGET), "NE")
    seen = pd.DataFrame({state: other & (states == state) for state in TOGETHER})
    seen["new_lesion"] = (rows["TRGRPID"] == "NEW") & (words == "Y")
    found = seen.groupby([rows["USUBJID"], rows["AVISITN"]]).any()
    together = pd.Series(np.select([found[state] for state in TOGETHER], TOGETHER, ""), index=found.index)
    return found[["new_lesion"]].assign(non_target=together.mask(together == "")).reset_index()


def _why(criterion: str, adtr: pd.DataFrame, unfit: Sequence[Mapping[str, frozenset[str]]], subjects: pd.Series) -> str:
    """Why the lesions give no response by a criterion; ``unfit`` says of each reader whom the lesions leave out."""
    if criterion not in DIAMETERS:
        return f"this book can measure by {' and '.join(DIAMETERS)} alone"
    column = COLUMNS[DIAMETERS[criterion]]
    if column not in adtr:
        return f"it lacks {column}"
    reasons = {reason for why in unfit for reason in why}
    if reasons and all(subjects.isin(frozenset().union(*why.values())).all() for why in unfit):
        concerned = {reason: frozenset().union(*(why.get(reason, ()) for why in unfit)) for reason in sorted(reasons)}
        reason = max(concerned, key=lambda one: len(concerned[one]))
        unnamed = reason == TWICE and ("TREVALID" not in adtr or adtr["TREVALID"].isna().all())
        readers = ", and it does not say which reader measured (TREVALID)" if unnamed else ""
        patients = many(len(concerned[reason]), "patient")
        return f"no patient's lesions can be used, most often for {reason} ({patients}){readers}"
    return "it holds no patient with target lesions measured at baseline (visit 0) and after it"
