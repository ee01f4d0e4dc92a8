"""The ledger in print: a table for each kind of claim."""

import pandas as pd

from lentap.claims.ledger import NOT_RECOMPUTABLE
from lentap.show.proportions import HEADINGS
from lentap.show.table import Table
from lentap.sources import Source

COMMON = {"topic": "Topic", "claim": "Claim", "published": "Published"}
PARTS: dict[str, tuple[str, dict[str, str]]] = {
    "recomputed": (
        "Claims that published numbers allow to recompute",
        {**COMMON, "recomputed": "Recomputed", "why": "Verdict", "origin": "Source"},
    ),
    "stated": (
        "Claims stated without the numbers behind them",
        {**COMMON, "origin": "Source", "why_not": "Not recomputable"},
    ),
    "wording": (
        "Words to ask about",
        {"topic": "Topic", "claim": "Wording or question", "status": "Status", "needs": "Evidence it would need"},
    ),
    "unknown": ("Not known to this project", {"topic": "Topic", "claim": "Quantity", "needs": "Would need"}),
}


def ledger_part(claims: pd.DataFrame, part: str) -> pd.DataFrame:
    """Take the rows of one kind (``recomputed``, ``stated``, ``wording``, ``unknown``); every claim is of one kind."""
    recomputed, wording = claims["verdict"] != NOT_RECOMPUTABLE, claims["kind"] == "wording"
    unknown = (claims["status"] == "unknown") & ~wording
    rows = {"recomputed": recomputed, "wording": wording & ~recomputed, "unknown": unknown & ~recomputed}
    return claims[rows.get(part, ~(recomputed | wording | unknown))]


def ledger_table(claims: pd.DataFrame, part: str, *, source: Source) -> Table:
    """Print one kind of claims, with what the loaded trial shows in the last column where it shows anything.

    Parameters
    ----------
    claims
        From `lentap.claims.ledger`.
    source
        Kind of number the loaded trial holds.
    """
    caption, columns = PARTS[part]
    rows = ledger_part(claims, part)
    needs = rows["needs"].map(lambda words: f"; would need {words}" if words else "")
    told = rows["status"].where(rows["status"] != rows["source"].str.split().str[0], "")
    rows = rows.assign(
        why=rows["verdict"] + ": " + rows["reason"],
        why_not=rows["reason"] + needs,
        origin=rows["source"] + told.map(lambda word: f", {word}" if word else ""),
    )
    beside = {"trial": HEADINGS[source]} if rows["trial"].ne("").any() else {}
    frame = rows[[*columns, *beside]].rename(columns={**columns, **beside})
    frame["Topic"] = frame["Topic"].str.capitalize()
    left = [name for name in frame.columns if name != "Topic"][1:]
    sources: tuple[Source, ...] = ("published", source) if beside else ("published",)
    return Table(frame, f"claims-{part}", caption, sources, left=left, groups="Topic")
