"""What is due stands in rows: a day without the chain, a database put back, rows that were changed."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, connections, transaction

from hengjian.notary.anchors import operations, queries
from hengjian.notary.anchors.chains import Chain, FiscoChain
from hengjian.notary.anchors.config import Target
from hengjian.notary.anchors.errors import Unreachable
from hengjian.notary.anchors.models import Anchor, AnchorAttempt, AnchorReceipt
from hengjian.notary.anchors.rpc import Rpc
from hengjian.notary.models import Head, Publication
from hengjian.terms.errors import Refused, Tampered
from tests.unit.notary.anchors.nodes import (
    ORIGIN,
    Gate,
    authority_server,
    chain_node,
    deployed,
    head,
    in_block,
    make_authority,
    owner,
)

HOUR = timedelta(hours=1)
NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def published(size: int, at: datetime) -> None:
    Head.objects.create(size=size, root=head(size).root, at=at)
    Publication.objects.create(head_id=size, at=at, cosigned=True)


def due(name: str = "chain") -> list[tuple[int, int]]:
    """Hours after nine, and sizes."""
    rows = Anchor.objects.filter(target=name).order_by("size")
    return [((row.hour - NINE) // HOUR, row.size) for row in rows]


def note(now: datetime, name: str = "chain") -> int:
    return operations.note_due(name, ORIGIN, now)


def _settle_constraints() -> None:
    """So that nothing of this transaction stands in the way of what is tried."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_newest_head_of_each_hour_is_due_whenever_somebody_looks() -> None:
    published(0, NINE - HOUR)
    assert note(NINE) == 0  # an empty log has nothing to fix
    published(3, NINE + timedelta(minutes=5))
    assert note(NINE + timedelta(minutes=6)) == 1  # the first time at once
    for minute, size in [(7, 4), (59, 5), (60, 6), (61, 7), (150, 8), (360, 9), (365, 10)]:
        published(size, NINE + timedelta(minutes=minute))
    assert note(NINE + timedelta(hours=6, minutes=30)) == 4  # asked once, six hours later
    # the full hour belongs to what was published by then; hours without growth have none
    assert due() == [(0, 3), (1, 6), (2, 7), (3, 8), (6, 9)]
    assert note(NINE + timedelta(hours=6, minutes=59)) == 0  # and again: nothing new
    assert note(NINE + timedelta(hours=7)) == 1
    assert due()[-1] == (7, 10)


def test_what_is_published_late_for_its_hour_is_due_in_the_next() -> None:
    published(3, NINE - timedelta(minutes=5))
    assert note(NINE + timedelta(seconds=1)) == 1
    published(4, NINE - timedelta(seconds=1))  # committed after somebody looked
    assert note(NINE + timedelta(minutes=59)) == 0
    assert note(NINE + 2 * HOUR) == 1
    assert due() == [(0, 3), (1, 4)]


def test_a_head_that_is_not_published_is_not_due() -> None:
    Head.objects.create(size=3, root=head(3).root, at=NINE)
    assert note(NINE + HOUR) == 0


def test_each_place_has_its_own_list() -> None:
    published(3, NINE)
    assert note(NINE + HOUR, "chain") == 1
    published(4, NINE + HOUR)
    assert note(NINE + 2 * HOUR, "stamp") == 1
    assert note(NINE + 2 * HOUR, "chain") == 1
    assert ([size for _, size in due("chain")], [size for _, size in due("stamp")]) == ([3, 4], [4])


@pytest.mark.parametrize("table", ["notary_anchor", "notary_anchorattempt", "notary_anchorreceipt"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_tables_refuse_every_change(table: str, statement: str) -> None:
    published(3, NINE)
    note(NINE)
    anchor = Anchor.objects.get()
    AnchorAttempt.objects.create(
        anchor=anchor, at=NINE, nonce=0, price=1, transaction="0x" + "11" * 32, raw=b"x"
    )
    AnchorReceipt.objects.create(anchor=anchor, at=NINE, stamped_at=NINE, token=b"x")
    _settle_constraints()
    column = "target" if table == "notary_anchor" else "at"
    with (
        connection.cursor() as cursor,
        pytest.raises(DatabaseError, match="is refused"),
        transaction.atomic(),
    ):
        cursor.execute(statement.format(table, column, column))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"token": b"x", "block": 1, "block_hash": "0x1", "transaction": "0x1"},
        {"block": 1, "block_hash": "0x1"},
        {"block": 1, "transaction": "0x1"},
    ],
)
def test_a_receipt_is_a_block_or_a_token(fields: dict[str, object]) -> None:
    published(3, NINE)
    note(NINE)
    with pytest.raises(DatabaseError, match="anchorreceipt_is_a_block_or_a_token"), transaction.atomic():
        AnchorReceipt.objects.create(anchor=Anchor.objects.get(), at=NINE, stamped_at=NINE, **fields)


@pytest.mark.parametrize("fields", [{"size": 0}, {"target": ""}, {"origin": ""}])
def test_an_anchor_names_place_log_and_size(fields: dict[str, object]) -> None:
    sound = {"target": "chain", "hour": NINE, "size": 3, "root": b"", "origin": ORIGIN}
    with pytest.raises(DatabaseError, match="anchor_"), transaction.atomic():
        Anchor.objects.create(**sound | fields)


@pytest.mark.parametrize("fields", [{"nonce": -1}, {"price": -1}, {"transaction": "0xZZ"}])
def test_a_transaction_has_sound_numbers_and_a_hash(fields: dict[str, object]) -> None:
    published(3, NINE)
    note(NINE)
    sound = {"at": NINE, "nonce": 0, "price": 1, "transaction": "0x" + "11" * 32, "raw": b"x"}
    with pytest.raises(DatabaseError, match="attempt_"), transaction.atomic():
        AnchorAttempt.objects.create(anchor=Anchor.objects.get(), **sound | fields)


# --- with a real node ---------------------------------------------------------------------------
@pytest.fixture(scope="module")
def node() -> Iterator[Rpc]:
    with chain_node("--gas-price", "0", "--block-base-fee-per-gas", "0") as rpc:
        yield rpc


@pytest.fixture(params=["evm", "fisco"])
def gate(request: pytest.FixtureRequest, node: Rpc) -> Iterator[Gate]:
    with Gate(node, like_fisco=request.param == "fisco") as made:
        yield made


@pytest.fixture
def target(gate: Gate, node: Rpc, tmp_path: Path) -> Target:
    key = owner(node, tmp_path)
    chain = deployed(node, key)
    kind = "fisco" if gate.like_fisco else "evm"
    file = tmp_path / "owner.key"
    return Target("chain", kind, gate.rpc.url, "here", chain.address, file, confirmations=2, wait=5)


def sent(target: Target, gate: Gate, now: datetime) -> operations.Outcome:
    return operations.send(target, now, lambda _: gate.rpc.ask("evm_mine"))


def differing(target: Target) -> list[str]:
    return list(queries.differences(target.name, operations.chain_for(target)))


def test_a_day_without_the_chain_is_caught_up_without_a_gap(target: Target, gate: Gate) -> None:
    published(5, NINE)
    note(NINE)
    assert sent(target, gate, NINE).settled == (5,)
    gate.down = True
    for hour in range(1, 25):  # each hour the log grows, something is due, and nobody is there
        at = NINE + hour * HOUR
        published(5 + 10 * hour - 1, at - timedelta(minutes=30))
        published(5 + 10 * hour, at - timedelta(minutes=1))
        assert note(at) == 1
        with pytest.raises(Unreachable):
            sent(target, gate, at)
    sizes = [5 + 10 * hour for hour in range(25)]
    assert [size for _, size in due()] == sizes
    assert AnchorReceipt.objects.count() == 1
    gate.down = False
    assert sent(target, gate, NINE + 25 * HOUR).settled == tuple(sizes[1:])
    chain: Chain = operations.chain_for(target)
    assert [entry.size for entry in chain.history()] == sizes[::-1]
    assert all(entry.root == head(entry.size).root for entry in chain.history())
    assert chain.standing().count == 25
    numbers = AnchorAttempt.objects.order_by("id").values_list("nonce", flat=True)
    assert [after - before for before, after in pairwise(numbers)] == [1] * 24
    assert differing(target) == []
    assert sent(target, gate, NINE + 26 * HOUR).settled == ()


def test_what_a_killed_program_sent_is_found_and_not_sent_again(target: Target, gate: Gate) -> None:
    """As after kill -9 between sending and writing down: the chain has it, the rows have not."""
    published(5, NINE)
    note(NINE)
    chain = operations.chain_for(target)
    key = operations.owner_of(target)
    in_block(chain, chain.signed_head(key, head(5), chain.nonce(key.address)))
    assert AnchorAttempt.objects.count() == 0
    assert sent(target, gate, NINE).settled == (5,)
    assert AnchorAttempt.objects.count() == 0
    assert chain.standing().count == 1
    assert differing(target) == []


def test_a_database_put_back_is_told_by_check_and_by_send(target: Target, gate: Gate) -> None:
    published(5, NINE)
    note(NINE)
    sent(target, gate, NINE)
    chain, key = operations.chain_for(target), operations.owner_of(target)
    in_block(chain, chain.signed_head(key, head(90), chain.nonce(key.address)))  # of what was lost
    assert [line[:6] for line in differing(target)] == ["大小 90："]
    published(50, NINE + timedelta(minutes=1))
    note(NINE + HOUR)
    with pytest.raises(Tampered, match="旧备份"):
        sent(target, gate, NINE + HOUR)


def test_a_row_changed_by_the_databases_owner_is_reported(target: Target, gate: Gate) -> None:
    published(5, NINE)
    note(NINE)
    sent(target, gate, NINE)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE notary_anchor DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE notary_head DISABLE TRIGGER USER")
        forged = head(5, "forged").root
        cursor.execute("UPDATE notary_anchor SET root = %s", [forged])
        assert len(differing(target)) == 2  # against the log, against the chain
        cursor.execute("UPDATE notary_head SET root = %s", [forged])
        (only,) = differing(target)  # even when both were changed
    assert "链上的根是" in only


def test_two_programs_do_not_send_at_once(target: Target, gate: Gate) -> None:
    Anchor.objects.create(target="chain", hour=NINE, size=5, root=head(5).root, origin=ORIGIN)
    other = connections["default"].copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [operations.lock_number("chain")])
            assert cursor.fetchone()[0]
        with pytest.raises(Refused, match="另一个程序"):
            sent(target, gate, NINE)
        with pytest.raises(Refused, match="另一个程序"):
            note(NINE)
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")
    finally:
        other.close()
    assert sent(target, gate, NINE).settled == (5,)


def test_without_an_address_it_says_to_deploy(target: Target, gate: Gate) -> None:
    nowhere = Target("chain", "fisco", gate.rpc.url, "anchors.yaml:1", key_file=target.key_file)
    published(5, NINE)
    note(NINE)
    with pytest.raises(Refused, match="还没有合约地址"):
        sent(nowhere, gate, NINE)
    assert isinstance(operations.chain_for(target), FiscoChain if gate.like_fisco else Chain)


# --- with a real authority ----------------------------------------------------------------------
@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl")
def test_stamps_are_caught_up_and_verified(tmp_path: Path) -> None:
    settings = make_authority(tmp_path)
    away = Target("stamp", "rfc3161", "http://127.0.0.1:1/", "here", roots=tmp_path / "root.pem", timeout=2)
    for hour in range(3):
        published(5 + hour, NINE + hour * HOUR)
        note(NINE + hour * HOUR, "stamp")
        with pytest.raises(Unreachable):
            operations.send(away, NINE, lambda _: None)
    with authority_server(settings) as url:
        there = Target("stamp", "rfc3161", url, "here", roots=tmp_path / "root.pem")
        assert operations.send(there, NINE, lambda _: None).settled == (5, 6, 7)
        assert operations.send(there, NINE, lambda _: None).settled == ()
        authority = operations.authority_of(there)
    assert list(queries.differences("stamp", authority)) == []
    _settle_constraints()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE notary_anchorreceipt DISABLE TRIGGER USER")
        cursor.execute("UPDATE notary_anchorreceipt SET stamped_at = stamped_at - interval '1 day'")
    assert len(list(queries.differences("stamp", authority))) == 3
