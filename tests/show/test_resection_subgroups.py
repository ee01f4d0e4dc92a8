"""Resections compared within strata and in subgroups: known answers, hand-made patients, and what cannot be shown."""

import numpy as np
import pandas as pd
import pytest

from lentap.adam import Trial
from lentap.show.figure import Figure
from lentap.show.prose import Prose
from lentap.show.record.factors import groups_of, stratifications
from lentap.show.record.stratified_rates import CRUDE, record_stratified
from lentap.show.record.subgroup_rates import Subgroups, record_subgroups
from lentap.show.stratified_rates import stratified_forest, stratified_points, stratified_table
from lentap.show.subgroup_rates import interaction_table, subgroup_forest, subgroup_points

ABOUT = {"level": 0.95, "source": "yours", "population": "ITT"}
BERKELEY = {  # admitted and rejected men, admitted and rejected women: R's UCBAdmissions
    "A": (512, 313, 89, 19),
    "B": (353, 207, 17, 8),
    "C": (120, 205, 202, 391),
    "D": (138, 279, 131, 244),
    "E": (53, 138, 94, 299),
    "F": (22, 351, 24, 317),
}


def patients_of(cells: dict[str, tuple[int, int, int, int]], arms: tuple[str, str] = ("New", "Old")) -> pd.DataFrame:
    """A row a patient, from events and non-events of either arm in each stratum."""
    rows = [
        {"arm": arm, "had": had, "stratum": stratum}
        for stratum, counts in cells.items()
        for (arm, had), count in zip([(a, h) for a in arms for h in (True, False)], counts, strict=True)
        for _ in range(count)
    ]
    frame = pd.DataFrame(rows)
    return frame.assign(arm=pd.Categorical(frame["arm"], categories=arms, ordered=True))


def subgroups_of(patients: pd.DataFrame, measure: str = "risk-difference", **factors: str) -> Subgroups:
    factors = factors or {"stratum": "Stratum"}
    found = record_subgroups(
        "a.b", patients, "had", factors, control="Old", measure=measure, interval="newcombe", **ABOUT
    )
    return found["New"]


@pytest.fixture(scope="module")
def shipped_subgroups(shipped: Trial) -> dict[str, Subgroups]:
    return record_subgroups(
        "a.b", shipped.resected("ITT"), "resected", shipped.design.baseline, control="TACE",
        measure="risk-difference", interval="newcombe", level=0.95, source="synthetic",
    )  # fmt: skip


def test_admissions_to_berkeley_by_department_agree_with_r() -> None:
    """R 4.2: mantelhaen.test(UCBAdmissions, correct = FALSE); the common odds ratio and its interval."""
    patients = patients_of(BERKELEY, ("Men", "Women"))
    crude, by = record_stratified(
        "a.b", patients, "had", {"department": ("stratum",)}, control="Women", **ABOUT
    )["Men"]  # fmt: skip
    assert crude.by == CRUDE
    assert crude.odds_ratio.estimate == pytest.approx(1.84108, abs=5e-6)
    assert [by.test.estimate, by.test.p_value] == pytest.approx([1.524607, 0.2169237], rel=1e-6)
    found = [by.odds_ratio.estimate, by.odds_ratio.low, by.odds_ratio.high]
    assert found == pytest.approx([0.9046968, 0.7719074, 1.0603298], rel=1e-6)
    assert by.homogeneity.p_value == pytest.approx(0.0021, abs=5e-4)


def test_the_sentence_says_how_far_stratifying_moves_the_difference() -> None:
    found = record_stratified(
        "a.b", patients_of(BERKELEY, ("Men", "Women")), "had", {"department": ("stratum",)}, control="Women", **ABOUT
    )
    words = " ".join(stratified_points(found))
    assert "Men minus Women, not stratified:** 14.2 percentage points" in words
    assert "0 of 1 tests reject at 5.0%" in words
    assert "p-value of the Cochran-Mantel-Haenszel tests is 0.22" in words


def test_patients_without_a_value_or_a_counterpart_are_counted_not_lost() -> None:
    cells = {"a": (5, 5, 3, 7), "b": (4, 6, 2, 8), "only new": (3, 2, 0, 0)}
    patients = patients_of(cells)
    patients.loc[patients.index[:2], "stratum"] = None
    by = record_stratified("a.b", patients, "had", {"stratum": ("stratum",)}, control="Old", **ABOUT)["New"][1]
    assert (by.unknown, by.one_armed) == (2, 5)
    table = stratified_table({"New": [by]}, source="yours")
    assert table.frame["Compared"].tolist() == ["38"]
    assert "2 without a value and 5 in strata of one arm alone" in table.notes[-1]


def test_factors_are_combined_as_chosen_and_those_absent_left_out() -> None:
    patients = pd.DataFrame({"A": ["x"], "B": ["y"]})
    baseline = {"A": "Age", "B": "Stage", "C": "Not there"}
    assert stratifications(patients, baseline, ["B", "A"]) == {
        "Age": ("A",),
        "Stage": ("B",),
        "Stage and Age": ("B", "A"),
    }
    assert list(stratifications(patients, baseline, ["B", "none"])) == ["Age", "Stage"]
    assert list(stratifications(patients, baseline, ["B", "B"])) == ["Age", "Stage"]


def test_a_continuous_factor_is_cut_at_its_median_and_words_are_levels() -> None:
    ages = groups_of(pd.Series([40.5, 50.0, 60.0, 70.0, np.nan]))
    assert ages.cat.categories.tolist() == ["up to 55", "above 55"]
    assert ages.tolist()[:4] == ["up to 55", "up to 55", "above 55", "above 55"]
    assert ages.isna().tolist() == [False] * 4 + [True]
    assert groups_of(pd.Series([0.0, 1.0, np.nan, 1.0])).cat.categories.tolist() == ["0", "1"]


def test_two_opposite_subgroups_interact_and_are_named() -> None:
    found = subgroups_of(patients_of({"low": (40, 10, 10, 40), "high": (18, 32, 30, 20)}))
    factor = found.factors[0]
    # by hand: differences 0.6 and -0.24, variances 2 * 0.8 * 0.2 / 50 and (0.36 * 0.64 + 0.6 * 0.4) / 50
    q = (0.6 + 0.24) ** 2 / (0.0064 + (0.36 * 0.64 + 0.24) / 50)
    assert factor.interaction is not None
    assert factor.interaction.estimate == pytest.approx(q)
    assert factor.opposite < 0.05
    words = " ".join(subgroup_points({"New": found}))
    assert "1 of 1 factors have p below 0.05" in words
    assert "more than chance alone explains" in words
    assert "Stratum: high" in words


def test_alike_subgroups_are_shrunken_onto_one_estimate() -> None:
    found = subgroups_of(patients_of({"a": (20, 20, 10, 30), "b": (21, 19, 11, 29), "c": (19, 21, 9, 31)}))
    shrunken = [one.shrunken.value for one in found.factors[0].subgroups if one.shrunken]
    assert len(shrunken) == 3
    assert max(shrunken) - min(shrunken) < 1e-9
    assert "do not tell the subgroups apart" in " ".join(subgroup_points({"New": found}))


def test_p_values_of_interaction_are_adjusted_for_the_number_of_factors() -> None:
    patients = patients_of({"low": (40, 10, 10, 40), "high": (28, 22, 20, 30)})
    patients["other"] = np.arange(len(patients)) % 2
    found = subgroups_of(patients, stratum="Stratum", other="Other")
    p_values = [factor.interaction.p_value for factor in found.tested if factor.interaction]
    assert min(factor.holm for factor in found.factors) == pytest.approx(2 * min(p_values))


@pytest.mark.parametrize("measure", ["risk-difference", "risk-ratio", "odds-ratio"])
def test_a_subgroup_with_an_empty_cell_keeps_its_interval_but_not_its_place_in_the_test(
    measure: str, shipped: Trial
) -> None:
    patients = patients_of({"a": (5, 5, 0, 10), "b": (6, 4, 3, 7), "c": (5, 5, 2, 8)})
    found = subgroups_of(patients, measure)
    first, *rest = found.factors[0].subgroups
    assert first.shrunken is None
    assert all(one.shrunken for one in rest)
    assert first.effect.low is not None
    figure = subgroup_forest(found_named(found), design=shipped.design, source="yours")
    assert {"as found", "shrunken"} <= set(figure.data["Kind"])


def found_named(found: Subgroups) -> Subgroups:
    """The same for the arms of the shipped trial."""
    return Subgroups(found.measure, "LEN-TAP", "TACE", found.overall, found.factors)


def test_what_cannot_be_tested_says_why_and_the_rest_stays(shipped: Trial) -> None:
    patients = patients_of({"a": (0, 10, 0, 10), "b": (6, 4, 3, 7)})
    patients["site"] = [f"s{i % 12}" for i in range(len(patients))]
    found = subgroups_of(patients, stratum="Stratum", site="Site")
    assert [factor.interaction for factor in found.factors] == [None, None]
    assert "12 groups" in found.factors[1].why
    notes = " ".join(interaction_table(found, source="yours").notes)
    assert "fewer than two subgroups" in notes
    assert "No factor can be tested" in " ".join(subgroup_points({"New": found}))
    assert isinstance(subgroup_forest(found_named(found), design=shipped.design, source="yours"), Figure)


def test_without_outcomes_nothing_is_estimable_and_nothing_fails(shipped: Trial) -> None:
    patients = patients_of({"a": (0, 10, 0, 10), "b": (0, 9, 0, 9)}, ("LEN-TAP", "TACE"))
    found = record_stratified("a.b", patients, "had", {"Stratum": ("stratum",)}, control="TACE", **ABOUT)
    assert "no Cochran-Mantel-Haenszel test says anything" in " ".join(stratified_points(found))
    assert isinstance(stratified_forest(found, design=shipped.design, source="yours"), Figure)
    assert stratified_table(found, source="yours").frame["CMH p"].iloc[0] == "not estimable"


def test_with_one_arm_alone_there_is_nothing_to_compare(shipped: Trial) -> None:
    patients = patients_of({"a": (3, 4, 2, 5)})
    alone = patients[patients["arm"] == "New"]
    assert record_subgroups(
        "a.b", alone, "had", {"stratum": "S"}, control="Old", measure="odds-ratio", interval="newcombe", **ABOUT
    ) == {}  # fmt: skip
    found = record_stratified("a.b", alone, "had", {}, control="Old", **ABOUT)
    assert isinstance(stratified_forest(found, design=shipped.design, source="yours"), Prose)
    assert isinstance(stratified_table(found, source="yours"), Prose)
    assert "no patients" in stratified_points(found)[0]


def test_subgroups_of_a_factor_add_up_to_all_patients(shipped_subgroups: dict[str, Subgroups]) -> None:
    found = shipped_subgroups["LEN-TAP"]
    assert list(found.overall.counts.values()) == ["42/71", "13/71"]
    for factor in found.factors:
        parts = [[count.split("/") for count in one.effect.counts.values()] for one in factor.subgroups]
        assert sum(int(arm[1]) for one in parts for arm in one) + factor.unknown == 142, factor.label


def test_the_forest_draws_each_subgroup_as_found_and_shrunken(
    shipped: Trial, shipped_subgroups: dict[str, Subgroups]
) -> None:
    found = shipped_subgroups["LEN-TAP"]
    figure = subgroup_forest(found, design=shipped.design, source="synthetic")
    shrunken = sum(one.shrunken is not None for factor in found.factors for one in factor.subgroups)
    assert (figure.data["Kind"] == "shrunken").sum() == shrunken
    assert len(figure.data) == 1 + shrunken + sum(len(factor.subgroups) for factor in found.factors)
    assert len(interaction_table(found, source="synthetic").frame) == len(shipped.design.baseline)


def test_a_factor_with_a_small_count_is_hidden_whole_and_a_stratification_that_leaves_out_few() -> None:
    cells = {"a": (8, 20, 9, 20), "b": (3, 20, 7, 20)}
    found = record_subgroups(
        "x", patients_of(cells), "had", {"stratum": "Stratum"}, control="Old", measure="risk-difference",
        interval="newcombe", level=0.95, source="yours", smallest=5,
    )  # fmt: skip
    (factor,) = found["New"].factors
    assert factor.subgroups == []
    assert "hidden" in factor.why
    assert "as a count" in " ".join(interaction_table(found["New"], source="yours").notes)
    patients = patients_of(cells)
    patients.loc[:2, "stratum"] = None
    about = {"control": "Old", "level": 0.95, "source": "yours"}
    ways = [
        [one.by for one in record_stratified("x", patients, "had", {"g": ["stratum"]}, smallest=n, **about)["New"]]
        for n in (0, 5)
    ]
    assert ways == [[CRUDE, "g"], [CRUDE]]
