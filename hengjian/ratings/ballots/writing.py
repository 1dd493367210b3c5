"""The one way in for ballots: many of them, shuffled, in one statement that is its own transaction.

A token has one row, today or in the box: a second ballot with it is passed over by the database itself and
its sender told so. A row that the database refuses for another reason is kept aside, and the others stand.
When the server is lost the batch is written again: rows that stand already, known by their random numbers,
count as accepted. The night puts what came in into the box (:mod:`hengjian.ratings.ballots.collecting`).

Crash points: killed before the commit nothing stands and nobody was answered; killed after it all stand,
and whoever was not answered finds the ballot counted by receipt.
"""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import DatabaseError, DataError, IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from hengjian.notary.storage import plain_cursor
from hengjian.ratings.ballots.errors import BallotRefused
from hengjian.ratings.ballots.models import ArrivalNote, Note
from hengjian.ratings.ballots.tokens import Draft

# Each look into the box is by its index, however many ballots stand there.
_INSERT = """
INSERT INTO ballots_arrival (digest, id, key, receipt, mark, tags, comment, how, "on", supersedes)
SELECT g.digest, g.id, g.key, g.receipt, g.mark, g.tags::varchar[], g.comment, g.how, %b, g.supersedes
FROM unnest(%b::bytea[], %b::uuid[], %b::bytea[], %b::bytea[], %b::int2[], %b::text[], %b::text[], %b::text[],
            %b::uuid[]) AS g(digest, id, key, receipt, mark, tags, comment, how, supersedes)
WHERE (SELECT true FROM ballots_ballot WHERE token = encode(g.digest, 'hex')) IS NULL
  AND (SELECT true FROM ballots_ballot WHERE receipt = encode(g.receipt, 'hex') AND supersedes_id IS NULL
                                             AND g.supersedes IS NULL) IS NULL
  AND (SELECT true FROM ballots_ballot WHERE supersedes_id = g.supersedes) IS NULL
ON CONFLICT DO NOTHING RETURNING id"""
_STANDING = """
SELECT digest, id FROM ballots_arrival WHERE digest = ANY(%(digests)s)
UNION ALL SELECT decode(token, 'hex'), id FROM ballots_ballot WHERE token = ANY(%(tokens)s)"""
_AMENDS = b"hengjian ballot amended 1\n"

Outcome = BallotRefused | None


def store(drafts: Sequence[Draft]) -> list[Outcome]:
    """Write drafts of one day durably; for each None, or why it was not accepted.

    Clause: NORMS L6
    """
    try:
        return _written(drafts)
    except (DataError, IntegrityError) as fault:
        if len(drafts) == 1:
            return [_kept_aside(drafts[0], fault)]
        half = len(drafts) // 2
        return store(drafts[:half]) + store(drafts[half:])


def digest_of(draft: Draft) -> bytes:
    """What may stand once: a token, or that just this version is amended."""
    if draft.supersedes is not None:
        return sha256(_AMENDS + draft.supersedes.bytes).digest()
    return bytes.fromhex(draft.token or "")


def _written(drafts: Sequence[Draft]) -> list[Outcome]:
    shuffled = sorted(drafts, key=lambda draft: draft.id.int)  # the numbers are drawn by chance
    with _savepoint(), connection.wrap_database_errors, plain_cursor() as cursor:
        cursor.execute(_INSERT, [drafts[0].on, *_columns(shuffled)], prepare=True, binary=True)
        if cursor.rowcount == len(drafts):
            return [None] * len(drafts)
        stored = {row[0] for row in cursor.fetchall()}
        standing = _standing(cursor, [draft for draft in drafts if draft.id not in stored])
    return [None if draft.id in stored else _passed_over(draft, standing) for draft in drafts]


def _savepoint() -> AbstractContextManager[Any]:
    """Within a caller's transaction a refused statement must not end it; else a statement is its own."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()


def _columns(drafts: Sequence[Draft]) -> list[list[Any]]:
    rows = [
        (
            digest_of(d), d.id, bytes.fromhex(d.key), bytes.fromhex(d.said.receipt), d.said.mark,
            "{" + ",".join(d.said.tags) + "}", d.said.comment, str(d.said.how), d.supersedes,
        )
        for d in drafts
    ]  # fmt: skip
    return [list(column) for column in zip(*rows, strict=True)]


def _standing(cursor: Any, drafts: Sequence[Draft]) -> dict[bytes, UUID]:
    """Which ballots hold what these drafts would have held."""
    digests = [digest_of(draft) for draft in drafts]
    tokens = [draft.token for draft in drafts if draft.token is not None]
    rows = cursor.execute(_STANDING, {"digests": digests, "tokens": tokens}).fetchall()
    return {bytes(digest): number for digest, number in rows}


def _passed_over(draft: Draft, standing: dict[bytes, UUID]) -> Outcome:
    held = standing.get(digest_of(draft))
    if held == draft.id:
        return None
    if draft.supersedes is not None:
        return BallotRefused(
            _("这张票刚刚被修改过"), do=_("请重新打开回执"), code="ballots.amended_meanwhile"
        )
    if held is not None:
        return BallotRefused(_("评价凭证已经用过"), do=_("可凭回执查看"), code="ballots.token_used")
    return BallotRefused(_("回执码已经用过"), do=_("请刷新页面后重试"), code="ballots.receipt_used")


def _kept_aside(draft: Draft, fault: DatabaseError) -> BallotRefused:
    raw = json.dumps(asdict(draft), default=str, ensure_ascii=True, sort_keys=True)
    reason = str(fault).splitlines()[0][:400]
    ArrivalNote.objects.create(what=Note.FLAW, text=raw, reason=reason, on=draft.on)
    return BallotRefused(_("这张票无法存入，已搁置待查"), do=_("请稍后重试"), code="ballots.set_aside")
