"""Laying out an administrative document on paper as NĐ 30/2020/NĐ-CP, Phụ lục I wants it, with python-docx.

Sizes are points, lengths centimetres. A4; margins 20 mm top and bottom, 30 left, 15 right; Times New Roman, black; body
14 justified, first line 1.27 cm, at least 6 pt between paragraphs; page number 13 centred in the top margin but not on
page 1. A `Sheet` is written from top to bottom; its bytes are the same whenever the same is written.
"""

import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph

FONT = "Times New Roman"
CENTER, LEFT, JUSTIFY = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.JUSTIFY
FIRST_LINE = 1.27
LONG, SHORT, TOP, BOTTOM, INSIDE, OUTSIDE = 29.7, 21.0, 2.0, 2.0, 3.0, 1.5
WIDTH = SHORT - INSIDE - OUTSIDE
WIDTH_LANDSCAPE = LONG - 2.0 - 2.0
# What a zip holds of time when it must not depend on when it was written.
NO_TIME = (1980, 1, 1, 0, 0, 0)
MOTTO = "Độc lập - Tự do - Hạnh phúc"
COUNTRY = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"


def sealed(content: bytes) -> bytes:
    """A zip written anew, its parts in order and without the time of writing: the same content gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        # Office programs look for the list of content types first.
        for name in sorted(old.namelist(), key=lambda each: (each != "[Content_Types].xml", each)):
            info = zipfile.ZipInfo(name, NO_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            info.create_system = 3
            new.writestr(info, old.read(name))
    return out.getvalue()


class Sheet:
    """A document under way."""

    def __init__(self, title: str, landscape: bool = False) -> None:
        self.document: Document = docx.Document()
        self.width = WIDTH_LANDSCAPE if landscape else WIDTH
        self._page(landscape)
        self._styles()
        self._properties(title)
        self._number_pages()

    def bytes(self) -> bytes:
        """The .docx file."""
        out = io.BytesIO()
        self.document.save(out)
        return sealed(out.getvalue())

    # -- text ------------------------------------------------------------------------------------------------------

    def body(self, text: str, *, bold: bool = False, italic: bool = False, indent: bool = True) -> Paragraph:
        """A paragraph of the document's text; `**…**` in it is bold."""
        found = self.document.add_paragraph()
        found.alignment = JUSTIFY
        found.paragraph_format.first_line_indent = Cm(FIRST_LINE) if indent else None
        for n, part in enumerate(text.split("**")):
            write(found, part, bold=bold or n % 2 == 1, italic=italic)
        return found

    def bodies(self, *texts: str, **how: Any) -> None:
        """Paragraphs of text."""
        for text in texts:
            self.body(text, **how)

    def heading(self, text: str) -> Paragraph:
        """A numbered heading ("I. MỤC ĐÍCH, YÊU CẦU"), kept with what follows."""
        found = self.body(text, bold=True)
        found.paragraph_format.keep_with_next = True
        return found

    def centred(
        self, text: str, *, size: float = 14, bold: bool = True, italic: bool = False, before: float = 6
    ) -> None:
        """A line in the middle."""
        found = self.document.add_paragraph()
        found.alignment = CENTER
        spaced(found, before, 0)
        found.paragraph_format.keep_with_next = True
        write(found, text, size=size, bold=bold, italic=italic)

    def control(self, tag: str) -> None:
        """A line that only steers the filling in ("{%p if … %}"): it leaves nothing behind."""
        found = self.document.add_paragraph()
        spaced(found, 0, 0)
        write(found, tag, size=8)

    def repeated(self, name: str, each: str, **how: Any) -> None:
        """A paragraph for every one of a list."""
        self.control(f"{{%p for doan in {name} %}}")
        self.body(each, **how)
        self.control("{%p endfor %}")

    def rule(self, length: float) -> None:
        """A line in the middle of the page, as under a title."""
        ruled(self.document.add_paragraph(), (self.width - length) / 2)

    # -- the parts that every document has -------------------------------------------------------------------------

    def head(self, subject: bool = False) -> None:
        """Agency and country, number and date; `subject`: the letter's "V/v" under the number. What must be done fast
        says so in a box."""
        left = 7.0 if self.width == WIDTH else 10.0
        table = self.table([left, self.width - left], 2)
        agency, country = table.rows[0].cells
        told = agency.paragraphs[0]
        centre(told)
        write(told, "{{ co_quan_tren }}", size=12)
        write(told, "{{ co_quan }}", size=12, bold=True)
        ruled(agency.add_paragraph(), (left - 2.6) / 2)
        line = country.paragraphs[0]
        centre(line)
        write(line, COUNTRY, size=12, bold=True)
        line = country.add_paragraph()
        centre(line)
        write(line, MOTTO, size=13, bold=True)
        ruled(country.add_paragraph(), (self.width - left - 5.9) / 2)
        number, place = table.rows[1].cells
        line = number.paragraphs[0]
        centre(line, 4)
        write(line, "{{ so }}", size=13)
        if subject:
            line = number.add_paragraph()
            centre(line, 6)
            write(line, "V/v {{ trich_yeu }}", size=12)
        _control(number, "{%p if do_khan %}")
        boxed = number.add_paragraph()
        centre(boxed, 6)
        boxed.paragraph_format.left_indent = boxed.paragraph_format.right_indent = Cm((left - 3.2) / 2)
        border(boxed, ("top", "left", "bottom", "right"), 8, 3)
        write(boxed, "{{ do_khan }}", size=13, bold=True)
        _control(number, "{%p endif %}")
        line = place.paragraphs[0]
        centre(line, 4)
        write(line, "{{ dia_danh_ngay }}", size=13, italic=True)

    def title(self, kind: str, subject: str = "{{ trich_yeu }}") -> None:
        """What kind of document it is, and what it is about."""
        self.centred(kind, before=18)
        self.centred(subject, before=0)
        self.rule(5.0)

    def addressed(self) -> None:
        """Kính gửi: one on the same line, several below each other."""
        self.control("{%p if kinh_gui|length == 1 %}")
        found = self.document.add_paragraph()
        centre(found, 12, 6)
        write(found, "Kính gửi: {{ kinh_gui[0] }}")
        self.control("{%p endif %}")
        self.control("{%p if kinh_gui|length != 1 %}")
        table = self.table([5.2, self.width - 5.2], 1)
        write(table.cell(0, 0).paragraphs[0], "Kính gửi:")
        table.cell(0, 0).paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
        spaced(table.cell(0, 0).paragraphs[0], 12, 6)
        cell = table.cell(0, 1)
        found = cell.paragraphs[0]
        spaced(found, 12, 6)
        found.paragraph_format.left_indent = Cm(0.3)
        write(found, "{{ kinh_gui_danh_sach }}")
        self.control("{%p endif %}")

    def foot(self, *, left: str = "{{ noi_nhan }}", signed: bool = True) -> None:
        """Nơi nhận on the left, the signature block on the right; they stay on a page with the end of the text."""
        for above in self.document.paragraphs[-4:]:
            above.paragraph_format.keep_with_next = True
        table = self.table([7.5, self.width - 7.5], 1)
        unbroken(table.rows[0])
        to, by = table.rows[0].cells
        line = to.paragraphs[0]
        spaced(line, 12, 0)
        line.alignment = LEFT
        if left:
            write(line, "Nơi nhận:", size=12, bold=True, italic=True)
            rest = to.add_paragraph()
            rest.alignment = LEFT
            spaced(rest, 0, 0)
            write(rest, left, size=11)
        if signed:
            sign(by, "{{ chu_ky }}", "{{ nguoi_ky }}")
        self._last()

    def two_signatures(self, one: str, one_name: str, other: str, other_name: str) -> None:
        """Two who sign side by side, as under minutes."""
        half = self.width / 2
        table = self.table([half, half], 1)
        unbroken(table.rows[0])
        sign(table.cell(0, 0), one, one_name)
        sign(table.cell(0, 1), other, other_name)
        self._last()

    def grid(self, widths: Sequence[float], heads: Sequence[str], rows: Sequence[Sequence[str]], **how: Any) -> Table:
        """A table with lines; its first row stands on top of every page. `size` of the text, `middle`: the columns that
        are centred."""
        size, middle = how.get("size", 12), how.get("middle", ())
        table = self.table(widths, 0)
        table.style = "Table Grid"
        padded(table, 0.1)
        first = table.add_row()  # type: ignore[no-untyped-call]
        repeated_row(first)
        for cell, text in zip(first.cells, heads, strict=True):
            found = cell.paragraphs[0]
            centre(found, 2, 2)
            write(found, text, size=size, bold=True)
        for values in rows:
            line = table.add_row()  # type: ignore[no-untyped-call]
            unbroken(line)
            for n, (cell, text) in enumerate(zip(line.cells, values, strict=True)):
                found = cell.paragraphs[0]
                found.alignment = CENTER if n in middle else LEFT
                spaced(found, 2, 2)
                write(found, text, size=size)
        for line in table.rows:
            for cell, width in zip(line.cells, widths, strict=True):
                cell.width = Cm(width)
        return table

    def table(self, widths: Sequence[float], rows: int) -> Table:
        """A table without lines, of fixed widths."""
        table: Table = self.document.add_table(rows, len(widths))
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        table.autofit = False
        padded(table, 0)
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Cm(width)
            for cell in column.cells:
                cell.width = Cm(width)
        return table

    # -- what it consists of ---------------------------------------------------------------------------------------

    def _page(self, landscape: bool) -> None:
        page = self.document.sections[0]
        page.page_width, page.page_height = Cm(LONG if landscape else SHORT), Cm(SHORT if landscape else LONG)
        page.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
        page.top_margin, page.bottom_margin = Cm(TOP), Cm(BOTTOM)
        page.left_margin, page.right_margin = (Cm(2.0), Cm(2.0)) if landscape else (Cm(INSIDE), Cm(OUTSIDE))
        page.header_distance, page.footer_distance = Cm(1.0), Cm(1.0)
        page.different_first_page_header_footer = True

    def _styles(self) -> None:
        normal = self.document.styles["Normal"]
        normal.font.name, normal.font.size = FONT, Pt(14)
        normal.font.color.rgb = RGBColor(0, 0, 0)
        fonts = normal.element.get_or_add_rPr().get_or_add_rFonts()
        for name in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
            fonts.set(qn(name), FONT)
        language = OxmlElement("w:lang")
        for name in ("w:val", "w:eastAsia", "w:bidi"):
            language.set(qn(name), "vi-VN")
        normal.element.get_or_add_rPr().append(language)
        how = normal.paragraph_format
        how.space_before, how.space_after = Pt(6), Pt(0)
        how.line_spacing_rule = WD_LINE_SPACING.SINGLE
        how.widow_control = True

    def _properties(self, title: str) -> None:
        about = self.document.core_properties
        about.title, about.author, about.last_modified_by, about.comments = title, "", "", ""
        about.language, about.revision = "vi-VN", 1

    def _number_pages(self) -> None:
        head = self.document.sections[0].header
        head.is_linked_to_previous = False
        line = head.paragraphs[0]
        centre(line)
        run = line.add_run()
        run.font.size = Pt(13)
        for kind in ("begin", None, "separate", "text", "end"):
            if kind is None:
                part = OxmlElement("w:instrText")
                part.set(qn("xml:space"), "preserve")
                part.text = " PAGE "
            elif kind == "text":
                part = OxmlElement("w:t")
                part.text = "2"
            else:
                part = OxmlElement("w:fldChar")
                part.set(qn("w:fldCharType"), kind)
            run._r.append(part)

    def _last(self) -> None:
        """Word wants a paragraph behind a table; it must not make a page of its own."""
        last = self.document.add_paragraph()
        spaced(last, 0, 0)
        last.paragraph_format.line_spacing = Pt(1)
        write(last, "", size=1)


def write(
    paragraph: Paragraph, text: str, *, size: float | None = None, bold: bool = False, italic: bool = False
) -> None:
    """Add text to a paragraph."""
    if not text:
        return
    run = paragraph.add_run(text)
    run.bold, run.italic = bold or None, italic or None
    if size is not None:
        run.font.size = Pt(size)


def spaced(paragraph: Paragraph, before: float, after: float) -> None:
    """The room above and below a paragraph."""
    paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(before), Pt(after)


def centre(paragraph: Paragraph, before: float = 0, after: float = 0) -> None:
    """Put a paragraph in the middle."""
    paragraph.alignment = CENTER
    spaced(paragraph, before, after)


def border(paragraph: Paragraph, sides: Iterable[str], eighths: int, distance: int = 1) -> None:
    """Lines around a paragraph, in eighths of a point."""
    frame = OxmlElement("w:pBdr")
    for side in sides:
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", eighths), ("space", distance), ("color", "000000")):
            line.set(qn(f"w:{name}"), str(value))
        frame.append(line)
    properties: Any = paragraph._p.get_or_add_pPr()
    # The schema wants the parts in its order: the frame comes before the spacing.
    properties.insert_element_before(
        frame, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def ruled(paragraph: Paragraph, indent: float) -> None:
    """Make a paragraph a thin line, indented on both sides."""
    centre(paragraph, 2)
    how = paragraph.paragraph_format
    how.left_indent = how.right_indent = Cm(indent)
    how.line_spacing_rule, how.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(4)
    border(paragraph, ("top",), 6, 0)
    write(paragraph, " ", size=2)


def padded(table: Table, margin: float) -> None:
    """The room left and right of the text in the cells of a table."""
    properties = table._tbl.tblPr
    cells = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        room = OxmlElement(f"w:{side}")
        room.set(qn("w:w"), str(round(margin * 567)))
        room.set(qn("w:type"), "dxa")
        cells.append(room)
    for old in properties.findall(qn("w:tblCellMar")):
        properties.remove(old)
    look = properties.find(qn("w:tblLook"))
    if look is None:
        properties.append(cells)
    else:
        look.addprevious(cells)


def repeated_row(row: _Row) -> None:
    """Put a row on top of every page that the table goes on to."""
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def unbroken(row: _Row) -> None:
    """Keep a row on one page."""
    mark = OxmlElement("w:cantSplit")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def sign(cell: _Cell, lines: str, name: str, size: float = 14) -> None:
    """Write a signature block into a cell: the lines of the office, room to sign, who it is."""
    line = cell.paragraphs[0]
    centre(line, 12)
    write(line, lines, size=size, bold=True)
    for _ in range(4):
        centre(cell.add_paragraph())
    line = cell.add_paragraph()
    centre(line)
    write(line, name, size=size, bold=True)


def _control(cell: _Cell, tag: str) -> None:
    found = cell.add_paragraph()
    spaced(found, 0, 0)
    write(found, tag, size=8)
