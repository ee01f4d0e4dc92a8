"""Medians of the loaded trial beside published ones."""

from lentap.adam import Trial
from lentap.published import comparator_facts, lentap_facts
from lentap.show.context import context_forest, context_points
from lentap.show.figure import Figure
from lentap.show.record.context import record_context
from lentap.show.record.context_trial import own_findings


def test_a_limit_of_a_median_that_the_curve_does_not_come_down_to_is_not_reached(shipped: Trial) -> None:
    facts, others = comparator_facts(), lentap_facts()
    found = record_context("a.b", "OS median", facts, others, fewest=3, interval="hartung-knapp", level=0.95)
    words = context_points(found, own_findings(shipped, "OS median", "ITT", level=0.95))[-1]
    assert "LEN-TAP 24.9 (17.0 to not reached)" in words
    assert "not estimable" not in words


def test_times_are_drawn_from_zero_on(shipped: Trial) -> None:
    found = record_context(
        "a.b", "time to surgery", comparator_facts(), lentap_facts(), fewest=3, interval="hartung-knapp", level=0.95
    )
    own = own_findings(shipped, "time to surgery", "ITT", level=0.95)
    figure = context_forest(found, own, design=shipped.design, source=shipped.source)
    assert isinstance(figure, Figure)
    start, end = figure.plotly.layout.xaxis.range
    assert start == 0
    assert end > 4.3
    assert "1 published result of 1 cohort" in context_points(found, own)[0]
