"""The question of a trial in print: estimands, allocation and its readings, and what judgement alone could do."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from lentap.estimands import Estimand
from lentap.show.curves import Curve, curves
from lentap.show.figure import Figure
from lentap.show.format import quote, records
from lentap.show.proportions import HEADINGS
from lentap.show.prose import Prose, with_interval
from lentap.show.record.question import Rejudged
from lentap.show.table import Table
from lentap.show.theme import CONTROL_STYLE, EXPERIMENTAL_STYLES

READINGS = {
    "random": (
        "CONSORT 2025",
        "RoB 2",
        "how the sequence was made and concealed; whether anybody could foresee the next arm",
        "arms are comparable but for chance; unadjusted contrasts stand, adjustment gains precision",
    ),
    "not random": (
        "TREND",
        "ROBINS-I",
        "why each patient received that treatment, and which of the reasons were recorded before it",
        "arms differ by what led to the choice; contrasts need weighting or adjustment, and an argument about the rest",
    ),
}


def estimand_table(estimands: Mapping[str, Estimand], *, name: str = "estimands") -> Table:
    """One estimand an endpoint: its question and parts, then a row for each intercurrent event."""
    rows = []
    for estimand in estimands.values():
        heading = f"{estimand.name}: {estimand.endpoint}"
        parts = {
            "Question": estimand.question,
            "Population": estimand.population,
            "Variable": estimand.variable,
            "Summary": estimand.summary,
        }
        rows += [{"Part": part, "What": words, "Estimand": heading} for part, words in parts.items()]
        rows += [
            {"Part": _upper(event.name), "What": f"{event.strategy}: {event.meaning}",
             "Estimand": heading}
            for event in estimand.events
        ]  # fmt: skip
    note = "Estimands are this book's reading of the endpoints; those of the paper are not known here."
    return Table(
        pd.DataFrame(rows), name, "One estimand an endpoint, after ICH E9(R1)", (), left=["What"], groups="Estimand",
        notes=(note,),
    )  # fmt: skip


def reading_table(chosen: str, *, name: str = "readings") -> Table:
    """What follows from each reading of the allocation; the one this page takes is marked."""
    rows = [
        {
            "Allocation": f"{reading}{' (this page)' if reading == chosen else ''}",
            "Report by": report,
            "Judge by": judge,
            "Ask": ask,
            "Then": then,
        }
        for reading, (report, judge, ask, then) in READINGS.items()
    ]
    frame = pd.DataFrame(rows).set_index("Allocation").T.rename_axis("").reset_index()
    left = list(frame.columns[1:])
    return Table(frame, name, "What follows from how patients came into their arms", (), left=left)


def judgement(found: Sequence[Rejudged], *, level: float, name: str = "judgement") -> Figure | Prose:
    """Difference and its lower limit against the share of the treated's resections that judgement alone brought."""
    if not found:
        return Prose("*Not shown: there is no second arm to compare with.*")
    listed = []
    apart = {one.counts: one for one in reversed(found)}  # counts that agree draw one line
    for one, style in zip(reversed(apart.values()), (EXPERIMENTAL_STYLES[0], CONTROL_STYLE), strict=False):
        words = HEADINGS[one.source].lower()
        x = [100 * share for share in one.shares]
        listed += [
            Curve(f"difference, {words}", x, [100 * e.value for e in one.curve], replace(style, dash="solid")),
            Curve(f"lower limit, {words}", x, [100 * e.low for e in one.curve], replace(style, dash="dash")),
        ]
    return curves(
        listed,
        name=name,
        x_title="Resections owed to judgement alone, experimental arm (%)",
        y_title="Difference (points)",
        what=f"Difference in resections, with the lower {100 * level:g}% limit, as decisions are taken back.",
        source=tuple(dict.fromkeys(one.source for one in found)),
        y_reference=0.0,
    )


def question_points(found: Sequence[Rejudged], *, taken_back: float, overlooked: float, allocation: str) -> list[str]:
    """Key points: what judgement alone could do to the difference, and which reading of the allocation is taken."""
    points = []
    told = set()
    for one in found:
        if one.counts in told:
            points.append(f"**{HEADINGS[one.source]}.** The same counts, and so the same answer.")
            continue
        told.add(one.counts)
        tips = one.tips_at
        share = (
            f"the interval includes no difference once {quote(tips, 'estimate')} of the experimental arm's resections "
            "are taken back"
            if tips.estimate is not None
            else "no share of them makes the interval include no difference"
        )
        points.append(
            f"**{HEADINGS[one.source]}.** With {100 * taken_back:g}% of the experimental arm's resections taken back "
            f"and {100 * overlooked:g}% of the control arm's patients without one counted as resected, the difference "
            f"is {with_interval(one.difference)}; {share}."
        )
    points.append(
        {
            "unresolved": "How patients came into their arms is unresolved; both readings stand below.",
            "random": "This page reads the allocation as random, which the sources do not settle.",
            "not random": "This page reads the allocation as not random, which the sources do not settle.",
        }[allocation]
    )
    return points


def fact_list(facts: pd.DataFrame, *groups: str) -> Prose:
    """Facts whose id starts with one of the groups, as a list: what, for whom, how much, and where it stands."""
    rows = facts[facts["id"].str.startswith(groups)]
    lines = []
    for row in records(rows):
        unit = f" {row['unit']}" if row["unit"] else ""
        notes = "; ".join(str(words) for words in (row["locator"] or row["source"], row["note"]) if words)
        what = f"{row['quantity']}, {row['arm']}" if row["arm"] != "both" else row["quantity"]
        lines.append(f"- {_upper(what)}: **{row['value']}{unit}** ({notes})")
    return Prose("\n".join(lines))


def unknown_list(facts: pd.DataFrame, group: str) -> Prose:
    """What of a group is not known here, and what would settle it."""
    rows = facts[(facts["topic"] == group) & (facts["status"] == "unknown")]
    lines = [f"- {_upper(row['quantity'])}. *Would settle it:* {row['needs']}." for row in records(rows)]
    return Prose("\n".join(["**Not known here**", "", *lines]))


def _upper(words: object) -> str:
    text = str(words)
    return text[:1].upper() + text[1:]
