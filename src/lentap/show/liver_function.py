"""Liver function over time: ALBI grades and Child-Pugh classes of the patients seen at each scheduled visit."""

from collections.abc import Sequence

import pandas as pd

from lentap.show.figure import Figure
from lentap.show.format import interval, number
from lentap.show.prose import Prose
from lentap.show.record.laboratory import Laboratory, albi_moves, albi_parts
from lentap.show.small_cells import HIDDEN, is_small, small_cell_notes
from lentap.show.stacked import Bar, hidden_bars, shareable, stacked_bars
from lentap.show.table import Table
from lentap.sources import Source
from lentap.stats.liver_function import ALBI_GRADES, CHILD_PUGH_CLASSES

MOST = 6  # visits drawn
NEEDS = "bilirubin and albumin of one day in known units"


def albi_figure(lab: Laboratory, *, source: Source, name: str = "albi") -> Figure | Prose:
    """ALBI grade at baseline and some scheduled visits, a bar an arm."""
    return _course(lab, "albi_grade", ALBI_GRADES, "ALBI grade", NEEDS, source, name)


def child_pugh_figure(lab: Laboratory, *, source: Source, name: str = "child-pugh") -> Figure | Prose:
    """Child-Pugh class from laboratory values at baseline and some scheduled visits, a bar an arm."""
    return _course(lab, "child_pugh_class", CHILD_PUGH_CLASSES, "Class", f"INR, {NEEDS}", source, name)


def _course(
    lab: Laboratory, column: str, levels: Sequence[str], word: str, needs: str, source: Source, name: str
) -> Figure | Prose:
    rows = lab.function.dropna(subset=[column])
    seen = rows[rows["is_baseline"] | (rows["phase"] == "after") & rows["visit"].notna()]
    if seen.empty:
        return Prose(f"*Not shown: needs {needs}.*")
    label = seen["visit_name"].astype(object).where(seen["visit_name"] != "", seen["visit"].map("Visit {:g}".format))
    seen = seen.assign(label=label.mask(seen["is_baseline"], "Baseline"))
    seen = seen.assign(order=seen["visit"].mask(seen["is_baseline"], float("-inf")))
    visits = seen.groupby("label").agg(order=("order", "first"), n=("order", "size")).sort_values("order")
    often = visits[visits["n"] >= max(5, visits["n"].max() // 10)]
    chosen = often.iloc[sorted({round(i * (len(often) - 1) / (MOST - 1)) for i in range(MOST)})]
    bars = [
        Bar(arm, {str(level): int(n) for level, n in of[column].value_counts().items() if n}, str(visit))
        for visit in chosen.index
        for arm in lab.arms
        if len(of := lab.of(seen[seen["label"] == visit], arm))
    ]
    bars, shown = shareable(bars, levels, lab.smallest)
    if not bars:
        return hidden_bars(lab.smallest)
    return stacked_bars(
        bars, shown, word=word, what=f"{word} by visit and arm, of the patients seen at it.", source=source,
        name=name,
    )  # fmt: skip


def albi_table(lab: Laboratory, *, source: Source, name: str = "albi-change") -> Table | Prose:
    """A row an arm: ALBI score at baseline and at the last scheduled visit, and how the grade moved."""
    moves = albi_moves(lab)
    rows = []
    for arm in lab.arms:
        of = lab.of(moves, arm)
        if of.empty or is_small(len(of), lab.smallest):
            continue
        parts = albi_parts(lab, arm)
        rows.append(
            {
                "Arm": f"{arm} (n = {len(of)})",
                "At baseline": _quartiles(of["albi_before"]),
                "Last visit": _quartiles(of["albi"]),
                "Change": _quartiles(of["albi"] - of["albi_before"]),
                "Grade milder": str(parts.get("milder", HIDDEN)),
                "Same": str(parts.get("same", HIDDEN)),
                "Graver": str(parts.get("graver", HIDDEN)),
            }
        )
    if not rows:
        return Prose(f"*Not shown: needs {NEEDS}, at baseline and after it.*")
    note = "Medians (quartiles) of the score in patients with both visits; a rise is a loss of function."
    caption = "ALBI from baseline to the last scheduled visit"
    return Table(pd.DataFrame(rows), name, caption, (source,), notes=(note, *small_cell_notes(lab.smallest)))


def _quartiles(values: pd.Series) -> str:
    low, middle, high = (float(values.quantile(q)) for q in (0.25, 0.5, 0.75))
    return interval(middle, low, high, lambda value: number(value, 2))
