"""One line of the doctor: what was looked at, how it stands, what to do."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from hengjian.cli.words import t
from hengjian.terms.errors import HengjianError


class Level(StrEnum):
    """How a thing stands."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True)
class Finding:
    """What was looked at (a stable name for programs), how it stands, in words, and what to do."""

    name: str
    level: Level
    what: str
    do: str = ""


@dataclass(frozen=True)
class Place:
    """What is looked at: the data folder, the moment, the policy by name or folder."""

    data: Path
    moment: datetime
    policy: str = "seed"


Look = Callable[[Place], Iterable[Finding]]


def green(name: str, zh: str, en: str) -> Finding:
    """As it should be."""
    return Finding(name, Level.GREEN, t(zh, en))


def amber(name: str, what: tuple[str, str], do: tuple[str, str]) -> Finding:
    """To be seen to; the work goes on."""
    return Finding(name, Level.AMBER, t(*what), t(*do))


def red(name: str, what: tuple[str, str], do: tuple[str, str]) -> Finding:
    """Broken, or soon to be."""
    return Finding(name, Level.RED, t(*what), t(*do))


def look(name: str, eye: Look, place: Place) -> Iterator[Finding]:
    """Look, and make a line of what goes wrong in looking: one broken thing hides no other."""
    try:
        yield from eye(place)
    except HengjianError as fault:
        yield Finding(name, Level.RED, str(fault.what), str(fault.do))
    except Exception as fault:  # noqa: BLE001 (whatever it is, the operator must hear of it)
        kind = type(fault).__name__
        yield red(
            name,
            (f"查看 {name} 时出错（{kind}）", f"looking at {name} failed ({kind})"),
            ("请先处理其他红色项，再查一次", "see to the other red lines, then look again"),
        )


def some(names: list[str], most: int = 4) -> str:
    """The first few of a list."""
    return "、".join(names[:most]) + ("…" if len(names) > most else "")
