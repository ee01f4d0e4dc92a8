"""The emulated trial on the page: beside other ways of counting, and where it cannot be."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lentap.adam import Trial
from lentap.show.emulation import emulated_curves, emulation_table, emulation_words
from lentap.show.figure import Figure
from lentap.show.prose import Prose
from lentap.show.record.emulation import Emulation, record_emulation
from lentap.show.record.timing import Course, heart_course, resection_course
from lentap.validation import references
from lentap.validation.datasets import heart_patients


def emulation(course: Course, grace: float, horizon: float, **other: float) -> Emulation:
    settings = {"replicates": 40, "seed": 1, "level": 0.95, "source": "yours"} | other
    return record_emulation("a.b", course, grace=grace, horizon=horizon, **settings)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def heart() -> Course:
    return heart_course(heart_patients())


@pytest.fixture(scope="module")
def found(heart: Course) -> Emulation:
    return emulation(heart, 30.0, 365.0)


def test_the_page_gives_the_answers_of_r_for_the_heart_transplants(found: Emulation) -> None:
    """survival 3.5-3: clones by hand, ridge regressions, weighted survfit; patients with a time of 0 are none here."""
    theirs = {one.id: one.answers for one in references() if one.id.startswith("clone-censor-weight-heart")}
    pairs = {"cloned, not weighted": "heart", "cloned, weighted for age, year, surgery": "heart-adjusted"}
    for way in found.ways[2:]:
        answers = theirs[f"clone-censor-weight-{pairs[way.how]}"]
        assert way.difference is not None
        assert way.mean_difference is not None
        assert way.difference.estimate == pytest.approx(answers["difference"], rel=1e-6)
        assert way.mean_difference.estimate == pytest.approx(answers["mean_difference"], rel=1e-6)


def test_every_way_of_counting_stands_in_one_table(found: Emulation) -> None:
    table = emulation_table(found, source="yours").frame  # type: ignore[union-attr]
    assert table["Counted"].tolist() == [
        "Ever against never", "Simon-Makuch curves", "Cloned, not weighted", "Cloned, weighted for age, year, surgery",
    ]  # fmt: skip
    naive, cloned = (float(table["Difference (points)"].iloc[row].split(" ")[0]) for row in (0, 3))
    assert naive > 30 > cloned


def test_the_words_follow_the_interval(found: Emulation, heart: Course) -> None:
    words = str(emulation_words(found))
    assert words.startswith("- **Transplanted within 30 days, if possible, against never**")
    assert "includes no difference" in words
    longer = np.where(heart.ever, heart.change + 30 * (heart.time - heart.change), heart.time)
    course = replace(heart, time=np.maximum(longer, 0.5), adjustments={})
    assert "on the side of the strategy to operate" in str(emulation_words(emulation(course, 30.0, 200.0)))


def test_the_curves_reach_the_horizon_and_mark_the_grace_period(found: Emulation) -> None:
    figure = emulated_curves(found, source="yours")
    assert isinstance(figure, Figure)
    assert [trace.x[-1] for trace in figure.plotly.data] == [365.0, 365.0]
    assert figure.plotly.layout.shapes[0].x0 == 30.0


def test_a_horizon_beyond_follow_up_is_brought_back(heart: Course) -> None:
    far = emulation(heart, 30.0, 1e6)
    assert far.horizon < 1800
    assert far.weighted is not None


def test_the_shipped_trial_has_an_answer_in_every_sample(shipped: Trial) -> None:
    course = resection_course(shipped, shipped.time_to_resection("OS"), "OS", "ITT")
    found = emulation(course, 6.0, 24.0)
    assert [way.how for way in found.ways if way.trial] == [
        "cloned, not weighted", "cloned, weighted for arm", "cloned, weighted for arm and baseline"
    ]  # fmt: skip
    assert found.weighted is not None
    assert found.weighted.trial is not None
    assert found.weighted.trial.replicates == 40
    assert "no answer" not in str(emulation_words(found))


@pytest.mark.parametrize(
    ("changed", "grace", "why"),
    [
        ({"event": np.zeros(103, dtype=bool)}, 30.0, "no event is seen"),
        ({"change": np.full(103, np.nan)}, 30.0, "no transplantation is seen"),
        ({}, 0.01, "changed who are followed beyond it"),
        ({}, 1e5, "followed beyond it"),
    ],
)
def test_where_no_trial_can_be_emulated_the_page_says_why(
    heart: Course, changed: dict[str, np.ndarray], grace: float, why: str
) -> None:
    found = emulation(replace(heart, **changed), grace, 2 * grace)
    assert why in str(emulation_words(found))
    assert isinstance(emulated_curves(found, source="yours"), Prose)
    assert isinstance(emulation_table(found, source="yours"), Prose)


def test_covariates_without_use_leave_the_other_ways(heart: Course) -> None:
    constant = replace(heart, adjustments={"site": pd.DataFrame({"site": ["one"] * 103})})
    found = emulation(constant, 30.0, 365.0)
    assert "site is the same in all patients" in found.ways[-1].why
    assert found.weighted is not None
    assert found.weighted.how == "cloned, not weighted"
    table = emulation_table(found, source="yours")
    assert any("site is the same in all patients" in note for note in table.notes)  # type: ignore[union-attr]


def test_patients_without_follow_up_are_left_out(heart: Course) -> None:
    time = heart.time.copy()
    event = heart.event.copy()
    time[0], event[0] = 0.0, False
    found = emulation(replace(heart, time=time, event=event), 30.0, 365.0)
    assert found.weighted is not None
    assert found.weighted.difference is not None
    assert found.weighted.difference.counts == {"patients": "102"}
