"""Attackers who hold a full dump of both sides, and try to say whose ballot is whose.

Each orders the ballots by something that the dump holds of them, orders the tokens' issues by something
that it holds of those, and pairs the two rank by rank. The pair of orders that does best for one official is
judged on another one's raters, so that trying many orders wins nothing by luck.
"""

import subprocess
from dataclasses import dataclass
from typing import Any

from django.db import connection

from hengjian.database.binaries import wheel_programs
from hengjian.notary.queries import leaf_of
from tests.unit.invitations.conftest import reachable

_ROW = "(ctid::text::point)[0] * 1000 + (ctid::text::point)[1]"
Orders = dict[str, dict[str, Any]]  # name of the order: key of the row, and where it stands


@dataclass(frozen=True)
class Rating:
    """The truth: an invitation, and the digest of the receipt that its rater drew."""

    official: str
    invitation: str
    receipt: str


def dump(name: str) -> str:
    """All rows of all tables, as they stand on the disk."""
    given = reachable()
    command = [
        wheel_programs() / "pg_dump", "--data-only", "--inserts", "-h", given["host"], "-U", given["user"],
        "-p", given.get("port", "5432"), "-d", name,
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _read(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def _columns(rows: list[tuple[Any, ...]], names: str) -> Orders:
    orders: Orders = {}
    for at, name in enumerate(names.split(), 1):
        orders[name] = {str(row[0]): row[at] for row in rows}
        orders[name + " backwards"] = {key: -place for place, key in enumerate(_ordered(orders[name]))}
    return orders


def _ordered(values: dict[str, Any]) -> list[str]:
    return sorted(values, key=lambda key: (values[key], key))


def of_ballots(text: str) -> Orders:
    """Every order in which a ballot stands anywhere, by its receipt's digest."""
    numbers = dict(_read("SELECT id::text, receipt FROM ballots_ballot"))
    rows = _read(
        f"""SELECT b.receipt, {_ROW.replace("ctid", "b.ctid")}, b.xmin::text::int8, b.id::text, b.token,
            b.receipt, {_ROW.replace("ctid", "c.ctid")}, c.xmin::text::int8, c.id,
            {_ROW.replace("ctid", "s.ctid")}, s.xmin::text::int8, encode(c.entry, 'hex')
        FROM ballots_ballot b JOIN notary_commitment c ON c.kind = 'ballots.ballot' AND c.key = b.id::text
        JOIN notary_salt s ON s.commitment_id = c.id"""
    )
    orders = _columns(
        rows,
        "row transaction id token receipt leaf-row leaf-transaction leaf-number salt-row "
        "salt-transaction entry",
    )
    places = [(receipt, leaf_of("ballots.ballot", number) or 0) for number, receipt in numbers.items()]
    dumped = [(receipt, text.find(number)) for number, receipt in numbers.items()]
    return orders | _columns(places, "place-in-the-log") | _columns(dumped, "place-in-the-dump")


def of_sealed(text: str, left: str, *, raw: bool = True) -> Orders:
    """Every order in which what raters left stands anywhere, by the receipt of their ballot.

    ``raw``: with the server's own files, not the dump alone.
    """
    rows = _read(
        f"""SELECT b.receipt, s.id::text, {_ROW.replace("ctid", "s.ctid")}, s.xmin::text::int8,
            coalesce({_ROW.replace("ctid", "r.ctid")}, 0), coalesce(r.xmin::text::int8, 0)
        FROM followups_sealed s JOIN ballots_ballot b ON b.id = s.ballot
        LEFT JOIN followups_report r ON r.sealed_id = s.id WHERE s."left" = '{left}'"""
    )
    orders: Orders = {}
    for table in ("followups_sealed", "followups_report"):
        at = text.find(f"INTO public.{table} ")
        orders |= _columns([(row[0], text.find(row[1], at)) for row in rows], f"place-in-the-dump-of-{table}")
    names = "id row transaction report-row report-transaction"
    return orders | (_columns(rows, names) if raw else {})


def of_issues(text: str) -> Orders:
    """Every order in which an invitation, its opening and its token's issue stand, by the invitation."""
    rows = _read(
        f"""SELECT i.invitation_id, {_ROW.replace("ctid", "i.ctid")}, i.xmin::text::int8, i.blinded_hash,
            {_ROW.replace("ctid", "o.ctid")}, o.xmin::text::int8, {_ROW.replace("ctid", "n.ctid")},
            n.xmin::text::int8, n.id::text, n.person_key, a.at, {_ROW.replace("ctid", "a.ctid")}
        FROM invitations_issue i JOIN invitations_opening o USING (invitation_id)
        JOIN invitations_invitation n ON n.id = i.invitation_id
        JOIN invitations_attempt a ON a.invitation_id = i.invitation_id"""
    )
    names = (
        "row transaction blinded opening-row opening-transaction asked-row asked-transaction id person sent "
        "sent-row"
    )
    numbers = [str(row[0]) for row in rows]
    at = text.find("INSERT INTO public.invitations_issue VALUES")
    dumped = [(number, text.find(number, at)) for number in numbers]
    return _columns(rows, names) | _columns(dumped, "place-in-the-dump")


def linked(ratings: list[Rating], ballots: dict[str, Any], issues: dict[str, Any]) -> float:
    """The share of raters paired rightly, less what a guess would pair."""
    mine = {one.receipt: one.invitation for one in ratings}
    by_ballot = _ordered({key: place for key, place in ballots.items() if key in mine})
    wanted = set(mine.values())
    by_issue = _ordered({key: place for key, place in issues.items() if key in wanted})
    assert len(by_ballot) == len(by_issue) == len(mine)
    right = sum(mine[ballot] == issue for ballot, issue in zip(by_ballot, by_issue, strict=True))
    return (right - 1) / len(mine)


def advantage(
    learn: list[Rating], judge: list[Rating], text: str, orders: Orders | None = None
) -> tuple[float, str]:
    """Of the best pair of orders for one official: how it does for the other."""
    ballots, issues = orders or of_ballots(text), of_issues(text)
    names = [(one, other) for one in ballots for other in issues]
    best = max(names, key=lambda pair: linked(learn, ballots[pair[0]], issues[pair[1]]))
    return linked(judge, ballots[best[0]], issues[best[1]]), " with ".join(best)
