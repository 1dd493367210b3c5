"""Reads of this room: the own filters, remarks about a thing, the own notices."""

from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from hengjian.access.models import User
from hengjian.desk.models import About, Attachment, KeptFilter, Mention, NoticesRead, Remark, Version

MOST_NOTICES = 100


def filters(user: User, listing: str) -> list[KeptFilter]:
    """The filters that this account keeps for a list."""
    return list(KeptFilter.objects.filter(user=user, listing=listing))


def remarks(about: About, key: str) -> list[Remark]:
    """The remarks about a thing, in the order in which they were written."""
    return list(Remark.objects.filter(about=about, key=key).select_related("by"))


def attachments(about: About, key: str) -> list[Attachment]:
    """The attachments of a thing, each with its versions, the newest first, and how often each was taken."""
    versions = Version.objects.select_related("by", "stored").annotate(taken=Count("fetches"))
    found = Attachment.objects.filter(about=about, key=key).select_related("by", "withdrawal")
    return list(found.prefetch_related(Prefetch("versions", versions.order_by("-number"))))


def attachment(number: int) -> Attachment | None:
    """The attachment of this number."""
    return Attachment.objects.filter(pk=number).first()


def version(number: int) -> Version | None:
    """The version of this number, with its attachment."""
    return Version.objects.select_related("attachment").filter(pk=number).first()


def unread(user: User) -> int:
    """How many mentions this account has not read, in one query."""
    return _unread(user).count()


def notices(user: User) -> list[tuple[Mention, bool]]:
    """The newest mentions with whether they are new; what the remark says is not told here."""
    new = set(_unread(user).values_list("pk", flat=True))
    found = Mention.objects.filter(user=user).select_related("remark__by")[:MOST_NOTICES]
    return [(one, one.pk in new) for one in found]


def _unread(user: User) -> QuerySet[Mention]:
    read = NoticesRead.objects.filter(user=OuterRef("user")).values("up_to")
    return Mention.objects.filter(user=user, pk__gt=Coalesce(Subquery(read), Value(0)))
