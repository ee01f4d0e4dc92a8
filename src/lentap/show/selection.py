"""Who gets as far as a resection, in print: the way of each arm, and what it does to the balance of the arms."""

import pandas as pd

from lentap.show.format import NOT_ESTIMABLE, escaped, interval, number, quote, without_unit, writer
from lentap.show.prose import Prose
from lentap.show.record import NEGLIGIBLE, Balance
from lentap.show.record.selection import ALL, RESECTED, Selection
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.sources import Source


def entry_table(found: Selection, *, source: Source, name: str = "entry") -> Table:
    """A row an arm: how many enter, who had the event without a resection, and how long the way was."""
    first = next(iter(found.arms.values()))
    rows = [
        {
            "Arm": arm,
            "Resected (%)": f"{one.share.counts[arm]}, {without_unit(one.share)}",
            "Event, never resected": quote(one.before, "estimate"),
            f"Time to resection ({one.median.unit})": interval(
                one.median.estimate, *one.quartiles, writer(one.median), absent=ABSENT
            ),
        }
        for arm, one in found.arms.items()
    ]
    note = f"Resected with {100 * (first.share.level or 0):g}% CI (Wilson); time from the start, median (quartiles)."
    caption = "Who gets as far as a resection"
    return Table(pd.DataFrame(rows), name, caption, (source,), notes=(note,))


def selected_balance_table(found: Selection, *, source: Source, name: str = "selected-balance") -> Table | Prose:
    """A row a variable: the standardised difference of the arms among all patients and among the resected."""
    if set(found.baselines) != {ALL, RESECTED}:
        return Prose("*Not shown: baseline among the resected, which needs resections in each arm and a baseline.*")
    control = list(found.arms)[-1]
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for of, table in found.baselines.items():
        apart = table.drop_duplicates(["variable", "arm"])
        for arm, label, smd in zip(apart["arm"].astype(str), apart["label"], apart["smd"].abs(), strict=True):
            if arm in found.balances[of]:
                rows.setdefault((arm, label), {})[f"Among {of}"] = number(smd, 2)
    frame = pd.DataFrame(
        [{"Variable": label, **cells, "Arm": f"{arm} against {control}"} for (arm, label), cells in rows.items()]
    ).replace(NOT_ESTIMABLE, ABSENT)
    return Table(frame, name, "Standardised differences of the arms", (source,), groups="Arm")


def entry_words(found: Selection) -> Prose:
    """What resection selects: how far the arms lie apart among all patients and among the resected, beside chance."""
    lines = [
        f"- {escaped(arm)} among {of}: the largest standardised difference is {quote(one.largest, 'estimate')}, "
        f"of {escaped(one.largest.counts['variable'])}; {_share(one)}."
        for of, balances in found.balances.items()
        for arm, one in balances.items()
    ]
    return Prose(
        "\n".join(lines) or "*Not shown: how alike the arms are, which needs patients on each and a baseline.*"
    )


def _share(one: Balance) -> str:
    beyond, total = one.beyond.counts["variables"].split("/")
    return (
        f"{beyond} of {total} are beyond {NEGLIGIBLE:g}, where randomising arms of this size would by chance put "
        f"{quote(one.by_chance, 'estimate')} of continuous variables"
    )
