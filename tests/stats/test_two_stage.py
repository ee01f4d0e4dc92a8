import numpy as np
import pytest
from scipy.stats import binom

from lentap.errors import ArgumentError
from lentap.stats import two_stage
from lentap.stats.two_stage import TwoStageDesign, two_stage_designs


def brute_force(p0, p1, alpha, power, most):
    """Every design of up to ``most`` patients that keeps both errors, by nothing but loops."""
    kept = []
    for n in range(2, most + 1):
        for n1 in range(1, n):
            for r1 in range(n1):
                for r in range(r1, n):
                    design = TwoStageDesign(r1, n1, r, n, p0, p1)
                    if design.alpha <= alpha:
                        kept += [design] if design.power >= power else []
                        break
    return kept


def test_the_search_finds_what_brute_force_finds():
    kept = brute_force(0.1, 0.4, 0.1, 0.8, 20)
    found = two_stage_designs(0.1, 0.4, alpha=0.1, power=0.8)
    assert found.optimal == min(kept, key=lambda design: design.expected_n0)
    fewest = min(design.n for design in kept)
    assert found.minimax == min((d for d in kept if d.n == fewest), key=lambda design: design.expected_n0)
    for design, (low, high) in zip(found.admissible, found.weights, strict=True):
        for weight in (low + 1e-9, (low + high) / 2, high - 1e-9):
            best = min(kept, key=lambda one: weight * one.n + (1 - weight) * one.expected_n0)
            assert design == best


@pytest.mark.parametrize(("p0", "p1"), [(0.05, 0.2), (0.3, 0.5), (0.6, 0.75), (0.8, 0.95)])
def test_admissible_designs_lead_from_minimax_to_optimal_and_keep_both_errors(p0, p1):
    found = two_stage_designs(p0, p1, alpha=0.05, power=0.9)
    designs = found.admissible
    assert (designs[0], designs[-1]) == (found.minimax, found.optimal)
    assert found.weights[0][1] == 1
    assert found.weights[-1][0] == 0
    sizes = np.array([(design.n, design.expected_n0) for design in designs])
    assert (np.diff(sizes[:, 0]) > 0).all()
    assert (np.diff(sizes[:, 1]) < 0).all()
    for design in designs:
        assert design.alpha <= 0.05
        assert design.power >= 0.9


def test_characteristics_are_those_of_two_binomial_counts():
    design = TwoStageDesign(3, 13, 12, 43, 0.2, 0.4)
    draws = np.random.default_rng(1).binomial(1, 0.3, (200_000, 43))
    first, whole = draws[:, :13].sum(axis=1), draws.sum(axis=1)
    went_on = first > 3
    assert design.early_stop(0.3) == pytest.approx(1 - went_on.mean(), abs=0.004)
    assert design.expected_n(0.3) == pytest.approx(13 + 30 * went_on.mean(), abs=0.1)
    assert design.rejects(0.3) == pytest.approx((went_on & (whole > 12)).mean(), abs=0.004)


def test_a_design_that_never_stops_early_is_a_single_stage():
    assert TwoStageDesign(-1, 10, 12, 43, 0.2, 0.4).rejects(0.3) == pytest.approx(binom.sf(12, 43, 0.3))


def test_rates_too_near_are_refused_rather_than_searched_for_ever(monkeypatch):
    monkeypatch.setattr(two_stage, "_MOST_PATIENTS", 30)
    with pytest.raises(ArgumentError, match=r"^p1 is 0.25: legal is a rate further from p0 .* 30 patients"):
        two_stage_designs(0.2, 0.25)


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"p0": 0.0}, "p0"),
        ({"p1": 0.2}, "p1"),
        ({"p1": 1.0}, "p1"),
        ({"p1": np.nan}, "p1"),
        ({"alpha": 0.0}, "alpha"),
        ({"alpha": 1.0}, "alpha"),
        ({"power": 0.05}, "power"),
        ({"power": 1.0}, "power"),
    ],
)
def test_bad_input_is_refused_by_name(change, argument):
    with pytest.raises(ArgumentError, match=f"^{argument} is "):
        two_stage_designs(**({"p0": 0.2, "p1": 0.4} | change))


def test_a_response_rate_outside_0_to_1_is_refused():
    with pytest.raises(ArgumentError, match=r"^p is 1"):
        TwoStageDesign(3, 13, 12, 43, 0.2, 0.4).expected_n(1.0)
