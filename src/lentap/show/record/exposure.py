"""How much of each treatment the arms were given."""

import math
from typing import Any

import pandas as pd

from lentap.results import Result, Scale, record
from lentap.sources import Source

PAGE = "design.participants"
SHARES = {  # counts of the summary: the last word of the name, and the count they are shares of
    "exposed": ("exposed", "n"),
    "kept": ("dose_intensity_kept", "known"),
    "reduced": ("dose_reduced", "known"),
    "held": ("dose_held", "exposed"),
    "held_for_event": ("dose_held_for_event", "exposed"),
}
MEDIANS: dict[str, tuple[str, Scale, str]] = {  # the last word of the name, scale and unit
    "months": ("treatment_duration", "time", "months"),
    "times": ("doses_given", "number", ""),
    "intensity": ("dose_intensity", "proportion", ""),
}


def record_exposure(exposure: pd.DataFrame, *, source: Source, **labels: Any) -> list[Result]:
    """Record who was given each treatment, for how long, how much of the plan, and whose dose was lowered or held.

    A median has its quartiles among its counts. What the table cannot tell has no record.

    Parameters
    ----------
    exposure
        As returned by ``lentap.stats.dose_intensity.summarise_exposure``.
    """
    found = []
    for row in exposure.to_dict("records"):
        arm = row["arm"]
        about: dict[str, Any] = {"arm": arm, "treatment": row["treatment"], "source": source, **labels}
        for column, (name, total) in SHARES.items():
            if column in row and row[total]:
                count = {arm: f"{row[column]}/{row[total]}"}
                share = row[column] / row[total]
                found.append(record(f"{PAGE}.{name}", share, scale="proportion", counts=count, **about))
        for column, (name, scale, unit) in MEDIANS.items():
            median, low, high = (float(row[f"{column}_{part}"]) for part in ("median", "q1", "q3"))
            if not math.isnan(median):
                of = str(row["known" if column == "intensity" else "exposed"])
                counts = {"patients": of, "lower quartile": f"{low:.4g}", "upper quartile": f"{high:.4g}"}
                about |= {"scale": scale, "unit": unit, "method": "median"}
                found.append(record(f"{PAGE}.{name}", median, counts=counts, **about))
    return found
