"""The page that compares editions: made by the build, from what each edition recorded."""

import csv
import io
from html import escape

from lentap.book.editions import FOLDER, Run
from lentap.show.editions import Movement, in_order, movement_points, movement_table, movements
from lentap.show.format import escaped
from lentap.show.prose import key_points
from lentap.sources import SOURCES

PAGE = "reference/scenarios"
CSV = "scenarios.csv"

METHOD = """
:::{dropdown} Method

Each scenario is the whole book run with other parameters. A recorded result is compared with the one of the main
edition that stands on the same page and has the same name, source and labels, leaving aside the labels that the
scenario itself sets.

**How far.** The distance between the two estimates, in half-widths of the main edition's interval; ratios and times on
the log scale. Results without an interval follow, in percent of their value, and p-values last: they measure surprise,
not size.

**What counts as a change of conclusion.** An estimate on the other side of no effect, or on the other side of a margin
declared with the result. A p-value that crosses a threshold is neither.

:::

## What could go wrong

- **Scenarios are not a sample.** How many of them move a result says nothing about how likely it is to be right.
- **Moving little is not being right.** Editions share one trial: what is biased in all of them moves in none.
- **A scenario chosen after seeing the result** proves less than one written down before.

## To discuss

1. Which scenario would you have demanded before seeing the data, and which result would have made you doubt?
2. Name a defensible choice that no scenario covers. Write it as a file and build its edition.
"""


def comparison(runs: list[Run]) -> tuple[str, str]:
    """Markdown of the page, and every comparison as CSV; the first run is the main edition."""
    main, *others = runs
    moved: list[Movement] = []
    alone = {}
    for run in others:
        if run.edition.scenario is None or run.edition.design.source != main.edition.design.source:
            continue  # synthetic numbers are never set beside the reader's own
        changed = {
            done.page.name: run.edition.scenario.parameters.get(done.page.chapter.name, {}).keys()
            for done in run.finished
        }
        found, rest = movements(run.edition.title, main.results.values(), run.results.values(), changed)
        moved += found
        alone[run.edition.title] = rest
    titles = list(dict.fromkeys(m.scenario for m in moved))
    sources = tuple(source for source in SOURCES if source in {m.before.source for m in moved})
    points = movement_points(moved, titles)
    unmatched = sum(map(len, alone.values()))
    if unmatched:
        points.append(f"{unmatched} results of scenarios match none of the main edition and are left out.")
    recorded = {result.name for run in runs for _, result in run.results.values()}
    if idle := sorted(main.edition.design.margins.keys() - recorded):
        points.append(f"trial.yml gives a margin for {', '.join(idle)}, which no page records.")
    table = movement_table(moved)._repr_html_()
    parts = [
        "# What changes under other assumptions?",
        str(key_points(points, source=sources or main.edition.design.source)),
        "## The scenarios",
        "\n".join(_entry(run) for run in others),
        "## What moves",
        f"```{{raw}} html\n{table}\n```",
        f'<a href="../../{CSV}" download>Every comparison as CSV</a>',
        METHOD,
    ]
    return "\n\n".join(parts), _as_csv(moved)


def _entry(run: Run) -> str:
    scenario = run.edition.scenario
    assert scenario
    place = f"../../{FOLDER}/{scenario.name}/chapters/index.html"
    changes = "; ".join(
        escaped(f"{chapter}: {', '.join(f'{name} = {value}' for name, value in values.items())}")
        for chapter, values in scenario.parameters.items()
    )
    return f'- **<a href="{place}">{escape(scenario.title)}</a>.** {escaped(scenario.why)} ({changes}.)'


def _as_csv(moved: list[Movement]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    numbers = ("estimate", "low", "high")
    header = ["scenario", "page", "name", "labels", "source"]
    writer.writerow([*header, *(f"{n}_{which}" for which in ("main", "scenario") for n in numbers), "moved", "remark"])
    for m in in_order(moved):
        labels = "; ".join(f"{key}={value}" for key, value in m.before.labels.items())
        values = [getattr(result, n) for result in (m.before, m.after) for n in numbers]
        writer.writerow([m.scenario, m.page, m.before.name, labels, m.before.source, *values, m.size, m.remark])
    return out.getvalue()
