"""Meta-analysis of few studies: what must hold besides the answers of R."""

import numpy as np
import pytest
from scipy.stats import t

from lentap.errors import ArgumentError
from lentap.stats.meta_analysis import meta_analysis
from lentap.stats.pooling import pool_effects


def test_studies_of_one_size_have_the_interval_of_a_sample_mean() -> None:
    effects = np.array([0.1, 0.9, 0.4, 1.6])
    found = meta_analysis(effects, np.full(4, 0.1))
    reach = t.isf(0.025, 3) * effects.std(ddof=1) / 2
    assert (found.mean.low, found.mean.high) == pytest.approx((effects.mean() - reach, effects.mean() + reach))


def test_a_new_study_of_equal_ones_is_predicted_as_a_new_observation_with_one_degree_less() -> None:
    effects, error = np.array([0.1, 0.9, 0.4, 1.6]), 0.1
    spread = effects.std(ddof=1)
    reach = t.isf(0.025, 2) * np.sqrt(spread**2 - error**2 + spread**2 / 4)
    found = meta_analysis(effects, np.full(4, error))
    assert found.prediction.high - found.prediction.value == pytest.approx(reach)


def test_effects_that_agree_too_well_keep_the_error_of_their_sizes_when_asked() -> None:
    effects, errors = [0.50, 0.51, 0.49], [0.2, 0.3, 0.25]
    plain, modified = (
        meta_analysis(effects, errors, interval=one) for one in ("hartung-knapp", "modified-hartung-knapp")
    )
    assert modified.error == pytest.approx(pool_effects(effects, errors).mean.error)
    assert plain.error < modified.error / 5


def test_two_studies_predict_no_third() -> None:
    found = meta_analysis([0.0, 1.0], [0.1, 0.1])
    assert np.isnan([found.prediction.low, found.prediction.high]).all()
    assert np.isfinite([found.mean.low, found.mean.high]).all()


def test_one_study_is_refused() -> None:
    with pytest.raises(ArgumentError, match="two effects or more"):
        meta_analysis([0.1], [0.1])


def test_intervals_of_heterogeneous_studies_hold_their_level() -> None:
    """Five studies of unequal size whose true effects vary: Wald's interval would cover about 0.88."""
    random = np.random.default_rng(5)
    errors = np.array([0.1, 0.15, 0.2, 0.3, 0.4])
    held = []
    for _ in range(400):
        effects = random.normal(0.3, 0.3, 5) + random.normal(0, errors)
        mean = meta_analysis(effects, errors).mean
        held.append(mean.low <= 0.3 <= mean.high)
    assert 0.92 <= np.mean(held) <= 0.98
