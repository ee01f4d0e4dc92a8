"""A log hazard ratio over time: R's numbers stand in the references; here its spline and what is refused."""

import numpy as np
import pandas as pd
import pytest

from lentap.errors import StatisticsError
from lentap.stats.cox import cox
from lentap.stats.effect_over_time import effect_over_time, natural_spline


def test_the_spline_is_linear_beyond_its_knots_and_bends_between_them() -> None:
    knots = np.array([0.0, 0.3, 0.7, 1.0])
    basis = natural_spline(np.array([-2.0, -1.0, 0.0, 1.0, 2.0, 3.0]), knots)
    assert basis.shape == (6, 4)
    for side in (basis[:3], basis[3:]):
        assert np.diff(side, n=2, axis=0) == pytest.approx(np.zeros((1, 4)), abs=1e-9)
    assert np.abs(np.diff(natural_spline(np.linspace(0, 1, 5), knots), n=2, axis=0)).max() > 0.01


def test_a_ratio_that_rises_is_drawn_rising_and_has_a_dot_an_event() -> None:
    random = np.random.default_rng(6)
    treated = np.repeat([1.0, 0.0], 500)
    time = np.where(treated == 1, 10 * random.weibull(3, 1000), 10 * random.weibull(1, 1000))
    found = effect_over_time(cox(time, np.ones(1000), pd.DataFrame({"treated": treated})))["treated"]
    assert found.value[0] < found.low[found.time.size // 2]
    assert found.residuals.size == found.event_time.size == 1000
    assert (found.low < found.value).all()


@pytest.mark.parametrize("df", [1, 4])
def test_a_spline_needs_as_many_event_times_as_degrees_of_freedom(df: int) -> None:
    model = cox([1, 2, 3, 4, 4, 4], [1, 1, 1, 0, 0, 0], pd.DataFrame({"treated": [1, 0, 1, 0, 1, 0]}))
    with pytest.raises(StatisticsError, match="the distinct event times"):
        effect_over_time(model, df=df)
