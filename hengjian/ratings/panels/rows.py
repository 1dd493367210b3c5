"""Marks one by one, as calibration needs them: by rater where they are signed, by coarse group where not.

Not for readers. What is here names nobody: a signed rater is a key of one period, an anonymous one none.
Clause: SPEC B3, NORMS X8
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef

from hengjian.policy.policy import Policy
from hengjian.ratings.panels.marks import rater_key
from hengjian.ratings.panels.models import SELF, BlindSheet, Mark, MarkBatch, RoundClosing, SignedSheet
from hengjian.ratings.panels.queries import LEAST_UNKNOWN, least_of, unnamed
from hengjian.ratings.panels.rolls import code_of
from hengjian.ratings.panels.tokens import cell_name
from hengjian.scoring.snapshot import Seat
from hengjian.terms.period import Period


@dataclass(frozen=True, slots=True, order=True)
class RatedMark:
    """One mark. ``cell``: home unit and channel; ``rater``: a key, or None; ``ties`` only with a rater."""

    official: str
    post: str
    indicator: str
    group: str
    stratum: str
    instrument: str
    cell: str
    value: float
    rater: str | None = None
    ties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SheetTrace:
    """How one sheet was filled in: the answers given and the seconds taken, for the screen of carelessness.

    ``rater`` as in :class:`RatedMark`; an anonymous sheet is nobody's, and its seconds are coarse.
    """

    official: str
    post: str
    group: str
    stratum: str
    cell: str
    rater: str | None
    answers: tuple[tuple[str, float], ...]
    seconds: int


def rated_marks(
    period: Period, cut_off: datetime, seats: Iterable[Seat], policy: Policy
) -> Iterator[RatedMark]:
    """Every mark of the period that may be used, sorted by what it says: the order tells nothing.

    Left out, as in :func:`hengjian.ratings.panels.queries.marks_for`: strata of those who mark without a name
    with fewer than :data:`LEAST_UNKNOWN`, and groups of a seat and indicator with fewer marks in the others
    than the policy's least number. Marks from files without a cell get the one of the official's
    own organisation.
    """
    held = {(seat.official, seat.post) for seat in seats}
    least = {group.code: least_of(group) for group in policy.groups}
    later = MarkBatch.objects.filter(supersedes=OuterRef("batch"), at__lte=cut_off)
    rows = Mark.objects.filter(~Exists(later), period=period.text, batch__at__lte=cut_off).values_list(
        "official__code", "post__code", "indicator", "group", "stratum", "instrument", "cell", "value",
        "rater_key", "ties", "post__organisation__code",
    )  # fmt: skip
    found = sorted(
        (
            RatedMark(
                *row[:6], cell=row[6] or cell_name(row[10], row[3], row[4]), value=float(row[7]),
                rater=row[8] or None, ties=tuple(row[9]),
            )
            for row in rows.iterator(10_000)
            if (row[0], row[1]) in held
        ),
        key=_order,
    )  # fmt: skip
    sizes = Counter((*_subject(one), one.stratum) for one in found)
    large = [
        one for one in found if not unnamed(one.group) or sizes[*_subject(one), one.stratum] >= LEAST_UNKNOWN
    ]
    counts = Counter(map(_subject, large))
    for one in large:
        if counts[_subject(one)] >= least.get(one.group, LEAST_UNKNOWN):
            yield one


def sheet_traces(period: Period, cut_off: datetime, salt: bytes) -> list[SheetTrace]:
    """Every sheet of the period's closed rounds that is used, in an order that tells nothing.

    Anonymous sheets of a group with too few are not used, and how they were filled in is not told either.
    Clause: NORMS L5
    """
    closed = RoundClosing.objects.filter(round__period=period.text, at__lte=cut_off).values("round")
    signed = SignedSheet.objects.filter(member__roll__round__in=closed).exclude(member__group=SELF)
    blind = BlindSheet.objects.filter(key__roll__round__in=closed)
    related = ("member__asked__official", "member__asked__outsider", "member__roll__official",
               "member__roll__post")  # fmt: skip
    found = [_signed(one, period, salt) for one in signed.select_related(*related)]
    found += _enough(_blind(one) for one in blind.select_related("key__roll__official", "key__roll__post"))
    return sorted(
        found, key=lambda one: (one.official, one.post, one.group, one.cell, one.rater or "", one.answers)
    )


def _enough(sheets: Iterable[SheetTrace]) -> list[SheetTrace]:
    found = list(sheets)
    sizes = Counter((one.official, one.post, one.group, one.stratum) for one in found)
    return [one for one in found if sizes[one.official, one.post, one.group, one.stratum] >= LEAST_UNKNOWN]


def _signed(sheet: SignedSheet, period: Period, salt: bytes) -> SheetTrace:
    member = sheet.member
    return SheetTrace(
        member.roll.official.code, member.roll.post.code, member.group, member.stratum,
        cell_name(member.home, member.group, member.stratum),
        rater_key(salt, period.text, code_of(member.asked)), _answers(sheet.answers), sheet.seconds,
    )  # fmt: skip


def _blind(sheet: BlindSheet) -> SheetTrace:
    key = sheet.key
    return SheetTrace(
        key.roll.official.code, key.roll.post.code, key.group, key.stratum, key.cell, None,
        _answers(sheet.answers), sheet.seconds,
    )  # fmt: skip


def _answers(given: dict[str, str]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted((code, float(value)) for code, value in given.items()))


def _subject(one: RatedMark) -> tuple[str, str, str, str]:
    return one.official, one.post, one.indicator, one.group


def _order(one: RatedMark) -> tuple[object, ...]:
    return (
        one.official, one.post, one.indicator, one.group, one.stratum, one.instrument, one.cell,
        one.value, one.rater or "", one.ties,
    )  # fmt: skip
