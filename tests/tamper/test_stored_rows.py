"""A stored row changed by SQL, with triggers off, by the owner of the tables: verify reports it."""

import json
import zlib
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from django.db import connection

from hengjian.cycles import checking
from hengjian.cycles.checking import looked_at, verify_cycle
from tests.unit.cycles.small_city import build, to_published

CYCLE = "t-2026-h1"


@pytest.fixture
def published(db: None, tmp_path: Path) -> Path:
    build()
    to_published(CYCLE, tmp_path)
    assert verify_cycle(CYCLE).ok
    assert looked_at(CYCLE).ok
    return tmp_path


def by_owner(table: str, statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement, values)
        assert cursor.rowcount == 1
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def changed(table: str, column: str, part: str, old: bytes, new: bytes) -> None:
    """One place of a compressed part, changed and compressed again."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table}")
        parts = json.loads(zlib.decompress(bytes(cursor.fetchone()[0])))
    data = b64decode(parts[part])
    assert data.count(old) >= 1
    parts[part] = b64encode(data.replace(old, new, 1)).decode()
    by_owner(table, f"UPDATE {table} SET {column} = %s", zlib.compress(json.dumps(parts).encode()))


def reported() -> str:
    found = verify_cycle(CYCLE)
    assert not found.ok
    assert looked_at(CYCLE).findings == found.findings  # although it keeps what came out before
    return "\n".join(finding.text for finding in found.findings)


def test_the_same_bytes_are_recomputed_once_for_a_page(published: Path) -> None:
    before = checking._recomputed.cache_info().misses  # type: ignore[attr-defined]
    assert looked_at(CYCLE) == verify_cycle(CYCLE)
    assert checking._recomputed.cache_info().misses == before  # type: ignore[attr-defined]


def test_a_fact(published: Path) -> None:
    changed("cycles_storedsnapshot", "parts", "metrics", b'"value":2.3}', b'"value":2.4}')
    assert "快照被改动过" in reported()


def test_a_fact_and_its_root(published: Path) -> None:
    from hengjian.cycles import storing
    from hengjian.cycles.models import StoredSnapshot
    from hengjian.scoring.record import snapshot_root

    # gep of town Y misses its target once it is lowered: points and rank depend on it
    changed("cycles_storedsnapshot", "parts", "metrics", b'"value":2.3}', b'"value":1.3}')
    root = snapshot_root(storing.parts_of(StoredSnapshot.objects.get()))
    by_owner("cycles_storedsnapshot", "UPDATE cycles_storedsnapshot SET root = %s", root)
    said = reported()
    assert "快照被改动过" not in said
    assert "重算为" in said
    assert "按库中的事实和制度重算，根摘要不同" in said


def test_a_rule(published: Path) -> None:
    name = "scorecards/ecological.yaml"
    changed(
        "cycles_storedpolicy", "files", name, b"gep: 25, farm_processing: 8", b"gep: 24, farm_processing: 9"
    )
    said = reported()
    assert "制度被改动过" in said
    assert "重算为" in said


def test_a_figure(published: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT lines FROM cycles_storedsheet")
        data = b64decode(json.loads(zlib.decompress(bytes(cursor.fetchone()[0])))["sheet"])
    total = data.split(b'"total":', 1)[1].split(b"}", 1)[0]
    changed("cycles_storedsheet", "lines", "sheet", b'"total":' + total, b'"total":99.5')
    said = reported()
    assert "total：表上为 99.5" in said
    assert "得分表与登记的根摘要不符" in said


def test_a_root(published: Path) -> None:
    by_owner("cycles_storedsheet", "UPDATE cycles_storedsheet SET root = %s", "0" * 64)
    assert "根摘要" in reported()


def test_a_published_root(published: Path) -> None:
    by_owner("cycles_publication", "UPDATE cycles_publication SET root = %s", "0" * 64)
    assert "公布的根摘要与重算的不同" in reported()


def test_the_bundle_on_the_disk(published: Path) -> None:
    file = next(published.glob("*.hjb"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    assert "结果包" in reported()
    file.unlink()
    assert "不见了" in reported()


def test_a_state_without_its_audit_entry(published: Path) -> None:
    by_owner("cycles_cycle", "UPDATE cycles_cycle SET state = %s", "reviewed")
    assert "状态与变更记录不符" in reported()


def test_an_audit_entry_taken_out(published: Path) -> None:
    by_owner("cycles_auditentry", "DELETE FROM cycles_auditentry WHERE verb = %s", "review")
    assert "状态与变更记录不符" in reported()
