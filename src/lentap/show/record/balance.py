"""How alike the arms were at baseline, and how alike chance alone makes them."""

from dataclasses import dataclass
from math import isfinite, sqrt
from statistics import NormalDist
from typing import Any

import pandas as pd

from lentap.results import Result, record
from lentap.sources import Source

NEGLIGIBLE = 0.1


@dataclass(frozen=True)
class Balance:
    """Experimental arm against control at baseline: largest difference, how many are beyond 0.1, how many by chance."""

    largest: Result
    beyond: Result
    by_chance: Result


def record_balance(
    name: str, table_one: pd.DataFrame, *, control: str, source: Source, **labels: Any
) -> dict[str, Balance]:
    """Record the standardised difference of each variable and arm, and what chance alone gives under randomisation.

    Parameters
    ----------
    table_one
        As returned by ``lentap.stats.baseline.table_one``.

    Returns
    -------
    By experimental arm. The share by chance holds for a continuous variable: its difference has variance 1/n1 + 1/n0.
    """
    sizes = {
        str(arm): int((rows["n"] + rows["missing"]).iloc[0]) for arm, rows in table_one.groupby("arm", observed=True)
    }
    variables = table_one.drop_duplicates(["variable", "arm"])
    names = dict(zip(variables["variable"], variables["label"], strict=True))
    balance = {}
    for arm in (arm for arm in sizes if arm != control):
        about: dict[str, Any] = {"source": source, "arm": arm, "control": control, **labels}
        smd = variables[variables["arm"] == arm].set_index("variable")["smd"].abs()
        for variable, value in smd.items():
            record(f"{name}.smd", value, scale="number", null=0.0, variable=str(variable), **about)
        finite = smd[[isfinite(value) for value in smd]]
        worst = str(names[finite.idxmax()]) if len(finite) else "none"
        beyond = int((smd > NEGLIGIBLE).sum())
        chance = 2 - 2 * NormalDist().cdf(NEGLIGIBLE / sqrt(1 / sizes[arm] + 1 / sizes[control]))
        balance[arm] = Balance(
            record(
                f"{name}.largest_smd",
                finite.max() if len(finite) else float("nan"),
                scale="number",
                counts={"variable": worst},
                **about,
            ),
            record(f"{name}.beyond", beyond, scale="count", counts={"variables": f"{beyond}/{len(smd)}"}, **about),
            record(f"{name}.by_chance", chance, scale="proportion", method="normal, continuous variables", **about),
        )
    return balance
