"""Reads of keys, subscriptions and the outbox."""

from collections.abc import Sequence
from datetime import date

from django.db.models import Count, Max, QuerySet

from hengjian.access.models import User
from hengjian.exchange.models import AccessKey, Push, PushState, Subscription


def keys(account: User | None = None) -> QuerySet[AccessKey]:
    """All keys or an account's, the newest first, each with its last day of use as ``used``."""
    found = AccessKey.objects.select_related("account", "by", "secret", "ending").annotate(
        used=Max("uses__day")
    )
    return found.order_by("-id") if account is None else found.filter(account=account).order_by("-id")


def undrawn(account: User, on: date) -> QuerySet[AccessKey]:
    """Keys that an account may draw: approved, still good on a day, without a secret."""
    return AccessKey.objects.filter(account=account, secret=None, ending=None, until__gte=on)


def narrowed(scopes: Sequence[str], limit: str) -> tuple[str, ...]:
    """What an account's grants reach, within the organisation to which a key is limited."""
    if not limit:
        return tuple(scopes)
    found = {limit for one in scopes if one in {"", limit} or limit.startswith(f"{one}/")}
    found |= {one for one in scopes if one.startswith(f"{limit}/")}
    return tuple(sorted(found))


def subscriptions(account: User | None = None) -> QuerySet[Subscription]:
    """All subscriptions or an account's, the newest first, with how many secrets were drawn as ``drawn``."""
    found = Subscription.objects.select_related("account", "by", "ending").annotate(
        drawn=Count("secrets", distinct=True)
    )
    return found.order_by("-id") if account is None else found.filter(account=account).order_by("-id")


def pushes(account: User | None = None) -> QuerySet[Push]:
    """Notices of all subscriptions or an account's, the newest first."""
    found = Push.objects.select_related("happening", "subscription").order_by("-id")
    return found if account is None else found.filter(subscription__account=account)


def undelivered(on: date) -> int:
    """Notices that were given up, of subscriptions that still serve."""
    rows = Push.objects.filter(state=PushState.FAILED, subscription__until__gte=on)
    return rows.filter(subscription__ending=None).count()


def unsigned(account: User, on: date) -> QuerySet[Subscription]:
    """Subscriptions of an account that tell nothing before a secret is drawn."""
    return Subscription.objects.filter(account=account, secrets=None, ending=None, until__gte=on)
