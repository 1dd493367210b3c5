"""The reads of this room. A freeze sees every mark; a reader sees no cell that is too small."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from math import nan
from types import MappingProxyType
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from hengjian.policy.model import PanelGroup
from hengjian.policy.policy import Policy
from hengjian.ratings.panels.marks import MarkSet, ShownMarks
from hengjian.ratings.panels.models import SIGNED_GROUPS, Mark, MarkBatch, RefusedMark
from hengjian.roster.models import Official, Post
from hengjian.scoring.snapshot import Marks, Seat
from hengjian.terms.period import Period

# NORMS L5: nothing about fewer than five
LEAST_UNKNOWN = 5
Stratum = tuple[str, str, str]
NOTHING: Mapping[Stratum, int] = MappingProxyType({})

_KEYS = (
    "official__code", "post__code", "post__organisation__code", "indicator", "group", "stratum",
    "instrument",
)  # fmt: skip


def least_of(group: PanelGroup) -> int:
    """Fewest marks of a group that may be used; of persons who mark without a name never fewer than five.

    Media marks are verified events, which are public.
    Clause: NORMS L5
    """
    return max(LEAST_UNKNOWN if unnamed(group.code) else 1, group.minimum)


def unnamed(group: str) -> bool:
    """Whether a group is of persons who mark without a name; media marks are verified events."""
    return group not in SIGNED_GROUPS and group != "media"


def mark_sets(
    period: Period, cut_off: datetime, organisations: Iterable[str] | None = None
) -> Iterator[MarkSet]:
    """The sorted values of each seat, indicator, group and stratum, as known at the cut-off.

    Not for readers: small cells are in it. See :func:`shown_marks`.
    """
    rows = _known(period, cut_off, organisations)
    values = rows.order_by(*_KEYS, "value").values_list(*_KEYS, "value").iterator(10_000)
    for key, marks in groupby(values, key=lambda row: row[:-1]):
        yield _set(key, tuple(float(row[-1]) for row in marks))


def counted_sets(
    period: Period, cut_off: datetime, organisations: Iterable[str] | None = None
) -> Iterator[MarkSet]:
    """The same sets as :func:`mark_sets`, counted in the database: each value is NaN, how many is true."""
    ids = ("official_id", "post_id", *_KEYS[3:])
    counted = _known(period, cut_off, organisations).order_by().values_list(*ids).annotate(Count("pk"))
    officials = dict(Official.objects.values_list("pk", "code"))
    posts = {pk: codes for pk, *codes in Post.objects.values_list("pk", "code", "organisation__code")}
    named = (((officials[who], *posts[post], *rest), count) for who, post, *rest, count in counted)
    for key, count in sorted(named):
        yield _set(key, (nan,) * count)


def _set(key: tuple[str, ...], values: tuple[float, ...]) -> MarkSet:
    official, post, organisation, indicator, group, stratum, instrument = key
    return MarkSet(official, post, organisation, indicator, group, stratum, instrument, values)


def newest() -> tuple[int, str]:
    """Of marks and their batches, which are only ever added: as long as this is the same, so are they."""
    mark = Mark.objects.order_by("-pk").values_list("pk", flat=True).first()
    batch = MarkBatch.objects.order_by("-at", "-pk").values_list("pk", flat=True).first()
    return mark or 0, str(batch)


def _known(period: Period, cut_off: datetime, organisations: Iterable[str] | None) -> QuerySet[Mark]:
    later = MarkBatch.objects.filter(supersedes=OuterRef("batch"), at__lte=cut_off)
    rows = Mark.objects.filter(~Exists(later), period=period.text, batch__at__lte=cut_off)
    if organisations is not None:
        rows = rows.filter(post__organisation__code__in=list(organisations))
    return rows


def marks_for(
    period: Period,
    cut_off: datetime,
    seats: Iterable[Seat],
    policy: Policy,
    elsewhere: Mapping[Stratum, int] = NOTHING,
    read: Callable[[Period, datetime, list[str]], Iterable[MarkSet]] = mark_sets,
) -> Iterator[Marks]:
    """For a freeze: the seats' marks, without raters; a group below its least number without its marks.

    So nobody who reads a bundle can work out who gave them (decision 0004). A group that this policy does
    not know (another may, when two are compared) needs :data:`LEAST_UNKNOWN` marks. ``elsewhere``: strata
    (seat, group, stratum) whose overall marks came by another way, and how many: they count towards the
    least number, and what was imported for them stays out. A stratum of an anonymous group with fewer than
    :data:`LEAST_UNKNOWN` stays out, its number too, and makes up no least number: beside the others it is
    not named at all, and small strata alone are named without marks, however many they are together. They
    are not merged, because each has a weight of its own. ``read``: :func:`counted_sets` where only their
    number matters.
    Clause: NORMS L5
    """
    held = {(seat.official, seat.post): seat for seat in seats}
    least = {group.code: least_of(group) for group in policy.groups}
    came: dict[tuple[str, str], dict[str, int]] = {}
    for (place, group, stratum), count in elsewhere.items():
        came.setdefault((place, group), {})[stratum] = count
    sets = read(period, cut_off, sorted({seat.organisation for seat in held.values()}))
    for key, strata in groupby(sets, key=lambda s: (s.official, s.post, s.indicator, s.group)):
        seat = held.get(key[:2])
        if seat is None:
            continue
        # overall marks only: a release says nothing on a single indicator
        others = {} if key[2] else came.get((seat.id, key[3]), {})
        cells = [cell for cell in strata if cell.stratum not in others]
        # a few delegates, among many users or beside a few of them, would be known
        large = [cell for cell in cells if not unnamed(key[3]) or len(cell.values) >= LEAST_UNKNOWN]
        given = sum(len(cell.values) for cell in large) + sum(others.values())
        enough = bool(large) and given >= least.get(key[3], LEAST_UNKNOWN)
        for cell in large if large or others else cells:
            marks = cell.values if enough else ()
            yield Marks(seat.id, cell.indicator, cell.group, cell.stratum, cell.instrument, marks)


def given_overall(period: Period, cut_off: datetime, seats: Iterable[Seat]) -> set[Stratum]:
    """The strata (seat, group, stratum) that have overall marks from a file: that they have, not which."""
    held = {(seat.official, seat.post): seat.id for seat in seats}
    rows = _known(period, cut_off, None).filter(indicator="")
    found = rows.values_list("official__code", "post__code", "group", "stratum").distinct()
    return {(held[o, p], group, stratum) for o, p, group, stratum in found if (o, p) in held}


def shown_marks(
    period: Period, cut_off: datetime, policy: Policy, organisations: Iterable[str] | None = None
) -> Iterator[ShownMarks]:
    """For readers: cells with fewer marks than the policy's least number are withheld.

    When one stratum of a group is withheld its next smallest neighbour is withheld too, so that
    the missing one cannot be worked out from the group's total.
    """
    groups = {group.code: group for group in policy.groups}
    sets = mark_sets(period, cut_off, organisations)
    for _key, cells in groupby(sets, key=lambda s: (s.official, s.post, s.indicator, s.group)):
        yield from _withheld(list(cells), groups)


def _withheld(cells: list[MarkSet], groups: dict[str, PanelGroup]) -> Iterator[ShownMarks]:
    group = groups.get(cells[0].group)
    # a group that the policy does not know has no least number: nothing of it is shown
    least = least_of(group) if group is not None else None
    hidden = {i for i, c in enumerate(cells) if least is None or len(c.values) < least}
    if len(hidden) == 1 and len(cells) > 1:
        rest = [i for i in range(len(cells)) if i not in hidden]
        hidden.add(min(rest, key=lambda i: len(cells[i].values)))
    for i, cell in enumerate(cells):
        out = i in hidden
        yield ShownMarks(
            official=cell.official, post=cell.post, indicator=cell.indicator, group=cell.group,
            stratum=cell.stratum, instrument=cell.instrument, withheld=out, least=least or 0,
            count=None if out else len(cell.values), values=() if out else cell.values,
        )  # fmt: skip


def refused_marks(*, state: str = "", code: str = "") -> QuerySet[RefusedMark]:
    """Refused rows, oldest first; ``state`` waiting or an outcome."""
    rows = RefusedMark.objects.select_related("batch", "decision").order_by("pk")
    if state == "waiting":
        rows = rows.filter(decision__isnull=True)
    elif state:
        rows = rows.filter(decision__outcome=state)
    return rows.filter(reasons__contains=[{"code": code}]) if code else rows


def refused_counts() -> dict[str, int]:
    """How many refused rows wait and how many are decided."""
    counts: dict[str, Any] = RefusedMark.objects.aggregate(
        waiting=Count("pk", filter=Q(decision__isnull=True)),
        decided=Count("pk", filter=Q(decision__isnull=False)),
    )
    return counts
