"""The edition for public sharing: it sets every page that can hide small cells, and none can be told by subtraction."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest

from lentap.adam import Trial, load_trial
from lentap.book.chapter import find_chapters
from lentap.book.project import Project
from lentap.book.scenarios import load_scenario
from lentap.event_groups import load_event_groups
from lentap.results import Result
from lentap.show.benefit_risk import effect_plot, win_plot
from lentap.show.event_times import count_curves, incidence_curves, onset_table, rate_table
from lentap.show.exposure import changes_table, given_table, reasons_table, sessions_figure
from lentap.show.harms import class_table, group_table, overview_table, record_table, worst_table
from lentap.show.laboratory import grave_table
from lentap.show.liver_function import albi_figure, albi_table, child_pugh_figure
from lentap.show.liver_injury import injury_table
from lentap.show.operations import clavien_table, operation_table
from lentap.show.record.adverse_events import record_harms
from lentap.show.record.benefit_risk import record_benefit_risk
from lentap.show.record.event_records import event_records
from lentap.show.record.event_times import record_event_times, watch
from lentap.show.record.exposure import exposure_of, record_exposure, record_sessions
from lentap.show.record.laboratory import laboratory_of, record_laboratory
from lentap.show.record.operations import record_operations
from lentap.show.table import Table

SMALLEST = 5
MANY = 10_000
COUNT = re.compile(r"(\d+)(?: \(|/|$| in )")


def test_the_scenario_hides_small_cells_on_every_page_that_can(checkout: Project) -> None:
    chapters = find_chapters(checkout.chapters, checkout.package)
    able = {name for name, chapter in chapters.items() if "smallest_cell" in chapter.parameters}
    scenario = load_scenario(checkout, "public_sharing", chapters)
    assert scenario.parameters == {name: {"smallest_cell": SMALLEST} for name in able}


@dataclass
class Page:
    """What a page prints: counts of patients by name (None where hidden), which add up, and which only cover a whole.

    ``sums`` are wholes with their parts, ``covers`` wholes whose patients are each in one part or several, ``small``
    hidden counts that are known to be below the least one.
    """

    cells: dict[Any, int | None] = field(default_factory=dict)
    sums: list[tuple[Any, list[Any]]] = field(default_factory=list)
    covers: list[tuple[Any, list[Any]]] = field(default_factory=list)
    small: set[Any] = field(default_factory=set)


def told(page: Page) -> dict[Any, tuple[int, int]]:
    """The least and the greatest that each count can be: what follows from the printed ones, again and again."""
    bounds = {
        name: (count, count) if count is not None else (1, SMALLEST - 1 if name in page.small else MANY)
        for name, count in page.cells.items()
    }
    for _ in range(20):
        before = dict(bounds)
        for whole, parts in page.sums:
            _narrow(bounds, whole, sum(bounds[one][0] for one in parts), sum(bounds[one][1] for one in parts))
            for part in parts:
                rest = [bounds[one] for one in parts if one != part]
                low = bounds[whole][0] - sum(high for _, high in rest)
                _narrow(bounds, part, low, bounds[whole][1] - sum(low for low, _ in rest))
        for whole, parts in page.covers:
            _narrow(bounds, whole, max(bounds[one][0] for one in parts), sum(bounds[one][1] for one in parts))
            for part in parts:
                rest_high = sum(bounds[one][1] for one in parts if one != part)
                _narrow(bounds, part, bounds[whole][0] - rest_high, bounds[whole][1])
        if bounds == before:
            break
    return bounds


def _narrow(bounds: dict[Any, tuple[int, int]], name: Any, low: int, high: int) -> None:
    bounds[name] = max(bounds[name][0], low), min(bounds[name][1], high)


def recovered(page: Page, true: Page) -> list[Any]:
    """Small counts that are printed, or that can only be one number."""
    bounds = told(page)
    return [name for name, count in true.cells.items() if 0 < count < SMALLEST and bounds[name][0] == bounds[name][1]]


def count(cell: str) -> int | None:
    found = COUNT.match(str(cell))
    return int(found[1]) if found else None


def by_arm(table: Table, key: str, arms: Sequence[str]) -> Iterator[tuple[str, str, int | None]]:
    for row in table.frame.to_dict("records"):
        for arm in arms:
            (column,) = [one for one in row if one == arm or one.startswith((f"{arm} (", f"{arm}, n"))]
            yield row[key], arm, count(row[column])


@pytest.fixture(scope="module")
def trial() -> Trial:
    return load_trial("shipped", "adsl", "adae", "adex", "adlb", "adpr", "adtte")


def harms_page(trial: Trial, smallest: int) -> Page:
    found = record_harms(
        trial, load_event_groups(), population="SAF", experimental="all", minimum_grade=1, minimum_incidence=0.0,
        related_only=False, false_discovery=0.1, smallest=smallest, level=0.95, difference_interval="newcombe",
    )  # fmt: skip
    page, arms = Page(), ("LEN-TAP", "TACE")
    for show in (overview_table, group_table):
        table = show(found, design=trial.design, source="synthetic")
        page.cells |= {(kind, arm): n for kind, arm, n in by_arm(table, table.frame.columns[0], arms)}
    for row in worst_table(found, source="synthetic").frame.to_dict("records"):
        arm = row["Arm"].split(" (")[0]
        grades = {name: count(cell) for name, cell in row.items() if name not in ("Arm", "No event")}
        page.cells |= {(name, arm): n for name, n in grades.items()}
        page.sums.append((("Any adverse event", arm), [(name, arm) for name in grades]))
        severe = [(f"Grade {grade}", arm) for grade in (3, 4, 5)]
        page.sums.append((("Grade 3 or above", arm), severe))
        page.covers.append((("Any adverse event", arm), [("Serious", arm), ("Any adverse event", arm)]))
    classes = class_table(found, source="synthetic").frame.to_dict("records")
    for arm in arms:
        (column,) = [one for one in classes[0] if one.startswith(f"{arm} (N")]
        for row in classes:
            page.cells[row["Class"], row["Event"], arm] = count(row[column])
            grades = next(cell for name, cell in row.items() if name.startswith(f"{arm}, worst grade"))
            parts = [int(part) if part.isdigit() else None for part in grades.split("/")] if "/" in grades else []
            names = [(row["Class"], row["Event"], arm, i) for i in range(len(parts))]
            page.cells |= dict(zip(names, parts, strict=True))
            page.sums += [((row["Class"], row["Event"], arm), names)] if names else []
        for soc in {row["Class"] for row in classes}:
            terms = [(soc, row["Event"], arm) for row in classes if row["Class"] == soc]
            page.covers.append((terms[0], terms[1:]))
            page.small |= {term for term in terms[1:] if page.cells[term] is None}
    records = event_records(trial, trial.subjects("SAF"))
    rows = record_table(records, smallest=smallest, source="synthetic").frame.set_index("Records")
    page.cells |= {name: count(n) for name, n in rows["Number"].items()}
    page.sums.append(("All records", ["Counted", "Not treatment-emergent (TRTEMFL)"]))
    return page


def exposure_page(trial: Trial, smallest: int) -> Page:
    exposure = exposure_of(trial, trial.subjects("SAF"), smallest)
    given = record_exposure(exposure, level=0.95, source="synthetic")
    page = Page()
    treated = given_table(given, source="synthetic").frame.to_dict("records")
    page.cells |= {(one.treatment, one.arm): count(row["Treated"]) for one, row in zip(given, treated, strict=True)}
    for one in changes_table(exposure, given, source="synthetic").frame.to_dict("records"):
        for what in ("Held", "For an adverse event", "Lowered"):
            page.cells[one["Treatment"], one["Arm"], what] = count(one[what])
    reasons = reasons_table(exposure, source="synthetic").frame
    for treatment, rows in reasons.groupby("Treatment"):
        name = tuple(treatment.rsplit(", ", 1))
        for what, n in zip(rows["What and why"], rows["Patients"], strict=True):
            page.cells[(*name, what)] = count(n)
        named = [(*name, what) for what in rows["What and why"]]
        if ended := [one for one in named if one[2].startswith("Ended")]:
            page.sums.append((name, ended))
        for how in ("Held", "Lowered"):
            if changed := [one for one in named if one[2].startswith(how)]:
                page.covers.append(((*name, how), changed))
        if (*name, "Held: adverse event") in page.cells:
            page.sums.append(((*name, "For an adverse event"), [(*name, "Held: adverse event")]))
    sessions = record_sessions(exposure, source="synthetic")
    page.cells |= bars(sessions_figure(sessions, source="synthetic", smallest=smallest), "Sessions")
    return page


def bars(figure: Any, word: str) -> dict[Any, int | None]:
    return {(row["Of"], word, row[word]): row["Patients"] for row in figure.data.to_dict("records")}


def laboratory_page(trial: Trial, smallest: int) -> Page:
    lab = laboratory_of(
        trial, trial.subjects("SAF"), version="5.0", reference="upper limit", window=30, smallest=smallest
    )
    found = record_laboratory(lab, control="TACE", level=0.95, after_tace=14, source="synthetic")
    page, arms = Page(), ("LEN-TAP", "TACE")
    page.cells |= {(test, arm): n for test, arm, n in by_arm(grave_table(lab, found, source="synthetic"), "Test", arms)}
    injury = injury_table(lab, found, after_tace=14, source="synthetic")
    for what, arm, n in by_arm(injury, "Patients", arms):
        page.cells[what.rpartition(", of")[0] or what, arm] = n
    for arm in arms:
        quadrants = [name for name in page.cells if str(name[0]).startswith("Quadrant") and name[1] == arm]
        measured = lab.of(lab.injury, arm)["quadrant"] != "not measured"
        page.cells["measured", arm] = int(measured.sum()) if smallest else len(measured)
        page.sums.append((("measured", arm), quadrants))
    for row in albi_table(lab, source="synthetic").frame.to_dict("records"):
        arm, n = row["Arm"].split(" (n = ")
        moves = [("ALBI", arm, name) for name in ("Grade milder", "Same", "Graver")]
        page.cells |= {move: count(row[move[2]]) for move in moves} | {("ALBI", arm): int(n.rstrip(")"))}
        page.sums.append((("ALBI", arm), moves))
    for figure, word in ((albi_figure, "ALBI grade"), (child_pugh_figure, "Class")):
        page.cells |= bars(figure(lab, source="synthetic"), word)
    return page


def surgery_page(trial: Trial, smallest: int) -> Page:
    found = record_operations(
        trial, population="ITT", experimental="all", days=90, window=28, smallest=smallest, level=0.95,
        method="newcombe",
    )  # fmt: skip
    page, arms = Page(), ("LEN-TAP", "TACE")
    table = operation_table(found, design=trial.design, source="synthetic")
    page.cells |= {(what, arm): n for what, arm, n in by_arm(table, "Outcome", arms)}
    for row in clavien_table(found, source="synthetic").frame.to_dict("records"):
        arm, n = row.pop("Arm").removesuffix(" operated)").split(" (")
        page.cells |= {(grade, arm): count(cell) for grade, cell in row.items()} | {("operated", arm): int(n)}
        grades = [(grade, arm) for grade in row]
        page.sums.append((("operated", arm), grades))
        page.sums.append((("operated", arm), [("none", arm), ("Any complication", arm)]))
        page.sums.append((("Any complication", arm), grades[1:]))
        page.sums.append((("Major complication (IIIa or above)", arm), grades[3:]))
    return page


PAGES = {
    "adverse_events": harms_page, "exposure": exposure_page, "laboratory": laboratory_page, "surgery": surgery_page,
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_no_small_count_is_printed_or_follows_from_those_that_are(trial: Trial, name: str) -> None:
    true, page = PAGES[name](trial, 0), PAGES[name](trial, SMALLEST)
    common = Page({key: n for key, n in true.cells.items() if key in page.cells})
    assert any(0 < n < SMALLEST for n in true.cells.values()), "the attack has something to find"
    assert not [key for key, n in page.cells.items() if n is not None and 0 < n < SMALLEST]
    assert recovered(page, common) == []


def test_the_attack_finds_what_a_total_tells() -> None:
    cells: Mapping[Any, int | None] = {"all": 20, "a": 12, "b": None, "c": 5}
    page = Page(dict(cells), [("all", ["a", "b", "c"])])
    assert recovered(page, Page({**cells, "b": 3})) == ["b"]
    page.cells["c"] = None
    assert recovered(page, Page({**cells, "b": 3})) == []
    covered = Page({"any": 24, "a": 20, "b": None}, covers=[("any", ["a", "b"])], small={"b"})
    assert recovered(covered, Page({"any": 24, "a": 20, "b": 4})) == ["b"]


def test_no_step_of_a_curve_of_events_nor_what_is_left_of_it_is_small(trial: Trial) -> None:
    found = record_event_times(
        trial, watch(trial, "SAF", "all", 30), load_event_groups(), event="any", severe_from=3, landmark=6.0,
        smallest=SMALLEST, level=0.95,
    )  # fmt: skip
    about = {"design": trial.design, "source": "synthetic"}
    rates = rate_table(found, **about).frame.set_index(["Event", "Arm"])["Patients (%)"]
    curves = {"Grade 3 or above": incidence_curves(found, **about), "Any event": count_curves(found, **about)}
    for event, curve in curves.items():
        for arm, rows in curve.data.groupby("Arm"):
            whole = count(rates[event, arm])
            told = [*rows["Events"], *([whole] if event == "Grade 3 or above" else [])]
            assert not [after - before for before, after in pairwise(told) if 0 < after - before < SMALLEST]
            assert rows["At risk"].min() >= SMALLEST
    for column in (rates, onset_table(found, source="synthetic").frame["Patients"]):
        assert not [n for cell in column if (n := count(cell)) and n < SMALLEST]


def test_nothing_that_is_recorded_counts_few_patients(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Result] = []
    monkeypatch.setattr("lentap.results.emit", made.append)
    for page in PAGES.values():
        page(trial, SMALLEST)
    found = record_benefit_risk(
        trial, ("OS", "EFS"), population="SAF", experimental="all", landmark=24.0, margin=0.0, severe_from=3,
        smallest=SMALLEST, level=0.95,
    )  # fmt: skip
    results = [one for one in made if isinstance(one, Result)]
    assert len({one.name.split(".")[1] for one in results}) == len(PAGES) + 1
    arms = [n for one in results for arm, n in one.counts.items() if arm != "comparisons"]
    assert not [n for n in arms if (few := count(n)) and 0 < few < SMALLEST]
    drawn = effect_plot(found, design=trial.design, source="synthetic").data
    assert not [
        n for cell in drawn.astype(str).to_numpy().ravel() for n in re.findall(r"(\d+)/\d+", cell) if 0 < int(n) < 5
    ]
    assert win_plot(found, design=trial.design, source="synthetic").data["Pairs"].replace(0, 5).min() >= SMALLEST
