"""Why a model has no answer, in plain words, from the errors that models raise."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from lentap.errors import ConvergenceError, StatisticsError
from lentap.show.record.reasons import plain_reason
from lentap.stats.cox import cox
from lentap.stats.propensity import propensity_model
from lentap.stats.standardisation import standardised_risks

LABELS = {"BCLC": "BCLC stage", "BCLC2": "another", "AGE": "age"}
STAGE = np.array(["A", "B", "C"] * 8)
TIME = np.arange(24) + 1.0
TREATED = np.arange(24) // 3 % 2 == 1
NO_ANSWER = "so this model has no finite answer"


def table(**columns: object) -> pd.DataFrame:
    return pd.DataFrame(columns)


REASONS: dict[str, tuple[Callable[[], object], str]] = {
    "outcome": (
        lambda: standardised_risks((STAGE != "A") & (TIME % 4 > 1), TREATED, table(BCLC=STAGE)),
        f"at some values of BCLC stage everybody or nobody had the outcome, {NO_ANSWER}",
    ),
    "outcome by arm": (
        lambda: standardised_risks(TREATED & (TIME % 4 > 1), TREATED, table(AGE=TIME % 5)),
        f"on one arm everybody or nobody had the outcome, {NO_ANSWER}",
    ),
    "arm": (
        lambda: propensity_model(table(BCLC=STAGE, AGE=TIME % 5), (STAGE == "A") & TREATED),
        "at some values of BCLC stage all patients are of one arm, and nobody can stand for the other",
    ),
    "events": (
        lambda: cox(TIME, STAGE != "A", covariates=table(BCLC=np.where(STAGE == "A", "A", "B"), AGE=TIME % 5)),
        f"at some values of BCLC stage nobody had an event, or all had theirs first, {NO_ANSWER}",
    ),
    "levels": (
        lambda: cox(
            np.where(STAGE == "A", 0.5, TIME), STAGE != "A", covariates=table(treated=TREATED * 1.0, BCLC=STAGE)
        ),
        "among these patients BCLC stage follows from other factors, or one of its levels from the rest, "
        "so their parts cannot be told apart",
    ),
    "two factors": (
        lambda: propensity_model(table(AGE=TIME, site=2 * TIME), TREATED),
        "among these patients site follows from other factors, or one of its levels from the rest, "
        "so their parts cannot be told apart",
    ),
    "one value": (
        lambda: propensity_model(table(BCLC=["A"] * 24), TREATED),
        "BCLC stage is the same in all patients compared",
    ),
    "risk sets": (
        lambda: cox(np.where(STAGE == "A", 0.5, 1), STAGE != "A", covariates=table(AGE=(STAGE == "A") * 1.0)),
        "age is the same in all patients compared",
    ),
    "no event": (lambda: cox(TIME, TIME < 0, covariates=table(AGE=TIME)), "nobody had the event"),
    "no outcome": (
        lambda: standardised_risks(TIME < 0, TREATED, table(AGE=TIME)),
        "everybody had the outcome, or nobody",
    ),
    "few patients": (
        lambda: propensity_model(table(BCLC=STAGE[:3], AGE=TIME[:3], site=TIME[:3] ** 2), TREATED[1:4]),
        "these are too few patients for so many factors",
    ),
    "no fault of covariates": (
        lambda: propensity_model(table(AGE=[1.0, np.nan, 3.0]), TREATED[1:4]),
        "covariates is 'missing values of AGE': legal is a value in every row (leave subjects out, or impute first)",
    ),
}


@pytest.mark.parametrize("reason", REASONS)
def test_reasons_are_told_without_the_terms_of_the_model(reason: str) -> None:
    model, words = REASONS[reason]
    with pytest.raises(StatisticsError) as error:
        model()
    assert plain_reason(error.value, LABELS) == words


def test_a_model_that_does_not_settle_has_no_answer() -> None:
    assert plain_reason(ConvergenceError("Cox model: no convergence in 60 steps")) == "the model came to no answer"
