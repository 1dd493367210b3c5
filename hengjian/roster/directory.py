"""The roster as a list to look through: who sits where on a day, within the reader's scopes.

A scope is a code path as a grant names it (``city/county``); ``""`` is the whole city. Nobody's name is
read here: what matches a name is found by number, and the name is shown by a ticket or masked.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from hengjian.roster.models import Official, Organisation, Post, Tenure
from hengjian.roster.queries import OrganisationRow, organisations_on, zones_on


@dataclass(frozen=True)
class Wish:
    """What the reader looks for; ``ordered``: by organisation, for whoever may see organisations."""

    on: dt.date
    number: str = ""
    name: str = ""
    unit: str = ""
    level: str = ""
    zone: str = ""
    category: str = ""
    ordered: bool = True


@dataclass(frozen=True)
class Place:
    """A person on a post from a day to a day, without the name."""

    official: str
    post: str
    title: str
    category: str
    level: str
    organisation: str
    organisation_name: str
    zone: str
    since: dt.date
    until: dt.date | None


@dataclass(frozen=True)
class Unit:
    """An organisation with the posts that exist in it on a day, and those of them that are held."""

    row: OrganisationRow
    posts: int
    held: int


def _standing(on: dt.date, prefix: str = "") -> Q:
    ended = Q(**{f"{prefix}until__isnull": True}) | Q(**{f"{prefix}until__gte": on})
    return ended & Q(**{f"{prefix}since__lte": on})


def within(scopes: Sequence[str], prefix: str = "") -> Q:
    """Rows of the organisations of these scopes and those below; no scope is no row."""
    if "" in scopes:
        return Q()
    found = Q(pk__in=())
    for scope in scopes:
        found |= Q(**{f"{prefix}path__startswith": f"/{scope.strip('/')}/"})
    return found


def seats(scopes: Sequence[str], wish: Wish) -> QuerySet[Tenure]:
    """The tenures that stand on the day and fit the wish; turn them into :func:`places` page by page."""
    found = Tenure.objects.filter(
        _standing(wish.on), _standing(wish.on, "post__"), within(scopes, "post__organisation__")
    )
    for field in ("level", "category"):
        if value := getattr(wish, field):
            found = found.filter(**{f"post__{field}": value})
    if wish.number:
        found = found.filter(official__code__istartswith=wish.number)
    if wish.name:
        found = found.filter(official__in=named(wish.name))
    if wish.unit:
        found = found.filter(post__organisation__path__contains=f"/{wish.unit}/")
    if wish.zone:
        homes = [one.code for one in organisations_on(wish.on) if one.zone == wish.zone]
        found = found.filter(post__organisation__code__in=homes)
    first = ("post__organisation__path", "post__code") if wish.ordered else ()
    return found.select_related("official", "post__organisation").order_by(*first, "official__code", "since")


def named(text: str) -> QuerySet[Official]:
    """Officials whose name holds the text or whose pinyin begins with it: to be shown by a ticket only."""
    return Official.objects.filter(Q(name__contains=text) | Q(sort_key__startswith=text.lower())).order_by()


def places(tenures: Sequence[Tenure], on: dt.date) -> list[Place]:
    """Tenures as rows, with the zone of the day."""
    zones = zones_on(on)
    return [_place(one, zones) for one in tenures]


def _place(tenure: Tenure, zones: dict[str, str]) -> Place:
    post, home = tenure.post, tenure.post.organisation
    upward = reversed(home.path.strip("/").split("/"))
    return Place(
        official=tenure.official.code,
        post=post.code,
        title=post.title,
        category=post.category,
        level=post.level,
        organisation=home.code,
        organisation_name=home.name,
        zone=next((zones[code] for code in upward if code in zones), ""),
        since=tenure.since,
        until=tenure.until,
    )


def found(scopes: Sequence[str], *, number: str = "", name: str = "", most: int = 20) -> list[Place]:
    """Persons by number or name with the newest post of each, whether they still hold it or not."""
    who = Q(official__code__istartswith=number) if number else Q(official__in=named(name))
    rows = Tenure.objects.filter(who, within(scopes, "post__organisation__"))
    rows = rows.select_related("official", "post__organisation").order_by("official__code", "-since")
    return [_place(one, {}) for one in rows.distinct("official__code")[:most]]


def history(official: str, scopes: Sequence[str]) -> list[Place]:
    """Every tenure of a person, the newest first; nothing when none of them is within the scopes."""
    held = Tenure.objects.filter(official__code=official)
    if not held.filter(within(scopes, "post__organisation__")).exists():
        return []
    rows = held.select_related("official", "post__organisation").order_by("-since", "post__code")
    return [_place(one, {}) for one in rows]


def units(scopes: Sequence[str], on: dt.date, text: str = "") -> list[Unit]:
    """The organisations of the scopes on a day, parents before children, with how many posts are held."""
    seen = Organisation.objects.filter(_standing(on), within(scopes))
    if text:
        seen = seen.filter(
            Q(name__icontains=text) | Q(short_name__icontains=text) | Q(code__istartswith=text)
        )
    wanted = set(seen.values_list("code", flat=True))
    posts = _counted(Post.objects.filter(_standing(on)))
    held = _counted(
        Post.objects.filter(_standing(on), pk__in=Tenure.objects.filter(_standing(on)).values("post"))
    )
    return [
        Unit(one, posts.get(one.id, 0), held.get(one.id, 0))
        for one in organisations_on(on)
        if one.code in wanted
    ]


def names(scopes: Sequence[str], on: dt.date) -> list[tuple[str, str]]:
    """Code and name of the organisations of the scopes on a day, parents before children."""
    found = Organisation.objects.filter(_standing(on), within(scopes)).order_by("path")
    return list(found.values_list("code", "name"))


def _counted(posts: QuerySet[Post]) -> dict[int, int]:
    found = posts.order_by().values_list("organisation").annotate(n=Count("pk"))
    return dict(found)


def categories(on: dt.date) -> list[str]:
    """The categories of the posts that exist on a day."""
    return sorted(set(Post.objects.filter(_standing(on)).order_by().values_list("category", flat=True)))
