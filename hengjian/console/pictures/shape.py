"""The form of every picture of the console."""

from dataclasses import dataclass

from django.utils.functional import Promise

Words = str | Promise


@dataclass(frozen=True)
class Table:
    """The picture's figures for readers who do not see it, or who want the digits."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Picture:
    """A picture: ``spec`` goes to charts.js, ``table`` beside it; ``finding`` says what it shows."""

    id: str
    caption: str
    finding: str
    spec: dict[str, object]
    table: Table

    @property
    def data_id(self) -> str:
        """The id of the JSON block that the script reads."""
        return f"{self.id}-data"
