"""Gates on density plots: those on the way to the reported subset file by file, its own gate for all files at once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lentap.immune.gates import Gate
from lentap.immune.gating import to_scale
from lentap.immune.panels import Panel
from lentap.immune.samples import Sample
from lentap.show.cytometry import NOT_SHOWN
from lentap.show.figure import DATA, Figure
from lentap.show.format import many, percent
from lentap.show.prose import Prose
from lentap.show.record.cytometry import Cytometry
from lentap.show.theme import CONTROL, NEUTRAL, SMALL, plain

MOST = 60  # files drawn
PANEL, HEAD, FOOT, TOP, SLIDER = 240, 44, 52, 34, 76
SMALL_PANEL, SMALL_HEAD, ABOVE, BELOW, ACROSS = 142, 34, 8, 58, 4
INTENSITIES = {0.0: "0", 1e3: "10<sup>3</sup>", 1e4: "10<sup>4</sup>", 1e5: "10<sup>5</sup>"}
DENSITY = (
    (0.0, "rgba(0,114,178,0)"),
    (0.001, "rgba(0,114,178,0.25)"),
    (0.05, "rgba(0,114,178,0.8)"),
    (0.25, "rgba(0,158,115,0.95)"),
    (0.6, "rgba(240,180,40,1)"),
    (1.0, "rgba(213,94,0,1)"),
)


def gate_plots(found: Cytometry, *, name: str = "gates") -> Figure | Prose:
    """Density of each gate's parent down to the subset's, a panel a gate; a slider goes from file to file."""
    if found.why:
        return NOT_SHOWN
    samples, gates = _drawn(found), [gate for gate in found.tree.gates.values() if gate.name != found.tree.target]
    figure = go.Figure()
    for i, sample in enumerate(samples):
        for j, gate in enumerate(gates):
            traces = _panel(found, sample, gate, f"<b>{plain(gate.label)}</b>", j + 1)
            figure.add_traces([trace.update(visible=i == 0) for trace in traces])
    layouts = [_axes(found, sample, gates) for sample in samples]
    titles = [plain(", ".join(_whose(found, sample))) for sample in samples]
    figure.update_layout(layouts[0])
    figure.update_layout(
        title={"text": titles[0], "x": 0, "xref": "paper", "y": 1, "yanchor": "top", "pad": {"t": 10}},
        title_font_size=13,
        height=TOP + -(-len(gates) // 2) * PANEL + SLIDER,
        margin={"t": TOP, "b": SLIDER},
        showlegend=False,
        sliders=[_slider(titles, layouts, len(figure.data) // len(samples))] if len(samples) > 1 else [],
    )
    words = "; ".join(f"{gate.label} {_share(samples[0], gate)}" for gate in gates)
    alt = f"Density plots of {len(samples)} files, a panel a gate. In {samples[0].tube.name}, the first: {words}."
    return Figure(figure, alt, _counted(found, samples, gates), (found.source,), name)


def target_plots(found: Cytometry, *, name: str = "subset") -> Figure | Prose:
    """Density of the subset's parent with the subset's gate, a panel a file."""
    if found.why:
        return NOT_SHOWN
    tree = found.tree
    gate, samples = tree.gates[tree.target], _drawn(found)
    rows = -(-len(samples) // ACROSS)
    inner = rows * SMALL_PANEL
    figure = go.Figure()
    for i, sample in enumerate(samples):
        row, column = divmod(i, ACROSS)
        subject, *when = _whose(found, sample)
        figure.add_traces(_panel(found, sample, gate, plain(subject), i + 1, plain("".join(when)), short=True))
        top = 1 - (row * SMALL_PANEL + SMALL_HEAD) / inner
        panel, edge = sample.panels[gate.name], {"showgrid": False, "mirror": True, "showline": True}
        last = i + ACROSS >= len(samples)
        x, y = (_axis(found, sample, one, edges) for one, edges in ((panel.x, panel.edges_x), (panel.y, panel.edges_y)))
        figure.update_layout(
            {
                f"xaxis{i + 1}": x | edge | {
                    "tickvals": x["tickvals"][::2], "ticktext": x["ticktext"][::2], "tickangle": 0,
                    "domain": [column / ACROSS + 0.01, (column + 1) / ACROSS - 0.01], "anchor": f"y{i + 1}",
                    "showticklabels": last, "title": x["title"] if last else None, "ticks": "outside" if last else "",
                },
                f"yaxis{i + 1}": y | edge | {
                    "domain": [top - (SMALL_PANEL - SMALL_HEAD - 6) / inner, top], "anchor": f"x{i + 1}",
                    "showticklabels": not column, "title": None if column else y["title"],
                    "ticks": "" if column else "outside",
                },
            }
        )  # fmt: skip
    figure.update_layout(height=ABOVE + inner + BELOW, margin={"t": ABOVE, "b": BELOW}, showlegend=False)
    shares = ", ".join(f"{one.tube.name} {_share(one, gate)}" for one in samples[:4])
    alt = f"Density plots of {len(samples)} files with the gate of {gate.label}. The first ones: {shares}."
    return Figure(figure, alt, _counted(found, samples, [gate]), (found.source,), name)


def drawn_words(found: Cytometry) -> Prose:
    """Say how many of the files are drawn."""
    if found.why:
        return NOT_SHOWN
    if len(found.samples) <= MOST:
        return Prose(f"Drawn: {many(len(found.samples), 'file')}, all there are.")
    return Prose(f"Of {len(found.samples)} files the first {MOST} are drawn; all are counted in the tables.")


def _drawn(found: Cytometry) -> list[Sample]:
    """Files that are drawn, in the order of the table."""
    by_name = {sample.tube.name: sample for sample in found.samples}
    return [by_name[file] for file in found.table["name"][:MOST]]


def _whose(found: Cytometry, sample: Sample) -> list[str]:
    when = found.table.set_index("name")["when"][sample.tube.name]
    return list(filter(None, [sample.tube.subject, str(when)]))


def _share(sample: Sample, gate: Gate) -> str:
    inside, of = sample.counts[gate.name], sample.counts[gate.parent]
    return f"{percent(inside / of)}% ({inside:,} of {of:,})" if of else "no event"


def _counted(found: Cytometry, samples: Sequence[Sample], gates: Sequence[Gate]) -> pd.DataFrame:
    """What the labels of the panels say."""
    return pd.DataFrame(
        [
            {
                "File": sample.tube.name,
                "Gate": gate.label,
                "Events": sample.counts[gate.name],
                "Parent": found.tree.label(gate.parent),
                "Events in parent": sample.counts[gate.parent],
            }
            for sample in samples
            for gate in gates
        ]
    )


def _panel(
    found: Cytometry, sample: Sample, gate: Gate, head: str, axis: int, when: str = "", *, short: bool = False
) -> list[Any]:
    """Density, outline and label of one gate in one file."""
    panel, place = sample.panels[gate.name], {"xaxis": f"x{axis}", "yaxis": f"y{axis}"}
    x, y = _outline(found, sample, panel)
    share = _share(sample, gate)
    label = f"{head}<br>{share.split(' (')[0]} {when}" if short else f"{head}<br>{share}"
    middles = {
        f"{along}{key}": round(float(value), 5)
        for along, edges in (("x", panel.edges_x), ("y", panel.edges_y))
        for key, value in (("0", edges[:2].mean()), ("", edges[1] - edges[0]))
    }
    return [
        go.Heatmap(
            z=panel.counts.tolist(), x0=middles["x0"], dx=middles["x"], y0=middles["y0"], dy=middles["y"],
            colorscale=DENSITY, showscale=False, hovertemplate="%{z} events<extra></extra>",
            meta={"role": "density"}, **place,
        ),
        go.Scatter(
            x=x, y=y, mode="lines", line={"color": CONTROL, "width": 2}, hoverinfo="skip", meta={"role": "gate"},
            **place,
        ),
        go.Scatter(
            x=[round(float(panel.edges_x[0]), 4)], y=[round(float(panel.edges_y[-1]), 4)], mode="text", text=[label],
            cliponaxis=False, textposition="top right", textfont={"size": SMALL - 2 if short else SMALL},
            hovertext=[f"{plain(sample.tube.name)}: {share}"], hoverinfo="text", meta=DATA, **place,
        ),
    ]  # fmt: skip


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
            at = round(sample.thresholds[axis].position, 4)
            low, high = (at, high) if gate.markers[axis] else (low, at)
        spans.append((low, high))
    (left, right), (bottom, top) = spans
    return [left, right, right, left, left], [bottom, bottom, top, top, bottom]


def _axes(found: Cytometry, sample: Sample, gates: Sequence[Gate]) -> dict[str, dict[str, Any]]:
    """Axes of the panels of one file, two in a row."""
    inner = -(-len(gates) // 2) * PANEL
    layout = {}
    for i, gate in enumerate(gates):
        panel, (row, column) = sample.panels[gate.name], divmod(i, 2)
        top = 1 - (row * PANEL + HEAD) / inner
        x, y = (_axis(found, sample, one, edges) for one, edges in ((panel.x, panel.edges_x), (panel.y, panel.edges_y)))
        across = [0.59, 1.0] if column else [0.0, 0.44]
        down = [top - (PANEL - HEAD - FOOT) / inner, top]
        layout[f"xaxis{i + 1}"] = x | {"domain": across, "anchor": f"y{i + 1}", "showgrid": False}
        layout[f"yaxis{i + 1}"] = y | {"domain": down, "anchor": f"x{i + 1}", "showgrid": False}
    return layout


def _slider(titles: Sequence[str], layouts: Sequence[dict[str, dict[str, Any]]], each: int) -> dict[str, Any]:
    """Goes from file to file: which traces are seen, whose they are, and what differs between the axes."""
    steps = []
    for i, (title, layout) in enumerate(zip(titles, layouts, strict=True)):
        seen = [j // each == i for j in range(each * len(titles))]
        axes = {
            f"{axis}.{key}": about[key] for axis, about in layout.items() for key in ("range", "tickvals", "ticktext")
        }
        steps.append(
            {"label": str(i + 1), "method": "update", "args": [{"visible": seen}, {"title.text": title, **axes}]}
        )
    return {
        "active": 0,
        "currentvalue": {"prefix": "File ", "suffix": f" of {len(titles)}", "xanchor": "left"},
        "pad": {"t": 12, "b": 0},
        "y": 0,
        "yanchor": "top",
        "bgcolor": "rgba(107,114,128,0.3)",
        "bordercolor": NEUTRAL,
        "tickcolor": NEUTRAL,
        "font": {"size": SMALL},
        "steps": steps,
    }


def _axis(found: Cytometry, sample: Sample, axis: str, edges: np.ndarray) -> dict[str, Any]:
    """A marker's axis with intensities on the logicle scale, or light scatter in thousands."""
    high = float(edges[-1])
    if axis in found.tree.thresholds:
        shown = {intensity: word for intensity, word in INTENSITIES.items() if intensity < sample.top[axis]}
        at = to_scale(np.array(list(shown)), sample.top[axis], found.tree.scale).round(4).tolist()
        words = list(shown.values())
    else:
        at = np.arange(0, high, 50_000.0 if high < 250_000 else 100_000.0).tolist()
        words = [f"{x / 1000:g}k" if x else "0" for x in at]
    return {
        "range": [round(float(edges[0]), 4), round(high, 4)], "tickvals": at, "ticktext": words,
        "tickfont": {"size": SMALL - 1}, "title": {"text": plain(axis), "font": {"size": SMALL}, "standoff": 4},
    }  # fmt: skip
