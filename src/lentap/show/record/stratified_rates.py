"""An outcome that patients had or had not, compared between arms within strata of what was known at the start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lentap.results import Result, record
from lentap.show.record.factors import joint_groups, pairs
from lentap.show.small_cells import is_small
from lentap.sources import Source
from lentap.stats.stratified import cochran_mantel_haenszel, mantel_haenszel_odds_ratio, odds_ratio_homogeneity
from lentap.stats.stratified_differences import stratified_risk_difference

CRUDE = "not stratified"


@dataclass(frozen=True, eq=False)
class Stratified:
    """An experimental arm against control within strata ``by`` something.

    ``strata`` has a row a stratum: events1, n1 (experimental), events0, n0 (control). ``one_armed`` are patients in
    strata without patients of the other arm, ``unknown`` those without a value: neither is compared.
    """

    by: str
    arm: str
    control: str
    strata: pd.DataFrame
    one_armed: int
    unknown: int
    risk_difference: Result
    odds_ratio: Result
    test: Result
    homogeneity: Result


def record_stratified(
    name: str,
    patients: pd.DataFrame,
    outcome: str,
    factors: Mapping[str, Sequence[str]],
    *,
    control: str,
    level: float,
    source: Source,
    smallest: int = 0,
    **labels: Any,
) -> dict[str, list[Stratified]]:
    """Compare each experimental arm with control, not stratified and within strata, and record the numbers.

    Parameters
    ----------
    patients
        A row a patient: ``arm``, the boolean ``outcome``, and columns of baseline.
    factors
        By name of a stratification, the columns whose combinations are the strata.

    Returns
    -------
    By experimental arm, the comparison without strata first. A stratification is left out where no stratum has patients
    of both arms, or where those not compared are fewer than ``smallest``: totals of others would tell of them.
    """
    found: dict[str, list[Stratified]] = {}
    for arm, pair in pairs(patients, control).items():
        listed = []
        for by, columns in {CRUDE: (), **factors}.items():
            tables = _strata(pair, outcome, columns, control)
            both = (tables["n1"] > 0) & (tables["n0"] > 0)
            left_out = len(pair) - int(tables.loc[both, ["n1", "n0"]].to_numpy().sum())
            if both.any() and not is_small(left_out, smallest):
                about = {"arm": arm, "control": control, "source": source, "stratified_by": by, **labels}
                listed.append(_stratified(name, by, tables, len(pair), level, about))
        found[arm] = listed
    return found


def _strata(pair: pd.DataFrame, outcome: str, columns: Sequence[str], control: str) -> pd.DataFrame:
    """Events and patients of either arm in each stratum."""
    stratum, treated = joint_groups(pair, columns), pair["arm"] != control
    counts = {
        name: pair[rows].groupby(stratum[rows])[outcome].agg(["sum", "size"])
        for name, rows in (("1", treated), ("0", ~treated))
    }
    tables = counts["1"].join(counts["0"], how="outer", lsuffix="1", rsuffix="0").fillna(0).astype(int)
    return tables.rename(columns=lambda column: column.replace("sum", "events").replace("size", "n")).rename_axis(
        "stratum"
    )


def _stratified(name: str, by: str, tables: pd.DataFrame, n: int, level: float, about: dict[str, Any]) -> Stratified:
    data = [tables[column].to_numpy() for column in ("events1", "n1", "events0", "n0")]
    both = tables[(tables["n1"] > 0) & (tables["n0"] > 0)]
    arm, control = about["arm"], about["control"]
    about = about | {
        "counts": {
            arm: f"{both['events1'].sum()}/{both['n1'].sum()}",
            control: f"{both['events0'].sum()}/{both['n0'].sum()}",
        }
    }
    effect = about | {"direction": f"above: more with {arm}"}
    test, alike = cochran_mantel_haenszel(*data), odds_ratio_homogeneity(*data)
    known = int(tables[["n1", "n0"]].to_numpy().sum())
    difference = stratified_risk_difference(*data, level=level)
    return Stratified(
        by,
        arm,
        control,
        tables,
        known - int(both[["n1", "n0"]].to_numpy().sum()),
        n - known,
        record(f"{name}.stratified_difference", difference, scale="difference", null=0.0, **effect),
        record(
            f"{name}.stratified_odds_ratio", mantel_haenszel_odds_ratio(*data, level=level), scale="ratio", null=1.0,
            **effect,
        ),
        record(
            f"{name}.cochran_mantel_haenszel", test.statistic, scale="number", p_value=test.p_value, method=test.method,
            **about,
        ),
        record(
            f"{name}.homogeneity", alike.statistic, scale="number", p_value=alike.p_value, method=alike.method, **about
        ),
    )  # fmt: skip
