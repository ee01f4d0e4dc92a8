"""Published results of other studies as rows that can be set beside each other, and what of them may be pooled."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from lentap.errors import ConvergenceError
from lentap.results import Result, record
from lentap.show.format import listed, records
from lentap.show.record.treatments import DESIGNS, REGIMENS, UNRESOLVED, added, design_class
from lentap.sources import Source
from lentap.stats.arguments import normal_quantile
from lentap.stats.estimate import Estimate
from lentap.stats.meta_analysis import MetaAnalysis, meta_analysis
from lentap.stats.proportions import proportion

PRINTED = 0.95  # level of the intervals that studies print
COMPANION = "LEN-TAP"


@dataclass(frozen=True)
class Measure:
    """An endpoint as studies report it: its axis title, its kind, and the words facts use for it, preferred first.

    ``facts`` maps the endpoint of a fact to how it is called beside a study. A rate that is not ``counted`` is read off
    a survival curve, so that its error is that of the interval printed beside it.
    """

    title: str
    kind: str
    facts: Mapping[str, str]
    event: str = ""
    counted: bool = True


RATE, RATIO, TIME = "rate", "hazard ratio", "median"
GRADE_3 = {"grade >=3 TRAE": "", "grade 3-5 TRAE": "", "grade 3-4 TRAE": "grade 3-4"}
MEASURES = {
    "resection": Measure(
        "Patients resected, or judged resectable (%)",
        RATE,
        {"resection": "resected", "reached resectability": "resectable", "conversion": "conversion"},
        "resection or conversion",
    ),
    "ORR": Measure(
        "Patients with an objective response (%)",
        RATE,
        {"ORR mRECIST": "mRECIST", "ORR": "", "ORR BICR": "central reading",
         "ORR RECIST 1.1": "RECIST 1.1"},
        "objective response",
    ),
    "pCR": Measure("Resected patients with a pathological complete response (%)", RATE, {"pCR": ""}, "pCR"),
    "MPR": Measure(
        "Resected patients with a major or complete pathological response (%)", RATE, {"MPR": ""},
        "major or complete pathological response",
    ),
    "R0": Measure("Resected patients with a margin free of tumour, R0 (%)", RATE, {"R0": ""}, "R0 resection"),
    "time to surgery": Measure(
        "Median time from the start to surgery (months)", TIME, {"time to surgery median": ""}
    ),
    "TRAE": Measure("Patients with a related event of grade 3 or above (%)", RATE, GRADE_3, "related event"),
    "PFS": Measure("PFS hazard ratio, first arm over second", RATIO, {"PFS hazard ratio": ""}),
    "OS": Measure("OS hazard ratio, first arm over second", RATIO, {"OS hazard ratio": ""}),
    "OS 24 months": Measure(
        "Patients alive at 24 months, from survival curves (%)", RATE, {"OS rate 24 months": ""},
        "being alive at 24 months", counted=False,
    ),
    "PFS median": Measure("Median progression-free survival (months)", TIME, {"PFS median": ""}),
    "OS median": Measure("Median overall survival (months)", TIME, {"OS median": ""}),
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One result of one study: a rate from 0 to 1, a ratio, or a time in months, with its interval.

    ``group`` is what it may be compared with: a regimen or, for ratios, a question. ``error`` is on the scale of
    pooling, not-a-number where there is none; ``why`` says what keeps it out of a pool, empty for nothing.
    """

    study: str
    design: str
    group: str
    arm: str
    called: str
    value: float
    low: float = math.nan
    high: float = math.nan
    counts: str = ""
    error: float = math.nan
    why: str = ""
    reference: str = ""
    note: str = ""
    source: Source = "published"
    n: int = 0

    @property
    def pool(self) -> str:
        """What it may be pooled in: arms of one regimen, or comparisons that answer one question by one design."""
        return f"{self.group}, {self.design}" if " vs " in self.arm else self.group


@dataclass(frozen=True)
class Pool:
    """Pooled findings of one group, on their own scale; ``analysis`` is on that of pooling."""

    group: str
    analysis: MetaAnalysis
    mean: Result
    prediction: Result
    members: Sequence[Finding]


@dataclass(frozen=True)
class Context:
    """Findings for one endpoint: rates and times by ``rows``, comparisons within studies by ``contrasts``; pools."""

    measure: Measure
    rows: Sequence[Finding]
    contrasts: Sequence[Finding]
    pools: Mapping[str, Pool]
    fewest: int
    level: float


def fitting_count(percent: float, n: int) -> int | None:
    """The one count out of ``n`` that rounds to a printed percentage; None where none does, or more than one."""
    decimals = len(f"{percent:.10g}".partition(".")[2])
    reach = 0.5 * 10.0**-decimals + 1e-9
    fitting = [count for count in range(n + 1) if abs(100 * count / n - percent) <= reach]
    return fitting[0] if len(fitting) == 1 else None


def record_context(
    name: str,
    endpoint: str,
    comparators: pd.DataFrame,
    facts: pd.DataFrame,
    *,
    fewest: int,
    interval: str,
    level: float,
) -> Context:
    """Set the published results for an endpoint beside each other, pool what may be pooled, and record the pools.

    Parameters
    ----------
    endpoint
        One of ``MEASURES``.
    comparators, facts
        As ``comparator_facts`` and ``lentap_facts`` return them.
    fewest
        Studies that a pool needs.
    interval
        One of ``meta_analysis.MEAN_INTERVALS``.
    """
    measure = MEASURES[endpoint]
    used = comparators[comparators["endpoint"].isin(list(measure.facts))]
    order = {word: place for place, word in enumerate(measure.facts)}
    used = used.sort_values("endpoint", key=lambda words: words.map(order), kind="stable")
    sizes = {(row["study"], row["arm"]): int(row["n"]) for row in records(comparators[comparators["n"].notna()])}
    found = [_finding(row, measure, sizes, level) for row in records(used)]
    if endpoint == "resection":
        found += _of_companion(facts, level)
    found = _sorted(_once(found))
    rows, contrasts = (found, _compared(found, level)) if measure.kind == RATE else (found, [])
    if measure.kind == RATIO:
        rows, contrasts = [], found
    pools = {}
    for group, members in _groups([*rows, *contrasts]).items():
        if measure.kind != TIME and len(members) >= fewest:
            about = {"endpoint": endpoint, "group": group}
            proportions = members[0] in rows
            if pool := _pooled(name, members, proportions=proportions, interval=interval, level=level, **about):
                pools[group] = pool
    return Context(measure, rows, contrasts, pools, fewest, level)


def _finding(row: Mapping[str, Any], measure: Measure, sizes: Mapping[tuple[str, str], int], level: float) -> Finding:
    design = design_class(row["design"])
    arms = row["arm"].split(" vs ")
    regimens = [REGIMENS.get(arm, arm) for arm in arms]
    group = added(*regimens) if len(regimens) > 1 else regimens[0]
    low, high = (row[end] if row["interval"] == "confidence" else math.nan for end in ("low", "high"))
    n = 0 if pd.isna(row["n"]) else int(row["n"])
    called = measure.facts[row["endpoint"]]
    one = Finding(
        row["study"], design, group, row["arm"], called, row["value"], low, high, reference=row["source"],
        note=row["note"], n=n,
    )  # fmt: skip
    if measure.kind == RATE:
        return _rate(one, row["count"], level) if measure.counted else _off_curve(one)
    if measure.kind == RATIO:
        error = math.log(one.high / one.low) / (2 * normal_quantile(PRINTED))
        counts = " vs ".join(str(sizes.get((one.study, arm), "not known")) for arm in arms)
        why = "" if math.isfinite(error) else "no interval in the facts"
        return replace(one, error=error, counts=f"n = {counts}", why=why)
    spread = f", range {row['low']:g} to {row['high']:g}" if row["interval"] == "range" else ""
    return replace(one, counts=f"n = {one.n}{spread}", why="a median")


def _off_curve(one: Finding) -> Finding:
    share = replace(one, value=one.value / 100, low=one.low / 100, high=one.high / 100, counts=f"n = {one.n}")
    error = logit_error(share, PRINTED)
    return replace(share, error=error, why="" if math.isfinite(error) else "no interval in the facts")


def logit_error(share: Finding, level: float) -> float:
    """Standard error of the logit of a share as its interval implies it; not-a-number where there is none."""
    if not 0 < share.low <= share.high < 1:
        return math.nan
    return float(logit(share.high) - logit(share.low)) / (2 * normal_quantile(level))


def _rate(one: Finding, count: Any, level: float) -> Finding:
    share = replace(one, value=one.value / 100, low=one.low / 100, high=one.high / 100)
    if not one.n:
        return replace(share, counts="pooled", why="a pool itself")
    events = fitting_count(one.value, one.n) if pd.isna(count) else int(count)
    if events is None:
        return replace(share, counts=f"n = {one.n}", why="no count gives this percentage")
    estimate = proportion(events, one.n, level=level)
    extreme = events in (0, one.n)
    return replace(
        share, value=events / one.n, low=estimate.low, high=estimate.high, counts=f"{events}/{one.n}",
        error=math.nan if extreme else math.sqrt(1 / events + 1 / (one.n - events)),
        why="nobody or everybody" if extreme else "",
    )  # fmt: skip


def _of_companion(facts: pd.DataFrame, level: float) -> list[Finding]:
    """Published resections of LEN-TAP: the ones that are being placed, so they enter no pool."""
    rows = records(facts[facts["id"].str.startswith("efficacy.slr.") & facts["count"].notna()])
    return [
        replace(
            _rate(
                Finding(
                    COMPANION, UNRESOLVED, REGIMENS[row["arm"]], row["arm"], "SLR",
                    float(row["value"]), reference=f"{row['source']}, {row['locator']}", n=int(row["n"]),
                ),
                row["count"], level,
            ),
            why="is placed among them",
        )
        for row in rows
    ]  # fmt: skip


def _once(found: Sequence[Finding]) -> list[Finding]:
    """Let the same patients enter a pool once: by their preferred measure, and by one study of the same authors."""
    kept: list[Finding] = []
    for one in found:
        mine = [other for other in kept if other.pool == one.pool and not other.why]
        if not one.why and any((other.study, other.arm) == (one.study, one.arm) for other in mine):
            one = replace(one, why="same patients, other measure")
        elif not one.why and (shared := [o.study for o in mine if o.study != one.study and _author(o) == _author(one)]):
            one = replace(one, why=f"may share patients with {listed(shared)}")
        kept.append(one)
    return kept


def _author(one: Finding) -> str:
    """A study's name without its year."""
    return one.study.rstrip("0123456789 ")


def _sorted(found: Sequence[Finding]) -> list[Finding]:
    """By group, regimens in their own order, by design, and studies as in the facts."""
    groups = list(dict.fromkeys([*REGIMENS.values(), *(one.group for one in found)]))
    return sorted(found, key=lambda one: (groups.index(one.group), DESIGNS.index(one.design)))


def _compared(rows: Sequence[Finding], level: float) -> list[Finding]:
    """Odds ratios of the arms of studies that report both by the same measure."""
    pairs = []
    for place, one in enumerate(rows):
        for other in rows[place + 1 :]:
            same = (one.study, one.called) == (other.study, other.called) and one.group != other.group
            if same and math.isfinite(one.error) and math.isfinite(other.error):
                error = math.hypot(one.error, other.error)
                log, reach = float(logit(one.value) - logit(other.value)), normal_quantile(level) * error
                pairs.append(
                    replace(
                        one, group=added(one.group, other.group),
                        arm=f"{one.arm} vs {other.arm}", value=math.exp(log), low=math.exp(log - reach),
                        high=math.exp(log + reach), error=error, counts=f"{one.counts} vs {other.counts}", n=0,
                    )
                )  # fmt: skip
    return _once(sorted(pairs, key=lambda pair: pair.group))


def _groups(found: Sequence[Finding]) -> dict[str, list[Finding]]:
    groups: dict[str, list[Finding]] = {}
    for one in found:
        if not one.why:
            groups.setdefault(one.pool, []).append(one)
    return groups


def _pooled(
    name: str, members: Sequence[Finding], *, proportions: bool, interval: str, level: float, **about: Any
) -> Pool | None:
    inwards, outwards = (logit, expit) if proportions else (np.log, np.exp)
    try:
        found = meta_analysis(
            inwards([one.value for one in members]), [one.error for one in members], interval=interval, level=level
        )
    except ConvergenceError:
        return None

    def back(of: Estimate) -> Estimate:
        return Estimate(float(outwards(of.value)), float(outwards(of.low)), float(outwards(of.high)), level, of.method)

    scale: Any = {"scale": "proportion"} if proportions else {"scale": "ratio", "null": 1.0}
    about |= {"source": "published", "counts": {"studies": str(found.studies)}}
    mean = record(f"{name}.pooled", back(found.mean), **scale, **about)
    prediction = record(f"{name}.predicted", back(found.prediction), **scale, **about)
    return Pool(members[0].group, found, mean, prediction, members)
