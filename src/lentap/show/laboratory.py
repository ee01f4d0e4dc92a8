"""Laboratory values in print: grades at baseline and at their worst, limits, what has no place, and the key points."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import pandas as pd

from lentap.results import Result
from lentap.show.figure import Figure
from lentap.show.format import confidence, escaped, listed, quote, within, without_unit
from lentap.show.prose import Prose, shares, side, with_interval
from lentap.show.record import Comparison
from lentap.show.record.laboratory import GRAVE, PANEL, TESTS, Findings, Laboratory
from lentap.show.shareable import not_counted
from lentap.show.small_cells import HIDDEN, small_cell_notes
from lentap.show.stacked import Bar, stacked_bars
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.sources import Source
from lentap.stats.laboratory_grades import GRADES

LEVELS = [str(grade) for grade in GRADES]
UNKNOWN = "not graded"
SIGNS = {"above": ">", "from": "\N{GREATER-THAN OR EQUAL TO}", "below": "<"}
REFERENCES = {"upper limit": "ULN", "lower limit": "LLN", "baseline": "BL"}


def laboratory_points(lab: Laboratory, found: Findings, *, after_tace: float) -> list[str]:
    """Key points: grave values by test, Hy's law and TACE, liver function, thyroid and urine."""
    if lab.gap:
        return [f"Laboratory values cannot be shown: {lab.gap}."]
    liver = [test for test in PANEL if test in found.grave]
    apart = [
        f"{within(TESTS[test])} ({escaped(arm)}: {with_interval(contrast.risk_difference)})"
        for test in liver
        for arm, contrast in found.grave[test].contrasts.items()
        if side(contrast.risk_difference) != "across"
    ]
    return [
        _most_often(lab, found, liver),
        f"Intervals that exclude no difference in a rise to grade {GRAVE} or above: {'; '.join(apart)}."
        if apart
        else "In none of these tests does the interval of the difference in such a rise exclude zero."
        if any(found.grave[test].contrasts for test in liver) and not hides(found.grave, lab)
        else "",
        _hys(found, after_tace, lab),
        f"{shares(found.albi.rates, 'ALBI grade at the last scheduled visit graver than at baseline')}"
        if found.albi
        else "",
        *(shares(one.rates, words) for found_in in (found.thyroid, found.urine) for words, one in _first(found_in)),
    ]


def _most_often(lab: Laboratory, found: Findings, liver: list[str]) -> str:
    """Which test of the liver panel was grave in most patients of an arm: one, several alike, or none."""
    hidden = hides(found.grave, lab)
    if hidden and not any(rate.estimate for test in liver for rate in found.grave[test].rates.values()):
        many = f"{lab.smallest} patients of an arm or more"
        return f"In no test of the liver panel did the grade of {many} rise to {GRAVE} or above."
    if not liver:
        return "No value of the liver panel after baseline could be graded."
    highest = {test: max(rate.estimate or 0 for rate in found.grave[test].rates.values()) for test in liver}
    most = max(highest.values())
    panel = f"test{'s' if len(liver) > 1 else ''} of the liver panel with a grade (CTCAE v{lab.version})"
    if most == 0:
        return f"Nobody's grade rose to {GRAVE} or above after baseline in the {len(liver)} {panel}."
    first, *alike = [test for test, share in highest.items() if share == most]
    words = shares(found.grave[first].rates, f"{within(TESTS[first])} risen to grade {GRAVE} or above")
    words += " Who had such a grade at baseline is left out."
    if hidden:
        return words
    if len(liver) == 1:
        return f"{words} It is the only {panel}."
    if alike:
        others = listed([within(TESTS[test]) for test in alike])
        return f"{words} Of the {len(liver)} {panel} it is most often so grave in an arm, and as often {others}."
    return f"{words} Of the {len(liver)} {panel} it is the one most often so grave in an arm."


def hides(found: Mapping[str, Comparison], lab: Laboratory) -> bool:
    """Whether small cells are hidden, and an arm or a test of the grades is not there."""
    graded = set(lab.worst.loc[lab.worst["worst"].notna(), "test"])
    return lab.smallest > 1 and (graded > set(found) or any(len(one.rates) < len(lab.arms) for one in found.values()))


def _first(found: Mapping[str, Comparison]) -> list[tuple[str, Comparison]]:
    """The first of some comparisons, where there is any."""
    return list(found.items())[:1]


def _hys(found: Findings, after_tace: float, lab: Laboratory) -> str:
    if found.hys_law is None and lab.smallest > 1:
        return f"Hy's law: nobody, or fewer than {lab.smallest} patients of each arm, met its biochemical criteria."
    if found.hys_law is None:
        return "Hy's law: nobody has both an aminotransferase and a bilirubin after baseline with their upper limits."
    words = f"**Hy's law.** {shares(found.hys_law.rates, 'biochemical criteria met')}"
    if not lab.has_procedures:
        return f"{words} When TACE was given is not known here."
    near = [f"{found.near_tace.get(arm, HIDDEN)} on {escaped(arm)}" for arm in found.hys_law.rates]
    return f"{words} Within {after_tace:g} days after a TACE session: {listed(near)}."


def worst_figure(lab: Laboratory, *, source: Source, name: str = "worst-grades") -> Figure | Prose:
    """Worst grade after baseline, a bar an arm, by test."""
    if lab.smallest > 1:
        return Prose(
            f"*Not shown: beside the table, worst grades would tell of fewer than {lab.smallest} patients, such as "
            "those who had the grade before treatment.*"
        )
    known = lab.worst.dropna(subset=["worst"])
    bars = [
        Bar(arm, {str(grade): int((rows["worst"] == grade).sum()) for grade in GRADES}, TESTS[test])
        for test in TESTS
        for arm in lab.arms
        if len(rows := lab.of(known[known["test"] == test], arm))
    ]
    if not bars:
        return Prose("*Not shown: no value after baseline could be graded.*")
    what = f"Worst grade (CTCAE v{lab.version}) after baseline, by test and arm."
    return stacked_bars(bars, LEVELS, word="Grade", what=what, source=source, name=name)


def grave_table(lab: Laboratory, found: Findings, *, source: Source, name: str = "grave") -> Table | Prose:
    """A row a test: how many rose to grade 3 or above in each arm, and what separates the arms."""
    if not found.grave:
        return _nothing(lab, "no value after baseline could be graded")
    rows = [comparison_row({"Test": TESTS[test]}, one, lab) for test, one in found.grave.items()]
    caption = f"Risen to grade {GRAVE} or above after baseline (CTCAE v{lab.version})"
    baseline = f"Who had grade {GRAVE} or above at baseline is left out; the next table shows them too."
    notes = (comparison_note(found.grave.values()), baseline, *_hidden_rows(lab))
    return Table(pd.DataFrame(rows).fillna(_absent(lab)), name, caption, (source,), notes=notes)


def _nothing(lab: Laboratory, why: str) -> Prose:
    """Why a table is not there."""
    return Prose(f"*Not shown: {why}{', or in too few patients to tell' if lab.smallest > 1 else ''}.*")


def _absent(lab: Laboratory) -> str:
    return HIDDEN if lab.smallest > 1 else ABSENT


def _hidden_rows(lab: Laboratory) -> tuple[str, ...]:
    notes = small_cell_notes(lab.smallest)
    return ("Rows that would be hidden in every arm are left out.", *notes) if notes else ()


def comparison_row(first: dict[str, str], found: Comparison, lab: Laboratory) -> dict[str, str]:
    """Counts and percentages of each arm, and the risk differences, as cells."""
    rates = {arm: found.rates.get(arm) for arm in lab.arms}
    cells = {f"{arm}, n (%)": _count(arm, rate) if rate else _absent(lab) for arm, rate in rates.items()}
    differences = {
        f"{arm} minus {contrast.risk_difference.labels['control']} (points)": without_unit(contrast.risk_difference)
        for arm, contrast in found.contrasts.items()
    }
    return first | cells | differences


def comparison_note(found: Iterable[Comparison]) -> str:
    """What the cells of ``comparison_row`` are."""
    first = next(iter(next(iter(found)).rates.values()))
    return (
        f"Of the patients with such a value after baseline. Differences with {confidence(first)} (Miettinen and "
        "Nurminen), not adjusted for their number."
    )


def _count(arm: str, rate: Result) -> str:
    return f"{rate.counts[arm]} ({quote(rate, 'estimate').removesuffix('%')})"


def shift_table(lab: Laboratory, *, source: Source, name: str = "shift") -> Table | Prose:
    """Patients by grade at baseline (rows) and worst grade after it (columns), for each test and arm."""
    columns = [*LEVELS, UNKNOWN]
    rows = []
    for test in TESTS:
        of_test = lab.worst[lab.worst["test"] == test]
        for arm in lab.arms:
            counts = pd.crosstab(_words(lab.of(of_test, arm)["baseline"]), _words(lab.of(of_test, arm)["worst"]))
            if ((counts > 0) & (counts < lab.smallest)).any(axis=None):  # any of them would be told by sums of others
                rows.append({"Grade at baseline": arm, **dict.fromkeys(columns, HIDDEN), "Test": TESTS[test]})
                continue
            for start in columns:
                if start in counts.index:
                    cells = {end: str(counts.loc[start].get(end, 0)) for end in columns}
                    rows.append({"Grade at baseline": f"{arm}, {start}", **cells, "Test": TESTS[test]})
    if not rows:
        return Prose("*Not shown: no value could be graded.*")
    if all(row["0"] == HIDDEN for row in rows):
        return Prose(f"*Not shown: of every test and arm some shift is of fewer than {lab.smallest} patients.*")
    caption = f"Worst grade after baseline, by grade at baseline (patients, CTCAE v{lab.version})"
    note = "Columns: worst grade after baseline. Every patient stands in one row of each test."
    notes = (note, *small_cell_notes(lab.smallest))
    return Table(
        pd.DataFrame(rows), name, caption, (source,), groups="Test", spanners={"Worst grade after baseline": columns},
        notes=notes,
    )  # fmt: skip


def _words(grades: pd.Series) -> pd.Series:
    return grades.map(lambda grade: UNKNOWN if pd.isna(grade) else str(int(grade)))


def limits_table(lab: Laboratory, *, name: str = "limits") -> Table:
    """The limits behind the grades, as published."""
    rows = []
    for (test, baseline), of in lab.limits.groupby(["test", "baseline"], sort=False):
        cells = {str(one["grade"]): f"{SIGNS[one['passed']]} {_limit(one)}" for one in of.to_dict("records")}
        if_baseline = {"normal": "normal or unknown", "high": "above ULN", "any": "any"}[str(baseline)]
        rows.append(
            {"Test": TESTS[str(test)], "Baseline": if_baseline, **{g: cells.get(g, ABSENT) for g in LEVELS[1:]}}
        )
    notes = (
        "ULN, LLN: upper and lower limit of normal; BL: the patient's baseline. The gravest limit passed counts. "
        "Grades that ask for more than a value (symptoms, bleeding, an intervention) are not given here.",
        *(f"{source}." for source in lab.limits["source"].unique()),
    )
    return Table(
        pd.DataFrame(rows), name, f"Limits of the grades in CTCAE v{lab.version}", ("published",),
        left=["Baseline", *LEVELS[1:]], spanners={"Grade": LEVELS[1:]}, notes=notes,
    )  # fmt: skip


def _limit(one: Mapping[Hashable, Any]) -> str:
    if one["of"] == "value":
        return f"{one['limit']:g} {unit_words(str(one['unit']))}".strip()
    factor = "" if one["limit"] == 1 else f"{one['limit']:g} \N{MULTIPLICATION SIGN} "
    return f"{factor}{REFERENCES[str(one['of'])]}"


def unit_words(unit: str) -> str:
    """A unit of a table as it is printed; empty for a plain ratio."""
    if unit in ("ratio", "1"):
        return ""
    return unit.replace("10^9/L", "\N{MULTIPLICATION SIGN} 10\N{SUPERSCRIPT NINE}/L").replace(
        "umol", "\N{MICRO SIGN}mol"
    )


def compared_table(
    found: Mapping[str, Comparison], lab: Laboratory, *, caption: str, source: Source, name: str
) -> Table | Prose:
    """A row a comparison, such as those of thyrotropin and urine protein."""
    if not found:
        return Prose(f"*Not shown: {within(caption)} needs values after baseline (TSH, UPROT) and their upper limits.*")
    rows = [comparison_row({"Patients with": words}, one, lab) for words, one in found.items()]
    notes = (comparison_note(found.values()), *_hidden_rows(lab))
    return Table(pd.DataFrame(rows).fillna(_absent(lab)), name, caption, (source,), notes=notes)


def counted_table(lab: Laboratory, *, least: int, source: Source, name: str = "counted") -> Table | Prose:
    """What became of every row of these tests in these patients, and which patients lack what is needed."""
    if lab.smallest > 1:
        return not_counted(lab.smallest)
    values, graded = lab.graded, lab.graded["grade"].notna()
    placed = values["why"] == ""
    before = (values["phase"] == "before") & ~values["is_baseline"]
    after = values["phase"] == "after"
    function = values["test"].isin(["ALT", "AST", "BILI"]) & placed
    pairs = lab.worst
    masks = {
        "Rows of these tests": values["test"].notna(),
        "Without a value": values["why"] == "no value",
        "With a value, without a day: neither before nor after": values["why"] == "no day",
        "Baseline": values["is_baseline"],
        "Before treatment and not the last such value: not used": before,
        "After baseline": after,
        "After baseline, at no scheduled visit: not in the course, but in everything else": after
        & values["visit"].isna(),
        **{
            f"Placed, not graded: {why}": placed & ~graded & (values["ungraded"] == why)
            for why in sorted(set(values["ungraded"]) - {"", "no value", "no day"})
        },
        "ALT, AST, bilirubin without an upper limit of normal: not in the plot of liver injury": function
        & values["high"].isna(),
    }
    rows = [_by_arm(what, values["arm"][mask], lab) for what, mask in masks.items()]
    for words, column in (("no grade at baseline", "baseline"), ("no grade after baseline", "worst")):
        rows.append(_by_arm(f"Patients times tests with {words}", pairs["arm"][pairs[column].isna()], lab))
    unmeasured = lab.injury["arm"][lab.injury["quadrant"] == "not measured"]
    rows.append(_by_arm("Patients not in the plot of liver injury: a test or its limit is missing", unmeasured, lab))
    note = f"A visit of an arm with fewer than {least} values of a test is not drawn in the course of that test."
    return Table(pd.DataFrame(rows), name, "What was counted, and what could not be", (source,), notes=(note,))


def _by_arm(what: str, arms: pd.Series, lab: Laboratory) -> dict[str, str]:
    return {"": what, **{arm: str(int((arms == arm).sum())) for arm in lab.arms}}
