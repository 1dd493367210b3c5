"""Tokens beside ballots, by key, once a half-year is whole: what must add up, and whether it does.

The two rooms of any-time ratings never meet but here, over numbers of one official's half-year: no row of
either names a person or a ballot. All is as of one day that has passed, so no look shows what another did
not. Verdicts are drawn from the exact numbers; the numbers that are shown hide what is few.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from hengjian.policy.policy import Policy
from hengjian.ratings.ballots.rules import rules_of
from hengjian.ratings.ballots.tallies import Spent, spent
from hengjian.ratings.invitations import queries as invitations
from hengjian.ratings.invitations.queries import Issued
from hengjian.terms.period import Period

COLUMNS = ("issued", "spent", "counted", "released")
Cells = tuple[int | None, ...]


class Wrong(TextChoices):
    """What does not add up, and what it means."""

    FOREIGN = "foreign", _("收票侧的公钥在签发侧没有，可能有人自行制票")
    TOO_MANY = "too_many", _("投出的票多于发放的凭证，可能有人自行制票")
    ASSISTED = "assisted", _("代录的票多于代录的凭证")
    MOST = "most", _("同一人领取的凭证超过规定次数")
    SUM = "sum", _("投出的票不等于计入与不计入之和")
    RELEASE = "release", _("按票重算，与末次公布的人次或均分不符")


@dataclass(frozen=True)
class Line:
    """One key: numbers in the order of :data:`COLUMNS`, None where too few; all verdicts."""

    official: str
    post: str
    key: str
    persons: int | None
    cells: Cells
    left: int | None
    wrong: tuple[Wrong, ...]

    @property
    def excluded(self) -> int | None:
        """Spent, and not counted."""
        _issued, spent, counted, _released = self.cells
        return None if spent is None or counted is None else spent - counted


@dataclass(frozen=True)
class Audit:
    """A half-year: its lines and sums, or the day from which there are any."""

    period: str
    whole_from: date
    lines: tuple[Line, ...] = ()
    totals: Cells = (0,) * len(COLUMNS)
    persons: int | None = 0
    excluded: int | None = 0
    left: int | None = 0

    @property
    def wrong(self) -> int:
        """How many keys do not add up."""
        return sum(bool(line.wrong) for line in self.lines)


def audit(period: Period, today: date, policy: Policy) -> Audit:
    """Of each key: tokens issued, to how many people, spent, counted, released, and what does not add up.

    Clause: SPEC B2, NORMS L5, NORMS X11
    Policy: ratings.smallest_cell, ratings.most_per_rater
    """
    rules = rules_of(policy)
    whole = rules.whole_from(period)
    if today < whole:
        return Audit(period.text, whole)
    asked = {one.key: one for one in invitations.issued(period, today, policy)}
    said = {one.key: one for one in spent(period, today, rules)}
    both = [(asked.get(key), said.get(key)) for key in dict.fromkeys([*asked, *said])]
    exact = [_numbers(one, other) for one, other in both]
    smallest, most = int(policy.number("ratings.smallest_cell")), int(policy.number("ratings.most_per_rater"))
    shown = _hidden(exact, smallest)
    lines = [
        _line(one, other, cells, smallest, most)
        for (one, other), cells in zip(both, shown, strict=True)
        if one is None or one.tokens or other is not None
    ]
    persons = invitations.persons(period, today, policy)
    sums = (sum(column) for column in zip(*exact, strict=True))
    columns = zip(*shown, strict=True)
    return Audit(
        period.text, whole, tuple(sorted(lines, key=lambda line: (not line.wrong, line.official))),
        tuple(_sum(column, of) for column, of in zip(columns, sums, strict=True)) or Audit.totals,
        None if 0 < persons < smallest else persons,
        _sum([line.excluded for line in lines], sum(one.excluded for one in said.values())),
        _sum([line.left for line in lines], sum(one.left for one in said.values())),
    )  # fmt: skip


def _sum(shown: Sequence[int | None], of: int) -> int | None:
    """A sum, unless it would give away the one number that is hidden."""
    return None if list(shown).count(None) == 1 else of


def _numbers(one: Issued | None, other: Spent | None) -> tuple[int, ...]:
    if other is None:
        return (one.tokens if one else 0, 0, 0, 0)
    return (one.tokens if one else 0, other.cast, other.counted, other.released or 0)


def _line(one: Issued | None, other: Spent | None, cells: Cells, smallest: int, most: int) -> Line:
    persons = one.persons if one else 0
    few = 0 < persons < smallest or (one is not None and 0 < one.tokens - persons < smallest)
    given = other or one
    if given is None:
        raise AssertionError("a line has a side")
    left = other.left if other else 0
    return Line(
        given.official, other.post if other else "", given.key, None if few else persons, cells,
        None if 0 < left < smallest or None in cells[2:] else left, tuple(_faults(one, other, most)),
    )  # fmt: skip


def _faults(one: Issued | None, other: Spent | None, most: int) -> Iterator[Wrong]:
    if one is not None and one.most > most:
        yield Wrong.MOST
    if other is None:
        return
    if one is None:
        yield Wrong.FOREIGN
    elif other.cast > one.tokens:
        yield Wrong.TOO_MANY
    elif other.assisted > one.assisted:
        yield Wrong.ASSISTED
    if other.cast != other.counted + other.excluded:
        yield Wrong.SUM
    if not other.repeats:
        yield Wrong.RELEASE


def _hidden(exact: list[tuple[int, ...]], smallest: int) -> list[Cells]:
    """Nothing that is few, no small difference of neighbours, no ballots where nothing was released.

    Where one number of a column is hidden another one is, so that the sum gives none away.
    """
    hidden = {
        (line, at)
        for line, row in enumerate(exact)
        for at, number in enumerate(row)
        if 0 < number < smallest
        or (at and 0 < abs(row[at - 1] - number) < smallest)
        or (at in (1, 2) and number and not row[3])
    }
    for at in range(len(COLUMNS)):
        gone = [line for line in range(len(exact)) if (line, at) in hidden]
        rest = [(exact[line][at], line) for line in range(len(exact)) if exact[line][at] and line not in gone]
        if len(gone) == 1 and rest:
            hidden.add((min(rest)[1], at))
    return [
        tuple(None if (line, at) in hidden else number for at, number in enumerate(row))
        for line, row in enumerate(exact)
    ]
