"""Models judged as in new subjects: what chance built is taken off, and what is real stays."""

import numpy as np
import pytest

from lentap.errors import StatisticsError
from lentap.stats.covariates import Design
from lentap.stats.internal_validation import cross_validated, internal_validation, likelihood_ratio
from lentap.stats.logistic import logistic_regression
from lentap.stats.splines import restricted_cubic_spline, spline_knots
from lentap.stats.validation_size import area_validation_size, large_validation_size, slope_validation_size


def model(columns: int, n: int = 60, effect: float = 0.0, seed: int = 3) -> tuple[Design, np.ndarray]:
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(n, columns))
    outcome = random.random(n) < 1 / (1 + np.exp(-effect * matrix[:, 0]))
    names = ("intercept", *(f"x{place}" for place in range(columns)))
    return Design(np.column_stack([np.ones(n), matrix]), names), outcome


def test_what_twelve_columns_of_noise_seem_to_predict_is_taken_off() -> None:
    found = internal_validation(*model(12), replicates=60)
    assert found.apparent.area > 0.7
    assert found.corrected.area == pytest.approx(0.5, abs=0.12)
    assert found.corrected.slope < 0.5 < found.apparent.slope
    assert found.failed == 0


def test_a_real_and_strong_predictor_of_many_subjects_loses_next_to_nothing() -> None:
    found = internal_validation(*model(1, n=600, effect=2.0), replicates=40)
    assert found.apparent.area - found.corrected.area < 0.01
    assert found.corrected.slope == pytest.approx(1.0, abs=0.05)


def test_the_same_seed_gives_the_same_correction() -> None:
    assert internal_validation(*model(2), replicates=20, seed=4) == internal_validation(
        *model(2), replicates=20, seed=4
    )


def test_noise_predicts_nothing_once_nobody_is_predicted_by_a_model_that_has_seen_them() -> None:
    design, outcome = model(12)
    predicted = cross_validated(design, outcome)
    assert ((predicted > 0) & (predicted < 1)).all()
    brier = np.mean((predicted - outcome) ** 2)
    assert brier > outcome.mean() * (1 - outcome.mean())


def test_the_outcome_of_a_subject_does_not_touch_its_own_prediction() -> None:
    design, outcome = model(2, n=20, effect=1.0)
    flipped = outcome.copy()
    flipped[0] = not flipped[0]
    before, after = (cross_validated(design, one, folds=20) for one in (outcome, flipped))
    assert after[0] == pytest.approx(before[0])
    assert after[1:] != pytest.approx(before[1:])


@pytest.mark.parametrize("outcome", [np.zeros(60, dtype=bool), np.ones(60, dtype=bool)])
def test_an_outcome_that_is_always_the_same_is_refused(outcome: np.ndarray) -> None:
    with pytest.raises(StatisticsError, match="in every row"):
        internal_validation(model(2)[0], outcome)
    with pytest.raises(StatisticsError, match="two rows or more"):
        cross_validated(model(2)[0], outcome)


def test_a_column_more_is_tested_with_one_degree_of_freedom() -> None:
    design, outcome = model(3, n=200, effect=1.5)
    smaller = logistic_regression(Design(design.matrix[:, [0, 2, 3]], ("intercept", "x1", "x2")), outcome)
    larger = logistic_regression(design, outcome)
    assert likelihood_ratio(larger, smaller, outcome).df == 1
    assert likelihood_ratio(larger, smaller, outcome).p_value < 1e-6
    with pytest.raises(StatisticsError, match="more columns"):
        likelihood_ratio(smaller, larger, outcome)


def test_a_spline_is_straight_beyond_its_outer_knots() -> None:
    knots = [0.0, 1.0, 2.0]
    below, above = (restricted_cubic_spline(values, knots)[:, 1] for values in ([-2, -1, 0.0], [2, 3, 4.0]))
    assert below == pytest.approx(0)
    assert np.diff(above, 2) == pytest.approx(0)
    assert (np.diff(above) > 0).all()


def test_values_that_cannot_carry_knots_are_refused() -> None:
    with pytest.raises(StatisticsError, match="different knots"):
        spline_knots([1.0] * 9 + [2.0])
    with pytest.raises(StatisticsError, match="rising"):
        restricted_cubic_spline([1.0, 2.0], [1.0, 1.0, 2.0])
    with pytest.raises(StatisticsError, match="knots"):
        spline_knots([1.0, 2.0], 7)


def test_a_narrower_interval_needs_more_patients_and_a_perfect_marker_few() -> None:
    assert area_validation_size(0.8, 0.3, half_width=0.025) > 3 * area_validation_size(0.8, 0.3, half_width=0.05)
    assert area_validation_size(0.999, 0.5) < 40
    assert large_validation_size(0.5) == 385  # (1 - 0.5) / 0.5 / (0.1 / 1.96)^2
    assert slope_validation_size([-1.0, 1.0]) == slope_validation_size([1.0, -1.0])


@pytest.mark.parametrize(
    "call",
    [
        lambda: area_validation_size(1.0, 0.5),
        lambda: area_validation_size(0.8, 0.0),
        lambda: large_validation_size(0.5, half_width=0.0),
        lambda: slope_validation_size([1.0, 1.0]),
    ],
)
def test_sizes_of_what_has_no_size_are_refused(call) -> None:
    with pytest.raises(StatisticsError):
        call()
