import pytest

from lentap.published import lentap_facts
from lentap.show.planning import POWER_AT, boundaries_table, size_points, sizes_table, survival_sizes_table
from lentap.show.record.planning import Plan, published_plans, record_sizes, record_survival_sizes, record_two_stage
from lentap.stats.group_sequential import spending_design

OWN = Plan("Own", 0.4, 0.2, "synthetic")
ABOUT = {"patients": 71, "power": 0.8, "alpha": 0.05}


def test_sizes_agree_with_rpact() -> None:
    """rpact 3.3.4, getSampleSizeRates(pi1 = 0.4, pi2 = 0.2): 81.22 patients an arm."""
    assert record_sizes([OWN], **ABOUT)["Own"]["needed"].estimate == 82


def test_published_rates_are_plans_from_the_facts_and_get_no_power_in_the_trial_they_came_from() -> None:
    plans = published_plans(lentap_facts())
    assert [plan.treated for plan in plans] == pytest.approx([0.592, 0.592])
    assert [plan.control for plan in plans] == pytest.approx([0.183, 0.10])
    sizes = record_sizes([OWN, *plans], **ABOUT)
    assert "fisher at given" in sizes["Own"]
    for plan in plans:
        assert not [key for key in sizes[plan.label] if key.endswith("given")]
        assert sizes[plan.label]["needed"].source == "published"
    table = sizes_table(sizes, [OWN, *plans]).frame
    assert table[POWER_AT["given"]].tolist()[1:] == ["\N{EN DASH}"] * 2
    points = size_points(sizes, [OWN, *plans], **ABOUT)
    assert "71 in each arm give Fisher's test" in points[0]
    assert not any("71 in each arm" in point for point in points[1:])


def test_two_stage_designs_agree_with_simons_table() -> None:
    """Simon 1989, table 2: p0 0.1, p1 0.3, alpha 0.05, power 0.8."""
    found = record_two_stage(0.1, 0.3, power=0.8, alpha=0.05)
    assert (found["minimax"].r1, found["minimax"].n1, found["minimax"].r, found["minimax"].n) == (1, 15, 5, 25)
    assert (found["optimal"].r1, found["optimal"].n1, found["optimal"].r, found["optimal"].n) == (1, 10, 5, 29)


def test_events_agree_with_schoenfelds_formula() -> None:
    """rpact 3.3.4: 120.3157 events for a hazard ratio of 0.6, 246.7871 for 0.7."""
    found = record_survival_sizes([0.6, 0.7], control_median=15.0, accrual=24.0, follow_up=18.0, power=0.8, alpha=0.05)
    assert [one["events"].estimate for one in found.values()] == [121, 247]


def test_tables_say_whether_patients_are_of_an_arm_or_of_both() -> None:
    sizes = sizes_table(record_sizes([OWN], **ABOUT), [OWN]).frame
    assert sizes[["Needed in each arm", "In both arms"]].to_numpy().tolist() == [["82", "164"]]
    found = record_survival_sizes([0.7], control_median=15, accrual=24, follow_up=18, power=0.8, alpha=0.05)
    row = survival_sizes_table(found, source="synthetic").frame.iloc[0]
    assert int(row["Patients in both arms"]) == found[0.7]["patients"].estimate
    assert 2 * float(row["Patients in each arm"]) == found[0.7]["patients"].estimate


def test_the_last_look_is_the_final_analysis() -> None:
    designs = {"Pocock": spending_design([1 / 3, 2 / 3, 1], spending="pocock")}
    looks = boundaries_table(designs, source="synthetic").frame["Look"].tolist()
    assert looks == [
        "interim, 33% of the information", "interim, 67% of the information", "final, 100% of the information",
    ]  # fmt: skip
