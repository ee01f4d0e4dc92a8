import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import StatisticsError
from lentap.stats.cox import cox
from lentap.stats.fine_gray import cause_specific_cox, fine_gray
from lentap.stats.subdistribution import subdistribution_likelihood, subdistribution_risk_sets

SEEDS = st.integers(0, 10_000)
QUICK = settings(max_examples=15, deadline=None)


def trial(seed, n=80, tied=True):
    """Follow-up with ties, two causes, censoring, and two covariates that matter."""
    random = np.random.default_rng(seed)
    table = pd.DataFrame({"arm": random.permutation(np.arange(n) % 2), "age": random.normal(60, 8, n)})
    time = random.exponential(10 * np.exp(-0.4 * table["arm"] + 0.02 * (table["age"] - 60)))
    cause = np.where(random.random(n) < 0.3, 0, random.integers(1, 3, n))
    return np.ceil(time) if tied else time, cause, table


def close(one, other):
    assert other.coefficients == pytest.approx(one.coefficients, rel=1e-6)
    assert other.covariance == pytest.approx(one.covariance, rel=1e-6)


@QUICK
@given(SEEDS)
def test_the_order_of_rows_does_not_matter(seed):
    time, cause, table = trial(seed)
    order = np.random.default_rng(seed + 1).permutation(time.size)
    group = (table["age"] > 60).to_numpy()
    found = fine_gray(time, cause, table, of=1, censoring_groups=group)
    close(found, fine_gray(time[order], cause[order], table.iloc[order], of=1, censoring_groups=group[order]))


@QUICK
@given(SEEDS)
def test_exchanging_the_arms_inverts_the_hazard_ratio(seed):
    time, cause, table = trial(seed)
    one = fine_gray(time, cause, table, of=1).hazard_ratios["arm"]
    other = fine_gray(time, cause, table.assign(arm=1 - table["arm"]), of=1).hazard_ratios["arm"]
    assert (other.value, other.low, other.high) == pytest.approx((1 / one.value, 1 / one.high, 1 / one.low), rel=1e-6)
    assert other.p_value == pytest.approx(one.p_value, rel=1e-6)
    assert one.low < one.value < one.high


@QUICK
@given(SEEDS, st.floats(0.01, 100), st.floats(-1e4, 1e4))
def test_units_of_time_and_of_covariates_change_nothing_else(seed, unit, origin):
    time, cause, table = trial(seed)
    found = fine_gray(time, cause, table, of=1)
    again = fine_gray(time * unit, cause, table.assign(age=table["age"] * unit + origin), of=1)
    assert again.coefficients == pytest.approx(found.coefficients / [1, unit], rel=1e-5)
    assert again.errors == pytest.approx(found.errors / [1, unit], rel=1e-5)
    assert again.log_likelihood == pytest.approx(found.log_likelihood)


@QUICK
@given(SEEDS)
def test_subjects_censored_before_the_first_event_change_nothing(seed):
    time, cause, table = trial(seed)
    early = pd.DataFrame({"arm": [0, 1], "age": [50.0, 70.0]})
    more = np.append(time + 1, [0.2, 0.5]), np.append(cause, [0, 0]), pd.concat([table, early])
    close(fine_gray(time + 1, cause, table, of=1), fine_gray(*more, of=1))


@QUICK
@given(SEEDS)
def test_the_gradient_is_the_slope_of_the_likelihood_and_the_information_its_bend(seed):
    time, cause, table = trial(seed)
    matrix = ((table - table.mean()) / table.std()).to_numpy()
    sets = subdistribution_risk_sets(time, cause, (table["age"] > 60).to_numpy().astype(int))
    here, step = np.array([0.3, -0.2]), 1e-5
    found = subdistribution_likelihood(sets, matrix, here)
    for column, direction in enumerate(np.eye(2)):
        above, below = (subdistribution_likelihood(sets, matrix, here + sign * step * direction) for sign in (1, -1))
        assert found.gradient()[column] == pytest.approx((above.value - below.value) / (2 * step), rel=1e-5, abs=1e-5)
        bend = (below.gradient() - above.gradient()) / (2 * step)
        assert found.information()[column] == pytest.approx(bend, rel=1e-5, abs=1e-5)


@QUICK
@given(SEEDS)
def test_influences_sum_to_the_gradient(seed):
    time, cause, table = trial(seed)
    matrix = ((table - table.mean()) / table.std()).to_numpy()
    sets = subdistribution_risk_sets(time, cause, (table["age"] > 60).to_numpy().astype(int))
    found = subdistribution_likelihood(sets, matrix, np.array([0.3, -0.2]))
    assert found.influences().sum(axis=0) == pytest.approx(found.gradient(), abs=1e-9)


@pytest.mark.parametrize("coefficient", [1e4, -1e3])
def test_a_likelihood_beyond_floating_point_is_none(coefficient):
    sets = subdistribution_risk_sets(np.array([1.0, 2.0]), np.array([1, 1]), np.array([0, 0]))
    assert subdistribution_likelihood(sets, np.array([[0.0], [1.0]]), np.array([coefficient])) is None


def test_without_competing_events_it_is_the_cox_model_with_its_robust_variance():
    time, cause, table = trial(1)
    found = fine_gray(time, np.where(cause == 1, 1, 0), table, of=1)
    model = cox(time, cause == 1, table, ties="breslow", robust=True)
    assert found.coefficients == pytest.approx(model.coefficients)
    assert found.covariance == pytest.approx(model.covariance)


def test_without_censoring_who_had_another_event_stays_at_risk_for_ever():
    time, cause, table = trial(2)
    cause = np.where(cause == 0, 1, cause)
    found = fine_gray(time, cause, table, of=1)
    model = cox(np.where(cause == 2, 1e6, time), cause == 1, table, ties="breslow", robust=True)
    assert found.coefficients == pytest.approx(model.coefficients)
    assert found.covariance == pytest.approx(model.covariance)


def test_censoring_of_a_group_without_competing_events_adds_nothing_to_the_variance():
    time, cause, table = trial(3, n=200, tied=False)
    arm = table["arm"].to_numpy()
    cause = np.where(arm == 1, np.minimum(cause, 1), cause)
    sets = subdistribution_risk_sets(time, cause, arm)
    matrix = ((table - table.mean()) / table.std()).to_numpy()
    through = subdistribution_likelihood(sets, matrix, np.zeros(2))._through_censoring()
    assert (through[arm == 1] == 0).all()
    assert (through[arm == 0] != 0).any()


def test_the_error_is_that_of_leaving_out_one_subject_at_a_time():
    time, cause, table = trial(4, n=150, tied=False)
    found = fine_gray(time, cause, table[["arm"]], of=1)
    rows = np.arange(time.size)
    without = [
        fine_gray(time[rows != row], cause[rows != row], table.loc[rows != row, ["arm"]], of=1).coefficients[0]
        for row in rows
    ]
    jackknife = np.sqrt((rows.size - 1) * np.var(without))
    assert found.errors[0] == pytest.approx(jackknife, rel=0.05)


def test_the_model_knows_its_events_and_its_columns():
    time, cause, table = trial(5)
    found = fine_gray(time, np.array(["no", "yes", "other"])[cause], table, of="yes", censored="no")
    assert (found.cause, found.n, found.names) == ("yes", 80, ("arm", "age"))
    assert (found.events, found.competing) == ((cause == 1).sum(), (cause == 2).sum())
    assert found.table.loc["age", "hazard_ratio"] == found.hazard_ratios["age"].value
    assert found.log_likelihood > found.null_log_likelihood


def test_the_cause_specific_model_takes_other_causes_for_censoring():
    time, cause, table = trial(6)
    found = cause_specific_cox(time, cause, table, of=2, ties="breslow")
    assert found.coefficients == pytest.approx(cox(time, cause == 2, table, ties="breslow").coefficients)


def separated(cause):
    return pd.DataFrame({"risk": (cause == 1).astype(float)})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"of": 3}, "of is '3': legal is one of 1, 2"),
        ({"level": 0}, "level is 0"),
        ({"covariates": pd.DataFrame({"arm": [1.0] * 80})}, "arm with one value in every row"),
        ({"covariates": pd.DataFrame({"arm": [np.nan] + [1.0] * 79})}, "missing values of arm"),
        ({"covariates": pd.DataFrame({"arm": [1.0, 2.0]})}, "a table of 2 rows"),
        ({"covariates": pd.DataFrame({"arm": 1e120 * np.arange(80)})}, "arm in a unit of extreme size"),
        ({"covariates": separated(trial(8)[1])}, "covariates is 'risk \\(infinite\\): no finite hazard ratio"),
        ({"censoring_groups": [1, 2]}, "censoring_groups is 'array of 2'"),
        ({"time": -trial(8)[0]}, "time is -"),
        (
            {"cause": pd.Categorical(np.where(trial(8)[1] == 1, 2, trial(8)[1]), categories=[0, 1, 2])},
            "cause is '1 in no row'",
        ),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(changes, words):
    time, cause, table = trial(8)
    with pytest.raises(StatisticsError, match=words):
        fine_gray(**{"time": time, "cause": cause, "covariates": table, "of": 1, **changes})
