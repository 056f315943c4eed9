"""Word and Excel files from plain tables: headings, fonts that a Chinese Word shows as named, texts never as formulas.

Pure: values in, bytes out. What the documents say is in ``documents``.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import docx
import openpyxl
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.table import Table as WordTable
from docx.text.run import Run
from openpyxl.cell import Cell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

WORD_MEDIA = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL_MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TITLE_FONT, HEADING_FONT, BODY_FONT, TABLE_FONT = "方正小标宋简体", "黑体", "仿宋_GB2312", "宋体"
LATIN_FONT = "Times New Roman"
MOST_TITLE = 31  # of a sheet in Excel
_NOT_IN_TITLES = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


@dataclass(frozen=True)
class Column:
    """``width`` in characters; ``format`` of numbers, None for text."""

    title: str
    width: float = 12
    format: str | None = None


@dataclass(frozen=True)
class Table:
    """``rows`` aligned with ``columns``; ``note`` stands under the title."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    note: str = ""


@dataclass(frozen=True)
class Section:
    """A numbered part of a document: paragraphs, then tables; ``blank`` rows of a table are left high for a seal."""

    title: str
    paragraphs: Sequence[str] = ()
    tables: Sequence[Table] = field(default_factory=tuple)
    tall: bool = False


def workbook(tables: Sequence[Table], *, title: str, at: datetime) -> bytes:
    """An Excel file with one sheet for each table: heading, frozen first row, filter, printed on A4 across."""
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    book.remove(first)
    book.properties.title, book.properties.created, book.properties.modified = clean(title), _naive(at), _naive(at)
    book.properties.creator = "Gezhi"
    for table in tables:
        name = clean(table.title).translate(_NOT_IN_TITLES)[:MOST_TITLE].strip("' ")
        _fill_sheet(book.create_sheet(name or "1"), table)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def document(title: str, lines: Sequence[str], sections: Sequence[Section], *, mark: str, at: datetime) -> bytes:
    """A Word file on A4: title, lines under it, numbered sections with tables, the mark in the head of every page."""
    made = docx.Document()
    page = made.sections[0]
    page.orientation, page.page_width, page.page_height = WD_ORIENT.PORTRAIT, Cm(21), Cm(29.7)
    page.top_margin, page.bottom_margin, page.left_margin, page.right_margin = Cm(3), Cm(2.6), Cm(2.7), Cm(2.6)
    made.core_properties.title, made.core_properties.author = clean(title), "Gezhi"
    made.core_properties.created = made.core_properties.modified = _naive(at)
    normal = made.styles["Normal"]
    normal.font.name, normal.font.size = LATIN_FONT, Pt(14)  # type: ignore[attr-defined]
    _east_asian(normal.element.get_or_add_rPr(), BODY_FONT)
    head = page.header.paragraphs[0]
    head.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _run(head.add_run(clean(mark)), HEADING_FONT, 10.5)
    _page_number(page.footer.paragraphs[0])
    top = made.add_paragraph()
    top.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(top.add_run(clean(title)), TITLE_FONT, 22)
    for line in lines:
        under = made.add_paragraph()
        under.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _run(under.add_run(clean(line)), BODY_FONT, 12)
    for section in sections:
        heading = made.add_heading(level=1)
        _run(heading.add_run(clean(section.title)), HEADING_FONT, 16)
        for text in section.paragraphs:
            paragraph = made.add_paragraph(clean(text))
            paragraph.paragraph_format.first_line_indent = Pt(28)
            paragraph.paragraph_format.line_spacing = 1.5
        for table in section.tables:
            _word_table(made, table, tall=section.tall)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def clean(text: str) -> str:
    """``text`` without the characters that neither format may hold."""
    return str(ILLEGAL_CHARACTERS_RE.sub("", text))


def _fill_sheet(sheet: Worksheet, table: Table) -> None:
    edge = Side(style="thin", color="999999")
    box = Border(left=edge, right=edge, top=edge, bottom=edge)
    wide = len(table.columns)
    _put(sheet.cell(1, 1), table.title, Font(name=HEADING_FONT, size=16, bold=True))
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=wide)
    sheet.cell(1, 1).alignment = Alignment(horizontal="center", vertical="center")
    sheet.row_dimensions[1].height = 30
    _put(sheet.cell(2, 1), table.note, Font(name=TABLE_FONT, size=9, color="555555"))
    sheet.merge_cells(start_row=2, start_column=1, end_row=2, end_column=wide)
    for at, column in enumerate(table.columns, start=1):
        _put(sheet.cell(3, at), column.title, Font(name=HEADING_FONT, size=10.5, bold=True))
        sheet.cell(3, at).fill = PatternFill("solid", start_color="E8EEF4")
        sheet.cell(3, at).alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        sheet.cell(3, at).border = box
        sheet.column_dimensions[get_column_letter(at)].width = column.width
    body = Font(name=TABLE_FONT, size=10)
    for number, row in enumerate(table.rows, start=4):
        for at, (column, value) in enumerate(zip(table.columns, row, strict=True), start=1):
            cell = sheet.cell(number, at)
            _put(cell, value, body)
            cell.border = box
            if column.format is not None:
                cell.number_format = column.format
            elif column.width > 24:
                cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A4"
    sheet.auto_filter.ref = f"A3:{get_column_letter(wide)}{max(len(table.rows) + 3, 3)}"
    sheet.print_title_rows = "1:3"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    footer = sheet.oddFooter.center if sheet.oddFooter is not None else None
    if footer is not None:
        footer.text = "&P / &N"


def _put(cell: Cell | Any, value: Any, font: Font) -> None:
    """A value as it is; text is always text, whatever it begins with."""
    if isinstance(value, str):
        cell.value = clean(value)
        cell.data_type = "s"
    else:
        cell.value = value
    cell.font = font


def _word_table(made: Any, table: Table, *, tall: bool) -> None:
    caption = made.add_paragraph()
    caption.alignment = WD_ALIGN_PARAGRAPH.CENTER
    caption.paragraph_format.keep_with_next = True
    _run(caption.add_run(clean(table.title)), HEADING_FONT, 12)
    grid: WordTable = made.add_table(rows=1, cols=len(table.columns))
    grid.style, grid.alignment = "Table Grid", WD_TABLE_ALIGNMENT.CENTER
    for at, column in enumerate(table.columns):
        _write(grid.rows[0].cells[at], column.title, HEADING_FONT, right=False)
    repeated = OxmlElement("w:tblHeader")
    repeated.set(qn("w:val"), "true")
    grid.rows[0]._tr.get_or_add_trPr().append(repeated)
    for row in table.rows:
        line = grid.add_row()
        if tall:
            line.height = Cm(3.2)
        for cell, column, value in zip(line.cells, table.columns, row, strict=True):
            _write(cell, told(value, column.format), TABLE_FONT, right=column.format is not None)
    whole = sum(column.width for column in table.columns)
    for row_ in grid.rows:
        for cell, column in zip(row_.cells, table.columns, strict=True):
            cell.width = Cm(15.7 * column.width / whole)
    if table.note:
        note = made.add_paragraph()
        _run(note.add_run(clean(table.note)), TABLE_FONT, 9)


def told(value: Any, format: str | None) -> str:
    """A value as Word shows it, by the number format that Excel would take."""
    if value is None:
        return ""
    if format is None or isinstance(value, str):
        return clean(str(value))
    if format.endswith("%"):
        return f"{value:.{format.count('0') - 1}%}"
    return f"{value:,.{len(format.partition('.')[2])}f}"


def _write(cell: Any, text: str, font: str, *, right: bool) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if right else WD_ALIGN_PARAGRAPH.LEFT
    _run(paragraph.add_run(clean(text)), font, 10.5)


def _run(run: Run, font: str, size: float) -> None:
    run.font.name, run.font.size = LATIN_FONT, Pt(size)
    run.font.color.rgb = docx.shared.RGBColor(0, 0, 0)
    _east_asian(run._element.get_or_add_rPr(), font)


def _east_asian(properties: Any, font: str) -> None:
    """Name the font of Chinese text: without ``eastAsia`` Word shows its own default instead."""
    fonts = properties.get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), font)
    for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(theme), None)


def _page_number(paragraph: Any) -> None:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field_ = OxmlElement("w:fldSimple")
    field_.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field_)


def _naive(at: datetime) -> datetime:
    return at.replace(tzinfo=None, microsecond=0)
