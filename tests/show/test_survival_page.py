"""The page on a time to an event: percent and time beside the hazard ratio, given baseline, in subgroups, weighted."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lentap.adam import Trial
from lentap.design import Design
from lentap.show.absolute import absolute_points, absolute_table, difference_curve
from lentap.show.figure import Figure
from lentap.show.followed import comparison_points, followed_curves, followed_table
from lentap.show.prose import Prose
from lentap.show.ratios import left_out_words, ratio_forest, ratio_points, subgroup_forest, subgroup_words
from lentap.show.record.absolute import LONGEST, record_absolute
from lentap.show.record.followed import Followed, comparable, followed, weighted
from lentap.show.record.hazards import record_hazards, record_proportional
from lentap.show.record.ratios import ADJUSTED, UNADJUSTED, record_ratios, record_subgroups
from lentap.show.record.survival import record_followed
from lentap.show.record.weighting import record_weighting
from lentap.show.table import Table
from lentap.show.verdict import hazard_points
from lentap.show.weighting import weighting_points
from tests.conftest import ROOT
from tests.show.conftest import AWKWARD
from tests.show.patients import CONTROL, delayed, patients, two_arms

REAL = ROOT.parent / "shared" / "real" / "survival"


@pytest.fixture(scope="module")
def overall(shipped: Trial) -> Followed:
    return followed(shipped, "OS", "declared")


def points(group: Followed) -> str:
    _, found = record_followed("a.b", group)
    absolute = record_absolute("a.b", group, horizon=0)
    ratios, tests = record_ratios("a.b", group), record_proportional("a.b", group)
    return " ".join(comparison_points(group, found, absolute, ratios, tests))


@pytest.mark.skipif(not REAL.is_dir(), reason=f"real data are not at {REAL}")
def test_restricted_means_agree_with_survrm2() -> None:
    """survRM2's vignette: rmst2 with tau = 10 on its sample of pbc."""
    rows = pd.read_csv(REAL / "rmst2_sample_pbc.csv")
    arm = rows["arm"].map({1: "Drug", 0: CONTROL}).tolist()
    found = record_absolute("a.b", patients(rows["time"], rows["status"], arm), horizon=10)
    means = [found.means[name] for name in ("Drug", CONTROL)]
    assert [round(one.estimate, 3) for one in means] == [7.146, 7.283]
    assert [(round(one.low, 3), round(one.high, 3)) for one in means] == [(6.592, 7.701), (6.704, 7.863)]
    one = found.mean_differences["Drug"]
    assert [round(x, 3) for x in (one.estimate, one.low, one.high, one.p_value)] == [-0.137, -0.939, 0.665, 0.738]
    ratio = found.mean_ratios["Drug"]
    assert [round(x, 3) for x in (ratio.estimate, ratio.low, ratio.high)] == [0.981, 0.878, 1.096]


@pytest.mark.skipif(not REAL.is_dir(), reason=f"real data are not at {REAL}")
def test_events_test_and_ratio_of_three_arms_agree_with_r() -> None:
    """survival 3.5-3, survdiff and coxph of death in colon, levamisole as control."""
    rows = pd.read_csv(REAL / "colon.csv").query("etype == 2")
    arm = rows["rx"].map({"Lev+5FU": "Drug", "Obs": "Observed", "Lev": CONTROL}).tolist()
    _, found = record_followed("a.b", patients(rows["time"], rows["status"], arm))
    assert [found.events[name].estimate for name in ("Observed", CONTROL, "Drug")] == [168, 161, 123]
    assert round(found.log_rank.estimate, 1) == 11.7
    ratio = found.hazard_ratios["Drug"]
    assert (ratio.estimate, ratio.low, ratio.high) == pytest.approx((0.7081688, 0.5599423, 0.8956334), rel=1e-6)


def test_a_mean_time_is_the_area_under_a_curve_drawn_by_hand() -> None:
    """Drug: events at 2 and 4 of four patients, so 2 + 2 * 3/4 + 2 * 1/2 up to 6; Placebo: all four at 1, so 1."""
    group = patients([2, 4, 8, 8, 1, 1, 1, 1], [1, 1, 0, 0, 1, 1, 1, 1], ["Drug"] * 4 + [CONTROL] * 4)
    found = record_absolute("a.b", group, horizon=6, landmark=4)
    assert [one.estimate for one in found.means.values()] == pytest.approx([4.5, 1.0])
    assert found.mean_differences["Drug"].estimate == pytest.approx(3.5)
    assert found.mean_differences["Drug"].labels["horizon"] == "6 months"
    rates = found.rates[4]
    assert [rates[arm].estimate for arm in ("Drug", CONTROL)] == pytest.approx([0.5, 0.0])


def test_a_horizon_beyond_the_common_follow_up_is_cut_and_said() -> None:
    group = patients([5, 9, 12, 3, 6, 20], [1, 1, 0, 1, 1, 0], ["Drug"] * 3 + [CONTROL] * 3)
    found = record_absolute("a.b", group, horizon=18)
    assert found.horizon == 12
    assert "18 months were asked for; the arms are followed together to 12 months" in " ".join(absolute_points(found))
    assert record_absolute("a.b", group, horizon=0).means["Drug"].labels["horizon"] == LONGEST


def test_months_asked_for_are_days_of_an_endpoint_in_days() -> None:
    group = two_arms()
    days = replace(group.endpoint, unit="days")
    group = replace(group, endpoint=days, rows=group.rows.assign(time=group.rows["time"] * 30.4375))
    assert record_absolute("a.b", group, horizon=12).horizon == pytest.approx(365.25)


def test_a_landmark_is_the_same_time_and_says_the_same_whatever_the_unit(overall: Followed) -> None:
    days = replace(overall.endpoint, unit="days")
    in_days = replace(overall, endpoint=days, rows=overall.rows.assign(time=overall.rows["time"] * 30.4375))
    months, same = (record_absolute("a.b", group, horizon=0) for group in (overall, in_days))
    assert (months.landmark, same.landmark) == (24, 24 * 30.4375)
    assert list(months.rates) == [12, 24, 36]
    for arm, one in months.rate_differences[24].items():
        other = same.rate_differences[same.landmark][arm]
        assert (one.estimate, one.low) == pytest.approx((other.estimate, other.low))
    words = absolute_points(months)[0]
    assert words.startswith("**At 24 months:**")
    assert absolute_points(same)[0] == words.replace("24 months", "730 days")
    curves, survival = record_followed("a.b", in_days)
    measures = followed_table(in_days, curves, survival, same).frame["Measure"].tolist()
    for at in (365, 730, 1096):
        assert f"Event-free at {at} days (%)" in measures
        assert f"Event-free at {at} days (%)" in set(absolute_table(in_days, same).frame["Measure"])


@pytest.mark.parametrize(
    ("last", "taken", "words"),
    [
        (24.0, 24, ""),
        (
            20.0,
            18,
            "24 months were asked for; the arms are followed together to 20 months, so that 18 months are taken",
        ),
        (5.5, 5, "so that 5 months are taken"),
        (0.8, 0, "too short for a landmark"),
    ],
)
def test_a_landmark_beyond_the_common_follow_up_is_moved_and_said(last: float, taken: float, words: str) -> None:
    group = two_arms()
    rows = group.rows.assign(time=group.rows["time"] * last / 24)
    found = record_absolute("a.b", replace(group, rows=rows), horizon=0, landmark=24)
    assert found.landmark == taken
    assert words in found.moved
    assert bool(found.moved) == bool(words)
    assert words in " ".join(absolute_points(found))


@pytest.mark.parametrize(
    ("endpoint", "population", "said"),
    [("RFS", "declared", True), ("RFS", "PP", True), ("OS", "RESECTED", True), ("OS", "declared", False)],
)
def test_a_comparison_among_the_resected_alone_says_so_on_every_page_of_it(
    shipped: Trial, endpoint: str, population: str, said: bool
) -> None:
    group = followed(shipped, endpoint, population)
    absolute = record_absolute("a.b", group, horizon=0)
    pages = (
        points(group),
        " ".join(hazard_points(group, record_hazards("a.b", group), absolute)),
        " ".join(weighting_points(group, record_weighting("a.b", group, horizon=0))),
    )
    for page in pages:
        assert ("compared among those alone who were resected" in page) == said


def test_an_endpoint_from_a_resection_is_known_by_its_origin_unless_all_had_it_before(shipped: Trial) -> None:
    """Of a trial whose resected are a population without a flag, and of one in which surgery came before."""
    design = shipped.design
    for resection, said in (("its origin", 1), ("not applicable: all had surgery before", 0)):
        endpoint = replace(design.endpoints["RFS"], population="ITT", resection=resection)
        trial = replace(shipped, design=replace(design, endpoints={**design.endpoints, "RFS": endpoint}))
        assert len(followed(trial, "RFS", "declared").notes) == said


def test_follow_up_is_cut_in_months_whatever_the_unit(shipped: Trial) -> None:
    assert followed(shipped, "OS", "declared", follow_up=12).rows["time"].max() == 12
    design = shipped.design
    endpoints = {**design.endpoints, "OS": replace(design.endpoints["OS"], unit="days")}
    in_days = followed(replace(shipped, design=replace(design, endpoints=endpoints)), "OS", "declared", follow_up=1)
    assert in_days.longest == pytest.approx(30.4375)


@pytest.mark.parametrize(("ratio", "words"), [(0.25, "more on Drug"), (4.0, "more on Placebo"), (1.0, "no difference")])
def test_the_side_named_in_percent_and_time_follows_the_interval(ratio: float, words: str) -> None:
    found = record_absolute("a.b", two_arms(ratio), horizon=0, landmark=12)
    rate, mean = [point for point in absolute_points(found) if point]
    assert words in rate
    assert words in mean


def test_two_tests_on_two_sides_of_the_border_are_explained(overall: Followed) -> None:
    """The shipped trial: Wald's interval includes 1, and the log-rank p is below 0.05."""
    _, found = record_followed("a.b", overall)
    assert found.hazard_ratios["LEN-TAP"].p_value > 0.05 > found.log_rank.p_value
    assert "includes 1 and this p lies below 0.05: they are two tests" in points(overall)
    assert "they are two tests" not in points(replace(overall, level=0.9))
    assert "they are two tests" not in points(two_arms(0.3))


def test_the_verdict_names_what_to_read_where_the_ratio_changes() -> None:
    assert "No: it changes over follow-up" in points(delayed())
    assert "No clear sign against it" in points(two_arms())


def test_adjusting_for_what_confounds_moves_the_ratio_back_to_the_truth() -> None:
    """Risk doubles the hazard five times over and is twice as common on Drug, which does nothing."""
    random = np.random.default_rng(3)
    risk = np.concatenate([random.random(1500) < 0.6, random.random(1500) < 0.3])
    time = random.exponential(np.where(risk, 2.0, 10.0))
    group = patients(time, np.ones(3000), ["Drug"] * 1500 + [CONTROL] * 1500, {"Risk": np.where(risk, "Y", "N")})
    found = record_ratios("a.b", group)["Drug"].by_analysis
    assert found[UNADJUSTED].low > 1.2
    for analysis in (ADJUSTED, "stratified by Risk"):
        assert found[analysis].low < 1 < found[analysis].high
    for word in ("iptw", "overlap"):
        _, survival = record_followed("a.b", weighted(group, word))
        assert survival.hazard_ratios["Drug"].low < 1 < survival.hazard_ratios["Drug"].high
        means = record_absolute("a.b", weighted(group, word), horizon=6)
        assert means.mean_differences["Drug"].low < 0 < means.mean_differences["Drug"].high


def test_weights_leave_out_who_lacks_baseline_or_a_counterpart_and_say_so() -> None:
    group = two_arms(n=50, Site=["A", "B"] * 50, Age=[*np.tile(np.arange(11.0), 9), np.nan])
    rows = group.rows.assign(Site=["C", *group.rows["Site"][1:]])
    kept, words = comparable(replace(group, rows=rows))
    assert len(kept.rows) == 98
    assert words == (
        " Patients left out: 1 without a value of all baseline and 1 of a category that occurs on one arm alone."
    )
    found = weighted(replace(group, rows=rows), "iptw")
    assert "**Weights.**" in found.notes[0]
    assert "left out: 1 without" in points(found)


def test_without_baseline_or_with_separate_arms_there_are_no_weights_and_the_rest_stays() -> None:
    none = weighted(two_arms(n=40), "overlap")
    assert none.weights is None
    assert "No weights can be given here:** `trial.yml` declares no baseline" in points(none)
    apart = weighted(two_arms(n=40, Age=np.arange(80.0)), "overlap")
    assert apart.weights is None
    assert "these numbers are unweighted" in points(apart)
    assert "Hazard ratio of Drug over Placebo: 0." in points(apart)


def test_with_weights_two_arms_are_compared_at_a_time(shipped: Trial) -> None:
    third = replace(shipped.design.arms[0], name="Third")
    design = replace(shipped.design, arms=(shipped.design.arms[0], third, shipped.design.arms[1]))
    adsl = shipped.adsl.assign(TRT01P=["Third", *shipped.adsl["TRT01P"][1:]])
    trial = replace(shipped, design=design, frames={**shipped.frames, "adsl": adsl})
    assert len(followed(trial, "OS", "declared").arms) == 3
    two = followed(trial, "OS", "declared", weights="iptw")
    assert two.arms == ["LEN-TAP", "TACE"]
    assert "two arms alike at a time" in two.notes[0]


def test_a_weighted_comparison_says_so_everywhere(shipped: Trial) -> None:
    group = followed(shipped, "OS", "declared", weights="overlap")
    curves, found = record_followed("a.b", group)
    assert "overlap weights" in found.hazard_ratios["LEN-TAP"].method
    assert "weighted Cox model" in points(group)
    assert followed_curves(group, curves, design=shipped.design).alt.startswith("Weighted Kaplan-Meier")


def test_subgroups_cut_numbers_at_the_median_and_test_whether_they_differ() -> None:
    """The drug works in the young alone."""
    random = np.random.default_rng(5)
    age = random.permutation(np.tile(np.arange(40.0, 80.0), 20))
    arm = np.repeat(["Drug", CONTROL], 400)
    time = random.exponential(np.where((arm == "Drug") & (age <= 59), 30.0, 10.0))
    sex = np.where(random.random(800) < 0.5, "F", "M")
    group = patients(time, np.ones(800), arm.tolist(), {"Age": age, "Sex": sex, "Site": np.arange(800).astype(str)})
    first, second = record_subgroups("a.b", group)["Drug"]
    assert list(first.ratios) == ["59.5 or below", "above 59.5"]
    assert first.interaction.p_value < 0.001
    assert list(second.ratios) == ["F", "M"], "and categories of many levels make none"
    counts = [sum(int(one.counts[arm].split("/")[1]) for one in first.ratios.values()) for arm in ("Drug", CONTROL)]
    assert counts == [400, 400]
    words = str(subgroup_words({"Drug": [first, second]}, level=0.95))
    assert "1 of 2 tests of interaction have p below 0.05 (Age)" in words


def test_a_subgroup_of_one_arm_is_listed_without_an_estimate(design: Design) -> None:
    group = two_arms(n=30, Stage=["A"] * 5 + ["B"] * 55)
    found = record_subgroups("a.b", group)
    one = found["Drug"][0]
    assert one.ratios["A"].estimate is None
    assert one.interaction.p_value is None
    named = replace(design, arms=(replace(design.arms[0], name="Drug"), design.arms[2]))
    figure = subgroup_forest(group, found, design=named)
    assert "A not estimable" in figure.alt
    assert "No two subgroups" in str(subgroup_words(found, level=0.95))


def test_who_is_missing_from_the_adjusted_model_is_counted() -> None:
    found = record_ratios("a.b", two_arms(n=30, Age=[np.nan] * 3 + [*np.arange(57.0)]))
    assert "3 patients of the comparison with Drug" in str(left_out_words(found))
    assert found["Drug"].by_analysis[ADJUSTED].counts["events"].endswith("/57")
    assert "adjusted for baseline" in ratio_points(found)[0]


GAPS = {
    "no patient": patients([], [], []),
    "Drug alone": patients([1, 2], [1, 1], ["Drug", "Drug"]),
    "Placebo alone": patients([1, 2], [1, 0], [CONTROL] * 2),
    "had the event": patients([1, 2, 3], [0, 0, 0], ["Drug", "Drug", CONTROL]),
}


@pytest.mark.parametrize("words", GAPS)
def test_what_cannot_be_compared_says_why_and_shows_what_it_can(words: str, design: Design) -> None:
    group = GAPS[words]
    named = replace(design, arms=(replace(design.arms[0], name="Drug"), design.arms[2]))
    curves, found = record_followed("a.b", group)
    absolute, ratios = record_absolute("a.b", group, horizon=0), record_ratios("a.b", group)
    assert words in points(group)
    assert isinstance(followed_curves(group, curves, design=named), Figure) == bool(len(group.rows))
    assert isinstance(followed_table(group, curves, found, absolute), Table) == bool(group.treated)
    shown = [
        absolute_table(group, absolute),
        difference_curve(group, curves, design=named),
        ratio_forest(group, ratios, design=named),
        left_out_words(ratios),
        subgroup_forest(group, record_subgroups("a.b", group), design=named),
    ]
    assert all(isinstance(one, Prose) for one in shown)


def test_names_from_data_stay_text_in_what_cannot_be_compared() -> None:
    assert r"High \<b\>dose\</b\> \$x\$ \*a\* alone has patients" in points(patients([1, 2], [1, 1], [AWKWARD] * 2))


def test_events_all_at_time_0_leave_no_mean_time() -> None:
    group = patients([0, 0, 0, 0], [1, 0, 1, 1], ["Drug", "Drug", CONTROL, CONTROL])
    assert isinstance(absolute_table(group, record_absolute("a.b", group, horizon=0)), Prose | Table)
    assert "Hazard ratio of Drug over Placebo" in points(group)


def test_the_difference_of_the_curves_is_their_difference(shipped: Trial, overall: Followed) -> None:
    curves, _ = record_followed("a.b", overall)
    data = difference_curve(overall, curves, design=shipped.design).data
    last = data[data["Time (months)"] <= 36].iloc[-1]
    found = record_absolute("a.b", overall, horizon=0).rate_differences[36]["LEN-TAP"]
    shown = last[["Difference (points)", "Lower limit", "Upper limit"]].tolist()
    assert shown == pytest.approx([100 * found.estimate, 100 * found.low, 100 * found.high], abs=0.01)


def test_each_figure_and_table_holds_every_arm(design: Design) -> None:
    names = [arm.name for arm in design.arms]
    random = np.random.default_rng(2)
    arm = np.repeat(names, 40)
    baseline = {"Sex": np.tile(["F", "M"], 60)}
    group = patients(random.exponential(10, 120), random.random(120) < 0.8, arm.tolist(), baseline)
    curves, _ = record_followed("a.b", group)
    absolute, ratios = record_absolute("a.b", group, horizon=0), record_ratios("a.b", group)
    assert absolute_table(group, absolute).frame["Arm"].tolist().count(names[1]) == len(absolute.rates) + 1
    forest = ratio_forest(group, ratios, design=design)
    assert isinstance(forest, Figure)
    assert forest.data["What"].tolist().count("Unadjusted, of the two arms alone") == 2
    for figure in (
        difference_curve(group, curves, design=design),
        ratio_forest(group, ratios, design=design),
        subgroup_forest(group, record_subgroups("a.b", group), design=design),
    ):
        assert isinstance(figure, Figure)
        assert all(name in figure.alt for name in names[:2])
