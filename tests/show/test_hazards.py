"""Whether one hazard ratio tells it: the verdict follows the data, in curves made for it and where there are none."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lentap.adam import Trial
from lentap.design import Design
from lentap.show.figure import Figure
from lentap.show.hazard_tables import period_table, proportional_table, weighted_table
from lentap.show.hazards import effect_figure, hazard_figure, log_minus_log
from lentap.show.prose import Prose
from lentap.show.record.absolute import record_absolute
from lentap.show.record.followed import Followed, followed
from lentap.show.record.hazards import hazards_by_arm, record_hazards, record_proportional
from lentap.show.verdict import hazard_points, short_verdicts
from lentap.stats.survival import cox_hazard_ratio, log_rank
from lentap.validation.datasets import gbsg2
from tests.show.patients import CONTROL, delayed, patients, two_arms


@pytest.fixture
def named(design: Design) -> Design:
    return replace(design, arms=(replace(design.arms[0], name="Drug"), design.arms[2]))


@pytest.fixture(scope="module")
def late() -> Followed:
    return delayed()


def points(group: Followed) -> list[str]:
    return hazard_points(group, record_hazards("a.b", group), record_absolute("a.b", group, horizon=0))


def test_the_test_of_proportional_hazards_is_that_of_r() -> None:
    """R, survival 3.5-3: cox.zph(coxph(Surv(time, cens) ~ horTh, GBSG2), transform)."""
    rows = gbsg2()
    arm = rows["horTh"].map({"yes": "Drug", "no": CONTROL}).tolist()
    tests = record_hazards("a.b", patients(rows["time"], rows["cens"], arm))["Drug"].tests
    assert list(tests) == ["km", "rank", "identity", "log"]
    found = [(tests[name].estimate, tests[name].p_value) for name in ("km", "identity")]
    assert found == [pytest.approx((0.22747638, 0.6334014)), pytest.approx((0.21021014, 0.64660275))]


def test_an_effect_that_sets_in_late_is_seen_and_the_verdict_says_what_to_read(late: Followed) -> None:
    found = record_hazards("a.b", late)["Drug"]
    assert found.change.high < 1
    assert found.effect.value[0] > found.effect.value[-1]
    verdict = points(late)[0]
    assert "One hazard ratio does not tell it" in verdict
    assert "Read the difference in time up to a horizon and the rates at landmarks instead" in verdict
    assert "Mean time event-free up to" in verdict
    assert "late events count most" in " ".join(points(late))


def test_a_constant_ratio_gives_no_sign_and_is_not_called_proven() -> None:
    verdict = points(two_arms())[0]
    assert "no clear sign" in verdict
    assert "which is no proof: in the later half of the events it may be" in verdict


def test_the_rates_of_the_verdict_are_those_at_the_landmark(late: Followed) -> None:
    verdict = hazard_points(late, record_hazards("a.b", late), record_absolute("a.b", late, horizon=0, landmark=9))[0]
    assert "Event-free at 9 months: " in verdict


def test_with_few_events_nothing_is_told() -> None:
    group = two_arms(n=12)
    assert "no test can tell" in points(group)[0]
    words = short_verdicts(group, record_proportional("a.b", group), record_absolute("a.b", group, horizon=0))
    assert "events are too few to tell" in words[0]


def test_periods_share_the_events_and_the_second_holds_only_who_is_left() -> None:
    """Six patients, events at 1 to 6, arms in turn: the cut is at 3, and three are left after it."""
    group = patients([1, 2, 3, 4, 5, 6], [1] * 6, ["Drug", CONTROL] * 3)
    first, second = record_hazards("a.b", group)["Drug"].periods
    assert (first.start, first.end, second.end) == (0, 3, 6)
    assert first.ratio.counts == {"Drug": "2/3", CONTROL: "1/3"}
    assert second.ratio.counts == {"Drug": "1/1", CONTROL: "2/2"}
    late = cox_hazard_ratio([4, 5, 6], [1, 1, 1], [False, True, False])
    assert second.ratio.estimate == pytest.approx(late.value)


def test_the_ratio_of_two_halves_adds_up_to_the_change(late: Followed) -> None:
    found = record_hazards("a.b", late)["Drug"]
    first, second = (period.ratio for period in found.periods)
    assert found.change.estimate == pytest.approx(second.estimate / first.estimate)
    assert np.log(found.change.high / found.change.low) ** 2 == pytest.approx(
        np.log(first.high / first.low) ** 2 + np.log(second.high / second.low) ** 2
    )


def test_curves_that_cross_are_named_with_the_time_and_others_are_not() -> None:
    times = [*range(1, 31), *range(31, 61)]
    drug = [time * 0.5 if time <= 20 else time * 2.0 for time in times]
    crossing = patients([*drug, *times], [1] * 120, ["Drug"] * 60 + [CONTROL] * 60)
    found = record_hazards("a.b", crossing)["Drug"]
    assert 20 <= found.crossing <= 21
    assert "The curves cross" in " ".join(points(crossing))
    apart = patients([*[2 * time for time in times], *times], [1] * 120, ["Drug"] * 60 + [CONTROL] * 60)
    assert record_hazards("a.b", apart)["Drug"].crossing is None
    assert "The curves cross" not in " ".join(points(apart))


def test_curves_that_cross_on_the_way_give_no_leave_for_one_ratio_though_no_trend_is_found(shipped: Trial) -> None:
    group = followed(shipped, "OS", "declared")
    assert record_hazards("a.b", group)["LEN-TAP"].test.p_value > 0.05
    verdict = points(group)[0]
    assert "the curves cross after 39.6% of the events" in verdict
    assert "may stand for the comparison" not in verdict
    short = short_verdicts(group, record_proportional("a.b", group), record_absolute("a.b", group, horizon=0))[0]
    assert "the curves cross after 39.6% of the events, which one ratio hides" in short


def test_a_crossing_among_the_first_events_leaves_the_verdict_to_the_test() -> None:
    """The first event is of Drug; after it the hazard ratio is one half."""
    group = two_arms()
    first = group.rows.index == 0
    rows = group.rows.assign(time=group.rows["time"].mask(first, 1e-3), event=group.rows["event"] | first)
    group = replace(group, rows=rows)
    assert record_hazards("a.b", group)["Drug"].crossing is not None
    assert "may stand for the comparison" in points(group)[0]


def test_the_unweighted_of_the_weighted_tests_is_the_log_rank_test(late: Followed) -> None:
    found = record_hazards("a.b", late)["Drug"]
    plain = log_rank(**late.data, group=late.rows["arm"].astype(str))
    assert found.weighted[0.0, 0.0].p_value == pytest.approx(plain.p_value)
    assert found.weighted[0.0, 0.0].estimate ** 2 == pytest.approx(plain.statistic)
    assert abs(found.combo.estimate) == pytest.approx(max(abs(one.estimate) for one in found.weighted.values()))
    assert found.combo.p_value > min(one.p_value for one in found.weighted.values())


def test_an_event_at_time_0_leaves_the_logarithm_out_and_keeps_the_rest(late: Followed) -> None:
    rows = late.rows.assign(time=np.where(np.arange(600) == 0, 0.0, late.rows["time"]), event=True)
    found = record_hazards("a.b", replace(late, rows=rows))["Drug"]
    assert list(found.tests) == ["km", "rank", "identity"]


def test_figures_and_tables_are_drawn_for_every_arm(design: Design) -> None:
    random = np.random.default_rng(1)
    names = [arm.name for arm in design.arms]
    arm = np.repeat(names, 60)
    group = patients(random.exponential(10, 180), random.random(180) < 0.8, arm.tolist())
    found = record_hazards("a.b", group)
    figures = [
        effect_figure(group, found, design=design),
        log_minus_log(group, group.curves(), design=design),
        hazard_figure(group, hazards_by_arm(group, bandwidth=0), design=design),
    ]
    assert all(isinstance(figure, Figure) and set(figure.data["Arm"]) >= set(names[:2]) for figure in figures)
    assert len(points(group)) >= 2 * 3
    assert set(weighted_table(group, found).frame["Comparison"]) == {f"{name} over Placebo" for name in names[:2]}
    assert len(proportional_table(group, found).frame) == 8
    assert len(period_table(group, found).frame) == 6


def test_a_large_trial_draws_few_points(named: Design) -> None:
    group = two_arms(n=3000)
    figure = effect_figure(group, record_hazards("a.b", group), design=named)
    assert sum(len(trace.x) for trace in figure.plotly.data) < 1500
    assert len(log_minus_log(group, group.curves(), design=named).data) <= 400


@pytest.mark.parametrize(
    ("group", "words"),
    [
        (patients([], [], []), "no patient"),
        (patients([1, 2], [1, 1], ["Drug", "Drug"]), "Drug alone"),
        (patients([1, 2, 3], [0, 0, 0], ["Drug", "Drug", CONTROL]), "had the event"),
        (patients([1, 2, 3], [1, 0, 0], ["Drug", "Drug", CONTROL]), "no hazard ratio to judge"),
        (patients([1, 1, 1, 1], [1, 1, 1, 0], ["Drug", "Drug", CONTROL, CONTROL]), "cannot be tested"),
    ],
)
def test_what_cannot_be_judged_says_why_and_nothing_breaks(group: Followed, words: str, named: Design) -> None:
    assert words in points(group)[0]
    found = record_hazards("a.b", group)
    assert isinstance(effect_figure(group, found, design=named), Prose)
    for draw in (proportional_table, period_table, weighted_table):
        draw(group, found)
    log_minus_log(group, group.curves(), design=named)
    hazard_figure(group, hazards_by_arm(group, bandwidth=0), design=named)
    short_verdicts(group, record_proportional("a.b", group), record_absolute("a.b", group, horizon=0))


def test_a_smoothed_hazard_ends_where_few_are_left_and_is_near_the_truth() -> None:
    found = hazards_by_arm(two_arms(0.5, n=2000), bandwidth=3.0)
    assert list(found) == ["Drug", CONTROL]
    middle = {arm: float(one.hazard[40]) for arm, one in found.items()}
    assert middle == pytest.approx({"Drug": 1 / 24, CONTROL: 1 / 12}, rel=0.15)
    assert not hazards_by_arm(patients([5, 6], [0, 0], ["Drug", CONTROL]), bandwidth=0)


def test_the_shipped_trial_has_all_of_the_page(shipped: Trial) -> None:
    group = followed(shipped, "EFS", "declared")
    found = record_hazards("a.b", group)
    assert isinstance(effect_figure(group, found, design=shipped.design), Figure)
    assert pd.notna(found["LEN-TAP"].test.p_value)
    assert any("Two periods" in point for point in points(group))
