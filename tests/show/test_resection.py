"""Two proportions by every method, after a belief, and with some of those counted as without the outcome moved."""

import pytest

from lentap.show.every_method import Folded, agreement_words, every_method_table
from lentap.show.figure import Figure
from lentap.show.posterior import exceedance, posterior_forest, posterior_words
from lentap.show.prose import Prose
from lentap.show.record import Comparison, record_comparison
from lentap.show.record.every_method import EveryMethod, record_every_method
from lentap.show.record.posterior import Belief, Posteriors, record_posteriors
from lentap.show.record.tipping import FINEST, Tipping, record_tipping
from lentap.show.tipping import tipping_map, tipping_words
from lentap.stats.bayes import posterior_difference

LENTAP = {"LEN-TAP": (42, 71), "TACE": (13, 71)}
SCEPTIC = Belief(0.2, 0.2, 20)
ALIVE = "alive and followed for less than a year"


def compared(counts: dict[str, tuple[int, int]], control: str = "TACE", source: str = "yours") -> list[Comparison]:
    return [record_comparison("a.b", counts, control=control, level=0.95, source=source)]


def by_every_method(*cells: int) -> EveryMethod:
    counts = {"New": (cells[0], cells[1]), "Old": (cells[2], cells[3])}
    return record_every_method("a.b", compared(counts, "Old"), level=0.95)[0]


def believed(counts: dict[str, tuple[int, int]], belief: Belief = SCEPTIC) -> Posteriors:
    return record_posteriors("a.b", compared(counts), belief=belief, margin=0.1, level=0.95)[0]


def tipped(counts: dict[str, tuple[int, int]], unknown: dict[str, int] | None = None) -> Tipping:
    (found,) = record_tipping("a.b", compared(counts), level=0.95, method="newcombe", unknown=unknown).values()
    return found


def test_seven_of_34_against_one_of_34_by_every_method() -> None:
    """Limits printed for R's PropCIs and by Newcombe (1998); p-value of R's fisher.test."""
    found = by_every_method(7, 34, 1, 34)
    limits = {one.method: (one.low, one.high) for one in found.intervals["Risk difference (points)"]}
    assert limits["Wald"] == pytest.approx((0.02916942, 0.32377176))
    assert limits["Miettinen-Nurminen score"] == pytest.approx((0.0270416, 0.3452912), abs=1e-4)
    assert limits["Newcombe hybrid score"] == pytest.approx((0.019, 0.34), abs=1e-3)
    ratios = {one.method: (one.low, one.high) for one in found.intervals["Risk ratio"]}
    assert ratios["Koopman score"] == pytest.approx((1.220853, 42.575718), rel=1e-5)
    assert found.tests["Fisher's exact test"] == pytest.approx(0.05440013)


def test_methods_that_disagree_about_no_difference_are_named() -> None:
    found = by_every_method(7, 34, 1, 34)
    assert found.keeping == ["Fisher's exact test", "The same, continuity-corrected"]
    assert found.including == ["odds ratio, conditional maximum likelihood, exact interval"]
    words = str(agreement_words([found]))
    assert "The methods disagree: 1 of 8 intervals include no difference and 2 of 5 tests do not reject it" in words
    assert "Those that include or do not reject it: odds ratio, conditional" in words
    assert "Fisher's exact test" in words


def test_methods_that_agree_say_so_on_either_side() -> None:
    assert "exclude no difference, and all 5 tests reject it" in str(agreement_words([by_every_method(42, 71, 13, 71)]))
    assert "include no difference, and none of 5 tests" in str(agreement_words([by_every_method(20, 71, 21, 71)]))


def test_the_few_methods_that_stand_apart_are_named_whichever_side_they_take() -> None:
    found = by_every_method(9, 30, 3, 30)
    assert 0 < len(found.excluding + found.rejecting) < len(found.including + found.keeping)
    assert "Those that exclude or reject it" in str(agreement_words([found]))


def test_the_table_of_every_method_is_folded_and_marks_what_excludes_no_difference() -> None:
    folded = every_method_table([by_every_method(7, 34, 1, 34)])
    assert isinstance(folded, Folded)
    assert folded._repr_html_().startswith("<details")
    rows = folded.table.frame
    assert len(rows) == 2 * 7 + 8 + 5
    fisher = rows[rows["Method"] == "Fisher's exact test"]["Your trial"].iloc[0]
    assert fisher == "0.054"
    assert rows[rows["Method"] == "Koopman score"]["Your trial"].iloc[0].endswith("*")


@pytest.mark.parametrize("cells", [(0, 10, 0, 10), (10, 10, 0, 10), (10, 10, 10, 10), (0, 1, 1, 1)])
def test_empty_and_full_cells_have_a_row_of_every_method(cells: tuple[int, int, int, int]) -> None:
    folded = every_method_table([by_every_method(*cells)])
    assert isinstance(folded, Folded)
    assert not folded.table.frame.isin(["nan", "inf", "nan (nan to nan)"]).any(axis=None)
    assert str(agreement_words([by_every_method(*cells)]))


def test_large_trials_do_without_boschloos_test() -> None:
    assert len(by_every_method(900, 1001, 100, 1000).tests) == 3


def test_a_belief_of_no_weight_to_speak_of_leaves_the_uniform_posterior() -> None:
    found = {one.prior: one.found for one in believed(LENTAP, Belief(0.5, 0.5, 2)).listed}
    assert found["chosen"].value == pytest.approx(found["uniform"].value)
    assert found["chosen"].low == pytest.approx(found["uniform"].low)


def test_the_chosen_prior_counts_as_so_many_patients() -> None:
    chosen = next(one for one in believed(LENTAP).listed if one.prior == "chosen")
    assert chosen.found.value == pytest.approx((42 + 4) / 91 - (13 + 4) / 91)
    assert chosen.above.estimate == pytest.approx(chosen.found.superiority)


def test_the_sceptic_of_the_weight_named_is_just_in_doubt() -> None:
    weight = believed(LENTAP).doubt["LEN-TAP"].estimate
    assert weight is not None

    def superiority(weight: float) -> float:
        prior = (0.2 * weight, 0.8 * weight)
        return posterior_difference(42, 71, 13, 71, prior1=prior, prior0=prior).superiority

    assert superiority(weight) < 0.975 <= superiority(weight / 1.02)


def test_who_cannot_be_convinced_and_who_cannot_be_put_off_are_told_apart() -> None:
    assert "stays in doubt, however little" in str(posterior_words([believed({"N": (10, 50), "TACE": (11, 50)})]))
    sure = believed({"N": (9000, 10000), "TACE": (100, 10000)})
    assert sure.doubt["N"].estimate is None
    assert "convinced that more are resected with N, whatever the weight tried" in str(posterior_words([sure]))
    assert "only if that belief weighs about 570 patients" in str(posterior_words([believed(LENTAP)]))


def test_probabilities_next_to_certainty_are_not_printed_as_certain() -> None:
    words = str(posterior_words([believed(LENTAP)]))
    assert "probability > 99.9% above no difference" in words
    assert "100.0%" not in words


def test_the_exceedance_curves_fall_from_one_to_nothing() -> None:
    figure = exceedance([believed(LENTAP)])
    assert isinstance(figure, Figure)
    for _, curve in figure.data.groupby("Curve"):
        heights = curve["Probability of a greater one (%)"]
        assert heights.is_monotonic_decreasing
        assert heights.iloc[0] > 99
        assert heights.iloc[-1] < 1
    assert isinstance(posterior_forest([believed(LENTAP)]), Figure)


def test_with_several_arms_each_has_one_curve_of_the_chosen_prior() -> None:
    figure = exceedance([believed({"A": (42, 71), "B": (30, 71), "TACE": (13, 71)})])
    assert isinstance(figure, Figure)
    assert list(dict.fromkeys(figure.data["Curve"])) == ["Chosen prior, A", "Chosen prior, B"]


def test_eighteen_more_resections_with_control_would_leave_the_published_difference_undecided() -> None:
    """By hand: Newcombe's lower limit of 42/71 minus 30/71 is above 0, of 42/71 minus 31/71 it is not."""
    found = tipped(LENTAP)
    assert (found.conclusion, found.flipping, found.flips.estimate) == ("above", "TACE", 18)
    before, after = (compared({"LEN-TAP": (42, 71), "TACE": (13 + k, 71)})[0].contrasts["LEN-TAP"] for k in (17, 18))
    assert before.risk_difference.low > 0 > after.risk_difference.low


def test_an_undecided_trial_names_the_arm_that_needs_fewer_and_a_reversed_one_the_other() -> None:
    assert tipped({"N": (30, 100), "TACE": (20, 100)}).flipping == "N"
    reversed_ = tipped({"N": (5, 50), "TACE": (30, 50)})
    assert (reversed_.conclusion, reversed_.flipping) == ("below", "N")


def test_unknown_outcomes_that_could_and_could_not_change_the_conclusion() -> None:
    firm = tipped(LENTAP, {"LEN-TAP": 2, "TACE": 1})
    assert firm.least is not None
    assert firm.least.estimate == pytest.approx(42 / 71 - 14 / 71)
    assert "the conclusion stays" in str(tipping_words({"a": firm}, outcome="resected", unknown=ALIVE))
    shaky = tipped(LENTAP, {"LEN-TAP": 0, "TACE": 20})
    assert "they could change" in str(tipping_words({"a": shaky}, outcome="resected", unknown=ALIVE))
    none = tipped(LENTAP, {"LEN-TAP": 0, "TACE": 0})
    assert "No outcome is unknown" in str(tipping_words({"a": none}, outcome="resected", unknown=ALIVE))


def test_the_map_holds_every_conclusion_and_no_more_cells_than_can_be_told_apart() -> None:
    figure = tipping_map(tipped({"LEN-TAP": (4200, 7100), "TACE": (1300, 7100)}), outcome="resected")
    assert len(figure.data) == FINEST**2
    assert set(figure.data["Conclusion"]) == {"more with LEN-TAP", "undecided", "more with TACE"}


@pytest.mark.parametrize("counts", [((0, 5), (0, 5)), ((5, 5), (0, 5)), ((5, 5), (5, 5)), ((0, 1), (1, 1))])
def test_empty_and_full_arms_have_a_map_too(counts: tuple[tuple[int, int], tuple[int, int]]) -> None:
    found = tipped(dict(zip(("New", "TACE"), counts, strict=True)))
    assert isinstance(tipping_map(found, outcome="resected"), Figure)
    assert "As counted" in str(tipping_words({"a": found}, outcome="resected", unknown=ALIVE))


def test_without_control_patients_rates_stay_and_nothing_is_compared() -> None:
    alone = compared({"LEN-TAP": (42, 71)})
    assert alone[0].rates["LEN-TAP"].counts == {"LEN-TAP": "42/71"}
    assert isinstance(every_method_table(record_every_method("a.b", alone, level=0.95)), Prose)
    posteriors = record_posteriors("a.b", alone, belief=SCEPTIC, margin=0.1, level=0.95)
    assert isinstance(posterior_forest(posteriors), Prose)
    assert isinstance(exceedance(posteriors), Prose)
    assert record_tipping("a.b", alone, level=0.95, method="newcombe") == {}
