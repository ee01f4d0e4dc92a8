import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import CoxPHFitter
from lifelines.datasets import load_lung

from lentap.errors import StatisticsError
from lentap.stats.survival import (
    CURVE_INTERVALS,
    cox_hazard_ratio,
    cox_hazard_ratios,
    kaplan_meier,
    log_rank,
)
from tests.stats.references import ARMS, cdisc_pilot, reference

R = reference("r_answers")
DATA = {name: pd.DataFrame(columns) for name, columns in R["data"].items()}
DATA["maintained"] = DATA["leukaemia"].query("group == 'Maintained'")
LUNG = load_lung().rename(columns={"status": "event"}).assign(group=lambda table: table["sex"].astype(str))
PUBLISHED = reference("survival")
PILOT = reference("cdisc_pilot")["time_to_dermatologic_event"]


def floats(values):
    return np.array([np.nan if value in (None, "NA") else value for value in values], dtype=float)


@pytest.fixture(scope="module")
def pilot():
    table = cdisc_pilot("adtte")
    return pd.DataFrame({"time": table["AVAL"], "event": table["CNSR"] == 0, "group": table["TRTP"]})


@pytest.mark.parametrize("interval", CURVE_INTERVALS)
@pytest.mark.parametrize("name", ["leukaemia", "tied", "flat", "flat_to_the_end"])
def test_kaplan_meier_agrees_with_r_survival(name, interval):
    expected = R["curves"][name][interval]
    data = DATA["maintained" if name == "leukaemia" else name]
    curve = kaplan_meier(data["time"], data["event"], interval=interval)
    rows = np.isin(curve.time, expected["time"])
    assert rows[1:].all()
    for ours, theirs in (("survival", "survival"), ("at_risk", "at_risk"), ("events", "events")):
        assert getattr(curve, ours)[rows] == pytest.approx(floats(expected[theirs]), abs=1e-9)
    inner = (curve.survival[rows] < 1) & (curve.survival[rows] > 0)  # R leaves log-log undefined at 1, log at 0
    for limit in ("low", "high"):
        assert getattr(curve, limit)[rows][inner] == pytest.approx(floats(expected[limit])[inner], abs=1e-9)
    quantiles = [curve.quantile(p) for p in expected["probs"]]
    for ours, theirs in (("value", "quantile"), ("low", "quantile_low"), ("high", "quantile_high")):
        found = np.array([getattr(quantile, ours) for quantile in quantiles])
        assert found == pytest.approx(floats(expected[theirs]), nan_ok=True)


@pytest.mark.parametrize("interval", CURVE_INTERVALS)
def test_lung_quantiles_and_landmarks_at_90_percent_agree_with_r_survival(interval):
    expected = R["lung_quantiles"][interval]
    curve = kaplan_meier(LUNG["time"], LUNG["event"], level=0.9, interval=interval)
    for p, *limits in zip((0.25, 0.5, 0.75), expected["quantile"], expected["low"], expected["high"], strict=True):
        quantile = curve.quantile(p)
        assert [quantile.value, quantile.low, quantile.high] == pytest.approx(limits)
    assert curve.at_risk_at(expected["times"]).tolist() == expected["at_risk"]
    assert curve.at(expected["times"]) == pytest.approx(expected["survival"])
    landmarks = [curve.estimate_at(time) for time in expected["times"]]
    assert [landmark.low for landmark in landmarks] == pytest.approx(expected["survival_low"])
    assert [landmark.high for landmark in landmarks] == pytest.approx(expected["survival_high"])


def test_lung_medians_agree_with_the_survival_vignette():
    groups = {"all": LUNG, **dict(list(LUNG.groupby("group")))}
    published = {"all": PUBLISHED["lung"], **PUBLISHED["lung_by_sex"]}
    for name, rows in groups.items():
        curve = kaplan_meier(rows["time"], rows["event"])
        median = curve.median
        assert [curve.n, curve.events.sum(), median.value, median.low, median.high] == published[name]


def test_leukaemia_medians_agree_with_the_survival_vignette():
    for name, rows in DATA["leukaemia"].groupby("group"):
        assert kaplan_meier(rows["time"], rows["event"]).median.value == PUBLISHED["leukaemia_medians"][name]


@pytest.mark.parametrize("name", ["leukaemia", "tied", "lung"])
def test_log_rank_agrees_with_r_survival(name):
    expected, data = R["log_rank"][name], DATA.get(name, LUNG)
    test = log_rank(data["time"], data["event"], data["group"])
    assert list(test.observed) == expected["groups"]
    assert (test.df, test.statistic) == (len(expected["groups"]) - 1, pytest.approx(expected["statistic"], rel=1e-8))
    assert test.p_value == pytest.approx(expected["p_value"], rel=1e-8)
    assert list(test.observed.values()) == expected["observed"]
    assert list(test.expected.values()) == pytest.approx(expected["expected"], rel=1e-8)


def test_log_rank_agrees_with_the_survival_vignette():
    for data, published in ((LUNG, "lung_log_rank"), (DATA["leukaemia"], "leukaemia_log_rank")):
        statistic = log_rank(data["time"], data["event"], data["group"]).statistic
        assert statistic == pytest.approx(PUBLISHED[published], abs=1e-5)


@pytest.mark.parametrize("name", ["leukaemia", "tied", "tied_pair", "lung", "one_link"])
def test_cox_hazard_ratios_agree_with_r_survival(name):
    expected = R["cox"][name]
    data = DATA["tied"].query("group != 'B'") if name == "tied_pair" else DATA.get(name, LUNG)
    ratios = cox_hazard_ratios(data["time"], data["event"], data["group"], expected["reference"])
    groups = np.atleast_1d(expected["groups"])
    assert list(ratios) == list(groups)
    for field in ("value", "low", "high", "p_value"):
        found = [getattr(ratios[group], field) for group in groups]
        assert found == pytest.approx(np.atleast_1d(expected[field]), rel=1e-6)


def test_cox_hazard_ratio_of_two_arms_agrees_with_lifelines():
    treated = LUNG["group"] == "2"
    ratio = cox_hazard_ratio(LUNG["time"], LUNG["event"], treated)
    fit = CoxPHFitter().fit(LUNG[["time", "event"]].assign(treated=treated), "time", "event").summary.loc["treated"]
    assert ratio.value == pytest.approx(fit["exp(coef)"], rel=1e-5)
    assert (ratio.low, ratio.high) == pytest.approx(
        tuple(fit[["exp(coef) lower 95%", "exp(coef) upper 95%"]]), rel=1e-5
    )
    assert (ratio.events, ratio.n) == (165, 228)


def test_cdisc_pilot_curves_agree_with_the_published_ones(pilot):
    for arm, rows in pilot.groupby("group"):
        curve, median = kaplan_meier(rows["time"], rows["event"]), PILOT["median"][arm]
        assert curve.events.sum() == PILOT["events"][arm]
        assert curve.at_risk_at(PILOT["times"]).tolist() == PILOT["at_risk"][arm]
        found = [curve.median.value, curve.median.low, curve.median.high]
        assert np.isnan(found).all() if median is None else found == median


def test_cdisc_pilot_comparison_agrees_with_r_survival_in_one_model_of_three_arms(pilot):
    columns = pilot["time"], pilot["event"], pilot["group"]
    test = log_rank(*columns)
    assert (test.df, test.statistic) == (2, pytest.approx(PILOT["log_rank"], abs=5e-5))
    for arm, ratio in cox_hazard_ratios(*columns, "Placebo").items():
        assert [ratio.value, ratio.low, ratio.high] == pytest.approx(PILOT["hazard_ratio"][arm], abs=6e-7)


def test_groups_keep_their_categorical_order_and_unused_categories_are_left_out(pilot):
    group = pd.Categorical(pilot["group"], categories=[*ARMS, "nobody"])
    assert list(log_rank(pilot["time"], pilot["event"], group).observed) == list(ARMS)


def test_counts_under_the_curve_add_up_to_the_subjects():
    curve = kaplan_meier([1, 2, 2, 3, 5], [1, 1, 0, 0, 1])
    assert curve.at_risk_at([0, 2, 2.5, 6]).tolist() == [5, 4, 2, 0]
    assert curve.events_by([0, 2, 2.5, 6]).tolist() == [0, 2, 2, 3]
    assert curve.censored_by([0, 2, 2.5, 6]).tolist() == [0, 1, 1, 2]
    assert curve.at([0, 1, 4.9, 5, 99]) == pytest.approx([1, 0.8, 0.6, 0, 0])
    assert curve.time[0] == 0
    assert (curve.survival[0], curve.low[0], curve.high[0]) == (1, 1, 1)


def test_survival_is_unknown_after_the_last_censored_follow_up():
    curve = kaplan_meier([1, 2, 3], [1, 0, 0])
    assert curve.at([3, 3.1]) == pytest.approx([2 / 3, np.nan], nan_ok=True)
    assert np.isnan(curve.median.value)


def test_one_subject_and_no_events_are_curves_too():
    died, lived = kaplan_meier([4.0], [1]), kaplan_meier([4.0], [0])
    assert (died.median.value, died.at([4.0])[0]) == (4, 0)
    assert np.isnan([died.median.low, died.median.high, died.low[-1], lived.median.value]).all()
    assert lived.survival.tolist() == lived.low.tolist() == [1, 1]


def test_hazard_ratio_without_a_finite_estimate_is_not_a_number_and_says_why():
    separated = {
        "no event of the treated": ([1, 2, 3, 4], [1, 1, 0, 0]),
        "no event at all": ([1, 2, 3, 4], [0, 0, 0, 0]),
        "all controls had the event first": ([1, 2, 3, 4], [1, 1, 1, 1]),
    }
    for time, event in separated.values():
        ratio = cox_hazard_ratio(time, event, [0, 0, 1, 1])
        assert np.isnan([ratio.value, ratio.low, ratio.high, ratio.p_value]).all()
        assert "not estimable" in ratio.method


def test_a_model_that_does_not_converge_is_an_error(monkeypatch):
    monkeypatch.setattr("lentap.stats.partial_likelihood.MOST_STEPS", 1)
    with pytest.raises(StatisticsError, match="no convergence in 1 steps"):
        cox_hazard_ratio(LUNG["time"], LUNG["event"], LUNG["sex"] == 2)


def test_a_group_without_events_leaves_the_other_hazard_ratios_as_r_has_them():
    time, event = DATA["leukaemia"]["time"].to_list(), DATA["leukaemia"]["event"].to_list()
    group = DATA["leukaemia"]["group"].to_list()
    ratios = cox_hazard_ratios([*time, 200, 30], [*event, 0, 0], [*group, "None", "None"], "Nonmaintained")
    assert np.isnan(ratios["None"].value)
    assert ratios["Maintained"].value == pytest.approx(R["cox"]["leukaemia"]["value"])


def test_log_rank_without_information_is_not_a_number():
    test = log_rank([1, 2, 3, 4], [0, 0, 0, 0], ["a", "a", "b", "b"])
    assert (test.df, test.observed) == (0, {"a": 0, "b": 0})
    assert np.isnan([test.statistic, test.p_value]).all()


follow_up = st.lists(
    st.tuples(st.integers(1, 12), st.booleans(), st.sampled_from("AB")), min_size=4, max_size=40
).filter(lambda rows: {group for *_, group in rows} == {"A", "B"})


def columns_of(rows):
    time, event, group = zip(*rows, strict=True)
    return np.array(time, dtype=float), np.array(event), np.array(group)


def fields(estimate):
    return [estimate.value, estimate.low, estimate.high]


@given(follow_up, st.sampled_from(CURVE_INTERVALS), st.floats(0.1, 0.9))
def test_intervals_of_curve_and_quantile_contain_the_estimate(rows, interval, p):
    time, event, _ = columns_of(rows)
    curve = kaplan_meier(time, event, interval=interval)
    known = ~np.isnan(curve.low)
    assert (curve.low[known] >= 0).all()
    assert (curve.low <= curve.survival + 1e-12)[known].all()
    assert (curve.survival <= curve.high + 1e-12)[known].all()
    assert (curve.high[known] <= 1).all()
    quantile = curve.quantile(p)
    assert not quantile.low > quantile.value
    assert not quantile.high < quantile.value


@given(follow_up, st.randoms(use_true_random=False))
def test_permuting_the_rows_changes_nothing(rows, random):
    shuffled = random.sample(rows, len(rows))
    (time, event, group), (time2, event2, group2) = columns_of(rows), columns_of(shuffled)
    assert fields(kaplan_meier(time, event).median) == pytest.approx(
        fields(kaplan_meier(time2, event2).median), nan_ok=True
    )
    one, other = log_rank(time, event, group), log_rank(time2, event2, group2)
    assert one.statistic == pytest.approx(other.statistic, nan_ok=True)
    first, second = cox_hazard_ratio(time, event, group == "A"), cox_hazard_ratio(time2, event2, group2 == "A")
    assert fields(first) == pytest.approx(fields(second), nan_ok=True)


@given(follow_up, st.floats(0.01, 100))
def test_scaling_time_scales_the_median_and_nothing_else(rows, factor):
    time, event, group = columns_of(rows)
    median, scaled = kaplan_meier(time, event).median, kaplan_meier(time * factor, event).median
    assert fields(scaled) == pytest.approx([factor * value for value in fields(median)], nan_ok=True)
    ratio, scaled_ratio = (cox_hazard_ratio(unit, event, group == "A") for unit in (time, time * factor))
    assert fields(ratio) == pytest.approx(fields(scaled_ratio), nan_ok=True)


@given(follow_up)
def test_swapping_the_arms_inverts_the_hazard_ratio_and_leaves_the_log_rank(rows):
    time, event, group = columns_of(rows)
    one, other = (cox_hazard_ratio(time, event, group == arm) for arm in "AB")
    assert fields(one) == pytest.approx([1 / value for value in (other.value, other.high, other.low)], nan_ok=True)
    assert one.p_value == pytest.approx(other.p_value, nan_ok=True)
    swapped = np.where(group == "A", "B", "A")
    assert log_rank(time, event, group).statistic == pytest.approx(
        log_rank(time, event, swapped).statistic, nan_ok=True
    )


@given(follow_up)
def test_subjects_censored_before_the_first_event_change_nothing(rows):
    time, event, group = columns_of(rows)
    early = [0.5, 0.2], [False, False], ["A", "B"]
    more = [np.append(column, new) for column, new in zip((time, event, group), early, strict=True)]
    assert fields(kaplan_meier(time, event).median) == pytest.approx(
        fields(kaplan_meier(more[0], more[1]).median), nan_ok=True
    )
    assert log_rank(time, event, group).statistic == pytest.approx(log_rank(*more).statistic, nan_ok=True)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: kaplan_meier([-1.0, 2], [1, 0]), "time is -1.0: legal is one or more finite numbers of 0 or more"),
        (lambda: kaplan_meier([np.nan, 2], [1, 0]), "time is nan"),
        (lambda: kaplan_meier([np.inf, 2], [1, 0]), "time is inf"),
        (lambda: kaplan_meier(["soon", "late"], [1, 0]), "time is 'not numeric'"),
        (lambda: kaplan_meier([], []), "time is"),
        (lambda: kaplan_meier([1.0, 2], [1, 2]), "event is 2.0: legal is 0 or 1"),
        (lambda: kaplan_meier([1.0, 2], [1]), "event is 'array of 1': legal is as long as"),
        (lambda: kaplan_meier([1.0], [1], interval="loglog"), "interval is 'loglog': legal is one of log, log-log"),
        (lambda: kaplan_meier([1.0], [1], level=1), "level is 1"),
        (lambda: kaplan_meier([1.0], [1]).quantile(1), "p is 1"),
        (lambda: kaplan_meier([1.0], [1]).at([-1]), "times is -1.0"),
        (lambda: log_rank([1.0, 2], [1, 1], ["a", "a"]), "group is \\['a'\\]: legal is two groups or more"),
        (lambda: log_rank([1.0, 2], [1, 1], ["a", None]), "group is 'missing in some rows'"),
        (lambda: log_rank([1.0, 2], [1, 1], ["a"]), "group is 'array of 1'"),
        (lambda: cox_hazard_ratio([1.0, 2], [1, 1], [1, 1]), "treated is 'True in every row'"),
        (lambda: cox_hazard_ratios([1.0, 2], [1, 1], ["a", "b"], "c"), "reference is 'c': legal is one of a, b"),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(StatisticsError, match=words):
        call()
