"""A published rate among those that pooled estimates lead one to expect: curve, table and sentences."""

from collections.abc import Sequence

import pandas as pd

from lentap.show.curves import Curve, curves
from lentap.show.figure import Figure
from lentap.show.format import NOT_ESTIMABLE, escaped, interval, listed, number, percent
from lentap.show.prose import Prose
from lentap.show.record.place import SPREADS, Place
from lentap.show.table import Table
from lentap.show.theme import CONTROL_STYLE, EXPERIMENTAL_STYLES, Style

STYLES = {"TACE": CONTROL_STYLE, "LEN-TAP": EXPERIMENTAL_STYLES[0]}
NOT_SHOWN = Prose("*Not shown: the facts hold no pooled rate of such a regimen.*")


def place_points(places: Sequence[Place]) -> list[str]:
    """Where the published count of each arm falls, and whether it lies in the range expected of an arm of its size."""
    lines = []
    for arm in dict.fromkeys(one.arm for one in places):
        mine = [one for one in places if one.arm == arm]
        first = mine[0]
        falls = listed([f"percentile {percentile(one.percentile.estimate)} {_expected(one)}" for one in mine])
        lines.append(
            f"**LEN-TAP, {escaped(arm)} arm:** {first.count} of {first.n} resected ({percent(first.count / first.n)}%) "
            f"is {falls}, if studies differ as assumed (spread {first.spread:g})."
        )
    return lines


def _expected(one: Place) -> str:
    low, high = one.expected
    side = "inside" if low <= one.count <= high else "below" if one.count < low else "above"
    return (
        f"of what {escaped(one.study)}'s pooled conversion rate of {percent(one.pooled.value)}% predicts "
        f"({side} the {100 * one.level:g}% range, {low} to {high} of {one.n})"
    )


def percentile(share: float | None) -> str:
    """A share as a percentile, never written as 0 or 100."""
    if share is None:
        return NOT_ESTIMABLE
    return "below 0.1" if share < 0.001 else "above 99.9" if share > 0.999 else number(100 * share)


def place_curves(places: Sequence[Place], *, name: str = "place") -> Figure | Prose:
    """The percentile of each published count by how much studies are taken to differ."""
    if not places:
        return NOT_SHOWN
    dashes = ("solid", "dash", "dot", "dashdot")
    return curves(
        [
            Curve(
                f"{one.arm}, {one.count}/{one.n}, beside {one.study}", SPREADS, [100 * share for share in one.curve],
                _style(one.arm, dashes[place % len(dashes)]),
            )
            for place, one in enumerate(places)
        ],
        name=name,
        x_title="Spread of studies (standard deviation of logits)",
        y_title="Percentile of the published count",
        what="Percentile of the resections of LEN-TAP in predictive distributions, by spread between studies.",
        source="published",
        x_reference=places[0].spread,
        y_span=(0, 100),
    )  # fmt: skip


def _style(arm: str, dash: str) -> Style:
    style = STYLES[arm]
    return Style(style.colour, dash, style.symbol, style.stroke)


def place_table(places: Sequence[Place], *, name: str = "place-table") -> Table | Prose:
    """A row a pooled estimate: its rate, the counts expected of an arm of that size, and the count published."""
    if not places:
        return NOT_SHOWN
    level = 100 * places[0].level
    rows = [
        {
            "LEN-TAP arm": one.arm,
            "Pooled by": one.study,
            "Conversion (%)": _pooled(one),
            f"Expected of {one.n}, {level:g}% range": f"{one.expected[0]} to {one.expected[1]}",
            "Resected": f"{one.count}/{one.n}",
            "Percentile": percentile(one.percentile.estimate),
        }
        for one in places
    ]
    note = f"Spread of logits between studies {places[0].spread:g}, an assumption. Pooled rates with 95% CI as printed."
    caption = "Where LEN-TAP's published resections fall"
    return Table(pd.DataFrame(rows), name, caption, ("published",), left=["Pooled by"], notes=(note,))


def _pooled(one: Place) -> str:
    return interval(one.pooled.value, one.pooled.low, one.pooled.high, percent)
