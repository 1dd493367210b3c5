"""The manual: the Markdown files of ``docs`` as pages, served by the program itself.

Which pages there are stands here; links between them lead on within the manual, links to other files of the
source tree become plain text. No HTML of a file is passed on: everything is made from its Markdown.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from markdown_it import MarkdownIt
from markdown_it.token import Token

_HERE = Path(__file__).resolve().parent
PLACES = (_HERE.parents[1] / "docs", _HERE.parent / "_docs")
PICTURE = re.compile(r"[\w-]+\.png")
TWIN = re.compile(r"^\[(?:English|中文)\]\([^)]*\)(?: · )?", re.M)  # the page itself has a button for that
TABLE = '<div class="hj-scroll" role="group" aria-label="{}" tabindex="0"><table class="hj-table">'


@dataclass(frozen=True)
class Chapter:
    """One page of the manual: its address, its file without the ending, its title."""

    slug: str
    file: str
    title: Promise


CHAPTERS = (
    Chapter("first-assessment", "tutorial/first-assessment", _("第一次考核，30 分钟")),
    Chapter("roles", "how-to/roles", _("各人怎么用")),
    Chapter("score", "explanation/score", _("得分怎样算出来")),
    Chapter("calibration", "explanation/calibration", _("打分怎样校准")),
    Chapter("certainty", "explanation/certainty", _("名次有多大把握")),
    Chapter("release", "explanation/release", _("群众评价怎样公布")),
)


def chapter(slug: str) -> Chapter | None:
    """The chapter at this address."""
    return next((one for one in CHAPTERS if one.slug == slug), None)


@cache
def rendered(one: Chapter, language: str) -> SafeString:
    """A chapter as HTML, in Chinese (``zh``) or English (``en``)."""
    path = _folder() / f"{one.file}{'.zh-CN' if language == 'zh' else ''}.md"
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(TWIN.sub("", path.read_text(encoding="utf-8")))
    for token in tokens:
        if token.type == "inline":
            token.children = _led(token.children or [], PurePosixPath(one.file).parent)
        elif token.type == "fence":
            token.attrSet("tabindex", "0")
    html: str = reader.renderer.render(tokens, reader.options, {})
    table = TABLE.format("表格" if language == "zh" else "Table")
    html = html.replace("<table>", table).replace("</table>", "</table><!-- no export --></div>")
    safe: SafeString = mark_safe(html)  # noqa: S308 (made from Markdown of ours, its HTML switched off)
    return safe


def picture(name: str) -> Path | None:
    """A picture of the tutorial."""
    path = _folder() / "screenshots" / "first" / name
    return path if PICTURE.fullmatch(name) and path.is_file() else None


def _folder() -> Path:
    return next(place for place in PLACES if (place / "tutorial").is_dir())


def _led(tokens: Sequence[Token], folder: PurePosixPath) -> list[Token]:
    """Links and pictures that lead within the manual; what leads elsewhere loses its link."""
    kept, dropped = [], False
    for token in tokens:
        if token.type == "image":
            name = PurePosixPath(str(token.attrGet("src"))).name
            token.attrSet("src", reverse("console:manual-picture", args=[name]))
        elif token.type == "link_open":
            address = _address(str(token.attrGet("href")), folder)
            dropped = address is None
            token.attrSet("href", address or "")
        if dropped and token.type in {"link_open", "link_close"}:
            dropped = token.type == "link_open"
            continue
        kept.append(token)
    return kept


def _address(href: str, folder: PurePosixPath) -> str | None:
    """Where a link leads within the manual, or None."""
    parts: list[str] = []
    for part in (*folder.parts, *PurePosixPath(href.partition("#")[0]).parts):
        parts = parts[:-1] if part == ".." else [*parts, part]
    file = "/".join(parts).removesuffix(".md").removesuffix(".zh-CN")
    found = next((one for one in CHAPTERS if one.file == file), None)
    return reverse("console:manual-chapter", args=[found.slug]) if found else None
