"""Flow of participants as CONSORT draws it: who was screened, enrolled, assigned, treated, and who is analysed."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from lentap.adam import Trial
from lentap.show.figure import DATA, Figure
from lentap.show.format import listed
from lentap.show.theme import NEUTRAL, SMALL, Style, arm_styles, plain
from lentap.sources import Source

LINE, PADDING, GAP = 16, 7, 22
REASONS = 3
EVERYONE = "all arms"


@dataclass(frozen=True)
class Box:
    """A box of the flow; ``patients`` is None where the tables do not know."""

    stage: str
    arm: str
    patients: int | None
    detail: str = ""


def participant_flow(trial: Trial) -> list[Box]:
    """Boxes of a trial's flow, from ADSL: stage by stage, an arm after the other (control last)."""
    design, adsl = trial.design, trial.adsl
    arms = [arm.name for arm in (*design.experimental, design.control)]
    failed = int(adsl["TRT01P"].isin(design.screen_failures).sum())
    enrolled = adsl[adsl["TRT01P"].isin(arms)]
    screened = len(enrolled) + failed if failed else None
    boxes = [Box("Screened", EVERYONE, screened, f"{failed} not enrolled" if failed else "number not known")]
    boxes.append(Box("Enrolled", EVERYONE, len(enrolled)))
    by_arm = {arm: enrolled[enrolled["TRT01P"] == arm] for arm in arms}
    boxes += [Box("Assigned", arm, len(rows)) for arm, rows in by_arm.items()]
    if (treated := _treated(enrolled)) is not None:
        boxes += [
            Box("Treated", arm, int(treated[rows.index].sum()), f"{int((~treated[rows.index]).sum())} not treated")
            for arm, rows in by_arm.items()
        ]
    if "EOSSTT" in enrolled:
        boxes += [_discontinued(arm, rows) for arm, rows in by_arm.items()]
    for population in design.populations.values():
        analysed = trial.subjects(population.name)["arm"].value_counts()
        boxes += [Box(f"Analysed: {population.label}", arm, int(analysed.get(arm, 0))) for arm in arms]
    return boxes


def _treated(adsl: pd.DataFrame) -> "pd.Series[bool] | None":
    """Who received treatment, or None where no column tells."""
    if "TRTSDT" in adsl:
        return adsl["TRTSDT"].notna()
    return adsl["SAFFL"] == "Y" if "SAFFL" in adsl else None


def _discontinued(arm: str, rows: pd.DataFrame) -> Box:
    left = rows[rows["EOSSTT"].astype(str).str.upper() == "DISCONTINUED"]
    detail = ""
    if "DCSREAS" in left and len(left):
        reasons = left["DCSREAS"].fillna("reason missing").value_counts()
        shown = [f"{str(reason).capitalize()}: {count}" for reason, count in reasons.head(REASONS).items()]
        rest = int(reasons.iloc[REASONS:].sum())
        detail = "; ".join([*shown, *([f"Other: {rest}"] if rest else [])])
    return Box("Discontinued", arm, len(left), detail)


def flow_diagram(boxes: list[Box], *, trial: Trial, source: Source, name: str = "participant-flow") -> Figure:
    """Draw the boxes as a CONSORT diagram, a column an arm; analysis populations are stacked at its foot."""
    styles = arm_styles(trial.design)
    arms = list(dict.fromkeys(box.arm for box in boxes if box.arm != EVERYONE))
    width = {1: 26, 2: 24, 3: 15}.get(len(arms), 11)
    figure = go.Figure()
    centres: list[tuple[float, float]] = []
    top = 4.0
    foot: dict[str, float] = {}
    for stage, row in _stages(boxes):
        texts = [_wrapped(box, 40 if box.arm == EVERYONE else width) for box in row]
        height = LINE * max(map(len, texts)) + 2 * PADDING
        for box, lines in zip(row, texts, strict=True):
            left, right = (0.2, 0.8) if box.arm == EVERYONE else _column(arms.index(box.arm), len(arms))
            _draw_box(figure, (left, right, top, top + height), "<br>".join(lines), styles.get(box.arm), len(arms))
            centres.append(((left + right) / 2, top + height / 2))
            if (start := foot.get(box.arm, foot.get(EVERYONE))) is not None and start < top:
                _connect(figure, 0.5 if stage == "Assigned" else (left + right) / 2, start, (left + right) / 2, top)
            foot[box.arm] = top + height
        top += height + (0 if stage.startswith("Analysed") else GAP if row[0].arm != EVERYONE else GAP + 4)
    figure.add_trace(
        go.Scatter(
            x=[x for x, _ in centres],
            y=[y for _, y in centres],
            mode="markers",
            marker={"size": 26, "opacity": 0},
            hovertext=[plain(f"{box.stage}, {box.arm}: {_count(box)}") + _tail(box) for box in boxes],
            hovertemplate="%{hovertext}<extra></extra>",
            showlegend=False,
            meta=DATA,
        )
    )
    figure.update_layout(
        height=int(top) + 24,
        margin={"l": 4, "r": 4, "t": 20, "b": 4},
        xaxis={"range": [-0.004, 1.004], "visible": False},
        yaxis={"range": [top + 2, 0], "visible": False},
    )
    data = pd.DataFrame(
        {
            "Stage": [box.stage for box in boxes],
            "Arm": [box.arm for box in boxes],
            "Patients": pd.array([box.patients for box in boxes], dtype="Int64"),
            "Detail": [box.detail for box in boxes],
        }
    )
    return Figure(figure, _alt(boxes), data, (source,), name)


def _stages(boxes: list[Box]) -> Iterator[tuple[str, list[Box]]]:
    for stage in dict.fromkeys(box.stage for box in boxes):
        yield stage, [box for box in boxes if box.stage == stage]


def _column(position: int, columns: int) -> tuple[float, float]:
    gap = 0.03
    share = (1 - gap * (columns - 1)) / columns
    return position * (share + gap), position * (share + gap) + share


def _wrapped(box: Box, width: int) -> list[str]:
    heading = f"Assigned to {box.arm}" if box.stage == "Assigned" else box.stage.removeprefix("Analysed: ")
    details = [part for part in box.detail.split("; ") if part and box.patients is not None]
    if box.arm == EVERYONE:
        parts = [f"{heading}: {_count(box) if box.patients is not None else box.detail}", *details]
    else:
        parts = [heading, _count(box), *details]
    return [plain(line) for part in parts for line in textwrap.wrap(part.replace(": ", ":\N{NO-BREAK SPACE}"), width)]


def _count(box: Box) -> str:
    return "not known" if box.patients is None else f"n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{box.patients}"


def _tail(box: Box) -> str:
    return "".join(f"<br>{plain(part)}" for part in box.detail.split("; ") if part)


def _draw_box(
    figure: go.Figure, edges: tuple[float, float, float, float], text: str, style: Style | None, arms: int
) -> None:
    left, right, top, bottom = edges
    line = {"color": style.colour if style else NEUTRAL, "dash": style.dash if style else "solid", "width": 1.4}
    figure.add_shape(type="rect", x0=left, x1=right, y0=top, y1=bottom, line=line)
    figure.add_annotation(
        text=text,
        x=(left + right) / 2,
        y=(top + bottom) / 2,
        showarrow=False,
        font={"size": SMALL - 1 if arms > 2 and style else SMALL + 1},
    )


def _connect(figure: go.Figure, x0: float, y0: float, x1: float, y1: float) -> None:
    """Draw a line down from one box to the next, by way of a shared level where it forks."""
    level = (y0 + y1) / 2
    if x0 != x1:
        figure.add_shape(
            type="path", path=f"M{x0},{y0} L{x0},{level} L{x1},{level}", line={"color": NEUTRAL, "width": 1}
        )
    figure.add_annotation(
        x=x1, y=y1, ax=x1, ay=level if x0 != x1 else y0, xref="x", yref="y", axref="x", ayref="y",
        text="", arrowhead=2, arrowsize=0.9, arrowwidth=1, arrowcolor=NEUTRAL,
    )  # fmt: skip


def _alt(boxes: list[Box]) -> str:
    parts = []
    for stage, row in _stages(boxes):
        if row[0].arm == EVERYONE:
            count = "not known" if row[0].patients is None else row[0].patients
            parts.append(f"{stage} {count}")
        else:
            parts.append(f"{stage}: {listed([f'{box.arm} {box.patients}' for box in row])}")
    return f"Flow of participants through the trial. {'; '.join(parts)}."
