from lentap.design import Design
from lentap.show.theme import CONTROL, EXPERIMENTAL, THIRD, arm_styles, plain
from tests.show.conftest import AWKWARD


def test_arms_keep_their_colour_and_dash(design: Design) -> None:
    styles = arm_styles(design)
    assert [(s.colour, s.dash) for s in styles.values()] == [(EXPERIMENTAL, "solid"), (THIRD, "dot"), (CONTROL, "dash")]
    assert list(styles) == ["Low", AWKWARD, "Placebo"]


def test_arms_differ_in_more_than_colour(design: Design) -> None:
    styles = arm_styles(design).values()
    assert len({s.dash for s in styles}) == len({s.symbol for s in styles}) == 3


def test_markup_and_formulas_in_data_stay_text() -> None:
    assert plain("<b>$x$ & y") == "&lt;b&gt;&#36;x&#36; &amp; y"
