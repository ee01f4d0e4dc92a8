"""What is believed of a difference after the counts, in print: intervals by prior, and how sure one is of how much."""

from collections.abc import Sequence
from itertools import cycle

import numpy as np

from lentap.results import Result
from lentap.show.curves import Curve, curves
from lentap.show.figure import Figure
from lentap.show.forest import Row, forest
from lentap.show.format import escaped, percent, quote
from lentap.show.proportions import HEADINGS
from lentap.show.prose import Prose
from lentap.show.record.posterior import CHOSEN, Belief, Posterior, Posteriors
from lentap.show.several import bullets
from lentap.show.theme import EXPERIMENTAL_STYLES, NEUTRAL_STYLE
from lentap.sources import combine

STYLES = {"uniform": NEUTRAL_STYLE, "Jeffreys": EXPERIMENTAL_STYLES[1], CHOSEN: EXPERIMENTAL_STYLES[2]}
NO_COUNTS = Prose("*Not shown: an arm has no patients in this population.*")
POINTS = 61


def posterior_forest(found: Sequence[Posteriors], *, name: str = "posteriors") -> Figure | Prose:
    """Posterior means and credible intervals of the difference, by kind of number, arm and prior."""
    listed = [one for posteriors in found for one in posteriors.listed]
    if not listed:
        return NO_COUNTS
    rows = [
        Row(
            f"{one.prior.capitalize()} prior",
            100 * one.found.value,
            100 * one.found.low,
            100 * one.found.high,
            detail=f"P(> 0) {probability(one.above)}",
            group=f"{HEADINGS[one.source]}: {one.arm} minus {one.control}",
            style=STYLES[one.prior],
        )
        for one in listed
    ]
    return forest(
        rows,
        name=name,
        title="Risk difference (percentage points)",
        what=f"Posterior means of the risk difference with {100 * listed[0].found.level:g}% credible intervals.",
        source=combine(*(one.source for one in listed)),
        reference=0.0,
        sides=("more with control", "more with experimental"),
    )


def exceedance(found: Sequence[Posteriors], *, name: str = "exceedance") -> Figure | Prose:
    """Probability that the difference exceeds each value, of the first kind of number: by prior, or arm if several."""
    first = next((posteriors for posteriors in found if posteriors.listed), None)
    if first is None:
        return NO_COUNTS
    arms = list(dict.fromkeys(one.arm for one in first.listed))
    styles = dict(zip(arms, cycle(EXPERIMENTAL_STYLES), strict=False))
    shown = first.listed if len(arms) == 1 else [one for one in first.listed if one.prior == CHOSEN]
    ends = [end for one in shown for end in (one.found.low, one.found.high)]
    room = (max(ends) - min(ends)) / 3
    values = np.linspace(max(-1.0, min(ends) - room), min(1.0, max(ends) + room), POINTS)
    drawn = [
        Curve(
            f"{one.prior.capitalize()} prior{f', {one.arm}' if len(arms) > 1 else ''}",
            [round(100 * float(x), 2) for x in values],
            [100 * one.found.above(float(x)) for x in values],
            STYLES[one.prior] if len(arms) == 1 else styles[one.arm],
        )
        for one in shown
    ]
    return curves(
        drawn,
        name=name,
        x_title="Risk difference (percentage points)",
        y_title="Probability of a greater one (%)",
        what=f"{HEADINGS[first.listed[0].source]}: posterior probability that the risk difference exceeds a value.",
        source=first.listed[0].source,
        x_reference=100 * first.margin,
        y_span=(0, 101),
    )


def probability(result: Result) -> str:
    """A posterior probability in percent; one next to 0 or 100 is not printed as certain."""
    p = result.estimate or 0.0
    return "< 0.1%" if p < 0.001 else "> 99.9%" if p > 0.999 else f"{percent(p)}%"


def belief_words(belief: Belief) -> str:
    """The chosen prior in words."""
    rates = f"{percent(belief.experimental)}% in the experimental arm and {percent(belief.control)}% in control"
    if belief.experimental == belief.control:
        rates = f"{percent(belief.control)}% in either arm"
    return f"{rates}, weighing {belief.patients:g} patients an arm"


def posterior_words(found: Sequence[Posteriors]) -> Prose:
    """How sure the counts leave one who believed what was chosen, and what keeps a sceptic in doubt."""
    return bullets(_points(posteriors, one) for posteriors in found for one in posteriors.listed if one.prior == CHOSEN)


def _points(posteriors: Posteriors, one: Posterior) -> str:
    level = one.found.level
    weight = posteriors.doubt[one.arm].estimate
    rate = percent(posteriors.belief.control)
    sceptic = f"A sceptic who believes in {rate}% for both arms"
    if weight is None:
        heavy = f"{sceptic} is convinced that more are resected with {escaped(one.arm)}, whatever the weight tried."
    elif weight == 0:
        heavy = f"{sceptic} stays in doubt, however little that belief weighs."
    else:
        heavy = (
            f"{sceptic} stays in doubt (below {percent((1 + level) / 2)}%) only if that belief weighs about "
            f"{float(f'{weight:.2g}'):g} patients an arm or more."
        )
    return (
        f"**{HEADINGS[one.source]}.** Who believed in {belief_words(posteriors.belief)}, now has "
        f"{escaped(one.arm)} minus {escaped(one.control)} at {quote(one.difference, 'estimate')} "
        f"({100 * level:g}% credible interval {quote(one.difference, 'interval')}), with probability "
        f"{probability(one.above)} above no difference and {probability(one.worthwhile)} above "
        f"{percent(posteriors.margin)} points. {heavy}"
    )
