"""A document as Word: styles and numbers of GB/T 9704-2012 on python-docx.

Fonts are named, not shipped: an office that holds 仿宋_GB2312 and 方正小标宋 sees them.
"""

import io
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from hengjian.console.papers.layout import (
    BODY,
    BOTTOM,
    LEFT,
    LETTER_PITCH,
    LINE_PITCH,
    NUMBER_BELOW,
    PAPER,
    RIGHT,
    SMALL,
    TITLE,
    TOP,
    TYPE_AREA,
    Grid,
    Paper,
    Part,
    head_size,
    indents,
)

SONG, FANG, KAI, HEI, PLAIN_SONG = "方正小标宋简体", "仿宋_GB2312", "楷体_GB2312", "黑体", "宋体"
LATIN = "Times New Roman"
RED = RGBColor(0xD7, 0x00, 0x0F)
FONT_OF = {"text": FANG, "first": HEI, "second": KAI}
GRID_SIZE, MARK_SIZE = 12.0, 10.5
TWIPS = 20


def document(paper: Paper) -> bytes:
    """The .docx."""
    made = Document()
    _page(made, paper)
    _heading(made, paper)
    if paper.addressees:
        _line(made, paper.addressees)
    for part in paper.parts:
        _part(made, part)
    if paper.parts and not paper.attachments:
        made.paragraphs[-1].paragraph_format.keep_with_next = True  # goes over with the signature
    _attachments(made, paper)
    _signed(made, paper)
    if paper.copies or paper.printer:
        _imprint(made, paper)
    buffer = io.BytesIO()
    made.core_properties.title, made.core_properties.author = paper.title, paper.signer
    made.save(buffer)
    return buffer.getvalue()


# --- page ------------------------------------------------------------------------------------------
def _page(made: Any, paper: Paper) -> None:
    section = made.sections[0]
    section.page_width, section.page_height = Mm(PAPER[0]), Mm(PAPER[1])
    section.top_margin, section.bottom_margin = Mm(TOP), Mm(BOTTOM)
    section.left_margin, section.right_margin = Mm(LEFT), Mm(RIGHT)
    section.header_distance = Mm(15)
    section.footer_distance = Mm(BOTTOM - NUMBER_BELOW - SMALL / 72 * 25.4)
    net = section._sectPr.find(qn("w:docGrid"))
    if net is None:
        net = OxmlElement("w:docGrid")
        section._sectPr.append(net)
    net.set(qn("w:type"), "linesAndChars")
    net.set(qn("w:linePitch"), str(int(LINE_PITCH * TWIPS)))
    net.set(qn("w:charSpace"), str(round((LETTER_PITCH - BODY) * 4096)))
    _normal(made)
    made.settings.odd_and_even_pages_header_footer = True
    _number(section.footer.paragraphs[0], WD_ALIGN_PARAGRAPH.RIGHT)
    _number(section.even_page_footer.paragraphs[0], WD_ALIGN_PARAGRAPH.LEFT)
    if paper.marks:
        for header in (section.header, section.even_page_header):
            _run(header.paragraphs[0], "　".join(paper.marks), HEI, MARK_SIZE, RED)
            header.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER


def _normal(made: Any) -> None:
    style = made.styles["Normal"]
    style.font.name, style.font.size = LATIN, Pt(BODY)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FANG)
    shape = style.paragraph_format
    shape.space_before = shape.space_after = Pt(0)
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(int(LINE_PITCH * TWIPS) / TWIPS)
    shape.widow_control = False


def _number(line: Any, side: Any) -> None:
    """— 1 —, 四号 半角 宋体: odd pages on the right, even pages on the left, one letter in."""
    line.alignment = side
    edge = "right" if side == WD_ALIGN_PARAGRAPH.RIGHT else "left"
    _indent(line, **{f"{edge}Chars": "100", edge: str(int(SMALL * TWIPS))})
    _run(line, "— ", PLAIN_SONG, SMALL)
    run = _run(line, "", PLAIN_SONG, SMALL)
    for kind in ("begin", "PAGE", "end"):
        if kind == "PAGE":
            made = OxmlElement("w:instrText")
            made.text = "PAGE"
        else:
            made = OxmlElement("w:fldChar")
            made.set(qn("w:fldCharType"), kind)
        run._r.append(made)
    _run(line, " —", PLAIN_SONG, SMALL)


# --- parts -----------------------------------------------------------------------------------------
def _heading(made: Any, paper: Paper) -> None:
    """The red head with its line when there is one; number; title with two empty lines above it."""
    if paper.head:
        head = _line(made, "")
        head.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
        head.paragraph_format.space_before, head.alignment = Mm(25), WD_ALIGN_PARAGRAPH.CENTER
        _run(head, paper.head, SONG, int(head_size(paper.head)), RED)
        _line(made, "")
    if paper.number:
        number = _line(made, paper.number)
        number.alignment = WD_ALIGN_PARAGRAPH.CENTER if paper.head else WD_ALIGN_PARAGRAPH.RIGHT
        if paper.head:
            _rule(number)
    for _n in range(2 if paper.head or paper.number else 0):
        _line(made, "")
    title = _line(made, "")
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.paragraph_format.line_spacing = Pt(int(LINE_PITCH * TWIPS) / TWIPS)
    _run(title, paper.title, SONG, TITLE)
    _line(made, "")


def _rule(line: Any) -> None:
    """The red line across the type area, 4 mm below the number."""
    borders = OxmlElement("w:pBdr")
    bottom = OxmlElement("w:bottom")
    for key, value in (("val", "single"), ("sz", "12"), ("space", "11"), ("color", str(RED))):
        bottom.set(qn(f"w:{key}"), value)
    borders.append(bottom)
    line._p.get_or_add_pPr().append(borders)


def _part(made: Any, part: Part) -> None:
    if part.grid is not None:
        _grid(made, part.grid)
        return
    line = _line(made, "")
    line.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    _indent(line, firstLineChars="200", firstLine=str(int(2 * BODY * TWIPS)))
    _run(line, part.text, FONT_OF[part.kind])


def _grid(made: Any, grid: Grid) -> None:
    table = made.add_table(rows=0, cols=len(grid.wide))
    table.style = "Table Grid"
    table.autofit = False
    whole = sum(grid.wide)
    for number, row in enumerate(grid.rows):
        cells = table.add_row().cells
        for place, (cell, words) in enumerate(zip(cells, row, strict=True)):
            cell.width = Mm(TYPE_AREA[0] * grid.wide[place] / whole)
            line = cell.paragraphs[0]
            line.paragraph_format.line_spacing = Pt(20)
            line.alignment = WD_ALIGN_PARAGRAPH.LEFT if place == 0 and number else WD_ALIGN_PARAGRAPH.CENTER
            _run(line, words, FANG if number else HEI, GRID_SIZE)
    _repeated(table.rows[0])
    _line(made, "")


def _repeated(row: Any) -> None:
    """The head stands again on the next page."""
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def _attachments(made: Any, paper: Paper) -> None:
    if not paper.attachments:
        return
    _line(made, "")
    for number, name in enumerate(paper.attachments, start=1):
        numbered = f"{number}. {name}" if len(paper.attachments) > 1 else name
        line = _line(made, f"附件：{numbered}" if number == 1 else f"　　　{numbered}")
        _indent(line, leftChars="200", left=str(int(2 * BODY * TWIPS)))


def _signed(made: Any, paper: Paper) -> None:
    """Signature centred above the date, the date four letters from the edge."""
    for _n in range(2):
        _line(made, "").paragraph_format.keep_with_next = True
    for words, away in zip((paper.signer, paper.dated), indents(paper.signer, paper.dated), strict=True):
        line = _line(made, words)
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        line.paragraph_format.keep_with_next = words == paper.signer
        _indent(line, rightChars=str(int(away * 100)), right=str(int(away * BODY * TWIPS)))
    if paper.note:
        _indent(_line(made, f"（{paper.note}）"), leftChars="200", left=str(int(2 * BODY * TWIPS)))


def _imprint(made: Any, paper: Paper) -> None:
    """Whom copies go to, who printed it when: at the foot of the last page, between lines."""
    table = made.add_table(rows=0, cols=1)
    place = OxmlElement("w:tblpPr")
    for key, value in (
        ("vertAnchor", "margin"), ("horzAnchor", "margin"), ("tblpXSpec", "left"), ("tblpYSpec", "bottom"),
    ):  # fmt: skip
        place.set(qn(f"w:{key}"), value)
    table._tbl.tblPr.append(place)
    lines = [f"抄送：{paper.copies}"] if paper.copies else []
    if paper.printer:
        gap = 28 * SMALL / BODY  # letters of the line
        room = max(1, int(TYPE_AREA[0] / 25.4 * 72 / SMALL - len(paper.printer) - 11))
        lines.append(f"{paper.printer}{'　' * min(room, int(gap))}{paper.dated}印发")
    for number, words in enumerate(lines):
        cell = table.add_row().cells[0]
        _run(cell.paragraphs[0], words, FANG, SMALL)
        _lines(cell, top=8 if number == 0 else 6, bottom=8 if number == len(lines) - 1 else 0)


def _lines(cell: Any, *, top: int, bottom: int) -> None:
    borders = OxmlElement("w:tcBorders")
    for side, size in (("top", top), ("bottom", bottom)):
        if size:
            edge = OxmlElement(f"w:{side}")
            for key, value in (("val", "single"), ("sz", str(size)), ("space", "0"), ("color", "000000")):
                edge.set(qn(f"w:{key}"), value)
            borders.append(edge)
    cell._tc.get_or_add_tcPr().append(borders)


# --- lines and words -------------------------------------------------------------------------------
def _line(made: Any, words: str) -> Any:
    line = made.add_paragraph()
    if words:
        _run(line, words, FANG)
    return line


def _run(line: Any, words: str, font: str, size: float = BODY, colour: RGBColor | None = None) -> Any:
    run = line.add_run(words)
    run.font.name, run.font.size = LATIN, Pt(size)
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
    if colour is not None:
        run.font.color.rgb = colour
    return run


def _indent(line: Any, **values: str) -> None:
    made = line._p.get_or_add_pPr().get_or_add_ind()
    for key, value in values.items():
        made.set(qn(f"w:{key}"), value)
