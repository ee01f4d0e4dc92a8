import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lentap.errors import StatisticsError
from lentap.stats.adverse_event_records import grade, related, relation_unknown
from lentap.stats.adverse_events import (
    ANY_EVENT,
    NO_EVENT,
    NOT_GRADED,
    compare_incidence,
    grade_scale,
    incidence,
    incidence_by_class,
    worst_grade,
)
from lentap.stats.multiplicity import adjust_p_values, double_false_discovery
from lentap.stats.proportions import risk_difference
from tests.stats.references import cdisc_pilot, cdisc_pilot_subjects, reference

PILOT = reference("cdisc_pilot")["adverse_events"]
ACTIVE = PILOT["arms"][1:]


@pytest.fixture(scope="module")
def pilot():
    return cdisc_pilot("adae"), cdisc_pilot_subjects()


@pytest.fixture
def subjects():
    arm = pd.Categorical(["new", "new", "new", "old", "old"], categories=["new", "old"], ordered=True)
    return pd.DataFrame({"USUBJID": list("abcde"), "arm": arm})


@pytest.fixture
def events():
    return pd.DataFrame(
        {
            "USUBJID": ["a", "a", "b", "d", "d", "z"],
            "AEDECOD": ["Nausea", "Nausea", "Rash", "Nausea", None, "Rash"],
            "AETOXGR": [1, 3, 2, "4", None, 5],
            "AEREL": ["RELATED", "NOT RELATED", None, "Possible", "NONE", "RELATED"],
            "AESER": ["N", "Y", "N", "Y", "N", "Y"],
        }
    )


def cell(table, term, column):
    return table[table["term"] == term].set_index("arm")[column].loc[lambda rows: rows.index.isin(PILOT["arms"])]


@pytest.mark.parametrize("term", ["any", "APPLICATION SITE PRURITUS", "DIARRHOEA", "serious"])
def test_incidence_agrees_with_the_published_cdisc_pilot_report(pilot, term):
    table = incidence(*pilot, serious_only=term == "serious")
    name = ANY_EVENT if term in ("any", "serious") else term
    assert cell(table, name, "n").loc[PILOT["arms"]].tolist() == PILOT["n"]
    for column in ("subjects", "events"):
        if column in PILOT[term]:
            assert cell(table, name, column).loc[PILOT["arms"]].tolist() == PILOT[term][column]
    p_values = cell(compare_incidence(table, "Placebo"), name, "p_value").loc[ACTIVE]
    assert p_values.round(3).tolist() == PILOT[term]["p"]


def test_events_before_treatment_count_only_when_asked_for(pilot):
    table = incidence(*pilot, treatment_emergent=False)
    published = PILOT["all_subjects_with_an_event"]["subjects"]
    assert cell(table, ANY_EVENT, "subjects").loc[PILOT["arms"]].tolist() == published


def test_every_term_has_every_arm_and_terms_fall_by_total(pilot):
    table = incidence(*pilot, by="AESOC")
    assert table["term"].iloc[0] == ANY_EVENT
    assert (table.groupby("term")["arm"].nunique() == 3).all()
    totals = table.groupby("term", sort=False)["subjects"].sum()
    assert totals.is_monotonic_decreasing
    assert (table["subjects"] <= table["events"]).all()


def test_incidence_by_class_agrees_with_gtsummary(pilot):
    # R package gtsummary, tests/testthat/_snaps/add_difference.tbl_hierarchical.md (all events, on treatment or not)
    published = {
        ANY_EVENT: [17, 21, 15],
        "ABDOMINAL DISCOMFORT": [0, 1, 0],
        "ABDOMINAL PAIN": [1, 1, 3],
        "CONSTIPATION": [1, 0, 0],
        "DIARRHOEA": [9, 4, 5],
        "DYSPEPSIA": [1, 1, 1],
    }
    table = incidence_by_class(*pilot, treatment_emergent=False)
    gastro = table[table["soc"] == "GASTROINTESTINAL DISORDERS"]
    found = gastro.pivot_table(index="term", columns="arm", values="subjects", observed=True)
    order = ["Placebo", "Xanomeline High Dose", "Xanomeline Low Dose"]
    assert {term: found.loc[term, order].tolist() for term in published} == published


def test_classes_and_their_terms_agree_with_the_tables_of_each(pilot):
    table = incidence_by_class(*pilot, related_only=True)
    classes = table[table["term"] == ANY_EVENT].set_index(["soc", "arm"])["subjects"]
    alone = incidence(*pilot, by="AESOC", related_only=True).set_index(["term", "arm"])["subjects"]
    assert classes.to_dict() == alone.to_dict()
    assert table["soc"].drop_duplicates().tolist() == alone.index.get_level_values("term").drop_duplicates().tolist()
    terms = table[table["term"] != ANY_EVENT].groupby(["term", "arm"], observed=True)["events"].sum()
    flat = incidence(*pilot, related_only=True).set_index(["term", "arm"])["events"]
    assert terms.to_dict() == {key: n for key, n in flat.to_dict().items() if key[0] != ANY_EVENT}
    within = table[table["term"] != ANY_EVENT].groupby(["soc", "term"], sort=False)["subjects"].sum()
    assert within.groupby("soc", sort=False).apply(lambda totals: totals.is_monotonic_decreasing).all()


def test_an_event_without_a_class_counts_only_among_all(events, subjects):
    table = incidence_by_class(events.assign(AESOC=["Gut", "Gut", None, "Gut", "Gut", "Skin"]), subjects)
    rows = [tuple(row) for row in table[["soc", "term", "arm", "subjects", "events"]].itertuples(index=False)]
    assert rows == [
        (ANY_EVENT, ANY_EVENT, "new", 2, 3),
        (ANY_EVENT, ANY_EVENT, "old", 1, 2),
        ("Gut", ANY_EVENT, "new", 1, 2),
        ("Gut", ANY_EVENT, "old", 1, 2),
        ("Gut", "Nausea", "new", 1, 2),
        ("Gut", "Nausea", "old", 1, 1),
    ]
    assert incidence_by_class(events.iloc[:0].assign(AESOC=None), subjects)["subjects"].tolist() == [0, 0]


def test_p_values_of_compared_terms_are_adjusted_for_their_number(pilot):
    compared = compare_incidence(incidence(*pilot), "Placebo")
    of_arm = compared[(compared["arm"] == ACTIVE[0]) & (compared["term"] != ANY_EVENT)].set_index("term")
    adjusted = adjust_p_values(of_arm["p_value"], method="benjamini-hochberg")
    assert adjusted.tests == len(of_arm)
    assert (adjusted.adjusted >= of_arm["p_value"]).all()
    classes = cdisc_pilot("adae").drop_duplicates("AEDECOD").set_index("AEDECOD")["AESOC"].reindex(of_arm.index)
    assert double_false_discovery(of_arm["p_value"], classes).flagged.index.equals(of_arm.index)


def test_a_subject_counts_once_per_term_and_strangers_do_not(events, subjects):
    table = incidence(events, subjects)
    rows = [tuple(row) for row in table.itertuples(index=False)]
    assert rows == [
        (ANY_EVENT, "new", 2, 3, 3),
        (ANY_EVENT, "old", 1, 2, 2),
        ("Nausea", "new", 1, 3, 2),
        ("Nausea", "old", 1, 2, 1),
        ("Rash", "new", 1, 3, 1),
        ("Rash", "old", 0, 2, 0),
    ]


@pytest.mark.parametrize(
    ("option", "subjects_with_any"),
    [
        ({"minimum_grade": 2}, [2, 1]),
        ({"minimum_grade": 3}, [1, 1]),
        ({"minimum_grade": 5}, [0, 0]),
        ({"related_only": True}, [2, 1]),  # an unknown relation is held to be one
        ({"serious_only": True}, [1, 1]),
        ({"related_only": True, "minimum_grade": 3}, [0, 1]),
    ],
)
def test_incidence_honours_grade_relation_and_seriousness(events, subjects, option, subjects_with_any):
    table = incidence(events, subjects, **option)
    assert table.loc[table["term"] == ANY_EVENT, "subjects"].tolist() == subjects_with_any


def test_severity_stands_in_where_there_is_no_grade(pilot):
    events, subjects = pilot
    assert grade_scale(events) == "AESEV"
    table = incidence(events, subjects, minimum_grade=3)
    severe = events.query("TRTEMFL == 'Y' and AESEV == 'SEVERE'").merge(subjects[["USUBJID", "arm"]], on="USUBJID")
    expected = severe.groupby("arm", observed=False)["USUBJID"].nunique()
    assert table.loc[table["term"] == ANY_EVENT, "subjects"].tolist() == expected.tolist()
    with pytest.raises(StatisticsError, match="minimum_grade is 4: legal is 1 to 3"):
        incidence(events, subjects, minimum_grade=4)


def test_empty_grades_give_way_to_severity(events, subjects):
    table = events.assign(AETOXGR=None, AESEV="SEVERE")
    assert incidence(table, subjects, minimum_grade=3)["subjects"].tolist() == [2, 1, 1, 1, 1, 0]


def test_worst_grade_counts_each_subject_once(events, subjects):
    table = worst_grade(events, subjects).set_index(["arm", "grade"])["subjects"]
    assert table["new"].to_dict() == {NO_EVENT: 1, NOT_GRADED: 0, "1": 0, "2": 1, "3": 1, "4": 0, "5": 0}
    assert table["old"].to_dict() == {NO_EVENT: 1, NOT_GRADED: 0, "1": 0, "2": 0, "3": 0, "4": 1, "5": 0}


@pytest.mark.parametrize("by", [None, "AEDECOD", "AESOC"])
def test_worst_grades_of_a_term_and_arm_add_up_to_its_subjects(pilot, by):
    table = worst_grade(*pilot, by=by)
    totals = table.groupby(["term", "arm"], observed=True).agg({"subjects": "sum", "n": "first"})
    assert (totals["subjects"] == totals["n"]).all()
    with_event = table[table["grade"] > NO_EVENT].groupby(["term", "arm"], observed=True)["subjects"].sum()
    counted = incidence(*pilot, by=by or "AEDECOD").set_index(["term", "arm"])["subjects"]
    assert with_event.to_dict() == {key: counted[key] for key in with_event.index}


def test_compared_differences_are_those_of_the_counts(events, subjects):
    row = compare_incidence(incidence(events, subjects), "old", method="newcombe").query("term == 'Rash'").iloc[0]
    expected = risk_difference(1, 3, 0, 2)
    assert (row["risk_difference"], row["low"], row["high"]) == (expected.value, expected.low, expected.high)
    assert (row["subjects"], row["n"], row["subjects_control"], row["n_control"]) == (1, 3, 0, 2)


def test_no_events_at_all_is_a_table_of_zeros(events, subjects):
    table = incidence(events.iloc[:0], subjects)
    assert table[["term", "subjects", "n", "events"]].to_numpy().tolist() == [
        [ANY_EVENT, 0, 3, 0],
        [ANY_EVENT, 0, 2, 0],
    ]
    assert compare_incidence(table, "old")["p_value"].tolist() == [1]
    assert worst_grade(events.iloc[:0], subjects).query("grade == @NO_EVENT")["subjects"].tolist() == [3, 2]


@given(st.randoms(use_true_random=False))
def test_permuting_the_rows_changes_nothing(random):
    events, subjects = cdisc_pilot_sample()
    order = random.sample(range(len(events)), len(events))
    pd.testing.assert_frame_equal(incidence(events, subjects), incidence(events.iloc[order], subjects))


def cdisc_pilot_sample(_cache=[]):  # noqa: B006
    if not _cache:
        _cache.append((cdisc_pilot("adae").head(60)[["USUBJID", "AEDECOD", "TRTEMFL"]], cdisc_pilot_subjects()))
    return _cache[0]


@pytest.mark.parametrize(
    ("change", "option", "words"),
    [
        ({}, {"by": "AELLT"}, "by is 'AELLT': legal is one of AEDECOD, AESOC"),
        ({}, {"by": "AESOC"}, "events is 'a table without AESOC'"),
        ({}, {"minimum_grade": 6}, "minimum_grade is 6: legal is 1 to 5"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(events, subjects, change, option, words):
    with pytest.raises(StatisticsError, match=words):
        incidence(events.assign(**change), subjects, **option)


def test_denominators_must_be_one_row_a_subject(events, subjects):
    with pytest.raises(StatisticsError, match="subjects is 'a': legal is one row a subject"):
        incidence(events, pd.concat([subjects, subjects]))
    with pytest.raises(StatisticsError, match="subjects is 'an empty table'"):
        incidence(events, subjects.iloc[:0])
    with pytest.raises(StatisticsError, match="control is 'none': legal is one of new, old"):
        compare_incidence(incidence(events, subjects), "none")


def test_a_grade_in_words_nobody_expected_is_none() -> None:
    grades = pd.DataFrame({"AETOXGR": ["3", "9", None, 2.0], "AESEV": ["Severe", "LIFE THREATENING", None, "MILD"]})
    assert grade(grades, "AETOXGR").fillna(0).tolist() == [3, 0, 0, 2]
    assert grade(grades, "AESEV").fillna(0).tolist() == [3, 0, 0, 1]


def test_a_relation_in_words_nobody_expected_is_unknown_and_held_to_be_one() -> None:
    words = pd.Series(["UNKNOWN", "maybe", None, "NOT RELATED", "Possible"])
    assert related(words).tolist() == [True, True, True, False, True]
    assert relation_unknown(words).tolist() == [True, True, True, False, False]
