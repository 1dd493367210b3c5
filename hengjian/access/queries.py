"""Reads of accounts and grants."""

from collections.abc import Collection
from datetime import date

from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch, Q, QuerySet

from hengjian.access.models import Grant, Identity, Revocation, User
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


def with_account(officials: Collection[str], on: date) -> frozenset[str]:
    """Those of the officials who can sign in with an account of their own on this day."""
    open_ended = Q(ends_on__isnull=True) | Q(ends_on__gt=on)
    standing = Q(revocation__isnull=True) | Q(revocation__on__gt=on)
    held = Grant.objects.filter(open_ended, standing, starts_on__lte=on, user__is_active=True)
    return frozenset(held.filter(official_id__in=officials).values_list("official_id", flat=True))


def roles_in_force(user: Person, on: date) -> frozenset[Role]:
    """The roles that this account holds on this day, wherever."""
    held = grants_in_force(user, on).order_by().values_list("role", flat=True).distinct()
    return frozenset(Role(role) for role in held)


# --- what the three administrators see -----------------------------------------------------------
def account_list(asked: str, on: date) -> QuerySet[User]:
    """Accounts by sign-in name, those that hold ``asked`` in a name; each with its grants in force."""
    open_ended = Q(ends_on__isnull=True) | Q(ends_on__gt=on)
    standing = Q(revocation__isnull=True) | Q(revocation__on__gt=on)
    grants = Grant.objects.filter(open_ended, standing, starts_on__lte=on).order_by("role", "id")
    named = Q(username__icontains=asked) | Q(display_name__icontains=asked) if asked else Q()
    return (
        User.objects.filter(named).order_by("username").prefetch_related(Prefetch("grants", grants, "held"))
    )


def grants_of(user: User) -> list[Grant]:
    """Everything that was ever granted to an account, the newest first, with what ended it."""
    ended = {one.grant_id: one for one in Revocation.objects.filter(grant__user=user).select_related("by")}
    found = list(Grant.objects.filter(user=user).select_related("granted_by").order_by("-id"))
    for one in found:
        one.revocation_or_none = ended.get(one.pk)  # type: ignore[attr-defined]
    return found


def identities_of(user: User) -> list[Identity]:
    """The persons of providers that are this account now."""
    newest: dict[tuple[str, str], Identity] = {}
    for one in Identity.objects.filter(user=user).order_by("id"):
        newest[one.provider, one.subject] = one
    return [one for one in newest.values() if not one.released]
