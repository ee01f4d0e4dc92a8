"""What harm came with a treatment: adverse events of every kind, class, term and group by arm, small cells hidden."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from lentap.adam import Trial
from lentap.errors import StatisticsError
from lentap.event_groups import EventGroup
from lentap.results import Result, record
from lentap.show.format import records
from lentap.show.record.comparison import Comparison, arms_compared, record_adverse_events
from lentap.show.record.reasons import plain_reason
from lentap.show.small_cells import is_small, small_terms, terms_without
from lentap.stats.adverse_event_overview import ANY, FATAL, RELATED_EVENT, SEVERE, overview
from lentap.stats.adverse_event_records import GRADES, counted_events, grade_scale, grouped_events
from lentap.stats.adverse_events import (
    ANY_EVENT,
    compare_incidence,
    incidence,
    incidence_by_class,
    worst_grade,
    worst_grade_by_class,
)
from lentap.stats.estimate import Estimate
from lentap.stats.multiplicity import adjust_p_values, double_false_discovery
from lentap.stats.proportions import proportion

NAME = "safety.adverse_events"
NO_CLASS = "No system organ class"
NESTED = (ANY, *SEVERE.values(), FATAL)  # kinds of which each holds the next


@dataclass(frozen=True, eq=False)
class Counts:
    """Patients with each event by arm, as of ``incidence``, and differences, as of ``compare_incidence``."""

    patients: pd.DataFrame
    contrasts: pd.DataFrame

    def of(self, terms: Sequence[str]) -> "Counts":
        """The same for some of the terms, in their order."""
        parts = []
        for table in (self.patients, self.contrasts):
            place = table["term"].map({term: i for i, term in enumerate(terms)})
            parts.append(table[place.notna()].assign(place=place).sort_values("place", kind="stable"))
        return Counts(*(part.drop(columns="place").reset_index(drop=True) for part in parts))

    @property
    def terms(self) -> list[str]:
        """Terms in their order."""
        return [str(term) for term in self.patients["term"].drop_duplicates()]

    def by_difference(self) -> "Counts":
        """The same, terms with the greatest difference (experimental minus control) first."""
        greatest = self.contrasts.groupby("term", sort=False)["risk_difference"].max()
        return self.of(list(greatest.sort_values(ascending=False, kind="stable", na_position="last").index))


@dataclass(frozen=True, eq=False)
class Harms:
    """Adverse events of some patients; nothing beyond ``gap`` where they cannot be counted, which it explains.

    ``overview`` counts kinds of events, ``terms`` single terms, ``groups`` groups of terms; ``classes`` have terms
    ``soc`` and ``term`` joined, as ``places`` lists them. ``worst`` is each patient's worst grade, ``worst_by_class``
    that in each class and term; neither where events have no grades. ``listed`` are terms frequent enough to be shown,
    ``unlisted`` how many are not. ``flagged`` are the contrasts of all terms with ``adjusted`` p-values.
    """

    gap: str = ""
    level: float = 0.95
    smallest: int = 0
    scale: str = ""
    minimum: float = 0.0
    overview: Counts | None = None
    terms: Counts | None = None
    groups: Counts | None = None
    classes: Counts | None = None
    places: pd.DataFrame = field(default_factory=pd.DataFrame)
    members: Mapping[str, EventGroup] = field(default_factory=dict)
    seen: frozenset[str] = frozenset()
    worst: pd.DataFrame | None = None
    worst_by_class: pd.DataFrame | None = None
    listed: tuple[str, ...] = ()
    unlisted: int = 0
    flagged: pd.DataFrame = field(default_factory=pd.DataFrame)
    false_discovery: float = 0.1
    any_event: Comparison | None = None
    apart: Result | None = None


def record_harms(
    trial: Trial,
    groups: Mapping[str, EventGroup],
    *,
    population: str,
    experimental: str,
    minimum_grade: int,
    minimum_incidence: float,
    related_only: bool,
    false_discovery: float,
    smallest: int,
    level: float,
    difference_interval: str,
) -> Harms:
    """Count adverse events by arm in every way of the page and record the numbers.

    Parameters
    ----------
    minimum_incidence
        Events are listed singly that at least this share of an arm had, percent.
    false_discovery
        Rate at which the false discoveries among all terms are held.
    smallest
        Least number of patients a cell may tell; 0 for any.
    """
    control = trial.design.control.name
    subjects = trial.subjects(population)
    subjects = subjects[subjects["arm"].isin(arms_compared(trial.design, experimental))]
    events = trial.adae[trial.adae["USUBJID"].isin(subjects["USUBJID"])]
    which: Any = {"minimum_grade": minimum_grade, "related_only": related_only}
    try:
        found = incidence(events, subjects, **which)
    except StatisticsError as error:
        return Harms(gap=plain_reason(error))
    if control not in set(found["arm"].astype(str)):
        return Harms(gap=f"population {population} has no patient on {control}")
    count = _Counter(control, smallest, level, difference_interval)
    every, kinds = count.contrasts(found), count(overview(events, subjects), NESTED)
    terms = count.shown(found, every, _telling(found, kinds.patients, smallest, which))
    listed = terms.of([term for term in frequent(found, minimum_incidence) if term != ANY_EVENT])
    labels = {"population": population, "level": level, "difference_interval": difference_interval}
    about: dict[str, Any] = {"control": control, "source": trial.source, **labels, **which}
    any_event, apart = record_adverse_events(terms.patients, listed.contrasts, **about)
    _record_overview(kinds, control, level, difference_interval, source=trial.source, population=population)
    classed = events.assign(AESOC=_classes(events))
    classes, places = count.classes(incidence_by_class(classed, subjects, **which), minimum_incidence)
    graded = any(column in events and events[column].notna().any() for column in GRADES)
    return Harms(
        level=level,
        smallest=smallest,
        scale=grade_scale(events) if graded else "",
        minimum=minimum_incidence,
        overview=kinds,
        terms=listed.by_difference(),
        groups=count(_groups(events, subjects, groups, which)),
        classes=classes,
        places=places,
        members=groups,
        seen=frozenset(counted_events(events, subjects, **which)["AEDECOD"].dropna().str.casefold()),
        worst=worst_grade(events, subjects, related_only=related_only) if graded else None,
        worst_by_class=worst_grade_by_class(classed, subjects, **which) if graded else None,
        listed=tuple(listed.terms),
        unlisted=len(set(found["term"]) - {ANY_EVENT} - set(listed.terms)),
        flagged=_flagged(every, terms, classed, false_discovery),
        false_discovery=false_discovery,
        any_event=any_event,
        apart=apart,
    )


def frequent(incidence: pd.DataFrame, minimum: float) -> list[str]:
    """Terms that at least ``minimum`` percent of the patients of some arm had, in the order of the table."""
    share = 100 * incidence["subjects"] / incidence["n"]
    return incidence.loc[share >= minimum, "term"].drop_duplicates().tolist()


@dataclass(frozen=True)
class _Counter:
    """Compares arms and hides small cells."""

    control: str
    smallest: int
    level: float
    method: str

    def __call__(self, table: pd.DataFrame, nested: Sequence[str] = ()) -> Counts:
        return self.shown(table, self.contrasts(table), small_terms(table, self.smallest, nested))

    def contrasts(self, table: pd.DataFrame) -> pd.DataFrame:
        """Differences from control, none hidden."""
        return compare_incidence(table, self.control, level=self.level, method=self.method)

    def shown(self, table: pd.DataFrame, contrasts: pd.DataFrame, more: Set[tuple[str, str]]) -> Counts:
        """Counts and differences; the small ones are hidden, and those of ``more`` terms and arms."""
        return Counts(*terms_without(small_terms(table, self.smallest) | more, table, contrasts, self.control))

    def classes(self, table: pd.DataFrame, minimum: float) -> tuple[Counts, pd.DataFrame]:
        """Frequent classes and their frequent terms under joined names, and what each name stands for."""
        joined = table[table["soc"] != ANY_EVENT].assign(key=lambda rows: rows["soc"] + "\n" + rows["term"])
        joined = joined.drop(columns="term").rename(columns={"key": "term"})
        shown = frequent(joined, minimum)
        places = pd.DataFrame([key.split("\n", 1) for key in shown], columns=["soc", "term"]).assign(key=shown)
        joined = joined[joined["term"].isin(shown)].drop(columns="soc")
        if joined.empty:
            return Counts(joined, joined.assign(risk_difference=0.0)), places
        small = _telling_of_class(joined, places, self.smallest)
        return self.shown(joined, self.contrasts(joined), small).of(shown), places


def _telling(found: pd.DataFrame, kinds: pd.DataFrame, smallest: int, which: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Arms in which patients with any event that counts are few less, or more, than those of a kind in the overview.

    The difference would tell how few had an event of the grades between the two.
    """
    beside = [RELATED_EVENT] if which["related_only"] else [ANY, *SEVERE.values()]
    told = kinds[kinds["term"].isin(beside)].dropna(subset=["subjects"])
    both = found[found["term"] == ANY_EVENT].merge(told, on="arm", suffixes=("", "_beside"))
    few = (both["subjects"] - both["subjects_beside"]).abs().map(lambda count: is_small(count, smallest))
    return {(ANY_EVENT, str(arm)) for arm in both.loc[few, "arm"]}


def _telling_of_class(table: pd.DataFrame, places: pd.DataFrame, smallest: int) -> set[tuple[str, str]]:
    """Classes and arms whose patients leave no doubt about the hidden terms, as those must make up for the rest.

    Patients of a class beyond those of its shown terms had one of the hidden ones, each of at most ``smallest`` - 1.
    """
    rows = table.assign(few=[is_small(count, smallest) for count in table["subjects"]])
    rows = rows.merge(places.rename(columns={"term": "name"}), left_on="term", right_on="key")
    small = set()
    for _, of in rows.groupby(["soc", "arm"], observed=True):
        whole, terms = of[of["name"] == ANY_EVENT], of[of["name"] != ANY_EVENT]
        beyond = whole["subjects"].sum() - terms.loc[~terms["few"], "subjects"].sum()
        if terms["few"].any() and beyond >= terms["few"].sum() * (smallest - 1):
            small |= {(str(row["term"]), str(row["arm"])) for row in records(whole)}
    return small


def _classes(events: pd.DataFrame) -> pd.Series:
    """System organ class of each event, in words where there is none."""
    given = events["AESOC"] if "AESOC" in events else pd.Series(None, index=events.index, dtype=object)
    return given.fillna(NO_CLASS)


def _groups(
    events: pd.DataFrame, subjects: pd.DataFrame, groups: Mapping[str, EventGroup], which: Mapping[str, Any]
) -> pd.DataFrame:
    """Patients with an event of each group, in the order of the groups, those without any event included."""
    members = {group.label: tuple(group.terms) for group in groups.values()}
    found = incidence(grouped_events(events, members), subjects, **which)
    cells = found.set_index(["term", "arm"])[["subjects", "events"]]
    arms = found.loc[found["term"] == ANY_EVENT, ["arm", "n"]]
    every = pd.concat([arms.assign(term=label) for label in members], ignore_index=True)
    counts = cells.reindex(pd.MultiIndex.from_frame(every[["term", "arm"]]), fill_value=0).reset_index(drop=True)
    return pd.concat([every, counts], axis=1)[["term", "arm", "subjects", "n", "events"]]


def _flagged(every: pd.DataFrame, terms: Counts, events: pd.DataFrame, rate: float) -> pd.DataFrame:
    """Contrasts of terms that are not hidden, ``adjusted`` p-values and whether they are ``flagged``, a family an arm.

    The false discovery rate is held for all terms, hidden or not: over classes and within them, where there are any.
    """
    soc = events.dropna(subset=["AEDECOD"]).drop_duplicates("AEDECOD").set_index("AEDECOD")["AESOC"]
    singles = every[every["term"] != ANY_EVENT]
    parts = []
    for _, rows in singles.groupby("arm", observed=True):
        if len(rows):
            rows = rows.assign(soc=rows["term"].map(soc).fillna(NO_CLASS))
            if len(set(rows["soc"])) > 1:
                found = double_false_discovery(rows["p_value"], rows["soc"], rate=rate)
                rows = rows.assign(adjusted=found.adjusted, flagged=found.flagged)
            else:
                adjusted = adjust_p_values(rows["p_value"], method="benjamini-hochberg").adjusted
                rows = rows.assign(adjusted=adjusted, flagged=adjusted <= rate)
            parts.append(rows)
    if not parts:
        return singles.assign(soc="", adjusted=1.0, flagged=False)
    shown = terms.contrasts.dropna(subset=["risk_difference"])
    told = pd.concat(parts, ignore_index=True)[["term", "arm", "soc", "adjusted", "flagged"]]
    return told.merge(shown, on=["term", "arm"])


def _record_overview(kinds: Counts, control: str, level: float, method: str, **about: Any) -> None:
    for row in records(kinds.patients.dropna(subset=["subjects"])):
        record(
            f"{NAME}.overview", proportion(int(row["subjects"]), row["n"], level=level), scale="proportion",
            counts={str(row["arm"]): f"{row['subjects']:.0f}/{row['n']}", "events": f"{row['events']:.0f}"},
            kind=row["term"], arm=str(row["arm"]), **about,
        )  # fmt: skip
    for row in records(kinds.contrasts.dropna(subset=["risk_difference"])):
        arm = str(row["arm"])
        record(
            f"{NAME}.overview_difference",
            Estimate(row["risk_difference"], row["low"], row["high"], level, method),
            scale="difference",
            p_value=row["p_value"],
            null=0.0,
            direction=f"above: more with {arm}",
            kind=row["term"],
            arm=arm,
            control=control,
            **about,
        )
