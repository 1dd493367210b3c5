"""Keep and throw away filters; write remarks; read notices. Whoever calls checks permission first."""

import re
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from hengjian.access.models import User
from hengjian.desk.models import TEXT, About, KeptFilter, Listing, Mention, NoticesRead, Remark
from hengjian.notary.recording import notarise
from hengjian.terms.errors import Refused

MOST_FILTERS = 20
MOST_MENTIONS = 10
AT = re.compile(r"@([\w.@+-]{1,150})")


def keep_filter(user: User, listing: str, name: str, query: str, *, now: datetime) -> KeptFilter:
    """Keep a filter under a name; the same name again means the newer filter.

    Raises: Refused for a list without filters, an empty name or filter, or too many of them.
    """
    name, query = " ".join(name.split())[:40], query.strip()
    if listing not in Listing.values or not name or not query or len(query) > 500:
        raise Refused(_("没有可以保存的筛选条件"), do=_("请先筛选，再写一个名称保存"), code="desk.no_filter")
    kept = KeptFilter.objects.filter(user=user, listing=listing)
    if kept.exclude(name=name).count() >= MOST_FILTERS:
        raise Refused(_("常用筛选已满"), do=_("请先删去不用的"), code="desk.too_many_filters")
    made, _new = KeptFilter.objects.update_or_create(
        user=user, listing=listing, name=name, defaults={"query": query, "at": now}
    )
    return made


def throw_away(user: User, number: int) -> str:
    """Throw away a filter of the own; gives the list that it was for, ``""`` when there is none such."""
    found = KeptFilter.objects.filter(user=user, pk=number).first()
    if found is None:
        return ""
    found.delete()
    return found.listing


def remark(about: About, key: str, text: str, *, by: User, now: datetime) -> Remark:
    """Write a remark; accounts that it names with @ are told that there is one.

    Raises: Refused for an empty or too long text.
    """
    text = text.strip()
    if not text or len(text) > TEXT:
        raise Refused(
            _("办理意见不能为空，也不能超过 %s 字") % TEXT, do=_("请改短或补充"), code="desk.no_remark"
        )
    with transaction.atomic():
        made = Remark.objects.create(about=about, key=key, text=text, by=by, at=now)
        named = User.objects.filter(username__in=_named(text), is_active=True).exclude(pk=by.pk)
        told = Mention.objects.bulk_create(Mention(remark=made, user=one) for one in named)
        notarise(now, made, *told)
    return made


def _named(text: str) -> list[str]:
    """The account names that stand after an @, a full stop at the end of a sentence left off."""
    found = [name.rstrip(".-") for name in AT.findall(text)]
    return list(dict.fromkeys(found))[:MOST_MENTIONS]


def read_notices(user: User) -> None:
    """Count everything up to now as read."""
    newest = Mention.objects.filter(user=user).order_by("-pk").values_list("pk", flat=True).first()
    if newest is not None:
        NoticesRead.objects.update_or_create(user=user, defaults={"up_to": newest})
