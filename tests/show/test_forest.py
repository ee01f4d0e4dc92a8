"""The forest on a phone: long labels take two lines, ticks of a wide ratio stay apart."""

from itertools import pairwise

import numpy as np
import pytest

from lentap.show.figure import Figure
from lentap.show.forest import APART, Row, forest


def drawn(*rows: Row, **settings: object) -> Figure:
    return forest(list(rows), name="x", title="Difference", what="Rows.", source="yours", **settings)  # type: ignore[arg-type]


def test_a_label_too_long_for_a_phone_takes_a_line_for_its_interval_and_the_figure_grows() -> None:
    short = Row("Resected", 40.8, 25.4, 54.4)
    figure = drawn(Row("Overall survival: without event at 24 months", 10.8, 5.9, 27.4), short).plotly
    assert [one.text for one in figure.layout.annotations] == [
        "Overall survival: without event at 24 months<br>10.8 (5.9 to 27.4)",
        "Resected: 40.8 (25.4 to 54.4)",
    ]
    assert figure.layout.height > drawn(short, short).plotly.layout.height


@pytest.mark.parametrize(("low", "high"), [(0.5, 2.0), (0.4, 50.0), (0.03, 40.0)])
def test_ticks_of_a_ratio_stay_apart_and_keep_the_line_of_no_effect(low: float, high: float) -> None:
    axis = drawn(Row("A", 1.0, low, high), ratio=True, reference=1.0).plotly.layout.xaxis
    gaps = [np.log10(after / before) for before, after in pairwise(axis.tickvals)]
    assert min(gaps) >= APART * (axis.range[1] - axis.range[0])
    assert 1 in axis.tickvals
    assert len(axis.tickvals) >= 3
