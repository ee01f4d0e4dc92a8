"""Readings side by side in print: measured against recorded responses, reader against reader."""

import math
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from lentap.design import Design
from lentap.show.figure import DATA, Figure
from lentap.show.format import escaped, many, number, quote, records, without_unit
from lentap.show.panels import sampled
from lentap.show.prose import Prose, with_interval
from lentap.show.record.assessments import ONE_READER, RECORDED
from lentap.show.record.readers import Agreement, Measured, disagreements, visits_alike
from lentap.show.record.response import Response
from lentap.show.shareable import not_singly
from lentap.show.small_cells import HIDDEN, is_small
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.show.theme import NEUTRAL, arm_styles, plain
from lentap.sources import Source

MOST_LISTED, MOST_DRAWN = 25, 400
ONE_READING = Prose("*Not shown: two readers of the same patients are needed, and there are fewer.*")
NOT_BOTH = Prose("*Not shown: it needs responses that were recorded (adrs) and lesions that were measured (adtr).*")


def against_recorded(
    found: Response, compared: Sequence[Agreement], *, source: Source, name: str = "against-recorded"
) -> Table | Prose:
    """A row a criterion and reader: how often the response that follows from the lesions is the recorded one."""
    if not compared:
        return NOT_BOTH
    rows = []
    for one in compared:
        alike, both = visits_alike(found, one.criterion, one.first, one.second)
        left_out = found.assessments.left_out[one.criterion, one.second]
        rows.append(
            {
                "Lesions": "As measured" if one.second == ONE_READER else one.second,
                "Best responses alike (%)": f"{one.alike.counts['patients']}, {without_unit(one.alike)}",
                "Kappa": quote(one.kappa),
                "Visits alike": f"{alike}/{both}",
                "Patients left out": _few(sum(map(len, left_out.values())), found.smallest),
                "By": one.criterion,
            }
        )
    reasons = {
        f"{reader}: left out {many(len(patients), 'patient')}, {reason}."
        for (_, reader), why in found.assessments.left_out.items()
        for reason, patients in why.items()
        if not is_small(len(patients), found.smallest)
    }
    level = 100 * (compared[0].kappa.level or math.nan)
    note = f"Of the patients assessed at all; {level:g}% CI. Kappa: agreement beyond chance of the five responses."
    caption = "Responses derived from the lesions, against those recorded"
    return Table(pd.DataFrame(rows), name, caption, (source,), groups="By", notes=(note, *sorted(reasons)))


def _few(count: int, smallest: int) -> str:
    return HIDDEN if is_small(count, smallest) else str(count)


def disagreement_table(
    found: Response, criterion: str, *, source: Source, name: str = "disagreements"
) -> Table | Prose | None:
    """Patients whose derived best response is not the recorded one, by reader, as many as ``MOST_LISTED`` each."""
    if found.main(criterion) != RECORDED or not found.readers(criterion):
        return None
    if found.smallest > 1:
        return not_singly(found.smallest)
    rows, notes = [], []
    for reader in found.readers(criterion):
        apart = disagreements(found, criterion, RECORDED, reader)
        notes.append(
            f"{reader}: {many(len(apart), 'patient')}"
            + (f", of whom the first {MOST_LISTED}." if len(apart) > MOST_LISTED else ".")
        )
        for row in records(apart.head(MOST_LISTED)):
            at = f"visit {row['visit']:g}: {row['at_first']}, {row['at_second']}"
            rows.append(
                {
                    "Patient": row["USUBJID"],
                    "Arm": str(row["arm"]),
                    "Recorded": row["first"],
                    "From the lesions": row["second"],
                    "First visit apart": ABSENT if pd.isna(row["visit"]) else at,
                    "Reader": reader,
                }
            )
    if not rows:
        return Prose(f"By {escaped(criterion)}, every best response that follows from the lesions is the recorded one.")
    caption = f"Patients whose best response by {criterion} is not the recorded one"
    note = f"First visit apart: recorded response, then the one from the lesions. {' '.join(notes)}"
    left = ["Arm", "Recorded", "From the lesions", "First visit apart"]
    return Table(pd.DataFrame(rows), name, caption, (source,), left=left, groups="Reader", notes=(note,))


def cross_table(
    compared: Sequence[Agreement], criterion: str, *, source: Source, smallest: int = 0, name: str = "two-readers"
) -> Table | Prose | None:
    """Patients by the best response of either reader by one criterion."""
    one = next((pair for pair in compared if pair.criterion == criterion), None)
    if one is None:
        return None
    if ((one.table > 0) & (one.table < smallest)).any(axis=None):
        return Prose(f"*Not shown: some cells are of fewer than {smallest} patients.*")
    frame = one.table.astype(str).reset_index(names=one.first)
    caption = f"Best response by {one.criterion}: {one.first} (rows), {one.second} (columns)"
    note = f"Alike in {one.alike.counts['patients']} patients: the diagonal."
    return Table(frame, name, caption, (source,), notes=(note,))


def agreement_table(compared: Sequence[Agreement], *, source: Source, name: str = "agreement") -> Table | None:
    """Measures of agreement of two readers, a column a criterion."""
    if not compared:
        return None
    rows: dict[str, dict[str, str]] = {}
    for one in compared:
        cells = {
            "Same best response (%)": f"{one.alike.counts['patients']}, {without_unit(one.alike)}",
            "Kappa, five responses": quote(one.kappa),
            "Kappa, linear weights": quote(one.weighted) if one.weighted else ABSENT,
            "Kappa, response or none": quote(one.of_response),
            "Gwet's AC1, response or none": quote(one.ac1),
        }
        for what, cell in cells.items():
            rows.setdefault(what, {})[one.criterion] = cell
    frame = pd.DataFrame([{"Agreement": what, **cells} for what, cells in rows.items()])
    level = 100 * (compared[0].kappa.level or math.nan)
    note = f"{level:g}% CI. Patients assessed at all; weighted kappa among those evaluable by both readers."
    caption = f"Agreement of {compared[0].first} and {compared[0].second}"
    return Table(frame, name, caption, (source,), notes=(note,))


def reader_words(found: Response, compared: Sequence[Agreement], criterion: str, measured: Measured | None) -> Prose:
    """How far two readers agree by one criterion, and whether the comparison of the arms depends on the reader."""
    one = next((pair for pair in compared if pair.criterion == criterion), None)
    if one is None:
        return ONE_READING
    lines = [
        f"- By {escaped(one.criterion)}, {escaped(one.first)} and {escaped(one.second)} give "
        f"{one.alike.counts['patients'].replace('/', ' of ')} patients the same best response; kappa of response or "
        f"none is {with_interval(one.of_response)}."
    ]
    for arm in found.assessments.arms:
        rates = [
            found.rates["objective response", one.criterion, who].contrasts.get(arm) for who in (one.first, one.second)
        ]
        known = [rate.risk_difference for rate in rates if rate]
        if known:
            both = " and ".join(with_interval(rate) for rate in known)
            lines.append(f"- Objective response, {escaped(arm)} minus control, is {both} by the one and the other.")
    if measured:
        lines.append(
            f"- Best change of the sum of diameters: intraclass correlation {with_interval(measured.correlation)}. "
            f"{escaped(measured.first)} minus {escaped(measured.second)} is {with_interval(measured.bias)}; by normal "
            f"limits of agreement most differences lie between {quote(measured.lower, 'estimate')} and "
            f"{quote(measured.upper, 'estimate')}."
        )
    others = found.readers(one.criterion)[2:]
    lines += [f"- Not compared here: {escaped(', '.join(others))}."] if others else []
    return Prose("\n".join(lines))


def difference_plot(
    found: Measured | None, design: Design, *, source: Source, smallest: int = 0, name: str = "two-measurements"
) -> Figure | Prose | None:
    """Difference of the best change by two readers against their mean, with bias and limits of agreement."""
    if found is None:
        return None
    if smallest > 1:
        return not_singly(smallest)
    styles, figure, drawn = arm_styles(design), go.Figure(), []
    pairs = found.pairs.assign(mean=found.pairs[["first", "second"]].mean(axis=1))
    pairs = pairs.assign(difference=pairs["first"] - pairs["second"]).sort_values(["mean", "USUBJID"])
    for arm, rows in pairs.groupby("arm", observed=True):
        some, style = sampled(rows, MOST_DRAWN), styles[str(arm)]
        figure.add_trace(
            go.Scatter(
                x=some["mean"].round(1).tolist(),
                y=some["difference"].round(1).tolist(),
                mode="markers",
                marker={"color": style.colour, "symbol": style.symbol, "size": 7, "opacity": 0.7},
                name=plain(str(arm))
                + (f" ({len(some)} of {len(rows)})" if len(some) < len(rows) else f" ({len(rows)})"),
                customdata=[
                    f"<b>{plain(row['USUBJID'])}</b><br>{plain(found.first)} {number(row['first'])}%, "
                    f"{plain(found.second)} {number(row['second'])}%"
                    for row in records(some)
                ],
                hovertemplate="%{customdata}<extra></extra>",
                meta=DATA,
            )
        )
        drawn.append(some)
    table = pd.concat(drawn)[["arm", "USUBJID", "first", "second", "mean", "difference"]].round(1)
    table.columns = pd.Index(["Arm", "Patient", found.first, found.second, "Mean (%)", "Difference (points)"])
    ends = [float(pairs["mean"].min()), float(pairs["mean"].max())]
    limits = f"limits of agreement {quote(found.lower, 'estimate')} to {quote(found.upper, 'estimate')}"
    for words, level, dash in (
        (f"bias {quote(found.bias)}", found.bias, "solid"),
        (limits, found.lower, "dash"),
        ("", found.upper, "dash"),
    ):
        figure.add_trace(
            go.Scatter(
                x=ends,
                y=[level.estimate] * 2,
                mode="lines",
                line={"color": NEUTRAL, "width": 1.6, "dash": dash},
                name=words.replace(" points", ""),
                showlegend=bool(words),
                hovertemplate=f"{quote(level)}<extra></extra>",
                meta={"role": "line"},
            )
        )
    figure.update_layout(
        height=380,
        xaxis={"title": {"text": "Best change, mean of both readers (%)"}},
        yaxis={"title": {"text": f"{plain(found.first)} minus {plain(found.second)} (points)"}, "zeroline": False},
    )
    alt = (
        f"Difference of the best change of the sum of diameters by {found.criterion} between two readers against their "
        f"mean, in {len(pairs)} patients: bias {quote(found.bias)}, {limits}."
    )
    return Figure(figure, alt, table, (source,), name)
