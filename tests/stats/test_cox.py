import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError, ConvergenceError, StatisticsError
from lentap.stats import cox_likelihood
from lentap.stats.cox import cox
from lentap.stats.cox_prediction import adjusted_survival, baseline_hazard
from lentap.stats.kaplan_meier import kaplan_meier
from lentap.stats.log_rank import log_rank
from lentap.stats.survival import cox_hazard_ratio
from lentap.validation import datasets

TIES = ("efron", "breslow")


def trial(seed: int, n: int = 40, *, tied: bool = True) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    """Follow-up with ties, events, and two covariates that matter."""
    random = np.random.default_rng(seed)
    table = pd.DataFrame({"arm": random.permutation(np.arange(n) % 2), "age": random.normal(60, 8, n)})
    time = random.exponential(10 * np.exp(-0.4 * table["arm"] + 0.02 * (table["age"] - 60)))
    return np.ceil(time) if tied else time, random.random(n) < 0.75, table


SEEDS = st.integers(0, 10_000)


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.sampled_from(TIES))
def test_the_order_of_rows_does_not_matter(seed, ties):
    time, event, table = trial(seed)
    order = np.random.default_rng(seed + 1).permutation(time.size)
    found = cox(time, event, table, strata=table["age"] > 60, ties=ties)
    again = cox(time[order], event[order], table.iloc[order], strata=(table["age"] > 60).to_numpy()[order], ties=ties)
    assert again.coefficients == pytest.approx(found.coefficients, rel=1e-8)
    assert again.covariance == pytest.approx(found.covariance, rel=1e-8)
    assert again.martingale_residuals() == pytest.approx(found.martingale_residuals()[order], abs=1e-8)


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.sampled_from(TIES))
def test_exchanging_the_arms_inverts_the_hazard_ratio(seed, ties):
    time, event, table = trial(seed)
    one = cox(time, event, table, ties=ties).hazard_ratios["arm"]
    other = cox(time, event, table.assign(arm=1 - table["arm"]), ties=ties).hazard_ratios["arm"]
    assert (other.value, other.low, other.high) == pytest.approx((1 / one.value, 1 / one.high, 1 / one.low), rel=1e-8)
    assert other.p_value == pytest.approx(one.p_value, rel=1e-8)
    assert one.low < one.value < one.high


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.floats(0.01, 100), st.floats(-1e4, 1e4))
def test_units_of_time_and_of_covariates_change_nothing_else(seed, unit, origin):
    time, event, table = trial(seed)
    found = cox(time, event, table)
    again = cox(time * unit, event, table.assign(age=table["age"] * unit + origin))
    assert again.coefficients == pytest.approx(found.coefficients / [1, unit], rel=1e-6)
    assert again.log_likelihood == pytest.approx(found.log_likelihood)
    row = {"arm": 1, "age": 55}
    curve = adjusted_survival(found, row)
    moved = adjusted_survival(again, {"arm": 1, "age": 55 * unit + origin})
    assert moved.survival == pytest.approx(curve.survival, rel=1e-6)
    assert moved.time == pytest.approx(curve.time * unit)


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.sampled_from(TIES))
def test_subjects_censored_before_the_first_event_change_nothing(seed, ties):
    time, event, table = trial(seed)
    found = cox(time + 1, event, table, ties=ties)
    early = pd.DataFrame({"arm": [0, 1, 1e7], "age": [1e7, 0, 50]})
    again = cox(np.append(time + 1, [0.1, 0.2, 1]), np.append(event, [0, 0, 0]), pd.concat([table, early]), ties=ties)
    assert again.coefficients == pytest.approx(found.coefficients, rel=1e-9)
    assert again.errors == pytest.approx(found.errors, rel=1e-9)


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_a_censoring_time_matters_only_by_the_events_before_it(seed):
    time, event, table = trial(seed)
    moved = np.where(event, time, time + 0.4)  # event times are whole numbers
    found, again = cox(time, event, table), cox(moved, event, table)
    assert again.coefficients == pytest.approx(found.coefficients, rel=1e-9)
    assert again.covariance == pytest.approx(found.covariance, rel=1e-9)


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.sampled_from(TIES))
def test_follow_up_cut_into_pieces_is_the_same_follow_up(seed, ties):
    time, event, table = trial(seed)
    cut = time * np.random.default_rng(seed).uniform(0.1, 0.9, time.size)
    whole = cox(time, event, table, ties=ties, strata=table["age"] > 60)
    pieces = cox(
        np.concatenate([cut, time]),
        np.concatenate([np.zeros(time.size), event]),
        pd.concat([table, table]),
        entry=np.concatenate([np.zeros(time.size), cut]),
        strata=np.tile(table["age"] > 60, 2),
        cluster=np.tile(np.arange(time.size), 2),
        ties=ties,
    )
    robust = cox(time, event, table, ties=ties, strata=table["age"] > 60, robust=True)
    assert pieces.coefficients == pytest.approx(whole.coefficients, rel=1e-7)
    assert pieces.model_covariance == pytest.approx(whole.covariance, rel=1e-7)
    assert pieces.covariance == pytest.approx(robust.covariance, rel=1e-7)
    assert pieces.score_test.statistic == pytest.approx(robust.score_test.statistic, rel=1e-7)


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_whole_weights_count_rows_with_breslow_ties(seed):
    time, event, table = trial(seed)
    weight = np.random.default_rng(seed).integers(1, 4, time.size)
    weighted = cox(time, event, table, weights=weight, ties="breslow")
    rows = np.repeat(np.arange(time.size), weight)
    copied = cox(time[rows], event[rows], table.iloc[rows], ties="breslow")
    assert not weighted.robust
    assert weighted.coefficients == pytest.approx(copied.coefficients, rel=1e-8)
    assert weighted.covariance == pytest.approx(copied.covariance, rel=1e-8)
    assert weighted.log_likelihood == pytest.approx(copied.log_likelihood)


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_two_arms_alone_have_the_ratio_that_counts_give(seed):
    time, event, table = trial(seed)
    assume(all(event[table["arm"] == arm].sum() > 1 for arm in (0, 1)))
    found = cox(time, event, table[["arm"]])
    counted = cox_hazard_ratio(time, event, table["arm"])
    ours = found.hazard_ratios["arm"]
    assert (ours.value, ours.low, ours.high) == pytest.approx((counted.value, counted.low, counted.high), rel=1e-7)
    assert (ours.events, ours.n) == (counted.events, counted.n)


def test_without_ties_the_score_test_is_the_log_rank_test():
    time, event, table = trial(3, tied=False)
    found = cox(time, event, table[["arm"]])
    assert found.score_test.statistic == pytest.approx(log_rank(time, event, table["arm"]).statistic)
    assert cox(time, event, table, ties="breslow").coefficients == pytest.approx(cox(time, event, table).coefficients)


def test_strata_that_share_nothing_add_up():
    time, event, table = trial(5)
    found = cox(time, event, table)
    twice = cox(
        np.concatenate([time, 3 * time]),
        np.tile(event, 2),
        pd.concat([table, table]),
        strata=np.repeat([0, 1], time.size),
    )
    assert twice.coefficients == pytest.approx(found.coefficients, rel=1e-8)
    assert twice.covariance == pytest.approx(found.covariance / 2, rel=1e-8)
    assert twice.strata == ("0", "1")
    assert twice.method == "Cox model, stratified, Efron ties, Wald"


@pytest.mark.parametrize("ties", TIES)
def test_residuals_add_up_to_nothing(ties):
    time, event, table = trial(6)
    weight = np.random.default_rng(6).uniform(0.5, 2, time.size)
    found = cox(time, event, table, weights=weight, ties=ties)
    assert found.robust
    assert weight @ found.martingale_residuals() == pytest.approx(0, abs=1e-9)
    assert weight @ found.score_residuals() == pytest.approx([0, 0], abs=1e-8)
    assert found.covariance == pytest.approx(found.dfbeta().T @ found.dfbeta())


def test_dfbeta_is_what_leaving_a_row_out_does():
    time, event, table = trial(8, n=400)
    found = cox(time, event, table)
    kept = np.arange(400) != 7
    moved = found.coefficients - cox(time[kept], event[kept], table[kept]).coefficients
    assert found.dfbeta()[7] == pytest.approx(moved, rel=0.05)


def test_categories_are_compared_with_their_first():
    data = datasets.gbsg2()
    text = cox(data["time"], data["cens"], data[["tgrade"]])
    other = pd.Categorical(data["tgrade"], categories=["III", "I", "II"])
    assert text.names == ("tgrade II", "tgrade III")
    ratios = cox(data["time"], data["cens"], data[[]].assign(tgrade=other)).hazard_ratios
    assert list(ratios) == ["tgrade I", "tgrade II"]
    assert ratios["tgrade I"].value == pytest.approx(1 / text.hazard_ratios["tgrade III"].value)


def test_a_subject_without_effect_of_covariates_has_the_curve_of_all():
    time, event, _ = trial(9)
    mirrored = pd.DataFrame({"x": np.tile([-1.0, 1.0], time.size)})
    found = cox(np.repeat(time, 2), np.repeat(event, 2), mirrored, ties="breslow")
    curve = adjusted_survival(found, {"x": 0})
    hazard = -np.diff(kaplan_meier(time, event).survival) / kaplan_meier(time, event).survival[:-1]
    assert found.coefficients == pytest.approx([0], abs=1e-9)
    assert curve.cumulative_hazard[-1] == pytest.approx(hazard.sum())
    assert baseline_hazard(found)["cumulative_hazard"].iloc[-1] == pytest.approx(hazard.sum())


def test_an_adjusted_curve_ends_with_the_follow_up_of_its_stratum():
    time, event, table = trial(10)
    strata = np.where(table["age"] > 60, "old", "young")
    found = cox(time, event, table, strata=strata)
    curve = adjusted_survival(found, {"arm": 0, "age": 70}, stratum="old", interval="plain")
    last = time[strata == "old"].max()
    assert curve.followed == last
    assert np.isnan(curve.at([last + 1])).all()
    assert curve.at([0]) == [1]
    estimate = curve.estimate_at(float(np.median(time)))
    assert 0 <= estimate.low < estimate.value < estimate.high <= 1
    assert set(baseline_hazard(found)["stratum"]) == {"old", "young"}


def test_a_stratum_without_events_keeps_everybody_alive():
    time, event, table = trial(11)
    quiet = np.arange(time.size) < 8
    found = cox(time, event & ~quiet, table, strata=quiet)
    without = cox(time[~quiet], event[~quiet], table[~quiet])
    assert found.coefficients == pytest.approx(without.coefficients, rel=1e-8)
    assert adjusted_survival(found, {"arm": 0, "age": 60}, stratum="True").survival == pytest.approx([1])


ROWS = {"time": [1, 2, 3, 4, 5, 6], "event": [1, 0, 1, 1, 0, 1]}
X = pd.DataFrame({"x": [1.0, 3, 2, 5, 4, 1]})


@pytest.mark.parametrize(
    ("changes", "argument"),
    [
        ({"time": [1, 2, 3, 4, 5, -6]}, "time"),
        ({"time": [1, 2, 3, 4, 5, np.nan]}, "time"),
        ({"event": [1, 0, 1, 2, 0, 1]}, "event"),
        ({"event": [0] * 6}, "event"),
        ({"event": [1, 0, 1]}, "event"),
        ({"ties": "exact"}, "ties"),
        ({"level": 1.5}, "level"),
        ({"entry": [0, 0, 3, 0, 0, 0]}, "entry"),
        ({"entry": [0, 0, -1, 0, 0, 0]}, "entry"),
        ({"entry": [0, 0]}, "entry"),
        ({"weights": [1, 1, 1, 1, 1, 0]}, "weights"),
        ({"weights": [1, 1, 1, 1, 1, -1]}, "weights"),
        ({"weights": [1, 1, 1, 1, 1, 1e-200]}, "weights"),
        ({"weights": [1, 1]}, "weights"),
        ({"weights": [1, 1, 1, 1, 1, np.inf]}, "weights"),
        ({"strata": ["a", "b"]}, "strata"),
        ({"strata": ["a", "b", None, "a", "b", "a"]}, "strata"),
        ({"cluster": [1, 2]}, "cluster"),
        ({"cluster": [1, 2, 3, np.nan, 5, 6]}, "cluster"),
        ({"cluster": [1] * 6}, "cluster"),
        ({"covariates": X.assign(x=1.0)}, "covariates"),
        ({"covariates": X.assign(x=[1, 2, 3, 4, 5, np.inf])}, "covariates"),
        ({"covariates": X.assign(x=[1, 2, 3, 4, 5, None])}, "covariates"),
        ({"covariates": X.assign(x=X["x"] * 1e200)}, "covariates"),
        ({"covariates": X.iloc[:3]}, "covariates"),
        ({"covariates": X[[]]}, "covariates"),
        ({"covariates": pd.concat([X, X], axis=1)}, "covariates"),
        ({"covariates": X["x"].to_numpy()}, "covariates"),
    ],
)
def test_a_call_without_an_answer_is_refused(changes, argument):
    call = {**ROWS, "covariates": X, **changes}
    with pytest.raises(ArgumentError) as error:
        cox(call.pop("time"), call.pop("event"), call.pop("covariates"), **call)
    assert error.value.argument == argument


def test_rows_that_all_lie_on_the_model_have_no_robust_variance():
    call = {"time": [1, 2, 2], "event": [1, 1, 1], "covariates": pd.DataFrame({"x": [1.0, 0, 1]}), "strata": [1, 0, 0]}
    with pytest.raises(ArgumentError, match="robust"):
        cox(**call, weights=[1.56, 1.2, 0.98])


def test_one_subject_alone_is_refused():
    with pytest.raises(StatisticsError):
        cox([1], [1], pd.DataFrame({"x": [1.0]}))


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        (lambda time, x: {"x": x, "late": -time}, "late"),  # the event always hits the largest value
        (lambda time, x: {"x": x, "group": (time < np.median(time)).astype(float)}, "group"),
        (lambda time, x: {"x": x, "mixed": x - time}, "x (0), mixed (infinite)"),
        (lambda time, x: {"x": x, "twice": 2 * x + 3}, "twice"),
    ],
)
def test_covariates_without_a_finite_hazard_ratio_are_named(columns, named):
    random = np.random.default_rng(1)
    time, x = random.exponential(1, 60), random.normal(size=60)
    with pytest.raises(ArgumentError, match="covariates") as error:
        cox(time, random.random(60) < 0.8, pd.DataFrame(columns(time, x)))
    assert named in str(error.value)


def test_covariates_that_vary_only_away_from_events_are_named():
    time, event, table = trial(12)
    apart, seen = np.append(time, [0.5, 0.5]), np.append(event, [0, 0])
    more = pd.concat([table, table.iloc[:2]], ignore_index=True)
    constant, double = more.assign(flat=[0.0] * time.size + [1, 2]), more.assign(double=2 * more["age"] + 1)
    double.loc[time.size :, "double"] = [0, 1]
    for covariates, name in ((constant, "flat"), (double, "double")):
        with pytest.raises(ArgumentError, match=name):
            cox(apart, seen, covariates)
    with pytest.raises(ArgumentError, match="arm, the same in everyone at risk of a stratum"):
        cox(time, event, table, strata=table["arm"])
    follows = time > 5
    with pytest.raises(ArgumentError, match="period, the same in everyone at risk at each event"):
        cox(
            np.concatenate([np.minimum(time, 5), time[follows]]),
            np.concatenate([(time <= 5) & seen[: time.size].astype(bool), event[follows]]),
            pd.concat([table, table[follows]]).assign(period=np.repeat([0, 1], [time.size, follows.sum()])),
            entry=np.concatenate([np.zeros(time.size), np.full(follows.sum(), 5.0)]),
        )


def test_nearly_separated_covariates_have_a_wide_interval_not_a_wrong_one():
    time, event = np.arange(1.0, 41), np.ones(40)
    group = (time <= 20).astype(float)
    group[[19, 20]] = [0, 1]
    found = cox(time, event, pd.DataFrame({"group": group})).hazard_ratios["group"]
    counted = cox_hazard_ratio(time, event, group)
    assert found.value == pytest.approx(counted.value, rel=1e-7)
    assert found.high / found.low > 10


def test_an_iteration_without_end_says_so(monkeypatch):
    time, event, table = trial(13)
    monkeypatch.setattr(cox_likelihood, "MOST_STEPS", 1)
    with pytest.raises(ConvergenceError, match="arm, age"):
        cox(time, event, table)


def test_a_very_large_effect_is_found_by_halved_steps():
    random = np.random.default_rng(2)
    x = random.normal(size=200)
    found = cox(random.exponential(np.exp(-15 * x)), np.ones(200), pd.DataFrame({"x": x}))
    assert found.coefficients[0] == pytest.approx(15, abs=4 * found.errors[0])


@pytest.mark.parametrize(
    ("changes", "argument"),
    [
        ({"covariates": {"age": 60}}, "covariates"),
        ({"covariates": {"age": 60, "arm": "x"}}, "arm"),
        ({"covariates": {"age": np.nan, "arm": 1}}, "age"),
        ({"covariates": {"age": 60, "arm": 1e6}}, "covariates"),
        ({"stratum": "north"}, "stratum"),
        ({"interval": "exact"}, "interval"),
        ({"level": 0}, "level"),
    ],
)
def test_a_prediction_without_an_answer_is_refused(changes, argument):
    time, event, table = trial(14)
    call = {"covariates": {"age": 60, "arm": 1}, **changes}
    with pytest.raises(ArgumentError) as error:
        adjusted_survival(cox(time, event, table), call.pop("covariates"), **call)
    assert error.value.argument == argument


def test_predictions_of_strata_and_categories_name_what_is_legal():
    data = datasets.gbsg2()
    found = cox(data["time"], data["cens"], data[["horTh"]], strata=data["tgrade"])
    with pytest.raises(ArgumentError, match="I, II, III"):
        adjusted_survival(found, {"horTh": "no"})
    with pytest.raises(ArgumentError, match="I, II, III"):
        adjusted_survival(found, {"horTh": "no"}, stratum="IV")
    with pytest.raises(ArgumentError, match="no, yes"):
        adjusted_survival(found, {"horTh": "maybe"}, stratum="I")
    with pytest.raises(ArgumentError, match="times of 0 or later"):
        adjusted_survival(found, {"horTh": "no"}, stratum="I").at([-1])


def test_a_baseline_beyond_floating_point_is_refused():
    time, event, table = trial(15)
    found = cox(time, event, table.assign(age=table["age"] + 1e6))
    with pytest.raises(ArgumentError, match="far from 0"):
        baseline_hazard(found)


@pytest.mark.parametrize("interval", ["log", "log-log", "plain"])
def test_an_adjusted_curve_lies_in_its_interval(interval):
    time, event, table = trial(16)
    curve = adjusted_survival(cox(time, event, table), {"arm": 1, "age": 62}, interval=interval, level=0.9)
    assert (curve.low >= 0).all()
    assert (curve.low <= curve.survival).all()
    assert (curve.survival <= curve.high).all()
    assert (curve.high <= 1).all()
    assert (curve.low[0], curve.high[0]) == (1, 1)


def test_the_table_holds_what_the_ratios_say():
    time, event, table = trial(17)
    found = cox(time, event, table, level=0.9)
    ratio = found.hazard_ratios["age"]
    row = found.table.loc["age"]
    assert (row["hazard_ratio"], row["low"], row["high"], row["p_value"]) == (
        ratio.value,
        ratio.low,
        ratio.high,
        ratio.p_value,
    )
    assert row["hazard_ratio"] == pytest.approx(np.exp(row["coefficient"]))
