"""A document as PDF: the same figures, set by typst with fonts that may be shipped in a file.

Official typefaces (方正小标宋, 仿宋_GB2312) are licensed to machines, not to be embedded here: in their
places stand free ones of the same kind, by the order of the lists below.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from hengjian.console.papers import layout
from hengjian.console.papers.layout import Paper, Part, head_size, indents
from hengjian.terms.errors import Refused

TEMPLATE = Path(__file__).with_name("paper.typ")
SONG = ("Noto Serif CJK SC", "Source Han Serif SC", "Noto Serif SC")
FONTS = {
    "title": SONG,
    "song": SONG,
    "fang": ("Zhuque Fangsong (technical preview)", "FandolFang R", *SONG),
    "kai": ("LXGW WenKai", "FandolKai", "AR PL UKai CN", *SONG),
    "hei": ("Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC"),
}


def document(paper: Paper) -> bytes:
    """The PDF.

    Raises: Refused when the machine has no Chinese font that may be embedded.
    """
    import typst

    fonts = _fonts()
    given = json.dumps({**_given(paper), "fonts": fonts}, ensure_ascii=False)
    return bytes(typst.compile(TEMPLATE.read_bytes(), format="pdf", sys_inputs={"paper": given}))


def _given(paper: Paper) -> dict[str, Any]:
    return {
        "paper": layout.PAPER, "top": layout.TOP, "bottom": layout.BOTTOM, "left": layout.LEFT,
        "right": layout.RIGHT, "line_pitch": layout.LINE_PITCH, "letter_pitch": layout.LETTER_PITCH,
        "number_below": layout.NUMBER_BELOW,
        "size": {"body": layout.BODY, "title": layout.TITLE, "small": layout.SMALL},
        "title": paper.title, "addressees": paper.addressees, "signer": paper.signer, "dated": paper.dated,
        "head": paper.head, "number": paper.number, "attachments": paper.attachments,
        "head_size": head_size(paper.head), "copies": paper.copies, "printer": paper.printer,
        "note": paper.note, "marks": paper.marks,
        "indents": indents(paper.signer, paper.dated), "parts": [_part(one) for one in paper.parts],
    }  # fmt: skip


def _part(part: Part) -> dict[str, Any]:
    if part.grid is not None:
        return {"kind": "grid", "rows": part.grid.rows, "wide": part.grid.wide}
    return {"kind": part.kind, "text": part.text}


@cache
def _fonts() -> dict[str, list[str]]:
    """The fonts of each list that this machine has; a Song and a Hei at least."""
    import typst

    known = set(typst.Fonts().families())
    found = {use: [one for one in names if one in known] for use, names in FONTS.items()}
    found["fang"] = found["fang"] or found["hei"]
    if not all(found[use] or found["hei"] for use in FONTS):
        raise Refused(
            _("本机没有中文字体，印出来会是方框"),
            do=_("请安装 Noto CJK 字体（Debian：fonts-noto-cjk）"),
            code="papers.font",
        )
    return {use: names or found["hei"] for use, names in found.items()}
