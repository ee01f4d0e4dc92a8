import pytest

from lentap.adam import Trial
from lentap.design import Design
from lentap.errors import DataError
from lentap.results import Result
from lentap.show.format import escaped
from lentap.show.prose import (
    comparison_points,
    data_notes,
    difference,
    endpoint_rules,
    event_words,
    key_points,
    side,
    survival_points,
)
from lentap.show.record import Comparison, record_comparison, record_survival
from lentap.stats.survival import cox_hazard_ratios, kaplan_meier, log_rank


def comparison(first: tuple[int, int], second: tuple[int, int]) -> Comparison:
    return record_comparison("x.y", {"New": first, "Old": second}, control="Old", level=0.95, source="yours")


def test_a_difference_says_on_which_side_its_interval_lies() -> None:
    assert "side of more with New" in difference(comparison((42, 71), (13, 71)), "New")
    assert "side of more with Old" in difference(comparison((13, 71), (42, 71)), "New")


def test_a_difference_whose_interval_includes_zero_does_not_order_the_arms() -> None:
    text = difference(comparison((30, 71), (28, 71)), "New")
    assert "includes no difference" in text
    assert "more with" not in text


def test_key_points_quote_counts_percentages_and_the_difference() -> None:
    points = " ".join(comparison_points([comparison((42, 71), (13, 71))], "salvage resection"))
    assert "42 of 71 patients on New (59.2%) and 13 of 71 patients on Old (18.3%)" in points
    assert "40.8 percentage points (95% CI 25.2 to 53.8)" in points
    assert "p < 0.001" in points


def ratio(estimate: float | None, low: float | None, high: float | None) -> Result:
    return Result("a.b", estimate, "yours", "ratio", low=low, high=high, level=0.95, null=1.0)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (ratio(2.0, 1.1, 3.0), "above"),
        (ratio(0.5, 0.2, 0.9), "below"),
        (ratio(1.2, 0.9, 1.6), "across"),
        (ratio(9.0, 1.5, None), "above"),
        (ratio(None, None, None), "across"),
    ],
)
def test_an_interval_lies_above_below_or_across_no_effect(result: Result, expected: str) -> None:
    assert side(result) == expected


def survival(design: Design, times: dict[str, list[float]], events: dict[str, list[int]]) -> list[str]:
    time = [t for arm in times.values() for t in arm]
    event = [e for arm in events.values() for e in arm]
    arm = [name for name, values in times.items() for _ in values]
    found = record_survival(
        "efficacy.survival",
        {name: kaplan_meier(times[name], events[name]) for name in times},
        log_rank(time, event, arm),
        cox_hazard_ratios(time, event, arm, "Placebo"),
        endpoint=design.endpoints["OS"],
        control="Placebo",
        source="yours",
    )
    return survival_points(design.endpoints["OS"], found)


def test_survival_points_follow_the_hazard_ratio_when_the_arms_are_swapped(design: Design) -> None:
    short, long = [float(i) for i in range(1, 41)], [float(i * 5) for i in range(1, 41)]
    everyone = {"Low": [1] * 40, "Placebo": [1] * 40}
    slower = " ".join(survival(design, {"Low": long, "Placebo": short}, everyone))
    faster = " ".join(survival(design, {"Low": short, "Placebo": long}, everyone))
    assert "slower rate on Low" in slower
    assert "faster rate on Low" in faster


def test_few_events_and_an_unknown_hazard_ratio_are_said(design: Design) -> None:
    points = " ".join(
        survival(design, {"Low": [1.0, 2, 3], "Placebo": [1.0, 2, 3]}, {"Low": [0] * 3, "Placebo": [1] * 3})
    )
    assert "Fewer than 10 events on Low and Placebo" in points
    assert "not estimable" in points
    assert "Low not reached" in points


def test_key_points_bear_the_badge_and_caveat_of_each_kind_of_number() -> None:
    text = str(key_points(["One.", ""], source=("published", "synthetic")))
    assert text.count("lentap-badge") == 2
    assert "say nothing about LEN-TAP" in text
    assert text.count("\n- ") == 1


def test_key_points_refuse_synthetic_numbers_beside_yours() -> None:
    with pytest.raises(DataError):
        key_points(["x"], source=("synthetic", "yours"))


def test_markdown_in_data_stays_text() -> None:
    assert escaped("*a* <b> $x$ `c` [d]") == r"\*a\* \<b\> \$x\$ \`c\` \[d\]"


def test_what_counts_as_an_event_is_named() -> None:
    assert event_words(minimum_grade=1, related_only=False) == "at least one adverse event"
    assert event_words(minimum_grade=3, related_only=True) == (
        "at least one adverse event of grade 3 or above held to be related to treatment"
    )


def test_endpoint_rules_print_what_the_trial_declares(shipped: Trial) -> None:
    endpoint = shipped.design.endpoints["OS"]
    text = str(endpoint_rules(endpoint, shipped.design, source=shipped.source))
    assert f"- **Event:** {endpoint.event}" in text
    assert f"- **Resection:** {endpoint.resection}" in text


def test_every_finding_of_the_check_is_listed(shipped: Trial) -> None:
    text = str(data_notes(shipped.problems, source=shipped.source))
    assert text.count("\n- ") == len(shipped.problems)
    assert "nothing to report" in str(data_notes((), source="yours"))
