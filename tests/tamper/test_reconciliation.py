"""Whatever the owner of the database changes by SQL, triggers off, one reconciliation reports and names."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction

from hengjian.notary import reconciliation
from hengjian.notary.alarms import DIFFERS
from hengjian.notary.holding import Leaf, without_place
from hengjian.notary.models import Commitment, Difference, Head, Receipt, Reconciliation, Salt
from hengjian.notary.protected import kinds
from hengjian.notary.reconciliation import due, reconcile
from hengjian.notary.sequencing import Sequencer
from hengjian.proof.tree import EMPTY_ROOT
from hengjian.ratings.panels.models import Mark
from tests.unit.cycles.small_city import build, to_published
from tests.unit.notary.town import is_open

CYCLE = "t-2026-h1"
NOW = datetime(2026, 7, 12, 19, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def log(db: None, tmp_path: Path) -> None:
    """A city whose result is published, and every row of it sequenced in two heads."""
    build()
    sequence()
    to_published(CYCLE, tmp_path)
    sequence()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def sequence() -> None:
    sequencer = Sequencer()
    try:
        assert sequencer.step(NOW) is not None
    finally:
        sequencer.release()


def by_owner(statement: str, *values: object, rows: int = 1) -> None:
    """As the owner does it: no trigger fires."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, values)
        assert cursor.rowcount == rows
        cursor.execute("SET LOCAL session_replication_role = origin")


def found() -> set[tuple[str, str, str]]:
    run = reconcile(lambda: NOW, None)
    assert run.finished_at == NOW
    assert run.found == run.differences.count()
    return {(one.what, one.kind, one.key) for one in run.differences.all()}


def key(table: str, column: str = "id") -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT min({column}::text) FROM {table}")
        return str(cursor.fetchone()[0])


def number(kind: str, row: str) -> int:
    return Commitment.objects.get(kind=kind, key=row).pk


def test_an_untouched_log_agrees_in_every_row(log: None) -> None:
    assert found() == set()
    run = Reconciliation.objects.get()
    assert run.size == run.leaves == run.rows == Commitment.objects.count() > 300
    assert is_open(DIFFERS) is None
    with connection.cursor() as cursor:
        for kind in kinds():
            cursor.execute(f"SELECT count(*) FROM {kind.contents.table}")
            assert Commitment.objects.filter(kind=kind.kind).count() == cursor.fetchone()[0], kind.kind


CHANGES = {
    "evidence_metric": "value = value + 0.000001",
    "evidence_case": "satisfied = NOT satisfied",
    "evidence_batch": "at = at + interval '1 microsecond'",
    "evidence_feedversion": "text = text || ' '",
    "panels_mark": "value = value + 0.001",
    "panels_markbatch": "source_name = 'x'",
    "cycles_auditentry": "reason = 'x'",
    "cycles_storedpolicy": "files = files || '\\x00'",
    "cycles_storedsnapshot": "parts = parts || '\\x00'",
    "cycles_storedsheet": "lines = lines || '\\x00'",
    "cycles_publication": "by = 'x'",
    "roster_importbatch": "counts = counts || '{\"x\": 1}'",
}
KEYS = {"evidence_feedversion": "digest", "cycles_storedpolicy": "digest"}


def test_a_changed_row(log: None) -> None:
    for table, change in CHANGES.items():
        column, kind = KEYS.get(table, "id"), table.replace("_", ".", 1)
        with transaction.atomic():
            row = key(table, column)
            by_owner(f"UPDATE {table} SET {change} WHERE {column}::text = %s", row)
            assert found() == {("row_changed", kind, row)}, table
            alarm = is_open(DIFFERS)
            assert alarm is not None
            assert alarm.about["found"] == 1
            transaction.set_rollback(True)


def test_a_foreign_key_turned_elsewhere(log: None) -> None:
    row = key("evidence_metric")
    by_owner(
        "UPDATE evidence_metric SET organisation_id = (SELECT min(id) FROM roster_organisation)"
        " WHERE id::text = %s AND organisation_id <> (SELECT min(id) FROM roster_organisation)",
        row,
    )
    assert found() == {("row_changed", "evidence.metric", row)}


def test_a_deleted_row(log: None) -> None:
    row = key("panels_mark")
    by_owner("DELETE FROM panels_mark WHERE id::text = %s", row)
    assert found() == {("row_missing", "panels.mark", row)}


def test_a_deleted_row_with_all_that_is_known_of_it(log: None) -> None:
    row = key("panels_mark")
    leaf = number("panels.mark", row)
    by_owner("DELETE FROM panels_mark WHERE id::text = %s", row)
    by_owner("DELETE FROM notary_salt WHERE commitment_id = %s", leaf)
    by_owner("DELETE FROM notary_commitment WHERE id = %s", leaf)
    assert found() == {("entry_missing", "", "")}
    assert Difference.objects.get().leaf is not None


def test_an_inserted_row(log: None) -> None:
    names = ", ".join(f'"{one.column}"' for one in Mark._meta.concrete_fields if not one.primary_key)
    by_owner(f"INSERT INTO panels_mark ({names}) SELECT {names} FROM panels_mark LIMIT 1")
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id)::text FROM panels_mark")
        row = cursor.fetchone()[0]
    assert found() == {("row_unlogged", "panels.mark", row)}


def test_swapped_salts(log: None) -> None:
    rows = sorted(Commitment.objects.filter(kind="evidence.case").values_list("pk", "key"))[:2]
    (first, one), (second, other) = rows
    by_owner(
        "UPDATE notary_salt s SET salt = o.salt FROM notary_salt o WHERE (s.commitment_id, o.commitment_id)"
        " IN ((%s, %s), (%s, %s))",
        first, second, second, first, rows=2,
    )  # fmt: skip
    assert found() == {("row_changed", "evidence.case", one), ("row_changed", "evidence.case", other)}


def test_a_salt_that_is_gone(log: None) -> None:
    row = key("evidence_case")
    by_owner("DELETE FROM notary_salt WHERE commitment_id = %s", number("evidence.case", row))
    assert found() == {("salt_missing", "evidence.case", row)}


def test_a_salt_without_a_commitment(log: None) -> None:
    by_owner(
        "INSERT INTO notary_salt (commitment_id, salt) VALUES (1, '\\x00112233445566778899aabbccddeeff')"
    )
    assert found() == {("salt_alone", "notary.salt", "1")}


def test_a_salt_removed_under_the_pretext_of_an_erasure(log: None) -> None:
    row = key("evidence_case")
    leaf = number("evidence.case", row)
    by_owner("DELETE FROM notary_salt WHERE commitment_id = %s", leaf)
    by_owner("INSERT INTO notary_erasure VALUES (%s, 'x', now(), 'x')", leaf)
    assert found() == {
        ("row_unlogged", "notary.erasure", str(leaf)), ("row_not_erased", "evidence.case", row),
    }  # fmt: skip


def forged(row: str, statement: str) -> None:
    """A changed row with an entry and a salt that fit it: what somebody does who knows the format."""
    from hengjian.notary.protected import protected
    from hengjian.proof.commitments import Entry, commitment

    by_owner(statement, row)
    kept = Commitment.objects.get(kind="evidence.metric", key=row)
    salt = bytes(Salt.objects.get(pk=kept.pk).salt)
    contents = protected("evidence.metric").contents
    ((_key, content, public),) = contents.of([row], contents.form(kept.schema))
    entry = Entry(kept.kind, kept.schema, kept.on.isoformat(), commitment(salt, content), public).encode()
    by_owner("UPDATE notary_commitment SET entry = %s WHERE id = %s", entry, kept.pk)


def test_a_changed_row_with_an_entry_that_fits_it(log: None) -> None:
    row = key("evidence_metric")
    forged(row, "UPDATE evidence_metric SET value = 1 WHERE id::text = %s")
    assert found() == {("entry_changed", "evidence.metric", row)}


def test_a_changed_entry(log: None) -> None:
    row = key("evidence_metric")
    by_owner(
        "UPDATE notary_commitment SET entry = overlay(entry PLACING 'x' FROM 20) WHERE id = %s",
        number("evidence.metric", row),
    )
    assert found() == {("entry_changed", "evidence.metric", row)}


def test_a_day_moved_beside_the_entry(log: None) -> None:
    row = key("evidence_metric")
    by_owner('UPDATE notary_commitment SET "on" = "on" + 1 WHERE id = %s', number("evidence.metric", row))
    assert found() == {("entry_changed", "evidence.metric", row)}


def leaf_at(place: int) -> Leaf:
    from hengjian.notary.holding import leaves

    return leaves(place, place + 1)[0]


def test_a_changed_tile(log: None) -> None:
    by_owner(
        "UPDATE notary_tile SET hashes = overlay(hashes PLACING '\\x00' FROM 70)"
        " WHERE level = 0 AND index = 1"
    )
    leaf = leaf_at(256 + 2)
    # the tile above it was made of the true hashes
    assert found() == {("tile_changed", leaf.kind, leaf.key), ("tile_changed", "notary.tile", "1/0/1")}


def test_a_changed_tile_of_a_higher_level(log: None) -> None:
    by_owner("UPDATE notary_tile SET hashes = overlay(hashes PLACING '\\x00' FROM 1) WHERE level = 1")
    assert found() == {("tile_changed", "notary.tile", "1/0/0")}


def test_a_changed_bundle(log: None) -> None:
    by_owner("UPDATE notary_bundle SET entries = overlay(entries PLACING 'x' FROM 20) WHERE index = 0")
    leaf = leaf_at(0)
    assert found() == {("bundle_changed", leaf.kind, leaf.key)}


def test_a_bundle_that_is_gone(log: None) -> None:
    by_owner("DELETE FROM notary_bundle WHERE index = 0")
    assert len(found()) == 256


def test_a_changed_root(log: None) -> None:
    size = Head.objects.order_by("size").values_list("size", flat=True)[0]
    by_owner("UPDATE notary_head SET root = %s WHERE size = %s", EMPTY_ROOT, size)
    assert found() == {("head_changed", "notary.head", str(size))}


def test_a_receipt_that_is_gone(log: None) -> None:
    receipt = Receipt.objects.order_by("first")[0]
    by_owner("DELETE FROM notary_receipt WHERE delivery = %s", receipt.pk)
    whats = [what for what, _kind, _key in found()]
    assert set(whats) == {"unnumbered", "entry_missing"}
    assert Difference.objects.filter(what="entry_missing").count() == receipt.count


def test_a_place_given_twice(log: None) -> None:
    receipts = list(Receipt.objects.order_by("first"))
    at = next(n for n, one in enumerate(receipts) if n and one.count > 1)
    first, second = receipts[at - 1 : at + 1]
    by_owner("UPDATE notary_receipt SET count = count + 1 WHERE delivery = %s", first.pk)
    assert found() == set()  # there is no further commitment in it: nothing stands twice
    by_owner("UPDATE notary_receipt SET first = first + 1 WHERE delivery = %s", second.pk)
    assert "entry_missing" in {what for what, _kind, _key in found()}


def test_a_changed_row_that_still_waits_for_its_place(log: None) -> None:
    from hengjian.access.operations import create_user, grant
    from hengjian.access.roles import Role

    user = create_user("u", "某", now=NOW)
    held = grant(user, Role.AUDITOR, on=NOW.date(), by=None, reason="按文件")
    assert [leaf.key for leaf in without_place(-1, 10)] == ["access.grant/1", str(held.pk)]
    assert found() == set()
    by_owner("UPDATE access_grant SET role = 'office' WHERE id = %s", held.pk)
    assert found() == {("row_changed", "access.grant", str(held.pk))}
    by_owner("DELETE FROM notary_pending", rows=2)
    assert ("unnumbered", "access.grant", str(held.pk)) in found()


def test_the_alarm_closes_when_all_agrees_again(log: None) -> None:
    row = key("evidence_metric")
    by_owner("UPDATE evidence_metric SET value = value + 1 WHERE id::text = %s", row)
    assert found()
    by_owner("UPDATE evidence_metric SET value = value - 1 WHERE id::text = %s", row)
    assert is_open(DIFFERS) is not None
    assert not found()
    assert is_open(DIFFERS) is None


class Killed(BaseException):
    """What ends a process."""


@pytest.mark.parametrize("blocks", [0, 2, 5])
def test_a_run_that_was_killed_goes_on_and_finds_everything_once(
    log: None, blocks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciliation, "BLOCK", 256)
    first, last = key("evidence_metric"), key("cycles_auditentry")
    by_owner("UPDATE evidence_metric SET value = value + 1 WHERE id::text = %s", first)
    by_owner("UPDATE cycles_auditentry SET by = 'x' WHERE id::text = %s", last)
    by_owner(
        "INSERT INTO notary_salt (commitment_id, salt) VALUES (1, '\\x00112233445566778899aabbccddeeff')"
    )
    steps = iter(range(1_000))

    def killed(_step: str, _done: int, _of: int) -> None:
        if next(steps) == blocks:
            raise Killed

    with pytest.raises(Killed):
        reconcile(lambda: NOW, None, killed)
    assert due(NOW + timedelta(minutes=1))
    assert found() == {
        ("row_changed", "evidence.metric", first),
        ("row_changed", "cycles.auditentry", last),
        ("salt_alone", "notary.salt", "1"),
    }
    assert Reconciliation.objects.count() == 1
    assert Difference.objects.count() == 3


def test_it_is_due_once_a_night(db: None) -> None:
    two = datetime(2026, 7, 12, 18, tzinfo=UTC)  # 02:00 in Shanghai on the 13th
    assert due(two)
    reconcile(lambda: two, None)
    assert not due(two + timedelta(hours=23, minutes=59))
    assert due(two + timedelta(hours=24))


def test_an_empty_log_agrees(db: None) -> None:
    assert found() == set()


def clock_of(moments: Iterator[datetime]) -> Callable[[], datetime]:
    return lambda: next(moments)


def test_the_report_says_when_it_began_and_ended(log: None) -> None:
    run = reconcile(clock_of(iter([NOW, NOW + timedelta(minutes=3)])), None)
    assert run.finished_at is not None
    assert run.finished_at - run.started_at == timedelta(minutes=3)
