"""What a phase 3 trial may expect, by what is believed of the effect."""

from math import log, sqrt
from typing import Any

import pytest
from scipy.stats import norm

from lentap.errors import StatisticsError
from lentap.published import comparator_facts, lentap_facts
from lentap.show.next_trial import evidence_table, interim_table, outlook_points, outlook_table, success_by_size
from lentap.show.record.next_trial import (
    Prospect,
    SurvivalTrial,
    hazard_ratios,
    record_interim,
    record_resection_prospect,
    record_survival_prospects,
)
from lentap.show.record.question import published_counts

BELIEFS = ["sceptical", "neutral", "enthusiastic"]


def survival(**changed: Any) -> dict[str, SurvivalTrial]:
    settings: dict[str, Any] = {
        "hazard_ratio": 0.7, "power": 0.9, "alpha": 0.05, "control_median": 18.0, "accrual": 30.0, "follow_up": 24.0,
        "believed": 1.0,
    }  # fmt: skip
    return record_survival_prospects(comparator_facts(), **settings | changed)


def resection(**changed: Any) -> Prospect:
    settings: dict[str, Any] = {
        "rate_treated": 0.4, "rate_control": 0.18, "patients": 100, "alpha": 0.05, "believed": 0.5
    }  # fmt: skip
    return record_resection_prospect(published_counts(lentap_facts(), "efficacy.slr"), **settings | changed)


def test_somebody_neutral_takes_the_published_hazard_ratio_as_it_is_and_success_has_its_closed_form() -> None:
    one = survival()["TACE alone"].prospect.outlooks["neutral"]
    error = (log(1.11) - log(0.57)) / (2 * norm.isf(0.025))
    assert (one.belief.mean, one.belief.sd) == pytest.approx((log(0.80), error))
    root = sqrt(331) / 2
    closed = norm.cdf((-log(0.80) * root - norm.isf(0.025)) / sqrt(1 + (error * root) ** 2))
    assert one.success.estimate == pytest.approx(closed, abs=1e-9)
    assert one.benefit.estimate == pytest.approx(norm.cdf(-log(0.80) / error), abs=1e-12)


def test_deaths_are_those_of_schoenfelds_formula() -> None:
    assert survival()["TACE alone"].events.estimate == 331  # 4 (1.959964 + 1.281552)^2 / log(0.7)^2 = 330.4
    assert survival(power=0.8)["lenvatinib alone"].events.estimate == 247  # 246.7871 by rpact


def test_without_believed_evidence_somebody_neutral_expects_nothing_and_the_others_what_they_started_with() -> None:
    for prospect in (survival(believed=0.0)["TACE alone"].prospect, resection(believed=0.0)):
        assert prospect.outlooks["neutral"].success.estimate is None
        assert prospect.outlooks["sceptical"].benefit.estimate == pytest.approx(0.5)
        assert prospect.outlooks["enthusiastic"].benefit.estimate == pytest.approx(0.95)


def test_no_trial_succeeds_more_often_than_there_is_a_benefit() -> None:
    for prospect in (survival()["TACE alone"].prospect, resection()):
        for one in prospect.outlooks.values():
            assert max(one.by_size) <= (one.benefit.estimate or 0) + 0.025
            assert list(one.by_size) == sorted(one.by_size)
        assert prospect.power[-1] > 0.99


def test_the_published_evidence_is_named_by_comparator() -> None:
    found = survival()
    assert {name: one.evidence["study"] for name, one in found.items()} == {
        "TACE alone": "LEAP-012",
        "lenvatinib alone": "LAUNCH",
    }
    assert {"LEAP-012", "EMERALD-1", "LAUNCH"} == set(evidence_table(hazard_ratios(comparator_facts())).frame["Trial"])


def test_the_interim_chances_lie_in_the_order_of_the_beliefs() -> None:
    found = record_interim(
        survival()["TACE alone"].prospect, hazard_ratio=0.7, events=331, z=1.5, fraction=0.5, alpha=0.05
    )
    chances = [found[f"predictive, {belief}"].estimate or 0 for belief in BELIEFS]
    assert chances == sorted(chances)
    assert (
        list(interim_table(found, z=1.5, fraction=0.5).frame["Kind of power"])
        == ["predictive"] * 3 + ["conditional"] * 2
    )


def test_tables_figure_and_points_hold_every_belief() -> None:
    trials, prospect = survival(), resection()
    assert len(outlook_table(trials, prospect).frame) == 9
    figure = success_by_size(prospect, size=100, x_title="Patients", name="success")
    assert set(figure.data["Curve"]) == {*BELIEFS, "power at the effect hoped for"}
    points = outlook_points(trials, prospect, hazard_ratio=0.7, power=0.9)
    assert all("a sceptic" in point for point in points[:3])
    assert "not known" in points[-1]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: survival(hazard_ratio=1.2), "hazard_ratio is 1.2"),
        (lambda: survival(hazard_ratio=1.0), "hazard_ratio is 1"),
        (lambda: survival(power=0.01), "power is 0.01"),
        (lambda: resection(rate_treated=0.1), r"rate_treated is 0.1: legal is above rate_control \(0.18\)"),
    ],
)
def test_a_trial_that_hopes_for_nothing_is_refused(call: Any, words: str) -> None:
    with pytest.raises(StatisticsError, match=words):
        call()
