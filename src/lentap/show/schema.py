"""The course of a trial as a drawing: who enters, what each arm receives, what is judged when."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from lentap.design import Design
from lentap.show.theme import arm_styles

WIDTH, LINE, PADDING, GAP, LETTERS = 360, 17, 8, 24, 46
DASHES = {"solid": "", "dash": "7 4", "dot": "2 3", "dashdot": "7 3 2 3", "longdash": "10 4"}


@dataclass(frozen=True)
class Drawing:
    """An SVG drawing with its description; it takes the colour of the text around it."""

    svg: str
    alt: str

    def _repr_html_(self) -> str:
        return (
            f'<figure class="lentap-drawing" data-name="schema" data-caption="Course of the trial">{self.svg}</figure>'
        )

    def __str__(self) -> str:
        return self.alt

    __repr__ = __str__


def trial_schema(design: Design, steps: Sequence[str], *, before: str = "Patients") -> Drawing:
    """Draw who enters, the arms beside each other, and the steps after them from top to bottom.

    Parameters
    ----------
    steps
        What follows for both arms, in order.
    before
        Who enters.
    """
    parts: list[str] = []
    y = 4.0
    y = _box(parts, before, 0, WIDTH, y) + GAP
    arms = [*design.experimental, design.control]
    styles = arm_styles(design)
    width = (WIDTH - 12 * (len(arms) - 1)) / len(arms)
    texts = [f"{arm.name}: {arm.label}" for arm in arms]
    height = max(_height(text, width) for text in texts)
    for position, (arm, text) in enumerate(zip(arms, texts, strict=True)):
        x = position * (width + 12)
        _arrow(parts, WIDTH / 2, y - GAP, x + width / 2, y)
        _box(parts, text, x, width, y, height, DASHES[styles[arm.name].dash], heavy=True)
    y += height
    starts = [position * (width + 12) + width / 2 for position in range(len(arms))]
    for step in steps:
        for start in starts:
            _arrow(parts, start, y, WIDTH / 2, y + GAP)
        y = _box(parts, step, 0, WIDTH, y + GAP)
        starts = [WIDTH / 2]
    alt = f"{before}. Then, side by side: {'; '.join(texts)}. Then, in order: {'; '.join(steps)}."
    svg = (
        f'<svg viewBox="-2 0 {WIDTH + 4} {y + 4:.0f}" role="img" aria-label="{escape(alt, quote=True)}" '
        'style="max-width: 34rem; width: 100%; height: auto" fill="none" stroke="currentColor" font-size="12.5">'
        '<defs><marker id="lentap-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0 8 4 0 8z" fill="currentColor" stroke="none"/></marker></defs>'
        f"{''.join(parts)}</svg>"
    )
    return Drawing(svg, alt)


def _lines(text: str, width: float) -> list[str]:
    return textwrap.wrap(text, max(10, int(LETTERS * width / WIDTH)))


def _height(text: str, width: float) -> float:
    return LINE * len(_lines(text, width)) + 2 * PADDING


def _box(
    parts: list[str],
    text: str,
    x: float,
    width: float,
    y: float,
    height: float = 0,
    dash: str = "",
    *,
    heavy: bool = False,
) -> float:
    """Add a box with its words in the middle, and return the height at which it ends."""
    lines = _lines(text, width)
    height = height or _height(text, width)
    stroke = f'stroke-width="{2 if heavy else 1.2}"' + (f' stroke-dasharray="{dash}"' if dash else "")
    parts.append(f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height:.0f}" rx="4" {stroke}/>')
    top = y + (height - LINE * len(lines)) / 2 + 12.5
    for number, line in enumerate(lines):
        parts.append(
            f'<text x="{x + width / 2:.0f}" y="{top + LINE * number:.0f}" text-anchor="middle" fill="currentColor" '
            f'stroke="none">{escape(line)}</text>'
        )
    return y + height


def _arrow(parts: list[str], x0: float, y0: float, x1: float, y1: float) -> None:
    middle = (y0 + y1) / 2
    path = f"M{x0:.0f} {y0:.0f}V{middle:.0f}H{x1:.0f}V{y1 - 1:.0f}"
    parts.append(f'<path d="{path}" stroke-width="1.2" marker-end="url(#lentap-tip)"/>')
