"""What the readers measured gives the responses of ADRS, and its dates the times of ADTTE."""

import numpy as np
import pandas as pd
import pytest

from lentap.simulate import load_assumptions, simulate
from lentap.stats.agreement import cohen_kappa, rating_table
from lentap.stats.response import best_overall_response, responders
from lentap.stats.visit_response import visit_response
from tests.simulate.shapes import Tables, days, endpoint, of, read_by

CRITERIA = {"mRECIST": "OVRMR", "RECIST 1.1": "OVRR11"}


def responses(tables: Tables, criterion: str, reader: str = "READER 1") -> pd.DataFrame:
    targets, findings = read_by(tables, reader)
    return visit_response(targets, findings, criterion=criterion)


def recorded(tables: Tables, criterion: str) -> pd.DataFrame:
    rows = tables["adrs"]
    return rows[rows["PARAMCD"] == CRITERIA[criterion]]


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_first_reader_s_diameters_give_the_recorded_response_at_every_visit(criterion: str, seed: int) -> None:
    tables = simulate(load_assumptions(), seed=seed, patients=1500)[0]
    found = responses(tables, criterion).set_index(["USUBJID", "AVISITN"])["AVALC"].sort_index()
    told = recorded(tables, criterion).astype({"AVISITN": float}).set_index(["USUBJID", "AVISITN"])["AVALC"]
    pd.testing.assert_series_equal(found, told.sort_index(), check_dtype=False)


@pytest.mark.parametrize("criterion", CRITERIA)
def test_the_first_reader_s_best_overall_response_is_the_recorded_one(tables: Tables, criterion: str) -> None:
    subjects = tables["adsl"]["USUBJID"]
    measured = best_overall_response(responses(tables, criterion), subjects)
    told = best_overall_response(recorded(tables, criterion), subjects)
    pd.testing.assert_series_equal(measured, told)
    assert set(told) == {"CR", "PR", "SD", "PD", "NE"}


def test_visits_and_days_are_those_of_the_responses(tables: Tables) -> None:
    rows = tables["adtr"]
    seen = rows[(rows["TRGRPID"] == "TARGET") & (rows["AVISITN"] > 0) & (rows["ADT"] != "")]
    key = ["USUBJID", "AVISITN", "ADT", "ADY"]
    for reader in ("READER 1", "READER 2"):
        measured = set(map(tuple, seen.loc[seen["TREVALID"] == reader, key].to_numpy()))
        assert measured == set(map(tuple, tables["adrs"][key].to_numpy()))


def test_every_subject_has_measurable_lesions_before_treatment(tables: Tables, subjects: pd.DataFrame) -> None:
    rows = tables["adtr"]
    first = rows[(rows["AVISITN"] == 0) & (rows["TRGRPID"] == "TARGET") & (rows["TREVALID"] == "READER 1")]
    assert set(first["USUBJID"]) == set(subjects.index)
    assert (days(first["ADT"]) < of(subjects, first, "ENRLDT")).all()
    assert (first["LDIAM"] >= 20).all()
    assert (first["VDIAM"] >= 10).all()
    assert 0.3 < (first["TRLNKID"] == "T02").mean() < 0.4
    assert not first.duplicated(["USUBJID", "TRLOC"]).any()


def test_the_viable_part_is_no_longer_than_its_lesion_unless_the_arterial_phase_alone_shows_it(tables: Tables) -> None:
    rows = tables["adtr"]
    sizes = rows.loc[rows["TRGRPID"] == "TARGET", ["LDIAM", "VDIAM"]].dropna()
    assert np.array_equal(sizes, sizes.round())
    longer = sizes["VDIAM"] > sizes["LDIAM"]
    assert (sizes.loc[longer, "LDIAM"] == 0).all()
    assert longer.sum() <= 5
    assert rows.loc[rows["TRGRPID"] != "TARGET", ["LDIAM", "VDIAM"]].isna().all(axis=None)


def test_a_visit_without_measurements_has_a_reason_and_a_missed_one_no_date(tables: Tables) -> None:
    rows = tables["adtr"]
    target = rows["TRGRPID"] == "TARGET"
    assert (rows["LDIAM"].isna() == (rows["REASND"] != ""))[target].all()
    assert (rows["LDIAM"].isna() == rows["VDIAM"].isna()).all()
    missed = rows["REASND"].str.startswith("Visit missed")
    assert ((rows["ADT"] == "") == missed).all()
    assert (rows["ADY"].isna() == missed).all()
    assert 0.02 < missed[target & (rows["AVISITN"] > 0)].mean() < 0.08
    unreadable = rows[target & (rows["REASND"] != "") & ~missed][["USUBJID", "AVISITN"]].drop_duplicates()
    absent = recorded(tables, "mRECIST").query("AVALC == 'NE'")
    assert set(map(tuple, unreadable.to_numpy())) == set(map(tuple, absent[["USUBJID", "AVISITN"]].to_numpy()))


def test_portal_vein_thrombus_is_the_non_target_lesion_of_those_who_have_one(
    tables: Tables, subjects: pd.DataFrame
) -> None:
    rows = tables["adtr"]
    vein = rows[(rows["TRGRPID"] == "NON-TARGET") & (rows["TRLOC"] == "Portal vein")]
    assert set(vein["USUBJID"]) == set(subjects.index[subjects["PVTTFL"] == "Y"])
    states = rows.loc[(rows["TRGRPID"] == "NON-TARGET") & (rows["AVISITN"] > 0), "AVALC"]
    assert set(states) == {"CR", "NON-CR/NON-PD", "PD", "NE", ""}


def test_progression_shows_in_targets_in_other_lesions_and_in_new_ones(tables: Tables) -> None:
    found = responses(tables, "RECIST 1.1")
    worse = found[found["AVALC"] == "PD"]
    by_target, by_new = worse["target"] == "PD", worse["new_lesion"]
    by_other = worse["non_target"] == "PD"
    assert (by_target.astype(int) + by_new + by_other == 1).all()
    assert by_new.mean() == pytest.approx(0.45, abs=0.07)
    assert 0.02 < by_other.mean() < 0.1


def test_progression_and_recurrence_are_dated_as_the_times_to_event_are(tables: Tables) -> None:
    rows = tables["adtr"].assign(day=days(tables["adtr"]["ADT"]))
    found = responses(tables, "mRECIST")
    dates = rows.drop_duplicates(["USUBJID", "AVISITN"]).set_index(["USUBJID", "AVISITN"])["day"]
    worse = found[found["AVALC"] == "PD"].set_index(["USUBJID", "AVISITN"]).join(dates).reset_index()
    events = endpoint(tables, "EFS")
    progressed = days(events.loc[events["EVNTDESC"] == "Progression", "ADT"])
    assert len(worse) == len(progressed)
    assert (worse.set_index("USUBJID")["day"].sort_index() == progressed.sort_index()).all()
    again = rows[rows["AVISIT"].str.startswith("Surveillance") & (rows["AVALC"] == "Y")].set_index("USUBJID")["day"]
    recurred = days(events.loc[events["EVNTDESC"] == "Recurrence", "ADT"])
    assert (again.sort_index() == recurred.sort_index()).all()
    assert again.index.is_unique


def test_surveillance_follows_resection_every_eight_weeks_and_ends_with_recurrence(tables: Tables) -> None:
    rows = tables["adtr"]
    after = rows[rows["AVISIT"].str.startswith("Surveillance")].assign(day=lambda t: days(t["ADT"]))
    resected = days(endpoint(tables, "RFS")["STARTDT"])
    since = (after["day"] - after["USUBJID"].map(resected)).dt.days
    assert (since == 56 * (after["AVISITN"] - 1000)).all()
    assert (since > 0).all()
    last = after.groupby("USUBJID")["AVALC"].last()
    assert (after["AVALC"] == "Y").sum() == (last == "Y").sum() > 100
    before = rows[~rows["AVISIT"].str.startswith("Surveillance") & (rows["ADT"] != "")]
    assert not (days(before["ADT"]) >= before["USUBJID"].map(resected)).any()


@pytest.mark.parametrize("criterion", CRITERIA)
def test_two_readers_agree_as_readers_do(tables: Tables, criterion: str) -> None:
    subjects = tables["adsl"]["USUBJID"]
    first, second = (best_overall_response(responses(tables, criterion, f"READER {n}"), subjects) for n in (1, 2))
    assert 0.65 < cohen_kappa(rating_table(first, second)).value < 0.92
    assert 0.75 < cohen_kappa(rating_table(responders(first), responders(second))).value < 0.95
    assert responders(first).mean() == pytest.approx(responders(second).mean(), abs=0.05)
    sizes = tables["adtr"].query("TRGRPID == 'TARGET' and AVISITN == 0").set_index(["USUBJID", "TRLNKID", "TREVALID"])
    wide = sizes["LDIAM"].unstack("TREVALID")  # noqa: PD010
    difference = wide["READER 1"] / wide["READER 2"] - 1
    assert 0.05 < difference.std() < 0.2
    assert difference.median() == pytest.approx(0, abs=0.02)
