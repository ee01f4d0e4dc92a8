"""The laboratory page: what it says of the shipped trial, of a tiny one by hand, and where something is missing."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lentap.adam import Trial, load_trial
from lentap.show.figure import Figure
from lentap.show.laboratory import (
    compared_table,
    counted_table,
    grave_table,
    laboratory_points,
    limits_table,
    shift_table,
    unit_words,
    worst_figure,
)
from lentap.show.laboratory_course import course_figure
from lentap.show.liver_function import albi_figure, albi_table, child_pugh_figure
from lentap.show.liver_injury import MOST, injury_plot, injury_table
from lentap.show.prose import Prose
from lentap.show.pseudonyms import pseudonyms
from lentap.show.record.laboratory import Findings, Laboratory, albi_moves, laboratory_of, record_laboratory
from lentap.show.small_cells import HIDDEN
from lentap.show.stacked import Bar, stacked_bars
from lentap.show.table import Table


@pytest.fixture(scope="module")
def trial() -> Trial:
    return load_trial("shipped", "adsl", "adlb", optional=("adpr",))


def lab_of(trial: Trial, version: str = "5.0", reference: str = "upper limit", smallest: int = 0) -> Laboratory:
    subjects = trial.subjects("SAF")
    return laboratory_of(trial, subjects, version=version, reference=reference, window=30, smallest=smallest)


def found_of(lab: Laboratory, trial: Trial) -> Findings:
    control = trial.design.control.name
    return record_laboratory(lab, control=control, level=0.95, after_tace=14, source="yours", population="SAF")


@pytest.fixture(scope="module")
def lab(trial: Trial) -> Laboratory:
    return lab_of(trial)


@pytest.fixture(scope="module")
def found(lab: Laboratory, trial: Trial) -> Findings:
    return found_of(lab, trial)


def tiny(trial: Trial, rows: list[tuple[object, ...]], *, procedures: bool = True) -> Trial:
    """The shipped trial with other laboratory values: patient (by place), test, day, value, upper limit, visit."""
    subjects = trial.subjects("SAF")["USUBJID"]
    table = pd.DataFrame(rows, columns=["USUBJID", "PARAMCD", "ADY", "AVAL", "ANRHI", "AVISITN"])
    table = table.assign(USUBJID=table["USUBJID"].map(subjects), ANRLO=35.0, AVALU=table["PARAMCD"].map(UNITS))
    frames = trial.frames | {"adlb": table}
    if not procedures:
        frames = {name: frame for name, frame in frames.items() if name != "adpr"}
    return replace(trial, frames=frames)


UNITS = {"ALT": "U/L", "AST": "U/L", "BILI": "umol/L", "ALB": "g/L", "INR": "ratio", "TSH": "mIU/L", "UPROT": "g"}


def everything(trial: Trial) -> list[object]:
    """All that the page shows of a trial."""
    lab = lab_of(trial)
    found = found_of(lab, trial)
    about = {"source": "yours"}
    names = pseudonyms(trial.adsl["USUBJID"])
    return [
        *laboratory_points(lab, found, after_tace=14),
        course_figure(lab, middle=0.5, least=1, design=trial.design, **about),
        worst_figure(lab, **about),
        grave_table(lab, found, **about),
        shift_table(lab, **about),
        limits_table(lab),
        injury_plot(lab, names=names, reference="upper limit", after_tace=14, design=trial.design, **about),
        injury_table(lab, found, after_tace=14, **about),
        albi_figure(lab, **about),
        albi_table(lab, **about),
        child_pugh_figure(lab, **about),
        compared_table(found.thyroid | found.urine, lab, caption="Thyroid", name="thyroid", **about),
        counted_table(lab, least=1, **about),
    ]


def test_every_element_of_the_shipped_page_is_drawn(trial: Trial) -> None:
    assert not [one for one in everything(trial) if isinstance(one, Prose)]


def test_the_laboratory_part_of_child_pugh_is_that_of_the_subject_table(lab: Laboratory, trial: Trial) -> None:
    baseline = lab.function[lab.function["is_baseline"]].merge(trial.adsl[["USUBJID", "CHILDPGH"]], on="USUBJID")
    theirs = baseline["CHILDPGH"].replace("B7", "B")
    assert len(baseline) == 141
    assert baseline["child_pugh_class"].astype(str).tolist() == theirs.tolist()


def test_a_shift_table_puts_every_patient_of_an_arm_into_one_row_of_each_test(lab: Laboratory) -> None:
    table = shift_table(lab, source="yours").frame
    sizes = lab.subjects["arm"].astype(str).value_counts()
    counts = table.set_index(["Test", "Grade at baseline"]).astype(int).sum(axis=1)
    for test in table["Test"].unique():
        for arm, size in sizes.items():
            assert sum(n for (of, row), n in counts.items() if of == test and row.startswith(f"{arm},")) == size


def test_version_six_gives_raised_baselines_graver_grades(lab: Laboratory, trial: Trial) -> None:
    six = lab_of(trial, "6.0").worst.set_index(["USUBJID", "test"])["worst"]
    five = lab.worst.set_index(["USUBJID", "test"])["worst"]
    raised = lab.graded[lab.graded["raised"] & (lab.graded["test"] == "AST")]["USUBJID"].unique()
    alt = [(one, "AST") for one in raised]
    assert (six.reindex(alt) >= 3).sum() > 2 * (five.reindex(alt) >= 3).sum() > 0
    rest = five.index[five.index.get_level_values("test") == "ALB"]
    pd.testing.assert_series_equal(six.reindex(rest), five.reindex(rest))


def test_the_counts_add_up_to_the_rows_of_the_table(lab: Laboratory, trial: Trial) -> None:
    table = counted_table(lab, least=5, source="yours").frame.set_index("")
    for arm in lab.arms:
        parts = [
            "Without a value", "With a value, without a day: neither before nor after", "Baseline",
            "Before treatment and not the last such value: not used", "After baseline",
        ]  # fmt: skip
        assert table.loc[parts, arm].astype(int).sum() == int(table.loc["Rows of these tests", arm])
    shown = trial.adlb[trial.adlb["USUBJID"].isin(lab.subjects["USUBJID"])]
    assert table.loc["Rows of these tests"].astype(int).sum() == len(shown)


def test_a_tiny_trial_by_hand(trial: Trial) -> None:
    """Patient 0: ALT 30 then 220 (grade 3 of 40) with bilirubin 45 of 20 (grade 2) ten days later: Hy's law."""
    rows = [
        (0, "ALT", 1, 30.0, 40.0, 0), (0, "ALT", 8, 220.0, 40.0, 3), (0, "BILI", 1, 10.0, 20.0, 0),
        (0, "BILI", 18, 45.0, 20.0, 3), (0, "ALB", 1, 40.0, 50.0, 0), (0, "ALB", 18, 30.0, 50.0, 3),
    ]  # fmt: skip
    small = tiny(trial, rows, procedures=False)
    lab = lab_of(small)
    arm = str(lab.subjects["arm"].iloc[0])
    worst = lab.worst.set_index(["USUBJID", "test"])["worst"].dropna()
    assert worst.droplevel(0).to_dict() == {"ALT": 3, "BILI": 2, "ALB": 1}
    found = found_of(lab, small)
    assert {test: one.rates[arm].counts[arm] for test, one in found.grave.items()} == {
        "ALT": "1/1", "BILI": "0/1", "ALB": "0/1",
    }  # fmt: skip
    assert found.hys_law is not None
    assert found.hys_law.rates[arm].counts == {arm: "1/1"}
    moves = albi_moves(lab)  # -2.74 to 0.66 log10(45) - 2.55 = -1.459: grade 1 to 2b
    assert moves[["albi_before", "albi"]].iloc[0].tolist() == pytest.approx([-2.74, -1.4589], abs=1e-4)
    assert moves["graver"].tolist() == [True]
    points = laboratory_points(lab, found, after_tace=14)
    assert points[0].startswith(f"Alanine aminotransferase risen to grade 3 or above: 1 of 1 patients on {arm}")
    assert "When TACE was given is not known here." in points[2]


@pytest.mark.parametrize("column", ["ANRHI", "ANRLO", "AVALU", "AVISITN", "AVISIT", "ABLFL", "PARAM", "ADT"])
def test_a_missing_column_takes_its_part_away_and_leaves_the_rest(trial: Trial, column: str) -> None:
    less = replace(trial, frames=trial.frames | {"adlb": trial.adlb.drop(columns=column)})
    kinds = [type(one) for one in everything(less)]
    assert kinds.count(Table) >= 3
    assert kinds.count(Figure) >= 2


def test_no_value_at_all_is_said_once_and_breaks_nothing(trial: Trial) -> None:
    empty = replace(trial, frames=trial.frames | {"adlb": trial.adlb.iloc[:0]})
    found = everything(empty)
    assert found[0].startswith("Laboratory values cannot be shown: table adlb holds no value of ALT")
    assert sum(isinstance(one, Prose) for one in found) >= 7


def test_one_arm_has_rates_without_a_difference(trial: Trial) -> None:
    subjects = trial.subjects("SAF")
    subjects = subjects[subjects["arm"] != trial.design.control.name].reset_index(drop=True)
    lab = laboratory_of(trial, subjects, version="5.0", reference="upper limit", window=30)
    found = found_of(lab, trial)
    assert lab.arms == ["LEN-TAP"]
    assert all(not one.contrasts for one in found.grave.values())
    assert list(grave_table(lab, found, source="yours").frame) == ["Test", "LEN-TAP, n (%)"]
    assert laboratory_points(lab, found, after_tace=14)[1] == ""


def test_patients_appear_under_a_pseudonym_alone(lab: Laboratory, trial: Trial) -> None:
    names = pseudonyms(trial.adsl["USUBJID"])
    assert sorted(names.values()) == sorted(f"Patient {i + 1}" for i in range(len(trial.adsl)))
    assert [names[one] for one in sorted(names)] != [f"Patient {i + 1}" for i in range(len(names))]
    figure = injury_plot(
        lab, names=names, reference="upper limit", after_tace=14, design=trial.design, source="synthetic"
    )
    written = str(figure._repr_mimebundle_())
    assert "Patient " in written
    assert not [one for one in trial.adsl["USUBJID"] if one in written]


def test_open_symbols_are_those_soon_after_tace(lab: Laboratory, trial: Trial) -> None:
    figure = injury_plot(
        lab, names=pseudonyms(trial.adsl["USUBJID"]), reference="upper limit", after_tace=14, design=trial.design,
        source="synthetic",
    )  # fmt: skip
    drawn = sum(len(trace.x) for trace in figure.plotly.data if "within 14 days of TACE" in trace.name)
    assert all(("within" in one.name) == one.marker.symbol.endswith("-open") for one in figure.plotly.data[:-1])
    shown = lab.injury[lab.injury["quadrant"] != "not measured"]
    assert drawn == int((shown["days_since_tace"] <= 14).sum()) > 0


def test_who_met_the_law_of_hy_is_ringed_within_the_quadrant_and_nobody_else(lab: Laboratory, trial: Trial) -> None:
    figure = injury_plot(
        lab, names=pseudonyms(trial.adsl["USUBJID"]), reference="upper limit", after_tace=14, design=trial.design,
        source="synthetic",
    )  # fmt: skip
    [rings] = [trace for trace in figure.plotly.data if "Hy's law met" in trace.name]
    met = lab.injury[lab.injury["hys_law"]]
    assert sorted(rings.x) == sorted(met["aminotransferase"].round(3))
    assert 0 < len(met) < (lab.injury["quadrant"] == "Hy's law").sum()


def test_of_many_patients_the_outlying_are_drawn_first_and_the_figure_says_so(lab: Laboratory, trial: Trial) -> None:
    many = pd.concat([lab.injury] * 12).reset_index(drop=True)
    many["USUBJID"] = [f"P{i}" for i in range(len(many))]
    larger = replace(lab, injury=many)
    figure = injury_plot(
        larger, names=pseudonyms(many["USUBJID"]), reference="upper limit", after_tace=14, design=trial.design,
        source="synthetic",
    )  # fmt: skip
    assert len(figure.data) == MOST
    outlying = many["quadrant"].isin(["Temple's corollary", "cholestasis", "Hy's law"]).sum()
    assert (figure.data["Quadrant"] != "near normal").sum() == min(outlying, MOST)
    assert f"{MOST} are drawn" in figure.alt


def test_the_course_draws_no_visit_with_too_few_patients(lab: Laboratory, trial: Trial) -> None:
    figure = course_figure(lab, middle=0.8, least=40, design=trial.design, source="synthetic")
    assert figure.data["Patients"].min() >= 40
    assert {"Centile 10", "Centile 90"} <= set(figure.data)
    assert isinstance(course_figure(lab, middle=0.8, least=500, design=trial.design, source="synthetic"), Prose)


def test_stacked_bars_hold_whole_arms() -> None:
    figure = stacked_bars(
        [Bar("new", {"0": 3, "1": 1}, "ALT"), Bar("old", {}, "ALT")], ["0", "1"], word="Grade", what="Grades.",
        source="yours", name="x",
    )  # fmt: skip
    assert figure.data["Percent"].tolist() == [75, 0, 25, 0]


def test_units_are_printed_as_they_are_written() -> None:
    assert [unit_words(unit) for unit in ("10^9/L", "umol/L", "ratio", "g/L")] == ["× 10⁹/L", "µmol/L", "", "g/L"]  # noqa: RUF001


def test_limits_are_printed_with_their_source(lab: Laboratory) -> None:
    table = limits_table(lab)
    raised = table.frame[table.frame["Baseline"] == "above ULN"].set_index("Test").loc["Alanine aminotransferase"]
    assert raised.tolist()[1:] == ["≥ 1.5 × BL", "> 3 × BL", "> 5 × BL", "> 20 × BL"]  # noqa: RUF001
    assert any("CTCAE v5.0" in note for note in table.notes)
    assert np.all(table.frame.notna())


@pytest.mark.parametrize(
    ("alt", "bilirubin", "words"),
    [
        (50, 21, "Nobody's grade rose to 3 or above after baseline in the 2 tests of the liver panel"),
        (220, 70, "it is most often so grave in an arm, and as often total bilirubin."),
        (220, 21, "it is the one most often so grave in an arm."),
        (220, None, "It is the only test of the liver panel with a grade"),
    ],
)
def test_the_gravest_test_is_named_only_where_there_is_one(
    trial: Trial, alt: float, bilirubin: float | None, words: str
) -> None:
    rows: list[tuple[object, ...]] = [(0, "ALT", 1, 30.0, 40.0, 0), (0, "ALT", 8, alt, 40.0, 3)]
    if bilirubin:
        rows += [(0, "BILI", 1, 10.0, 20.0, 0), (0, "BILI", 18, bilirubin, 20.0, 3)]
    lab = lab_of(tiny(trial, rows))
    assert words in laboratory_points(lab, found_of(lab, trial), after_tace=14)[0]


def test_who_has_grade_3_at_baseline_has_not_risen_to_it(trial: Trial) -> None:
    """ALT of 40: patient 0 stays at grade 3, 1 rises to it from grade 1, 2 has no baseline, 3 stays at grade 0."""
    values = {0: (250.0, 1600.0), 1: (60.0, 800.0), 2: (None, 250.0), 3: (30.0, 30.0)}
    rows: list[tuple[object, ...]] = [
        (who, "ALT", day, value, 40.0, day)
        for who, both in values.items()
        for day, value in zip((1, 8), both, strict=True)
        if value
    ]
    small = tiny(trial, rows)
    lab = lab_of(small)
    counts = [found_of(lab, small).grave["ALT"].rates[arm].counts[arm].split("/") for arm in lab.arms]
    assert lab.worst.loc[lab.worst["test"] == "ALT", "worst"].ge(3).sum() == 3
    assert [sum(map(int, both)) for both in zip(*counts, strict=True)] == [2, 3]
    table = grave_table(lab, found_of(lab, small), source="yours")
    assert isinstance(table, Table)
    assert table.caption.startswith("Risen to grade 3")


def test_the_two_denominators_of_the_injury_table_are_named(lab: Laboratory, trial: Trial) -> None:
    table = injury_table(lab, found_of(lab, trial), after_tace=14, source="yours")
    assert isinstance(table, Table)
    assert table.frame["Patients"].iloc[0].endswith("of those measured")
    assert table.frame["Patients"].iloc[2:].str.endswith("of all").all()


def test_stacked_bars_leave_room_for_a_legend_of_two_levels_a_line() -> None:
    levels = ["0", "1", "2", "3", "4 or more"]
    figure = stacked_bars([Bar("new", {"0": 3})], levels, word="Sessions", what="Sessions.", source="yours", name="x")
    assert figure.plotly.layout.margin.t >= 3 * 19 + 20


def test_small_cells_and_single_patients_are_hidden_throughout(trial: Trial) -> None:
    lab = lab_of(trial, smallest=5)
    found = found_of(lab, trial)
    about = {"source": "yours"}
    injuries = injury_plot(
        lab,
        names=pseudonyms(trial.adsl["USUBJID"]),
        reference="upper limit",
        after_tace=14,
        design=trial.design,
        **about,
    )
    assert "one by one" in str(injuries)
    unshown = worst_figure(lab, **about), shift_table(lab, **about), counted_table(lab, least=5, **about)
    assert all(isinstance(one, Prose) for one in unshown)
    grave = grave_table(lab, found, **about).frame.set_index("Test")
    assert "Albumin" not in grave.index, "one patient of each arm"
    assert set(grave.loc["Alanine aminotransferase"]) == {"11/69 (15.9)", HIDDEN}
    quadrants = injury_table(lab, found, after_tace=14, **about).frame.set_index("Patients")
    assert not quadrants.index.str.contains("not measured").any()
    for arm in lab.arms:
        cells = quadrants.loc[quadrants.index.str.startswith("Quadrant"), f"{arm}, n (%)"]
        assert (cells == HIDDEN).sum() == 2, "the least of the others goes with the small one"
        counts = [int(cell.split("/")[0]) for cell in cells if cell != HIDDEN]
        assert min(counts) >= 5
    for figure in (albi_figure(lab, **about), child_pugh_figure(lab, **about)):
        assert isinstance(figure, Figure)
        assert not figure.data["Patients"].between(1, 4).any()
    course = course_figure(lab, middle=0.5, least=1, design=trial.design, **about)
    assert course.data["Patients"].min() >= 20, "five on either side of the band"
    moved = albi_table(lab, **about).frame[["Grade milder", "Same", "Graver"]]
    assert ((moved == HIDDEN).sum(axis=1) == 2).all()
    assert found.albi is None
    words = " ".join(laboratory_points(lab, found, after_tace=14))
    assert "13 on LEN-TAP and hidden on TACE" in words, "all but two who met Hy's law on TACE"


def test_where_every_count_is_hidden_the_page_does_not_say_nobody(trial: Trial) -> None:
    lab = lab_of(trial, smallest=60)
    found = found_of(lab, trial)
    words = " ".join(laboratory_points(lab, found, after_tace=14))
    assert "In no test of the liver panel did the grade of 60 patients of an arm or more rise to 3 or above." in words
    assert "nobody, or fewer than 60 patients of each arm" in words
    tables = injury_table(lab, found, after_tace=14, source="yours"), grave_table(lab, found, source="yours")
    assert isinstance(tables[0], Prose)
    assert isinstance(tables[1], Table)
    assert list(tables[1].frame["Test"]) == ["Alkaline phosphatase", "Urine protein in 24 hours"]
