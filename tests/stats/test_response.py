import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lentap.errors import StatisticsError
from lentap.stats.response import RESPONSES, best_overall_response, responders


def visits(**subjects):
    rows = [(name, visit, word) for name, words in subjects.items() for visit, word in enumerate(words, start=1)]
    return pd.DataFrame(rows, columns=["USUBJID", "AVISITN", "AVALC"])


def test_the_best_of_the_visits_is_reported():
    best = best_overall_response(visits(a=["SD", "PR", "CR"], b=["NE", "SD"], c=["NE"], d=["PD"], e=["SD", "PR", "PD"]))
    assert best.to_dict() == {"a": "CR", "b": "SD", "c": "NE", "d": "PD", "e": "PR"}
    assert best.name == "best_response"
    assert tuple(best.cat.categories) == RESPONSES


def test_assessments_after_the_first_progression_do_not_count():
    assert best_overall_response(visits(a=["SD", "PD", "CR"]))["a"] == "SD"
    assert best_overall_response(visits(a=["PD", "PR"]))["a"] == "PD"


def test_visits_are_ordered_by_number_not_by_row():
    table = visits(a=["PR", "PD"])
    assert best_overall_response(table.iloc[::-1])["a"] == "PR"


def test_subjects_without_an_assessment_are_not_evaluable():
    best = best_overall_response(visits(a=["PR"], stranger=["CR"]), subjects=["z", "a"])
    assert best.to_dict() == {"z": "NE", "a": "PR"}


def test_nobody_assessed_is_everybody_not_evaluable():
    best = best_overall_response(visits(), subjects=["a", "b"])
    assert best.tolist() == ["NE", "NE"]
    assert best_overall_response(visits()).empty


def test_responders_have_a_complete_or_partial_response():
    best = best_overall_response(visits(a=["CR"], b=["PR"], c=["SD"], d=["NE"]))
    assert responders(best).to_dict() == {"a": True, "b": True, "c": False, "d": False}
    assert responders(best, ["CR"]).sum() == 1


@given(
    st.lists(st.lists(st.sampled_from(RESPONSES), min_size=1, max_size=5), min_size=1, max_size=6),
    st.randoms(use_true_random=False),
)
def test_permuting_the_rows_changes_nothing(histories, random):
    table = visits(**{f"s{number}": words for number, words in enumerate(histories)})
    order = random.sample(range(len(table)), len(table))
    assert best_overall_response(table.iloc[order]).to_dict() == best_overall_response(table).to_dict()


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (visits(a=["XX"]), "AVALC is 'XX': legal is one of CR, PR, SD, PD, NE"),
        (visits(a=["PR"]).assign(AVISITN=None), "AVISITN is 'missing in some rows'"),
        (visits(a=["PR"]).drop(columns="AVALC"), "visits is 'a table without AVALC'"),
        (visits(a=["PR", "PR"]).assign(PARAMCD=["OVRMR", "OVRR11"]), "visits is 'a table of OVRMR, OVRR11'"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(table, words):
    with pytest.raises(StatisticsError, match=words):
        best_overall_response(table)


def test_an_unknown_response_is_refused():
    with pytest.raises(StatisticsError, match="responses is 'cr'"):
        responders(best_overall_response(visits(a=["CR"])), ["cr"])
