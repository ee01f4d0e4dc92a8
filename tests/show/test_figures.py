"""The figures of each family, on small trials made for the purpose and on the shipped one."""

import numpy as np
import pandas as pd
import pytest

from lentap.adam import Trial
from lentap.design import Design
from lentap.show.adverse_events import adverse_event_plot
from lentap.show.balance import balance_plot
from lentap.show.before_after import before_and_after
from lentap.show.figure import DATA, MIME, Figure, data_points
from lentap.show.flow import flow_diagram, participant_flow
from lentap.show.proportions import rates_and_differences
from lentap.show.record import record_changes, record_comparison
from lentap.show.record.adverse_events import frequent
from lentap.show.samples import marker_samples
from lentap.show.survival import display_times, survival_curves
from lentap.stats.adverse_events import compare_incidence, incidence
from lentap.stats.baseline import table_one
from lentap.stats.survival import KaplanMeier, kaplan_meier
from tests.show.conftest import AWKWARD


@pytest.fixture
def curves(design: Design) -> dict[str, KaplanMeier]:
    draw = np.random.default_rng(1)
    return {
        arm.name: kaplan_meier(draw.exponential(20, 60).round(1), draw.random(60) < 0.7)
        for arm in (*design.experimental, design.control)
    }


def survival(curves: dict[str, KaplanMeier], design: Design) -> Figure:
    return survival_curves(curves, endpoint=design.endpoints["OS"], design=design, source="yours")


def rows_with_text(figure: Figure) -> list[tuple[list[float], list[str]]]:
    return [(list(trace.x), list(trace.text)) for trace in figure.plotly.data if trace.mode == "text"]


def test_at_risk_censored_and_event_rows_stand_under_the_curve(curves: dict[str, KaplanMeier], design: Design) -> None:
    rows = rows_with_text(survival(curves, design))
    assert len(rows) == 3 * 3
    low = curves["Low"]
    (times, at_risk), (_, censored), (_, events) = rows[:3]
    assert at_risk == [str(n) for n in low.at_risk_at(times)]
    assert censored == [str(n) for n in low.censored_by(times)]
    assert events == [str(n) for n in low.events_by(times)]


def test_curve_and_counts_share_their_time_axis(curves: dict[str, KaplanMeier], design: Design) -> None:
    layout = survival(curves, design).plotly.layout
    assert layout.xaxis.range == layout.xaxis2.range
    assert layout.xaxis2.matches == "x"


@pytest.mark.parametrize(
    ("longest", "unit"),
    [(0.0, "days"), (0.4, "years"), (11, "months"), (44.5, "months"), (190, "days"), (212, "days"), (7000, "weeks")],
)
def test_at_most_six_times_are_shown_and_they_span_the_follow_up(longest: float, unit: str) -> None:
    times = display_times(longest, unit)
    assert times[0] == 0
    assert len(times) <= 6
    assert times[-1] <= longest
    assert longest == 0 or times[-1] > longest / 2


def test_survival_percentages_run_from_0_to_100_with_real_numbers(
    curves: dict[str, KaplanMeier], design: Design
) -> None:
    figure = survival(curves, design)
    assert figure.plotly.layout.yaxis.range == (0, 101)
    assert "%{y:.1f}%" in figure.plotly.data[2].hovertemplate
    assert "60 patients" in figure.alt


def test_text_from_data_is_escaped_in_the_drawing_but_not_in_the_table(
    curves: dict[str, KaplanMeier], design: Design
) -> None:
    figure = survival(curves, design)
    data, metadata = figure._repr_mimebundle_()
    assert "<b>dose" not in str([trace.get("name") for trace in data[MIME]["data"]])
    assert AWKWARD in {row[0] for row in metadata[MIME]["lentap"]["table"]["rows"]}


def test_a_curve_that_reaches_zero_keeps_its_band_where_it_is_known(design: Design) -> None:
    curve = kaplan_meier([1.0, 2.0, 3.0], [1, 1, 1])
    figure = survival({"Low": curve, "Placebo": curve}, design)
    band = figure.plotly.data[0]
    assert len(band.x) == len(curve.time) - 1
    assert np.isfinite(band.y).all()


def test_before_the_first_event_a_curve_has_no_interval(design: Design) -> None:
    curve = kaplan_meier([1.0, 2.0, 3.0], [0, 1, 0])
    figure = survival({"Low": curve}, design)
    line = next(trace for trace in figure.plotly.data if trace.meta == DATA)
    assert [words for words, _ in line.customdata][:2] == ["not estimable"] * 2
    assert line.customdata[2][0].endswith(" to 100.0")
    assert figure.data["Lower limit (%)"].isna().tolist() == [True, True, False, False]


def test_rates_of_each_source_stand_in_a_block_of_their_own(design: Design) -> None:
    counts = {"Low": (10, 20), "Placebo": (5, 20)}
    comparisons = [
        record_comparison("x.y", counts, control="Placebo", level=0.95, source=source)
        for source in ("published", "synthetic")
    ]
    figure = rates_and_differences(comparisons, outcome="response", design=design)
    assert figure.source == ("published", "synthetic")
    assert figure.data["Numbers"].value_counts().to_dict() == {"Published counts": 3, "Synthetic trial": 3}
    assert figure.plotly.layout.xaxis.range == (-1, 101)
    assert "Low 10/20 = 50.0%" in figure.alt


def test_rates_with_empty_and_full_cells_can_be_drawn(design: Design) -> None:
    comparison = record_comparison(
        "x.y", {"Low": (0, 20), "Placebo": (20, 20)}, control="Placebo", level=0.95, source="yours"
    )
    figure = rates_and_differences([comparison], outcome="response", design=design)
    assert figure.data["Estimate"].tolist() == [0.0, 100.0, -100.0]


def test_the_flow_has_a_row_for_each_box_and_adds_up(shipped: Trial) -> None:
    boxes = participant_flow(shipped)
    enrolled = next(box.patients for box in boxes if box.stage == "Enrolled")
    assert enrolled == sum(box.patients or 0 for box in boxes if box.stage == "Assigned") == 142
    assert next(box for box in boxes if box.stage == "Screened").patients is None
    assert len(flow_diagram(boxes, trial=shipped, source="synthetic").data) == len(boxes)


def test_screened_patients_are_counted_where_the_table_holds_screen_failures(design: Design) -> None:
    adsl = pd.DataFrame({"USUBJID": list("abcd"), "TRT01P": ["Low", AWKWARD, "Placebo", "Screen Failure"]})
    trial = Trial(design, None, frames={"adsl": adsl})  # type: ignore[arg-type]
    boxes = participant_flow(trial)
    assert (boxes[0].stage, boxes[0].patients, boxes[0].detail) == ("Screened", 4, "1 not enrolled")
    assert boxes[1].patients == 3
    drawn = flow_diagram(boxes, trial=trial, source="yours").plotly
    assert not any("<b>dose" in (note.text or "") for note in drawn.layout.annotations)


def test_balance_leaves_out_variables_without_a_finite_difference(shipped: Trial) -> None:
    subjects = shipped.subjects("ITT").assign(ONLY=lambda rows: (rows["arm"] == "TACE").map({True: "x", False: "y"}))
    baseline = table_one(subjects, {"AGE": "Age", "ONLY": "Only in one arm"}, control="TACE")
    figure = balance_plot(baseline, design=shipped.design, source="synthetic")
    assert figure.data["Variable"].tolist() == ["Age"]
    nothing = table_one(shipped.subjects("ITT"), {}, control="TACE")
    assert balance_plot(nothing, design=shipped.design, source="synthetic").data.empty


def test_adverse_events_show_every_arm_of_the_frequent_terms(shipped: Trial) -> None:
    subjects = shipped.subjects("SAF")
    found = incidence(shipped.adae, subjects)
    compared = compare_incidence(found, "TACE")
    terms = frequent(found, 30)[:4]
    shown = [table[table["term"].isin(terms)] for table in (found, compared)]
    figure = adverse_event_plot(*shown, level=0.95, design=shipped.design, source="synthetic")
    assert len(figure.data) == 2 * 4
    assert figure.data["Percent"].between(0, 100).all()
    assert figure.data.loc[figure.data["Arm"] == "TACE", "Fisher p"].isna().all()


def test_no_frequent_adverse_event_gives_an_empty_figure_not_an_error(shipped: Trial) -> None:
    found = incidence(shipped.adae, shipped.subjects("SAF"))
    none = found[found["term"] == "no such term"]
    compared = compare_incidence(found, "TACE").head(0)
    figure = adverse_event_plot(none, compared, level=0.95, design=shipped.design, source="synthetic")
    assert len(figure.data) == data_points(figure.plotly) == 0


def test_the_share_of_an_arm_decides_which_terms_are_frequent() -> None:
    table = pd.DataFrame({"term": ["a", "a", "b", "b"], "subjects": [3, 0, 1, 1], "n": [10, 10, 10, 10]})
    assert frequent(table, 30) == ["a"]
    assert frequent(table, 10) == ["a", "b"]


def test_before_and_after_draws_two_points_a_patient_with_both_samples(shipped: Trial) -> None:
    samples = marker_samples(shipped, "DRCD38", "mRECIST", population="ITT", arms=["LEN-TAP", "TACE"])
    pairs = samples.pairs(samples.after)
    changes, differences = record_changes("immune.x", pairs, level=0.95, source="synthetic")
    figure = before_and_after(
        pairs,
        changes,
        differences,
        marker=shipped.design.markers["DRCD38"],
        visits=samples.names,
        design=shipped.design,
        source="synthetic",
    )
    assert len(figure.data) == 2 * len(pairs)
    assert samples.names == ("baseline", "week 3")
    assert set(figure.data["Response"]) == {"Responder", "Non-responder"}


def test_measured_and_missing_samples_add_up_to_the_patients(shipped: Trial) -> None:
    samples = marker_samples(shipped, "DRCD38", "mRECIST", population="ITT", arms=["LEN-TAP", "TACE"])
    missing = samples.missing()
    assert (missing.drop(columns=["visit", "arm", "patients"]).sum(axis=1) == missing["patients"]).all()
    measured = int(shipped.adim["AVAL"].notna().sum())
    assert int(missing["measured"].sum()) == measured
