"""What was given agrees with who was treated, with the procedures and with what adverse events led to."""

import pandas as pd
import pytest

from lentap.simulate import load_assumptions
from tests.simulate.shapes import Tables, days, of


@pytest.fixture(scope="module")
def given(tables: Tables) -> pd.DataFrame:
    return tables["adex"]


@pytest.fixture(scope="module")
def lenvatinib(given: pd.DataFrame) -> pd.DataFrame:
    rows = given[given["EXCAT"] == "LENVATINIB"]
    return rows.assign(daily=rows["EXDOSE"] / (1 + (rows["EXDOSFRQ"] == "QOD")))


@pytest.fixture(scope="module")
def reactions(tables: Tables, subjects: pd.DataFrame) -> pd.DataFrame:
    """Adverse events that changed a dose, under treatment."""
    events = tables["adae"].assign(
        agent=tables["adae"]["AEDECOD"].map({k: t.agent for k, t in load_assumptions().adverse_events.terms.items()}),
        end=of(subjects, tables["adae"], "TRTEDT"),
        onset=days(tables["adae"]["ASTDT"]),
    )
    return events[events["AEACN"].isin(["DOSE REDUCED", "DRUG INTERRUPTED"])]


def test_treatment_begins_and_ends_on_the_days_the_subject_table_says(
    given: pd.DataFrame, subjects: pd.DataFrame
) -> None:
    doses = given[given["EXDOSE"] > 0]
    by = doses.groupby("USUBJID")
    treated = subjects[subjects["SAFFL"] == "Y"]
    assert set(by.groups) == set(treated.index)
    assert (days(by["ASTDT"].min()).reindex(treated.index) == treated["TRTSDT"]).all()
    assert (days(by["AENDT"].max()).reindex(treated.index) == treated["TRTEDT"]).all()


def test_drugs_are_those_of_the_arm_and_the_subject(given: pd.DataFrame, subjects: pd.DataFrame) -> None:
    arm = of(subjects, given, "TRT01A")
    assert set(given.loc[arm == "TACE", "EXCAT"]) == {"TACE"}
    assert set(given.loc[arm == "LEN-TAP", "EXCAT"]) == {"LENVATINIB", "PD-1 INHIBITOR", "TACE"}
    infusions = given[given["EXCAT"] == "PD-1 INHIBITOR"]
    assert (infusions["EXTRT"] == of(subjects, infusions, "PD1")).all()


def test_lenvatinib_is_planned_by_body_weight(lenvatinib: pd.DataFrame, subjects: pd.DataFrame) -> None:
    heavy = of(subjects, lenvatinib, "WEIGHTBL") >= 60
    assert 0.5 < heavy.mean() < 0.9
    assert (lenvatinib["EXPLDOS"] == heavy.map({True: 12, False: 8})).all()
    assert set(lenvatinib["EXDOSE"]) == {0, 4, 8, 12}


def test_lenvatinib_is_accounted_for_on_every_day_of_treatment(
    lenvatinib: pd.DataFrame, subjects: pd.DataFrame
) -> None:
    by = lenvatinib.groupby("USUBJID")
    assert (by["ASTDY"].min() == 1).all()
    last = (subjects["TRTEDT"] - subjects["TRTSDT"]).dt.days + 1
    assert (by["AENDY"].max() == last.reindex(by["AENDY"].max().index)).all()
    assert (lenvatinib["ASTDY"] == by["AENDY"].shift() + 1)[by.cumcount() > 0].all()
    assert (lenvatinib["AENDY"] >= lenvatinib["ASTDY"]).all()


def test_totals_are_the_dose_times_the_days_it_was_due(given: pd.DataFrame) -> None:
    length = given["AENDY"] - given["ASTDY"] + 1
    times = length.where(given["EXDOSFRQ"] != "QOD", (length + 1) // 2)
    assert (given["DOSEO"] == given["EXDOSE"] * times).all()
    assert (given["PDOSEO"] == given["EXPLDOS"] * length).all()
    assert (length[given["EXCAT"] != "LENVATINIB"] == 1).all()
    assert (given["EXDOSFRQ"] == "QOD").any()
    totals = given.groupby(["EXCAT", "USUBJID"])[["DOSEO", "PDOSEO"]].sum()
    intensity = (totals["DOSEO"] / totals["PDOSEO"]).groupby("EXCAT").median()
    assert intensity.between(0.75, 1).all()


def test_a_dose_below_the_planned_one_has_a_reason_and_another_none(given: pd.DataFrame) -> None:
    below = given["DOSEO"] < given["PDOSEO"]
    assert (below == (given["EXADJ"] != "")).all()
    assert not (given["EXDOSE"] > given["EXPLDOS"]).any()
    reasons = given[below].groupby("EXCAT")["EXADJ"].unique().map(set).to_dict()
    assert reasons == {
        "LENVATINIB": {"ADVERSE EVENT", "SURGERY", "TACE"},
        "PD-1 INHIBITOR": {"ADVERSE EVENT", "SURGERY", "VISIT MISSED"},
        "TACE": {"PHYSICIAN DECISION"},
    }
    assert (given["AESEQ"].notna() == (given["EXADJ"] == "ADVERSE EVENT")).all()


def test_the_event_named_as_reason_is_one_that_changed_the_dose_before(given: pd.DataFrame, tables: Tables) -> None:
    rows = given[given["AESEQ"].notna()].merge(tables["adae"], on=["USUBJID", "AESEQ"], suffixes=("", "_event"))
    assert len(rows) == given["AESEQ"].notna().sum() > 100
    assert (rows["ASTDY"] >= rows["ASTDY_event"]).all()
    held = rows["EXDOSE"] == 0
    assert set(rows.loc[held, "AEACN"]) == {"DRUG INTERRUPTED"}
    assert set(rows.loc[~held, "AEACN"]) == {"DOSE REDUCED"}


def test_every_reduction_for_an_adverse_event_lowers_lenvatinib_from_the_next_day(
    lenvatinib: pd.DataFrame, reactions: pd.DataFrame
) -> None:
    events = reactions[(reactions["AEACN"] == "DOSE REDUCED") & (reactions["onset"] < reactions["end"])]
    doses = lenvatinib[lenvatinib["daily"] > 0]
    pairs = events[["USUBJID", "AESEQ", "ASTDY"]].merge(doses[["USUBJID", "ASTDY", "daily"]], on="USUBJID")
    key = ["USUBJID", "AESEQ"]
    later = pairs["ASTDY_y"] > pairs["ASTDY_x"]
    before, after = pairs[~later].groupby(key)["daily"].last(), pairs[later].groupby(key)["daily"].first()
    assert len(before) == len(after) == len(events) > 50
    assert ((after < before) | (before == 2)).all()


def test_every_interruption_for_an_adverse_event_withholds_its_drug(
    given: pd.DataFrame, reactions: pd.DataFrame
) -> None:
    events = reactions[reactions["AEACN"] == "DRUG INTERRUPTED"].assign(day=lambda rows: rows["ASTDY"].clip(lower=2))
    last = (events["end"] - events["onset"]).dt.days + events["ASTDY"]
    events = events[events["day"] < last]
    held = (given["EXDOSE"] == 0) & (given["EXADJ"] == "ADVERSE EVENT")
    for agent, category in (("lenvatinib", "LENVATINIB"), ("pd1", "PD-1 INHIBITOR")):
        chosen = events.loc[events["agent"] == agent, ["USUBJID", "AESEQ", "day"]].rename(columns={"AESEQ": "event"})
        rows = given.assign(held=held)[given["EXCAT"] == category].merge(chosen, on="USUBJID")
        due = rows[(rows["AENDY"] >= rows["day"]) & (rows["ASTDY"] > 1)]
        covering = due.sort_values("ASTDY").groupby(["USUBJID", "event"])["held"].first()
        assert covering.all()
        assert len(covering) > 10


def test_infusions_are_three_weeks_apart_and_missed_ones_are_rows(given: pd.DataFrame) -> None:
    infusions = given[given["EXCAT"] == "PD-1 INHIBITOR"]
    gaps = infusions.groupby("USUBJID")["ASTDY"].diff().dropna()
    assert gaps.between(17, 25).all()
    assert gaps.median() == 21
    assert 0.03 < (infusions["EXDOSE"] == 0).mean() < 0.2


def test_tace_sessions_are_those_of_the_procedures(given: pd.DataFrame, tables: Tables) -> None:
    done = tables["adpr"][tables["adpr"]["PRCAT"] == "TACE"]
    sessions = given[given["EXCAT"] == "TACE"]
    key = ["USUBJID", "ASTDT", "ASTDY"]
    assert sorted(map(tuple, sessions[key].to_numpy())) == sorted(map(tuple, done[key].to_numpy()))


def test_drugs_are_withheld_around_resection(given: pd.DataFrame, tables: Tables) -> None:
    operations = tables["adpr"][tables["adpr"]["PRCAT"] == "RESECTION"][["USUBJID", "ASTDY"]]
    rows = given[given["EXCAT"] != "TACE"].merge(operations, on="USUBJID", suffixes=("", "_resection"))
    under = (rows["ASTDY"] <= rows["ASTDY_resection"]) & (rows["AENDY"] >= rows["ASTDY_resection"])
    under &= rows["AENDY"] > rows["ASTDY_resection"]
    assert under.sum() > 200
    assert (rows.loc[under, "EXDOSE"] == 0).all()


def test_why_a_drug_was_stopped_stands_in_its_last_row(
    given: pd.DataFrame, tables: Tables, subjects: pd.DataFrame
) -> None:
    drugs = given[given["EXCAT"] != "TACE"]
    last = ~drugs.duplicated(["USUBJID", "EXCAT"], keep="last")
    assert ((drugs["DCTREAS"] != "") == last).all()
    by_subject = drugs[last].groupby("USUBJID")["DCTREAS"].agg(["first", "nunique"])
    assert (by_subject["nunique"] == 1).all()
    withdrawn = set(tables["adae"].loc[tables["adae"]["AEACN"] == "DRUG WITHDRAWN", "USUBJID"])
    toxic = set(by_subject.index[by_subject["first"] == "ADVERSE EVENT"])
    assert withdrawn <= toxic
    died = by_subject.index[by_subject["first"] == "DEATH"]
    assert (subjects.loc[died, "TRTEDT"] == subjects.loc[died, "DTHDT"]).all()
