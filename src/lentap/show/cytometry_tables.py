"""Gated FCS files as tables: counts with denominators, thresholds, what a moved gate does, and the gates themselves."""

import pandas as pd

from lentap.immune.gates import ALL
from lentap.show.cytometry import NOT_SHOWN
from lentap.show.format import number, percent, records, within
from lentap.show.prose import Prose
from lentap.show.record.cytometry import Cytometry
from lentap.show.table import Table
from lentap.show.tables import ABSENT


def counts_table(found: Cytometry, *, name: str = "gate-counts") -> Table | Prose:
    """Events of every gate in every file, with their share of the parent."""
    if found.why:
        return NOT_SHOWN
    by_name = {sample.tube.name: sample for sample in found.samples}
    rows = []
    for row in records(found.table):
        counts = by_name[row["name"]].counts
        whose = {"Patient": row["subject"], "Visit": row["when"] or ABSENT}
        events = {"Events": f"{counts[ALL]:,}", "Repeated": f"{row['events'] - counts[ALL]:,}"}
        cells = {gate.label: _share(counts[key], counts[gate.parent]) for key, gate in found.tree.gates.items()}
        rows.append(whose | events | cells)
    tree = found.tree
    parents = "; ".join(f"{gate.label} of {within(tree.label(gate.parent))}" for gate in tree.gates.values())
    return Table(
        pd.DataFrame(rows),
        name,
        "Events of each gate, and in brackets percent of its parent",
        (found.source,),
        groups="Patient",
        notes=[f"Parents: {parents}. Events that repeat another count once."],
    )


def _share(inside: int, of: int) -> str:
    return f"{inside:,} ({percent(inside / of)})" if of else f"{inside:,}"


def threshold_table(found: Cytometry, *, name: str = "thresholds") -> Table | Prose:
    """Threshold of every marker in every file, as compensated intensity, and the rule that set it."""
    if found.why:
        return NOT_SHOWN
    by_name = {sample.tube.name: sample for sample in found.samples}
    rows = []
    for row in records(found.table):
        sample = by_name[row["name"]]
        whose = {"Patient": row["subject"], "Visit": row["when"] or ABSENT, "Batch": row["batch"] or ABSENT}
        rows.append(
            whose
            | {
                marker: f"{number(sample.intensities[marker], 0)}, {threshold.rule}"
                for marker, threshold in sample.thresholds.items()
            }
        )
    declared = [
        f"{marker}: {rule.rule}{f', {rule.why}' if rule.why else ''}" for marker, rule in found.tree.thresholds.items()
    ]
    compensation = dict.fromkeys(sample.compensation for sample in found.samples)
    parent = found.tree.label(found.tree.parent)
    controls = [
        f"{marker}{f', batch {batch}' if batch else ''}: {positions.size:,} {parent} events"
        for (batch, marker), positions in (found.study.controls if found.study else {}).items()
    ]
    return Table(
        pd.DataFrame(rows),
        name,
        "Thresholds: compensated intensity from which an event counts as positive, and where it comes from",
        (found.source,),
        left=("Visit", "Batch"),
        notes=[
            f"Declared: {'; '.join(declared)}.",
            f"Controls: {'; '.join(controls) or 'none'}.",
            f"Compensation: {'; '.join(compensation)}.",
        ],
    )


def moved_table(found: Cytometry, *, name: str = "moved-gate") -> Table | Prose:
    """Medians and changes at every position of the gate."""
    if found.why:
        return NOT_SHOWN
    changes = found.moved.dropna(subset=["median"])
    last = changes[changes["visit"] == changes["visit"].max()].set_index("moved")
    rows = []
    for moved in sorted(set(found.moved["moved"])):
        here = records(found.moved[found.moved["moved"] == moved])
        cells = {f"{row['when'] or 'Files'} (%)": percent(row["share"]) for row in here}
        if moved in last.index:
            one = last.loc[moved]
            cells["Median change (points)"] = number(100 * one["median"])
            cells["Rise in"] = f"{int(one['rising'])} of {int(one['count'])}"
        rows.append({"Moved (decades)": f"{'+' if moved > 0 else ''}{number(moved, 2)}", **cells})
    frame = pd.DataFrame(rows).fillna(ABSENT)
    return Table(frame, name, "Median share of the subset by the position of its thresholds", (found.source,))


def gate_table(found: Cytometry, *, name: str = "gate-tree") -> Table:
    """The gating tree: parent and rule of each gate."""
    rows = []
    for gate in found.tree.gates.values():
        signs = [f"{marker} {'positive' if above else 'negative'}" for marker, above in gate.markers.items()]
        declared = {marker: found.tree.thresholds[marker] for marker in gate.markers}
        rules = [f"{marker}: {one.rule}, else {one.fixed:g}" for marker, one in declared.items()]
        rows.append(
            {
                "Gate": gate.label,
                "Of": found.tree.label(gate.parent),
                "Events that are": ", ".join(signs) or f"inside a polygon of {' and '.join(gate.axes)}",
                "Threshold": "; ".join(rules) or ABSENT,
            }
        )
    left = ("Of", "Events that are", "Threshold")
    return Table(pd.DataFrame(rows), name, "The gates, from the recorded events on", (found.source,), left=left)
