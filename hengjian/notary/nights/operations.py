"""The night: all that waits, into one leaf."""

import secrets
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from hengjian.notary import forms
from hengjian.notary.errors import LogTampered
from hengjian.notary.models import WITHIN
from hengjian.notary.nights.models import Night, NightPlace, Tonight
from hengjian.notary.recording import day_of, notarise
from hengjian.proof.nights import NightTree, size_for

SEED = 32  # bytes
_LOCK = 0x6E69676874  # "night"
_WAITING = f"""
SELECT c.id, c.entry FROM notary_tonight t JOIN notary_commitment c
  ON c.id >= (t.delivery << {WITHIN}) AND c.id < (t.delivery << {WITHIN}) + t.count
WHERE t.delivery = ANY(%s)"""  # noqa: S608


def gather(now: datetime) -> Night | None:
    """Take all that waits into this night's leaf, empty or not; None when it has its leaf already.

    Clause: SPEC F3, NORMS L5
    """
    on = day_of(now)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        last = Night.objects.order_by("-number").first()
        if last is not None and last.on >= on:
            return None
        forms.keep_nightly(on)
        made = _taken(Night(number=last.number + 1 if last else 1, on=on))
        notarise(on, made)
    return made


def _taken(night: Night) -> Night:
    """The night with everything that waits in it."""
    waiting = dict(Tonight.objects.values_list("delivery", "count"))
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [list(waiting)])
        rows = cursor.fetchall()
    if len(rows) != sum(waiting.values()):
        raise LogTampered(
            _("等待入夜的条目少了 %s 条") % (sum(waiting.values()) - len(rows)),
            do=_("请保留现场，运行存证核对"), code="notary.commitments_missing",
        )  # fmt: skip
    night.size, night.seed = size_for(len(rows)), secrets.token_bytes(SEED)
    places = secrets.SystemRandom().sample(range(night.size), len(rows))
    entries = {place: bytes(entry) for place, (_number, entry) in zip(places, rows, strict=True)}
    night.root = NightTree(night.size, night.seed, entries).root.hex()
    night.save(force_insert=True)
    NightPlace.objects.bulk_create(
        NightPlace(commitment_id=number, night=night, place=place)
        for place, (number, _entry) in zip(places, rows, strict=True)
    )
    Tonight.objects.filter(delivery__in=waiting).delete()
    return night
