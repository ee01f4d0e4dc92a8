"""Surgical results in print: margin and pathology among the resected and among all, and the way to the operation."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lentap.design import Design
from lentap.show.curves import Curve, curves
from lentap.show.figure import Figure
from lentap.show.format import confidence, escaped, interval, listed, number, quote, without_unit
from lentap.show.prose import Prose, with_interval
from lentap.show.record.surgery import ALL, RESECTED, Surgery
from lentap.show.several import bullets
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.show.theme import arm_styles
from lentap.sources import Source

FINEST = 300  # points of a curve
HEADINGS = {RESECTED: "Among the resected, a group chosen after the start", ALL: "Among all patients"}


def surgery_table(found: Surgery, *, source: Source, name: str = "surgery") -> Table | Prose:
    """A row a finding: rates by arm among the resected and among all, and the difference."""
    if found.gap:
        return Prose(f"*Not shown: {found.gap}.*")
    rows = []
    for who in (RESECTED, ALL):
        for (finding, among), comparison in found.findings.items():
            if among != who:
                continue
            row = {"Finding": finding}
            for arm in found.operated:
                rate = comparison.rates.get(arm)
                row[f"{arm} (%)"] = f"{rate.counts[arm]}, {without_unit(rate)}" if rate else ABSENT
            for arm, contrast in comparison.contrasts.items():
                several = len(found.operated) > 2
                row["Difference (points)" + (f", {arm}" if several else "")] = without_unit(contrast.risk_difference)
            rows.append(row | {"Who": HEADINGS[who]})
    rows.append(
        {
            "Finding": "Weeks to surgery",
            **{f"{arm} (%)": _weeks(found, arm) for arm in found.operated},
            "Who": "The way to the operation",
        }
    )
    return Table(
        pd.DataFrame(rows).fillna(ABSENT), name, "What the first resection found", (source,), groups="Who",
        notes=list(filter(None, _notes(found))),
    )  # fmt: skip


def _weeks(found: Surgery, arm: str) -> str:
    weeks = found.waits.get(arm)
    if weeks is None or weeks.empty:
        return ABSENT
    low, middle, high = (float(weeks.quantile(q)) for q in (0.25, 0.5, 0.75))
    return interval(middle, low, high, number)


def _notes(found: Surgery) -> Sequence[str]:
    comparison = next(iter(found.findings.values()), None)
    level = confidence(next(iter(comparison.rates.values()))) if comparison and comparison.rates else ""
    known = [f"{count} of the resected without a value: {finding}" for finding, count in found.unknown.items() if count]
    return [
        f"Rates with {level} (Wilson). Among all patients, who was not resected counts as without the finding."
        if level
        else "",
        "Weeks to surgery: from study day 1, median (quartiles), of the resected alone.",
        f"{'; '.join(known)}." if known else "",
        f"adpr has no column for: {', '.join(found.absent)}." if found.absent else "",
    ]


def waiting_curves(found: Surgery, *, design: Design, source: Source, name: str = "waiting") -> Figure | Prose:
    """Share of the resected of each arm who had been operated on by each week."""
    if found.gap:
        return Prose(f"*Not shown: {found.gap}.*")
    listed_ = []
    for arm, weeks in found.waits.items():
        counts = weeks.round(2).value_counts().sort_index().cumsum()
        kept = np.unique(np.linspace(0, len(counts) - 1, FINEST).round().astype(int))
        x, y = counts.index[kept].tolist(), (100 * counts.iloc[kept] / len(weeks)).round(2).tolist()
        style = arm_styles(design)[arm]
        listed_.append(Curve(f"{arm}: {len(weeks)} resected", [min(0.0, x[0]), *x], [0.0, *y], style, steps=True))
    return curves(
        listed_,
        name=name,
        x_title="Weeks from study day 1 to the operation",
        y_title="Of the resected (%)",
        what="Share of the resected of each arm operated on by each week.",
        source=source,
        y_span=(0, 101),
    )


def surgery_words(found: Surgery) -> Prose:
    """Margin and response among the resected, the same among all patients, and the way to the operation."""
    if found.gap:
        return Prose(f"*Not shown: {found.gap}.*")
    points = [_finding(found, finding) for finding in dict.fromkeys(finding for finding, _ in found.findings)]
    waits = [f"{quote(median, 'estimate')} on {escaped(arm)}" for arm, median in found.medians.items()]
    return bullets([*points, f"Median time from study day 1 to surgery, of the resected: {listed(waits)}."])


def _finding(found: Surgery, finding: str) -> str:
    among, everybody = (found.findings[finding, who] for who in (RESECTED, ALL))
    shares = [
        f"{_of(rate.counts[arm])} on {escaped(arm)} ({quote(rate, 'estimate')})" for arm, rate in among.rates.items()
    ]
    if not shares:
        return f"**{finding}:** not known of any of the resected."
    apart = [
        f"{escaped(arm)} minus {escaped(found.control)} {with_interval(contrast.risk_difference)}"
        for arm, contrast in everybody.contrasts.items()
    ]
    words = f"**{finding}:** {listed(shares)} of the resected"
    return f"{words}; among all patients, {listed(apart)}." if apart else f"{words}."


def _of(count: str) -> str:
    return count.replace("/", " of ")
