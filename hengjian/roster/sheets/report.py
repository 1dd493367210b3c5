"""Which cell was refused, why, and what to do about it."""

from dataclasses import dataclass, field


def letter(index: int) -> str:
    """The letters of a column counted from 0, as a spreadsheet shows them: 0 is A, 26 is AA."""
    text = ""
    number = index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text


@dataclass(frozen=True, slots=True)
class RefusedCell:
    """One refusal: where it stands, what was found, what is wrong, what to do.

    ``row`` counts from 1 as the spreadsheet shows it; 0 means the whole sheet.
    ``column`` is the letter, empty when the whole row is meant.
    """

    sheet: str
    row: int
    column: str
    title: str
    value: str
    what: str
    do: str
    code: str

    @property
    def where(self) -> str:
        """The place as a spreadsheet writes it: ``任职!C7``."""
        place = f"{self.column}{self.row}" if self.column else str(self.row or "")
        return f"{self.sheet}!{place}" if place else self.sheet

    def __str__(self) -> str:
        title = f"（{self.title}）" if self.title else ""
        return f"{self.where}{title}：{self.what}；{self.do}"


@dataclass(slots=True)
class Refusals:
    """Refused cells as they are found, in the order of the sheets."""

    cells: list[RefusedCell] = field(default_factory=list)

    def add(self, cell: RefusedCell) -> None:
        """Note one more."""
        self.cells.append(cell)

    def __bool__(self) -> bool:
        return bool(self.cells)

    def __len__(self) -> int:
        return len(self.cells)
