"""Hazard ratios given baseline in print: adjusted and stratified beside unadjusted, and the forest of subgroups."""

import math
from collections.abc import Mapping, Sequence

from lentap.design import Design
from lentap.results import Result
from lentap.show.absolute import NOT_SHOWN
from lentap.show.figure import Figure
from lentap.show.forest import Row, forest
from lentap.show.format import escaped, listed, p_value, slug, within
from lentap.show.prose import Prose, with_interval
from lentap.show.record.followed import Followed
from lentap.show.record.ratios import ADJUSTED, STRATIFIED, UNADJUSTED, Ratios, Subgroups
from lentap.show.tables import ABSENT
from lentap.show.theme import Style, arm_styles

NONE = Prose("*Not shown: `trial.yml` declares no baseline that has values here.*")


def ratio_points(found: Mapping[str, Ratios]) -> list[str]:
    """Key point on the ratio adjusted for baseline, and the span of the stratified ones."""
    return [words for arm, ratios in found.items() if (words := _ratio_words(arm, ratios))]


def _ratio_words(arm: str, found: Ratios) -> str:
    adjusted = found.by_analysis.get(ADJUSTED)
    if adjusted is None:
        return ""
    others = [
        one.estimate
        for analysis, one in found.by_analysis.items()
        if analysis not in (UNADJUSTED, ADJUSTED) and one.estimate is not None
    ]
    span = f"; stratified by one characteristic at a time, {min(others):.2f} to {max(others):.2f}" if others else ""
    return f"**Given baseline.** Hazard ratio of {escaped(arm)} adjusted for baseline: {with_interval(adjusted)}{span}."


def ratio_forest(
    group: Followed, found: Mapping[str, Ratios], *, design: Design, name: str = "ratios"
) -> Figure | Prose:
    """Unadjusted, adjusted and stratified hazard ratios."""
    if not found:
        return NOT_SHOWN
    styles = arm_styles(design)
    rows = [
        _row(_analysis(group, analysis), one, _heading(group, arm, analysis), styles[arm])
        for arm, ratios in found.items()
        for analysis, one in ratios.by_analysis.items()
    ]
    return _forest(group, rows, name, f"Hazard ratios of {within(group.endpoint.label)} given baseline.")


def left_out_words(found: Mapping[str, Ratios]) -> Prose:
    """Who is not in the adjusted models, and which models have no answer."""
    if not found:
        return NOT_SHOWN
    lines = [
        f"- {ratios.left_out} patients of the comparison with {escaped(arm)} lack a value of some characteristic and "
        "are not in the adjusted model."
        for arm, ratios in found.items()
        if ratios.left_out
    ]
    lines += [
        f"- {escaped(_first(analysis))}: {escaped(one.method)}."
        for ratios in found.values()
        for analysis, one in ratios.by_analysis.items()
        if one.estimate is None
    ]
    return Prose("\n".join(lines) or "Every patient has a value of all declared baseline, and every model an answer.")


def subgroup_forest(
    group: Followed, found: Mapping[str, Sequence[Subgroups]], *, design: Design, name: str = "subgroups"
) -> Figure | Prose:
    """Hazard ratio in each subgroup, under its characteristic with the p-value of the interaction."""
    if not found:
        return NOT_SHOWN
    if not any(found.values()):
        return NONE
    styles = arm_styles(design)
    rows = []
    for arm, characteristics in found.items():
        suffix = f", {arm}" if len(found) > 1 else ""
        for one in characteristics:
            p = one.interaction.p_value
            heading = f"{one.label}{suffix} (interaction p {ABSENT if p is None else p_value(p)})"
            rows += [_row(part, ratio, heading, styles[arm]) for part, ratio in one.ratios.items()]
    return _forest(group, rows, name, f"Hazard ratios of {within(group.endpoint.label)} in subgroups.")


def subgroup_words(found: Mapping[str, Sequence[Subgroups]], *, level: float) -> Prose:
    """How many interactions there are, and how many chance alone would give."""
    tests = [
        one for characteristics in found.values() for one in characteristics if one.interaction.p_value is not None
    ]
    if not tests:
        return Prose("*No two subgroups of a characteristic can be set side by side.*")
    border = 1 - level
    small = [one for one in tests if (one.interaction.p_value or 0) < border]
    which = f" ({listed([escaped(one.label) for one in small])})" if small else ""
    found_words = f"{len(small)} of {len(tests)} tests of interaction have p below {border:.2g}{which}"
    return Prose(
        f"{found_words}; with the same effect everywhere, chance would give about {len(tests) * border:.1f}. Read the "
        "test of a characteristic, not which of its intervals include 1."
    )


def _forest(group: Followed, rows: Sequence[Row], name: str, what: str) -> Figure:
    control = group.control
    over = group.treated[0] if len(group.treated) == 1 else "experimental"
    return forest(
        rows,
        name=slug(name, group.endpoint.name),
        title=f"Hazard ratio, {over} over {control}",
        what=what,
        source=group.source,
        reference=1.0,
        sides=(f"slower on {over}", f"faster on {over}"),
        ratio=True,
        decimals=2,
    )


def _analysis(group: Followed, analysis: str) -> str:
    """An analysis in the forest: of several arms each ratio is of two alone, unlike the model of all."""
    alone = ", of the two arms alone" if analysis == UNADJUSTED and len(group.treated) > 1 else ""
    return _first(analysis.removeprefix(STRATIFIED)) + alone


def _heading(group: Followed, arm: str, analysis: str) -> str:
    words = "Stratified by" if analysis.startswith(STRATIFIED) else "Arm alone, and with all of baseline"
    return f"{words} ({arm} over {group.control})" if len(group.treated) > 1 else words


def _row(label: str, one: Result, group: str, style: Style) -> Row:
    """A row with its events and patients, those of the experimental arm first."""
    value, low, high = (math.nan if x is None else x for x in (one.estimate, one.low, one.high))
    return Row(label, value, low, high, " v ".join(one.counts.values()), group, style)


def _first(words: str) -> str:
    return words[:1].upper() + words[1:]
