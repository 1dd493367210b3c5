"""A turn: numbered, signed, witnessed, published; and what a missing part of that does."""

import os
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import OperationalError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from hengjian.notary import publication, queries
from hengjian.notary.alarms import DISK, NO_QUORUM, STOPPED, WITNESS_SILENT
from hengjian.notary.errors import NotaryRefused
from hengjian.notary.models import Alarm, Commitment, Head, Pending, Publication, Receipt, Tile, WitnessState
from hengjian.notary.sequencing import Sequencer
from hengjian.proof import notes, tree
from hengjian.proof.checkpoints import Checkpoint
from hengjian.proof.tiles import decode_entries, reader, resources
from tests.unit.notary.town import AT, ORIGIN, Town, is_open, reachable

pytestmark = pytest.mark.django_db


def entries_of(public: Path, size: int) -> list[bytes]:
    """All entries as they are served."""
    found: list[bytes] = []
    for resource in resources(size):
        if resource.level < 0:
            found += decode_entries((public / resource.path).read_bytes())
    return found


def whole(town: Town) -> None:
    """What is served is what is stored: every entry once, in its place, under the root."""
    note = publication.published(town.folder)
    assert note is not None
    served = Checkpoint.parse(notes.opened(note, [notes.verifier(town.setup.signers[0].vkey)]).text)
    public = town.folder.public
    leaves = [tree.leaf_hash(entry) for entry in entries_of(public, served.size)]
    assert len(leaves) == served.size
    assert tree.root_of(leaves) == served.root
    assert tree.root(served.size, reader(served.size, lambda p: (public / p).read_bytes())) == served.root
    stored = Commitment.objects.values_list("entry", flat=True)
    assert sorted(entries_of(public, served.size)) == sorted(bytes(entry) for entry in stored)


def test_a_turn_leads_to_a_cosigned_log_of_static_files(town: Town) -> None:
    notary = town.start()
    sizes = []
    for more in (1, 255, 1, 700, 3):
        town.append(more)
        turn = notary.turn(AT)
        assert turn.count == more
        assert set(turn.cosigned) == {"w0", "w1", "w2"}
        sizes.append(turn.size)
        whole(town)
    assert sizes == [1, 256, 257, 957, 960]
    assert list(Head.objects.order_by("size").values_list("size", flat=True)) == [0, *sizes]
    assert all(Publication.objects.values_list("cosigned", flat=True))
    assert not Pending.objects.exists()
    assert not Alarm.objects.exists()
    note = publication.published(town.folder)
    assert note is not None
    assert town.setup.trust.satisfied(note)
    assert len(note.signatures) == 4


def test_a_turn_without_anything_new_does_nothing(town: Town) -> None:
    notary = town.start()
    town.append(3)
    notary.turn(AT)
    asked = [office.asked for office in town.offices]
    with CaptureQueriesContext(connection) as queries_of:
        turn = notary.turn(AT)
    assert (turn.count, turn.size, turn.cosigned, turn.files) == (0, 3, (), 0)
    assert [office.asked for office in town.offices] == asked
    asked_for = [one["sql"] for one in queries_of if one["sql"].startswith("SELECT")]
    assert len(asked_for) <= 3, asked_for  # the last head, the log's lines under it, the witnesses'


def test_receipts_lead_to_the_very_entries(town: Town) -> None:
    notary = town.start()
    town.append(300)
    town.append(40, "test.ballot")
    notary.turn(AT)
    town.append(2)
    notary.turn(AT)
    entries = entries_of(town.folder.public, 342)
    for kept in Commitment.objects.all():
        found = queries.leaf_of(kept.kind, kept.key)
        assert found is not None
        assert entries[found] == bytes(kept.entry)


def test_slow_transactions_are_not_passed_by(town: Town) -> None:
    """The trap: the first to draw its number is the last to commit."""
    notary = town.start()
    name = connection.settings_dict["NAME"]
    with psycopg.connect(dbname=name, **reachable()) as slow:
        (early,) = slow.execute("SELECT nextval('notary_delivery')").fetchone() or (0,)
        slow.execute(
            'INSERT INTO notary_commitment (id, kind, key, schema, "on", entry) '
            "VALUES (%s, %s, %s, 1, %s, %s)",
            [early << 20, "test.note", "slow", "2026-03-05", b"{}"],
        )
        slow.execute("INSERT INTO notary_pending (delivery, count) VALUES (%s, 1)", [early])
        town.append(5)  # drawn later, committed earlier
        assert notary.turn(AT).count == 5
        assert Receipt.objects.order_by("delivery").first().delivery > early
        slow.commit()
    assert notary.turn(AT).count == 1
    assert queries.leaf_of("test.note", "slow") == 5
    whole(town)


def test_rolled_back_rows_leave_no_hole(town: Town) -> None:
    notary = town.start()
    with transaction.atomic():
        town.append(3)
        transaction.set_rollback(True)
    town.append(2)
    assert notary.turn(AT).size == 2
    whole(town)


def test_second_sequencer_is_refused_and_told_who_runs(town: Town) -> None:
    notary = town.start()
    mine = connections["default"]
    connections["default"] = mine.copy()  # another session
    try:
        with pytest.raises(NotaryRefused, match=f"hengjian notary .* {os.getpid()}"):
            Sequencer()
    finally:
        connections["default"].close()
        connections["default"] = mine
    town.append(1)
    assert notary.turn(AT).count == 1


def test_lost_session_is_lost_lock(town: Town) -> None:
    notary = town.start()
    town.append(4)
    connection.close()  # and with it the lock
    with pytest.raises(OperationalError):
        notary.turn(AT)
    assert Pending.objects.count() == 1
    again = town.start()
    assert again.turn(AT).size == 4
    whole(town)


def test_two_of_three_witnesses_are_enough(town: Town) -> None:
    notary = town.start()
    town.offices[1].shut()
    town.append(2)
    turn = notary.turn(AT)
    assert set(turn.cosigned) == {"w0", "w2"}
    assert publication.published_size(town.folder) == 2
    assert Publication.objects.get(pk=2).cosigned
    silent = is_open(WITNESS_SILENT, "w1")
    assert silent is not None
    assert silent.opened_at == AT
    town.offices[1].open()
    later = AT + timedelta(minutes=3)
    assert notary.turn(later).cosigned == ("w1",)
    silent.refresh_from_db()
    assert silent.closed_at == later
    assert not Alarm.objects.filter(closed_at=None).exists()
    assert len(publication.published(town.folder).signatures) == 4


def test_missing_quorum_stops_publication_after_its_age_and_never_the_intake(town: Town) -> None:
    notary = town.start()
    for office in town.offices[:2]:
        office.shut()
    town.append(2)
    notary.turn(AT)
    assert is_open(NO_QUORUM) is not None
    assert publication.published_size(town.folder) == 2  # younger than the policy's age
    assert not Publication.objects.get(pk=2).cosigned
    late = AT + timedelta(hours=2, seconds=1)
    town.append(3)
    turn = notary.turn(late)
    assert (turn.count, turn.size, turn.files) == (3, 5, 0)  # numbered and signed all the same
    assert publication.published_size(town.folder) == 2
    stopped = is_open(STOPPED)
    assert stopped is not None
    town.offices[0].open()
    back = late + timedelta(minutes=5)
    notary.turn(back)
    assert publication.published_size(town.folder) == 5
    stopped.refresh_from_db()
    assert stopped.closed_at == back
    assert is_open(NO_QUORUM) is None
    whole(town)


def test_full_disk_is_an_alarm_and_tried_again(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    notary = town.start()
    town.append(300)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(publication, "write_whole", full)
        assert notary.turn(AT).count == 300
    alarm = is_open(DISK)
    assert alarm is not None
    assert publication.published_size(town.folder) == 0
    town.append(1)
    later = AT + timedelta(minutes=2)
    notary.turn(later)
    assert publication.published_size(town.folder) == 301
    alarm.refresh_from_db()
    assert alarm.closed_at == later
    whole(town)


def test_a_witness_that_is_ahead_of_what_we_remember_is_asked_again(town: Town) -> None:
    notary = town.start()
    town.append(10)
    notary.turn(AT)
    WitnessState.objects.update(size=4)
    town.append(10)
    assert len(notary.turn(AT).cosigned) == 3
    WitnessState.objects.all().delete()
    town.append(1)
    assert len(notary.turn(AT).cosigned) == 3


def test_partial_files_go_when_the_full_one_is_there(town: Town) -> None:
    notary = town.start()
    for _ in range(3):
        town.append(100)
        notary.turn(AT)
    names = {str(p.relative_to(town.folder.public)) for p in town.folder.public.rglob("*") if p.is_file()}
    assert names == {
        "checkpoint", "vkey", "trust",
        "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/44",
    }  # fmt: skip
    assert all(oct(p.stat().st_mode & 0o444) == "0o444" for p in town.folder.public.rglob("*") if p.is_file())


def test_lost_public_folder_is_written_anew(town: Town) -> None:
    notary = town.start()
    town.append(600)
    notary.turn(AT)
    import shutil

    shutil.rmtree(town.folder.public)
    notary.turn(AT)
    whole(town)


def test_origin_and_vkey_are_served(town: Town) -> None:
    town.start().turn(AT)
    assert (town.folder.public / "vkey").read_text().strip() == town.setup.signers[0].vkey
    assert publication.published(town.folder).text.startswith(f"{ORIGIN}\n0\n")
    assert Tile.objects.count() == 0
