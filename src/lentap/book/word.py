"""A table as a Word document, through python-docx."""

import io
import re
import zipfile
from collections.abc import Iterable
from functools import cache
from html import escape
from itertools import groupby

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Cm, Pt, RGBColor

from lentap.book.sheets import USE, Sheet

WIDE = 6  # columns beyond which the page lies on its side
USED = {"Normal", "Default Paragraph Font", "Normal Table", "No List", "Caption"}
UNUSED = ("stylesWithEffects", "customXml", "numbering", "thumbnail")
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # in XML
RULE = 'w:val="single" w:sz="6" w:space="0" w:color="6B7280"'
HAIRLINE = 'w:val="single" w:sz="2" w:space="0" w:color="D1D5DB"'
STILL = (1980, 1, 1, 0, 0, 0)  # the time every entry carries, so that equal tables give equal files


def as_docx(sheet: Sheet) -> bytes:
    """The table with its caption and kinds of number above it, its notes and what it is for below."""
    document = Document(io.BytesIO(_empty()))
    document.core_properties.title = _legal(sheet.caption)[:255]
    if len(sheet.columns) - sheet.grouped > WIDE:
        section = document.sections[0]
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = section.page_height, section.page_width
    above = [document.add_paragraph(_legal(sheet.caption), style="Caption")]
    if sheet.kinds:
        above.append(document.add_paragraph(f"Kind of number: {sheet.kinds}"))
    for paragraph in above:
        paragraph.paragraph_format.keep_with_next = True
    above[-1]._p.addnext(parse_xml(_table(sheet)))
    for text in ("", *sheet.notes, USE):
        document.add_paragraph(_legal(text))
    out = io.BytesIO()
    document.save(out)
    return _still(out)


def _table(sheet: Sheet) -> str:
    """The table as WordprocessingML: a call of the library for each of thousands of cells takes ten times as long."""
    columns = sheet.columns[sheet.grouped :]
    sides = ["left" if number == 0 or name in sheet.left else "right" for number, name in enumerate(columns)]
    heading = {column: words for words, under in sheet.spanners.items() for column in under}
    over = [(words, len(list(under))) for words, under in groupby(columns, lambda column: heading.get(column, ""))]
    lines = [_row((_cell(words, "center", span=span, bold=True) for words, span in over), head=True)] if heading else []
    lines.append(_row((_cell(*pair, bold=True) for pair in zip(columns, sides, strict=True)), head=True))
    for group, rows in groupby(sheet.rows, lambda row: row[0] if sheet.grouped else None):
        if group is not None:
            lines.append(_row([_cell(group, "left", span=len(columns), bold=True)]))
        lines += [_row(map(_cell, row[sheet.grouped :], sides)) for row in rows]
    return (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="5000" w:type="pct"/><w:tblBorders><w:top {RULE}/>'
        f"<w:bottom {RULE}/><w:insideH {HAIRLINE}/></w:tblBorders></w:tblPr>"
        f"<w:tblGrid>{_widths(sheet, columns)}</w:tblGrid>{''.join(lines)}</w:tbl>"
    )


def _row(cells: Iterable[str], *, head: bool = False) -> str:
    repeated = "<w:tblHeader/>" if head else ""  # at the top of every page
    return f"<w:tr><w:trPr><w:cantSplit/>{repeated}</w:trPr>{''.join(cells)}</w:tr>"


def _cell(text: str, side: str, *, span: int = 1, bold: bool = False) -> str:
    merged = f'<w:tcPr><w:gridSpan w:val="{span}"/></w:tcPr>' if span > 1 else ""
    heavy = "<w:rPr><w:b/></w:rPr>" if bold else ""
    words = escape(_legal(text), quote=False)
    return (
        f'<w:tc>{merged}<w:p><w:pPr><w:jc w:val="{side}"/></w:pPr>'
        f'<w:r>{heavy}<w:t xml:space="preserve">{words}</w:t></w:r></w:p></w:tc>'
    )


def _widths(sheet: Sheet, columns: list[str]) -> str:
    """Columns as wide as their longest text asks, for programs that do not fit them to it themselves."""
    texts = [[name, *(row[number + sheet.grouped] for row in sheet.rows)] for number, name in enumerate(columns)]
    asked = [min(max(map(len, column)), 40) + 2 for column in texts]
    twips = 14000 if len(columns) > WIDE else 9600
    return "".join(f'<w:gridCol w:w="{twips * one // sum(asked)}"/>' for one in asked)


def _legal(text: str) -> str:
    return FORBIDDEN.sub("", text)


@cache
def _empty() -> bytes:
    """An A4 page in the library's own template without what no table here needs, which is most of its weight."""
    document = Document()
    for style in list(document.styles):
        if style.name not in USED:
            style.delete()
    for links in (document.part.rels, document.part.package.rels):
        for key in [key for key, link in links.items() if any(word in link.reltype for word in UNUSED)]:
            del links[key]
    normal, caption = document.styles["Normal"], document.styles["Caption"]
    normal.font.name, normal.font.size = "Arial", Pt(9)
    normal.paragraph_format.space_before = normal.paragraph_format.space_after = Pt(2)
    caption.font.size, caption.font.color.rgb = Pt(11), RGBColor(0, 0, 0)
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2)
    document.core_properties.author, document.core_properties.comments = "The LEN-TAP Book", USE
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _still(archive: io.BytesIO) -> bytes:
    """The archive with every entry at one time."""
    out = io.BytesIO()
    with zipfile.ZipFile(archive) as read, zipfile.ZipFile(out, "w") as write:
        for name in read.namelist():
            write.writestr(zipfile.ZipInfo(name, STILL), read.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()
