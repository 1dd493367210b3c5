"""The guard at start: an older or another database never signs again."""

from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from hengjian.notary.alarms import TAMPERED, UNHEARD
from hengjian.notary.errors import LogTampered, NotaryRefused
from hengjian.notary.folder import Folder, load_key, make_key
from hengjian.notary.models import Head, Pending, Signature
from hengjian.notary.running import Setup
from hengjian.proof import notes
from tests.unit.notary.town import AT, Town, is_open, reachable

pytestmark = pytest.mark.django_db


def saved() -> str:
    """A backup of the database as it is now."""
    name = connection.settings_dict["NAME"]
    connection.close()
    with psycopg.connect(dbname="postgres", autocommit=True, **reachable()) as admin:
        admin.execute(f"CREATE DATABASE {name}_backup TEMPLATE {name}")
    return f"{name}_backup"


def restore(backup: str) -> None:
    """Put the backup in the place of the database."""
    name = connection.settings_dict["NAME"]
    connection.close()
    with psycopg.connect(dbname="postgres", autocommit=True, **reachable()) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        admin.execute(f"ALTER DATABASE {backup} RENAME TO {name}")


def by_owner(statement: str, table: str) -> None:
    """A change by whoever owns the database: the triggers are no obstacle to him."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement)
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.fixture
def grown(town: Town) -> Town:
    """A log that has run: 10 entries, then 400 more after the backup is taken."""
    notary = town.start()
    town.append(10)
    notary.turn(AT)
    return town


def test_restored_backup_is_refused_by_the_published_checkpoint(grown: Town) -> None:
    backup = saved()
    notary = grown.start()
    grown.append(400)
    notary.turn(AT)
    for office in grown.offices:
        office.shut()
    restore(backup)
    before = {p: p.read_bytes() for p in grown.folder.public.rglob("*") if p.is_file()}
    with pytest.raises(LogTampered, match="落后于已发布") as told:
        grown.start()
    assert told.value.code == "notary.behind_published"
    assert "备份" in told.value.do
    assert is_open(TAMPERED) is not None
    assert not Head.objects.filter(size__gt=10).exists()
    assert before == {p: p.read_bytes() for p in grown.folder.public.rglob("*") if p.is_file()}


def test_restored_backup_is_refused_by_one_witness_that_answers(grown: Town) -> None:
    backup = saved()
    notary = grown.start()
    grown.append(400)
    notary.turn(AT)
    restore(backup)
    (grown.folder.public / "checkpoint").unlink()  # the public folder was lost with it
    for office in grown.offices[:2]:
        office.shut()
    with pytest.raises(LogTampered, match="410") as told:
        grown.start()
    assert told.value.code == "notary.behind_witness"
    assert told.value.where == "w2"


def test_restored_backup_that_met_no_witness_at_start_stops_when_one_is_back(grown: Town) -> None:
    backup = saved()
    notary = grown.start()
    grown.append(400)
    notary.turn(AT)
    restore(backup)
    (grown.folder.public / "checkpoint").unlink()
    for office in grown.offices:
        office.shut()
    again = grown.start()
    grown.append(1)
    turn = again.turn(AT)
    assert (turn.count, turn.size) == (0, 10)  # nothing is numbered: there is no second history
    assert is_open(UNHEARD) is not None
    assert Pending.objects.count() == 1
    grown.offices[0].open()
    with pytest.raises(LogTampered, match="落后于见证人"):
        again.turn(AT + timedelta(minutes=5))
    assert is_open(TAMPERED) is not None


def test_numbering_begins_when_enough_witnesses_were_heard(grown: Town) -> None:
    connection.close()
    for office in grown.offices:
        office.shut()
    again = grown.start()
    grown.append(3)
    assert again.turn(AT).count == 0
    grown.offices[2].open()  # the two others could have cosigned what we do not know
    assert again.turn(AT + timedelta(minutes=2)).count == 0
    grown.offices[0].open()
    turn = again.turn(AT + timedelta(minutes=4))
    assert (turn.count, turn.size, set(turn.cosigned)) == (3, 13, {"w0", "w2"})
    assert is_open(UNHEARD) is None
    for office in grown.offices:
        office.shut()
    grown.append(1)
    assert again.turn(AT + timedelta(minutes=6)).count == 1  # heard once is heard


def test_emptied_database_is_refused(town: Town) -> None:
    backup = saved()
    notary = town.start()
    town.append(3)
    notary.turn(AT)
    restore(backup)
    with pytest.raises(LogTampered):
        town.start()
    (town.folder.public / "checkpoint").unlink()
    with pytest.raises(LogTampered, match="落后于见证人"):
        town.start()
    assert not Signature.objects.exists()


def test_fork_of_the_same_size_is_found_by_the_witnesses(grown: Town) -> None:
    """Only the third saw the first history; the two others, who are enough, see another."""
    backup = saved()
    notary = grown.start()
    for office in grown.offices[:2]:
        office.shut()
    grown.append(5)
    notary.turn(AT)
    restore(backup)
    (grown.folder.public / "checkpoint").unlink()
    grown.offices[2].shut()
    for office in grown.offices[:2]:
        office.open()
    again = grown.start()
    grown.append(5)  # other salts: another log of 15
    assert again.turn(AT).size == 15
    grown.offices[2].open()
    again.close()
    with pytest.raises(LogTampered, match="没有接续"):
        grown.start(AT + timedelta(minutes=5))


CHANGES = [
    ("UPDATE notary_tile SET hashes = set_byte(hashes, 5, 1 + get_byte(hashes, 5) % 200)", "notary_tile",
     "notary.root_differs"),
    ("DELETE FROM notary_tile WHERE level = 0", "notary_tile", "notary.tiles_differ"),
    ("DELETE FROM notary_bundle", "notary_bundle", "notary.tiles_differ"),
    ("DELETE FROM notary_receipt", "notary_receipt", "notary.receipts_differ"),
    ("UPDATE notary_head SET root = set_byte(root, 0, 255 - get_byte(root, 0)) WHERE size = 10",
     "notary_head", "notary.root_differs"),
    ("UPDATE notary_signature SET line = left(line, -9) || 'AAAAAAA=' || chr(10) WHERE witness = ''",
     "notary_signature", "notary.signature_differs"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "table", "code"), CHANGES)
def test_changed_tables_are_found_at_start(grown: Town, statement: str, table: str, code: str) -> None:
    grown.running[-1].close()
    by_owner(statement, table)
    with pytest.raises(LogTampered) as told:
        grown.start()
    assert told.value.code == code
    assert told.value.do


def test_changed_checkpoint_is_found_at_start(grown: Town) -> None:
    grown.running[-1].close()
    path = grown.folder.public / "checkpoint"
    path.write_bytes(path.read_bytes().replace(b"\n10\n", b"\n11\n"))
    with pytest.raises(LogTampered, match="签名不符"):
        grown.start()


def test_alarm_closes_when_the_right_database_is_back(grown: Town) -> None:
    grown.running[-1].close()
    path = grown.folder.public / "checkpoint"
    good = path.read_bytes()
    path.write_bytes(b"nonsense")
    with pytest.raises(LogTampered):
        grown.start()
    alarm = is_open(TAMPERED)
    path.write_bytes(good)
    grown.start(AT + timedelta(minutes=1))
    assert alarm is not None
    alarm.refresh_from_db()
    assert alarm.closed_at == AT + timedelta(minutes=1)


def test_head_committed_but_unsigned_is_signed_at_the_next_start(grown: Town) -> None:
    grown.append(3)
    grown.running[-1].sequencer.step(AT)  # killed between commit and signature
    assert not Signature.objects.filter(head_id=13).exists()
    grown.running[-1].close()
    grown.start()
    assert Signature.objects.filter(head_id=13).count() == 4


def test_another_key_is_refused(grown: Town, tmp_path: Path) -> None:
    grown.running[-1].close()
    other = make_key(Folder(tmp_path / "other"), grown.setup.origin)
    setup = Setup(grown.folder, [other], grown.setup.trust, grown.setup.quorum_age)
    grown.setup = setup
    with pytest.raises(LogTampered, match="密钥"):
        grown.start()


def test_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "n")
    made = make_key(folder, "log.example.test")
    assert oct(folder.key.stat().st_mode)[-3:] == "600"
    assert load_key(folder).vkey == made.vkey
    assert notes.verifier(made.vkey).name == "log.example.test"
    kept = folder.key.read_bytes()
    with pytest.raises(NotaryRefused, match="不会覆盖"):
        make_key(folder, "log.example.test")
    assert folder.key.read_bytes() == kept
    assert [p.name for p in folder.root.iterdir()] == ["log.key"]
    folder.key.chmod(0o640)
    with pytest.raises(NotaryRefused, match="别人也能读"):
        load_key(folder)
    folder.key.chmod(0o600)
    folder.key.write_bytes(kept[:-9])
    with pytest.raises(NotaryRefused, match="不完整"):
        load_key(folder)
