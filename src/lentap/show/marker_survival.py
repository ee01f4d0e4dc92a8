"""A marker and the time to an event, drawn and in words."""

from lentap.design import Design
from lentap.show.biomarker import ratio_row
from lentap.show.figure import Figure
from lentap.show.forest import forest
from lentap.show.format import duration, escaped, many, number, p_phrase, quote, within
from lentap.show.prose import Prose, with_interval
from lentap.show.record.marker_survival import NAIVE, VARYING, MarkerSurvival
from lentap.show.survival import step_curves
from lentap.show.theme import CONTROL_STYLE, NEUTRAL, NEUTRAL_STYLE, Style, arm_styles
from lentap.sources import Source


def hazard_forest(found: MarkerSurvival, *, design: Design, source: Source, name: str = "hazard") -> Figure | Prose:
    """Hazard ratio by doubling of the marker, by arm, and of positive patients counted wrongly and rightly."""
    if found.gap:
        return Prose(f"*Not shown: {found.gap}.*")
    styles, group = arm_styles(design), "By doubling, once the marker was known"
    rows = [ratio_row(arm, one, quote(one, "counts"), group, styles[arm]) for arm, one in found.ratios.items()]
    if one := found.adjusted:
        rows.append(ratio_row("All arms, stratified", one, quote(one, "counts"), group, NEUTRAL_STYLE))
    rows += [
        ratio_row(f"{arm} over {one.labels['control']}", one, "", "Predictive, by doubling", styles[arm])
        for arm, one in found.predictive.items()
    ]
    heading = f"{found.shown}, {number(found.cut, 2)} or more over all others"
    labels = {NAIVE: "Sorted at the start", VARYING: "Sorted at the sample"}
    rows += [ratio_row(labels[how], one, "", heading, styles[found.shown]) for how, one in found.immortal.items()]
    if not rows:
        return Prose(f"*Not shown: {'; '.join(found.why)}.*")
    return forest(
        rows,
        name=name,
        title="Hazard ratio",
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
    for arm, one in found.ratios.items():
        lines.append(f"{escaped(arm)}: hazard ratio by doubling {with_interval(one)}, {quote(one, 'counts')}.")
    if found.bias:
        naive, varying = (with_interval(found.immortal[how]) for how in (NAIVE, VARYING))
        lines.append(
            f"**Immortal time.** Patients on {escaped(found.shown)} with {number(found.cut, 2)} or more, over all "
            f"others with or without a sample: hazard ratio {naive} where they are sorted at the start, {varying} "
            "where each counts as positive from the sample on. The first is "
            f"{with_interval(found.bias)} times the second: to be found positive, one had to live until the sample."
        )
    if found.bend:
        lines.append(f"Test that the log hazard bends: {p_phrase(found.bend.p_value)}.")
    lines += [f"Not estimable on {escaped(why)}." for why in found.why]
    return Prose("\n".join(f"- {line}" for line in lines))
