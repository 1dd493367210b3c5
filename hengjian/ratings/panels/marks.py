"""The frozen values of this room: a mark at the door, a set of marks without raters, a receipt."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hengjian.terms.canonical import digest_of


@dataclass(frozen=True, slots=True)
class MarkDraft:
    """One mark, or ``ballots`` equal ones of an anonymous group.

    ``indicator`` empty: an overall mark. ``rater`` only where a group signs; it is never stored. ``cell``:
    home unit and channel of the rater, ``ties`` what is recorded between a rater who signs and the official.
    """

    official: str
    post: str
    period: str
    group: str
    value: Decimal
    given_on: date
    indicator: str = ""
    stratum: str = ""
    instrument: str = ""
    rater: str = ""
    ballots: int = 1
    cell: str = ""
    ties: tuple[str, ...] = ()

    def digest(self, rater_key: str) -> str:
        """The record's canonical digest."""
        return digest_of(
            {
                "kind": "mark",
                "official": self.official,
                "post": self.post,
                "period": self.period,
                "indicator": self.indicator,
                "group": self.group,
                "stratum": self.stratum,
                "instrument": self.instrument,
                "value": format(self.value.normalize(), "f"),
                "given_on": self.given_on.isoformat(),
                "rater_key": rater_key,
                **({"cell": self.cell} if self.cell else {}),
                **({"ties": sorted(self.ties)} if self.ties else {}),
            }
        )


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row of marks is refused, and in which cell."""

    code: str
    what: str
    do: str
    column: str = ""
    cell: str = ""

    def stored(self) -> dict[str, str]:
        """As it stands in the quarantine."""
        return {
            "code": self.code, "what": str(self.what), "do": str(self.do),
            "column": self.column, "cell": self.cell,
        }  # fmt: skip

    def __str__(self) -> str:
        place = f"{self.cell}（{self.column}）：" if self.cell else f"{self.column}：" if self.column else ""
        return f"{place}{self.what}；{self.do}"


@dataclass(frozen=True, slots=True)
class MarkRow:
    """One row at the door; ``ticket`` is the refused row that it comes from, or 0."""

    number: int
    raw: Mapping[str, str]
    draft: MarkDraft | None
    reasons: tuple[Reason, ...] = ()
    ticket: int = 0


@dataclass(frozen=True)
class MarksReceipt:
    """What became of one file of marks; ``report`` names every refused cell."""

    batch: str
    read: int
    admitted: int
    refused: int
    marks: int
    report: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class MarkSet:
    """All marks of one stratum on one seat and indicator: sorted values, no rater, no day."""

    official: str
    post: str
    organisation: str
    indicator: str
    group: str
    stratum: str
    instrument: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ShownMarks:
    """A set of marks as a reader may see it: values withheld where too few gave them.

    ``count`` is None where even the number would give away more than the least number allows.
    """

    official: str
    post: str
    indicator: str
    group: str
    stratum: str
    instrument: str
    withheld: bool
    least: int
    count: int | None
    values: tuple[float, ...]


def rater_salt(secret: str) -> bytes:
    """The secret of raters' keys, derived from the installation's own."""
    return hashlib.sha256(b"hengjian.panels.raters" + secret.encode()).digest()


def rater_key(salt: bytes, period: str, rater: str) -> str:
    """A rater's key for one period: keyed by a secret, so it cannot be tried out from the database."""
    if not rater:
        return ""
    return hmac.new(salt, f"{period}|{rater}".encode(), hashlib.sha256).hexdigest()
