"""Reads of accounts and grants."""

from datetime import date

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from hengjian.access.models import Grant, User
from hengjian.access.roles import Role

Person = User | AnonymousUser


def grants_in_force(user: Person, on: date) -> QuerySet[Grant]:
    """The grants that hold on this day; none for a closed account or somebody not signed in."""
    if not user.is_authenticated or not user.is_active:
        return Grant.objects.none()
    open_ended = Q(ends_on__isnull=True) | Q(ends_on__gt=on)
    standing = Q(revocation__isnull=True) | Q(revocation__on__gt=on)
    return Grant.objects.filter(open_ended, standing, user_id=user.pk, starts_on__lte=on)


def own_official_ids(user: Person, on: date) -> list[str]:
    """The officials whose own sheets this account may read."""
    return list(
        grants_in_force(user, on)
        .exclude(official_id="")
        .order_by("official_id")
        .values_list("official_id", flat=True)
    )


def roles_in_force(user: Person, on: date) -> frozenset[Role]:
    """The roles that this account holds on this day, wherever."""
    held = grants_in_force(user, on).order_by().values_list("role", flat=True).distinct()
    return frozenset(Role(role) for role in held)
