"""Ratings of town Y's secretary in a served demonstration city: cast, put into the box, opened, released.

Run beside the server, with its data folder: ``HENGJIAN_DATA=… python -m tests.journey.low_marks 2026-11-23``.
Everything by the operations that the nights call; only the days are given.
"""

import secrets
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from hengjian.cli.session import django_ready

ALIKE = "窗口推诿，让我来回跑了五趟也没有办成"


def main(today: date) -> None:
    """Thirty-six ratings forty days ago, three more three days ago; the nights since then did their work."""
    with django_ready() as folder:
        _happened(Path(folder), today)


def _happened(data: Path, today: date) -> None:
    from hengjian.demo.operations import seat_of_wang
    from hengjian.policy import folder
    from hengjian.proof.blind_keys import SecretKey
    from hengjian.ratings.ballots import operations
    from hengjian.ratings.ballots.releases import release_due
    from hengjian.ratings.ballots.rules import rules_of
    from hengjian.ratings.followups import telling
    from hengjian.ratings.followups.boxes import key_of
    from hengjian.ratings.followups.clocks import clocks_of

    policy = folder.load(folder.shipped()["seed"]).in_force(today)
    rules, clocks = rules_of(policy), clocks_of(policy)
    official, post = seat_of_wang().split("@")
    first, then = (today - timedelta(days=n) for n in (40, 3))
    half = f"{first.year}-H{1 if first.month <= 6 else 2}"
    issuer = SecretKey.generated(bits=2048)
    public = issuer.public
    page = operations.accept_key(public.spki, public.variant.name, official, post, half, first)
    _cast(issuer, [2, 1, 3, 2, 1, *[8, 9, 7, 10] * 8], first, rules)
    _night(first + timedelta(days=1), policy)
    release_due(_at(today - timedelta(days=4)), rules, lambda _below: 0)
    codes = _cast(issuer, [1, 3, 4], then, rules)
    lock = key_of(data).lock
    telling.leave_contact(codes[0], telling.Contact("李某（合成）", "13800000000"), lock, then)
    for kind in ("retaliation", "inducement"):
        told = telling.Told(kind, "打分以后，村里停了我家的低保（合成数据）", codes[1], key=page)
        telling.report(told, lock, clocks, today)
    _night(then + timedelta(days=1), policy)


def _cast(issuer: Any, marks: list[int], on: date, rules: Any) -> list[str]:
    """Ballots of a day; gives their receipts."""
    from hengjian.ratings.ballots import operations
    from hengjian.ratings.ballots.receipts import digest, new_code
    from hengjian.ratings.ballots.tokens import Said
    from tests.unit.ratings.ballots.making import token_of

    codes = [new_code(secrets.token_bytes) for _mark in marks]
    for n, (mark, code) in enumerate(zip(marks, codes, strict=True)):
        low = mark <= 4
        tags, comment = ("rude", "slow") if low else ("kind",), f"{ALIKE}，电话1380000000{n}" if low else ""
        operations.cast(token_of(issuer), Said(mark, tags, comment, receipt=digest(code)), rules, on)
    return codes


def _night(day: date, policy: Any) -> None:
    """What the worker does soon after midnight."""
    from hengjian.notary.nights.operations import gather
    from hengjian.ratings.ballots import collecting
    from hengjian.ratings.ballots.rules import rules_of
    from hengjian.ratings.followups import jobs
    from hengjian.ratings.followups.clocks import clocks_of
    from hengjian.ratings.followups.flags import limits_of

    collecting.take_in(_at(day))
    jobs.nightly(_at(day), rules_of(policy), clocks_of(policy), limits_of(policy))
    gather(_at(day))


def _at(day: date) -> datetime:
    """Two in the morning in Shanghai."""
    return datetime(day.year, day.month, day.day, 18, tzinfo=UTC) - timedelta(days=1)


if __name__ == "__main__":
    main(date.fromisoformat(sys.argv[1]))
