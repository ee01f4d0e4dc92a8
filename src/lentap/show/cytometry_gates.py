"""Every gate of every file on density plots, a file at a time."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lentap.immune.gating import to_scale
from lentap.immune.panels import Panel
from lentap.immune.samples import Sample
from lentap.show.cytometry import NOT_SHOWN
from lentap.show.figure import DATA, Figure
from lentap.show.format import percent
from lentap.show.prose import Prose
from lentap.show.record.cytometry import Cytometry
from lentap.show.theme import NEUTRAL, SMALL, plain

COLUMNS, PANEL, HEAD, FOOT, TOP, SLIDER = 2, 240, 44, 52, 34, 76
DECADES = (0.0, 1e3, 1e4, 1e5)
DENSITY = (
    (0.0, "rgba(0,114,178,0)"),
    (0.001, "rgba(0,114,178,0.25)"),
    (0.05, "rgba(0,114,178,0.8)"),
    (0.25, "rgba(0,158,115,0.95)"),
    (0.6, "rgba(240,180,40,1)"),
    (1.0, "rgba(213,94,0,1)"),
)


def gate_plots(found: Cytometry, *, name: str = "gates") -> Figure | Prose:
    """Density of each gate's parent with the gate drawn in, a panel a gate; a slider goes from file to file."""
    if found.why:
        return NOT_SHOWN
    order = {file: i for i, file in enumerate(found.table["name"])}
    samples = sorted(found.samples, key=lambda sample: order[sample.tube.name])
    when = dict(zip(found.table["name"], found.table["when"], strict=True))
    titles = [plain(", ".join(filter(None, [one.tube.subject, when[one.tube.name]]))) for one in samples]
    gates = list(found.tree.gates)
    figure = go.Figure()
    counted: list[dict[str, object]] = []
    for i, sample in enumerate(samples):
        traces = list(_traces(found, sample, counted))
        figure.add_traces([trace.update(visible=i == 0) for trace in traces])
    each = len(figure.data) // len(samples)
    figure.update_layout(_axes(found, samples[0]))
    figure.update_layout(
        title={
            "text": titles[0],
            "x": 0,
            "xref": "paper",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": 10},
        },
        title_font_size=13,
        height=TOP + -(-len(gates) // COLUMNS) * PANEL + SLIDER,
        margin={"t": TOP, "b": SLIDER},
        showlegend=False,
        sliders=[
            {
                "active": 0,
                "currentvalue": {"prefix": "File ", "suffix": f" of {len(samples)}", "xanchor": "left"},
                "pad": {"t": 12, "b": 0},
                "y": 0,
                "yanchor": "top",
                "bgcolor": "rgba(107,114,128,0.3)",
                "bordercolor": NEUTRAL,
                "tickcolor": NEUTRAL,
                "font": {"size": SMALL},
                "steps": [
                    {
                        "label": str(i + 1),
                        "method": "update",
                        "args": [
                            {"visible": [j // each == i for j in range(len(figure.data))]},
                            {"title.text": title, **_spans(found, samples[i])},
                        ],
                    }
                    for i, title in enumerate(titles)
                ],
            }
        ]
        if len(samples) > 1
        else [],
    )
    alt = (
        f"Density plots of {len(samples)} files, a panel a gate: {', '.join(map(found.tree.label, gates))}. In "
        f"{samples[0].tube.name}, the first: "
        + "; ".join(f"{found.tree.label(gate)} {_share(samples[0], found, gate)}" for gate in gates)
        + "."
    )
    return Figure(figure, alt, pd.DataFrame(counted), (found.source,), name)


def _share(sample: Sample, found: Cytometry, gate: str) -> str:
    inside, of = sample.counts[gate], sample.counts[found.tree.gates[gate].parent]
    return f"{percent(inside / of)}% ({inside:,} of {of:,})" if of else f"no event of {inside}"


def _traces(found: Cytometry, sample: Sample, counted: list[dict[str, object]]) -> Iterator[go.Heatmap | go.Scatter]:
    """Density, outline and label of each gate in one file; what the labels say is added to ``counted``."""
    for i, gate in enumerate(found.tree.gates.values()):
        panel, place = sample.panels[gate.name], {"xaxis": f"x{i + 1}", "yaxis": f"y{i + 1}"}
        yield go.Heatmap(
            z=panel.counts.tolist(),
            x0=float(panel.edges_x[:2].mean()), dx=float(np.diff(panel.edges_x[:2])[0]),
            y0=float(panel.edges_y[:2].mean()), dy=float(np.diff(panel.edges_y[:2])[0]),
            colorscale=DENSITY, showscale=False, hovertemplate="%{z} events<extra></extra>",
            meta={"role": "density"}, **place,
        )  # fmt: skip
        x, y = _outline(found, sample, panel)
        yield go.Scatter(
            x=x, y=y, mode="lines", line={"color": "#D55E00", "width": 2}, hoverinfo="skip", meta={"role": "gate"},
            **place,
        )  # fmt: skip
        share = _share(sample, found, gate.name)
        yield go.Scatter(
            x=[float(panel.edges_x[0])], y=[float(panel.edges_y[-1])], mode="text", cliponaxis=False,
            text=[f"<b>{plain(gate.label)}</b><br>{share}"], textposition="top right", textfont={"size": SMALL},
            hovertext=[f"{plain(sample.tube.name)}: {share}"], hoverinfo="text", meta=DATA, **place,
        )  # fmt: skip
        parent = found.tree.label(gate.parent)
        counted.append(
            {"File": sample.tube.name, "Gate": gate.label, "Events": sample.counts[gate.name], "Parent": parent}
            | {"Events in parent": sample.counts[gate.parent]}
        )


def _outline(found: Cytometry, sample: Sample, panel: Panel) -> tuple[list[float], list[float]]:
    """The gate's border as a closed line."""
    gate = found.tree.gates[panel.gate]
    if gate.axes:
        corners = np.vstack([gate.polygon, gate.polygon[:1]])
        return corners[:, 0].tolist(), corners[:, 1].tolist()
    spans = []
    for axis, edges in ((panel.x, panel.edges_x), (panel.y, panel.edges_y)):
        low, high = float(edges[0]), float(edges[-1])
        if axis in gate.markers:
            at = sample.thresholds[axis].position
            low, high = (at, high) if gate.markers[axis] else (low, at)
        spans.append((low, high))
    (left, right), (bottom, top) = spans
    return [left, right, right, left, left], [bottom, bottom, top, top, bottom]


def _axes(found: Cytometry, sample: Sample) -> dict[str, dict[str, object]]:
    """Axes of every panel: markers with their intensities on the logicle scale, scatter in thousands."""
    rows = -(-len(found.tree.gates) // COLUMNS)
    inner = rows * PANEL
    layout: dict[str, dict[str, object]] = {}
    for i, panel in enumerate(sample.panels.values()):
        row, column = divmod(i, COLUMNS)
        top = 1 - (row * PANEL + HEAD) / inner
        wide = 1 / COLUMNS
        across = [column * wide + (0.09 if column else 0.0), (column + 1) * wide - (0.0 if column else 0.03)]
        layout |= {
            f"xaxis{i + 1}": {
                "domain": across, "anchor": f"y{i + 1}", "showgrid": False, **_scale(found, sample.top.get(panel.x, 0), panel.x, panel.edges_x),
            },
            f"yaxis{i + 1}": {
                "domain": [top - (PANEL - HEAD - FOOT) / inner, top], "anchor": f"x{i + 1}", "showgrid": False,
                **_scale(found, sample.top.get(panel.y, 0), panel.y, panel.edges_y),
            },
        }  # fmt: skip
    return layout


def _spans(found: Cytometry, sample: Sample) -> dict[str, object]:
    """What differs between the axes of one file and another, as a slider changes it."""
    return {
        f"{axis}.{key}": words[key]
        for axis, words in _axes(found, sample).items()
        for key in ("range", "tickvals", "ticktext")
    }


def _scale(found: Cytometry, top: float, axis: str, edges: np.ndarray) -> dict[str, object]:
    low, high = float(edges[0]), float(edges[-1])
    if axis in found.tree.thresholds:
        at = to_scale(np.array(DECADES), top, found.tree.scale).round(4).tolist()
        words = ["0", "10<sup>3</sup>", "10<sup>4</sup>", "10<sup>5</sup>"]
    else:
        step = 50_000.0 if high < 250_000 else 100_000.0
        at = np.arange(0, high, step).tolist()
        words = [f"{x / 1000:g}k" if x else "0" for x in at]
    return {
        "range": [low, high], "tickvals": at, "ticktext": words, "tickfont": {"size": SMALL - 1},
        "title": {"text": plain(axis), "font": {"size": SMALL}, "standoff": 4},
    }  # fmt: skip
