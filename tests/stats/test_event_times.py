import numpy as np
import pandas as pd
import pytest

from lentap.errors import ArgumentError
from lentap.stats.event_times import mean_event_counts, time_to_first_event, time_to_resolution
from lentap.stats.survival import kaplan_meier
from tests.stats.references import cdisc_pilot, cdisc_pilot_subjects, reference

SUBJECTS = pd.DataFrame(
    {
        "USUBJID": list("abcd"),
        "arm": ["new", "new", "old", "old"],
        "exposure": [100, 50, 200, 30],
        "died": [False, True, False, True],
    }
)
EVENTS = pd.DataFrame(
    {
        "USUBJID": ["a", "a", "b", "c", "c", "d"],
        "ASTDY": [10, 40, 50, 210, 20, 0],
        "AENDY": [12, None, 60, None, 25, 3],
        "AEDECOD": ["Nausea", "Rash", "Nausea", "Nausea", "Rash", "Nausea"],
        "AEOUT": ["RECOVERED/RESOLVED", None, "FATAL", None, "RECOVERED/RESOLVED WITH SEQUELAE", "RECOVERED/RESOLVED"],
    }
)


@pytest.fixture(scope="module")
def pilot():
    subjects = cdisc_pilot_subjects()
    observed = pd.to_datetime(subjects["RFENDT"]) - pd.to_datetime(subjects["TRTSDT"])
    return cdisc_pilot("adae"), subjects.assign(exposure=observed.dt.days + 1)


def test_times_to_the_first_dermatologic_event_agree_with_the_published_data_set(pilot):
    events, subjects = pilot
    found = time_to_first_event(events[events["CQ01NAM"].notna()], subjects).set_index("USUBJID")
    published = cdisc_pilot("adtte").set_index("USUBJID").reindex(found.index)
    assert found["time"].tolist() == published["AVAL"].tolist()
    assert found["event"].tolist() == (published["CNSR"] == 0).tolist()
    stored = reference("cdisc_pilot")["time_to_dermatologic_event"]
    for arm, of_arm in found.groupby("arm", observed=True):
        assert of_arm["event"].sum() == stored["events"][arm]
        if stored["median"][arm]:
            median = kaplan_meier(of_arm["time"], of_arm["event"]).median
            assert [median.value, median.low, median.high] == stored["median"][arm]


def test_a_subject_is_followed_to_the_first_event_to_death_or_to_the_end():
    found = time_to_first_event(EVENTS, SUBJECTS, term="Nausea").set_index("USUBJID")
    assert found["time"].to_dict() == {"a": 10, "b": 50, "c": 200, "d": 30}  # c's came after its exposure, d's before
    assert found["event"].to_dict() == {"a": True, "b": True, "c": False, "d": False}
    assert found["cause"].to_dict() == {"a": 1, "b": 1, "c": 0, "d": 2}


def test_any_event_is_the_default_and_deaths_may_be_unknown():
    found = time_to_first_event(EVENTS, SUBJECTS.drop(columns="died"))
    assert found["time"].tolist() == [10, 50, 20, 30]
    assert found["cause"].tolist() == [1, 1, 1, 0]


def test_an_event_lasts_until_it_has_resolved_or_to_the_end_of_observation():
    found = time_to_resolution(EVENTS, SUBJECTS)
    rows = [tuple(row) for row in found[["USUBJID", "onset", "time", "event"]].itertuples(index=False)]
    assert rows == [("a", 10, 3, True), ("a", 40, 61, False), ("b", 50, 11, False), ("c", 20, 6, True)]


def test_without_outcomes_an_event_that_ended_has_resolved():
    found = time_to_resolution(EVENTS.drop(columns="AEOUT"), SUBJECTS)
    assert found["event"].tolist() == [True, False, True, True]


def test_mean_counts_are_those_of_each_arm(pilot):
    events, subjects = pilot
    found = mean_event_counts(events, subjects)
    published = reference("cdisc_pilot")["adverse_events"]
    for arm, n, total in zip(published["arms"], published["n"], published["any"]["events"], strict=True):
        assert (found[arm].n, found[arm].events.sum()) == (n, total)
        assert "Nelson" in found[arm].method


def test_deaths_end_the_counting_where_they_are_known():
    with_deaths = mean_event_counts(EVENTS, SUBJECTS, interval="plain", level=0.9)["new"]
    without = mean_event_counts(EVENTS, SUBJECTS.drop(columns="died"))["new"]
    assert with_deaths.method == "Ghosh and Lin's mean count, death ending it, plain interval"
    assert with_deaths.deaths.sum() == 1
    np.testing.assert_allclose(with_deaths.at([10, 40, 50]), without.at([10, 40, 50]))


def test_a_term_is_looked_for_in_the_column_asked_for():
    events = EVENTS.assign(AESOC=["Gut", "Skin", "Gut", "Gut", "Skin", "Gut"])
    found = time_to_first_event(events, SUBJECTS, term="Skin", by="AESOC")
    assert found["time"].tolist() == [40, 50, 20, 30]


@pytest.mark.parametrize(
    ("events", "subjects", "option", "words"),
    [
        (EVENTS, SUBJECTS, {"term": "Fever"}, "term is 'Fever': legal is a value that AEDECOD has in the events"),
        (EVENTS, SUBJECTS, {"by": "AETERM"}, "by is 'AETERM'"),
        (EVENTS, SUBJECTS.assign(exposure=-1), {}, "exposure is -1"),
        (EVENTS.assign(ASTDY=None), SUBJECTS, {}, "ASTDY is 'missing in 6 of the events that count'"),
        (EVENTS, SUBJECTS.assign(died="Y"), {}, "died is 'Y': legal is true or false"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(events, subjects, option, words):
    with pytest.raises(ArgumentError, match=words):
        time_to_first_event(events, subjects, **option)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"AENDY": None}, "AENDY is 'missing in 2 of the events that resolved'"),
        ({"AENDY": 5}, "AENDY is 5: legal is the day of onset"),
    ],
)
def test_an_end_that_cannot_be_is_refused(change, words):
    with pytest.raises(ArgumentError, match=words):
        time_to_resolution(EVENTS.assign(**change), SUBJECTS)
