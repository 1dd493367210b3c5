"""The figures of GB/T 9704-2012 that Word and PDF share, and a document as it will be laid out."""

from dataclasses import dataclass, field
from datetime import date

# millimetres: paper, margins (天头 37, 订口 28, 版心 156 x 225)
PAPER = (210.0, 297.0)
TOP, BOTTOM, LEFT, RIGHT = 37.0, 35.0, 28.0, 26.0
TYPE_AREA = (PAPER[0] - LEFT - RIGHT, PAPER[1] - TOP - BOTTOM)
LINES, LETTERS = 22, 28
# points: 三号, 二号, 四号
BODY, TITLE, SMALL = 16.0, 22.0, 14.0
POINTS_PER_MM = 72 / 25.4
LINE_PITCH = TYPE_AREA[1] * POINTS_PER_MM / LINES
LETTER_PITCH = TYPE_AREA[0] * POINTS_PER_MM / LETTERS
# how far the page number's dashes stand below the type area
NUMBER_BELOW = 7.0
DIGITS = "〇一二三四五六七八九"


@dataclass(frozen=True)
class Grid:
    """A table inside a document; the first row is its head. ``wide``: shares of the columns."""

    rows: tuple[tuple[str, ...], ...]
    wide: tuple[int, ...]


@dataclass(frozen=True)
class Part:
    """One paragraph: ``kind`` is text, first (一、), second (（一）) or grid."""

    kind: str
    text: str = ""
    grid: Grid | None = None


@dataclass(frozen=True)
class Paper:
    """An official document. What is empty is left out.

    ``marks``: what every page must say at its head (草稿, 合成数据).
    """

    title: str
    addressees: str
    parts: tuple[Part, ...]
    signer: str
    on: date
    head: str = ""
    number: str = ""
    attachments: tuple[str, ...] = ()
    copies: str = ""
    printer: str = ""
    note: str = ""
    marks: tuple[str, ...] = field(default=())

    @property
    def dated(self) -> str:
        """The date as it is written: Arabic figures, no leading zeros."""
        return f"{self.on.year}年{self.on.month}月{self.on.day}日"


def text(words: str) -> Part:
    """A paragraph of the body."""
    return Part("text", words)


def first(words: str) -> Part:
    """A heading of the first level: 一、"""
    return Part("first", words)


def second(words: str) -> Part:
    """A heading of the second level: （一）"""
    return Part("second", words)


def grid(rows: tuple[tuple[str, ...], ...], wide: tuple[int, ...]) -> Part:
    """A table."""
    return Part("grid", grid=Grid(rows, wide))


def width(words: str) -> float:
    """How many full letters a text takes; Latin letters and figures are half."""
    return sum(0.5 if ord(letter) < 0x2E80 and letter not in "“”‘’—…" else 1.0 for letter in words)


def head_size(words: str) -> float:
    """The size of a red head: as large as one line takes, 40 points at most."""
    return min(40.0, TYPE_AREA[0] * POINTS_PER_MM / max(1.0, width(words)) - 2.5)


def indents(signer: str, dated: str) -> tuple[float, float]:
    """How far signature and date stand from the right edge, in letters: the date four, the signature
    centred above it; a signature longer than the date moves both to the left.
    """
    date_in = 4.0
    sign_in = date_in + (width(dated) - width(signer)) / 2
    if sign_in < 2.0:
        date_in, sign_in = date_in + 2.0 - sign_in, 2.0
    return sign_in, date_in
