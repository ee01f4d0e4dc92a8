"""Unknown outcomes: who has one, how they are counted, and what is said of them."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from lentap.adam import Trial
from lentap.show.missing import missing_point
from lentap.show.record.assessments import RECORDED, assessments
from lentap.show.record.missing import Unknown, counted_outcomes, unknown_outcomes
from lentap.show.record.response import Response, ResponseRule, record_response
from lentap.show.response import response_points

ALIVE = "alive and followed for less than a year"
RULE: dict[str, Any] = {"months": 12.0, "control": "TACE"}


@pytest.fixture
def patients() -> pd.DataFrame:
    """On either arm one resected, two unknown, one followed for long and one dead, but all of TACE twice."""
    one = pd.DataFrame(
        {
            "resected": [True, False, False, False, False],
            "ENRLDT": pd.Timestamp("2020-01-01"),
            "LSTALVDT": pd.to_datetime(["2020-02-01", "2020-02-01", None, "2022-01-01", "2020-02-01"]),
            "DTHFL": ["N", "N", None, "N", "Y"],
        }
    )
    arms = pd.Categorical(["LEN-TAP"] * 5 + ["TACE"] * 10, categories=["LEN-TAP", "TACE"])
    return pd.concat([one] * 3, ignore_index=True).assign(arm=arms)


def shares(patients: pd.DataFrame) -> dict[str, tuple[int, int]]:
    return {str(arm): (rows["resected"].sum(), len(rows)) for arm, rows in patients.groupby("arm", observed=True)}


def test_an_outcome_is_unknown_where_nobody_could_have_seen_it(patients: pd.DataFrame) -> None:
    unknown, why = unknown_outcomes(patients, "resected", 12.0)
    assert unknown is not None
    assert unknown.tolist() == [False, True, True, False, False] * 3
    assert why == ""
    nobody, why = unknown_outcomes(patients.drop(columns="LSTALVDT"), "resected", 12.0)
    assert nobody is None
    assert "LSTALVDT" in why


@pytest.mark.parametrize(
    ("how", "counts"),
    [
        ("failure", {"LEN-TAP": (1, 5), "TACE": (2, 10)}),
        ("excluded", {"LEN-TAP": (1, 3), "TACE": (2, 6)}),
        ("worst case", {"LEN-TAP": (1, 5), "TACE": (6, 10)}),
    ],
)
def test_unknown_outcomes_are_counted_as_asked(
    patients: pd.DataFrame, how: str, counts: dict[str, tuple[int, int]]
) -> None:
    counted, unknown = counted_outcomes(patients, "resected", how=how, **RULE)
    assert shares(counted) == counts
    assert unknown.by_arm == {"LEN-TAP": 2, "TACE": 4}
    assert unknown.label == ({} if how == "failure" else {"missing": how})
    assert unknown.still == (unknown.by_arm if how == "failure" else None)


def test_where_nobody_can_tell_who_is_unknown_all_count_as_failures_and_the_page_says_so(
    patients: pd.DataFrame,
) -> None:
    kept = patients.drop(columns="ENRLDT")
    counted, unknown = counted_outcomes(kept, "resected", how="worst case", **RULE)
    assert counted is kept
    assert unknown.label == {}
    words = missing_point(unknown, outcome="resected", who=ALIVE)
    assert "cannot be told, so all count as not resected: adsl lacks LSTALVDT" in words


def test_what_is_said_of_unknown_outcomes() -> None:
    def said(how: str, by_arm: dict[str, int], *, published: bool = False) -> str:
        return missing_point(Unknown(how, "TACE", by_arm), outcome="resected", who=ALIVE, published=published)

    assert said("failure", {"LEN-TAP": 2, "TACE": 1}) == ""
    assert "nobody is alive and followed for less than a year, so it makes no difference" in said(
        "worst case", {"LEN-TAP": 0, "TACE": 0}
    )
    excluded = said("excluded", {"LEN-TAP": 2, "TACE": 1}, published=True)
    assert f"2 on LEN-TAP and 1 on TACE ({ALIVE}) are left out." in excluded
    assert "they stay as published" in excluded
    worst = said("worst case", {"LEN-TAP": 2, "TACE": 1})
    assert "count as not resected on an experimental arm and as resected on TACE" in worst
    assert "changes no count" not in worst
    assert "As there is none on TACE, this changes no count." in said("worst case", {"LEN-TAP": 2, "TACE": 0})
    few = Unknown("excluded", "TACE", {"LEN-TAP": 7, "TACE": 2})
    assert "7 on LEN-TAP and hidden on TACE" in missing_point(few, outcome="resected", who=ALIVE, smallest=5)


def test_the_shipped_trial_has_few_unknown_outcomes_and_more_over_a_longer_time(shipped: Trial) -> None:
    whole = shipped.resected("ITT")
    found = {
        months: counted_outcomes(whole, "resected", months=months, how="worst case", control="TACE")
        for months in (0.1, 12.0, 60.0)
    }
    assert found[0.1][1].by_arm == {"LEN-TAP": 0, "TACE": 0}
    assert found[12.0][1].by_arm == {"LEN-TAP": 2, "TACE": 1}
    assert shares(found[12.0][0]) == {"LEN-TAP": (42, 71), "TACE": (14, 71)}
    assert sum((found[60.0][1].by_arm or {}).values()) == 12


def respond(trial: Trial, how: str) -> Response:
    return record_response(
        "a.b", assessments(trial, "ITT", trial.arm_names), ResponseRule(missing=how), level=0.95,
        rate_interval="wilson", difference_interval="newcombe", source="synthetic", population="ITT",
    )  # fmt: skip


def counts(found: Response) -> dict[str, str]:
    rates = found.rates["objective response", "mRECIST", RECORDED].rates
    return {arm: rate.counts[arm] for arm, rate in rates.items()}


def test_a_response_is_unknown_in_the_living_who_were_not_resected_and_never_judged(shipped: Trial) -> None:
    """One patient on LEN-TAP in the shipped trial; two more on TACE whose assessments are taken away here."""
    usual, excluded, worst = (respond(shipped, how) for how in ("failure", "excluded", "worst case"))
    assert usual.unknown["mRECIST"].by_arm == {"LEN-TAP": 1, "TACE": 0}
    events, n = map(int, counts(usual)["LEN-TAP"].split("/"))
    assert counts(excluded) == {"LEN-TAP": f"{events}/{n - 1}", "TACE": counts(usual)["TACE"]}
    assert counts(worst) == counts(usual)
    assert "by mRECIST on TACE, the reading least" in " ".join(response_points(worst))
    assert "changes no count" in " ".join(response_points(worst))
    assert "Unknown outcomes" not in " ".join(response_points(usual))

    resected = shipped.resections["USUBJID"]
    alive = shipped.adsl[(shipped.adsl["TRT01P"] == "TACE") & shipped.adsl["DTHDT"].isna()]["USUBJID"]
    two = alive[~alive.isin(resected)].iloc[:2]
    adrs = shipped.adrs[~shipped.adrs["USUBJID"].isin(two)]
    fewer = replace(shipped, frames={**shipped.frames, "adrs": adrs})
    events, n = map(int, counts(respond(fewer, "failure"))["TACE"].split("/"))
    assert counts(respond(fewer, "worst case"))["TACE"] == f"{events + 2}/{n}"
    assert counts(respond(fewer, "excluded"))["TACE"] == f"{events}/{n - 2}"
