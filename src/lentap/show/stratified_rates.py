"""An outcome compared within strata, in print: what is left of the difference when like is compared with like."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from lentap.design import Design
from lentap.show.figure import Figure
from lentap.show.forest import Row, forest
from lentap.show.format import confidence, escaped, listed, p_phrase, p_value, percent, quote, without_unit
from lentap.show.prose import Prose, with_interval
from lentap.show.record.stratified_rates import CRUDE, Stratified
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.show.theme import NEUTRAL_STYLE, Style, arm_styles
from lentap.sources import Source

NO_COMPARISON = "Nothing to compare: an arm has no patients in this population."


def stratified_forest(
    found: Mapping[str, Sequence[Stratified]], *, design: Design, source: Source, name: str = "stratified"
) -> Figure | Prose:
    """Risk differences without strata and within those of each factor, under the arms compared."""
    rows = [_row(one, arm_styles(design)) for comparisons in found.values() for one in comparisons]
    if not rows:
        return Prose(f"*Not shown. {NO_COMPARISON}*")
    return forest(
        rows,
        name=name,
        title="Risk difference (percentage points)",
        what="Risk differences, without strata and averaged over strata.",
        source=source,
        reference=0.0,
        sides=(f"more with {design.control.name}", "more with experimental"),
    )


def _row(one: Stratified, styles: Mapping[str, Style]) -> Row:
    result = one.risk_difference
    value, low, high = (math.nan if x is None else 100 * x for x in (result.estimate, result.low, result.high))
    style = NEUTRAL_STYLE if one.by == CRUDE else styles[one.arm]
    return Row(_label(one.by), value, low, high, _strata(one), f"{one.arm} against {one.control}", style)


def _label(by: str) -> str:
    return by.capitalize() if by == CRUDE else f"By {by}"


def _strata(one: Stratified) -> str:
    both = int(((one.strata["n1"] > 0) & (one.strata["n0"] > 0)).sum())
    return "" if one.by == CRUDE else f"{both} strata"


def stratified_table(
    found: Mapping[str, Sequence[Stratified]], *, source: Source, name: str = "stratified-table"
) -> Table | Prose:
    """A row a stratification: patients compared, common difference and odds ratio, and both tests."""
    listed_ = [one for comparisons in found.values() for one in comparisons]
    if not listed_:
        return Prose(f"*Not shown. {NO_COMPARISON}*")
    rows = [
        {
            "Stratified by": _label(one.by).removeprefix("By "),
            "Strata": _strata(one).removesuffix(" strata") or ABSENT,
            "Compared": str(sum(int(count.split("/")[1]) for count in one.risk_difference.counts.values())),
            "Difference (points)": without_unit(one.risk_difference),
            "Odds ratio": without_unit(one.odds_ratio),
            "CMH p": quote(one.test, "p"),
            "Same ratio p": ABSENT if one.by == CRUDE else quote(one.homogeneity, "p"),
            "Arms": f"{one.arm} against {one.control}",
        }
        for one in listed_
    ]
    notes = (
        f"{confidence(listed_[0].risk_difference)}. Difference with Mantel-Haenszel weights, interval of Miettinen and "
        "Nurminen. Odds ratio of Mantel and Haenszel, interval of Robins, Breslow and Greenland.",
        "CMH: Cochran-Mantel-Haenszel test, no continuity correction. Same ratio: Breslow-Day test with Tarone's "
        "correction of one odds ratio in all strata.",
        *_left_out(listed_),
    )
    return Table(pd.DataFrame(rows), name, "Compared within strata", (source,), groups="Arms", notes=notes)


def _left_out(found: Sequence[Stratified]) -> list[str]:
    """Who is not compared, where that is anybody."""
    parts = [
        (f"{one.arm}, by {one.by}", [(one.unknown, "without a value"), (one.one_armed, "in strata of one arm alone")])
        for one in found
    ]
    words = [
        f"{by}: {listed([f'{count} {why}' for count, why in reasons if count])}"
        for by, reasons in parts
        if any(count for count, _ in reasons)
    ]
    return [f"Not compared: {'; '.join(words)}."] if words else []


def stratified_points(found: Mapping[str, Sequence[Stratified]]) -> list[str]:
    """Key points: the difference without strata and how far stratifying moves it, with what the tests say."""
    points = [_points(arm, comparisons) for arm, comparisons in found.items() if comparisons]
    return points or [NO_COMPARISON]


def _points(arm: str, comparisons: Sequence[Stratified]) -> str:
    crude, *rest = comparisons
    words = (
        f"**{escaped(arm)} minus {escaped(crude.control)}, not stratified:** {with_interval(crude.risk_difference)}."
    )
    if not rest:
        return f"{words} Nothing to stratify by: trial.yml declares no baseline that adsl holds for both arms."
    values = [one.risk_difference.estimate or 0.0 for one in rest]
    ways = f"{len(rest)} way{'s' if len(rest) > 1 else ''}"
    span = f"between {percent(min(values))} and {percent(max(values))} points" if len(rest) > 1 else ""
    span = span or f"{percent(values[0])} points"
    return f"{words} Stratified in {ways} it is {span}; {_tests(rest)} {_homogeneity(rest)}"


def _tests(found: Sequence[Stratified]) -> str:
    level = found[0].risk_difference.level or math.nan
    p_values = [one.test.p_value for one in found if one.test.p_value is not None]
    if not p_values:
        return "no Cochran-Mantel-Haenszel test says anything, for lack of patients with or without the outcome."
    rejecting = sum(p < 1 - level for p in p_values)
    largest = f"the largest p-value of the Cochran-Mantel-Haenszel tests is {p_value(max(p_values))}"
    return f"{rejecting} of {len(p_values)} tests reject at {percent(1 - level)}%, {largest}."


def _homogeneity(found: Sequence[Stratified]) -> str:
    p_values = {one.by: one.homogeneity.p_value for one in found if one.homogeneity.p_value is not None}
    if not p_values:
        return "Whether the odds ratio is the same in all strata cannot be tested."
    by, least = min(p_values.items(), key=lambda pair: pair[1])
    return (
        f"Whether the odds ratio is the same in all strata: the smallest of {len(p_values)} p-values is that of "
        f"{escaped(by)}, {p_phrase(least)}."
    )
