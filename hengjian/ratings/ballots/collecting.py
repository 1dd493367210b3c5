"""The night puts what came in on the days before into the box, all in one transaction, with its leaves.

So a row's transaction, its place on the disk, its leaf's number and place in the log are those of the night,
drawn by chance within it: nothing that is kept says when in the day a ballot came.

Crash points: one transaction; killed before its commit everything is still in the day's tables, and the next
night finds it. Killed before :func:`swept`, the emptied pages are given back a night later.
"""

import uuid
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Count

from hengjian.notary.recording import day_of, notarise_keys
from hengjian.ratings.ballots.models import ArrivalNote, Ballot, Note, Reply, SetAside, Side

DAY = ("ballots_arrival", "ballots_arrivalnote")
_LOCK = f"LOCK TABLE {', '.join(DAY)} IN SHARE ROW EXCLUSIVE MODE"
_INTO_THE_BOX = """
INSERT INTO ballots_ballot (id, key_id, token, receipt, mark, tags, comment, how, "on", supersedes_id)
SELECT id, encode(key, 'hex'), CASE WHEN supersedes IS NULL THEN encode(digest, 'hex') END,
       encode(receipt, 'hex'), mark, tags, comment, how, "on", supersedes
FROM ballots_arrival WHERE "on" < %s AND {which} ORDER BY id
ON CONFLICT DO NOTHING RETURNING id, "on\""""
_MOVE = _INTO_THE_BOX.format(which="supersedes IS NULL")
_AMEND = _INTO_THE_BOX.format(which="supersedes IN (SELECT id FROM ballots_ballot)")
_LEFT = """
INSERT INTO ballots_setaside (id, raw, reason, "on")
SELECT id, row_to_json(a)::text, CASE WHEN supersedes IS NULL THEN 'stands in the box already'
    ELSE 'amends what was amended or set aside' END, "on" FROM ballots_arrival a
WHERE "on" < %s AND NOT EXISTS (SELECT 1 FROM ballots_ballot b WHERE b.id = a.id)
ORDER BY id RETURNING id, "on\""""


def take_in(now: datetime) -> int:
    """Put the ballots and answers of the days before today into the box; gives how many ballots.

    Versions of a day follow their first one in; what belongs to one that is set aside is set aside with it.
    Clause: NORMS L6
    """
    today = day_of(now)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCK)
        moved = _moved(cursor, _MOVE, today)
        while more := _moved(cursor, _AMEND, today):
            moved += more
        _logged(Ballot, moved)
        cursor.execute(_LEFT, [today])
        _logged(SetAside, cursor.fetchall())
        _notes(today)
        for table in DAY:
            cursor.execute(f'DELETE FROM {table} WHERE "on" < %s', [today])  # noqa: S608
    return len(moved)


def _moved(cursor: Any, statement: str, today: date) -> list[tuple[uuid.UUID, date]]:
    cursor.execute(statement, [today])
    return list(cursor.fetchall())


def swept() -> None:
    """Give back the pages of what the night took: a deleted row would stay legible there."""
    with connection.cursor() as cursor:
        for table in DAY:
            cursor.execute(f"CLUSTER {table} USING {table}_pkey")


def _logged(model: Any, rows: Iterable[tuple[uuid.UUID, date]]) -> None:
    by_day: dict[date, list[uuid.UUID]] = {}
    for number, on in rows:
        by_day.setdefault(on, []).append(number)
    for on, numbers in sorted(by_day.items()):
        notarise_keys(model, numbers, on)


def _notes(today: date) -> None:
    notes = list(ArrivalNote.objects.filter(on__lt=today).order_by("on", "id"))
    answers = [note for note in notes if note.what == Note.ANSWER]
    boxed = set(Ballot.objects.filter(pk__in=[note.ballot for note in answers]).values_list("pk", flat=True))
    before = dict(
        Reply.objects.filter(ballot__in=[note.ballot for note in answers])
        .values_list("ballot").annotate(all=Count("id")).order_by()
    )  # fmt: skip
    made = []
    for note in [note for note in answers if note.ballot in boxed]:
        number = before[note.ballot] = before.get(note.ballot, 0) + 1
        made.append(
            Reply(
                id=note.id,
                ballot_id=str(note.ballot),
                side=Side.RATER,
                text=note.text,
                on=note.on,
                number=number,
            )
        )
    _logged(Reply, [(reply.id, reply.on) for reply in Reply.objects.bulk_create(made)])
    flaws = [
        SetAside(id=note.id, raw=note.text, reason=note.reason or "answers what was set aside", on=note.on)
        for note in notes
        if note.what == Note.FLAW or note.ballot not in boxed
    ]
    _logged(SetAside, [(one.id, one.on) for one in SetAside.objects.bulk_create(flaws)])
