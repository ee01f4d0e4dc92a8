"""Arms made alike by weights: balance, its price, ratios under each, and E-values."""

from dataclasses import replace

import numpy as np
import pytest

from lentap.adam import Trial
from lentap.design import Design
from lentap.show.figure import Figure
from lentap.show.format import number
from lentap.show.prose import Prose
from lentap.show.record.followed import Followed, followed
from lentap.show.record.ratios import ADJUSTED
from lentap.show.record.weighting import record_weighting
from lentap.show.weighting import love_plot, score_figure, weighting_forest, weighting_points, weighting_table
from tests.show.patients import CONTROL, patients, two_arms


@pytest.fixture
def named(design: Design) -> Design:
    return replace(design, arms=(replace(design.arms[0], name="Drug"), design.arms[2]))


@pytest.fixture(scope="module")
def confounded() -> Followed:
    """A drug of no effect, given more often to those at low risk."""
    random = np.random.default_rng(9)
    risk = random.normal(size=2000)
    drug = random.random(2000) < 1 / (1 + np.exp(risk))
    time = random.exponential(10 * np.exp(-0.8 * risk))
    arm = np.where(drug, "Drug", CONTROL)
    return patients(np.minimum(time, 20), time < 20, arm.tolist(), {"Risk": risk})


def test_weights_balance_the_arms_and_take_a_confounded_effect_away(confounded: Followed) -> None:
    found = record_weighting("a.b", confounded, horizon=0)["Drug"]
    worst = found.balances.groupby("weighting")["smd"].max()
    assert worst["none"] > 0.5
    assert worst["iptw"] < 0.1
    assert worst["overlap"] < 1e-6, "logistic overlap weights balance means exactly (Li, Morgan and Zaslavsky 2018)"
    assert found.ratios["none"].high < 0.8
    for word in ("iptw", "overlap", ADJUSTED):
        assert found.ratios[word].low < 1 < found.ratios[word].high
    points = " ".join(weighting_points(confounded, {"Drug": found}))
    assert "The interval moves across 1 with: IPTW, overlap weights and adjusted for baseline" in points


def test_the_rate_in_the_table_is_that_of_the_landmark(confounded: Followed) -> None:
    found = record_weighting("a.b", confounded, horizon=0, landmark=6)
    table = weighting_table(confounded, found)
    one = found["Drug"].absolute["iptw"].rate_differences[6]["Drug"]
    assert table.frame["Difference in rate"].tolist()[1].startswith(f"{number(100 * one.estimate)} (")
    assert "percentage points, at 6 months." in " ".join(table.notes)


def test_effective_patients_are_all_of_them_unweighted_and_fewer_weighted(confounded: Followed) -> None:
    found = record_weighting("a.b", confounded, horizon=0)["Drug"]
    n = int(confounded.on("Drug").sum())
    assert found.sizes["none"]["Drug"] == pytest.approx(n)
    assert found.sizes["iptw"]["Drug"] < found.sizes["overlap"]["Drug"] < n


def test_e_values_are_those_of_the_formula_for_a_common_outcome() -> None:
    """VanderWeele and Ding 2017: RR = (1 - 0.5^sqrt(HR)) / (1 - 0.5^sqrt(1/HR)); E = RR + sqrt(RR (RR - 1))."""
    group = two_arms(0.4)
    found = record_weighting("a.b", group, horizon=0)["Drug"]
    hazard_ratio = found.ratios["none"].estimate
    ratio = (1 - 0.5 ** np.sqrt(1 / hazard_ratio)) / (1 - 0.5 ** np.sqrt(hazard_ratio))
    assert found.e_values["none"].value == pytest.approx(ratio + np.sqrt(ratio * (ratio - 1)))
    assert found.e_values["none"].limit > 1
    assert "to move the interval there" in " ".join(weighting_points(group, {"Drug": found}))


def test_the_shipped_trial_is_compared_in_four_ways_on_the_same_patients(shipped: Trial) -> None:
    group = followed(shipped, "OS", "declared")
    found = record_weighting("a.b", group, horizon=0)
    one = found["LEN-TAP"]
    assert list(one.ratios) == ["none", "iptw", "overlap", ADJUSTED]
    assert one.ratios["none"].estimate == pytest.approx(0.668010, rel=1e-5), "nobody is left out"
    assert len({(ratio.name, tuple(ratio.labels.items())) for ratio in one.ratios.values()}) == 4
    table = weighting_table(group, found)
    assert table.frame["Effective patients"].iloc[0] == "71 / 71"
    figures = [
        weighting_forest(group, found, design=shipped.design),
        love_plot(group, found),
        score_figure(group, found, design=shipped.design),
    ]
    assert all(isinstance(figure, Figure) for figure in figures)
    assert len(figures[1].data) == 3 * len(shipped.design.baseline)
    assert figures[2].data.groupby("Arm")["Patients"].sum().tolist() == [71, 71]


def test_few_patients_for_many_columns_are_warned_of(shipped: Trial) -> None:
    few = followed(shipped, "RFS", "declared")
    words = " ".join(weighting_points(few, record_weighting("a.b", few, horizon=0)))
    assert "**Few patients** for the propensity: 13 on TACE" in words
    many = two_arms(n=200, Age=np.tile(np.arange(50.0), 8))
    assert "Few patients" not in " ".join(weighting_points(many, record_weighting("a.b", many, horizon=0)))


@pytest.mark.parametrize(
    ("group", "words"),
    [
        (patients([], [], []), "no patient"),
        (patients([1, 2], [1, 1], ["Drug", "Drug"]), "Drug alone"),
        (patients([1, 2], [0, 0], ["Drug", CONTROL]), "had the event"),
    ],
)
def test_what_cannot_be_compared_says_why(group: Followed, words: str, named: Design) -> None:
    found = record_weighting("a.b", group, horizon=0)
    assert words in weighting_points(group, found)[0]
    shown = [
        weighting_forest(group, found, design=named),
        love_plot(group, found),
        score_figure(group, found, design=named),
        weighting_table(group, found),
    ]
    assert all(isinstance(one, Prose) for one in shown)


@pytest.mark.parametrize(
    ("baseline", "words"),
    [
        ({}, "declares no baseline that varies"),
        ({"Age": np.full(80, np.nan)}, "declares no baseline that varies"),
        ({"Age": np.arange(80.0)}, "at some values of Age all patients are of one arm"),
        ({"Site": ["A"] * 40 + ["B"] * 40}, "declares no baseline that varies"),
    ],
)
def test_without_weights_the_arms_as_they_are_stay(baseline: dict, words: str, named: Design) -> None:
    group = two_arms(n=40, **baseline)
    found = record_weighting("a.b", group, horizon=0)
    points = " ".join(weighting_points(group, found))
    assert "**No weights can be given:**" in points
    assert words in points
    assert found["Drug"].ratios["none"].estimate is not None
    assert "; ." not in points
    assert isinstance(weighting_forest(group, found, design=named), Figure)
    assert isinstance(score_figure(group, found, design=named), Prose)


def test_two_experimental_arms_are_each_set_against_control(design: Design) -> None:
    random = np.random.default_rng(4)
    names = [arm.name for arm in design.arms]
    arm = np.repeat(names, 50)
    group = patients(random.exponential(10, 150), np.ones(150), arm.tolist(), {"Age": random.normal(60, 8, 150)})
    found = record_weighting("a.b", group, horizon=0)
    assert list(found) == names[:2]
    figure = weighting_forest(group, found, design=design)
    assert set(figure.data["Group"]) == {f"{name} over Placebo" for name in names[:2]}
    assert len(love_plot(group, found).data) == 2 * 3
    assert isinstance(score_figure(group, found, design=design), Figure)
