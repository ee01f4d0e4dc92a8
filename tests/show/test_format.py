import pytest

from lentap.errors import ParameterError
from lentap.results import Result
from lentap.show.format import (
    duration,
    interval,
    listed,
    number,
    one_or_experimental,
    p_phrase,
    p_value,
    quote,
    slug,
    within,
)


def result(scale: str, estimate: float | None, low: float | None = None, high: float | None = None, **rest) -> Result:
    return Result("a.b", estimate, "synthetic", scale, low=low, high=high, level=0.95, **rest)


def test_the_only_arm_is_named_and_one_of_several_is_experimental() -> None:
    assert one_or_experimental(["Drug", "Drug"]) == "Drug"
    assert one_or_experimental(["Drug", "Other"]) == "experimental"


@pytest.mark.parametrize(
    ("p", "text"),
    [(0.0004, "< 0.001"), (0.001, "0.0010"), (0.0087, "0.0087"), (0.0494, "0.049"), (0.5432, "0.54"), (1.0, "1.0")],
)
def test_a_p_value_has_two_significant_digits_or_is_below_a_thousandth(p: float, text: str) -> None:
    assert p_value(p) == text


def test_a_p_value_in_a_sentence_takes_an_equals_sign_only_where_it_is_a_number() -> None:
    assert p_phrase(0.02) == "p = 0.020"
    assert p_phrase(9.2e-7) == "p < 0.001"


def test_negative_numbers_have_a_true_minus_and_zero_has_none() -> None:
    assert number(-3.14) == "\N{MINUS SIGN}3.1"
    assert number(-0.04) == "0.0"


def test_an_interval_is_written_with_to() -> None:
    assert interval(40.845, 25.161, 53.77) == "40.8 (25.2 to 53.8)"


def test_a_difference_of_proportions_is_quoted_in_percentage_points() -> None:
    assert quote(result("difference", 0.40845, 0.2516, 0.5377)) == "40.8 percentage points (25.2 to 53.8)"


def test_a_proportion_is_quoted_in_percent_and_a_ratio_with_two_decimals() -> None:
    assert quote(result("proportion", 0.5915, 0.4754, 0.6983)) == "59.2% (47.5 to 69.8)"
    assert quote(result("ratio", 3.23077, 1.9522, 5.5455)) == "3.23 (1.95 to 5.55)"


def test_a_median_in_days_has_no_decimals_and_says_what_was_not_reached() -> None:
    assert quote(result("time", 33.0, 28.0, 51.0, unit="days")) == "33 days (28 to 51)"
    assert quote(result("time", 24.9, 17.0, None, unit="months")) == "24.9 months (17.0 to not reached)"
    assert quote(result("time", None), "estimate") == "not reached"


def test_a_ratio_without_upper_limit_is_unbounded_and_an_unknown_one_not_estimable() -> None:
    assert quote(result("ratio", 4.0, 1.2, None)) == "4.00 (1.20 to unbounded)"
    assert quote(result("ratio", None), "estimate") == "not estimable"


def test_a_recorded_p_value_is_quoted_as_a_p_value() -> None:
    assert quote(result("number", 9.2e-7, p_value=9.2e-7)) == "< 0.001"


def test_an_unknown_part_is_refused_with_the_legal_ones() -> None:
    with pytest.raises(ParameterError, match="full, estimate, interval, p, counts"):
        quote(result("ratio", 1.0), "everything")


def test_words_are_listed_and_set_within_sentences() -> None:
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(["a"]) == "a"
    assert listed([]) == ""
    assert within("Overall survival") == "overall survival"
    assert within("OS") == "OS"


def test_a_slug_is_safe_as_an_element_id() -> None:
    assert slug("survival", 'RFS "<x>" 1') == "survival-rfs-x-1"


def test_an_interval_without_any_limit_is_called_not_estimable() -> None:
    assert quote(result("difference", 0.004)) == "0.4 percentage points (not estimable)"
    assert interval(0.4, float("-inf"), float("inf")) == "0.4 (not estimable)"


@pytest.mark.parametrize(
    ("time", "unit", "words"),
    [
        (365.25, "days", "365 days"),
        (24.0, "months", "24 months"),
        (43.66, "months", "43.7 months"),
        (0.25, "years", "0.25 years"),
    ],
)
def test_a_chosen_time_has_no_idle_decimals(time: float, unit: str, words: str) -> None:
    assert duration(time, unit) == words
