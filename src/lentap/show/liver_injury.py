"""Hepatocellular injury: peaks of aminotransferases and bilirubin of each patient, and who meets Hy's law."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lentap.design import Design
from lentap.show.figure import DATA, Figure
from lentap.show.format import number, records
from lentap.show.laboratory import comparison_note, comparison_row
from lentap.show.prose import Prose
from lentap.show.pseudonyms import SEED
from lentap.show.record.laboratory import Findings, Laboratory
from lentap.show.shareable import not_singly
from lentap.show.small_cells import HIDDEN, parts_hidden, small_cell_notes
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.show.theme import NEUTRAL, SMALL, arm_styles, plain
from lentap.sources import Source
from lentap.stats.liver_injury import QUADRANTS

MOST = 1000  # points drawn; more would be a cloud, and a heavy page
HIGH_AMINOTRANSFERASE, HIGH_BILIRUBIN = 3.0, 2.0
TICKS = (0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 50)
CORNERS = {  # words, place on the paper, anchors
    "near normal": (0.01, 0.01, "left", "bottom"),
    "Temple's corollary": (0.99, 0.01, "right", "bottom"),
    "cholestasis": (0.01, 0.99, "left", "top"),
    "Hy's law": (0.99, 0.99, "right", "top"),
}


def injury_plot(
    lab: Laboratory,
    *,
    names: Mapping[str, str],
    reference: str,
    after_tace: float,
    design: Design,
    source: Source,
    name: str = "liver-injury",
) -> Figure | Prose:
    """Peak aminotransferase against peak bilirubin of each patient.

    An open symbol peaked soon after TACE, a filled one at another time; a ring marks who met Hy's law.

    Parameters
    ----------
    names
        Pseudonym of each patient, which is all that a point tells of who it is.
    reference
        What aminotransferases are multiples of.
    after_tace
        Days after a TACE session up to which a peak is drawn open.
    """
    if lab.smallest > 1:
        return not_singly(lab.smallest)
    measured = lab.injury[(lab.injury["quadrant"] != QUADRANTS[-1]) & (lab.injury["bilirubin"] > 0)]
    measured = measured[measured["aminotransferase"] > 0]
    if measured.empty:
        return Prose("*Not shown: the plot needs ALT or AST, and bilirubin, after baseline with their upper limits.*")
    shown = _sample(measured)
    near = shown.get("days_since_tace", pd.Series(np.nan, shown.index)) <= after_tace
    styles, figure = arm_styles(design), go.Figure()
    for arm in lab.arms:
        for is_near, part in ((False, "at another time"), (True, f"within {after_tace:g} days of TACE")):
            of = lab.of(shown[near == is_near], arm)
            if of.empty:
                continue
            symbol = styles[arm].symbol + ("-open" if is_near else "")
            figure.add_trace(
                go.Scatter(
                    x=of["aminotransferase"].round(3).tolist(),
                    y=of["bilirubin"].round(3).tolist(),
                    mode="markers",
                    marker={
                        "color": styles[arm].colour,
                        "symbol": symbol,
                        "size": 8,
                        "line": {"width": 1.6, "color": styles[arm].colour},
                    },
                    name=f"{plain(arm)}{f', {part}' if lab.has_procedures else ''}",
                    customdata=[[names[str(row["USUBJID"])], _hover(row)] for row in records(of)],
                    hovertemplate=(
                        f"<b>%{{customdata[0]}}</b>, {plain(arm)}<br>ALT or AST %{{x:.1f}}, bilirubin %{{y:.1f}}"
                        "<br>%{customdata[1]}<extra></extra>"
                    ),
                    meta=DATA,
                )
            )
    met = shown[shown["hys_law"]]
    if len(met):
        ring = {"symbol": "circle-open", "size": 17, "color": NEUTRAL, "line": {"width": 1.8}}
        figure.add_trace(
            go.Scatter(
                x=met["aminotransferase"].round(3).tolist(), y=met["bilirubin"].round(3).tolist(), mode="markers",
                marker=ring, name=f"ringed: Hy's law met ({len(met)})", hoverinfo="skip", meta={"role": "mark"},
            )
        )  # fmt: skip
    _layout(figure, measured, reference, len(shown) < len(measured))
    return Figure(figure, _alt(lab, measured, shown), _table(shown, names, lab), (source,), name)


def _sample(measured: pd.DataFrame) -> pd.DataFrame:
    """At most ``MOST`` patients, those near normal giving way first."""
    if len(measured) <= MOST:
        return measured
    rng = np.random.default_rng(SEED)
    normal = measured["quadrant"] == "near normal"
    rank = pd.Series(rng.random(len(measured)), measured.index) + normal
    return measured.loc[rank.sort_values().index[:MOST]].sort_index()


def _hover(row: Mapping[str, Any]) -> str:
    since = row.get("days_since_tace")
    tace = "" if since is None else "no TACE before" if pd.isna(since) else f"{since:g} days after TACE"
    return "<br>".join(
        filter(None, ["meets Hy's law" if row["hys_law"] else str(row["quadrant"]), f"day {row['day']:g}", tace])
    )


def _layout(figure: go.Figure, measured: pd.DataFrame, reference: str, sampled: bool) -> None:
    axes = {}
    for axis, column, high, title in (
        ("xaxis", "aminotransferase", HIGH_AMINOTRANSFERASE, f"Peak ALT or AST (multiple of {_of(reference)})"),
        ("yaxis", "bilirubin", HIGH_BILIRUBIN, "Peak bilirubin (multiple of ULN)"),
    ):
        ends = min(measured[column].min() * 0.8, 0.4), max(measured[column].max() * 1.3, 3 * high)
        axes[axis] = {
            "type": "log", "range": [float(np.log10(end)) for end in ends], "title": {"text": title},
            "tickvals": [tick for tick in TICKS if ends[0] <= tick <= ends[1]], "showline": True,
        }  # fmt: skip
    line = {"color": NEUTRAL, "width": 1.4, "dash": "dash"}
    figure.add_vline(x=HIGH_AMINOTRANSFERASE, line=line)
    figure.add_hline(y=HIGH_BILIRUBIN, line=line)
    for words, (x, y, left, top) in CORNERS.items():
        count = int((measured["quadrant"] == words).sum())
        figure.add_annotation(
            text=f"{words[:1].upper()}{words[1:]}: {count}", x=x, y=y, xref="paper", yref="paper", xanchor=left,
            yanchor=top, showarrow=False, font={"size": SMALL},
        )  # fmt: skip
    note = f"A random {MOST:,} of {len(measured):,} patients drawn, those outside near normal first" if sampled else ""
    if note:
        figure.add_annotation(
            text=note, x=0, y=-0.2, xref="paper", yref="paper", xanchor="left", showarrow=False, font={"size": SMALL}
        )
    figure.update_layout(height=470 + 30 * sampled, margin={"t": 84, "b": 60 + 30 * sampled}, **axes)


def _of(reference: str) -> str:
    return "ULN" if reference == "upper limit" else "baseline, if that was high, else ULN"


def _table(shown: pd.DataFrame, names: Mapping[str, str], lab: Laboratory) -> pd.DataFrame:
    columns = {
        "Patient": shown["USUBJID"].astype(str).map(names),
        "Arm": shown["arm"].astype(str),
        "ALT or AST (multiple)": shown["aminotransferase"].round(2),
        "Bilirubin (multiple)": shown["bilirubin"].round(2),
        "Quadrant": shown["quadrant"].astype(str),
        "Hy's law": shown["hys_law"].map({True: "yes", False: "no"}),
        "Day": shown["day"],
    }
    since = {"Days since TACE": shown["days_since_tace"]} if lab.has_procedures else {}
    return pd.DataFrame(columns | since)


def _alt(lab: Laboratory, measured: pd.DataFrame, shown: pd.DataFrame) -> str:
    counts = "; ".join(
        f"{arm}: " + ", ".join(f"{words} {int((rows['quadrant'] == words).sum())}" for words in CORNERS)
        for arm in lab.arms
        if len(rows := lab.of(measured, arm))
    )
    drawn = f" Of {len(measured)} patients {len(shown)} are drawn." if len(shown) < len(measured) else ""
    return f"Peak aminotransferase against peak bilirubin, a point a patient. By quadrant: {counts}.{drawn}"


def injury_table(
    lab: Laboratory, found: Findings, *, after_tace: float, source: Source, name: str = "injury"
) -> Table | Prose:
    """Patients by quadrant and arm; Hy's law with the difference of the arms, and how many of them soon after TACE."""
    if found.hys_law is None:
        few = " or too few met Hy's law to tell" if lab.smallest > 1 else ""
        return Prose(f"*Not shown: nobody has the tests that the plot needs{few}.*")
    first = comparison_row({"Patients": "Hy's law, both within the window, of those measured"}, found.hys_law, lab)
    near = {f"{arm}, n (%)": str(found.near_tace.get(arm, HIDDEN)) for arm in lab.arms} if lab.has_procedures else {}
    rows = [first, {"Patients": f"of these within {after_tace:g} days after TACE", **near}] if near else [first]
    quadrants = QUADRANTS if lab.smallest <= 1 else QUADRANTS[:-1]  # the rest is those not measured
    cells = {arm: _quadrants(lab, arm, quadrants) for arm in lab.arms}
    among = "all" if lab.smallest <= 1 else "those measured"
    rows += [
        {"Patients": f"Quadrant: {words}, of {among}", **{f"{arm}, n (%)": cells[arm][words] for arm in lab.arms}}
        for words in quadrants
    ]
    frame = pd.DataFrame(rows).fillna(ABSENT)
    return Table(
        frame,
        name,
        "Liver injury by arm",
        (source,),
        notes=(
            f"{comparison_note([found.hys_law])} Quadrants: of {among}, by the peaks whenever they were.",
            *small_cell_notes(lab.smallest),
        ),
    )


def _quadrants(lab: Laboratory, arm: str, quadrants: Sequence[str]) -> dict[str, str]:
    """Patients of an arm in each quadrant, with their percentage, as cells."""
    of = lab.of(lab.injury, arm)["quadrant"]
    counts = [int((of == words).sum()) for words in quadrants]
    hidden, size = parts_hidden(counts, lab.smallest), sum(counts)
    return {
        words: HIDDEN if gone else f"{count}/{size} ({number(100 * count / size) if size else ABSENT})"
        for words, count, gone in zip(quadrants, counts, hidden, strict=True)
    }
