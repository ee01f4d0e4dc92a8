"""A simulated trial contradicts itself nowhere: tables, dates and days agree."""

import numpy as np
import pandas as pd
import pytest

from lentap.simulate import load_assumptions
from tests.simulate.shapes import Tables, days, endpoint, of

MONTH = 30.4375
DATES = {"adrs": "ADT", "adim": "ADT", "adpr": "ASTDT", "adae": "ASTDT", "adex": "ASTDT", "adlb": "ADT", "adtr": "ADT"}


def test_every_subject_stands_once_and_every_row_belongs_to_one(tables: Tables) -> None:
    names = set(tables["adsl"]["USUBJID"])
    assert len(names) == len(tables["adsl"]) == 3000
    for table in tables.values():
        assert set(table["USUBJID"]) <= names


def test_enrolment_treatment_and_last_contact_follow_each_other(subjects: pd.DataFrame) -> None:
    assert subjects["ENRLDT"].between("2020-10-01", "2021-11-30").all()
    treated = subjects[subjects["SAFFL"] == "Y"]
    assert (treated["ENRLDT"] <= treated["TRTSDT"]).all()
    assert (treated["TRTSDT"] <= treated["TRTEDT"]).all()
    assert (treated["TRTEDT"] <= treated["LSTALVDT"]).all()
    assert subjects.loc[subjects["SAFFL"] == "N", ["TRTSDT", "TRTEDT"]].isna().all(axis=None)
    assert (subjects["LSTALVDT"] <= pd.Timestamp(load_assumptions().calendar.data_cut)).all()


def test_death_is_told_alike_by_flag_date_status_and_survival(tables: Tables, subjects: pd.DataFrame) -> None:
    died = subjects["DTHFL"] == "Y"
    survival = endpoint(tables, "OS").reindex(subjects.index)
    assert (died == subjects["DTHDT"].notna()).all()
    assert (died == (survival["CNSR"] == 0)).all()
    assert (died == (subjects["DCSREAS"] == "DEATH")).all()
    assert (subjects.loc[died, "DTHDT"] == subjects.loc[died, "LSTALVDT"]).all()
    assert (days(survival["ADT"]) == subjects["LSTALVDT"]).all()


def test_nothing_happens_after_death_or_last_contact(tables: Tables, subjects: pd.DataFrame) -> None:
    for name, column in (*DATES.items(), ("adae", "AENDT"), ("adex", "AENDT")):
        table = tables[name]
        late = days(table[column]) > of(subjects, table, "LSTALVDT")
        assert not late.any(), (name, column, table[late].head())
    for name, column in (("adrs", "ADT"), ("adpr", "ASTDT"), ("adlb", "ADT"), ("adtr", "ADT")):
        assert not (days(tables[name][column]) >= of(subjects, tables[name], "DTHDT")).any()


def test_resection_is_told_alike_by_flag_procedure_and_endpoint(tables: Tables, subjects: pd.DataFrame) -> None:
    procedures = tables["adpr"]
    resections = procedures[procedures["PRCAT"] == "RESECTION"].set_index("USUBJID")
    assert resections.index.is_unique
    assert set(resections.index) == set(subjects.index[subjects["RESFL"] == "Y"]) == set(endpoint(tables, "RFS").index)
    assert (resections["ASTDT"] == endpoint(tables, "RFS")["STARTDT"]).all()
    assert resections[["MARGIN", "PATHRESP", "CLAVIEN"]].notna().all(axis=None)


def test_resection_follows_a_response_seen_before_it(tables: Tables) -> None:
    visits = tables["adrs"]
    responses = visits[(visits["PARAMCD"] == "OVRMR") & visits["AVALC"].isin(["CR", "PR"])]
    first = days(responses["ADT"]).groupby(responses["USUBJID"]).min()
    resected = days(endpoint(tables, "RFS")["STARTDT"])
    assert (first.reindex(resected.index) < resected).all()


def test_a_death_within_thirty_days_of_resection_is_a_complication_of_grade_v(
    tables: Tables, subjects: pd.DataFrame
) -> None:
    resections = tables["adpr"][tables["adpr"]["PRCAT"] == "RESECTION"]
    early = of(subjects, resections, "DTHDT") - days(resections["ASTDT"]) <= pd.Timedelta(days=30)
    assert early.any()
    assert ((resections["CLAVIEN"] == "V") == early).all()


def test_assessments_stop_at_progression_and_at_resection(tables: Tables) -> None:
    visits = tables["adrs"].assign(day=lambda rows: days(rows["ADT"]))
    worse = visits[(visits["PARAMCD"] == "OVRMR") & (visits["AVALC"] == "PD")].set_index("USUBJID")["day"]
    assert worse.index.is_unique
    assert not (visits["day"] > visits["USUBJID"].map(worse)).any()
    resected = days(endpoint(tables, "RFS")["STARTDT"])
    assert not (visits["day"] >= visits["USUBJID"].map(resected)).any()
    events = endpoint(tables, "EFS")
    progressed = events[events["EVNTDESC"] == "Progression"]
    assert (days(progressed["ADT"]) == worse.reindex(progressed.index)).all()


def test_both_criteria_are_read_at_the_same_visits_and_the_deeper_one_responds_less(tables: Tables) -> None:
    visits = tables["adrs"].set_index(["USUBJID", "AVISITN", "ADT", "PARAMCD"])["AVALC"].unstack()  # noqa: PD010
    assert visits.notna().all(axis=None)
    assert (visits["OVRMR"].eq("NE") == visits["OVRR11"].eq("NE")).all()
    response = visits.isin(["CR", "PR"])
    assert response["OVRMR"].sum() > response["OVRR11"].sum()
    assert not (response["OVRR11"] & ~visits["OVRMR"].isin(["CR", "PR", "PD"])).any()


def test_event_free_survival_is_no_longer_than_overall_survival(tables: Tables) -> None:
    survival, free = endpoint(tables, "OS"), endpoint(tables, "EFS").reindex(endpoint(tables, "OS").index)
    assert (free["AVAL"] <= survival["AVAL"]).all()
    died_free = free["EVNTDESC"] == "Death"
    assert (free.loc[died_free, "ADT"] == survival.loc[died_free, "ADT"]).all()
    assert (free["CNSR"] == 0)[survival["CNSR"] == 0].all()


def test_recurrence_free_and_event_free_survival_end_on_the_same_day_for_the_resected(tables: Tables) -> None:
    after, free = endpoint(tables, "RFS"), endpoint(tables, "EFS")
    free = free.reindex(after.index)
    assert (after["ADT"] == free["ADT"]).all()
    assert (after["CNSR"] == free["CNSR"]).all()


def test_times_are_the_days_between_their_dates_both_counted(tables: Tables) -> None:
    times = tables["adtte"]
    counted = (days(times["ADT"]) - days(times["STARTDT"])).dt.days + 1
    assert np.allclose(times["AVAL"], counted / MONTH, atol=0.005)
    assert (times["AVAL"] > 0).all()


@pytest.mark.parametrize(
    ("table", "date", "day"),
    [("adrs", "ADT", "ADY"), ("adim", "ADT", "ADY"), ("adpr", "ASTDT", "ASTDY"), ("adae", "ASTDT", "ASTDY"),
     ("adae", "AENDT", "AENDY"), ("adex", "ASTDT", "ASTDY"), ("adex", "AENDT", "AENDY"), ("adlb", "ADT", "ADY"),
     ("adtr", "ADT", "ADY")],
)  # fmt: skip
def test_study_days_count_from_the_first_treatment_without_a_day_zero(
    tables: Tables, subjects: pd.DataFrame, table: str, date: str, day: str
) -> None:
    rows = tables[table]
    reference = of(subjects, rows, "TRTSDT").fillna(of(subjects, rows, "ENRLDT"))
    since = (days(rows[date]) - reference).dt.days
    known = since.notna()
    assert (rows.loc[known, day] == (since + (since >= 0))[known]).all()
    assert (rows[day].isna() == ~known).all()
    assert not (rows[day] == 0).any()


def test_the_control_arm_has_no_pd1_inhibitor_and_none_of_its_events(tables: Tables, subjects: pd.DataFrame) -> None:
    terms = load_assumptions().adverse_events.terms
    immune = {name for name, term in terms.items() if term.agent == "pd1"}
    events = tables["adae"]
    arm = of(subjects, events, "TRT01P")
    assert set(subjects.loc[subjects["TRT01P"] == "TACE", "PD1"]) == {"none"}
    assert immune & set(events.loc[arm == "LEN-TAP", "AEDECOD"]) == immune
    assert not immune & set(events.loc[arm == "TACE", "AEDECOD"])


def test_adverse_events_of_treatment_start_under_it_or_within_thirty_days(
    tables: Tables, subjects: pd.DataFrame
) -> None:
    events = tables["adae"]
    onset, start, end = days(events["ASTDT"]), of(subjects, events, "TRTSDT"), of(subjects, events, "TRTEDT")
    emergent = events["TRTEMFL"] == "Y"
    assert (onset >= start)[emergent].all()
    assert (onset <= end + pd.Timedelta(days=30))[emergent].all()
    assert (onset < start)[~emergent].all()
    assert (~emergent).any()
    assert not (days(events["AENDT"]) < onset).any()
    assert set(events["USUBJID"]) <= set(subjects.index[subjects["SAFFL"] == "Y"])


def test_fatal_events_end_on_the_day_of_death(tables: Tables, subjects: pd.DataFrame) -> None:
    events = tables["adae"]
    fatal = events[events["AETOXGR"] == 5]
    assert len(fatal)
    assert set(fatal["AEOUT"]) == {"FATAL"}
    assert set(fatal["AESER"]) == {"Y"}
    assert (days(fatal["AENDT"]) == of(subjects, fatal, "DTHDT")).all()
    assert "FATAL" not in set(events.loc[events["AETOXGR"] != 5, "AEOUT"])


def test_severity_follows_grade_and_some_events_come_back(tables: Tables) -> None:
    events = tables["adae"]
    by_grade = events.groupby("AETOXGR")["AESEV"].unique().map(list).to_dict()
    assert by_grade == {1: ["MILD"], 2: ["MODERATE"], 3: ["SEVERE"], 4: ["SEVERE"], 5: ["SEVERE"]}
    assert events.duplicated(["USUBJID", "AEDECOD"]).any()
    assert not events.duplicated(["USUBJID", "AESEQ"]).any()


def test_baseline_factors_agree_with_each_other(tables: Tables) -> None:
    rows = tables["adsl"]
    assert ((rows["AFPBL"] >= 400) == (rows["AFP400FL"] == "Y")).all()
    assert set(rows.loc[rows["PVTTFL"] == "Y", "BCLC"]) == {"C"}
    assert set(rows.loc[rows["SAFFL"] == "N", ["TRT01A", "PPROTFL", "RESFL"]].to_numpy().ravel()) == {"", "N"}


def test_a_missing_sample_has_a_reason_and_a_measured_one_none(tables: Tables) -> None:
    samples = tables["adim"]
    assert (samples["AVAL"].isna() == (samples["REASND"] != "")).all()
    assert samples["AVAL"].dropna().between(0, 100).all()
    assert 0.05 < samples["AVAL"].isna().mean() < 0.13
