"""A simulated trial large enough for what is rare, for tests that its tables agree."""

import pandas as pd
import pytest

from lentap.simulate import load_assumptions, simulate
from tests.simulate.shapes import Tables, days


@pytest.fixture(scope="session")
def tables() -> Tables:
    return simulate(load_assumptions(), seed=5, patients=3000)[0]


@pytest.fixture(scope="session")
def subjects(tables: Tables) -> pd.DataFrame:
    rows = tables["adsl"].set_index("USUBJID")
    for column in ("ENRLDT", "TRTSDT", "TRTEDT", "DTHDT", "LSTALVDT"):
        rows[column] = days(rows[column])
    return rows
