"""Tumour response in print: rates by criterion and arm, best responses, and where measured and recorded ones part."""

import math

import pandas as pd

from lentap.design import Design
from lentap.results import Result
from lentap.show.figure import Figure
from lentap.show.forest import Row, forest
from lentap.show.format import escaped, listed, p_phrase, quote, without_unit
from lentap.show.missing import missing_point
from lentap.show.prose import Prose, side, with_interval
from lentap.show.record.assessments import ONE_READER, RECORDED
from lentap.show.record.response import OUTCOMES, Response
from lentap.show.small_cells import HIDDEN, is_small, parts_without_small, share_text, small_cell_notes
from lentap.show.table import Table
from lentap.show.tables import ABSENT
from lentap.show.theme import arm_styles
from lentap.sources import Source
from lentap.stats.response import RESPONSES, responders

UNJUDGED = "alive, not resected and without an assessment that can be judged"
NO_RESPONSE = Prose("*Not shown: there is no response, for the reasons given in the key points.*")


def response_rates(found: Response, design: Design, *, source: Source, name: str = "response-rates") -> Figure | Prose:
    """Objective response and disease control of each arm by each criterion, with intervals."""
    if not found.criteria:
        return NO_RESPONSE
    styles = arm_styles(design)
    rows = [
        Row(arm, _percent(rate.estimate), _percent(rate.low), _percent(rate.high), rate.counts[arm], group, styles[arm])
        for outcome in OUTCOMES
        for criterion in found.criteria
        for group in [f"{outcome.capitalize()} by {criterion}"]
        for arm, rate in found.rates[outcome, criterion, found.main(criterion)].rates.items()
    ]
    what = "Objective response and disease control by criterion and arm, per cent of patients with interval."
    return forest(rows, name=name, title="Patients (%)", what=what, source=source, span=(-1, 101))


def response_differences(
    found: Response, design: Design, *, source: Source, name: str = "response-differences"
) -> Figure | Prose | None:
    """Differences of the arms in objective response and disease control, by each criterion and each reading."""
    styles = arm_styles(design)
    rows = [
        Row(
            f"{arm}, {by(reading)}",
            _percent(one.risk_difference.estimate),
            _percent(one.risk_difference.low),
            _percent(one.risk_difference.high),
            group=f"{outcome.capitalize()} by {criterion}",
            style=styles[arm],
        )
        for outcome in OUTCOMES
        for criterion in found.criteria
        for reading in found.readings(criterion)
        for arm, one in found.rates[outcome, criterion, reading].contrasts.items()
    ]  # fmt: skip
    if not found.criteria:
        return None
    if not rows:
        return Prose("*Not shown: a difference needs patients on an experimental arm and on control.*")
    return forest(
        rows,
        name=name,
        title="Difference from control (percentage points)",
        what="Differences of the arms in objective response and disease control, by criterion and reading.",
        source=source,
        reference=0.0,
        sides=("more with control", "more with experimental"),
    )


def response_table(found: Response, *, source: Source, name: str = "best-responses") -> Table | None:
    """Best overall responses, objective response and disease control by arm, a group of rows a criterion."""
    if not found.criteria:
        return None
    arms = found.assessments.arms
    sizes = {arm: int((found.assessments.patients["arm"] == arm).sum()) for arm in arms}
    head = {arm: f"{arm} (N = {sizes[arm]})" for arm in arms}
    rows = []
    for criterion in found.criteria:
        reading = found.main(criterion)
        best, group = found.best[criterion, reading], f"{criterion}, {by(reading)}"
        counts = {
            arm: [int((best.to_numpy() == word)[found.assessments.patients["arm"] == arm].sum()) for word in RESPONSES]
            for arm in arms
        }
        parts = {arm: parts_without_small(counts[arm], found.smallest) for arm in arms}
        for i, word in enumerate(RESPONSES):
            cells = {head[arm]: share_text(parts[arm][i], sizes[arm]).replace("%", "") for arm in arms}
            rows.append({"Best response": WORDS[word], **cells, "By": group})
        for outcome in OUTCOMES:
            compared = found.rates[outcome, criterion, reading]
            cells = {
                head[arm]: f"{rate.counts[arm]}, {without_unit(rate)}" if rate else HIDDEN
                for arm, rate in ((arm, compared.rates.get(arm)) for arm in arms)
            }
            rows.append({"Best response": outcome.capitalize(), **cells, "By": group})
            cells = {
                head[arm]: f"{without_unit(one.risk_difference)}; {p_phrase(one.fisher_p.p_value or 0.0)}"
                for arm, one in compared.contrasts.items()
            }
            rows += [{"Best response": "minus control (points)", **cells, "By": group}] if cells else []
    rate = next((rate for one in found.rates.values() for rate in one.rates.values()), None)
    level = f"{100 * (rate.level or math.nan):g}% CI, rates by {rate.method}" if rate else "intervals"
    frame = pd.DataFrame(rows).fillna(ABSENT)
    note = f"Patients (%); rates and differences with {level}; difference from control with Fisher's exact test."
    return Table(
        frame, name, "Best overall response", (source,), groups="By", notes=(note, *small_cell_notes(found.smallest))
    )


WORDS = {
    "CR": "Complete (CR)",
    "PR": "Partial (PR)",
    "SD": "Stable (SD)",
    "PD": "Progressive (PD)",
    "NE": "Not evaluable (NE)",
}


def response_points(found: Response) -> list[str]:
    """Key points on response: rates by criterion, what separates the arms, and what cannot be shown."""
    points = [] if found.criteria else ["Whether the tumours shrank cannot be told from these tables."]
    for criterion in found.criteria:
        reading = found.main(criterion)
        compared = found.rates["objective response", criterion, reading]
        shares = [
            f"{rate.counts[arm].replace('/', ' of ')} on {escaped(arm)} ({quote(rate, 'estimate')})"
            for arm, rate in compared.rates.items()
        ]
        shares += [f"{HIDDEN} on {escaped(arm)}" for arm in found.assessments.arms if arm not in compared.rates]
        apart = [_difference(arm, one.risk_difference) for arm, one in compared.contrasts.items()]
        what = f"**Objective response by {escaped(criterion)}, {escaped(by(reading))}:**"
        points.append(" ".join([f"{what} {listed(shares)}.", *apart]))
    points += _criteria_apart(found)
    control = [
        f"by {escaped(criterion)} "
        + listed(
            [
                f"{quote(rate, 'estimate')} on {escaped(arm)}"
                for arm, rate in found.rates["disease control", criterion, found.main(criterion)].rates.items()
            ]
        )
        for criterion in found.criteria
    ]
    points += [f"**Disease control:** {'; '.join(control)}."] if control and found.smallest <= 1 else []
    points += _rule(found)
    points += [
        missing_point(one, outcome=f"responding by {escaped(criterion)}", who=UNJUDGED, smallest=found.smallest)
        for criterion, one in found.unknown.items()
    ]
    return points + [f"Not on this page: {escaped(gap)}." for gap in found.gaps]


def _rule(found: Response) -> list[str]:
    """What counts on this page, where it is not whatever was seen once, and what the rule cost."""
    lost = [
        f"by {escaped(criterion)} {seen} of those seen were not confirmed, {resected} of these in patients resected"
        for criterion, (seen, resected) in found.unconfirmed.items()
        if not any(is_small(count, found.smallest) for count in (seen, resected, seen - resected))
    ]
    confirmed = (
        f"a response counts if it is seen again {found.rule.confirmation:g} days later or more: {'; '.join(lost)}"
    )
    stable = f"stable disease counts if it lasts {found.rule.stable:g} days"
    if found.rule.confirmation > 0 and found.criteria and not lost:
        confirmed = confirmed.partition(":")[0]
    rules = [
        *([confirmed] if found.rule.confirmation > 0 and found.criteria else []),
        *([stable] if found.rule.stable > 0 and found.criteria else []),
    ]
    return [f"**Rule.** Here {'; '.join(rules)}."] if rules else []


def _criteria_apart(found: Response) -> list[str]:
    """How many patients respond by one criterion and not by the other."""
    if len(found.criteria) != 2:
        return []
    one, other = (responders(found.best[name, found.main(name)]).to_numpy() for name in found.criteria)
    names = [escaped(name) for name in found.criteria]
    if any(is_small(int(who.sum()), found.smallest) for who in (one & ~other, other & ~one, one & other)):
        return []
    return [
        f"**The criteria differ:** {int((one & ~other).sum())} patients respond by {names[0]} alone, "
        f"{int((other & ~one).sum())} by {names[1]} alone, {int((one & other).sum())} by both."
    ]


def _difference(arm: str, found: Result) -> str:
    control = escaped(found.labels["control"])
    words = f"{escaped(arm)} minus {control}: {with_interval(found)}"
    match side(found):
        case "above":
            return f"{words}; the interval lies on the side of more responses on {escaped(arm)}."
        case "below":
            return f"{words}; the interval lies on the side of more responses on {control}."
    return f"{words}; the interval includes no difference."


def by(reading: str) -> str:
    """Who read, inside a sentence."""
    return "as recorded" if reading == RECORDED else "as measured" if reading == ONE_READER else f"by {reading}"


def _percent(share: float | None) -> float:
    return math.nan if share is None else 100 * share
