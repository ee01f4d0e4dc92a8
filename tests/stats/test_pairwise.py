import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from lentap.errors import StatisticsError
from lentap.stats import pair_counts
from lentap.stats.kaplan_meier import kaplan_meier
from lentap.stats.pairwise import PAIR_VARIANCES, compare_pairs, measured_outcome, time_outcome
from tests.conftest import ROOT

SHARED = ROOT.parent / "shared" / "real"
ROWS = st.lists(
    st.tuples(st.integers(0, 10), st.booleans(), st.integers(0, 3), st.booleans()), min_size=4, max_size=30
).filter(lambda rows: {arm for *_, arm in rows} == {False, True})
QUICK = settings(max_examples=40, deadline=None)


def hierarchy(rows, threshold=1, unit=1.0):
    time, event, score, arm = (np.array(column) for column in zip(*rows, strict=True))
    outcomes = {
        "death": time_outcome(time * unit, event, threshold=threshold * unit),
        "score": measured_outcome(score, better="lower"),
    }
    return outcomes, arm


def followed(seed, n=120):
    """Death, and progression or death, with the same censoring of both."""
    random = np.random.default_rng(seed)
    arm = np.arange(n) % 2
    death = np.ceil(random.exponential(8 + 4 * arm))
    progression = np.minimum(np.ceil(random.exponential(4 + 2 * arm)), death)
    end = random.integers(3, 40, n)
    outcomes = {
        "death": time_outcome(np.minimum(death, end), death <= end, threshold=2),
        "progression": time_outcome(np.minimum(progression, end), progression <= end, threshold=1),
    }
    return outcomes, arm


def numbers(found):
    estimates = (found.win_ratio, found.net_benefit, found.win_odds)
    return [value for one in estimates for value in (one.value, one.low, one.high, one.p_value)]


def mirrors(one, other):
    assert (one.win, one.loss) == pytest.approx((other.loss, other.win))
    for name, back in (("win_ratio", lambda x: 1 / x), ("net_benefit", lambda x: -x), ("win_odds", lambda x: 1 / x)):
        first, second = getattr(one, name), getattr(other, name)
        if np.isfinite(first.low) and np.isfinite(second.low):
            expected = back(second.value), back(second.high), back(second.low)
            assert (first.value, first.low, first.high) == pytest.approx(expected)
            assert first.p_value == pytest.approx(second.p_value)


@QUICK
@given(ROWS, st.sampled_from(PAIR_VARIANCES))
def test_exchanging_the_arms_mirrors_everything(rows, variance):
    outcomes, arm = hierarchy(rows)
    mirrors(*(compare_pairs(outcomes, treated, variance=variance) for treated in (arm, ~arm)))


@pytest.mark.parametrize("censored", ["weighted", "weighted as WINS"])
def test_exchanging_the_arms_mirrors_weighted_pairs(censored):
    outcomes, arm = followed(1)
    mirrors(*(compare_pairs(outcomes, treated, censored=censored) for treated in (arm, 1 - arm)))


@QUICK
@given(ROWS, st.sampled_from(PAIR_VARIANCES))
def test_intervals_contain_their_estimates(rows, variance):
    outcomes, arm = hierarchy(rows)
    found = compare_pairs(outcomes, arm, variance=variance)
    for one in (found.win_ratio, found.net_benefit, found.win_odds):
        assert np.isnan(one.low) or one.low <= one.value <= one.high
    assert not found.net_benefit.low < -1
    assert not found.net_benefit.high > 1


@QUICK
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, random):
    one, other = (compare_pairs(*hierarchy(some)) for some in (rows, random.sample(rows, len(rows))))
    assert numbers(one) == pytest.approx(numbers(other), nan_ok=True)


@QUICK
@given(ROWS, st.sampled_from([0.25, 2.0, 64.0]))
def test_the_unit_of_time_does_not_matter(rows, unit):
    assert numbers(compare_pairs(*hierarchy(rows, unit=unit))) == pytest.approx(
        numbers(compare_pairs(*hierarchy(rows))), nan_ok=True
    )


@QUICK
@given(ROWS)
def test_wins_losses_and_ties_are_all_pairs_and_each_outcome_takes_over_the_ties_before(rows):
    outcomes, arm = hierarchy(rows)
    found = compare_pairs(outcomes, arm)
    table = found.by_outcome
    assert found.win + found.loss + found.tie == pytest.approx(1)
    assert found.pairs == arm.sum() * (~arm).sum() == table["reached"].iloc[0]
    assert (table["reached"] == table["wins"] + table["losses"] + table["ties"]).all()
    assert table["reached"].iloc[1] == table["ties"].iloc[0]
    assert table["wins"].sum() == pytest.approx(found.win * found.pairs)


def test_odds_and_benefit_say_the_same_on_two_scales():
    outcomes, arm = followed(2)
    found = compare_pairs(outcomes, arm)
    assert found.win_odds.value == pytest.approx((1 + found.net_benefit.value) / (1 - found.net_benefit.value))


def test_one_measure_is_counted_as_in_the_mann_whitney_test():
    random = np.random.default_rng(3)
    score, arm = random.integers(0, 20, 90), np.arange(90) % 2
    found = compare_pairs({"score": measured_outcome(score)}, arm)
    u = mannwhitneyu(score[arm == 1], score[arm == 0]).statistic
    assert (found.net_benefit.value + 1) / 2 == pytest.approx(u / found.pairs)


def test_one_yes_or_no_is_a_difference_of_proportions():
    arm = np.repeat([1, 0], [40, 50])
    response = np.concatenate([np.repeat([1, 0], [30, 10]), np.repeat([1, 0], [20, 30])])
    found = compare_pairs({"response": measured_outcome(response)}, arm).net_benefit
    assert found.value == pytest.approx(30 / 40 - 20 / 50)
    assert found.error == pytest.approx(np.sqrt(0.75 * 0.25 / 39 + 0.4 * 0.6 / 49))


def test_what_censoring_hides_is_no_win():
    outcomes = {"death": time_outcome([5, 3, 5, 5], [1, 0, 0, 1])}
    found = compare_pairs(outcomes, [1, 1, 0, 0]).by_outcome.iloc[0]
    # 5 died against 5 censored at its time; 3 censored against whoever lived longer.
    assert (found["wins"], found["losses"], found["ties"]) == (0, 0, 4)
    later = compare_pairs({"death": time_outcome([5, 3, 6, 5], [1, 0, 0, 1])}, [1, 1, 0, 0]).by_outcome.iloc[0]
    assert (later["wins"], later["losses"]) == (0, 1)


def test_a_difference_of_just_the_threshold_is_a_tie():
    outcome = measured_outcome([3, 1], threshold=2), measured_outcome([3, 1], threshold=1.5)
    ties = [compare_pairs({"score": one}, [1, 0]).tie for one in outcome]
    assert ties == [1, 0]


def test_sooner_and_lower_turn_who_wins():
    outcomes = {
        "response": time_outcome([2, 4], [1, 1], better="sooner"),
        "score": measured_outcome([2, 4], better="lower"),
    }
    for name, outcome in outcomes.items():
        assert compare_pairs({name: outcome}, [1, 0]).win == 1
        assert compare_pairs({name: outcome}, [0, 1]).win == 0


@pytest.mark.parametrize("censored", ["undecided", "weighted"])
def test_pieces_of_all_pairs_add_up_to_all_pairs(monkeypatch, censored):
    outcomes, arm = followed(4)
    whole = compare_pairs(outcomes, arm, censored=censored)
    monkeypatch.setattr(pair_counts, "_PAIRS_AT_ONCE", 500)
    pieces = compare_pairs(outcomes, arm, censored=censored)
    assert numbers(pieces) == pytest.approx(numbers(whole))
    assert (pieces.by_outcome == whole.by_outcome).all(axis=None)


def test_strata_of_one_size_are_averaged_and_those_of_one_arm_left_out():
    outcomes, arm = followed(5, n=80)
    stratum = np.repeat([0, 1], 40)
    found = compare_pairs(outcomes, arm, strata=stratum)
    parts = [
        compare_pairs({name: taken(one, stratum == label) for name, one in outcomes.items()}, arm[stratum == label])
        for label in (0, 1)
    ]
    assert found.net_benefit.value == pytest.approx(np.mean([part.net_benefit.value for part in parts]))
    assert found.net_benefit.error == pytest.approx(np.hypot(*(part.net_benefit.error for part in parts)) / 2)
    alone = {name: taken(one, np.append(np.arange(80), [0, 2])) for name, one in outcomes.items()}
    more = compare_pairs(alone, np.append(arm, [0, 0]), strata=np.append(stratum, [7, 7]))
    assert numbers(more) == pytest.approx(numbers(found))


def taken(outcome, rows):
    return time_outcome(outcome.value[rows], outcome.exact[rows], threshold=outcome.threshold)


def test_without_censoring_weights_change_nothing():
    random = np.random.default_rng(6)
    outcomes = {one: time_outcome(random.integers(1, 12, 60), np.ones(60), threshold=1) for one in "ab"}
    arm = np.arange(60) % 2
    assert numbers(compare_pairs(outcomes, arm, censored="weighted")) == pytest.approx(
        numbers(compare_pairs(outcomes, arm))
    )


def test_weighted_wins_of_one_outcome_are_what_the_kaplan_meier_curves_say():
    random = np.random.default_rng(7)
    arm = np.arange(200) % 2
    time, end = np.ceil(random.exponential(6 + 3 * arm)), random.integers(4, 200, 200)
    event = time <= end
    followed_for = np.minimum(time, end)
    last = followed_for == np.where(arm == 1, followed_for[arm == 1].max(), followed_for[arm == 0].max())
    event |= last  # a curve that comes down to 0 tells all
    found = compare_pairs({"death": time_outcome(followed_for, event)}, arm, censored="weighted")
    treated, control = (kaplan_meier(followed_for[arm == one], event[arm == one]) for one in (1, 0))
    for chance, longer, shorter in ((found.win, treated, control), (found.loss, control, treated)):
        assert chance == pytest.approx(-np.diff(shorter.survival) @ longer.at(shorter.time[1:]))


def test_weights_undo_what_censoring_does_to_the_win_ratio():
    arm = np.arange(4000) % 2
    random = np.random.default_rng(8)
    death, progression = random.uniform(0, 20 + 10 * arm), random.uniform(0, 30 - 15 * arm)
    progression = np.minimum(progression, death)

    def compare(end, **options):
        outcomes = {
            "death": time_outcome(np.minimum(death, end), death <= end, threshold=1),
            "progression": time_outcome(np.minimum(progression, end), progression <= end, threshold=1),
        }
        return compare_pairs(outcomes, arm, **options)

    truth = compare(np.full(4000, 1e9))
    end = random.uniform(0, 45, 4000)
    seen, weighted = compare(end), compare(end, censored="weighted")
    assert weighted.win == pytest.approx(truth.win, abs=0.015)
    assert weighted.loss == pytest.approx(truth.loss, abs=0.015)
    assert abs(np.log(weighted.win_ratio.value / truth.win_ratio.value)) < 0.05
    assert abs(np.log(seen.win_ratio.value / truth.win_ratio.value)) > 0.15


def test_the_error_of_weighted_pairs_is_that_of_leaving_out_one_subject_at_a_time():
    outcomes, arm = followed(9, n=100)
    found = compare_pairs(outcomes, arm, censored="weighted")
    spread = 0.0
    for one in (0, 1):
        without = []
        for row in np.flatnonzero(arm == one):
            kept = np.arange(arm.size) != row
            others = {name: taken(outcome, kept) for name, outcome in outcomes.items()}
            without.append(np.log(compare_pairs(others, arm[kept], censored="weighted").win_ratio.value))
        spread += (len(without) - 1) * np.var(without)
    assert found.win_ratio.error == pytest.approx(np.sqrt(spread), rel=0.06)


def test_the_sampling_variance_covers_as_often_as_it_says_and_the_null_variance_more_often():
    random = np.random.default_rng(10)
    arm = np.arange(80) % 2
    truth, covered = 0.4283924, {variance: [] for variance in PAIR_VARIANCES}  # 2 * pnorm(0.8 / sqrt(2)) - 1
    for _ in range(400):
        outcomes = {"score": measured_outcome(random.normal(size=80) + 0.8 * arm)}
        for variance, hits in covered.items():
            found = compare_pairs(outcomes, arm, variance=variance).net_benefit
            hits.append(found.low <= truth <= found.high)
    assert np.mean(covered["projection"]) == pytest.approx(0.95, abs=0.025)
    assert np.mean(covered["null"]) > 0.975


def test_what_the_data_do_not_say_is_not_a_number():
    won = compare_pairs({"score": measured_outcome([3, 4, 1, 2])}, [1, 1, 0, 0])
    assert (won.win_ratio.value, won.net_benefit.value, won.win_odds.value) == (np.inf, 1, np.inf)
    tied = compare_pairs({"score": measured_outcome([1, 1, 1, 1])}, [1, 1, 0, 0])
    assert (tied.net_benefit.value, tied.win_odds.value, tied.tie) == (0, 1, 1)
    assert np.isnan(tied.win_ratio.value)
    single = compare_pairs({"score": measured_outcome([2, 1, 3])}, [1, 0, 0])
    assert single.win_ratio.value == 1
    for found in (won, tied, single):
        for one in (found.win_ratio, found.net_benefit, found.win_odds):
            assert np.isnan([one.low, one.high, one.p_value]).all()
            assert "not estimable" in one.method


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: time_outcome([1, -2], [1, 0]), "time is -2"),
        (lambda: time_outcome([1, 2], [1, 2]), "event is 2"),
        (lambda: time_outcome([1], [1], threshold=-1), "threshold is -1: legal is a finite number of 0 or more"),
        (lambda: time_outcome([1], [1], better="higher"), "better is 'higher': legal is one of later, sooner"),
        (lambda: measured_outcome([1, np.nan]), "value is nan"),
        (lambda: measured_outcome([1], better="later"), "better is 'later': legal is one of higher, lower"),
        (lambda: compare_pairs({}, [1, 0]), "outcomes is 'empty'"),
        (lambda: compare_pairs({"score": measured_outcome([1])}, [1, 0]), "score of 1 subjects': legal is as long as"),
        (lambda: compare_pairs({"score": measured_outcome([1, 2])}, [1, 1]), "treated is 'True in every row'"),
        (lambda: compare_pairs({"score": measured_outcome([1, 2])}, [1, 0], strata=[1, 2]), "strata is 'each of one"),
        (lambda: compare_pairs({"score": measured_outcome([1, 2])}, [1, 0], strata=[1]), "strata is 'array of 1'"),
        (lambda: compare_pairs({"score": measured_outcome([1, 2])}, [1, 0], level=2), "level is 2"),
        (lambda: compare_pairs({"score": measured_outcome([1, 2])}, [1, 0], variance="luo"), "variance is 'luo'"),
        (lambda: compare_pairs({"score": measured_outcome([1, 2])}, [1, 0], censored="ipcw"), "censored is 'ipcw'"),
        (
            lambda: compare_pairs({"score": measured_outcome([1, 2])}, [1, 0], censored="weighted"),
            "censored is 'weighted, with score': legal is undecided, unless all outcomes are times",
        ),
        (
            lambda: compare_pairs(
                {"death": time_outcome([1, 2], [1, 1])}, [1, 0], censored="weighted", variance="null"
            ),
            "variance is 'null': legal is projection, where pairs are weighted",
        ),
    ],
)
def test_refusal_names_argument_value_and_what_is_legal(call, words):
    with pytest.raises(StatisticsError, match=words):
        call()


@pytest.fixture(scope="module")
def wins():
    """Data of the R package WINS, and what its vignette prints for them."""
    if not (SHARED / "winratio").is_dir():
        pytest.skip(f"the data of WINS are not at {SHARED / 'winratio'}")
    tables = [pd.read_csv(SHARED / "winratio" / f"data_{name}.csv") for name in ("binary", "tte")]
    return *tables, json.loads((SHARED / "expected.json").read_text("utf-8"))["winratio_WINS"]


def printed(found):
    estimates = {"WR": found.win_ratio, "NB": found.net_benefit, "WO": found.win_odds}
    return {name: [round(value, 3) for value in (one.value, one.low, one.high)] for name, one in estimates.items()}


def test_binary_outcomes_agree_with_the_vignette_of_wins(wins):
    binary, _, expected = wins
    outcomes = {name: measured_outcome(binary[name]) for name in ("Y_1", "Y_2", "Y_3")}
    assert printed(compare_pairs(outcomes, binary["arm"] == "A", variance="null")) == expected["binary"]


def test_times_agree_with_the_vignette_of_wins(wins):
    _, times, expected = wins
    outcomes = {one: time_outcome(times[f"Y_{one}"], times[f"Delta_{one}"], threshold=0.1) for one in "123"}
    assert printed(compare_pairs(outcomes, times["arm"] == "A", variance="null")) == expected["tte_tau0_1"]


def test_weighted_times_agree_with_the_vignette_of_wins_but_for_its_limits(wins):
    _, times, expected = wins
    outcomes = {one: time_outcome(times[f"Y_{one}"], times[f"Delta_{one}"], threshold=0.1) for one in "123"}
    found = compare_pairs(outcomes, times["arm"] == "A", censored="weighted as WINS")
    value, low, high = expected["tte_ipcw_tau"]["WR"]
    assert round(found.win_ratio.value, 3) == value
    # Errors: of the bootstrap 0.1606 (500 draws), of leaving out one at a time 0.1616, of the limits of WINS 0.1437.
    assert found.win_ratio.error == pytest.approx(0.16, abs=0.003)
    assert np.log(high / low) / (2 * 1.959964) == pytest.approx(0.1437, abs=0.0001)
