"""Appending: with the row or not at all; what stands is salted, and stays."""

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from django.db import DatabaseError, connection, connections, transaction

from hengjian.notary.errors import NotaryRefused
from hengjian.notary.models import WITHIN, Commitment, Erasure, Pending, Salt
from hengjian.notary.operations import append, append_many, erase
from hengjian.proof.commitments import Entry, commitment

DAY = date(2026, 3, 5)
AT = datetime(2026, 3, 6, 1, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def test_entry_opens_with_its_salt_only() -> None:
    number = append("test.note", "17", b'{"marks":3}', DAY, {"cycle": "2026-H1", "rows": 3})
    kept = Commitment.objects.get(pk=number)
    salt = bytes(Salt.objects.get(pk=number).salt)
    assert len(salt) >= 16
    entry = Entry.parse(bytes(kept.entry))
    assert entry == Entry("test.note", 1, "2026-03-05", commitment(salt, b'{"marks":3}'), entry.public)
    assert dict(entry.public) == {"cycle": "2026-H1", "rows": 3}
    assert (kept.kind, kept.key, kept.schema, kept.on) == ("test.note", "17", 1, DAY)
    assert b"17" not in bytes(kept.entry).replace(entry.commitment.hex().encode(), b"")
    assert Pending.objects.get(pk=number >> WITHIN).count == 1


def test_same_content_has_another_commitment_each_time() -> None:
    append_many("test.note", [(str(at), b"same", None) for at in range(50)], DAY)
    entries = {bytes(entry) for entry in Commitment.objects.values_list("entry", flat=True)}
    assert len(entries) == 50
    assert len({bytes(salt) for salt in Salt.objects.values_list("salt", flat=True)}) == 50


def test_rolled_back_with_the_row() -> None:
    with transaction.atomic():
        append("test.note", "1", b"x", DAY)
        transaction.set_rollback(True)
    assert not Commitment.objects.exists()
    assert not Pending.objects.exists()


def test_refused_outside_a_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections["default"], "in_atomic_block", False)
    with pytest.raises(NotaryRefused, match="同一事务"):
        append("test.note", "1", b"x", DAY)


def test_a_row_is_logged_once() -> None:
    append("test.note", "1", b"x", DAY)
    with pytest.raises(DatabaseError), transaction.atomic():
        append("test.note", "1", b"y", DAY)


@pytest.mark.parametrize("key", ["", "x" * 129, "a\0b"])
def test_unfit_keys_are_refused(key: str) -> None:
    with pytest.raises(NotaryRefused):
        append("test.note", key, b"x", DAY)


def test_more_than_one_delivery_holds_are_several() -> None:
    numbers = append_many("test.note", ((str(at), b"x", None) for at in range(70_000)), DAY)
    assert [len(part) for part in numbers] == [65_536, 4_464]
    assert Commitment.objects.count() == Salt.objects.count() == 70_000
    assert sum(Pending.objects.values_list("count", flat=True)) == 70_000


def test_shuffled_kind_keeps_no_order_of_arrival() -> None:
    first = append_many("test.ballot", [(f"{at:03}", b"x", None) for at in range(200)], DAY)
    second = append_many("test.ballot", [(f"{at:03}", b"x", None) for at in range(200, 400)], DAY)
    third = append_many("test.ballot", [(f"{at:03}", b"x", None) for at in range(400, 600)], DAY)
    keys = list(Commitment.objects.order_by("id").values_list("key", flat=True))
    assert sorted(keys) == [f"{at:03}" for at in range(600)]
    assert keys[:200] != sorted(keys[:200])
    deliveries = [part[0].start >> WITHIN for part in (first, second, third)]
    assert min(deliveries) >= 1 << 42
    assert {b - a for a, b in pairwise(deliveries)} != {1}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE notary_commitment SET key = 'z'",
        "DELETE FROM notary_commitment",
        "TRUNCATE notary_commitment CASCADE",
        "DELETE FROM notary_salt",
        "UPDATE notary_salt SET salt = decode(repeat('00', 32), 'hex')",
        "TRUNCATE notary_salt",
        "DELETE FROM notary_pending",
        "UPDATE notary_pending SET count = 2",
        "TRUNCATE notary_pending",
    ],
)
def test_the_database_itself_refuses(statement: str) -> None:
    append("test.note", "1", b"x", DAY)
    with pytest.raises(DatabaseError, match="refused"), transaction.atomic():
        connection.cursor().execute(statement)


def test_erasure_destroys_the_salt_and_is_logged() -> None:
    number = append("test.note", "1", b"a name", DAY)
    append("test.note", "2", b"another", DAY)
    erase("test.note", "1", "任期已满", "records-office", AT)
    assert not Salt.objects.filter(pk=number).exists()
    assert Commitment.objects.filter(pk=number).exists()
    kept = Erasure.objects.get(pk=number)
    assert (kept.by, kept.at, kept.reason) == ("records-office", AT, "任期已满")
    logged = Commitment.objects.get(kind="notary.erasure")
    assert (logged.key, logged.on) == (str(number), date(2026, 3, 6))
    kept_salts = Salt.objects.values_list("pk", flat=True)
    assert set(Commitment.objects.values_list("pk", flat=True)) - set(kept_salts) == {number}


@pytest.mark.parametrize(("key", "by", "reason"), [("9", "a", "b"), ("1", "", "b"), ("1", "a", " ")])
def test_erasure_needs_an_entry_an_author_and_a_reason(key: str, by: str, reason: str) -> None:
    append("test.note", "1", b"x", DAY)
    with pytest.raises(NotaryRefused):
        erase("test.note", key, reason, by, AT)
    assert Salt.objects.count() == 1


def test_erased_once() -> None:
    append("test.note", "1", b"x", DAY)
    erase("test.note", "1", "r", "b", AT)
    with pytest.raises(NotaryRefused):
        erase("test.note", "1", "r", "b", AT)


def test_bulk_entries_are_written_in_the_one_way_of_an_entry() -> None:
    publics = [None, {}, {"rows": 1}, {"rows": 1}, {"cycle": "0" * 64}, {"rows": 2, "cycle": "x"}, None]
    append_many("test.note", [(str(at), b"%d" % at, public) for at, public in enumerate(publics)], DAY)
    for at, public in enumerate(publics):
        kept = Commitment.objects.get(key=str(at))
        salt = bytes(Salt.objects.get(pk=kept.pk).salt)
        expected = Entry("test.note", 1, "2026-03-05", commitment(salt, b"%d" % at), public or {})
        assert bytes(kept.entry) == expected.encode()
