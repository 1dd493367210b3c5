"""The one way in for ballots: many of them, shuffled, in one transaction with their leaves.

A token has one row: a second ballot with it is passed over by the database itself and its sender told so.
A row that the database refuses for another reason is set aside, and the others stand. When the server is
lost the batch is written again: rows that stand already, known by their random numbers, count as accepted.

Crash points: killed before the commit nothing stands and nobody was answered; killed after it all stand,
and whoever was not answered finds the ballot counted by receipt.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.db import DatabaseError, DataError, IntegrityError, transaction
from django.utils.translation import gettext as _

from hengjian.notary.recording import notarise, notarise_keys
from hengjian.ratings.ballots.errors import BallotRefused
from hengjian.ratings.ballots.models import Ballot, SetAside
from hengjian.ratings.ballots.role import redeeming
from hengjian.ratings.ballots.tokens import Draft

_INSERT = """
INSERT INTO ballots_ballot (id, key_id, token, receipt, mark, tags, comment, how, "on", supersedes_id)
SELECT g.id, g.key, g.token, g.receipt, g.mark, g.tags::varchar[], g.comment, g.how, g.day, g.supersedes
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::int2[], %s::text[], %s::text[], %s::text[],
            %s::date[], %s::uuid[])
    AS g(id, key, token, receipt, mark, tags, comment, how, day, supersedes)
ON CONFLICT DO NOTHING RETURNING id"""
_STANDING = "SELECT id FROM ballots_ballot WHERE id = ANY(%s)"

Outcome = BallotRefused | None


def store(drafts: Sequence[Draft]) -> list[Outcome]:
    """Write drafts durably; for each None, or why it was not accepted.

    Clause: NORMS L6
    """
    try:
        stored = _written(drafts)
    except (DataError, IntegrityError) as fault:
        if len(drafts) == 1:
            return [_set_aside(drafts[0], fault)]
        half = len(drafts) // 2
        return store(drafts[:half]) + store(drafts[half:])
    return [None if draft.id in stored else _used(draft) for draft in drafts]


def _written(drafts: Sequence[Draft]) -> set[Any]:
    shuffled = list(drafts)
    secrets.SystemRandom().shuffle(shuffled)
    with transaction.atomic():
        with redeeming() as cursor:
            cursor.execute(_INSERT, _columns(shuffled))
            stored = {row[0] for row in cursor.fetchall()}
            standing = set()
            if missing := [draft.id for draft in drafts if draft.id not in stored]:
                cursor.execute(_STANDING, [missing])
                standing = {row[0] for row in cursor.fetchall()}
        notarise_keys(Ballot, list(stored), drafts[0].on)
    return stored | standing


def _columns(drafts: Sequence[Draft]) -> list[list[Any]]:
    rows = [
        (
            d.id, d.key, d.token, d.said.receipt, d.said.mark, "{" + ",".join(d.said.tags) + "}",
            d.said.comment, str(d.said.how), d.on, d.supersedes,
        )
        for d in drafts
    ]  # fmt: skip
    return [list(column) for column in zip(*rows, strict=True)]


def _set_aside(draft: Draft, fault: DatabaseError) -> BallotRefused:
    raw = json.dumps(asdict(draft), default=str, ensure_ascii=True, sort_keys=True)
    reason = str(fault).splitlines()[0][:400]
    with transaction.atomic():
        with redeeming():
            kept = SetAside.objects.create(raw=raw, reason=reason, on=draft.on)
        notarise(draft.on, kept)
    return BallotRefused(_("这张票无法存入，已搁置待查"), do=_("请稍后重试"), code="ballots.set_aside")


def _used(draft: Draft) -> BallotRefused:
    if draft.supersedes is not None:
        return BallotRefused(
            _("这张票刚刚被修改过"), do=_("请重新打开回执"), code="ballots.amended_meanwhile"
        )
    return BallotRefused(_("评价凭证已经用过"), do=_("可凭回执查看"), code="ballots.token_used")
