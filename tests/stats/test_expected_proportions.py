"""Numbers of others that lie beside the project, to the printed digit; those that are wrong, with the proof."""

import json
from typing import Any

import pytest
from scipy.stats import binom

from lentap.stats.exact_strata import exact_odds_ratio
from lentap.stats.proportions import fisher_exact, odds_ratio, proportion, risk_difference, risk_ratio
from lentap.stats.stratified import cochran_mantel_haenszel, mantel_haenszel_odds_ratio, odds_ratio_homogeneity
from tests.conftest import ROOT

EXPECTED = ROOT.parent / "shared" / "real" / "expected.json"
METHODS = {
    "CP": "clopper-pearson",
    "Wilson": "wilson",
    "WilsonCC": "wilson-continuity",
    "Wald": "wald",
    "midP": "mid-p",
    "wilson": "wilson",
    "jeffreys": "jeffreys",
    "midp": "mid-p",
    "blaker": "blaker",
}
NINETY = "10/20 90% (tern snapshot, published)"
MISSED = {("81/263", "midP"), ("1/29", "midP"), (NINETY, "CP"), (NINETY, "midp"), (NINETY, "blaker")}
ADMISSIONS = (
    [512, 353, 120, 138, 53, 22],
    [825, 560, 325, 417, 191, 373],
    [89, 17, 202, 131, 94, 24],
    [108, 25, 593, 375, 393, 341],
)  # R's UCBAdmissions: men and women admitted, by department
RABBITS = ([0, 3, 6, 5, 2], [6, 6, 6, 6, 2], [0, 0, 2, 6, 5], [5, 6, 6, 6, 5])  # R's example of mantelhaen.test

pytestmark = pytest.mark.skipif(not EXPECTED.is_file(), reason=f"the expected numbers are not at {EXPECTED}")


def expected(section: str) -> Any:
    return json.loads(EXPECTED.read_text(encoding="utf-8"))[section]


def printed(value: float) -> float:
    """Half of the last printed place of a number."""
    text = repr(value)
    return 0.5000001 * 10.0 ** -(len(text.partition(".")[2]) if "." in text else 0)


def agrees(ours: float, theirs: float, places: float | None = None) -> bool:
    return abs(ours - theirs) <= (printed(theirs) if places is None else places)


def test_intervals_of_one_proportion_are_as_expected_but_for_five_that_are_wrong() -> None:
    missed = set()
    for cell, by_method in expected("prop_ci")["one_sample"].items():
        events, n = map(int, cell.split()[0].split("/"))
        for name, (low, high) in by_method.items():
            found = proportion(events, n, level=0.9 if cell == NINETY else 0.95, method=METHODS[name])
            places = 0.5000001e-7 if cell == NINETY else 0.5000001e-4
            if not (agrees(found.low, low, places) and agrees(found.high, high, places)):
                missed.add((cell, name))
    assert missed == MISSED


def test_the_mid_p_limits_that_were_expected_do_not_leave_the_tails_they_should() -> None:
    for events, n, low, tail in ((81, 263, 0.2546, 0.025), (1, 29, 0.0021, 0.025), (10, 20, 0.3200831, 0.05)):
        left = binom.sf(events, n, low) + binom.pmf(events, n, low) / 2
        ours = proportion(events, n, level=1 - 2 * tail, method="mid-p").low
        assert abs(left / tail - 1) > 2e-5
        assert binom.sf(events, n, ours) + binom.pmf(events, n, ours) / 2 == pytest.approx(tail, rel=1e-10)


def test_the_clopper_pearson_interval_that_was_expected_at_90_percent_leaves_more_than_its_tails() -> None:
    """It is what DescTools prints as arcsine; its Clopper-Pearson is 0.3019539 to 0.6980461, as ours."""
    low, _ = expected("prop_ci")["one_sample"][NINETY]["CP"]
    assert binom.sf(9, 20, low) > 0.06
    found = proportion(10, 20, level=0.9, method="clopper-pearson")
    assert (found.low, found.high) == pytest.approx((0.3019539, 0.6980461), abs=0.5e-7)


def test_differences_and_ratios_of_two_proportions_are_as_expected() -> None:
    answers = expected("prop_ci")["7_34_vs_1_34"]
    counts = 7, 34, 1, 34
    by_method = {"wald": "wald", "AC": "agresti-caffo", "newcombe": "newcombe", "MN(PropCIs)": "miettinen-nurminen"}
    for name, method in by_method.items():
        found = risk_difference(*counts, method=method)
        places = 0.5000001e-3 if name == "newcombe" else None
        assert agrees(found.low, answers[name][0], places)
        assert agrees(found.high, answers[name][1], places)
    ratio = risk_ratio(*counts, method="koopman")
    assert agrees(ratio.low, answers["RR_score"][0])
    assert agrees(ratio.high, answers["RR_score"][1])
    assert agrees(fisher_exact(*counts), answers["fisher_p"])
    odds = odds_ratio(*counts)  # PropCIs walks by factors of 1.001 and takes the first ratio beyond
    assert odds.low / 1.001 <= answers["OR_score"][0] <= odds.low
    assert odds.high <= answers["OR_score"][1] <= odds.high * 1.001


def test_stratified_tests_and_odds_ratios_are_as_expected() -> None:
    answers = expected("cmh")["UCB"]
    plain = cochran_mantel_haenszel(*ADMISSIONS)
    corrected = cochran_mantel_haenszel(*ADMISSIONS, continuity_correction=True)
    woolf, pooled = odds_ratio_homogeneity(*ADMISSIONS, method="woolf"), mantel_haenszel_odds_ratio(*ADMISSIONS)
    for ours, theirs in [
        (corrected.statistic, answers["chisq_cc"]),
        (corrected.p_value, answers["p"]),
        (plain.statistic, answers["chisq"]),
        (plain.p_value, answers["p_nocc"]),
        *zip((pooled.value, pooled.low, pooled.high), answers["OR"], strict=True),
        *zip((woolf.statistic, woolf.p_value), answers["woolf"], strict=True),
    ]:
        assert agrees(ours, theirs)


def test_exact_stratified_answers_are_as_expected_to_what_r_solves_them() -> None:
    answers = expected("cmh")["Rabbits"]
    corrected = cochran_mantel_haenszel(*RABBITS, continuity_correction=True)
    exact = exact_odds_ratio(*RABBITS)
    assert agrees(corrected.statistic, answers["chisq_cc"])
    assert agrees(corrected.p_value, answers["p"])
    assert mantel_haenszel_odds_ratio(*RABBITS).value == pytest.approx(answers["OR"])
    assert agrees(exact.p_value, answers["exact_p"])
    for ours, theirs in zip((exact.value, exact.low, exact.high), answers["exact_OR"], strict=True):
        assert 1 / ours == pytest.approx(1 / theirs, abs=1.3e-4)  # R solves for it to 1.2e-4: 529.8 stands for 531.5


def test_fishers_p_values_of_the_cdisc_pilot_are_those_it_published() -> None:
    answers = expected("cdisc_pilot_adae_TEAE")
    for counts, p_values in [
        (answers["any_subjects"], answers["fisher_p_vs_pbo"]),
        *((answers[name]["n"], answers[name]["p"]) for name in ("app_site_pruritus", "diarrhoea", "serious")),
    ]:
        placebo, *active = counts
        for events, p_value in zip(active, p_values, strict=True):
            assert agrees(fisher_exact(events, 84, placebo, 86), p_value, 0.5000001e-3)
