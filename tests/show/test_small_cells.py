"""Cells that count few patients are hidden, with whatever would give them away."""

import math

import numpy as np
import pandas as pd
import pytest

from lentap.adam import Problem
from lentap.show.shareable import shareable_notes
from lentap.show.small_cells import (
    HIDDEN,
    is_small,
    joined_steps,
    parts_hidden,
    parts_without_small,
    share_text,
    small_cell_notes,
    small_terms,
    without_small,
)
from lentap.show.stacked import Bar, shareable


def shown(counts: list[int], smallest: int) -> list[float | None]:
    return [None if math.isnan(part) else part for part in parts_without_small(counts, smallest)]


def test_a_count_is_small_from_one_to_below_the_least_and_none_is_where_it_is_off() -> None:
    assert [is_small(count, 5) for count in (0, 1, 4, 5)] == [False, True, True, False]
    assert not any(is_small(count, 0) for count in range(10))


def test_a_small_count_takes_what_tells_it_along_and_zero_stays() -> None:
    table = pd.DataFrame({"subjects": [3, 0, 8], "events": [7, 0, 9]})
    hidden = without_small(table, 5, by=["subjects"], told=["events"])
    assert hidden["subjects"].isna().tolist() == hidden["events"].isna().tolist() == [True, False, False]
    assert without_small(table, 0, by=["subjects"], told=["events"]) is table


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([0, 10, 20, 40], [0, 10, 20, 40]),
        ([4, 31, 30, 5], [None] * 4),  # 30 and a total of the two highest grades would tell the 5, all totals the 4
        ([3, 0, 0, 0], [None, 0, 0, 0]),  # nothing else could be hidden: the caller hides the total
    ],
)
def test_one_small_part_hides_all_as_several_totals_of_them_are_told(counts: list[int], expected: list) -> None:
    assert shown(counts, 5) == expected


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ([10, 7, 2, 4], [False, True, True, True]),  # 2 and 4 alone would be the rest of the total
        ([3, 0, 16], [True, False, True]),
        ([10, 7, 0], [False] * 3),
        ([3], [True]),
    ],
)
def test_small_parts_of_one_total_take_the_least_of_the_others_along(counts: list[int], hidden: list[bool]) -> None:
    assert parts_hidden(counts, 5).tolist() == hidden
    assert not parts_hidden(counts, 0).any()


def test_levels_of_bars_are_joined_until_no_part_is_small_and_a_bar_that_cannot_be_is_left_out() -> None:
    levels = ["0", "1", "2", "3 or more"]
    bars = [
        Bar("A", dict(zip(levels, (9, 8, 3, 4), strict=True))),
        Bar("B", dict(zip(levels, (9, 9, 0, 7), strict=True))),
    ]
    kept, joined = shareable(bars, levels, 5)
    assert joined == ["0", "1", "2 or more"]
    assert [list(bar.counts.values()) for bar in kept] == [[9, 8, 7], [9, 9, 7]]
    assert shareable(bars, levels, 0) == (bars, levels)
    few = Bar("C", dict(zip(levels, (1, 1, 1, 1), strict=True)))
    assert [bar.label for bar in shareable([*bars, few], levels, 5)[0]] == ["A", "B"]
    assert shareable([few], levels, 5)[0] == []


def test_steps_of_a_curve_are_joined_until_each_and_what_is_left_counts_enough_patients() -> None:
    by, at_risk = [0, 1, 2, 3, 5, 6, 9], [20, 19, 18, 16, 10, 6, 2]
    kept = joined_steps(at_risk, 3, by)
    assert kept.tolist() == [0, 3, 5]
    assert (np.diff(np.asarray(by)[kept]) >= 3).all()
    assert joined_steps(at_risk, 0, by).tolist() == list(range(7))
    by[-1] = 8  # two more after the step to 6 would be told by a total of 8
    assert joined_steps(at_risk, 3, by).tolist() == [0, 3]


def test_a_step_ends_at_a_landmark_that_is_told_elsewhere_if_it_can() -> None:
    by, at_risk = list(range(11)), list(range(20, 9, -1))
    assert joined_steps(at_risk, 3, by).tolist() == [0, 3, 6, 10]
    assert joined_steps(at_risk, 3, by, through=5).tolist() == [0, 5, 10]
    assert joined_steps(at_risk, 3, by, through=2).tolist() == [0, 3, 6, 10]


def test_events_beside_patients_leave_no_small_step_either() -> None:
    patients, events = [0, 3, 6, 6], [0, 4, 9, 11]
    assert joined_steps([9, 9, 9, 9], 3, patients).tolist() == [0, 1, 2]
    assert joined_steps([9, 9, 9, 9], 3, patients, events).tolist() == [0, 1, 3]


def test_a_term_that_leaves_few_patients_of_the_one_that_holds_it_is_hidden() -> None:
    counts = {"any": (20, 30), "severe": (17, 10), "fatal": (5, 2)}
    rows = [(term, arm, n) for term, both in counts.items() for arm, n in zip("AB", both, strict=True)]
    table = pd.DataFrame(rows, columns=["term", "arm", "subjects"])
    assert small_terms(table, 5) == {("fatal", "B")}
    assert small_terms(table, 5, ("any", "severe", "fatal")) == {("fatal", "B"), ("severe", "A")}
    assert small_terms(table, 0, ("any", "severe", "fatal")) == set()


def test_hidden_is_said_in_print_and_explained_only_where_something_can_be_hidden() -> None:
    assert share_text(math.nan, 70) == HIDDEN
    assert share_text(7, 70) == "7 (10.0%)"
    assert small_cell_notes(0) == small_cell_notes(1) == ()
    assert "fewer than 5 patients" in small_cell_notes(5)[0]


def test_notes_on_the_tables_name_no_row_and_no_value_where_small_cells_are_hidden() -> None:
    problem = Problem("adae", "ASTDT", "after the subject's death", "warning", (7,), 1, "'S-007'")
    assert "S-007" in str(shareable_notes([problem], 0, source="yours"))
    said = str(shareable_notes([problem], 5, source="yours"))
    assert "after the subject's death" in said
    assert "S-007" not in said
    assert "row 7" not in said
