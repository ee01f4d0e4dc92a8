"""What an endpoint that is a decision could owe to who decides: counts judged again, and where a conclusion tips."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lentap.results import Result, record
from lentap.sources import Source
from lentap.stats.estimate import Estimate
from lentap.stats.proportions import risk_difference

Counts = tuple[int, int, int, int]  # events and patients, treated then control


@dataclass(frozen=True)
class Rejudged:
    """The difference after some decisions are taken back or caught up on, and the least share that tips it.

    ``difference`` is at the shares of the page; ``curve`` as one event of the treated after another is taken back, none
    caught up on; ``tips_at`` the least share whose interval includes no difference, not-a-number where none does.
    """

    source: Source
    counts: Counts
    difference: Result
    tips_at: Result
    shares: Sequence[float]
    curve: Sequence[Estimate]


def published_counts(facts: pd.DataFrame, prefix: str) -> dict[str, tuple[int, int]]:
    """Events and patients of each arm among the facts whose id starts with ``prefix``."""
    rows = facts[facts["id"].str.startswith(f"{prefix}.") & facts["count"].notna()]
    return {str(row["arm"]): (int(row["count"]), int(row["n"])) for row in rows.to_dict("records")}


def rejudge(counts: Counts, taken_back: float, overlooked: float) -> Counts:
    """Counts where a share of the treated's events was a matter of judgement, and the control overlooked a share."""
    events1, n1, events0, n0 = counts
    return (events1 - round(taken_back * events1), n1, events0 + round(overlooked * (n0 - events0)), n0)


def record_rejudged(
    counts: Mapping[str, tuple[int, int]],
    *,
    control: str,
    taken_back: float,
    overlooked: float,
    level: float,
    source: Source,
    **labels: Any,
) -> dict[str, Rejudged]:
    """Record, for each experimental arm, the difference after judging again and the share that tips it.

    Nothing where the control has nobody.
    """
    found = {}
    for arm, own in counts.items():
        if arm == control or control not in counts:
            continue
        cells = (*own, *counts[control])
        about: dict[str, Any] = {"source": source, "arm": arm, "control": control, **labels}
        shares = [taken / own[0] for taken in range(own[0] + 1)] if own[0] else [0.0]
        curve = [risk_difference(*rejudge(cells, share, 0.0), level=level) for share in shares]
        tips = next((share for share, one in zip(shares, curve, strict=True) if one.low <= 0 <= one.high), float("nan"))
        again = rejudge(cells, taken_back, overlooked)
        found[arm] = Rejudged(
            source,
            cells,
            record(
                "design.question.rejudged",
                risk_difference(*again, level=level),
                scale="difference",
                null=0.0,
                direction=f"above: more with {arm}",
                counts={arm: f"{again[0]}/{again[1]}", control: f"{again[2]}/{again[3]}"},
                **about,
            ),
            record("design.question.tips_at", tips, scale="proportion", method="one after another taken back", **about),
            shares,
            curve,
        )
    return found
