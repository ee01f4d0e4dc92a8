"""Two readings of the same images: how far their responses and their measurements agree, and where they part."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lentap.errors import StatisticsError
from lentap.results import Result, record
from lentap.show.record.assessments import RECORDED
from lentap.show.record.response import Response
from lentap.sources import Source
from lentap.stats.agreement import cohen_kappa, gwet_ac1, percent_agreement, rating_table
from lentap.stats.measurement_agreement import intraclass_correlation, limits_of_agreement
from lentap.stats.response import RESPONSES, responders
from lentap.stats.response_times import depth_of_response

EVALUABLE = RESPONSES[:-1]


@dataclass(frozen=True, eq=False)
class Agreement:
    """Two readings of the same patients by one criterion, among those assessed by either.

    ``table`` counts patients by the best response of the first (rows) and the second. ``kappa`` of the five responses,
    ``weighted`` (linear) of the four that are ordered, among patients evaluable by both, ``of_response`` of response or
    none, and Gwet's ``ac1`` of the same.
    """

    first: str
    second: str
    criterion: str
    table: pd.DataFrame
    alike: Result
    kappa: Result
    weighted: Result | None
    of_response: Result
    ac1: Result


@dataclass(frozen=True, eq=False)
class Measured:
    """Best change of the sum of diameters as two readers measured it, per cent of baseline.

    ``pairs`` holds USUBJID, arm, first and second. ``correlation`` is the intraclass one; ``bias``, ``lower`` and
    ``upper`` are of first minus second, in points: the limits between which most differences lie.
    """

    first: str
    second: str
    criterion: str
    pairs: pd.DataFrame
    correlation: Result
    bias: Result
    lower: Result
    upper: Result


def record_measured(name: str, found: Response, criterion: str, *, level: float, source: Source) -> Measured | None:
    """Compare the depth of response by the first two readers; None where too few patients were measured by both."""
    if len(found.readers(criterion)) < 2:
        return None
    first, second = found.readers(criterion)[:2]
    members = found.assessments.patients[["USUBJID", "arm"]]
    depth = {
        which: depth_of_response(found.visits(criterion, reader), members["USUBJID"]).to_numpy()
        for which, reader in (("first", first), ("second", second))
    }
    pairs = members.assign(**depth).dropna().reset_index(drop=True)
    about: dict[str, Any] = {
        "scale": "number", "source": source, "criterion": criterion, "first": first, "second": second,
        "counts": {"patients": str(len(pairs))},
    }  # fmt: skip
    try:
        correlation = intraclass_correlation(pairs[["first", "second"]].to_numpy(), level=level)
        limits = limits_of_agreement(pairs["first"], pairs["second"], level=level)
    except StatisticsError:  # fewer than two pairs, or readers who are always the same distance apart
        return None
    return Measured(
        first,
        second,
        criterion,
        pairs,
        record(f"{name}.intraclass_correlation", correlation, **about),
        record(f"{name}.bias", limits.bias, unit="points", null=0.0, **about),
        record(f"{name}.lower_limit", limits.lower, unit="points", **about),
        record(f"{name}.upper_limit", limits.upper, unit="points", **about),
    )


def derived_against_recorded(name: str, found: Response, *, level: float, source: Source) -> list[Agreement]:
    """Compare what follows from each reader's lesions with what was recorded, by every criterion that has both."""
    return [
        one
        for criterion in found.criteria
        if found.main(criterion) == RECORDED
        for reader in found.readers(criterion)
        if (one := record_agreement(name, found, criterion, RECORDED, reader, level=level, source=source))
    ]


def two_readers(name: str, found: Response, *, level: float, source: Source) -> list[Agreement]:
    """Compare the first two readers by every criterion that has two."""
    return [
        one
        for criterion in found.criteria
        if len(found.readers(criterion)) > 1
        for one in [record_agreement(name, found, criterion, *found.readers(criterion)[:2], level=level, source=source)]
        if one
    ]


def record_agreement(
    name: str, found: Response, criterion: str, first: str, second: str, *, level: float, source: Source
) -> Agreement | None:
    """Compare two readings patient by patient; None where no patient has both."""
    pair = pd.DataFrame({"first": found.best[criterion, first], "second": found.best[criterion, second]}).dropna()
    assessed = pd.concat([found.visits(criterion, reading)["USUBJID"] for reading in (first, second)])
    pair = pair[pair.index.isin(assessed)]  # without an image both say NE, which is no agreement of readers
    if pair.empty:
        return None
    table = rating_table(pair["first"], pair["second"], categories=list(RESPONSES))
    ordered = table.loc[list(EVALUABLE), list(EVALUABLE)]
    response = rating_table(responders(pair["first"]), responders(pair["second"]), categories=[True, False])
    about: dict[str, Any] = {
        "scale": "number", "source": source, "criterion": criterion, "first": first, "second": second,
        "counts": {"patients": str(len(pair))},
    }  # fmt: skip
    kappa = cohen_kappa(table, level=level)
    of_response, ac1 = cohen_kappa(response, level=level), gwet_ac1(response, level=level)
    alike = {"patients": f"{int(np.trace(table))}/{len(pair)}"}
    return Agreement(
        first,
        second,
        criterion,
        table,
        record(
            f"{name}.alike", percent_agreement(table, level=level), **about | {"scale": "proportion", "counts": alike}
        ),
        record(f"{name}.kappa", kappa, p_value=kappa.p_value, null=0.0, **about),
        record(f"{name}.weighted_kappa", cohen_kappa(ordered, weights="linear", level=level), null=0.0, **about)
        if ordered.to_numpy().sum()
        else None,
        record(f"{name}.kappa_of_response", of_response, p_value=of_response.p_value, null=0.0, **about),
        record(f"{name}.ac1_of_response", ac1, null=0.0, **about),
    )


def disagreements(found: Response, criterion: str, first: str, second: str) -> pd.DataFrame:
    """Patients whose best responses differ: USUBJID, arm, both, and the first visit at which the two readings part.

    ``visit`` is not-a-number, and ``at_first`` and ``at_second`` missing, where no visit that both have differs.
    """
    best = found.assessments.patients[["USUBJID", "arm"]].assign(
        first=found.best[criterion, first].to_numpy(), second=found.best[criterion, second].to_numpy()
    )
    apart = best[
        best["first"].notna() & best["second"].notna() & (best["first"].astype(str) != best["second"].astype(str))
    ]
    key = ["USUBJID", "visit"]
    one, other = (found.visits(criterion, reading).drop_duplicates(key) for reading in (first, second))
    both = one[[*key, "AVALC"]].merge(other[[*key, "AVALC"]], on=key, suffixes=("_first", "_second"))
    differ = both[both["AVALC_first"] != both["AVALC_second"]].sort_values(key).drop_duplicates("USUBJID")
    named = differ.rename(columns={"AVALC_first": "at_first", "AVALC_second": "at_second"})
    return apart.merge(named, on="USUBJID", how="left").reset_index(drop=True)


def visits_alike(found: Response, criterion: str, first: str, second: str) -> tuple[int, int]:
    """Visits at which two readings give the same response, and visits that both have."""
    key = ["USUBJID", "visit"]
    one, other = (found.visits(criterion, reading).drop_duplicates(key) for reading in (first, second))
    both = one[[*key, "AVALC"]].merge(other[[*key, "AVALC"]], on=key)
    return int((both["AVALC_x"] == both["AVALC_y"]).sum()), len(both)
