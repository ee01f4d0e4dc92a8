import re

import pandas as pd

from lentap.show.table import Table

FRAME = pd.DataFrame({"Arm": ["<script>x</script>", "TACE"], "Median & more": ["1.0", "2.0"], "Part": ["A", "B"]})


def table() -> Table:
    return Table(FRAME, "medians", "Medians <of> time", ("synthetic",), groups="Part", notes=("95% CI",))


def test_a_number_needed_breaks_before_infinity_and_a_plain_interval_only_before_its_limits() -> None:
    words = {"A": "NNTB 10.0 (NNTB 4.0 to ∞ to NNTH 20.0)", "B": "2.5 (1.9 to 4.0)", "C": "2.5 (1.9 to 4.0), p = 0.11"}
    shown = Table(pd.DataFrame([{"What": "x", **words}]), "t", "Needed", ("yours",))._repr_html_()
    space = "\N{NO-BREAK SPACE}"
    assert f"NNTB{space}10.0 (NNTB{space}4.0 to{space}∞{space}to{space}NNTH{space}20.0)" in shown
    assert f"2.5 (1.9{space}to{space}4.0)<" in shown
    assert f"4.0), p{space}={space}0.11" in shown


def test_a_table_is_the_same_html_every_time() -> None:
    assert table()._repr_html_() == table()._repr_html_()


def test_text_from_data_is_escaped() -> None:
    html = table()._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "Medians &lt;of&gt; time" in html


def test_a_table_bears_its_badge_and_scrolls_by_keyboard() -> None:
    html = table()._repr_html_()
    assert '<span class="lentap-badge lentap-synthetic">Synthetic</span>' in html
    assert re.search(r'<div class="lentap-table" id="medians" tabindex="0"', html)


def test_colours_are_inherited_from_the_page() -> None:
    html = table()._repr_html_()
    assert "#FFFFFF" not in html
    assert "#333333" not in html
    assert "background: transparent" in html


def test_numbers_stand_right_and_the_first_column_left() -> None:
    html = table()._repr_html_()
    assert re.search(r'<td[^>]*class="gt_row gt_right"[^>]*>1.0</td>', html)
    assert re.search(r'<th[^>]*class="gt_row gt_left gt_stub"[^>]*>TACE</th>', html)


def test_a_long_word_may_break_behind_the_signs_that_join_its_parts() -> None:
    frame = pd.DataFrame({"Study": ["Envafolimab+LEN+TACE <b>"], "n": ["38"], "Key": ["outcomes.orr_mrecist"]})
    shown = Table(frame, "studies", "Studies", ("published",), left=["Key"])
    html = shown._repr_html_()
    assert ">Envafolimab+<wbr>LEN+<wbr>TACE &lt;b&gt;</th>" in html
    assert ">outcomes.<wbr>orr_<wbr>mrecist</td>" in html
    assert "<wbr>" not in html.partition("<script")[2]
    assert "<wbr>" not in Table(frame.assign(Study="PD-1"), "s", "S", ("published",))._repr_html_()


def test_a_line_breaks_in_front_of_an_interval_and_nowhere_else_in_a_number() -> None:
    frame = pd.DataFrame({"Arm": ["TACE alone"], "Rate": ["18.3 (11.0 to 28.8)"], "p": ["< 0.001"]})
    html = Table(frame, "rates", "Rates", ("published",))._repr_html_()
    assert ">18.3 (11.0\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}28.8)</td>" in html
    assert ">&lt;\N{NO-BREAK SPACE}0.001</td>" in html
    assert ">TACE alone</th>" in html
