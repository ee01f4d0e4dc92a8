"""The chances of a phase 3 trial, drawn and put into words."""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from lentap.results import Result
from lentap.show.curves import Curve, curves
from lentap.show.figure import Figure
from lentap.show.forest import Row, forest
from lentap.show.format import escaped, interval, listed, number, percent, quote, ratio, records
from lentap.show.record.next_trial import Outlook, Prospect, SurvivalTrial, interval_of
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.show.theme import CONTROL_STYLE, EXPERIMENTAL_STYLES, NEUTRAL_STYLE

WHO = {"sceptical": "a sceptic", "neutral": "somebody neutral", "enthusiastic": "an enthusiast"}
STYLES = {"sceptical": CONTROL_STYLE, "neutral": NEUTRAL_STYLE, "enthusiastic": EXPERIMENTAL_STYLES[0]}


def evidence_figure(ratios: pd.DataFrame, *, name: str = "evidence") -> Figure:
    """Published hazard ratios of randomised trials, by endpoint."""
    rows = [
        Row(str(one["study"]), one["value"], one["low"], one["high"], str(one["arm"]), _endpoint(one["endpoint"]))
        for one in records(ratios)
    ]
    return forest(
        rows,
        name=name,
        title="Hazard ratio (log scale)",
        what="Published hazard ratios of randomised trials with TACE, with 95% intervals.",
        source="published",
        reference=1.0,
        sides=("fewer events with the first", "more"),
        ratio=True,
        decimals=2,
    )


def evidence_table(ratios: pd.DataFrame, *, name: str = "evidence-table") -> Table:
    """What was compared in each trial, how it was designed, and where its numbers stand."""
    rows = [
        {
            "Trial": one["study"],
            "Compared": one["arm"],
            "Design": one["design"],
            "Hazard ratio (95% CI)": interval(one["value"], one["low"], one["high"], ratio),
            "Source": one["source"],
            "Endpoint": _endpoint(one["endpoint"]),
        }
        for one in records(ratios)
    ]
    return Table(
        pd.DataFrame(rows), name, "Randomised trials", ("published",), left=["Compared", "Design", "Source"],
        groups="Endpoint",
    )  # fmt: skip


def outlook_table(survival: Mapping[str, SurvivalTrial], resection: Prospect, *, name: str = "outlook") -> Table:
    """A row a belief: the effect believed in, the chance of any benefit, and that the trial succeeds."""
    groups = {
        f"Overall survival against {comparator}: {quote(one.events, 'estimate')}, {quote(one.patients, 'estimate')}": (
            "Hazard ratio",
            one.prospect,
        )
        for comparator, one in survival.items()
    }
    size = next(iter(resection.outlooks.values())).success.counts["per arm"]
    groups[f"Resection against TACE alone: {size} patients in each arm"] = ("Odds ratio", resection)
    rows = [
        {
            "Belief": belief.capitalize(),
            "Effect believed in (95% interval)": f"{measure} {_believed(one, inverse=measure == 'Odds ratio')}",
            "Chance of any benefit (%)": _chance(one.benefit),
            "Chance of success (%)": _chance(one.success),
            "Group": group,
        }
        for group, (measure, prospect) in groups.items()
        for belief, one in prospect.outlooks.items()
    ]
    note = "Success: a two-sided p-value below the level in favour of the experimental arm."
    return Table(
        pd.DataFrame(rows), name, "What a phase 3 trial may expect", ("published", "synthetic"),
        left=["Effect believed in (95% interval)"], groups="Group", notes=(note,),
    )  # fmt: skip


def success_by_size(prospect: Prospect, *, size: int, x_title: str, name: str) -> Figure:
    """Chance of success against the size of the trial, by belief, and the power at the effect hoped for."""
    drawn = [
        Curve(belief, prospect.sizes, [100 * chance for chance in one.by_size], STYLES[belief])
        for belief, one in prospect.outlooks.items()
    ]
    power = replace(EXPERIMENTAL_STYLES[1], dash="dot")
    drawn.append(Curve("power at the effect hoped for", prospect.sizes, [100 * p for p in prospect.power], power))
    return curves(
        drawn,
        name=name,
        x_title=x_title,
        y_title="Chance of success (%)",
        what="Power at the effect hoped for, and averaged over what is believed of the effect.",
        source=("published", "synthetic"),
        x_reference=size,
        y_span=(0, 101),
    )


def interim_table(chances: Mapping[str, Result], *, z: float, fraction: float, name: str = "interim") -> Table:
    """Chance of success at the interim look, by what is taken for granted."""
    rows = []
    for given, one in chances.items():
        kind, of = given.split(", ")
        words = f"the belief of {WHO[of]}" if of in WHO else f"{of}, taken as true"
        rows.append({"Going by": words, "Kind of power": kind, "Chance of success (%)": _chance(one)})
    caption = f"Overall survival against TACE alone, z = {number(z, 2)} at {percent(fraction)}% of the events"
    return Table(pd.DataFrame(rows), name, caption, ("published", "synthetic"), left=["Kind of power"])


def outlook_points(
    survival: Mapping[str, SurvivalTrial], resection: Prospect, *, hazard_ratio: float, power: float
) -> list[str]:
    """Key points: what the trial needs, and what its success depends on."""
    points = []
    for comparator, one in survival.items():
        chances = _chances(one.prospect)
        size, study = quote(one.events, "estimate"), escaped(f"{one.evidence['study']} ({one.evidence['arm']})")
        points.append(
            f"**Overall survival against {comparator}.** {size} for {percent(power)}% power at a hazard ratio of "
            f"{ratio(hazard_ratio)}. Chance of success, with {study} as evidence: {chances}."
        )
    points.append(f"**Resection against TACE alone.** Chance of success: {_chances(resection)}.")
    points.append("LEN-TAP's own overall survival is not known here, and enters nowhere.")
    return points


def _endpoint(words: object) -> str:
    return {"OS": "Overall survival", "PFS": "Progression-free survival"}.get(str(words).split()[0], str(words))


def _believed(one: Outlook, *, inverse: bool) -> str:
    """Ratio with its interval; ``inverse`` turns control over treated round."""
    if one.belief.sd == float("inf"):
        return "unknown"
    value, low, high = interval_of(one.belief)
    return interval(1 / value, 1 / high, 1 / low, ratio) if inverse else interval(value, low, high, ratio)


def _chance(one: Result) -> str:
    return ABSENT if one.estimate is None else percent(one.estimate)


def _chances(prospect: Prospect) -> str:
    return listed(
        [
            f"{'unknown' if one.success.estimate is None else quote(one.success, 'estimate')} for {WHO[belief]}"
            for belief, one in prospect.outlooks.items()
        ]
    )
