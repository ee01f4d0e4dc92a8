"""How long patients were followed, and how the control arm compares with what was published before."""

import pandas as pd
import pytest

from lentap.published import comparator_facts, lentap_facts
from lentap.show.participants import follow_up_table, selection_figure, selection_words
from lentap.show.record.participants import record_follow_up, record_selection
from lentap.validation.datasets import lung


def test_follow_up_is_that_of_reversed_curves() -> None:
    data = lung()
    times = pd.DataFrame({"arm": "all", "time": data["time"], "event": data["event"].astype(bool)})
    (found,) = record_follow_up(times, endpoint="OS", unit="days", level=0.95, source="yours").values()
    assert (found.estimate, found.low, found.high) == (588, 511, 1010)  # R: survfit(Surv(time, status == 1) ~ 1, lung)
    assert found.counts == {"patients": "228", "still followed": "63"}
    assert follow_up_table({"all": found}, endpoint="Survival").frame.shape == (1, 4)


def test_the_published_control_rate_stands_beside_every_pooled_one() -> None:
    comparators = comparator_facts()
    found = record_selection(lentap_facts(), comparators, spread=0.0, level=0.95)
    assert found.counts == (13, 71)
    pooled = comparators[(comparators["endpoint"] == "conversion") & (comparators["arm"] == "TACE")]
    assert [one.study for one in found.pooled] == list(pooled["study"])
    figure = selection_figure(found, level=0.95)
    assert len(figure.data) == 1 + 2 * len(found.pooled)


def test_studies_that_differ_more_make_the_observed_rate_less_surprising() -> None:
    by_spread = [
        [
            one.at_least.estimate
            for one in record_selection(lentap_facts(), comparator_facts(), spread=s, level=0.95).pooled
        ]
        for s in (0.0, 0.7)
    ]
    assert all(wide > narrow for narrow, wide in zip(*by_spread, strict=True) if narrow and wide)


@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_the_assumption_about_studies_is_said(spread: float) -> None:
    found = record_selection(lentap_facts(), comparator_facts(), spread=spread, level=0.95)
    assert f"standard deviation of {spread:g}" in selection_words(found, spread=spread).text
