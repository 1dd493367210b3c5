"""Ties between officials: recorded, ended, asked for; those of a shared office read from the tenures.

Clause: NORMS X8, SPEC T-B10
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from hengjian.notary.recording import notarise
from hengjian.roster.errors import RosterRefused
from hengjian.roster.models import Official, Tenure, Tie, TieEnding, TieKind

Pair = frozenset[str]


@dataclass(frozen=True)
class TieDraft:
    """A tie as somebody reports it: two officials by code, what it is, since when, and who says so."""

    one: str
    other: str
    kind: str
    since: dt.date
    source: str
    until: dt.date | None = None


def record_tie(draft: TieDraft, *, by: str, now: dt.datetime) -> Tie:
    """Record a tie; which of the two is named first makes no difference.

    Raises: RosterRefused for strangers, one person twice, another kind, or what stands already.
    """
    found = {one.code: one for one in Official.objects.filter(code__in=[draft.one, draft.other])}
    for code in (draft.one, draft.other):
        if code not in found:
            raise _refused(_("干部“%s”不在册") % code, _("请核对干部编号"), "unknown")
    if draft.one == draft.other:
        raise _refused(_("关系的两方是同一人"), _("请核对干部编号"), "same")
    if draft.kind not in TieKind.values:
        names = "、".join(str(one.label) for one in TieKind)
        raise _refused(_("没有这种关系"), _("可选：%s") % names, "kind")
    if not draft.source.strip() or not by.strip():
        raise _refused(_("登记关系要写明来源和登记人"), _("请补填"), "unsigned")
    one, other = sorted(found.values(), key=lambda person: person.pk)
    try:
        with transaction.atomic():
            tie = Tie.objects.create(
                one=one, other=other, kind=draft.kind, since=draft.since, until=draft.until,
                source=draft.source.strip(), by=by, at=now,
            )  # fmt: skip
            notarise(now, tie)
    except IntegrityError as fault:
        raise _refused(_("这一关系已经登记，或起止日期有误"), _("请查看已登记的关系"), "twice") from fault
    return tie


def end_tie(number: int, *, on: dt.date, reason: str, by: str, now: dt.datetime) -> TieEnding:
    """End a tie from a day on. Raises: RosterRefused when there is none, or it has ended."""
    tie = Tie.objects.filter(pk=number, ending__isnull=True).first()
    if tie is None:
        raise _refused(_("没有这一关系，或已经终止"), _("请查看已登记的关系"), "unknown")
    if not reason.strip() or not by.strip():
        raise _refused(_("终止关系要写明理由"), _("请补填"), "unsigned")
    with transaction.atomic():
        ending = TieEnding.objects.create(tie=tie, on=on, reason=reason.strip(), by=by, at=now)
        notarise(now, ending)
    return ending


def ties_on(on: dt.date, officials: Collection[str]) -> dict[Pair, frozenset[str]]:
    """The kinds of tie between pairs of which at least one is asked about, on a day.

    Recorded ones, and 曾经共事 wherever two held posts of one organisation at the same time before: those
    who sit together now are colleagues, which says nothing yet.
    """
    found: dict[Pair, set[str]] = defaultdict(set)
    here = Q(one__code__in=officials) | Q(other__code__in=officials)
    rows = Tie.objects.filter(here, since__lte=on).exclude(ending__on__lte=on)
    rows = rows.filter(Q(until__isnull=True) | Q(until__gte=on))
    for one, other, kind in rows.values_list("one__code", "other__code", "kind"):
        found[frozenset((one, other))].add(kind)
    for pair in _shared_offices(on, officials):
        found[pair].add(TieKind.FORMER_UNIT.value)
    return {pair: frozenset(kinds) for pair, kinds in found.items()}


def _shared_offices(on: dt.date, officials: Collection[str]) -> Iterable[Pair]:
    """Pairs that held posts in one organisation at once, in a tenure of either that is over."""
    fields = ("official__code", "post__organisation_id", "since", "until")
    mine = list(Tenure.objects.filter(official__code__in=officials, since__lte=on).values_list(*fields))
    homes = {home for _code, home, _since, _until in mine}
    theirs: dict[int, list[tuple[str, dt.date, dt.date | None]]] = defaultdict(list)
    for code, home, since, until in Tenure.objects.filter(
        post__organisation_id__in=homes, since__lte=on
    ).values_list(*fields):
        theirs[home].append((code, since, until))
    for code, home, since, until in mine:
        for another, start, end in theirs[home]:
            over = (until is not None and until < on) or (end is not None and end < on)
            together = max(since, start) <= min(until or on, end or on)
            if another != code and over and together:
                yield frozenset((code, another))


def _refused(what: str, do: str, code: str) -> RosterRefused:
    return RosterRefused(what, do=do, code=f"roster.tie_{code}")
