import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lentap.errors import ArgumentError
from lentap.stats.cox import cox
from lentap.stats.immortal_time import immortal_time_bias
from lentap.stats.kaplan_meier import kaplan_meier
from lentap.stats.landmark import landmark_analysis
from lentap.stats.log_rank import log_rank
from lentap.stats.status_change import split_follow_up
from lentap.stats.survival import cox_hazard_ratio
from lentap.stats.timing import mantel_byar, simon_makuch, time_varying_hazard_ratio

Columns = dict[str, np.ndarray]
NAN = np.nan
SEEDS = st.integers(0, 10_000)


def cohort(seed: int, n: int = 60, unit: float = 1.0) -> Columns:
    """Follow-up in whole days and a change that has no effect: at the start, later, after the end, or never."""
    random = np.random.default_rng(seed)
    time = np.ceil(random.exponential(40, n))
    change = np.floor(random.exponential(30, n))
    change[random.random(n) < 0.3] = NAN
    change[:2], time[:2] = [0, 5], 50
    return {"time": time * unit, "event": random.random(n) < 0.8, "change": change * unit}


def subset(columns: Columns, rows: np.ndarray) -> Columns:
    return {name: values[rows] for name, values in columns.items()}


# --- splitting


def test_each_case_of_a_change_has_its_rows():
    found = split_follow_up([6, 6, 6, 6, 0, 6], [1, 1, 1, 0, 0, 1], [0, 2, 9, NAN, 3, 6])
    rows = found.rows
    assert rows["subject"].tolist() == [0, 1, 1, 2, 3, 5, 5]
    assert rows["entry"].tolist() == [0, 0, 2, 0, 0, 0, 4.5]  # the last time before 6 is 3
    assert rows["time"].tolist() == [6, 2, 6, 6, 6, 4.5, 6]
    assert rows["event"].tolist() == [True, False, True, True, False, False, True]
    assert rows["changed"].tolist() == [True, False, True, False, False, False, True]
    assert (found.n, found.changed, found.at_the_end, found.too_late) == (6, 3, 1, 2)


def test_a_change_on_the_last_day_counts_for_the_event_or_not_as_asked():
    data = {"time": [3, 5, 8], "event": [1, 1, 1], "change": [NAN, 5, NAN]}
    changed, unchanged = (split_follow_up(**data, at_the_end=choice).rows for choice in ("changed", "unchanged"))
    assert changed.loc[changed["event"], "changed"].tolist() == [False, True, False]
    assert not unchanged["changed"].any()


def test_times_that_differ_by_rounding_alone_lose_no_event():
    for last in (0.1 + 0.2, np.nextafter(0.1 + 0.2, 1)):
        rows = split_follow_up([last, np.nextafter(last, 0)], [1, 1], [last, NAN]).rows
        assert rows.loc[rows["event"], "changed"].tolist() == [True, False]


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.sampled_from(("changed", "unchanged")))
def test_splitting_keeps_every_event_and_all_person_time(seed, at_the_end):
    data = cohort(seed)
    rows = split_follow_up(**data, at_the_end=at_the_end).rows
    assert (rows["entry"] < rows["time"]).all()
    assert (rows["time"] - rows["entry"]).sum() == pytest.approx(data["time"].sum())
    assert rows["event"].sum() == data["event"].sum()
    assert rows.groupby("subject")["changed"].is_monotonic_increasing.all()


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_who_has_changed_is_at_risk_as_changed(seed):
    data = cohort(seed)
    rows = split_follow_up(**data, at_the_end="unchanged").rows
    for time in np.unique(data["time"][data["event"]]):
        at_risk = rows[(rows["entry"] < time) & (time <= rows["time"])]
        assert at_risk["changed"].sum() == ((data["time"] >= time) & (data["change"] < time)).sum()
        assert len(at_risk) == (data["time"] >= time).sum()


# --- comparisons


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.floats(0.01, 100))
def test_order_and_unit_change_no_comparison(seed, unit):
    data = cohort(seed)
    again = subset(cohort(seed, unit=unit), np.random.default_rng(seed).permutation(60))
    assert mantel_byar(**again).statistic == pytest.approx(mantel_byar(**data).statistic, nan_ok=True)
    found, other = immortal_time_bias(**data), immortal_time_bias(**again)
    assert other.time_varying.value == pytest.approx(found.time_varying.value, nan_ok=True)
    assert other.bias.low == pytest.approx(found.bias.low, nan_ok=True)
    assert other.misallocated == pytest.approx(found.misallocated * unit)
    curve, scaled = simon_makuch(**data).changed, simon_makuch(**again).changed
    assert scaled.survival == pytest.approx(curve.survival)
    assert scaled.median.value == pytest.approx(curve.median.value * unit, nan_ok=True)
    at = landmark_analysis(**data, landmark=4)
    moved = landmark_analysis(**again, landmark=4 * unit)
    assert moved.log_rank.statistic == pytest.approx(at.log_rank.statistic, nan_ok=True)
    assert moved.n == at.n


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_a_status_from_the_start_is_a_group(seed):
    data = cohort(seed)
    data["change"] = np.where(np.arange(60) % 2, 0.0, NAN)
    time, event, group = data["time"], data["event"], np.arange(60) % 2
    names = np.array(["unchanged", "changed"])[group]
    assert mantel_byar(**data).statistic == pytest.approx(log_rank(time, event, group).statistic)
    assert mantel_byar(**data).expected == pytest.approx(log_rank(time, event, names).expected)
    ratio = cox_hazard_ratio(time, event, group)
    bias = immortal_time_bias(**data)
    assert (bias.time_varying.value, bias.time_varying.low) == pytest.approx((ratio.value, ratio.low))
    assert bias.log_bias == pytest.approx(0, abs=1e-9)
    assert (bias.misallocated, bias.share) == (0, 0)
    found = simon_makuch(**data)
    for curve, state in ((found.unchanged, 0), (found.changed, 1)):
        alone = kaplan_meier(time[group == state], event[group == state])
        assert curve.time.tolist() == alone.time.tolist()
        for part in ("survival", "low", "high", "standard_error", "at_risk", "events", "censored"):
            assert getattr(curve, part) == pytest.approx(getattr(alone, part), nan_ok=True)
    whole = landmark_analysis(**data, landmark=0)
    assert whole.hazard_ratio.value == pytest.approx(ratio.value)


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_the_ratio_lies_in_its_interval_and_changes_after_the_end_change_nothing(seed):
    data = cohort(seed)
    found = time_varying_hazard_ratio(**data)
    late = np.where(data["change"] > data["time"], NAN, data["change"])
    again = time_varying_hazard_ratio(data["time"], data["event"], late)
    assert again == found
    assert found.low < found.value < found.high


def test_counts_and_rows_give_one_ratio():
    data = cohort(7)
    rows = split_follow_up(**data).rows
    model = cox(rows["time"], rows["event"], rows[["changed"]], entry=rows["entry"])
    found = time_varying_hazard_ratio(**data)
    assert found.value == pytest.approx(model.hazard_ratios["changed"].value, rel=1e-8)
    assert found.low == pytest.approx(model.hazard_ratios["changed"].low, rel=1e-8)
    assert (found.n, found.events) == (60, data["event"].sum())


def test_an_adjusted_ratio_holds_the_covariates_of_the_start():
    data = cohort(8, n=200)
    table = pd.DataFrame({"arm": np.where(np.arange(200) % 2, "new", "old")}, index=np.arange(200)[::-1])
    found = time_varying_hazard_ratio(**data, covariates=table, level=0.9)
    rows = split_follow_up(**data).rows
    by_hand = pd.DataFrame({"arm": table["arm"].to_numpy()[rows["subject"]], "changed": rows["changed"].astype(float)})
    model = cox(rows["time"], rows["event"], by_hand, entry=rows["entry"], level=0.9)
    assert found.value == pytest.approx(model.hazard_ratios["changed"].value)
    assert (found.n, found.level) == (200, 0.9)
    assert found.method.endswith("time-varying status, adjusted")


def test_immortal_time_makes_a_useless_change_look_good_and_a_time_varying_status_does_not():
    naive, time_varying = [], []
    for seed in range(40):
        found = immortal_time_bias(**cohort(seed, n=200))
        naive.append(np.log(found.naive.value))
        time_varying.append(np.log(found.time_varying.value))
        assert found.bias.value < 1
        assert found.bias.high < 1
        assert 0 < found.share < 1
    assert np.mean(naive) < -0.4
    assert abs(np.mean(time_varying)) < 0.06


def test_the_interval_of_the_bias_covers_what_resampling_shows():
    data = cohort(3, n=150)
    random = np.random.default_rng(5)
    draws = [immortal_time_bias(**subset(data, random.integers(0, 150, 150))).log_bias for _ in range(120)]
    assert immortal_time_bias(**data).bias.error == pytest.approx(np.std(draws), rel=0.25)


def test_a_change_without_events_after_it_has_no_ratio_and_says_so():
    data = {"time": [2, 3, 4, 5, 6], "event": [1, 1, 1, 0, 0], "change": [NAN, NAN, NAN, 1, 1]}
    found = immortal_time_bias(**data)
    assert np.isnan([found.time_varying.value, found.naive.value, found.bias.value, found.bias.high]).all()
    assert "not estimable" in found.time_varying.method
    assert "not estimable" in found.bias.method
    assert found.misallocated == 2
    assert mantel_byar(**data).expected["changed"] > 0
    assert np.isnan(mantel_byar(data["time"], [0] * 5, data["change"]).statistic)


# --- curves


def test_a_curve_counts_those_who_joined_and_those_who_left_it():
    found = simon_makuch([4, 5, 6, 7], [1, 1, 1, 0], [NAN, 2, 3, NAN])
    assert found.unchanged.at_risk_at([1, 2.5, 3.5, 5]).tolist() == [4, 3, 2, 1]
    assert found.changed.at_risk_at([1, 2.5, 3.5, 5.5]).tolist() == [0, 1, 2, 1]
    assert found.unchanged.censored_by([3]) == [2]
    assert found.changed.at([5, 6]).tolist() == [0.5, 0]
    assert (found.unchanged.n, found.changed.n, found.excluded) == (4, 2, 0)


def test_a_landmark_moves_the_start_of_both_curves():
    data = cohort(12)
    found = simon_makuch(**data, landmark=10, interval="log-log", level=0.9)
    assert found.excluded == (data["time"] <= 10).sum()
    assert found.changed.at_risk_at([0]) == ((data["time"] > 10) & (data["change"] <= 10)).sum()
    assert found.unchanged.time[0] == found.changed.time[0] == 0
    joined = data["change"][(data["change"] > 10) & (data["change"] < data["time"])] - 10
    assert set(joined) <= set(found.changed.time) & set(found.unchanged.time)
    assert (found.changed.method, found.changed.level) == ("Simon-Makuch, log-log interval", 0.9)


# --- landmarks


def test_a_landmark_takes_who_is_followed_beyond_it_by_what_had_happened():
    time, event = [3, 3, 4, 5, 6, 7, 8], [1, 0, 1, 1, 0, 1, 1]
    found = landmark_analysis(time, event, [1, NAN, 3, 4, NAN, 9, 2], 3)
    assert found.n == {"unchanged": 3, "changed": 2}
    assert (found.excluded_events, found.excluded_censored, found.changed_later) == (1, 1, 1)
    assert found.curves["changed"].time.tolist() == [0, 1, 5]
    assert found.hazard_ratio.n == 5


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_what_happens_after_the_landmark_moves_nobody_to_another_group(seed):
    data = cohort(seed)
    moved = np.where(data["change"] > 10, NAN, data["change"])
    found, again = landmark_analysis(**data, landmark=10), landmark_analysis(data["time"], data["event"], moved, 10)
    assert again.hazard_ratio == found.hazard_ratio
    assert again.changed_later == 0


# --- refusals

GOOD = {"time": [4, 5, 6, 7], "event": [1, 1, 1, 0], "change": [NAN, 2, 3, NAN]}


@pytest.mark.parametrize("call", [mantel_byar, time_varying_hazard_ratio, simon_makuch, immortal_time_bias])
@pytest.mark.parametrize(
    ("changes", "argument"),
    [
        ({"time": [4, 5, 6, -7]}, "time"),
        ({"time": [4, 5, 6, NAN]}, "time"),
        ({"time": [0, 5, 6, 7]}, "time"),
        ({"event": [1, 1, 1, 3]}, "event"),
        ({"event": [1, 1]}, "event"),
        ({"change": [NAN, 2, -3, NAN]}, "change"),
        ({"change": [NAN, 2, np.inf, NAN]}, "change"),
        ({"change": [NAN, 2]}, "change"),
        ({"change": ["a", "b", "c", "d"]}, "change"),
        ({"change": [NAN] * 4}, "change"),
        ({"change": [9, 9, 9, 9]}, "change"),
        ({"change": [0, 0, 0, 0]}, "change"),
        ({"at_the_end": "maybe"}, "at_the_end"),
    ],
)
def test_a_comparison_without_an_answer_is_refused(call, changes, argument):
    with pytest.raises(ArgumentError) as error:
        call(**{**GOOD, **changes})
    assert error.value.argument == argument


@pytest.mark.parametrize(
    ("call", "changes", "argument"),
    [
        (time_varying_hazard_ratio, {"level": 1}, "level"),
        (time_varying_hazard_ratio, {"covariates": pd.DataFrame({"changed": [1, 2, 3, 4]})}, "covariates"),
        (time_varying_hazard_ratio, {"covariates": pd.DataFrame({"x": [1, 2, 3]})}, "covariates"),
        (time_varying_hazard_ratio, {"covariates": pd.DataFrame({"x": [1, 2, 3, NAN]})}, "covariates"),
        (simon_makuch, {"landmark": -1}, "landmark"),
        (simon_makuch, {"landmark": np.inf}, "landmark"),
        (simon_makuch, {"landmark": 6}, "landmark"),
        (simon_makuch, {"interval": "exact"}, "interval"),
        (simon_makuch, {"level": 95}, "level"),
        (immortal_time_bias, {"change": [1, 2, 3, 4]}, "change"),
        (landmark_analysis, {"landmark": NAN}, "landmark"),
        (landmark_analysis, {"landmark": -1}, "landmark"),
        (landmark_analysis, {"landmark": 1}, "landmark"),
        (landmark_analysis, {"landmark": 7}, "landmark"),
        (landmark_analysis, {"landmark": 3, "change": [1, 1, 1, 1]}, "landmark"),
        (landmark_analysis, {"landmark": 3, "change": [-1, 1, 1, 1]}, "change"),
        (landmark_analysis, {"landmark": 3, "interval": "exact"}, "interval"),
        (landmark_analysis, {"landmark": 3, "level": 2}, "level"),
    ],
)
def test_an_option_without_meaning_is_refused(call, changes, argument):
    with pytest.raises(ArgumentError) as error:
        call(**{**GOOD, **changes})
    assert error.value.argument == argument
