"""Smoothed hazards: lifelines' numbers away from the ends, the truth at them, and what is refused."""

import numpy as np
import pytest
from lifelines import NelsonAalenFitter

from lentap.errors import StatisticsError
from lentap.stats.smoothed_hazard import smoothed_hazard
from lentap.validation.datasets import gbsg2, lung


def test_it_is_the_step_divided_by_the_width_for_one_event_by_hand() -> None:
    """One event among four, in the middle of its kernel: 1/4 * 0.75 / 2."""
    found = smoothed_hazard([5, 10, 10, 10], [1, 0, 0, 0], at=[5, 7.5], bandwidth=2.0)
    assert found.hazard.tolist() == pytest.approx([0.25 * 0.75 / 2, 0.0])
    assert found.low[0] == pytest.approx(found.hazard[0] * np.exp(-1.959963985))
    assert np.isnan(found.low[1])


def test_away_from_the_ends_it_agrees_with_lifelines() -> None:
    rows, bandwidth = lung(), 60.0
    theirs = NelsonAalenFitter(nelson_aalen_smoothing=False).fit(rows["time"], rows["event"])
    expected = theirs.smoothed_hazard_(bandwidth).iloc[:, 0].loc[100:600]
    found = smoothed_hazard(rows["time"], rows["event"], at=expected.index, bandwidth=bandwidth)
    assert found.hazard.tolist() == pytest.approx(expected.tolist(), rel=1e-6)


def test_a_constant_hazard_is_found_also_at_time_0() -> None:
    time = np.random.default_rng(1).exponential(10.0, 20_000)
    found = smoothed_hazard(np.minimum(time, 15), time < 15, at=[0, 0.5, 7, 15], bandwidth=2.0)
    assert found.hazard.tolist() == pytest.approx([0.1] * 4, rel=0.1)
    assert (found.low < 0.1).all()
    assert (found.high > 0.1).all()


def test_a_unit_of_time_changes_the_rate_by_its_factor() -> None:
    rows = gbsg2()
    days = smoothed_hazard(rows["time"], rows["cens"], at=[400.0], bandwidth=200.0)
    years = smoothed_hazard(rows["time"] / 365.25, rows["cens"], at=[400 / 365.25], bandwidth=200 / 365.25)
    assert years.hazard[0] == pytest.approx(365.25 * days.hazard[0])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"at": [11.0]}, "from 0 to the last"),
        ({"at": [-1.0]}, "from 0"),
        ({"bandwidth": 0.0}, "a finite number above 0"),
    ],
)
def test_what_has_no_meaning_is_refused(changed: dict, words: str) -> None:
    with pytest.raises(StatisticsError, match=words):
        smoothed_hazard([5, 10], [1, 0], **{"at": [5.0], "bandwidth": 1.0, **changed})
