"""The table behind each figure: estimates as printed text, a row a quantity, a column an arm."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from lentap.design import Endpoint
from lentap.show.format import (
    NOT_REACHED,
    confidence,
    duration,
    interval,
    number,
    p_phrase,
    p_value,
    percent,
    quote,
    records,
    without_unit,
    writer,
)
from lentap.show.proportions import HEADINGS
from lentap.show.record import Comparison, Survival
from lentap.show.small_cells import (
    HIDDEN,
    difference_text,
    is_small,
    parts_hidden,
    parts_without_small,
    share_text,
    small_cell_notes,
)
from lentap.show.survival import display_times
from lentap.show.table import Table
from lentap.sources import Source, combine
from lentap.stats.adverse_events import NO_EVENT
from lentap.stats.survival import KaplanMeier

ABSENT = "\N{EN DASH}"
WORDS = {("", "Y"): "Yes", ("SEX", "F"): "Female", ("SEX", "M"): "Male"}


def baseline_table(table_one: pd.DataFrame, *, control: str, source: Source, name: str = "baseline") -> Table:
    """Table 1: characteristics by arm, missing values as a row where there are any, standardised differences."""
    sizes = {
        str(arm): int((rows["n"] + rows["missing"]).iloc[0]) for arm, rows in table_one.groupby("arm", observed=True)
    }
    arms = [str(arm) for arm in sizes]
    headings = {arm: f"{arm} (N = {sizes[arm]})" for arm in arms}
    rows: list[dict[str, str]] = [] if len(table_one) else [{"": "", "Characteristic": "none declared in trial.yml"}]
    for _, variable in table_one.groupby("variable", sort=False):
        start = len(rows)
        flag = set(variable["level"]) == {"N", "Y"}
        for _, level in (variable[variable["level"] == "Y"] if flag else variable).groupby("level", sort=False):
            lines = _spread(level) if level["kind"].iloc[0] == "continuous" else _share(level)
            rows += [{"": text, **{headings[arm]: cells[arm] for arm in arms}} for text, cells in lines.items()]
        first = variable.drop_duplicates("arm").set_index("arm")
        smd = {str(arm): float(value) for arm, value in first["smd"].items()}
        if first["missing"].any():
            rows.append({"": "Missing", **{headings[arm]: str(first.loc[arm, "missing"]) for arm in arms}})
        for i, row in enumerate(rows[start:]):
            row["Characteristic"] = str(variable["label"].iloc[0])
            for arm in arms:
                if arm != control:
                    row[_difference_column(arm, arms)] = _smd(abs(smd[arm])) if i == 0 else ""
    return Table(
        pd.DataFrame(rows),
        name,
        "Characteristics at baseline",
        (source,),
        groups="Characteristic",
        notes=(
            f"SMD: absolute standardised difference from {control}. Percentages are of patients with a value. A "
            "characteristic without a row Missing is complete.",
        ),
    )


def _difference_column(arm: str, arms: Sequence[str]) -> str:
    return "SMD" if len(arms) == 2 else f"SMD, {arm}"


def _spread(level: pd.DataFrame) -> dict[str, dict[str, str]]:
    decimals = 1 if level["median"].abs().max() < 1000 else 0
    write = partial(number, decimals=decimals)
    mean = {arm: f"{write(row['mean'])} ({write(row['sd'])})" for arm, row in _by_arm(level)}
    median = {arm: interval(row["median"], row["q1"], row["q3"], write) for arm, row in _by_arm(level)}
    return {"Mean (SD)": mean, "Median (quartiles)": median}


def _by_arm(level: pd.DataFrame) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((str(row["arm"]), row) for row in records(level))


def _share(level: pd.DataFrame) -> dict[str, dict[str, str]]:
    cells = {arm: f"{row['count']} ({percent(row['proportion'])}%)" for arm, row in _by_arm(level)}
    name = str(level["level"].iloc[0])
    return {WORDS.get((str(level["variable"].iloc[0]), name), WORDS.get(("", name), name)): cells}


def _smd(value: float) -> str:
    return ABSENT if np.isnan(value) else number(value, 2) if np.isfinite(value) else "infinite"


def comparison_table(comparisons: Sequence[Comparison], *, caption: str, name: str = "comparison") -> Table:
    """Rates, differences and ratios, a column a kind of number, its rows grouped by comparison."""
    columns: dict[str, dict[tuple[str, str], str]] = {}
    for comparison in comparisons:
        cells: dict[tuple[str, str], str] = {}
        for arm, rate in comparison.rates.items():
            cells["Patients with the outcome", f"{arm} (%)"] = f"{rate.counts[arm]}, {without_unit(rate)}"
        for contrast in comparison.contrasts.values():
            labels = contrast.risk_difference.labels
            group = f"{labels['arm']} against {labels['control']}"
            for estimate in contrast.differences.values():
                cells[group, f"Risk difference, {estimate.method} (points)"] = interval(
                    estimate.value, estimate.low, estimate.high, percent
                )
            cells[group, "Risk ratio"] = without_unit(contrast.risk_ratio)
            cells[group, "Odds ratio"] = without_unit(contrast.odds_ratio)
            cells[group, "Fisher's exact test, p"] = quote(contrast.fisher_p, "p")
        columns[HEADINGS[comparison.source]] = cells
    keys = list(dict.fromkeys(key for cells in columns.values() for key in cells))
    groups = list(dict.fromkeys(group for group, _ in keys))
    keys.sort(key=lambda key: groups.index(key[0]))
    frame = pd.DataFrame(
        [
            {
                "Group": group,
                "": text,
                **{heading: cells.get((group, text), ABSENT) for heading, cells in columns.items()},
            }
            for group, text in keys
        ]
    )
    rates = [rate for comparison in comparisons for rate in comparison.rates.values()]
    return Table(
        frame,
        name,
        caption,
        combine(*(comparison.source for comparison in comparisons)),
        groups="Group",
        notes=(f"Intervals: {confidence(rates[0])}. Ratios: score interval of Miettinen and Nurminen.",),
    )


def survival_table(
    curves: Mapping[str, KaplanMeier],
    found: Survival,
    *,
    endpoint: Endpoint,
    source: Source,
    landmarks: Sequence[float] = (),
    name: str = "survival-table",
) -> Table:
    """Patients, events, median, event-free percentages, and hazard ratios against the other arm.

    Parameters
    ----------
    landmarks
        Times of the percentages, in the endpoint's unit; none for round ones.
    """
    longest = max(float(curve.time[-1]) for curve in curves.values())
    times = landmarks or display_times(longest, endpoint.unit)[1:4]
    medians, ratios = found.medians, found.hazard_ratios
    columns = {}
    for arm, curve in curves.items():
        row = {"Patients": str(curve.n), "Events": str(int(sum(curve.events)))}
        row[f"Median ({endpoint.unit})"] = interval(
            medians[arm].estimate, medians[arm].low, medians[arm].high, writer(medians[arm]), absent=NOT_REACHED
        )
        for time in times:
            at = curve.estimate_at(time)
            known = np.isfinite(at.value)
            row[f"Event-free at {duration(time, endpoint.unit)} (%)"] = (
                interval(at.value, at.low, at.high, percent) if known else ABSENT
            )
        row["Hazard ratio"] = without_unit(ratios[arm]) if arm in ratios else "reference"
        row["p"] = quote(ratios[arm], "p") if arm in ratios else ""
        columns[arm] = row
    level = f"{100 * next(iter(curves.values())).level:g}% CI"
    return Table(
        pd.DataFrame(columns).rename_axis("Measure").reset_index(),
        name,
        endpoint.label,
        (source,),
        notes=(f"Estimates with {level}. Hazard ratios against {list(curves)[-1]}, p of Wald's test.",),
    )


def incidence_table(
    incidence: pd.DataFrame,
    comparison: pd.DataFrame,
    *,
    level: float,
    control: str,
    source: Source,
    name: str = "incidence",
    heading: str = "Adverse event",
    caption: str = "Patients with an adverse event",
    notes: Sequence[str] = (),
) -> Table:
    """Patients with each event by arm, and differences from control with p-values; what is hidden says so."""
    sizes = incidence.drop_duplicates("arm").set_index("arm")["n"]
    contrasts = {(row["term"], str(row["arm"])): row for row in records(comparison)}
    rows = []
    for term, by_arm in incidence.groupby("term", sort=False):
        row = {heading: str(term)}
        for one in records(by_arm):
            row[f"{one['arm']} (N = {sizes[one['arm']]})"] = share_text(one["subjects"], one["n"])
        for arm in (str(arm) for arm in by_arm["arm"] if (term, str(arm)) in contrasts):
            contrast = contrasts[term, arm]
            points, p = difference_text(contrast), contrast["p_value"]
            if len(sizes) > 2:
                words = points if points == HIDDEN else f"{points}, {p_phrase(p)}"
                row[f"Difference (points), {arm}"] = words
            else:
                row |= {"Difference (points)": points, "p": HIDDEN if points == HIDDEN else p_value(p)}
        rows.append(row)
    note = (
        f"Differences from {control} with {100 * level:g}% CI; p of Fisher's exact test, not adjusted for their number."
    )
    return Table(
        pd.DataFrame(rows or [{heading: "none"}]),
        name,
        caption,
        (source,),
        notes=(note, *notes),
    )


def grade_table(worst: pd.DataFrame, *, source: Source, smallest: int = 0, name: str = "worst-grade") -> Table:
    """Patients by the worst grade they had, a column a grade; cells of fewer than ``smallest`` patients are hidden.

    Where cells are hidden there is no column for those without an event: it would give away what the others hold.
    """
    rows = []
    for arm, by_grade in worst.groupby("arm", observed=True):
        total = int(by_grade["n"].iloc[0])
        shown = by_grade[by_grade["grade"] != NO_EVENT] if smallest > 1 else by_grade
        parts = parts_without_small(shown["subjects"], smallest)
        cells = {_grade(str(grade)): share_text(part, total) for grade, part in zip(shown["grade"], parts, strict=True)}
        rows.append({"Arm": f"{arm} (N = {total})", **cells})
    note = "A patient counts once, at the worst grade known; whose events all lack a grade stands under not graded."
    notes = (note, *small_cell_notes(smallest))
    return Table(pd.DataFrame(rows), name, "Worst grade of each patient", (source,), notes=notes)


def _grade(word: str) -> str:
    return f"Grade {word}" if word.isdigit() else word.capitalize()


def change_table(
    summary: pd.DataFrame, *, marker_unit: str, source: Source, smallest: int = 0, name: str = "marker-changes"
) -> Table:
    """Medians and quartiles of a marker before and after, and the change, by visit, arm and response.

    ``summary`` has the columns of ``lentap.stats.biomarker.summarise_change`` with ``visit``, ``arm`` and ``response``.
    Rows of fewer than ``smallest`` patients are hidden.
    """

    def quartiles(row: dict[str, Any], column: str) -> str:
        return interval(row[f"{column}_median"], row[f"{column}_q1"], row[f"{column}_q3"])

    rows = [
        {
            "Visit": row["visit"],
            "Arm and response": f"{row['arm']}, {str(row['response']).lower()}s",
            "Patients": str(row["n"]),
            "Before": quartiles(row, "baseline"),
            "After": quartiles(row, "value"),
            "Change": interval(row["shift"], row["low"], row["high"]),
            "p": p_value(row["p_value"]),
        }
        for row in records(summary)
    ]
    columns = ["Visit", "Arm and response", "Patients", "Before", "After", "Change", "p"]
    for row in rows:
        if is_small(int(row["Patients"]), smallest):
            row.update(dict.fromkeys(columns[2:], HIDDEN))
    note = (
        f"In {marker_unit}. Before and after: median (quartiles) of patients with both samples. Change: Hodges-Lehmann "
        f"estimate with 95% CI and Wilcoxon's signed-rank test."
    )
    frame = pd.DataFrame(rows or [dict.fromkeys(columns, ABSENT)], columns=columns)
    return Table(
        frame, name, "The marker before and after the start of treatment", (source,), groups="Visit",
        notes=(note, *small_cell_notes(smallest)),
    )  # fmt: skip


def missing_table(missing: pd.DataFrame, *, source: Source, smallest: int = 0, name: str = "missing-samples") -> Table:
    """Samples measured and missing by visit and arm, a column a reason, as ``Samples.missing`` counts them."""
    frame = missing.astype(str)
    parts = list(missing.columns[3:])  # of the patients expected
    for i, counts in zip(missing.index, missing[parts].to_numpy(), strict=True):
        frame.loc[i, [one for one, gone in zip(parts, parts_hidden(counts, smallest), strict=True) if gone]] = HIDDEN
    frame = frame.rename(columns=lambda column: str(column)[:1].upper() + str(column)[1:])
    caption = "Blood samples, and why some are missing"
    return Table(frame, name, caption, (source,), groups="Visit", notes=small_cell_notes(smallest))
