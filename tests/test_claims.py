"""The claims ledger, and where a trial disagrees with published facts."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from lentap.adam import Trial, load_trial
from lentap.claims import (
    compare_with_facts,
    facts_report,
    ledger,
    ledger_part,
    ledger_points,
    ledger_table,
    record_rates,
    record_verdicts,
    trial_values,
)
from lentap.design import TABLES
from lentap.files import data_dir
from lentap.published import comparator_facts, lentap_facts
from lentap.show.record.assessments import RECORDED, assessments
from lentap.show.record.response import ResponseRule, record_response
from lentap.simulate import write_trial

OTHERS = TABLES[1:]
ROW = "efficacy.orr.tace_published,efficacy,number,ORR,TACE,71,20,,28.2,percent,read,a paper,Results,,\n"


@pytest.fixture(scope="module")
def shipped() -> Trial:
    return load_trial("shipped", "adsl", optional=OTHERS)


@pytest.fixture(scope="module")
def claims(shipped: Trial) -> pd.DataFrame:
    return ledger(lentap_facts(), comparator_facts(), shipped).set_index("id")


def facts_with(tmp_path: Path, old: str, new: str) -> pd.DataFrame:
    text = (data_dir() / "published" / "lentap.csv").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "lentap.csv"
    path.write_text(text.replace(old, new, 1), encoding="utf-8", newline="\n")
    return lentap_facts(path)


def ledger_of(facts: pd.DataFrame) -> pd.DataFrame:
    return ledger(facts, comparator_facts()).set_index("id")


def test_every_fact_is_in_the_ledger_with_a_verdict_and_a_reason(claims: pd.DataFrame) -> None:
    assert list(claims.index) == list(lentap_facts()["id"])
    assert set(claims["verdict"]) <= {"agrees", "disagrees", "not recomputable"}
    assert (claims["reason"] != "").all()


def test_the_published_rates_are_recomputed_from_their_counts(claims: pd.DataFrame) -> None:
    """Wilson's intervals of 42/71 and 13/71 as R's prop.test(correct = FALSE) gives them."""
    assert claims.loc["efficacy.slr.lentap", "recomputed"] == "59.2 (47.5 to 69.8)%"
    assert claims.loc["efficacy.slr.tace", "recomputed"] == "18.3 (11.0 to 28.8)%"
    assert set(claims.loc[["efficacy.slr.lentap", "efficacy.slr.tace"], "verdict"]) == {"agrees"}


def test_agreement_of_a_derived_count_is_said_to_be_by_construction(claims: pd.DataFrame) -> None:
    for key in ("efficacy.slr.lentap", "efficacy.slr.tace"):
        assert claims.loc[key, "reason"].startswith("by construction")
        assert "the only count out of 71" in claims.loc[key, "reason"]
        assert "count derived" in claims.loc[key, "published"]


def test_adding_one_row_with_counts_makes_it_appear_beside_its_recomputation(tmp_path: Path) -> None:
    facts = facts_with(tmp_path, "safety.profile,", ROW + "safety.profile,")
    row = ledger_of(facts).loc["efficacy.orr.tace_published"]
    assert row["published"] == "28.2% (20/71)"
    assert row["recomputed"].startswith("28.2 (")
    assert (row["verdict"], row["reason"]) == ("agrees", "20/71 rounds to 28.2%")
    assert "efficacy.orr.tace_published" in set(ledger_part(ledger_of(facts).reset_index(), "recomputed")["id"])
    assert "efficacy.orr.tace_published" in {result.labels["claim"] for result in record_rates(facts)}


def test_a_count_that_does_not_give_its_percentage_disagrees(tmp_path: Path) -> None:
    row = ledger_of(facts_with(tmp_path, "71,42,derived", "71,41,derived")).loc["efficacy.slr.lentap"]
    assert (row["verdict"], row["reason"]) == ("disagrees", "41/71 does not round to 59.2%")


def test_arms_must_add_up_to_the_total(tmp_path: Path, claims: pd.DataFrame) -> None:
    assert claims.loc["design.enrolled", ["recomputed", "verdict"]].tolist() == ["142", "agrees"]
    row = ledger_of(facts_with(tmp_path, "both,142,,,142", "both,143,,,143")).loc["design.enrolled"]
    assert row["verdict"] == "disagrees"


def test_the_historical_rate_is_held_against_pooled_estimates_of_other_studies(
    tmp_path: Path, claims: pd.DataFrame
) -> None:
    row = claims.loc["background.tace_conversion"]
    assert row["recomputed"] == "Li W 2022 10 (8 to 12); Front Oncol 2022 12 (9 to 15)"
    assert row["verdict"] == "agrees"
    row = ledger_of(facts_with(tmp_path, "TACE,,,,10,percent", "TACE,,,,8.5,percent")).loc["background.tace_conversion"]
    assert row["verdict"] == "disagrees"
    assert "1 of 2" in row["reason"]


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("efficacy.os", "a direction without a figure"),
        ("immune.mechanism", "a finding without the data behind it"),
        ("safety.profile", "a judgement, not a measurement"),
        ("wording.first", "wording not verified"),
        ("efficacy.os_median.tace", "not known here"),
        ("design.allocation", "the sources differ"),
    ],
)
def test_what_cannot_be_recomputed_says_why_and_what_it_would_need(claims: pd.DataFrame, key: str, reason: str) -> None:
    row = claims.loc[key]
    assert (row["verdict"], row["reason"], row["recomputed"]) == ("not recomputable", reason, "")
    assert row["needs"]


def test_the_trial_stands_beside_and_changes_no_verdict(claims: pd.DataFrame) -> None:
    alone = ledger_of(lentap_facts())
    assert (alone["trial"] == "").all()
    columns = ["published", "recomputed", "verdict", "reason"]
    pd.testing.assert_frame_equal(alone[columns], claims[columns])
    assert set(claims.loc[claims["trial"] != "", "trial_source"]) == {"synthetic"}
    assert set(claims.loc[claims["trial"] == "", "trial_source"]) == {""}


def test_an_unverified_wording_is_never_printed_as_published(claims: pd.DataFrame) -> None:
    rows = claims[claims.index.str.startswith("wording.")]
    assert set(rows["published"]) == {"not verified"}
    assert rows["claim"].str.endswith("?").all()


def test_each_claim_stands_in_exactly_one_part(claims: pd.DataFrame) -> None:
    rows = claims.reset_index()
    parts = [set(ledger_part(rows, part)["id"]) for part in ("recomputed", "stated", "wording", "unknown")]
    assert sum(map(len, parts)) == len(set.union(*parts)) == len(rows)
    assert all(parts)


def test_the_tables_name_both_kinds_of_number_and_escape_what_the_facts_say(claims: pd.DataFrame) -> None:
    rows = claims.reset_index()
    rows["claim"] = "<script>alert(1)</script>"
    table = ledger_table(rows, "unknown", source="synthetic")
    assert table.source == ("published", "synthetic")
    assert "Synthetic trial" in table.frame
    assert "<script>alert" not in table._repr_html_()
    assert ledger_table(rows, "wording", source="synthetic").source == ("published",)


def test_the_key_points_count_the_verdicts(tmp_path: Path) -> None:
    facts = facts_with(tmp_path, "71,42,derived", "71,41,derived")
    points = ledger_points(ledger(facts, comparator_facts()))
    assert "4 can be recomputed from published numbers: 3 agree, 1 disagree" in points[0]
    assert points[1] == "Disagreeing: SLR rate, LEN-TAP."
    points = ledger_points(ledger(lentap_facts(), comparator_facts()))
    assert "4 agree, 0 disagree. 2 agree by construction" in points[0]
    assert points[1] == ""


def test_verdicts_and_rates_are_recorded_as_published(claims: pd.DataFrame) -> None:
    verdicts = record_verdicts(claims.reset_index())
    assert sum(result.estimate or 0 for result in verdicts.values()) == len(claims)
    rates = record_rates(lentap_facts())
    assert [round(result.estimate or 0, 4) for result in rates] == [0.5915, 0.1831]
    assert {result.source for result in (*verdicts.values(), *rates)} == {"published"}


def test_the_shipped_trial_disagrees_with_no_fact_it_can_be_compared_with(shipped: Trial) -> None:
    compared = compare_with_facts(lentap_facts(), shipped).set_index("id")
    assert compared[compared["verdict"] == "disagrees"].empty
    agreeing = set(compared.index[compared["verdict"] == "agrees"])
    assert {"efficacy.slr.lentap", "efficacy.slr.tace", "efficacy.orr", "efficacy.os", "immune.biomarker"} <= agreeing
    assert (compared.loc[compared["verdict"] == "not comparable", "reason"] != "").all()


def test_a_trial_of_another_seed_and_size_is_named_where_it_disagrees(tmp_path: Path) -> None:
    trial = load_trial(str(write_trial(tmp_path / "trial", seed=1, patients=40)), "adsl", optional=OTHERS)
    compared = compare_with_facts(lentap_facts(), trial).set_index("id")
    assert compared.loc["design.enrolled", ["trial", "verdict"]].tolist() == ["40", "disagrees"]
    assert compared.loc["efficacy.slr.lentap", "verdict"] == "disagrees"


def test_a_direction_the_other_way_disagrees(shipped: Trial, tmp_path: Path) -> None:
    facts = facts_with(
        tmp_path, "OS,LEN-TAP vs TACE,,,,longer with LEN-TAP", "OS,LEN-TAP vs TACE,,,,shorter with LEN-TAP"
    )
    compared = compare_with_facts(facts, shipped).set_index("id")
    assert compared.loc["efficacy.os", "verdict"] == "disagrees"
    assert compared.loc["efficacy.efs", "verdict"] == "agrees"


def test_a_published_number_is_compared_at_its_own_precision(shipped: Trial, tmp_path: Path) -> None:
    orr = trial_values(shipped)["ORR", "TACE"].number
    for value, verdict in ((f"{orr:.1f}", "agrees"), (f"{orr:.0f}", "agrees"), (f"{orr + 0.1:.1f}", "disagrees")):
        row = f"x.orr,efficacy,number,ORR,TACE,,,,{value},percent,read,a paper,,,\n"
        facts = facts_with(tmp_path, "safety.profile,", row + "safety.profile,")
        assert compare_with_facts(facts, shipped).set_index("id").loc["x.orr", "verdict"] == verdict


def test_with_the_subject_table_alone_only_its_quantities_are_computed() -> None:
    values = trial_values(load_trial("shipped", "adsl"))
    assert {quantity for quantity, _ in values} == {"participants", "enrolment start", "enrolment end"}


def test_trial_values_agree_with_a_count_by_hand(shipped: Trial) -> None:
    values = trial_values(shipped)
    resections = pd.read_csv(data_dir() / "trial" / "adpr.csv").query("PRCAT == 'RESECTION'")
    assert values["R0", "both"].number == pytest.approx(100 * (resections["MARGIN"] == "R0").mean())
    severe = resections["CLAVIEN"].isin(["IIIa", "IIIb", "IVa", "IVb", "V"])
    assert values["severe perioperative complications", "both"].number == pytest.approx(100 * severe.mean())
    assert values["SLR rate", "LEN-TAP"].text == "59.2% (42/71)"


def test_responses_are_those_of_the_page_of_responses(shipped: Trial) -> None:
    """Responses at baseline, of no day and after the resection are none there, so none here."""
    criterion, code = next(iter(shipped.design.criteria.items()))
    operated = shipped.adpr.loc[shipped.adpr["PRCAT"] == "RESECTION"].groupby("USUBJID")["ASTDY"].min()
    many = [(who, 0, -3) for who in shipped.adsl["USUBJID"]] + [(who, 90, None) for who in shipped.adsl["USUBJID"]]
    many += [(who, 91, day + 1) for who, day in operated.items()]
    more = pd.DataFrame(many, columns=["USUBJID", "AVISITN", "ADY"]).assign(PARAMCD=code, AVALC="CR")
    frames = shipped.frames | {"adrs": pd.concat([shipped.adrs, more], ignore_index=True)}
    for trial in (shipped, replace(shipped, frames=frames)):
        page = record_response(
            "r", assessments(trial, "ITT", trial.arm_names), ResponseRule(), level=0.95, population="ITT",
            rate_interval="wilson", difference_interval="newcombe", source="yours",
        )  # fmt: skip
        counts = page.rates["objective response", criterion, RECORDED].rates["LEN-TAP"].counts
        assert trial_values(trial)["ORR", "LEN-TAP"].text.endswith(f"({counts['LEN-TAP']}), {criterion}")


def test_without_an_assessment_there_is_no_response_rate(shipped: Trial) -> None:
    trial = replace(shipped, frames=shipped.frames | {"adrs": shipped.adrs.iloc[:0]})
    assert not any(quantity == "ORR" for quantity, _ in trial_values(trial))


def test_a_second_operation_is_no_second_patient(shipped: Trial) -> None:
    first = shipped.resections.iloc[[0]]
    again = pd.concat([shipped.adpr, first.assign(ASTDY=first["ASTDY"] + 200, MARGIN="R2")], ignore_index=True)
    twice = replace(shipped, frames=shipped.frames | {"adpr": again})
    assert trial_values(twice)["R0", "both"] == trial_values(shipped)["R0", "both"]


def test_the_report_says_of_every_fact_whether_it_agrees_or_why_it_cannot_be_compared() -> None:
    report = facts_report()
    for key in lentap_facts()["id"]:
        assert f"{key}:" in report or f"    {key}\n" in f"{report}\n"
    assert "Disagrees (0)" in report
    assert "(synthetic)" in report
