"""Other studies: which published results may be pooled, what a pool expects, and where LEN-TAP and the trial fall."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import t

from lentap.adam import Trial
from lentap.parameters import rule_of
from lentap.published import comparator_facts, lentap_facts
from lentap.show.context import context_forest, context_points, contrast_forest, evidence_table
from lentap.show.figure import Figure
from lentap.show.place import place_curves, place_points, place_table
from lentap.show.prose import Prose
from lentap.show.record import RESPONSE_GROUPS
from lentap.show.record.absolute import record_absolute
from lentap.show.record.assessments import RECORDED, assessments
from lentap.show.record.context import MEASURES, RATIO, Context, fitting_count, record_context
from lentap.show.record.context_trial import SPECIMENS, Own, own_findings
from lentap.show.record.followed import followed
from lentap.show.record.outcomes import Outcomes
from lentap.show.record.place import Place, record_places
from lentap.show.record.response import ResponseRule, record_response
from lentap.show.record.surgery import FINDINGS, RESECTED, record_surgery
from lentap.show.record.treatments import DOUBLET, REGIMENS, TRIPLE, added, design_class
from lentap.show.samples import marker_samples


def context_of(endpoint: str, facts: pd.DataFrame | None = None, fewest: int = 3) -> Context:
    used = comparator_facts() if facts is None else facts
    return record_context("a.b", endpoint, used, lentap_facts(), fewest=fewest, interval="hartung-knapp", level=0.95)


def fact(study: str, arm: str, value: float, n: int, **other: object) -> dict[str, object]:
    given = {
        "study": study, "arm": arm, "value": value, "n": n, "id": f"{study}.{arm}", "design": "retrospective",
        "count": pd.NA, "endpoint": "ORR", "low": np.nan, "high": np.nan, "interval": "", "unit": "percent", "p": "",
        "status": "cited", "source": "made up", "note": "",
    }  # fmt: skip
    return given | other


def table(*facts: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(facts)


NONE = Own(why="it has no table adpr")


# --- what facts become


def test_the_parameter_offers_every_measure_the_page_knows_and_no_other() -> None:
    assert rule_of("ReportedEndpoint")[1].words(None) == tuple(MEASURES)  # type: ignore[union-attr, arg-type]


@pytest.mark.parametrize("endpoint", MEASURES)
def test_every_arm_and_endpoint_of_the_facts_is_known_to_the_page(endpoint: str) -> None:
    facts = comparator_facts()
    used = facts[facts["endpoint"].isin(list(MEASURES[endpoint].facts))]
    assert len(used)
    assert {arm for arms in used["arm"] for arm in arms.split(" vs ")} <= set(REGIMENS)
    found = context_of(endpoint)
    published = [one for one in [*found.rows, *found.contrasts] if one.study != "LEN-TAP"]
    shown = [one for one in published if " vs " not in one.arm or MEASURES[endpoint].kind == RATIO]
    assert len(shown) == len(used)
    assert all(one.reference for one in published)


def test_a_count_is_taken_only_where_one_alone_rounds_to_the_percentage() -> None:
    assert fitting_count(67.9, 56) == 38
    assert fitting_count(50, 36) == 18
    assert fitting_count(31.3, 16) == 5  # 31.25: a printed half may have been rounded up
    assert fitting_count(88.6, 97) is None  # 85/97 is 87.6, 86/97 is 88.7
    assert fitting_count(4, 205) is None  # 8 and 9 both round to it


def test_designs_have_the_class_their_words_say() -> None:
    classes = {words: design_class(words) for words in comparator_facts()["design"].unique()}
    assert classes["double-blind RCT"] == "randomised"
    assert classes["retrospective PSM"] == "cohort"
    assert classes["phase 2 single arm NCT05213221"] == "single arm"
    assert classes["meta-analysis of 18 studies"] == "pooled estimate"


def test_a_comparison_is_named_by_what_was_added_to_what() -> None:
    assert added(TRIPLE, DOUBLET) == "PD-(L)1 inhibitor added to TACE + anti-angiogenic"
    assert added(DOUBLET, "Lenvatinib alone") == "TACE added to anti-angiogenic"
    assert added("Lenvatinib alone", DOUBLET) == "Lenvatinib alone against TACE and lenvatinib"


# --- what may be pooled


def test_responses_of_triple_therapy_have_the_mean_that_metafor_gives() -> None:
    """metafor, REML with test = "knha": reference meta-analysis-hartung-knapp-orr, the same counts."""
    pool = context_of("ORR").pools[TRIPLE]
    assert sorted(one.counts for one in pool.members) == ["20/45", "23/30", "30/36", "37/64", "38/56", "50/62"]
    assert [pool.mean.estimate, pool.mean.low, pool.mean.high] == pytest.approx([0.6899, 0.5157, 0.8230], abs=1e-4)
    analysis = pool.analysis
    reach = t.isf(0.025, 4) * np.hypot(analysis.error, np.sqrt(analysis.tau_squared))
    assert pool.prediction.high == pytest.approx(expit(analysis.mean.value + reach))


def test_a_pooled_estimate_never_enters_a_pool_and_neither_does_the_study_being_placed() -> None:
    found = context_of("resection", fewest=2)
    members = found.pools[TRIPLE].members
    assert {one.study for one in members} == {"Wu JY 2021", "Envafolimab+LEN+TACE"}
    why = {(one.study, one.called): one.why for one in found.rows if one.group == TRIPLE}
    assert why["Li W 2022", "conversion"] == "a pool itself"
    assert why["LEN-TAP", "SLR"] == "is placed among them"
    assert why["Wu JY 2021", "resectable"] == "same patients, other measure"
    assert "TACE alone" not in found.pools


def test_the_same_patients_enter_once_by_the_preferred_measure() -> None:
    facts = table(
        fact("A 2020", "TACE+LEN", 50, 40, endpoint="ORR RECIST 1.1"),
        fact("A 2020", "TACE+LEN", 75, 40, endpoint="ORR mRECIST"),
        fact("B 2020", "TACE+LEN", 60, 30),
    )
    found = context_of("ORR", facts, fewest=2)
    assert [(one.study, one.called) for one in found.pools[DOUBLET].members] == [("A 2020", "mRECIST"), ("B 2020", "")]


def test_studies_of_the_same_first_author_and_regimen_enter_once() -> None:
    facts = table(*(fact(name, "TACE+LEN", 50, 40) for name in ("Wu A 2021", "Wu A 2022", "Wu B 2022")))
    found = context_of("ORR", facts, fewest=2)
    assert [one.study for one in found.pools[DOUBLET].members] == ["Wu A 2021", "Wu B 2022"]
    assert [one.why for one in found.rows] == ["", "may share patients with Wu A 2021", ""]


def test_comparisons_are_pooled_within_one_question_and_one_design_and_never_with_rates() -> None:
    designs = ("RCT", "RCT", "retrospective", "single arm")
    facts = table(
        *(
            fact(f"{place} 2020", arm, value, 50, design=design)
            for place, design in zip("ABCD", designs, strict=True)
            for arm, value in (("TACE+LEN", 50), ("TACE", 30))
            if design != "single arm" or arm == "TACE"
        )
    )
    found = context_of("ORR", facts, fewest=2)
    question = added(DOUBLET, "TACE alone")
    assert set(found.pools) == {DOUBLET, "TACE alone", f"{question}, randomised"}
    assert [one.study for one in found.pools[f"{question}, randomised"].members] == ["A 2020", "B 2020"]
    assert found.pools[f"{question}, randomised"].mean.estimate == pytest.approx((25 / 25) / (15 / 35))
    assert len(found.pools["TACE alone"].members) == 4


def test_randomised_hazard_ratios_of_one_question_can_be_pooled_by_choice_alone() -> None:
    assert not context_of("PFS").pools
    (pool,) = context_of("PFS", fewest=2).pools.values()
    assert {one.study for one in pool.members} == {"LEAP-012", "EMERALD-1"}
    logs, errors = np.log([0.66, 0.77]), np.log([0.84 / 0.51, 0.98 / 0.61]) / (2 * 1.959964)
    weight = 1 / errors**2
    assert pool.mean.estimate == pytest.approx(np.exp(weight @ logs / weight.sum()), rel=1e-5)
    assert pool.prediction.low is None
    assert "fewest from which a new one can be predicted" in " ".join(context_points(context_of("PFS", fewest=2), NONE))


def test_medians_are_never_pooled() -> None:
    found = context_of("OS median", fewest=2)
    assert not found.pools
    assert "medians come without the error" in " ".join(context_points(found, NONE))
    assert "In a pool" not in evidence_table(found).frame  # type: ignore[union-attr]


def test_a_rate_of_nobody_or_everybody_is_shown_and_not_pooled() -> None:
    facts = table(fact("A 2020", "TACE", 0, 20), fact("B 2020", "TACE", 100, 20), fact("C 2020", "TACE", 50, 20))
    found = context_of("ORR", facts, fewest=2)
    assert not found.pools
    assert [one.why for one in found.rows] == ["nobody or everybody", "nobody or everybody", ""]
    assert found.rows[0].high == pytest.approx(0.161, abs=1e-3)  # Wilson


def test_survival_read_off_curves_has_the_error_of_the_printed_interval() -> None:
    """LEAP-012: 75% (68 to 80) and 69% (62 to 74) alive at 24 months; the odds ratio by hand."""
    found = context_of("OS 24 months")
    treated, control = found.rows
    assert (treated.value, treated.low, treated.high, treated.counts) == (0.75, 0.68, 0.80, "n = 237")
    assert treated.error == pytest.approx((np.log(0.8 / 0.2) - np.log(0.68 / 0.32)) / (2 * 1.959964))
    (odds,) = found.contrasts
    assert (odds.value, odds.low, odds.high) == pytest.approx((1.348, 0.885, 2.054), abs=2e-3)
    assert odds.why == control.why == ""
    assert "no regimen or question has 3 studies" in " ".join(context_points(found, NONE))


def test_findings_at_surgery_are_shown_as_printed_and_not_pooled() -> None:
    (major,), (margin,), (wait,) = (context_of(name).rows for name in ("MPR", "R0", "time to surgery"))
    assert (major.study, major.counts) == ("Wu JY 2022", "59/70")
    assert (margin.counts, margin.why) == ("16/16", "nobody or everybody")
    assert (wait.value, wait.counts) == (4.3, "n = 70, range 1.7 to 14.2")
    assert np.isnan(wait.low)


def test_what_is_published_and_not_offered_is_baseline_or_safety() -> None:
    offered = {words for measure in MEASURES.values() for words in measure.facts}
    assert set(comparator_facts()["endpoint"]) - offered == {
        "AFP >=400 ng/mL", "BCLC C", "HBV", "PVTT", "age median", "male", "any-grade TRAE", "grade >=4 TRAE",
        "decreased albumin any grade", "hypertension any grade", "thrombocytopenia any grade",
        "post-embolisation syndrome grade 3-4", "severe perioperative complications",
        "CD8+CD38+ association with response (odds ratio)",
    }  # fmt: skip


# --- in print


@pytest.mark.parametrize("endpoint", MEASURES)
def test_each_endpoint_has_its_figures_table_and_points(endpoint: str, shipped: Trial) -> None:
    found, own = context_of(endpoint), own_findings(shipped, endpoint, "ITT", level=0.95)
    about = {"design": shipped.design, "source": shipped.source}
    assert isinstance(context_forest(found, own, **about), Figure)
    assert isinstance(contrast_forest(found, own, **about), Figure | Prose)
    rows = evidence_table(found).frame  # type: ignore[union-attr]
    assert len(rows) == len(found.rows) + len(found.contrasts)
    assert rows["Source"].ne("").all()
    assert not any("nan" in point for point in context_points(found, own))


def test_caveats_of_published_hazard_ratios_stand_under_the_table() -> None:
    notes = {endpoint: evidence_table(context_of(endpoint)).notes for endpoint in ("PFS", "OS")}  # type: ignore[union-attr]
    arms = "LEAP-012, TACE+LEN+pembrolizumab vs TACE+placebo"
    assert f"{arms}: p-value is one-sided." in notes["PFS"]
    assert f"{arms}: OS later reported as not met." in notes["OS"]


def test_a_caveat_of_a_rate_is_not_repeated_for_its_odds_ratio() -> None:
    facts = table(fact("A", "TACE", 20, 50, note="by hand"), fact("A", "TACE+LEN", 40, 50, note="by hand"))
    evidence = evidence_table(context_of("ORR", facts))
    assert evidence.notes[1:] == ["A, TACE+LEN: by hand.", "A, TACE: by hand."]  # type: ignore[union-attr]


def test_key_points_say_what_is_there_and_what_a_new_study_may_show() -> None:
    points = " ".join(context_points(context_of("ORR"), NONE))
    assert "mean 69.0% (95% CI 51.6 to 82.3) over 6 studies (cohort and single arm)" in points
    assert "between 25.2% and 93.6% (95% prediction interval)" in points
    assert "They mix criteria (mRECIST and not named)" in points
    assert "The loaded trial** is not beside them: it has no table adpr" in points


def test_a_figure_of_published_rows_alone_has_no_other_badge(shipped: Trial) -> None:
    figure = context_forest(context_of("PFS"), NONE, design=shipped.design, source="synthetic")
    assert isinstance(figure, Figure)
    assert figure.source == ("published",)
    beside = context_forest(
        context_of("OS"), own_findings(shipped, "OS", "ITT", level=0.95), design=shipped.design, source="synthetic"
    )
    assert isinstance(beside, Figure)
    assert beside.source == ("published", "synthetic")


def test_no_facts_on_an_endpoint_says_so(shipped: Trial) -> None:
    found = context_of("pCR", comparator_facts().iloc[:0])
    about = {"design": shipped.design, "source": shipped.source}
    assert "hold nothing" in context_points(found, NONE)[0]
    assert isinstance(context_forest(found, NONE, **about), Prose)
    assert isinstance(evidence_table(found), Prose)


# --- the loaded trial


def test_the_loaded_trial_shows_its_own_counts(shipped: Trial) -> None:
    own = own_findings(shipped, "resection", "ITT", level=0.95)
    assert [(one.arm, one.counts) for one in own.rows] == [("LEN-TAP", "42/71"), ("TACE", "13/71")]
    assert own.contrasts[0].value == pytest.approx((42 / 29) / (13 / 58))
    assert {one.source for one in [*own.rows, *own.contrasts]} == {"synthetic"}


@pytest.mark.parametrize(
    ("endpoint", "column", "finding"),
    [(endpoint, FINDINGS[finding][0], finding) for endpoint, finding in SPECIMENS.items()],
)
def test_findings_of_specimens_are_counted_among_the_resected_with_a_known_one(
    endpoint: str, column: str, finding: str, shipped: Trial
) -> None:
    surgery = record_surgery(
        "s", shipped, shipped.resected("ITT"), level=0.95, difference_interval="newcombe", source="yours"
    )
    counts = {arm: rate.counts[arm] for arm, rate in surgery.findings[finding, RESECTED].rates.items()}
    assert {one.arm: one.counts for one in own_findings(shipped, endpoint, "ITT", level=0.95).rows} == counts
    first = shipped.adpr.loc[shipped.adpr[column] == FINDINGS[finding][1][0]].index[0]
    unknown = alter(shipped, adpr=lambda rows: rows.assign(**{column: rows[column].drop(first)}))
    fewer = own_findings(unknown, endpoint, "ITT", level=0.95)
    assert sum(one.n for one in fewer.rows) == sum(int(count.split("/")[1]) for count in counts.values()) - 1
    lacking = alter(shipped, adpr=lambda rows: rows.drop(columns=column))
    assert column in own_findings(lacking, endpoint, "ITT", level=0.95).why


def test_the_time_to_surgery_is_that_of_the_page_on_surgery_in_months(shipped: Trial) -> None:
    surgery = record_surgery(
        "s", shipped, shipped.resected("ITT"), level=0.95, difference_interval="newcombe", source="yours"
    )
    own = own_findings(shipped, "time to surgery", "ITT", level=0.95)
    for one in own.rows:
        weeks = surgery.waits[one.arm]
        assert one.value == pytest.approx(weeks.median() * 7 / 30.4375)
        assert one.counts.startswith(f"n = {len(weeks)}, range ")
    nobody = alter(shipped, adpr=lambda rows: rows.assign(ASTDY=np.nan))
    assert "no day of a resection" in own_findings(nobody, "time to surgery", "ITT", level=0.95).why


def test_survival_at_two_years_is_that_of_the_page_on_survival(shipped: Trial) -> None:
    group = followed(shipped, "OS", "ITT")
    rates = record_absolute("s", group, horizon=0, landmark=24.0).rates[24.0]
    own = own_findings(shipped, "OS 24 months", "ITT", level=0.95)
    assert {one.arm: (one.value, one.low, one.high) for one in own.rows} == {
        arm: (rate.estimate, rate.low, rate.high) for arm, rate in rates.items()
    }
    (ratio,) = own.contrasts
    treated, control = (one.value / (1 - one.value) for one in own.rows)
    assert ratio.value == pytest.approx(treated / control)
    short = alter(shipped, adtte=lambda rows: rows.assign(AVAL=rows["AVAL"].clip(upper=20.0), CNSR=1))
    assert "no arm is followed for OS to 24 months" in own_findings(short, "OS 24 months", "ITT", level=0.95).why


def alter(trial: Trial, **frames: Callable[[pd.DataFrame], pd.DataFrame]) -> Trial:
    return replace(trial, frames=trial.frames | {name: change(trial.frames[name]) for name, change in frames.items()})


def test_what_the_loaded_trial_cannot_show_is_said(shipped: Trial) -> None:
    bare = replace(shipped, frames={"adsl": shipped.adsl})
    for endpoint, words in {
        "resection": "no table adpr", "ORR": "no table adrs", "TRAE": "no table adae", "OS": "no table adtte",
        "PFS": "declares no endpoint PFS", "pCR": "no table adpr", "MPR": "no table adpr", "R0": "no table adpr",
        "time to surgery": "no table adpr", "OS 24 months": "no table adtte",
    }.items():  # fmt: skip
        assert words in own_findings(bare, endpoint, "ITT", level=0.95).why
    no_survival = replace(shipped, design=replace(shipped.design, endpoints={}))
    assert "declares no endpoint OS" in own_findings(no_survival, "OS 24 months", "ITT", level=0.95).why
    no_criteria = replace(shipped, design=replace(shipped.design, criteria={}))
    assert "no criterion" in own_findings(no_criteria, "ORR", "ITT", level=0.95).why


def test_every_page_counts_the_same_responses(shipped: Trial) -> None:
    """Responses at baseline, of no day and after the resection are none on the page of responses, so on no page."""
    criterion = "mRECIST"
    rule: dict[str, Any] = {"rate_interval": "wilson", "difference_interval": "newcombe", "source": "yours"}
    operated = shipped.adpr.loc[shipped.adpr["PRCAT"] == "RESECTION"].groupby("USUBJID")["ASTDY"].min()
    many = [(who, 0, -3) for who in shipped.adsl["USUBJID"]] + [(who, 90, None) for who in shipped.adsl["USUBJID"]]
    many += [(who, 91, day + 1) for who, day in operated.items()]
    more = pd.DataFrame(many, columns=["USUBJID", "AVISITN", "ADY"]).assign(
        PARAMCD=shipped.design.criteria[criterion], AVALC="CR"
    )
    trial = alter(shipped, adrs=lambda rows: pd.concat([rows, more], ignore_index=True))
    page = record_response(
        "r", assessments(trial, "ITT", trial.arm_names), ResponseRule(), level=0.95, population="ITT", **rule
    )
    counts = {
        arm: rate.counts[arm] for arm, rate in page.rates["objective response", criterion, RECORDED].rates.items()
    }
    assert {one.arm: one.counts for one in own_findings(trial, "ORR", "ITT", level=0.95).rows} == counts
    levels = {"population": "ITT", "criterion": criterion, "confirmation": "none", "not_evaluable": "failure"}
    found = Outcomes(trial, "ORR").of(levels).groupby("arm", observed=True)["event"].agg(["sum", "size"])
    assert {arm: f"{one['sum']}/{one['size']}" for arm, one in found.iterrows()} == counts
    marked = marker_samples(trial, "DRCD38", criterion, population="ITT", arms=trial.arm_names).patients
    responded = (marked["response"] == RESPONSE_GROUPS[0]).groupby(marked["arm"], observed=True).sum()
    assert {arm: int(count.split("/")[0]) for arm, count in counts.items()} == responded.to_dict()


def test_without_an_assessment_of_these_patients_no_response_rate_is_shown(shipped: Trial) -> None:
    trial = alter(shipped, adrs=lambda rows: rows[rows["AVISITN"] < 0])
    assert "no assessment of these patients by mRECIST" in own_findings(trial, "ORR", "ITT", level=0.95).why


def test_one_arm_and_no_event_leave_rates_and_no_contrast(shipped: Trial) -> None:
    one_arm = alter(shipped, adsl=lambda rows: rows[rows["TRT01P"] == "LEN-TAP"])
    assert [one.arm for one in own_findings(one_arm, "resection", "ITT", level=0.95).rows] == ["LEN-TAP"]
    assert "no two arms" in own_findings(one_arm, "OS", "ITT", level=0.95).why
    nobody = alter(shipped, adpr=lambda rows: rows[rows["PRCAT"] != "RESECTION"])
    own = own_findings(nobody, "resection", "ITT", level=0.95)
    assert [one.counts for one in own.rows] == ["0/71", "0/71"]
    assert not own.contrasts
    alive = alter(shipped, adtte=lambda rows: rows.assign(CNSR=1))
    about = {"design": shipped.design, "source": shipped.source}
    for endpoint, words in (("OS", "not estimable"), ("OS median", "not reached")):
        own = own_findings(alive, endpoint, "ITT", level=0.95)
        assert isinstance(context_forest(context_of(endpoint), own, **about), Figure)
        assert words in context_points(context_of(endpoint), own)[-1]


# --- where LEN-TAP's resections fall


def places(spread: float, level: float = 0.95) -> list[Place]:
    return record_places("a.b", comparator_facts(), lentap_facts(), spread=spread, level=level)


def test_each_arm_is_placed_among_pooled_rates_of_its_regimen() -> None:
    found = places(0.3)
    assert [(one.arm, one.study) for one in found] == [
        ("LEN-TAP", "Li W 2022"), ("TACE", "Li W 2022"), ("TACE", "Front Oncol 2022")
    ]  # fmt: skip
    assert all(one.curve[6] == pytest.approx(one.percentile.estimate) for one in found)
    assert len(place_table(found).frame) == 3  # type: ignore[union-attr]
    assert isinstance(place_curves(found), Figure)


def test_the_percentile_is_that_of_simulated_arms() -> None:
    random = np.random.default_rng(3)
    error = (np.log(0.56 / 0.44) - np.log(0.29 / 0.71)) / (2 * 1.959964)
    rates = expit(np.log(0.42 / 0.58) + np.hypot(error, 0.3) * random.standard_normal(400_000))
    counts = random.binomial(71, rates)
    simulated = (counts < 42).mean() + (counts == 42).mean() / 2
    assert places(0.3)[0].percentile.estimate == pytest.approx(simulated, abs=0.002)


def test_a_count_at_the_edge_is_said_to_lie_inside_or_above_the_range() -> None:
    wide, narrow = place_points(places(0.3)), place_points(places(0.0, level=0.9))
    assert "42 of 71 resected (59.2%) is percentile 92.5" in wide[0]
    assert "(inside the 95% range, 15 to 46 of 71)" in wide[0]
    assert "(above the 90% range" in narrow[1]
    assert len(wide) == 2


def test_without_pooled_rates_nothing_is_placed() -> None:
    found = record_places("a.b", comparator_facts().iloc[:0], lentap_facts(), spread=0.3, level=0.95)
    assert found == place_points(found) == []
    assert isinstance(place_curves(found), Prose)
    assert isinstance(place_table(found), Prose)
