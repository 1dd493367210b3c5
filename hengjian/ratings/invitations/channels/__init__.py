"""Ways by which an invitation reaches a person, behind one small interface.

A channel either returns (the message was taken over by the next station), or raises: that it was not
taken over, or that nobody can say. It logs nothing: message and address are personal data.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True)
class Message:
    """One message. ``contact`` is ``to:<address>`` or ``ref:<reference>``; ``id`` is that of the attempt."""

    id: UUID
    contact: str = field(repr=False)
    link: str = field(repr=False)
    kind: str
    unit: str
    on: date
    expires_on: date

    @property
    def address(self) -> str:
        """The address, or an empty text when there is a reference only."""
        return self.contact.removeprefix("to:") if self.contact.startswith("to:") else ""

    @property
    def reference(self) -> str:
        """What the gateway resolves, or an empty text."""
        return self.contact.removeprefix("ref:") if self.contact.startswith("ref:") else ""


class NotDelivered(Exception):  # noqa: N818  told to the deliverer, never to a user
    """The next station did not take the message. ``final``: and it never will."""

    def __init__(self, code: str, *, final: bool = False) -> None:
        super().__init__(code)
        self.code, self.final = code, final


class Unclear(Exception):  # noqa: N818  told to the deliverer, never to a user
    """Nobody can say whether the next station took the message."""


class Channel(Protocol):
    """What the deliverer needs. ``answers``: it can be asked about an attempt, now or later."""

    answers: bool

    def send(self, message: Message) -> None:
        """Hand a message over. Raises: NotDelivered, Unclear."""

    def known(self, attempt: UUID) -> bool | None:
        """Whether an earlier attempt was taken over; None when this way cannot tell."""

    def close(self) -> None:
        """Let go of connections."""
