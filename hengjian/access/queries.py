"""Reads of accounts and grants."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch, Q, QuerySet

from hengjian.access.models import Grant, Identity, Revocation, User
from hengjian.access.roles import Role

Person = User | AnonymousUser


@dataclass(frozen=True)
class Held:
    """A grant in force: the role, the organisation or official that it reaches, ``""`` for the whole."""

    role: Role
    organisation: str
    official: str


_read: ContextVar[dict[tuple[int, date], tuple[Held, ...]] | None] = ContextVar("grants_read", default=None)


@contextmanager
def one_read() -> Iterator[None]:
    """Within, what is granted to an account is read from the database once; outside, at every question.

    For pages that only read: whoever writes is asked about anew at each deed.
    """
    token = _read.set({})
    try:
        yield
    finally:
        _read.reset(token)


def forget() -> None:
    """After a grant or its end: whatever was read before counts no more."""
    if (known := _read.get()) is not None:
        known.clear()


def held(user: Person, on: date) -> tuple[Held, ...]:
    """Everything in force for this account on this day, nothing for a closed account or a stranger."""
    if not user.is_authenticated or not user.is_active:
        return ()
    known = _read.get()
    if known is not None and (user.pk, on) in known:
        return known[user.pk, on]
    rows = grants_in_force(user, on).order_by("official_id", "id")
    found = tuple(
        Held(Role(role), organisation, official)
        for role, organisation, official in rows.values_list("role", "organisation", "official_id")
    )
    if known is not None:
        known[user.pk, on] = found
    return found


def grants_in_force(user: Person, on: date) -> QuerySet[Grant]:
    """The grants that hold on this day; none for a closed account or somebody not signed in."""
    if not user.is_authenticated or not user.is_active:
        return Grant.objects.none()
    open_ended = Q(ends_on__isnull=True) | Q(ends_on__gt=on)
    standing = Q(revocation__isnull=True) | Q(revocation__on__gt=on)
    return Grant.objects.filter(open_ended, standing, user_id=user.pk, starts_on__lte=on)


def own_official_ids(user: Person, on: date) -> list[str]:
    """The officials whose own sheets this account may read."""
    return [one.official for one in held(user, on) if one.official]


def with_account(officials: Collection[str], on: date) -> frozenset[str]:
    """Those of the officials who can sign in with an account of their own on this day."""
    open_ended = Q(ends_on__isnull=True) | Q(ends_on__gt=on)
    standing = Q(revocation__isnull=True) | Q(revocation__on__gt=on)
    held = Grant.objects.filter(open_ended, standing, starts_on__lte=on, user__is_active=True)
    return frozenset(held.filter(official_id__in=officials).values_list("official_id", flat=True))


def roles_in_force(user: Person, on: date) -> frozenset[Role]:
    """The roles that this account holds on this day, wherever."""
    return frozenset(one.role for one in held(user, on))


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
