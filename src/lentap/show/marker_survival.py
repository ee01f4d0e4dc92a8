"""A marker and the time to an event, drawn and in words."""

from lentap.design import Design
from lentap.show.biomarker import ratio_row
from lentap.show.figure import Figure
from lentap.show.forest import forest
from lentap.show.format import duration, escaped, many, number, p_phrase, quote, within
from lentap.show.prose import Prose, with_interval
from lentap.show.record.marker_survival import LANDMARK, START, MarkerSurvival
from lentap.show.survival import step_curves
from lentap.show.theme import CONTROL_STYLE, NEUTRAL, NEUTRAL_STYLE, Style, arm_styles
from lentap.sources import Source


def hazard_forest(found: MarkerSurvival, *, design: Design, source: Source, name: str = "hazard") -> Figure | Prose:
    """Hazard ratio by doubling of the marker, by arm and by where follow-up starts."""
    if found.gap:
        return Prose(f"*Not shown: {found.gap}.*")
    styles = arm_styles(design)
    groups = {LANDMARK: "From when the marker was known", START: "From the start, where it was not yet known"}
    rows = [
        ratio_row(arm, one, quote(one, "counts"), groups[since], styles[arm])
        for since, by_arm in found.ratios.items()
        for arm, one in by_arm.items()
    ]
    if found.adjusted:
        rows.insert(
            len(found.ratios[LANDMARK]),
            ratio_row(
                "All arms, stratified", found.adjusted, quote(found.adjusted, "counts"), groups[LANDMARK], NEUTRAL_STYLE
            ),
        )
    rows += [
        ratio_row(f"{arm} over {one.labels['control']}", one, "", "Predictive", styles[arm])
        for arm, one in found.predictive.items()
    ]
    if not rows:
        return Prose(f"*Not shown: {'; '.join(found.why)}.*")
    return forest(
        rows,
        name=name,
        title="Hazard ratio, by doubling of the marker",
        what=f"Hazard ratios of {within(found.patients.endpoint)} by doubling of {within(found.patients.label)}.",
        source=source,
        reference=1.0,
        sides=("slower with more", "faster with more"),
        ratio=True,
        decimals=2,
    )


def marker_curves(
    found: MarkerSurvival, *, design: Design, source: Source, name: str = "marker-curves"
) -> Figure | Prose:
    """Kaplan-Meier curves below and from the cut-point on, from the day the marker was known."""
    if found.gap or not found.curves:
        return Prose(f"*Not shown: {found.gap or 'all patients lie on one side of the cut-point'}.*")
    sides = {side: f"Marker {side} {number(found.cut, 2)}" for side in found.curves}
    style = arm_styles(design)[found.shown]
    return step_curves(
        {sides[side]: curve for side, curve in found.curves.items()},
        styles={sides["below"]: CONTROL_STYLE if style.dash == "dash" else Style(NEUTRAL, "dash", "square", "━ ━"),
                sides["at or above"]: style},
        unit=found.patients.unit,
        since="the landmark" if found.landmark else "the start",
        what=f"Kaplan-Meier curves of {within(found.patients.endpoint)} on {found.shown} by "
        f"{within(found.patients.label)}",
        source=source,
        name=name,
        group="Marker",
    )  # fmt: skip


def survival_words(found: MarkerSurvival) -> Prose:
    """What the marker says of the time to the event from when it was known on, and what an earlier start does."""
    if found.gap:
        return Prose(f"*{escaped(found.patients.endpoint)} by the marker cannot be shown: {escaped(found.gap)}.*")
    unit, lines = found.patients.unit, []
    if found.landmark:
        lost = found.left_out
        left_out = (
            f"{many(lost['event'], 'patient')} with the marker had the event up to it, {lost['censored']} were lost; "
            "they are left out, since they belong to no group whose future is compared."
            if sum(lost.values())
            else "Nobody with the marker had the event or was lost before it: an earlier start would change nothing."
        )
        at = duration(found.landmark, unit)
        lines.append(f"The last of these samples was taken at {at}: that is the landmark. {left_out}")
    for arm, one in found.ratios[LANDMARK].items():
        lines.append(f"{escaped(arm)}: hazard ratio by doubling {with_interval(one)}, {quote(one, 'counts')}.")
    if START in found.ratios and (arms := [arm for arm in found.ratios[START] if arm in found.ratios[LANDMARK]]):
        pairs = [f"{escaped(arm)} {with_interval(found.ratios[START][arm])}" for arm in arms]
        lines.append(
            f"Counted from the start, with follow-up in which who had a sample could not have had the event: "
            f"{'; '.join(pairs)}."
        )
    if found.bend:
        lines.append(f"Test that the log hazard bends: {p_phrase(found.bend.p_value)}.")
    lines += [f"Not estimable on {escaped(why)}." for why in found.why]
    return Prose("\n".join(f"- {line}" for line in lines))
