"""The course of a marker: patients as units, all tests as one family, missing samples counted, and gaps said."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lentap.adam import Trial
from lentap.design import Marker
from lentap.show.before_after import before_and_after
from lentap.show.dynamics import (
    course_table,
    course_words,
    courses,
    family_table,
    family_words,
    missing_by_response,
)
from lentap.show.figure import Figure
from lentap.show.prose import Prose
from lentap.show.record import RESPONSE_GROUPS
from lentap.show.record.dynamics import Course, record_course, record_family
from lentap.show.samples import Samples, marker_samples
from lentap.show.tables import ABSENT

ARMS = ["LEN-TAP", "TACE"]
CHOICES = {"population": "ITT", "arms": ARMS}


@pytest.fixture(scope="module")
def samples(shipped: Trial) -> Samples:
    return marker_samples(shipped, "DRCD38", "mRECIST", **CHOICES)


def course_of(samples: Samples) -> Course:
    return record_course("a.b", samples, control="TACE", level=0.95, source="yours")


@pytest.fixture(scope="module")
def course(samples: Samples) -> Course:
    return course_of(samples)


def measured(samples: Samples) -> set[str]:
    table: pd.DataFrame = samples.values  # noqa: PD011
    return set(table.loc[table["AVAL"].notna(), "USUBJID"])


def with_values(samples: Samples, **changed: object) -> Samples:
    table: pd.DataFrame = samples.values  # noqa: PD011
    return replace(samples, values=table.assign(**changed))


def test_the_fold_changes_lie_near_those_the_trial_was_made_with(course: Course) -> None:
    """data/assumptions.yml: at its height the logarithm expands by 0.45 more with treatment than with control."""
    (week_6,) = [one for one in course.arms if one.labels["visit"] == "week 6"]
    assert week_6.low < np.exp(0.45) < week_6.high


def test_a_ratio_of_fold_changes_is_that_of_its_two_groups(course: Course) -> None:
    folds = {(one.labels["arm"], one.labels["visit"], one.labels["response"]): one.estimate for one in course.folds}
    assert len(course.responding) == 2 * 3
    for one in course.responding:
        pair = [folds[one.labels["arm"], one.labels["visit"], group] for group in RESPONSE_GROUPS]
        assert one.estimate == pytest.approx(pair[0] / pair[1])


def test_complete_pairs_give_the_paired_change() -> None:
    """With two visits and nothing missing the fold change is the mean difference of logarithms of the pairs."""
    random = np.random.default_rng(5)
    before, after = 2 ** random.normal(2, 1, 12), 2 ** random.normal(3, 1, 12)
    names = [str(place) for place in range(12)]
    values = pd.DataFrame({"USUBJID": names * 2, "AVISITN": np.repeat([0.0, 1.0], 12), "AVAL": np.r_[before, after]})
    groups = pd.Categorical(np.where(np.arange(12) < 6, *RESPONSE_GROUPS), categories=RESPONSE_GROUPS, ordered=True)
    patients = pd.DataFrame({"USUBJID": names, "arm": pd.Categorical(["TACE"] * 12), "response": groups})
    found = course_of(Samples(values, patients, {0.0: "before", 1.0: "after"}))
    change = np.log2(after / before)
    assert [np.log2(one.estimate) for one in found.folds] == pytest.approx([change[:6].mean(), change[6:].mean()])
    assert found.arms == []


def test_every_mean_of_the_model_is_drawn_and_a_line_a_patient(
    course: Course, samples: Samples, shipped: Trial
) -> None:
    figure = courses(course, samples, marker=shipped.design.markers["DRCD38"], design=shipped.design, source="yours")
    assert isinstance(figure, Figure)
    assert len(figure.data) == 2 * 2 * 4
    lines = [trace for trace in figure.plotly.data if trace.meta["role"] == "individual"]
    assert len(lines) == 4
    drawn = {subject for trace in lines for subject in trace.customdata}
    assert drawn == set(samples.patients.dropna(subset=["response"])["USUBJID"]) & measured(samples)


def test_tables_hold_a_row_a_visit_and_arm(course: Course, samples: Samples) -> None:
    table = course_table(course, source="yours")
    assert len(table.frame) == 2 * 3
    assert table.frame.loc[table.frame["Arm"] == "TACE", "All, over control"].eq(ABSENT).all()
    who = missing_by_response(samples, source="yours").frame
    assert len(who) == 2 * 4
    part = who.loc[(who["Visit"] == "baseline") & (who["Arm"] == "LEN-TAP")].iloc[0]
    known = [int(part[column].split(" / ")[1]) for column in ("Responders", "Non-responders", "Not evaluable")]
    assert sum(known) == 71


def test_the_family_is_adjusted_for_all_its_tests(shipped: Trial) -> None:
    family, left_out = record_family("a.b", shipped, "mRECIST", source="yours", **CHOICES)
    assert len(family) == 2 * 3
    assert left_out == []
    least = family.loc[family["p"].idxmin()]
    assert least["holm"] == pytest.approx(min(6 * least["p"], 1))
    assert (family["holm"] >= family["false_discovery"] - 1e-12).all()
    assert "One family of 6 tests" in family_words(family)
    assert len(family_table(family, left_out, source="yours").frame) == 6


def test_a_marker_without_visits_is_left_out_of_the_family_by_name(shipped: Trial) -> None:
    markers = {**shipped.design.markers, "X": Marker("X", "Another", "%")}
    family, left_out = record_family(
        "a.b", replace(shipped, design=replace(shipped.design, markers=markers)), "mRECIST", source="yours", **CHOICES
    )
    assert len(family) == 6
    assert left_out == ["adim: marker X has 0 visits; before and after need two"]


def test_levels_below_0_have_no_course_and_the_page_says_so(samples: Samples, shipped: Trial) -> None:
    found = course_of(with_values(samples, AVAL=-1.0))
    assert "below 0" in str(course_words(found))
    marker = shipped.design.markers["DRCD38"]
    assert isinstance(courses(found, samples, marker=marker, design=shipped.design, source="yours"), Prose)
    assert isinstance(course_table(found, source="yours"), Prose)


def test_a_model_that_does_not_converge_is_said_and_not_hidden(samples: Samples) -> None:
    table: pd.DataFrame = samples.values  # noqa: PD011
    same = table["USUBJID"].astype("category").cat.codes + 1.0  # all measurements of a patient equal
    found = course_of(with_values(samples, AVAL=same))
    assert found.model is None
    assert "no convergence" in str(course_words(found))


def test_nobody_with_a_response_leaves_the_comparison_of_arms(samples: Samples, shipped: Trial) -> None:
    nobody = samples.patients.assign(response=pd.Categorical([None] * len(samples.patients), RESPONSE_GROUPS))
    found = course_of(replace(samples, patients=nobody))
    assert found.folds == []
    assert len(found.arms) == 3
    assert "Not estimable" in str(course_words(found))
    frame = course_table(found, source="yours").frame
    assert frame["Responders"].eq(ABSENT).all()
    empty = pd.DataFrame()
    assert family_words(empty) == ""
    assert isinstance(family_table(empty, [], source="yours"), Prose)


def test_one_arm_alone_has_a_course(shipped: Trial) -> None:
    samples = marker_samples(shipped, "DRCD38", "mRECIST", population="ITT", arms=["LEN-TAP"])
    found = course_of(samples)
    assert found.arms == []
    assert len(found.folds) == 2 * 3


def test_of_many_patients_some_lines_are_drawn_and_medians_are_of_all(shipped: Trial) -> None:
    many = pd.DataFrame({"arm": "TACE", "response": RESPONSE_GROUPS[0], "baseline": np.arange(1000.0)})
    many = many.assign(USUBJID=many.index.astype(str), value=many["baseline"] ** 1.1)
    figure = before_and_after(
        many, [], [], marker=shipped.design.markers["DRCD38"], visits=("before", "after"), design=shipped.design,
        source="yours",
    )  # fmt: skip
    assert len(figure.data) == 2 * 200
    (median,) = [t for t in figure.plotly.data if t.meta["role"] == "summary" and len(t.x)]
    assert list(median.y) == [499.5, pytest.approx(many["value"].median())]


def test_groups_of_few_patients_are_in_no_mean_and_no_test_where_small_cells_are_hidden(
    shipped: Trial, samples: Samples, course: Course
) -> None:
    sizes = course.levels["n"]
    least = int(sizes.min()) + 1
    found = record_course("a.b", samples, control="TACE", level=0.95, source="yours", smallest=least)
    assert found.levels["n"].min() >= least
    assert len(found.levels) == int((sizes >= least).sum())
    assert any("which are left out" in words for words in found.why)
    every = record_family("a.b", shipped, "mRECIST", source="yours", **CHOICES)[0]
    fewer = record_family("a.b", shipped, "mRECIST", source="yours", smallest=least, **CHOICES)[0]
    assert len(fewer) < len(every)
