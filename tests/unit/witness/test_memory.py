"""What the witness keeps, when it refuses to run, and how a restored backup is declared."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from hengjian.cli import run
from hengjian.proof import notes
from hengjian.proof.notes import Note
from hengjian.terms.errors import Refused, Tampered
from hengjian.witness.folder import Folder
from hengjian.witness.restored import catch_up, checkpoint_of
from tests.unit.witness.log import ORIGIN, Log

NOW = 1_700_000_000


def sql(folder: Path, text: str) -> None:
    with sqlite3.connect(folder / "state.sqlite") as connection:
        connection.execute(text)
    connection.close()


def grown(folder: Path, log: Log, *sizes: int) -> None:
    witness = Folder(folder).witness()
    old = 0
    for size in sizes:
        assert witness.add_checkpoint(log.request(old, size), NOW).status == 200
        old = size
    witness.store.close()


def test_a_fork_is_kept_as_two_signed_checkpoints(
    folder: Path, log: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grown(folder, log, 5)
    other, witness = Log(branch=3), Folder(folder).witness()
    assert witness.add_checkpoint(other.request(5, 5), NOW).status == 422
    assert witness.add_checkpoint(other.request(2, 5), NOW).status == 409  # evidence all the same
    (fork,) = witness.store.forks()
    key = [notes.verifier(log.signer.vkey)]
    pair = [
        checkpoint_of(notes.write(notes.opened(notes.parse(n), key))) for n in (fork.cosigned, fork.refused)
    ]
    assert pair[0].size == pair[1].size == 5
    assert pair[0].root != pair[1].root
    place = tmp_path / "evidence"
    assert run(["witness", "--folder", str(folder), "status", "--forks-to", str(place)]) == 5
    told = capsys.readouterr()
    assert "日志分叉" in told.err
    assert "拒绝：" in told.out
    assert (place / "fork-1-refused.txt").read_bytes() == other.checkpoint(5)


def test_a_stranger_cannot_put_a_fork_in_the_record(folder: Path, log: Log) -> None:
    grown(folder, log, 5)
    witness = Folder(folder).witness()
    assert witness.add_checkpoint(Log(seed=9, branch=3).request(5, 5), NOW).status == 403
    assert not witness.store.forks()


def test_refusals_are_counted(folder: Path, log: Log) -> None:
    witness = Folder(folder).witness()
    for _ in range(3):
        witness.add_checkpoint(b"nonsense", NOW)
    witness.add_checkpoint(log.request(4, 5), NOW + 1)
    counts = {(r.origin, r.reason): (r.count, r.last) for r in witness.store.refusals()}
    assert counts == {("", "malformed"): (3, NOW), (ORIGIN, "conflict"): (1, NOW + 1)}


def overwrite(folder: Path) -> None:
    file = folder / "state.sqlite"
    data = bytearray(file.read_bytes())
    data[4096 : 4096 * 3] = b"\xee" * (4096 * 2)
    file.write_bytes(data)


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (lambda f: (f / "state.sqlite").unlink(), "witness.store_missing"),
        (lambda f: (f / "state.sqlite").write_bytes(b"no database" * 900), "witness.store_damaged"),
        (overwrite, "witness.store_damaged"),
        (lambda f: sql(f, "DELETE FROM witness_log"), "witness.row_missing"),
        (lambda f: sql(f, "DELETE FROM witness_owner"), "witness.store_missing"),
        (lambda f: sql(f, "UPDATE witness_owner SET keys = 'x'"), "witness.owner"),
        (
            lambda f: sql(f, "UPDATE witness_log SET note = CAST(replace(note, '5', '4') AS BLOB)"),
            "witness.checkpoint_changed",
        ),
    ],
)
def test_a_damaged_store_is_not_served(folder: Path, log: Log, harm, code: str) -> None:
    grown(folder, log, 5)
    harm(folder)
    with pytest.raises(Tampered) as refused:
        Folder(folder).witness()
    assert refused.value.code == code
    assert run(["witness", "--folder", str(folder), "serve"]) == Tampered.exit_code


def test_a_key_that_others_can_read_is_not_used(folder: Path) -> None:
    (folder / "ed25519.key").chmod(0o640)
    with pytest.raises(Refused) as refused:
        Folder(folder).witness()
    assert refused.value.code == "witness.readable"
    assert run(["witness", "--folder", str(folder), "serve"]) == Refused.exit_code


def test_a_row_deleted_while_it_serves_stops_the_cosigning(folder: Path, log: Log) -> None:
    witness = Folder(folder).witness()
    sql(folder, "DELETE FROM witness_log")
    with pytest.raises(Tampered):
        witness.add_checkpoint(log.request(0, 5), NOW)


def test_an_existing_witness_is_left_alone(folder: Path) -> None:
    before = (folder / "ed25519.key").read_bytes()
    assert run(["witness", "--folder", str(folder), "init", "--name", "other"]) == Refused.exit_code
    assert (folder / "ed25519.key").read_bytes() == before


def test_a_restored_backup_is_caught_up_and_never_goes_back(folder: Path, log: Log, tmp_path: Path) -> None:
    grown(folder, log, 5)
    shutil.copytree(folder, tmp_path / "backup")
    witness = Folder(folder).witness()
    assert witness.add_checkpoint(log.request(5, 9), NOW).status == 200
    published = witness.store.known()[ORIGIN]
    assert published is not None
    restored = Folder(tmp_path / "backup").witness()
    with pytest.raises(Refused):
        catch_up(restored, log.checkpoint(9))  # without our own line anybody could raise it
    assert catch_up(restored, published.note).size == 9
    assert restored.add_checkpoint(Log(branch=5).request(5, 9), NOW).status == 409
    with pytest.raises(Refused):
        catch_up(restored, published.note)


def test_what_a_log_publishes_is_enough_to_catch_up(folder: Path, log: Log, tmp_path: Path) -> None:
    """A log keeps the line of the one key that its trust file names."""
    grown(folder, log, 5)
    shutil.copytree(folder, tmp_path / "backup")
    witness = Folder(folder).witness()
    assert len(witness.cosigners) == 2
    assert witness.add_checkpoint(log.request(5, 9), NOW).status == 200
    held = witness.store.known()[ORIGIN]
    assert held is not None
    whole = notes.parse(held.note)
    ours = [notes.verifier(each.vkey) for each in witness.cosigners]
    for key, other in (ours, ours[::-1]):
        published = Note(whole.text, tuple(one for one in whole.signatures if one != whole.signed_by(other)))
        place = tmp_path / key.key_id.hex()
        shutil.copytree(tmp_path / "backup", place)
        restored = Folder(place).witness()
        assert catch_up(restored, notes.write(published)).size == 9
        restored.store.close()
        again = Folder(place).witness()  # refused to start if a line of ours were missing
        assert again.add_checkpoint(log.request(9, 12), NOW).status == 200


def test_logs_come_from_a_trust_file(folder: Path, tmp_path: Path) -> None:
    other, file = Log("b.example.cn/log", 4), tmp_path / "trust"
    file.write_text(f"# ours\nlog {other.signer.vkey} https://b.example.cn/\nquorum none\n", encoding="utf-8")
    assert run(["witness", "--folder", str(folder), "add-log", str(file)]) == 0
    assert set(Folder(folder).logs()) == {ORIGIN, other.origin}
    wrong = other.signer.vkey.replace("+", "+0", 1)
    assert run(["witness", "--folder", str(folder), "add-log", wrong]) == Refused.exit_code
