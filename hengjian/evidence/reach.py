"""Which refused rows are about which units: what a row itself says, read by its feed's declaration.

A row whose unit cannot be told (none written, none that exists) is seen only by whoever sees all units.
"""

from collections.abc import Collection, Sequence

from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.lookups import In

from hengjian.evidence.feeds.folder import feed_from_text
from hengjian.evidence.models import FeedVersion, Quarantined
from hengjian.roster.models import Organisation

WHOLE = ("",)


def about(scopes: Sequence[str]) -> Q:
    """Rows about the organisations of these code paths and those below; ``""`` is every row."""
    if "" in scopes:
        return Q()
    codes = codes_under(scopes)
    seen = Q(pk__in=())
    for version in FeedVersion.objects.filter(pk__in=Quarantined.objects.values("batch__feed_version")):
        seen |= Q(batch__feed_version=version) & _says(version, codes)
    return seen


def codes_under(scopes: Sequence[str]) -> set[str]:
    """Every organisation ever on record under one of the paths."""
    below = Q(pk__in=())
    for scope in scopes:
        below |= Q(path__startswith=f"/{scope.strip('/')}/")
    return set(Organisation.objects.filter(below).values_list("code", flat=True))


def _says(version: FeedVersion, codes: Collection[str]) -> Q:
    """Rows of this declaration whose organisation is one of these."""
    feed = feed_from_text(version.text, version.code)
    column = feed.columns["organisation"]
    if not column.column:
        return Q() if column.constant in codes else Q(pk__in=())
    table = feed.codes.get(column.codes)
    written = codes if table is None else [key for key, code in table.items() if code in codes]
    return Q(In(KeyTextTransform(column.column, "raw"), sorted(written)))
