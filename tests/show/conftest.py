"""A small trial of three arms whose names need escaping, and the shipped one."""

import pytest

from lentap.adam import Trial, load_trial
from lentap.design import Arm, Design, Endpoint, Marker, Population

AWKWARD = "High <b>dose</b> $x$ *a*"


@pytest.fixture
def design() -> Design:
    return Design(
        id="three-arms",
        title="Three arms",
        source="yours",
        companion_to="",
        allocation="randomised 1:1:1",
        reference="",
        arms=(
            Arm("Low", "Low dose", "experimental"),
            Arm(AWKWARD, "High dose", "experimental"),
            Arm("Placebo", "Placebo", "control"),
        ),
        populations={"ITT": Population("ITT", "Intention to treat", None, "TRT01P")},
        endpoints={
            "OS": Endpoint(
                "OS", "Overall survival", "months", "ITT", "randomisation", "death", "alive", "no", "no", "no"
            )
        },
        criteria={"RECIST 1.1": "OVR"},
        markers={"M": Marker("M", "Marker", "% of CD8+ T cells")},
        screen_failures=("Screen Failure",),
        baseline={},
        columns={},
        values={},
    )


@pytest.fixture(scope="session")
def shipped() -> Trial:
    return load_trial("shipped", "adsl", "adtte", "adrs", "adae", "adpr", "adim")
