"""The FCS files of a trial, gated and recorded: the subset's share in each sample, and how it moves with the gate."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lentap.adam import Trial
from lentap.errors import DataError, StatisticsError
from lentap.immune.gates import GatingTree, load_gates
from lentap.immune.samples import Sample, Study, gate_study
from lentap.immune.tubes import Tube, simulated_tubes, tubes_in
from lentap.results import Result, record
from lentap.show.format import records
from lentap.simulate.cytometry import SIMULATED
from lentap.sources import Source
from lentap.stats.measurement_agreement import LimitsOfAgreement, limits_of_agreement
from lentap.stats.proportions import proportion

KEYS = ["USUBJID", "AVISITN", "AVAL"]
STEPS = (-1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0)
NONE_GIVEN = (
    "no FCS files were given: this trial has its own data, for which none are simulated. Give a folder of them "
    "as the parameter files"
)


@dataclass(frozen=True, eq=False)
class Cytometry:
    """Gated samples; nothing beyond ``why`` where there are none.

    ``table`` has a row a sample: name, subject, visit (its number), when (its name), batch, events, parent, target,
    share with low and high (counting error alone), and reference (the share in ADIM; not-a-number where it has none or
    is of another source). ``shifted`` has a row a sample and shift: share.
    """

    why: str
    tree: GatingTree
    source: Source
    study: Study | None = None
    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    shifted: pd.DataFrame = field(default_factory=pd.DataFrame)
    moved: pd.DataFrame = field(default_factory=pd.DataFrame)
    shares: Sequence[Result] = ()
    agreement: LimitsOfAgreement | None = None
    bias: Result | None = None

    @property
    def samples(self) -> Sequence[Sample]:
        return self.study.samples if self.study else ()


def record_cytometry(
    name: str,
    trial: Trial,
    *,
    files: str,
    gates: str,
    rule: str,
    shift: float,
    reach: float,
    level: float,
) -> Cytometry:
    """Gate the files of a trial and record what is found.

    Parameters
    ----------
    files
        "simulated", or a folder of FCS files.
    rule, shift
        How the thresholds of the reported subset are set, and how many decades further up they are put.
    reach
        How far they are moved, in decades, to see what depends on them.
    """
    tree = load_gates(gates)
    adim = trial.adim[trial.adim["PARAMCD"] == tree.adim] if "adim" in trial.tables else pd.DataFrame(columns=KEYS)
    if files == "simulated" and trial.source != "synthetic":
        return Cytometry(NONE_GIVEN, tree, trial.source)
    try:
        tubes = simulated_tubes(adim) if files == "simulated" else tubes_in(Path(files).expanduser())
    except DataError as error:
        return Cytometry(str(error), tree, "yours")
    return record_tubes(name, tubes, tree, adim, trial.source, rule=rule, shift=shift, reach=reach, level=level)


def record_tubes(
    name: str,
    tubes: Sequence[Tube],
    tree: GatingTree,
    adim: pd.DataFrame,
    adim_source: Source,
    *,
    rule: str,
    shift: float,
    reach: float,
    level: float,
) -> Cytometry:
    """As `record_cytometry`, of tubes at hand."""
    shifts = [reach * step for step in STEPS] if reach else [0.0]
    study = gate_study(tubes, tree, rule=rule, shift=shift, shifts=shifts)
    simulated = any(sample.cytometer == SIMULATED for sample in study.samples)
    source: Source = "synthetic" if simulated or (not study.samples and adim_source == "synthetic") else "yours"
    if not any(sample.counts[tree.parent] for sample in study.samples):
        return Cytometry(_nothing(study), tree, source, study)
    reference = adim if source == adim_source else adim.iloc[:0]
    table = _table(study, reference, level)
    shifted = _shifted(study, table)
    about: dict[str, Any] = {"source": source, "rule": rule, "shift": f"{shift:g}"}
    agreement, bias = _agreement(name, table, level, about)
    moved = _moved(shifted)
    shares = [
        record(
            f"{name}.share", float(rows["share"].median()), scale="proportion", method="median of samples",
            counts={"samples": str(len(rows))}, visit=str(when), **about,
        )
        for when, rows in table.dropna(subset=["share"]).sort_values("visit").groupby("when", sort=False)
    ]  # fmt: skip
    for row in records(moved[moved["moved"].isin([shifts[0], shifts[-1]])]):
        record(
            f"{name}.moved_share", row["share"], scale="proportion", method="median of samples",
            visit=row["when"], moved=f"{row['moved']:+g} decades", **about,
        )  # fmt: skip
    record(
        f"{name}.duplicate_events", float(sum(s.duplicates.size for s in study.samples)), scale="count",
        counts={"files": str(sum(s.duplicates.size > 0 for s in study.samples))}, source=source,
    )  # fmt: skip
    return Cytometry("", tree, source, study, table, shifted, moved, shares, agreement, bias)


def _nothing(study: Study) -> str:
    if study.unread:
        name, why = next(iter(study.unread.items()))
        rest = f"; {len(study.unread) - 1} more could not be used" if len(study.unread) > 1 else ""
        return f"{name}: {why}{rest}"
    if not study.samples:
        return "there is no sample: in adim no patient has a value at both visits, or the files are controls alone"
    return f"no sample holds an event of the gate {study.tree.label(study.tree.parent)}"


def _table(study: Study, adim: pd.DataFrame, level: float) -> pd.DataFrame:
    known = adim.drop_duplicates(["USUBJID", "AVISITN"]).set_index(["USUBJID", "AVISITN"])["AVAL"].to_dict()
    names = adim.groupby("AVISITN")["AVISIT"].first() if "AVISIT" in adim else pd.Series(dtype=object)
    rows = []
    for sample in study.samples:
        tube, tree = sample.tube, study.tree
        target, parent = sample.counts[tree.target], sample.counts[tree.parent]
        found = proportion(target, parent, level=level) if parent else None
        at = (tube.subject, tube.visit)
        rows.append(
            {
                "name": tube.name,
                "subject": tube.subject,
                "visit": tube.visit,
                "when": str(names.get(tube.visit, "" if np.isnan(tube.visit) else f"Visit {tube.visit:g}")),
                "batch": tube.batch,
                "events": sample.events,
                "parent": parent,
                "target": target,
                "share": found.value if found else np.nan,
                "low": found.low if found else np.nan,
                "high": found.high if found else np.nan,
                "reference": known.get(at, np.nan) / 100,
            }
        )
    return pd.DataFrame(rows).sort_values(["subject", "visit"], kind="stable", ignore_index=True)


def _shifted(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """Share of every sample at every shift, by visit."""
    rows = [
        {"name": sample.tube.name, "moved": moved, "share": count / sample.counts[study.tree.parent]}
        for sample in study.samples
        if sample.counts[study.tree.parent]
        for moved, count in sample.shifted.items()
    ]
    return table[["name", "subject", "visit", "when"]].merge(pd.DataFrame(rows), on="name")


def _moved(shifted: pd.DataFrame) -> pd.DataFrame:
    """Median share by visit and shift, and of patients with a first and a later visit the median change."""
    medians = shifted.groupby(["visit", "when", "moved"], dropna=False)["share"].median().reset_index()
    first = shifted["visit"].min()
    before = shifted[shifted["visit"] == first].set_index(["subject", "moved"])["share"]
    later = shifted[shifted["visit"] > first].set_index(["subject", "moved"])
    change = later["share"] - before.reindex(later.index)
    changes = change.groupby([later["visit"], change.index.get_level_values("moved")]).agg(["median", "count"])
    rises = (change > 0).groupby([later["visit"], change.index.get_level_values("moved")]).sum().rename("rising")
    return medians.merge(changes.join(rises).reset_index(), on=["visit", "moved"], how="left")


def _agreement(
    name: str, table: pd.DataFrame, level: float, about: dict[str, Any]
) -> tuple[LimitsOfAgreement | None, Result | None]:
    pairs = table.dropna(subset=["share", "reference"])
    try:
        found = limits_of_agreement(pairs["share"].to_numpy(), pairs["reference"].to_numpy(), level=level)
    except StatisticsError:
        return None, None
    bias = record(
        f"{name}.difference_from_adim", found.bias, scale="difference", null=0.0,
        counts={"samples": str(len(pairs))}, direction="above: more activated cells in the files than in adim", **about,
    )  # fmt: skip
    for side, limit in (("lower", found.lower), ("upper", found.upper)):
        record(f"{name}.limit_of_agreement", limit, scale="difference", limit=side, **about)
    return found, bias
