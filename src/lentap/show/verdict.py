"""What may be read off a comparison of times: whether one hazard ratio holds, and what to read where it does not."""

from collections.abc import Mapping

from lentap.results import Result
from lentap.show.format import duration, escaped, number, p_phrase, percent, quote
from lentap.show.prose import with_interval
from lentap.show.record.absolute import Absolute
from lentap.show.record.followed import Followed
from lentap.show.record.hazards import FEW, WEIGHTS, Hazards, last_crossing

TRIVIAL = 0.1  # share of the events, before which a crossing is of the first few alone


def hazard_points(group: Followed, found: Mapping[str, Hazards], absolute: Absolute) -> list[str]:
    """Key points of the page on hazards: what is compared, the verdict, and what it rests on."""
    if group.gap:
        return [f"Whether one hazard ratio tells the comparison cannot be shown here: {escaped(group.gap)}."]
    points = [*group.notes]
    for one in found.values():
        points += [_verdict(group, one, absolute), _two_periods(one), _crossing(group, one), _combo(group, one)]
    return points


def short_verdicts(group: Followed, tests: Mapping[str, Result], absolute: Absolute) -> list[str]:
    """The verdict in a sentence, for the page that shows the curves."""
    if group.gap:
        return []
    words, how = [], " (tested without weights)" if group.weights is not None else ""
    for arm in group.treated:
        test, events = tests.get(arm), _events(group, arm)
        name = f" of {escaped(arm)}" if len(group.treated) > 1 else ""
        if test is None or test.p_value is None:
            words.append(f"**One ratio{name} for all times?** No test is possible with these events.")
        elif test.p_value < 1 - group.level:
            words.append(
                f"**One ratio{name} for all times?** No: it changes over follow-up ({p_phrase(test.p_value)}){how}. "
                f"Read the {_instead(absolute)} instead."
            )
        elif events < FEW:
            words.append(f"**One ratio{name} for all times?** {events} events are too few to tell.")
        elif crossed := _crossed(group, arm, last_crossing(group.pair(arm), arm)):
            words.append(
                f"**One ratio{name} for all times?** No clear trend of it ({p_phrase(test.p_value)}){how}, but the "
                f"curves {crossed}, which one ratio hides. Read the {_instead(absolute)} beside it."
            )
        else:
            words.append(
                f"**One ratio{name} for all times?** No clear sign against it ({p_phrase(test.p_value)}){how}, which "
                "is no proof of it."
            )
    return words


def _verdict(group: Followed, one: Hazards, absolute: Absolute) -> str:
    words, ratio = f"**Verdict, {escaped(one.arm)} over {escaped(group.control)}.**", with_interval(one.ratio)
    events = _events(group, one.arm)
    measures = " ".join(_measures(one.arm, absolute))
    if one.ratio.estimate is None:
        return f"{words} There is no hazard ratio to judge: {one.why or one.ratio.method}. {measures}"
    if one.test is None or one.test.p_value is None:
        why = one.why or "the events have too few distinct times"
        return f"{words} Whether one ratio ({ratio}) holds throughout cannot be tested: {why}. {measures}"
    p = p_phrase(one.test.p_value)
    if one.test.p_value < 1 - group.level:
        return (
            f"{words} One hazard ratio does not tell it: the ratio changes over follow-up ({p}). The {ratio} is an "
            f"average whose weights depend on how long patients happened to be followed. Read the "
            f"{_instead(absolute)} instead. {measures}"
        )
    if events < FEW:
        return (
            f"{words} With {events} events no test can tell whether one ratio ({ratio}) holds throughout ({p}). "
            f"Read beside it what does not need that. {measures}"
        )
    if crossed := _crossed(group, one.arm, one.crossing):
        return (
            f"{words} One hazard ratio ({ratio}) does not tell it: the curves {crossed}. The test finds no clear trend "
            f"of the ratio ({p}), and a crossing may be chance, but the ratio averages over both sides of it. Read the "
            f"{_instead(absolute)} instead. {measures}"
        )
    return (
        f"{words} The test gives no clear sign that the ratio changes over follow-up ({p}){_compatible(one)}. The "
        f"hazard ratio {ratio} may stand for the comparison; how much it is in time and in percent it does not say. "
        f"{measures}"
    )


def _measures(arm: str, absolute: Absolute) -> list[str]:
    """The measures that assume nothing about hazards, with their numbers."""
    words = []
    if one := absolute.mean_differences.get(arm):
        words.append(f"Mean time event-free up to {duration(absolute.horizon, one.unit)}: {with_interval(one)}.")
    if by_arm := absolute.rate_differences.get(absolute.landmark):
        words.append(f"Event-free at {by_arm[arm].labels['landmark']}: {with_interval(by_arm[arm])}.")
    return [f"Differences: {' '.join(words)}"] if words else []


def _instead(absolute: Absolute) -> str:
    return "difference in time up to a horizon and the rates at landmarks" if absolute.means else "curves themselves"


def _compatible(one: Hazards) -> str:
    if one.change is None or one.change.low is None:
        return ""
    return (
        f", which is no proof: in the later half of the events it may be {quote(one.change, 'interval')} times that of "
        "the earlier"
    )


def _two_periods(one: Hazards) -> str:
    if one.change is None or len(one.periods) < 2:
        return ""
    first, second = one.periods
    ratios = [f"{with_interval(period.ratio)} {when}" for period, when in ((first, "before"), (second, "after"))]
    spread = "" if one.change.low is None else f"; the later over the earlier ratio is {with_interval(one.change)}"
    return f"**Two periods,** cut at {first.ratio.labels['period'].split(' to ')[1]}: {' and '.join(ratios)}{spread}."


def _crossing(group: Followed, one: Hazards) -> str:
    if one.crossing is None:
        return ""
    share = _share_before(group, one.arm, one.crossing)
    return (
        f"**The curves cross,** for the last time while both arms are well filled, at {number(one.crossing, 1)} "
        f"{group.endpoint.unit}, after {percent(share)}% of the events; just before it, the arms stood the other way "
        "round."
    )


def _crossed(group: Followed, arm: str, crossing: float | None) -> str:
    """``cross after 40.0% of the events``; empty where they do not, or before all but the first few."""
    share = 0.0 if crossing is None else _share_before(group, arm, crossing)
    return f"cross after {percent(share)}% of the events" if share >= TRIVIAL else ""


def _share_before(group: Followed, arm: str, at: float) -> float:
    """Share of the events of two arms before a time."""
    time, event = group.pair(arm).data.values()
    return float((event & (time < at)).sum() / event.sum())


def _combo(group: Followed, one: Hazards) -> str:
    if one.combo is None or one.combo.p_value is None or one.chosen is None:
        return ""
    plain = one.weighted[0.0, 0.0]
    border = 1 - group.level
    words = (
        f"**Tests.** Log-rank {p_phrase(plain.p_value or 0)}; MaxCombo {p_phrase(one.combo.p_value)}, its largest part "
        f"the test in which {_counting(one.chosen)}"
    )
    if (plain.p_value or 0) >= border > one.combo.p_value:
        return f"{words}. The arms differ in a way the log-rank test is blind to: {quote(plain, 'estimate')} is its z."
    return f"{words}. MaxCombo pays for having looked at four weightings."


def _counting(weights: tuple[float, float]) -> str:
    words = WEIGHTS[weights]
    return "all events count alike" if weights == (0.0, 0.0) else f"{words.removesuffix(' most')} count most"


def _events(group: Followed, arm: str) -> int:
    return int(group.pair(arm).rows["event"].sum())
