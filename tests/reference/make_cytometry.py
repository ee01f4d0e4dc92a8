"""Writes cytometry_flowkit.json: the events that FlowKit puts into the gates of a GatingML 2.0 document.

Needs FlowKit, which the tests do not: run ``python tests/reference/make_cytometry.py`` in an environment of its own.
"""

import io
import json
import tempfile
from pathlib import Path

import flowio
import flowkit
import numpy as np

NAMES = ["FSC-A", "SSC-A", "FITC-A", "PE-A", "APC-A"]
SPILLOVER = [[1, 0.15, 0.01], [0.05, 1, 0.03], [0.0, 0.02, 1]]
TOP, DECADES, LINEAR, NEGATIVE = 262144, 4.5, 0.75, 0.25
POLYGON = {"FSC-A": [30000, 60000, 110000, 45000], "SSC-A": [5000, 4000, 40000, 38000]}
FIXED = {"FITC-A": 1500.0, "PE-A": 400.0, "APC-A": 300.0}
GATES = {
    "cells": {"parent": "all", "polygon": POLYGON},
    "cd8": {"parent": "cells", "markers": {"FITC-A": True}},
    "activated": {"parent": "cd8", "markers": {"PE-A": True, "APC-A": True}},
    "resting": {"parent": "cd8", "markers": {"PE-A": False, "APC-A": False}},
}
SPACE = "http://www.isac-net.org/std/Gating-ML/v2.0/"
NAMESPACES = {"gating": "gating", "transforms": "transformations", "data-type": "datatypes"}


def drawn() -> np.ndarray:
    """Events on both sides of every gate, many near one."""
    rng = np.random.default_rng(8)
    scatter = rng.uniform([30000, 3000], [100000, 40000], (200, 2))
    stain = np.where(rng.random((200, 3)) < 0.8, 10 ** rng.normal([3.6, 3.0, 2.8], 0.6, (200, 3)), 0)
    light = stain @ np.array(SPILLOVER) + rng.normal(0, 60, (200, 3))
    return np.round(np.column_stack([scatter, light]), 1).astype("f4")


def dimension(name: str, extra: str = "", transformed: bool = True) -> str:
    refs = (
        'gating:compensation-ref="FCS" gating:transformation-ref="logicle"'
        if transformed
        else ('gating:compensation-ref="uncompensated"')
    )
    return f'<gating:dimension {refs} {extra}><data-type:fcs-dimension data-type:name="{name}"/></gating:dimension>'


def gating_ml() -> str:
    """The gates as a GatingML document; thresholds on the logicle scale, as FlowKit computes it."""
    scale = flowkit.transforms.LogicleTransform(TOP, LINEAR, DECADES, NEGATIVE)
    gates = []
    for name, gate in GATES.items():
        about = f'gating:id="{name}"' + (f' gating:parent_id="{gate["parent"]}"' if gate["parent"] != "all" else "")
        if "polygon" in gate:
            corners = "".join(
                f'<gating:vertex><gating:coordinate data-type:value="{x}"/><gating:coordinate data-type:value="{y}"/>'
                "</gating:vertex>"
                for x, y in zip(*gate["polygon"].values(), strict=True)
            )
            sides = "".join(dimension(axis, transformed=False) for axis in gate["polygon"])
            gates.append(f"<gating:PolygonGate {about}>{sides}{corners}</gating:PolygonGate>")
        else:
            sides = "".join(
                dimension(marker, f'gating:{"min" if above else "max"}="{scale.apply(np.array([FIXED[marker]]))[0]!r}"')
                for marker, above in gate["markers"].items()
            )
            gates.append(f"<gating:RectangleGate {about}>{sides}</gating:RectangleGate>")
    logicle = (
        f'<transforms:transformation transforms:id="logicle"><transforms:logicle transforms:T="{TOP}" '
        f'transforms:M="{DECADES}" transforms:W="{LINEAR}" transforms:A="{NEGATIVE}"/></transforms:transformation>'
    )
    spaces = " ".join(f'xmlns:{short}="{SPACE}{part}"' for short, part in NAMESPACES.items())
    text = f"<gating:Gating-ML {spaces}>{logicle}{''.join(gates)}</gating:Gating-ML>"
    return text.replace("np.float64(", "").replace(')"', '"')


def main() -> None:
    """Ask FlowKit and write its answers."""
    events, document = drawn(), gating_ml()
    spill = ",".join(map(str, [3, *NAMES[2:], *np.ravel(SPILLOVER)]))
    held = io.BytesIO()
    flowio.create_fcs(held, events.ravel().tolist(), NAMES, metadata_dict={"spillover": spill})
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "events.fcs").write_bytes(held.getvalue())
        (place / "gates.xml").write_text(document, encoding="utf-8")
        session = flowkit.Session(gating_strategy=str(place / "gates.xml"), fcs_samples=str(place / "events.fcs"))
        session.analyze_samples(verbose=False)
        inside = {gate: np.flatnonzero(session.get_gate_membership("events.fcs", gate)).tolist() for gate in GATES}
    inputs = {
        "events": events.astype(float).round(1).tolist(),
        "names": NAMES,
        "spillover": SPILLOVER,
        "gates": GATES,
        "fixed": FIXED,
        "scale": [DECADES, LINEAR, NEGATIVE],
    }
    row = {
        "id": "gating-ml",
        "quantity": "events inside each gate of a GatingML 2.0 document (compensation, logicle scale, "
        "polygon, thresholds)",
        "call": "gated_events",
        "inputs": inputs,
        "answers": inside,
        "decimals": 0,
        "source": f"FlowKit {flowkit.__version__}",
        "code": document,
    }
    path = Path(__file__).with_name("cytometry_flowkit.json")
    path.write_text(json.dumps({"family": "cytometry", "references": [row]}) + "\n", encoding="utf-8")
    print(path, {gate: len(rows) for gate, rows in inside.items()})


if __name__ == "__main__":
    main()
