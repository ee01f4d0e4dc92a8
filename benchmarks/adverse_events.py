"""A safety chapter's whole work on 200,000 adverse event records: counts, tables, figures and times, and its memory."""

import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.measure import Row, peak_megabytes, seconds
from lentap.adam import Trial, load_trial
from lentap.event_groups import load_event_groups
from lentap.show.event_times import count_curves, incidence_curves, onset_table, rate_table
from lentap.show.harms import class_table, group_table, overview_table, term_plot
from lentap.show.record.adverse_events import record_harms
from lentap.show.record.event_records import event_records
from lentap.show.record.event_times import record_event_times, watch
from lentap.show.volcano import volcano

RECORDS, PATIENTS, TERMS, CLASSES, DAYS = 200_000, 5_000, 1_000, 25, 400


def write_trial(folder: Path) -> None:
    """Write a trial's tables as Parquet: two arms, terms from frequent to rare, some records without grade or term."""
    generator = np.random.default_rng(5)
    names = np.array([f"P{i}" for i in range(PATIENTS)])
    start = pd.Timestamp("2024-01-01")
    arm = np.where(np.arange(PATIENTS) % 2 == 0, "New", "Old")
    flags = {"ITTFL": "Y", "SAFFL": "Y"}
    adsl = pd.DataFrame({"USUBJID": names, "TRT01P": arm, "TRT01A": arm, **flags})
    adsl["TRTSDT"] = start
    adsl["TRTEDT"] = start + pd.to_timedelta(generator.integers(60, DAYS, PATIENTS), unit="D")
    term = np.minimum(generator.exponential(TERMS / 6, RECORDS).astype(int), TERMS - 1)
    day = generator.integers(1, 60, RECORDS)
    adae = pd.DataFrame(
        {
            "USUBJID": generator.choice(names, RECORDS),
            "AESEQ": np.arange(RECORDS),
            "AEDECOD": [f"Term {i}" for i in term],
            "AESOC": [f"Class {i % CLASSES}" for i in term],
            "ASTDY": day,
            "AENDY": day + generator.integers(0, 30, RECORDS),
            "AETOXGR": generator.choice([1, 2, 3, 4], RECORDS, p=[0.5, 0.35, 0.13, 0.02]),
            "AEREL": generator.choice(["RELATED", "NOT RELATED"], RECORDS),
            "AESER": generator.choice(["Y", "N"], RECORDS, p=[0.05, 0.95]),
            "TRTEMFL": "Y",
            "AEOUT": "RECOVERED/RESOLVED",
        }
    )
    adae.loc[::500, "AETOXGR"] = None
    adae.loc[::700, "AEDECOD"] = None
    adsl.to_parquet(folder / "adsl.parquet")
    adae.to_parquet(folder / "adae.parquet")
    arms = "arms:\n- {name: New, label: New, role: experimental}\n- {name: Old, label: Old, role: control}\n"
    population = "populations:\n  SAF: {label: Treated, flag: SAFFL, arm: TRT01A}\n"
    about = "id: many\ntitle: Many events\nsource: synthetic\nallocation: drawn\nreference: drawn for a benchmark\n"
    (folder / "trial.yml").write_text(about + arms + population, encoding="utf-8")


def pages(folder: str) -> None:
    """Read the tables and make what both pages on adverse events show."""
    trial = load_trial(folder, "adsl", "adae")
    what_happened(trial)
    when(trial)


def what_happened(trial: Trial) -> None:
    """Everything of the page on which events came."""
    found = record_harms(
        trial, load_event_groups(), population="SAF", experimental="all", minimum_grade=1, minimum_incidence=5.0,
        related_only=False, false_discovery=0.1, smallest=0, level=0.95, difference_interval="miettinen-nurminen",
    )  # fmt: skip
    for show in (overview_table, term_plot, group_table, volcano):
        show(found, design=trial.design, source=trial.source)
    class_table(found, source=trial.source)
    event_records(trial, trial.subjects("SAF"))


def when(trial: Trial) -> None:
    """Everything of the page on when they came."""
    found = record_event_times(
        trial, watch(trial, "SAF", "all", 30), load_event_groups(), event="any", severe_from=3, landmark=6.0,
        smallest=0, level=0.95, population="SAF",
    )  # fmt: skip
    for show in (incidence_curves, count_curves, rate_table):
        show(found, design=trial.design, source=trial.source)
    onset_table(found, source=trial.source)


@cache
def _folder() -> str:
    folder = tempfile.mkdtemp(prefix="lentap-events-")
    write_trial(Path(folder))
    return folder


def rows() -> Iterator[Row]:
    """Time of each page and of reading, and the memory of all."""
    trial = load_trial(_folder(), "adsl", "adae")
    what = f"{RECORDS:,} AE records, {TERMS:,} terms"
    yield Row(f"{what}: read and checked", seconds(lambda: load_trial(_folder(), "adsl", "adae"), repeats=1), most=30)
    yield Row(f"{what}: what happened", seconds(lambda: what_happened(trial), repeats=1), most=30)
    yield Row(f"{what}: when", seconds(lambda: when(trial), repeats=1), most=30)
    yield Row(f"{what}: memory", peak_megabytes(pages, _folder()), "MB", most=2048)
