"""Benefits and harms: effects against published and hand-computed numbers, pairs, and what is missing or hidden."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from lentap.adam import Trial
from lentap.published import comparator_facts
from lentap.show.benefit_risk import (
    benefit_risk_points,
    context_table,
    effect_plot,
    effect_table,
    needed_words,
    win_plot,
    win_table,
)
from lentap.show.prose import Prose
from lentap.show.record.benefit_risk import BENEFIT, HARM, BenefitRisk, record_benefit_risk
from lentap.show.small_cells import HIDDEN
from lentap.stats.estimate import Estimate
from lentap.stats.kaplan_meier import kaplan_meier
from lentap.stats.number_needed import number_needed_to_treat

DEFAULTS: dict[str, Any] = {
    "population": "SAF",
    "experimental": "all",
    "landmark": 24.0,
    "margin": 0.0,
    "severe_from": 3,
    "smallest": 0,
    "level": 0.95,
}


def compared(trial: Trial, endpoints: tuple[str, str] = ("OS", "EFS"), **changed: Any) -> BenefitRisk:
    return record_benefit_risk(trial, endpoints, **{**DEFAULTS, **changed})


def without(trial: Trial, *tables: str) -> Trial:
    return replace(trial, frames={name: frame for name, frame in trial.frames.items() if name not in tables})


@pytest.fixture(scope="module")
def found(shipped: Trial) -> BenefitRisk:
    return compared(shipped)


def test_resections_give_the_difference_of_the_published_counts(found: BenefitRisk) -> None:
    """42/71 and 13/71: 40.8 points, one more resection in 2.4 patients."""
    resected = next(one for one in found.effects if one.outcome == "Resected")
    assert resected.counts == {"LEN-TAP": "42/71", "TACE": "13/71"}
    assert resected.difference.estimate == pytest.approx(0.408, abs=5e-4)
    assert needed_words(resected.needed).startswith("NNTB 2.4 (1.8 to")


def test_times_are_compared_as_kaplan_meier_shares_at_the_landmark(shipped: Trial, found: BenefitRisk) -> None:
    times = shipped.time_to_event("OS")
    alive = next(one for one in found.effects if one.outcome.startswith("Overall survival"))
    for arm, share in (("LEN-TAP", alive.treated), ("TACE", alive.control)):
        rows = times[times["arm"] == arm]
        assert share.value == pytest.approx(kaplan_meier(rows["time"], rows["event"]).at([24.0])[0])


def test_counts_beside_a_share_without_an_event_say_that_they_are_of_events(shipped: Trial, found: BenefitRisk) -> None:
    times = shipped.time_to_event("OS")
    deaths = {
        arm: int((rows["event"] & (rows["time"] <= 24)).sum()) for arm, rows in times.groupby("arm", observed=True)
    }
    drawn = effect_plot(found, design=shipped.design, source="synthetic").data.set_index("What")["Detail"]
    expected = "; ".join(f"{arm}, events by then {deaths[arm]}/71" for arm in ("LEN-TAP", "TACE"))
    assert drawn["Overall survival: without event at 24 months"] == expected
    assert drawn["Resected"] == "LEN-TAP 42/71; TACE 13/71"


def test_benefits_and_harms_are_told_apart_and_numbers_needed_have_their_side(found: BenefitRisk) -> None:
    kinds = {one.outcome: one.kind for one in found.effects}
    assert kinds["Resected"] == BENEFIT
    assert kinds["Adverse event, serious"] == HARM
    serious = next(one for one in found.effects if one.outcome == "Adverse event, serious")
    assert needed_words(serious.needed) == "NNTH 5.7 (3.1 to 39.6)"


@pytest.mark.parametrize(
    ("difference", "event", "words"),
    [
        ((0.408, 0.252, 0.538), "good", "NNTB 2.5 (1.9 to 4.0)"),
        ((0.1, -0.05, 0.25), "good", "NNTB 10.0 (NNTB 4.0 to ∞ to NNTH 20.0)"),  # Altman 1998
        ((0.2, 0.1, 0.4), "bad", "NNTH 5.0 (2.5 to 10.0)"),
    ],
)
def test_numbers_needed_are_written_as_altman_does(difference: tuple[float, ...], event: str, words: str) -> None:
    value, low, high = difference
    assert needed_words(number_needed_to_treat(Estimate(value, low, high, 0.95, ""), event=event)) == words


def test_pairs_are_won_by_death_first_then_progression_then_severe_events(shipped: Trial) -> None:
    """Two against two, by hand: a lives longest; b and d are alike but for the adverse event of d."""
    start = pd.Timestamp("2024-01-01")
    adsl = pd.DataFrame({"USUBJID": list("abcd"), "TRT01P": ["LEN-TAP"] * 2 + ["TACE"] * 2, "SAFFL": "Y", "ITTFL": "Y"})
    adsl = adsl.assign(TRT01A=adsl["TRT01P"], TRTSDT=start, TRTEDT=start + pd.Timedelta(days=200))
    rows = [
        (who, name, time, censored)
        for who, death, dead, progression in [("a", 30, 0, 20), ("b", 10, 1, 10), ("c", 20, 0, 5), ("d", 10, 1, 10)]
        for name, time, censored in (("OS", death, 1 - dead if who in "bd" else 1), ("EFS", progression, 0))
    ]
    adtte = pd.DataFrame(rows, columns=["USUBJID", "PARAMCD", "AVAL", "CNSR"])
    adtte.loc[adtte["USUBJID"].isin(["b", "d"]) & (adtte["PARAMCD"] == "OS"), "CNSR"] = 0
    adae = pd.DataFrame([{"USUBJID": "d", "AEDECOD": "Rash", "AETOXGR": 3.0, "ASTDY": 30.0, "TRTEMFL": "Y"}])
    tiny = replace(shipped, frames={"adsl": adsl, "adtte": adtte, "adae": adae})
    table = compared(tiny, landmark=6.0).wins["LEN-TAP"].statistics.by_outcome.set_index("outcome")
    # a-c by progression (both alive when last seen), a-d by death, b-c lost by death, b-d by the adverse event
    assert table[["wins", "losses"]].to_numpy().tolist() == [[1, 1], [1, 0], [1, 0]]
    assert table["ties"].tolist() == [2, 1, 0]


def test_a_margin_leaves_more_pairs_undecided(shipped: Trial, found: BenefitRisk) -> None:
    ties = [one.wins["LEN-TAP"].statistics.by_outcome["ties"].iloc[0] for one in (found, compared(shipped, margin=6.0))]
    assert ties[0] < ties[1]


def test_one_endpoint_named_twice_counts_once(shipped: Trial) -> None:
    once = compared(shipped, ("OS", "OS"))
    assert once.wins["LEN-TAP"].statistics.by_outcome["outcome"].tolist()[0] == "Overall survival"
    assert len(once.wins["LEN-TAP"].statistics.by_outcome) == 2


def test_every_display_is_made_from_the_shipped_trial(shipped: Trial, found: BenefitRisk) -> None:
    about: dict[str, Any] = {"design": shipped.design, "source": "synthetic"}
    assert len(effect_plot(found, **about).data) == len(found.effects) == 7
    assert len(win_plot(found, **about).data) == 3 * 4
    assert len(effect_table(found, source="synthetic").frame) == 7
    assert len(win_table(found, source="synthetic").frame) == 1
    points = " ".join(benefit_risk_points(found))
    assert "Resected 40.8 (25.4 to 54.4)" in points
    assert "win ratio 1.33" in points


def test_both_sides_of_the_effects_name_the_arm_that_has_more(shipped: Trial, found: BenefitRisk) -> None:
    drawn = effect_plot(found, design=shipped.design, source="synthetic").plotly.layout.annotations
    assert {"◂ more on TACE", "more on LEN-TAP ▸"} <= {one.text for one in drawn}


def test_further_outcomes_are_counted_in_words_that_fit_their_number(shipped: Trial, found: BenefitRisk) -> None:
    harms = [one for one in found.effects if one.kind == HARM and one.difference]
    apart = [one for one in harms if one.difference.low > 0 or one.difference.high < 0]
    across = [one for one in harms if one not in apart]
    for further, words in ((0, ""), (1, "the interval of 1 further outcome"), (2, "intervals of 2 further outcomes")):
        some = replace(found, effects=(apart[0], *across[:1] * further))
        [point] = [point for point in benefit_risk_points(some) if point.startswith("**Harms")]
        assert words in point
        assert ("further" in point) == bool(words)


def test_bars_of_an_outcome_add_up_to_the_pairs_it_was_asked_about(shipped: Trial, found: BenefitRisk) -> None:
    data = win_plot(found, design=shipped.design, source="synthetic").data
    sums = data.groupby("Outcome", sort=False)["Pairs"].sum().tolist()
    assert sums[0] == sums[-1] == found.wins["LEN-TAP"].statistics.pairs == 71 * 71
    assert sums[1] == data["Pairs"].iloc[1]  # what death left undecided


def test_without_adverse_events_or_procedures_the_rest_stays_and_is_explained(shipped: Trial) -> None:
    lacking = compared(without(shipped, "adae", "adpr"))
    assert {one.kind for one in lacking.effects} == {BENEFIT}
    assert any("no table of adverse events" in note for note in lacking.notes)
    assert len(lacking.wins["LEN-TAP"].statistics.by_outcome) == 2
    assert "no table of adverse events" in " ".join(benefit_risk_points(lacking))


def test_without_an_event_pairs_are_all_undecided_and_nothing_fails(shipped: Trial) -> None:
    adtte = shipped.adtte.assign(CNSR=1)
    none = compared(replace(without(shipped, "adae"), frames={**without(shipped, "adae").frames, "adtte": adtte}))
    assert none.wins["LEN-TAP"].win_ratio.estimate is None
    assert benefit_risk_points(none)
    assert win_plot(none, design=shipped.design, source="yours")
    assert effect_table(none, source="yours")


def test_without_control_nothing_is_compared(shipped: Trial) -> None:
    adsl = shipped.adsl[shipped.adsl["TRT01P"] != "TACE"]
    single = compared(replace(shipped, frames={**shipped.frames, "adsl": adsl}))
    assert single.effects == ()
    assert any("cannot be compared" in note for note in single.notes)
    about: dict[str, Any] = {"design": shipped.design, "source": "yours"}
    assert isinstance(effect_plot(single, **about), Prose)
    assert isinstance(win_plot(single, **about), Prose)


def test_small_counts_hide_their_outcome_everywhere(shipped: Trial) -> None:
    hidden = compared(shipped, smallest=5)
    table = effect_table(hidden, source="synthetic").frame.set_index("Outcome")
    assert set(table.loc["Adverse event, fatal", ["LEN-TAP", "TACE", "Difference", "Number needed"]]) == {HIDDEN}
    drawn = effect_plot(hidden, design=shipped.design, source="synthetic").data["What"].tolist()
    assert "Adverse event, fatal" not in drawn
    assert "Adverse event, serious" in drawn


def test_other_trials_stand_with_their_numbers_and_where_they_are_known_from() -> None:
    frame = context_table(comparator_facts()).frame
    leap = frame[frame["Study"].str.startswith("LEAP-012, double-blind RCT")].set_index("Outcome")
    assert leap.loc["grade 3-5 TRAE (percent)", ["Experimental", "Control"]].tolist() == ["71.3", "31.5"]
    assert leap.loc["PFS hazard ratio (ratio)", "Ratio"] == "0.66 (0.51 to 0.84)"
    assert frame["Study"].str.startswith("EMERALD-1").any()
    assert frame["Study"].str.contains("secondary").all()


def test_pairs_are_hidden_and_not_recorded_where_few_had_an_outcome(shipped: Trial) -> None:
    assert compared(shipped, smallest=5).wins
    hidden = compared(shipped, smallest=50)
    assert not hidden.wins
    words = " ".join(benefit_risk_points(hidden))
    assert "Pairs of LEN-TAP and TACE are hidden: fewer than 50 patients of one had" in words
    for shown in (win_plot(hidden, design=shipped.design, source="yours"), win_table(hidden, source="yours")):
        assert "their numbers are hidden" in str(shown)
    assert f"2 {HIDDEN}" in " ".join(benefit_risk_points(compared(shipped, smallest=5)))


def test_severe_events_hidden_beside_any_event_are_hidden_here_too(shipped: Trial) -> None:
    events = shipped.adae
    milder = events["USUBJID"].drop_duplicates().head(3)
    events = events.assign(AETOXGR=events["USUBJID"].isin(milder).map({True: 2.0, False: 3.0}))
    spoilt = replace(shipped, frames={**shipped.frames, "adae": events})
    table = effect_table(compared(spoilt, smallest=8), source="synthetic").frame.set_index("Outcome")
    assert table.loc["Adverse event, grade 3 or above", "Difference"] == HIDDEN
