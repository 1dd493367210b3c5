"""The tables of a finished page: what a reader sees is what is exported, and nothing else.

There is no second query path: what is masked, withheld or left out on the page is so in the file.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "rect", "source", "wbr"})
UNSEEN = frozenset({"svg", "script", "style", "form", "button", "select", "input", "template"})
TYPED = frozenset({"number", "text", "date"})
OWN_LINE = frozenset({"br", "p", "div", "li", "ul", "ol", "details", "summary", "dt", "dd"})
LINE_CLASSES = frozenset({"hj-sub"})
UNSEEN_CLASSES = frozenset({"hj-narrow", "hj-exports", "hj-not-exported"})
NAMING = frozenset({"h1", "h2", "h3", "figcaption", "caption"})


@dataclass(frozen=True)
class Cell:
    """One cell: its lines of text, and whether it stands in a column of figures."""

    text: str
    figure: bool = False


@dataclass
class Table:
    """One table of a page."""

    name: str = ""
    named_by: str = ""
    head: list[list[Cell]] = field(default_factory=list)
    rows: list[list[Cell]] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """A page's tables, its heading, and whether it says that its data are synthetic."""

    title: str
    synthetic: bool
    tables: tuple[Table, ...]


def tables_of(html: str) -> Page:
    """Read the tables of a page in the order in which they stand."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    for table in reader.tables:
        table.name = table.name or reader.names.get(table.named_by, "") or reader.title
    return Page(reader.title, reader.synthetic, tuple(reader.tables))


@dataclass
class _Open:
    """The cell that is being read."""

    figure: bool
    wide: int
    deep: int
    lines: list[str] = field(default_factory=lambda: [""])

    def text(self) -> str:
        return "\n".join(line for line in (" ".join(one.split()) for one in self.lines) if line)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[Table] = []
        self.names: dict[str, str] = {}
        self.title, self.synthetic = "", False
        self._table: Table | None = None
        self._cell: _Open | None = None
        self._row: list[Cell] | None = None
        self._hanging: dict[int, tuple[int, Cell]] = {}
        self._in_head, self._unseen = False, 0
        self._scroll: dict[str, str] = {}
        self._naming: tuple[str, str, list[str]] | None = None

    # --- what opens -----------------------------------------------------------------------
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        classes = set(given.get("class", "").split())
        self.synthetic = self.synthetic or "hj-synthetic" in classes
        if tag == "input" and self._cell is not None and given.get("type") in TYPED and not self._unseen:
            self._cell.lines[-1] += given.get("value", "")
        if self._skips(tag, given, classes):
            return
        if tag == "div" and "hj-scroll" in classes:
            self._scroll = given
        if tag in NAMING and self._naming is None:
            self._naming = (tag, given.get("id", ""), [])
        self._open(tag, given, classes)

    def _skips(self, tag: str, given: dict[str, str], classes: set[str]) -> bool:
        """Whether this stands in something that no reader sees as text; counts how deep."""
        if self._table is None:
            return False
        hidden = tag in UNSEEN or "hidden" in given or given.get("aria-hidden") == "true"
        if self._unseen or hidden or classes & UNSEEN_CLASSES:
            self._unseen += tag not in VOID
            return True
        return False

    def _open(self, tag: str, given: dict[str, str], classes: set[str]) -> None:
        if tag == "table":
            self._table = Table(self._scroll.get("aria-label", ""), self._scroll.get("aria-labelledby", ""))
            self.tables.append(self._table)
            self._hanging = {}
        elif tag == "thead":
            self._in_head = True
        elif tag == "tr" and self._table is not None:
            self._row = []
        elif tag in {"td", "th"} and self._row is not None:
            self._cell = _Open("n" in classes, _span(given, "colspan"), _span(given, "rowspan"))
        elif self._cell is not None and (tag in OWN_LINE or classes & LINE_CLASSES):
            self._cell.lines.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag that closes itself holds nothing."""
        if tag in {"br", "input"}:
            self.handle_starttag(tag, attrs)

    # --- what closes ----------------------------------------------------------------------
    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            self._unseen -= tag not in VOID
            return
        if self._naming and tag == self._naming[0]:
            self._named()
        self._close(tag)

    def _named(self) -> None:
        assert self._naming  # noqa: S101 (asked by the caller)
        tag, key, parts = self._naming
        text = " ".join("".join(parts).split())
        self._naming = None
        if key:
            self.names[key] = text
        if tag == "h1":
            self.title = text

    def _close(self, tag: str) -> None:
        if tag == "table":
            self._table, self._row, self._cell = None, None, None
        elif tag == "thead":
            self._in_head = False
        elif tag in {"td", "th"} and self._cell is not None and self._row is not None:
            self._put(self._cell)
            self._cell = None
        elif tag == "tr" and self._row is not None and self._table is not None:
            self._fill()
            (self._table.head if self._in_head else self._table.rows).append(self._row)
            self._row = None
        elif self._cell is not None and tag in OWN_LINE | {"span"}:
            self._after(tag)

    def _after(self, tag: str) -> None:
        """What follows a paragraph stands on its own line; what follows a word does not."""
        if tag in OWN_LINE and self._cell is not None:
            self._cell.lines.append("")

    def _fill(self) -> None:
        """What hangs down from the rows above stands in this row too."""
        assert self._row is not None  # noqa: S101 (asked by the caller)
        while len(self._row) in self._hanging:
            place = len(self._row)
            left, cell = self._hanging.pop(place)
            if left > 1:
                self._hanging[place] = (left - 1, cell)
            self._row.append(cell)

    def _put(self, one: _Open) -> None:
        assert self._row is not None  # noqa: S101 (asked by the caller)
        self._fill()
        cell = Cell(one.text(), one.figure)
        for place in range(one.wide):
            if one.deep > 1:
                self._hanging[len(self._row)] = (one.deep - 1, cell if place == 0 else Cell(""))
            self._row.append(cell if place == 0 else Cell("", one.figure))

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        if self._naming:
            self._naming[2].append(data)
        if self._cell is not None:
            self._cell.lines[-1] += data


def _span(given: dict[str, str], name: str) -> int:
    text = given.get(name, "1")
    return max(1, min(100, int(text))) if text.isascii() and text.isdigit() else 1
