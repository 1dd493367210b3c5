"""Reads of the roster: who sat where on a day, the tree of organisations, what stands on record.

``under`` are organisation codes: each with all below it; empty means everything. Whoever calls checks
permission and scope first (hengjian.access.permissions).
"""

import datetime as dt
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from hengjian.roster.errors import RosterRefused
from hengjian.roster.models import (
    ImportBatch,
    Level,
    Official,
    Organisation,
    Post,
    Tenure,
    ZoneAssignment,
)
from hengjian.terms.period import Period


@dataclass(frozen=True)
class SeatRow:
    """One official on one post, as a snapshot needs it; ``id`` is the same in every period.

    ``county`` is the organisation itself or the one above it at county level, ``""`` in the city's
    own offices. ``zone`` is the one on the day asked for, ``""`` when none is assigned. ``months``
    are those served in the period, parts of a month by days; ``share`` is their part of the period.
    """

    id: str
    official: str
    name: str
    post: str
    title: str
    organisation: str
    organisation_name: str
    path: str
    county: str
    zone: str
    level: str
    category: str
    rank: str
    since: dt.date
    until: dt.date | None
    public_facing: bool
    opening_debt_ratio: float | None
    months: float
    share: float


@dataclass(frozen=True)
class OrganisationRow:
    """An organisation in its tree on a day; ``depth`` 0 at the root."""

    id: int
    code: str
    name: str
    short_name: str
    level: str
    parent: str
    path: str
    depth: int
    zone: str
    since: dt.date
    until: dt.date | None


def _on(day: dt.date, prefix: str = "") -> Q:
    return Q(**{f"{prefix}since__lte": day}) & (
        Q(**{f"{prefix}until__isnull": True}) | Q(**{f"{prefix}until__gte": day})
    )


def _under(codes: Sequence[str], prefix: str = "") -> Q:
    """Rows of these organisations and all below; an unknown code is refused, not silently empty."""
    if not codes:
        return Q()
    found = dict(Organisation.objects.filter(code__in=codes).values_list("code", "path"))
    for code in codes:
        if code not in found:
            raise RosterRefused(
                _("机构“{code}”不在册").format(code=code),
                do=_("请核对机构代码（hengjian roster export 可列出全部）"),
                code="roster.unknown",
            )
    scope = Q()
    for path in found.values():
        scope |= Q(**{f"{prefix}path__startswith": path})
    return scope


def seats_on(on: dt.date, *, under: Sequence[str] = (), period: Period | None = None) -> list[SeatRow]:
    """Who sits where on a day, by organisation path, post and official.

    With a ``period``, ``months`` and ``share`` say how much of it each has served on the post.
    """
    tenures = _tenures(under).filter(_on(on), _on(on, "post__"))
    return _seats(tenures, on, period)


def seats_during(period: Period, on: dt.date, *, under: Sequence[str] = ()) -> list[SeatRow]:
    """Everybody who sat on a post for at least a day of the period, with zones as on a day.

    Who left a post and came back in the period is one seat: ``since`` is the first start.
    """
    tenures = _tenures(under).filter(
        Q(until__isnull=True) | Q(until__gte=period.start), since__lte=period.end
    )
    return _seats(tenures, on, period)


def _tenures(under: Sequence[str]) -> QuerySet[Tenure]:
    return (
        Tenure.objects.filter(_under(under, "post__organisation__"))
        .select_related("official", "post__organisation")
        .order_by("post__organisation__path", "post__code", "official__code", "since")
    )


def _seats(tenures: Iterable[Tenure], on: dt.date, period: Period | None) -> list[SeatRow]:
    counties = frozenset(Organisation.objects.filter(level=Level.COUNTY).values_list("code", flat=True))
    zones = zones_on(on)
    seats: dict[str, SeatRow] = {}
    for tenure in tenures:
        seat = _seat(tenure, counties, zones, period)
        first = seats.get(seat.id)
        if first is not None:
            seat = replace(
                first,
                until=seat.until,
                months=first.months + seat.months,
                share=first.share + seat.share,
            )
        seats[seat.id] = seat
    return list(seats.values())


def _seat(
    tenure: Tenure,
    counties: frozenset[str],
    zones: Mapping[str, str],
    period: Period | None,
) -> SeatRow:
    post, official = tenure.post, tenure.official
    home = post.organisation
    upward = list(reversed(home.path.strip("/").split("/")))
    months = months_in(period, tenure.since, tenure.until) if period else 0.0
    ratio = tenure.opening_debt_ratio
    return SeatRow(
        id=f"{official.code}@{post.code}",
        official=official.code,
        name=official.name,
        post=post.code,
        title=post.title,
        organisation=home.code,
        organisation_name=home.name,
        path=home.path,
        county=next((code for code in upward if code in counties), ""),
        zone=next((zones[code] for code in upward if code in zones), ""),
        level=post.level,
        category=post.category,
        rank=post.rank,
        since=tenure.since,
        until=tenure.until,
        public_facing=post.public_facing,
        opening_debt_ratio=None if ratio is None else float(ratio),
        months=months,
        share=months / _length(period) if period else 0.0,
    )


def _length(period: Period) -> int:
    return {"M": 1, "Q": 3, "H": 6, "Y": 12}[period.kind]


def months_in(period: Period, since: dt.date, until: dt.date | None) -> float:
    """Months of the period between two days, both inside; part of a month by its days."""
    first, last = max(since, period.start), min(until or dt.date.max, period.end)
    if last < first:
        return 0.0
    return _months_up_to(last + dt.timedelta(days=1)) - _months_up_to(first)


def _months_up_to(day: dt.date) -> float:
    """Months from the year 0 to the morning of a day."""
    return day.year * 12 + day.month - 1 + (day.day - 1) / monthrange(day.year, day.month)[1]


def zones_on(on: dt.date) -> dict[str, str]:
    """Zones assigned on a day by organisation code; those below without one inherit."""
    found = ZoneAssignment.objects.filter(_on(on)).values_list("organisation__code", "zone")
    return dict(found)


def organisations_on(on: dt.date, *, under: Sequence[str] = ()) -> list[OrganisationRow]:
    """Organisations that exist on a day, as a tree read from the top: parents before children."""
    zones = zones_on(on)
    found = Organisation.objects.filter(_on(on), _under(under)).select_related("parent")
    return [_organisation(one, zones) for one in found.order_by("path")]


def _organisation(one: Organisation, zones: Mapping[str, str]) -> OrganisationRow:
    codes = one.path.strip("/").split("/")
    return OrganisationRow(
        id=one.pk,
        code=one.code,
        name=one.name,
        short_name=one.short_name,
        level=one.level,
        parent=one.parent.code if one.parent else "",
        path=one.path,
        depth=len(codes) - 1,
        zone=next((zones[code] for code in reversed(codes) if code in zones), ""),
        since=one.since,
        until=one.until,
    )


def known_organisations() -> dict[str, tuple[int, dt.date, dt.date | None]]:
    """Every organisation ever on record by code: its number, first and last day.

    For importers that check many records: one query, then lookups.
    """
    found = Organisation.objects.order_by().values_list("code", "pk", "since", "until")
    return {code: (pk, since, until) for code, pk, since, until in found}


def officials_named(text: str, *, limit: int = 50) -> list[Official]:
    """Officials whose name, code or pinyin begins with the text, sorted by pinyin."""
    wanted = text.strip()
    found = Official.objects.filter(
        Q(name__startswith=wanted) | Q(code=wanted) | Q(sort_key__startswith=wanted.lower())
    )
    return list(found[:limit])


def batches(limit: int = 50) -> list[ImportBatch]:
    """Imports, the newest first."""
    return list(ImportBatch.objects.all()[:limit])


# --- for the export ---------------------------------------------------------------------------
def rows_of(kind: str) -> Iterator[dict[str, object]]:
    """All rows of one kind, as the layout's columns have them, in a fixed order."""
    return _ROWS[kind]()


def _organisation_rows() -> Iterator[dict[str, object]]:
    fields = ("code", "name", "short_name", "level", "parent__code", "since", "until")
    for one in Organisation.objects.order_by("path").values(*fields).iterator():
        yield {**one, "parent": one["parent__code"]}


def _zone_rows() -> Iterator[dict[str, object]]:
    fields = ("organisation__code", "zone", "since", "until")
    ordered = ZoneAssignment.objects.order_by("organisation__path", "since")
    for one in ordered.values(*fields).iterator():
        yield {**one, "organisation": one["organisation__code"]}


def _post_rows() -> Iterator[dict[str, object]]:
    fields = (
        "code", "title", "organisation__code", "category", "level", "rank", "public_facing",
        "single_holder", "since", "until",
    )  # fmt: skip
    for one in Post.objects.order_by("code").values(*fields).iterator():
        yield {**one, "organisation": one["organisation__code"]}


def _official_rows() -> Iterator[dict[str, object]]:
    for one in Official.objects.order_by("code").values("code", "name", "sort_key").iterator():
        yield {**one}


def _tenure_rows() -> Iterator[dict[str, object]]:
    fields = ("official__code", "post__code", "since", "until", "opening_debt_ratio")
    ordered = Tenure.objects.order_by("official__code", "since", "post__code")
    for one in ordered.values(*fields).iterator():
        yield {**one, "official": one["official__code"], "post": one["post__code"]}


_ROWS = {
    "organisation": _organisation_rows,
    "zone": _zone_rows,
    "post": _post_rows,
    "official": _official_rows,
    "tenure": _tenure_rows,
}
