"""Who may handle what: the role's scope lies above the rated unit, and the person does not work in it.

The first is held by :mod:`hengjian.access.permissions`; the second needs the roster and is held here. Reads
and writes of this room both pass through these functions.
"""

from collections.abc import Callable
from datetime import date

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from hengjian.access.models import User
from hengjian.access.queries import held, own_official_ids
from hengjian.access.roles import Role
from hengjian.roster.models import Post, Tenure
from hengjian.terms.errors import NotPermitted

Check = Callable[[User, date, str], None]
NOWHERE = "?"  # of a report that names no post: only whoever serves the whole city may see it


def unit_of(post: str) -> str:
    """The path of codes of the organisation that a post belongs to."""
    path = Post.objects.filter(code=post).values_list("organisation__path", flat=True).first()
    return path.strip("/") if path else NOWHERE


def own_units(user: User, on: date) -> set[str]:
    """The organisations in which this person holds a post today."""
    tenures = Tenure.objects.filter(
        Q(until__isnull=True) | Q(until__gte=on), official__code__in=own_official_ids(user, on), since__lte=on
    )
    return {path.strip("/") for path in tenures.values_list("post__organisation__path", flat=True)}


def check_not_of(user: User, post: str, on: date, check: Check) -> None:
    """Refuse whoever lacks the role for the unit of this post, or works in that unit.

    Clause: NORMS L8
    Raises: NotPermitted.
    """
    unit = unit_of(post)
    check(user, on, unit)
    if unit in own_units(user, on):
        raise NotPermitted(
            _("您是被评单位的人员，不能办理"), do=_("请由其他单位的人员办理"), code="followups.own_unit"
        )


def posts_for(user: User, on: date, role: Role) -> QuerySet[Post]:
    """The posts whose ratings this person may handle: below the own scope, not of the own unit.

    Clause: NORMS L8
    """
    reach = Q(pk__in=[])
    for scope in {one.organisation for one in held(user, on) if one.role == role}:
        reach |= (
            Q(organisation__path__startswith=f"/{scope}/") & ~Q(organisation__path=f"/{scope}/")
            if scope
            else Q()
        )
        if not scope:
            reach = Q(pk__isnull=False)
            break
    own = [f"/{path}/" for path in own_units(user, on)]
    return Post.objects.filter(reach).exclude(organisation__path__in=own)


def whole_city(user: User, on: date, role: Role) -> bool:
    """Whether the role is granted for the whole city."""
    return any(one.role == role and not one.organisation for one in held(user, on))


def unit_names(posts: set[str]) -> dict[str, tuple[str, str]]:
    """Title and organisation of posts, by code."""
    rows = Post.objects.filter(code__in=posts).values_list("code", "title", "organisation__short_name")
    return {code: (title, unit) for code, title, unit in rows}
