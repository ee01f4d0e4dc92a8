"""Links below each figure and table of a page to what can be taken away, and the files they lead to."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path

from lentap.book.project import digest, slug
from lentap.book.sheets import USE, Sheet, as_csv
from lentap.book.tree import Tree

SHEET = re.compile(r'<script type="application/json" class="lentap-sheet">(.*?)</script>', re.DOTALL)
DRAWING = re.compile(r'(<figure class="lentap-drawing" )([^>]*data-caption="([^"]*)".*?)</figure>', re.DOTALL)
IMAGES = ("png", "svg")


@dataclass(frozen=True)
class Downloads:
    """Where a site's files are put, each once, named by its content, and the way up to the site from a page."""

    site: Tree
    up: str

    def of_figure(self, sheet: Sheet) -> str:
        """HTML of a figure's downloads: images of it, and its rows."""
        return _row(f"{_images(sheet.caption)} {self._link(sheet, 'csv', as_csv)}")

    def below(self, html: str) -> str:
        """HTML with downloads below each table that says what it holds, and below each drawing."""
        html = DRAWING.sub(_of_drawing, html)
        return SHEET.sub(lambda found: self._of_table(Sheet(**json.loads(found[1]))), html)

    def _of_table(self, sheet: Sheet) -> str:
        from lentap.book.word import as_docx  # slow to load

        return _row(f"{self._link(sheet, 'csv', as_csv)} {self._link(sheet, 'docx', as_docx)}")

    def _link(self, sheet: Sheet, suffix: str, write: Callable[[Sheet], bytes]) -> str:
        place = f"downloads/{digest(json.dumps(vars(sheet)))[:12]}/{slug(sheet.name)}.{suffix}"
        self.site.write_once(place, lambda: write(sheet))
        return f'<a href="{self.up}{place}" download="{Path(place).name}" {_label(suffix, sheet.caption)}</a>'


def _of_drawing(found: re.Match[str]) -> str:
    return f'{found[1]}data-kind="{USE}" {found[2]}{_row(_images(unescape(found[3])))}</figure>'


def _images(caption: str) -> str:
    """Buttons for what the browser makes from what it shows."""
    return " ".join(f'<button type="button" data-format="{one}" {_label(one, caption)}</button>' for one in IMAGES)


def _label(suffix: str, caption: str) -> str:
    return f'aria-label="{suffix.upper()}: {escape(caption, quote=True)}">{suffix.upper()}'


def _row(links: str) -> str:
    return f'<div class="lentap-downloads">Download {links}</div>'
