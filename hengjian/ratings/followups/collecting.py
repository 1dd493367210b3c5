"""What raters left today goes where it is kept: contacts by the night, reports as soon as a handler looks.

All that goes on together is written in one transaction and in the order of random numbers, so that neither a
row's place on the disk nor its transaction's number says when it came, beside the times at which tokens
were issued. A report cannot wait for the night (SPEC B4): who has the server's raw files sees with which look
it went on, and so between which two looks it came; a dump does not show it, since the night writes the
tables anew.

Crash points: one transaction; killed before its commit everything is still in the day's table, and the next
look or night finds it. Killed before :func:`swept`, the emptied pages are given back a night later.
"""

from collections.abc import Iterable
from datetime import date

from django.db import connection, transaction

from hengjian.ratings.followups.models import Left
from hengjian.ratings.followups.models.report import KINDS
from hengjian.ratings.followups.role import DAY

SWEPT = (DAY, "followups_sealed", "followups_report")
_COLUMNS = 'id, "left", ballot, key, box, "on", due_on'
_MOVE = f"""
INSERT INTO followups_sealed ({_COLUMNS}) SELECT {_COLUMNS} FROM {DAY}
WHERE "left" = ANY(%s) AND "on" < %s ORDER BY id ON CONFLICT DO NOTHING"""  # noqa: S608
_EMPTY = f'DELETE FROM {DAY} WHERE "left" = ANY(%s) AND "on" < %s'  # noqa: S608


def take_contacts(on: date) -> None:
    """Move on the contacts of the days before.

    Clause: NORMS L6
    """
    _moved([Left.CONTACT], on)


def take_reports() -> None:
    """Move on every report that came in, of today too.

    Clause: SPEC B4
    """
    _moved(KINDS, date.max)


def _moved(what: Iterable[str], before: date) -> None:
    kinds = [str(one) for one in what]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {DAY} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(_MOVE, [kinds, before])
        cursor.execute(_EMPTY, [kinds, before])


def swept() -> None:
    """Give back the pages of what was moved on, and write the tables anew in the order of random numbers."""
    with connection.cursor() as cursor:
        for table in SWEPT:
            cursor.execute(f"CLUSTER {table} USING {table}_pkey")
