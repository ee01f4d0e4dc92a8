"""The claims ledger: every published claim, recomputed where its counts allow, beside what the loaded trial shows."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lentap.adam import Trial
from lentap.claims.quantities import BOTH, CONTROL, EXPERIMENTAL, trial_values
from lentap.results import Result, record
from lentap.show.format import interval, listed, percent
from lentap.stats.proportions import proportion

Fact = Mapping[Hashable, Any]
AGREES, DISAGREES, NOT_RECOMPUTABLE = VERDICTS = ("agrees", "disagrees", "not recomputable")
WHY_NOT = {
    "number": "a number without the counts behind it",
    "direction": "a direction without a figure",
    "statement": "a finding without the data behind it",
    "text": "a description: nothing to compute",
    "wording": "a judgement, not a measurement",
}


@dataclass(frozen=True)
class _Check:
    recomputed: str
    verdict: str
    reason: str


def ledger(
    facts: pd.DataFrame, comparators: pd.DataFrame, trial: Trial | None = None, *, level: float = 0.95
) -> pd.DataFrame:
    """List every published claim, a row a fact, in the order of the facts.

    Parameters
    ----------
    facts, comparators
        From `lentap.published`.
    trial
        A loaded trial: what its tables show stands in a column of its own and takes no part in any verdict.
    level
        Level of the intervals of recomputed rates.

    Returns
    -------
    id, topic, kind, claim (in words), source, status, published, recomputed (from published numbers alone), verdict
    (agrees, disagrees, not recomputable), reason, trial (what the loaded trial shows), trial_source, needs (evidence
    that would settle the claim).
    """
    values = trial_values(trial) if trial else {}
    rows = []
    for fact in facts.to_dict("records"):
        check = _check(fact, facts, comparators, level)
        found = values.get((fact["quantity"], fact["arm"]))
        rows.append(
            {
                "id": fact["id"],
                "topic": fact["topic"],
                "kind": fact["kind"],
                "claim": claim(fact),
                "source": " ".join(filter(None, [fact["source"], f"({fact['locator']})" if fact["locator"] else ""])),
                "status": fact["status"],
                "published": published(fact),
                "recomputed": check.recomputed,
                "verdict": check.verdict,
                "reason": check.reason,
                "trial": found.text if found else "",
                "trial_source": trial.source if trial and found else "",
                "needs": fact["needs"],
            }
        )
    return pd.DataFrame(rows)


def claim(fact: Fact) -> str:
    """Say in words what a fact claims, or what it leaves open."""
    quantity, arm, value = str(fact["quantity"]), str(fact["arm"]), str(fact["value"])
    if fact["kind"] == "wording":
        return value if fact["status"] == "unknown" else f"{quantity} of {arm}: {value}"
    if fact["kind"] == "direction":
        return f"{quantity} is {value}" if " with " in value and len(value.split()) == 3 else value
    name = quantity[:1].upper() + quantity[1:] if quantity[1:2].islower() else quantity
    return name if arm == BOTH else f"{name}, {arm}"


def published(fact: Fact) -> str:
    """Print the value of a fact as its source states it, with the counts and how they are known."""
    if fact["kind"] == "wording" and fact["status"] == "unknown":
        return "not verified"
    if not fact["value"]:
        return "unknown"
    unit = {"percent": "%", "": ""}.get(str(fact["unit"]), f" {fact['unit']}")
    derived = ", count derived" if fact["count_status"] == "derived" else ""
    counts: str = f" ({fact['count']}/{fact['n']}{derived})" if pd.notna(fact["count"]) else ""
    return f"{fact['value']}{unit}{counts}"


def record_rates(facts: pd.DataFrame, *, level: float = 0.95) -> list[Result]:
    """Record the rate behind every published count, labelled by the id of its fact."""
    counted = facts[facts["count"].notna()]
    return [
        record(
            "claims.rate",
            proportion(int(fact["count"]), int(fact["n"]), level=level),
            source="published",
            scale="proportion",
            counts={fact["arm"]: f"{fact['count']}/{fact['n']}"},
            claim=fact["id"],
            reported_in=fact["source"],
            counts_are=fact["count_status"] or "reported",
        )
        for fact in counted.to_dict("records")
    ]


def record_verdicts(claims: pd.DataFrame) -> dict[str, Result]:
    """Record how many claims there are of each verdict."""
    return {
        verdict: record(
            "claims.verdicts",
            int((claims["verdict"] == verdict).sum()),
            source="published",
            scale="count",
            counts={"claims": f"{(claims['verdict'] == verdict).sum()}/{len(claims)}"},
            verdict=verdict,
        )
        for verdict in VERDICTS
    }


def ledger_points(claims: pd.DataFrame) -> list[str]:
    """Say what the ledger shows: how much can be recomputed, what does not agree, and what is not known."""
    agree, disagree = (int((claims["verdict"] == verdict).sum()) for verdict in (AGREES, DISAGREES))
    checked = claims[claims["verdict"] != NOT_RECOMPUTABLE]
    derived = int(checked["reason"].str.startswith("by construction").sum())
    disagreeing = claims.loc[claims["verdict"] == DISAGREES, "claim"].tolist()
    unknown = int((claims["status"] == "unknown").sum())
    beside = int((claims["trial"] != "").sum())
    return [
        f"Of {len(claims)} rows of the ledger, {len(checked)} can be recomputed from published numbers: "
        f"{agree} agree, {disagree} disagree."
        + (f" {derived} agree by construction: their counts were derived from the percentages." if derived else ""),
        f"Disagreeing: {listed(disagreeing)}." if disagreeing else "",
        f"For {unknown} rows no figure or no verified wording is known here; the ledger says what would settle them.",
        f"Beside {beside} of the rows stands what the loaded trial shows; it takes no part in the verdicts."
        if beside
        else "",
    ]


def _check(fact: Fact, facts: pd.DataFrame, comparators: pd.DataFrame, level: float) -> _Check:
    if fact["status"] == "conflict":
        return _Check("", NOT_RECOMPUTABLE, "the sources differ")
    if fact["status"] == "unknown":
        return _Check("", NOT_RECOMPUTABLE, "wording not verified" if fact["kind"] == "wording" else "not known here")
    if pd.notna(fact["count"]):
        return _check_count(fact, level)
    if fact["kind"] == "number" and fact["quantity"] == "participants":
        return _check_sum(fact, facts)
    if fact["kind"] == "number" and fact["topic"] == "background":
        return _check_history(fact, comparators)
    return _Check("", NOT_RECOMPUTABLE, WHY_NOT[str(fact["kind"])])


def _check_count(fact: Fact, level: float) -> _Check:
    """Recompute a percentage from its count, and see which other counts would round to it."""
    events, n, value = int(fact["count"]), int(fact["n"]), str(fact["value"])
    found = proportion(events, n, level=level)
    recomputed = f"{interval(found.value, found.low, found.high, percent)}%"
    decimals = len(value.partition(".")[2])
    fitting = [count for count in range(n + 1) if f"{100 * count / n:.{decimals}f}" == value]
    if events not in fitting:
        return _Check(recomputed, DISAGREES, f"{events}/{n} does not round to {value}%")
    if fact["count_status"] == "derived":
        only = "the only count" if len(fitting) == 1 else f"one of {len(fitting)} counts"
        reason = (
            f"by construction: the count was derived from the percentage; it is {only} out of {n} that rounds to it"
        )
        return _Check(recomputed, AGREES, reason)
    return _Check(recomputed, AGREES, f"{events}/{n} rounds to {value}%")


def _check_sum(fact: Fact, facts: pd.DataFrame) -> _Check:
    """Add up the arms."""
    same = facts[(facts["quantity"] == fact["quantity"]) & facts["arm"].isin([EXPERIMENTAL, CONTROL])]
    if fact["arm"] != BOTH or len(same) != 2:
        return _Check("", NOT_RECOMPUTABLE, WHY_NOT["number"])
    total = int(same["value"].astype(float).sum())
    parts = " + ".join(same["value"])
    return _Check(str(total), AGREES if total == float(fact["value"]) else DISAGREES, f"arms: {parts}")


def _check_history(fact: Fact, comparators: pd.DataFrame) -> _Check:
    """Look at the pooled estimates of other studies, and whether their intervals hold the value."""
    pooled = comparators[
        (comparators["endpoint"] == fact["quantity"])
        & (comparators["arm"] == fact["arm"])
        & (comparators["interval"] == "confidence")
    ]
    if pooled.empty:
        return _Check("", NOT_RECOMPUTABLE, "no pooled estimate among the comparators")
    value = float(fact["value"])
    inside = pooled["low"].le(value) & pooled["high"].ge(value)
    text = "; ".join(f"{row.study} {row.value:g} ({row.low:g} to {row.high:g})" for row in pooled.itertuples())
    reason = f"lies inside {int(inside.sum())} of {len(pooled)} intervals of pooled estimates of other studies"
    return _Check(text, AGREES if inside.all() else DISAGREES, reason)
