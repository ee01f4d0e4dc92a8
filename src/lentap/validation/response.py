"""Response: the calls its references name."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from lentap.stats.response import RESPONSES, Confirmation, best_overall_response
from lentap.stats.response_times import depth_of_response, duration_of_response, time_to_response
from lentap.stats.visit_response import visit_response

Courses = dict[str, dict[str, list[Any]]]


def best_responses(
    courses: Courses, stable_days: float = 0, confirmed: bool = False, **confirmation: Any
) -> dict[Any, int]:
    """Best overall response of each course of days and responses: 1 CR, 2 PR, 3 SD, 4 PD, 5 NE."""
    rule = Confirmation(**confirmation) if confirmed else None
    best = best_overall_response(_visits(courses), courses, stable_days=stable_days, confirmation=rule)
    return {name: RESPONSES.index(word) + 1 for name, word in best.items()}


def durations(courses: Courses, deaths: dict[str, float] | None = None, confirmed: bool = False) -> dict[Any, Any]:
    """Start, days and end of each responder's response."""
    given = None if deaths is None else pd.Series(deaths)
    rule = Confirmation() if confirmed else None
    return duration_of_response(_visits(courses), given, confirmation=rule).to_dict("list")


def times_to_response(courses: Courses) -> dict[Any, Any]:
    """Days until response, and how they ended, by subject."""
    return time_to_response(_visits(courses), courses).to_dict("list")


def visit_responses(
    lesions: dict[str, list[float | None]],
    nodes: list[str] | None = None,
    non_target: list[str | None] | None = None,
    new_lesion: list[int] | None = None,
    **options: Any,
) -> dict[Any, Any]:
    """Response of one subject at each visit after baseline (as a number, like a best response), and the sums behind it.

    ``lesions`` holds the diameters of each, from baseline on.
    """
    n = len(next(iter(lesions.values())))
    targets = pd.DataFrame(lesions).rename_axis("AVISITN").reset_index().melt("AVISITN", var_name="TRLNKID")
    targets = targets.assign(USUBJID="s", diameter=targets["value"], viable_diameter=targets["value"])
    targets["nodal"] = targets["TRLNKID"].isin(nodes or [])
    findings = pd.DataFrame({"USUBJID": "s", "AVISITN": range(1, n)})
    findings["non_target"] = pd.Series(non_target or [None] * (n - 1), dtype=object)
    findings["new_lesion"] = new_lesion or 0
    found = visit_response(targets, findings, **options)
    depth = depth_of_response(found)["s"]
    for name in ("target", "AVALC"):
        found[name] = [RESPONSES.index(word) + 1 for word in found[name]]
    return {**found.to_dict("list"), "depth": depth}


def _visits(courses: Courses) -> pd.DataFrame:
    rows = [
        (name, place, day, word)
        for name, course in courses.items()
        for place, (day, word) in enumerate(zip(course["days"], course["responses"], strict=True))
    ]
    return pd.DataFrame(rows, columns=["USUBJID", "AVISITN", "ADY", "AVALC"])


CALLS: Mapping[str, Callable[..., Any]] = {
    "best_responses": best_responses,
    "durations": durations,
    "times_to_response": times_to_response,
    "visit_responses": visit_responses,
}
