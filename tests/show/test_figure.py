import json

import pandas as pd
import plotly.graph_objects as go
import pytest

from lentap.errors import DataError, RunError
from lentap.show.figure import DATA, MIME, Figure, whisker
from lentap.sources import Source


def figure(*sources: Source, points: int = 3) -> Figure:
    drawing = go.Figure(go.Scatter(x=[0, 1, None, 2], y=[1, 2, None, 3], meta=DATA))
    drawing.add_scatter(x=[0, 1], y=[0, 1], meta={"role": "band"})
    return Figure(drawing, "three points", pd.DataFrame({"Time": range(points)}), sources, "three")


def test_a_figure_lists_as_many_rows_as_it_draws_data_points() -> None:
    assert len(figure("yours").data) == 3


def test_a_figure_that_lists_more_rows_than_it_draws_cannot_be_made() -> None:
    with pytest.raises(RunError, match="draws 3 data points but lists 4 rows"):
        figure("yours", points=4)


def test_a_figure_cannot_mix_synthetic_numbers_with_yours() -> None:
    with pytest.raises(DataError):
        figure("synthetic", "yours")


def test_the_bundle_holds_drawing_alternative_text_source_and_rows() -> None:
    data, metadata = figure("published")._repr_mimebundle_()
    assert set(data) == {MIME, "text/plain"}
    assert set(data[MIME]) == {"data", "layout", "config"}
    about = metadata[MIME]["lentap"]
    assert about["table"] == {"columns": ["Time"], "rows": [[0], [1], [2]]}
    assert (about["name"], about["alt"], about["source"]) == ("three", "three points", ["published"])


def test_the_bundle_is_plain_json_without_binary_arrays() -> None:
    data, _ = figure("published")._repr_mimebundle_()
    assert "bdata" not in json.dumps(data[MIME]["data"])


def test_only_a_synthetic_figure_bears_the_mark() -> None:
    def marks(one: Figure) -> list[str]:
        return [note.text for note in one.plotly.layout.annotations if note.name == "mark"]

    assert marks(figure("synthetic")) == ["SYNTHETIC"]
    assert marks(figure("yours")) == []


def test_text_colour_is_left_to_the_page_and_the_background_is_transparent() -> None:
    layout = figure("yours").plotly.layout
    template = layout.template.layout
    assert layout.font.color is None
    assert template.font.color is None
    assert template.paper_bgcolor == template.plot_bgcolor == "rgba(0,0,0,0)"


def test_an_interval_without_finite_limits_is_not_drawn() -> None:
    assert whisker([0.0, float("nan")], [1.0, 2.0], [5.0, 6.0]) == ([0.0, 1.0, None], [5.0, 5.0, None])
