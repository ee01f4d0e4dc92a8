"""What was given: the share of the planned dose patient by patient, and a table by treatment and arm."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from lentap.adam import Trial
from lentap.design import Design
from lentap.show.figure import DATA, Figure, reference_line, whisker
from lentap.show.format import interval, number, percent, records
from lentap.show.prose import Prose
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.show.theme import NEUTRAL, SMALL, arm_styles, plain
from lentap.sources import Source
from lentap.stats.dose_intensity import KEPT, subject_exposure, summarise_exposure

ROW, TOP, AXIS = 66, 26, 72
BINS, HALF = 50, 0.2  # of one row: steps along the axis within which points are stacked, half the height of a stack
KEY = f'<span style="font-size:{SMALL}px">diamond and bar: median and quartiles; line: {100 * KEPT:g}%</span>'
SESSIONS = "TACE"  # the category whose times given are sessions


def trial_exposure(trial: Trial, subjects: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What each of the subjects was given, and the summary by arm; both empty where the trial has no table adex."""
    if "adex" not in trial.tables:
        return pd.DataFrame(), pd.DataFrame()
    given = subject_exposure(trial.adex, subjects)
    return given, summarise_exposure(given, subjects)


def exposure_views(
    given: pd.DataFrame, exposure: pd.DataFrame, *, design: Design, source: Source
) -> list[Figure | Table | Prose]:
    """Figure and table, or one line that says why there is neither."""
    if exposure.empty:
        return [Prose("Not shown: no table of exposure (`adex`) tells what these patients were given.")]
    table = exposure_table(exposure, source=source)
    if not exposure["known"].any():
        return [table, Prose("No dose intensity is shown: the table `adex` does not say which doses were planned.")]
    return [intensity_figure(given, exposure, design=design, source=source), table]


def intensity_figure(
    given: pd.DataFrame, exposure: pd.DataFrame, *, design: Design, source: Source, name: str = "dose-intensity"
) -> Figure:
    """A point a patient in a row a treatment and arm, with median and quartiles.

    Parameters
    ----------
    given, exposure
        As returned by ``lentap.stats.dose_intensity`` for each subject and as their summary.
    """
    styles = arm_styles(design)
    shown = exposure[exposure["known"] > 0].reset_index(drop=True)
    known = given.dropna(subset=["intensity"]).assign(share=lambda rows: (100 * rows["intensity"]).round(2))
    most = max(100.0, float(known["share"].max()))
    points = []
    figure = go.Figure()
    for place, row in enumerate(records(shown)):
        rows = known[(known["treatment"] == row["treatment"]) & (known["arm"].astype(str) == row["arm"])]
        rows = rows.sort_values("share", kind="stable")
        points.append(rows)
        style = styles[row["arm"]]
        figure.add_trace(
            go.Scatter(
                x=rows["share"].tolist(),
                y=[place + HALF + offset for offset in _stacked(rows["share"], most / BINS)],
                mode="markers",
                marker={"color": style.colour, "symbol": style.symbol, "size": 6},
                opacity=0.8,
                customdata=[plain(subject) for subject in rows["USUBJID"]],
                hovertemplate="%{customdata}<br>%{x:.1f}% of the planned dose<extra></extra>",
                meta=DATA,
            )
        )
        _median(figure, row, place)
        figure.add_annotation(
            text=plain(_words(row)), x=0, xref="paper", xanchor="left", y=place - 0.25, showarrow=False,
            font={"size": SMALL},
        )  # fmt: skip
    reference_line(figure, 100 * KEPT, range(len(shown)))
    figure.update_layout(
        height=TOP + AXIS + ROW * len(shown),
        margin={"t": TOP, "l": 14, "r": 14, "b": AXIS},
        showlegend=False,
        xaxis={"range": [-2, most * 1.04], "title": {"text": f"Dose given (% of planned)<br>{KEY}"}},
        yaxis={"range": [len(shown) - 0.4, -0.6], "visible": False},
    )
    return Figure(figure, _alt(shown), _table(pd.concat(points)), (source,), name)


def _stacked(values: "pd.Series[float]", step: float) -> list[float]:
    """Heights of points, those of nearly equal values apart from each other and around 0."""
    bins = (values / step).round()
    rank, size = bins.groupby(bins).cumcount(), bins.groupby(bins).transform("size")
    apart = min(0.08, 2 * HALF / max(int(size.max()), 1))
    return ((rank - (size - 1) / 2) * apart).tolist()


def _median(figure: go.Figure, row: dict[str, Any], place: int) -> None:
    middle, low, high = (100 * row[f"intensity_{part}"] for part in ("median", "q1", "q3"))
    along, across = whisker([low], [high], [place + HALF])
    line = {"color": NEUTRAL, "width": 3}
    figure.add_trace(
        go.Scatter(x=along, y=across, mode="lines", line=line, hoverinfo="skip", meta={"role": "interval"})
    )
    figure.add_trace(
        go.Scatter(
            x=[middle],
            y=[place + HALF],
            mode="markers",
            marker={"color": NEUTRAL, "symbol": "diamond", "size": 11},
            hovertemplate=f"{plain(_words(row))}<extra></extra>",
            meta={"role": "summary"},
        )
    )


def _words(row: dict[str, Any]) -> str:
    return f"{row['treatment']}, {row['arm']} (n = {row['known']}): {_quartiles(row, 'intensity', percent)}"


def _quartiles(row: dict[str, Any], name: str, write: Callable[[float], str] = number) -> str:
    return interval(row[f"{name}_median"], row[f"{name}_q1"], row[f"{name}_q3"], write)


def _alt(shown: pd.DataFrame) -> str:
    rows = "; ".join(_words(row) for row in records(shown))
    line = f"a line at {100 * KEPT:g}%"
    return (
        f"Dose given as a percentage of the planned dose, a point a patient, with {line}. Medians (quartiles): {rows}."
    )


def _table(points: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Patient": points["USUBJID"],
            "Treatment": points["treatment"],
            "Arm": points["arm"].astype(str),
            "Dose given (% of planned)": points["share"],
        }
    )


def exposure_table(exposure: pd.DataFrame, *, source: Source, name: str = "exposure") -> Table:
    """Rows a quantity under each treatment, a column an arm; what the tables do not tell has no row."""
    headings = {row["arm"]: f"{row['arm']} (N = {row['n']})" for row in records(exposure.drop_duplicates("arm"))}
    rows = []
    for treatment, by_arm in exposure.groupby("treatment", sort=False):
        cells = {row["arm"]: _cells(row, holds=bool(by_arm["held"].any())) for row in records(by_arm)}
        for quantity in dict.fromkeys(name for some in cells.values() for name in some):
            line = {heading: cells[arm].get(quantity, ABSENT) for arm, heading in headings.items()}
            rows.append({"Treatment": str(treatment), "": quantity, **line})
    return Table(
        pd.DataFrame(rows),
        name,
        "Exposure to each treatment, by arm",
        (source,),
        groups="Treatment",
        notes=(
            "Months, doses, sessions and dose intensity: median (quartiles). Patients exposed: of all in the arm. "
            "Other percentages: of the exposed; for dose intensity and reductions, of those whose doses are known.",
        ),
    )


def _cells(row: dict[str, Any], *, holds: bool) -> dict[str, str]:
    """One arm's numbers; without ``holds`` in any arm, the table has no rows for doses that were not given."""

    def share(count: str, total: str) -> str:
        return f"{row[count]} ({percent(row[count] / row[total])}%)"

    cells = {"Patients exposed": share("exposed", "n")}
    if not row["exposed"]:
        return cells
    cells["Months from first to last dose"] = _quartiles(row, "months")
    if pd.notna(row["times_median"]):
        cells["Sessions" if row["category"] == SESSIONS else "Doses given"] = _quartiles(row, "times")
    if row["known"]:
        cells["Relative dose intensity (%)"] = _quartiles(row, "intensity", percent)
        cells[f"Dose intensity of {100 * KEPT:g}% or more"] = share("kept", "known")
        cells["Dose reduced"] = share("reduced", "known")
    if holds:
        cells["Dose held or omitted"] = share("held", "exposed")
    if holds and "held_for_event" in row:
        cells["Held or omitted for an adverse event"] = share("held_for_event", "exposed")
    return cells
