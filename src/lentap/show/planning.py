"""Power, sizes and boundaries of a trial that is being planned, drawn and put into words."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lentap.results import Result
from lentap.show.curves import Curve, curves
from lentap.show.figure import Figure
from lentap.show.format import number, p_value, percent, quote
from lentap.show.record.planning import POWERS, Plan
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.show.theme import CONTROL_STYLE, EXPERIMENTAL_STYLES
from lentap.sources import Source, combine
from lentap.stats.group_sequential import GroupSequentialDesign
from lentap.stats.sample_size import detectable_difference, proportions_power
from lentap.stats.two_stage import TwoStageDesign

LINES = (EXPERIMENTAL_STYLES[0], CONTROL_STYLE, EXPERIMENTAL_STYLES[1], EXPERIMENTAL_STYLES[2])
POWER_AT = {"needed": "Power at that size, Fisher / score (%)", "given": "Power at the size asked, Fisher / score (%)"}
GRID = 24  # sizes at which a power curve is computed


def power_by_size(plan: Plan, *, patients: int, power: float, alpha: float, name: str = "power-by-size") -> Figure:
    """Power of three tests against the number of patients an arm, for one plan."""
    largest = max(2 * patients, 40)
    sizes = np.unique(np.linspace(5, largest, GRID).astype(int))
    listed = [
        Curve(
            words,
            sizes.tolist(),
            [
                100 * float(proportions_power(plan.treated, plan.control, n, n, alpha=alpha, method=method))
                for n in map(int, sizes)
            ],
            style,
        )
        for (method, words), style in zip(POWERS.items(), LINES, strict=False)
    ]
    return curves(
        listed,
        name=name,
        x_title="Patients in each arm",
        y_title="Power (%)",
        what=f"Power to tell {percent(plan.treated)}% from {percent(plan.control)}% at the two-sided level {alpha:g}.",
        source=plan.source,
        x_reference=patients,
        y_reference=100 * power,
        y_span=(0, 101),
    )


def detectable_by_control(*, patients: int, power: float, alpha: float, name: str = "detectable") -> Figure:
    """Smallest difference detected with the given power, by the rate in the control arm."""
    controls = np.linspace(0.02, 0.6, 30)
    differences = [
        100 * detectable_difference(float(p), patients, patients, power=power, alpha=alpha / 2) for p in controls
    ]
    return curves(
        [Curve(f"{patients} patients in each arm", (100 * controls).tolist(), differences, LINES[0])],
        name=name,
        x_title="Rate in the control arm (%)",
        y_title="Smallest difference detected (points)",
        what=f"Smallest difference that {patients} patients an arm detect with {percent(power)}% power.",
        source="synthetic",
    )


def boundaries(designs: Mapping[str, GroupSequentialDesign], *, name: str = "boundaries") -> Figure:
    """Boundaries of the test statistic at each look, by the way the error is spent."""
    listed = [
        Curve(words, (100 * design.fractions).tolist(), design.bounds.tolist(), style, markers=True)
        for (words, design), style in zip(designs.items(), LINES, strict=False)
    ]
    return curves(
        listed,
        name=name,
        x_title="Information at the look (%)",
        y_title="Boundary of |z|",
        what="Boundaries at which a trial with interim looks stops, the last one that of the final analysis.",
        source="synthetic",
        decimals=2,
    )


def sizes_table(sizes: Mapping[str, dict[str, Result]], plans: Sequence[Plan], *, name: str = "sizes") -> Table:
    """Patients an arm by formula, and the exact power of that size and of the given one, a row a plan."""
    rows = [
        {
            "Planned rates": f"{plan.label}: {percent(plan.treated)}% and {percent(plan.control)}%",
            "Needed in each arm": quote(found["needed"], "estimate").removesuffix(" patients"),
            "In both arms": str(2 * int(found["needed"].estimate or 0)),
            **{head: _powers(found, where) for where, head in POWER_AT.items()},
        }
        for plan in plans
        for found in [sizes[plan.label]]
    ]
    note = (
        "Needed: by the normal approximation. Power: exact, of Fisher's test and of the score test, by enumerating "
        "both binomial counts."
    )
    sources = combine(*(plan.source for plan in plans))
    return Table(pd.DataFrame(rows), name, "Patients needed and exact power", sources, notes=(note,))


def _powers(found: Mapping[str, Result], where: str) -> str:
    """Exact power of Fisher's and of the score test; a dash where it is not asked."""
    asked = [found.get(f"{method} at {where}") for method in ("fisher", "miettinen-nurminen")]
    return " / ".join(percent(one.estimate or 0) for one in asked if one) or ABSENT


def two_stage_table(designs: Mapping[str, TwoStageDesign], *, source: Source, name: str = "two-stage") -> Table:
    """Simon's designs, a row each."""
    rows = [
        {
            "Design": kind.capitalize(),
            "First stage": f"stop at {design.r1} or fewer responders of {design.n1}",
            "Both stages": f"too few at {design.r} or fewer responders of {design.n}",
            "Expected patients": number(design.expected_n0, 2),
            "Early stop (%)": percent(design.early_stop0),
            "Type I error": number(design.alpha, 3),
            "Power (%)": percent(design.power),
        }
        for kind, design in designs.items()
    ]
    note = "Expected patients, early stop and type I error where the rate is of no interest; power at that hoped for."
    any_design = next(iter(designs.values()))
    rates = f"{percent(any_design.p0)}% of no interest, {percent(any_design.p1)}% hoped for"
    caption, left = f"Two-stage designs for a single arm, one-sided: {rates}", ["First stage", "Both stages"]
    return Table(pd.DataFrame(rows), name, caption, (source,), left=left, notes=(note,))


def survival_sizes_table(
    found: Mapping[float, dict[str, Result]], *, source: Source, name: str = "survival-sizes"
) -> Table:
    """Events and patients by hazard ratio."""
    rows = [
        {
            "Hazard ratio": f"{ratio:g}",
            **{f"{part.capitalize()} in both arms": quote(one[part], "estimate") for part in one},
            "Patients in each arm": number((one["patients"].estimate or 0) / 2).removesuffix(".0"),
        }
        for ratio, one in found.items()
    ]
    return Table(pd.DataFrame(rows), name, "Events and patients a time-to-event endpoint needs", (source,))


def boundaries_table(
    designs: Mapping[str, GroupSequentialDesign], *, source: Source, name: str = "boundaries-table"
) -> Table:
    """Boundaries, nominal p-values and error spent at each look."""
    rows = [
        {
            "Spending": words,
            "Look": f"{'final' if fraction == 1 else 'interim'}, {100 * fraction:.0f}% of the information",
            "Boundary of |z|": number(bound, 3),
            "Nominal p": p_value(nominal),
            "Error spent": number(spent, 4),
        }
        for words, design in designs.items()
        for fraction, bound, nominal, spent in zip(
            design.fractions, design.bounds, design.nominal, design.spent, strict=True
        )
    ]
    return Table(pd.DataFrame(rows)[["Look", "Boundary of |z|", "Nominal p", "Error spent", "Spending"]], name,
                 "Interim looks and the final analysis", (source,), groups="Spending")  # fmt: skip


def size_points(
    sizes: Mapping[str, dict[str, Result]], plans: Sequence[Plan], *, patients: int, power: float, alpha: float
) -> list[str]:
    """Key points on what each plan needs and what the given size can tell."""
    points = []
    for plan in plans:
        found = sizes[plan.label]
        given = found.get("fisher at given")
        points.append(
            f"**{plan.label}** ({percent(plan.treated)}% and {percent(plan.control)}%): "
            f"{quote(found['needed'], 'estimate')} in each arm for {percent(power)}% power at the two-sided level "
            f"{alpha:g}"
            + (f"; {patients} in each arm give Fisher's test {quote(given, 'estimate')}." if given else ".")
        )
    if any(plan.source == "published" for plan in plans):
        points.append(
            "Planning with rates that were observed asks what a repetition would need if they were true. Their power "
            "in the trial they came from is left out: it would be no evidence."
        )
    return points
