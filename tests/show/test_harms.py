"""Adverse events: counts by kind, class, term and group, with their worst grades, and small cells hidden everywhere."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from lentap.adam import Trial
from lentap.errors import DataError
from lentap.event_groups import ASSUMPTION, EventGroup, load_event_groups
from lentap.show.figure import Figure, data_points
from lentap.show.harms import (
    class_table,
    group_plot,
    group_table,
    harm_points,
    member_table,
    overview_plot,
    overview_table,
    record_table,
    term_plot,
    worst_table,
)
from lentap.show.prose import Prose, event_words
from lentap.show.record.adverse_events import Harms, record_harms
from lentap.show.record.event_records import event_records
from lentap.show.small_cells import HIDDEN
from lentap.show.table import Table
from lentap.show.volcano import volcano

DEFAULTS: dict[str, Any] = {
    "population": "SAF",
    "experimental": "all",
    "minimum_grade": 1,
    "minimum_incidence": 10.0,
    "related_only": False,
    "false_discovery": 0.1,
    "smallest": 0,
    "level": 0.95,
    "difference_interval": "miettinen-nurminen",
}
WORDS = event_words(minimum_grade=1, related_only=False)


def harms(trial: Trial, **changed: Any) -> Harms:
    return record_harms(trial, load_event_groups(), **{**DEFAULTS, **changed})


def displays(found: Harms, trial: Trial) -> list[Figure | Table | Prose]:
    about: dict[str, Any] = {"design": trial.design, "source": "yours"}
    with_design = (overview_plot, term_plot, group_plot, overview_table, group_table, volcano)
    return [
        *(show(found, **about) for show in with_design),
        *(show(found, source="yours") for show in (class_table, worst_table, member_table)),
    ]


def with_events(trial: Trial, alter: Callable[[pd.DataFrame], pd.DataFrame]) -> Trial:
    return replace(trial, frames={**trial.frames, "adae": alter(trial.adae.copy())})


def one_event(trial: Trial, **columns: Any) -> Trial:
    """The trial with a single event, of its first treated patient."""
    who = trial.subjects("SAF")["USUBJID"].iloc[0]
    row = {"USUBJID": who, "AEDECOD": "Rash", "AESOC": "Skin", "AETOXGR": 2.0, "TRTEMFL": "Y", "ASTDY": 5.0, **columns}
    return replace(trial, frames={**trial.frames, "adae": pd.DataFrame([row])})


@pytest.fixture(scope="module")
def found(shipped: Trial) -> Harms:
    return harms(shipped)


def test_the_hepatic_group_has_the_common_terms_of_liver_injury_and_claims_no_whole_query() -> None:
    hepatic = load_event_groups()["hepatic"]
    assert {"Hyperbilirubinaemia", "Hepatic enzyme increased", "Hepatotoxicity", "Liver injury"} <= set(hepatic.terms)
    assert "common terms of it" in hepatic.terms["Liver injury"]


def test_kinds_of_events_are_counted_as_by_hand(shipped: Trial, found: Harms) -> None:
    subjects = shipped.subjects("SAF").set_index("USUBJID")["arm"].astype(str)
    events = shipped.adae[shipped.adae["TRTEMFL"] == "Y"]
    by_hand = {
        "Any adverse event": events,
        "Grade 3 or above": events[events["AETOXGR"] >= 3],
        "Serious": events[events["AESER"] == "Y"],
        "Leading to discontinuation": events[events["AEACN"] == "DRUG WITHDRAWN"],
        "Fatal": events[(events["AETOXGR"] == 5) | (events["AEOUT"] == "FATAL")],
    }
    for kind, rows in by_hand.items():
        counts = found.overview.of([kind]).patients.set_index("arm")
        people = rows.groupby(rows["USUBJID"].map(subjects))["USUBJID"]
        assert counts["subjects"].to_dict() == people.nunique().reindex(counts.index, fill_value=0).to_dict(), kind
        assert counts["events"].to_dict() == people.size().reindex(counts.index, fill_value=0).to_dict(), kind


def test_what_the_tables_cannot_tell_is_left_out_of_the_kinds(shipped: Trial) -> None:
    bare = with_events(shipped, lambda rows: rows[["USUBJID", "AEDECOD"]])
    assert harms(bare).overview.terms == ["Any adverse event"]


def test_terms_and_classes_come_with_the_greatest_excess_first(shipped: Trial, found: Harms) -> None:
    differences = found.terms.contrasts["risk_difference"]
    assert differences.is_monotonic_decreasing
    table = class_table(found, source="synthetic").frame
    heads = table[table["Event"] == "Any of the class"]["Difference (points)"]
    firsts = [float(cell.split(" (")[0].replace("\N{MINUS SIGN}", "-")) for cell in heads]
    assert firsts == sorted(firsts, reverse=True)


def test_worst_grades_of_a_row_add_up_to_its_patients(found: Harms) -> None:
    frame = class_table(found, source="synthetic").frame
    arms = [column for column in frame if "(N =" in column]
    for arm in arms:
        grades = frame[f"{arm.split(' (')[0]}, worst grade 1 / 2 / 3 / 4 / 5"]
        sums = grades.map(lambda cell: sum(map(int, re.findall(r"\d+", cell))))
        assert sums.tolist() == frame[arm].map(lambda cell: int(cell.split()[0])).tolist()


def test_a_term_in_two_classes_is_counted_in_each(shipped: Trial) -> None:
    half = shipped.adae.index % 2 == 0
    split = with_events(shipped, lambda rows: rows.assign(AESOC=rows["AESOC"].where(half, "Another class")))
    frame = class_table(harms(split), source="synthetic").frame
    assert frame["Event"].tolist().count("Hypertension") == 2


def test_groups_count_their_terms_whatever_the_case_and_a_group_without_events_stays(shipped: Trial) -> None:
    shouted = with_events(shipped, lambda rows: rows.assign(AEDECOD=rows["AEDECOD"].str.upper()))
    counts = harms(shouted).groups.of(["Hypertension"]).patients.set_index("arm")
    assert counts["subjects"].to_dict() == {"LEN-TAP": 39, "TACE": 2}
    alone = harms(one_event(shipped))
    assert alone.groups.of(["Hepatic"]).patients["subjects"].tolist() == [0, 0]
    assert len(alone.groups.terms) == 5


def test_every_term_of_a_group_has_a_source_or_is_an_assumption() -> None:
    groups = load_event_groups()
    assert {"Immune-related", "Hypertension", "Hepatic"} < {group.label for group in groups.values()}
    sources = {why for group in groups.values() for why in group.terms.values()}
    assert ASSUMPTION in sources
    assert all(why == ASSUMPTION or re.search(r"\d{4}|MedDRA", why) for why in sources)


def test_a_term_of_unknown_source_is_refused_by_name(tmp_path) -> None:
    file = tmp_path / "groups.yml"
    file.write_text("groups: {x: {label: X, meaning: some, terms: {Rash: hearsay}}}")
    with pytest.raises(DataError, match=r"groups\.x\.terms\.Rash is 'hearsay'.*legal: assumption"):
        load_event_groups(file)


def test_the_members_seen_are_listed_with_their_sources(found: Harms) -> None:
    rows = member_table(found, source="synthetic").frame.set_index("Group")
    assert rows.loc["Hypertension", "Terms seen here"] == "Hypertension"
    assert rows.loc["Hypertension", "From"] == "National Cancer Institute"


def test_the_volcano_draws_every_comparison_and_fills_what_stands_out(shipped: Trial, found: Harms) -> None:
    figure = volcano(found, design=shipped.design, source="synthetic")
    assert len(figure.data) == found.flagged["term"].nunique() == shipped.adae["AEDECOD"].nunique()
    filled = [trace for trace in figure.plotly.data if not trace.marker.symbol.endswith("-open")]
    assert sum(len(trace.x) for trace in filled) == found.flagged["flagged"].sum() > 0


def test_without_any_difference_nothing_stands_out(shipped: Trial) -> None:
    subjects = shipped.subjects("SAF")["USUBJID"]
    rows = pd.DataFrame({"USUBJID": subjects, "AEDECOD": "Rash", "TRTEMFL": "Y"})
    alike = harms(replace(shipped, frames={**shipped.frames, "adae": rows}))
    assert not alike.flagged["flagged"].any()
    assert "no event stands out" in " ".join(harm_points(alike, WORDS))


def test_key_points_name_severe_events_and_those_that_stand_out(found: Harms) -> None:
    points = " ".join(harm_points(found, WORDS))
    assert "**Grade 3 or above:** LEN-TAP 49 (70.0%) and TACE 35 (49.3%) patients." in points
    assert "10 stand out, Hypertension" in points


@pytest.mark.parametrize(
    "changed",
    [
        {"related_only": True, "_drop": ["AEREL"]},
        {"minimum_grade": 3, "_drop": ["AETOXGR", "AESEV"]},
        {"minimum_grade": 5, "_drop": ["AETOXGR"]},
    ],
)
def test_what_cannot_be_counted_says_why_once(shipped: Trial, changed: dict[str, Any]) -> None:
    missing = changed.pop("_drop")
    lacking = harms(with_events(shipped, lambda rows: rows.drop(columns=missing)), **changed)
    assert len(harm_points(lacking, WORDS)) == 1
    assert missing[-1] in harm_points(lacking, WORDS)[0] or "severity" in lacking.gap or "AESEV" in lacking.gap
    assert all(isinstance(shown, Prose) for shown in displays(lacking, shipped))


@pytest.mark.parametrize("missing", ["AESOC", "AEREL", "AESER", "AEACN", "TRTEMFL", "AEOUT", "ASTDY"])
def test_a_table_without_one_column_still_has_every_display(shipped: Trial, missing: str) -> None:
    lacking = with_events(shipped, lambda rows: rows.drop(columns=missing))
    assert not [shown for shown in displays(harms(lacking), lacking) if isinstance(shown, Prose)]


def test_a_single_event_and_none_in_the_population_are_shown_without_an_error(shipped: Trial) -> None:
    alone = one_event(shipped)
    assert displays(harms(alone), alone)
    assert "No single event" in " ".join(harm_points(harms(alone), WORDS))
    before = one_event(shipped, TRTEMFL="N")
    nothing = harms(before)
    assert displays(nothing, before)
    assert nothing.flagged.empty


def test_without_patients_on_control_nothing_is_compared(shipped: Trial) -> None:
    adsl = shipped.adsl[shipped.adsl["TRT01A"] != "TACE"]
    single = replace(shipped, frames={**shipped.frames, "adsl": adsl})
    assert "no patient on TACE" in harm_points(harms(single), WORDS)[0]


def test_no_display_tells_a_count_below_the_smallest_cell(shipped: Trial) -> None:
    smallest = 8
    found = harms(shipped, smallest=smallest, minimum_incidence=0.0)
    for shown in displays(found, shipped):
        if isinstance(shown, Figure):
            assert data_points(shown.plotly) == len(shown.data)
            if "Patients with event" in shown.data:
                counts = shown.data["Patients with event"]
                assert not ((counts > 0) & (counts < smallest)).any()
            hover = " ".join(str(row) for trace in shown.plotly.data for row in trace.customdata or ())
            assert not [n for n in re.findall(r"(\d+)(?: of |/)\d+", hover) if 0 < int(n) < smallest]
        elif shown.name != "group-terms":
            columns = [column for column in shown.frame if "(N =" in column or "rade" in column]
            cells = shown.frame[columns].astype(str).to_numpy().ravel()
            told = [int(n) for cell in cells for n in re.findall(r"(?<![\d.])\d+(?= \(|/|;|$)", cell)]
            assert told
            assert not [n for n in told if 0 < n < smallest], shown.name
            assert HIDDEN in " ".join(cells)


@pytest.mark.parametrize(("other", "told"), [(6, True), (4, False)])
def test_the_total_of_the_records_does_not_tell_a_hidden_part(other: int, told: bool) -> None:
    counted = pd.DataFrame(
        {
            "what": ["All records", "Not treatment-emergent (TRTEMFL)", "Counted"],
            "records": [30, other, 30 - other],
            "patients": [20, other, 15],
            "done": "",
        }
    )
    shown = record_table(counted, smallest=5, source="synthetic").frame
    assert (shown["Number"] != HIDDEN).tolist() == [told, told, True]


def test_severe_events_that_are_all_but_a_few_of_any_are_hidden(shipped: Trial) -> None:
    def spoil(rows: pd.DataFrame) -> pd.DataFrame:
        milder = rows["USUBJID"].drop_duplicates().head(3)
        return rows.assign(AETOXGR=rows["USUBJID"].isin(milder).map({True: 2.0, False: 3.0}))

    spoilt = with_events(shipped, spoil)
    patients = harms(spoilt, smallest=8).overview.patients.set_index("term")["subjects"]
    assert patients["Any adverse event"].notna().all()
    assert patients["Grade 3 or above"].isna().any()
    assert harms(spoilt, smallest=8, minimum_grade=2).any_event
    assert harms(spoilt, smallest=8, minimum_grade=3).any_event is None


def test_a_class_does_not_leave_a_hidden_term_without_doubt(shipped: Trial) -> None:
    def spoil(rows: pd.DataFrame) -> pd.DataFrame:
        treated = shipped.subjects("SAF")
        rows = rows[rows["USUBJID"].isin(treated.loc[treated["arm"] == "TACE", "USUBJID"])]
        first = rows[rows["TRTEMFL"] == "Y"].drop_duplicates("USUBJID").head(24)
        return first.assign(AESOC="A class", AEDECOD=["Common"] * 20 + ["Rare"] * 4)

    found = harms(with_events(shipped, spoil), smallest=5, minimum_incidence=0.0)
    patients = found.classes.patients.set_index(["term", "arm"])["subjects"].xs("TACE", level="arm")
    assert patients["A class\nCommon"] == 20
    assert patients.drop("A class\nCommon").isna().all()


def test_hiding_small_cells_flags_no_other_events(shipped: Trial, found: Harms) -> None:
    hidden = harms(shipped, smallest=8).flagged
    assert len(hidden) < len(found.flagged)
    both = hidden.merge(found.flagged, on=["term", "arm"], suffixes=("", "_all"))
    assert both["flagged"].tolist() == both["flagged_all"].tolist()
    assert both["adjusted"].equals(both["adjusted_all"].rename("adjusted"))


def test_a_hidden_count_is_not_recorded_either(shipped: Trial) -> None:
    found = harms(shipped, smallest=8, minimum_incidence=0.0)
    assert found.terms.contrasts["risk_difference"].isna().any()
    shown = found.terms.contrasts.dropna(subset=["risk_difference"])
    assert found.apart.counts["comparisons"].endswith(f"/{len(shown)}")


def test_records_in_doubt_are_counted_and_none_is_lost(shipped: Trial) -> None:
    def spoil(rows: pd.DataFrame) -> pd.DataFrame:
        rows = rows[rows["TRTEMFL"] == "Y"].reset_index(drop=True)
        twice = rows.iloc[[0]].assign(AESEQ=99)
        rows.loc[1, "AETOXGR"] = None
        rows.loc[2, "AEDECOD"] = None
        rows.loc[3, "AENDT"] = rows.loc[3, "ASTDT"] - pd.Timedelta(days=2)
        start = shipped.adsl.set_index("USUBJID").loc[rows.loc[4, "USUBJID"], "TRTSDT"]
        rows.loc[4, "ASTDT"] = start - pd.Timedelta(days=3)
        rows.loc[5, ["ASTDT", "ASTDY"]] = None
        return pd.concat([rows, twice], ignore_index=True)

    spoilt = with_events(shipped, spoil)
    counted = event_records(spoilt, spoilt.subjects("SAF")).set_index("what")["records"]
    assert counted["All records"] == counted["Counted"] == len(spoilt.adae)
    assert counted["Alike in all but their number (AESEQ)"] == 2
    for what in ("Without a grade", "Without a preferred term", "Ended before they began", "Without a day of onset"):
        assert counted[what] == 1, what
    assert counted["Began before the first treatment"] == 1
    table = record_table(counted.reset_index().assign(patients=3, done=""), smallest=5, source="yours")
    assert set(table.frame["Number"]) <= {HIDDEN}
    any_event = harms(spoilt).overview.of(["Any adverse event"]).patients
    assert any_event["events"].sum() == len(spoilt.adae)


def test_an_own_group_needs_no_code(shipped: Trial) -> None:
    own = {"mine": EventGroup("mine", "Mine", "some", {"fatigue": ASSUMPTION, "Nausea": ASSUMPTION})}
    counts = record_harms(shipped, own, **DEFAULTS).groups.patients
    events = shipped.adae[(shipped.adae["TRTEMFL"] == "Y") & shipped.adae["AEDECOD"].isin(["Fatigue", "Nausea"])]
    assert counts["subjects"].sum() == events["USUBJID"].nunique()
