import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError
from lentap.stats.adverse_events import ANY_EVENT, incidence
from lentap.stats.exposure import compare_rates, exposure_adjusted_incidence
from lentap.stats.rates import rate, rate_difference, rate_ratio, rate_test
from tests.stats.references import cdisc_pilot, cdisc_pilot_subjects

SUBJECTS = pd.DataFrame(
    {
        "USUBJID": list("abcde"),
        "arm": pd.Categorical(["new", "new", "new", "old", "old"], categories=["new", "old"], ordered=True),
        "exposure": [100, 50, 365, 200, 165],
    }
)
EVENTS = pd.DataFrame(
    {
        "USUBJID": ["a", "a", "a", "b", "d", "d", "e", "z"],
        "ASTDY": [10, 40, 101, 50, 20, -3, 165, 1],
        "AEDECOD": ["Nausea", "Nausea", "Nausea", "Rash", "Rash", "Rash", None, "Rash"],
        "AETOXGR": [1, 3, 3, 2, 2, 2, 1, 5],
    }
)


def cells(table, *columns):
    return [tuple(row) for row in table[["term", "arm", *columns]].itertuples(index=False)]


def test_first_events_are_set_against_the_time_until_them():
    table = exposure_adjusted_incidence(EVENTS, SUBJECTS)
    days = table.assign(days=table["person_years"] * 365.25)
    assert cells(days.round(6), "subjects", "events", "outside", "count", "days") == [
        (ANY_EVENT, "new", 2, 3, 1, 2, 10 + 50 + 365),
        (ANY_EVENT, "old", 2, 2, 1, 2, 20 + 165),
        ("Rash", "new", 1, 1, 0, 1, 100 + 50 + 365),
        ("Rash", "old", 1, 1, 1, 1, 20 + 165),
        ("Nausea", "new", 1, 2, 1, 1, 10 + 50 + 365),
        ("Nausea", "old", 0, 0, 0, 0, 365),
    ]


def test_all_events_are_set_against_all_of_the_time():
    table = exposure_adjusted_incidence(EVENTS, SUBJECTS, counting="all")
    assert cells(table, "count")[:2] == [(ANY_EVENT, "new", 3), (ANY_EVENT, "old", 2)]
    assert (table["person_years"] * 365.25).round(6).tolist() == [515, 365] * 3


def test_rates_are_per_100_person_years_with_the_interval_asked_for():
    row = exposure_adjusted_incidence(EVENTS, SUBJECTS, level=0.9, method="score").iloc[0]
    expected = rate(2, 425 / 365.25 / 100, level=0.9, method="score")
    assert (row["rate"], row["low"], row["high"]) == pytest.approx((expected.value, expected.low, expected.high))


def test_grade_and_relation_are_honoured():
    table = exposure_adjusted_incidence(EVENTS, SUBJECTS, minimum_grade=3)
    assert cells(table, "count", "outside")[0] == (ANY_EVENT, "new", 1, 1)
    assert table["person_years"][0] * 365.25 == pytest.approx(40 + 50 + 365)


def test_terms_and_their_order_are_those_of_incidence():
    events, subjects = cdisc_pilot("adae"), cdisc_pilot_subjects()
    subjects = subjects.assign(exposure=pd.to_datetime(subjects["RFENDT"]) - pd.to_datetime(subjects["TRTSDT"]))
    subjects["exposure"] = subjects["exposure"].dt.days + 1
    table, plain = exposure_adjusted_incidence(events, subjects), incidence(events, subjects)
    assert table["term"].tolist() == plain["term"].tolist()
    assert table["outside"].sum() == 0
    assert table["subjects"].tolist() == plain["subjects"].tolist()
    assert table["events"].tolist() == plain["events"].tolist()


def test_compared_rates_are_those_of_the_counts():
    table = exposure_adjusted_incidence(EVENTS, SUBJECTS)
    row = compare_rates(table, "old", level=0.9).query("term == 'Rash'").iloc[0]
    years1, years0 = 515 / 365.25, 185 / 365.25
    difference = rate_difference(1, years1 / 100, 1, years0 / 100, level=0.9)
    ratio = rate_ratio(1, years1, 1, years0, level=0.9)
    found = row[["rate_difference", "low", "high", "rate_ratio", "ratio_low", "ratio_high", "p_value"]].tolist()
    expected = [difference.value, difference.low, difference.high, ratio.value, ratio.low, ratio.high]
    assert found == pytest.approx([*expected, rate_test(1, years1, 1, years0)])
    assert (row["arm"], row["count_control"]) == ("new", 1)


def test_no_events_at_all_are_rates_of_0():
    table = exposure_adjusted_incidence(EVENTS.iloc[:0], SUBJECTS)
    assert table[["count", "rate", "low"]].to_numpy().tolist() == [[0, 0, 0]] * 2
    assert compare_rates(table, "old")["p_value"].tolist() == [1]


@settings(max_examples=30, deadline=None)
@given(st.randoms(use_true_random=False))
def test_permuting_rows_changes_nothing(random):
    events, subjects = (table.sample(frac=1, random_state=random.randrange(1000)) for table in (EVENTS, SUBJECTS))
    pd.testing.assert_frame_equal(
        exposure_adjusted_incidence(events, subjects), exposure_adjusted_incidence(EVENTS, SUBJECTS)
    )


@pytest.mark.parametrize(
    ("events", "subjects", "option", "words"),
    [
        (EVENTS, SUBJECTS, {"by": "AELLT"}, "by is 'AELLT'"),
        (EVENTS, SUBJECTS, {"counting": "some"}, "counting is 'some': legal is one of first, all"),
        (EVENTS, SUBJECTS, {"method": "wald"}, "method is 'wald'"),
        (EVENTS.drop(columns="ASTDY"), SUBJECTS, {}, "events is 'a table without ASTDY'"),
        (EVENTS.assign(ASTDY=None), SUBJECTS, {}, "ASTDY is 'missing in 7 of the events that count'"),
        (EVENTS, SUBJECTS.drop(columns="exposure"), {}, "subjects is 'a table without exposure'"),
        (EVENTS, SUBJECTS.assign(exposure=0), {}, "exposure is 0: legal is a finite number of days above 0"),
        (EVENTS, SUBJECTS.assign(exposure=None), {}, "exposure is None"),
        (EVENTS, pd.concat([SUBJECTS, SUBJECTS]), {}, "subjects is 'a': legal is one row a subject"),
        (EVENTS, SUBJECTS, {"minimum_grade": 9}, "minimum_grade is 9"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(events, subjects, option, words):
    with pytest.raises(ArgumentError, match=words):
        exposure_adjusted_incidence(events, subjects, **option)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"control": "none"}, "control is 'none': legal is one of new, old"),
        ({"method": "exact"}, "method is 'exact'"),
        ({"ratio_method": "wald"}, "ratio_method is 'wald'"),
    ],
)
def test_a_comparison_that_cannot_be_is_refused(option, words):
    with pytest.raises(ArgumentError, match=words):
        compare_rates(exposure_adjusted_incidence(EVENTS, SUBJECTS), **({"control": "old"} | option))
