import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError
from lentap.stats.decision_curve import decision_curve
from lentap.stats.resampling import bootstrap_counts, percentile_limits
from tests.stats.test_calibration import drawn

AT = [0.05, 0.2, 0.5, 0.8]


def of(table, strategy, column="net_benefit"):
    return table.loc[table["strategy"] == strategy, column].to_numpy()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_no_model_beats_a_perfect_one_and_treating_none_gains_nothing(seed):
    p, event = drawn(60, seed)
    table = decision_curve(pd.DataFrame({"score": p, "oracle": event * 1.0}), event, AT)
    assert of(table, "treat none").tolist() == [0] * 4
    assert of(table, "oracle", "standardised") == pytest.approx(1)
    assert (of(table, "score") <= event.mean() + 1e-12).all()
    assert of(table, "treat all", "avoided") == pytest.approx(0)


def test_whom_to_treat_begins_at_the_threshold():
    table = decision_curve([0.2, 0.1999, 0.9, 0.4], [1, 1, 0, 1], [0.2])
    assert of(table, "model")[0] == pytest.approx((2 - 1 * 0.25) / 4)
    assert of(table, "treat all")[0] == pytest.approx((3 - 1 * 0.25) / 4)


def test_avoided_treatments_are_those_spared_where_no_event_is_missed():
    event = np.repeat([True, False], [10, 90])
    p = np.where(np.arange(100) < 40, 0.5, 0.01)
    assert of(decision_curve(p, event, [0.1]), "model", "avoided")[0] == pytest.approx(60)


def test_limits_are_the_percentiles_of_the_seeds_resamples():
    p, event = drawn(50, 4)
    table = decision_curve(p, event, AT, replicates=80, seed=3, level=0.9)
    (counts,) = bootstrap_counts(50, 80, 3)
    samples = []
    for row in counts.astype(int):
        rows = np.repeat(np.arange(50), row)
        samples.append(decision_curve(p[rows], event[rows], AT)["net_benefit"].to_numpy())
    low, high = percentile_limits(np.vstack(samples), 0.9)
    assert table["low"].to_numpy() == pytest.approx(low)
    assert table["high"].to_numpy() == pytest.approx(high)
    assert decision_curve(p, event, AT)["low"].isna().all()


def test_the_order_of_rows_changes_nothing():
    p, event = drawn(40, 8)
    order = np.random.default_rng(1).permutation(40)
    pd.testing.assert_frame_equal(decision_curve(p, event, AT), decision_curve(p[order], event[order], AT))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: decision_curve([0.1, 1.2], [0, 1], [0.1]), "predicted is 1.2: legal is probabilities from 0 to 1"),
        (lambda: decision_curve([0.1, 0.2], [0, 0], [0.1]), "outcome is 'False in every row'"),
        (lambda: decision_curve([0.1, 0.2], [0, 1], [0.1, 1]), "thresholds is 1"),
        (lambda: decision_curve([0.1, 0.2], [0, 1], []), "thresholds is"),
        (lambda: decision_curve([0.1, 0.2], [0, 1, 1], [0.1]), "outcome is 'array of 3'"),
        (lambda: decision_curve([0.1, 0.2], [0, 1], [0.1], replicates=5), "replicates is 5"),
        (lambda: decision_curve([0.1, 0.2], [0, 1], [0.1], level=5), "level is 5"),
        (
            lambda: decision_curve(pd.DataFrame({"treat all": [0.1, 0.2]}), [0, 1], [0.1]),
            "predicted is 'a model named treat all'",
        ),
        (lambda: decision_curve(pd.DataFrame({"a": ["x", "y"]}), [0, 1], [0.1]), "predicted is 'not numeric'"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()
