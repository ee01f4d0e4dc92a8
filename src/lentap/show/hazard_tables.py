"""Tables behind the question whether one hazard ratio tells it: tests, periods, weighted tests."""

import math
from collections.abc import Mapping

import pandas as pd

from lentap.results import Result
from lentap.show.absolute import NOT_SHOWN
from lentap.show.format import number, p_value, quote
from lentap.show.prose import Prose
from lentap.show.record.followed import Followed
from lentap.show.record.hazards import WEIGHTS, Hazards
from lentap.show.table import Table
from lentap.show.tables import ABSENT

TRANSFORMS = {
    "km": "Share with the event so far (R's default)",
    "rank": "Order of the times",
    "identity": "Time",
    "log": "Logarithm of time",
}


def proportional_table(group: Followed, found: Mapping[str, Hazards], *, name: str = "proportional") -> Table | Prose:
    """Tests of proportional hazards by the scale of time on which a trend is looked for."""
    rows = [
        {
            "Comparison": f"{arm} over {group.control}",
            "Trend of the log hazard ratio over": TRANSFORMS[transform],
            "Chi-squared": number(math.nan if test.estimate is None else test.estimate, 2),
            "p": quote(test, "p") if test.p_value is not None else ABSENT,
        }
        for arm, one in found.items()
        for transform, test in one.tests.items()
    ]
    if not rows:
        return NOT_SHOWN
    frame = pd.DataFrame(rows)
    left = ("Trend of the log hazard ratio over",)
    frame = frame if len(found) > 1 else frame.drop(columns="Comparison")
    caption = "Tests of proportional hazards"
    note = "Score test of Grambsch and Therneau, one degree of freedom each."
    return Table(frame, name, caption, (group.source,), left=left if len(found) > 1 else (), notes=(note,))


def period_table(group: Followed, found: Mapping[str, Hazards], *, name: str = "periods") -> Table | Prose:
    """The hazard ratio until half of the events have happened, and after."""
    rows = []
    for arm, one in found.items():
        rows += [
            {
                f"Period ({group.endpoint.unit})": f"{period.start:.3g} to {period.end:.3g}",
                **{f"Events / patients, {side}": _slash(period.ratio.counts[key]) for side, key in _sides(one)},
                "Hazard ratio": _ratio(period.ratio),
                "Comparison": f"{arm} over {group.control}",
            }
            for period in one.periods
        ]
        if one.change is not None:
            rows.append(
                {
                    f"Period ({group.endpoint.unit})": "later over earlier",
                    **{f"Events / patients, {side}": "" for side, _ in _sides(one)},
                    "Hazard ratio": _ratio(one.change),
                    "Comparison": f"{arm} over {group.control}",
                }
            )
    if not rows:
        return Prose("*No table of periods: too few events, or one arm is not followed beyond the first.*")
    note = (
        f"Cut where half of the events of both arms have happened; {100 * group.level:g}% CI (Wald). Patients are "
        "those still followed when the period begins."
    )
    caption = "The hazard ratio in two periods"
    return Table(pd.DataFrame(rows), name, caption, (group.source,), groups="Comparison", notes=(note,))


def weighted_table(group: Followed, found: Mapping[str, Hazards], *, name: str = "weighted-tests") -> Table | Prose:
    """Weighted log-rank tests and the MaxCombo test of the largest of them."""
    rows = [
        {
            "Events that count": WEIGHTS.get(weights, f"G({weights[0]:g}, {weights[1]:g})").capitalize(),
            "z": number(math.nan if test.estimate is None else test.estimate, 2),
            "p": p_value(math.nan if test.p_value is None else test.p_value),
            "Comparison": f"{arm} over {group.control}",
        }
        for arm, one in found.items()
        for weights, test in [*one.weighted.items(), *([((math.nan, math.nan), one.combo)] if one.combo else [])]
    ]
    if not rows:
        return NOT_SHOWN
    for row in rows:
        row["Events that count"] = row["Events that count"].replace("G(nan, nan)", "MaxCombo, the largest of these")
    note = f"z above 0: more events than expected on the experimental arm. Control: {group.control}."
    caption = "Weighted tests"
    return Table(pd.DataFrame(rows), name, caption, (group.source,), groups="Comparison", notes=(note,))


def _ratio(one: Result) -> str:
    return ABSENT if one.estimate is None else quote(one)


def _slash(count: str) -> str:
    return count.replace("/", " / ")


def _sides(one: Hazards) -> list[tuple[str, str]]:
    control = one.ratio.labels["control"]
    return [("experimental", one.arm), ("control", control)]
