"""Data that references were computed on: sets that come inside lifelines, under the names R's packages give them."""

from functools import cache

import pandas as pd
from lifelines import datasets

__all__ = ["gbsg2", "gehan", "heart", "heart_patients", "lung", "recur", "rossi"]


@cache
def lung() -> pd.DataFrame:
    """Advanced lung cancer (survival::lung): ``time`` in days, ``event`` 0 or 1, ``sex``, ``age``, ``ph.ecog``, ..."""
    table: pd.DataFrame = datasets.load_lung()
    return table.assign(event=table["status"])


@cache
def gbsg2() -> pd.DataFrame:
    """Breast cancer, GBSG 2 (TH.data::GBSG2): ``time`` in days, ``cens`` 1 for an event, ``horTh``, ``tgrade``, ..."""
    table: pd.DataFrame = datasets.load_gbsg2()
    return table


@cache
def gehan() -> pd.DataFrame:
    """Remission of leukaemia (MASS::gehan): ``time`` in weeks, ``event`` 1 for a relapse, ``group``, ``logWBC``."""
    table: pd.DataFrame = datasets.load_leukemia().rename(columns={"t": "time", "status": "event"})
    return table.assign(group=table["Rx"].map({0: "6-MP", 1: "control"}))


@cache
def rossi() -> pd.DataFrame:
    """Recidivism after prison (Rossi 1980): ``week``, ``arrest`` 1 for an arrest, ``fin``, ``age``, ``prio``, ..."""
    table: pd.DataFrame = datasets.load_rossi()
    return table


@cache
def heart() -> pd.DataFrame:
    """Stanford heart transplants (survival::heart): ``start``, ``stop``, ``event``, ``transplant``, ``age``, ``id``."""
    table: pd.DataFrame = datasets.load_stanford_heart_transplants()
    return table


@cache
def heart_patients() -> pd.DataFrame:
    """Stanford heart transplants, a row a patient: ``time``, ``event`` and ``change`` (missing where none), in days."""
    rows = heart().groupby("id")
    first = heart().query("transplant == 1").groupby("id")["start"].min()
    return pd.DataFrame(
        {
            "time": rows["stop"].max(),
            "event": rows["event"].max().astype(bool),
            "change": first.reindex(list(rows.groups)),
            **{name: rows[name].first() for name in ("age", "year", "surgery")},
        }
    ).reset_index(drop=True)


@cache
def recur() -> pd.DataFrame:
    """Recurrent events (Hosmer, Lemeshow and May 2008): ``ID``, ``TIME0``, ``TIME1``, ``CENSOR`` 1 for an event."""
    table: pd.DataFrame = datasets.load_recur()
    return table.sort_values(["ID", "TIME0"])
