import math

import pytest

from lentap.errors import ParameterError
from lentap.results import Result, record
from lentap.show.editions import Movement, in_order, movement_points, movement_table, movements


def result(estimate: float | None, *, name: str = "a.b", scale="difference", **about) -> Result:
    return Result(name, estimate, "synthetic", scale, **about)


def moved(before: Result, after: Result) -> Movement:
    return Movement("Other", "page", before, after)


def test_a_difference_moves_in_half_widths_of_its_interval() -> None:
    before = result(0.2, low=0.1, high=0.3, level=0.95)
    assert moved(before, result(0.25)).size == pytest.approx(0.5)


def test_a_ratio_moves_on_the_log_scale() -> None:
    before = result(1.0, scale="ratio", low=0.5, high=2.0, level=0.95)
    there, back = moved(before, result(2.0, scale="ratio")), moved(before, result(0.5, scale="ratio"))
    assert there.size == pytest.approx(1) == pytest.approx(back.size)


def test_a_result_without_interval_moves_relative_to_its_value() -> None:
    assert moved(result(10, scale="count"), result(12, scale="count")).size == pytest.approx(0.2)


def test_a_change_of_direction_is_named_and_a_p_value_across_a_threshold_is_not() -> None:
    assert moved(result(0.1, null=0.0), result(-0.1, null=0.0)).remark == "changes direction"
    p = moved(result(0.04, scale="number", p_value=0.04), result(0.06, scale="number", p_value=0.06))
    assert p.remark == ""
    assert math.isnan(p.size)


def test_a_margin_counts_where_the_result_declares_one() -> None:
    assert moved(result(0.12, margin=0.1), result(0.08)).remark == "crosses the margin of 0.10"
    assert moved(result(0.12), result(0.08)).remark == ""


def test_what_is_estimable_in_one_edition_only_has_moved_without_bound() -> None:
    assert moved(result(None), result(1.0)).size == math.inf
    assert moved(result(None), result(None)).size == 0


def test_results_match_apart_from_the_labels_the_scenario_sets() -> None:
    main = [("page", result(1, labels={"population": "ITT", "arm": "A"})), ("page", result(2, labels={"arm": "B"}))]
    other = [("page", result(3, labels={"population": "PP", "arm": "A"})), ("page", result(4, labels={"arm": "C"}))]
    found, alone = movements("PP", main, other, {"page": {"population"}})
    assert [(m.before.estimate, m.after.estimate) for m in found] == [(1, 3)]
    assert [r.estimate for r in alone] == [4]
    found, alone = movements("PP", main, other, {})
    assert not found
    assert len(alone) == 2


def test_the_page_lists_what_moved_with_changes_of_direction_first() -> None:
    far = moved(result(0.2, name="a.far", low=0.1, high=0.3, level=0.95, null=0.0), result(0.9))
    turned = moved(result(0.01, name="a.turned", low=-0.1, high=0.1, level=0.95, null=0.0), result(-0.01))
    still = moved(result(0.5, name="a.still"), result(0.5))
    assert [m.before.name for m in in_order([still, far, turned])] == ["a.turned", "a.far", "a.still"]
    table = movement_table([still, far, turned])
    assert [row.split(".")[0] for row in table.frame["Result"]] == ["a turned", "a far"]
    points = movement_points([still, far, turned], ["Other"])
    assert "moves 2 of 3" in points[1]
    assert "a far, 7.00 half-widths" in points[1]
    assert points[2] == "Results that change direction and leave the main edition's interval: none."
    assert points[3] == "Results that change direction inside it, as chance would: a turned (Other)."
    beyond = moved(result(0.2, name="a.beyond", low=0.1, high=0.3, level=0.95, null=0.0), result(-0.2))
    assert in_order([turned, beyond])[0] is beyond
    assert beyond.remark == "changes direction"
    assert turned.remark == "changes direction inside the main interval"


def test_a_label_that_would_be_taken_for_the_margin_is_refused() -> None:
    said = {"margin": "3 months"}
    with pytest.raises(ParameterError, match="margin '3 months' is not a number"):
        record("a.b", 1.0, source="synthetic", scale="number", **said)
