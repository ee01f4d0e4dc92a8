"""Tumour response over visits: best overall response, with or without confirmation, and responders."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lentap.stats.arguments import Floats, choice, columns, numeric, one_parameter, real, refuse

RESPONSES = ("CR", "PR", "SD", "PD", "NE")  # from best to worst
OBJECTIVE_RESPONSE, DISEASE_CONTROL = ("CR", "PR"), ("CR", "PR", "SD")
AFTER_COMPLETE = ("progression", "partial", "as assessed")


@dataclass(frozen=True)
class Confirmation:
    """When a later assessment confirms a complete or partial response (RECIST 1.1: Eisenhauer et al. 2009, table 3).

    A CR needs a CR, a PR needs a PR or CR, at least ``days`` later. In between at most ``not_evaluable`` assessments
    may be NE (PR-NE-PR is a confirmed PR by the special notes on response assessment) and, for a PR, at most ``stable``
    may be SD (PR-SD-PR, where the shrinkage hovers around 30 %, is one too by appendix III; with two or three SD in
    between it is stable disease).

    ``after_complete`` says what PR or SD after a CR is: ``progression``, as disease must have come back (table 3,
    footnote a); ``partial``, where an unconfirmed CR is held to have been a PR (the footnote's other reading); or ``as
    assessed``, as the R package admiralonco does, where it neither ends the course nor confirms anything.
    """

    days: float = 28
    not_evaluable: int = 1
    stable: int = 1
    after_complete: str = "progression"

    def __post_init__(self) -> None:
        choice("after_complete", self.after_complete, AFTER_COMPLETE)
        for argument in ("days", "not_evaluable", "stable"):
            value = getattr(self, argument)
            if not (np.isfinite(real(value)) and value >= 0):
                refuse(argument, value, "a finite number of 0 or more")


def best_overall_response(
    visits: pd.DataFrame,
    subjects: Iterable[str] | None = None,
    *,
    stable_days: float = 0,
    confirmation: Confirmation | None = None,
) -> pd.Series:
    """Best overall response per subject: CR, PR, SD, PD, then NE, among the assessments up to the first progression.

    RECIST 1.1 (Eisenhauer et al. 2009, section 4.4.3) and mRECIST (Lencioni and Llovet 2010) share the rule; they
    differ in how the response at a visit is measured (``visit_response``). Without confirmation every CR and PR counts.
    With it, table 3 of RECIST 1.1 holds: a CR or PR counts if confirmed; else it is an SD, if ``stable_days`` have
    passed since baseline, or NE.

    Parameters
    ----------
    visits
        Rows of ADRS for one criterion, after baseline: USUBJID, AVISITN (the order of visits) and AVALC, one of
        ``RESPONSES``; with ``stable_days`` or ``confirmation`` also ADY, the study day (day 1 is that of baseline).
    subjects
        Identifiers to report, in this order; those without an assessment are NE. By default those in ``visits``.
    stable_days
        Least days from baseline after which disease counts as stable; an SD before is NE.
    confirmation
        What confirms a response; None asks for no confirmation.

    Returns
    -------
    pandas.Series
        Ordered categorical ``best_response`` with categories ``RESPONSES``, indexed by USUBJID.

    Raises
    ------
    StatisticsError
        A column is missing, AVALC holds another word, AVISITN is missing, there is more than one criterion, or ADY is
        missing or falls from one visit to the next.
    """
    credited = credited_responses(visits, stable_days=stable_days, confirmation=confirmation)
    rank = credited["credited"].map({name: rank for rank, name in enumerate(RESPONSES)})
    best = rank.groupby(credited["USUBJID"]).min()
    if subjects is not None:
        best = best.reindex(pd.Index(subjects, name="USUBJID")).fillna(len(RESPONSES) - 1)
    codes = best.astype(int).tolist()
    named = pd.Categorical.from_codes(codes, categories=pd.Index(RESPONSES), ordered=True)
    return pd.Series(named, index=best.index, name="best_response")


def responders(best: pd.Series, responses: Collection[str] = OBJECTIVE_RESPONSE) -> pd.Series:
    """Whether each subject's best overall response is one of ``responses`` (such as ``DISEASE_CONTROL``); NE is not.

    Raises
    ------
    StatisticsError
        ``responses`` holds a word that is not in ``RESPONSES``.
    """
    for name in responses:
        if name not in RESPONSES:
            refuse("responses", name, f"among {', '.join(RESPONSES)}")
    return best.isin(list(responses)).rename("responder")


def credited_responses(
    visits: pd.DataFrame, *, stable_days: float = 0, confirmation: Confirmation | None = None
) -> pd.DataFrame:
    """Assessments up to the first progression, each with what it counts for in the best overall response.

    Parameters
    ----------
    visits, stable_days, confirmation
        As in ``best_overall_response``.

    Returns
    -------
    pandas.DataFrame
        The columns of ``visits`` and ``credited``, one of ``RESPONSES``, by subject and visit.

    Raises
    ------
    StatisticsError
        As ``best_overall_response``.
    """
    columns("visits", visits, "USUBJID", "AVISITN", "AVALC")
    one_parameter("visits", visits)
    illegal = visits.loc[~visits["AVALC"].isin(RESPONSES), "AVALC"]
    if len(illegal):
        refuse("AVALC", illegal.iloc[0], f"one of {', '.join(RESPONSES)}")
    if visits["AVISITN"].isna().any():
        refuse("AVISITN", "missing in some rows", "a number in every row")
    if not (np.isfinite(real(stable_days)) and stable_days >= 0):
        refuse("stable_days", stable_days, "a finite number of 0 or more")
    ordered = visits.sort_values(["USUBJID", "AVISITN"], kind="stable").assign(credited=visits["AVALC"])
    days = study_days(ordered) if confirmation is not None or stable_days > 0 else None
    if confirmation is not None and days is not None:
        ordered["credited"] = _confirmed(ordered, days, confirmation)
    if days is not None:
        short = ordered["credited"].eq("SD") & (days - (days >= 1) < stable_days)  # CDISC's days have no zero
        ordered["credited"] = ordered["credited"].mask(short, "NE")
    progressions = ordered["credited"].eq("PD").astype(int)
    before = progressions.groupby(ordered["USUBJID"]).cumsum() - progressions == 0
    return ordered[before].reset_index(drop=True)


def study_days(ordered: pd.DataFrame) -> pd.Series:
    """Study day of each assessment, checked to rise with the visits of a subject."""
    columns("visits", ordered, "ADY")
    days = numeric("ADY", ordered["ADY"])
    if not np.isfinite(days).all():
        refuse("ADY", "missing in some rows", "a study day in every row")
    falls = days.groupby(ordered["USUBJID"]).diff() < 0
    if falls.any():
        refuse("ADY", days[falls].iloc[0].item(), "no earlier than at the subject's visit before (AVISITN)")
    return days


def _confirmed(ordered: pd.DataFrame, days: pd.Series, rule: Confirmation) -> list[str]:
    """What each assessment counts for, subject by subject."""
    starts = np.flatnonzero(~ordered["USUBJID"].duplicated().to_numpy())
    words, when = ordered["AVALC"].tolist(), days.to_numpy(dtype=float)
    credited: list[str] = []
    for start, end in zip(starts, [*starts[1:], len(words)], strict=False):
        course = _reread(words[start:end], when[start:end], rule)
        credited += [
            _counts_for(course, when[start:end], place, rule) if word in OBJECTIVE_RESPONSE else word
            for place, word in enumerate(course)
        ]
    return credited


def _reread(course: list[str], days: Floats, rule: Confirmation) -> list[str]:
    """Visits of one subject, with disease seen after a CR read as the rule says."""
    end = course.index("PD") if "PD" in course else len(course)
    first = course.index("CR") if "CR" in course[:end] else end
    again = next((place for place in range(first, end) if course[place] in ("PR", "SD")), end)
    if again == end or rule.after_complete == "as assessed":
        return course
    before = course[:again]
    true = any(_counts_for(before, days, place, rule) == "CR" for place, word in enumerate(before) if word == "CR")
    if rule.after_complete == "progression" or true:
        return [*before, "PD", *course[again + 1 :]]
    return _reread(["PR" if word == "CR" else word for word in before] + course[again:], days, rule)


def _counts_for(course: Sequence[str], days: Floats, place: int, rule: Confirmation) -> str:
    """CR or PR where a later visit confirms the response at ``place``, else SD."""
    word, others, complete_since = course[place], {"NE": 0, "SD": 0}, False
    allowed = {"NE": rule.not_evaluable, "SD": rule.stable if word == "PR" else 0}
    for later, day in zip(course[place + 1 :], days[place + 1 :], strict=False):
        if later == "PD" or (later == "PR" and (word == "CR" or complete_since)):
            return "SD"
        if later in others:
            others[later] += 1
            if others[later] > allowed[later]:
                return "SD"
        elif day - days[place] >= rule.days:
            return word
        complete_since |= later == "CR"
    return "SD"
