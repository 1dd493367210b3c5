"""The sequencer: the only one that gives entries their places.

* One at a time: a lock in the database, held by the session for as long as it lives. Lost with the
  session, never stolen. A second sequencer is refused and told who holds it. (A pool that shares
  sessions between statements cannot be used.) Even without the lock two could not fork the log: a
  head's size is a primary key, and a batch begins at the last head.
* What waits is found by its state (:class:`Pending`), never by "numbers above the last one": numbers
  are handed out before the commit, and a slow transaction would be passed by for ever.
* Deliveries of shuffled kinds have random numbers; a batch takes them in the order of the numbers.

Crash points: a batch is one transaction: tiles, bundles, receipts, the end of waiting, and the head.
Killed before its commit, nothing happened. Killed after it, the head stands unsigned, and the next
start signs this very head.
"""

import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

from hengjian.notary import storage
from hengjian.notary.errors import LogTampered, NotaryRefused
from hengjian.notary.models import WITHIN, Head
from hengjian.terms.calendar import SHANGHAI

LOCK = 0x68656E676A69616E  # "hengjian"
LARGEST_BATCH = 1 << 17
PATIENCE = "5s"
CLIENT_LOOKED_AT = "200ms"
LOCK_NOT_AVAILABLE = "55P03"

_HOLDER = """
SELECT a.pid, a.application_name, coalesce(host(a.client_addr), 'local'), a.backend_start
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database =
      (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (l.classid::int8 << 32) + l.objid::int8 = %s"""
_WAITING = "SELECT delivery, count FROM notary_pending ORDER BY delivery LIMIT 20000"
_ENTRIES = f"""
SELECT c.entry FROM unnest(%s::int8[], %s::int4[]) AS w(delivery, count)
JOIN notary_commitment c ON c.id >= (w.delivery << {WITHIN}) AND c.id < (w.delivery << {WITHIN}) + w.count
ORDER BY c.id"""  # noqa: S608


@dataclass(frozen=True)
class Batch:
    """What one step did."""

    before: int
    size: int
    root: bytes

    @property
    def count(self) -> int:
        """How many entries got their places."""
        return self.size - self.before


class Sequencer:
    """Holds the lock and the tree's right edge."""

    def __init__(self, guarded: Callable[[Head | None], None] = lambda _head: None) -> None:
        """Take the lock, let ``guarded`` look at the last head, then load the edge."""
        self._session = self._take_lock()
        try:
            head = Head.objects.order_by("-size").first()
            guarded(head)
            self.edge = storage.load_edge(head.size if head else 0)
        except BaseException:
            self.release()
            raise

    @staticmethod
    def _take_lock() -> int:
        name = f"hengjian notary {socket.gethostname()[:30]} {os.getpid()}"
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('application_name', %s, false)", [name])
            cursor.execute("SELECT set_config('synchronous_commit', 'on', false)")
            # a sequencer that was killed holds the lock until the server has noticed, and a server that is
            # in the middle of a long statement notices only when it looks
            cursor.execute(
                "SELECT set_config('client_connection_check_interval', %s, false)", [CLIENT_LOOKED_AT]
            )
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [PATIENCE])
            try:
                cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            except OperationalError as fault:
                if getattr(fault.__cause__, "sqlstate", "") != LOCK_NOT_AVAILABLE:
                    raise
                cursor.execute(_HOLDER, [LOCK])
                raise _second(cursor.fetchone()) from fault
            cursor.execute("SELECT set_config('lock_timeout', '0', false), pg_backend_pid()")
            (_none, session) = cursor.fetchone()
        return int(session)

    def release(self) -> None:
        """Give the lock back."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s) WHERE pg_backend_pid() = %s", [LOCK, self._session])

    def step(self, at: datetime) -> Batch | None:
        """Give places to what waits, in one transaction; None when nothing does.

        Raises: LogTampered when somebody else wrote heads, or what waits is not there;
        OperationalError when the session, and with it the lock, was lost.
        """
        before = self.edge.size
        try:
            with transaction.atomic():
                batch = self._batch(at)
        except BaseException:
            self.edge = None  # type: ignore[assignment] # it may have grown: whoever goes on starts anew
            raise
        # crash point: the head stands unsigned
        return batch if batch.size > before else None

    def _batch(self, at: datetime) -> Batch:
        with connection.wrap_database_errors, storage.plain_cursor() as cursor:
            self._check_still_ours(cursor)
            before = self.edge.size
            deliveries = _chosen(cursor.execute(_WAITING, binary=True).fetchall())
            if deliveries:
                self._place(cursor, deliveries, at)
            return Batch(before, self.edge.size, self.edge.root() if deliveries else b"")

    def _check_still_ours(self, cursor: "psycopg.Cursor[Any]") -> None:
        query = "SELECT pg_backend_pid(), coalesce((SELECT max(size) FROM notary_head), 0)"
        session, size = cursor.execute(query).fetchone() or (0, 0)
        if session != self._session:
            raise OperationalError("the session that held the sequencer's lock is gone")
        if size != self.edge.size:
            raise LogTampered(
                _("数据库的日志树头被别处改动：应为 %(ours)s，实为 %(theirs)s")
                % {"ours": self.edge.size, "theirs": size},
                do=_("请停止其他写入者，核对后再启动"),
                code="notary.head_moved",
            )

    def _place(
        self, cursor: "psycopg.Cursor[Any]", deliveries: Sequence[tuple[int, int]], at: datetime
    ) -> None:
        numbers, counts = [d for d, _ in deliveries], [c for _, c in deliveries]
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL jit = off")
        entries = [
            bytes(entry) for (entry,) in cursor.execute(_ENTRIES, [numbers, counts], binary=True).fetchall()
        ]
        if len(entries) != sum(counts):
            raise LogTampered(
                _("等待编号的条目少了 %s 条") % (sum(counts) - len(entries)),
                do=_("请保留现场，运行存证核对"),
                code="notary.commitments_missing",
            )
        receipts, first = [], self.edge.size
        for delivery, count in deliveries:
            receipts.append((delivery, first, count))
            first += count
        storage.write_growth(cursor, self.edge.add(entries))
        # crash point: tiles without their head; the commit has not come, so they are not there either
        _write_receipts(cursor, receipts)
        cursor.execute("DELETE FROM notary_pending WHERE delivery = ANY(%s)", [numbers])
        storage.write_head(cursor, self.edge.size, self.edge.root(), at)


def is_running() -> bool:
    """Whether some process numbers entries now."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLDER, [LOCK])
        return cursor.fetchone() is not None


def _write_receipts(cursor: "psycopg.Cursor[Any]", receipts: Sequence[tuple[int, int, int]]) -> None:
    with cursor.copy("COPY notary_receipt (delivery, first, count) FROM STDIN") as copy:
        for receipt in receipts:
            copy.write_row(receipt)


def _chosen(waiting: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """As many deliveries as one batch takes; at least one."""
    chosen: list[tuple[int, int]] = []
    total = 0
    for delivery, count in waiting:
        if chosen and total + count > LARGEST_BATCH:
            break
        chosen.append((delivery, count))
        total += count
    return chosen


def _second(holder: tuple[Any, ...] | None) -> NotaryRefused:
    who = "?"
    if holder:
        number, name, address, since = holder
        who = f"{name}（{address}，pid {number}，{since.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}）"
    return NotaryRefused(
        _("已有一个定序程序在运行：%s") % who,
        do=_("同一日志只能有一个；请先停止它（hengjian notary run）"),
        code="notary.second_sequencer",
    )
