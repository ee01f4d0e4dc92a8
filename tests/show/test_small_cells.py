"""Cells that count few patients are hidden, with whatever would give them away."""

import math

import numpy as np
import pandas as pd
import pytest

from lentap.adam import Problem
from lentap.show.small_cells import (
    HIDDEN,
    is_small,
    joined_steps,
    parts_without_small,
    share_text,
    shareable_notes,
    small_cell_notes,
    without_small,
)


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


def test_steps_of_a_curve_are_joined_until_each_counts_enough_patients() -> None:
    by, at_risk = [0, 1, 2, 3, 5, 6, 9], [20, 19, 18, 16, 10, 6, 2]
    kept = joined_steps(by, at_risk, 3)
    assert kept.tolist() == [0, 3, 5]
    assert (np.diff(np.asarray(by)[kept]) >= 3).all()
    assert joined_steps(by, at_risk, 0).tolist() == list(range(7))


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
