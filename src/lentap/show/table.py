"""A table: Great Tables' markup, with our own few lines of style so that it takes the page's colours."""

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from great_tables import GT

from lentap.sources import BADGES, Source, combine

WORDS = re.compile(r'(<t[dh] [^>]*class="gt_row gt_left(?: gt_stub)?">)([^<]*)')
LONG = re.compile(r"\S{14,}")
NUMBERS = re.compile(r'(<td [^>]*class="gt_row gt_right">)([^<]*)</td>')
STYLE = """<style>
.lentap-table { overflow-x: auto; margin: 0.5rem 0 1.5rem; }
.lentap-table table { border-collapse: collapse; color: inherit; background: transparent; font-size: 0.88em; }
.lentap-table caption { caption-side: top; text-align: left; padding: 0.3rem 0; color: inherit; }
.lentap-table th, .lentap-table td { border: 0; padding: 0.28rem 0.4rem; background: transparent; color: inherit; }
.lentap-table thead th { border-bottom: 1px solid #6B7280; vertical-align: bottom; font-weight: 600; }
.lentap-table tbody th, .lentap-table tbody td { border-bottom: 0; }
.lentap-table tbody tr + tr > * { border-top: 1px solid rgba(107, 114, 128, 0.25); }
.lentap-table .gt_left, .lentap-table .gt_group_heading { text-align: left; overflow-wrap: break-word; }
.lentap-table .gt_right { text-align: right; font-variant-numeric: tabular-nums; }
.lentap-table tbody td.gt_left { min-width: 5rem; }
.lentap-table .gt_center { text-align: center; }
.lentap-table .gt_stub { font-weight: 400; min-width: 5rem; }
.lentap-table .gt_group_heading { font-weight: 600; padding-top: 0.7rem; }
.lentap-table .gt_sourcenote { font-size: 0.9em; opacity: 0.85; }
.lentap-table tfoot tr:first-child > * { border-top: 1px solid #6B7280; }
</style>"""


@dataclass(frozen=True)
class Table:
    """A table of printed text, one string a cell, with the kinds of number it holds.

    The first column names the rows and stands left, the others right unless named in ``left``. ``groups`` is a column
    whose words head groups of rows. ``spanners`` maps a heading to the columns under it.
    """

    frame: pd.DataFrame
    name: str
    caption: str
    source: tuple[Source, ...]
    left: Sequence[str] = ()
    groups: str | None = None
    spanners: Mapping[str, Sequence[str]] | None = None
    notes: Sequence[str] = ()

    def __post_init__(self) -> None:
        combine(*self.source)

    @property
    def great_table(self) -> GT:
        """The Great Tables object, for other output than HTML."""
        names = [column for column in self.frame.columns if column != self.groups]
        stub, rest = names[0], names[1:]
        # great_tables merges equal group names only where adjacent, and wants text throughout
        table = GT(self.frame.astype(str), rowname_col=stub, groupname_col=self.groups, id=f"table-{self.name}")
        table = table.tab_stubhead(stub)
        if rest:
            table = table.cols_align("right", columns=[c for c in rest if c not in self.left])
        if self.left:
            table = table.cols_align("left", columns=list(self.left))
        for heading, columns in (self.spanners or {}).items():
            table = table.tab_spanner(heading, columns=list(columns))
        for note in self.notes:
            table = table.tab_source_note(note)
        return table

    def _repr_html_(self) -> str:
        markup = re.sub(r"<style>.*?</style>", "", self.great_table.as_raw_html(), flags=re.DOTALL)
        body = re.search(r"<table.*</table>", markup, flags=re.DOTALL)
        badges = " ".join(f'<span class="lentap-badge lentap-{s}">{BADGES[s]}</span>' for s in self.source)
        caption = f"<caption>{html.escape(self.caption)} {badges}</caption>"
        rows = re.sub(r"(<table[^>]*>)", rf"\g<1>{_literal(caption)}", body[0] if body else "", count=1)
        rows = NUMBERS.sub(lambda cell: f"{cell[1]}{_unbroken(cell[2])}</td>", rows)
        rows = WORDS.sub(lambda cell: f"{cell[1]}{LONG.sub(_breakable, cell[2])}", rows)
        label = html.escape(self.caption, quote=True)
        region = f'<div class="lentap-table" id="{self.name}" tabindex="0" role="region" aria-label="{label}">'
        return f"{STYLE}{region}{rows}</div>{self._sheet()}"

    def _sheet(self) -> str:
        """What the table says, as JSON that a browser leaves alone, for the book to make files of."""
        columns = [*filter(None, [self.groups]), *(name for name in self.frame if name != self.groups)]
        about = {
            "name": self.name,
            "caption": self.caption,
            "source": self.source,
            "columns": list(map(str, columns)),
            "rows": self.frame[columns].astype(str).to_numpy().tolist(),
            "grouped": self.groups is not None,
            "left": list(self.left),
            "spanners": {heading: list(under) for heading, under in (self.spanners or {}).items()},
            "notes": list(self.notes),
        }
        text = json.dumps(about, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
        return f'<script type="application/json" class="lentap-sheet">{text}</script>'

    def __str__(self) -> str:
        return f"{self.caption}\n{self.frame.to_string(index=False)}"

    __repr__ = __str__


def _unbroken(text: str) -> str:
    """A printed number whose line breaks around its interval, and before infinity within it, and nowhere else."""
    space = "\N{NO-BREAK SPACE}"
    whole = text.replace(" ", space).replace(f"{space}(", " (").replace(f"),{space}", "), ")
    return whole.replace(f"{space}to{space}∞", f" to{space}∞")


def _breakable(word: re.Match[str]) -> str:
    """A long word that may break behind the signs that join its parts."""
    return re.sub(r"([+./_-])(?=\w)", r"\1<wbr>", word[0])


def _literal(text: str) -> str:
    """Text as the replacement part of a regular expression."""
    return text.replace("\\", r"\\")
