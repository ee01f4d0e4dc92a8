"""The question of a trial: its schema, its estimands, and what judgement alone could do."""

from pathlib import Path

import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from lentap.adam import load_trial
from lentap.errors import DataError
from lentap.estimands import STRATEGIES, load_estimands
from lentap.published import lentap_facts
from lentap.show.question import estimand_table, fact_list, reading_table, unknown_list
from lentap.show.record.question import Rejudged, published_counts, record_rejudged, rejudge
from lentap.show.schema import trial_schema


def published(taken_back: float, overlooked: float) -> Rejudged:
    counts = published_counts(lentap_facts(), "efficacy.slr")
    settings = {"taken_back": taken_back, "overlooked": overlooked, "level": 0.95}
    return record_rejudged(counts, control="TACE", source="published", **settings)["LEN-TAP"]


def test_nothing_taken_back_leaves_the_published_counts() -> None:
    assert published(0, 0).difference.counts == {"LEN-TAP": "42/71", "TACE": "13/71"}


def test_decisions_taken_back_and_overlooked_for_are_whole_patients() -> None:
    assert rejudge((42, 71, 13, 71), 0.2, 0.1) == (34, 71, 19, 71)


def test_the_share_that_tips_is_the_first_whose_interval_includes_no_difference() -> None:
    found = published(0, 0)
    tips = found.tips_at.estimate
    assert tips is not None
    for share, should_include in ((tips - 1 / 42, False), (tips, True)):
        a, n1, b, n0 = rejudge(found.counts, share, 0)
        low, _ = confint_proportions_2indep(a, n1, b, n0, method="newcomb", compare="diff")
        assert bool(low <= 0) is should_include, share


def test_no_share_tips_a_difference_that_is_not_there_to_begin_with() -> None:
    tied = record_rejudged(
        {"A": (10, 50), "B": (10, 50)}, control="B", taken_back=0, overlooked=0, level=0.95, source="yours"
    )["A"]
    assert tied.tips_at.estimate == 0.0


def test_the_schema_names_every_arm_in_its_drawing_and_in_words() -> None:
    design = load_trial("shipped", "adsl").design
    drawing = trial_schema(design, ["Review"])
    for arm in design.arms:
        assert arm.name in drawing.alt
        assert f">{arm.name}: " in drawing.svg


def test_words_in_a_schema_cannot_become_markup() -> None:
    assert "<b>" not in trial_schema(load_trial("shipped", "adsl").design, ["<b>"]).svg


def test_every_endpoint_of_the_trial_has_an_estimand_with_its_events() -> None:
    estimands = load_estimands()
    assert {*load_trial("shipped", "adsl").design.endpoints, "SLR", "ORR"} <= set(estimands)
    assert all(one.events for one in estimands.values())
    shown = estimand_table(estimands).frame["Estimand"]
    assert set(shown) == {f"{one.name}: {one.endpoint}" for one in estimands.values()}


def test_an_unknown_strategy_is_named_with_the_legal_ones(tmp_path: Path) -> None:
    words = "{endpoint: Survival, question: 'How long?', population: all, variable: time, summary: ratio,"
    file = tmp_path / "estimands.yml"
    file.write_text(f"OS: {words} events: {{death: {{strategy: ignore, meaning: nothing}}}}}}")
    with pytest.raises(DataError, match=rf"OS\.events\.death.*ignore.*{STRATEGIES[0]}"):
        load_estimands(file)


def test_the_reading_taken_is_marked_and_none_is_where_it_is_unresolved() -> None:
    assert [c for c in reading_table("random").frame.columns if "this page" in c] == ["random (this page)"]
    assert not [c for c in reading_table("unresolved").frame.columns if "this page" in c]


def test_what_the_sources_say_of_the_allocation_stands_side_by_side() -> None:
    words = fact_list(lentap_facts(), "design.allocation").text
    for value in ("assigned", "randomly assigned 1:1", "unresolved"):
        assert f"**{value}**" in words


def test_what_is_unknown_names_what_would_settle_it() -> None:
    facts = lentap_facts()
    listed = unknown_list(facts, "design").text
    unknown = facts[(facts["topic"] == "design") & (facts["status"] == "unknown")]
    assert len(unknown)
    assert all(row in listed for row in unknown["needs"])
