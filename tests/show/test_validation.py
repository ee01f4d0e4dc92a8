"""The page that sets our answers beside other people's."""

from dataclasses import replace

import pandas as pd
import pytest

from lentap.show.validation import TITLES, Families, answers_table, record_agreement, summary_table, validation_points
from lentap.validation import Reference, compare, references, validation_table
from lentap.validation.compare import FAMILIES


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    return validation_table()


def test_every_family_of_functions_has_a_title() -> None:
    assert set(TITLES) == set(FAMILIES)


def test_every_stored_answer_is_on_the_page(answers: pd.DataFrame) -> None:
    stored = sum(len(a) if isinstance(a, list) else 1 for one in references() for a in one.answers.values())
    assert answers["of"].sum() == stored
    listed = sum(len(answers_table(answers, family).frame) for family in answers["family"].unique())
    assert listed == answers["id"].nunique() == len(references())


def test_the_summary_adds_up(answers: pd.DataFrame) -> None:
    columns = summary_table(answers).frame.drop(columns="Family").apply(lambda c: c.str.replace(",", "").astype(int))
    assert (columns["in print"] + columns["computed elsewhere"] == columns["Numbers"]).all()
    assert columns["Numbers"].sum() == answers["of"].sum()


def test_a_number_that_is_apart_is_counted_marked_and_stands_first(answers: pd.DataFrame) -> None:
    broken = answers.copy()
    last = broken.index[broken["family"] == "cox"][-1]
    broken.loc[last, ["agrees", "strain", "of"]] = [False, 9.0, 1]
    assert "1 does not agree" in validation_points(record_agreement(broken))[0]
    table = answers_table(broken, "cox").frame
    assert table["Difference"].str.endswith("(apart)").tolist() == [True] + [False] * (len(table) - 1)


def test_all_agreeing_is_said_only_where_all_agree(answers: pd.DataFrame) -> None:
    assert "Every one agrees" in validation_points(record_agreement(answers))[0]


def a_printed_reference() -> Reference:
    return next(one for one in references() if one.name == "proportions/wilson-81-of-263")


def test_one_percent_off_is_apart() -> None:
    one = a_printed_reference()
    assert all(found.agrees for found in compare(one))
    answers: dict[str, float | list[float | None] | None]
    answers = {part: answer * 1.01 for part, answer in one.answers.items() if isinstance(answer, float)}
    assert not any(found.agrees for found in compare(replace(one, answers=answers)))


def test_words_from_a_reference_cannot_become_markup(answers: pd.DataFrame) -> None:
    loud = answers[answers["family"] == "baseline"].assign(note="<script>", quantity="<script>")
    assert "<script>" not in Families(loud)._repr_html_()
