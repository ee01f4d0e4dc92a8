"""Benefits and harms in print: effects per 100 patients, numbers needed, pairs won and lost, and other trials."""

import math
from textwrap import wrap

import pandas as pd
import plotly.graph_objects as go

from lentap.design import Design
from lentap.show.figure import DATA, Figure
from lentap.show.forest import LONGEST, Row, forest
from lentap.show.format import escaped, interval, listed, number, one_or_experimental, percent, quote, records
from lentap.show.prose import Prose, side, with_interval
from lentap.show.record.benefit_risk import BENEFIT, BenefitRisk, Effect, Wins
from lentap.show.small_cells import HIDDEN, small_cell_notes
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.show.theme import NEUTRAL, SMALL, arm_styles, plain
from lentap.sources import Source
from lentap.stats.estimate import Estimate
from lentap.stats.number_needed import Needed, NumberNeeded

CONTEXT = ("EMERALD-1", "LEAP-012")
BAR, LEGEND = 62, 24


def effect_plot(found: BenefitRisk, *, design: Design, source: Source, name: str = "effects") -> Figure | Prose:
    """Differences per 100 patients, benefits above harms."""
    styles, several = arm_styles(design), len({one.arm for one in found.effects}) > 1
    rows = [
        Row(
            f"{one.outcome}{f', {one.arm}' if several else ''}",
            _hundred(result.estimate),
            _hundred(result.low),
            _hundred(result.high),
            "; ".join(f"{arm} {count}" for arm, count in one.counts.items()),
            one.kind,
            styles[one.arm],
        )
        for one in sorted(found.effects, key=lambda one: one.kind)
        if (result := one.difference)
    ]
    if not rows:
        return Prose("*Not shown: no outcome can be compared.*")
    return forest(
        rows, name=name, title="Difference, patients in 100", source=source, reference=0.0,
        sides=(f"more on {found.control}", f"more on {one_or_experimental(one.arm for one in found.effects)}"),
        what=f"Benefits and harms, differences from {found.control} in 100 patients with {100 * found.level:g}% CI.",
    )  # fmt: skip


def _hundred(share: float | None) -> float:
    return math.nan if share is None else 100 * share


def effect_table(found: BenefitRisk, *, source: Source, name: str = "effects-table") -> Table | Prose:
    """Patients in 100 with each outcome, differences and numbers needed, a row an outcome and experimental arm."""
    if not found.effects:
        return Prose("*Not shown: no outcome can be compared.*")
    several = len({one.arm for one in found.effects}) > 1
    rows = []
    for one in sorted(found.effects, key=lambda effect: effect.kind):
        cells = [HIDDEN] * 4 if one.hidden else _cells(one)
        rows.append(
            {
                "Outcome": f"{one.outcome}{f' ({one.arm})' if several else ''}",
                "Experimental": cells[0],
                found.control: cells[1],
                "Difference": cells[2],
                "Number needed": cells[3],
                "Kind": one.kind,
            }
        )
    if not several:
        rows = [
            {(found.effects[0].arm if key == "Experimental" else key): value for key, value in row.items()}
            for row in rows
        ]
    notes = (
        f"Patients in 100, with {100 * found.level:g}% CI. Number needed: patients treated for one more with benefit "
        "(NNTB) or with harm (NNTH); an interval through ∞ does not exclude that there is neither.",
        *found.notes,
        *small_cell_notes(found.smallest),
    )
    return Table(pd.DataFrame(rows), name, "Benefits and harms per 100 patients", (source,), groups="Kind", notes=notes)


def _cells(one: Effect) -> list[str]:
    assert one.difference is not None
    d = one.difference
    return [
        *(_share(share) for share in (one.treated, one.control)),
        interval(d.estimate, d.low, d.high, percent),
        needed_words(one.needed) if one.needed else ABSENT,
    ]


def _share(share: Estimate | None) -> str:
    return ABSENT if share is None else interval(share.value, share.low, share.high, percent)


def needed_words(found: NumberNeeded) -> str:
    """``NNTB 2.5 (1.9 to 4.0)``; through infinity as Altman writes it."""
    best, worst = found.best, found.worst
    if found.through_infinity:
        return f"{_needed(found.estimate)} ({_needed(best)} to ∞ to {_needed(worst)})"
    few, many = sorted((best, worst), key=lambda one: one.patients)
    return f"{_needed(found.estimate)} ({_number(few)} to {_number(many)})"


def _needed(one: Needed) -> str:
    return f"{one.abbreviation} {_number(one)}"


def _number(one: Needed) -> str:
    return number(one.patients) if math.isfinite(one.patients) else "∞"


def win_plot(found: BenefitRisk, *, design: Design, source: Source, name: str = "wins") -> Figure | Prose:
    """Pairs that each outcome decided, won by either arm, as bars of percent of all pairs."""
    if not found.wins:
        return _no_pairs(found)
    styles = arm_styles(design)
    figure, rows, place = go.Figure(), [], 0
    for arm, wins in found.wins.items():
        for one in [*records(wins.statistics.by_outcome), _all_outcomes(wins)]:
            words = f"{one['outcome']}{f', {arm}' if len(found.wins) > 1 else ''}"
            _label(figure, words, place)
            start = 0.0
            for who, colour, count in (
                (f"{arm} wins", styles[arm].colour, one["wins"]),
                ("undecided", NEUTRAL, one["ties"]),
                (f"{found.control} wins", styles[found.control].colour, one["losses"]),
            ):
                share = 100 * count / wins.statistics.pairs
                _bar(figure, who, colour, start, share, place, words)
                rows.append({"Outcome": words, "Who": who, "Pairs": int(count), "Percent": round(share, 1)})
                start += share
            place += 1
    top = 20 + LEGEND * (len(found.wins) + 1)  # lines of the legend on a phone, so that the bars keep their height
    figure.update_layout(
        height=top + BAR * place + 56,
        barmode="overlay",
        margin={"t": top, "l": 14, "r": 14, "b": 56},
        xaxis={"range": [0, 100], "title": {"text": "Pairs of patients (%)"}},
        yaxis={"range": [place - 0.35, -0.75], "visible": False},
    )
    said = "; ".join(f"{row['Outcome']}: {row['Who']} {row['Percent']}%" for row in rows)
    return Figure(
        figure, f"Pairs decided by each outcome, percent of all pairs. {said}.", pd.DataFrame(rows), (source,), name
    )


def _no_pairs(found: BenefitRisk) -> Prose:
    hidden = ", or their numbers are hidden" if found.smallest > 1 else ""
    return Prose(f"*Not shown: no pairs can be compared{hidden}.*")


def _all_outcomes(wins: Wins) -> dict[str, object]:
    table, pairs = wins.statistics.by_outcome, wins.statistics.pairs
    won, lost = int(table["wins"].sum()), int(table["losses"].sum())
    return {"outcome": "All together", "wins": won, "losses": lost, "ties": pairs - won - lost}


def _label(figure: go.Figure, words: str, place: int) -> None:
    figure.add_annotation(
        text="<br>".join(map(plain, wrap(words, LONGEST))), x=0, xref="paper", xanchor="left", align="left",
        y=place - 0.23, yanchor="bottom", showarrow=False, font={"size": SMALL},
    )  # fmt: skip


def _bar(figure: go.Figure, who: str, colour: str, start: float, share: float, place: int, outcome: str) -> None:
    seen = {trace.name for trace in figure.data}
    figure.add_trace(
        go.Bar(
            x=[share],
            y=[place],
            base=[start],
            orientation="h",
            width=0.42,
            marker={"color": colour, "opacity": 0.35 if who == "undecided" else 0.9},
            text=[f"{share:.0f}" if share >= 5 else ""],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            name=plain(who),
            legendgroup=who,
            showlegend=plain(who) not in seen,
            hovertemplate=f"<b>{plain(outcome)}</b><br>{plain(who)}: {share:.1f}% of pairs<extra></extra>",
            meta=DATA,
        )
    )


def win_table(found: BenefitRisk, *, source: Source, name: str = "win-statistics") -> Table | Prose:
    """Win ratio, net benefit and win odds, a row an experimental arm."""
    if not found.wins:
        return _no_pairs(found)
    rows = [
        {
            "Comparison": f"{arm} against {found.control}",
            "Pairs": f"{wins.statistics.pairs:,}",
            "Won (%)": percent(wins.statistics.win),
            "Lost (%)": percent(wins.statistics.loss),
            "Win ratio": quote(wins.win_ratio),
            "Net benefit (points)": quote(wins.net_benefit).replace(" percentage points", ""),
            "Win odds": quote(wins.win_odds),
            "p": quote(wins.net_benefit, "p"),
        }
        for arm, wins in found.wins.items()
    ]
    note = f"With {100 * found.level:g}% CI; p of the net benefit."
    return Table(pd.DataFrame(rows), name, "Pairs won and lost", (source,), notes=(note,))


def context_table(facts: pd.DataFrame, *, name: str = "context") -> Table:
    """What other trials report, experimental beside control; ``facts`` as of ``comparator_facts``."""
    rows = []
    chosen = facts[facts["study"].isin(CONTEXT)]
    for (study, endpoint), part in chosen.groupby(["study", "endpoint"], sort=False):
        both = part["arm"].str.contains(" vs ")
        values = {str(row["arm"]): _value(row) for row in records(part)}
        of_arm = [arm for arm, vs in zip(part["arm"], both, strict=True) if not vs]
        control = next((arm for arm in of_arm if arm in ("TACE", "TACE+placebo")), "")
        experimental = next((arm for arm in of_arm if arm != control), "")
        rows.append(
            {
                "Outcome": f"{endpoint} ({part['unit'].iloc[0]})",
                "Experimental": values.get(experimental, ABSENT),
                "Control": values.get(control, ABSENT),
                "Ratio": next((values[arm] for arm, vs in zip(part["arm"], both, strict=True) if vs), ABSENT),
                "Study": _study(part, chosen[chosen["study"] == study]),
            }
        )
    note = "Other patients, other controls, other times: to be read beside this trial, not against it."
    return Table(pd.DataFrame(rows), name, "Other trials", ("published",), groups="Study", notes=(note,))


def _study(part: pd.DataFrame, of_study: pd.DataFrame) -> str:
    arms = of_study.loc[~of_study["arm"].str.contains(" vs "), ["arm", "n"]].drop_duplicates("arm")
    sizes = " against ".join(f"{row['arm']} (n = {row['n']})" for row in records(arms))
    first = part.iloc[0]
    return f"{first['study']}, {first['design']}: {sizes}. Known from {first['source']} ({first['status']})"


def _value(row: dict[str, object]) -> str:
    value, low, high = (float(str(row[name])) for name in ("value", "low", "high"))
    decimals = 2 if row["unit"] == "ratio" else 1
    known = not math.isnan(low)
    return interval(value, low if known else None, high if known else None, lambda x: number(x, decimals))


def benefit_risk_points(found: BenefitRisk) -> list[str]:
    """Key points: benefits and harms whose interval excludes no difference, numbers needed, and pairs."""
    points = []
    for arm in dict.fromkeys([*(one.arm for one in found.effects), *found.wins]):
        effects = [one for one in found.effects if one.arm == arm]
        points += [_side_words(arm, found.control, effects, benefits) for benefits in (True, False)]
        if arm in found.wins:
            wins = found.wins[arm]
            points.append(
                f"**Pairs** of a patient on {escaped(arm)} and one on {escaped(found.control)}: "
                f"{percent(wins.statistics.win)}% won by {escaped(arm)}, {percent(wins.statistics.loss)}% lost; "
                f"win ratio {with_interval(wins.win_ratio)}, net benefit "
                f"{with_interval(wins.net_benefit)}; {_reading(wins, arm, found.control)}."
            )
    return [*points, *(escaped(note) for note in found.notes)] or ["Neither benefits nor harms can be compared here."]


def _side_words(arm: str, control: str, effects: list[Effect], benefits: bool) -> str:
    """What separates the arms among benefits, or among harms."""
    of_kind = [one for one in effects if (one.kind == BENEFIT) == benefits and one.difference is not None]
    if not of_kind:
        return ""
    hidden = sum(one.hidden for one in effects if (one.kind == BENEFIT) == benefits)
    unsaid = f"; {hidden} {HIDDEN}" if hidden else ""
    apart = [one for one in of_kind if one.difference and side(one.difference) != "across"]
    head = f"**{'Benefits' if benefits else 'Harms'},** {escaped(arm)} minus {escaped(control)} in 100 patients"
    if not apart:
        return f"{head}: no interval excludes no difference, of {len(of_kind)} outcomes{unsaid}."
    parts = [
        f"{escaped(one.outcome)} {quote(one.difference, 'estimate').removesuffix(' percentage points')} "
        f"({quote(one.difference, 'interval')})"
        for one in apart
        if one.difference
    ]
    return f"{head}: {listed(parts)}{_further(len(of_kind) - len(apart))}{unsaid}."


def _further(outcomes: int) -> str:
    """How many outcomes do not separate the arms, beside those that do."""
    if not outcomes:
        return ""
    if outcomes == 1:
        return "; the interval of 1 further outcome includes no difference"
    return f"; the intervals of {outcomes} further outcomes include no difference"


def _reading(wins: Wins, arm: str, control: str) -> str:
    match side(wins.win_ratio):
        case "above":
            return f"the interval lies on the side of {escaped(arm)}"
        case "below":
            return f"the interval lies on the side of {escaped(control)}"
    return "the interval includes no difference"
