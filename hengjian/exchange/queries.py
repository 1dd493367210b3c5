"""Reads of keys."""

from collections.abc import Sequence
from datetime import date

from django.db.models import Max, QuerySet

from hengjian.access.models import User
from hengjian.exchange.models import AccessKey


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
