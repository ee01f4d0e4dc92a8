"""Our answers beside other people's: how many there are, where each is from, and where programs differ."""

import html
import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lentap.results import Result, record
from lentap.show.table import Table

TITLES = {
    "proportions": "Proportions, exact and stratified tests",
    "survival": "Survival curves, tests and restricted means",
    "cox": "Cox regression",
    "competing_risks": "Competing events",
    "pairwise": "Pairwise comparisons: win ratio and its kin",
    "timing": "Landmarks and covariates that change",
    "response": "Tumour response",
    "adverse_events": "Adverse events",
    "baseline": "Baseline",
    "biomarker": "Biomarkers",
    "cytometry": "Flow cytometry",
    "adjustment": "Adjustment and sensitivity",
    "multiplicity": "Multiplicity",
    "diagnosis": "Diagnosis, agreement and prediction",
    "reconstruction": "Survival curves read from figures",
    "design": "Design and simulation",
}


def record_agreement(answers: pd.DataFrame) -> dict[str, Result]:
    """Record how many numbers were compared and how many agree, and the same of questions, and how many sources."""
    numbers = int(answers["of"].sum())
    agreeing = int(answers.loc[answers["agrees"], "of"].sum())
    about: dict[str, Any] = {"source": "published", "scale": "count"}
    return {
        "questions": record("reference.validation.questions", answers["id"].nunique(), **about),
        "numbers": record("reference.validation.numbers", numbers, **about),
        "printed": record("reference.validation.printed", int(answers.loc[answers["code"] == "", "of"].sum()), **about),
        "agreeing": record("reference.validation.agreeing", agreeing, **about),
        "sources": record("reference.validation.sources", answers["source"].nunique(), **about),
    }


def validation_points(agreement: dict[str, Result]) -> list[str]:
    """Key points: how much was compared, and whether all of it agrees."""
    numbers, printed, agreeing, questions, sources = (
        int(agreement[name].estimate or 0) for name in ("numbers", "printed", "agreeing", "questions", "sources")
    )
    apart = numbers - agreeing
    verdict = (
        "Every one agrees, as near as its row asks."
        if not apart
        else f"{apart} {'does' if apart == 1 else 'do'} not agree, and stand first in their tables."
    )
    return [
        f"{printed:,} numbers that others printed, and {numbers - printed:,} that other people's programs computed "
        f"from code that stands beside each, answer {questions:,} questions put to this book's functions; they come "
        f"from {sources:,} sources. {verdict}",
        "A printed number is compared to half of its last digit, a computed one to a relative error of a millionth, "
        "unless its row says otherwise.",
    ]


def summary_table(answers: pd.DataFrame, *, name: str = "validation-summary") -> Table:
    """One row a family: questions, numbers, how many from print and from another program's code, and how many agree."""
    rows = [
        {
            "Family": TITLES[str(family)],
            "Questions": f"{found['id'].nunique():,}",
            "Numbers": f"{found['of'].sum():,}",
            "in print": f"{found.loc[found['code'] == '', 'of'].sum():,}",
            "computed elsewhere": f"{found.loc[found['code'] != '', 'of'].sum():,}",
            "Agree": f"{found.loc[found['agrees'], 'of'].sum():,}",
        }
        for family, found in answers.groupby("family", sort=False)
    ]
    return Table(
        pd.DataFrame(rows),
        name,
        "Answers of others, by family of methods",
        ("published",),
        spanners={"of which": ["in print", "computed elsewhere"]},
    )


@dataclass(frozen=True)
class Families:
    """Every family folded away under its name: its questions in a table, and where programs differ."""

    answers: pd.DataFrame

    def _repr_html_(self) -> str:
        return "".join(self._family(family) for family in dict.fromkeys(self.answers["family"]))

    def _family(self, family: str) -> str:
        found = self.answers[self.answers["family"] == family]
        asked = found[found["note"] != ""].drop_duplicates("note")
        notes = "".join(
            f"<li><em>{html.escape(quantity)}.</em> {html.escape(note)}</li>"
            for quantity, note in zip(asked["quantity"], asked["note"], strict=True)
        )
        heading = "Where programs or authors differ, whom this book follows, and what was not seen in print"
        differ = f"<p><strong>{heading}</strong></p><ul>{notes}</ul>" if notes else ""
        summary = f"<summary>{TITLES[family]} ({found['id'].nunique()})</summary>"
        table = answers_table(self.answers, family)._repr_html_()
        return f'<details class="lentap-fold" id="{family.replace("_", "-")}">{summary}{differ}{table}</details>'

    def __str__(self) -> str:
        return str(summary_table(self.answers))

    __repr__ = __str__


def answers_table(answers: pd.DataFrame, family: str) -> Table:
    """One row a question of a family, under its source: of its numbers the one furthest off, ours and theirs."""
    found = answers[answers["family"] == family]
    worst = found.sort_values("strain", ascending=False, kind="stable")
    questions = worst.drop_duplicates("id").sort_index()
    numbers = found.groupby("id")["of"].sum()
    rows = [
        {
            "Question": row["quantity"],
            "Numbers": f"{numbers[row['id']]:,}",
            "furthest off": str(row["part"]).replace(".", ", ").replace("_", " "),
            "Ours": _digits(row["ours"], row["decimals"]),
            "Theirs": _digits(row["reference"], row["decimals"]),
            "Difference": _small(row["difference"]) + ("" if row["agrees"] else " (apart)"),
            "Source": row["source"],
        }
        for row in questions.sort_values(["agrees", "source"], kind="stable").to_dict("records")
    ]
    return Table(
        pd.DataFrame(rows),
        f"validation-{family.replace('_', '-')}",
        f"{TITLES[family]}: of each question's numbers the one furthest off",
        ("published",),
        left=["furthest off"],
        groups="Source",
    )


def _digits(value: float, decimals: float) -> str:
    if math.isnan(value):
        return "not estimable"
    return f"{value:.7g}" if math.isnan(decimals) else f"{value:.{int(decimals)}f}"


def _small(difference: float) -> str:
    return "0" if difference == 0 else f"{difference:.0e}".replace("-", "\N{MINUS SIGN}")
