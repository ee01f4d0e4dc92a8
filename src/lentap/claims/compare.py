"""Where a trial disagrees with what is published: what a synthetic trial must not do unseen."""

import re

import numpy as np
import pandas as pd

from lentap.adam import Trial, load_trial
from lentap.claims.ledger import AGREES, DISAGREES, Fact, claim, published
from lentap.claims.quantities import MEASURES, Value, trial_values
from lentap.published import lentap_facts

NOT_COMPARABLE = "not comparable"
TABLES = tuple(dict.fromkeys(table for needed, _ in MEASURES for table in needed))


def compare_with_facts(facts: pd.DataFrame, trial: Trial) -> pd.DataFrame:
    """Compare a trial with every published fact that can be compared.

    Parameters
    ----------
    facts
        From `lentap.published.lentap_facts`.

    Returns
    -------
    id, claim, published, trial, verdict (agrees, disagrees, not comparable) and reason, a row a fact. A number agrees
    where the trial's rounds to it; a direction where the trial's estimate lies on the same side, whatever its interval.
    """
    values = trial_values(trial)
    rows = []
    for fact in facts.to_dict("records"):
        found = values.get((fact["quantity"], fact["arm"]))
        verdict, reason = _compared(fact, found)
        shown = found.text if found else ""
        words = {"id": fact["id"], "claim": claim(fact), "published": published(fact)}
        rows.append({**words, "trial": shown, "verdict": verdict, "reason": reason})
    return pd.DataFrame(rows)


def _compared(fact: Fact, found: Value | None) -> tuple[str, str]:
    kind, value = fact["kind"], str(fact["value"])
    if fact["status"] == "unknown":
        return (
            NOT_COMPARABLE,
            "wording not verified" if kind == "wording" else "no figure is published, or none known here",
        )
    if kind in ("statement", "wording") or (kind == "text" and found is None):
        return NOT_COMPARABLE, {"text": "a description", "statement": "a finding outside the tables"}.get(
            str(kind), "a judgement, not a measurement"
        )
    if found is None:
        return NOT_COMPARABLE, "the trial's tables do not hold it"
    if kind == "text":
        return _verdict(found.text == value), ""
    if kind == "direction":
        if found.direction == 0 or np.isnan(found.direction):
            return DISAGREES, "no difference, or none that can be estimated"
        less = bool(re.search(r"\b(lower|shorter|fewer|less)\b", value))
        return _verdict((found.direction < 0) == less), "by the side of the estimate, whatever its interval"
    decimals = len(value.partition(".")[2])
    if np.isnan(found.number):
        return DISAGREES, "the trial has no such number"
    return _verdict(f"{found.number:.{decimals}f}" == value), ""


def _verdict(agrees: bool) -> str:
    return AGREES if agrees else DISAGREES


def facts_report(data: str = "shipped") -> str:
    """Print where a trial, the shipped one by default, disagrees with published facts, and what cannot be compared.

    Raises
    ------
    DataError, FactError
        The trial or the facts are not usable.
    """
    trial = load_trial(data, "adsl", optional=TABLES[1:])
    compared = compare_with_facts(lentap_facts(), trial)
    lines = [f"{trial.design.title} ({trial.source}) beside {len(compared)} published facts and open questions"]
    for verdict, heading in ((DISAGREES, "Disagrees"), (AGREES, "Agrees")):
        same = compared[compared["verdict"] == verdict].to_dict("records")
        lines += ["", f"{heading} ({len(same)})", *(_line(row) for row in same)]
    rest = compared[compared["verdict"] == NOT_COMPARABLE]
    lines += ["", f"Cannot be compared ({len(rest)})"]
    for reason, rows in rest.groupby("reason"):
        lines += [f"  {reason}:", *("    " + rows["id"])]
    return "\n".join(lines)


def _line(row: Fact) -> str:
    reason = f" [{row['reason']}]" if row["reason"] else ""
    return f"  {row['id']}: {row['claim']}: published {row['published']}; trial {row['trial']}{reason}"
