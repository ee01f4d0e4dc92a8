"""Repeated measurements of patients: agreement with what is known, and refusals by name."""

import numpy as np
import pytest
import statsmodels.api as sm

from lentap.errors import StatisticsError
from lentap.stats.biomarker import doublings
from lentap.stats.mixed_model import random_intercept


def visits(between: float, n: int = 60, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Four visits of each patient, a tenth of them missing, rising by 0.5 a visit."""
    random = np.random.default_rng(seed)
    patient, visit = np.repeat(np.arange(n), 4), np.tile(np.arange(4.0), n)
    y = 0.5 * visit + between * random.normal(size=n)[patient] + 0.3 * random.normal(size=4 * n)
    kept = random.random(4 * n) > 0.1
    return y[kept], np.column_stack([np.ones(4 * n), visit])[kept], patient[kept]


def test_it_gives_what_statsmodels_gives() -> None:
    y, x, patient = visits(1.0)
    theirs = sm.MixedLM(y, x, groups=patient).fit(reml=True)
    found = random_intercept(y, x, patient)
    assert found.coefficients == pytest.approx(theirs.fe_params, rel=1e-5)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx(theirs.bse_fe, rel=1e-3)
    assert found.between**2 == pytest.approx(theirs.cov_re[0, 0], rel=1e-3)
    assert found.log_likelihood == pytest.approx(theirs.llf, rel=1e-6)


def test_one_measurement_counted_four_times_says_no_more_than_once() -> None:
    """Four equal visits but for the last digits: the mean is known as well as from the patients, not from the rows."""
    random = np.random.default_rng(2)
    levels = random.normal(size=50)
    patient = np.repeat(np.arange(50), 4)
    found = random_intercept(levels[patient] + 0.05 * random.normal(size=200), np.ones((200, 1)), patient)
    assert np.sqrt(found.covariance[0, 0]) == pytest.approx(levels.std(ddof=1) / np.sqrt(50), rel=0.01)


def test_measurements_no_more_alike_within_patients_than_between_are_at_the_boundary() -> None:
    y = np.tile([1.0, -1.0, 2.0, -2.0], 10)  # every patient has the same mean
    found = random_intercept(y, np.ones((40, 1)), np.repeat(np.arange(10), 4))
    assert found.boundary
    assert found.between == 0.0
    assert found.within == pytest.approx(y.std(ddof=1))


def test_a_contrast_is_the_difference_of_two_means_within_patients() -> None:
    y, x, patient = visits(3.0)
    change = random_intercept(y, x, patient).contrast([0.0, 1.0], level=0.9)
    assert change.low < 0.5 < change.high
    assert change.level == 0.9
    assert change.error < 0.05  # the wide spread between patients does not enter


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"patient": np.arange(8)}, "one measurement each"),
        ({"matrix": np.ones((8, 2))}, "full rank"),
        ({"outcome": np.ones(8)}, "variation of its own"),
        ({"outcome": np.r_[np.nan, np.ones(7)]}, "finite"),
        ({"outcome": np.repeat([1.0, 5.0, 2.0, 9.0], 2)}, "no convergence"),
    ],
)
def test_what_has_no_answer_is_refused_by_name(changed: dict[str, np.ndarray], why: str) -> None:
    given = {"outcome": np.arange(8.0) % 3, "matrix": np.ones((8, 1)), "patient": np.repeat(np.arange(4), 2)} | changed
    with pytest.raises(StatisticsError, match=why):
        random_intercept(**given)


def test_a_level_of_0_is_half_of_the_smallest_above_and_one_below_0_is_refused() -> None:
    logs, zeros = doublings([4.0, 0.0, np.nan, 1.0])
    assert zeros == 1
    assert logs[[0, 1, 3]].tolist() == [2.0, -1.0, 0.0]
    assert np.isnan(logs[2])
    with pytest.raises(StatisticsError, match="0 or more"):
        doublings([-0.1, 1.0])
