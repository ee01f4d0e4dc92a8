"""When adverse events came, how often, and how long they lasted, in the time their patients were watched for them."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from lentap.adam import Trial
from lentap.adam.rules import DAYS
from lentap.errors import StatisticsError
from lentap.event_groups import EventGroup
from lentap.results import Result, record
from lentap.show.format import records
from lentap.show.record.comparison import arms_compared
from lentap.show.record.event_steps import Steps, few_severe, steps_of
from lentap.show.small_cells import small_terms
from lentap.stats.adverse_event_overview import ANY, SERIOUS, SEVERE, event_kinds
from lentap.stats.adverse_event_records import GRADES, counted_events, grouped_events
from lentap.stats.cumulative_incidence import CumulativeIncidence, compare_cumulative_incidence, cumulative_incidence
from lentap.stats.estimate import Estimate
from lentap.stats.event_times import has_resolved, mean_event_counts, time_to_first_event, time_to_resolution
from lentap.stats.exposure import compare_rates, exposure_adjusted_incidence
from lentap.stats.gray import gray_test
from lentap.stats.kaplan_meier import kaplan_meier
from lentap.stats.recurrent import MeanCumulativeCount, mean_count_difference

NAME = "safety.adverse_event_times"
MONTH = DAYS["months"]
CAUSES = ("neither", "event", "death")


@dataclass(frozen=True, eq=False)
class Watched:
    """Patients under observation for adverse events, and their treatment-emergent events with a day of onset.

    ``subjects`` have USUBJID, arm, ``exposure`` (days) and ``died``; ``events`` ASTDY and, where known, AENDY.
    ``notes`` say who and what had to be left out.
    """

    subjects: pd.DataFrame
    events: pd.DataFrame
    notes: tuple[str, ...]
    gap: str = ""


@dataclass(frozen=True, eq=False)
class EventTimes:
    """What was found of the times of events; nothing beyond ``watched`` where that has a gap.

    ``first`` and ``every`` are rates of first events and of all events, as of ``exposure_adjusted_incidence``, with
    contrasts as of ``compare_rates``. ``onsets`` have, by term and arm, patients with an event, median and quartiles
    of the day of the first, episodes, those resolved, and their median duration. ``counts`` are mean cumulative counts
    of ``chosen`` events, ``incidence`` the cumulative incidence of a severe one and of death before it, by arm, and
    ``severe_times`` what it was estimated from; ``count_steps`` and ``incidence_steps`` say which of their steps may be
    told, and have no arm whose curve is hidden. ``small`` are terms and arms of the rates that are.
    """

    watched: Watched
    of: str = ""
    level: float = 0.95
    smallest: int = 0
    landmark: float = 0.0
    severe: str = ""
    first: tuple[pd.DataFrame, pd.DataFrame] = (pd.DataFrame(), pd.DataFrame())
    every: tuple[pd.DataFrame, pd.DataFrame] = (pd.DataFrame(), pd.DataFrame())
    onsets: pd.DataFrame = field(default_factory=pd.DataFrame)
    chosen: pd.DataFrame = field(default_factory=pd.DataFrame)
    counts: Mapping[str, MeanCumulativeCount] = field(default_factory=dict)
    count_differences: Mapping[str, Result] = field(default_factory=dict)
    incidence: Mapping[str, CumulativeIncidence] = field(default_factory=dict)
    severe_times: pd.DataFrame = field(default_factory=pd.DataFrame)
    incidence_differences: Mapping[str, Result] = field(default_factory=dict)
    gray: Mapping[str, Result] = field(default_factory=dict)
    small: Set[tuple[str, str]] = frozenset()
    count_steps: Mapping[str, Steps] = field(default_factory=dict)
    incidence_steps: Mapping[str, Steps] = field(default_factory=dict)


def watch(trial: Trial, population: str, experimental: str, days_after: int) -> Watched:
    """Patients from their first treatment until some days after the last one, or until death or the last contact."""
    subjects = trial.subjects(population)
    subjects = subjects[subjects["arm"].isin(arms_compared(trial.design, experimental))]
    arms = set(subjects["arm"].astype(str))
    dates = {
        name: pd.to_datetime(subjects[name]) if name in subjects else pd.Series(pd.NaT, index=subjects.index)
        for name in ("TRTSDT", "TRTEDT", "DTHDT", "LSTALVDT")
    }
    last = dates["DTHDT"].fillna(dates["LSTALVDT"])
    until = dates["TRTEDT"] + pd.Timedelta(days=days_after)
    end = until.where(~(last < until), last).fillna(last)
    exposure = (end - dates["TRTSDT"]).dt.days + 1
    known = exposure >= 1
    members = subjects[["USUBJID", "arm"]].assign(exposure=exposure, died=dates["DTHDT"] <= end)[known]
    notes = [f"Patients without dates of treatment, left out: {int((~known).sum())}."] if (~known).any() else []
    if "DTHDT" not in subjects:
        notes.append("The tables have no dates of death: death ends the watching unseen, as any end does.")
    events, more = _onsets(trial, subjects[known], dates["TRTSDT"][known], members)
    gap = "" if known.any() else "no patient has dates of a first and a last treatment (TRTSDT and TRTEDT of adsl)"
    gap = gap or ("" if {"ASTDY", "ASTDT"} & set(trial.adae) else "adae has no onset (ASTDY or ASTDT)")
    control = trial.design.control.name
    gap = gap or ("" if control in arms else f"population {population} has no patient on {control}")
    return Watched(members.reset_index(drop=True), events, (*notes, *more), gap)


def _onsets(
    trial: Trial, subjects: pd.DataFrame, start: pd.Series, members: pd.DataFrame
) -> tuple[pd.DataFrame, list[str]]:
    """Treatment-emergent events with a day of onset, and notes on those that cannot be used."""
    events = emergent_events(trial.adae[trial.adae["USUBJID"].isin(subjects["USUBJID"])])
    events = with_days(events, start.set_axis(subjects["USUBJID"]))
    unknown = events["ASTDY"].isna()
    events = events[~unknown]
    available = events["USUBJID"].map(members.set_index("USUBJID")["exposure"])
    outside = ~events["ASTDY"].between(1, available)
    notes = [f"Events without a day of onset, left out: {int(unknown.sum())}."] if unknown.any() else []
    if outside.any():
        notes.append(f"Events before the first treatment or after the watching, left out: {int(outside.sum())}.")
    return events[~outside].reset_index(drop=True), notes


def emergent_events(events: pd.DataFrame) -> pd.DataFrame:
    """Events that are treatment-emergent; all of them where there is no TRTEMFL."""
    return events[events["TRTEMFL"] == "Y"] if "TRTEMFL" in events else events


def with_days(events: pd.DataFrame, start: "pd.Series[Any]") -> pd.DataFrame:
    """Events with ASTDY and AENDY (float), counted by dates from each subject's ``start`` where the day is missing."""
    first = pd.to_datetime(events["USUBJID"].map(start))
    for day, date in (("ASTDY", "ASTDT"), ("AENDY", "AENDT")):
        blank = pd.Series(np.nan, index=events.index)
        by_date = (pd.to_datetime(events[date]) - first).dt.days + 1.0 if date in events else blank
        given = events[day].astype(float) if day in events else blank
        events = events.assign(**{day: given.fillna(by_date)})
    return events


def record_event_times(
    trial: Trial,
    watched: Watched,
    groups: Mapping[str, EventGroup],
    *,
    event: str,
    severe_from: int,
    landmark: float,
    smallest: int,
    level: float,
    **labels: Any,
) -> EventTimes:
    """Rates, onsets, durations, mean counts and cumulative incidence by arm; the numbers are recorded.

    Parameters
    ----------
    event
        Name of the group whose events are counted in the curves, or ``any``.
    severe_from
        Least grade of the events of the cumulative incidence.
    landmark
        Month at which arms are compared.
    """
    if watched.gap:
        return EventTimes(watched)
    control = trial.design.control.name
    about: dict[str, Any] = {"source": trial.source, **labels}
    members = {group.label: tuple(group.terms) for group in groups.values()}
    of = ANY if event == "any" else groups[event].label
    chosen = watched.events if event == "any" else grouped_events(watched.events, {of: groups[event].terms})
    kinds = _kinds(watched, members)
    subjects = watched.subjects
    first, every = (exposure_adjusted_incidence(kinds, subjects, counting=how, level=level) for how in ("first", "all"))
    rates = [_listed(table, control, level) for table in (first, every)]
    small = small_terms(rates[0][0], smallest, TOLD)
    _record_rates(rates, control, small, level, about)
    counts = mean_event_counts(chosen, subjects, level=level)
    day = landmark * MONTH
    steps = {arm: one for arm, curve in counts.items() if (one := _steps(curve, chosen, subjects, arm, day, smallest))}
    told = {arm for arm, one in steps.items() if one.landmark}
    scale = next((one for one in GRADES if one in chosen and chosen[one].notna().any()), "")
    found = EventTimes(
        watched, of, level, smallest, landmark, _severe_words(scale, severe_from), rates[0], rates[1],
        _durations(kinds, subjects, level), chosen, counts,
        {
            arm: record(
                f"{NAME}.mean_count_difference", mean_count_difference(curve, counts[control], day), scale="number",
                null=0.0, unit="events per patient", direction=f"above: more events with {arm}", event=of, arm=arm,
                control=control, month=f"{landmark:g}", **about,
            )
            for arm, curve in counts.items()
            if arm != control and {arm, control} <= told
        },
        small=small, count_steps=steps,
    )  # fmt: skip
    if not scale or severe_from > len(GRADES[scale]):
        return found
    return _with_incidence(found, chosen, severe_from, control, about)


def _severe_words(scale: str, least: int) -> str:
    """Name events of at least some grade on the scale in use; empty where there is no such grade."""
    if not scale or least > len(GRADES[scale]):
        return ""
    return f"grade {least} or above" if scale == "AETOXGR" else f"severity {GRADES[scale][least - 1].lower()} or above"


def _kinds(watched: Watched, members: Mapping[str, tuple[str, ...]]) -> pd.DataFrame:
    """Events once as any, and again under each kind and group they are of, in AEDECOD."""
    events = counted_events(watched.events, watched.subjects)
    kinds = event_kinds(watched.events, events)
    wanted = {kind: which for kind, which in kinds.items() if kind in (ANY, SERIOUS, *SEVERE.values())}
    parts = [events[which].assign(AEDECOD=_EVERY.get(kind, kind)) for kind, which in wanted.items()]
    return pd.concat([*parts, grouped_events(events, members)], ignore_index=True)


_EVERY = {ANY: "Any event"}  # the name of the row of all, which counts each event once for every kind, is another
TOLD = (_EVERY[ANY], *SEVERE.values())  # kinds of which each holds the next


def _listed(table: pd.DataFrame, control: str, level: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rates of kinds and groups, and contrasts, without the row that takes all of them together."""
    shown = table[table["term"] != ANY].reset_index(drop=True)
    return shown, compare_rates(shown, control, level=level) if len(shown) else pd.DataFrame()


def _record_rates(
    rates: list[tuple[pd.DataFrame, pd.DataFrame]], control: str, small: Set[tuple[str, str]], level: float,
    about: dict[str, Any],
) -> None:  # fmt: skip
    for (table, contrasts), counting in zip(rates, ("first", "all"), strict=True):
        for row in records(table):
            if (row["term"], str(row["arm"])) not in small:
                record(
                    f"{NAME}.rate", Estimate(row["rate"], row["low"], row["high"], level, "Garwood exact Poisson"),
                    scale="number", unit="per 100 patient-years", counting=counting, event=row["term"],
                    counts={str(row["arm"]): f"{row['count']} in {row['person_years']:.1f} patient-years"},
                    arm=str(row["arm"]), **about,
                )  # fmt: skip
        for row in records(contrasts):
            if not {(row["term"], str(row["arm"])), (row["term"], control)} & small:
                record(
                    f"{NAME}.rate_difference",
                    Estimate(row["rate_difference"], row["low"], row["high"], level, "Miettinen-Nurminen score"),
                    scale="number", unit="per 100 patient-years", p_value=row["p_value"], null=0.0, counting=counting,
                    direction=f"above: more with {row['arm']}", event=row["term"], arm=str(row["arm"]),
                    control=control, **about,
                )  # fmt: skip


def _steps(
    curve: MeanCumulativeCount, events: pd.DataFrame, subjects: pd.DataFrame, arm: str, day: float, smallest: int
) -> Steps | None:
    """Steps of the mean count of an arm, each of so many patients' first events or more."""
    first = events[events["USUBJID"].isin(subjects.loc[subjects["arm"].astype(str) == arm, "USUBJID"])]
    days = np.sort(first.groupby("USUBJID")["ASTDY"].min().to_numpy(float))
    patients = np.searchsorted(days, curve.time, side="right")
    return steps_of(curve.time, curve.at_risk, day, smallest, patients, np.cumsum(curve.events))


def _durations(kinds: pd.DataFrame, subjects: pd.DataFrame, level: float) -> pd.DataFrame:
    """Onset of the first event and length of the episodes, by term and arm."""
    first = kinds.groupby(["AEDECOD", "USUBJID"], sort=False)["ASTDY"].min().reset_index()
    arm = subjects.set_index("USUBJID")["arm"].astype(str)
    first = first.assign(arm=first["USUBJID"].map(arm))
    lasted = _lengths(kinds, subjects)
    rows = []
    for (term, name), days in first.groupby(["AEDECOD", "arm"], sort=False)["ASTDY"]:
        quartiles = np.quantile(days.to_numpy(float), [0.5, 0.25, 0.75]).tolist()
        row = {
            "term": term,
            "arm": name,
            "subjects": len(days),
            **dict(zip(("median", "q1", "q3"), quartiles, strict=True)),
        }
        one = lasted[(lasted["term"] == term) & (lasted["arm"].astype(str) == name)]
        row |= {"episodes": len(one), "resolved": int(one["event"].sum())}
        if len(one):
            length = kaplan_meier(one["time"], one["event"], level=level).median
            row |= {"length": length.value, "length_low": length.low, "length_high": length.high}
        rows.append(row)
    columns = ["term", "arm", "subjects", "median", "q1", "q3", "episodes", "resolved"]
    return pd.DataFrame(rows, columns=[*columns, "length", "length_low", "length_high"])


def _lengths(kinds: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    """Length of every episode whose days agree: none that ends before it begins, or that resolved on an unknown day."""
    resolved = has_resolved(kinds["AEOUT"]) if "AEOUT" in kinds else kinds["AENDY"].notna()
    usable = kinds[~(kinds["AENDY"] < kinds["ASTDY"]) & ~(resolved & kinds["AENDY"].isna())].reset_index(drop=True)
    found = time_to_resolution(usable, subjects) if len(usable) else pd.DataFrame(columns=["arm", "time", "event"])
    return found.assign(term=usable["AEDECOD"])


def _with_incidence(
    found: EventTimes, events: pd.DataFrame, severe_from: int, control: str, about: dict[str, Any]
) -> EventTimes:
    """Add the cumulative incidence of a severe event, death competing."""
    times = time_to_first_event(events, found.watched.subjects, minimum_grade=severe_from)
    cause = pd.Series(pd.Categorical.from_codes(times["cause"].tolist(), categories=pd.Index(CAUSES)))
    months, arms = times["time"] / MONTH, times["arm"].astype(str)
    curves = {
        arm: cumulative_incidence(months[arms == arm], cause[arms == arm], censored="neither", level=found.level)
        for arm in dict.fromkeys(arms.sort_values(key=lambda a: a == control, kind="stable"))
    }
    differences, tests, steps = {}, {}, _incidence_steps(found, curves)
    for arm in (one for one in curves if one != control):
        both = arms.isin([arm, control]).to_numpy()
        if not all(one in steps and steps[one].landmark for one in (arm, control)):
            continue
        data: dict[str, Any] = {"of": "event", "censored": "neither"}
        treated = (arms == arm)[both]
        compared = compare_cumulative_incidence(
            months[both], cause[both], treated, landmark=found.landmark, level=found.level, **data
        )
        labels: dict[str, Any] = {"event": found.of, "least_grade": str(severe_from), "arm": arm, "control": control}
        differences[arm] = record(
            f"{NAME}.incidence_difference", compared.difference, scale="difference", null=0.0,
            p_value=compared.difference.p_value, direction=f"above: more with {arm}",
            month=f"{found.landmark:g}", **labels, **about,
        )  # fmt: skip
        try:
            test = gray_test(months[both], cause[both], np.where(treated, arm, control), **data)
        except StatisticsError:
            continue
        tests[arm] = record(
            f"{NAME}.gray", test.statistic, scale="number", p_value=test.p_value, method=test.method, **labels, **about
        )
    return replace(
        found, incidence=curves, severe_times=times.assign(time=months), incidence_differences=differences, gray=tests,
        incidence_steps=steps,
    )  # fmt: skip


def _incidence_steps(found: EventTimes, curves: Mapping[str, CumulativeIncidence]) -> dict[str, Steps]:
    """Steps of the incidence of a severe event in each arm whose curve does not count, or tell of, few patients."""
    beside = TOLD if found.of == ANY else (found.of,)
    steps = {}
    for arm, curve in curves.items():
        events = np.cumsum(curve.events[:, 0])
        if few_severe(int(events[-1]), found.first[0], arm, found.smallest, beside):
            continue
        if one := steps_of(curve.time, curve.at_risk, found.landmark, found.smallest, events):
            steps[arm] = one
    return steps
